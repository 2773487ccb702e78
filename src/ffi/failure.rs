//! A call that failed: its number, and a text that names what to do.

use std::borrow::Cow;
use std::error::Error as _;

use super::callback_failed::CallbackFailed;
use super::result::{
    COUNTERSIGN_ERROR_ALREADY_EXISTS, COUNTERSIGN_ERROR_BAD_INPUT, COUNTERSIGN_ERROR_CALLBACK,
    COUNTERSIGN_ERROR_CORRUPT, COUNTERSIGN_ERROR_MISSING_KEY, COUNTERSIGN_ERROR_MISSING_SETTING,
    COUNTERSIGN_ERROR_NOT_BUILT, COUNTERSIGN_ERROR_NOT_SUPPORTED, COUNTERSIGN_ERROR_PUT_BACK,
    COUNTERSIGN_ERROR_STORE, COUNTERSIGN_ERROR_SUSPENDED, COUNTERSIGN_ERROR_UNKNOWN_NUMBER,
    COUNTERSIGN_ERROR_UNKNOWN_SUBJECT, countersign_result,
};
use crate::error::{Error, ErrorKind};

/// A call that failed. The text names field, rule and the way out, and holds no secret.
pub(super) struct Failure {
    pub(super) number: countersign_result,
    pub(super) text: Cow<'static, str>,
}

impl Failure {
    /// An argument that is not as the call needs it.
    pub(super) fn of(number: countersign_result, argument: &str, why: &str) -> Self {
        let text = Cow::Owned(format!("{argument}: {why}"));
        Self { number, text }
    }

    /// A number that stands for nothing.
    pub(super) fn unknown(argument: &str, names: &str) -> Self {
        let why = format!("must be a {names}");
        Self::of(COUNTERSIGN_ERROR_UNKNOWN_NUMBER, argument, &why)
    }

    /// A call that needs a feature which this build has not.
    #[allow(
        dead_code,
        clippy::allow_attributes,
        reason = "a build with every feature has no such call"
    )]
    pub(super) fn not_built(feature: &str) -> Self {
        let text = format!("the library was built without the feature `{feature}`");
        Self {
            number: COUNTERSIGN_ERROR_NOT_BUILT,
            text: Cow::Owned(text),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let number = match error.kind() {
            ErrorKind::BadInput => COUNTERSIGN_ERROR_BAD_INPUT,
            ErrorKind::AlreadyExists => COUNTERSIGN_ERROR_ALREADY_EXISTS,
            ErrorKind::UnknownSubject => COUNTERSIGN_ERROR_UNKNOWN_SUBJECT,
            ErrorKind::Suspended => COUNTERSIGN_ERROR_SUSPENDED,
            ErrorKind::MissingSetting => COUNTERSIGN_ERROR_MISSING_SETTING,
            ErrorKind::NotSupported => COUNTERSIGN_ERROR_NOT_SUPPORTED,
            ErrorKind::PutBack => COUNTERSIGN_ERROR_PUT_BACK,
            ErrorKind::MissingKey => COUNTERSIGN_ERROR_MISSING_KEY,
            ErrorKind::Corrupt => COUNTERSIGN_ERROR_CORRUPT,
            ErrorKind::Store => COUNTERSIGN_ERROR_STORE,
        };
        let mut text = error.to_string();
        let mut cause = error.source();
        let is_of_callback = cause.is_some_and(|cause| cause.is::<CallbackFailed>());
        while let Some(deeper) = cause {
            text.push_str(": ");
            text.push_str(&deeper.to_string());
            cause = deeper.source();
        }
        let number = if is_of_callback {
            COUNTERSIGN_ERROR_CALLBACK
        } else {
            number
        };
        let text = Cow::Owned(text);
        Self { number, text }
    }
}
