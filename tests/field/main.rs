//! Fields of customers: sealed, found, rotated, erased. Also what others shipped (pitfalls B20 to B24) and hostile bytes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    missing_docs,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "a test fails by panicking"
)]

mod encrypted;
mod erasure;
mod index;
mod primitives;
mod ring;
mod rotation;
mod values;
mod vectors;

use countersign::field::{FieldCipher, Keyring, LongTermSecret, RootKey};

/// The root with this id: every byte of it is the id's last.
pub(crate) fn root(id: u32) -> RootKey {
    RootKey::from_bytes(id, [id.to_be_bytes()[3] | 0x40; 32]).unwrap()
}

pub(crate) fn long_term(generation: u32) -> LongTermSecret {
    LongTermSecret::from_bytes(generation, [generation.to_be_bytes()[3] | 0x80; 32]).unwrap()
}

pub(crate) fn keyring(active: u32) -> Keyring {
    Keyring::new(root(active), long_term(1))
}

pub(crate) fn cipher(active: u32) -> FieldCipher {
    FieldCipher::new(&keyring(active), "bank", "customers").unwrap()
}

/// The one error of what does not open.
pub(crate) const REFUSED: &str = "the sealed value cannot be opened: the key, the context or the bytes are not those it was sealed with";
