//! The version of the library.

use core::ffi::{CStr, c_char};

/// The version of the library that runs, as a text that is never freed: compare it with `COUNTERSIGN_VERSION`.
#[unsafe(no_mangle)]
pub extern "C" fn countersign_version() -> *const c_char {
    const VERSION: &CStr =
        match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
            Ok(version) => version,
            Err(_) => c"",
        };
    VERSION.as_ptr()
}
