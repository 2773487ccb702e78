//! The labels that IDNA 2008 knows as names (RFC 5892). They are fewer than those of UTS #46, which also lets symbols
//! and punctuation through.

use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

/// Returns whether a label, as its readers write it, has letters, digits and marks only, and each exception where it
/// belongs. All other ASCII was judged before.
pub(super) fn is_label(label: &str) -> bool {
    let mut before = None;
    let mut rest = label.chars();
    while let Some(letter) = rest.next() {
        let behind = rest.clone().next();
        if !fits(letter, before, behind, label) {
            return false;
        }
        before = Some(letter);
    }
    true
}

fn fits(letter: char, before: Option<char>, behind: Option<char>, label: &str) -> bool {
    use GeneralCategory::{DecimalNumber, EnclosingMark};
    use GeneralCategoryGroup::{Letter, Mark};
    match letter {
        // RFC 5892 appendix A: the rules for what depends on its neighbours. Joiners: UTS #46 asked.
        '\u{b7}' => before == Some('l') && behind == Some('l'),
        '\u{375}' => behind.is_some_and(is_greek),
        '\u{5f3}' | '\u{5f4}' => before.is_some_and(is_hebrew),
        '\u{30fb}' => label.chars().any(is_japanese),
        '\u{660}'..='\u{669}' => !label.contains(|other| matches!(other, '\u{6f0}'..='\u{6f9}')),
        '\u{6f0}'..='\u{6f9}' => !label.contains(|other| matches!(other, '\u{660}'..='\u{669}')),
        // 2.6: exceptions that are names, and letters that are none.
        '\u{6fd}' | '\u{6fe}' | '\u{f0b}' | '\u{200c}' | '\u{200d}' | '\u{3007}' => true,
        '\u{640}' | '\u{7fa}' | '\u{302e}' | '\u{302f}' | '\u{3031}'..='\u{3035}' | '\u{303b}' => {
            false
        }
        // 2.8, 2.9: marks for symbols and music, and the single letters of Hangul.
        '\u{20d0}'..='\u{20ff}' | '\u{1d100}'..='\u{1d24f}' => false,
        '\u{1100}'..='\u{11ff}' | '\u{a960}'..='\u{a97f}' | '\u{d7b0}'..='\u{d7ff}' => false,
        other => {
            let category = other.general_category();
            other.is_ascii()
                || category == DecimalNumber
                || matches!(other.general_category_group(), Letter | Mark)
                    && category != EnclosingMark
        }
    }
}

const fn is_greek(letter: char) -> bool {
    matches!(letter, '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}')
}

const fn is_hebrew(letter: char) -> bool {
    matches!(letter, '\u{591}'..='\u{5f2}')
}

/// Hiragana, katakana and Han.
const fn is_japanese(letter: char) -> bool {
    matches!(
        letter,
        '\u{3005}' | '\u{3007}'
            | '\u{3041}'..='\u{309f}'
            | '\u{30a1}'..='\u{30fa}'
            | '\u{30fc}'..='\u{30ff}'
            | '\u{31f0}'..='\u{31ff}'
            | '\u{3400}'..='\u{4dbf}'
            | '\u{4e00}'..='\u{9fff}'
            | '\u{f900}'..='\u{faff}'
            | '\u{20000}'..='\u{3ffff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b61_an_exception_stands_where_idna_2008_has_it() {
        for label in [
            "col·lecció",
            "\u{375}αβ",
            "א\u{5f3}",
            "צה\u{5f4}ל",
            "ア\u{30fb}カ",
            "日\u{30fb}本",
            "\u{660}\u{661}ا",
            "\u{6f0}\u{6f1}ا",
            "क\u{94d}\u{200d}ष",
            "〇",
            "भारत",
            "example-2",
        ] {
            assert!(is_label(label), "{label}");
        }
        for label in [
            "a·b",
            "·l",
            "l·",
            "\u{375}a",
            "α\u{375}",
            "a\u{5f3}",
            "\u{5f4}א",
            "\u{30fb}",
            "a\u{30fb}b",
            "ا\u{661}\u{6f1}",
            "ا\u{640}ب",
            "\u{7fa}ߊ",
            "\u{302e}가",
            "\u{3031}",
            "\u{1100}\u{1161}",
            "a\u{20dd}",
            "☃",
            "a²",
        ] {
            assert!(!is_label(label), "{label}");
        }
    }
}
