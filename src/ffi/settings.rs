//! The settings of a verifier.

use core::ffi::c_char;

use super::border::{make, of};
use super::context::countersign_context;
use super::handle::{Object, object};
use super::input::text;
use super::json::settings::{VerifierSettings, settings};
use super::keyring::countersign_keyring;
use super::last_error::countersign_error;
use super::output::Buffer;
use super::result::countersign_result;
use crate::context::Context;
use crate::field::Keyring;
use crate::grant::Agent;

/// The settings of a verifier: realm, keys, limits, questions.
pub struct countersign_settings {
    _private: (),
}

impl Object for VerifierSettings {
    type Tag = countersign_settings;
    const KIND: u64 = 0xc5e1_9a07_4d21_0043;
    const NAME: &str = "settings";
}

/// Makes settings. The form is `settings`. The keyring is copied.
///
/// # Safety
/// `error` and `keyring` are null or handles that live. `form` is null or leads to so many bytes. `to` is null or may be
/// written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_settings_new(
    error: *const countersign_error,
    form: *const c_char,
    form_length: usize,
    keyring: *const countersign_keyring,
    to: *mut *mut countersign_settings,
) -> countersign_result {
    let made = || {
        // SAFETY: as of this function.
        let (form, keyring) = unsafe {
            (
                text("form", form, form_length)?,
                object::<Keyring>(keyring)?,
            )
        };
        settings(form, keyring)
    };
    // SAFETY: as of this function.
    unsafe { make(error, to, made) }
}

/// Writes the keyed hash of an interaction's id: 16 bytes. Events name the interaction by it.
///
/// # Safety
/// `settings` and `context` are null or handles that live. `hash` and `hash_length` are null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_settings_interaction_hash(
    settings: *const countersign_settings,
    context: *const countersign_context,
    hash: *mut u8,
    hash_length: *mut usize,
) -> countersign_result {
    let body = |of: &VerifierSettings| {
        // SAFETY: as of this function.
        let (context, buffer) = unsafe {
            (
                object::<Context>(context)?,
                Buffer::new("hash", hash, hash_length)?,
            )
        };
        buffer.write_bytes(&of.settings.interaction_hash(context.interaction()), &[])
    };
    // SAFETY: as of this function.
    unsafe { of(settings, body) }
}

/// Writes the keyed hash of an agent's name: 16 bytes. Events of changes that wait name agents by it.
///
/// # Safety
/// `settings` is null or a handle that lives. `agent` is null or leads to so many bytes. `hash` and `hash_length` are null or may be
/// written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_settings_agent_hash(
    settings: *const countersign_settings,
    agent: *const c_char,
    agent_length: usize,
    hash: *mut u8,
    hash_length: *mut usize,
) -> countersign_result {
    let body = |of: &VerifierSettings| {
        // SAFETY: as of this function.
        let (agent, buffer) = unsafe {
            (
                text("agent", agent, agent_length)?,
                Buffer::new("hash", hash, hash_length)?,
            )
        };
        buffer.write_bytes(&of.settings.agent_hash(&Agent::new(agent)?), &[])
    };
    // SAFETY: as of this function.
    unsafe { of(settings, body) }
}
