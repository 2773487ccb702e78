//! A store that blocks, for tasks: its calls run on other threads.

use core::fmt;
use core::pin::pin;
use core::time::Duration;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::async_contract::AsyncStore;
use super::contract::{Entry, Key, Page, Replaced, ScanPlace, Store, Swap, Version};
use crate::error::Error;
use crate::offload::Offload;
use crate::time::Timestamp;
use crate::timer;

/// How many calls are under way at once, unless the host says where they run.
const THREADS: usize = 8;
/// How long a call takes at most, unless the host says otherwise. SQLite gives up a second earlier, and its answer says more.
const PATIENCE: Duration = Duration::from_secs(6);
const NAME: &str = "offloaded store";
const NOT_BEGUN: &str = "no thread was free within the time limit";
const BEGUN: &str =
    "no answer within the time limit; whether a write took place is unknown, and it may still";

/// An [`AsyncStore`] of any [`Store`], for example of SQLite: each call runs on another thread, and no thread of the executor
/// blocks.
///
/// By default there are eight threads, and the calls wait for them in their order. A caller who hangs up before a call begins takes
/// it back. A call that has begun runs to its end. [`with_patience`](Self::with_patience) is how long a caller waits for it.
///
/// ```
/// use countersign::store::{Offloaded, memory::MemoryStore};
/// # use countersign::{AsyncVerifier, Settings, field::{Keyring, LongTermSecret, RootKey}};
/// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
/// // Or `SqliteStore::open(path)?`, or an adapter of your own.
/// let store = Offloaded::new(MemoryStore::new());
/// let verifier = AsyncVerifier::new(store, settings);
/// # Ok::<(), countersign::Error>(())
/// ```
pub struct Offloaded<S> {
    store: Arc<S>,
    offload: Offload,
    patience: Duration,
}

impl<S: Store + Send + Sync + 'static> Offloaded<S> {
    /// Offloads the calls of a store to threads of its own.
    pub fn new(store: S) -> Self {
        Self {
            store: Arc::new(store),
            offload: Offload::to_threads(THREADS),
            patience: PATIENCE,
        }
    }

    /// Sets how long a call may take in all, with its wait for a thread. Without it, that is six seconds.
    ///
    /// A call that has not begun by then never does. A call that has begun runs to its end on its thread, and its caller gets an error:
    /// whether a write took place is unknown, and it may still take place. A purge waits for a thread as long, and then to its end.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Sets the way to threads that may block, for example the runtime's.
    ///
    /// A call that is dropped and not run is an error for its caller.
    ///
    /// ```
    /// use countersign::store::{Offloaded, memory::MemoryStore};
    /// let store = Offloaded::new(MemoryStore::new()).with_offload(|call| {
    ///     std::thread::spawn(call); // or `tokio::task::spawn_blocking(call);`
    /// });
    /// ```
    #[must_use]
    pub fn with_offload(
        self,
        to: impl Fn(Box<dyn FnOnce() + Send>) + Send + Sync + 'static,
    ) -> Self {
        Self {
            offload: Offload::new(to),
            ..self
        }
    }

    /// Lets the store do it on another thread, within the time limit.
    async fn ask<T: Send + 'static>(
        &self,
        call: impl FnOnce(&S) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (begun, run) = self.prepared(call);
        match timer::within(self.patience, run).await {
            Some(told) => told,
            None if begun.swap(true, Ordering::AcqRel) => Err(Error::store(NAME, BEGUN)),
            None => Err(Error::store(NAME, NOT_BEGUN)),
        }
    }

    /// Lets the store do it on another thread. The time limit is for its begin.
    async fn ask_for_long<T: Send + 'static>(
        &self,
        call: impl FnOnce(&S) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (begun, run) = self.prepared(call);
        let mut run = pin!(run);
        match timer::within(self.patience, run.as_mut()).await {
            Some(told) => told,
            None if begun.swap(true, Ordering::AcqRel) => run.await,
            None => Err(Error::store(NAME, NOT_BEGUN)),
        }
    }

    /// Returns a call that runs on another thread, and a flag. The thread sets the flag when it begins. If the caller was first, the
    /// thread does nothing.
    fn prepared<T: Send + 'static>(
        &self,
        call: impl FnOnce(&S) -> Result<T, Error> + Send + 'static,
    ) -> (Arc<AtomicBool>, impl Future<Output = Result<T, Error>>) {
        let (store, begun) = (Arc::clone(&self.store), Arc::new(AtomicBool::new(false)));
        let flag = Arc::clone(&begun);
        let run = self.offload.run(move || {
            if flag.swap(true, Ordering::AcqRel) {
                return Err(Error::store(NAME, NOT_BEGUN));
            }
            call(&store)
        });
        let run = async {
            run.await
                .unwrap_or_else(|| Err(Error::outside("the thread of a store")))
        };
        (begun, run)
    }
}

impl<S: Store + Send + Sync + 'static> AsyncStore for Offloaded<S> {
    async fn load(&self, key: &Key) -> Result<Option<Entry>, Error> {
        let key = *key;
        self.ask(move |store| store.load(&key)).await
    }

    async fn replace(
        &self,
        key: &Key,
        expected: Option<&Version>,
        entry: &Entry,
    ) -> Result<Replaced, Error> {
        let (key, expected, entry) = (*key, expected.copied(), entry.clone());
        self.ask(move |store| store.replace(&key, expected.as_ref(), &entry))
            .await
    }

    async fn remove(&self, key: &Key, expected: &Version) -> Result<Replaced, Error> {
        let (key, expected) = (*key, *expected);
        self.ask(move |store| store.remove(&key, &expected)).await
    }

    async fn purge(&self, now: Timestamp) -> Result<usize, Error> {
        self.ask_for_long(move |store| store.purge(now)).await
    }

    async fn scan(&self, from: Option<&ScanPlace>, limit: usize) -> Result<Page, Error> {
        let from = from.cloned();
        self.ask(move |store| store.scan(from.as_ref(), limit))
            .await
    }

    async fn replace_all(&self, swaps: &[Swap]) -> Result<Vec<Replaced>, Error> {
        let swaps = swaps.to_vec();
        self.ask(move |store| store.replace_all(&swaps)).await
    }
}

impl<S: fmt::Debug> fmt::Debug for Offloaded<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Offloaded").field(&self.store).finish()
    }
}
