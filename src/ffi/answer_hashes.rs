//! The hashes of a subject's answers: enrolled, drawn from, and checked.

use core::ffi::c_void;

use super::answers::{Given, blocklist, countersign_answer_blocklist, countersign_answers};
use super::border::{make, of};
use super::catalogue::{countersign_catalogue, questions, write_questions};
use super::failure::Failure;
use super::handle::{Object, object};
use super::hash_pool::{Permit, countersign_hash_permit, countersign_hash_pool};
use super::input::bytes;
use super::keyring::countersign_keyring;
use super::last_error::countersign_error;
use super::output::{Buffer, Place};
use super::result::countersign_result;
use super::state::{self, countersign_save};
use crate::field::Keyring;
use crate::hashing::HashPool;
use crate::knowledge::{AnswerHashes, Catalogue};

/// The hashes of a subject's answers.
pub struct countersign_answer_hashes {
    _private: (),
}

impl Object for AnswerHashes {
    type Tag = countersign_answer_hashes;
    const KIND: u64 = 0xc5e1_9a07_4d21_0023;
    const NAME: &str = "hashes";
}

/// Hashes a subject's answers, if none of them is weak, at the cost of the pool, with the pepper of the keyring.
///
/// `blocklist` may be null: then the library's own list counts alone. The error names the question and the rule, never an answer.
///
/// # Safety
/// Each handle is null or lives. `to` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_answer_hashes_enrol(
    error: *const countersign_error,
    catalogue: *const countersign_catalogue,
    answers: *const countersign_answers,
    blocklist: *const countersign_answer_blocklist,
    keyring: *const countersign_keyring,
    permit: *const countersign_hash_permit,
    to: *mut *mut countersign_answer_hashes,
) -> countersign_result {
    let made = || {
        // SAFETY: as of this function.
        let (catalogue, answers, list, keyring, permit) = unsafe {
            (
                object::<Catalogue>(catalogue)?,
                object::<Given>(answers)?,
                self::blocklist(blocklist)?,
                object::<Keyring>(keyring)?,
                object::<Permit>(permit)?,
            )
        };
        let answers = answers.answers().clone();
        permit.one(|cost, permit| catalogue.enrol(&answers, &list, keyring, cost, permit))
    };
    // SAFETY: as of this function.
    unsafe { make(error, to, made) }
}

/// Reads hashes that were kept as bytes.
///
/// # Safety
/// `error` is null or a handle that lives. `kept` is null or leads to so many bytes. `to` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_answer_hashes_read(
    error: *const countersign_error,
    kept: *const u8,
    kept_length: usize,
    to: *mut *mut countersign_answer_hashes,
) -> countersign_result {
    let made = || {
        // SAFETY: as of this function.
        let kept = unsafe { bytes("kept", kept, kept_length)? };
        state::decoded::<AnswerHashes>(kept, "the hashes of answers")
    };
    // SAFETY: as of this function.
    unsafe { make(error, to, made) }
}

/// Writes the bytes to keep.
///
/// # Safety
/// `hashes` is null or a handle that lives. `kept` and `kept_length` are null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_answer_hashes_bytes(
    hashes: *const countersign_answer_hashes,
    kept: *mut u8,
    kept_length: *mut usize,
) -> countersign_result {
    let body = |hashes: &AnswerHashes| {
        // SAFETY: as of this function.
        let to = unsafe { Buffer::new("kept", kept, kept_length)? };
        to.write_bytes(&state::written(hashes), &[])
    };
    // SAFETY: as of this function.
    unsafe { of(hashes, body) }
}

/// Draws the questions to ask a subject, first and again after each success. Keep their numbers beside the hashes: they stay until
/// they are answered rightly.
///
/// `asked_count` is how many numbers have room, and then how many are written. `COUNTERSIGN_MAX_QUESTIONS` are enough.
///
/// # Safety
/// `hashes` and `catalogue` are null or handles that live. `asked` and `asked_count` are null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_answer_hashes_draw(
    hashes: *const countersign_answer_hashes,
    catalogue: *const countersign_catalogue,
    asked: *mut u16,
    asked_count: *mut usize,
) -> countersign_result {
    let body = |hashes: &AnswerHashes| {
        // SAFETY: as of this function.
        let catalogue = unsafe { object::<Catalogue>(catalogue)? };
        let drawn = catalogue.draw(hashes)?;
        // SAFETY: as of this function.
        unsafe { write_questions(&drawn, asked, asked_count) }
    };
    // SAFETY: as of this function.
    unsafe { of(hashes, body) }
}

/// Checks the answers to the questions that were asked: all of them right, and nothing else given. There is one verdict for all.
///
/// Count the try before this is called. If all are right and a hash is outdated, `save` gets the bytes of present ones. The
/// verdict is written after that.
///
/// # Safety
/// Each handle is null or lives. `asked` is null or leads to so many numbers. `verdict` is null or may be written. `save` keeps to
/// its contract, and takes `user`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_answer_hashes_check(
    hashes: *const countersign_answer_hashes,
    asked: *const u16,
    asked_count: usize,
    answers: *const countersign_answers,
    keyring: *const countersign_keyring,
    permit: *const countersign_hash_permit,
    save: countersign_save,
    user: *mut c_void,
    verdict: *mut i32,
) -> countersign_result {
    let body = |hashes: &AnswerHashes| {
        // SAFETY: as of this function.
        let (asked, answers, keyring, permit, verdict) = unsafe {
            (
                questions(asked, asked_count)?,
                object::<Given>(answers)?,
                object::<Keyring>(keyring)?,
                object::<Permit>(permit)?,
                Place::new(verdict, "verdict")?,
            )
        };
        state::expect(save)?;
        let answers = answers.answers().clone();
        let step =
            permit.all(|cost, permits| hashes.check(&asked, &answers, keyring, cost, permits))?;
        // SAFETY: as of this function.
        unsafe { state::commit(step, save, user, verdict) }
    };
    // SAFETY: as of this function.
    unsafe { of(hashes, body) }
}

/// Writes 1 if a right answer will replace its hash: one has another cost than the pool, an old pepper or an old form. Else 0.
///
/// # Safety
/// `hashes`, `keyring` and `pool` are null or handles that live. `needs_rehash` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_answer_hashes_needs_rehash(
    hashes: *const countersign_answer_hashes,
    keyring: *const countersign_keyring,
    pool: *const countersign_hash_pool,
    needs_rehash: *mut i32,
) -> countersign_result {
    let body = |hashes: &AnswerHashes| -> Result<(), Failure> {
        // SAFETY: as of this function.
        let (keyring, pool, needs_rehash) = unsafe {
            (
                object::<Keyring>(keyring)?,
                object::<HashPool>(pool)?,
                Place::new(needs_rehash, "needs_rehash")?,
            )
        };
        needs_rehash.write(i32::from(hashes.needs_rehash(keyring, pool.cost())?));
        Ok(())
    };
    // SAFETY: as of this function.
    unsafe { of(hashes, body) }
}
