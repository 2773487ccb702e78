//! What a person types or says as a code, parsed once.

use core::fmt;

use zeroize::Zeroizing;

/// A code as somebody offered it.
///
/// Parsing cannot fail: text that is no code matches nothing, and is charged like a wrong code. Spaces are ignored, and
/// so are dashes between two digits, because people group codes. Signs, letters and digits of other scripts
/// are not guessed at. Everything after this works on the parsed digits, so no cache can be fooled by
/// another spelling of the same code (pitfall B2), and leading zeros count (B32).
///
/// `Debug` keeps the digits back, and they are wiped when the code is dropped.
///
/// ```
/// use countersign::Code;
/// assert_eq!(format!("{:?}", Code::typed("755 224")), "Code(6 digits)");
/// assert_eq!(format!("{:?}", Code::typed("755-224")), "Code(6 digits)");
/// assert_eq!(format!("{:?}", Code::typed("-755224")), "Code(nothing)");
/// assert_eq!(format!("{:?}", Code::typed("75522４")), "Code(nothing)");
/// ```
#[derive(Clone)]
pub struct Code {
    digits: Zeroizing<[u8; Self::MAX_DIGITS]>,
    length: u8,
}

impl Code {
    /// More digits than this are no code of ours.
    pub const MAX_DIGITS: usize = 10;
    /// Longer text is not looked at: ten digits, each with a separator or two.
    const MAX_TEXT: usize = 64;

    /// What was typed, as digits.
    ///
    /// ```
    /// let code = countersign::Code::typed(" 07081804 ");
    /// assert_eq!(format!("{code:?}"), "Code(8 digits)");
    /// ```
    #[must_use]
    pub fn typed(text: &str) -> Self {
        Self::parse(text).unwrap_or(Self {
            digits: Zeroizing::new([0; Self::MAX_DIGITS]),
            length: 0,
        })
    }

    fn parse(text: &str) -> Option<Self> {
        let mut code = Self {
            digits: Zeroizing::new([0; Self::MAX_DIGITS]),
            length: 0,
        };
        ungrouped(text, Self::MAX_TEXT, |letter| {
            let digit = u8::try_from(letter).ok().filter(u8::is_ascii_digit)?;
            *code.digits.get_mut(usize::from(code.length))? = digit;
            code.length = code.length.checked_add(1)?;
            Some(())
        })?;
        Some(code)
    }

    /// The digits as ASCII text; empty if what was typed is no code.
    pub(crate) fn digits(&self) -> &[u8] {
        self.digits
            .get(..usize::from(self.length))
            .unwrap_or_default()
    }

    /// The value, if there are exactly `width` digits.
    pub(crate) fn value(&self, width: u8) -> Option<u32> {
        if self.length != width {
            return None;
        }
        self.digits().iter().try_fold(0_u32, |sum, digit| {
            sum.checked_mul(10)?
                .checked_add(u32::from(digit.wrapping_sub(b'0')))
        })
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.length {
            0 => f.write_str("Code(nothing)"),
            length => write!(f, "Code({length} digits)"),
        }
    }
}

/// Hands the characters of a text on, without the spaces, and the dashes between two of them, by which people group.
///
/// Nothing, if `take` refuses one, or if a dash stands elsewhere, so that a sign is refused.
pub(crate) fn ungrouped(
    text: &str,
    max_bytes: usize,
    mut take: impl FnMut(char) -> Option<()>,
) -> Option<()> {
    if text.len() > max_bytes {
        return None;
    }
    let mut may_break = false;
    let mut after_dash = false;
    for letter in text.chars() {
        match letter {
            ' ' | '\t' | '\n' | '\r' | '\u{a0}' | '\u{202f}' => {}
            // Hyphen, non-breaking hyphen, figure dash, en dash.
            '-' | '\u{2010}'..='\u{2013}' if may_break => {
                (may_break, after_dash) = (false, true);
            }
            _ => {
                take(letter)?;
                (may_break, after_dash) = (true, false);
            }
        }
    }
    (!after_dash).then_some(())
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
            "\u{ff17}\u{ff15}\u{ff15}",
            "\u{661}\u{662}\u{663}\u{661}\u{662}\u{663}",
            "\u{202e}755224",
            "12345678901",
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
}
