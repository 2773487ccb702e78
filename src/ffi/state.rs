//! The state of an authenticator, as bytes that the host keeps. Save, then know: a verdict is written after the state is saved.

use core::ffi::c_void;

use minicbor::{Decode, Encode};
use zeroize::Zeroizing;

use super::failure::Failure;
use super::input::bytes;
use super::output::Place;
use super::result::{
    COUNTERSIGN_ERROR_CALLBACK, COUNTERSIGN_ERROR_CONFLICT, COUNTERSIGN_ERROR_NULL,
};
use crate::error::Error;
use crate::transition::{CommitResult, Saved, Transition, Verdict};

/// An answer of `countersign_save`: the state is stored.
pub const COUNTERSIGN_SAVE_STORED: i32 = 1;
/// An answer of `countersign_save`: the stored state is not the one that was loaded. Nothing is stored.
pub const COUNTERSIGN_SAVE_CONFLICT: i32 = 2;

/// Stores the next state, if the stored one is still the one that was loaded. Returns `COUNTERSIGN_SAVE_STORED` or
/// `COUNTERSIGN_SAVE_CONFLICT`. Each other number means that it failed.
///
/// `user` is what the call was given. The bytes stand until this returns. No exception of C++ may leave it.
pub type countersign_save = Option<
    unsafe extern "C-unwind" fn(user: *mut c_void, state: *const u8, state_length: usize) -> i32,
>;

/// It is wrong. The caller counts it. It is 0, so a verdict that nobody has set is a refusal.
pub const COUNTERSIGN_VERDICT_WRONG: i32 = 0;
/// It is right, and it counts this once.
pub const COUNTERSIGN_VERDICT_ACCEPTED: i32 = 1;
/// It is right, and was accepted before. Say the same as for a wrong one.
pub const COUNTERSIGN_VERDICT_REPLAYED: i32 = 2;
/// Its time is over. Say the same as for a wrong one.
pub const COUNTERSIGN_VERDICT_EXPIRED: i32 = 3;
/// Nothing is compared: a counter is at its end, or a memorable word has no letters left. Enrol it again.
pub const COUNTERSIGN_VERDICT_EXHAUSTED: i32 = 4;
/// No code or question waits for it.
pub const COUNTERSIGN_VERDICT_NOTHING_OPEN: i32 = 5;
/// Its check digit is wrong: it was misread. Ask again.
pub const COUNTERSIGN_VERDICT_INVALID_CHECK_DIGIT: i32 = 6;
/// It is a private code on a channel that reveals it to the host.
pub const COUNTERSIGN_VERDICT_PRIVATE_CODE_TOLD: i32 = 7;

pub(super) const fn number(verdict: Verdict) -> i32 {
    match verdict {
        Verdict::Accepted => COUNTERSIGN_VERDICT_ACCEPTED,
        Verdict::Wrong => COUNTERSIGN_VERDICT_WRONG,
        Verdict::Replayed => COUNTERSIGN_VERDICT_REPLAYED,
        Verdict::Expired => COUNTERSIGN_VERDICT_EXPIRED,
        Verdict::Exhausted => COUNTERSIGN_VERDICT_EXHAUSTED,
        Verdict::NothingOpen => COUNTERSIGN_VERDICT_NOTHING_OPEN,
        Verdict::InvalidCheckDigit => COUNTERSIGN_VERDICT_INVALID_CHECK_DIGIT,
        Verdict::PrivateCodeTold => COUNTERSIGN_VERDICT_PRIVATE_CODE_TOLD,
    }
}

/// Reads a state. Nothing is the state of an authenticator that was not used yet.
///
/// # Safety
/// As [`bytes`].
pub(super) unsafe fn read<S: Default + for<'b> Decode<'b, ()>>(
    pointer: *const u8,
    length: usize,
) -> Result<S, Failure> {
    // SAFETY: as of this function.
    let bytes = unsafe { bytes("state", pointer, length)? };
    if bytes.is_empty() {
        return Ok(S::default());
    }
    decoded(bytes, "the state")
}

/// Reads bytes that were kept.
pub(super) fn decoded<S: for<'b> Decode<'b, ()>>(
    bytes: &[u8],
    what: &'static str,
) -> Result<S, Failure> {
    let mut decoder = minicbor::Decoder::new(bytes);
    let read = decoder
        .decode()
        .ok()
        .filter(|_: &S| decoder.position() == bytes.len());
    read.ok_or_else(|| Error::corrupt(what, "its bytes are not as they must be").into())
}

/// Writes a state as this interface gives it to the host.
pub(super) fn written<S: Encode<()>>(state: &S) -> Zeroizing<Vec<u8>> {
    // Writing to a vector does not fail.
    Zeroizing::new(minicbor::to_vec(state).unwrap_or_default())
}

/// Saves the next state by the host's function, and then writes the verdict.
///
/// # Safety
/// `save` is a function that keeps to its contract, and takes `user`.
pub(super) unsafe fn commit<S: Encode<()>>(
    step: Transition<Verdict, S>,
    save: countersign_save,
    user: *mut c_void,
    verdict: Place<i32>,
) -> Result<(), Failure> {
    // SAFETY: as of this function.
    unsafe { commit_as(step, written, save, user, verdict) }
}

/// Saves the next state, in bytes of its own, and then writes the verdict.
///
/// # Safety
/// As [`commit`].
pub(super) unsafe fn commit_as<S>(
    step: Transition<Verdict, S>,
    bytes: impl FnOnce(&S) -> Zeroizing<Vec<u8>>,
    save: countersign_save,
    user: *mut c_void,
    verdict: Place<i32>,
) -> Result<(), Failure> {
    expect(save)?;
    // SAFETY: as of this function.
    let outcome = unsafe { saved(step, bytes, save, user)? };
    verdict.write(number(outcome));
    Ok(())
}

/// Refuses a call without a function, also if there is nothing to save this time.
pub(super) fn expect(save: countersign_save) -> Result<(), Failure> {
    if save.is_none() {
        let why = "is null";
        return Err(Failure::of(COUNTERSIGN_ERROR_NULL, "save", why));
    }
    Ok(())
}

/// Saves the next state, if there is one, and then returns the outcome.
///
/// # Safety
/// As [`commit`].
pub(super) unsafe fn saved<O, S>(
    step: Transition<O, S>,
    bytes: impl FnOnce(&S) -> Zeroizing<Vec<u8>>,
    save: countersign_save,
    user: *mut c_void,
) -> Result<O, Failure> {
    let result = step.commit(|next| {
        let Some(save) = save else {
            let why = "is null";
            return Saved::Failed(Failure::of(COUNTERSIGN_ERROR_NULL, "save", why));
        };
        let bytes = bytes(next);
        // SAFETY: as of this function.
        match unsafe { save(user, bytes.as_ptr(), bytes.len()) } {
            COUNTERSIGN_SAVE_STORED => Saved::Stored,
            COUNTERSIGN_SAVE_CONFLICT => Saved::Conflict,
            other => {
                let why = format!("the host's function returned {other}");
                Saved::Failed(Failure::of(COUNTERSIGN_ERROR_CALLBACK, "save", &why))
            }
        }
    });
    match result? {
        CommitResult::Stored(outcome) => Ok(outcome),
        CommitResult::Conflict => {
            let why = "the stored state is another one: load it, and call again";
            Err(Failure::of(COUNTERSIGN_ERROR_CONFLICT, "save", why))
        }
    }
}
