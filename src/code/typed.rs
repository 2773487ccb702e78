//! A code as a person types or says it, parsed once.

use core::fmt;

use super::crockford;
use crate::canonical::typed;
use crate::secret::wipe;

/// A code as somebody offered it.
///
/// Parsing cannot fail. Text that is not a code matches nothing, and is charged like a wrong code.
///
/// People paste codes, and pasted text holds more than they see. So these are ignored:
///
/// - White space of every width, and line ends (Unicode's `White_Space`).
/// - Invisible characters: marks of direction, joiners, soft hyphens, byte-order marks (`Default_Ignorable_Code_Point`
///   and the invisible ones of `Cf`). The crate's own messages put such marks around a code.
/// - Dashes and minus signs of every kind between two symbols, because people group codes. A dash anywhere else is a
///   sign, and the text is not a code.
///
/// A decimal digit of any script counts by its value, and one code may mix scripts. A full-width letter counts as the
/// plain one. Letters are read as in Crockford's base 32 ([`Alphabet::Crockford`](crate::text::Alphabet::Crockford)). A
/// code with a letter in it does not match a code of digits. Anything else voids the code. Text of more than 512 bytes
/// is refused unread.
///
/// Everything after this works on the parsed symbols. So another spelling of one code cannot fool a cache (pitfall B2),
/// and leading zeros count (B32).
///
/// `Debug` keeps the symbols back, and they are wiped when the code is dropped.
///
/// ```
/// use countersign::Code;
/// assert_eq!(format!("{:?}", Code::typed("755 224")), "Code(6 digits)");
/// assert_eq!(format!("{:?}", Code::typed("755-224")), "Code(6 digits)");
/// assert_eq!(format!("{:?}", Code::typed("7K5-2oI")), "Code(6 symbols)");
/// assert_eq!(format!("{:?}", Code::typed("\u{2068}７５５\u{3000}２２４\u{2069}")), "Code(6 digits)");
/// assert_eq!(format!("{:?}", Code::typed("-755224")), "Code(nothing)");
/// assert_eq!(format!("{:?}", Code::typed("755.224")), "Code(nothing)");
/// ```
#[derive(Clone)]
pub struct Code {
    symbols: [u8; Self::MAX_SYMBOLS],
    length: u8,
    /// Whether a letter was typed, even one that stands for a digit.
    lettered: bool,
}

impl Code {
    /// The most digits of a code that consists of digits.
    pub const MAX_DIGITS: usize = 10;
    /// The most symbols of a code.
    pub const MAX_SYMBOLS: usize = 32;
    /// Longer text is refused unread. Each symbol of four bytes may have separators and marks of as many around it.
    const MAX_TEXT: usize = 512;

    /// Parses typed text.
    ///
    /// ```
    /// let code = countersign::Code::typed(" 07081804 ");
    /// assert_eq!(format!("{code:?}"), "Code(8 digits)");
    /// ```
    #[must_use]
    pub fn typed(text: &str) -> Self {
        let mut code = Self::nothing();
        if !code.takes_plain(text) {
            code = Self::parse(text).unwrap_or_else(Self::nothing);
        }
        code
    }

    /// Reads a code of digits that is typed without anything else, as most are.
    fn takes_plain(&mut self, text: &str) -> bool {
        let digits = text.as_bytes();
        let is_plain = digits.len() <= Self::MAX_DIGITS && digits.iter().all(u8::is_ascii_digit);
        if let (true, Ok(length)) = (is_plain, u8::try_from(digits.len())) {
            for (slot, digit) in self.symbols.iter_mut().zip(digits) {
                *slot = *digit;
            }
            self.length = length;
        }
        is_plain
    }

    fn nothing() -> Self {
        Self {
            symbols: [0; Self::MAX_SYMBOLS],
            length: 0,
            lettered: false,
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let mut code = Self::nothing();
        typed::symbols(text, Self::MAX_TEXT, |letter| {
            code.lettered |= !letter.is_ascii_digit();
            let symbol = crockford::read(letter)?;
            *code.symbols.get_mut(usize::from(code.length))? = symbol;
            code.length = code.length.checked_add(1)?;
            Some(())
        })?;
        Some(code)
    }

    /// Returns the digits as ASCII text. It is empty if the text is not a code, or holds a letter.
    pub(crate) fn digits(&self) -> &[u8] {
        let digits = self.symbols();
        if self.lettered || digits.len() > Self::MAX_DIGITS {
            return &[];
        }
        digits
    }

    /// Returns all symbols, digits or not. It is empty if the text is not a code.
    pub(crate) fn symbols(&self) -> &[u8] {
        self.symbols
            .get(..usize::from(self.length))
            .unwrap_or_default()
    }

    /// Returns the value, if there are exactly `width` digits.
    pub(crate) fn value(&self, width: u8) -> Option<u32> {
        let digits = self.digits();
        if digits.len() != usize::from(width) {
            return None;
        }
        digits.iter().try_fold(0_u32, |sum, digit| {
            sum.checked_mul(10)?
                .checked_add(u32::from(digit.wrapping_sub(b'0')))
        })
    }
}

impl Drop for Code {
    fn drop(&mut self) {
        wipe(&mut self.symbols);
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.length, self.lettered) {
            (0, _) => f.write_str("Code(nothing)"),
            (length, false) => write!(f, "Code({length} digits)"),
            (length, true) => write!(f, "Code({length} symbols)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grouping_is_accepted() {
        for text in [
            "755224",
            " 755 224 ",
            "755-224",
            "7-5-5-2-2-4",
            "755\u{a0}224",
            "755\u{2013}224",
            "755 - 224\n",
            "755\u{3000}224",
            "755\u{2009}224",
            "755\u{2014}224",
            "755\u{2212}224",
            "755\u{ff0d}224",
            "755ー224",
            "\u{ff17}\u{ff15}\u{ff15}\u{ff12}\u{ff12}\u{ff14}",
            "\u{667}\u{665}\u{665} \u{662}\u{662}\u{664}",
            "\u{6f7}\u{6f5}\u{6f5}\u{6f2}\u{6f2}\u{6f4}",
            "७५५२२४",
            "৭৫৫ 2２٤",
            "\u{202e}755224",
            "\u{feff}755224\r\n",
            "\u{202a}755\u{ad}224\u{202c}",
            "\u{2068}755\u{2060}224\u{2069}",
            "75\u{200b}52\u{200d}24\u{200f}",
        ] {
            assert_eq!(Code::typed(text).value(6), Some(755_224), "{text:?}");
        }
    }

    #[test]
    fn anything_else_is_no_code() {
        let long = "1".repeat(10 << 20);
        for text in [
            "",
            " ",
            "-",
            "+755224",
            "-755224",
            "755224-",
            "755--224",
            "75522a",
            "0x1234",
            "75522\u{0}4",
            "755.224",
            "1e5",
            "\u{200f}-755224",
            "\u{2212}755224",
            "755224\u{2014}",
            "755\u{2014}\u{2014}224",
            "75522²",
            "75522①",
            "75522\u{ff0e}4",
            "七五五二二四",
            "75522\u{6dd}4",
            "75522\u{20e3}4",
            "75522\u{301}4",
            "\u{200b}\u{feff}",
            "12345678901",
            "１２３４５６７８９０１",
            "O55224",
            "I23456",
            "l23456",
            "U23456",
            &long,
        ] {
            assert_eq!(Code::typed(text).digits(), b"", "{text:.20?}");
        }
    }

    #[test]
    fn b32_leading_zeros_count() {
        assert_eq!(Code::typed("07081804").value(8), Some(7_081_804));
        assert_eq!(Code::typed("07081804").value(7), None);
        assert_eq!(Code::typed("7081804").value(8), None);
        assert_eq!(Code::typed("000000").value(6), Some(0));
    }

    #[test]
    fn what_is_typed_is_not_shown() {
        assert_eq!(format!("{:?}", Code::typed("9ZXK")), "Code(4 symbols)");
    }
}
