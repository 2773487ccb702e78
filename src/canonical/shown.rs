//! One line of text for a customer to read. Text that looks the same is the same, and nothing in it changes how the
//! text around it looks.

use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

use super::characters::{is_blank_sign, is_invisible, is_readable};

/// The rule of `line`, for an error's text.
pub(crate) const RULE: &str =
    "must be one line without control, invisible, private-use or unassigned characters";

/// Returns the one form of a line: Unicode's form NFC, each run of blanks one space, none at the ends.
///
/// It refuses line breaks, tabs and other controls. It refuses format characters, which turn the direction of writing
/// or join letters, and variation selectors. It refuses characters that not all tables know. It refuses a mark without
/// a letter to stand on, and a pile of marks that would cover the lines around it.
pub(crate) fn line(text: &str) -> Option<String> {
    let mut form = String::with_capacity(text.len());
    let mut marks = MAX_MARKS;
    for letter in text.nfc() {
        if is_blank(letter) {
            if !form.is_empty() && !form.ends_with(' ') {
                form.push(' ');
            }
            marks = MAX_MARKS;
            continue;
        }
        let is_unseen = is_invisible(letter) || is_blank_sign(letter);
        if !is_readable(letter) || is_unseen || letter.is_whitespace() {
            return None;
        }
        let is_mark = letter.general_category_group() == GeneralCategoryGroup::Mark;
        marks = if is_mark { marks.checked_add(1)? } else { 0 };
        if marks > MAX_MARKS {
            return None;
        }
        form.push(letter);
    }
    if form.ends_with(' ') {
        form.pop();
    }
    Some(form)
}

/// Returns whether a letter or digit stands in a line. Then it is not blank to the eye.
pub(crate) fn says_something(line: &str) -> bool {
    line.chars().any(char::is_alphanumeric)
}

/// Returns whether a line holds letters that are written from right to left. Then the text beside it could trade
/// places.
pub(crate) fn runs_leftward(line: &str) -> bool {
    line.chars().any(|letter| {
        matches!(
            letter,
            '\u{590}'..='\u{8ff}'
                | '\u{fb1d}'..='\u{fdff}'
                | '\u{fe70}'..='\u{feff}'
                | '\u{10800}'..='\u{10fff}'
                | '\u{1e800}'..='\u{1efff}'
        )
    })
}

/// Returns whether one word holds letters of two alphabets in which some look the same. Only an impostor writes so.
pub(crate) fn mixes_alphabets(line: &str) -> bool {
    let is_mark = |letter: char| letter.general_category_group() == GeneralCategoryGroup::Mark;
    line.split(|letter: char| !letter.is_alphabetic() && !is_mark(letter))
        .any(|word| {
            let mut alphabets = word.chars().filter_map(alphabet);
            alphabets
                .next()
                .is_some_and(|first| alphabets.any(|other| other != first))
        })
}

/// The alphabets with letters that look like those of another, by the blocks of their letters.
const fn alphabet(letter: char) -> Option<u8> {
    match letter {
        'a'..='z'
        | 'A'..='Z'
        | '\u{c0}'..='\u{2af}'
        | '\u{1e00}'..='\u{1eff}'
        | '\u{2c60}'..='\u{2c7f}'
        | '\u{a722}'..='\u{a7ff}'
        | '\u{ab30}'..='\u{ab64}' => Some(0),
        '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}' => Some(1),
        '\u{400}'..='\u{52f}' | '\u{1c80}'..='\u{1c8f}' | '\u{a640}'..='\u{a69f}' => Some(2),
        '\u{531}'..='\u{58f}' => Some(3),
        '\u{13a0}'..='\u{13ff}' | '\u{ab70}'..='\u{abbf}' => Some(4),
        _ => None,
    }
}

/// Returns whether a character is a space of any width. A line break, a tab and a separator of lines (categories `Zl`
/// and `Zp` among them) are not.
fn is_blank(letter: char) -> bool {
    use unicode_properties::GeneralCategory::SpaceSeparator;
    letter.general_category() == SpaceSeparator
}

/// The most marks upon one letter: as many as a name of any script needs.
const MAX_MARKS: u8 = 7;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn shown(text: &str) -> String {
        line(text).unwrap()
    }

    #[test]
    fn what_looks_the_same_is_the_same() {
        assert_eq!(shown("  Anna\u{a0}\u{2003} Müller "), "Anna Müller");
        assert_eq!(shown("Mu\u{308}ller"), "Müller");
        assert_eq!(shown("山田\u{3000}太郎"), "山田 太郎");
        assert_eq!(shown(" "), "");
        for name in [
            "Nguyễn Thị",
            "शर्मा",
            "محمد",
            "שלום",
            "O’Brien & Sons (Pty) Ltd.",
            "ｶﾞｷﾞ",
        ] {
            assert_eq!(shown(name), name.nfc().collect::<String>());
        }
    }

    #[test]
    fn p05_what_changes_the_look_of_its_surroundings_is_refused() {
        for mark in [
            '\n',
            '\r',
            '\t',
            '\0',
            '\u{7}',
            '\u{1b}',
            '\u{7f}',
            '\u{85}',
            '\u{ad}',
            '\u{34f}',
            '\u{61c}',
            '\u{115f}',
            '\u{180e}',
            '\u{200b}',
            '\u{200d}',
            '\u{200e}',
            '\u{200f}',
            '\u{2028}',
            '\u{2029}',
            '\u{202a}',
            '\u{202b}',
            '\u{202c}',
            '\u{202d}',
            '\u{202e}',
            '\u{2060}',
            '\u{2066}',
            '\u{2067}',
            '\u{2068}',
            '\u{2069}',
            '\u{3164}',
            '\u{fe0f}',
            '\u{feff}',
            '\u{fff9}',
            '\u{e000}',
            '\u{e0041}',
            '\u{10ffff}',
            '\u{378}',
        ] {
            for text in [
                format!("Anna{mark}Bob"),
                format!("{mark}Anna"),
                format!("Anna{mark}"),
            ] {
                assert_eq!(line(&text), None, "{mark:?}");
            }
        }
        assert_eq!(
            line("\u{338}Anna"),
            None,
            "a stroke through what stands before"
        );
        assert_eq!(line("A \u{338}nna"), None);
        let pile = |height: usize| format!("A{}", "\u{32a}".repeat(height));
        assert!(line(&pile(7)).is_some());
        assert!(line(&pile(8)).is_none());
    }

    #[test]
    fn letters_from_right_to_left_are_known() {
        for text in ["محمد", "Anna שלום", "\u{fefb}", "\u{1e900}"] {
            assert!(runs_leftward(text), "{text}");
        }
        assert!(!runs_leftward("Anna Müller कुल 山田 42"));
    }

    proptest! {
        #[test]
        fn the_form_is_its_own_form(text in any::<String>()) {
            if let Some(form) = line(&text) {
                prop_assert_eq!(line(&form), Some(form));
            }
        }
    }
}
