//! Root keys, which are rotated, and long-term secrets, which outlive them.

use core::fmt;

use zeroize::Zeroizing;

use crate::compare::ct_eq;
use crate::error::Error;
use crate::random;
use crate::time::Timestamp;

/// A root key of the ring: 32 bytes from the host's key management, under an id. Roots are rotated.
///
/// Give a root its dates for [`Keyring::dated`](super::Keyring::dated):
///
/// ```
/// # use countersign::{Timestamp, field::RootKey};
/// # let (january, june) = (Timestamp::from_unix(1_800_000_000)?, Timestamp::from_unix(1_813_000_000)?);
/// let root = RootKey::from_bytes(1, [7; 32])?.created(january).retired(june);
/// assert_eq!(format!("{root:?}"), "RootKey(1, created 1800000000, retired 1813000000)");
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone)]
pub struct RootKey {
    id: u32,
    bytes: Zeroizing<[u8; 32]>,
    pub(super) created: Option<Timestamp>,
    pub(super) retired: Option<Timestamp>,
    pub(super) revoked: Option<Timestamp>,
}

impl RootKey {
    /// Ids from here on are kept for the keys of subjects.
    pub const FIRST_RESERVED_ID: u32 = 0x8000_0000;

    /// Makes a root of bytes that the host's key management gave.
    ///
    /// # Errors
    /// Misuse, if the id is zero or in the reserved range, or all bytes are zero.
    ///
    /// ```
    /// use countersign::field::RootKey;
    /// assert!(RootKey::from_bytes(1, [0; 32]).is_err(), "an unset variable is no key");
    /// ```
    pub fn from_bytes(id: u32, bytes: [u8; 32]) -> Result<Self, Error> {
        Self::checked("root", id, bytes)
    }

    fn checked(what: &str, id: u32, bytes: [u8; 32]) -> Result<Self, Error> {
        let bytes = Zeroizing::new(bytes);
        if id == 0 || id >= Self::FIRST_RESERVED_ID {
            let field = format!("number of the {what}");
            return Err(Error::misuse(field, "must lie between 1 and 2147483647"));
        }
        if ct_eq(bytes.as_slice(), &[0; 32]) {
            return Err(Error::misuse(what.to_owned(), "must not be all zeros"));
        }
        Ok(Self {
            id,
            bytes,
            created: None,
            retired: None,
            revoked: None,
        })
    }

    /// Draws a random root. The host keeps it: see [`expose_bytes`](Self::expose_bytes).
    ///
    /// # Errors
    /// Misuse for a reserved id; store, if the system gives no randomness.
    pub fn generate(id: u32) -> Result<Self, Error> {
        Self::from_bytes(id, random::array()?)
    }

    /// Returns the id that values sealed under this root carry.
    #[must_use]
    pub const fn id(&self) -> u32 {
        self.id
    }

    /// Returns the key itself, for the host's key management.
    #[must_use]
    pub fn expose_bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// Sets the moment from which the root may write.
    #[must_use]
    pub const fn created(mut self, at: Timestamp) -> Self {
        self.created = Some(at);
        self
    }

    /// Sets the moment from which the root only reads.
    #[must_use]
    pub const fn retired(mut self, at: Timestamp) -> Self {
        self.retired = Some(at);
        self
    }

    /// Sets the moment from which the root opens nothing, except in a rotation that names it.
    #[must_use]
    pub const fn revoked(mut self, at: Timestamp) -> Self {
        self.revoked = Some(at);
        self
    }
}

impl fmt::Debug for RootKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RootKey({}", self.id)?;
        for (what, at) in [
            ("created", self.created),
            ("retired", self.retired),
            ("revoked", self.revoked),
        ] {
            if let Some(at) = at {
                write!(f, ", {what} {}", at.unix())?;
            }
        }
        f.write_str(")")
    }
}

/// The secret of all keys that must outlive the rotation of roots: the pepper of answers, passwords and PINs, the decoys of
/// unknown subjects, and the blind indexes.
///
/// Keep it apart from the roots: a stolen ring is then worth less. Its number is the *generation*. Hashes and index values
/// name the generation that they were made with.
///
/// ```
/// use countersign::field::LongTermSecret;
/// let long_term = LongTermSecret::from_bytes(1, [9; 32])?;
/// assert_eq!(format!("{long_term:?}"), "LongTermSecret(1)");
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone)]
pub struct LongTermSecret(RootKey);

impl LongTermSecret {
    /// Makes a long-term secret of bytes that the host's key management gave.
    ///
    /// # Errors
    /// As [`RootKey::from_bytes`].
    pub fn from_bytes(generation: u32, bytes: [u8; 32]) -> Result<Self, Error> {
        RootKey::checked("long-term secret", generation, bytes).map(Self)
    }

    /// Draws a random long-term secret.
    ///
    /// # Errors
    /// As [`RootKey::generate`].
    pub fn generate(generation: u32) -> Result<Self, Error> {
        Self::from_bytes(generation, random::array()?)
    }

    /// Returns the number of this secret among the host's long-term secrets.
    #[must_use]
    pub const fn generation(&self) -> u32 {
        self.0.id
    }

    /// Returns the secret itself, for the host's key management.
    #[must_use]
    pub fn expose_bytes(&self) -> &[u8; 32] {
        self.0.expose_bytes()
    }
}

impl fmt::Debug for LongTermSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LongTermSecret({})", self.0.id)
    }
}
