//! Hashes of PINs: PHC strings of Argon2id, with a pepper that is not in the database.

use core::ffi::{c_char, c_void};

use zeroize::Zeroizing;

use super::border::{make, of};
use super::failure::Failure;
use super::handle::{Object, object};
use super::hash_pool::{Permit, countersign_hash_permit, countersign_hash_pool};
use super::input::text;
use super::keyring::countersign_keyring;
use super::last_error::countersign_error;
use super::output::{Buffer, Place};
use super::password_rules::countersign_pin_rules;
use super::result::countersign_result;
use super::state::{self, countersign_save};
use crate::field::Keyring;
use crate::hashing::HashPool;
use crate::password::{Pin, PinHash, PinRules};

/// The hash of a PIN: a PHC string of Argon2id, with a pepper that is not in the database.
pub struct countersign_pin_hash {
    _private: (),
}

impl Object for PinHash {
    type Tag = countersign_pin_hash;
    const KIND: u64 = 0xc5e1_9a07_4d21_001f;
    const NAME: &str = "hash";
}

/// Hashes a new pin, if the rules accept it, at the cost of the pool, with the pepper of the keyring.
///
/// # Safety
/// `error`, `rules`, `keyring` and `permit` are null or handles that live. `pin` is null or leads to so many bytes. `to` is
/// null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_pin_hash_enrol(
    error: *const countersign_error,
    pin: *const c_char,
    pin_length: usize,
    rules: *const countersign_pin_rules,
    keyring: *const countersign_keyring,
    permit: *const countersign_hash_permit,
    to: *mut *mut countersign_pin_hash,
) -> countersign_result {
    let made = || {
        // SAFETY: as of this function.
        let (pin, rules, keyring, permit) = unsafe {
            (
                Pin::typed(text("pin", pin, pin_length)?),
                object::<PinRules<'static>>(rules)?,
                object::<Keyring>(keyring)?,
                object::<Permit>(permit)?,
            )
        };
        permit.one(|cost, permit| PinHash::enrol(&pin, rules, keyring, cost, permit))
    };
    // SAFETY: as of this function.
    unsafe { make(error, to, made) }
}

/// Makes a hash that no PIN matches, for a subject that has none or does not exist. Its check takes as long as another.
///
/// # Safety
/// `error`, `keyring` and `pool` are null or handles that live. `to` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_pin_hash_decoy(
    error: *const countersign_error,
    keyring: *const countersign_keyring,
    pool: *const countersign_hash_pool,
    to: *mut *mut countersign_pin_hash,
) -> countersign_result {
    let made = || {
        // SAFETY: as of this function.
        let (keyring, pool) = unsafe { (object::<Keyring>(keyring)?, object::<HashPool>(pool)?) };
        Ok(PinHash::decoy(keyring, pool.cost())?)
    };
    // SAFETY: as of this function.
    unsafe { make(error, to, made) }
}

/// Reads a PHC string of this library. It always has a pepper.
///
/// # Safety
/// `error` is null or a handle that lives. `phc` is null or leads to so many bytes. `to` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_pin_hash_parse(
    error: *const countersign_error,
    phc: *const c_char,
    phc_length: usize,
    to: *mut *mut countersign_pin_hash,
) -> countersign_result {
    // SAFETY: as of this function.
    let made = || Ok(PinHash::parse(unsafe { text("phc", phc, phc_length)? })?);
    // SAFETY: as of this function.
    unsafe { make(error, to, made) }
}

/// Writes the PHC string, for the database.
///
/// # Safety
/// `hash` is null or a handle that lives. `phc` and `phc_length` are null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_pin_hash_phc(
    hash: *const countersign_pin_hash,
    phc: *mut c_char,
    phc_length: *mut usize,
) -> countersign_result {
    let body = |hash: &PinHash| {
        // SAFETY: as of this function.
        let to = unsafe { Buffer::text("phc", phc, phc_length)? };
        to.write_text(hash.phc(), &[])
    };
    // SAFETY: as of this function.
    unsafe { of(hash, body) }
}

/// Checks a PIN. If it is right and the hash is outdated, `save` gets the PHC string of a present one, without a NUL. The
/// verdict is written after that.
///
/// Count the try before this is called. `save` is not called for a wrong pin, nor if the hash is a present one.
///
/// # Safety
/// `hash`, `keyring` and `permit` are null or handles that live. `pin` is null or leads to so many bytes. `verdict` is null
/// or may be written. `save` keeps to its contract, and takes `user`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_pin_hash_check(
    hash: *const countersign_pin_hash,
    pin: *const c_char,
    pin_length: usize,
    keyring: *const countersign_keyring,
    permit: *const countersign_hash_permit,
    save: countersign_save,
    user: *mut c_void,
    verdict: *mut i32,
) -> countersign_result {
    let body = |hash: &PinHash| {
        // SAFETY: as of this function.
        let (pin, keyring, permit, verdict) = unsafe {
            (
                Pin::typed(text("pin", pin, pin_length)?),
                object::<Keyring>(keyring)?,
                object::<Permit>(permit)?,
                Place::new(verdict, "verdict")?,
            )
        };
        state::expect(save)?;
        let step = permit.one(|cost, permit| hash.check(&pin, keyring, cost, permit))?;
        let bytes = |next: &PinHash| Zeroizing::new(next.phc().as_bytes().to_vec());
        // SAFETY: as of this function.
        unsafe { state::commit_as(step, bytes, save, user, verdict) }
    };
    // SAFETY: as of this function.
    unsafe { of(hash, body) }
}

/// Writes 1 if a right PIN will replace this hash: it has another cost than the pool, or an old pepper. Else 0.
///
/// # Safety
/// `hash`, `keyring` and `pool` are null or handles that live. `needs_rehash` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_pin_hash_needs_rehash(
    hash: *const countersign_pin_hash,
    keyring: *const countersign_keyring,
    pool: *const countersign_hash_pool,
    needs_rehash: *mut i32,
) -> countersign_result {
    let body = |hash: &PinHash| {
        // SAFETY: as of this function.
        let (keyring, pool, needs_rehash) = unsafe {
            (
                object::<Keyring>(keyring)?,
                object::<HashPool>(pool)?,
                Place::new(needs_rehash, "needs_rehash")?,
            )
        };
        needs_rehash.write(i32::from(hash.needs_rehash(keyring, pool.cost())?));
        Ok(())
    };
    // SAFETY: as of this function.
    unsafe { of(hash, body) }
}

/// Checks that the keyring has the pepper of the hash. Call it before a try is charged: a wrong key is not the caller's guess.
///
/// # Safety
/// `hash` and `keyring` are null or handles that live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_pin_hash_expect_pepper(
    hash: *const countersign_pin_hash,
    keyring: *const countersign_keyring,
) -> countersign_result {
    let body = |hash: &PinHash| -> Result<(), Failure> {
        // SAFETY: as of this function.
        let keyring = unsafe { object::<Keyring>(keyring)? };
        Ok(hash.expect_pepper(keyring)?)
    };
    // SAFETY: as of this function.
    unsafe { of(hash, body) }
}
