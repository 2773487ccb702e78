//! 200,000 accounts are brought under a new root key, beside a caller who is served, and whenever it is stopped.
//!
//! ```sh
//! cargo run --release --example rekey_accounts                 # fill, then walk; kill it, and run it again
//! cargo run --release --example rekey_accounts -- --verify     # every account opens with the newest root alone
//! ```
#![allow(
    clippy::print_stdout,
    clippy::arithmetic_side_effects,
    reason = "an example prints, and counts accounts"
)]

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use countersign::account::{AccountReport, Rekey};
use countersign::field::{Keyring, LongTermSecret, RootKey};
use countersign::store::{ScanPlace, sqlite::SqliteStore};
use countersign::{
    Attempt, Channel, Code, Context, ErrorKind, Outcome, Settings, Subject, Verifier,
};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;
type Bank = Verifier<SqliteStore>;

const HELP: &str = "\
Makes accounts in a SQLite file, and brings them under a new root key. Stop it at any moment, and run it again.

Usage: cargo run --release --example rekey_accounts -- [OPTIONS]

Options:
  --database PATH    the SQLite file; PATH.key has its keys, PATH.place how far the walk is [default: rekey_accounts.db]
  --accounts N       how many accounts [default: 200000]
  --writer           a caller tries codes meanwhile, so records change under the walk
  --again            rotates to one more root
  --verify           opens every account with the newest root alone; fails if one is missing, or needs an older root
  --help             this text
";

fn main() -> ExitCode {
    match Wanted::read().and_then(|wanted| wanted.map_or_else(help, |wanted| wanted.run())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // If even this cannot be written, the exit code says it.
            let _ = writeln!(std::io::stderr(), "rekey_accounts: {error}");
            ExitCode::FAILURE
        }
    }
}

fn help() -> Result<()> {
    println!("{HELP}");
    Ok(())
}

struct Wanted {
    database: PathBuf,
    accounts: u32,
    writer: bool,
    again: bool,
    verify: bool,
}

impl Wanted {
    fn read() -> Result<Option<Self>> {
        use lexopt::prelude::*;
        let mut wanted = Self {
            database: "rekey_accounts.db".into(),
            accounts: 200_000,
            writer: false,
            again: false,
            verify: false,
        };
        let mut parser = lexopt::Parser::from_env();
        while let Some(argument) = parser.next()? {
            match argument {
                Long("help") => return Ok(None),
                Long("database") => wanted.database = parser.value()?.into(),
                Long("accounts") => wanted.accounts = parser.value()?.parse()?,
                Long("writer") => wanted.writer = true,
                Long("again") => wanted.again = true,
                Long("verify") => wanted.verify = true,
                _ => return Err(argument.unexpected().into()),
            }
        }
        Ok(Some(wanted))
    }

    fn run(self) -> Result<()> {
        let keys = beside(&self.database, "key");
        let mut ring = match fs::read(&keys) {
            Ok(bytes) => Keyring::from_bytes(&bytes)?,
            Err(_) if self.verify => {
                return Err("there are no keys: run it without --verify".into());
            }
            Err(_) => {
                let ring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
                keep(&keys, ring.expose_bytes()?.expose_bytes())?;
                ring
            }
        };
        if self.verify {
            return self.verify(&ring);
        }
        if newest(&ring) == 1 {
            self.fill(&ring)?;
        }
        if newest(&ring) == 1 || self.again {
            // The new root is on the disk before the first record is sealed under it, and before an old place can be used.
            let place = beside(&self.database, "place");
            if place.exists() {
                fs::remove_file(place)?;
            }
            ring = ring
                .clone()
                .rotated_to(RootKey::generate(newest(&ring) + 1)?)?;
            keep(&keys, ring.expose_bytes()?.expose_bytes())?;
        }
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let caller = self
                .writer
                .then(|| scope.spawn(|| self.call_beside(&ring, &done)));
            let walked = self.walk(&ring);
            done.store(true, Ordering::Relaxed);
            if let Some(caller) = caller {
                let calls = caller.join().map_err(|_| "the caller panicked")??;
                println!("a caller tried {calls} codes meanwhile");
            }
            walked
        })
    }

    /// Makes the accounts that are missing. It does not wait for the disk: what a power cut takes is made again.
    fn fill(&self, ring: &Keyring) -> Result<()> {
        let bank = Verifier::new(SqliteStore::open_unsynced(&self.database)?, settings(ring)?);
        let call = Context::begin(Channel::Counter)?;
        for number in 1..=self.accounts {
            match bank.create(&customer(number)?, &call) {
                Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error.into()),
                _ => {}
            }
            if number % 20_000 == 0 {
                println!("filling: {number} of {}", self.accounts);
            }
        }
        Ok(())
    }

    /// Walks over all accounts, from the place in the file on.
    fn walk(&self, ring: &Keyring) -> Result<()> {
        let (bank, place) = (self.open(ring)?, beside(&self.database, "place"));
        let mut walk = match fs::read(&place) {
            Ok(bytes) => Rekey::after(ScanPlace::from_bytes(&bytes)?),
            Err(_) => Rekey::new(),
        };
        self.go(&bank, &mut walk, &place)?;
        if !walk.frees(1) {
            // It began in the middle. A whole walk says what is left, and writes nothing if nothing is.
            walk = Rekey::new();
            self.go(&bank, &mut walk, &place)?;
        }
        for unreadable in walk.unreadable() {
            println!("does not open: {unreadable:?}");
        }
        println!("records that need each root: {:?}", walk.roots());
        match (1..newest(ring)).find(|root| !walk.frees(*root)) {
            Some(root) => Err(format!("the root {root} is still needed").into()),
            None => Ok(()),
        }
    }

    fn go(&self, bank: &Bank, walk: &mut Rekey, place: &Path) -> Result<()> {
        let (begun, mut told) = (Instant::now(), 0);
        // Pages of 1,000: each is one commit, and a caller at one of these records waits for it.
        let mut next = std::mem::take(walk).with_page(1_000);
        while bank.rekey(&mut next)? {
            if let Some(at) = next.place() {
                keep(place, at.as_bytes())?;
            }
            if next.records() / 20_000 > told {
                told = next.records() / 20_000;
                println!("walking: {} of {}", next.records(), self.accounts);
            }
        }
        if place.exists() {
            fs::remove_file(place)?;
        }
        println!(
            "{} records, {} moved in {:.1} s; {} times a caller was faster",
            next.records(),
            next.moved(),
            begun.elapsed().as_secs_f64(),
            next.overtaken()
        );
        *walk = next;
        Ok(())
    }

    /// Serves callers meanwhile, as another process with the new ring.
    fn call_beside(&self, ring: &Keyring, done: &AtomicBool) -> Result<u32> {
        let bank = Verifier::new(SqliteStore::open_unsynced(&self.database)?, settings(ring)?);
        let (mut calls, mut number) = (0, 1);
        while !done.load(Ordering::Relaxed) {
            number = (number * 31 + 7) % self.accounts + 1;
            let guess = Attempt::Totp(Code::typed("000000"));
            let outcome =
                bank.check(&customer(number)?, &guess, &Context::begin(Channel::Agent)?)?;
            if matches!(outcome, Outcome::Accepted(_)) {
                return Err("a guess was accepted".into());
            }
            calls += 1;
            std::thread::sleep(Duration::from_micros(500));
        }
        Ok(calls)
    }

    /// Opens every account with the newest root alone, as if the others were destroyed.
    fn verify(&self, ring: &Keyring) -> Result<()> {
        let alone = (1..newest(ring)).try_fold(ring.clone(), Keyring::revoke)?;
        let bank = self.open(&alone)?;
        let mut report = AccountReport::new();
        while bank.report(&mut report)? {}
        println!(
            "{} accounts open; records that need each root: {:?}",
            report.accounts(),
            report.roots()
        );
        let is_whole = report.accounts() == u64::from(self.accounts);
        let is_moved = report.roots().keys().eq([&newest(ring)]);
        if !is_whole || !is_moved || report.unreadable_count() > 0 {
            return Err("an account is missing, does not open, or needs an older root".into());
        }
        Ok(())
    }

    /// Opens the file. A commit waits for the disk: a root is destroyed afterwards.
    fn open(&self, ring: &Keyring) -> Result<Bank> {
        Ok(Verifier::new(
            SqliteStore::open(&self.database)?,
            settings(ring)?,
        ))
    }
}

fn settings(ring: &Keyring) -> Result<Settings> {
    Ok(Settings::new("bank", ring.clone())?)
}

fn customer(number: u32) -> Result<Subject> {
    Ok(Subject::new("bank", &format!("C-{number}"))?)
}

fn newest(ring: &Keyring) -> u32 {
    ring.roots().next().map_or(0, |root| root.id())
}

fn beside(database: &Path, ending: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(format!(".{ending}"));
    name.into()
}

/// Replaces a file as a whole: whenever it is interrupted, the old one or the new one is there.
fn keep(file: &Path, bytes: &[u8]) -> Result<()> {
    let new = beside(file, "new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut written = options.open(&new)?;
    written.write_all(bytes)?;
    written.sync_all()?;
    fs::rename(&new, file)?;
    let folder = file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    Ok(())
}
