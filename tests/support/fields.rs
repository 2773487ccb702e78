//! Key rings and a cipher for sealed fields.

use countersign::field::{FieldCipher, Keyring, LongTermSecret, RootKey};

/// The root with this id: every byte of it is the id's last.
pub fn root(id: u32) -> RootKey {
    RootKey::from_bytes(id, [id.to_be_bytes()[3] | 0x40; 32]).unwrap()
}

pub fn long_term(generation: u32) -> LongTermSecret {
    LongTermSecret::from_bytes(generation, [generation.to_be_bytes()[3] | 0x80; 32]).unwrap()
}

pub fn keyring(active: u32) -> Keyring {
    Keyring::new(root(active), long_term(1))
}

pub fn cipher(active: u32) -> FieldCipher {
    FieldCipher::new(&keyring(active), "bank", "customers").unwrap()
}

/// The one error of what does not open.
pub const REFUSED: &str = "the sealed value cannot be opened: the key, the context or the bytes are not those it was sealed with";
