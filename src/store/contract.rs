//! The trait that a store implements, and what passes through it.

use core::fmt;
use std::sync::Arc;

use crate::error::Error;
use crate::time::Timestamp;

/// The key of a record: 32 bytes that reveal nothing of the subject.
///
/// ```
/// use countersign::store::Key;
/// let subject = countersign::Subject::new("bank", "C-1042")?;
/// assert_eq!(Key::of(&subject), Key::of(&subject));
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key([u8; 32]);

impl Key {
    /// Returns the key of a subject's record.
    #[must_use]
    pub fn of(subject: &crate::subject::Subject) -> Self {
        Self(*subject.store_key())
    }

    /// Makes a key of given bytes, for adapters' tests.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Returns the bytes, for an adapter.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, ..] = self.0;
        write!(f, "Key({a:02x}{b:02x}{c:02x}{d:02x}..)")
    }
}

/// The version of a record: 24 random bytes, drawn for each write. They never repeat. A record that was deleted and
/// created again is never taken for the old one.
///
/// ```
/// use countersign::store::Version;
/// assert_eq!(Version::from_bytes([7; 24]).as_bytes(), &[7; 24]);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Version([u8; 24]);

impl Version {
    /// Takes a version as an adapter stored it.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 24]) -> Self {
        Self(bytes)
    }

    /// Returns the bytes, for an adapter.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 24] {
        &self.0
    }
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, ..] = self.0;
        write!(f, "Version({a:02x}{b:02x}{c:02x}{d:02x}..)")
    }
}

/// A record as it is stored.
///
/// ```
/// use countersign::store::{Entry, Version};
/// let entry = Entry::new(b"sealed".to_vec(), Version::from_bytes([1; 24]), None);
/// assert_eq!(entry.bytes(), b"sealed");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    bytes: Vec<u8>,
    version: Version,
    expires_at: Option<Timestamp>,
}

impl Entry {
    /// Makes an entry of these bytes, in this version, for ever or until `expires_at`.
    #[must_use]
    pub const fn new(bytes: Vec<u8>, version: Version, expires_at: Option<Timestamp>) -> Self {
        Self {
            bytes,
            version,
            expires_at,
        }
    }

    /// Reads an entry from the columns of a row. Every adapter of a database reads rows so.
    ///
    /// # Errors
    /// Corrupt, if the version is not 24 bytes long, or if the time is not a Unix time up to the year 9999.
    ///
    /// ```
    /// use countersign::store::{Entry, Version};
    /// let read = Entry::from_columns(b"sealed".to_vec(), vec![1; 24], None)?;
    /// assert_eq!(read, Entry::new(b"sealed".to_vec(), Version::from_bytes([1; 24]), None));
    /// // A column that is too short cuts versions off. The write that follows would compare too little.
    /// assert!(Entry::from_columns(b"sealed".to_vec(), vec![1; 16], None).unwrap_err().is_corrupt());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn from_columns(
        bytes: Vec<u8>,
        version: Vec<u8>,
        expires_at: Option<i64>,
    ) -> Result<Self, Error> {
        let corrupt = |why| Error::corrupt("stored record", why);
        let version = version
            .try_into()
            .map_err(|_| corrupt("its version is not 24 bytes long"))?;
        let expires_at = expires_at
            .map(Timestamp::from_unix)
            .transpose()
            .map_err(|_| corrupt("its expires_at is not a Unix time"))?;
        Ok(Self::new(bytes, Version::from_bytes(version), expires_at))
    }

    /// Returns the sealed bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Returns the version.
    #[must_use]
    pub const fn version(&self) -> Version {
        self.version
    }

    /// Returns from when on [`purge`](Store::purge) may drop it. `None` for records of people.
    #[must_use]
    pub const fn expires_at(&self) -> Option<Timestamp> {
        self.expires_at
    }
}

/// The result of a compare-and-swap.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a compare-and-swap has two ends; a failure is an error"
)]
pub enum Replaced {
    /// The entry is stored, durably.
    Stored,
    /// Another version is stored: this one, or none.
    Conflict(Option<Entry>),
}

/// A place for records, shared by threads and processes.
///
/// # Contract
/// The suite in `store::conformance` (feature `conformance`) tries each sentence but the last two, which no test can see from
/// outside.
///
/// - A key names one record. All 32 bytes of it count, and all 24 of a version.
/// - `load` sees the last write that was `Stored`, whoever wrote. Read from the primary, never from a replica.
/// - `replace` and `remove` compare the version and write in one indivisible step. Of writes that race, one is `Stored`. A store
///   that merges two copies by the last write is not one.
/// - A lost race is a `Conflict` with the entry that is there now. A serialization failure of the database (SQLSTATE 40001) is
///   a lost race too, not an error: load again, and answer `Conflict`.
/// - Bytes, version and time come back as they went in.
/// - No record without `expires_at` is ever dropped by itself. `purge` drops each whose time has come.
/// - A write that answers `Stored` is durable, also after a fail-over. The manual tells
///   [which set-ups lose writes](crate::manual::operating#lost-by-design).
/// - A failure, or a doubt whether a write took place, is an error, never a success.
///
/// ```
/// use countersign::store::{Entry, Key, Replaced, Store, Version, memory::MemoryStore};
/// let store = MemoryStore::new();
/// let (key, first) = (Key::from_bytes([1; 32]), Entry::new(vec![1], Version::from_bytes([1; 24]), None));
/// assert_eq!(store.replace(&key, None, &first)?, Replaced::Stored);
/// assert_eq!(store.replace(&key, None, &first)?, Replaced::Conflict(Some(first.clone())));
/// assert_eq!(store.load(&key)?, Some(first));
/// # Ok::<(), countersign::Error>(())
/// ```
pub trait Store {
    /// Returns the record under `key`.
    ///
    /// # Errors
    /// Store, if the record cannot be read.
    fn load(&self, key: &Key) -> Result<Option<Entry>, Error>;

    /// Puts `entry` under `key` if the version there is `expected` (`None`: if nothing is there).
    ///
    /// # Errors
    /// Store, if it failed, or its end is unknown.
    fn replace(
        &self,
        key: &Key,
        expected: Option<&Version>,
        entry: &Entry,
    ) -> Result<Replaced, Error>;

    /// Deletes the record under `key` if its version is `expected`.
    ///
    /// # Errors
    /// Store, if it failed, or its end is unknown.
    fn remove(&self, key: &Key, expected: &Version) -> Result<Replaced, Error>;

    /// Drops every record whose `expires_at` is not after `now`. Returns how many.
    ///
    /// # Errors
    /// Store, if it failed.
    fn purge(&self, now: Timestamp) -> Result<usize, Error>;
}

macro_rules! hand_on {
    ($($pointer:ty),*) => {$(
        impl<S: Store + ?Sized> Store for $pointer {
            fn load(&self, key: &Key) -> Result<Option<Entry>, Error> {
                (**self).load(key)
            }
            fn replace(
                &self,
                key: &Key,
                expected: Option<&Version>,
                entry: &Entry,
            ) -> Result<Replaced, Error> {
                (**self).replace(key, expected, entry)
            }
            fn remove(&self, key: &Key, expected: &Version) -> Result<Replaced, Error> {
                (**self).remove(key, expected)
            }
            fn purge(&self, now: Timestamp) -> Result<usize, Error> {
                (**self).purge(now)
            }
        }
    )*};
}
hand_on!(&S, Arc<S>, Box<S>);
