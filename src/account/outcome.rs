//! What a check tells.

use crate::evidence::Evidence;
use crate::limits::throttle::Refusal;
use crate::status::Lock;
use crate::time::Timestamp;
use core::time::Duration;

/// What a check tells. A wrong code, a wrong answer, an expired or replayed one, an unknown subject: all are
/// [`Denied`](Self::Denied), and look the same. The reason is in the [`Event`](crate::audit::Event).
///
/// ```
/// use countersign::{Outcome, account::Lock};
/// fn say(outcome: &Outcome) -> String {
///     match outcome {
///         Outcome::Accepted(evidence) => format!("verified by {}", evidence.factor()),
///         Outcome::Denied => "that did not match".to_owned(),
///         Outcome::Locked(Lock::Until(release)) => format!("try again at {}", release.unix()),
///         Outcome::Locked(Lock::Indefinite) => "please use another way".to_owned(),
///         Outcome::InvalidCheckDigit => "say it again, please".to_owned(),
///         Outcome::Busy { retry_after } => format!("one moment, {} s", retry_after.as_secs()),
///     }
/// }
/// ```
#[derive(Debug)]
#[must_use]
#[expect(
    clippy::exhaustive_enums,
    reason = "a new outcome must break the code that decides on it"
)]
pub enum Outcome {
    /// It was right.
    Accepted(Evidence),
    /// It was not.
    Denied,
    /// It was not looked at.
    Locked(Lock),
    /// It was misheard: its check digit is wrong. Ask for it again; nothing was charged. Told for a code with a check digit
    /// that was ordered in this interaction, and three times at most; to nobody in particular as well.
    InvalidCheckDigit,
    /// It was not looked at, since no permit came free within [the wait](crate::Settings::with_permit_wait). Nothing was charged.
    Busy {
        /// When to try again.
        retry_after: Duration,
    },
}

/// Returns the lock that a refusal means.
pub(super) const fn lock_of(refusal: Refusal) -> Lock {
    match refusal {
        Refusal::Until(release) => Lock::Until(release),
        Refusal::Closed => Lock::Indefinite,
    }
}

/// Returns when a lock ends by itself, if it does.
pub(super) const fn release_of(lock: Lock) -> Option<Timestamp> {
    match lock {
        Lock::Until(release) => Some(release),
        Lock::Indefinite => None,
    }
}
