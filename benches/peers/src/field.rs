//! Sealed fields of 64 bytes, beside ring alone, another XAES and another sealed box.

use std::hint::black_box;

use countersign::Error;
use countersign::field::{self, FieldCipher, Keyring, LongTermSecret, RootKey, Rotation, RowChange, SealedRow, SealedTable};
use countersign::transition::Saved;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};

use crate::measure::{Found, Row, compare};

const RING: &str = "ring 0.17.14";

pub const ROWS: &[Row] = &[
    Row { name: "seal_64", peer: RING, target: 1.8, measure: seal_64 },
    Row { name: "seal_64_xaes", peer: "xaes-256-gcm 0.1.0", target: 1.2, measure: seal_64_xaes },
    Row { name: "seal_64_orion", peer: "orion 0.18.1", target: 0.8, measure: seal_64_orion },
    Row { name: "open_64", peer: RING, target: 2.9, measure: open_64 },
    Row { name: "row_5", peer: RING, target: 0.75, measure: row_5 },
    Row { name: "row_20", peer: RING, target: 0.6, measure: row_20 },
    Row { name: "rotate", peer: RING, target: 1.667, measure: rotate },
];

pub const TEXT: [u8; 64] = [0x5a; 64];
pub const PLACE: [&[u8]; 3] = [b"customers", b"phone", b"42"];

pub fn keyring() -> Keyring {
    Keyring::new(RootKey::generate(1).unwrap(), LongTermSecret::generate(1).unwrap())
}

pub fn cipher(keyring: &Keyring) -> FieldCipher {
    FieldCipher::new(keyring, "bank", "customers").unwrap()
}

/// The associated data of our value in `PLACE`, byte for byte.
fn associated() -> Vec<u8> {
    let mut data = vec![1, 0, 0, 0, 1, 0, 0, 0, 4];
    data.extend_from_slice(b"bank\x03");
    for part in PLACE {
        data.extend_from_slice(&(part.len() as u32).to_be_bytes());
        data.extend_from_slice(part);
    }
    data.resize(data.len().next_multiple_of(16), 0);
    data
}

/// What a host writes that uses ring and nothing else: nonce, ciphertext and tag in one new vector.
struct Ring {
    key: LessSafeKey,
    random: SystemRandom,
}

impl Ring {
    fn new() -> Self {
        let key = UnboundKey::new(&AES_256_GCM, &[7; 32]).unwrap();
        Self { key: LessSafeKey::new(key), random: SystemRandom::new() }
    }

    fn seal(&self, aad: &[u8], text: &[u8]) -> Vec<u8> {
        let mut nonce = [0; 12];
        self.random.fill(&mut nonce).unwrap();
        let mut sealed = Vec::with_capacity(12 + text.len() + 16);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(text);
        let nonce = Nonce::assume_unique_for_key(nonce);
        let tag = self.key.seal_in_place_separate_tag(nonce, Aad::from(aad), &mut sealed[12..]).unwrap();
        sealed.extend_from_slice(tag.as_ref());
        sealed
    }

    fn open(&self, aad: &[u8], sealed: &[u8]) -> Vec<u8> {
        let nonce = Nonce::try_assume_unique_for_key(&sealed[..12]).unwrap();
        let mut buffer = sealed[12..].to_vec();
        let length = self.key.open_in_place(nonce, Aad::from(aad), &mut buffer).unwrap().len();
        buffer.truncate(length);
        buffer
    }
}

fn our_seal() -> impl FnMut() {
    let cipher = cipher(&keyring());
    move || drop(black_box(cipher.seal(black_box(&PLACE), black_box(&TEXT)).unwrap()))
}

fn ring_seal() -> impl FnMut() {
    let (ring, aad) = (Ring::new(), associated());
    move || drop(black_box(ring.seal(black_box(&aad), black_box(&TEXT))))
}

fn seal_64() -> Option<Found> {
    Some(compare(our_seal(), 1, ring_seal(), 1))
}

fn seal_64_xaes() -> Option<Found> {
    use xaes_256_gcm::Xaes256Gcm;
    use xaes_256_gcm::aead::{Aead, KeyInit, Payload};
    let peer = Xaes256Gcm::new(&[7; 32].into());
    let (random, aad) = (SystemRandom::new(), associated());
    let seal = move || {
        let mut nonce = [0; 24];
        random.fill(&mut nonce).unwrap();
        let payload = Payload { msg: black_box(&TEXT), aad: black_box(&aad) };
        black_box((nonce, peer.encrypt(&nonce.into(), payload).unwrap()));
    };
    Some(compare(our_seal(), 1, seal, 1))
}

fn seal_64_orion() -> Option<Found> {
    let key = orion::aead::SecretKey::generate().unwrap();
    let seal = move || drop(black_box(orion::aead::seal(&key, black_box(&TEXT)).unwrap()));
    Some(compare(our_seal(), 1, seal, 1))
}

fn open_64() -> Option<Found> {
    let cipher = cipher(&keyring());
    let sealed = cipher.seal(&PLACE, &TEXT).unwrap();
    let ours = move || drop(black_box(cipher.open(black_box(&PLACE), black_box(&sealed)).unwrap()));
    let (ring, aad) = (Ring::new(), associated());
    let sealed = ring.seal(&aad, &TEXT);
    let peer = move || drop(black_box(ring.open(black_box(&aad), black_box(&sealed))));
    Some(compare(ours, 1, peer, 1))
}

fn row(count: usize) -> Option<Found> {
    let cipher = cipher(&keyring());
    let names: Vec<String> = (0..count).map(|number| format!("column_{number}")).collect();
    let seal = move || {
        let fields: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), TEXT.as_slice())).collect();
        drop(black_box(field::Row::new(&cipher, "customers", "42").seal(black_box(&fields)).unwrap()));
    };
    Some(compare(seal, count, ring_seal(), 1))
}

fn row_5() -> Option<Found> {
    row(5)
}

fn row_20() -> Option<Found> {
    row(20)
}

const CUSTOMERS: usize = 2_000;

/// A table in memory. The rotation is always from root 1 to root 2, so the moved values go to a second place.
struct Table {
    old: Vec<Vec<u8>>,
    new: Vec<Vec<u8>>,
}

impl SealedTable for Table {
    fn read(&mut self, after: Option<&[u8]>, limit: usize) -> Result<Vec<SealedRow>, Error> {
        let from = after.map_or(0, |record| u32::from_be_bytes(record.try_into().unwrap()) as usize + 1);
        // In the second pass the moved values are what stands there.
        let moved = self.new.len() == self.old.len();
        let stands = if moved { &self.new } else { &self.old };
        let rows = stands.iter().enumerate().skip(from).take(limit);
        Ok(rows.map(|(id, sealed)| SealedRow::new((id as u32).to_be_bytes()).sealed(Some(sealed.clone()))).collect())
    }

    fn swap(&mut self, changes: &[RowChange]) -> Result<Vec<Saved<Error>>, Error> {
        let swap = |change: &RowChange| {
            let id = u32::from_be_bytes(change.record().try_into().unwrap()) as usize;
            if change.old_value(0) != Some(self.old[id].as_slice()) {
                return Saved::Conflict;
            }
            self.new.extend(change.new_value(0).map(<[u8]>::to_vec));
            Saved::Stored
        };
        Ok(changes.iter().map(swap).collect())
    }
}

fn rotate() -> Option<Found> {
    let keyring = keyring();
    let before = cipher(&keyring);
    let sealed = |id: usize| {
        let record = (id as u32).to_be_bytes();
        before.seal(&[b"customers", b"note", &record], &TEXT).unwrap()
    };
    let mut table = Table { old: (0..CUSTOMERS).map(sealed).collect(), new: Vec::new() };
    let after = cipher(&keyring.clone().rotated_to(RootKey::generate(2).unwrap()).unwrap());
    let rotation = Rotation::new(&after, "customers", &["note"]).unwrap();
    let ours = move || {
        table.new = Vec::with_capacity(CUSTOMERS);
        let last = rotation.clone().over(&mut table).map(Result::unwrap).last().unwrap();
        assert_eq!((last.moved(), last.rows()), (CUSTOMERS as u64, CUSTOMERS as u64));
    };
    // The same loop with ring alone: read a copy, open, seal, compare, swap; one pass, no context.
    let (one, two) = (Ring::new(), Ring::new());
    let old: Vec<Vec<u8>> = (0..CUSTOMERS).map(|_| one.seal(b"", &TEXT)).collect();
    let peer = move || {
        let mut new: Vec<Vec<u8>> = Vec::with_capacity(CUSTOMERS);
        for stands in &old {
            let read = stands.clone();
            let anew = two.seal(b"", &one.open(b"", &read));
            if *stands == read {
                new.push(anew.clone());
            }
        }
        black_box(new);
    };
    Some(compare(ours, CUSTOMERS, peer, CUSTOMERS))
}
