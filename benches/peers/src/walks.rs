//! Walks over all accounts: a new root in SQLite beside the same loop with plain ring, and a report beside opening each record.

use std::hint::black_box;
use std::time::Instant;

use countersign::account::{AccountReport, Rekey};
use countersign::field::{FieldCipher, Keyring, LongTermSecret, RootKey};
use countersign::store::{Key, Store, memory::MemoryStore, sqlite::SqliteStore};
use countersign::{Channel, Context, Settings, Subject, Verifier};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};
use rusqlite::{Connection, params};

use crate::measure::{Found, Row, medians};

pub const ROWS: &[Row] = &[
    Row { name: "rekey", peer: "ring 0.17.14, the same loop", target: 1.5, measure: rekey },
    Row { name: "report", peer: "opening each record", target: 1.2, measure: report },
];

const PAGE: usize = 256;
const NONCE: usize = 12;

fn root(id: u32) -> RootKey {
    RootKey::from_bytes(id, [id as u8; 32]).unwrap()
}

fn settings(active: u32, other: u32) -> Settings {
    let ring = Keyring::new(root(active), LongTermSecret::from_bytes(1, [9; 32]).unwrap());
    Settings::new("bank", ring.with_readable(root(other)).unwrap()).unwrap()
}

fn customers(count: u32) -> Vec<Subject> {
    (0..count).map(|number| Subject::new("bank", &format!("C-{number}")).unwrap()).collect()
}

fn fill<S: Store>(verifier: &Verifier<S>, customers: &[Subject]) {
    let call = Context::begin(Channel::Counter).unwrap();
    customers.iter().for_each(|customer| verifier.create(customer, &call).unwrap());
}

fn timed(work: impl FnOnce(), pieces: usize) -> f64 {
    let begun = Instant::now();
    work();
    begun.elapsed().as_nanos() as f64 / pieces as f64
}

/// Nonce, ciphertext and tag under one of two keys.
struct ByHand {
    keys: [LessSafeKey; 2],
    random: SystemRandom,
}

impl ByHand {
    fn seal(&self, key: usize, mut text: Vec<u8>) -> (Vec<u8>, [u8; NONCE]) {
        let mut nonce = [0; NONCE];
        self.random.fill(&mut nonce).unwrap();
        let unique = Nonce::assume_unique_for_key(nonce);
        self.keys[key].seal_in_place_append_tag(unique, Aad::empty(), &mut text).unwrap();
        ([nonce.as_slice(), &text].concat(), nonce)
    }

    fn open(&self, key: usize, sealed: &[u8]) -> Vec<u8> {
        let (nonce, text) = sealed.split_first_chunk::<NONCE>().unwrap();
        let mut text = text.to_vec();
        let unique = Nonce::assume_unique_for_key(*nonce);
        let length = self.keys[key].open_in_place(unique, Aad::empty(), &mut text).unwrap().len();
        text.truncate(length);
        text
    }
}

fn rekey() -> Option<Found> {
    const ACCOUNTS: u32 = 20_000;
    const TABLE: &str = "CREATE TABLE by_hand (key BLOB PRIMARY KEY, version BLOB NOT NULL, bytes BLOB NOT NULL) STRICT, WITHOUT ROWID";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("records.db");
    let customers = customers(ACCOUNTS);
    fill(&Verifier::new(SqliteStore::open_unsynced(&path).unwrap(), settings(1, 2)), &customers);
    let banks = [settings(2, 1), settings(1, 2)].map(|settings| Verifier::new(SqliteStore::open(&path).unwrap(), settings));
    let store = SqliteStore::open(&path).unwrap();
    let length = store.load(&Key::of(&customers[0])).unwrap().unwrap().bytes().len() - FieldCipher::OVERHEAD;

    let key = |byte: u8| LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &[byte; 32]).unwrap());
    let hand = ByHand { keys: [key(1), key(2)], random: SystemRandom::new() };
    let mut table = Connection::open(folder.path().join("hand.db")).unwrap();
    for (pragma, value) in [("journal_mode", "WAL"), ("synchronous", "FULL"), ("secure_delete", "ON")] {
        table.pragma_update(None, pragma, value).unwrap();
    }
    table.execute_batch(TABLE).unwrap();
    let filling = table.transaction().unwrap();
    for customer in &customers {
        let (bytes, version) = hand.seal(0, vec![7; length]);
        let mut insert = filling.prepare_cached("INSERT INTO by_hand VALUES (?1, ?2, ?3)").unwrap();
        insert.execute(params![Key::of(customer).as_bytes(), version, bytes]).unwrap();
    }
    filling.commit().unwrap();

    let rounds = (0..10).map(|round| {
        let ours = timed(|| {
            let mut walk = Rekey::new().with_page(PAGE);
            while banks[round % 2].rekey(&mut walk).unwrap() {}
            assert_eq!(walk.moved(), u64::from(ACCOUNTS));
        }, ACCOUNTS as usize);
        let theirs = timed(|| {
            let (mut after, mut moved) = (Vec::new(), 0);
            loop {
                let mut select = table.prepare_cached("SELECT key, version, bytes FROM by_hand WHERE key > ?1 ORDER BY key LIMIT ?2").unwrap();
                let rows = select.query_map(params![after, PAGE as i64], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
                let rows: Vec<(Vec<u8>, Vec<u8>, Vec<u8>)> = rows.map(Result::unwrap).collect();
                drop(select);
                let Some((last, ..)) = rows.last() else { break };
                after.clone_from(last);
                let writing = table.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).unwrap();
                for (key, version, bytes) in &rows {
                    let (next, drawn) = hand.seal(1 - round % 2, hand.open(round % 2, bytes));
                    let mut update = writing.prepare_cached("UPDATE by_hand SET version = ?2, bytes = ?3 WHERE key = ?1 AND version = ?4").unwrap();
                    moved += update.execute(params![key, drawn, next, version]).unwrap();
                }
                writing.commit().unwrap();
            }
            assert_eq!(moved, ACCOUNTS as usize);
        }, ACCOUNTS as usize);
        (ours, theirs)
    });
    Some(medians(rounds.collect()))
}

fn report() -> Option<Found> {
    const ACCOUNTS: u32 = 1_000_000;
    let verifier = Verifier::new(MemoryStore::new(), settings(1, 2));
    let mut customers = customers(ACCOUNTS);
    fill(&verifier, &customers);
    // In the order of the walk, which memory likes best.
    customers.sort_by_key(Key::of);
    let call = Context::begin(Channel::Counter).unwrap();
    let rounds = (0..5).map(|_| {
        let ours = timed(|| {
            let mut report = AccountReport::new();
            while verifier.report(&mut report).unwrap() {}
            assert_eq!(report.accounts(), u64::from(ACCOUNTS));
        }, ACCOUNTS as usize);
        let theirs = timed(|| {
            for customer in &customers {
                drop(black_box(verifier.evidence(customer, call.interaction()).unwrap()));
            }
        }, ACCOUNTS as usize);
        (ours, theirs)
    });
    Some(medians(rounds.collect()))
}
