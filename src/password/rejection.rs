//! Why a new password or PIN is not taken.

use crate::error::Error;

/// Why a new password or PIN is not taken: for the person who chose it.
///
/// It turns into an [`Error`] by `?`. The error is misuse, and names the rule but nothing of the password:
///
/// ```
/// use countersign::{Error, password::{Password, PasswordRules}};
/// fn choose(text: &str) -> Result<(), Error> {
///     let chosen = PasswordRules::single_factor().accept(&Password::typed(text))?;
///     Ok(drop(chosen))
/// }
/// let error = choose("too short").unwrap_err();
/// assert_eq!(error.to_string(), "new password or PIN: must hold 15 characters at least");
/// ```
///
/// A form for the customer takes the reason itself:
///
/// ```
/// use countersign::password::Rejection;
/// fn in_german(unfit: Rejection) -> String {
///     match unfit {
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
    /// More than is looked at.
    #[error("is longer than is looked at")]
    TooLong,
    /// It holds characters that no two systems can be trusted to treat alike.
    #[error("must not hold control, private-use or unassigned characters")]
    Unreadable,
    /// A PIN with something else than digits.
    #[error("must hold digits only")]
    NotDigits,
    /// It stands on a block list.
    #[error("must not stand on a block list")]
    Blocked,
    /// It is made of what belongs to the subject or the service.
    #[error("must not be made of names and numbers of the subject or the service")]
    OfContext,
    /// It withstands too few guesses (feature `strength`).
    #[error("can be guessed too easily")]
    Guessable,
}

/// Tells the rule alone: an [`Rejection`] holds nothing of what was chosen.
impl From<Rejection> for Error {
    fn from(unfit: Rejection) -> Self {
        Self::misuse("new password or PIN", unfit.to_string())
    }
}
