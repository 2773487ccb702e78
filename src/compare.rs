//! Comparison in constant time. The only file that names `subtle`.
//!
//! A comparison that stops at the first difference tells how far a guess was right
//! (RUSTSEC-2022-0018 and its kin). Here every byte, and every code of a window, is looked at.

use core::hint::black_box;

use subtle::{Choice, ConditionallySelectable, ConstantTimeEq, ConstantTimeGreater};

/// Whether two byte strings are equal, in a time that depends on their lengths alone.
///
/// Strings of different length are unequal at once: lengths are not secret here.
///
/// ```
/// use countersign::ct_eq;
/// assert!(ct_eq(b"tag", b"tag"));
/// assert!(!ct_eq(b"tag", b"tac"));
/// assert!(!ct_eq(b"tag", b"tags"));
/// ```
#[must_use]
pub fn ct_eq(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    // One difference and one comparison: `subtle` byte by byte does the same, a byte at a time.
    let difference = a.iter().zip(b).fold(0_u8, |seen, (x, y)| seen | (x ^ y));
    bool::from(black_box(difference).ct_eq(&0))
}

/// The highest step whose code is the one offered, among all candidates at or above `floor`.
///
/// A code is a number, or two consecutive codes in one number, which match together or not at all.
///
/// Every candidate is computed and compared, whichever matches: the time does not tell the step. Also says whether
/// a candidate below the floor matched, which only the audit trail may know.
pub(crate) fn highest_match<T: ConstantTimeEq>(
    candidates: impl IntoIterator<Item = (u64, T)>,
    offered: T,
    floor: u64,
) -> Match {
    let mut fresh = Choice::from(0);
    let mut spent = Choice::from(0);
    let mut best = 0_u64;
    for (step, code) in candidates {
        let equal = code.ct_eq(&offered);
        let claimable = !floor.ct_gt(&step);
        let better = equal & claimable & (!fresh | step.ct_gt(&best));
        best.conditional_assign(&step, better);
        fresh |= equal & claimable;
        spent |= equal & !claimable;
    }
    if bool::from(fresh) {
        Match::Fresh(best)
    } else if bool::from(spent) {
        Match::Spent
    } else {
        Match::None
    }
}

/// Up to 64 bytes with zeros behind, as a code of [`highest_match`]: all of them are looked at.
#[derive(Clone, Copy)]
pub(crate) struct Tag(pub(crate) [u8; 64]);

impl ConstantTimeEq for Tag {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.0.as_slice().ct_eq(other.0.as_slice())
    }
}

/// What [`highest_match`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Match {
    /// The highest step that may still be claimed.
    Fresh(u64),
    /// Only steps that were claimed before.
    Spent,
    /// Nothing.
    None,
}

impl Match {
    /// The same match, its step named otherwise.
    pub(crate) fn map(self, name: impl FnOnce(u64) -> u64) -> Self {
        match self {
            Self::Fresh(step) => Self::Fresh(name(step)),
            Self::Spent | Self::None => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equality_needs_every_byte() {
        let base = [7_u8; 32];
        assert!(ct_eq(&base, &base));
        for position in 0..32 {
            let mut other = base;
            other[position] ^= 1;
            assert!(!ct_eq(&base, &other), "byte {position} was not looked at");
        }
        assert!(ct_eq(b"", b""));
    }

    #[test]
    fn the_highest_claimable_step_wins() {
        let window = [(9, 111_111), (10, 222_222), (11, 222_222)];
        assert_eq!(highest_match(window, 222_222, 0), Match::Fresh(11));
        assert_eq!(highest_match(window, 222_222, 11), Match::Fresh(11));
        assert_eq!(highest_match(window, 222_222, 12), Match::Spent);
        assert_eq!(highest_match(window, 111_111, 10), Match::Spent);
        assert_eq!(highest_match(window, 333_333, 0), Match::None);
        assert_eq!(highest_match([(0, 5)], 5, 0), Match::Fresh(0));
        assert_eq!(highest_match([], 5, 0), Match::None);
    }

    #[test]
    fn a_tag_needs_every_byte() {
        let base = Tag([7; 64]);
        assert!(bool::from(base.ct_eq(&base)));
        for position in 0..64 {
            let mut other = base;
            other.0[position] ^= 1;
            assert!(
                !bool::from(base.ct_eq(&other)),
                "byte {position} was not looked at"
            );
        }
    }

    #[test]
    fn every_candidate_is_computed_whichever_matches() {
        for offered in 0..5 {
            let mut computed = 0;
            let window = (0..4).map(|step| {
                computed += 1;
                (step, step)
            });
            let _ = highest_match(window, offered, 0);
            assert_eq!(computed, 4);
        }
    }
}
