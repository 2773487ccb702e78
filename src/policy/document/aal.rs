//! Assurance levels (SP 800-63B-4 2.1 to 2.3).

use core::fmt;
use core::time::Duration;

/// An authenticator assurance level of SP 800-63B-4.
///
/// It is computed from evidence given on [protected](crate::Context::protected) channels in one interaction, and from no
/// other. What this crate checks itself reaches level 2 at most: level 3 takes a key in hardware that resists phishing, which a
/// host verifies and [attests](crate::account::ExternalVerification), and the document says `aal = 3` of that external verifier.
///
/// ```
/// use core::time::Duration;
/// use countersign::policy::Aal;
/// assert!(Aal::One < Aal::Two);
/// assert_eq!(Aal::Two.longest(), Duration::from_secs(24 * 3_600));
/// assert_eq!(Aal::Two.longest_idle(), Some(Duration::from_secs(3_600)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_enums, reason = "there are three levels")]
pub enum Aal {
    /// Any one factor, 2.1.1.
    One,
    /// Something the subject has, and something it knows or is, 2.2.1.
    Two,
    /// With a key that cannot be taken out of its hardware, and resists phishing, 2.3.1.
    Three,
}

impl Aal {
    /// All of them, lowest first.
    pub const ALL: [Self; 3] = [Self::One, Self::Two, Self::Three];

    /// After this long, everything is shown again: 30 days, 24 hours, 12 hours (2.1.3, 2.2.3, 2.3.3).
    ///
    /// ```
    /// assert_eq!(countersign::policy::Aal::Three.longest(), core::time::Duration::from_secs(12 * 3_600));
    /// ```
    #[must_use]
    pub const fn longest(self) -> Duration {
        match self {
            Self::One => Duration::from_secs(30 * 86_400),
            Self::Two => Duration::from_secs(24 * 3_600),
            Self::Three => Duration::from_secs(12 * 3_600),
        }
    }

    /// After this long without a sign of the subject, it ends: never, 1 hour, 15 minutes (2.1.3, 2.2.3, 2.3.3).
    ///
    /// ```
    /// assert_eq!(countersign::policy::Aal::One.longest_idle(), None);
    /// ```
    #[must_use]
    pub const fn longest_idle(self) -> Option<Duration> {
        match self {
            Self::One => None,
            Self::Two => Some(Duration::from_secs(3_600)),
            Self::Three => Some(Duration::from_secs(15 * 60)),
        }
    }

    /// After this long, everything is shown again, if a document states an age too.
    pub(crate) fn longest_within(self, max_age: Option<Duration>) -> Duration {
        max_age.map_or(self.longest(), |age| age.min(self.longest()))
    }

    /// The level's number.
    ///
    /// ```
    /// assert_eq!(countersign::policy::Aal::Two.number(), 2);
    /// ```
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::One => 1,
            Self::Two => 2,
            Self::Three => 3,
        }
    }
}

impl fmt::Display for Aal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AAL{}", self.number())
    }
}
