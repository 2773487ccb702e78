//! The store of a verifier: a file, a server, or functions of the host.

use core::mem::ManuallyDrop;
use std::process;
use std::sync::Arc;

use super::callbacks::Callbacks;
use super::failure::Failure;
#[cfg(feature = "postgres")]
use super::pin::stay_loaded;
use super::result::{COUNTERSIGN_ERROR_BAD_INPUT, COUNTERSIGN_ERROR_NULL};
use super::store_callbacks::CallbackStore;
use crate::error::Error;
use crate::store::{Entry, Key, Page, Replaced, ScanPlace, Store, Swap, Version};
use crate::time::Timestamp;

type AnyStore = Box<dyn Store + Send + Sync>;

/// A store of the process that opened it.
///
/// In a fork it is left as it is. Its connections and their locks are the parent's, and threads of it do not run here.
pub(super) struct OwnStore {
    store: ManuallyDrop<AnyStore>,
    process: u32,
}

impl OwnStore {
    /// Opens the store at a location, or over functions of the host if there is no location.
    pub(super) fn open(location: &str, callbacks: &Arc<Callbacks>) -> Result<Self, Failure> {
        let functions = CallbackStore::new(Arc::clone(callbacks));
        let store: AnyStore = match (location.is_empty(), functions) {
            (true, Some(functions)) => Box::new(functions),
            (false, None) => at(location)?,
            (true, None) => {
                let why = "must name a store, or `load` and `replace` must be set";
                return Err(Failure::of(COUNTERSIGN_ERROR_NULL, "location", why));
            }
            (false, Some(_)) => {
                let why =
                    "must be empty, or `load` and `replace` must be null: a verifier has one store";
                return Err(Failure::of(COUNTERSIGN_ERROR_BAD_INPUT, "location", why));
            }
        };
        Ok(Self {
            store: ManuallyDrop::new(store),
            process: process::id(),
        })
    }

    /// Returns whether this process is the one that opened it.
    pub(super) fn is_of_this_process(&self) -> bool {
        self.process == process::id()
    }
}

impl Drop for OwnStore {
    fn drop(&mut self) {
        if self.is_of_this_process() {
            // SAFETY: it is dropped here alone, and not used afterwards.
            unsafe { ManuallyDrop::drop(&mut self.store) }
        }
    }
}

impl Store for OwnStore {
    fn load(&self, key: &Key) -> Result<Option<Entry>, Error> {
        self.store.load(key)
    }

    fn replace(
        &self,
        key: &Key,
        expected: Option<&Version>,
        entry: &Entry,
    ) -> Result<Replaced, Error> {
        self.store.replace(key, expected, entry)
    }

    fn remove(&self, key: &Key, expected: &Version) -> Result<Replaced, Error> {
        self.store.remove(key, expected)
    }

    fn purge(&self, now: Timestamp) -> Result<usize, Error> {
        self.store.purge(now)
    }

    fn scan(&self, from: Option<&ScanPlace>, limit: usize) -> Result<Page, Error> {
        self.store.scan(from, limit)
    }

    fn replace_all(&self, swaps: &[Swap]) -> Result<Vec<Replaced>, Error> {
        self.store.replace_all(swaps)
    }
}

/// Opens the store at a location: a URL with a scheme that is known, or the path of a file.
fn at(location: &str) -> Result<AnyStore, Failure> {
    match location.split_once("://") {
        None => sqlite(location),
        Some(("redis" | "rediss", _)) => redis(location),
        Some(("postgres" | "postgresql", _)) => Ok(Box::new(postgres(location)?)),
        Some(_) => {
            let why =
                "must begin with redis://, rediss:// or postgres://, or be the path of a file";
            Err(Failure::of(COUNTERSIGN_ERROR_BAD_INPUT, "location", why))
        }
    }
}

#[cfg(feature = "sqlite")]
fn sqlite(path: &str) -> Result<AnyStore, Failure> {
    Ok(Box::new(crate::store::sqlite::SqliteStore::open(path)?))
}

#[cfg(not(feature = "sqlite"))]
fn sqlite(_: &str) -> Result<AnyStore, Failure> {
    Err(Failure::not_built("sqlite"))
}

#[cfg(feature = "redis")]
fn redis(url: &str) -> Result<AnyStore, Failure> {
    Ok(Box::new(crate::store::redis::RedisStore::open(url)?))
}

#[cfg(not(feature = "redis"))]
fn redis(_: &str) -> Result<AnyStore, Failure> {
    Err(Failure::not_built("redis"))
}

#[cfg(feature = "postgres")]
fn postgres(url: &str) -> Result<crate::store::postgres::PostgresStore<'static>, Failure> {
    let config = url.parse::<tokio_postgres::Config>().map_err(|_| {
        // The text of the error may hold the password.
        let why = "must be a connection URL of PostgreSQL";
        Failure::of(COUNTERSIGN_ERROR_BAD_INPUT, "location", why)
    })?;
    // The name of a server is looked up on a thread, which may go on after the call's time is over.
    stay_loaded();
    let store = crate::store::postgres::PostgresStore::new(config, tokio_postgres::NoTls);
    Ok(store)
}

#[cfg(not(feature = "postgres"))]
fn postgres(_: &str) -> Result<AnyStore, Failure> {
    Err(Failure::not_built("postgres"))
}

/// Makes the tables of a store in PostgreSQL.
#[cfg(feature = "postgres")]
pub(super) fn migrate(url: &str) -> Result<(), Failure> {
    Ok(postgres(url)?.migrate()?)
}

/// Makes the tables of a store in PostgreSQL.
#[cfg(not(feature = "postgres"))]
pub(super) fn migrate(_: &str) -> Result<(), Failure> {
    Err(Failure::not_built("postgres"))
}
