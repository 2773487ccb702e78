//! Comparison in constant time. The only file that names `subtle`.
//!
//! A comparison that stops at the first difference reveals how far a guess was right (RUSTSEC-2022-0018 and its kin). Here
//! every byte is compared, and every code of a window.

use core::hint::black_box;

use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};
use zeroize::Zeroizing;

/// Returns whether two byte strings are equal, in a time that depends on their lengths alone.
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

/// Copies one letter of a text of 64 bytes at most, in a time that does not depend on which letter.
///
/// A letter begins at each byte whose bit in `starts` is set. The first byte's bit is the lowest. Letters are counted
/// from zero. Every byte of the text is read for every byte of the letter. Bytes of the letter beyond `N` are cut off;
/// a letter that the text does not have is zeros.
pub(crate) fn gather<const N: usize>(text: &[u8], starts: u64, letter: u8) -> Zeroizing<[u8; N]> {
    let mut gathered = Zeroizing::new([0_u8; N]);
    // Of the byte that is looked at: how many letters have begun, and how many bytes its own letter has before it.
    let (mut begun, mut offset) = (0_u8, 0_u8);
    for (byte, place) in text.iter().zip(0..u64::BITS) {
        let starts_here = u8::try_from(starts.wrapping_shr(place) & 1).unwrap_or(0);
        begun = begun.wrapping_add(starts_here);
        offset = u8::conditional_select(&offset.wrapping_add(1), &0, starts_here.ct_eq(&1));
        let is_its = begun.ct_eq(&letter.wrapping_add(1));
        for (slot, number) in gathered.iter_mut().zip(0_u8..) {
            slot.conditional_assign(byte, is_its & number.ct_eq(&offset));
        }
    }
    gathered
}

/// Finds the highest step whose code is the one offered, among all candidates at or above `floor`.
///
/// The candidates come in the order of their steps, so the last that matches is the highest. A code is a number, or two
/// consecutive codes in one number, which match together or not at all.
///
/// Every candidate is computed and compared, whichever matches: the time does not reveal the step. The result also says whether
/// a candidate below the floor matched. Only the audit trail may know that.
#[inline]
pub(crate) fn highest_match<T: ConstantTimeEq>(
    candidates: impl IntoIterator<Item = (u64, T)>,
    offered: T,
    floor: u64,
) -> Match {
    let (mut equals, mut fresh) = (0, 0);
    let mut best = 0_u64;
    for (step, code) in candidates {
        let equal = code.ct_eq(&offered).unwrap_u8();
        // Steps and floor are no secrets.
        let claimed = Choice::from(equal & u8::from(step >= floor));
        best.conditional_assign(&step, claimed);
        fresh |= claimed.unwrap_u8();
        equals |= equal;
    }
    // From here on the time depends only on whether anything matched.
    match (fresh, equals) {
        (0, 0) => Match::None,
        (0, _) => Match::Spent,
        _ => Match::Fresh(best),
    }
}

/// Up to 64 bytes with zeros behind, as a code of [`highest_match`]: all of them are compared.
#[derive(Clone, Copy)]
pub(crate) struct Tag(pub(crate) [u8; 64]);

impl ConstantTimeEq for Tag {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.0.as_slice().ct_eq(other.0.as_slice())
    }
}

/// The result of [`highest_match`].
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
    /// Maps the step.
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
    fn a_letter_is_gathered_whole_and_alone() {
        // Letters of one, two and three bytes, then padding.
        let (text, starts) = (b"abbcccd\0\0", 0b100_1011);
        let letter = |number| *gather::<4>(text, starts, number);
        assert_eq!(letter(0), *b"a\0\0\0");
        assert_eq!(letter(1), *b"bb\0\0");
        assert_eq!(letter(2), *b"ccc\0");
        assert_eq!(letter(3), *b"d\0\0\0", "the padding is nobody's");
        assert_eq!(letter(4), [0; 4]);
        assert_eq!(letter(255), [0; 4]);
        assert_eq!(*gather::<2>(text, starts, 2), *b"cc");
        assert_eq!(*gather::<2>(b"", starts, 0), [0; 2]);
        assert_eq!(*gather::<2>(&[7; 80], u64::MAX, 63), [7, 0]);
        assert_eq!(*gather::<2>(&[7; 80], u64::MAX, 64), [0, 0]);
        assert_eq!(*gather::<2>(&[7; 80], 1, 0), [7, 7]);
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
