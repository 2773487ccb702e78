//! How a reader sees a single character: as a digit, a dash, a blank, or not at all.

use unicode_normalization::char::is_public_assigned;
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

/// The longest text of a telephone number or a date, with its grouping.
pub(crate) const MAX_GROUPED: usize = 64;

/// Returns the ASCII digit for a decimal digit of any script.
pub(crate) fn ascii_digit(letter: char) -> Option<char> {
    let is_digit = |other: &char| other.general_category() == GeneralCategory::DecimalNumber;
    if !is_digit(&letter) {
        return None;
    }
    // Decimal digits stand in runs from zero to nine (Unicode 4.6), so those in front of this one count up to it.
    let in_front = (1..)
        .map_while(|back| char::from_u32(u32::from(letter).checked_sub(back)?))
        .take_while(is_digit)
        .count();
    char::from_digit(u32::try_from(in_front).ok()?.checked_rem(10)?, 10)
}

/// Returns whether all tables know this character. Controls and private characters do not count.
pub(crate) fn is_readable(letter: char) -> bool {
    let category = letter.general_category();
    // Every letter is alphabetic; one that is not is younger than the case tables of this compiler.
    let folds =
        letter.general_category_group() != GeneralCategoryGroup::Letter || letter.is_alphabetic();
    let known = !matches!(
        category,
        GeneralCategory::Control
            | GeneralCategory::PrivateUse
            | GeneralCategory::Surrogate
            | GeneralCategory::Unassigned
    );
    known && folds && is_public_assigned(letter)
}

/// Returns whether a character is invisible: a format character, or one of `Default_Ignorable_Code_Point` with the
/// places that Unicode keeps for more of them.
pub(crate) fn is_invisible(letter: char) -> bool {
    letter.general_category() == GeneralCategory::Format
        || matches!(
            letter,
            '\u{34f}'
                | '\u{115f}'..='\u{1160}'
                | '\u{17b4}'..='\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{2065}'
                | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{fff8}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

/// Returns whether a character is blank to the eye, though a letter or symbol by its category: a cell of Braille
/// without a dot, a musical notehead without one, the place of an object, fillers of Khitan and of hieroglyphs.
pub(crate) const fn is_blank_sign(letter: char) -> bool {
    matches!(
        letter,
        '\u{2800}' | '\u{fffc}' | '\u{13441}'..='\u{13442}' | '\u{16fe4}' | '\u{1d159}'
    )
}

/// Returns whether people type this for a dash: all of the category `Pd`, the minus signs, and strokes that look like
/// one.
///
/// Among them are the long mark of Japanese, which its keyboards give for the hyphen key, and the rule of box drawing.
pub(crate) fn is_dash(letter: char) -> bool {
    match letter {
        '-' => true,
        '\0'..='\u{ff}' => false,
        // Minus as a modifier, hyphen as a bullet, minus above, below and in line.
        '\u{2d7}' | '\u{2043}' | '\u{207b}' | '\u{208b}' | '\u{2212}' | '\u{2796}' => true,
        '\u{2500}' | '\u{2501}' | LONG_MARK | '\u{ff70}' => true,
        other => other.general_category() == GeneralCategory::DashPunctuation,
    }
}

/// The mark of a long vowel in kana.
pub(crate) const LONG_MARK: char = '\u{30fc}';

/// Returns the text without white space and invisible characters around it, if it has `most` bytes or fewer.
pub(crate) fn trimmed(given: &str, most: usize) -> Option<&str> {
    (given.len() <= most)
        .then(|| given.trim_matches(|letter| is_blank(letter) || is_invisible(letter)))
}

/// Returns whether a character is white space of any kind, or blank to the eye.
pub(crate) fn is_blank(letter: char) -> bool {
    letter.is_whitespace() || is_blank_sign(letter)
}

/// Returns whether a character is a blank within a line.
pub(crate) fn is_space(letter: char) -> bool {
    is_blank(letter) && !letter.is_control()
}

/// Returns whether people write this between the digits of a number.
pub(crate) fn is_grouping(letter: char) -> bool {
    is_dash(letter)
        || is_space(letter)
        || is_invisible(letter)
        || matches!(
            letter,
            '.' | '/' | '(' | ')' | '\u{ff0e}' | '\u{ff0f}' | '\u{ff08}' | '\u{ff09}'
        )
}
