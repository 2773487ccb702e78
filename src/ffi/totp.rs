//! Codes of an authenticator app (RFC 6238).

use core::ffi::{c_char, c_void};
use core::time::Duration;

use super::border::{given, make, of, plain};
use super::failure::Failure;
use super::handle::{Object, object};
use super::input::{bytes, text};
use super::key_uri::{self, countersign_key_uri};
use super::last_error::countersign_error;
use super::otp_key;
use super::output::{Buffer, Place};
use super::result::countersign_result;
use super::state::{self, countersign_save};
use super::time::moment;
use crate::code::Code;
use crate::otp::{KeyUri, Totp, TotpState};
use crate::time::Timestamp;
use crate::transition::{Transition, Verdict};

/// An authenticator app's secret and settings (RFC 6238).
pub struct countersign_totp {
    _private: (),
}

impl Object for Totp {
    type Tag = countersign_totp;
    const KIND: u64 = 0xc5e1_9a07_4d21_0002;
    const NAME: &str = "totp";
}

/// Draws a fresh secret of 160 bits, for SHA-1, six digits and 30 seconds. Every app understands these.
///
/// # Safety
/// `error` is null or a handle that lives. `to` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_totp_generate(
    error: *const countersign_error,
    to: *mut *mut countersign_totp,
) -> countersign_result {
    // SAFETY: as of this function.
    unsafe { make(error, to, || Ok(Totp::generate()?)) }
}

/// Takes a secret that exists already: 16 to 128 bytes (RFC 4226 4). Digits are 6 to 8. A period is 1 to 120 seconds.
///
/// # Safety
/// `error` is null or a handle that lives. `secret` is null or leads to so many bytes. `to` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_totp_new(
    error: *const countersign_error,
    secret: *const u8,
    secret_length: usize,
    algorithm: i32,
    digits: u32,
    period: u32,
    to: *mut *mut countersign_totp,
) -> countersign_result {
    let made = || {
        // SAFETY: as of this function.
        let secret = unsafe { bytes("secret", secret, secret_length)? };
        let key = otp_key::new(secret, algorithm, digits)?;
        Ok(Totp::from(key).with_period(Duration::from_secs(period.into()))?)
    };
    // SAFETY: as of this function.
    unsafe { make(error, to, made) }
}

/// Writes the code of the step at `now`, which is Unix time in seconds.
///
/// # Safety
/// `totp` is null or a handle that lives. `code` and `code_length` are null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_totp_code_at(
    totp: *const countersign_totp,
    now: i64,
    code: *mut c_char,
    code_length: *mut usize,
) -> countersign_result {
    let body = |totp: &Totp| {
        // SAFETY: as of this function.
        let code = unsafe { Buffer::text("code", code, code_length)? };
        let text = totp.code_at(moment(now)?);
        code.write_text(text.expose_text(), &[])
    };
    // SAFETY: as of this function.
    unsafe { of(totp, body) }
}

/// Checks a code at `now`, and claims its step. The verdict is written once `save` has stored the next state.
///
/// `save` is not called for a code that is refused: it changes nothing, and the caller counts it.
///
/// # Safety
/// `totp` is null or a handle that lives. `state` and `code` are null or lead to so many bytes. `verdict` is null or may be
/// written. `save` keeps to its contract, and takes `user`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_totp_check(
    totp: *const countersign_totp,
    state: *const u8,
    state_length: usize,
    code: *const c_char,
    code_length: usize,
    now: i64,
    save: countersign_save,
    user: *mut c_void,
    verdict: *mut i32,
) -> countersign_result {
    let body = |totp: &Totp| {
        // SAFETY: as of this function.
        let code = Code::typed(unsafe { text("code", code, code_length)? });
        let check = |state: &TotpState, now| totp.check(state, &code, now);
        // SAFETY: as of this function.
        unsafe { judge(state, state_length, now, save, user, verdict, check) }
    };
    // SAFETY: as of this function.
    unsafe { of(totp, body) }
}

/// Checks the code that confirms an enrolment, claims its step, and learns whether the app's clock runs ahead.
///
/// It also accepts the code of the next step. Use it for the first code of a new secret only.
///
/// # Safety
/// As `countersign_totp_check`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_totp_confirm(
    totp: *const countersign_totp,
    state: *const u8,
    state_length: usize,
    code: *const c_char,
    code_length: usize,
    now: i64,
    save: countersign_save,
    user: *mut c_void,
    verdict: *mut i32,
) -> countersign_result {
    let body = |totp: &Totp| {
        // SAFETY: as of this function.
        let code = Code::typed(unsafe { text("code", code, code_length)? });
        let check = |state: &TotpState, now| totp.confirm(state, &code, now);
        // SAFETY: as of this function.
        unsafe { judge(state, state_length, now, save, user, verdict, check) }
    };
    // SAFETY: as of this function.
    unsafe { of(totp, body) }
}

/// Checks two consecutive codes at once, for a customer whose app's clock runs ahead. They are one try.
///
/// # Safety
/// As `countersign_totp_check`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_totp_check_pair(
    totp: *const countersign_totp,
    state: *const u8,
    state_length: usize,
    first: *const c_char,
    first_length: usize,
    second: *const c_char,
    second_length: usize,
    now: i64,
    save: countersign_save,
    user: *mut c_void,
    verdict: *mut i32,
) -> countersign_result {
    let body = |totp: &Totp| {
        // SAFETY: as of this function.
        let (first, second) = unsafe {
            (
                Code::typed(text("first", first, first_length)?),
                Code::typed(text("second", second, second_length)?),
            )
        };
        let check = |state: &TotpState, now| totp.check_pair(state, &first, &second, now);
        // SAFETY: as of this function.
        unsafe { judge(state, state_length, now, save, user, verdict, check) }
    };
    // SAFETY: as of this function.
    unsafe { of(totp, body) }
}

/// Writes the URI that tells an app this secret, as belonging to `account` at `issuer`.
///
/// # Safety
/// `totp` is null or a handle that lives. `issuer` and `account` are null or lead to so many bytes. `to` is null or may be
/// written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_totp_key_uri(
    totp: *const countersign_totp,
    issuer: *const c_char,
    issuer_length: usize,
    account: *const c_char,
    account_length: usize,
    to: *mut *mut countersign_key_uri,
) -> countersign_result {
    let body = |totp: &Totp| -> Result<KeyUri, Failure> {
        // SAFETY: as of this function.
        let (issuer, account) = unsafe {
            (
                text("issuer", issuer, issuer_length)?,
                text("account", account, account_length)?,
            )
        };
        Ok(totp.key_uri(issuer, account)?)
    };
    // SAFETY: as of this function.
    unsafe { given(totp, to, body) }
}

/// Takes the secret and its settings from a key URI of an app.
///
/// # Safety
/// `error` and `uri` are null or handles that live. `to` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_totp_from_key_uri(
    error: *const countersign_error,
    uri: *const countersign_key_uri,
    to: *mut *mut countersign_totp,
) -> countersign_result {
    let made = || {
        // SAFETY: as of this function.
        let uri = unsafe { object::<KeyUri>(uri)? };
        Ok(Totp::from_key_uri(key_uri::again(uri)?)?)
    };
    // SAFETY: as of this function.
    unsafe { make(error, to, made) }
}

/// Writes the state of an app that another system has checked until now.
///
/// `next_step` is one more than the step of the last accepted code, or 0. `runs_ahead` is 1 if the app's clock was found to run
/// ahead, else 0.
///
/// # Safety
/// `state` and `state_length` are null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_totp_write_state(
    next_step: u64,
    runs_ahead: i32,
    state: *mut u8,
    state_length: *mut usize,
) -> countersign_result {
    plain(|| {
        // SAFETY: as of this function.
        let to = unsafe { Buffer::new("state", state, state_length)? };
        let state = match runs_ahead {
            0 => TotpState::stored(next_step),
            1 => TotpState::stored_ahead(next_step),
            _ => return Err(Failure::unknown("runs_ahead", "0 or a 1")),
        };
        to.write_bytes(&state::written(&state), &[])
    })
}

/// Reads a state: the first step that is still free, and whether the app's clock was found to run ahead.
///
/// # Safety
/// `state` is null or leads to so many bytes. `next_step` and `runs_ahead` are null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_totp_read_state(
    state: *const u8,
    state_length: usize,
    next_step: *mut u64,
    runs_ahead: *mut i32,
) -> countersign_result {
    plain(|| {
        // SAFETY: as of this function.
        let (state, next_step, runs_ahead) = unsafe {
            (
                state::read::<TotpState>(state, state_length)?,
                Place::new(next_step, "next_step")?,
                Place::new(runs_ahead, "runs_ahead")?,
            )
        };
        next_step.write(state.next_step());
        runs_ahead.write(i32::from(state.runs_ahead()));
        Ok(())
    })
}

/// Checks what was typed, saves, and then writes the verdict.
///
/// # Safety
/// As `countersign_totp_check`.
unsafe fn judge(
    state: *const u8,
    state_length: usize,
    now: i64,
    save: countersign_save,
    user: *mut c_void,
    verdict: *mut i32,
    check: impl FnOnce(&TotpState, Timestamp) -> Transition<Verdict, TotpState>,
) -> Result<(), Failure> {
    // SAFETY: as of this function.
    let (state, verdict) = unsafe {
        (
            state::read::<TotpState>(state, state_length)?,
            Place::new(verdict, "verdict")?,
        )
    };
    // SAFETY: as of this function.
    unsafe { state::commit(check(&state, moment(now)?), save, user, verdict) }
}
