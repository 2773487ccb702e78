//! A store that makes a race happen: nobody goes on until everybody has loaded.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::error::Error;
use crate::store::contract::{Entry, Key, Replaced, Store, Version};
use crate::time::Timestamp;

/// How long a load waits for the others before it is an error.
const PATIENCE: Duration = Duration::from_secs(30);

/// A store whose first loads wait for each other, so that all of them see the same version; later ones pass.
///
/// Without it a test of a race mostly tests threads that run one after the other.
///
/// ```
/// use countersign::store::{Entry, Key, Replaced, Store, Version, conformance::Gate, memory::MemoryStore};
/// let key = Key::from_bytes([1; 32]);
/// let store = Gate::new(MemoryStore::new(), 2);
/// std::thread::scope(|scope| {
///     for tag in 1..=2 {
///         let (store, entry) = (&store, Entry::new(vec![], Version::from_bytes([tag; 24]), None));
///         scope.spawn(move || {
///             assert!(store.load(&key).unwrap().is_none(), "nobody has written yet");
///             store.replace(&key, None, &entry).unwrap();
///         });
///     }
/// });
/// assert_eq!(store.conflicts(), 1);
/// ```
#[derive(Debug)]
pub struct Gate<S> {
    store: S,
    meeting: Meeting,
    patience: Duration,
    conflicts: AtomicUsize,
}

impl<S> Gate<S> {
    /// Holds the first `loads` loads until that many have been made. Half a minute later those that still wait
    /// answer an error, so that a test whose threads do not all come fails instead of hanging.
    ///
    /// ```
    /// # use countersign::store::{Key, Store, conformance::Gate, memory::MemoryStore};
    /// let open = Gate::new(MemoryStore::new(), 1);
    /// assert!(open.load(&Key::from_bytes([1; 32]))?.is_none());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub const fn new(store: S, loads: usize) -> Self {
        Self {
            store,
            meeting: Meeting::of(loads),
            patience: PATIENCE,
            conflicts: AtomicUsize::new(0),
        }
    }

    /// How many writes met a conflict.
    ///
    /// ```
    /// # use countersign::store::{Key, Store, Version, conformance::Gate, memory::MemoryStore};
    /// let store = Gate::new(MemoryStore::new(), 0);
    /// store.remove(&Key::from_bytes([1; 32]), &Version::from_bytes([1; 24]))?;
    /// assert_eq!(store.conflicts(), 1);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn conflicts(&self) -> usize {
        self.conflicts.load(Ordering::SeqCst)
    }

    fn counted(&self, answer: Result<Replaced, Error>) -> Result<Replaced, Error> {
        if let Ok(Replaced::Conflict(_)) = answer {
            self.conflicts.fetch_add(1, Ordering::SeqCst);
        }
        answer
    }
}

impl<S: Store> Store for Gate<S> {
    fn load(&self, key: &Key) -> Result<Option<Entry>, Error> {
        let loaded = self.store.load(key);
        if !self.meeting.wait(self.patience) {
            return Err(Error::store("gate", "too few loads came to open it"));
        }
        loaded
    }

    fn replace(
        &self,
        key: &Key,
        expected: Option<&Version>,
        entry: &Entry,
    ) -> Result<Replaced, Error> {
        self.counted(self.store.replace(key, expected, entry))
    }

    fn remove(&self, key: &Key, expected: &Version) -> Result<Replaced, Error> {
        self.counted(self.store.remove(key, expected))
    }

    fn purge(&self, now: Timestamp) -> Result<usize, Error> {
        self.store.purge(now)
    }
}

/// A barrier that opens once, and gives up when somebody does not come.
#[derive(Debug)]
pub(super) struct Meeting {
    size: usize,
    arrived: Mutex<usize>,
    bell: Condvar,
}

impl Meeting {
    pub(super) const fn of(size: usize) -> Self {
        Self {
            size,
            arrived: Mutex::new(0),
            bell: Condvar::new(),
        }
    }

    /// Whether all came in time. Whoever comes later passes at once.
    pub(super) fn wait(&self, patience: Duration) -> bool {
        // A count is whole even if a thread died beside it.
        let mut arrived = self.arrived.lock().unwrap_or_else(PoisonError::into_inner);
        *arrived = arrived.saturating_add(1);
        self.bell.notify_all();
        let (arrived, _) = self
            .bell
            .wait_timeout_while(arrived, patience, |arrived| *arrived < self.size)
            .unwrap_or_else(PoisonError::into_inner);
        *arrived >= self.size
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::memory::MemoryStore;

    #[test]
    fn a_gate_gives_up_when_too_few_come() {
        let gate = Gate {
            patience: Duration::from_millis(10),
            ..Gate::new(MemoryStore::new(), 2)
        };
        let key = Key::from_bytes([1; 32]);
        assert!(gate.load(&key).unwrap_err().is_store());
        // The second opens it, for itself and all that follow.
        assert!(gate.load(&key).unwrap().is_none());
        assert!(gate.load(&key).unwrap().is_none());
    }
}
