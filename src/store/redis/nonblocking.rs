//! The store whose answers are waited for.

use super::multiplexed::Multiplexed;
use super::options::RedisOptions;
use super::records::Records;
use super::walk;
use crate::error::Error;
use crate::store::AsyncStore;
use crate::store::contract::{Entry, Key, Page, Replaced, ScanPlace, Version};
use crate::time::Timestamp;

/// Records in Redis as a [`RedisStore`](super::RedisStore) keeps them, for an [`AsyncVerifier`](crate::AsyncVerifier).
///
/// All tasks share one connection to each server. It runs in tokio, with I/O and time enabled. Outside of it a call is an error.
///
/// ```no_run
/// use countersign::field::Keyring;
/// use countersign::store::redis::AsyncRedisStore;
/// use countersign::{AsyncVerifier, Error, Settings};
///
/// async fn open(keyring: Keyring) -> Result<AsyncVerifier<AsyncRedisStore>, Error> {
///     let store = AsyncRedisStore::open("rediss://countersign:secret@redis.bank.example:6380").await?;
///     Ok(AsyncVerifier::new(store, Settings::new("bank", keyring)?))
/// }
/// ```
#[derive(Debug)]
pub struct AsyncRedisStore(Records<Multiplexed>);

impl AsyncRedisStore {
    /// Opens the server at an address: see [`RedisOptions::new`].
    ///
    /// # Errors
    /// As [`RedisStore::open`](super::RedisStore::open).
    pub async fn open(url: &str) -> Result<Self, Error> {
        Self::with_options(&RedisOptions::new(url)?).await
    }

    /// Opens the server that the options name.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub async fn with_options(options: &RedisOptions) -> Result<Self, Error> {
        Records::open(options).await.map(Self)
    }
}

/// The futures are boxed: each caller up to the host moves what it waits for, and these have the connection's inside.
impl AsyncStore for AsyncRedisStore {
    fn load(&self, key: &Key) -> impl Future<Output = Result<Option<Entry>, Error>> + Send {
        Box::pin(self.0.load(key))
    }

    fn replace(
        &self,
        key: &Key,
        expected: Option<&Version>,
        entry: &Entry,
    ) -> impl Future<Output = Result<Replaced, Error>> + Send {
        Box::pin(self.0.replace(key, expected, entry))
    }

    fn remove(
        &self,
        key: &Key,
        expected: &Version,
    ) -> impl Future<Output = Result<Replaced, Error>> + Send {
        Box::pin(self.0.remove(key, expected))
    }

    fn purge(&self, now: Timestamp) -> impl Future<Output = Result<usize, Error>> + Send {
        Box::pin(self.0.purge(now))
    }

    fn scan(
        &self,
        from: Option<&ScanPlace>,
        limit: usize,
    ) -> impl Future<Output = Result<Page, Error>> + Send {
        Box::pin(walk::scan(&self.0, from, limit))
    }
}
