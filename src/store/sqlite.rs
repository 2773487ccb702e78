//! A store in a SQLite file, for the threads and processes of one machine.
//!
//! Records live in one table, `countersign_records`, in a file of their own or beside the host's tables. The pragmas
//! `application_id` and `user_version` belong to the whole file, hence to the host: they are neither read nor written.
//! The table's own text in the schema says its layout. A table with that name and another text is refused before anything is
//! written: it may be newer, or another program's.

mod place;
mod turn;

use core::fmt;
use std::path::Path;

use std::time::{Duration, Instant};

use rusqlite::{
    Connection, ErrorCode, OpenFlags, OptionalExtension, Params, TransactionBehavior, params,
};

use self::place::Place;
use self::turn::Shared;
use super::contract::{Entry, Key, Page, Replaced, ScanPlace, Store, Swap, Version};
use crate::error::Error;
use crate::time::Timestamp;

/// The table as SQLite keeps it in the schema. Another layout has another text.
const TABLE: &str = "CREATE TABLE countersign_records (
    key BLOB PRIMARY KEY,
    version BLOB NOT NULL,
    bytes BLOB NOT NULL,
    expires_at INTEGER
) STRICT, WITHOUT ROWID";

/// Lets `purge` find what may go without reading the records of people.
const INDEX: &str = "CREATE INDEX countersign_records_expires_at
    ON countersign_records (expires_at) WHERE expires_at IS NOT NULL";

// Names are compared without case in SQL, so a `Countersign_Records` stands in the way too.
const LAYOUT: &str =
    "SELECT sql FROM sqlite_schema WHERE name = 'countersign_records' COLLATE NOCASE";

const LOAD: &str = "SELECT bytes, version, expires_at FROM countersign_records WHERE key = ?1";

const INSERT: &str = "INSERT INTO countersign_records (key, version, bytes, expires_at)
    VALUES (?1, ?2, ?3, ?4) ON CONFLICT (key) DO NOTHING";

const UPDATE: &str = "UPDATE countersign_records SET version = ?2, bytes = ?3, expires_at = ?4
    WHERE key = ?1 AND version = ?5";

const DELETE: &str = "DELETE FROM countersign_records WHERE key = ?1 AND version = ?2";

// A negative time was never written here; nothing follows from it, least of all a deletion.
const PURGE: &str = "DELETE FROM countersign_records WHERE expires_at BETWEEN 0 AND ?1";

// A key of another length was never written here, and no load finds it.
const SCAN: &str = "SELECT bytes, version, expires_at, key FROM countersign_records
    WHERE key > ?1 AND length(key) = 32 ORDER BY key LIMIT ?2";

/// How long a call waits for others, in all, before it is an error.
const PATIENCE: Duration = Duration::from_secs(5);

/// Records in a SQLite file, in WAL mode, with one connection.
///
/// Any number of these may be open on one file, in one process or several, but on one machine. The log needs shared
/// memory, which a network file system does not have. The whole file is switched to WAL mode, also for the host's tables.
///
/// It blocks. An [`AsyncVerifier`](crate::AsyncVerifier) takes it in [`Offloaded`](super::Offloaded).
///
/// It has no `in_transaction` as PostgreSQL has: a connection of `rusqlite` belongs to
/// one version of that crate, and the host may have another. A host that redeems a grant in its own transaction writes a store over its
/// connection, for [`Verifier::on`](crate::Verifier::on). The file `inside.rs` of the example `web_bank` is one.
///
/// Deleted and replaced bytes are overwritten (`secure_delete`). Copies can remain in the log until it is next
/// written over, and in backups. A call that others hold up waits five seconds in all. Then it is an error.
///
/// # One file, one name
/// SQLite keeps the log beside the file's name. A file under two names has two logs. Connections by different names
/// then do not see one another's writes, and both may replace the same version. The store refuses this where it can see it:
///
/// - Symbolic links to one file share its log. The store follows them once, when it opens the file.
/// - A file with a hard link is refused, when it is opened and at every later call.
/// - A file that is mounted alone (`-v /srv/records.db:/app/records.db`) is refused where the system is Linux and `/proc` is there.
///   **Mount the folder**: the log must be inside the mount, too.
/// - A file that was moved, replaced or deleted while it is open is refused at the next call. So is a file whose
///   symbolic link now leads elsewhere.
///
/// Outside Unix the store sees none of these; there, use one name.
///
/// ```
/// use countersign::store::{Entry, Key, Replaced, Store, Version, sqlite::SqliteStore};
/// # let directory = tempfile::tempdir().unwrap();
/// # let path = directory.path().join("records.db");
/// let (key, version) = (Key::from_bytes([1; 32]), Version::from_bytes([1; 24]));
/// let entry = Entry::new(b"sealed".to_vec(), version, None);
/// assert_eq!(SqliteStore::open(&path)?.replace(&key, None, &entry)?, Replaced::Stored);
/// assert_eq!(SqliteStore::open(&path)?.load(&key)?, Some(entry));
/// # Ok::<(), countersign::Error>(())
/// ```
pub struct SqliteStore {
    /// For error texts.
    name: String,
    place: Place,
    patience: Duration,
    connection: Shared,
}

impl SqliteStore {
    /// Opens the file, or makes it. A write that answers `Stored` survives a crash and a power cut
    /// (`synchronous=FULL`).
    ///
    /// The path is a path. A `file:` address is not one.
    ///
    /// # Errors
    /// Misuse, for `:memory:` ([`MemoryStore`](super::memory::MemoryStore) is meant). Corrupt, if the table
    /// `countersign_records` has another layout. Store, if
    ///
    /// - the file cannot be opened, is no database, or is read-only;
    /// - it has a second name, or cannot keep a write-ahead log;
    /// - others hold it for five seconds.
    ///
    /// ```
    /// use countersign::store::sqlite::SqliteStore;
    /// # let directory = tempfile::tempdir().unwrap();
    /// let store = SqliteStore::open(directory.path().join("records.db"))?;
    /// assert!(SqliteStore::open(directory.path()).unwrap_err().is_store(), "a directory is no file");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::connect(path.as_ref(), "FULL", PATIENCE)
    }

    /// Opens the file, but a commit does not wait for the disk (`synchronous=NORMAL`).
    ///
    /// A crash of the process loses nothing. A power cut may take back the last writes. A code that was used just before it can then
    /// be used again, and a failure that was counted is forgotten. Every connection chooses for its own writes.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_unsynced(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::connect(path.as_ref(), "NORMAL", PATIENCE)
    }

    fn connect(path: &Path, synchronous: &str, patience: Duration) -> Result<Self, Error> {
        if path == Path::new(":memory:") {
            return Err(Error::misuse("sqlite path", "must name a file"));
        }
        let deadline = Deadline::after(patience);
        let name = format!("sqlite store {}", path.display());
        let mut place = Place::find(path).map_err(|cause| Error::store(name.clone(), cause))?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(place.real(), flags)
            .map_err(|cause| Error::store(name.clone(), cause))?;
        place
            .settle()
            .map_err(|cause| Error::store(name.clone(), cause))?;
        let store = Self {
            name,
            place,
            patience,
            connection: Shared::new(connection),
        };
        store.prepare(synchronous, deadline)?;
        Ok(store)
    }

    /// Reads before it writes: a file that is refused stays as it was.
    fn prepare(&self, synchronous: &str, deadline: Deadline) -> Result<(), Error> {
        self.within(deadline, |connection| {
            let failed = |cause| self.failed(cause);
            if has_moved(connection).map_err(failed)? {
                return Err(self.refused("the file was moved, replaced or deleted"));
            }
            let found = self.finds_table(connection)?;
            if connection.is_readonly("main").map_err(failed)? {
                return Err(self.refused("the file is read-only"));
            }
            if enter_wal(connection, deadline).map_err(failed)? != "wal" {
                return Err(self.refused("the file cannot keep a write-ahead log"));
            }
            // `fullfsync`: where plain `fsync` stops at the drive's cache (macOS), go further. No effect elsewhere.
            for (pragma, value) in [
                ("synchronous", synchronous),
                ("fullfsync", "ON"),
                ("secure_delete", "ON"),
            ] {
                set(connection, pragma, value).map_err(failed)?;
            }
            if !found {
                deadline.bind(connection).map_err(failed)?;
                let transaction = connection
                    .transaction_with_behavior(TransactionBehavior::Immediate)
                    .map_err(failed)?;
                // Another process may have made it since.
                if !self.finds_table(&transaction)? {
                    transaction.execute(TABLE, []).map_err(failed)?;
                    transaction.execute(INDEX, []).map_err(failed)?;
                }
                transaction.commit().map_err(failed)?;
            }
            Ok(())
        })
    }

    /// Returns whether the table is there. A table that this version does not know is an error.
    fn finds_table(&self, connection: &Connection) -> Result<bool, Error> {
        let text: Option<Option<String>> = connection
            .query_row(LAYOUT, [], |row| row.get(0))
            .optional()
            .map_err(|cause| self.failed(cause))?;
        match text {
            None => Ok(false),
            Some(Some(text)) if text == TABLE => Ok(true),
            Some(_) => Err(Error::corrupt(
                "sqlite table countersign_records",
                "has a layout this version does not know",
            )),
        }
    }

    /// Runs work with the connection, in turn, if its file is still where it was opened, under one name. Writes to another file
    /// would answer with success, and no other connection would read them. All waits of the work end by the deadline.
    fn within<T>(
        &self,
        deadline: Deadline,
        work: impl FnOnce(&mut Connection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let done = self.connection.within(deadline.left(), |connection| {
            self.find_place()?;
            deadline
                .bind(connection)
                .map_err(|cause| self.failed(cause))?;
            work(connection)
        });
        done.unwrap_or_else(|| Err(self.refused("other threads hold it longer than a call waits")))
    }

    fn find_place(&self) -> Result<(), Error> {
        self.place.check().map_err(|why| self.refused(why))
    }

    fn read(&self, connection: &Connection, key: &Key) -> Result<Option<Entry>, Error> {
        let row = connection.prepare_cached(LOAD).and_then(|mut load| {
            load.query_row([key.as_bytes()], |row| {
                Ok(Entry::from_columns(row.get(0)?, row.get(1)?, row.get(2)?))
            })
            .optional()
        });
        row.map_err(|cause| self.failed(cause))?.transpose()
    }

    /// Runs one conditional statement. It is a transaction of its own: SQLite takes the lock of writers before it compares.
    ///
    /// If it changed nothing, the present record is read after it. That is the entry that won, or one that was written since.
    fn swap(&self, key: &Key, statement: &str, values: impl Params) -> Result<Replaced, Error> {
        let failed = |cause| self.failed(cause);
        let deadline = Deadline::after(self.patience);
        self.within(deadline, |connection| {
            let changed = connection
                .prepare_cached(statement)
                .and_then(|mut swap| swap.execute(values))
                .map_err(failed)?;
            // It may have waited for another process, and the file may be another one by now.
            self.find_place()?;
            match changed {
                1 => Ok(Replaced::Stored),
                0 => {
                    deadline.bind(connection).map_err(failed)?;
                    self.read(connection, key).map(Replaced::Conflict)
                }
                _ => Err(self.refused("several records under one key")),
            }
        })
    }

    fn failed(&self, cause: rusqlite::Error) -> Error {
        Error::store(self.name.clone(), cause)
    }

    fn refused(&self, why: &'static str) -> Error {
        Error::store(self.name.clone(), why)
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SqliteStore").field(&self.place).finish()
    }
}

impl Store for SqliteStore {
    fn load(&self, key: &Key) -> Result<Option<Entry>, Error> {
        self.within(Deadline::after(self.patience), |connection| {
            self.read(connection, key)
        })
    }

    fn replace(
        &self,
        key: &Key,
        expected: Option<&Version>,
        entry: &Entry,
    ) -> Result<Replaced, Error> {
        let version = entry.version();
        let (key_bytes, version) = (key.as_bytes(), version.as_bytes());
        let expires_at = entry.expires_at().map(i64::from);
        match expected {
            None => self.swap(
                key,
                INSERT,
                params![key_bytes, version, entry.bytes(), expires_at],
            ),
            Some(expected) => self.swap(
                key,
                UPDATE,
                params![
                    key_bytes,
                    version,
                    entry.bytes(),
                    expires_at,
                    expected.as_bytes()
                ],
            ),
        }
    }

    fn remove(&self, key: &Key, expected: &Version) -> Result<Replaced, Error> {
        self.swap(key, DELETE, params![key.as_bytes(), expected.as_bytes()])
    }

    fn purge(&self, now: Timestamp) -> Result<usize, Error> {
        self.within(Deadline::after(self.patience), |connection| {
            connection
                .prepare_cached(PURGE)
                .and_then(|mut purge| purge.execute([i64::from(now)]))
                .map_err(|cause| self.failed(cause))
        })
    }

    fn scan(&self, from: Option<&ScanPlace>, limit: usize) -> Result<Page, Error> {
        // Before all keys.
        let after = from.map(ScanPlace::key).transpose()?;
        let after = after.as_ref().map_or(&[][..], |key| key.as_bytes());
        let most = i64::try_from(limit).unwrap_or(i64::MAX);
        let found = self.within(Deadline::after(self.patience), |connection| {
            let read = || -> rusqlite::Result<Vec<(Key, Result<Entry, Error>)>> {
                let mut scan = connection.prepare_cached(SCAN)?;
                let rows = scan.query_map(params![after, most], |row| {
                    let entry = Entry::from_columns(row.get(0)?, row.get(1)?, row.get(2)?);
                    Ok((Key::from_bytes(row.get(3)?), entry))
                })?;
                rows.collect()
            };
            read().map_err(|cause| self.failed(cause))
        })?;
        Ok(Page::by_key(found, limit))
    }

    /// One transaction for all.
    fn replace_all(&self, swaps: &[Swap]) -> Result<Vec<Replaced>, Error> {
        let deadline = Deadline::after(self.patience);
        self.within(deadline, |connection| {
            let failed = |cause| self.failed(cause);
            let transaction = connection
                .transaction_with_behavior(TransactionBehavior::Immediate)
                .map_err(failed)?;
            let mut answers = Vec::with_capacity(swaps.len());
            for swap in swaps {
                let version = swap.entry.version();
                let changed = transaction
                    .prepare_cached(UPDATE)
                    .and_then(|mut update| {
                        update.execute(params![
                            swap.key.as_bytes(),
                            version.as_bytes(),
                            swap.entry.bytes(),
                            swap.entry.expires_at().map(i64::from),
                            swap.expected.as_bytes()
                        ])
                    })
                    .map_err(failed)?;
                answers.push(match changed {
                    1 => Replaced::Stored,
                    0 => self.read(&transaction, &swap.key).map(Replaced::Conflict)?,
                    _ => return Err(self.refused("several records under one key")),
                });
            }
            // It may have waited for another process, and the file may be another one by now.
            self.find_place()?;
            transaction.commit().map_err(failed)?;
            Ok(answers)
        })
    }
}

/// The moment when a call gives up waiting for others. It counts over all waits of the call.
#[derive(Clone, Copy)]
struct Deadline {
    start: Instant,
    patience: Duration,
}

impl Deadline {
    fn after(patience: Duration) -> Self {
        Self {
            start: Instant::now(),
            patience,
        }
    }

    fn left(self) -> Duration {
        self.patience.saturating_sub(self.start.elapsed())
    }

    /// Lets the next wait of this connection take no more than what is left.
    fn bind(self, connection: &Connection) -> rusqlite::Result<()> {
        connection.busy_timeout(self.left())
    }
}

/// Switches to WAL mode, and returns the mode the file is in then.
///
/// The switch needs the file for itself, and SQLite does not always wait for that. Several that open a new file at
/// once would fail. So this waits, in pauses of growing length.
fn enter_wal(connection: &Connection, deadline: Deadline) -> rusqlite::Result<String> {
    let mut pause = Duration::from_millis(1);
    loop {
        deadline.bind(connection)?;
        match set(connection, "journal_mode", "WAL") {
            Err(cause)
                if cause.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
                    && !deadline.left().is_zero() =>
            {
                std::thread::sleep(pause.min(deadline.left()));
                pause = pause.saturating_mul(2);
            }
            Err(cause) => return Err(cause),
            Ok(()) => {
                return connection
                    .pragma_query_value(None, "journal_mode", |row| row.get::<_, String>(0));
            }
        }
    }
}

/// Sets a pragma, whether or not it answers with a row.
fn set(connection: &Connection, pragma: &str, value: &str) -> rusqlite::Result<()> {
    connection.pragma_update(None, pragma, value)
}

#[cfg(unix)]
fn has_moved(connection: &Connection) -> rusqlite::Result<bool> {
    let mut moved = 0;
    connection.file_control(None::<&str>, rusqlite::FileControl::HasMoved(&mut moved))?;
    Ok(moved != 0)
}

/// Elsewhere an open file cannot be moved.
#[cfg(not(unix))]
fn has_moved(_: &Connection) -> rusqlite::Result<bool> {
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on<T>(store: &SqliteStore, work: impl FnOnce(&mut Connection) -> rusqlite::Result<T>) -> T {
        let done = store.within(Deadline::after(store.patience), |connection| {
            work(connection).map_err(|cause| store.failed(cause))
        });
        done.unwrap()
    }

    fn pragma<T: rusqlite::types::FromSql>(store: &SqliteStore, name: &str) -> T {
        on(store, |connection| {
            connection.pragma_query_value(None, name, |row| row.get(0))
        })
    }

    #[test]
    fn durability_is_what_the_constructor_says() {
        const NORMAL: i64 = 1;
        const FULL: i64 = 2;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("records.db");
        for (store, synchronous) in [
            (SqliteStore::open(&path).unwrap(), FULL),
            (SqliteStore::open_unsynced(&path).unwrap(), NORMAL),
        ] {
            assert_eq!(pragma::<i64>(&store, "synchronous"), synchronous);
            assert_eq!(pragma::<String>(&store, "journal_mode"), "wal");
            assert_eq!(pragma::<i64>(&store, "fullfsync"), 1);
            assert_eq!(pragma::<i64>(&store, "secure_delete"), 1);
            let patience = pragma::<i64>(&store, "busy_timeout");
            assert!((1..=5_000).contains(&patience), "{patience}");
        }
    }

    #[test]
    fn b14_a_held_lock_is_an_error_after_the_wait() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("records.db");
        let patience = Duration::from_millis(30);
        let store = SqliteStore::connect(&path, "FULL", patience).unwrap();
        let (key, version) = (Key::from_bytes([1; 32]), Version::from_bytes([1; 24]));
        let entry = Entry::new(vec![1], version, Some(Timestamp::stored(1)));
        assert_eq!(store.replace(&key, None, &entry).unwrap(), Replaced::Stored);

        let other = Connection::open(&path).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        for error in [
            store.replace(&key, Some(&version), &entry).unwrap_err(),
            store.replace(&key, None, &entry).unwrap_err(),
            store.remove(&key, &version).unwrap_err(),
            store.purge(Timestamp::MAX).unwrap_err(),
        ] {
            assert!(error.is_store());
            let cause = std::error::Error::source(&error).expect("a cause");
            assert!(cause.to_string().contains("locked"), "{cause}");
        }
        assert_eq!(store.load(&key).unwrap(), Some(entry.clone()));
        other.execute_batch("ROLLBACK").unwrap();
        assert_eq!(store.remove(&key, &version).unwrap(), Replaced::Stored);
    }

    /// A file in rollback mode, with a table, held by another connection.
    fn held(path: &Path, by: &str) -> Connection {
        let host = Connection::open(path).unwrap();
        host.execute_batch("CREATE TABLE t (a)").unwrap();
        host.execute_batch(by).unwrap();
        host
    }

    #[test]
    fn b62_opening_has_one_deadline_over_all_tries() {
        let directory = tempfile::tempdir().unwrap();
        let patience = Duration::from_millis(700);
        for (number, by) in [
            "BEGIN; SELECT * FROM t",
            "BEGIN IMMEDIATE",
            "BEGIN EXCLUSIVE",
        ]
        .into_iter()
        .enumerate()
        {
            let path = directory.path().join(number.to_string());
            let host = held(&path, by);
            let start = Instant::now();
            let error = SqliteStore::connect(&path, "FULL", patience).unwrap_err();
            let taken = start.elapsed();
            assert!(error.is_store(), "{by}: {error}");
            assert!(taken >= patience, "{by}: gave up after {taken:?}");
            // Tries that each had the whole time, ten of them, would take eight seconds.
            assert!(taken < patience * 5, "{by}: took {taken:?}");
            drop(host);
            SqliteStore::connect(&path, "FULL", patience).unwrap();
        }
    }

    #[test]
    fn b62_threads_that_wait_for_one_lock_wait_side_by_side() {
        const THREADS: u32 = 12;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("records.db");
        let patience = Duration::from_millis(400);
        let store = SqliteStore::connect(&path, "FULL", patience).unwrap();
        let other = Connection::open(&path).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let start = Instant::now();
        std::thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| assert!(store.purge(Timestamp::MAX).unwrap_err().is_store()));
            }
        });
        let taken = start.elapsed();
        assert!(taken >= patience, "gave up after {taken:?}");
        assert!(taken < patience * THREADS, "one after another: {taken:?}");
    }

    #[test]
    fn a_purge_does_not_read_the_records_of_people() {
        let directory = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(directory.path().join("records.db")).unwrap();
        let plan: String = on(&store, |connection| {
            let explain = format!("EXPLAIN QUERY PLAN {PURGE}");
            connection.query_row(&explain, [1], |row| row.get("detail"))
        });
        assert!(plan.contains("countersign_records_expires_at"), "{plan}");
    }

    #[test]
    fn a_time_that_none_wrote_is_corrupt_and_stays() {
        let directory = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(directory.path().join("records.db")).unwrap();
        let key = Key::from_bytes([1; 32]);
        for time in [i64::MIN, -1, 253_402_300_800, i64::MAX] {
            on(&store, |connection| {
                connection.execute(
                    "INSERT OR REPLACE INTO countersign_records VALUES (?1, ?2, x'00', ?3)",
                    params![key.as_bytes(), [1_u8; 24], time],
                )
            });
            let error = store.load(&key).unwrap_err();
            assert!(error.is_corrupt(), "{time}: {error}");
            assert_eq!(store.purge(Timestamp::MAX).unwrap(), 0, "{time}");
        }
    }
}
