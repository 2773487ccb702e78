//! Callbacks of the host that failed.

use std::borrow::Cow;

use crate::error::Error;

/// A callback that failed, or gave what it may not give.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct CallbackFailed(Cow<'static, str>);

impl CallbackFailed {
    pub(super) fn error(name: &str, why: impl Into<Cow<'static, str>>) -> Error {
        Error::store(format!("the callback `{name}`"), Self(why.into()))
    }

    /// The callback returned a number that says it failed.
    pub(super) fn returned(name: &str, number: i32) -> Error {
        Self::error(name, format!("it returned {number}"))
    }
}
