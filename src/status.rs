//! What a subject can use, and which factors are locked. Policies read it, and hosts show it.

use crate::factor::Factor;
use crate::subject::Subject;
use crate::time::Timestamp;

/// What a subject could show, and what stands in the way: for policies, and for the screen of whoever asks.
///
/// An unknown subject has one, too: [`Account::status`](crate::account::Account::status) says what is in it. Do not ask it whether
/// somebody is a customer.
///
/// ```
/// fn may_use_app(status: &countersign::account::Status) -> bool {
///     status.is_enrolled(countersign::Factor::Totp) && status.locked(countersign::Factor::Totp).is_none()
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Status {
    pub(crate) subject: Subject,
    pub(crate) epoch: u32,
    pub(crate) suspended: bool,
    pub(crate) enrolled: Vec<Factor>,
    pub(crate) locked: Vec<(Factor, Lock)>,
    /// What is locked though the interaction holds other evidence: nothing that could be shown first opens it.
    pub(crate) shut: Vec<Factor>,
    pub(crate) recovery_codes: Option<usize>,
    pub(crate) word_is_due: bool,
}

impl Status {
    /// Whose standing this is.
    ///
    /// ```
    /// fn whose(status: &countersign::account::Status) -> &str { status.subject().id() }
    /// ```
    #[must_use]
    pub const fn subject(&self) -> &Subject {
        &self.subject
    }

    /// The epoch: evidence and grants of an earlier one do not count.
    ///
    /// ```
    /// fn epoch(status: &countersign::account::Status) -> u32 { status.epoch() }
    /// ```
    #[must_use]
    pub const fn epoch(&self) -> u32 {
        self.epoch
    }

    /// Whether everything is refused until the subject is resumed.
    ///
    /// ```
    /// fn suspended(status: &countersign::account::Status) -> bool { status.is_suspended() }
    /// ```
    #[must_use]
    pub const fn is_suspended(&self) -> bool {
        self.suspended
    }

    /// Whether the subject has enrolled this factor.
    ///
    /// ```
    /// fn has_app(status: &countersign::account::Status) -> bool { status.is_enrolled(countersign::Factor::Totp) }
    /// ```
    #[must_use]
    pub fn is_enrolled(&self, factor: Factor) -> bool {
        self.enrolled.contains(&factor)
    }

    /// How many recovery codes still count; none where no list was printed. Offer a new list when few are left: see
    /// [`RecoveryCodes::RENEW_AT`](crate::recovery::RecoveryCodes::RENEW_AT).
    ///
    /// ```
    /// use countersign::{account::Status, recovery::RecoveryCodes};
    /// fn is_to_print_anew(status: &Status) -> bool {
    ///     status.recovery_codes().is_some_and(|left| left <= RecoveryCodes::RENEW_AT)
    /// }
    /// ```
    #[must_use]
    pub const fn recovery_codes(&self) -> Option<usize> {
        self.recovery_codes
    }

    /// Whether a new memorable word is due, because people have heard more than half of its letters.
    ///
    /// ```
    /// fn nudge(status: &countersign::account::Status) -> &str { if status.is_word_due() { "choose another word" } else { "" } }
    /// ```
    #[must_use]
    pub const fn is_word_due(&self) -> bool {
        self.word_is_due
    }

    /// Whether this factor is locked in the interaction that the standing was taken for.
    ///
    /// ```
    /// use countersign::{Factor, account::{Lock, Status}};
    /// fn tell(status: &Status) -> String {
    ///     match status.locked(Factor::Totp) {
    ///         None => "ask for a code".to_owned(),
    ///         Some(Lock::Until(release)) => format!("again at {}", release.unix()),
    ///         Some(_) => "by another factor, or bind anew".to_owned(),
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

/// Until when a factor takes no try.
///
/// ```
/// use countersign::{Timestamp, account::Lock};
/// let lock = Lock::Until(Timestamp::from_unix(1_800_000_030)?);
/// assert!(matches!(lock, Lock::Until(release) if release.unix() == 1_800_000_030));
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a lock ends by time or by an act")]
pub enum Lock {
    /// Until that second.
    Until(Timestamp),
    /// Not by waiting for a while. Binding the factor anew opens it, or [`Change::Unlock`](crate::Change::Unlock). Where only
    /// the open lane is closed, a success after another factor does, too, or 30 days without a try.
    Indefinite,
}
