//! Errors of a *call*: misuse, corrupt data, or a part outside the crate that failed.
//!
//! A wrong code is not an error. It is an outcome of a check.

use core::fmt;
use std::borrow::Cow;

type Cause = Box<dyn std::error::Error + Send + Sync + 'static>;

/// The reason why a call could not be carried out. The text names the field and the rule, never the secret.
///
/// There are three kinds, each with a predicate:
///
/// - [`is_misuse`](Self::is_misuse): the caller asked for something that the rules forbid.
/// - [`is_corrupt`](Self::is_corrupt): stored bytes cannot be trusted.
/// - [`is_store`](Self::is_store): a part outside the crate failed. Its [`source`](std::error::Error::source) has the cause.
///
/// [`kind`](Self::kind) tells the cases apart that a host acts on.
///
/// ```
/// let error = countersign::Subject::new("bank", "").unwrap_err();
/// assert!(error.is_misuse());
/// assert_eq!(error.to_string(), "subject id: must hold 1 to 128 bytes");
/// ```
pub struct Error {
    what: What,
    kind: ErrorKind,
}

/// As text, and then the kind: `main` of a program prints an error like this.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self} ({:?}", self.kind)?;
        if let Some(cause) = std::error::Error::source(self) {
            write!(f, ": {cause}")?;
        }
        f.write_str(")")
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.what.fmt(f)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.what.source()
    }
}

/// The case of an [`Error`], for a host that acts on it without reading text.
///
/// ```
/// use countersign::field::{Keyring, LongTermSecret, RootKey};
/// use countersign::store::memory::MemoryStore;
/// use countersign::{Channel, Context, ErrorKind, Interaction, Settings, Subject, Timestamp, Verifier};
/// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
/// let verifier = Verifier::new(MemoryStore::new(), Settings::new("bank", keyring)?);
/// let anna = Subject::new("bank", "C-1042")?;
/// let ctx = Context::begin(Channel::Counter)?;
/// verifier.create(&anna, &ctx)?;
/// let again = verifier.create(&anna, &ctx).unwrap_err();
/// assert_eq!(again.kind(), ErrorKind::AlreadyExists); // a sign-up stops here
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The caller gave something that a rule forbids.
    BadInput,
    /// The subject has an account already. A sign-up stops here: what it changed by
    /// [`Authority::Host`](crate::Authority::Host) would be changed for the customer who has the account. Go on only in an
    /// import of your own, which another process has begun.
    AlreadyExists,
    /// The subject has no account. Only a change says so: it needs an authority.
    UnknownSubject,
    /// The subject is suspended.
    Suspended,
    /// The settings lack what the call needs. The text names the method that sets it.
    MissingSetting,
    /// The store does not implement what the call needs. The text names the method.
    NotSupported,
    /// The record is older than high water: the database was put back. See
    /// [`Verifier::with_high_water`](crate::Verifier::with_high_water).
    PutBack,
    /// The keyring lacks a root key or long-term secret, or holds another one under its number.
    MissingKey,
    /// Stored bytes are truncated, altered, or from another subject, key or version.
    Corrupt,
    /// A store, an audit sink or the system's random generator failed. Whether a write took place is unknown. The text says
    /// which part failed, and [`source`](std::error::Error::source) has the cause.
    Store,
}

#[derive(Debug, thiserror::Error)]
enum What {
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
            kind: ErrorKind::Store,
            what: What::Store {
                what: what.into(),
                source: Some(cause.into()),
            },
        }
    }

    /// A part outside the crate that failed without saying why.
    pub(crate) fn outside(what: &'static str) -> Self {
        Self {
            kind: ErrorKind::Store,
            what: What::Store {
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
            kind: ErrorKind::BadInput,
            what: What::Misuse {
                field: field.into(),
                rule: rule.into(),
            },
        }
    }

    /// Stored bytes that cannot be trusted.
    pub(crate) fn corrupt(what: &'static str, why: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind: ErrorKind::Corrupt,
            what: What::Corrupt {
                what,
                why: why.into(),
            },
        }
    }

    /// Says which case it is.
    pub(crate) const fn of(mut self, kind: ErrorKind) -> Self {
        self.kind = kind;
        self
    }

    /// Names something larger that the corrupt bytes belong to.
    pub(crate) fn about(mut self, whole: &'static str) -> Self {
        if let What::Corrupt { what, .. } = &mut self.what {
            *what = whole;
        }
        self
    }

    /// Adds a hint about the cause.
    pub(crate) fn hinting(mut self, hint: &str) -> Self {
        if let What::Corrupt { why, .. } = &mut self.what {
            why.to_mut().push_str(hint);
        }
        self
    }

    /// Returns the case.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Returns whether the caller gave something that a rule forbids. The same call fails again.
    #[must_use]
    pub fn is_misuse(&self) -> bool {
        matches!(self.what, What::Misuse { .. })
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
        matches!(self.what, What::Corrupt { .. })
    }

    /// Returns whether a store, an audit sink or the system's random generator failed. Whether a write took place is unknown.
    #[must_use]
    pub fn is_store(&self) -> bool {
        matches!(self.what, What::Store { .. })
    }
}
