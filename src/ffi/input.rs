//! Inputs: bytes and texts that C gives by pointer and length.

use core::slice;

use super::failure::Failure;
use super::result::{COUNTERSIGN_ERROR_LENGTH, COUNTERSIGN_ERROR_NOT_UTF8, COUNTERSIGN_ERROR_NULL};

/// No input is longer. What the library takes is far shorter, and a length that was a negative number is far longer.
const LONGEST: usize = 1 << 30;

/// Reads bytes. Nothing may be a null pointer with a length of zero.
///
/// # Safety
/// The pointer is null, or leads to so many bytes that nobody writes before the call is over.
pub(super) unsafe fn bytes<'a>(
    argument: &str,
    pointer: *const u8,
    length: usize,
) -> Result<&'a [u8], Failure> {
    if length > LONGEST || pointer.addr().checked_add(length).is_none() {
        let why = "must hold 2^30 bytes at most";
        return Err(Failure::of(COUNTERSIGN_ERROR_LENGTH, argument, why));
    }
    if length == 0 {
        return Ok(&[]);
    }
    if pointer.is_null() {
        let why = "is null, and its length is not 0";
        return Err(Failure::of(COUNTERSIGN_ERROR_NULL, argument, why));
    }
    // SAFETY: it is not null, its end is within memory, and the caller says that the bytes are there and stand still.
    Ok(unsafe { slice::from_raw_parts(pointer, length) })
}

/// Reads a text of UTF-8. It does not need a NUL at its end.
///
/// # Safety
/// As [`bytes`].
pub(super) unsafe fn text<'a>(
    argument: &str,
    pointer: *const core::ffi::c_char,
    length: usize,
) -> Result<&'a str, Failure> {
    // SAFETY: as of this function.
    let bytes = unsafe { bytes(argument, pointer.cast(), length)? };
    str::from_utf8(bytes).map_err(|_| {
        let why = "must be UTF-8";
        Failure::of(COUNTERSIGN_ERROR_NOT_UTF8, argument, why)
    })
}
