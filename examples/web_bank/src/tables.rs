//! The bank's own tables: customers and agents, payments, and the telephones of this demonstration.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use countersign::{Timestamp, Transaction};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::failure::Failure;

const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS people (number TEXT PRIMARY KEY, name BLOB NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS payments (customer TEXT NOT NULL, reference TEXT NOT NULL, payee TEXT NOT NULL,
        amount TEXT NOT NULL, currency TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (customer, reference)) STRICT;
    CREATE TABLE IF NOT EXISTS blocked_cards (customer TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS telephone (id INTEGER PRIMARY KEY, number TEXT NOT NULL, text TEXT NOT NULL,
        at INTEGER NOT NULL) STRICT;
";

/// How many messages the page of the telephones shows.
const SHOWN: u32 = 8;

#[derive(Clone)]
pub(crate) struct Tables(Arc<Mutex<Connection>>);

/// The end of a transaction.
pub(crate) enum End<T> {
    Commit(T),
    RollBack(T),
}

/// A payment that was carried out.
pub(crate) struct Payment {
    pub(crate) reference: String,
    pub(crate) payee: String,
    pub(crate) amount: String,
    pub(crate) currency: String,
}

/// A message on a telephone.
pub(crate) struct Message {
    pub(crate) number: String,
    pub(crate) text: String,
    pub(crate) at: i64,
}

impl Tables {
    /// Opens the tables in a file, or in memory.
    pub(crate) fn open(file: Option<&Path>) -> rusqlite::Result<Self> {
        let connection = match file {
            Some(file) => Connection::open(file)?,
            None => Connection::open_in_memory()?,
        };
        connection.busy_timeout(Duration::from_secs(5))?;
        // This connection writes records, too: as safely as their store does.
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "secure_delete", true)?;
        connection.execute_batch(TABLES)?;
        Ok(Self(Arc::new(Mutex::new(connection))))
    }

    /// Calls it on a thread that may block.
    pub(crate) async fn call<T: Send + 'static>(
        &self,
        call: impl FnOnce(&Self) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Box<dyn std::error::Error + Send + Sync>> {
        let tables = self.clone();
        Ok(tokio::task::spawn_blocking(move || call(&tables)).await??)
    }

    pub(crate) fn on<T>(
        &self,
        call: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        call(&*self.connection()?)
    }

    /// Calls it in a transaction that no other connection writes beside.
    pub(crate) fn atomically<T>(
        &self,
        call: impl FnOnce(&mut Connection) -> Result<End<T>, Failure>,
    ) -> Result<T, Failure> {
        let mut connection = self.connection()?;
        connection.execute_batch("BEGIN IMMEDIATE")?;
        match call(&mut connection) {
            Ok(End::Commit(value)) => {
                connection.execute_batch("COMMIT")?;
                Ok(value)
            }
            Ok(End::RollBack(value)) => {
                connection.execute_batch("ROLLBACK")?;
                Ok(value)
            }
            Err(failure) => {
                // The next call rolls back what this one could not.
                drop(connection.execute_batch("ROLLBACK"));
                Err(failure)
            }
        }
    }

    /// Returns the connection. A transaction that a panic or a failed commit left open is rolled back.
    fn connection(&self) -> rusqlite::Result<MutexGuard<'_, Connection>> {
        let connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !connection.is_autocommit() {
            connection.execute_batch("ROLLBACK")?;
        }
        Ok(connection)
    }

    pub(crate) fn name_of(&self, number: &str) -> rusqlite::Result<Option<Vec<u8>>> {
        let find = "SELECT name FROM people WHERE number = ?1";
        self.on(|tables| {
            let found = tables.query_row(find, [number], |row| row.get(0));
            found.optional()
        })
    }

    pub(crate) fn add_person(&self, number: &str, sealed_name: &[u8]) -> rusqlite::Result<()> {
        let insert = "INSERT INTO people VALUES (?1, ?2)";
        self.on(|tables| tables.execute(insert, params![number, sealed_name]))?;
        Ok(())
    }

    /// Books a payment. The primary key refuses one that is there: `false`.
    pub(crate) fn book(
        tables: &Connection,
        customer: &str,
        payment: &Transaction,
        at: Timestamp,
    ) -> rusqlite::Result<bool> {
        let value = |name| payment.value(name).unwrap_or_default();
        let row = params![
            customer,
            payment.reference(),
            value("payee"),
            value("amount"),
            value("currency"),
            i64::from(at),
        ];
        let insert = "INSERT INTO payments VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING";
        Ok(tables.execute(insert, row)? == 1)
    }

    /// Returns the payments, the last first.
    pub(crate) fn payments(&self, customer: &str) -> rusqlite::Result<Vec<Payment>> {
        let read = "SELECT reference, payee, amount, currency FROM payments
                    WHERE customer = ?1 ORDER BY at DESC, reference";
        self.on(|tables| {
            let mut statement = tables.prepare(read)?;
            let rows = statement.query_map([customer], |row| {
                Ok(Payment {
                    reference: row.get(0)?,
                    payee: row.get(1)?,
                    amount: row.get(2)?,
                    currency: row.get(3)?,
                })
            })?;
            rows.collect()
        })
    }

    pub(crate) fn block_card(&self, customer: &str, at: Timestamp) -> rusqlite::Result<()> {
        let insert = "INSERT INTO blocked_cards VALUES (?1, ?2) ON CONFLICT DO NOTHING";
        self.on(|tables| tables.execute(insert, params![customer, i64::from(at)]))?;
        Ok(())
    }

    pub(crate) fn is_blocked(&self, customer: &str) -> rusqlite::Result<bool> {
        let find = "SELECT EXISTS (SELECT 1 FROM blocked_cards WHERE customer = ?1)";
        self.on(|tables| tables.query_row(find, [customer], |row| row.get(0)))
    }

    pub(crate) fn send(&self, number: &str, text: &str, at: Timestamp) -> rusqlite::Result<()> {
        let insert = "INSERT INTO telephone (number, text, at) VALUES (?1, ?2, ?3)";
        self.on(|tables| tables.execute(insert, params![number, text, i64::from(at)]))?;
        Ok(())
    }

    /// Returns the messages on all telephones, the last first.
    pub(crate) fn messages(&self) -> rusqlite::Result<Vec<Message>> {
        let read = "SELECT number, text, at FROM telephone ORDER BY id DESC LIMIT ?1";
        self.on(|tables| {
            let mut statement = tables.prepare(read)?;
            let rows = statement.query_map([SHOWN], |row| {
                Ok(Message {
                    number: row.get(0)?,
                    text: row.get(1)?,
                    at: row.get(2)?,
                })
            })?;
            rows.collect()
        })
    }
}
