//! Result numbers. A number never changes its meaning. A number that is not used any more stays here as a comment.

use core::ffi::{CStr, c_char};

/// The result of a call: `COUNTERSIGN_OK`, or the number of an error.
pub type countersign_result = i32;

/// The call did what it should. Only then it has written its outputs.
pub const COUNTERSIGN_OK: i32 = 0;

/// A pointer is null that must not be, or a length stands without its pointer.
pub const COUNTERSIGN_ERROR_NULL: i32 = 1;
/// A handle is not one, is of another kind, or was freed.
pub const COUNTERSIGN_ERROR_HANDLE: i32 = 2;
/// A length is more than the call takes, or reaches past the end of memory.
pub const COUNTERSIGN_ERROR_LENGTH: i32 = 3;
/// A text is not UTF-8.
pub const COUNTERSIGN_ERROR_NOT_UTF8: i32 = 4;
/// A buffer is too small. Its length says how many bytes are needed. Nothing was written, and nothing was done.
pub const COUNTERSIGN_ERROR_BUFFER_TOO_SMALL: i32 = 5;
/// An output overlaps an input, or another output.
pub const COUNTERSIGN_ERROR_OVERLAP: i32 = 6;
/// A number stands for nothing that the call knows.
pub const COUNTERSIGN_ERROR_UNKNOWN_NUMBER: i32 = 7;
/// A JSON text has not the form that the call takes.
pub const COUNTERSIGN_ERROR_JSON: i32 = 8;
/// The library was built without the feature that the call needs.
pub const COUNTERSIGN_ERROR_NOT_BUILT: i32 = 9;
/// The process is a fork of the one that opened the handle. Open another one here.
pub const COUNTERSIGN_ERROR_FORKED: i32 = 10;
/// A callback of the host failed, or gave what it may not give.
pub const COUNTERSIGN_ERROR_CALLBACK: i32 = 11;
/// Another writer was faster. Nothing was told. Load the present state and call again.
pub const COUNTERSIGN_ERROR_CONFLICT: i32 = 12;
/// The library has a bug: it stopped in the middle. Free the handles of the call, and report it.
pub const COUNTERSIGN_ERROR_PANIC: i32 = 13;
/// No permit to compute is free. Nothing was tried, and nothing counts: call again.
pub const COUNTERSIGN_ERROR_BUSY: i32 = 14;

/// The caller gave something that a rule forbids. The text of the error names the rule.
pub const COUNTERSIGN_ERROR_BAD_INPUT: i32 = 20;
/// The subject has an account already. A sign-up stops here.
pub const COUNTERSIGN_ERROR_ALREADY_EXISTS: i32 = 21;
/// The subject has no account.
pub const COUNTERSIGN_ERROR_UNKNOWN_SUBJECT: i32 = 22;
/// The subject is suspended.
pub const COUNTERSIGN_ERROR_SUSPENDED: i32 = 23;
/// The settings lack what the call needs.
pub const COUNTERSIGN_ERROR_MISSING_SETTING: i32 = 24;
/// The keyring lacks a key, or has another one under its number.
pub const COUNTERSIGN_ERROR_MISSING_KEY: i32 = 25;
/// Stored bytes are truncated, altered, or from another subject, key or version.
pub const COUNTERSIGN_ERROR_CORRUPT: i32 = 26;
/// A store, an audit trail or the random generator failed. Whether a write took place is unknown.
pub const COUNTERSIGN_ERROR_STORE: i32 = 27;
/// An error that has no number yet. Its text says which.
pub const COUNTERSIGN_ERROR_OTHER: i32 = 28;
/// The store does not have what the call needs. The text of the error names it.
pub const COUNTERSIGN_ERROR_NOT_SUPPORTED: i32 = 29;
/// The record is older than high water: the database was put back.
pub const COUNTERSIGN_ERROR_PUT_BACK: i32 = 30;

/// Returns what a result number means, as an English text that is never freed. It is not null.
///
/// The text of one error, with field, rule and way out, is `countersign_last_error`.
#[unsafe(no_mangle)]
pub extern "C" fn countersign_strerror(result: countersign_result) -> *const c_char {
    meaning(result).as_ptr()
}

const fn meaning(result: countersign_result) -> &'static CStr {
    match result {
        COUNTERSIGN_OK => c"done",
        COUNTERSIGN_ERROR_NULL => c"a pointer is null",
        COUNTERSIGN_ERROR_HANDLE => c"a handle is not one of this kind",
        COUNTERSIGN_ERROR_LENGTH => c"a length is out of bounds",
        COUNTERSIGN_ERROR_NOT_UTF8 => c"a text is not UTF-8",
        COUNTERSIGN_ERROR_BUFFER_TOO_SMALL => c"a buffer is too small",
        COUNTERSIGN_ERROR_OVERLAP => c"an output overlaps an input",
        COUNTERSIGN_ERROR_UNKNOWN_NUMBER => c"a number stands for nothing",
        COUNTERSIGN_ERROR_JSON => c"a JSON text has another form",
        COUNTERSIGN_ERROR_NOT_BUILT => c"built without this feature",
        COUNTERSIGN_ERROR_FORKED => c"the handle was opened before a fork",
        COUNTERSIGN_ERROR_CALLBACK => c"a callback failed",
        COUNTERSIGN_ERROR_CONFLICT => c"another writer was faster",
        COUNTERSIGN_ERROR_PANIC => c"countersign has a bug",
        COUNTERSIGN_ERROR_BUSY => c"no permit to compute is free",
        COUNTERSIGN_ERROR_BAD_INPUT => c"a rule forbids this",
        COUNTERSIGN_ERROR_ALREADY_EXISTS => c"the subject has an account already",
        COUNTERSIGN_ERROR_UNKNOWN_SUBJECT => c"the subject has no account",
        COUNTERSIGN_ERROR_SUSPENDED => c"the subject is suspended",
        COUNTERSIGN_ERROR_MISSING_SETTING => c"a setting is missing",
        COUNTERSIGN_ERROR_MISSING_KEY => c"a key is missing",
        COUNTERSIGN_ERROR_CORRUPT => c"stored bytes cannot be trusted",
        COUNTERSIGN_ERROR_STORE => c"a store, an audit trail or the random generator failed",
        COUNTERSIGN_ERROR_OTHER => c"an error without a number",
        COUNTERSIGN_ERROR_NOT_SUPPORTED => c"the store does not have this",
        COUNTERSIGN_ERROR_PUT_BACK => c"the database was put back",
        _ => c"not a result number of this version",
    }
}
