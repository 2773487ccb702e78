//! The keys of a host.

use zeroize::Zeroizing;

use super::border::{given, make, of};
use super::bytes::{Parts, countersign_bytes};
use super::failure::Failure;
use super::handle::Object;
use super::input::bytes;
use super::last_error::countersign_error;
use super::output::{Buffer, Place};
use super::result::{
    COUNTERSIGN_ERROR_NOT_UTF8, COUNTERSIGN_ERROR_UNKNOWN_NUMBER, countersign_result,
};
use crate::error::Error;
use crate::field::{Keyring, LongTermSecret, RootKey};

/// A root that seals and opens. A ring has one.
pub const COUNTERSIGN_ROOT_ACTIVE: i32 = 1;
/// A root that opens.
pub const COUNTERSIGN_ROOT_READABLE: i32 = 2;
/// A root that opens nothing, except in a call that names it.
pub const COUNTERSIGN_ROOT_REVOKED: i32 = 3;

/// Root keys and long-term secrets have this many bytes.
pub const COUNTERSIGN_KEY_LENGTH: usize = 32;

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

/// Makes a ring of one root key and one long-term secret that the host's key management gave: 32 bytes each.
///
/// `root_id` and `generation` are their numbers: 1 to 2147483647. Hashes and blind indexes name the generation.
///
/// # Safety
/// `error` is null or a handle that lives. `root` and `secret` are null or lead to so many bytes. `to` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_keyring_new(
    error: *const countersign_error,
    root_id: u32,
    root: *const u8,
    root_length: usize,
    generation: u32,
    secret: *const u8,
    secret_length: usize,
    to: *mut *mut countersign_keyring,
) -> countersign_result {
    let made = || {
        // SAFETY: as of this function.
        let (root, secret) = unsafe {
            (
                key("root", root, root_length)?,
                key("secret", secret, secret_length)?,
            )
        };
        Ok(Keyring::new(
            RootKey::from_bytes(root_id, *root)?,
            LongTermSecret::from_bytes(generation, *secret)?,
        ))
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
        data.write_bytes(keys.expose_bytes(), &[])
    };
    // SAFETY: as of this function.
    unsafe { of(keyring, body) }
}

/// Gives a ring that writes under a new root with this id. The root is drawn. The root that wrote before only opens from now on.
///
/// Store the bytes of the new ring before a value is sealed with it.
///
/// # Safety
/// `keyring` is null or a handle that lives. `to` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_keyring_rotate(
    keyring: *const countersign_keyring,
    root_id: u32,
    to: *mut *mut countersign_keyring,
) -> countersign_result {
    let body = |keyring: &Keyring| Ok(keyring.clone().rotated_to(RootKey::generate(root_id)?)?);
    // SAFETY: as of this function.
    unsafe { given(keyring, to, body) }
}

/// Gives a ring with one root more, which the host's key management gave. `state` is a `COUNTERSIGN_ROOT_..`.
///
/// If the new root is active, the root that wrote before only opens from now on.
///
/// # Safety
/// `keyring` is null or a handle that lives. `root` is null or leads to so many bytes. `to` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_keyring_with_root(
    keyring: *const countersign_keyring,
    state: i32,
    root_id: u32,
    root: *const u8,
    root_length: usize,
    to: *mut *mut countersign_keyring,
) -> countersign_result {
    let body = |keyring: &Keyring| {
        // SAFETY: as of this function.
        let root = unsafe { key("root", root, root_length)? };
        let (ring, root) = (keyring.clone(), RootKey::from_bytes(root_id, *root)?);
        Ok(match state {
            COUNTERSIGN_ROOT_ACTIVE => ring.rotated_to(root),
            COUNTERSIGN_ROOT_READABLE => ring.with_readable(root),
            COUNTERSIGN_ROOT_REVOKED => ring.with_revoked(root),
            _ => return Err(Failure::unknown("state", "COUNTERSIGN_ROOT_..")),
        }?)
    };
    // SAFETY: as of this function.
    unsafe { given(keyring, to, body) }
}

/// Gives a ring in which the root with this id is revoked. A root that writes is refused: rotate to another one first.
///
/// # Safety
/// `keyring` is null or a handle that lives. `to` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_keyring_revoke(
    keyring: *const countersign_keyring,
    root_id: u32,
    to: *mut *mut countersign_keyring,
) -> countersign_result {
    let body = |keyring: &Keyring| Ok(keyring.clone().revoke(root_id)?);
    // SAFETY: as of this function.
    unsafe { given(keyring, to, body) }
}

/// Gives a ring with an earlier generation of the long-term secret, for hashes and indexes that name it.
///
/// # Safety
/// `keyring` is null or a handle that lives. `secret` is null or leads to so many bytes. `to` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_keyring_with_earlier_secret(
    keyring: *const countersign_keyring,
    generation: u32,
    secret: *const u8,
    secret_length: usize,
    to: *mut *mut countersign_keyring,
) -> countersign_result {
    let body = |keyring: &Keyring| {
        // SAFETY: as of this function.
        let secret = unsafe { key("secret", secret, secret_length)? };
        let earlier = LongTermSecret::from_bytes(generation, *secret)?;
        Ok(keyring.clone().with_earlier_secret(earlier)?)
    };
    // SAFETY: as of this function.
    unsafe { given(keyring, to, body) }
}

/// Gives a ring with the keys of these purposes alone, for a process that needs no more. `purposes` is a list of texts.
///
/// It holds derived keys. Neither the roots nor the keys of other purposes follow from them.
///
/// # Safety
/// `keyring` is null or a handle that lives. `purposes` is null or leads to so many members, each null or of so many bytes. `to` is
/// null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_keyring_limited_to(
    keyring: *const countersign_keyring,
    purposes: *const countersign_bytes,
    count: usize,
    to: *mut *mut countersign_keyring,
) -> countersign_result {
    let body = |keyring: &Keyring| {
        // SAFETY: as of this function.
        let parts = unsafe { Parts::read("purposes", purposes, count)? };
        let texts = parts.as_slice().iter().map(|part| str::from_utf8(part));
        let texts: Vec<&str> = texts
            .collect::<Result<_, _>>()
            .map_err(|_| Failure::of(COUNTERSIGN_ERROR_NOT_UTF8, "purposes", "must be UTF-8"))?;
        Ok(keyring.limited_to(&texts)?)
    };
    // SAFETY: as of this function.
    unsafe { given(keyring, to, body) }
}

/// Writes how many roots the ring has.
///
/// # Safety
/// `keyring` is null or a handle that lives. `count` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_keyring_root_count(
    keyring: *const countersign_keyring,
    count: *mut usize,
) -> countersign_result {
    let body = |keyring: &Keyring| {
        // SAFETY: as of this function.
        let count = unsafe { Place::new(count, "count")? };
        count.write(keyring.roots().count());
        Ok(())
    };
    // SAFETY: as of this function.
    unsafe { of(keyring, body) }
}

/// Writes the id of the root with this index, and its state: a `COUNTERSIGN_ROOT_..`. The root with the index 0 is active.
///
/// # Safety
/// `keyring` is null or a handle that lives. `root_id` and `state` are null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_keyring_root(
    keyring: *const countersign_keyring,
    index: usize,
    root_id: *mut u32,
    state: *mut i32,
) -> countersign_result {
    let body = |keyring: &Keyring| {
        // SAFETY: as of this function.
        let (root_id, state) =
            unsafe { (Place::new(root_id, "root_id")?, Place::new(state, "state")?) };
        let root = keyring.roots().nth(index).ok_or_else(|| {
            let why = "must be less than the number of roots";
            Failure::of(COUNTERSIGN_ERROR_UNKNOWN_NUMBER, "index", why)
        })?;
        root_id.write(root.id());
        state.write(if root.is_active() {
            COUNTERSIGN_ROOT_ACTIVE
        } else if root.is_revoked() {
            COUNTERSIGN_ROOT_REVOKED
        } else {
            COUNTERSIGN_ROOT_READABLE
        });
        Ok(())
    };
    // SAFETY: as of this function.
    unsafe { of(keyring, body) }
}

/// Reads a key.
///
/// # Safety
/// As [`bytes`].
unsafe fn key(
    argument: &'static str,
    pointer: *const u8,
    length: usize,
) -> Result<Zeroizing<[u8; COUNTERSIGN_KEY_LENGTH]>, Failure> {
    // SAFETY: as of this function.
    let given = unsafe { bytes(argument, pointer, length)? };
    let mut key = Zeroizing::new([0; COUNTERSIGN_KEY_LENGTH]);
    if given.len() != key.len() {
        return Err(Error::misuse(argument, "must have 32 bytes").into());
    }
    key.copy_from_slice(given);
    Ok(key)
}
