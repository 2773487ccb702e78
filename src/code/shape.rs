//! The shape of a code for people: its alphabet and its length.

use minicbor::{Decode, Encode};
use zeroize::Zeroizing;

use super::typed::Code;
use super::{crockford, damm};
use crate::error::Error;
use crate::random::{self, Draw};
use crate::secret::SecretText;

/// The symbols of a code.
///
/// ```
/// use countersign::text::Alphabet;
/// assert!(Alphabet::DigitsAndCheck.has_check_digit());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(index_only)]
#[non_exhaustive]
pub enum Alphabet {
    /// Digits. The keys of a telephone can enter nothing else.
    #[n(0)]
    Digits,
    /// Digits, and a check digit after them, which shows that a code was misheard.
    #[n(1)]
    DigitsAndCheck,
    /// Digits and letters without I, L, O and U (Crockford's base 32). A person may type small letters, and the letters
    /// that look like digits. Do not use it for telephones: their keys have no letters, and letters are hard to tell by
    /// ear.
    #[n(2)]
    Crockford,
}

impl Alphabet {
    /// Returns whether the last symbol is a check digit.
    ///
    /// It is H. M. Damm's, which finds each single wrong digit, each two neighbours that changed places, and thirteen
    /// for thirty.
    #[must_use]
    pub const fn has_check_digit(self) -> bool {
        matches!(self, Self::DigitsAndCheck)
    }

    /// Returns the symbols to draw from.
    const fn symbols(self) -> &'static [u8] {
        match self {
            Self::Digits | Self::DigitsAndCheck => b"0123456789",
            Self::Crockford => crockford::SYMBOLS,
        }
    }
}

/// The shape of a code: an alphabet, and how many symbols of it are drawn.
///
/// A code has six digits or more, or symbols that are as hard to guess (SP 800-63B-4 3.1.3.2): four of base 32. A check
/// digit does not count among them. It comes on top, and does not make a code easier to guess.
///
/// ```
/// use countersign::text::CodeShape;
/// let shape = CodeShape::digits_and_check(6)?;
/// assert_eq!(shape.length(), 7);
/// assert_eq!(shape.space(), 1_000_000);
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CodeShape {
    alphabet: Alphabet,
    drawn: u8,
}

impl CodeShape {
    /// SP 800-63B-4 3.1.3.2: six decimal digits, or as many possibilities in another alphabet.
    const LEAST_SPACE: u64 = 1_000_000;
    /// A code that is read aloud.
    pub(crate) const SIX_DIGITS: Self = Self::of(Alphabet::Digits, 6);
    /// A code that is typed.
    pub(crate) const EIGHT_DIGITS: Self = Self::of(Alphabet::Digits, 8);
    /// A binding code: 40 random bits (SP 800-63B-4 4.1.2.2).
    pub(crate) const BINDING: Self = Self::of(Alphabet::Crockford, 8);
    /// A recovery code as it is printed: 140 random bits in seven groups of four.
    pub(crate) const RECOVERY: Self = Self::of(Alphabet::Crockford, 28);

    const fn of(alphabet: Alphabet, drawn: u8) -> Self {
        Self { alphabet, drawn }
    }

    /// Makes the shape of a code of digits, six to ten.
    ///
    /// # Errors
    /// Misuse, for another number.
    ///
    /// ```
    /// let error = countersign::text::CodeShape::digits(4).unwrap_err();
    /// assert_eq!(error.to_string(), "code length: must be 6 to 10 digits");
    /// ```
    pub fn digits(count: u8) -> Result<Self, Error> {
        Self::new(Alphabet::Digits, count, "must be 6 to 10 digits")
    }

    /// Makes the shape of a code of random digits, six to nine, and a check digit after them.
    ///
    /// # Errors
    /// Misuse, for another number.
    ///
    /// ```
    /// assert!(countersign::text::CodeShape::digits_and_check(5).is_err(), "the check digit does not count");
    /// ```
    pub fn digits_and_check(count: u8) -> Result<Self, Error> {
        let rule = "must be 6 to 9 digits, the check digit not counted";
        Self::new(Alphabet::DigitsAndCheck, count, rule)
    }

    /// Makes the shape of a code of Crockford's base 32, 4 to 32 symbols.
    ///
    /// # Errors
    /// Misuse, for another number.
    pub fn crockford(count: u8) -> Result<Self, Error> {
        Self::new(Alphabet::Crockford, count, "must be 4 to 32 symbols")
    }

    fn new(alphabet: Alphabet, drawn: u8, rule: &'static str) -> Result<Self, Error> {
        let shape = Self { alphabet, drawn };
        let most = match alphabet {
            Alphabet::Digits | Alphabet::DigitsAndCheck => Code::MAX_DIGITS,
            Alphabet::Crockford => Code::MAX_SYMBOLS,
        };
        if shape.space() < Self::LEAST_SPACE || shape.length() > most {
            return Err(Error::misuse("code length", rule));
        }
        Ok(shape)
    }

    /// Returns the alphabet.
    #[must_use]
    pub const fn alphabet(&self) -> Alphabet {
        self.alphabet
    }

    /// Returns how many symbols a code has, with its check digit.
    #[must_use]
    pub fn length(&self) -> usize {
        usize::from(self.drawn).saturating_add(usize::from(self.alphabet.has_check_digit()))
    }

    /// Returns how many different codes there are, for [`guess_chance`](crate::limits::Limits::guess_chance). It is
    /// `u64::MAX` at most.
    #[must_use]
    pub const fn space(&self) -> u64 {
        (self.alphabet.symbols().len() as u64).saturating_pow(self.drawn as u32)
    }

    /// Returns whether a typed code has the length and the alphabet of this shape, but a wrong check digit. Then it was
    /// misheard or mistyped.
    ///
    /// The typed digits alone show this, so it may be said before anything is compared. A guesser learns nothing from
    /// it that is not public. If you also send codes without a check digit, give them another length. Otherwise a right
    /// one may seem to have a wrong check digit.
    ///
    /// ```
    /// use countersign::{Code, text::CodeShape};
    /// let shape = CodeShape::digits_and_check(6)?;
    /// assert!(!shape.has_wrong_check_digit(&Code::typed("000 5724")));
    /// assert!(shape.has_wrong_check_digit(&Code::typed("000 7524")), "two digits changed places");
    /// assert!(!shape.has_wrong_check_digit(&Code::typed("000 572")), "too short, so a wrong code");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn has_wrong_check_digit(&self, code: &Code) -> bool {
        // A code of another length or alphabet is read as nothing, which has no wrong check digit.
        self.alphabet.has_check_digit() && !damm::holds(self.symbols_of(code))
    }

    /// Returns the symbols of a typed code, as ASCII text in capitals. It is empty if the code does not have this
    /// shape.
    pub(crate) fn symbols_of<'code>(&self, code: &'code Code) -> &'code [u8] {
        let symbols = match self.alphabet {
            Alphabet::Digits | Alphabet::DigitsAndCheck => code.digits(),
            Alphabet::Crockford => code.symbols(),
        };
        if symbols.len() == self.length() {
            symbols
        } else {
            &[]
        }
    }

    /// Draws a new code of this shape, each equally likely, without spaces.
    ///
    /// # Errors
    /// Store, if the system gives no randomness.
    ///
    /// ```
    /// use countersign::{Code, text::CodeShape};
    /// let shape = CodeShape::digits_and_check(6)?;
    /// let code = shape.draw()?;
    /// assert!(!shape.has_wrong_check_digit(&Code::typed(code.expose_text())));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn draw(&self) -> Result<SecretText, Error> {
        random::symbols(self.alphabet.symbols(), usize::from(self.drawn))
            .map(|drawn| self.complete(&drawn))
    }

    /// Draws from another source.
    pub(crate) fn draw_from(&self, draw: &mut impl Draw) -> Result<SecretText, Error> {
        random::symbols_from(draw, self.alphabet.symbols(), usize::from(self.drawn))
            .map(|drawn| self.complete(&drawn))
    }

    /// Adds the check digit, if the shape has one.
    fn complete(&self, drawn: &str) -> SecretText {
        let mut code = Zeroizing::new(String::with_capacity(self.length()));
        code.push_str(drawn);
        if self.alphabet.has_check_digit() {
            code.push(char::from(damm::check_digit(drawn.as_bytes())));
        }
        SecretText::from(code)
    }
}

impl<C> Encode<C> for CodeShape {
    fn encode<W: minicbor::encode::Write>(
        &self,
        encoder: &mut minicbor::Encoder<W>,
        ctx: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        (self.alphabet, self.drawn).encode(encoder, ctx)
    }
}

impl<'b, C> Decode<'b, C> for CodeShape {
    fn decode(
        decoder: &mut minicbor::Decoder<'b>,
        ctx: &mut C,
    ) -> Result<Self, minicbor::decode::Error> {
        let (alphabet, drawn) = Decode::decode(decoder, ctx)?;
        Self::new(alphabet, drawn, "")
            .map_err(|_| minicbor::decode::Error::message("a code of another length"))
    }
}

/// Splits a code into groups of four symbols at most, as even as can be: `493 021`, `493 0217`, `4930 2117`.
pub(crate) fn groups(code: &str) -> impl Iterator<Item = &str> {
    let mut rest = code;
    core::iter::from_fn(move || {
        let groups = rest.len().div_ceil(MAX_GROUP);
        let first = rest.len().checked_div(groups)?;
        let (group, after) = rest.split_at_checked(first)?;
        rest = after;
        Some(group)
    })
}

/// The longest group. More digits are hard to keep in mind at once.
const MAX_GROUP: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn n07_a_code_is_never_weaker_than_six_digits() {
        for count in 0..=u8::MAX {
            assert_eq!(CodeShape::digits(count).is_ok(), (6..=10).contains(&count));
            let checked = CodeShape::digits_and_check(count);
            assert_eq!(checked.is_ok(), (6..=9).contains(&count));
            assert_eq!(
                CodeShape::crockford(count).is_ok(),
                (4..=32).contains(&count)
            );
        }
    }

    #[test]
    fn what_is_drawn_has_its_shape() {
        for shape in [
            CodeShape::digits(6).unwrap(),
            CodeShape::digits(10).unwrap(),
            CodeShape::digits_and_check(9).unwrap(),
            CodeShape::crockford(4).unwrap(),
            CodeShape::crockford(32).unwrap(),
        ] {
            for _ in 0..100 {
                let text = shape.draw().unwrap();
                let code = Code::typed(text.expose_text());
                assert_eq!(shape.symbols_of(&code), text.expose_text().as_bytes());
                assert!(!shape.has_wrong_check_digit(&code));
            }
        }
    }

    #[test]
    fn only_a_whole_code_has_a_wrong_check_digit() {
        let shape = CodeShape::digits_and_check(6).unwrap();
        assert!(shape.has_wrong_check_digit(&Code::typed("5720005")));
        for text in ["", "572000", "57200055", "572000A", "572000O", "-5720005"] {
            assert!(!shape.has_wrong_check_digit(&Code::typed(text)), "{text}");
        }
        let plain = CodeShape::digits(7).unwrap();
        assert!(!plain.has_wrong_check_digit(&Code::typed("5720005")));
    }

    #[test]
    fn b02_a_letter_that_looks_like_a_digit_spells_no_code_of_digits() {
        for text in ["O7081804", "o708 1804", "07o81804", "0708I804", "07081l04"] {
            let code = Code::typed(text);
            assert_eq!(code.digits(), b"", "{text}");
            assert_eq!(code.value(8), None, "{text}");
            for shape in [
                CodeShape::digits(8).unwrap(),
                CodeShape::digits_and_check(7).unwrap(),
            ] {
                assert_eq!(shape.symbols_of(&code), b"", "{text}");
                assert!(!shape.has_wrong_check_digit(&code), "{text}");
            }
            assert_eq!(
                CodeShape::crockford(8).unwrap().symbols_of(&code).len(),
                8,
                "{text}"
            );
        }
    }

    #[test]
    fn b32_a_code_of_letters_may_happen_to_hold_digits_only() {
        let shape = CodeShape::crockford(8).unwrap();
        assert_eq!(shape.symbols_of(&Code::typed("0000 0007")), b"00000007");
        let shape = CodeShape::crockford(28).unwrap();
        let digits = "0".repeat(28);
        assert_eq!(shape.symbols_of(&Code::typed(&digits)), digits.as_bytes());
        assert_eq!(Code::typed(&digits).digits(), b"");
    }

    #[test]
    fn all_spellings_of_a_lettered_code_are_one() {
        let shape = CodeShape::crockford(8).unwrap();
        for text in [
            "1O9Z-A0KI",
            "109za0k1",
            "l o 9 z a o k L",
            "I09Z\u{2013}AOKi",
            "ｌＯ９ｚ\u{2212}Ａ0ｋ１",
            "\u{feff}1٠9\u{ad}z\u{2028}A\u{200e}0ki\u{2069}",
        ] {
            assert_eq!(shape.symbols_of(&Code::typed(text)), b"109ZA0K1", "{text}");
        }
        for text in [
            "109ZA0KU",
            "109ZA0K*",
            "109ZA0K",
            "109ZA0K11",
            "109ZA0Kſ",
            "109ZA0KΚ",
        ] {
            assert_eq!(shape.symbols_of(&Code::typed(text)), b"", "{text}");
        }
        let (most, more) = (
            "A".repeat(Code::MAX_SYMBOLS),
            "A".repeat(Code::MAX_SYMBOLS + 1),
        );
        assert_eq!(Code::typed(&most).symbols().len(), Code::MAX_SYMBOLS);
        assert_eq!(Code::typed(&more).symbols(), b"");
    }

    #[test]
    fn b18_every_alphabet_is_drawn_evenly() {
        // Chi-square; 90 for 31 degrees of freedom, and 40 for nine, are chances of less than 1 in 100,000.
        for (shape, limit) in [
            (CodeShape::digits(10).unwrap(), 40.0),
            (CodeShape::digits_and_check(9).unwrap(), 40.0),
            (CodeShape::crockford(32).unwrap(), 90.0),
        ] {
            let mut seen = std::collections::BTreeMap::new();
            let mut all = 0.0;
            for _ in 0..6_000 {
                // The check digit, too: an uneven one would make the drawn ones guessable.
                for symbol in shape.draw().unwrap().expose_text().bytes() {
                    *seen.entry(symbol).or_insert(0.0) += 1.0;
                    all += 1.0;
                }
            }
            let kinds = shape.alphabet.symbols();
            assert_eq!(seen.len(), kinds.len());
            let even = all / kinds.len() as f64;
            let chi: f64 = seen.values().map(|n| (n - even) * (n - even) / even).sum();
            assert!(chi < limit, "{shape:?}: chi-square {chi}");
        }
    }

    #[test]
    fn groups_are_even_and_short() {
        for (code, read) in [
            ("", ""),
            ("1", "1"),
            ("12345", "12 345"),
            ("493021", "493 021"),
            ("4930217", "493 0217"),
            ("49302117", "4930 2117"),
            ("123456789", "123 456 789"),
            ("1234567890", "123 456 7890"),
        ] {
            assert_eq!(groups(code).collect::<Vec<_>>().join(" "), read);
        }
        let long = "A".repeat(28);
        assert!(groups(&long).all(|group| group.len() == 4));
    }
}
