//! Functions of the host that a verifier calls: a store, a clock, an audit trail.

use core::cell::Cell;
use core::ffi::{c_char, c_void};
use core::ptr;

use super::callback_failed::CallbackFailed;
use super::entry::countersign_entry;
use super::failure::Failure;
use super::result::{COUNTERSIGN_ERROR_CALLBACK, COUNTERSIGN_ERROR_LENGTH, COUNTERSIGN_ERROR_NULL};
use crate::error::Error;

/// An answer of `countersign_load`: there is a record, and `countersign_entry_set` was called for it.
pub const COUNTERSIGN_LOAD_FOUND: i32 = 1;
/// An answer of `countersign_load`: there is no record under this key.
pub const COUNTERSIGN_LOAD_NOTHING: i32 = 2;
/// The answer of `countersign_now`, `countersign_audit`, `countersign_purge` and `countersign_scan` that they have done it.
///
/// It is not zero: many languages return zero from a callback in which an exception was thrown.
pub const COUNTERSIGN_CALLBACK_DONE: i32 = 1;

/// A record that is to be stored. All of it comes back from `countersign_load` as it is here.
#[repr(C)]
pub struct countersign_record {
    /// The sealed bytes.
    pub bytes: *const u8,
    /// How many bytes there are.
    pub length: usize,
    /// The version: 24 bytes, drawn for this write.
    pub version: *const u8,
    /// Unix time from which on the record may be dropped, or `COUNTERSIGN_NEVER`.
    pub expires_at: i64,
}

/// Loads the record under a key of 32 bytes. Returns `COUNTERSIGN_LOAD_FOUND`, after one call of `countersign_entry_set`, or
/// `COUNTERSIGN_LOAD_NOTHING`. Each other number means that it failed.
///
/// It sees the last write that was stored, whoever wrote. Read from the primary, never from a replica.
pub type countersign_load = Option<
    unsafe extern "C-unwind" fn(
        user: *mut c_void,
        key: *const u8,
        entry: *mut countersign_entry,
    ) -> i32,
>;

/// Puts a record in the place of the one whose version is `expected` (24 bytes), in one indivisible step, durably. Returns
/// `COUNTERSIGN_SAVE_STORED`, or `COUNTERSIGN_SAVE_CONFLICT` if another version is there. Each other number means that it
/// failed.
///
/// If `expected` is null, nothing may be there. If `next` is null, the record is deleted: nothing takes its place.
pub type countersign_replace = Option<
    unsafe extern "C-unwind" fn(
        user: *mut c_void,
        key: *const u8,
        expected: *const u8,
        next: *const countersign_record,
    ) -> i32,
>;

/// Drops every record whose `expires_at` is not after `now`, and writes how many. Returns `COUNTERSIGN_CALLBACK_DONE`. Each other
/// number means that it failed.
pub type countersign_purge =
    Option<unsafe extern "C-unwind" fn(user: *mut c_void, now: i64, dropped: *mut u64) -> i32>;

/// Writes the keys that follow `after` (32 bytes, or null before all keys), in their order, byte by byte: `most` at most, 32 bytes
/// each. Writes how many. Fewer than `most` are the end. Returns `COUNTERSIGN_CALLBACK_DONE`. Each other number means that it
/// failed.
///
/// Each record is then loaded by `load`.
pub type countersign_scan = Option<
    unsafe extern "C-unwind" fn(
        user: *mut c_void,
        after: *const u8,
        most: usize,
        keys: *mut u8,
        count: *mut usize,
    ) -> i32,
>;

/// Writes the present moment, as Unix time in seconds. Returns `COUNTERSIGN_CALLBACK_DONE`. Each other number means that it failed.
pub type countersign_now =
    Option<unsafe extern "C-unwind" fn(user: *mut c_void, now: *mut i64) -> i32>;

/// Writes an event to the audit trail. It is JSON, see the forms, and a NUL follows. Returns
/// `COUNTERSIGN_CALLBACK_DONE`. Each other number means that it failed: a pass is withheld then.
pub type countersign_audit = Option<
    unsafe extern "C-unwind" fn(
        user: *mut c_void,
        event: *const c_char,
        event_length: usize,
    ) -> i32,
>;

/// Functions of the host. Each may be null, except those of a store that no location names: `load` and `replace`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct countersign_callbacks {
    /// `sizeof(countersign_callbacks)`. It tells a later library which members this program knows.
    pub size: usize,
    /// A pointer of the host, which each function gets first.
    pub user: *mut c_void,
    /// Loads a record.
    pub load: countersign_load,
    /// Replaces, adds or deletes a record.
    pub replace: countersign_replace,
    /// Drops old records. If it is null, the host drops them itself, and `countersign_verifier_purge` is an error.
    pub purge: countersign_purge,
    /// Reads the clock. If it is null, it is the clock of the machine.
    pub now: countersign_now,
    /// Writes an event. If it is null, there is no audit trail.
    pub audit: countersign_audit,
    /// Names the records. If it is null, they cannot be walked: `countersign_verifier_rekey` and `countersign_verifier_report` are
    /// errors.
    pub scan: countersign_scan,
}

/// The functions of a host, as a verifier keeps them.
pub(super) struct Callbacks {
    pub(super) of: countersign_callbacks,
    /// The number of the verifier that calls them.
    verifier: u64,
}

// SAFETY: the contract says that callbacks come from any thread, and from several at once.
unsafe impl Send for Callbacks {}
// SAFETY: as above.
unsafe impl Sync for Callbacks {}

/// So many verifiers may stand in callbacks of each other on one thread.
const DEEPEST: usize = 4;

thread_local! {
    /// The verifiers whose callbacks run on this thread. Nothing is dropped with it, so it keeps no library loaded.
    static RUNNING: Cell<[u64; DEEPEST]> = const { Cell::new([0; DEEPEST]) };
}

impl Callbacks {
    /// The largest struct that a later header could have.
    const LARGEST: usize = 4_096;

    /// Takes the functions that a pointer leads to. Null means none.
    ///
    /// # Safety
    /// The pointer is null, or leads to a struct of which the first member is its size.
    pub(super) unsafe fn read(
        pointer: *const countersign_callbacks,
        verifier: u64,
    ) -> Result<Self, Failure> {
        const KNOWN: usize = size_of::<countersign_callbacks>();
        if pointer.is_null() {
            return Ok(Self {
                of: Self::NONE,
                verifier,
            });
        }
        if !pointer.is_aligned() {
            let why = "is not aligned";
            return Err(Failure::of(COUNTERSIGN_ERROR_NULL, "callbacks", why));
        }
        // SAFETY: it is not null, it is aligned, and the first member is there.
        let size = unsafe { ptr::read(pointer.cast::<usize>()) };
        if !(KNOWN..=Self::LARGEST).contains(&size) {
            let why = "must say their own size first: sizeof(countersign_callbacks)";
            return Err(Failure::of(COUNTERSIGN_ERROR_LENGTH, "callbacks", why));
        }
        // SAFETY: the caller says that so many bytes are there.
        let whole = unsafe { core::slice::from_raw_parts(pointer.cast::<u8>(), size) };
        let newer = whole.get(KNOWN..).unwrap_or_default();
        if newer.iter().any(|byte| *byte != 0) {
            let why = "use a member that this library does not know: it is older than the header";
            return Err(Failure::of(COUNTERSIGN_ERROR_LENGTH, "callbacks", why));
        }
        // SAFETY: it is aligned, and all members are there.
        let of = unsafe { ptr::read(pointer) };
        Ok(Self { of, verifier })
    }

    const NONE: countersign_callbacks = countersign_callbacks {
        size: size_of::<countersign_callbacks>(),
        user: ptr::null_mut(),
        load: None,
        replace: None,
        purge: None,
        now: None,
        audit: None,
        scan: None,
    };

    /// Runs a callback. Until it returns, this thread cannot call the same verifier.
    pub(super) fn run(&self, name: &'static str, call: impl FnOnce() -> i32) -> Result<i32, Error> {
        let outer = RUNNING.get();
        let mut running = outer;
        let Some(free) = running.iter_mut().find(|verifier| **verifier == 0) else {
            return Err(CallbackFailed::error(name, "stands too deep in others"));
        };
        *free = self.verifier;
        RUNNING.set(running);
        /// Resets what ran before, also if the callback is left by a panic.
        struct Reset([u64; DEEPEST]);
        impl Drop for Reset {
            fn drop(&mut self) {
                RUNNING.set(self.0);
            }
        }
        let _reset = Reset(outer);
        Ok(call())
    }

    /// Refuses a call of the verifier from within a callback of its own: it could wait for itself for ever.
    pub(super) fn expect_outside(verifier: u64) -> Result<(), Failure> {
        if RUNNING.get().contains(&verifier) {
            let why = "must not be called by a callback of its own";
            return Err(Failure::of(COUNTERSIGN_ERROR_CALLBACK, "verifier", why));
        }
        Ok(())
    }
}
