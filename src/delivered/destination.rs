//! Where a code is sent.

use core::fmt;

use crate::canonical;
use crate::error::Error;

/// A telephone number that codes are sent to, in the form of E.164: `+` and 7 to 15 digits.
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
pub struct Destination(String);

impl Destination {
    /// A telephone number; spaces, dashes, brackets, stops and slashes are dropped.
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
            .map(|address| Self(address.as_str().to_owned()))
            .ok_or_else(|| {
                Error::misuse(
                    "phone number",
                    "must begin with `+` and hold 7 to 15 digits",
                )
            })
    }

    /// A number in its stored form.
    pub(crate) fn stored(address: String) -> Option<Self> {
        let digits = address.strip_prefix('+')?;
        let fits = canonical::PHONE_DIGITS.contains(&digits.len());
        (fits && !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit()))
            .then_some(Self(address))
    }

    /// The number itself, for whoever sends the code.
    ///
    /// ```
    /// # use countersign::Destination;
    /// assert_eq!(Destination::phone("+1 (555) 010-0199")?.address(), "+15550100199");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn address(&self) -> &str {
        &self.0
    }

    /// What an agent may see: the last two digits.
    ///
    /// ```
    /// # use countersign::Destination;
    /// assert_eq!(Destination::phone("+15550100199")?.hint(), "••99");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn hint(&self) -> String {
        let digits = self
            .0
            .len()
            .checked_sub(2)
            .and_then(|from| self.0.get(from..))
            .unwrap_or_default();
        format!("••{digits}")
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
}
