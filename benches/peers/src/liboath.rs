//! `oath_totp_validate` of the OATH Toolkit, from the library that the system has, if it has one.

use std::ffi::{CStr, c_char, c_int, c_uint};

use libloading::{Library, Symbol};

type Validate = unsafe extern "C" fn(*const c_char, usize, i64, c_uint, i64, usize, *const c_char) -> c_int;

/// OATH_INVALID_OTP in `liboath/oath.h`.
pub const NO_MATCH: i32 = -6;

pub struct Liboath {
    validate: Validate,
    // Dropped last: the function is a part of it.
    _library: Library,
}

impl Liboath {
    pub fn load() -> Option<Self> {
        // SAFETY: liboath 2 declares `int oath_init (void)`, and `oath_totp_validate` as `Validate` says where `time_t`
        // has 64 bits. It runs nothing of note when it is loaded.
        unsafe {
            let library = Library::new("liboath.so.0").ok()?;
            let init: Symbol<unsafe extern "C" fn() -> c_int> = library.get(b"oath_init\0").ok()?;
            if init() != 0 {
                return None;
            }
            let validate = *library.get::<Validate>(b"oath_totp_validate\0").ok()?;
            Some(Self { validate, _library: library })
        }
    }

    /// The place of the code in the window of steps before and after `now`, or an error such as [`NO_MATCH`].
    pub fn totp_validate(&self, secret: &[u8], now: i64, window: usize, code: &CStr) -> i32 {
        // SAFETY: secret and length belong together, the code ends with a zero, and nothing is kept.
        unsafe { (self.validate)(secret.as_ptr().cast(), secret.len(), now, 30, 0, window, code.as_ptr()) }
    }
}
