//! Whole checks over a SQLite file, beside the same work by hand in another file of the same folder.

use std::hint::black_box;

use countersign::field::FieldCipher;
use countersign::otp::{OtpKey, Totp};
use countersign::store::{Key, Store, sqlite::SqliteStore};
use countersign::{SecretBytes, SecretText};
use rusqlite::{Connection, params};

use crate::measure::{Found, Row, compare};
use crate::verifier::{ByHand, Desk, NOW, SECRET, STEP, at, call, settings, totp};

const BY_HAND: &str = "BEGIN IMMEDIATE, SELECT, UPDATE, COMMIT";

pub const ROWS: &[Row] = &[
    Row { name: "sqlite_check_full", peer: BY_HAND, target: 1.25, measure: full },
    Row { name: "sqlite_check_normal", peer: BY_HAND, target: 1.5, measure: normal },
    // It saves the read of a check, and the work by hand has one: so the bounds are those of the rows above.
    Row { name: "sqlite_fast_full", peer: BY_HAND, target: 1.25, measure: fast_full },
    Row { name: "sqlite_fast_normal", peer: BY_HAND, target: 1.5, measure: fast_normal },
];

/// So many checks have a fresh code.
const CHECKS: usize = 100_000;

const TABLE: &str = "CREATE TABLE by_hand (id TEXT PRIMARY KEY, record BLOB NOT NULL) STRICT";
const INSERT: &str = "INSERT INTO by_hand VALUES (?1, ?2)";
const SELECT: &str = "SELECT record FROM by_hand WHERE id = ?1";
const UPDATE: &str = "UPDATE by_hand SET record = ?2 WHERE id = ?1";

fn full() -> Option<Found> {
    check(|path| SqliteStore::open(path).unwrap(), "FULL", 0)
}

fn normal() -> Option<Found> {
    check(|path| SqliteStore::open_unsynced(path).unwrap(), "NORMAL", 0)
}

/// By a verifier that remembers the record it wrote last.
fn fast_full() -> Option<Found> {
    check(|path| SqliteStore::open(path).unwrap(), "FULL", 16)
}

fn fast_normal() -> Option<Found> {
    check(|path| SqliteStore::open_unsynced(path).unwrap(), "NORMAL", 16)
}

fn check(
    open: impl FnOnce(std::path::PathBuf) -> SqliteStore,
    synchronous: &str,
    remembered: usize,
) -> Option<Found> {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path().join("records.db"));
    let desk = Desk::new(&store, settings());
    let desk = Desk { verifier: desk.verifier.with_remembered(remembered), ..desk };
    let app = Totp::from(OtpKey::new(SecretBytes::from(SECRET.to_vec())).unwrap());
    desk.add(&app);
    let time = |check: usize| NOW + STEP * (1 + check as i64);
    let codes: Vec<SecretText> = (0..CHECKS).map(|check| app.code_at(at(time(check)))).collect();
    let mut checked = 0..CHECKS;
    let mut ours = || {
        let check = checked.next().expect("more checks than codes");
        desk.clock.set(at(time(check)));
        black_box(desk.check(&totp(&codes[check]), &call(2)));
    };
    ours();
    let stored = store.load(&Key::of(&desk.anna)).unwrap().unwrap();
    let by_hand = ByHand::new(SECRET);
    let first = by_hand.seal(vec![0; stored.bytes().len() - FieldCipher::OVERHEAD]);
    let hand = Connection::open(folder.path().join("hand.db")).unwrap();
    hand.pragma_update(None, "journal_mode", "WAL").unwrap();
    hand.pragma_update(None, "synchronous", synchronous).unwrap();
    hand.execute_batch(TABLE).unwrap();
    hand.execute(INSERT, params![ByHand::NAME, first]).unwrap();
    let run = |statement: &str| hand.prepare_cached(statement).unwrap().execute([]).unwrap();
    let mut tried = (0..CHECKS).cycle();
    let peer = || {
        let check = tried.next().unwrap();
        run("BEGIN IMMEDIATE");
        let record = hand.prepare_cached(SELECT).unwrap().query_row([ByHand::NAME], |row| row.get(0)).unwrap();
        let next = by_hand.check(record, codes[check].expose_text(), time(check) as u64);
        let mut update = hand.prepare_cached(UPDATE).unwrap();
        assert_eq!(update.execute(params![ByHand::NAME, next.expect("it is right")]).unwrap(), 1);
        run("COMMIT");
    };
    Some(compare(ours, 1, peer, 1))
}
