//! JSON for programs without a library for it: they take one value out of a form, and write a text into one.

use core::ffi::c_char;

use super::border::told;
use super::input::text;
use super::json::part;
use super::last_error::countersign_error;
use super::output::Buffer;
use super::result::countersign_result;

/// Writes the value that a JSON Pointer (RFC 6901) names: `/options/0/text`. The empty pointer names the whole.
///
/// A text is written without quotes and escapes. Everything else is written as it stands. `COUNTERSIGN_ERROR_JSON` means that
/// `json` is not JSON, or that it has nothing there.
///
/// # Safety
/// `error` is null or a handle that lives. `json` and `pointer` are null or lead to so many bytes. `value` and `value_length` are
/// null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_json_get(
    error: *const countersign_error,
    json: *const c_char,
    json_length: usize,
    pointer: *const c_char,
    pointer_length: usize,
    value: *mut c_char,
    value_length: *mut usize,
) -> countersign_result {
    let body = || {
        // SAFETY: as of this function.
        let (json, pointer, value) = unsafe {
            (
                text("json", json, json_length)?,
                text("pointer", pointer, pointer_length)?,
                Buffer::text("value", value, value_length)?,
            )
        };
        let inputs = [json.as_bytes(), pointer.as_bytes()];
        part::with_value(json, pointer, |found| value.write_text(found, &inputs))
    };
    // SAFETY: as of this function.
    unsafe { told(error, body) }
}

/// Writes a text as JSON, with its quotes and escapes. Never put a text into a form without it: a caller's `"` would end it.
///
/// # Safety
/// `error` is null or a handle that lives. `text` is null or leads to so many bytes. `quoted` and `quoted_length` are null or may
/// be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_json_quote(
    error: *const countersign_error,
    text: *const c_char,
    text_length: usize,
    quoted: *mut c_char,
    quoted_length: *mut usize,
) -> countersign_result {
    let body = || {
        // SAFETY: as of this function.
        let (text, quoted) = unsafe {
            (
                self::text("text", text, text_length)?,
                Buffer::text("quoted", quoted, quoted_length)?,
            )
        };
        part::quoted(text, |json| quoted.write_text(json, &[text.as_bytes()]))
    };
    // SAFETY: as of this function.
    unsafe { told(error, body) }
}
