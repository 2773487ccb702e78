//! Where a code is sent, and how it gets there.

use core::fmt;

use minicbor::{Decode, Encode};

use crate::canonical::characters::trimmed;
use crate::canonical::{email, phone};
use crate::error::Error;
use crate::mask::{HIDDEN, initial};

/// The route of a code. The telephone network is restricted (SP 800-63B-4 3.1.3.3, 3.2.9).
///
/// ```
/// use countersign::delivered::Route;
/// assert!(Route::Voice.is_restricted());
/// assert!(!Route::Post.is_restricted());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(index_only)]
#[non_exhaustive]
pub enum Route {
    /// A text message to a telephone.
    #[n(0)]
    Sms,
    /// A call to a telephone, in which a machine reads the code.
    #[n(1)]
    Voice,
    /// An e-mail. Never to authenticate (SP 800-63B-4 3.1.3.1).
    #[n(2)]
    Email,
    /// A letter.
    #[n(3)]
    Post,
    /// The screen of the session that orders the code. It is for binding codes only: the session would show nothing by
    /// typing in its own code.
    #[n(4)]
    Screen,
}

impl Route {
    /// Returns whether the route uses the telephone network.
    #[must_use]
    pub const fn is_restricted(self) -> bool {
        matches!(self, Self::Sms | Self::Voice)
    }
}

/// Where codes are sent: a telephone, an e-mail address, or a postal address that the host keeps.
///
/// `Debug` shows the [`hint`](Self::hint) only.
///
/// ```
/// use countersign::delivered::Destination;
/// let phone = Destination::phone("+62 812-3456-7834")?;
/// assert_eq!(phone.address(), "+6281234567834");
/// assert_eq!(phone.hint(), "••34");
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Destination(Address);

#[derive(Clone, PartialEq, Eq)]
enum Address {
    Phone(String),
    Email(String),
    Post,
    Screen,
}

impl Destination {
    /// The most bytes of an e-mail address (RFC 5321 4.5.3.1).
    pub const MAX_EMAIL_BYTES: usize = email::MAX_WHOLE;

    /// Reads a telephone number in the form of E.164: `+` and 7 to 15 digits. Drops spaces, dashes, brackets, stops and
    /// slashes.
    ///
    /// # Errors
    /// Misuse, if it does not begin with `+` and an assigned country code. Also if it does not hold 7 to 15 digits, or holds
    /// letters or an extension. Also if a national prefix follows the country code: see
    /// [`Form::Phone`](crate::text::Form::Phone).
    ///
    /// ```
    /// # use countersign::delivered::Destination;
    /// let error = Destination::phone("0812 3456").unwrap_err();
    /// assert_eq!(error.to_string(), "phone number: must begin with `+` and hold 7 to 15 digits");
    /// let error = Destination::phone("+1 555 010 0199 ext. 5").unwrap_err();
    /// assert!(error.to_string().contains("no letters, no extension"));
    /// assert!(Destination::phone("+36 06 30 123 4567").is_err(), "from abroad it is +36 30 123 4567");
    /// assert!(Destination::phone("+39 06 698 12345").is_ok(), "Italy's numbers keep their zero");
    /// ```
    pub fn phone(number: &str) -> Result<Self, Error> {
        phone::checked(number)
            .map(|address| Self(Address::Phone(address.as_str().to_owned())))
            .map_err(|rule| Error::misuse("phone number", rule))
    }

    /// Reads an e-mail address as [`Form::Email`](crate::text::Form::Email) does.
    ///
    /// The part before the `@` is kept as it was given, in Unicode's form NFC and without full-width letters: RFC 5321 2.4
    /// leaves its letter case to the receiver. The domain is kept as its A-labels, in small letters, so every mailer can use
    /// it. White space and invisible marks around the address are dropped.
    ///
    /// # Errors
    /// Misuse, if it is not one address of 254 bytes at most with a full domain name. Also if a joiner stands before the
    /// `@`: only the receiver knows whether it counts.
    ///
    /// ```
    /// # use countersign::delivered::Destination;
    /// let email = Destination::email(" Maya＠Example.com ")?;
    /// assert_eq!(email.address(), "Maya@example.com");
    /// assert_eq!(email.hint(), "M•••");
    /// let error = Destination::email("maya(at)example.com").unwrap_err();
    /// assert!(error.to_string().starts_with("e-mail address: must have an `@`"));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn email(address: &str) -> Result<Self, Error> {
        let refused = |rule| Error::misuse("e-mail address", rule);
        let kept = email::address(address).map_err(refused)?;
        let seen = trimmed(address, address.len()).unwrap_or_default();
        let before_at = seen.split(['@', '\u{ff20}', '\u{fe6b}']).next();
        if before_at.is_some_and(|local| local.contains(['\u{200c}', '\u{200d}'])) {
            return Err(refused("must not hold a joiner before the `@`"));
        }
        Ok(Self(Address::Email(kept.as_str().to_owned())))
    }

    /// The postal address that the host keeps. The library holds none, so [`address`](Self::address) is empty.
    #[must_use]
    pub const fn post() -> Self {
        Self(Address::Post)
    }

    /// The screen of the session that orders. It has no address either.
    pub(crate) const fn screen() -> Self {
        Self(Address::Screen)
    }

    /// Reads a number in its stored form. It ignores the numbering plans: a stored number stays when its country's plan
    /// changes.
    pub(crate) fn stored_phone(address: &str) -> Option<Self> {
        Self::is_stored_phone(address).then(|| Self(Address::Phone(address.to_owned())))
    }

    /// Returns whether it is a number in its stored form.
    pub(crate) fn is_stored_phone(address: &str) -> bool {
        address.strip_prefix('+').is_some_and(|digits| {
            phone::DIGITS.contains(&digits.len())
                && !digits.starts_with('0')
                && digits.bytes().all(|byte| byte.is_ascii_digit())
        })
    }

    /// Reads an e-mail address in its stored form. Its domain was checked when it was stored, perhaps by other tables.
    pub(crate) fn stored_email(address: &str) -> Option<Self> {
        Self::is_stored_email(address).then(|| Self(Address::Email(address.to_owned())))
    }

    /// Returns whether it is an e-mail address in its stored form.
    pub(crate) fn is_stored_email(address: &str) -> bool {
        let is_host = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.');
        address.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty()
                && !domain.is_empty()
                && address.len() <= Self::MAX_EMAIL_BYTES
                && !local.contains(char::is_control)
                && domain.bytes().all(is_host)
        })
    }

    /// Reads the stored form of an address that waits for its code.
    pub(crate) fn stored(address: &str) -> Option<Self> {
        match address {
            "" => Some(Self::post()),
            phone if !phone.contains('@') => Self::stored_phone(phone),
            email => Self::stored_email(email),
        }
    }

    /// Returns the number or e-mail address, to send the code to. It is empty for a letter and for the screen.
    #[must_use]
    pub fn address(&self) -> &str {
        match &self.0 {
            Address::Phone(address) | Address::Email(address) => address,
            Address::Post | Address::Screen => "",
        }
    }

    /// Returns what an agent may see of it: the last two digits of a number, or the first letter of an e-mail address as in
    /// [`mask::email`](crate::mask::email). A name of one letter is hidden.
    ///
    /// ```
    /// # use countersign::delivered::Destination;
    /// assert_eq!(Destination::phone("+15550100199")?.hint(), "••99");
    /// assert_eq!(Destination::email("maya@example.com")?.hint(), "m•••");
    /// assert_eq!(Destination::email("x_@example.com")?.hint(), "•••", "one letter would tell the name");
    /// assert_eq!(Destination::post().hint(), "•••");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn hint(&self) -> String {
        match &self.0 {
            Address::Phone(number) => {
                let from = number.len().saturating_sub(2);
                format!("••{}", number.get(from..).unwrap_or_default())
            }
            Address::Email(address) => address
                .split_once('@')
                .map_or_else(|| HIDDEN.to_owned(), |(name, _)| initial(name)),
            Address::Post | Address::Screen => HIDDEN.to_owned(),
        }
    }

    /// Returns whether it is a telephone number.
    #[must_use]
    pub const fn is_phone(&self) -> bool {
        matches!(self.0, Address::Phone(_))
    }

    /// Returns whether it is an e-mail address.
    #[must_use]
    pub const fn is_email(&self) -> bool {
        matches!(self.0, Address::Email(_))
    }

    /// The route to it, if the order names no other.
    pub(crate) const fn route(&self) -> Route {
        match self.0 {
            Address::Phone(_) => Route::Sms,
            Address::Email(_) => Route::Email,
            Address::Post => Route::Post,
            Address::Screen => Route::Screen,
        }
    }

    /// One spelling for all addresses that reach the same place, to count by. A letter has none.
    pub(crate) fn canonical(&self) -> Option<String> {
        match &self.0 {
            Address::Phone(number) => Some(number.clone()),
            Address::Email(address) => Some(email::folded(address).as_str().to_owned()),
            Address::Post | Address::Screen => None,
        }
    }
}

impl fmt::Debug for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Destination({})", self.hint())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use unicode_segmentation::UnicodeSegmentation;

    #[test]
    fn numbers_that_are_none_are_refused() {
        let long = format!("+{}", "1".repeat(10 << 20));
        for text in [
            "",
            "+",
            "+123456",
            "+1234567890123456",
            "+0123456789",
            "6281234567",
            "+62812a4567",
            "+62812\u{0}4567",
            "++6281234567",
            &long,
        ] {
            assert!(Destination::phone(text).is_err(), "{text:.20?}");
        }
    }

    #[test]
    fn addresses_that_are_none_are_refused() {
        let long = format!("{}@example.com", "a".repeat(10 << 20));
        let longer_than_allowed = format!("a@{}.example", "b".repeat(250));
        for text in [
            "",
            "@",
            "maya",
            "maya@",
            "@example.com",
            "maya@@example.com",
            "maya@exa mple.com",
            "maya@example.com, anna@example.com",
            "maya@example.com\r\nbcc: all@example.com",
            "maya\u{0}@example.com",
            "maya\u{200d}@example.com",
            "<maya@example.com>",
            &longer_than_allowed,
            &long,
        ] {
            let refused = Destination::email(text);
            assert!(refused.is_err(), "{text:.40?}");
            assert!(!refused.unwrap_err().to_string().contains("maya"));
        }
    }

    #[test]
    fn what_is_stored_comes_back() {
        let phone = Destination::phone("+6281234567834").unwrap();
        let email = Destination::email("+Maya@Example.com").unwrap();
        for destination in [phone, email, Destination::post()] {
            let back = Destination::stored(destination.address());
            assert_eq!(back, Some(destination));
        }
    }

    #[test]
    fn b61_what_stands_around_an_address_is_no_part_of_it() {
        for around in [
            '\u{200c}',
            '\u{200d}',
            '\u{200b}',
            '\u{2060}',
            '\u{feff}',
            '\u{2065}',
            '\u{fff8}',
            '\u{e0fff}',
            '\u{ad}',
            '\u{2028}',
            '\u{85}',
            '\u{2800}',
            '\t',
            '\n',
        ] {
            let email = Destination::email(&format!("{around}maya@example.com{around}"));
            assert_eq!(email.unwrap().address(), "maya@example.com", "{around:?}");
            let phone = Destination::phone(&format!("{around}+49 30 123456{around}"));
            assert_eq!(phone.unwrap().address(), "+4930123456", "{around:?}");
        }
        for inside in [
            "ma\u{200d}ya@example.com",
            "maya\u{200c}@example.com",
            "ma\u{2800}ya@example.com",
        ] {
            assert!(Destination::email(inside).is_err(), "{inside:?}");
        }
        assert!(Destination::phone("+49\t30 123456").is_err());
        assert!(Destination::phone("+49\u{2800}30\u{2065}123456").is_ok());
    }

    #[test]
    fn b61_what_begins_with_a_plus_may_be_an_address() {
        let email = Destination::email("+maya＠example.com").unwrap();
        assert!(email.is_email());
        assert_eq!(Destination::stored(email.address()), Some(email));
        assert_eq!(Destination::stored("+maya"), None);
        assert_eq!(Destination::stored("maya"), None);
    }

    /// Tables change; a stored address stays.
    #[test]
    fn b61_what_is_stored_is_not_judged_by_new_tables() {
        for address in ["+9990000012", "+3603012345", "x@xn--a.com", "x@a_b.com"] {
            let stored = Destination::stored(address).is_some();
            assert_eq!(stored, !address.contains('_'), "{address}");
        }
        for address in [
            "x@",
            "@a.com",
            "x@A.com",
            "x\n@a.com",
            "+12345a7",
            "+0123456789",
        ] {
            assert_eq!(Destination::stored(address), None, "{address}");
        }
    }

    #[test]
    fn b61_no_hint_tells_a_name_of_one_letter() {
        for local in [
            "a",
            "a.",
            "x_",
            "x👍",
            "ᄒ",
            "한",
            "\u{1112}\u{1161}\u{11ab}",
            "e\u{301}",
            "👨\u{1f3fd}",
            "👍👍",
            "9-",
            "-x",
            "कु",
            "स्त्री",
            "a...",
            "_a",
            "é!",
        ] {
            let destination = Destination::email(&format!("{local}@example.com")).unwrap();
            assert_eq!(destination.hint(), "•••", "{local}");
            let shown = crate::mask::email(destination.address());
            assert_eq!(shown, "•••@e•••.com", "{local}");
        }
        for (local, hint) in [
            ("Maya", "M•••"),
            ("कुलदीप", "कु•••"),
            ("e\u{301}a", "é•••"),
            ("한국", "한•••"),
            ("7k", "7•••"),
        ] {
            let destination = Destination::email(&format!("{local}@example.com")).unwrap();
            assert_eq!(destination.hint(), hint, "{local}");
        }
    }

    proptest! {
        #[test]
        fn b61_a_hint_never_shows_a_whole_name(local in "[a-zé.\u{301}ᄒ한👍क\u{941}_-]{1,6}|\\PC{1,12}") {
            if let Ok(destination) = Destination::email(&format!("{local}@example.com")) {
                let hint = destination.hint();
                let told: Vec<&str> = hint.strip_suffix(HIDDEN).unwrap().graphemes(true).collect();
                let (name, _) = destination.address().split_once('@').unwrap();
                let letters = |text: &str| text.graphemes(true).filter(|part| part.starts_with(char::is_alphanumeric)).count();
                prop_assert!(told.len() <= 1, "{}", hint);
                prop_assert!(told.is_empty() || letters(name) > letters(&told.concat()), "{} {}", hint, name);
            }
        }
    }

    #[test]
    fn spellings_of_one_address_count_together() {
        let forms = ["Maya@Example.com", "maya@example.COM", "ｍaya@example.com"]
            .map(|text| Destination::email(text).unwrap().canonical());
        assert!(forms.iter().all(|form| *form == forms[0]), "{forms:?}");
    }
}
