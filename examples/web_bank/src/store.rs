//! The store of the records: the command line chooses it.

use std::path::Path;

use countersign::store::memory::MemoryStore;
use countersign::store::sqlite::SqliteStore;
use countersign::store::{AsyncStore, Entry, Key, Offloaded, Replaced, Version};
use countersign::{Error, Timestamp};

/// The records, wherever they are.
#[allow(clippy::large_enum_variant, reason = "there is one value of it")]
pub(crate) enum Records {
    Memory(MemoryStore),
    Sqlite(Offloaded<SqliteStore>),
    #[cfg(feature = "redis")]
    Redis(countersign::store::redis::AsyncRedisStore),
    #[cfg(feature = "postgres")]
    Postgres(countersign::store::postgres::AsyncPostgresStore<'static>),
}

type Failed = Box<dyn std::error::Error + Send + Sync>;

impl Records {
    /// Opens the store of this name. A file is at `file`.
    pub(crate) async fn open(name: &str, file: &Path) -> Result<Self, Failed> {
        Ok(match name.split(':').next() {
            Some("memory") => Self::Memory(MemoryStore::new()),
            Some("sqlite") => Self::Sqlite(Offloaded::new(SqliteStore::open(file)?)),
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
                let rule = "--store: is not one that this program was built with: see --help";
                return Err(rule.into());
            }
        })
    }
}

/// Calls the store that is open.
macro_rules! asked {
    ($records:ident, $store:ident => $call:expr) => {
        match $records {
            Records::Memory($store) => $call.await,
            Records::Sqlite($store) => $call.await,
            #[cfg(feature = "redis")]
            Records::Redis($store) => $call.await,
            #[cfg(feature = "postgres")]
            Records::Postgres($store) => $call.await,
        }
    };
}

impl AsyncStore for Records {
    async fn load(&self, key: &Key) -> Result<Option<Entry>, Error> {
        asked!(self, store => AsyncStore::load(store, key))
    }

    async fn replace(
        &self,
        key: &Key,
        expected: Option<&Version>,
        entry: &Entry,
    ) -> Result<Replaced, Error> {
        asked!(self, store => AsyncStore::replace(store, key, expected, entry))
    }

    async fn remove(&self, key: &Key, expected: &Version) -> Result<Replaced, Error> {
        asked!(self, store => AsyncStore::remove(store, key, expected))
    }

    async fn purge(&self, now: Timestamp) -> Result<usize, Error> {
        asked!(self, store => AsyncStore::purge(store, now))
    }
}
