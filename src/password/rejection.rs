//! The reasons for which the rules refuse a new password or PIN.

use crate::error::Error;

/// The reason for which the rules refuse a new password or PIN. Show it to the person who chose it.
///
/// It becomes an [`Error`] by `?`. The error is misuse. It names the rule and nothing of the password:
///
/// ```
/// use countersign::{Error, password::{Password, PasswordRules}};
/// fn choose(text: &str) -> Result<(), Error> {
///     PasswordRules::single_factor().check(&Password::typed(text))?;
///     Ok(())
/// }
/// let error = choose("too short").unwrap_err();
/// assert_eq!(error.to_string(), "new password or PIN: must hold 15 characters at least");
/// ```
///
/// A form for the customer reads the reason itself:
///
/// ```
/// use countersign::password::Rejection;
/// fn in_german(why: Rejection) -> String {
///     match why {
///         Rejection::TooShort { at_least } => format!("Bitte mindestens {at_least} Zeichen."),
///         Rejection::Blocked => "Dieses Passwort steht auf einer Liste bekannter Passwörter.".to_owned(),
///         _ => "Bitte wählen Sie ein anderes.".to_owned(),
///     }
/// }
/// assert_eq!(in_german(Rejection::TooShort { at_least: 15 }), "Bitte mindestens 15 Zeichen.");
/// assert_eq!(Rejection::Blocked.to_string(), "must not stand on a block list");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// Too few characters, or digits of a PIN.
    #[error("must hold {at_least} characters at least")]
    TooShort {
        /// How many there must be.
        at_least: usize,
    },
    /// More than 1,024 bytes or 256 characters.
    #[error("must hold 256 characters and 1,024 bytes at most")]
    TooLong,
    /// It holds characters that systems treat differently.
    #[error("must not hold control, private-use or unassigned characters")]
    Unreadable,
    /// A PIN that does not consist of 4 to 10 digits.
    #[error("must hold digits only")]
    NotDigits,
    /// It is on a block list.
    #[error("must not stand on a block list")]
    Blocked,
    /// It is made of words or numbers that belong to the subject or the service.
    #[error("must not be made of names and numbers of the subject or the service")]
    OfContext,
    /// It withstands too few guesses (feature `strength`).
    #[error("can be guessed too easily")]
    Guessable,
}

/// Names the rule. A [`Rejection`] holds nothing of the password or PIN.
impl From<Rejection> for Error {
    fn from(why: Rejection) -> Self {
        Self::misuse("new password or PIN", why.to_string())
    }
}
