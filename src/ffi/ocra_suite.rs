//! OCRA suites (RFC 6287 6): what a secret needs to know of one before it is made.

use core::ffi::c_char;

use super::border::told;
use super::failure::Failure;
use super::input::text;
use super::last_error::countersign_error;
use super::output::Buffer;
use super::result::countersign_result;
use crate::otp::ocra::OcraSuite;

/// Reads a suite.
///
/// # Safety
/// As [`text`].
pub(super) unsafe fn read(suite: *const c_char, length: usize) -> Result<OcraSuite, Failure> {
    // SAFETY: as of this function.
    let suite = unsafe { text("suite", suite, length)? };
    Ok(suite.parse()?)
}

/// Draws a fresh secret for a suite, `OCRA-1:HOTP-SHA256-8:C-QN08` for example: as many bytes as its hash has.
///
/// # Safety
/// `error` is null or a handle that lives. `suite` is null or leads to so many bytes. `secret` and `secret_length` are null or
/// may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_ocra_fresh_secret(
    error: *const countersign_error,
    suite: *const c_char,
    suite_length: usize,
    secret: *mut u8,
    secret_length: *mut usize,
) -> countersign_result {
    let body = || {
        // SAFETY: as of this function.
        let (suite, to) = unsafe {
            (
                read(suite, suite_length)?,
                Buffer::new("secret", secret, secret_length)?,
            )
        };
        to.write_bytes(suite.fresh_secret()?.expose_bytes(), &[])
    };
    // SAFETY: as of this function.
    unsafe { told(error, body) }
}
