//! A response as a person types or says it, parsed once, and how it is compared.

use core::fmt;

use zeroize::Zeroizing;

use super::suite::{OcraSuite, hash_bytes};
use crate::canonical::typed;
use crate::compare::Tag;

/// A response as somebody offered it: digits, or a whole HMAC in hexadecimal.
///
/// Parsing cannot fail. Text that is not a response matches nothing, and is charged like a wrong one. Blanks, invisible
/// marks, dashes between two characters and digits of other scripts are read as in a [`Code`](crate::Code). The case of
/// hexadecimal digits does not count. Anything else voids the response.
///
/// `Debug` keeps the characters back, and they are wiped when the response is dropped.
///
/// ```
/// use countersign::otp::ocra::OcraResponse;
/// assert_eq!(format!("{:?}", OcraResponse::typed("237 653")), "OcraResponse(6 characters)");
/// assert_eq!(format!("{:?}", OcraResponse::typed("237.653")), "OcraResponse(nothing)");
/// ```
#[derive(Clone)]
pub struct OcraResponse {
    characters: Zeroizing<[u8; Self::MAX_CHARACTERS]>,
    length: usize,
}

impl OcraResponse {
    /// A whole HMAC-SHA-512 in hexadecimal.
    const MAX_CHARACTERS: usize = 128;
    /// Longer text is refused unread. Each character of four bytes may have separators of as many beside it.
    const MAX_TEXT: usize = 1_024;

    /// Parses typed text.
    ///
    /// ```
    /// let response = countersign::otp::ocra::OcraResponse::typed(" 6534-7737 ");
    /// assert_eq!(format!("{response:?}"), "OcraResponse(8 characters)");
    /// ```
    #[must_use]
    pub fn typed(text: &str) -> Self {
        let mut characters = Zeroizing::new([0; Self::MAX_CHARACTERS]);
        let mut length = 0;
        let read = typed::symbols(text, Self::MAX_TEXT, |letter| {
            let letter = u8::try_from(letter).ok().filter(u8::is_ascii_hexdigit)?;
            *characters.get_mut(length)? = letter;
            length = length.saturating_add(1);
            Some(())
        });
        if read.is_none() {
            length = 0;
        }
        Self { characters, length }
    }

    /// Returns the form in which a suite's responses are compared. Text that is not a response of this suite matches
    /// none.
    pub(super) fn offered(&self, suite: &OcraSuite) -> Tag {
        /// Above every truncated HMAC, and as likely as any other whole one.
        const NO_RESPONSE: Tag = Tag([0xff; 64]);
        let characters = self.characters.get(..self.length).unwrap_or_default();
        let read = match suite.digits() {
            Some(digits) => number(characters, digits).map(of_number),
            None => whole(characters, hash_bytes(suite.algorithm())),
        };
        read.unwrap_or(NO_RESPONSE)
    }
}

impl fmt::Debug for OcraResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.length {
            0 => f.write_str("OcraResponse(nothing)"),
            length => write!(f, "OcraResponse({length} characters)"),
        }
    }
}

/// Returns a number of digits in the form that is compared.
pub(super) fn of_number(number: u32) -> Tag {
    of_bytes(&number.to_be_bytes())
}

/// Returns a whole HMAC in the form that is compared.
pub(super) fn of_bytes(bytes: &[u8]) -> Tag {
    let mut tag = [0; 64];
    tag.iter_mut()
        .zip(bytes)
        .for_each(|(place, byte)| *place = *byte);
    Tag(tag)
}

fn number(characters: &[u8], digits: u8) -> Option<u32> {
    if characters.len() != usize::from(digits) {
        return None;
    }
    characters.iter().try_fold(0_u32, |sum, letter| {
        let digit = char::from(*letter).to_digit(10)?;
        sum.checked_mul(10)?.checked_add(digit)
    })
}

fn whole(characters: &[u8], hash_bytes: usize) -> Option<Tag> {
    if characters.len() != hash_bytes.saturating_mul(2) {
        return None;
    }
    let value = |letter: &u8| char::from(*letter).to_digit(16).unwrap_or_default();
    let mut bytes = [0_u8; 64];
    for (place, pair) in bytes.iter_mut().zip(characters.chunks_exact(2)) {
        *place = pair
            .iter()
            .fold(0, |byte, letter| byte << 4 | value(letter) as u8);
    }
    Some(Tag(bytes))
}
