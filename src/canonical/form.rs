//! The forms of text: for each, the one spelling that stands for all.

use zeroize::Zeroizing;

use super::{day, email, phone, text};
use crate::error::Error;

/// The form of a text. It says which spellings of the text are the same.
///
/// | form | takes | the same are |
/// |---|---|---|
/// | `Text` | 256 bytes with a letter or digit in them | case, accents, punctuation and spaces do not count: see [`Answers`](crate::knowledge::Answers) |
/// | `Email` | one address (RFC 5321 4.5.3.1: 64 bytes before the `@`, 254 in all), without quotes and comments | letter case and width; domains that are one host |
/// | `Phone` | `+` and 7 to 15 digits (E.164), grouped as one likes, a number that can exist | the digits of every script |
/// | `Date` | a day that exists, `1984-02-29` (ISO 8601), of the years 1 to 9999 | the digits of every script |
/// | `Exact` | 1 to 1024 bytes | nothing but itself |
///
/// In all but `Exact`, invisible characters (direction marks, joiners) do not count. A tab or a line end inside an
/// address, a number or a date is refused: two fields were pasted as one.
///
/// # E-mail addresses
///
/// RFC 5321 2.4 leaves the letter case before the `@` to the receiver, so two spellings may be two mailboxes. This form finds
/// a customer. A message goes to the stored address, never to the typed one.
///
/// - Before the `@`, letter case and width do not count (as for the user names of RFC 8265 3.3). All else counts: dots,
///   `+tags`, accents; ß is not ss, ² is not 2. Dots may stand anywhere: telephone companies in Japan gave out such names.
/// - Full-width letters, `＠`, and the full stops `。`, `．` and `｡` are read as the plain signs that they stand for.
/// - A domain is kept as its A-labels, in small letters: `bücher.example` and `xn--bcher-kva.example` are one.
///   UTS #46 maps other scripts, non-transitional: `weiß.example` and `weiss.example` are two hosts. Letters, digits and
///   marks only, as IDNA 2008 asks: no symbols, no emoji. That needs the feature `idna`. Without it a domain must be given in
///   ASCII, and its Punycode is not decoded.
/// - A domain has two labels or more, of letters, digits and hyphens. A hyphen is not first, last, or third and fourth. One
///   dot at the end does not count. Underscores, names of one label such as `localhost`, and IP addresses are refused.
///
/// # Telephone numbers
///
/// A telephone number begins with `+`, because the meaning of `00` or `001` depends on where it is dialled. It is written
/// as dialled from abroad.
///
/// - A national prefix behind the country code is refused: no such number exists. Examples are `+36 06 30 ..`,
///   `+7 8 495 ..`, `+1 1 555 ..` and `+49 (030) ..`.
/// - If numbers begin with zero from abroad as well, the zero stays: in Italy, Ivory Coast, San Marino, the Republic of
///   the Congo and a few others.
/// - A lone zero in brackets, as in `+49 (0)30`, is refused everywhere: most countries mean it to be left out, Italy does
///   not.
/// - Country codes that are not assigned are refused.
///
/// There is no table of number ranges, so a number may still not be in use. A code that the customer reads back shows that
/// it is.
///
/// ```
/// # use countersign::text::Form;
/// # use countersign::field::{BlindIndex, Keyring, LongTermSecret, RootKey};
/// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
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
    /// Returns the form's name in key derivations. It may never change.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Text => "text 1",
            Self::Email => "email 1",
            Self::Phone => "phone 1",
            Self::Date => "date 1",
            Self::Exact => "exact 1",
        }
    }

    /// Returns the one spelling that stands for all.
    pub(crate) fn canonical(self, given: &str) -> Result<Zeroizing<String>, Error> {
        match self {
            Self::Text => {
                text::canonical(given).map_err(|refused| Error::misuse("text", refused.rule()))
            }
            Self::Email => email::address(given)
                .map(|address| email::folded(&address))
                .map_err(|rule| Error::misuse("e-mail address", rule)),
            Self::Phone => {
                phone::checked(given).map_err(|rule| Error::misuse("phone number", rule))
            }
            Self::Date => day::iso(given).ok_or_else(|| {
                Error::misuse("date", "must be an existing day, as in `1984-02-29`")
            }),
            Self::Exact => {
                exact(given).ok_or_else(|| Error::misuse("value", "must hold 1 to 1024 bytes"))
            }
        }
    }
}

fn exact(given: &str) -> Option<Zeroizing<String>> {
    const MAX: usize = 1_024;
    (1..=MAX)
        .contains(&given.len())
        .then(|| Zeroizing::new(given.to_owned()))
}

#[cfg(test)]
mod tests {
    use core::ops::Add;

    use super::*;
    use crate::canonical::characters::is_invisible;
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
        is(Form::Email, "STRASSE@müller.DE", "strasse@xn--mller-kva.de");
        is(
            Form::Email,
            "\u{200f} ma\u{200b}ya@exam\u{ad}ple.com\u{202c}",
            "maya@example.com",
        );
        is(
            Form::Email,
            &"ａ".repeat(64).add("@example.com"),
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

    /// An account is found by the form. Elsewhere, two people in one form have got each other's messages.
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

    /// Index values are stored. If this fails, they are not found any more: make a form "email 2" instead.
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
            "26205b3d75011163bd09b2ab5374f47117c9123d8bd6b9977eb56066b44c2fcf"
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
