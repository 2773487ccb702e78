//! A bank that keeps its customers' records in a table of its own: the adapter, a transfer in one transaction, two wrong ways.
//!
//! Each line that it prints is asserted. It takes no arguments: `cargo run --example own_table`.

#![allow(
    clippy::print_stdout,
    clippy::expect_used,
    clippy::arithmetic_side_effects,
    reason = "a program to be read, which ends where it is wrong"
)]

use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use countersign::account::Agent;
use countersign::field::{Keyring, LongTermSecret, RootKey};
use countersign::otp::Totp;
use countersign::store::{Entry, Key, Replaced, Store, Version, conformance};
use countersign::{
    Attempt, Authority, Authorized, Change, Changed, Channel, Code, Context, Error, Outcome,
    Policy, Redeemed, Request, Settings, Subject, Timestamp, Transaction, Verifier,
};
use rusqlite::{Connection, OptionalExtension, Params, Row, TransactionBehavior, params};

/// The bank's tables. A booking has a reference that no other has.
const TABLES: &str = "
    CREATE TABLE records (id BLOB PRIMARY KEY, bytes BLOB NOT NULL, version BLOB NOT NULL, expires INTEGER);
    CREATE TABLE bookings (reference TEXT PRIMARY KEY, customer TEXT NOT NULL, cents INTEGER NOT NULL);";

const LOAD: &str = "SELECT bytes, version, expires FROM records WHERE id = ?1";
/// Writes where nothing is if no version is expected, and else over the expected version alone.
const REPLACE: &str = "
    INSERT INTO records SELECT ?1, ?2, ?3, ?4
    WHERE ?5 IS NULL OR EXISTS (SELECT 1 FROM records WHERE id = ?1 AND version = ?5)
    ON CONFLICT (id) DO UPDATE SET bytes = ?2, version = ?3, expires = ?4 WHERE version = ?5";
const REMOVE: &str = "DELETE FROM records WHERE id = ?1 AND version = ?2";
const PURGE: &str = "DELETE FROM records WHERE expires <= ?1";

// --- The adapter -----------------------------------------------------------------------------------------------------

/// The bank's table. A connection and an open transaction are both connections here.
struct OwnTable<'a>(&'a Connection);

impl OwnTable<'_> {
    /// Writes one row, or loads the row that won. SQLite has one writer at a time.
    fn swap(&self, key: &Key, sql: &str, values: impl Params) -> Result<Replaced, Error> {
        Ok(match self.0.execute(sql, values).map_err(failed)? {
            0 => Replaced::Conflict(self.load(key)?),
            _ => Replaced::Stored,
        })
    }
}

impl Store for OwnTable<'_> {
    fn load(&self, key: &Key) -> Result<Option<Entry>, Error> {
        let read = |row: &Row<'_>| Ok(Entry::from_columns(row.get(0)?, row.get(1)?, row.get(2)?));
        let row = self.0.query_row(LOAD, [key.as_bytes()], read).optional();
        row.map_err(failed)?.transpose()
    }

    fn replace(&self, key: &Key, old: Option<&Version>, new: &Entry) -> Result<Replaced, Error> {
        let (version, expires) = (new.version(), new.expires_at().map(i64::from));
        let (version, old) = (version.as_bytes(), old.map(Version::as_bytes));
        let values = params![key.as_bytes(), new.bytes(), version, expires, old];
        self.swap(key, REPLACE, values)
    }

    fn remove(&self, key: &Key, old: &Version) -> Result<Replaced, Error> {
        self.swap(key, REMOVE, params![key.as_bytes(), old.as_bytes()])
    }

    fn purge(&self, now: Timestamp) -> Result<usize, Error> {
        self.0.execute(PURGE, [i64::from(now)]).map_err(failed)
    }
}

fn failed(cause: rusqlite::Error) -> Error {
    Error::store("the table of records", cause)
}

// --- The bank --------------------------------------------------------------------------------------------------------

type Anything<T> = Result<T, Box<dyn std::error::Error>>;

const ACTION: &str = "payment.send";
/// Another agent has to approve a payment.
const POLICY: &str = r#"
    version = 1
    grant_lifetime = 300
    tiers = ["any"]
    [action."payment.send".every_tier]
    any = [{ all = [{ approvals = 1, max_age = 900 }] }]
"#;

/// A process of the bank, with a connection of its own.
struct Bank<'a> {
    database: &'a Connection,
    verifier: Verifier<OwnTable<'a>>,
    policy: Policy,
}

impl<'a> Bank<'a> {
    fn over(database: &'a Connection, keyring: &Keyring) -> Anything<Self> {
        let settings = Settings::new("bank", keyring.clone())?;
        Ok(Self {
            database,
            verifier: Verifier::new(OwnTable(database), settings),
            policy: Policy::from_toml(POLICY)?,
        })
    }

    /// Begins a transaction that writes. No other connection writes until it ends.
    fn begin(&self) -> rusqlite::Result<rusqlite::Transaction<'_>> {
        rusqlite::Transaction::new_unchecked(self.database, TransactionBehavior::Immediate)
    }

    /// Decides on the payment and redeems its grant, in an open transaction. Nothing is final before the commit.
    fn authorize(
        &self,
        within: &Connection,
        anna: &Subject,
        payment: &Transaction,
        call: &Context,
    ) -> Anything<Redeemed> {
        let request = Request::new(ACTION).handled_by(Agent::new("mia")?);
        let call = call.for_transaction(payment);
        let inside = self.verifier.on(OwnTable(within));
        match inside.authorize(&self.policy, &request, anna, &call)? {
            Authorized::Yes(redeemed) => Ok(redeemed.expect_transaction(ACTION, anna, payment)?),
            refused => Err(refused.to_string().into()),
        }
    }

    /// Redeems the grant and books the payment: both, or neither.
    fn transfer(&self, anna: &Subject, payment: &Transaction, call: &Context) -> Anything<()> {
        let transaction = self.begin()?;
        let redeemed = self.authorize(&transaction, anna, payment, call)?;
        transaction.execute(
            "INSERT INTO bookings VALUES (?1, ?2, ?3)",
            params![payment.reference(), redeemed.subject().id(), 9_950],
        )?;
        Ok(transaction.commit()?)
    }

    fn enrol(&self, anna: &Subject, visit: &Context) -> Anything<()> {
        let app = Totp::generate()?;
        let code = Code::typed(app.code_at(Timestamp::now()?).expose_text());
        self.verifier.create(anna, visit)?;
        for change in [Change::AddTotp(app), Change::ConfirmTotp(code)] {
            let changed = self
                .verifier
                .change(anna, &change, &Authority::Host, visit)?;
            assert_eq!(changed, Changed::Done);
        }
        Ok(())
    }

    fn bookings(&self) -> rusqlite::Result<i64> {
        let count = "SELECT count(*) FROM bookings";
        self.database.query_row(count, [], |row| row.get(0))
    }
}

/// The process of the agent who approves. The record keeps the approval, and the other process finds it there.
fn approve_elsewhere(
    file: &Path,
    keyring: &Keyring,
    anna: &Subject,
    payment: &Transaction,
) -> Anything<()> {
    let database = Connection::open(file)?;
    let back_office = Bank::over(&database, keyring)?;
    let desk = Context::begin(Channel::Web)?.for_transaction(payment);
    let lifetime = Duration::from_secs(600);
    back_office
        .verifier
        .approve(anna, &Agent::new("tom")?, ACTION, lifetime, &desk)?;
    Ok(())
}

fn payment(reference: &str) -> Result<Transaction, Error> {
    Transaction::payment(reference, "Fern Ltd", "99.50", "EUR")
}

fn main() -> Anything<()> {
    conformance::run(|| Shared(Mutex::new(in_memory().expect("a database in memory"))));
    println!("the table passes the suite");

    let folder = tempfile::tempdir()?;
    let file = folder.path().join("bank.db");
    let database = Connection::open(&file)?;
    database.execute_batch(TABLES)?;
    let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    let bank = Bank::over(&database, &keyring)?;
    let anna = Subject::new("bank", "C-1042")?;
    let call = Context::begin(Channel::Agent)?;
    bank.enrol(&anna, &call)?;

    println!("\nthe right way: the transaction commits what was redeemed and what was booked");
    let rent = payment("TX-1")?;
    let refused = bank.transfer(&anna, &rent, &call);
    println!("  {}", refused.expect_err("nobody has approved it"));
    approve_elsewhere(&file, &keyring, &anna, &rent)?;
    bank.transfer(&anna, &rent, &call)?;
    println!("  approved in another process, and booked");
    approve_elsewhere(&file, &keyring, &anna, &rent)?;
    let again = bank.transfer(&anna, &rent, &call);
    println!("  approved again: {}", again.expect_err("carried out"));
    assert_eq!(bank.bookings()?, 1);

    println!("\nthe first wrong way: a check in a transaction that rolls back");
    let judged = guess_in_transactions(&bank, &anna)?;
    println!("  {judged} of 50 guesses are judged: no wrong try stays counted, so nothing locks");
    assert_eq!(judged, 50);
    let judged = guess_outside(&bank, &anna)?;
    println!("  outside a transaction, {judged} of 50 are judged: then the app is locked");
    assert_eq!(judged, 5);

    println!("\nthe second wrong way: an act before the commit");
    let invoice = payment("TX-2")?;
    approve_elsewhere(&file, &keyring, &anna, &invoice)?;
    let mut sent = Vec::new();
    while sent.len() < 2 {
        let transaction = bank.begin()?;
        let redeemed = bank.authorize(&transaction, &anna, &invoice, &call)?;
        sent.push(redeemed); // the order goes to the payment network, which takes nothing back
        transaction.rollback()?; // as after a power cut: the grant is not redeemed
    }
    println!("  {} orders for one payment leave the bank", sent.len());
    bank.transfer(&anna, &invoice, &call)?;
    approve_elsewhere(&file, &keyring, &anna, &invoice)?;
    let again = bank.transfer(&anna, &invoice, &call);
    println!(
        "  once the commit is done: {}",
        again.expect_err("carried out")
    );
    assert_eq!(bank.bookings()?, 2);
    Ok(())
}

/// Never do this: each roll-back takes the count of the wrong try with it.
fn guess_in_transactions(bank: &Bank<'_>, anna: &Subject) -> Anything<usize> {
    let mut judged = 0;
    for _ in 0..50 {
        let transaction = bank.begin()?;
        let inside = bank.verifier.on(OwnTable(&transaction));
        judged += usize::from(guess(&inside, anna)?);
        transaction.rollback()?;
    }
    Ok(judged)
}

fn guess_outside(bank: &Bank<'_>, anna: &Subject) -> Anything<usize> {
    let mut judged = 0;
    for _ in 0..50 {
        judged += usize::from(guess(&bank.verifier, anna)?);
    }
    Ok(judged)
}

/// Returns whether the code was compared.
fn guess(verifier: &Verifier<OwnTable<'_>>, anna: &Subject) -> Anything<bool> {
    let call = Context::begin(Channel::Agent)?;
    let attempt = Attempt::Totp(Code::typed("000 000"));
    let outcome = verifier.check(anna, &attempt, &call)?;
    Ok(matches!(outcome, Outcome::Denied))
}

// --- The suite -------------------------------------------------------------------------------------------------------

fn in_memory() -> rusqlite::Result<Connection> {
    let database = Connection::open_in_memory()?;
    database.execute_batch(TABLES)?;
    Ok(database)
}

/// The suite's threads race, and one connection serves one thread at a time.
struct Shared(Mutex<Connection>);

impl Shared {
    fn with<O>(&self, act: impl FnOnce(&OwnTable<'_>) -> O) -> O {
        let database = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        act(&OwnTable(&database))
    }
}

impl Store for Shared {
    fn load(&self, key: &Key) -> Result<Option<Entry>, Error> {
        self.with(|table| table.load(key))
    }

    fn replace(&self, key: &Key, old: Option<&Version>, new: &Entry) -> Result<Replaced, Error> {
        self.with(|table| table.replace(key, old, new))
    }

    fn remove(&self, key: &Key, old: &Version) -> Result<Replaced, Error> {
        self.with(|table| table.remove(key, old))
    }

    fn purge(&self, now: Timestamp) -> Result<usize, Error> {
        self.with(|table| table.purge(now))
    }
}
