//! The store whose calls block the thread.

use core::pin::pin;
use core::task::{Context, Poll, Waker};

use super::options::RedisOptions;
use super::pool::Pool;
use super::records::Records;
use super::walk;
use crate::error::Error;
use crate::store::contract::{Entry, Key, Page, Replaced, ScanPlace, Store, Version};
use crate::time::Timestamp;

/// Records in Redis, shared by all machines that open it. Its calls block the thread.
///
/// Threads share it. It keeps a pool of connections, opens one anew after it broke, and no call takes longer than its
/// [time limit](super::RedisOptions::with_patience). A write whose answer was lost is an error, and is not sent again.
///
/// ```no_run
/// use countersign::field::{Keyring, LongTermSecret, RootKey};
/// use countersign::store::redis::RedisStore;
/// use countersign::{Settings, Verifier};
/// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
/// let store = RedisStore::open("rediss://countersign:secret@redis.bank.example:6380")?;
/// let verifier = Verifier::new(store, Settings::new("bank", keyring)?);
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Debug)]
pub struct RedisStore(Records<Pool>);

impl RedisStore {
    /// Opens the server at an address: see [`RedisOptions::new`].
    ///
    /// # Errors
    /// Misuse, if it is no address. Store, if
    ///
    /// - the server does not answer, refuses the user, or is a replica;
    /// - its eviction policy could drop records, or it does not say which one it has.
    pub fn open(url: &str) -> Result<Self, Error> {
        Self::with_options(&RedisOptions::new(url)?)
    }

    /// Opens the server that the options name.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn with_options(options: &RedisOptions) -> Result<Self, Error> {
        at_once(Records::open(options)).map(Self)
    }
}

impl Store for RedisStore {
    fn load(&self, key: &Key) -> Result<Option<Entry>, Error> {
        at_once(self.0.load(key))
    }

    fn replace(
        &self,
        key: &Key,
        expected: Option<&Version>,
        entry: &Entry,
    ) -> Result<Replaced, Error> {
        at_once(self.0.replace(key, expected, entry))
    }

    fn remove(&self, key: &Key, expected: &Version) -> Result<Replaced, Error> {
        at_once(self.0.remove(key, expected))
    }

    fn purge(&self, now: Timestamp) -> Result<usize, Error> {
        at_once(self.0.purge(now))
    }

    fn scan(&self, from: Option<&ScanPlace>, limit: usize) -> Result<Page, Error> {
        at_once(walk::scan(&self.0, from, limit))
    }
}

/// Runs to the end what never waits: each answer of a pool is there at once.
fn at_once<T>(work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    match pin!(work).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => Err(Error::outside("a blocking connection to redis")),
    }
}
