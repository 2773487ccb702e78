//! A question that was asked (RFC 6287). The side that asked keeps it until the response comes.

use core::ffi::c_char;

use super::border::{make, of};
use super::handle::Object;
use super::input::bytes;
use super::last_error::countersign_error;
use super::output::{Buffer, Place};
use super::result::countersign_result;
use super::state;
use crate::otp::ocra::OcraChallenge;

/// A question that was asked. It counts for ten minutes, and until a response is accepted.
///
/// Keep its bytes in a record of your own, not with the caller.
pub struct countersign_ocra_challenge {
    _private: (),
}

impl Object for OcraChallenge {
    type Tag = countersign_ocra_challenge;
    const KIND: u64 = 0xc5e1_9a07_4d21_0014;
    const NAME: &str = "challenge";
}

/// Reads a challenge that was kept as bytes.
///
/// # Safety
/// `error` is null or a handle that lives. `kept` is null or leads to so many bytes. `to` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_ocra_challenge_read(
    error: *const countersign_error,
    kept: *const u8,
    kept_length: usize,
    to: *mut *mut countersign_ocra_challenge,
) -> countersign_result {
    let made = || {
        // SAFETY: as of this function.
        let kept = unsafe { bytes("kept", kept, kept_length)? };
        state::decoded::<OcraChallenge>(kept, "the challenge")
    };
    // SAFETY: as of this function.
    unsafe { make(error, to, made) }
}

/// Writes the bytes to keep.
///
/// # Safety
/// `challenge` is null or a handle that lives. `kept` and `kept_length` are null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_ocra_challenge_bytes(
    challenge: *const countersign_ocra_challenge,
    kept: *mut u8,
    kept_length: *mut usize,
) -> countersign_result {
    let body = |challenge: &OcraChallenge| {
        // SAFETY: as of this function.
        let to = unsafe { Buffer::new("kept", kept, kept_length)? };
        to.write_bytes(&state::written(challenge), &[])
    };
    // SAFETY: as of this function.
    unsafe { of(challenge, body) }
}

/// Writes the question, to be shown or said.
///
/// # Safety
/// `challenge` is null or a handle that lives. `question` and `question_length` are null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_ocra_challenge_question(
    challenge: *const countersign_ocra_challenge,
    question: *mut c_char,
    question_length: *mut usize,
) -> countersign_result {
    let body = |challenge: &OcraChallenge| {
        // SAFETY: as of this function.
        let to = unsafe { Buffer::text("question", question, question_length)? };
        to.write_text(challenge.question().as_str(), &[])
    };
    // SAFETY: as of this function.
    unsafe { of(challenge, body) }
}

/// Writes when the challenge expires. An accepted response ends it before.
///
/// # Safety
/// `challenge` is null or a handle that lives. `expires` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_ocra_challenge_expires(
    challenge: *const countersign_ocra_challenge,
    expires: *mut i64,
) -> countersign_result {
    let body = |challenge: &OcraChallenge| {
        // SAFETY: as of this function.
        let expires = unsafe { Place::new(expires, "expires")? };
        expires.write(i64::from(challenge.expires()));
        Ok(())
    };
    // SAFETY: as of this function.
    unsafe { of(challenge, body) }
}
