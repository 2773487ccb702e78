//! Hashes of passwords: PHC strings of Argon2id, with a pepper that is not in the database.

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
use super::password_rules::countersign_password_rules;
use super::result::countersign_result;
use super::state::{self, countersign_save};
use crate::field::Keyring;
use crate::hashing::HashPool;
use crate::password::{Password, PasswordHash, PasswordRules};

/// The hash of a password: a PHC string of Argon2id, with a pepper that is not in the database.
pub struct countersign_password_hash {
    _private: (),
}

impl Object for PasswordHash {
    type Tag = countersign_password_hash;
    const KIND: u64 = 0xc5e1_9a07_4d21_001e;
    const NAME: &str = "hash";
}

/// Hashes a new password, if the rules accept it, at the cost of the pool, with the pepper of the keyring.
///
/// # Safety
/// `error`, `rules`, `keyring` and `permit` are null or handles that live. `password` is null or leads to so many bytes. `to` is
/// null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_password_hash_enrol(
    error: *const countersign_error,
    password: *const c_char,
    password_length: usize,
    rules: *const countersign_password_rules,
    keyring: *const countersign_keyring,
    permit: *const countersign_hash_permit,
    to: *mut *mut countersign_password_hash,
) -> countersign_result {
    let made = || {
        // SAFETY: as of this function.
        let (password, rules, keyring, permit) = unsafe {
            (
                Password::typed(text("password", password, password_length)?),
                object::<PasswordRules<'static>>(rules)?,
                object::<Keyring>(keyring)?,
                object::<Permit>(permit)?,
            )
        };
        permit.one(|cost, permit| PasswordHash::enrol(&password, rules, keyring, cost, permit))
    };
    // SAFETY: as of this function.
    unsafe { make(error, to, made) }
}

/// Hashes a new password without a pepper, for programs that cannot use one. A stolen database is then enough to guess at it.
///
/// # Safety
/// As `countersign_password_hash_enrol`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_password_hash_enrol_without_pepper(
    error: *const countersign_error,
    password: *const c_char,
    password_length: usize,
    rules: *const countersign_password_rules,
    permit: *const countersign_hash_permit,
    to: *mut *mut countersign_password_hash,
) -> countersign_result {
    let made = || {
        // SAFETY: as of this function.
        let (password, rules, permit) = unsafe {
            (
                Password::typed(text("password", password, password_length)?),
                object::<PasswordRules<'static>>(rules)?,
                object::<Permit>(permit)?,
            )
        };
        permit
            .one(|cost, permit| PasswordHash::enrol_without_pepper(&password, rules, cost, permit))
    };
    // SAFETY: as of this function.
    unsafe { make(error, to, made) }
}

/// Makes a hash that no password matches, for a subject that has none or does not exist. Its check takes as long as another.
///
/// # Safety
/// `error`, `keyring` and `pool` are null or handles that live. `to` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_password_hash_decoy(
    error: *const countersign_error,
    keyring: *const countersign_keyring,
    pool: *const countersign_hash_pool,
    to: *mut *mut countersign_password_hash,
) -> countersign_result {
    let made = || {
        // SAFETY: as of this function.
        let (keyring, pool) = unsafe { (object::<Keyring>(keyring)?, object::<HashPool>(pool)?) };
        Ok(PasswordHash::decoy(keyring, pool.cost())?)
    };
    // SAFETY: as of this function.
    unsafe { make(error, to, made) }
}

/// Reads a PHC string, of this library or of another program. A cost below OWASP's minimum is refused.
///
/// # Safety
/// `error` is null or a handle that lives. `phc` is null or leads to so many bytes. `to` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_password_hash_parse(
    error: *const countersign_error,
    phc: *const c_char,
    phc_length: usize,
    to: *mut *mut countersign_password_hash,
) -> countersign_result {
    // SAFETY: as of this function.
    let made = || {
        Ok(PasswordHash::parse(unsafe {
            text("phc", phc, phc_length)?
        })?)
    };
    // SAFETY: as of this function.
    unsafe { make(error, to, made) }
}

/// Reads a PHC string of a weaker system, of any cost. The next right password replaces it.
///
/// # Safety
/// As `countersign_password_hash_parse`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_password_hash_parse_weak(
    error: *const countersign_error,
    phc: *const c_char,
    phc_length: usize,
    to: *mut *mut countersign_password_hash,
) -> countersign_result {
    // SAFETY: as of this function.
    let made = || {
        Ok(PasswordHash::parse_weak(unsafe {
            text("phc", phc, phc_length)?
        })?)
    };
    // SAFETY: as of this function.
    unsafe { make(error, to, made) }
}

/// Writes the PHC string, for the database.
///
/// # Safety
/// `hash` is null or a handle that lives. `phc` and `phc_length` are null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_password_hash_phc(
    hash: *const countersign_password_hash,
    phc: *mut c_char,
    phc_length: *mut usize,
) -> countersign_result {
    let body = |hash: &PasswordHash| {
        // SAFETY: as of this function.
        let to = unsafe { Buffer::text("phc", phc, phc_length)? };
        to.write_text(hash.phc(), &[])
    };
    // SAFETY: as of this function.
    unsafe { of(hash, body) }
}

/// Checks a password. If it is right and the hash is outdated, `save` gets the PHC string of a present one, without a NUL. The
/// verdict is written after that.
///
/// Count the try before this is called. `save` is not called for a wrong password, nor if the hash is a present one.
///
/// # Safety
/// `hash`, `keyring` and `permit` are null or handles that live. `password` is null or leads to so many bytes. `verdict` is null
/// or may be written. `save` keeps to its contract, and takes `user`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_password_hash_check(
    hash: *const countersign_password_hash,
    password: *const c_char,
    password_length: usize,
    keyring: *const countersign_keyring,
    permit: *const countersign_hash_permit,
    save: countersign_save,
    user: *mut c_void,
    verdict: *mut i32,
) -> countersign_result {
    let body = |hash: &PasswordHash| {
        // SAFETY: as of this function.
        let (password, keyring, permit, verdict) = unsafe {
            (
                Password::typed(text("password", password, password_length)?),
                object::<Keyring>(keyring)?,
                object::<Permit>(permit)?,
                Place::new(verdict, "verdict")?,
            )
        };
        state::expect(save)?;
        let step = permit.one(|cost, permit| hash.check(&password, keyring, cost, permit))?;
        let bytes = |next: &PasswordHash| Zeroizing::new(next.phc().as_bytes().to_vec());
        // SAFETY: as of this function.
        unsafe { state::commit_as(step, bytes, save, user, verdict) }
    };
    // SAFETY: as of this function.
    unsafe { of(hash, body) }
}

/// Writes 1 if a right password will replace this hash: it has another cost than the pool, an old pepper or none. Else 0.
///
/// # Safety
/// `hash`, `keyring` and `pool` are null or handles that live. `needs_rehash` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_password_hash_needs_rehash(
    hash: *const countersign_password_hash,
    keyring: *const countersign_keyring,
    pool: *const countersign_hash_pool,
    needs_rehash: *mut i32,
) -> countersign_result {
    let body = |hash: &PasswordHash| {
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
pub unsafe extern "C" fn countersign_password_hash_expect_pepper(
    hash: *const countersign_password_hash,
    keyring: *const countersign_keyring,
) -> countersign_result {
    let body = |hash: &PasswordHash| -> Result<(), Failure> {
        // SAFETY: as of this function.
        let keyring = unsafe { object::<Keyring>(keyring)? };
        Ok(hash.expect_pepper(keyring)?)
    };
    // SAFETY: as of this function.
    unsafe { of(hash, body) }
}
