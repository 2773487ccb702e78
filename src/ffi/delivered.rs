//! Codes that the host sends: issued, written into a message, and checked.

use core::ffi::{c_char, c_void};

use zeroize::Zeroizing;

use super::border::{make, of, plain};
use super::context::countersign_context;
use super::failure::Failure;
use super::handle::{Object, give, object};
use super::input::{bytes, text};
use super::json::order;
use super::last_error::countersign_error;
use super::output::{Buffer, Place};
use super::result::{COUNTERSIGN_ERROR_BAD_INPUT, countersign_result};
use super::state::{self, countersign_save};
use super::text::{Text, countersign_text};
use super::time::moment;
use super::wording::countersign_wording;
use crate::code::Code;
use crate::context::Context;
use crate::delivered::{DeliveredCode, DeliveredState, Purpose, SmsParts, Wording};
use crate::error::Error;
use crate::secret::{SecretBytes, SecretText};
use crate::subject::Subject;

/// Issues and checks the codes of one subject, under a key of the host.
pub struct countersign_delivered {
    _private: (),
}

impl Object for DeliveredCode {
    type Tag = countersign_delivered;
    const KIND: u64 = 0xc5e1_9a07_4d21_0018;
    const NAME: &str = "delivered";
}

/// The code verifies the customer.
pub const COUNTERSIGN_PURPOSE_AUTHENTICATE: i32 = 1;
/// The code lets a customer back in who has lost an authenticator.
pub const COUNTERSIGN_PURPOSE_RECOVER: i32 = 2;
/// The code shows that an address is the customer's.
pub const COUNTERSIGN_PURPOSE_CONFIRM_ADDRESS: i32 = 3;
/// The code links a new device.
pub const COUNTERSIGN_PURPOSE_BIND_AUTHENTICATOR: i32 = 4;

/// A message for SMS.
pub const COUNTERSIGN_MESSAGE_SMS: i32 = 1;
/// A message for a call that reads it.
pub const COUNTERSIGN_MESSAGE_VOICE: i32 = 2;
/// A message for e-mail.
pub const COUNTERSIGN_MESSAGE_EMAIL: i32 = 3;

/// Issues and checks codes for a subject, under a key of 32 bytes or more that is used for nothing else.
///
/// # Safety
/// `error` is null or a handle that lives. `key`, `realm` and `id` are null or lead to so many bytes. `to` is null or may be
/// written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_delivered_new(
    error: *const countersign_error,
    key: *const u8,
    key_length: usize,
    realm: *const c_char,
    realm_length: usize,
    id: *const c_char,
    id_length: usize,
    to: *mut *mut countersign_delivered,
) -> countersign_result {
    let made = || {
        // SAFETY: as of this function.
        let (key, realm, id) = unsafe {
            (
                bytes("key", key, key_length)?,
                text("realm", realm, realm_length)?,
                text("id", id, id_length)?,
            )
        };
        let key = SecretBytes::from(key.to_vec());
        Ok(DeliveredCode::new(&key, &Subject::new(realm, id)?)?)
    };
    // SAFETY: as of this function.
    unsafe { make(error, to, made) }
}

/// Draws a code. The form of the order is `order`: `{"code": "spoken"}` for example. The code is given once `save` has
/// stored the next state.
///
/// Each new code grants five more guesses: limit how many you issue.
///
/// # Safety
/// `delivered` and `context` are null or handles that live. `order` is null or leads to so many bytes. `conversation` is null or leads to one.
/// `to` is null or may be written. `save` keeps to its contract, and takes `user`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_delivered_issue(
    delivered: *const countersign_delivered,
    order: *const c_char,
    order_length: usize,
    context: *const countersign_context,
    now: i64,
    save: countersign_save,
    user: *mut c_void,
    to: *mut *mut countersign_text,
) -> countersign_result {
    let body = |codes: &DeliveredCode| {
        // SAFETY: as of this function.
        let (form, context, to) = unsafe {
            (
                text("order", order, order_length)?,
                object::<Context>(context)?,
                Place::new(to, "to")?,
            )
        };
        state::expect(save)?;
        let (order, _) = order::order(form)?;
        let step = codes.issue(&order, context, moment(now)?)?;
        // SAFETY: as of this function.
        let code = unsafe { state::saved(step, written, save, user)? };
        to.write(give(Text::new(code.expose_text())));
        Ok(())
    };
    // SAFETY: as of this function.
    unsafe { of(delivered, body) }
}

/// Writes the open code, for a text of your own, the first time or again. If no code is open it is an error.
///
/// # Safety
/// `delivered` is null or a handle that lives. `state` is null or leads to so many bytes. `code` and `code_length` are null or may
/// be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_delivered_code(
    delivered: *const countersign_delivered,
    state: *const u8,
    state_length: usize,
    now: i64,
    code: *mut c_char,
    code_length: *mut usize,
) -> countersign_result {
    let body = |codes: &DeliveredCode| {
        // SAFETY: as of this function.
        let (state, to) = unsafe {
            (
                stored(state, state_length)?,
                Buffer::text("code", code, code_length)?,
            )
        };
        let code = codes.text(&state, moment(now)?)?;
        to.write_text(code.ok_or_else(nothing_open)?.expose_text(), &[])
    };
    // SAFETY: as of this function.
    unsafe { of(delivered, body) }
}

/// Writes the message of the open code: what it is for, how long it counts, and whom not to tell it.
///
/// The order is the one that was issued, with its key `message`: `{"code": "spoken", "message": {"from": "Example Bank"}}` for example.
/// If the context is about a transaction, the message has that one. `kind` is a `COUNTERSIGN_MESSAGE_..`.
///
/// # Safety
/// `delivered`, `context` and `wording` are null or handles that live. `state` and `order` are null or lead to so many bytes.
/// `written` and `written_length` are null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_delivered_message(
    delivered: *const countersign_delivered,
    state: *const u8,
    state_length: usize,
    order: *const c_char,
    order_length: usize,
    context: *const countersign_context,
    wording: *const countersign_wording,
    kind: i32,
    now: i64,
    written: *mut c_char,
    written_length: *mut usize,
) -> countersign_result {
    let body = |codes: &DeliveredCode| {
        // SAFETY: as of this function.
        let (state, form, context, wording, to) = unsafe {
            (
                stored(state, state_length)?,
                text("order", order, order_length)?,
                object::<Context>(context)?,
                object::<Wording>(wording)?,
                Buffer::text("written", written, written_length)?,
            )
        };
        let (_, message) = order::order(form)?;
        let why = "must have a message";
        let form = message.ok_or_else(|| Failure::of(COUNTERSIGN_ERROR_BAD_INPUT, "order", why))?;
        let open = codes.message(&state, &form.from, context, moment(now)?)?;
        let mut message = open.ok_or_else(nothing_open)?;
        if let Some(action) = &form.action {
            message = message.for_action(action)?;
        }
        if let Some(transaction) = &form.transaction {
            message = message.for_transaction(transaction)?;
        }
        if let Some(page) = &form.page {
            message = message.for_page(page)?;
        }
        let text: SecretText = match kind {
            COUNTERSIGN_MESSAGE_SMS => message.text(wording)?,
            COUNTERSIGN_MESSAGE_VOICE => message.voice(wording)?,
            COUNTERSIGN_MESSAGE_EMAIL => message.email(wording)?,
            _ => return Err(Failure::unknown("kind", "COUNTERSIGN_MESSAGE_..")),
        };
        to.write_text(text.expose_text(), &[])
    };
    // SAFETY: as of this function.
    unsafe { of(delivered, body) }
}

/// Checks a code for a purpose. The verdict is written once `save` has stored the next state, which counts a wrong try, too.
///
/// # Safety
/// `delivered` and `context` are null or handles that live. `state` and `code` are null or lead to so many bytes. `verdict` is null or may be written. `save` keeps to its contract, and takes `user`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_delivered_check(
    delivered: *const countersign_delivered,
    state: *const u8,
    state_length: usize,
    purpose: i32,
    code: *const c_char,
    code_length: usize,
    context: *const countersign_context,
    now: i64,
    save: countersign_save,
    user: *mut c_void,
    verdict: *mut i32,
) -> countersign_result {
    let body = |codes: &DeliveredCode| {
        // SAFETY: as of this function.
        let (state, code, context, verdict) = unsafe {
            (
                stored(state, state_length)?,
                Code::typed(text("code", code, code_length)?),
                object::<Context>(context)?,
                Place::new(verdict, "verdict")?,
            )
        };
        let step = codes.check(
            &state,
            self::purpose(purpose)?,
            &code,
            context,
            moment(now)?,
        );
        // SAFETY: as of this function.
        unsafe { state::commit_as(step, written, save, user, verdict) }
    };
    // SAFETY: as of this function.
    unsafe { of(delivered, body) }
}

/// Reads a state: whether a code is open at `now` (1) or not (0), and when it expires. That is 0 if there is none.
///
/// # Safety
/// `state` is null or leads to so many bytes. `is_open` and `expires` are null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_delivered_read_state(
    state: *const u8,
    state_length: usize,
    now: i64,
    is_open: *mut i32,
    expires: *mut i64,
) -> countersign_result {
    plain(|| {
        // SAFETY: as of this function.
        let (state, is_open, expires) = unsafe {
            (
                stored(state, state_length)?,
                Place::new(is_open, "is_open")?,
                Place::new(expires, "expires")?,
            )
        };
        is_open.write(i32::from(state.is_open(moment(now)?)));
        expires.write(state.expires().map_or(0, i64::from));
        Ok(())
    })
}

/// Writes in how many parts a text goes by SMS.
///
/// # Safety
/// `text` is null or leads to so many bytes. `parts` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_sms_parts(
    text: *const c_char,
    text_length: usize,
    parts: *mut usize,
) -> countersign_result {
    plain(|| {
        // SAFETY: as of this function.
        let (text, parts) = unsafe {
            (
                super::input::text("text", text, text_length)?,
                Place::new(parts, "parts")?,
            )
        };
        parts.write(SmsParts::of(text).count());
        Ok(())
    })
}

/// Reads a state. Nothing is one without an open code.
///
/// # Safety
/// As [`bytes`].
unsafe fn stored(state: *const u8, length: usize) -> Result<DeliveredState, Failure> {
    // SAFETY: as of this function.
    let state = unsafe { bytes("state", state, length)? };
    if state.is_empty() {
        return Ok(DeliveredState::default());
    }
    Ok(DeliveredState::from_bytes(state)?)
}

fn written(state: &DeliveredState) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(state.to_bytes())
}

fn nothing_open() -> Error {
    Error::misuse("state", "must have an open code: issue one")
}

fn purpose(purpose: i32) -> Result<Purpose, Failure> {
    Ok(match purpose {
        COUNTERSIGN_PURPOSE_AUTHENTICATE => Purpose::Authenticate,
        COUNTERSIGN_PURPOSE_RECOVER => Purpose::Recover,
        COUNTERSIGN_PURPOSE_CONFIRM_ADDRESS => Purpose::ConfirmAddress,
        COUNTERSIGN_PURPOSE_BIND_AUTHENTICATOR => Purpose::BindAuthenticator,
        _ => return Err(Failure::unknown("purpose", "COUNTERSIGN_PURPOSE_..")),
    })
}
