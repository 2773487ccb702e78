//! What an agent's screen may show of a customer's data: enough to read it back, too little to steal.
//!
//! Each function takes any text, and gives one of bounded length in which nothing is that its description does not name.
//! What is not of the kind is bullets only. Letters are taken whole, with all their marks (Unicode's grapheme clusters), or
//! not at all; controls and marks of writing direction, which could turn a screen around, are never among them.
//!
//! ```
//! use countersign::mask;
//! assert_eq!(mask::phone("+62 812 3456 7834"), "+62 ••• ••• 34");
//! assert_eq!(mask::email("maya@example.com"), "m•••@e•••.com");
//! assert_eq!(mask::card("4111 1111 1111 1111"), "•••• •••• •••• 1111");
//! assert_eq!(mask::name("Maya Sari"), "M••• S•••");
//! assert_eq!(mask::date("1984-02-29"), "••••-••-29");
//! ```

use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};
use unicode_segmentation::UnicodeSegmentation;

use crate::canonical;

/// What stands for anything hidden. Always three, so that the length of what is hidden does not show.
const HIDDEN: &str = "•••";
/// Text beyond this is not looked at.
const MAX_BYTES: usize = 1_024;
/// A letter with more marks than any script needs is hidden.
const MAX_GRAPHEME_BYTES: usize = 32;

/// The country's calling code and the last two digits of a telephone number in the form of E.164.
///
/// ```
/// use countersign::mask;
/// assert_eq!(mask::phone("+1 (555) 010-0199"), "+1 ••• ••• 99");
/// assert_eq!(mask::phone("0812 3456"), "•••", "no country code, no telling");
/// ```
#[must_use]
pub fn phone(number: &str) -> String {
    let shown = canonical::phone(number).and_then(|number| {
        let digits = number.strip_prefix('+')?;
        let country = digits.get(..calling_code(digits))?;
        let last = digits.get(digits.len().checked_sub(2)?..)?;
        Some(format!("+{country} {HIDDEN} {HIDDEN} {last}"))
    });
    shown.unwrap_or_else(|| HIDDEN.to_owned())
}

/// The first letter of the name, the first of the domain, and the domain's last label.
///
/// ```
/// use countersign::mask;
/// assert_eq!(mask::email("m@example.co.id"), "•••@e•••.id", "a name of one letter would be told by it");
/// assert_eq!(mask::email("maya"), "•••");
/// ```
#[must_use]
pub fn email(address: &str) -> String {
    let address = bounded(address.trim());
    let shown = address.rsplit_once('@').and_then(|(name, domain)| {
        let (domain, last) = domain.rsplit_once('.')?;
        let plain = !last.is_empty()
            && last.len() <= 24
            && last.chars().all(|letter| letter.is_ascii_alphanumeric());
        let readable = address.chars().all(is_shown) && !name.contains('@');
        (plain && readable && !name.is_empty() && !domain.is_empty())
            .then(|| format!("{}@{}.{last}", initial(name), initial(domain)))
    });
    shown.unwrap_or_else(|| HIDDEN.to_owned())
}

/// The last four digits of a card of 12 to 19 (PCI DSS 3.4.1 would allow the first six, too).
///
/// ```
/// use countersign::mask;
/// assert_eq!(mask::card("5500-0055-5555-5559"), "•••• •••• •••• 5559");
/// assert_eq!(mask::card("5559"), "•••");
/// ```
#[must_use]
pub fn card(number: &str) -> String {
    let number = bounded(number.trim());
    let grouped = number
        .chars()
        .all(|letter| letter.is_ascii_digit() || matches!(letter, ' ' | '-'));
    let digits: zeroize::Zeroizing<String> =
        zeroize::Zeroizing::new(number.chars().filter(char::is_ascii_digit).collect());
    let last = digits
        .len()
        .checked_sub(4)
        .and_then(|from| digits.get(from..))
        .filter(|_| grouped && (12..=19).contains(&digits.len()));
    last.map_or_else(
        || HIDDEN.to_owned(),
        |last| format!("•••• •••• •••• {last}"),
    )
}

/// The first letter of each of up to three words.
///
/// ```
/// use countersign::mask;
/// assert_eq!(mask::name("Zoë van der Berg"), "Z••• v••• d•••");
/// assert_eq!(mask::name("O"), "•••", "a name of one letter would be told by it");
/// assert_eq!(mask::name("कुलदीप"), "कु•••", "a letter keeps its vowel");
/// ```
#[must_use]
pub fn name(name: &str) -> String {
    let words: Vec<String> = bounded(name)
        .split_whitespace()
        .take(3)
        .map(initial)
        .collect();
    if words.is_empty() {
        return HIDDEN.to_owned();
    }
    words.join(" ")
}

/// The day of the month: what a customer can confirm, and a date of birth is not told by.
///
/// ```
/// use countersign::mask;
/// assert_eq!(mask::date("2001-12-05"), "••••-••-05");
/// assert_eq!(mask::date("5 December 2001"), "•••");
/// ```
#[must_use]
pub fn date(day: &str) -> String {
    let shown = canonical::Form::Date
        .canonical(day)
        .ok()
        .and_then(|day| Some(format!("••••-••-{}", day.get(8..)?)));
    shown.unwrap_or_else(|| HIDDEN.to_owned())
}

/// The first letter and bullets; bullets alone for a word of one letter, or one that does not begin with a letter.
fn initial(word: &str) -> String {
    let mut letters = word.graphemes(true);
    let first = letters.next().filter(|first| {
        first.len() <= MAX_GRAPHEME_BYTES
            && first.chars().all(is_shown)
            && first.chars().next().is_some_and(char::is_alphanumeric)
    });
    match (first, letters.next()) {
        (Some(first), Some(_)) => format!("{first}{HIDDEN}"),
        _ => HIDDEN.to_owned(),
    }
}

/// Whether a screen shows the character as itself: no control, no mark of direction, nobody's private one.
fn is_shown(letter: char) -> bool {
    !matches!(
        letter.general_category(),
        GeneralCategory::Control
            | GeneralCategory::Format
            | GeneralCategory::PrivateUse
            | GeneralCategory::Surrogate
            | GeneralCategory::Unassigned
            | GeneralCategory::LineSeparator
            | GeneralCategory::ParagraphSeparator
    )
}

fn bounded(text: &str) -> &str {
    let end = text
        .char_indices()
        .map(|(start, _)| start)
        .take_while(|start| *start <= MAX_BYTES)
        .last()
        .filter(|_| text.len() > MAX_BYTES)
        .unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

/// How many digits the calling code has: 1 and 7 stand alone, these pairs are whole, all others have three (ITU-T E.164).
fn calling_code(digits: &str) -> usize {
    const PAIRS: [&str; 43] = [
        "20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45", "46",
        "47", "48", "49", "51", "52", "53", "54", "55", "56", "57", "58", "60", "61", "62", "63",
        "64", "65", "66", "81", "82", "84", "86", "90", "91", "92", "93", "94", "95",
    ];
    match digits.get(..2) {
        _ if digits.starts_with(['1', '7']) => 1,
        Some("98") => 2,
        Some(pair) if PAIRS.contains(&pair) => 2,
        _ => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MASKS: [fn(&str) -> String; 5] = [phone, email, card, name, date];

    #[test]
    fn masks_show_what_they_say() {
        assert_eq!(phone("+353 1 234 5678"), "+353 ••• ••• 78");
        assert_eq!(phone("+44 20 7946 0018"), "+44 ••• ••• 18");
        assert_eq!(phone("+7 495 123 4567"), "+7 ••• ••• 67");
        assert_eq!(phone("+98 21 1234 5678"), "+98 ••• ••• 78");
        assert_eq!(email("Zoë@bücher.de"), "Z•••@b•••.de");
        assert_eq!(email("e\u{301}a@x.io"), "e\u{301}•••@•••.io");
        assert_eq!(email("a@b@c.de"), "•••");
        assert_eq!(name("李小龍"), "李•••");
        assert_eq!(name("José\u{301}  María"), "J••• M•••");
        assert_eq!(name(""), "•••");
        assert_eq!(card("378282246310005"), "•••• •••• •••• 0005");
        assert_eq!(card("37828224631000٥"), "•••");
    }

    #[test]
    fn a_screen_cannot_be_turned_around() {
        assert_eq!(name("\u{202e}Maya"), "•••");
        assert_eq!(name("M\u{202e}aya"), "M•••");
        assert_eq!(name(&format!("a{}b", "\u{301}".repeat(500))), "•••");
        assert_eq!(name("👨\u{200d}👩\u{200d}👧 x"), "••• •••");
        assert_eq!(email("ma\u{200f}ya@example.com"), "•••");
        assert_eq!(name("\u{7}bell ring"), "••• r•••");
    }

    proptest! {
        #[test]
        fn any_text_gives_a_short_mask_that_hides_it(text in "\\PC{0,60}|[\\x00-\\u{10ffff}]{0,30}") {
            for mask in MASKS {
                let shown = mask(&text);
                prop_assert!(shown.contains('•'));
                prop_assert!(shown.len() <= 160, "{shown}");
                prop_assert!(shown.chars().all(is_shown));
                let told = shown.graphemes(true).filter(|letter| letter.chars().all(char::is_alphanumeric)).count();
                prop_assert!(told <= 26);
            }
        }
    }

    #[test]
    fn a_megabyte_is_not_read_to_its_end() {
        for text in [
            "x".repeat(1 << 20),
            "\u{301}".repeat(1 << 19),
            "é".repeat(1 << 19),
        ] {
            for mask in MASKS {
                assert!(mask(&text).len() <= 160);
            }
        }
    }
}
