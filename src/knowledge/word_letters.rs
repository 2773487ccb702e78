//! The letters of a memorable word that somebody gave.

use core::fmt;

use zeroize::Zeroizing;

use super::word_state::WordState;
use crate::canonical::text::canonical;
use crate::compare::{ct_eq, gather};
use crate::secret::SecretBytes;

/// The letters of a word that somebody gave, in the order in which they were asked for.
///
/// Each is brought into its canonical form at once. Letters go into a check, and nowhere else. They cannot be printed or
/// serialised, and are wiped when dropped. `Debug` shows how many there are.
///
/// ```
/// use countersign::knowledge::WordLetters;
/// assert_eq!(format!("{:?}", WordLetters::typed(&["N", "i", "g"])), "WordLetters(3)");
/// ```
///
/// ```compile_fail
/// println!("{}", countersign::knowledge::WordLetters::typed(&["a"]));
/// ```
/// ```compile_fail
/// fn needs_serialize<T: serde::Serialize>(_: &T) {}
/// needs_serialize(&countersign::knowledge::WordLetters::typed(&["a"]));
/// ```
#[derive(Clone)]
pub struct WordLetters {
    /// In canonical form, filled up with zeros; all zeros for what is no letter.
    each: [Zeroizing<[u8; Self::BYTES]>; WordState::ASKED],
    count: usize,
}

impl WordLetters {
    /// The bytes of a sealed word for its letters.
    pub(super) const TEXT: usize = 56;
    /// The most bytes of one letter's canonical form. A letter of more marks belongs to no word.
    pub(super) const BYTES: usize = 24;

    /// Takes the letters as they were typed or heard. It cannot fail: text that is not a letter is a wrong one, and is charged.
    #[must_use]
    pub fn typed(letters: &[impl AsRef<str>]) -> Self {
        let mut typed = Self {
            each: core::array::from_fn(|_| Zeroizing::new([0; Self::BYTES])),
            count: letters.len(),
        };
        for (slot, letter) in typed.each.iter_mut().zip(letters) {
            let form = canonical(letter.as_ref()).ok();
            if let Some(form) = form.filter(|form| form.len() <= Self::BYTES) {
                slot.iter_mut()
                    .zip(form.bytes())
                    .for_each(|(slot, byte)| *slot = byte);
            }
        }
        typed
    }

    /// Whether these are the letters of an opened word for which its state asks.
    pub(super) fn are_of(&self, opened: &SecretBytes, state: &WordState) -> bool {
        let Some((starts, text)) = opened.expose_bytes().split_first_chunk() else {
            return false;
        };
        let starts = u64::from_be_bytes(*starts);
        let mut right = (self.count == WordState::ASKED) & (text.len() == Self::TEXT);
        for (place, offered) in state.asked().into_iter().zip(&self.each) {
            let letter = gather::<{ Self::BYTES }>(text, starts, place);
            // A letter that the word does not have is zeros, like what is no letter: neither is right.
            let both_are_none = ct_eq(letter.as_slice(), &[0; Self::BYTES]);
            right &= ct_eq(letter.as_slice(), offered.as_slice()) & !both_are_none;
        }
        right
    }
}

impl fmt::Debug for WordLetters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WordLetters({})", self.count)
    }
}
