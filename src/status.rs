//! The factors that a subject can use, and their locks. Policies read them, and hosts show them.

use crate::epoch::Epoch;
use crate::factor::Factor;
use crate::subject::Subject;
use crate::time::Timestamp;
use core::time::Duration;

/// The factors that a subject can use, and their locks: for policies, and for the screen of a caller.
///
/// An unknown subject has a status, too: [`Verifier::status`](crate::Verifier::status) says what it holds. Do not use it to
/// find out whether a person is a customer.
///
/// ```
/// fn may_use_app(status: &countersign::account::Status) -> bool {
///     status.is_enrolled(countersign::Factor::Totp) && status.locked(countersign::Factor::Totp).is_none()
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Status {
    pub(crate) subject: Subject,
    pub(crate) epoch: Epoch,
    pub(crate) suspended: bool,
    pub(crate) enrolled: Vec<Factor>,
    pub(crate) locked: Vec<(Factor, Lock)>,
    /// Factors that are locked though the interaction holds other evidence. No further evidence unlocks them.
    pub(crate) shut: Vec<Factor>,
    /// How long the oldest authenticator of a factor counts as it is. A factor that is not here may count for any time.
    pub(crate) unchanged: Vec<(Factor, Duration)>,
    pub(crate) recovery_codes: Option<usize>,
    pub(crate) word_is_due: bool,
}

impl Status {
    /// Returns the subject.
    #[must_use]
    pub const fn subject(&self) -> &Subject {
        &self.subject
    }

    /// Returns the epoch. Evidence and grants of an earlier one do not count.
    #[must_use]
    pub const fn epoch(&self) -> u32 {
        self.epoch.number()
    }

    /// Returns whether everything is refused until the subject is resumed.
    #[must_use]
    pub const fn is_suspended(&self) -> bool {
        self.suspended
    }

    /// Returns whether the subject has enrolled this factor.
    #[must_use]
    pub fn is_enrolled(&self, factor: Factor) -> bool {
        self.enrolled.contains(&factor)
    }

    /// Returns whether an authenticator of this factor may count as it is for longer than so many seconds.
    pub(crate) fn may_be_unchanged(&self, factor: Factor, within: u32) -> bool {
        let mut known = self.unchanged.iter();
        let known = known.find(|(one, _)| *one == factor);
        known.is_none_or(|(_, age)| within == 0 || age.as_secs() > u64::from(within))
    }

    /// Returns how many recovery codes still count. `None` if there is no list. Offer a new list when few are left: see
    /// [`RecoveryCodes::RENEW_AT`](crate::recovery::RecoveryCodes::RENEW_AT).
    #[must_use]
    pub const fn recovery_codes(&self) -> Option<usize> {
        self.recovery_codes
    }

    /// Returns whether a new memorable word is due: agents have heard more than half of its letters.
    #[must_use]
    pub const fn is_word_due(&self) -> bool {
        self.word_is_due
    }

    /// Returns the lock of this factor in the interaction that the status was taken for.
    ///
    /// ```
    /// use countersign::{Factor, account::{Lock, Status}};
    /// fn advise(status: &Status) -> String {
    ///     match status.locked(Factor::Totp) {
    ///         None => "ask for a code".to_owned(),
    ///         Some(Lock::Until(release)) => format!("again at {}", release.unix()),
    ///         Some(_) => "use another factor, or rebind this one".to_owned(),
    ///     }
    /// }
    /// ```
    #[must_use]
    pub fn locked(&self, factor: Factor) -> Option<Lock> {
        self.locked
            .iter()
            .find(|(locked, _)| *locked == factor)
            .map(|(_, lock)| *lock)
    }
}

/// A lock: how long a factor takes no try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a lock ends by time or by an act")]
pub enum Lock {
    /// Until that second.
    Until(Timestamp),
    /// Waiting does not end this lock. Rebinding the factor does, and so does [`Change::Unlock`](crate::Change::Unlock).
    ///
    /// If only the anonymous lane is closed, two more things end it: 30 days after its last wrong try, and a right try of this
    /// factor in an interaction with evidence of another one. After such a right try the limit of the month may still hold the
    /// anonymous lane, [`Until`](Self::Until) a moment. It is 36 days away at most: see [`Limits`](crate::limits::Limits).
    Indefinite,
}
