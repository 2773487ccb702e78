//! Codes of an authenticator app (RFC 6238).

use core::ffi::{c_char, c_void};
use core::time::Duration;

use super::border::{make, of};
use super::handle::Object;
use super::input::{bytes, text};
use super::last_error::countersign_error;
use super::otp_key;
use super::output::{Buffer, Place};
use super::result::countersign_result;
use super::state::{self, countersign_save};
use super::time::moment;
use crate::code::Code;
use crate::otp::{Totp, TotpState};

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
        let (state, code, verdict) = unsafe {
            (
                state::read::<TotpState>(state, state_length)?,
                Code::typed(text("code", code, code_length)?),
                Place::new(verdict, "verdict")?,
            )
        };
        let step = totp.check(&state, &code, moment(now)?);
        // SAFETY: as of this function.
        unsafe { state::commit(step, save, user, verdict) }
    };
    // SAFETY: as of this function.
    unsafe { of(totp, body) }
}
