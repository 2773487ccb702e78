//! The border: every function that can fail goes through here. A panic ends here and becomes an error number.

use core::panic::AssertUnwindSafe;
use std::borrow::Cow;
use std::panic::catch_unwind;

use super::failure::Failure;
use super::handle::{Head, Object, borrow, give};
use super::last_error::{LastError, countersign_error};
use super::output::Place;
use super::result::{COUNTERSIGN_ERROR_PANIC, COUNTERSIGN_OK, countersign_result};

/// Runs a call that no object takes part in.
pub(super) fn plain(body: impl FnOnce() -> Result<(), Failure>) -> countersign_result {
    run(None, body)
}

/// Runs a call without an object of its own. The error object, if it is not null, keeps the text of an error.
///
/// # Safety
/// As [`borrow`].
pub(super) unsafe fn told(
    error: *const countersign_error,
    body: impl FnOnce() -> Result<(), Failure>,
) -> countersign_result {
    if error.is_null() {
        return run(None, body);
    }
    // SAFETY: as of this function.
    unsafe { of::<LastError>(error, |_| body()) }
}

/// Runs a call of an object, which keeps the text of an error.
///
/// # Safety
/// As [`borrow`].
pub(super) unsafe fn of<T: Object>(
    handle: *const T::Tag,
    body: impl FnOnce(&T) -> Result<(), Failure>,
) -> countersign_result {
    // SAFETY: as of this function.
    match unsafe { borrow::<T>(handle) } {
        Ok((head, object)) => run(Some(head), || body(object)),
        Err(failure) => failure.number,
    }
}

/// Runs a call that makes an object. The error object, if it is not null, keeps the text of an error.
///
/// # Safety
/// `error` as [`borrow`]; `to` is null or may be written.
pub(super) unsafe fn make<T: Object>(
    error: *const countersign_error,
    to: *mut *mut T::Tag,
    body: impl FnOnce() -> Result<T, Failure>,
) -> countersign_result {
    let made = || {
        // SAFETY: as of this function.
        let to = unsafe { Place::new(to, "to")? };
        to.write(give(body()?));
        Ok(())
    };
    // SAFETY: as of this function.
    unsafe { told(error, made) }
}

/// Runs a call of an object that gives another one. The first keeps the text of an error.
///
/// # Safety
/// `handle` as [`borrow`]; `to` is null or may be written.
pub(super) unsafe fn given<T: Object, G: Object>(
    handle: *const T::Tag,
    to: *mut *mut G::Tag,
    body: impl FnOnce(&T) -> Result<G, Failure>,
) -> countersign_result {
    let gives = |object: &T| {
        // SAFETY: as of this function.
        let to = unsafe { Place::new(to, "to")? };
        to.write(give(body(object)?));
        Ok(())
    };
    // SAFETY: as of this function.
    unsafe { of(handle, gives) }
}

fn run(head: Option<&Head>, body: impl FnOnce() -> Result<(), Failure>) -> countersign_result {
    // A panic may leave values half changed. They are not read again: the contract says to free the handles of the call.
    let ended = catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|panic| {
        // A payload that panics when it is dropped is left where it is.
        core::mem::forget(panic);
        Err(Failure {
            number: COUNTERSIGN_ERROR_PANIC,
            text: Cow::Borrowed("countersign has a bug: the call stopped in the middle"),
        })
    });
    match ended {
        Ok(()) => COUNTERSIGN_OK,
        Err(failure) => {
            if let Some(head) = head {
                head.keep(&failure);
            }
            failure.number
        }
    }
}
