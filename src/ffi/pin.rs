//! Keeps the library loaded, for a thread of it that nobody waits for.
#![cfg(feature = "postgres")]

#[cfg(any(target_os = "linux", target_os = "android", target_os = "macos"))]
mod system {
    use core::ffi::{c_char, c_int, c_void};
    use core::mem::MaybeUninit;

    /// `Dl_info`: the file that an address belongs to, and what is not read here.
    #[repr(C)]
    struct Found {
        file: *const c_char,
        base: *mut c_void,
        symbol: *const c_char,
        address: *mut c_void,
    }

    unsafe extern "C" {
        fn dladdr(address: *const c_void, found: *mut Found) -> c_int;
        fn dlopen(file: *const c_char, how: c_int) -> *mut c_void;
    }

    const LAZY: c_int = 1;
    const NO_LOAD: c_int = if cfg!(target_os = "macos") { 0x10 } else { 4 };
    const NO_DELETE: c_int = if cfg!(target_os = "macos") {
        0x80
    } else {
        0x1000
    };

    pub(super) fn stay_loaded() {
        static HERE: u8 = 0;
        let mut found = MaybeUninit::<Found>::uninit();
        // SAFETY: the address is one of ours, and there is room for the answer.
        let answer = unsafe { dladdr((&raw const HERE).cast(), found.as_mut_ptr()) };
        if answer == 0 {
            return;
        }
        // SAFETY: it says that it has written the answer.
        let file = unsafe { found.assume_init() }.file;
        // A program that is linked statically is no library. It is not unloaded, and this does nothing.
        // SAFETY: the name is of the dynamic linker, and stands. Nothing is loaded: no code of it runs.
        let _ = unsafe { dlopen(file, LAZY | NO_LOAD | NO_DELETE) };
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "macos")))]
mod system {
    pub(super) fn stay_loaded() {}
}

/// From now on `dlclose` does not unload the library, or the plug-in that it is linked into.
pub(super) fn stay_loaded() {
    system::stay_loaded();
}
