//! A store that counts the writes and the lost races of another one, and can be farther away.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use countersign::store::{Entry, Key, Replaced, Store, Version};
use countersign::{Error, Timestamp};

#[derive(Default)]
pub struct Counts {
    pub stored: AtomicU64,
    pub conflicts: AtomicU64,
}

pub struct Counting<'c, S> {
    pub store: S,
    pub counts: &'c Counts,
    pub distance: Duration,
}

impl<S> Counting<'_, S> {
    /// Waits for half of the way to the server.
    fn travel(&self) {
        if !self.distance.is_zero() {
            thread::sleep(self.distance / 2);
        }
    }
}

impl<S: Store> Store for Counting<'_, S> {
    fn load(&self, key: &Key) -> Result<Option<Entry>, Error> {
        self.travel();
        let loaded = self.store.load(key);
        self.travel();
        loaded
    }

    fn replace(
        &self,
        key: &Key,
        expected: Option<&Version>,
        entry: &Entry,
    ) -> Result<Replaced, Error> {
        self.travel();
        let replaced = self.store.replace(key, expected, entry)?;
        self.travel();
        let count = match &replaced {
            Replaced::Stored => &self.counts.stored,
            Replaced::Conflict(_) => &self.counts.conflicts,
        };
        count.fetch_add(1, Ordering::Relaxed);
        Ok(replaced)
    }

    fn remove(&self, key: &Key, expected: &Version) -> Result<Replaced, Error> {
        self.store.remove(key, expected)
    }

    fn purge(&self, now: Timestamp) -> Result<usize, Error> {
        self.store.purge(now)
    }
}
