//! A store that fails on command, to show that nothing is revealed and nothing un-charged when it does.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::error::Error;
use crate::store::contract::{Entry, Key, Replaced, Store, Version};
use crate::time::Timestamp;

/// How a write goes wrong.
///
/// ```
/// use countersign::store::{Key, Replaced, Store, Version, conformance::{Faulty, Fault}, memory::MemoryStore};
/// let store = Faulty::new(MemoryStore::new());
/// store.script([Fault::Conflict]);
/// let answer = store.remove(&Key::from_bytes([1; 32]), &Version::from_bytes([1; 24]))?;
/// assert_eq!(answer, Replaced::Conflict(None));
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Nothing is written; the answer is a conflict with what stands there.
    Conflict,
    /// Nothing is written; the answer is an error.
    Failed,
    /// The write is done, and the answer is an error all the same: the connection broke before it came.
    Lost,
}

/// A store whose next writes go wrong as scripted; then it works again.
///
/// ```
/// use countersign::store::{Entry, Key, Store, Version, conformance::{Faulty, Fault}, memory::MemoryStore};
/// let key = Key::from_bytes([1; 32]);
/// let entry = Entry::new(vec![1], Version::from_bytes([1; 24]), None);
/// let store = Faulty::new(MemoryStore::new());
/// store.script([Fault::Failed, Fault::Lost]);
/// assert!(store.replace(&key, None, &entry).is_err() && store.load(&key)?.is_none());
/// assert!(store.replace(&key, None, &entry).is_err() && store.load(&key)?.is_some());
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Debug)]
pub struct Faulty<S> {
    store: S,
    script: Mutex<VecDeque<Fault>>,
}

impl<S> Faulty<S> {
    /// Works like `store` until it has a script.
    ///
    /// ```
    /// # use countersign::store::{conformance::{self, Faulty}, memory::MemoryStore};
    /// conformance::run(|| Faulty::new(MemoryStore::new()));
    /// ```
    pub const fn new(store: S) -> Self {
        Self {
            store,
            script: Mutex::new(VecDeque::new()),
        }
    }

    /// The next calls of `replace` and `remove` meet these faults, in this order.
    ///
    /// ```
    /// # use countersign::store::{conformance::{Faulty, Fault}, memory::MemoryStore};
    /// let store = Faulty::new(MemoryStore::new());
    /// store.script([Fault::Conflict, Fault::Conflict, Fault::Lost]);
    /// ```
    pub fn script(&self, faults: impl IntoIterator<Item = Fault>) {
        self.faults().extend(faults);
    }

    /// How many scripted faults have not been met: zero, if a test did what it set out to do.
    ///
    /// ```
    /// # use countersign::store::{conformance::{Faulty, Fault}, memory::MemoryStore};
    /// let store = Faulty::new(MemoryStore::new());
    /// store.script([Fault::Lost]);
    /// assert_eq!(store.pending(), 1);
    /// ```
    #[must_use]
    pub fn pending(&self) -> usize {
        self.faults().len()
    }

    fn faults(&self) -> MutexGuard<'_, VecDeque<Fault>> {
        // A queue operation leaves the queue whole even if a thread died beside it.
        self.script.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Store> Faulty<S> {
    fn write(
        &self,
        key: &Key,
        act: impl FnOnce() -> Result<Replaced, Error>,
    ) -> Result<Replaced, Error> {
        let fault = self.faults().pop_front();
        match fault {
            None => act(),
            Some(Fault::Conflict) => self.store.load(key).map(Replaced::Conflict),
            Some(Fault::Failed) => Err(Error::store("faulty store", "it was told to fail")),
            Some(Fault::Lost) => {
                act()?;
                Err(Error::store(
                    "faulty store",
                    "it was told to lose the answer",
                ))
            }
        }
    }
}

impl<S: Store> Store for Faulty<S> {
    fn load(&self, key: &Key) -> Result<Option<Entry>, Error> {
        self.store.load(key)
    }

    fn replace(
        &self,
        key: &Key,
        expected: Option<&Version>,
        entry: &Entry,
    ) -> Result<Replaced, Error> {
        self.write(key, || self.store.replace(key, expected, entry))
    }

    fn remove(&self, key: &Key, expected: &Version) -> Result<Replaced, Error> {
        self.write(key, || self.store.remove(key, expected))
    }

    fn purge(&self, now: Timestamp) -> Result<usize, Error> {
        self.store.purge(now)
    }
}
