//! The store of a worker: over Redis or PostgreSQL, for threads or for tasks. It writes down each call.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::{Arc, Barrier, Mutex};

use countersign::store::postgres::{AsyncPostgresStore, PostgresStore};
use countersign::store::redis::{AsyncRedisStore, RedisOptions, RedisStore};
use countersign::store::{AsyncStore, Entry, Key, Replaced, Store, Version};
use countersign::{Error, Timestamp};
use tokio_postgres::NoTls;

use crate::history::{Act, Found, Scribe, Short};
use crate::plan::{Plan, Planted};

/// How many connections to PostgreSQL a process opens. Each is a process of the server.
const CONNECTIONS: NonZeroUsize = NonZeroUsize::new(4).unwrap();

fn redis_options(plan: &Plan) -> RedisOptions {
    RedisOptions::new(&plan.store)
        .unwrap()
        .with_prefix(&format!("{}:", plan.room))
        .unwrap()
        .with_patience(plan.patience)
        .unwrap()
}

fn is_redis(plan: &Plan) -> bool {
    plan.store.starts_with("redis")
}

/// A store that blocks.
pub enum BlockingStore {
    Redis(RedisStore),
    Postgres(PostgresStore<'static>),
}

impl BlockingStore {
    /// Opens the store of a plan. The tables are there after [`prepare`](Self::prepare).
    pub fn open(plan: &Plan) -> Self {
        if is_redis(plan) {
            return Self::Redis(RedisStore::with_options(&redis_options(plan)).unwrap());
        }
        let store = PostgresStore::new(plan.store.parse().unwrap(), NoTls)
            .with_patience(plan.patience)
            .with_connections(CONNECTIONS);
        Self::Postgres(store.in_schema(&plan.room).unwrap())
    }

    /// Makes the tables.
    pub fn prepare(&self) {
        if let Self::Postgres(store) = self {
            store.migrate().unwrap();
        }
    }
}

/// Calls the store inside.
macro_rules! inside {
    ($store:expr, $inner:ident => $call:expr) => {
        match $store {
            Self::Redis($inner) => $call,
            Self::Postgres($inner) => $call,
        }
    };
}

impl Store for BlockingStore {
    fn load(&self, key: &Key) -> Result<Option<Entry>, Error> {
        inside!(self, store => store.load(key))
    }
    fn replace(
        &self,
        key: &Key,
        expected: Option<&Version>,
        entry: &Entry,
    ) -> Result<Replaced, Error> {
        inside!(self, store => store.replace(key, expected, entry))
    }
    fn remove(&self, key: &Key, expected: &Version) -> Result<Replaced, Error> {
        inside!(self, store => store.remove(key, expected))
    }
    fn purge(&self, now: Timestamp) -> Result<usize, Error> {
        inside!(self, store => store.purge(now))
    }
}

/// A store whose answers are waited for.
pub enum WaitedStore {
    Redis(AsyncRedisStore),
    Postgres(AsyncPostgresStore<'static>),
}

impl WaitedStore {
    pub async fn open(plan: &Plan) -> Self {
        if is_redis(plan) {
            let store = AsyncRedisStore::with_options(&redis_options(plan)).await;
            return Self::Redis(store.unwrap());
        }
        let store = AsyncPostgresStore::new(plan.store.parse().unwrap(), NoTls)
            .with_patience(plan.patience)
            .with_connections(CONNECTIONS);
        Self::Postgres(store.in_schema(&plan.room).unwrap())
    }
}

impl AsyncStore for WaitedStore {
    async fn load(&self, key: &Key) -> Result<Option<Entry>, Error> {
        inside!(self, store => store.load(key).await)
    }
    async fn replace(
        &self,
        key: &Key,
        expected: Option<&Version>,
        entry: &Entry,
    ) -> Result<Replaced, Error> {
        inside!(self, store => store.replace(key, expected, entry).await)
    }
    async fn remove(&self, key: &Key, expected: &Version) -> Result<Replaced, Error> {
        inside!(self, store => store.remove(key, expected).await)
    }
    async fn purge(&self, now: Timestamp) -> Result<usize, Error> {
        inside!(self, store => store.purge(now).await)
    }
}

/// A store with a planted fault, or without one.
pub struct Faulty<S> {
    store: S,
    planted: Option<Planted>,
    /// All tasks of the process meet here before they write. So the race always takes place.
    meeting: Barrier,
    loaded: Mutex<HashMap<Key, Option<Entry>>>,
}

impl<S: Store> Faulty<S> {
    pub fn new(store: S, plan: &Plan) -> Self {
        Self {
            store,
            planted: plan.planted,
            meeting: Barrier::new(plan.tasks.into()),
            loaded: Mutex::default(),
        }
    }

    /// Writes, whatever is there.
    fn overwrite(&self, key: &Key, entry: &Entry) -> Result<Replaced, Error> {
        let mut present = self.store.load(key)?;
        loop {
            let version = present.as_ref().map(Entry::version);
            match self.store.replace(key, version.as_ref(), entry)? {
                Replaced::Stored => return Ok(Replaced::Stored),
                Replaced::Conflict(winner) => present = winner,
            }
        }
    }
}

impl<S: Store> Store for Faulty<S> {
    fn load(&self, key: &Key) -> Result<Option<Entry>, Error> {
        if self.planted != Some(Planted::StaleReads) {
            return self.store.load(key);
        }
        let mut loaded = self.loaded.lock().unwrap();
        if let Some(old) = loaded.get(key) {
            return Ok(old.clone());
        }
        let entry = self.store.load(key)?;
        loaded.insert(*key, entry.clone());
        Ok(entry)
    }

    fn replace(
        &self,
        key: &Key,
        expected: Option<&Version>,
        entry: &Entry,
    ) -> Result<Replaced, Error> {
        match self.planted {
            Some(Planted::Racy) => {
                let present = self.store.load(key)?;
                if present.as_ref().map(Entry::version) != expected.copied() {
                    return Ok(Replaced::Conflict(present));
                }
                self.meeting.wait();
                self.overwrite(key, entry)
            }
            Some(Planted::LastWriterWins) => {
                self.meeting.wait();
                self.overwrite(key, entry)
            }
            Some(Planted::StaleReads) | None => self.store.replace(key, expected, entry),
        }
    }

    fn remove(&self, key: &Key, expected: &Version) -> Result<Replaced, Error> {
        self.store.remove(key, expected)
    }

    fn purge(&self, now: Timestamp) -> Result<usize, Error> {
        self.store.purge(now)
    }
}

/// A store that writes down each call.
pub struct Recorded<S> {
    store: S,
    scribe: Arc<Scribe>,
}

impl<S> Recorded<S> {
    pub const fn new(store: S, scribe: Arc<Scribe>) -> Self {
        Self { store, scribe }
    }

    fn begin(&self, key: &Key, act: Act) -> u64 {
        self.scribe.begin_act(head(key.as_bytes()), act)
    }

    fn end_load(&self, id: u64, answer: &Result<Option<Entry>, Error>) {
        let found = answer.as_ref().ok();
        let found = found.map(|entry| Found::Present(version_of(entry.as_ref())));
        self.scribe.end_act(id, found);
    }

    fn end_write(&self, id: u64, answer: &Result<Replaced, Error>) {
        let found = answer.as_ref().ok().map(|replaced| match replaced {
            Replaced::Stored => Found::Stored,
            Replaced::Conflict(entry) => Found::Lost(version_of(entry.as_ref())),
        });
        self.scribe.end_act(id, found);
    }
}

fn head(bytes: &[u8]) -> Short {
    Short::from_be_bytes(bytes[..8].try_into().unwrap())
}

fn version_of(entry: Option<&Entry>) -> Option<Short> {
    entry.map(|entry| head(entry.version().as_bytes()))
}

fn replacing(expected: Option<&Version>, entry: &Entry) -> Act {
    Act::Replace {
        expected: expected.map(|version| head(version.as_bytes())),
        next: head(entry.version().as_bytes()),
    }
}

fn removing(expected: &Version) -> Act {
    Act::Remove {
        expected: head(expected.as_bytes()),
    }
}

impl<S: Store> Store for Recorded<S> {
    fn load(&self, key: &Key) -> Result<Option<Entry>, Error> {
        let id = self.begin(key, Act::Load);
        let answer = self.store.load(key);
        self.end_load(id, &answer);
        answer
    }
    fn replace(
        &self,
        key: &Key,
        expected: Option<&Version>,
        entry: &Entry,
    ) -> Result<Replaced, Error> {
        let id = self.begin(key, replacing(expected, entry));
        let answer = self.store.replace(key, expected, entry);
        self.end_write(id, &answer);
        answer
    }
    fn remove(&self, key: &Key, expected: &Version) -> Result<Replaced, Error> {
        let id = self.begin(key, removing(expected));
        let answer = self.store.remove(key, expected);
        self.end_write(id, &answer);
        answer
    }
    fn purge(&self, now: Timestamp) -> Result<usize, Error> {
        self.store.purge(now)
    }
}

impl<S: AsyncStore> AsyncStore for Recorded<S> {
    async fn load(&self, key: &Key) -> Result<Option<Entry>, Error> {
        let id = self.begin(key, Act::Load);
        let answer = self.store.load(key).await;
        self.end_load(id, &answer);
        answer
    }
    async fn replace(
        &self,
        key: &Key,
        expected: Option<&Version>,
        entry: &Entry,
    ) -> Result<Replaced, Error> {
        let id = self.begin(key, replacing(expected, entry));
        let answer = self.store.replace(key, expected, entry).await;
        self.end_write(id, &answer);
        answer
    }
    async fn remove(&self, key: &Key, expected: &Version) -> Result<Replaced, Error> {
        let id = self.begin(key, removing(expected));
        let answer = self.store.remove(key, expected).await;
        self.end_write(id, &answer);
        answer
    }
    async fn purge(&self, now: Timestamp) -> Result<usize, Error> {
        self.store.purge(now).await
    }
}
