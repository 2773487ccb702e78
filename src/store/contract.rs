//! The trait that a store implements, and what passes through it.

use core::fmt;

use crate::error::Error;
use crate::time::Timestamp;

/// What a record is kept under: 32 bytes that show nothing of the subject.
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
    /// The key of a subject's record.
    ///
    /// ```
    /// # use countersign::{Subject, store::Key};
    /// assert_ne!(Key::of(&Subject::new("a", "x")?), Key::of(&Subject::new("b", "x")?));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn of(subject: &crate::subject::Subject) -> Self {
        Self(*subject.store_key())
    }

    /// A key made of given bytes, for adapters' tests.
    ///
    /// ```
    /// assert_eq!(countersign::store::Key::from_bytes([7; 32]).as_bytes(), &[7; 32]);
    /// ```
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, for an adapter.
    ///
    /// ```
    /// assert_eq!(countersign::store::Key::from_bytes([7; 32]).as_bytes().len(), 32);
    /// ```
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

/// The version of a record: 24 random bytes, drawn for each write. They never repeat, so a record that was deleted and
/// made anew is not taken for the old one.
///
/// ```
/// use countersign::store::Version;
/// assert_eq!(Version::from_bytes([7; 24]).as_bytes(), &[7; 24]);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Version([u8; 24]);

impl Version {
    /// A version as an adapter stored it.
    ///
    /// ```
    /// let version = countersign::store::Version::from_bytes([7; 24]);
    /// ```
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 24]) -> Self {
        Self(bytes)
    }

    /// The bytes, for an adapter.
    ///
    /// ```
    /// assert_eq!(countersign::store::Version::from_bytes([7; 24]).as_bytes().len(), 24);
    /// ```
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
    /// These bytes, in this version, for ever or until `expires_at`.
    ///
    /// ```
    /// # use countersign::{Timestamp, store::{Entry, Version}};
    /// let decoy = Entry::new(vec![0], Version::from_bytes([1; 24]), Some(Timestamp::MAX));
    /// assert_eq!(decoy.expires_at(), Some(Timestamp::MAX));
    /// ```
    #[must_use]
    pub const fn new(bytes: Vec<u8>, version: Version, expires_at: Option<Timestamp>) -> Self {
        Self {
            bytes,
            version,
            expires_at,
        }
    }

    /// The sealed bytes.
    ///
    /// ```
    /// # use countersign::store::{Entry, Version};
    /// assert_eq!(Entry::new(vec![1, 2], Version::from_bytes([1; 24]), None).bytes(), [1, 2]);
    /// ```
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The version.
    ///
    /// ```
    /// # use countersign::store::{Entry, Version};
    /// let version = Version::from_bytes([1; 24]);
    /// assert_eq!(Entry::new(vec![], version, None).version(), version);
    /// ```
    #[must_use]
    pub const fn version(&self) -> Version {
        self.version
    }

    /// From when on [`purge`](Store::purge) may drop it; `None` for records of people.
    ///
    /// ```
    /// # use countersign::store::{Entry, Version};
    /// assert!(Entry::new(vec![], Version::from_bytes([1; 24]), None).expires_at().is_none());
    /// ```
    #[must_use]
    pub const fn expires_at(&self) -> Option<Timestamp> {
        self.expires_at
    }
}

/// What became of a compare-and-swap.
///
/// ```
/// use countersign::store::Replaced;
/// assert!(matches!(Replaced::Conflict(None), Replaced::Conflict(_)));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a compare-and-swap has two ends; a failure is an error"
)]
pub enum Replaced {
    /// The entry stands, durably.
    Stored,
    /// Another version stands there: this one, or none.
    Conflict(Option<Entry>),
}

/// A place for records, shared by threads and processes.
///
/// # Contract
/// - `replace` and `remove` compare the version and write in one indivisible step.
/// - What `Stored` was answered for is durable.
/// - A failure, or a doubt, is an error; never a success.
/// - No record without `expires_at` is ever dropped by itself.
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
    /// The record under `key`.
    ///
    /// # Errors
    /// Store, if the record cannot be read.
    fn load(&self, key: &Key) -> Result<Option<Entry>, Error>;

    /// Puts `entry` under `key` if the version there is `expected` (`None`: if nothing is there).
    ///
    /// # Errors
    /// Store, if it failed or nobody knows whether it did.
    fn replace(
        &self,
        key: &Key,
        expected: Option<&Version>,
        entry: &Entry,
    ) -> Result<Replaced, Error>;

    /// Deletes the record under `key` if its version is `expected`.
    ///
    /// # Errors
    /// Store, if it failed or nobody knows whether it did.
    fn remove(&self, key: &Key, expected: &Version) -> Result<Replaced, Error>;

    /// Drops every record whose `expires_at` is not after `now`; answers how many.
    ///
    /// # Errors
    /// Store, if it failed.
    fn purge(&self, now: Timestamp) -> Result<usize, Error>;
}

impl<S: Store + ?Sized> Store for &S {
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
