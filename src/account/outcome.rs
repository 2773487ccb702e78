//! The outcome of a check.

use crate::evidence::Evidence;
use crate::limits::throttle::Refusal;
use crate::status::Lock;
use crate::time::Timestamp;
use core::time::Duration;

/// The outcome of a check.
///
/// [`Denied`](Self::Denied) looks the same for a wrong code, a wrong answer, an expired or replayed one, and an unknown
/// subject. The [`Event`](crate::audit::Event) has the reason.
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
    /// The attempt was right.
    Accepted(Evidence),
    /// The attempt was not right.
    Denied,
    /// The factor is locked: nothing was compared.
    Locked(Lock),
    /// The check digit is wrong: the code was misread or misheard. Ask for it again. Nothing was charged.
    ///
    /// This is the outcome three times at most, for a code with a check digit that was ordered in this interaction. Unknown
    /// subjects get it, too.
    InvalidCheckDigit,
    /// No permit came free within [the wait](crate::Settings::with_permit_wait). Nothing was compared and nothing charged.
    Busy {
        /// When to try again: after so long.
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
