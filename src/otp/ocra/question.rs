//! The question of a challenge: how it is drawn, its rules, and the 128 bytes it becomes (RFC 6287 5.1).

use core::fmt;

use minicbor::{Decode, Decoder};

use super::suite::{OcraSuite, QuestionFormat};
use crate::canonical::typed;
use crate::cbor::encode_by;
use crate::context::TransactionDigest;
use crate::error::Error;
use crate::random;

/// A question that one side shows or says, and the other answers.
///
/// ```
/// use countersign::otp::ocra::{OcraQuestion, OcraSuite};
/// let suite: OcraSuite = "OCRA-1:HOTP-SHA1-6:QN08".parse()?;
/// let question = OcraQuestion::typed(&suite, "1234 5678")?;
/// assert_eq!(question.as_str(), "12345678");
/// let error = OcraQuestion::typed(&suite, "123456789").unwrap_err();
/// assert_eq!(error.to_string(), "ocra question: must not be longer than its suite says");
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct OcraQuestion {
    /// Letters and digits in ASCII, 1 to 64 of them.
    text: String,
}

/// A question, or two after one another, as it goes into the HMAC.
pub(super) type QuestionBytes = [u8; OcraQuestion::BYTES];

impl OcraQuestion {
    /// RFC 6287 5.1: shorter ones are filled up with zeros behind.
    const BYTES: usize = 128;
    /// RFC 6287 6.3.
    const MAX_LENGTH: usize = 64;
    /// Longer text is refused unread. Each symbol of four bytes may have separators and marks of as many around it.
    const MAX_TEXT: usize = 1_024;
    /// The fewest hexadecimal digits of a digest that sign a transaction. They are 128 bits, so that an attacker cannot
    /// find another transaction with these digits.
    const MIN_DIGEST_LENGTH: u8 = 32;
    /// Digits and letters that people do not confuse when they are read aloud. All are alphanumeric.
    const SPOKEN: &'static [u8] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    /// Parses a question that somebody reads out, shows or sends.
    ///
    /// It reads blanks, invisible marks, dashes between two symbols, digits of other scripts and full-width letters as
    /// a [`Code`](crate::Code) does. Hexadecimal digits are raised to upper case. The case of letters counts.
    ///
    /// # Errors
    /// Misuse, if it is empty, longer than the suite says, or holds a character that the suite's format does not.
    ///
    /// ```
    /// use countersign::otp::ocra::{OcraQuestion, OcraSuite};
    /// let suite: OcraSuite = "OCRA-1:HOTP-SHA1-6:QH08".parse()?;
    /// assert_eq!(OcraQuestion::typed(&suite, "dead beef")?.as_str(), "DEADBEEF");
    /// assert_eq!(OcraQuestion::typed(&suite, "\u{2068}dead\u{2013}beef\u{2069}")?.as_str(), "DEADBEEF");
    /// assert!(OcraQuestion::typed(&suite, "dead beer").is_err());
    /// assert!(OcraQuestion::typed(&suite, "").is_err());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn typed(suite: &OcraSuite, text: &str) -> Result<Self, Error> {
        let upper = suite.question_format() == QuestionFormat::Hexadecimal;
        let limit = usize::from(suite.question_length());
        let refuse = |rule| Error::misuse("ocra question", rule);
        let mut question = Self {
            text: String::with_capacity(Self::MAX_LENGTH),
        };
        let (mut length, mut longer) = (0_usize, text.len() > Self::MAX_TEXT);
        let read = typed::symbols(text, Self::MAX_TEXT, |letter| {
            // No more than is needed to see that it is too long.
            longer = length == limit;
            length = length.checked_add(1).filter(|_| !longer)?;
            question.text.push(if upper {
                letter.to_ascii_uppercase()
            } else {
                letter
            });
            Some(())
        });
        match read {
            Some(()) => question.suits(suite).map_err(refuse)?,
            None if longer => return Err(refuse(LONGER)),
            // A dash that stands for a sign.
            None => return Err(refuse(alphabet(suite.question_format()).1)),
        }
        Ok(question)
    }

    /// Returns the question that signs a [transaction](crate::Transaction): its digest in hexadecimal, cut to the
    /// suite's length.
    ///
    /// Both sides can compute it. A device that shows the transaction, and answers only the question that it computed
    /// itself, signs what it shows.
    ///
    /// # Errors
    /// Misuse, unless the suite's questions are `QH` or `QA` and hold 32 characters or more. An attacker could find
    /// another transaction for a digest that is cut shorter. If a person types the question, sign the figures that
    /// matter as [text](crate::otp::ocra::OcraTask::sign_text).
    ///
    /// ```
    /// use countersign::{Transaction, otp::ocra::{OcraQuestion, OcraSuite}};
    /// let transfer = Transaction::new("TX-1")?.with("payee", "Anna")?.with("amount", "99.50 EUR")?;
    /// let suite: OcraSuite = "OCRA-1:HOTP-SHA256-8:QH64".parse()?;
    /// let question = OcraQuestion::of_transaction(&suite, transfer.digest())?;
    /// assert_eq!(question.as_str().len(), 64);
    ///
    /// let short: OcraSuite = "OCRA-1:HOTP-SHA256-8:QH08".parse()?;
    /// assert!(OcraQuestion::of_transaction(&short, transfer.digest()).is_err());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn of_transaction(
        suite: &OcraSuite,
        transaction: TransactionDigest,
    ) -> Result<Self, Error> {
        if suite.question_format() == QuestionFormat::Numeric
            || suite.question_length() < Self::MIN_DIGEST_LENGTH
        {
            return Err(Error::misuse(
                "ocra question",
                "must be QH or QA with 32 characters or more to sign a transaction",
            ));
        }
        let text = transaction
            .as_bytes()
            .iter()
            .flat_map(|byte| [byte >> 4, byte & 0x0f])
            .filter_map(|nibble| char::from_digit(u32::from(nibble), 16))
            .map(|digit| digit.to_ascii_uppercase())
            .take(usize::from(suite.question_length()))
            .collect();
        Ok(Self { text })
    }

    /// Draws a question of the suite's length, each equally likely (pitfall B18).
    ///
    /// Letters are upper case, without I, L, O and U: 32 symbols that can be read aloud.
    pub(super) fn draw(suite: &OcraSuite) -> Result<Self, Error> {
        let symbols: &[u8] = match suite.question_format() {
            QuestionFormat::Alphanumeric => Self::SPOKEN,
            QuestionFormat::Numeric => b"0123456789",
            QuestionFormat::Hexadecimal => b"0123456789ABCDEF",
        };
        let text = random::symbols(symbols, usize::from(suite.question_length()))?;
        Ok(Self {
            text: text.as_str().to_owned(),
        })
    }

    /// Returns the question, to be shown or said.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Checks the rules of the suite, and returns the one it breaks.
    pub(super) fn suits(&self, suite: &OcraSuite) -> Result<(), &'static str> {
        let (allowed, rule) = alphabet(suite.question_format());
        if self.text.is_empty() {
            Err("must not be empty")
        } else if self.text.len() > usize::from(suite.question_length()) {
            Err(LONGER)
        } else if !self.text.as_bytes().iter().all(allowed) {
            Err(rule)
        } else {
            Ok(())
        }
    }

    /// Checks that it is also exactly as long as the suite says. Two questions after one another then have one border
    /// only, and the zeros that fill up belong to neither.
    pub(super) fn suits_exactly(&self, suite: &OcraSuite) -> Result<(), &'static str> {
        self.suits(suite)?;
        if self.text.len() == usize::from(suite.question_length()) {
            Ok(())
        } else {
            Err("must be exactly as long as its suite says")
        }
    }

    /// Checks that no other text of this suite becomes the same bytes, for a text to be signed.
    ///
    /// Numbers and hexadecimal digits are filled up with zeros, and a leading zero of a number does not count. So 1
    /// would become the bytes of 16, which is hexadecimal 10. Two numbers of one length without a leading zero never
    /// meet in this way.
    pub(super) fn suits_uniquely(&self, suite: &OcraSuite) -> Result<(), &'static str> {
        match suite.question_format() {
            QuestionFormat::Alphanumeric => self.suits(suite),
            QuestionFormat::Hexadecimal => self.suits_exactly(suite),
            QuestionFormat::Numeric => {
                self.suits_exactly(suite)?;
                if self.text.starts_with('0') {
                    Err("must not begin with a zero where it is signed")
                } else {
                    Ok(())
                }
            }
        }
    }

    /// Returns one question, or two after one another, as they go into the HMAC.
    pub(super) fn bytes(format: QuestionFormat, parts: &[&Self]) -> QuestionBytes {
        let letters = parts.iter().flat_map(|part| part.text.bytes());
        match format {
            QuestionFormat::Alphanumeric => {
                let mut bytes = [0; Self::BYTES];
                bytes
                    .iter_mut()
                    .zip(letters)
                    .for_each(|(place, letter)| *place = letter);
                bytes
            }
            QuestionFormat::Hexadecimal => packed(letters.map(digit)),
            QuestionFormat::Numeric => number_bytes(letters.map(digit)),
        }
    }
}

impl fmt::Debug for OcraQuestion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OcraQuestion({} characters)", self.text.len())
    }
}

encode_by!(OcraQuestion, |this, encoder| {
    encoder.str(&this.text)?;
    Ok(())
});

/// Reads any text that some suite allows. Its own suite is checked when it is used.
impl<'b, C> Decode<'b, C> for OcraQuestion {
    fn decode(decoder: &mut Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        let start = decoder.position();
        let text = decoder.str()?;
        if text.is_empty()
            || text.len() > Self::MAX_LENGTH
            || !text.bytes().all(|byte| byte.is_ascii_alphanumeric())
        {
            let rule = "ocra question: must hold 1 to 64 letters and digits";
            return Err(minicbor::decode::Error::message(rule).at(start));
        }
        Ok(Self {
            text: text.to_owned(),
        })
    }
}

const LONGER: &str = "must not be longer than its suite says";

/// Returns the characters that a format allows, and the rule for an error's text.
fn alphabet(format: QuestionFormat) -> (fn(&u8) -> bool, &'static str) {
    match format {
        QuestionFormat::Alphanumeric => (
            u8::is_ascii_alphanumeric,
            "must hold letters and digits only",
        ),
        QuestionFormat::Numeric => (u8::is_ascii_digit, "must hold digits only"),
        QuestionFormat::Hexadecimal => (u8::is_ascii_hexdigit, "must hold hexadecimal digits only"),
    }
}

/// Returns the value of a digit, decimal or hexadecimal.
fn digit(letter: u8) -> u8 {
    char::from(letter)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
        .unwrap_or_default()
}

/// Packs half bytes after one another, with zeros behind.
fn packed(nibbles: impl Iterator<Item = u8>) -> QuestionBytes {
    let mut bytes = [0_u8; OcraQuestion::BYTES];
    for (place, nibble) in nibbles.enumerate() {
        if let Some(byte) = bytes.get_mut(place / 2) {
            *byte |= if place % 2 == 0 { nibble << 4 } else { nibble };
        }
    }
    bytes
}

/// Writes a decimal number in hexadecimal, its first digit in front, with zeros behind.
fn number_bytes(mut decimals: impl Iterator<Item = u8>) -> QuestionBytes {
    /// 448 bits: 128 decimal digits have 426.
    const WORDS: usize = 7;
    /// As many digits as always fit into a word.
    const AT_ONCE: usize = 19;
    let mut number = [0_u64; WORDS];
    loop {
        let (mut chunk, mut scale) = (0_u64, 1_u64);
        for decimal in decimals.by_ref().take(AT_ONCE) {
            chunk = chunk.wrapping_mul(10).wrapping_add(u64::from(decimal));
            scale = scale.wrapping_mul(10);
        }
        if scale == 1 {
            break;
        }
        let mut carry = u128::from(chunk);
        for word in number.iter_mut().rev() {
            let wide = u128::from(*word)
                .wrapping_mul(u128::from(scale))
                .wrapping_add(carry);
            *word = wide as u64;
            carry = wide >> 64;
        }
    }
    let mut words = number.into_iter().skip_while(|word| *word == 0).peekable();
    // Whole hexadecimal digits.
    let zeros = words.peek().map_or(0, |word| word.leading_zeros()) & !3;
    let mut bytes = [0; OcraQuestion::BYTES];
    let mut places = bytes.chunks_exact_mut(size_of::<u64>());
    while let (Some(word), Some(place)) = (words.next(), places.next()) {
        let next = words.peek().copied().unwrap_or_default();
        let both = u128::from(word) << 64 | u128::from(next);
        let shifted = (both << zeros >> 64) as u64;
        place.copy_from_slice(&shifted.to_be_bytes());
    }
    bytes
}
