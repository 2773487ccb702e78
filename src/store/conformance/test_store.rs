//! A store that makes happen what seldom happens by itself: races, conflicts, failed writes, lost answers.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::asked::{Asked, Direct, Waited};
use super::meeting::Meeting;
use super::together::wait_for;
use crate::error::Error;
use crate::store::async_contract::AsyncStore;
use crate::store::contract::{Entry, Key, Page, Replaced, ScanPlace, Store, Version};
use crate::time::Timestamp;

/// How long a load waits for the others before it is an error.
const PATIENCE: Duration = Duration::from_secs(30);

/// The name in its errors.
const WHAT: &str = "test store";

/// A store for tests of flows, over a store of either trait. Its next writes go wrong on request, and its first loads can wait for each other.
///
/// A test without it mostly tests threads that run one after the other. With it, a race must happen:
///
/// ```
/// use countersign::store::{Entry, Key, Replaced, Store, Version, conformance::TestStore, memory::MemoryStore};
/// let key = Key::from_bytes([1; 32]);
/// let store = TestStore::racing(MemoryStore::new(), 2);
/// std::thread::scope(|scope| {
///     for tag in 1..=2 {
///         let (store, entry) = (&store, Entry::new(vec![], Version::from_bytes([tag; 24]), None));
///         scope.spawn(move || {
///             assert!(store.load(&key).unwrap().is_none(), "no thread has written yet");
///             store.replace(&key, None, &entry).unwrap();
///         });
///     }
/// });
/// assert_eq!(store.conflicts(), 1);
/// ```
///
/// And a write fails when it hurts most:
///
/// ```
/// # use countersign::store::{Entry, Key, Store, Version, conformance::TestStore, memory::MemoryStore};
/// let (key, entry) = (Key::from_bytes([1; 32]), Entry::new(vec![1], Version::from_bytes([1; 24]), None));
/// let store = TestStore::new(MemoryStore::new());
/// store.fail_next(1);
/// store.lose_next(1);
/// assert!(store.replace(&key, None, &entry).is_err() && store.load(&key)?.is_none());
/// assert!(store.replace(&key, None, &entry).is_err() && store.load(&key)?.is_some());
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Debug)]
pub struct TestStore<S> {
    store: S,
    meeting: Meeting,
    patience: Duration,
    conflicts: AtomicUsize,
    script: Mutex<VecDeque<Fault>>,
}

#[derive(Clone, Copy, Debug)]
enum Fault {
    Conflict,
    Failed,
    Lost,
}

/// A write that is asked for.
enum Write<'a> {
    Replace(Option<&'a Version>, &'a Entry),
    Remove(&'a Version),
}

impl<S> TestStore<S> {
    /// Works as `store`, until a fault is planned.
    pub const fn new(store: S) -> Self {
        Self::racing(store, 0)
    }

    /// Holds the first `loads` loads until that many have been made, so that all of them see one version. Later loads pass.
    ///
    /// A load that waits for half a minute is an error. A test whose threads do not all come then fails, and does not hang.
    pub const fn racing(store: S, loads: usize) -> Self {
        Self {
            store,
            meeting: Meeting::of(loads),
            patience: PATIENCE,
            conflicts: AtomicUsize::new(0),
            script: Mutex::new(VecDeque::new()),
        }
    }

    /// Lets the next writes meet a conflict: they write nothing. Calls add up, in their order.
    pub fn conflict_next(&self, writes: usize) {
        self.plan(writes, Fault::Conflict);
    }

    /// Lets the next writes fail: they write nothing, and are an error.
    pub fn fail_next(&self, writes: usize) {
        self.plan(writes, Fault::Failed);
    }

    /// Lets the answers of the next writes be lost: they write, and are an error all the same.
    pub fn lose_next(&self, writes: usize) {
        self.plan(writes, Fault::Lost);
    }

    fn plan(&self, writes: usize, fault: Fault) {
        self.script().extend(std::iter::repeat_n(fault, writes));
    }

    /// Returns how many planned faults have not happened: zero, if a test did what it set out to do.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.script().len()
    }

    /// Returns how many writes met a conflict.
    #[must_use]
    pub fn conflicts(&self) -> usize {
        self.conflicts.load(Ordering::SeqCst)
    }

    fn script(&self) -> MutexGuard<'_, VecDeque<Fault>> {
        // A queue operation leaves the queue whole even if a thread died beside it.
        self.script.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Loads, and waits for the others of a race.
    async fn load_by(&self, store: impl Asked, key: &Key) -> Result<Option<Entry>, Error> {
        let loaded = store.load(key).await;
        if !self.meeting.wait(self.patience).await {
            return Err(Error::store(WHAT, "too few loads came for the race"));
        }
        loaded
    }

    /// Writes, unless the script has it otherwise.
    async fn write_by(
        &self,
        store: impl Asked,
        key: &Key,
        write: Write<'_>,
    ) -> Result<Replaced, Error> {
        let fault = self.script().pop_front();
        let written = match (fault, write) {
            (Some(Fault::Conflict), _) => store.load(key).await.map(Replaced::Conflict),
            (Some(Fault::Failed), _) => Err(Error::store(WHAT, "this write had to fail")),
            (_, Write::Replace(expected, entry)) => store.replace(key, expected, entry).await,
            (_, Write::Remove(expected)) => store.remove(key, expected).await,
        };
        let answer = match (fault, written) {
            (Some(Fault::Lost), Ok(_)) => Err(Error::store(WHAT, "this answer had to be lost")),
            (_, written) => written,
        };
        if let Ok(Replaced::Conflict(_)) = answer {
            self.conflicts.fetch_add(1, Ordering::SeqCst);
        }
        answer
    }
}

impl<S: Store> Store for TestStore<S> {
    fn load(&self, key: &Key) -> Result<Option<Entry>, Error> {
        wait_for(self.load_by(Direct(&self.store), key))
    }

    fn replace(
        &self,
        key: &Key,
        expected: Option<&Version>,
        entry: &Entry,
    ) -> Result<Replaced, Error> {
        let write = Write::Replace(expected, entry);
        wait_for(self.write_by(Direct(&self.store), key, write))
    }

    fn remove(&self, key: &Key, expected: &Version) -> Result<Replaced, Error> {
        let write = Write::Remove(expected);
        wait_for(self.write_by(Direct(&self.store), key, write))
    }

    fn purge(&self, now: Timestamp) -> Result<usize, Error> {
        self.store.purge(now)
    }

    fn scan(&self, from: Option<&ScanPlace>, limit: usize) -> Result<Page, Error> {
        self.store.scan(from, limit)
    }
}

impl<S: AsyncStore> AsyncStore for TestStore<S> {
    async fn load(&self, key: &Key) -> Result<Option<Entry>, Error> {
        self.load_by(Waited(&self.store), key).await
    }

    async fn replace(
        &self,
        key: &Key,
        expected: Option<&Version>,
        entry: &Entry,
    ) -> Result<Replaced, Error> {
        let write = Write::Replace(expected, entry);
        self.write_by(Waited(&self.store), key, write).await
    }

    async fn remove(&self, key: &Key, expected: &Version) -> Result<Replaced, Error> {
        let write = Write::Remove(expected);
        self.write_by(Waited(&self.store), key, write).await
    }

    async fn purge(&self, now: Timestamp) -> Result<usize, Error> {
        self.store.purge(now).await
    }

    async fn scan(&self, from: Option<&ScanPlace>, limit: usize) -> Result<Page, Error> {
        self.store.scan(from, limit).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::memory::MemoryStore;

    #[test]
    fn a_race_gives_up_when_too_few_come() {
        let store = TestStore {
            patience: Duration::from_millis(10),
            ..TestStore::racing(MemoryStore::new(), 2)
        };
        let key = Key::from_bytes([1; 32]);
        assert!(Store::load(&store, &key).unwrap_err().is_store());
        // The second opens it, for itself and all that follow.
        assert!(Store::load(&store, &key).unwrap().is_none());
        assert!(Store::load(&store, &key).unwrap().is_none());
    }
}
