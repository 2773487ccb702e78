//! The words of one language, for messages that carry codes.

use core::ffi::c_char;

use super::border::make;
use super::handle::Object;
use super::input::text;
use super::json::wording::wording;
use super::last_error::countersign_error;
use super::result::countersign_result;
use crate::delivered::{Phrases, Wording};

/// The words of one language, for messages that carry codes.
pub struct countersign_wording {
    _private: (),
}

impl Object for Wording {
    type Tag = countersign_wording;
    const KIND: u64 = 0xc5e1_9a07_4d21_0019;
    const NAME: &str = "wording";
}

/// Makes a wording. The form is `wording`.
///
/// # Safety
/// `error` is null or a handle that lives. `wording` is null or leads to so many bytes. `to` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_wording_new(
    error: *const countersign_error,
    wording: *const c_char,
    wording_length: usize,
    to: *mut *mut countersign_wording,
) -> countersign_result {
    let made = || {
        // SAFETY: as of this function.
        let form = unsafe { text("wording", wording, wording_length)? };
        self::wording(form)
    };
    // SAFETY: as of this function.
    unsafe { make(error, to, made) }
}

/// Makes the English wording of the library.
///
/// # Safety
/// `error` is null or a handle that lives. `to` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_wording_english(
    error: *const countersign_error,
    to: *mut *mut countersign_wording,
) -> countersign_result {
    // SAFETY: as of this function.
    unsafe { make(error, to, || Ok(Wording::new(&Phrases::ENGLISH)?)) }
}
