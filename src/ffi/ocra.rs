//! Challenge and response of a device (RFC 6287), in one direction: a login or a signature.

use core::ffi::{c_char, c_void};

use super::border::{given, make, of, plain};
use super::context::countersign_context;
use super::failure::Failure;
use super::handle::{Object, give, object};
use super::input::{bytes, text};
use super::last_error::countersign_error;
use super::ocra_challenge::countersign_ocra_challenge;
use super::ocra_suite;
use super::output::{Buffer, Place};
use super::result::countersign_result;
use super::state::{self, countersign_save};
use super::text::{Text, countersign_text};
use super::time::moment;
use crate::context::Context;
use crate::error::Error;
use crate::otp::ocra::{Ocra, OcraChallenge, OcraQuestion, OcraResponse, OcraState, OcraTask};
use crate::secret::{SecretBytes, SecretText};

/// A device's secret under a suite (RFC 6287).
pub struct countersign_ocra {
    _private: (),
}

impl Object for Ocra {
    type Tag = countersign_ocra;
    const KIND: u64 = 0xc5e1_9a07_4d21_0013;
    const NAME: &str = "ocra";
}

/// Takes a secret of 16 to 128 bytes under a suite, `OCRA-1:HOTP-SHA256-8:C-QN08` for example.
///
/// `pin` is null if the suite has no PIN. Its hash alone is kept.
///
/// # Safety
/// `error` is null or a handle that lives. `suite`, `secret` and `pin` are null or lead to so many bytes. `to` is null or may
/// be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_ocra_new(
    error: *const countersign_error,
    suite: *const c_char,
    suite_length: usize,
    secret: *const u8,
    secret_length: usize,
    pin: *const c_char,
    pin_length: usize,
    to: *mut *mut countersign_ocra,
) -> countersign_result {
    let made = || {
        // SAFETY: as of this function.
        let (suite, secret, digits) = unsafe {
            (
                ocra_suite::read(suite, suite_length)?,
                bytes("secret", secret, secret_length)?,
                text("pin", pin, pin_length)?,
            )
        };
        let secret = SecretBytes::from(secret.to_vec());
        if pin.is_null() {
            return Ok(Ocra::new(suite, secret)?);
        }
        let pin = SecretText::from(digits.to_owned());
        Ok(Ocra::new_with_pin(suite, secret, &pin)?)
    };
    // SAFETY: as of this function.
    unsafe { make(error, to, made) }
}

/// Gives a copy that accepts so many counters after the next one as well: 0 to 99. Without this they are three.
///
/// # Safety
/// `ocra` is null or a handle that lives. `to` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_ocra_with_look_ahead(
    ocra: *const countersign_ocra,
    look_ahead: u32,
    to: *mut *mut countersign_ocra,
) -> countersign_result {
    let body = |ocra: &Ocra| -> Result<Ocra, Failure> {
        Ok(ocra.clone().with_look_ahead(byte(look_ahead))?)
    };
    // SAFETY: as of this function.
    unsafe { given(ocra, to, body) }
}

/// Gives a copy that accepts so many time steps before and after the present one: 0 to 60. Without this it is one before.
///
/// # Safety
/// As `countersign_ocra_with_look_ahead`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_ocra_with_time_window(
    ocra: *const countersign_ocra,
    back: u32,
    ahead: u32,
    to: *mut *mut countersign_ocra,
) -> countersign_result {
    let body = |ocra: &Ocra| -> Result<Ocra, Failure> {
        Ok(ocra.clone().with_time_window(byte(back), byte(ahead))?)
    };
    // SAFETY: as of this function.
    unsafe { given(ocra, to, body) }
}

/// Gives a copy that signs, and does nothing else. Signatures need a suite or a secret of their own.
///
/// # Safety
/// As `countersign_ocra_with_look_ahead`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_ocra_for_signatures(
    ocra: *const countersign_ocra,
    to: *mut *mut countersign_ocra,
) -> countersign_result {
    // SAFETY: as of this function.
    unsafe { given(ocra, to, |ocra: &Ocra| Ok(ocra.clone().for_signatures())) }
}

/// Gives a copy for one session. Its data go into every response.
///
/// # Safety
/// `ocra` is null or a handle that lives. `data` is null or leads to so many bytes. `to` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_ocra_in_session(
    ocra: *const countersign_ocra,
    data: *const u8,
    data_length: usize,
    to: *mut *mut countersign_ocra,
) -> countersign_result {
    let body = |ocra: &Ocra| -> Result<Ocra, Failure> {
        // SAFETY: as of this function.
        let data = unsafe { bytes("data", data, data_length)? };
        Ok(ocra.clone().in_session(data)?)
    };
    // SAFETY: as of this function.
    unsafe { given(ocra, to, body) }
}

/// Draws a question for a login. Keep the challenge until the response comes.
///
/// # Safety
/// `ocra` is null or a handle that lives. `state` is null or leads to so many bytes. `to` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_ocra_ask(
    ocra: *const countersign_ocra,
    state: *const u8,
    state_length: usize,
    now: i64,
    to: *mut *mut countersign_ocra_challenge,
) -> countersign_result {
    let body = |ocra: &Ocra| {
        // SAFETY: as of this function.
        unsafe { ask(ocra, state, state_length, OcraTask::authenticate(), now) }
    };
    // SAFETY: as of this function.
    unsafe { given(ocra, to, body) }
}

/// Asks for a signature of a text, which the customer keys in: an account number, or an amount.
///
/// The text may come again, so the suite has a counter or a time step.
///
/// # Safety
/// As `countersign_ocra_ask`; `text` is null or leads to so many bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_ocra_ask_to_sign_text(
    ocra: *const countersign_ocra,
    state: *const u8,
    state_length: usize,
    text: *const c_char,
    text_length: usize,
    now: i64,
    to: *mut *mut countersign_ocra_challenge,
) -> countersign_result {
    let body = |ocra: &Ocra| {
        // SAFETY: as of this function.
        let signed = unsafe { super::input::text("text", text, text_length)? };
        // SAFETY: as of this function.
        unsafe { ask(ocra, state, state_length, OcraTask::sign_text(signed), now) }
    };
    // SAFETY: as of this function.
    unsafe { given(ocra, to, body) }
}

/// Asks for a signature of the transaction that the context is about. The suite has questions of 32 characters or more, `QH64` for
/// example.
///
/// # Safety
/// `ocra` and `context` are null or handles that live. `state` is null or leads to so many bytes. `to` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_ocra_ask_to_sign(
    ocra: *const countersign_ocra,
    state: *const u8,
    state_length: usize,
    context: *const countersign_context,
    now: i64,
    to: *mut *mut countersign_ocra_challenge,
) -> countersign_result {
    let body = |ocra: &Ocra| {
        // SAFETY: as of this function.
        let context = unsafe { object::<Context>(context)? };
        let rule = "must be about a transaction";
        let digest = context.transaction_digest();
        let digest = digest.ok_or_else(|| Error::misuse("context", rule))?;
        // SAFETY: as of this function.
        unsafe { ask(ocra, state, state_length, OcraTask::sign(digest), now) }
    };
    // SAFETY: as of this function.
    unsafe { given(ocra, to, body) }
}

/// Answers a question, as the customer's device does. The response is given once `save` has stored the next state.
///
/// `save` may be null if the suite has no counter: then there is no next state.
///
/// # Safety
/// `ocra` is null or a handle that lives. `state` and `question` are null or lead to so many bytes. `to` is null or may be
/// written. `save` keeps to its contract, and takes `user`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_ocra_respond(
    ocra: *const countersign_ocra,
    state: *const u8,
    state_length: usize,
    question: *const c_char,
    question_length: usize,
    now: i64,
    save: countersign_save,
    user: *mut c_void,
    to: *mut *mut countersign_text,
) -> countersign_result {
    let body = |ocra: &Ocra| {
        // SAFETY: as of this function.
        let (state, question, to) = unsafe {
            (
                state::read::<OcraState>(state, state_length)?,
                text("question", question, question_length)?,
                Place::new(to, "to")?,
            )
        };
        let question = OcraQuestion::typed(ocra.suite(), question)?;
        let step = ocra.respond(&state, &question, moment(now)?)?;
        // SAFETY: as of this function.
        let response = unsafe { state::saved(step, state::written, save, user)? };
        to.write(give(Text::new(response.expose_text())));
        Ok(())
    };
    // SAFETY: as of this function.
    unsafe { of(ocra, body) }
}

/// Checks a response, and spends its question and every other one that was open. The verdict is written once `save` has stored
/// the next state.
///
/// `save` is not called for a response that is refused: it changes nothing, and the caller counts it.
///
/// # Safety
/// `ocra` and `challenge` are null or handles that live. `state` and `response` are null or lead to so many bytes. `verdict` is
/// null or may be written. `save` keeps to its contract, and takes `user`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_ocra_check(
    ocra: *const countersign_ocra,
    state: *const u8,
    state_length: usize,
    challenge: *const countersign_ocra_challenge,
    response: *const c_char,
    response_length: usize,
    now: i64,
    save: countersign_save,
    user: *mut c_void,
    verdict: *mut i32,
) -> countersign_result {
    let body = |ocra: &Ocra| {
        // SAFETY: as of this function.
        let (state, challenge, response, verdict) = unsafe {
            (
                state::read::<OcraState>(state, state_length)?,
                object::<OcraChallenge>(challenge)?,
                OcraResponse::typed(text("response", response, response_length)?),
                Place::new(verdict, "verdict")?,
            )
        };
        let step = ocra.check(&state, challenge, &response, moment(now)?)?;
        // SAFETY: as of this function.
        unsafe { state::commit(step, save, user, verdict) }
    };
    // SAFETY: as of this function.
    unsafe { of(ocra, body) }
}

/// Writes a state: how many responses were accepted, the counter of the next one, and the time step of the last one.
///
/// A new device begins with three zeros, or with no bytes.
///
/// # Safety
/// `state` and `state_length` are null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_ocra_write_state(
    round: u64,
    counter: u64,
    step: u64,
    state: *mut u8,
    state_length: *mut usize,
) -> countersign_result {
    plain(|| {
        // SAFETY: as of this function.
        let to = unsafe { Buffer::new("state", state, state_length)? };
        let state = OcraState::stored(round, counter, step);
        to.write_bytes(&state::written(&state), &[])
    })
}

/// Reads a state.
///
/// # Safety
/// `state` is null or leads to so many bytes. `round`, `counter` and `step` are null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_ocra_read_state(
    state: *const u8,
    state_length: usize,
    round: *mut u64,
    counter: *mut u64,
    step: *mut u64,
) -> countersign_result {
    plain(|| {
        // SAFETY: as of this function.
        let (state, round, counter, step) = unsafe {
            (
                state::read::<OcraState>(state, state_length)?,
                Place::new(round, "round")?,
                Place::new(counter, "counter")?,
                Place::new(step, "step")?,
            )
        };
        round.write(state.round());
        counter.write(state.counter());
        step.write(state.step());
        Ok(())
    })
}

/// Asks for a login or a signature.
///
/// # Safety
/// As `countersign_ocra_ask`.
unsafe fn ask(
    ocra: &Ocra,
    state: *const u8,
    state_length: usize,
    task: OcraTask<'_>,
    now: i64,
) -> Result<OcraChallenge, Failure> {
    // SAFETY: as of this function.
    let state = unsafe { state::read::<OcraState>(state, state_length)? };
    Ok(ocra.challenge(&state, task, moment(now)?)?)
}

/// More than a byte counts is refused as too many.
fn byte(number: u32) -> u8 {
    u8::try_from(number).unwrap_or(u8::MAX)
}
