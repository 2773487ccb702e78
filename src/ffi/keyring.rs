//! The keys of a host.

use super::border::{make, of};
use super::handle::Object;
use super::input::bytes;
use super::last_error::countersign_error;
use super::output::Buffer;
use super::result::countersign_result;
use crate::field::{Keyring, LongTermSecret, RootKey};

/// The keys of a host: root keys that seal and open, and the long-term secret that hashes and blind indexes rest on.
pub struct countersign_keyring {
    _private: (),
}

impl Object for Keyring {
    type Tag = countersign_keyring;
    const KIND: u64 = 0xc5e1_9a07_4d21_0030;
    const NAME: &str = "keyring";
}

/// Draws a keyring of one root key and one long-term secret, each with the number 1.
///
/// # Safety
/// `error` is null or a handle that lives. `to` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_keyring_generate(
    error: *const countersign_error,
    to: *mut *mut countersign_keyring,
) -> countersign_result {
    let made = || {
        let (root, secret) = (RootKey::generate(1)?, LongTermSecret::generate(1)?);
        Ok(Keyring::new(root, secret))
    };
    // SAFETY: as of this function.
    unsafe { make(error, to, made) }
}

/// Reads the bytes of `countersign_keyring_bytes`.
///
/// # Safety
/// `error` is null or a handle that lives. `data` is null or leads to so many bytes. `to` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_keyring_from_bytes(
    error: *const countersign_error,
    data: *const u8,
    data_length: usize,
    to: *mut *mut countersign_keyring,
) -> countersign_result {
    let made = || {
        // SAFETY: as of this function.
        let data = unsafe { bytes("data", data, data_length)? };
        Ok(Keyring::from_bytes(data)?)
    };
    // SAFETY: as of this function.
    unsafe { make(error, to, made) }
}

/// Writes the keys as bytes, which are as secret as the keys. Keep them in a key store, never beside the records.
///
/// # Safety
/// `keyring` is null or a handle that lives. `data` and `data_length` are null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_keyring_bytes(
    keyring: *const countersign_keyring,
    data: *mut u8,
    data_length: *mut usize,
) -> countersign_result {
    let body = |keyring: &Keyring| {
        // SAFETY: as of this function.
        let data = unsafe { Buffer::new("data", data, data_length)? };
        let keys = keyring.expose_bytes()?;
        let keys = keys.expose_bytes();
        if let Some(room) = data.room(keys.len(), &[])? {
            room.copy_from_slice(keys);
        }
        Ok(())
    };
    // SAFETY: as of this function.
    unsafe { of(keyring, body) }
}
