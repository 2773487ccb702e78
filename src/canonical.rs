//! One form for all spellings: of an answer, and of what is searched for by a blind index.

pub(crate) mod text;

use core::ops::RangeInclusive;

use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use crate::error::Error;
use text::{ascii_digit, fold_case};

/// What a text is, and so which spellings of it are the same.
///
/// | form | takes | the same are |
/// |---|---|---|
/// | `Text` | 256 bytes with a letter or digit in them | what [`Answers`](crate::Answers) says: case, accents, punctuation and spaces do not count |
/// | `Email` | one address (RFC 5321 4.5.3.1: 64 bytes before the `@`, 254 in all) | case and width do not count; dots and `+tags` do |
/// | `Phone` | `+` and 7 to 15 digits (E.164), grouped as one likes | the digits of every script |
/// | `Date` | a day that exists, `1984-02-29` (ISO 8601), of the years 1 to 9999 | the digits of every script |
/// | `Exact` | 1 to 1024 bytes | nothing but itself |
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
            Self::Phone => (
                "phone number",
                "must begin with `+` and hold 7 to 15 digits",
            ),
            Self::Date => ("date", "must be an existing day, as in `1984-02-29`"),
            Self::Exact => ("value", "must hold 1 to 1024 bytes"),
        };
        match self {
            Self::Email => email(given),
            Self::Phone => phone(given),
            Self::Date => date(given),
            Self::Text | Self::Exact => exact(given),
        }
        .ok_or_else(|| Error::misuse(field, rule))
    }
}

/// E.164: at most 15 digits, country code included; shorter numbers than 7 are service numbers, not people's.
pub(crate) const PHONE_DIGITS: RangeInclusive<usize> = 7..=15;
/// Longer text is no telephone number and no date, however it is grouped.
const MAX_GROUPED: usize = 64;

/// A telephone number in the form of E.164.
pub(crate) fn phone(given: &str) -> Option<Zeroizing<String>> {
    let given = given.trim();
    if given.len() > MAX_GROUPED {
        return None;
    }
    let mut number = Zeroizing::new(String::with_capacity(MAX_GROUPED));
    for letter in given.strip_prefix(['+', '\u{ff0b}'])?.chars() {
        match letter {
            // Hyphens and dashes of all widths, the minus, brackets, stops and slashes.
            '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '(' | ')' | '.' | '/' => {}
            space if space.is_whitespace() && !space.is_control() => {}
            other => number.push(ascii_digit(other)?),
        }
    }
    let fits = PHONE_DIGITS.contains(&number.len()) && !number.starts_with('0');
    number.insert(0, '+');
    fits.then_some(number)
}

fn email(given: &str) -> Option<Zeroizing<String>> {
    const MAX_LOCAL: usize = 64;
    const MAX_WHOLE: usize = 254;
    let given = given.trim();
    if given.len() > MAX_WHOLE {
        return None;
    }
    let mut address = Zeroizing::new(String::with_capacity(MAX_WHOLE.saturating_mul(4)));
    for letter in given
        .nfd()
        .flat_map(fold_case)
        .nfkd()
        .flat_map(fold_case)
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
    let plain = |letter: char| !letter.is_whitespace() && text::is_readable(letter);
    let label = |label: &str| !label.is_empty();
    let fits = (1..=MAX_LOCAL).contains(&local.len())
        && local.chars().all(plain)
        && domain.chars().all(|letter| plain(letter) && letter != '@')
        && domain.split('.').all(label);
    fits.then_some(address)
}

fn date(given: &str) -> Option<Zeroizing<String>> {
    let given = given.trim();
    if given.len() > MAX_GROUPED {
        return None;
    }
    let mut day = Zeroizing::new(String::with_capacity(10));
    for (place, letter) in given.chars().enumerate() {
        match (place, letter) {
            (4 | 7, '-') => day.push('-'),
            (4 | 7, _) | (10.., _) => return None,
            (_, digit) => day.push(ascii_digit(digit)?),
        }
    }
    let mut parts = day.split('-').map(|part| part.parse::<u16>().ok());
    let (year, month, number) = (parts.next()??, parts.next()??, parts.next()??);
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let last = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return None,
    };
    (day.len() == 10 && year > 0 && (1..=last).contains(&number)).then_some(day)
}

fn exact(given: &str) -> Option<Zeroizing<String>> {
    const MAX: usize = 1_024;
    (1..=MAX)
        .contains(&given.len())
        .then(|| Zeroizing::new(given.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
        is(Form::Phone, "+62 812-3456-7834", "+6281234567834");
        is(Form::Phone, "+1 (555) 010.0199", "+15550100199");
        is(Form::Phone, "+٦٢ ٨١٢ ٣٤٥٦ ٧٨٣٤", "+6281234567834");
        is(Form::Phone, "+49\u{a0}30\u{2011}123456", "+4930123456");
        is(Form::Date, "1984-02-29", "1984-02-29");
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
                    "a\u{202e}b@c\0.d",
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
        assert!(Form::Exact.canonical("").is_err());
        assert!(Form::Exact.canonical(&"x".repeat(1_025)).is_err());
        assert!(Form::Exact.canonical(&"x".repeat(1_024)).is_ok());
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
