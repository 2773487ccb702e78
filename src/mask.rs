//! Masks of a customer's data for an agent's screen: enough to read it back, too little to steal.
//!
//! Each function takes any text, and returns one of bounded length that holds only what its description names. A text of
//! another kind becomes bullets. Letters are taken whole, with all their marks (Unicode's grapheme clusters), or not at all.
//! Controls, marks of writing direction and characters without a look of their own are never among them: they could turn a
//! screen around.
//!
//! ```
//! use countersign::mask;
//! assert_eq!(mask::phone("+62 812 3456 7834"), "+62 ••• ••• 34");
//! assert_eq!(mask::email("maya@example.com"), "m•••@e•••.com");
//! assert_eq!(mask::card("4111 1111 1111 1111"), "•••• •••• •••• 1111");
//! assert_eq!(mask::name("Maya Sari"), "M••• S•••");
//! assert_eq!(mask::date("1984-02-29"), "••••-••-29");
//! ```

use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};
use unicode_segmentation::UnicodeSegmentation;
use zeroize::Zeroizing;

use crate::canonical::characters::is_invisible;
use crate::canonical::characters::{is_dash, is_space};
use crate::canonical::{Form, email as addresses, phone as numbers};

/// The place of anything hidden. Always three bullets, so that its length does not show.
pub(crate) const HIDDEN: &str = "•••";
/// Text beyond this is not looked at.
const MAX_BYTES: usize = 1_024;
/// A letter with more marks than any script needs is hidden: it would be written over the lines around it.
const MAX_GRAPHEME_CHARS: usize = 8;
/// The longest label of a domain (RFC 1035 2.3.4).
const MAX_LABEL_BYTES: usize = 63;
/// Of a short telephone number, so many digits at least stay hidden.
const LEAST_HIDDEN_DIGITS: usize = 4;

/// Shows the country's calling code and the last two digits of a telephone number in the form of E.164. The last two only if
/// four others stay hidden.
///
/// ```
/// use countersign::mask;
/// assert_eq!(mask::phone("+1 (555) 010-0199"), "+1 ••• ••• 99");
/// assert_eq!(mask::phone("0812 3456"), "•••", "without a country code");
/// ```
#[must_use]
pub fn phone(number: &str) -> String {
    let shown = numbers::written(number).ok().and_then(|number| {
        let (country, rest) = numbers::split(number.strip_prefix('+')?);
        let last = rest
            .len()
            .checked_sub(2)
            .filter(|hidden| *hidden >= LEAST_HIDDEN_DIGITS)
            .and_then(|from| rest.get(from..))
            .unwrap_or("••");
        Some(format!("+{country} {HIDDEN} {HIDDEN} {last}"))
    });
    shown.unwrap_or_else(|| HIDDEN.to_owned())
}

/// Shows the first letter of the name, the first of the domain, and the domain's last label, in the canonical form
/// ([`Form::Email`]).
///
/// ```
/// use countersign::mask;
/// assert_eq!(mask::email("M@example.co.id"), "•••@e•••.id", "it would reveal a name of one letter");
/// assert_eq!(mask::email("maya"), "•••");
/// ```
#[must_use]
pub fn email(address: &str) -> String {
    let shown = Form::Email.canonical(address).ok().and_then(|address| {
        let (name, domain) = address.split_once('@')?;
        let domain = addresses::readable(domain);
        let (domain, last) = domain.rsplit_once('.')?;
        let host = domain.split('.').next()?;
        let readable = last.len() <= MAX_LABEL_BYTES
            && last
                .graphemes(true)
                .all(|part| part == "-" || is_letter(part));
        readable.then(|| format!("{}@{}.{last}", initial(name), initial(host)))
    });
    shown.unwrap_or_else(|| HIDDEN.to_owned())
}

/// Shows the last four digits of a card of 12 to 19 (PCI DSS 3.4.1 would allow the first six, too).
///
/// ```
/// use countersign::mask;
/// assert_eq!(mask::card("5500-0055-5555-5559"), "•••• •••• •••• 5559");
/// assert_eq!(mask::card("5559"), "•••");
/// ```
#[must_use]
pub fn card(number: &str) -> String {
    let number = bounded(number.trim());
    let mut digits = Zeroizing::new(String::with_capacity(MAX_BYTES));
    for letter in number.chars() {
        match letter {
            '0'..='9' => digits.push(letter),
            other if is_dash(other) || is_space(other) => {}
            _ => return HIDDEN.to_owned(),
        }
    }
    let last = digits
        .len()
        .checked_sub(4)
        .filter(|_| (12..=19).contains(&digits.len()))
        .and_then(|from| digits.get(from..));
    last.map_or_else(
        || HIDDEN.to_owned(),
        |last| format!("•••• •••• •••• {last}"),
    )
}

/// Shows the first letter of each of up to three words.
///
/// ```
/// use countersign::mask;
/// assert_eq!(mask::name("Zoë van der Berg"), "Z••• v••• d•••");
/// assert_eq!(mask::name("O"), "•••", "it would reveal a name of one letter");
/// assert_eq!(mask::name("कुलदीप"), "कु•••", "a letter keeps its vowel");
/// ```
#[must_use]
pub fn name(name: &str) -> String {
    let mut visible = Zeroizing::new(String::with_capacity(MAX_BYTES));
    visible.extend(
        bounded(name)
            .chars()
            .filter(|letter| !is_invisible(*letter)),
    );
    let words: Vec<String> = visible.split_whitespace().take(3).map(initial).collect();
    if words.is_empty() {
        return HIDDEN.to_owned();
    }
    words.join(" ")
}

/// Shows the day of the month. A customer can confirm it, and it does not reveal a date of birth.
///
/// ```
/// use countersign::mask;
/// assert_eq!(mask::date("2001-12-05"), "••••-••-05");
/// assert_eq!(mask::date("5 December 2001"), "•••");
/// ```
#[must_use]
pub fn date(day: &str) -> String {
    let shown = Form::Date
        .canonical(day)
        .ok()
        .and_then(|day| Some(format!("••••-••-{}", day.get(8..)?)));
    shown.unwrap_or_else(|| HIDDEN.to_owned())
}

/// Shows the first letter and bullets. Bullets alone for a word of one letter, or one that does not begin with a letter.
///
/// A letter is a grapheme cluster that a screen shows as a letter or digit. So the result never shows the whole word.
pub(crate) fn initial(word: &str) -> String {
    let mut letters = word.graphemes(true);
    match letters.next().filter(|first| is_letter(first)) {
        Some(first) if letters.any(is_letter) => format!("{first}{HIDDEN}"),
        _ => HIDDEN.to_owned(),
    }
}

/// Returns whether a screen shows it as one letter or digit with its marks, within its line.
fn is_letter(grapheme: &str) -> bool {
    let is_part = |letter: char| {
        matches!(
            letter.general_category_group(),
            GeneralCategoryGroup::Letter | GeneralCategoryGroup::Mark
        ) && letter.general_category() != GeneralCategory::EnclosingMark
    };
    let mut letters = grapheme.chars();
    letters.next().is_some_and(|first| first.is_alphanumeric())
        && letters.clone().all(is_part)
        && letters.count() < MAX_GRAPHEME_CHARS
}

/// Returns the beginning of the text, [`MAX_BYTES`] at most.
fn bounded(text: &str) -> &str {
    (0..=text.len().min(MAX_BYTES))
        .rev()
        .find_map(|end| text.get(..end))
        .unwrap_or_default()
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
        assert_eq!(phone("+290 23456"), "+290 ••• ••• ••", "five digits");
        assert_eq!(phone("+290 234567"), "+290 ••• ••• 67", "six digits");
        assert_eq!(email("Zoë@bücher.de"), "z•••@b•••.de");
        assert_eq!(email("e\u{301}a@x.io"), "é•••@•••.io");
        assert_eq!(email("maya@пример.рф"), "m•••@п•••.рф");
        assert_eq!(email("maya@उदाहरण.भारत"), "m•••@उ•••.भारत");
        assert_eq!(email("maya@mail.example.xn--p1ai"), "m•••@m•••.рф");
        assert_eq!(name("李小龍"), "李•••");
        assert_eq!(name("José\u{301}  María"), "J••• M•••");
        assert_eq!(name("\u{200f}محمد علي"), "م••• ع•••");
        assert_eq!(name(""), "•••");
        assert_eq!(card("378282246310005"), "•••• •••• •••• 0005");
        assert_eq!(
            card("4111\u{a0}1111\u{2011}1111\u{a0}1111"),
            "•••• •••• •••• 1111"
        );
    }

    #[test]
    fn the_only_letter_is_not_told() {
        for word in [
            "O",
            "O.",
            "-O",
            "A\u{ad}",
            "X\u{200b}",
            "e\u{301}",
            "स्त्री",
            "1\u{fe0f}\u{20e3}",
            "X👍",
        ] {
            assert_eq!(name(word), "•••", "{word:?}");
        }
        assert_eq!(email("a@b.co.id"), "•••@•••.id");
        assert_eq!(email("a.@b-c.id"), "•••@b•••.id");
        assert_eq!(email("a.@b-.id"), "•••", "no domain ends with a hyphen");
    }

    #[test]
    fn what_is_not_of_the_kind_is_not_shown() {
        for text in [
            "my word is @blue.sky",
            "a@b@c.de",
            "maya@localhost",
            "Maya <maya@example.com>",
            "@b.c",
        ] {
            assert_eq!(email(text), "•••", "{text}");
        }
        for text in [
            "37828224631000٥",
            "4111 1111 1111 1111 x",
            "12345678901",
            "12345678901234567890",
        ] {
            assert_eq!(card(text), "•••", "{text}");
        }
        for text in ["0812 3456 7834", "+62", "2024-02-29", "+49 (0)30 123456"] {
            assert_eq!(phone(text), "•••", "{text}");
        }
        let label = "a".repeat(64);
        assert_eq!(email(&format!("maya@example.{label}")), "•••");
    }

    #[test]
    fn a_screen_cannot_be_turned_around() {
        assert_eq!(name("\u{202e}Maya"), "M•••");
        assert_eq!(name("M\u{202e}aya"), "M•••");
        assert_eq!(
            name(&format!("a{}b", "\u{301}".repeat(7))),
            format!("a{}•••", "\u{301}".repeat(7))
        );
        assert_eq!(name(&format!("a{}b", "\u{301}".repeat(8))), "•••");
        assert_eq!(name(&format!("a{}b", "\u{301}".repeat(500))), "•••");
        assert_eq!(name("👨\u{200d}👩\u{200d}👧 x"), "••• •••");
        assert_eq!(name("1\u{20e3}x"), "•••");
        assert_eq!(name("d\u{34f}ef \u{3164}x A\u{fe0f}b"), "d••• ••• A•••");
        assert_eq!(email("m\u{200f}aya@example.com"), "m•••@e•••.com");
        assert_eq!(name("\u{7}bell ring"), "••• r•••");
    }

    /// Controls, and every character that steers direction, joins, or is not seen; by number, not by the code's own tables.
    fn harms(letter: char) -> bool {
        matches!(letter,
            '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{e000}'..='\u{f8ff}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{ffff}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..)
    }

    /// Returns the parts of a mask that it shows.
    fn told(shown: &str) -> Vec<&str> {
        shown
            .split([' ', '•'])
            .filter(|part| !part.is_empty())
            .collect()
    }

    fn is_one_letter_of(part: &str, text: &str) -> bool {
        part.graphemes(true).count() == 1 && text.contains(part)
    }

    /// Words, numbers and addresses, each with anything in between.
    fn texts() -> impl Strategy<Value = String> {
        let odd = "\u{202e}\u{200f}\u{200d}\u{301}\u{3164}\u{fe0f}\u{20e3}\u{ad}\0👨क्षเ한ß";
        let odd: Vec<char> = odd.chars().collect();
        let odd =
            prop::collection::vec(prop::sample::select(odd), 0..4).prop_map(String::from_iter);
        let plain = "[a-zA-Z]{1,6}( [a-zé]{1,5}){0,5}|[a-z.]{1,6}@[a-zß]{1,5}\\.[a-z]{1,4}|\\+[0-9 ]{6,18}|[0-9 -]{11,24}|[0-9]{4}-[01][0-9]-[0-3][0-9]";
        let mixed =
            (plain, odd, any::<prop::sample::Index>()).prop_map(|(mut text, odd, place)| {
                let ends: Vec<usize> = (0..=text.len())
                    .filter(|at| text.is_char_boundary(*at))
                    .collect();
                text.insert_str(*place.get(&ends), &odd);
                text
            });
        prop_oneof![3 => mixed, 1 => any::<String>()]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn a_mask_tells_what_it_says_and_nothing_else(text in texts()) {
            let digits: String = text.chars().filter(char::is_ascii_digit).collect();
            for mask in MASKS {
                let shown = mask(&text);
                prop_assert!(shown.contains(HIDDEN));
                prop_assert!(shown.len() <= 256, "{}", shown);
                prop_assert!(!shown.chars().any(harms), "{:?}", shown);
            }
            let card = card(&text);
            if card != HIDDEN {
                prop_assert_eq!(told(&card), [&digits[digits.len() - 4..]]);
            }
            let date = date(&text);
            if date != HIDDEN {
                prop_assert_eq!(told(&date.replace('-', " ")).concat(), &digits[6..]);
            }
            let phone = phone(&text);
            if phone != HIDDEN {
                let told = told(&phone).concat();
                prop_assert!(told.len() <= 6 && digits.len() - (told.len() - 1) >= LEAST_HIDDEN_DIGITS, "{}", phone);
            }
            let name = name(&text);
            let letters = told(&name);
            prop_assert!(letters.len() <= 3 && name.matches(HIDDEN).count() <= 3, "{}", name);
            let seen: String = text.chars().filter(|letter| !is_invisible(*letter)).collect();
            for letter in letters {
                prop_assert!(is_one_letter_of(letter, &seen), "{:?} of {:?}", letter, text);
            }
            let email = email(&text);
            if email != HIDDEN {
                let form = Form::Email.canonical(&text).unwrap();
                let (who, place) = email.split_once('@').unwrap();
                let (host, last) = place.split_once('.').unwrap();
                let (name, domain) = form.split_once('@').unwrap();
                let form = format!("{name}@{}", addresses::readable(domain));
                prop_assert!(form.rsplit_once('.').unwrap().1 == last);
                for letter in told(who).into_iter().chain(told(host)) {
                    prop_assert!(is_one_letter_of(letter, &form), "{:?} of {:?}", letter, text);
                }
            }
        }

        #[test]
        fn the_length_of_a_name_does_not_show(letter in "[a-z]", rest in "[a-z]{1,40}", other in "[a-z]{1,40}") {
            prop_assert_eq!(name(&format!("{letter}{rest}")), name(&format!("{letter}{other}")));
            let addresses = [rest, other].map(|rest| email(&format!("{letter}{rest}@example.com")));
            prop_assert_eq!(&addresses[0], &addresses[1]);
        }
    }

    #[test]
    fn a_megabyte_is_not_read_to_its_end() {
        assert_eq!(bounded(&"é".repeat(1 << 19)).len(), 1_024);
        assert_eq!(bounded(&format!("x{}", "é".repeat(1 << 19))).len(), 1_023);
        for text in [
            "x".repeat(1 << 20),
            "\u{301}".repeat(1 << 19),
            "é".repeat(1 << 19),
            format!("a{}", "\u{301}".repeat(1 << 19)),
        ] {
            for mask in MASKS {
                assert!(mask(&text).len() <= 256);
            }
        }
    }
}
