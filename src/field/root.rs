//! What keys come from: roots, which are rotated, and long-term secrets, which outlive them.

use core::fmt;

use zeroize::Zeroizing;

use crate::compare::ct_eq;
use crate::error::Error;
use crate::random;
use crate::time::Timestamp;

/// A root key of the ring: 32 bytes from the host's key management, under an id. Roots are rotated.
///
/// ```
/// use countersign::field::RootKey;
/// let root = RootKey::from_bytes(1, [7; 32])?;
/// assert_eq!(format!("{root:?}"), "Root(1, ..)");
/// assert!(RootKey::from_bytes(0, [7; 32]).is_err());
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone)]
pub struct RootKey {
    id: u32,
    bytes: Zeroizing<[u8; 32]>,
}

impl RootKey {
    /// Ids from here on are kept for per-subject keys.
    pub const FIRST_RESERVED_ID: u32 = 0x8000_0000;

    /// A root from bytes that the host's key management gave.
    ///
    /// # Errors
    /// Misuse, if the id is zero or in the reserved range, or all bytes are zero.
    ///
    /// ```
    /// assert!(countersign::field::RootKey::from_bytes(1, [0; 32]).is_err(), "an unset variable is no key");
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
        Ok(Self { id, bytes })
    }

    /// A fresh random root. The host keeps it: see [`expose_bytes`](Self::expose_bytes).
    ///
    /// # Errors
    /// Misuse for a reserved id; store, if the system gives no randomness.
    ///
    /// ```
    /// let root = countersign::field::RootKey::generate(1)?;
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn generate(id: u32) -> Result<Self, Error> {
        Self::from_bytes(id, random::array()?)
    }

    /// The id that values sealed under this root carry.
    ///
    /// ```
    /// assert_eq!(countersign::field::RootKey::generate(7)?.id(), 7);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub const fn id(&self) -> u32 {
        self.id
    }

    /// The key itself, for the host's key management.
    ///
    /// ```
    /// let root = countersign::field::RootKey::from_bytes(1, [7; 32])?;
    /// assert_eq!(root.expose_bytes(), &[7; 32]);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn expose_bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// This root with the moment from which it may write, for [`Keyring::dated`](super::Keyring::dated).
    ///
    /// ```
    /// # use countersign::{Timestamp, field::RootKey};
    /// let root = RootKey::generate(1)?.created(Timestamp::from_unix(1_800_000_000)?);
    /// assert_eq!(format!("{root:?}"), "DatedRoot(1, created 1800000000)");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub const fn created(self, at: Timestamp) -> DatedRootKey {
        DatedRootKey {
            root: self,
            created: at,
            retired: None,
            revoked: None,
        }
    }
}

impl fmt::Debug for RootKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Root({}, ..)", self.id)
    }
}

/// A root with its life: created, perhaps retired, perhaps revoked.
///
/// ```
/// # use countersign::{Timestamp, field::RootKey};
/// # let (january, june) = (Timestamp::from_unix(1_800_000_000)?, Timestamp::from_unix(1_813_000_000)?);
/// let root = RootKey::generate(1)?.created(january).retired(june);
/// assert_eq!(format!("{root:?}"), "DatedRoot(1, created 1800000000, retired 1813000000)");
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone)]
pub struct DatedRootKey {
    pub(super) root: RootKey,
    pub(super) created: Timestamp,
    pub(super) retired: Option<Timestamp>,
    pub(super) revoked: Option<Timestamp>,
}

impl DatedRootKey {
    /// The same, only reading from this moment on.
    ///
    /// ```
    /// # use countersign::{Timestamp, field::RootKey};
    /// # let (january, june) = (Timestamp::from_unix(1_800_000_000)?, Timestamp::from_unix(1_813_000_000)?);
    /// let root = RootKey::generate(1)?.created(january).retired(june);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub const fn retired(mut self, at: Timestamp) -> Self {
        self.retired = Some(at);
        self
    }

    /// The same, from this moment on opening nothing but in a rotation that names it.
    ///
    /// ```
    /// # use countersign::{Timestamp, field::RootKey};
    /// # let (january, june) = (Timestamp::from_unix(1_800_000_000)?, Timestamp::from_unix(1_813_000_000)?);
    /// let leaked = RootKey::generate(1)?.created(january).revoked(june);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub const fn revoked(mut self, at: Timestamp) -> Self {
        self.revoked = Some(at);
        self
    }
}

impl fmt::Debug for DatedRootKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "DatedRoot({}, created {}",
            self.root.id,
            self.created.unix()
        )?;
        for (what, at) in [("retired", self.retired), ("revoked", self.revoked)] {
            if let Some(at) = at {
                write!(f, ", {what} {}", at.unix())?;
            }
        }
        f.write_str(")")
    }
}

/// The secret behind what must outlive the rotation of roots: the pepper of answers, the decoys of unknown subjects, and
/// blind indexes. Kept apart from the roots, it makes a stolen ring worth less.
///
/// Its number is the *generation*; verifiers and index values name the generation they were made with.
///
/// ```
/// use countersign::field::LongTermSecret;
/// let long_term = LongTermSecret::from_bytes(1, [9; 32])?;
/// assert_eq!(format!("{long_term:?}"), "LongTermSecret(1, ..)");
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone)]
pub struct LongTermSecret(RootKey);

impl LongTermSecret {
    /// A long-term secret from bytes that the host's key management gave.
    ///
    /// # Errors
    /// As [`RootKey::from_bytes`].
    ///
    /// ```
    /// assert!(countersign::field::LongTermSecret::from_bytes(0, [9; 32]).is_err());
    /// ```
    pub fn from_bytes(generation: u32, bytes: [u8; 32]) -> Result<Self, Error> {
        RootKey::checked("long-term secret", generation, bytes).map(Self)
    }

    /// A fresh random one.
    ///
    /// # Errors
    /// As [`RootKey::generate`].
    ///
    /// ```
    /// let long_term = countersign::field::LongTermSecret::generate(1)?;
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn generate(generation: u32) -> Result<Self, Error> {
        Self::from_bytes(generation, random::array()?)
    }

    /// Which of the host's long-term secrets this is.
    ///
    /// ```
    /// assert_eq!(countersign::field::LongTermSecret::generate(3)?.generation(), 3);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub const fn generation(&self) -> u32 {
        self.0.id
    }

    /// The secret itself, for the host's key management.
    ///
    /// ```
    /// assert_eq!(countersign::field::LongTermSecret::from_bytes(1, [9; 32])?.expose_bytes(), &[9; 32]);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn expose_bytes(&self) -> &[u8; 32] {
        self.0.expose_bytes()
    }
}

impl fmt::Debug for LongTermSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LongTermSecret({}, ..)", self.0.id)
    }
}
