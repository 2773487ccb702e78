//! A store in memory, for tests and for hosts that keep records elsewhere.

use core::ops::Bound;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::async_contract::AsyncStore;
use super::contract::{Entry, Key, Page, Replaced, ScanPlace, Store, Version};
use crate::error::Error;
use crate::time::Timestamp;

/// Records in a map. They are gone when it is dropped.
///
/// ```
/// use countersign::store::{Key, Store, memory::MemoryStore};
/// assert!(MemoryStore::new().load(&Key::from_bytes([1; 32]))?.is_none());
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct MemoryStore {
    records: Mutex<BTreeMap<Key, Entry>>,
}

impl MemoryStore {
    /// Makes an empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn records(&self) -> MutexGuard<'_, BTreeMap<Key, Entry>> {
        // A map operation leaves the map whole even if a thread died beside it.
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for MemoryStore {
    fn load(&self, key: &Key) -> Result<Option<Entry>, Error> {
        Ok(self.records().get(key).cloned())
    }

    fn replace(
        &self,
        key: &Key,
        expected: Option<&Version>,
        entry: &Entry,
    ) -> Result<Replaced, Error> {
        let mut records = self.records();
        let present = records.get(key);
        if present.map(Entry::version) != expected.copied() {
            return Ok(Replaced::Conflict(present.cloned()));
        }
        records.insert(*key, entry.clone());
        Ok(Replaced::Stored)
    }

    fn remove(&self, key: &Key, expected: &Version) -> Result<Replaced, Error> {
        let mut records = self.records();
        let present = records.get(key);
        if present.map(Entry::version) != Some(*expected) {
            return Ok(Replaced::Conflict(present.cloned()));
        }
        records.remove(key);
        Ok(Replaced::Stored)
    }

    fn purge(&self, now: Timestamp) -> Result<usize, Error> {
        let mut records = self.records();
        let before = records.len();
        records.retain(|_, entry| entry.expires_at().is_none_or(|until| until > now));
        Ok(before.saturating_sub(records.len()))
    }

    fn scan(&self, from: Option<&ScanPlace>, limit: usize) -> Result<Page, Error> {
        let from = match from {
            Some(place) => Bound::Excluded(place.key()?),
            None => Bound::Unbounded,
        };
        let records = self.records();
        let found = records.range((from, Bound::Unbounded)).take(limit);
        let found = found.map(|(key, entry)| (*key, Ok(entry.clone())));
        Ok(Page::by_key(found.collect(), limit))
    }
}

/// Nothing is waited for: the answers are there at once.
impl AsyncStore for MemoryStore {
    async fn load(&self, key: &Key) -> Result<Option<Entry>, Error> {
        Store::load(self, key)
    }

    async fn replace(
        &self,
        key: &Key,
        expected: Option<&Version>,
        entry: &Entry,
    ) -> Result<Replaced, Error> {
        Store::replace(self, key, expected, entry)
    }

    async fn remove(&self, key: &Key, expected: &Version) -> Result<Replaced, Error> {
        Store::remove(self, key, expected)
    }

    async fn purge(&self, now: Timestamp) -> Result<usize, Error> {
        Store::purge(self, now)
    }

    async fn scan(&self, from: Option<&ScanPlace>, limit: usize) -> Result<Page, Error> {
        Store::scan(self, from, limit)
    }
}
