//! Where a code is sent, and how it gets there.

use core::fmt;

use minicbor::{Decode, Encode};

use crate::canonical::text::is_invisible;
use crate::canonical::{self, Form};
use crate::error::Error;

/// How a code travels. The telephone network is restricted (SP 800-63B-4 3.1.3.3, 3.2.9).
///
/// ```
/// use countersign::Route;
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
    /// The screen of the session that ordered it. For binding codes only: shown to whoever wants it, a code shows nothing.
    #[n(4)]
    Screen,
}

impl Route {
    /// Whether it goes over the telephone network.
    ///
    /// ```
    /// assert!(countersign::Route::Sms.is_restricted());
    /// ```
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
/// use countersign::Destination;
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
    /// A longer e-mail address is refused (RFC 5321 4.5.3.1).
    pub const MAX_EMAIL_BYTES: usize = 254;

    /// A telephone number in the form of E.164, `+` and 7 to 15 digits; spaces, dashes, brackets, stops and slashes are
    /// dropped.
    ///
    /// # Errors
    /// Misuse, if it does not begin with `+` and a country code, or does not hold 7 to 15 digits.
    ///
    /// ```
    /// # use countersign::Destination;
    /// let error = Destination::phone("0812 3456").unwrap_err();
    /// assert_eq!(error.to_string(), "phone number: must begin with `+` and hold 7 to 15 digits");
    /// ```
    pub fn phone(number: &str) -> Result<Self, Error> {
        canonical::phone(number)
            .map(|address| Self(Address::Phone(address.as_str().to_owned())))
            .ok_or_else(|| {
                Error::misuse(
                    "phone number",
                    "must begin with `+` and hold 7 to 15 digits",
                )
            })
    }

    /// An e-mail address, checked as [`Form::Email`] does, and kept as it was given: RFC 5321 2.4 leaves the letter
    /// case before the `@` to the receiver. White space around it is dropped.
    ///
    /// # Errors
    /// Misuse, if it is none, is longer than 254 bytes, or holds a character without a look of its own.
    ///
    /// ```
    /// # use countersign::Destination;
    /// let email = Destination::email(" Maya@Example.com ")?;
    /// assert_eq!(email.address(), "Maya@Example.com");
    /// assert_eq!(email.hint(), "M•••");
    /// assert!(Destination::email("maya").is_err());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn email(address: &str) -> Result<Self, Error> {
        let given = address.trim();
        if given.len() > Self::MAX_EMAIL_BYTES || given.chars().any(is_invisible) {
            let rule = "must be one address of 254 bytes at most, without invisible characters";
            return Err(Error::misuse("e-mail address", rule));
        }
        let _ = Form::Email.canonical(given)?;
        Ok(Self(Address::Email(given.to_owned())))
    }

    /// The postal address that the host keeps: the library holds none, and [`address`](Self::address) is empty.
    ///
    /// ```
    /// assert_eq!(countersign::Destination::post().address(), "");
    /// ```
    #[must_use]
    pub const fn post() -> Self {
        Self(Address::Post)
    }

    /// The screen of the session that orders: there is no address either.
    pub(crate) const fn screen() -> Self {
        Self(Address::Screen)
    }

    /// A number in its stored form.
    pub(crate) fn stored_phone(address: &str) -> Option<Self> {
        let digits = address.strip_prefix('+')?;
        let fits = canonical::PHONE_DIGITS.contains(&digits.len());
        (fits && !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| Self(Address::Phone(address.to_owned())))
    }

    /// An e-mail address in its stored form.
    pub(crate) fn stored_email(address: &str) -> Option<Self> {
        Self::email(address).ok()
    }

    /// What is stored of an address that waits for its code, and what it says.
    pub(crate) fn stored(address: &str) -> Option<Self> {
        match address {
            "" => Some(Self::post()),
            phone if phone.starts_with('+') && !phone.contains('@') => Self::stored_phone(phone),
            email => Self::stored_email(email),
        }
    }

    /// The number or e-mail address itself, for whoever sends the code; empty for a letter, and for what is shown on the
    /// screen.
    ///
    /// ```
    /// # use countersign::Destination;
    /// assert_eq!(Destination::phone("+1 (555) 010-0199")?.address(), "+15550100199");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn address(&self) -> &str {
        match &self.0 {
            Address::Phone(address) | Address::Email(address) => address,
            Address::Post | Address::Screen => "",
        }
    }

    /// What an agent may see: the last two digits of a number, or the first letter of an e-mail address of several.
    ///
    /// ```
    /// # use countersign::Destination;
    /// assert_eq!(Destination::phone("+15550100199")?.hint(), "••99");
    /// assert_eq!(Destination::email("x@example.com")?.hint(), "•••");
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
            Address::Email(address) => {
                let mut letters = address.split('@').next().unwrap_or_default().chars();
                match (letters.next(), letters.next()) {
                    (Some(first), Some(_)) if first.is_alphanumeric() => format!("{first}•••"),
                    _ => "•••".to_owned(),
                }
            }
            Address::Post | Address::Screen => "•••".to_owned(),
        }
    }

    /// Whether it is a telephone.
    ///
    /// ```
    /// assert!(countersign::Destination::phone("+15550100199")?.is_phone());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub const fn is_phone(&self) -> bool {
        matches!(self.0, Address::Phone(_))
    }

    /// Whether it is an e-mail address.
    ///
    /// ```
    /// assert!(countersign::Destination::email("maya@example.com")?.is_email());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub const fn is_email(&self) -> bool {
        matches!(self.0, Address::Email(_))
    }

    /// How a code gets there unless the order says otherwise.
    pub(crate) const fn route(&self) -> Route {
        match self.0 {
            Address::Phone(_) => Route::Sms,
            Address::Email(_) => Route::Email,
            Address::Post => Route::Post,
            Address::Screen => Route::Screen,
        }
    }

    /// One spelling for all that reach the same place, to count by; none for a letter.
    pub(crate) fn canonical(&self) -> Option<String> {
        match &self.0 {
            Address::Phone(number) => Some(number.clone()),
            Address::Email(address) => Form::Email
                .canonical(address)
                .ok()
                .map(|address| address.as_str().to_owned()),
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
            "maya\u{200e}@example.com",
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
    fn spellings_of_one_address_count_together() {
        let forms = ["Maya@Example.com", "maya@example.COM", "ｍaya@example.com"]
            .map(|text| Destination::email(text).unwrap().canonical());
        assert!(forms.iter().all(|form| *form == forms[0]), "{forms:?}");
    }
}
