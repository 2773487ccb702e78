//! The questions of a host: which ones are asked, and how an agent's screen shows them.

use core::ffi::c_char;

use super::border::{given, make, of};
use super::failure::Failure;
use super::handle::{Object, object};
use super::input::{bytes, text};
use super::json::catalogue::catalogue;
use super::json::prompts::prompts;
use super::keyring::countersign_keyring;
use super::last_error::countersign_error;
use super::output::{Buffer, Place};
use super::result::{COUNTERSIGN_ERROR_BUFFER_TOO_SMALL, countersign_result};
use super::text::countersign_text;
use crate::field::Keyring;
use crate::knowledge::{Catalogue, QuestionId};
use crate::subject::Subject;

/// The questions of a host, and how many of a subject's are asked in one check.
pub struct countersign_catalogue {
    _private: (),
}

impl Object for Catalogue {
    type Tag = countersign_catalogue;
    const KIND: u64 = 0xc5e1_9a07_4d21_0020;
    const NAME: &str = "catalogue";
}

/// The most questions that are asked in one check.
pub const COUNTERSIGN_MAX_QUESTIONS: usize = 16;
const _: () = assert!(COUNTERSIGN_MAX_QUESTIONS == crate::knowledge::Answers::MAX_QUESTIONS);

/// Makes a catalogue. The form is that of the key `catalogue` of `settings`.
///
/// # Safety
/// `error` is null or a handle that lives. `catalogue` is null or leads to so many bytes. `to` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_catalogue_new(
    error: *const countersign_error,
    catalogue: *const c_char,
    catalogue_length: usize,
    to: *mut *mut countersign_catalogue,
) -> countersign_result {
    let made = || {
        // SAFETY: as of this function.
        let form = unsafe { text("catalogue", catalogue, catalogue_length)? };
        self::catalogue(form)
    };
    // SAFETY: as of this function.
    unsafe { make(error, to, made) }
}

/// Makes a catalogue of ten questions in English, of which three are asked. Questions of your own are better.
///
/// # Safety
/// `error` is null or a handle that lives. `to` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_catalogue_english(
    error: *const countersign_error,
    to: *mut *mut countersign_catalogue,
) -> countersign_result {
    // SAFETY: as of this function.
    unsafe { make(error, to, || Ok(Catalogue::english())) }
}

/// Gives these questions as an agent's screen shows them. The form is `prompts`.
///
/// # Safety
/// `catalogue` is null or a handle that lives. `asked` is null or leads to so many numbers. `to` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_catalogue_prompts(
    catalogue: *const countersign_catalogue,
    asked: *const u16,
    asked_count: usize,
    to: *mut *mut countersign_text,
) -> countersign_result {
    let body = |catalogue: &Catalogue| {
        // SAFETY: as of this function.
        let asked = unsafe { questions(asked, asked_count)? };
        prompts(&catalogue.prompts(&asked)?)
    };
    // SAFETY: as of this function.
    unsafe { given(catalogue, to, body) }
}

/// Writes the numbers of the questions for a subject that does not exist: the same whenever the name is the same.
///
/// `asked_count` is how many numbers have room, and then how many are written. `COUNTERSIGN_MAX_QUESTIONS` are enough.
///
/// # Safety
/// `catalogue` and `keyring` are null or handles that live. `realm` and `id` are null or lead to so many bytes. `asked` and
/// `asked_count` are null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_catalogue_for_unknown(
    catalogue: *const countersign_catalogue,
    realm: *const c_char,
    realm_length: usize,
    id: *const c_char,
    id_length: usize,
    keyring: *const countersign_keyring,
    asked: *mut u16,
    asked_count: *mut usize,
) -> countersign_result {
    let body = |catalogue: &Catalogue| {
        // SAFETY: as of this function.
        let (realm, id, keyring) = unsafe {
            (
                text("realm", realm, realm_length)?,
                text("id", id, id_length)?,
                object::<Keyring>(keyring)?,
            )
        };
        let drawn = catalogue.for_unknown(&Subject::new(realm, id)?, keyring)?;
        // SAFETY: as of this function.
        unsafe { write_questions(&drawn, asked, asked_count) }
    };
    // SAFETY: as of this function.
    unsafe { of(catalogue, body) }
}

/// Reads the numbers of questions.
///
/// # Safety
/// The pointer is null, or leads to so many numbers.
pub(super) unsafe fn questions(
    asked: *const u16,
    count: usize,
) -> Result<Vec<QuestionId>, Failure> {
    // More numbers than fit into memory are more bytes than any input has.
    let length = count.saturating_mul(size_of::<u16>());
    // SAFETY: as of this function.
    let bytes = unsafe { bytes("asked", asked.cast(), length)? };
    let (numbers, _) = bytes.as_chunks();
    Ok(numbers
        .iter()
        .map(|number| QuestionId::new(u16::from_ne_bytes(*number)))
        .collect())
}

/// Writes the numbers of questions by the convention of buffers. The length counts numbers, not bytes.
///
/// # Safety
/// Both pointers are null, or lead to what may be written.
pub(super) unsafe fn write_questions(
    ids: &[QuestionId],
    asked: *mut u16,
    asked_count: *mut usize,
) -> Result<(), Failure> {
    // SAFETY: as of this function.
    let place = unsafe { Place::new(asked_count, "asked_count")? };
    let mut length = if asked.is_null() {
        0
    } else {
        // SAFETY: it is not null, is aligned, and the caller has set it.
        unsafe { asked_count.read() }.saturating_mul(size_of::<u16>())
    };
    // SAFETY: as of this function; the length is of this function.
    let to = unsafe { Buffer::new("asked", asked.cast(), &raw mut length)? };
    let bytes = ids.iter().flat_map(|id| id.number().to_ne_bytes());
    let written = to.write_bytes(&bytes.collect::<Vec<u8>>(), &[]);
    let is_small = |failure: &Failure| failure.number == COUNTERSIGN_ERROR_BUFFER_TOO_SMALL;
    if written.as_ref().map_or_else(is_small, |()| true) {
        place.write(ids.len());
    }
    written
}
