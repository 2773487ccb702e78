//! Assurance levels (SP 800-63B-4 2.1 to 2.3), computed from evidence.

use core::fmt;

use super::requirement::{Case, Filled, Piece, left};
use crate::factor::FactorClass;
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

/// How a case reaches a level, for the longest, with evidence no older than `max_age` too; none, if it does not.
pub(super) fn reached(level: Aal, max_age: Option<Duration>, case: &Case<'_>) -> Option<Filled> {
    let longest = max_age.map_or(level.longest(), |age| age.min(level.longest()));
    let counts = |piece: &Piece<'_>| {
        let fits = piece.protected && piece.here && piece.is_factor();
        fits.then(|| left(longest, piece.age)).flatten()
    };
    let alone = |(place, piece): (usize, &Piece<'_>)| {
        let enough = level == Aal::One || piece.reaches >= Some(level);
        let left = counts(piece).filter(|_| enough)?;
        Some(Filled::by(left, vec![place]))
    };
    let alone = case.pieces.iter().enumerate().filter_map(alone);
    // Two of one class are one (SP 800-63-4 2.3.1), and what the subject is counts only beside what it has (63B 3.2.3).
    let second =
        [FactorClass::Knowledge, FactorClass::Inherence].map(|class| case.best_of(class, counts));
    let pair = case
        .best_of(FactorClass::Possession, counts)
        .zip(second.into_iter().flatten().max())
        .filter(|_| level == Aal::Two)
        .map(|(one, other)| Filled::by(one.0.min(other.0), vec![one.1, other.1]));
    let mut best = alone.chain(pair).max_by_key(|met| met.left)?;
    if let Some(most) = level.longest_idle() {
        let shown = case.pieces.iter().filter(|piece| counts(piece).is_some());
        // Showing something is being active, too.
        let idle = shown.map(|piece| piece.age).chain(case.idle).min()?;
        best.left = best.left.min(left(most, idle)?);
    }
    Some(best)
}
