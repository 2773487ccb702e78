//! The store of the records: the command line chooses it. Its calls are counted for `/metrics`.

use std::path::Path;
use std::time::Instant;

use countersign::store::memory::MemoryStore;
use countersign::store::sqlite::SqliteStore;
use countersign::store::{AsyncStore, Entry, Key, Offloaded, Replaced, Version};
use countersign::{Error, Timestamp};

use crate::metrics::Counts;

/// One of the stores.
#[allow(clippy::large_enum_variant, reason = "there is one value of it")]
enum Place {
    Memory(MemoryStore),
    Sqlite(Offloaded<SqliteStore>),
    #[cfg(feature = "redis")]
    Redis(countersign::store::redis::AsyncRedisStore),
    #[cfg(feature = "postgres")]
    Postgres(countersign::store::postgres::AsyncPostgresStore<'static>),
}

/// The records, wherever they are.
pub(crate) struct Records {
    place: Place,
    counts: Counts,
}

type Failed = Box<dyn std::error::Error + Send + Sync>;

impl Records {
    /// Opens the store of this name. A file is at `file`.
    pub(crate) async fn open(name: &str, file: &Path, counts: Counts) -> Result<Self, Failed> {
        let place = match name.split(':').next() {
            Some("memory") => Place::Memory(MemoryStore::new()),
            Some("sqlite") => Place::Sqlite(Offloaded::new(SqliteStore::open(file)?)),
            #[cfg(feature = "redis")]
            Some("redis" | "rediss") => {
                Place::Redis(countersign::store::redis::AsyncRedisStore::open(name).await?)
            }
            #[cfg(feature = "postgres")]
            Some("postgres" | "postgresql") => {
                // Without TLS: for a server on this machine. A bank gives a connector here.
                let (config, tls) = (name.parse()?, tokio_postgres::NoTls);
                let store = countersign::store::postgres::AsyncPostgresStore::new(config, tls);
                store.migrate().await?;
                Place::Postgres(store)
            }
            _ => {
                let rule = "--store: is not one that this program was built with: see --help";
                return Err(rule.into());
            }
        };
        Ok(Self { place, counts })
    }

    /// Counts a call, by its end, and the time that it took.
    fn count<T>(
        &self,
        call: &'static str,
        start: Instant,
        result: &Result<T, Error>,
        end: impl Fn(&T) -> &'static str,
    ) {
        let end = result.as_ref().map_or("error", end);
        self.counts.add_store_call(call, end, start.elapsed());
    }
}

/// Calls the store that is open.
macro_rules! asked {
    ($records:ident, $store:ident => $call:expr) => {
        match &$records.place {
            Place::Memory($store) => $call.await,
            Place::Sqlite($store) => $call.await,
            #[cfg(feature = "redis")]
            Place::Redis($store) => $call.await,
            #[cfg(feature = "postgres")]
            Place::Postgres($store) => $call.await,
        }
    };
}

fn end_of(replaced: &Replaced) -> &'static str {
    match replaced {
        Replaced::Stored => "stored",
        Replaced::Conflict(_) => "conflict",
    }
}

impl AsyncStore for Records {
    async fn load(&self, key: &Key) -> Result<Option<Entry>, Error> {
        let start = Instant::now();
        let loaded = asked!(self, store => AsyncStore::load(store, key));
        self.count("load", start, &loaded, |_| "read");
        loaded
    }

    async fn replace(
        &self,
        key: &Key,
        expected: Option<&Version>,
        entry: &Entry,
    ) -> Result<Replaced, Error> {
        let start = Instant::now();
        let replaced = asked!(self, store => AsyncStore::replace(store, key, expected, entry));
        self.count("replace", start, &replaced, end_of);
        replaced
    }

    async fn remove(&self, key: &Key, expected: &Version) -> Result<Replaced, Error> {
        let start = Instant::now();
        let removed = asked!(self, store => AsyncStore::remove(store, key, expected));
        self.count("remove", start, &removed, end_of);
        removed
    }

    async fn purge(&self, now: Timestamp) -> Result<usize, Error> {
        let start = Instant::now();
        let purged = asked!(self, store => AsyncStore::purge(store, now));
        self.count("purge", start, &purged, |_| "done");
        purged
    }
}
