//! Errors of a *call*: misuse, corrupt data, or a part outside the crate that failed.
//!
//! A wrong code is not an error. It is an outcome of a check.

use std::borrow::Cow;

type Cause = Box<dyn std::error::Error + Send + Sync + 'static>;

/// The reason why a call could not be carried out. The text names the field and the rule, never the secret.
///
/// There are three kinds, each with a predicate:
///
/// - [`is_misuse`](Self::is_misuse): the caller asked for something that the rules forbid.
/// - [`is_corrupt`](Self::is_corrupt): stored bytes cannot be trusted.
/// - [`is_store`](Self::is_store): a part outside the crate failed.
///
/// ```
/// let error = countersign::Subject::new("bank", "").unwrap_err();
/// assert!(error.is_misuse());
/// assert_eq!(error.to_string(), "subject id: must hold 1 to 128 bytes");
/// ```
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Error {
    kind: Kind,
}

#[derive(Debug, thiserror::Error)]
enum Kind {
    #[error("{field}: {rule}")]
    Misuse {
        field: Cow<'static, str>,
        rule: Cow<'static, str>,
    },
    #[error("{what} cannot be opened: {why}")]
    Corrupt {
        what: &'static str,
        why: Cow<'static, str>,
    },
    #[error("{what} failed")]
    Store {
        what: Cow<'static, str>,
        source: Option<Cause>,
    },
}

impl Error {
    /// Makes the error of a store adapter, of what was tried and why it failed.
    ///
    /// ```
    /// let cause = std::io::Error::other("the disk is gone");
    /// let error = countersign::Error::store("my table", cause);
    /// assert!(error.is_store());
    /// assert_eq!(error.to_string(), "my table failed");
    /// ```
    pub fn store(
        what: impl Into<Cow<'static, str>>,
        cause: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self {
            kind: Kind::Store {
                what: what.into(),
                source: Some(cause.into()),
            },
        }
    }

    /// A part outside the crate that failed without saying why.
    pub(crate) fn outside(what: &'static str) -> Self {
        Self {
            kind: Kind::Store {
                what: Cow::Borrowed(what),
                source: None,
            },
        }
    }

    /// A call that a rule forbids: `field` is what the caller gave, `rule` what it must be.
    pub(crate) fn misuse(
        field: impl Into<Cow<'static, str>>,
        rule: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            kind: Kind::Misuse {
                field: field.into(),
                rule: rule.into(),
            },
        }
    }

    /// Stored bytes that cannot be trusted.
    pub(crate) fn corrupt(what: &'static str, why: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind: Kind::Corrupt {
                what,
                why: why.into(),
            },
        }
    }

    /// Names something larger that the corrupt bytes belong to.
    pub(crate) fn about(mut self, whole: &'static str) -> Self {
        if let Kind::Corrupt { what, .. } = &mut self.kind {
            *what = whole;
        }
        self
    }

    /// Adds a hint about the cause.
    pub(crate) fn hinting(mut self, hint: &str) -> Self {
        if let Kind::Corrupt { why, .. } = &mut self.kind {
            why.to_mut().push_str(hint);
        }
        self
    }

    /// Returns whether the caller gave something that a rule forbids. The same call fails again.
    #[must_use]
    pub fn is_misuse(&self) -> bool {
        matches!(self.kind, Kind::Misuse { .. })
    }

    /// Returns whether stored bytes are truncated, altered, or from another subject, key or version.
    ///
    /// ```
    /// # use countersign::field::{FieldCipher, Keyring, LongTermSecret, RootKey};
    /// let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// let cipher = FieldCipher::new(&keyring, "bank", "notes")?;
    /// assert!(cipher.open(&[b"customer"], b"not a sealed value").unwrap_err().is_corrupt());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn is_corrupt(&self) -> bool {
        matches!(self.kind, Kind::Corrupt { .. })
    }

    /// Returns whether a store, an audit sink or the system's random generator failed. Whether a write took place is unknown.
    #[must_use]
    pub fn is_store(&self) -> bool {
        matches!(self.kind, Kind::Store { .. })
    }
}
