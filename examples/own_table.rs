//! A bank that keeps its customers' records in a table of its own, beside its accounts: an adapter, one transaction for a
//! transfer, and the way that must not be taken.
//!
//! Every line it prints is asserted. It takes no arguments: `cargo run --example own_table`.

#![allow(
    clippy::print_stdout,
    clippy::expect_used,
    clippy::arithmetic_side_effects,
    reason = "a program to be read, which ends where it is wrong"
)]

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use countersign::account::{Agent, Approval};
use countersign::field::{Keyring, LongTermSecret, RootKey};
use countersign::otp::Totp;
use countersign::store::{Entry, Key, Replaced, Store, Version, conformance};
use countersign::{
    Attempt, Authority, Change, Changed, Channel, Code, Context, Decision, Error, Grant,
    Interaction, Outcome, Policy, Request, Settings, Subject, Timestamp, Transaction, Verifier,
};
use rusqlite::{Connection, OptionalExtension, params};

const TABLES: &str = "
    CREATE TABLE records (id BLOB PRIMARY KEY, bytes BLOB NOT NULL, version BLOB NOT NULL, expires INTEGER);
    CREATE TABLE bookings (reference TEXT PRIMARY KEY, cents INTEGER NOT NULL);";

// --- The adapter -----------------------------------------------------------------------------------------------------

/// The bank's table. A connection and an open transaction are both connections here.
struct OwnTable<'a>(&'a Connection);

impl OwnTable<'_> {
    /// A lost race is the row that is there now. SQLite has one writer, so it is the row that won.
    fn ended(&self, key: &Key, rows: usize) -> Result<Replaced, Error> {
        if rows == 1 {
            Ok(Replaced::Stored)
        } else {
            Ok(Replaced::Conflict(self.load(key)?))
        }
    }
}

impl Store for OwnTable<'_> {
    fn load(&self, key: &Key) -> Result<Option<Entry>, Error> {
        let row = self.0.query_row(
            "SELECT bytes, version, expires FROM records WHERE id = ?",
            [key.as_bytes()],
            |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, Option<i64>>(2)?)),
        );
        let Some((bytes, version, expires)) = row.optional().map_err(failed)? else {
            return Ok(None);
        };
        let expires = expires.map(Timestamp::from_unix).transpose()?;
        Ok(Some(Entry::new(
            bytes,
            Version::from_bytes(version),
            expires,
        )))
    }

    fn replace(
        &self,
        key: &Key,
        expected: Option<&Version>,
        entry: &Entry,
    ) -> Result<Replaced, Error> {
        let expires = entry.expires_at().map(|at| at.unix().cast_signed());
        let (version, key_bytes) = (entry.version(), key.as_bytes());
        let rows = match expected {
            None => self.0.execute(
                "INSERT INTO records VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                params![key_bytes, entry.bytes(), version.as_bytes(), expires],
            ),
            Some(expected) => self.0.execute(
                "UPDATE records SET bytes = ?, version = ?, expires = ? WHERE id = ? AND version = ?",
                params![entry.bytes(), version.as_bytes(), expires, key_bytes, expected.as_bytes()],
            ),
        };
        self.ended(key, rows.map_err(failed)?)
    }

    fn remove(&self, key: &Key, expected: &Version) -> Result<Replaced, Error> {
        let sql = "DELETE FROM records WHERE id = ? AND version = ?";
        let rows = self
            .0
            .execute(sql, [&key.as_bytes()[..], &expected.as_bytes()[..]])
            .map_err(failed)?;
        self.ended(key, rows)
    }

    fn purge(&self, now: Timestamp) -> Result<usize, Error> {
        self.0
            .execute(
                "DELETE FROM records WHERE expires <= ?",
                [now.unix().cast_signed()],
            )
            .map_err(failed)
    }
}

fn failed(cause: rusqlite::Error) -> Error {
    Error::store("the table of records", cause)
}

// --- The suite ---------------------------------------------------------------------------------------------------------

/// The suite's threads race, and one connection serves one thread at a time.
struct Shared(Mutex<Connection>);

impl Shared {
    fn with<O>(&self, act: impl FnOnce(&OwnTable<'_>) -> O) -> O {
        act(&OwnTable(
            &self.0.lock().unwrap_or_else(PoisonError::into_inner),
        ))
    }
}

impl Store for Shared {
    fn load(&self, key: &Key) -> Result<Option<Entry>, Error> {
        self.with(|table| table.load(key))
    }
    fn replace(
        &self,
        key: &Key,
        expected: Option<&Version>,
        entry: &Entry,
    ) -> Result<Replaced, Error> {
        self.with(|table| table.replace(key, expected, entry))
    }
    fn remove(&self, key: &Key, expected: &Version) -> Result<Replaced, Error> {
        self.with(|table| table.remove(key, expected))
    }
    fn purge(&self, now: Timestamp) -> Result<usize, Error> {
        self.with(|table| table.purge(now))
    }
}

// --- The bank ----------------------------------------------------------------------------------------------------------

type Anything<T> = Result<T, Box<dyn std::error::Error>>;

/// A database with the bank's tables, in memory.
fn database() -> rusqlite::Result<Connection> {
    let database = Connection::open_in_memory()?;
    database.execute_batch(TABLES)?;
    Ok(database)
}

/// Redeems the grant and books the payment: both, or neither.
fn transfer(bank: &Bank<'_>, grant: &Grant, payment: &Transaction, ctx: &Context) -> Anything<()> {
    let transaction = bank.database.unchecked_transaction()?;
    let inside = bank.verifier.on(OwnTable(&transaction));
    let redeemed = inside
        .redeem(grant, ctx)?
        .map_err(|refused| format!("{refused:?}"))?;
    redeemed.expect_transaction("payment.send", grant.subject(), payment)?;
    let sql = "INSERT INTO bookings VALUES (?, ?)";
    transaction.execute(sql, params![payment.reference(), 9_950])?;
    Ok(transaction.commit()?)
}

struct Bank<'a> {
    database: &'a Connection,
    verifier: Verifier<OwnTable<'a>>,
}

fn main() -> Anything<()> {
    conformance::run(|| Shared(Mutex::new(database().expect("a database in memory"))));
    println!("the table passes the suite");

    let database = database()?;
    let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    let bank = Bank {
        database: &database,
        verifier: Verifier::new(OwnTable(&database), Settings::new("bank", keyring)?),
    };
    let anna = Subject::new("bank", "C-1042")?;
    let payment = Transaction::new("TX-1")?
        .with("payee", "Fern Ltd")?
        .with("amount", "99.50 EUR")?;
    let ctx = Context::begin(Channel::Counter)?.for_transaction(&payment);
    enrol(&bank, &anna, &ctx)?;

    // The right way. The second time the grant is spent, and nothing is booked.
    let grant = grant(&bank, &anna, &ctx)?;
    transfer(&bank, &grant, &payment, &ctx)?;
    let again = transfer(&bank, &grant, &payment, &ctx).expect_err("it is spent");
    println!("the payment is booked; again: {again}");

    // The wrong way: a check in a transaction that rolls back. No wrong try is counted, so nothing ever locks.
    let guess = Attempt::Totp(Code::typed("000 000"));
    let call = |number| Context::new(Channel::Agent, Interaction::from_bytes([number; 16]));
    let mut judged = 0;
    for number in 1..=50 {
        let transaction = database.unchecked_transaction()?;
        let inside = bank.verifier.on(OwnTable(&transaction));
        judged += u32::from(is_denied(&inside.check(&anna, &guess, &call(number))?));
        transaction.rollback()?;
    }
    println!("in transactions that roll back, {judged} of 50 guesses are judged: never do this");
    assert_eq!(judged, 50);

    // Outside, on the connection itself.
    let mut judged = 0;
    for number in 1..=50 {
        judged += u32::from(is_denied(&bank.verifier.check(
            &anna,
            &guess,
            &call(number),
        )?));
    }
    println!("outside, {judged} of 50 are judged, and the app is locked");
    assert_eq!(judged, 5);
    Ok(())
}

const fn is_denied(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Denied)
}

fn enrol(bank: &Bank<'_>, anna: &Subject, ctx: &Context) -> Anything<()> {
    let app = Totp::generate()?;
    let code = Code::typed(app.code_at(Timestamp::now()?).expose_text());
    bank.verifier.create(anna, ctx)?;
    for change in [Change::AddTotp(app), Change::ConfirmTotp(code)] {
        let changed = bank.verifier.change(anna, &change, &Authority::Host, ctx)?;
        assert_eq!(changed, Changed::Done);
    }
    Ok(())
}

/// A grant for the payment, approved by another agent.
fn grant(bank: &Bank<'_>, anna: &Subject, ctx: &Context) -> Anything<Grant> {
    let policy = Policy::from_toml(
        r#"
        version = 1
        grant_lifetime = 300
        tiers = ["any"]
        [action."payment.send".every_tier]
        any = [{ all = [{ approvals = 1, max_age = 900 }] }]
        "#,
    )?;
    let lasts = Duration::from_secs(600);
    let approval = Approval::by(
        Agent::new("tom")?,
        "payment.send",
        anna,
        lasts,
        ctx,
        Timestamp::now()?,
    );
    let request = Request::new("payment.send")
        .handled_by(Agent::new("mia")?)
        .approved(approval);
    let status = bank.verifier.status(anna, ctx)?;
    match policy.decide(&request, &[], &status, ctx, Timestamp::now()?) {
        Decision::Allow(grant) => Ok(grant),
        other => Err(other.to_string().into()),
    }
}
