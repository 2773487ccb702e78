//! Memorable words: three letters are asked for, so nobody hears the whole word.

use core::ffi::{c_char, c_void};

use super::answers::{blocklist, countersign_answer_blocklist};
use super::border::{given, make, of};
use super::context::countersign_context;
use super::failure::Failure;
use super::handle::{Object, object};
use super::input::{bytes, text};
use super::json::prompts::word_prompt;
use super::keyring::countersign_keyring;
use super::last_error::countersign_error;
use super::output::{Buffer, Place};
use super::result::countersign_result;
use super::state::{self, countersign_save};
use super::text::countersign_text;
use crate::context::Context;
use crate::field::Keyring;
use crate::knowledge::{MemorableWord, WordKey, WordLetters};
use crate::subject::Subject;

/// The key of memorable words. It opens them inside a check, and nowhere else.
pub struct countersign_word_key {
    _private: (),
}

impl Object for WordKey {
    type Tag = countersign_word_key;
    const KIND: u64 = 0xc5e1_9a07_4d21_0024;
    const NAME: &str = "key";
}

/// A memorable word, sealed, with the letters that are asked for next.
pub struct countersign_word {
    _private: (),
}

impl Object for MemorableWord {
    type Tag = countersign_word;
    const KIND: u64 = 0xc5e1_9a07_4d21_0025;
    const NAME: &str = "word";
}

/// Derives the key for the words of a realm. Take it from another keyring than that of the accounts, if you have a second place
/// for keys.
///
/// # Safety
/// `error` and `keyring` are null or handles that live. `realm` is null or leads to so many bytes. `to` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_word_key_new(
    error: *const countersign_error,
    keyring: *const countersign_keyring,
    realm: *const c_char,
    realm_length: usize,
    to: *mut *mut countersign_word_key,
) -> countersign_result {
    let made = || {
        // SAFETY: as of this function.
        let (keyring, realm) = unsafe {
            (
                object::<Keyring>(keyring)?,
                text("realm", realm, realm_length)?,
            )
        };
        Ok(WordKey::new(keyring, realm)?)
    };
    // SAFETY: as of this function.
    unsafe { make(error, to, made) }
}

/// Seals a word for a subject, and draws the letters to ask for first. It has 8 to 24 letters, five of them different.
///
/// `blocklist` may be null. The error names the rule, never the word.
///
/// # Safety
/// Each handle is null or lives. `word`, `realm` and `id` are null or lead to so many bytes. `to` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_word_enrol(
    error: *const countersign_error,
    word: *const c_char,
    word_length: usize,
    blocklist: *const countersign_answer_blocklist,
    realm: *const c_char,
    realm_length: usize,
    id: *const c_char,
    id_length: usize,
    key: *const countersign_word_key,
    to: *mut *mut countersign_word,
) -> countersign_result {
    let made = || {
        // SAFETY: as of this function.
        let (word, list, subject, key) = unsafe {
            (
                text("word", word, word_length)?,
                self::blocklist(blocklist)?,
                subject(realm, realm_length, id, id_length)?,
                object::<WordKey>(key)?,
            )
        };
        Ok(MemorableWord::enrol(word, &list, &subject, key)?)
    };
    // SAFETY: as of this function.
    unsafe { make(error, to, made) }
}

/// Makes a word for a subject that has none or does not exist. No letters are ever right, and the check does the same work.
///
/// # Safety
/// Each handle is null or lives. `realm` and `id` are null or lead to so many bytes. `to` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_word_for_unknown(
    error: *const countersign_error,
    realm: *const c_char,
    realm_length: usize,
    id: *const c_char,
    id_length: usize,
    keyring: *const countersign_keyring,
    key: *const countersign_word_key,
    to: *mut *mut countersign_word,
) -> countersign_result {
    let made = || {
        // SAFETY: as of this function.
        let (subject, keyring, key) = unsafe {
            (
                subject(realm, realm_length, id, id_length)?,
                object::<Keyring>(keyring)?,
                object::<WordKey>(key)?,
            )
        };
        Ok(MemorableWord::for_unknown(&subject, keyring, key)?)
    };
    // SAFETY: as of this function.
    unsafe { make(error, to, made) }
}

/// Reads a word that was kept as bytes.
///
/// # Safety
/// `error` is null or a handle that lives. `kept` is null or leads to so many bytes. `to` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_word_read(
    error: *const countersign_error,
    kept: *const u8,
    kept_length: usize,
    to: *mut *mut countersign_word,
) -> countersign_result {
    let made = || {
        // SAFETY: as of this function.
        let kept = unsafe { bytes("kept", kept, kept_length)? };
        state::decoded::<MemorableWord>(kept, "the memorable word")
    };
    // SAFETY: as of this function.
    unsafe { make(error, to, made) }
}

/// Writes the bytes to keep. The word is sealed in them.
///
/// # Safety
/// `word` is null or a handle that lives. `kept` and `kept_length` are null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_word_bytes(
    word: *const countersign_word,
    kept: *mut u8,
    kept_length: *mut usize,
) -> countersign_result {
    let body = |word: &MemorableWord| {
        // SAFETY: as of this function.
        let to = unsafe { Buffer::new("kept", kept, kept_length)? };
        to.write_bytes(&state::written(word), &[])
    };
    // SAFETY: as of this function.
    unsafe { of(word, body) }
}

/// Gives the letters that are asked for. The form is `word_prompt`.
///
/// # Safety
/// `word` is null or a handle that lives. `to` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_word_prompt(
    word: *const countersign_word,
    to: *mut *mut countersign_text,
) -> countersign_result {
    // SAFETY: as of this function.
    unsafe { given(word, to, |word: &MemorableWord| word_prompt(&word.prompt())) }
}

/// Checks the letters that were asked for, as a text with blanks between them: `"e r n"`. The verdict is written once `save` has
/// stored the bytes of the next word.
///
/// Letters that are right ask for others next. On a channel with a person of yours they count as heard, right or wrong.
///
/// # Safety
/// Each handle is null or lives. `letters`, `realm` and `id` are null or lead to so many bytes. `verdict` is null or may be written.
/// `save` keeps to its contract, and takes `user`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_word_check(
    word: *const countersign_word,
    letters: *const c_char,
    letters_length: usize,
    realm: *const c_char,
    realm_length: usize,
    id: *const c_char,
    id_length: usize,
    key: *const countersign_word_key,
    context: *const countersign_context,
    save: countersign_save,
    user: *mut c_void,
    verdict: *mut i32,
) -> countersign_result {
    let body = |word: &MemorableWord| {
        // SAFETY: as of this function.
        let (letters, subject, key, context, verdict) = unsafe {
            (
                text("letters", letters, letters_length)?,
                subject(realm, realm_length, id, id_length)?,
                object::<WordKey>(key)?,
                object::<Context>(context)?,
                Place::new(verdict, "verdict")?,
            )
        };
        let letters: Vec<&str> = letters.split_whitespace().collect();
        let letters = WordLetters::typed(&letters);
        let step = word.check(&letters, &subject, key, context.channel())?;
        // SAFETY: as of this function.
        unsafe { state::commit(step, save, user, verdict) }
    };
    // SAFETY: as of this function.
    unsafe { of(word, body) }
}

/// Writes how many letters the word has, how many of them people of yours have heard, and whether to ask for a new word (1).
///
/// # Safety
/// `word` is null or a handle that lives. `letters`, `exposed_letters` and `is_renewal_due` are null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_word_exposure(
    word: *const countersign_word,
    letters: *mut u32,
    exposed_letters: *mut u32,
    is_renewal_due: *mut i32,
) -> countersign_result {
    let body = |word: &MemorableWord| {
        // SAFETY: as of this function.
        let (letters, exposed, due) = unsafe {
            (
                Place::new(letters, "letters")?,
                Place::new(exposed_letters, "exposed_letters")?,
                Place::new(is_renewal_due, "is_renewal_due")?,
            )
        };
        letters.write(word.letters().into());
        exposed.write(word.exposed_letters());
        due.write(i32::from(word.is_renewal_due()));
        Ok(())
    };
    // SAFETY: as of this function.
    unsafe { of(word, body) }
}

/// Reads a subject.
///
/// # Safety
/// As [`text`].
unsafe fn subject(
    realm: *const c_char,
    realm_length: usize,
    id: *const c_char,
    id_length: usize,
) -> Result<Subject, Failure> {
    // SAFETY: as of this function.
    let (realm, id) = unsafe {
        (
            text("realm", realm, realm_length)?,
            text("id", id, id_length)?,
        )
    };
    Ok(Subject::new(realm, id)?)
}
