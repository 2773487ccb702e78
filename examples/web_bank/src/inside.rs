//! The records inside an open transaction of the bank's own connection.
//!
//! The table is the one of `SqliteStore`, in the same file. That store refuses a table with another layout when the bank opens.

use std::sync::{Mutex, PoisonError};

use countersign::store::{AsyncStore, Entry, Key, Replaced, Version};
use countersign::{Error, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, Params, params};

const LOAD: &str = "SELECT bytes, version, expires_at FROM countersign_records WHERE key = ?1";
const INSERT: &str =
    "INSERT INTO countersign_records (key, version, bytes, expires_at) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT (key) DO NOTHING";
const UPDATE: &str = "UPDATE countersign_records SET version = ?2, bytes = ?3, expires_at = ?4
    WHERE key = ?1 AND version = ?5";
const REMOVE: &str = "DELETE FROM countersign_records WHERE key = ?1 AND version = ?2";
const PURGE: &str = "DELETE FROM countersign_records WHERE expires_at <= ?1";

/// A connection whose transaction is open, and begun as `IMMEDIATE`: no other connection writes meanwhile.
pub(crate) struct Inside<'c>(Mutex<&'c mut Connection>);

impl<'c> Inside<'c> {
    pub(crate) const fn new(connection: &'c mut Connection) -> Self {
        Self(Mutex::new(connection))
    }

    fn on<T>(&self, call: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, Error> {
        let connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        call(&connection).map_err(|cause| Error::store("the transaction of the bank", cause))
    }

    fn read(&self, key: &Key) -> Result<Option<Entry>, Error> {
        let row = self.on(|connection| {
            let read = |row: &rusqlite::Row<'_>| {
                Ok(Entry::from_columns(row.get(0)?, row.get(1)?, row.get(2)?))
            };
            connection
                .query_row(LOAD, [key.as_bytes()], read)
                .optional()
        });
        row?.transpose()
    }

    fn swap(&self, key: &Key, statement: &str, values: impl Params) -> Result<Replaced, Error> {
        Ok(
            match self.on(|connection| connection.execute(statement, values))? {
                0 => Replaced::Conflict(self.read(key)?),
                _ => Replaced::Stored,
            },
        )
    }
}

// The calls are ready at once: a transaction runs on a thread that may block.
impl AsyncStore for Inside<'_> {
    async fn load(&self, key: &Key) -> Result<Option<Entry>, Error> {
        self.read(key)
    }

    async fn replace(
        &self,
        key: &Key,
        expected: Option<&Version>,
        entry: &Entry,
    ) -> Result<Replaced, Error> {
        let (id, version, bytes) = (key.as_bytes(), entry.version(), entry.bytes());
        let expires_at = entry.expires_at().map(i64::from);
        let version = version.as_bytes();
        match expected {
            None => self.swap(key, INSERT, params![id, version, bytes, expires_at]),
            Some(old) => {
                let values = params![id, version, bytes, expires_at, old.as_bytes()];
                self.swap(key, UPDATE, values)
            }
        }
    }

    async fn remove(&self, key: &Key, expected: &Version) -> Result<Replaced, Error> {
        self.swap(key, REMOVE, params![key.as_bytes(), expected.as_bytes()])
    }

    async fn purge(&self, now: Timestamp) -> Result<usize, Error> {
        self.on(|connection| connection.execute(PURGE, [i64::from(now)]))
    }
}
