//! The text of the last error, and the object that keeps it for calls that have no object yet.

use core::ffi::{c_char, c_void};

use super::border::{make, plain};
use super::handle::{self, head_of};
use super::last_error::{LastError, countersign_error};
use super::output::Buffer;
use super::result::countersign_result;

/// Makes an object that keeps the text of an error. Give it to calls that make other objects. Free it by `countersign_free`.
///
/// # Safety
/// `to` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_error_new(
    to: *mut *mut countersign_error,
) -> countersign_result {
    // SAFETY: as of this function.
    unsafe { make::<LastError>(core::ptr::null(), to, || Ok(LastError)) }
}

/// Writes the text of the last call of this object that failed. It is empty if none has failed.
///
/// `handle` is any object. The text names field, rule and the way out, and holds no secret. If threads share the object, it is
/// the last error of any of them.
///
/// # Safety
/// `handle` is null or an object that lives. `text` and `length` are null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_last_error(
    handle: *const c_void,
    text: *mut c_char,
    length: *mut usize,
) -> countersign_result {
    plain(|| {
        // SAFETY: as of this function.
        let head = unsafe { head_of(handle, "handle")? };
        // SAFETY: as of this function.
        let text = unsafe { Buffer::text("text", text, length)? };
        // A text with a NUL inside would end there for C.
        text.write_text(&head.last_error().replace('\0', "?"), &[])
    })
}

/// Frees an object of any kind, and wipes the secrets it holds. Null is nothing to free.
///
/// A pointer that is no object, or was freed before, is an error: objects that live are listed.
///
/// # Safety
/// No call uses the object any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_free(handle: *mut c_void) -> countersign_result {
    // SAFETY: as of this function.
    plain(|| unsafe { handle::free(handle) })
}
