//! Block lists of the host: a function that says whether a password or PIN is on one.

use core::ffi::{c_char, c_void};

/// The answer of `countersign_is_listed` that a word is not on the list.
pub const COUNTERSIGN_NOT_LISTED: i32 = 1;

/// Looks for a whole password or PIN on the host's list. Returns `COUNTERSIGN_NOT_LISTED` if it is not there. Each other number
/// refuses it.
///
/// `user` is what the rules were given. The bytes stand until this returns, and have no NUL behind them. No exception of C++ may
/// leave it.
pub type countersign_is_listed = Option<
    unsafe extern "C-unwind" fn(user: *mut c_void, word: *const c_char, word_length: usize) -> i32,
>;

/// A function of the host, and what it takes.
pub(super) struct List {
    is_listed: unsafe extern "C-unwind" fn(*mut c_void, *const c_char, usize) -> i32,
    user: *mut c_void,
}

// SAFETY: the contract says that a function of the host may be called from any thread, and from several at once.
unsafe impl Send for List {}
// SAFETY: as above.
unsafe impl Sync for List {}

impl List {
    /// Takes the function, if there is one.
    ///
    /// # Safety
    /// It keeps to its contract, and takes `user`, for as long as this lives.
    pub(super) unsafe fn new(is_listed: countersign_is_listed, user: *mut c_void) -> Option<Self> {
        is_listed.map(|is_listed| Self { is_listed, user })
    }

    pub(super) fn has(&self, word: &str) -> bool {
        // SAFETY: `new` was told so.
        let answer = unsafe { (self.is_listed)(self.user, word.as_ptr().cast(), word.len()) };
        answer != COUNTERSIGN_NOT_LISTED
    }
}
