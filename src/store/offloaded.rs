//! A store that blocks, for tasks: its calls run on other threads.

use core::fmt;
use std::sync::Arc;

use super::async_contract::AsyncStore;
use super::contract::{Entry, Key, Page, Replaced, ScanPlace, Store, Swap, Version};
use crate::error::Error;
use crate::offload::Offload;
use crate::time::Timestamp;

/// How many calls are under way at once, unless the host says where they run.
const THREADS: usize = 8;

/// An [`AsyncStore`] of any [`Store`], for example of SQLite: each call runs on another thread, and no thread of the executor
/// blocks.
///
/// By default there are eight threads, and the calls wait for them in their order. A caller who hangs up before a call begins takes
/// it back. A call that has begun runs to its end.
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
}

impl<S: Store + Send + Sync + 'static> Offloaded<S> {
    /// Offloads the calls of a store to threads of its own.
    pub fn new(store: S) -> Self {
        Self {
            store: Arc::new(store),
            offload: Offload::to_threads(THREADS),
        }
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

    /// Lets the store do it on another thread.
    async fn ask<T: Send + 'static>(
        &self,
        call: impl FnOnce(&S) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let store = Arc::clone(&self.store);
        let told = self.offload.run(move || call(&store)).await;
        told.unwrap_or_else(|| Err(Error::outside("the thread of a store")))
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
        self.ask(move |store| store.purge(now)).await
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
