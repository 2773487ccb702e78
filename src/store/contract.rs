//! The trait that a store implements, and what passes through it.

use core::fmt;
use std::sync::Arc;

use crate::error::{Error, ErrorKind};
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

/// A place in a walk over a store: what comes next. An adapter makes it, and reads it again, also in another process.
///
/// ```
/// use countersign::store::{Key, ScanPlace};
/// let place = ScanPlace::after(&Key::from_bytes([7; 32]));
/// let kept = ScanPlace::from_bytes(place.as_bytes())?; // beside the walk's progress, in a file of yours
/// assert_eq!(kept.key()?, Key::from_bytes([7; 32]));
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct ScanPlace(Vec<u8>);

impl ScanPlace {
    /// A longer place is refused.
    pub const MAX_BYTES: usize = 64;

    /// Makes the place after a key, for a store that answers in the order of keys.
    #[must_use]
    pub fn after(key: &Key) -> Self {
        Self(key.as_bytes().to_vec())
    }

    /// Takes a place as an adapter or a host stored it.
    ///
    /// # Errors
    /// Misuse, if it is empty or longer than [`MAX_BYTES`](Self::MAX_BYTES).
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        if bytes.is_empty() || bytes.len() > Self::MAX_BYTES {
            return Err(misplaced("must hold 1 to 64 bytes"));
        }
        Ok(Self(bytes.to_vec()))
    }

    /// Returns the bytes, for an adapter or a host to store.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Returns the key of [`after`](Self::after).
    ///
    /// # Errors
    /// Misuse, if it is a place of another kind: of another store.
    pub fn key(&self) -> Result<Key, Error> {
        let bytes = self.0.as_slice().try_into();
        let key = bytes.map_err(|_| misplaced("must be of a walk over this kind of store"))?;
        Ok(Key::from_bytes(key))
    }
}

impl fmt::Debug for ScanPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ScanPlace(..)")
    }
}

pub(crate) fn misplaced(rule: &'static str) -> Error {
    Error::misuse("scan place", rule)
}

/// Records with their keys.
type Found = Vec<(Key, Result<Entry, Error>)>;

/// A page of a walk: records with their keys, and the place of the next page.
///
/// ```
/// use countersign::store::{Entry, Key, Page, Version};
/// let entry = Entry::new(b"sealed".to_vec(), Version::from_bytes([1; 24]), None);
/// let page = Page::by_key(vec![(Key::from_bytes([7; 32]), Ok(entry))], 100);
/// assert!(page.next().is_none(), "it holds fewer than were asked for");
/// ```
#[derive(Debug)]
pub struct Page {
    found: Found,
    next: Option<ScanPlace>,
}

impl Page {
    /// Makes a page. Without a place of the next one it is the last.
    ///
    /// A record whose columns cannot be read stands in it as an error. So the walk goes on, and names it.
    #[must_use]
    pub const fn new(found: Vec<(Key, Result<Entry, Error>)>, next: Option<ScanPlace>) -> Self {
        Self { found, next }
    }

    /// Makes a page of a store that answers in the order of keys. It is the last one if it holds fewer records than the limit.
    #[must_use]
    pub fn by_key(found: Vec<(Key, Result<Entry, Error>)>, limit: usize) -> Self {
        let is_full = !found.is_empty() && found.len() >= limit;
        let last = found.last().filter(|_| is_full);
        let next = last.map(|(key, _)| ScanPlace::after(key));
        Self { found, next }
    }

    /// Returns the records with their keys.
    pub fn found(&self) -> &[(Key, Result<Entry, Error>)] {
        &self.found
    }

    /// Returns the place of the next page. `None` after the last one.
    #[must_use]
    pub const fn next(&self) -> Option<&ScanPlace> {
        self.next.as_ref()
    }

    pub(crate) fn into_parts(self) -> (Found, Option<ScanPlace>) {
        (self.found, self.next)
    }
}

/// A write that goes with others: `entry` takes the place of the version `expected` under `key`.
///
/// ```
/// use countersign::store::{Entry, Key, Replaced, Store, Swap, Version, memory::MemoryStore};
/// let entry = |tag| Entry::new(vec![tag], Version::from_bytes([tag; 24]), None);
/// let (store, key) = (MemoryStore::new(), Key::from_bytes([1; 32]));
/// assert_eq!(store.replace(&key, None, &entry(1))?, Replaced::Stored);
/// let swap = |from: Entry, to: Entry| Swap { key, expected: from.version(), entry: to };
/// assert_eq!(store.replace_all(&[swap(entry(1), entry(2))])?, [Replaced::Stored]);
/// assert_eq!(store.replace_all(&[swap(entry(1), entry(3))])?, [Replaced::Conflict(Some(entry(2)))]);
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "a compare-and-swap has these three parts"
)]
pub struct Swap {
    /// The key of the record. A batch names no key twice.
    pub key: Key,
    /// The version that must stand there.
    pub expected: Version,
    /// The record that takes its place.
    pub entry: Entry,
}

/// Returns the error of a store that has no walk.
pub(crate) fn cannot_scan() -> Error {
    let rule = "cannot be walked: implement `Store::scan` or `AsyncStore::scan` for it";
    Error::misuse("store", rule).of(ErrorKind::NotSupported)
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
/// A [walk](Self::scan) over the records is optional. The suite tries it where it is there.
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

    /// Returns about `limit` records from a place on, and the place of the next page. `None` begins the walk.
    ///
    /// A record that stands during the whole walk is on one of its pages, whatever is written meanwhile. One that is made or
    /// deleted meanwhile may be missing. An adapter says if a record may be on two pages. A page may be empty, and have a next
    /// one.
    ///
    /// It is optional: [`Verifier::rekey`](crate::Verifier::rekey) and [`Verifier::report`](crate::Verifier::report) need it.
    ///
    /// # Errors
    /// Not supported, by default. Store, if the records cannot be read. Misuse, for a place of another store.
    fn scan(&self, from: Option<&ScanPlace>, limit: usize) -> Result<Page, Error> {
        let _ = (from, limit);
        Err(cannot_scan())
    }

    /// Carries out many writes, each as [`replace`](Self::replace), and answers in their order. Each is compared and stored by itself.
    ///
    /// By default they are carried out one by one. An adapter may take one transaction for all: a commit for each is what takes
    /// the time. After an error, each of them has taken place, or has not.
    ///
    /// # Errors
    /// Store, if it failed, or its end is unknown.
    fn replace_all(&self, swaps: &[Swap]) -> Result<Vec<Replaced>, Error> {
        let one = |swap: &Swap| self.replace(&swap.key, Some(&swap.expected), &swap.entry);
        swaps.iter().map(one).collect()
    }
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
            fn scan(&self, from: Option<&ScanPlace>, limit: usize) -> Result<Page, Error> {
                (**self).scan(from, limit)
            }
            fn replace_all(&self, swaps: &[Swap]) -> Result<Vec<Replaced>, Error> {
                (**self).replace_all(swaps)
            }
        }
    )*};
}
hand_on!(&S, Arc<S>, Box<S>);
