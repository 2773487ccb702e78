//! A store of one's own, in redb: the adapter, the suite over it, and a customer who is still known after a restart.
//!
//! Each line that it prints is asserted. It takes no arguments: `cargo run --example custom_store`.

#![allow(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a program to be read, which ends where it is wrong"
)]

use std::path::Path;

use countersign::field::{Keyring, LongTermSecret, RootKey};
use countersign::otp::Totp;
use countersign::store::{Entry, Key, Replaced, Store, Version, conformance};
use countersign::{
    Attempt, Authority, Change, Changed, Channel, Code, Context, Error, Outcome, Settings, Subject,
    Timestamp, Verifier,
};
use redb::backends::InMemoryBackend;
use redb::{AccessGuard, Database, ReadableDatabase, TableDefinition};

// --- The adapter -----------------------------------------------------------------------------------------------------

type Row = (Vec<u8>, Vec<u8>, Option<i64>);
const RECORDS: TableDefinition<'_, &[u8; 32], Row> = TableDefinition::new("records");

/// Records in redb: bytes, version, end. It has one writer at a time. Without the commit nothing happened.
struct RedbStore(Database);

impl RedbStore {
    fn swap(&self, key: &Key, old: Option<&Version>, new: Option<Row>) -> Result<Replaced, Error> {
        let transaction = self.0.begin_write().map_err(failed)?;
        let mut records = transaction.open_table(RECORDS).map_err(failed)?;
        let present = entry(records.remove(key.as_bytes()).map_err(failed)?)?;
        if present.as_ref().map(Entry::version).as_ref() != old {
            return Ok(Replaced::Conflict(present));
        }
        if let Some(row) = new {
            records.insert(key.as_bytes(), row).map_err(failed)?;
        }
        drop(records);
        transaction.commit().map_err(failed)?;
        Ok(Replaced::Stored)
    }
}

fn entry(row: Option<AccessGuard<'_, Row>>) -> Result<Option<Entry>, Error> {
    let read = |(bytes, version, end)| Entry::from_columns(bytes, version, end);
    row.map(|row| read(row.value())).transpose()
}

impl Store for RedbStore {
    fn load(&self, key: &Key) -> Result<Option<Entry>, Error> {
        let transaction = self.0.begin_read().map_err(failed)?;
        let records = transaction.open_table(RECORDS).map_err(failed)?;
        entry(records.get(key.as_bytes()).map_err(failed)?)
    }

    fn replace(&self, key: &Key, old: Option<&Version>, new: &Entry) -> Result<Replaced, Error> {
        let (version, end) = (new.version(), new.expires_at().map(i64::from));
        let row = (new.bytes().to_vec(), version.as_bytes().to_vec(), end);
        self.swap(key, old, Some(row))
    }

    fn remove(&self, key: &Key, old: &Version) -> Result<Replaced, Error> {
        self.swap(key, Some(old), None)
    }

    fn purge(&self, now: Timestamp) -> Result<usize, Error> {
        let transaction = self.0.begin_write().map_err(failed)?;
        let mut records = transaction.open_table(RECORDS).map_err(failed)?;
        let over = records.extract_if(|_, row| row.2.is_some_and(|end| end <= i64::from(now)));
        let dropped: Result<Vec<_>, _> = over.and_then(Iterator::collect);
        let dropped = dropped.map_err(failed)?.len();
        drop(records);
        transaction.commit().map_err(failed).map(|()| dropped)
    }
}

fn failed(cause: impl Into<redb::Error>) -> Error {
    Error::store("the records in redb", cause.into())
}

// --- The bank --------------------------------------------------------------------------------------------------------

type Anything<T> = Result<T, Box<dyn std::error::Error>>;

/// Makes the table, once.
fn with_table(database: Database) -> Anything<RedbStore> {
    let transaction = database.begin_write()?;
    transaction.open_table(RECORDS)?;
    transaction.commit()?;
    Ok(RedbStore(database))
}

/// A process of the bank.
fn start(file: &Path, keyring: &Keyring) -> Anything<Verifier<RedbStore>> {
    let store = with_table(Database::create(file)?)?;
    Ok(Verifier::new(
        store,
        Settings::new("bank", keyring.clone())?,
    ))
}

fn main() -> Anything<()> {
    let in_memory = || Database::builder().create_with_backend(InMemoryBackend::new());
    conformance::run(|| with_table(in_memory().expect("a database")).expect("a table"));
    println!("the adapter passes the suite");

    let folder = tempfile::tempdir()?;
    let file = folder.path().join("bank.redb");
    let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    let (anna, visit) = (
        Subject::new("bank", "C-1042")?,
        Context::begin(Channel::Web)?,
    );
    let app = Totp::generate()?;
    let shown = Code::typed(app.code_at(Timestamp::now()?).expose_text());

    let verifier = start(&file, &keyring)?;
    verifier.create(&anna, &visit)?;
    for change in [Change::AddTotp(app), Change::ConfirmTotp(shown.clone())] {
        let changed = verifier.change(&anna, &change, &Authority::Host, &visit)?;
        assert_eq!(changed, Changed::Done);
    }
    drop(verifier);
    println!("a process enrols a customer's app by its code, and ends");

    let again = start(&file, &keyring)?.check(&anna, &Attempt::Totp(shown), &visit)?;
    assert!(matches!(again, Outcome::Denied));
    println!("the next process knows that the code was used: denied");
    Ok(())
}
