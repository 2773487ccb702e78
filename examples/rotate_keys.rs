//! A table of 200,000 customers is brought under a new root key, beside its writers, and whenever it is stopped.
//!
//! ```sh
//! cargo run --release --example rotate_keys                 # fill, then rotate; kill it, and run it again
//! cargo run --release --example rotate_keys -- --verify     # every value opens, under the newest root
//! ```
//!
//! A host writes `impl SealedTable for Customers`: two statements of SQL.
#![allow(
    clippy::print_stdout,
    clippy::arithmetic_side_effects,
    reason = "an example prints, and counts rows"
)]

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use countersign::field::{
    BlindIndex, FieldCipher, Keyring, LongTermSecret, RootKey, Rotation, Row, RowChange, SealedRow,
    SealedTable,
};
use countersign::{Error, text::Form, transition::Saved};
use indicatif::{ProgressBar, ProgressStyle};
use rusqlite::{Connection, TransactionBehavior, params};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

const HELP: &str = "\
Fills a SQLite table of customers, and brings it under a new root key. Stop it at any moment, and run it again.

Usage: cargo run --release --example rotate_keys -- [OPTIONS]

Options:
  --database PATH    the SQLite file; its keys stand beside it, in PATH.key [default: rotate_keys.db]
  --rows N           how many customers [default: 200000]
  --writer           somebody changes customers' e-mail addresses meanwhile
  --again            rotates to one more root
  --verify           opens every value instead; fails if one does not open, or is under an older root
  --help             this text
";

/// The columns in the order of the rotation.
const COLUMNS: [&str; 3] = ["name", "phone", "email"];
const TABLE: &str = "
    PRAGMA journal_mode = WAL;
    CREATE TABLE IF NOT EXISTS customers (
        id INTEGER PRIMARY KEY, name BLOB NOT NULL, phone BLOB NOT NULL, phone_index BLOB NOT NULL, email BLOB NOT NULL
    ) STRICT;
";

fn main() -> ExitCode {
    match Wanted::read().and_then(|wanted| wanted.map_or_else(help, |wanted| wanted.run())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // If even this cannot be written, the exit code says it.
            let line = format!("rotate_keys: {error}\n");
            let _ = std::io::stderr().write_all(line.as_bytes());
            ExitCode::FAILURE
        }
    }
}

fn help() -> Result<()> {
    Ok(std::io::stdout().write_all(HELP.as_bytes())?)
}

struct Wanted {
    database: PathBuf,
    rows: i64,
    writer: bool,
    again: bool,
    verify: bool,
}

impl Wanted {
    /// Reads the command line; `None` if help is wanted.
    fn read() -> Result<Option<Self>> {
        use lexopt::prelude::{Long, ValueExt};
        let mut wanted = Self {
            database: PathBuf::from("rotate_keys.db"),
            rows: 200_000,
            writer: false,
            again: false,
            verify: false,
        };
        let mut parser = lexopt::Parser::from_env();
        while let Some(argument) = parser.next()? {
            match argument {
                Long("help") => return Ok(None),
                Long("database") => wanted.database = parser.value()?.into(),
                Long("rows") => wanted.rows = parser.value()?.parse()?,
                Long("writer") => wanted.writer = true,
                Long("again") => wanted.again = true,
                Long("verify") => wanted.verify = true,
                _ => return Err(argument.unexpected().into()),
            }
        }
        if !(1..=10_000_000).contains(&wanted.rows) {
            return Err("--rows must lie between 1 and 10000000".into());
        }
        Ok(Some(wanted))
    }

    fn run(self) -> Result<()> {
        let keys = KeyFile::beside(&self.database);
        let mut ring = keys.open(self.verify)?;
        let mut customers = Customers::open(&self.database)?;
        if self.verify {
            return customers.verify(&ring);
        }
        if newest(&ring) == 1 {
            customers.fill(&ring, self.rows)?;
        }
        if newest(&ring) == 1 || self.again {
            // The new root key is on the disk before the first value is sealed under it.
            let root = RootKey::generate(newest(&ring) + 1)?;
            ring = ring.rotated_to(root)?;
            keys.write(&ring)?;
        }
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let writer = self
                .writer
                .then(|| scope.spawn(|| write_beside(&self.database, &ring, &done)));
            let rotated = customers.rotate(&ring);
            done.store(true, Ordering::Relaxed);
            if let Some(writer) = writer {
                let changed = writer.join().map_err(|_| "the writer panicked")??;
                println!("a writer changed {changed} e-mail addresses meanwhile");
            }
            rotated
        })
    }
}

/// The host's table.
struct Customers {
    connection: Connection,
}

impl SealedTable for Customers {
    fn read(
        &mut self,
        after: Option<&[u8]>,
        limit: usize,
    ) -> std::result::Result<Vec<SealedRow>, Error> {
        let read = || -> rusqlite::Result<Vec<SealedRow>> {
            let mut statement = self.connection.prepare_cached(
                "SELECT id, name, phone, phone_index, email FROM customers WHERE id > ?1 ORDER BY id LIMIT ?2",
            )?;
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let rows = statement.query_map(params![after.map_or(0, number), limit], |row| {
                Ok(SealedRow::new(record(row.get(0)?))
                    .sealed(row.get(1)?)
                    .indexed(row.get(2)?, row.get(3)?)
                    .sealed(row.get(4)?))
            })?;
            rows.collect()
        };
        read().map_err(store)
    }

    fn swap(&mut self, changes: &[RowChange]) -> std::result::Result<Vec<Saved<Error>>, Error> {
        let mut swap = || -> rusqlite::Result<Vec<Saved<Error>>> {
            // One transaction for the batch; each row is compared and swapped by itself.
            let transaction = self
                .connection
                .transaction_with_behavior(TransactionBehavior::Immediate)?;
            let mut answers = Vec::with_capacity(changes.len());
            {
                let mut statement = transaction.prepare_cached(
                    "UPDATE customers SET name = coalesce(?2, name), phone = coalesce(?3, phone),
                        phone_index = coalesce(?4, phone_index), email = coalesce(?5, email)
                     WHERE id = ?1 AND coalesce(name = ?6, true) AND coalesce(phone = ?7, true)
                        AND coalesce(email = ?8, true)",
                )?;
                for change in changes {
                    let changed = statement.execute(params![
                        number(change.record()),
                        change.new_value(0),
                        change.new_value(1),
                        change.new_index(1),
                        change.new_value(2),
                        change.old_value(0),
                        change.old_value(1),
                        change.old_value(2)
                    ])?;
                    answers.push(match changed {
                        1 => Saved::Stored,
                        0 => Saved::Conflict,
                        // Not one record: all of this batch is rolled back.
                        several => return Err(rusqlite::Error::StatementChangedRows(several)),
                    });
                }
            }
            transaction.commit()?;
            Ok(answers)
        };
        swap().map_err(store)
    }
}

impl Customers {
    fn open(database: &Path) -> Result<Self> {
        let connection = Connection::open(database)?;
        connection.busy_timeout(Duration::from_secs(30))?;
        connection.execute_batch(TABLE)?;
        Ok(Self { connection })
    }

    fn count(&self) -> Result<i64> {
        let count = "SELECT count(*) FROM customers";
        Ok(self.connection.query_row(count, [], |row| row.get(0))?)
    }

    /// Adds the customers that are missing. Those of a run that was stopped stay.
    fn fill(&mut self, ring: &Keyring, rows: i64) -> Result<()> {
        const AT_ONCE: usize = 5_000;
        let (cipher, index) = (cipher(ring)?, index(ring)?);
        let present = self.count()?;
        let bar = Bar::new("filling", rows);
        let missing: Vec<i64> = (present + 1..=rows).collect();
        for some in missing.chunks(AT_ONCE) {
            let transaction = self.connection.transaction()?;
            for id in some {
                let (name, phone, email) = customer(*id);
                let sealed = Row::new(&cipher, "customers", &record(*id)).seal(&[
                    ("name", name.as_bytes()),
                    ("phone", phone.as_bytes()),
                    ("email", email.as_bytes()),
                ])?;
                let [name, telephone, email] = sealed.as_slice() else {
                    return Err("a row of three fields has three".into());
                };
                let index = index.of(&phone)?;
                transaction
                    .prepare_cached("INSERT INTO customers VALUES (?1, ?2, ?3, ?4, ?5)")?
                    .execute(params![id, name, telephone, index, email])?;
            }
            transaction.commit()?;
            bar.at(some.last().copied().unwrap_or(rows));
        }
        bar.end();
        println!(
            "{} customers under the root {}",
            self.count()?,
            newest(ring)
        );
        Ok(())
    }

    fn rotate(&mut self, ring: &Keyring) -> Result<()> {
        let rotation = Rotation::new(&cipher(ring)?, "customers", &COLUMNS)?
            .with_index("phone", &index(ring)?)?
            .with_batch(2_000);
        let (rows, begun) = (self.count()?, Instant::now());
        let bar = Bar::new("rotating", rows);
        let (mut moved, mut overtaken, mut refused) = (0, 0, 0);
        for step in rotation.over(self) {
            let step = step?;
            if step.pass() == 0 {
                bar.at(i64::try_from(step.rows())?);
                refused += step.refused().len();
            }
            (moved, overtaken) = (step.moved(), step.overtaken());
        }
        bar.end();
        let seconds = begun.elapsed().as_secs_f64();
        println!(
            "{moved} of {rows} customers moved to the root {} in {seconds:.1} s; {overtaken} times a writer was faster",
            newest(ring)
        );
        if refused > 0 {
            return Err(
                format!("{refused} customers do not open, and were left as they are").into(),
            );
        }
        Ok(())
    }

    /// Opens every value, and compares it with the original.
    fn verify(&mut self, ring: &Keyring) -> Result<()> {
        let (cipher, index) = (cipher(ring)?, index(ring)?);
        let mut under: BTreeMap<u32, u64> = BTreeMap::new();
        let mut after = None;
        let mut rows = 0_i64;
        loop {
            let mut statement = self.connection.prepare_cached(
                "SELECT id, name, phone, phone_index, email FROM customers WHERE id > ?1 ORDER BY id LIMIT 5000",
            )?;
            let mut found = statement.query(params![after.unwrap_or(0)])?;
            let before = rows;
            while let Some(row) = found.next()? {
                let id: i64 = row.get(0)?;
                let sealed: [Vec<u8>; 3] = [row.get(1)?, row.get(2)?, row.get(4)?];
                let beside: Vec<u8> = row.get(3)?;
                let (name, phone, email) = customer(id);
                for ((column, sealed), expected) in
                    COLUMNS.iter().zip(&sealed).zip([name, phone, email])
                {
                    let context: [&[u8]; 3] = [b"customers", column.as_bytes(), &record(id)];
                    let opened = if *column == "phone" {
                        index.open(&cipher, &context, sealed, &beside)
                    } else {
                        cipher.open(&context, sealed)
                    };
                    let opened =
                        opened.map_err(|error| format!("customer {id}, {column}: {error}"))?;
                    // A writer may have changed the e-mail address, to one with this ending.
                    if !opened.expose_bytes().ends_with(expected.as_bytes()) {
                        return Err(
                            format!("customer {id}, {column}: another value is in it").into()
                        );
                    }
                    let root = FieldCipher::key_id_of(sealed).unwrap_or_default();
                    *under.entry(root).or_default() += 1;
                }
                rows += 1;
                after = Some(id);
            }
            if rows == before {
                break;
            }
        }
        println!("{rows} customers open; values under each root: {under:?}");
        if under.keys().any(|root| *root != newest(ring)) {
            return Err("some values are under an older root".into());
        }
        Ok(())
    }
}

/// Serves customers meanwhile, with the new ring.
fn write_beside(database: &Path, ring: &Keyring, done: &AtomicBool) -> Result<u64> {
    let customers = Customers::open(database)?;
    let cipher = cipher(ring)?;
    let count = customers.count()?;
    let mut changed = 0;
    let mut id = 1;
    while !done.load(Ordering::Relaxed) {
        id = (id * 31 + 7) % count + 1;
        let (_, _, email) = customer(id);
        let email = format!("new.{email}");
        let context: [&[u8]; 3] = [b"customers", b"email", &record(id)];
        let sealed = cipher.seal(&context, email.as_bytes())?;
        let change = "UPDATE customers SET email = ?2 WHERE id = ?1";
        customers.connection.execute(change, params![id, sealed])?;
        changed += 1;
        std::thread::sleep(Duration::from_micros(200));
    }
    Ok(changed)
}

/// The file of the ring. A real host has its key management wrap these bytes.
struct KeyFile(PathBuf);

impl KeyFile {
    fn beside(database: &Path) -> Self {
        let mut name = database.as_os_str().to_owned();
        name.push(".key");
        Self(name.into())
    }

    fn open(&self, must_exist: bool) -> Result<Keyring> {
        match std::fs::read(&self.0) {
            Ok(bytes) => Ok(Keyring::from_bytes(&bytes)?),
            Err(error) if error.kind() == ErrorKind::NotFound && !must_exist => {
                let ring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
                self.write(&ring)?;
                Ok(ring)
            }
            Err(error) => Err(format!("{}: {error}", self.0.display()).into()),
        }
    }

    /// Replaces the file as a whole: whenever it is interrupted, the old one or the new one is there.
    fn write(&self, ring: &Keyring) -> Result<()> {
        let mut name = self.0.as_os_str().to_owned();
        name.push(".new");
        let new = PathBuf::from(name);
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&new)?;
        file.write_all(ring.expose_bytes()?.expose_bytes())?;
        file.sync_all()?;
        std::fs::rename(&new, &self.0)?;
        if let Some(folder) = self
            .0
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
        {
            File::open(folder)?.sync_all()?;
        }
        Ok(())
    }
}

/// A bar on a terminal, a line for every tenth elsewhere.
struct Bar {
    what: &'static str,
    bar: ProgressBar,
    all: i64,
    told: std::cell::Cell<i64>,
}

impl Bar {
    fn new(what: &'static str, all: i64) -> Self {
        let bar = if std::io::stderr().is_terminal() {
            ProgressBar::new(all.unsigned_abs())
        } else {
            ProgressBar::hidden()
        };
        let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {per_sec} {eta}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_message(what);
        Self {
            what,
            bar,
            all,
            told: std::cell::Cell::new(0),
        }
    }

    fn at(&self, rows: i64) {
        self.bar.set_position(rows.unsigned_abs());
        let tenth = rows * 10 / self.all.max(1);
        if self.bar.is_hidden() && tenth > self.told.replace(tenth) {
            println!("{}: {rows} of {}", self.what, self.all);
        }
    }

    fn end(&self) {
        self.bar.finish_and_clear();
    }
}

fn cipher(ring: &Keyring) -> Result<FieldCipher> {
    Ok(FieldCipher::new(ring, "bank", "customers")?)
}

fn index(ring: &Keyring) -> Result<BlindIndex> {
    // The result of `IndexPlan::unique(200_000)`.
    const BITS: u16 = 16;
    let column = ["customers", "phone"];
    Ok(BlindIndex::new(
        ring,
        "bank",
        "customers",
        column,
        Form::Phone,
        BITS,
    )?)
}

fn newest(ring: &Keyring) -> u32 {
    ring.roots().next().map_or(0, |root| root.id())
}

/// The name, telephone and e-mail address of a customer number, for the story and for `--verify`.
fn customer(id: i64) -> (String, String, String) {
    let email = format!("customer{id}@example.com");
    (format!("Customer {id}"), format!("+62812{id:08}"), email)
}

/// The record's id in the context, and back.
fn record(id: i64) -> [u8; 8] {
    id.to_be_bytes()
}

fn number(record: &[u8]) -> i64 {
    record.try_into().map_or(0, i64::from_be_bytes)
}

fn store(cause: rusqlite::Error) -> Error {
    Error::store("the customers' table", cause)
}
