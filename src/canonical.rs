//! One form for all spellings: of an answer, and of what is searched for by a blind index.

pub(crate) mod day;
mod letters;
pub(crate) mod shown;
pub(crate) mod text;
pub(crate) mod typed;

use core::ops::RangeInclusive;

use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use crate::error::Error;
pub use day::DateOrder;
use text::{ascii_digit, fold_case, is_invisible, is_readable};
pub(crate) use typed::is_dash;

/// What a text is, and so which spellings of it are the same.
///
/// | form | takes | the same are |
/// |---|---|---|
/// | `Text` | 256 bytes with a letter or digit in them | what [`Answers`](crate::Answers) says: case, accents, punctuation and spaces do not count |
/// | `Email` | one address (RFC 5321 4.5.3.1: 64 bytes before the `@`, 254 in all), without quotes and comments | case and width do not count; dots and `+tags` do |
/// | `Phone` | `+` and 7 to 15 digits (E.164), grouped as one likes | the digits of every script |
/// | `Date` | a day that exists, `1984-02-29` (ISO 8601), of the years 1 to 9999 | the digits of every script |
/// | `Exact` | 1 to 1024 bytes | nothing but itself |
///
/// In all but `Exact`, characters without a look of their own (direction marks, joiners) do not count.
///
/// Two spellings of an e-mail address may be two mailboxes: RFC 5321 2.4 leaves the letter case before the `@` to the
/// receiver. The form finds a customer; a message goes to the address that is stored, never to the one that was typed. A
/// domain's last dot does not count, and Punycode stays as it is.
///
/// A telephone number begins with `+`: what `00` or `001` means depends on where it is dialled. A lone zero in brackets, as
/// in `+49 (0)30`, is refused: most countries mean it to be left out, Italy does not.
///
/// ```
/// # use countersign::Form;
/// # use countersign::field::{BlindIndex, Keyring, Root, StandingSecret};
/// # let keyring = Keyring::new(Root::generate(1)?, StandingSecret::generate(1)?);
/// let names = BlindIndex::new(&keyring, "bank", "customers", ["customers", "name"], Form::Text, 12)?;
/// assert!(names.same("O’Brien", "OBRIEN")?);
/// let emails = BlindIndex::new(&keyring, "bank", "customers", ["customers", "email"], Form::Email, 16)?;
/// assert!(emails.same("Maya@Example.com", " maya@example.com")?);
/// assert!(!emails.same("maya+bank@example.com", "maya@example.com")?);
/// let days = BlindIndex::new(&keyring, "bank", "customers", ["customers", "born"], Form::Date, 12)?;
/// assert!(days.of("1985-02-29").is_err(), "there was no such day");
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Form {
    /// Words: names, towns, answers.
    Text,
    /// An e-mail address.
    Email,
    /// A telephone number.
    Phone,
    /// A day.
    Date,
    /// The bytes as they are: account numbers, identifiers.
    Exact,
}

impl Form {
    /// The form's name in key derivations. It may never change.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Text => "text 1",
            Self::Email => "email 1",
            Self::Phone => "phone 1",
            Self::Date => "date 1",
            Self::Exact => "exact 1",
        }
    }

    /// The one spelling that stands for all.
    pub(crate) fn canonical(self, given: &str) -> Result<Zeroizing<String>, Error> {
        let (field, rule) = match self {
            Self::Text => {
                return text::canonical(given)
                    .map_err(|refused| Error::misuse("text", refused.rule()));
            }
            Self::Email => ("e-mail address", "must be one address of 254 bytes at most"),
            Self::Phone => ("phone number", PHONE_RULE),
            Self::Date => ("date", "must be an existing day, as in `1984-02-29`"),
            Self::Exact => ("value", "must hold 1 to 1024 bytes"),
        };
        match self {
            Self::Email => email(given),
            Self::Phone => phone(given),
            Self::Date => day::iso(given),
            Self::Text | Self::Exact => exact(given),
        }
        .ok_or_else(|| Error::misuse(field, rule))
    }
}

/// E.164: at most 15 digits, country code included; shorter numbers than 7 are service numbers, not people's.
pub(crate) const PHONE_DIGITS: RangeInclusive<usize> = 7..=15;
pub(crate) const PHONE_RULE: &str = "must begin with `+` and hold 7 to 15 digits";
/// Longer text is no telephone number and no date, however it is grouped.
pub(crate) const MAX_GROUPED: usize = 64;

/// A telephone number in the form of E.164.
pub(crate) fn phone(given: &str) -> Option<Zeroizing<String>> {
    let given = trimmed(given, MAX_GROUPED)?;
    let mut number = Zeroizing::new(String::with_capacity(MAX_GROUPED));
    let mut before = ['+'; 2];
    for letter in given.strip_prefix(['+', '\u{ff0b}'])?.chars() {
        let sign = match letter {
            '(' | '\u{ff08}' => '(',
            ')' | '\u{ff09}' if before == ['(', '0'] => return None,
            ')' | '\u{ff09}' => ')',
            '.' | '/' | '\u{ff0e}' | '\u{ff0f}' => continue,
            other if is_dash(other) || is_space(other) || is_invisible(other) => continue,
            other => {
                let digit = ascii_digit(other)?;
                number.push(digit);
                digit
            }
        };
        before = [before[1], sign];
    }
    let fits = PHONE_DIGITS.contains(&number.len()) && !number.starts_with('0');
    number.insert(0, '+');
    fits.then_some(number)
}

fn email(given: &str) -> Option<Zeroizing<String>> {
    const MAX_LOCAL: usize = 64;
    const MAX_WHOLE: usize = 254;
    // Full-width and mathematical letters, of three or four bytes, become plain ones of one.
    const MAX_TYPED: usize = 4 * MAX_WHOLE;
    // What quotes, comments, lists and `<address>` are written with (RFC 5322 3.2.3).
    const SPECIAL: &str = "()<>[]:;,\\\"";
    let given = trimmed(given, MAX_TYPED)?;
    let mut address = Zeroizing::new(String::with_capacity(MAX_TYPED));
    for letter in given
        .chars()
        .filter(|letter| !is_invisible(*letter))
        .nfd()
        .flat_map(fold_but_dotless)
        .nfkd()
        .flat_map(fold_but_dotless)
        .nfkc()
    {
        address.push(letter);
        if address.len() > MAX_WHOLE {
            return None;
        }
    }
    if address.ends_with('.') {
        address.pop();
    }
    let (local, domain) = address.split_once('@')?;
    let plain =
        |letter: char| !letter.is_whitespace() && is_readable(letter) && !SPECIAL.contains(letter);
    let label = |label: &str| !label.is_empty();
    let fits = (1..=MAX_LOCAL).contains(&local.len())
        && local.chars().all(plain)
        && domain.chars().all(|letter| plain(letter) && letter != '@')
        && domain.chars().any(char::is_alphanumeric)
        && domain.split('.').all(label);
    fits.then_some(address)
}

/// Full case folding as in `CaseFolding.txt`, without its Turkic lines: `mıke` is somebody else than `mike`.
fn fold_but_dotless(letter: char) -> impl Iterator<Item = char> {
    let dotless = Some(letter).filter(|letter| *letter == 'ı');
    let folded = Some(letter).filter(|letter| *letter != 'ı');
    dotless
        .into_iter()
        .chain(folded.into_iter().flat_map(fold_case))
}

fn exact(given: &str) -> Option<Zeroizing<String>> {
    const MAX: usize = 1_024;
    (1..=MAX)
        .contains(&given.len())
        .then(|| Zeroizing::new(given.to_owned()))
}

/// The text without white space and invisible characters around it, if no more than `most` bytes were given.
pub(crate) fn trimmed(given: &str, most: usize) -> Option<&str> {
    (given.len() <= most)
        .then(|| given.trim_matches(|letter: char| letter.is_whitespace() || is_invisible(letter)))
}

pub(crate) fn is_space(letter: char) -> bool {
    letter.is_whitespace() && !letter.is_control()
}

#[cfg(test)]
mod tests {
    use core::ops::Add;

    use super::*;
    use proptest::prelude::*;
    use ring::digest;

    const FORMS: [Form; 5] = [
        Form::Text,
        Form::Email,
        Form::Phone,
        Form::Date,
        Form::Exact,
    ];

    #[track_caller]
    fn is(form: Form, given: &str, expected: &str) {
        assert_eq!(form.canonical(given).unwrap().as_str(), expected);
    }

    #[test]
    fn each_form_has_one_spelling() {
        is(Form::Text, "O’Brien", "obrien");
        is(
            Form::Email,
            " Maya.S+bank@EXAMPLE.com.",
            "maya.s+bank@example.com",
        );
        is(Form::Email, "ｍａｙａ＠example．com", "maya@example.com");
        is(Form::Email, "STRASSE@müller.DE", "strasse@müller.de");
        is(
            Form::Email,
            "\u{200f} ma\u{200b}ya@exam\u{ad}ple.com\u{202c}",
            "maya@example.com",
        );
        is(
            Form::Email,
            &"\u{1d41a}".repeat(64).add("@example.com"),
            &"a".repeat(64).add("@example.com"),
        );
        is(Form::Phone, "+62 812-3456-7834", "+6281234567834");
        is(Form::Phone, "+1 (555) 010.0199", "+15550100199");
        is(Form::Phone, "+٦٢ ٨١٢ ٣٤٥٦ ٧٨٣٤", "+6281234567834");
        is(Form::Phone, "+49\u{a0}30\u{2011}123456", "+4930123456");
        is(
            Form::Phone,
            "\u{202a}+49\u{200e}30123456\u{202c}",
            "+4930123456",
        );
        is(
            Form::Phone,
            "＋６２（８１２）３４５６－７８３４",
            "+6281234567834",
        );
        is(Form::Phone, "+49 (30) 0123456", "+49300123456");
        is(Form::Date, "1984-02-29", "1984-02-29");
        is(Form::Date, "\u{200f}1984\u{ff0d}02\u{2011}29", "1984-02-29");
        is(Form::Date, "२०००-०२-२९", "2000-02-29");
        is(Form::Exact, "DE89 3704", "DE89 3704");
    }

    #[test]
    fn what_has_no_form_is_refused_and_not_repeated() {
        let long = "7".repeat(1 << 20);
        let common = ["", " ", "\u{301}\u{301}", "\0", "\u{378}", &long];
        let own: [(Form, &[&str]); 3] = [
            (
                Form::Email,
                &[
                    "maya",
                    "@b.c",
                    "a@",
                    "a@b@c",
                    "a b@c.d",
                    "a@b..c",
                    "a@.c",
                    "a@c\0.d",
                    "\u{200b}@c.d",
                    "a@\u{301}",
                    "a@\u{3164}",
                    "<maya@c.d>",
                    "a@b,c",
                    "a@b;c",
                    "mailto:a@b.c",
                    "\"a\"@b.c",
                    "a@[::1]",
                ],
            ),
            (
                Form::Phone,
                &[
                    "081234567",
                    "+0812345678",
                    "+123456",
                    "+1234567890123456",
                    "+62812a4567",
                    "++6281234567",
                    "+49 (0)30 123456",
                    "+49 ( 0 \u{200e}) 30 123456",
                    "+49（０）30 123456",
                    "+62\t8123456",
                    "+62 ••• ••• 34",
                    "0062812345678",
                ],
            ),
            (
                Form::Date,
                &[
                    "1985-02-29",
                    "1900-02-29",
                    "0000-01-01",
                    "1984-13-01",
                    "1984-00-01",
                    "1984-01-00",
                    "1984-04-31",
                    "84-01-01",
                    "1984-1-01",
                    "1984-01-011",
                    "19840101",
                    "1984/01/01",
                    "+984-01-01",
                ],
            ),
        ];
        for (form, texts) in own {
            for text in texts.iter().chain(&common) {
                let told = form.canonical(text).unwrap_err();
                assert!(told.is_misuse());
                assert!(
                    text.len() < 3 || !told.to_string().contains(*text),
                    "{told}"
                );
            }
        }
        assert!(Form::Email.canonical(&"a".repeat(65).add("@b.c")).is_err());
        assert!(
            Form::Email
                .canonical(&"a@".to_owned().add(&"b".repeat(253)))
                .is_err()
        );
        assert!(Form::Exact.canonical("").is_err());
        assert!(Form::Exact.canonical(&"x".repeat(1_025)).is_err());
        assert!(Form::Exact.canonical(&"x".repeat(1_024)).is_ok());
    }

    /// An account is found by the form; two people in one form have been sent each other's messages.
    #[test]
    fn dotless_and_dotted_are_two_mailboxes() {
        for other in [
            "mıke@example.com",
            "m\u{1d6a4}ke@example.com",
            "MİKE@example.com",
        ] {
            let form = Form::Email.canonical(other).unwrap();
            assert_ne!(form.as_str(), "mike@example.com", "{other}");
        }
        is(Form::Email, "MIKE@EXAMPLE.COM", "mike@example.com");
    }

    #[test]
    fn direction_and_width_leave_no_trace() {
        for hidden in '\u{200b}'..='\u{200f}' {
            is(Form::Email, &format!("a{hidden}b@c.d"), "ab@c.d");
            is(Form::Phone, &format!("+62{hidden}8123456"), "+628123456");
            is(Form::Date, &format!("1984-{hidden}02-29"), "1984-02-29");
        }
        // Without the long runs of alike Han, Hangul and nothing.
        let alike = |letter: &char| matches!(letter, '\u{3500}'..='\u{9f00}' | '\u{ad00}'..='\u{d700}' | '\u{20000}'..='\u{e0000}' | '\u{e0200}'..);
        for letter in (char::MIN..=char::MAX).filter(|letter| !alike(letter)) {
            if let Ok(form) = Form::Email.canonical(&format!("a{letter}@b{letter}.c")) {
                assert!(!form.chars().any(is_invisible), "{letter:?}");
                assert_eq!(Form::Email.canonical(&form).unwrap(), form, "{letter:?}");
            }
        }
    }

    #[test]
    fn every_day_exists_once() {
        let mut days = 0;
        for year in [1, 4, 100, 400, 1900, 2000, 2023, 2024, 9999] {
            for (month, day) in (0..=13).flat_map(|month| (0..=32).map(move |day| (month, day))) {
                let given = format!("{year:04}-{month:02}-{day:02}");
                let exists = jiff::civil::Date::new(year, month, day).is_ok();
                assert_eq!(Form::Date.canonical(&given).is_ok(), exists, "{given}");
                days += usize::from(exists);
            }
        }
        assert_eq!(days, 9 * 365 + 4);
    }

    /// Index values are stored: if this fails, they are not found any more. Make a form "email 2" instead.
    #[test]
    fn the_form_of_addresses_does_not_change() {
        let blocks = [
            '\0'..='\u{24f}',
            '\u{300}'..='\u{36f}',
            '\u{3b1}'..='\u{52f}',
            '\u{5d0}'..='\u{5ea}',
            '\u{600}'..='\u{6ff}',
            '\u{900}'..='\u{97f}',
            '\u{1e00}'..='\u{1fff}',
            '\u{3041}'..='\u{3096}',
            '\u{30a0}'..='\u{30ff}',
            '\u{ff01}'..='\u{ff5e}',
        ];
        let mut hash = digest::Context::new(&digest::SHA256);
        for letter in blocks.into_iter().flatten() {
            let form = Form::Email.canonical(&format!("a{letter}@b{letter}.c"));
            hash.update(form.as_ref().map_or("?", |form| form.as_str()).as_bytes());
            hash.update(b"\0");
        }
        let digest: String = hash
            .finish()
            .as_ref()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(
            digest,
            "e7a01ff0a085ff8b78b3b3eec9f04f09b4a94d14f84503c4ffd792adcc851c91"
        );
    }

    proptest! {
        #[test]
        fn canonicalising_twice_changes_nothing(text in "\\PC{0,40}", mail in "[a-zA-ZäßİΣ.+]{1,9}@[a-zA-Zß.]{1,9}") {
            for form in FORMS {
                for given in [&text, &mail] {
                    if let Ok(once) = form.canonical(given) {
                        let twice = form.canonical(&once).unwrap();
                        prop_assert_eq!(once, twice);
                    }
                }
            }
        }
    }
}
