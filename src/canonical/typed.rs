//! Codes as people type and paste them: symbols, with blanks, dashes and invisible marks between and around them.
//!
//! Only this file decides which characters of a code count. Everything that reads a code calls it.

use super::characters::{ascii_digit, is_blank_sign, is_dash, is_invisible};

/// Hands on each symbol of a code, in order. Returns nothing if `take` refuses one, or if the text is not a code.
///
/// | in the text | becomes |
/// |---|---|
/// | a decimal digit of any script (`Nd`), also of two scripts in one code | the ASCII digit of the same value |
/// | a full-width letter, U+FF21 to U+FF5A | the ASCII letter |
/// | white space (`White_Space`), a blank of Braille, and other signs that are blank to the eye | nothing |
/// | an invisible character: `Default_Ignorable_Code_Point`, and `Cf` but the visible signs of Arabic and Syriac numbers | nothing |
/// | a dash ([`is_dash`]) between two symbols | nothing |
/// | a dash anywhere else, so a sign too | not a code |
/// | anything else | handed to `take` as it is |
///
/// Text of more than `max_bytes` bytes is refused unread.
pub(crate) fn symbols(
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
            '0'..='9' | 'A'..='Z' | 'a'..='z' => {
                take(letter)?;
                (may_break, after_dash) = (true, false);
            }
            blank if is_unseen(blank) => {}
            dash if may_break && is_dash(dash) => (may_break, after_dash) = (false, true),
            other => {
                take(ascii_digit(other).unwrap_or_else(|| narrow(other)))?;
                (may_break, after_dash) = (true, false);
            }
        }
    }
    (!after_dash).then_some(())
}

/// Returns whether a reader sees nothing where this stands, so that it cannot be meant.
fn is_unseen(letter: char) -> bool {
    letter.is_whitespace()
        || is_blank_sign(letter)
        || is_invisible(letter) && !is_number_sign(letter)
}

/// Returns whether a format character is drawn: a sign that stands under the digits behind it
/// (`Prepended_Concatenation_Mark`).
const fn is_number_sign(letter: char) -> bool {
    matches!(
        letter,
        '\u{600}'..='\u{605}'
            | '\u{6dd}'
            | '\u{70f}'
            | '\u{890}'..='\u{891}'
            | '\u{8e2}'
            | '\u{110bd}'
            | '\u{110cd}'
    )
}

/// Returns the ASCII letter of a full-width one. Any other character is its own.
fn narrow(letter: char) -> char {
    /// From `A` to `Ａ`.
    const WIDE: u32 = 0xfee0;
    match letter {
        '\u{ff21}'..='\u{ff3a}' | '\u{ff41}'..='\u{ff5a}' => u32::from(letter)
            .checked_sub(WIDE)
            .and_then(char::from_u32)
            .unwrap_or(letter),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

    fn read(text: &str) -> Option<String> {
        let mut read = String::new();
        symbols(text, 1_024, |letter| {
            letter.is_ascii_alphanumeric().then(|| read.push(letter))
        })?;
        Some(read)
    }

    #[track_caller]
    fn is(text: &str, code: &str) {
        assert_eq!(read(text).as_deref(), Some(code), "{text:?}");
    }

    #[test]
    fn b61_nothing_that_cannot_be_seen_voids_a_code() {
        let mut unseen = 0;
        for letter in (char::MIN..=char::MAX).filter(|letter| is_unseen(*letter)) {
            is(
                &format!("{letter}755{letter}2-{letter}24{letter}"),
                "755224",
            );
            unseen += 1;
        }
        assert!(unseen > 4_000, "{unseen}");
        // By name, so that the rule above cannot lose them.
        for letter in [
            ' ',
            '\t',
            '\n',
            '\u{b}',
            '\u{c}',
            '\r',
            '\u{85}',
            '\u{a0}',
            '\u{1680}',
            '\u{2000}',
            '\u{2001}',
            '\u{2002}',
            '\u{2003}',
            '\u{2004}',
            '\u{2005}',
            '\u{2006}',
            '\u{2007}',
            '\u{2008}',
            '\u{2009}',
            '\u{200a}',
            '\u{2028}',
            '\u{2029}',
            '\u{202f}',
            '\u{205f}',
            '\u{3000}',
            '\u{2800}',
            '\u{ad}',
            '\u{34f}',
            '\u{61c}',
            '\u{115f}',
            '\u{1160}',
            '\u{17b4}',
            '\u{180b}',
            '\u{180e}',
            '\u{200b}',
            '\u{200c}',
            '\u{200d}',
            '\u{200e}',
            '\u{200f}',
            '\u{202a}',
            '\u{202b}',
            '\u{202c}',
            '\u{202d}',
            '\u{202e}',
            '\u{2060}',
            '\u{2061}',
            '\u{2064}',
            '\u{2065}',
            '\u{2066}',
            '\u{2067}',
            '\u{2068}',
            '\u{2069}',
            '\u{206a}',
            '\u{206f}',
            '\u{3164}',
            '\u{fe00}',
            '\u{fe0f}',
            '\u{feff}',
            '\u{ffa0}',
            '\u{fff9}',
            '\u{fffb}',
            '\u{1bca0}',
            '\u{1d173}',
            '\u{e0001}',
            '\u{e0020}',
            '\u{e007f}',
            '\u{e0100}',
            '\u{e01ef}',
        ] {
            assert!(is_unseen(letter), "{letter:?}");
        }
    }

    #[test]
    fn b61_what_can_be_seen_is_no_blank() {
        for letter in char::MIN..=char::MAX {
            let seen = matches!(
                letter.general_category_group(),
                GeneralCategoryGroup::Letter
                    | GeneralCategoryGroup::Number
                    | GeneralCategoryGroup::Punctuation
            );
            let blank = matches!(
                letter,
                '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' | '\u{13441}' | '\u{13442}'
            );
            assert!(!(seen && is_unseen(letter)) || blank, "{letter:?}");
        }
        for letter in [
            '\0', '\u{7}', '\u{8}', '\u{1b}', '\u{7f}', '\u{9d}', '\u{600}', '\u{6dd}',
        ] {
            assert!(!is_unseen(letter), "{letter:?}");
        }
    }

    #[test]
    fn b61_digits_of_every_script_are_digits() {
        let mut digits = 0;
        for letter in (char::MIN..=char::MAX)
            .filter(|letter| letter.general_category() == GeneralCategory::DecimalNumber)
        {
            let digit = ascii_digit(letter).unwrap();
            is(&format!("1{letter}-2"), &format!("1{digit}2"));
            digits += 1;
        }
        assert!(digits >= 760, "{digits}");
        is("７５５　２２４", "755224");
        is("٧٥٥۲۲४", "755224");
        for text in ["²", "①", "½", "Ⅴ", "五", "〇", "7\u{20e3}"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn b61_letters_of_full_width_are_letters() {
        is("ＡＺａｚ", "AZaz");
        for text in [
            "\u{ff20}", "\u{ff3b}", "\u{ff40}", "\u{ff5b}", "ſ", "\u{212a}", "Ⓐ", "А", "é",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn b61_dashes_group_and_are_no_signs() {
        let mut dashes = 0;
        for dash in (char::MIN..=char::MAX).filter(|letter| is_dash(*letter)) {
            is(&format!("755{dash}224"), "755224");
            is(&format!("755 {dash}\u{2009}22{dash}4"), "755224");
            for text in [
                format!("{dash}755224"),
                format!("755224{dash}"),
                format!("755{dash}{dash}224"),
                format!("\u{200f}{dash}1"),
            ] {
                assert_eq!(read(&text), None, "{text:?}");
            }
            dashes += 1;
        }
        assert!(dashes >= 30, "{dashes}");
        for dash in [
            '-', '\u{2010}', '\u{2011}', '\u{2012}', '\u{2013}', '\u{2014}', '\u{2015}',
            '\u{2212}', '\u{fe58}', '\u{fe63}', '\u{ff0d}', '\u{2043}', '\u{30fc}', '\u{ff70}',
            '\u{2500}', '\u{58a}', '\u{5be}', '\u{301c}',
        ] {
            assert!(is_dash(dash), "{dash:?}");
        }
        for other in ['_', '=', '~', '.', '+', '一', '\u{ad}'] {
            assert!(!is_dash(other), "{other:?}");
        }
    }

    #[test]
    fn b61_long_text_is_not_looked_at() {
        let mut taken = 0;
        let none = symbols(&"1".repeat(1 << 20), 1_024, |_| {
            taken += 1;
            Some(())
        });
        assert_eq!((none, taken), (None, 0));
        assert_eq!(read(&"\u{200b}".repeat(400)), None, "1,200 bytes");
        assert_eq!(read(&"\u{200b}".repeat(300)).as_deref(), Some(""));
    }
}
