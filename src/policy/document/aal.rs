//! Assurance levels (SP 800-63B-4 2.1 to 2.3).

use core::fmt;
use core::time::Duration;

use crate::evidence::Evidence;

/// An authenticator assurance level of SP 800-63B-4.
///
/// It is computed from evidence that was given on [protected](crate::Context::protected) channels in one interaction, and from
/// no other. Evidence that this crate checks reaches level 2 at most. Level 3 takes a key in hardware that resists phishing: a
/// host verifies it and [attests it](crate::account::ExternalVerification). The document then says `aal = 3` of this external
/// verifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_enums, reason = "there are three levels")]
pub enum Aal {
    /// Any one factor, 2.1.1.
    One,
    /// A factor of possession, and one of knowledge or inherence, 2.2.1.
    Two,
    /// With a key that cannot be taken out of its hardware, and resists phishing, 2.3.1.
    Three,
}

impl Aal {
    /// All of them, lowest first.
    pub const ALL: [Self; 3] = [Self::One, Self::Two, Self::Three];

    /// Returns after how long all evidence has to be given again: 30 days, 24 hours, 12 hours (2.1.3, 2.2.3, 2.3.3).
    ///
    /// Evidence here counts for [a day](Evidence::LIFETIME) at most, at level 1, too.
    #[must_use]
    pub const fn longest(self) -> Duration {
        match self {
            Self::One => Duration::from_secs(30 * 86_400),
            Self::Two => Duration::from_secs(24 * 3_600),
            Self::Three => Duration::from_secs(12 * 3_600),
        }
    }

    /// Returns after how long without activity it ends: never, 1 hour, 15 minutes (2.1.3, 2.2.3, 2.3.3).
    #[must_use]
    pub const fn longest_idle(self) -> Option<Duration> {
        match self {
            Self::One => None,
            Self::Two => Some(Duration::from_secs(3_600)),
            Self::Three => Some(Duration::from_secs(15 * 60)),
        }
    }

    /// Returns after how long all evidence has to be given again, if a document states an age too. It is a day at most.
    pub(crate) fn longest_within(self, max_age: Option<Duration>) -> Duration {
        let longest = self.longest().min(Evidence::LIFETIME);
        max_age.map_or(longest, |age| age.min(longest))
    }

    /// Returns the number of the level: 1, 2 or 3.
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
