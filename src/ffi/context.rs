//! The context of a call: its channel, its interaction, and the transaction it is about.

use core::ffi::c_char;

use super::border::{make, of};
use super::failure::Failure;
use super::handle::{Object, object};
use super::input::{bytes, text};
use super::json::transaction::transaction;
use super::last_error::countersign_error;
use super::output::Buffer;
use super::result::{COUNTERSIGN_ERROR_LENGTH, countersign_result};
use crate::context::{Channel, Context, Interaction};

/// The context of a call: its channel, its interaction, and the transaction it is about. It never changes.
pub struct countersign_context {
    _private: (),
}

impl Object for Context {
    type Tag = countersign_context;
    const KIND: u64 = 0xc5e1_9a07_4d21_0041;
    const NAME: &str = "context";
}

/// A call with an agent, who hears all that is said.
pub const COUNTERSIGN_CHANNEL_AGENT: i32 = 1;
/// Keys of a telephone: the host's IVR sees them.
pub const COUNTERSIGN_CHANNEL_KEYPAD: i32 = 2;
/// A chat, or a bot.
pub const COUNTERSIGN_CHANNEL_CHAT: i32 = 3;
/// The customer's own enrolled device.
pub const COUNTERSIGN_CHANNEL_DEVICE: i32 = 4;
/// A counter, with a clerk.
pub const COUNTERSIGN_CHANNEL_COUNTER: i32 = 5;
/// A page in a browser.
pub const COUNTERSIGN_CHANNEL_WEB: i32 = 6;

fn channel(number: i32) -> Result<Channel, Failure> {
    Ok(match number {
        COUNTERSIGN_CHANNEL_AGENT => Channel::Agent,
        COUNTERSIGN_CHANNEL_KEYPAD => Channel::Keypad,
        COUNTERSIGN_CHANNEL_CHAT => Channel::Chat,
        COUNTERSIGN_CHANNEL_DEVICE => Channel::Device,
        COUNTERSIGN_CHANNEL_COUNTER => Channel::Counter,
        COUNTERSIGN_CHANNEL_WEB => Channel::Web,
        _ => return Err(Failure::unknown("channel", "COUNTERSIGN_CHANNEL_..")),
    })
}

/// Begins an interaction on a channel: a call, a chat, a session. Its id is drawn.
///
/// # Safety
/// `error` is null or a handle that lives. `to` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_context_begin(
    error: *const countersign_error,
    channel: i32,
    to: *mut *mut countersign_context,
) -> countersign_result {
    // SAFETY: as of this function.
    unsafe { make(error, to, || Ok(Context::begin(self::channel(channel)?)?)) }
}

/// Continues an interaction on a channel, by its id of 16 bytes.
///
/// # Safety
/// `error` is null or a handle that lives. `interaction` is null or leads to so many bytes. `to` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_context_new(
    error: *const countersign_error,
    channel: i32,
    interaction: *const u8,
    interaction_length: usize,
    to: *mut *mut countersign_context,
) -> countersign_result {
    let made = || {
        // SAFETY: as of this function.
        let id = unsafe { bytes("interaction", interaction, interaction_length)? };
        let id: [u8; 16] = id.try_into().map_err(|_| {
            let why = "must hold 16 bytes";
            Failure::of(COUNTERSIGN_ERROR_LENGTH, "interaction", why)
        })?;
        let interaction = Interaction::from_bytes(id);
        Ok(Context::new(self::channel(channel)?, interaction))
    };
    // SAFETY: as of this function.
    unsafe { make(error, to, made) }
}

/// Makes a context whose channel is authenticated and protected, as TLS with the right certificate is. Keys of a telephone
/// are never protected.
///
/// # Safety
/// `error` and `context` are null or handles that live. `to` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_context_protected(
    error: *const countersign_error,
    context: *const countersign_context,
    to: *mut *mut countersign_context,
) -> countersign_result {
    // SAFETY: as of this function.
    unsafe { make(error, to, || Ok(object::<Context>(context)?.protected())) }
}

/// Makes a context that is about a transaction. The form is `transaction`.
///
/// # Safety
/// `error` and `context` are null or handles that live. `transaction` is null or leads to so many bytes. `to` is null or may
/// be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_context_for_transaction(
    error: *const countersign_error,
    context: *const countersign_context,
    transaction: *const c_char,
    transaction_length: usize,
    to: *mut *mut countersign_context,
) -> countersign_result {
    let made = || {
        // SAFETY: as of this function.
        let (context, form) = unsafe {
            (
                object::<Context>(context)?,
                text("transaction", transaction, transaction_length)?,
            )
        };
        Ok(context.for_transaction(&self::transaction(form)?))
    };
    // SAFETY: as of this function.
    unsafe { make(error, to, made) }
}

/// Writes the id of the interaction: 16 bytes. Keep it with the session of the customer, and give it to nobody else.
///
/// # Safety
/// `context` is null or a handle that lives. `interaction` and `interaction_length` are null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_context_interaction(
    context: *const countersign_context,
    interaction: *mut u8,
    interaction_length: *mut usize,
) -> countersign_result {
    let body = |context: &Context| {
        // SAFETY: as of this function.
        let buffer = unsafe { Buffer::new("interaction", interaction, interaction_length)? };
        buffer.write_bytes(&context.interaction().to_bytes(), &[])
    };
    // SAFETY: as of this function.
    unsafe { of(context, body) }
}

/// Writes the digest of the transaction: 32 bytes, or none if the context is about none.
///
/// # Safety
/// `context` is null or a handle that lives. `digest` and `digest_length` are null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_context_transaction_digest(
    context: *const countersign_context,
    digest: *mut u8,
    digest_length: *mut usize,
) -> countersign_result {
    let body = |context: &Context| {
        // SAFETY: as of this function.
        let buffer = unsafe { Buffer::new("digest", digest, digest_length)? };
        let digest = context.transaction_digest();
        let bytes = digest.as_ref().map_or(&[][..], |digest| digest.as_bytes());
        buffer.write_bytes(bytes, &[])
    };
    // SAFETY: as of this function.
    unsafe { of(context, body) }
}
