//! The store of the records: the command line chooses it.

use std::path::Path;
use std::sync::Arc;

use countersign::store::memory::MemoryStore;
use countersign::store::sqlite::SqliteStore;
use countersign::store::{AsyncStore, Entry, Key, Replaced, Store, Version};
use countersign::{Error, Timestamp};

/// One of the stores.
#[derive(Debug)]
pub(crate) enum Records {
    Memory(MemoryStore),
    /// A file. Its calls block, so they are made on threads that may block.
    Sqlite(Arc<SqliteStore>),
    #[cfg(feature = "redis")]
    Redis(countersign::store::redis::AsyncRedisStore),
    #[cfg(feature = "postgres")]
    Postgres(countersign::store::postgres::AsyncPostgresStore<'static>),
}

impl Records {
    /// Opens the store of this name. A file is at `file`.
    pub(crate) async fn open(name: &str, file: &Path) -> Result<Self, Failed> {
        Ok(match name.split(':').next() {
            Some("memory") => Self::Memory(MemoryStore::new()),
            Some("sqlite") => Self::Sqlite(Arc::new(SqliteStore::open(file)?)),
            #[cfg(feature = "redis")]
            Some("redis" | "rediss") => {
                Self::Redis(countersign::store::redis::AsyncRedisStore::open(name).await?)
            }
            #[cfg(feature = "postgres")]
            Some("postgres" | "postgresql") => {
                // Without TLS: for a server on this machine. A bank gives a connector here.
                let (config, tls) = (name.parse()?, tokio_postgres::NoTls);
                let store = countersign::store::postgres::AsyncPostgresStore::new(config, tls);
                store.migrate().await?;
                Self::Postgres(store)
            }
            _ => {
                return Err(
                    "--store: is not one that this program was built with: see --help".into(),
                );
            }
        })
    }
}

type Failed = Box<dyn std::error::Error + Send + Sync>;

/// Makes a call to the file on a thread that may block.
async fn on_a_thread<T: Send + 'static>(
    store: &Arc<SqliteStore>,
    call: impl FnOnce(&SqliteStore) -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let store = Arc::clone(store);
    let called = tokio::task::spawn_blocking(move || call(&store)).await;
    called.map_err(|cause| Error::store("thread of the store", cause))?
}

/// Hands a call on to the store that is open.
macro_rules! hand_on {
    ($records:expr, $store:ident => $waited:expr, $blocking:expr) => {
        match $records {
            Self::Memory($store) => $waited.await,
            Self::Sqlite($store) => on_a_thread($store, $blocking).await,
            #[cfg(feature = "redis")]
            Self::Redis($store) => $waited.await,
            #[cfg(feature = "postgres")]
            Self::Postgres($store) => $waited.await,
        }
    };
}

impl AsyncStore for Records {
    async fn load(&self, key: &Key) -> Result<Option<Entry>, Error> {
        let own = *key;
        hand_on!(self, store => AsyncStore::load(store, key), move |file| file.load(&own))
    }

    async fn replace(
        &self,
        key: &Key,
        expected: Option<&Version>,
        entry: &Entry,
    ) -> Result<Replaced, Error> {
        let own = (*key, expected.copied(), entry.clone());
        hand_on!(self, store => AsyncStore::replace(store, key, expected, entry), move |file| {
            file.replace(&own.0, own.1.as_ref(), &own.2)
        })
    }

    async fn remove(&self, key: &Key, expected: &Version) -> Result<Replaced, Error> {
        let own = (*key, *expected);
        hand_on!(self, store => AsyncStore::remove(store, key, expected), move |file| {
            file.remove(&own.0, &own.1)
        })
    }

    async fn purge(&self, now: Timestamp) -> Result<usize, Error> {
        hand_on!(self, store => AsyncStore::purge(store, now), move |file| file.purge(now))
    }
}
