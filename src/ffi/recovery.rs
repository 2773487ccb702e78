//! Recovery codes: printed once, kept by the customer, and each accepted once.

use core::ffi::{c_char, c_void};

use zeroize::Zeroizing;

use super::border::{make, of, plain};
use super::failure::Failure;
use super::handle::{Object, give};
use super::input::{bytes, text};
use super::last_error::countersign_error;
use super::output::Place;
use super::result::countersign_result;
use super::state::{self, countersign_save};
use super::text::{Text, countersign_text};
use super::time::moment;
use crate::code::Code;
use crate::recovery::{RecoveryCodeHashes, RecoveryCodeList, RecoveryCodes};
use crate::secret::SecretBytes;

/// Issues and checks recovery codes, under a key that hashes them.
pub struct countersign_recovery {
    _private: (),
}

impl Object for RecoveryCodes {
    type Tag = countersign_recovery;
    const KIND: u64 = 0xc5e1_9a07_4d21_0017;
    const NAME: &str = "recovery";
}

/// The usual number of codes in a list.
pub const COUNTERSIGN_RECOVERY_DEFAULT_COUNT: u32 = 10;
const _: () = assert!(COUNTERSIGN_RECOVERY_DEFAULT_COUNT == RecoveryCodes::DEFAULT_COUNT as u32);

/// Hashes codes under a key: 32 random bytes or more, which are not stored where the states are.
///
/// # Safety
/// `error` is null or a handle that lives. `key` is null or leads to so many bytes. `to` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_recovery_new(
    error: *const countersign_error,
    key: *const u8,
    key_length: usize,
    to: *mut *mut countersign_recovery,
) -> countersign_result {
    let made = || {
        // SAFETY: as of this function.
        let key = unsafe { bytes("key", key, key_length)? };
        Ok(RecoveryCodes::new(&SecretBytes::from(key.to_vec()))?)
    };
    // SAFETY: as of this function.
    unsafe { make(error, to, made) }
}

/// Makes a list of 1 to 16 codes, which voids an earlier one. It is given once `save` has stored its hashes, and never again.
///
/// The text has one code a line: print it with the date of `now`, and free it.
///
/// # Safety
/// `recovery` is null or a handle that lives. `to` is null or may be written. `save` keeps to its contract, and takes `user`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_recovery_issue(
    recovery: *const countersign_recovery,
    count: u32,
    now: i64,
    save: countersign_save,
    user: *mut c_void,
    to: *mut *mut countersign_text,
) -> countersign_result {
    let body = |codes: &RecoveryCodes| {
        // SAFETY: as of this function.
        let to = unsafe { Place::new(to, "to")? };
        state::expect(save)?;
        // More than a byte counts is refused as too many.
        let step = codes.issue(u8::try_from(count).unwrap_or(u8::MAX), moment(now)?)?;
        // SAFETY: as of this function.
        let list = unsafe { state::saved(step, state::written, save, user)? };
        to.write(give(Text::new(&lines(&list))));
        Ok(())
    };
    // SAFETY: as of this function.
    unsafe { of(recovery, body) }
}

/// Checks a code, and takes it out. The verdict is written once `save` has stored the codes that are left.
///
/// No state is a list without codes. `save` is not called for a code that is refused: the caller counts it.
///
/// # Safety
/// `recovery` is null or a handle that lives. `state` and `code` are null or lead to so many bytes. `verdict` is null or may be
/// written. `save` keeps to its contract, and takes `user`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_recovery_check(
    recovery: *const countersign_recovery,
    state: *const u8,
    state_length: usize,
    code: *const c_char,
    code_length: usize,
    save: countersign_save,
    user: *mut c_void,
    verdict: *mut i32,
) -> countersign_result {
    let body = |codes: &RecoveryCodes| {
        // SAFETY: as of this function.
        let (set, code, verdict) = unsafe {
            (
                read(state, state_length)?,
                Code::typed(text("code", code, code_length)?),
                Place::new(verdict, "verdict")?,
            )
        };
        // SAFETY: as of this function.
        unsafe { state::commit(codes.check(&set, &code), save, user, verdict) }
    };
    // SAFETY: as of this function.
    unsafe { of(recovery, body) }
}

/// Reads a state: how many codes are left, when the list was made, and whether to offer a new one (1), as two or fewer are left.
///
/// # Safety
/// `state` is null or leads to so many bytes. `left`, `created` and `needs_renewal` are null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_recovery_read_state(
    state: *const u8,
    state_length: usize,
    left: *mut u32,
    created: *mut i64,
    needs_renewal: *mut i32,
) -> countersign_result {
    plain(|| {
        // SAFETY: as of this function.
        let (set, left, created, needs_renewal) = unsafe {
            (
                read(state, state_length)?,
                Place::new(left, "left")?,
                Place::new(created, "created")?,
                Place::new(needs_renewal, "needs_renewal")?,
            )
        };
        left.write(u32::try_from(set.left()).unwrap_or(u32::MAX));
        created.write(i64::from(set.created()));
        needs_renewal.write(i32::from(set.needs_renewal()));
        Ok(())
    })
}

/// Reads a state. Nothing is a list without codes.
///
/// # Safety
/// As [`bytes`].
unsafe fn read(state: *const u8, length: usize) -> Result<RecoveryCodeHashes, Failure> {
    // SAFETY: as of this function.
    let state = unsafe { bytes("state", state, length)? };
    if state.is_empty() {
        return Ok(RecoveryCodeHashes::empty());
    }
    state::decoded(state, "the state")
}

/// The codes, one a line. The text does not move, so it leaves no copy behind.
fn lines(list: &RecoveryCodeList) -> Zeroizing<String> {
    let texts = || list.codes().iter().map(|code| code.expose_text());
    let length = texts().map(|code| code.len().saturating_add(1)).sum();
    let mut lines = Zeroizing::new(String::with_capacity(length));
    for code in texts() {
        lines.push_str(code);
        lines.push('\n');
    }
    lines
}
