//! Codes of a token that counts (RFC 4226). The counter is the state.

use core::ffi::{c_char, c_void};

use super::border::{given, make, of, plain, told};
use super::failure::Failure;
use super::handle::{Object, give, object};
use super::input::{bytes, text};
use super::key_uri::{self, countersign_key_uri};
use super::last_error::countersign_error;
use super::otp_key;
use super::output::{Buffer, Place};
use super::result::countersign_result;
use super::state::{self, countersign_save};
use crate::code::Code;
use crate::otp::{Hotp, KeyUri, OtpKey};

/// A token's secret and settings (RFC 4226).
pub struct countersign_hotp {
    _private: (),
}

impl Object for Hotp {
    type Tag = countersign_hotp;
    const KIND: u64 = 0xc5e1_9a07_4d21_0011;
    const NAME: &str = "hotp";
}

/// How many codes after the next one are usually accepted as well: `look_ahead` of `countersign_hotp_new`.
pub const COUNTERSIGN_HOTP_DEFAULT_LOOK_AHEAD: u32 = 3;
const _: () = assert!(COUNTERSIGN_HOTP_DEFAULT_LOOK_AHEAD == Hotp::DEFAULT_LOOK_AHEAD as u32);

/// Draws a fresh secret of 160 bits, for SHA-1, six digits and a look-ahead of three.
///
/// # Safety
/// `error` is null or a handle that lives. `to` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_hotp_generate(
    error: *const countersign_error,
    to: *mut *mut countersign_hotp,
) -> countersign_result {
    // SAFETY: as of this function.
    unsafe { make(error, to, || Ok(Hotp::from(OtpKey::generate()?))) }
}

/// Takes a secret that exists already: 16 to 128 bytes (RFC 4226 4). Digits are 6 to 8. `look_ahead` is 0 to 99.
///
/// # Safety
/// `error` is null or a handle that lives. `secret` is null or leads to so many bytes. `to` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_hotp_new(
    error: *const countersign_error,
    secret: *const u8,
    secret_length: usize,
    algorithm: i32,
    digits: u32,
    look_ahead: u32,
    to: *mut *mut countersign_hotp,
) -> countersign_result {
    let made = || {
        // SAFETY: as of this function.
        let secret = unsafe { bytes("secret", secret, secret_length)? };
        let key = otp_key::new(secret, algorithm, digits)?;
        // More than a byte counts is refused as too many.
        let look_ahead = u8::try_from(look_ahead).unwrap_or(u8::MAX);
        Ok(Hotp::from(key).with_look_ahead(look_ahead)?)
    };
    // SAFETY: as of this function.
    unsafe { make(error, to, made) }
}

/// Writes the code that the token shows at a counter.
///
/// # Safety
/// `hotp` is null or a handle that lives. `code` and `code_length` are null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_hotp_code_at(
    hotp: *const countersign_hotp,
    counter: u64,
    code: *mut c_char,
    code_length: *mut usize,
) -> countersign_result {
    let body = |hotp: &Hotp| {
        // SAFETY: as of this function.
        let code = unsafe { Buffer::text("code", code, code_length)? };
        code.write_text(hotp.code_at(counter).expose_text(), &[])
    };
    // SAFETY: as of this function.
    unsafe { of(hotp, body) }
}

/// Checks a code, and spends it with all before it. The verdict is written once `save` has stored the next state.
///
/// `save` is not called for a code that is refused: it changes nothing, and the caller counts it.
///
/// # Safety
/// `hotp` is null or a handle that lives. `state` and `code` are null or lead to so many bytes. `verdict` is null or may be
/// written. `save` keeps to its contract, and takes `user`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_hotp_check(
    hotp: *const countersign_hotp,
    state: *const u8,
    state_length: usize,
    code: *const c_char,
    code_length: usize,
    save: countersign_save,
    user: *mut c_void,
    verdict: *mut i32,
) -> countersign_result {
    let body = |hotp: &Hotp| {
        // SAFETY: as of this function.
        let (counter, code, verdict) = unsafe {
            (
                state::read::<u64>(state, state_length)?,
                Code::typed(text("code", code, code_length)?),
                Place::new(verdict, "verdict")?,
            )
        };
        // SAFETY: as of this function.
        unsafe { state::commit(hotp.check(counter, &code), save, user, verdict) }
    };
    // SAFETY: as of this function.
    unsafe { of(hotp, body) }
}

/// Checks two consecutive codes of a token that is further ahead. They are one try.
///
/// # Safety
/// As `countersign_hotp_check`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_hotp_check_pair(
    hotp: *const countersign_hotp,
    state: *const u8,
    state_length: usize,
    first: *const c_char,
    first_length: usize,
    second: *const c_char,
    second_length: usize,
    save: countersign_save,
    user: *mut c_void,
    verdict: *mut i32,
) -> countersign_result {
    let body = |hotp: &Hotp| {
        // SAFETY: as of this function.
        let (counter, first, second, verdict) = unsafe {
            (
                state::read::<u64>(state, state_length)?,
                Code::typed(text("first", first, first_length)?),
                Code::typed(text("second", second, second_length)?),
                Place::new(verdict, "verdict")?,
            )
        };
        let step = hotp.check_pair(counter, &first, &second);
        // SAFETY: as of this function.
        unsafe { state::commit(step, save, user, verdict) }
    };
    // SAFETY: as of this function.
    unsafe { of(hotp, body) }
}

/// Writes the URI that tells an app this secret and where it starts counting, as belonging to `account` at `issuer`.
///
/// # Safety
/// `hotp` is null or a handle that lives. `issuer` and `account` are null or lead to so many bytes. `to` is null or may be
/// written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_hotp_key_uri(
    hotp: *const countersign_hotp,
    counter: u64,
    issuer: *const c_char,
    issuer_length: usize,
    account: *const c_char,
    account_length: usize,
    to: *mut *mut countersign_key_uri,
) -> countersign_result {
    let body = |hotp: &Hotp| -> Result<KeyUri, Failure> {
        // SAFETY: as of this function.
        let (issuer, account) = unsafe {
            (
                text("issuer", issuer, issuer_length)?,
                text("account", account, account_length)?,
            )
        };
        Ok(hotp.key_uri(counter, issuer, account)?)
    };
    // SAFETY: as of this function.
    unsafe { given(hotp, to, body) }
}

/// Takes the secret, its settings and the counter from a key URI of a token. The look-ahead is three.
///
/// # Safety
/// `error` and `uri` are null or handles that live. `counter` and `to` are null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_hotp_from_key_uri(
    error: *const countersign_error,
    uri: *const countersign_key_uri,
    counter: *mut u64,
    to: *mut *mut countersign_hotp,
) -> countersign_result {
    let body = || {
        // SAFETY: as of this function.
        let (uri, counter, to) = unsafe {
            (
                object::<KeyUri>(uri)?,
                Place::new(counter, "counter")?,
                Place::new(to, "to")?,
            )
        };
        let (hotp, next) = Hotp::from_key_uri(key_uri::again(uri)?)?;
        counter.write(next);
        to.write(give(hotp));
        Ok(())
    };
    // SAFETY: as of this function.
    unsafe { told(error, body) }
}

/// Writes the state of a token whose next code has this counter. A new token begins at 0.
///
/// # Safety
/// `state` and `state_length` are null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_hotp_write_state(
    counter: u64,
    state: *mut u8,
    state_length: *mut usize,
) -> countersign_result {
    plain(|| {
        // SAFETY: as of this function.
        let to = unsafe { Buffer::new("state", state, state_length)? };
        to.write_bytes(&state::written(&counter), &[])
    })
}

/// Reads a state: the counter of the next code.
///
/// # Safety
/// `state` is null or leads to so many bytes. `counter` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_hotp_read_state(
    state: *const u8,
    state_length: usize,
    counter: *mut u64,
) -> countersign_result {
    plain(|| {
        // SAFETY: as of this function.
        let (next, counter) = unsafe {
            (
                state::read::<u64>(state, state_length)?,
                Place::new(counter, "counter")?,
            )
        };
        counter.write(next);
        Ok(())
    })
}
