//! Answers to questions: as they were given, and those that are too weak.

use core::ffi::c_char;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::border::{make, of};
use super::catalogue::countersign_catalogue;
use super::failure::Failure;
use super::handle::{Object, object};
use super::input::text;
use super::json::read;
use super::json::rules::BlocklistForm;
use super::last_error::countersign_error;
use super::result::countersign_result;
use super::time::moment;
use crate::knowledge::{AnswerBlocklist, Answers, Catalogue, QuestionId};

/// The answers of one conversation. They cannot be read back, and are wiped when they are freed.
pub struct countersign_answers {
    _private: (),
}

/// Answers that grow, one by one.
#[derive(Default)]
pub(super) struct Given(Mutex<Answers>);

impl Object for Given {
    type Tag = countersign_answers;
    const KIND: u64 = 0xc5e1_9a07_4d21_0021;
    const NAME: &str = "answers";
}

impl Given {
    /// Answers are whole after every line, so a panic leaves them whole.
    pub(super) fn answers(&self) -> MutexGuard<'_, Answers> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Answers that an attacker could give, which are refused at enrolment.
pub struct countersign_answer_blocklist {
    _private: (),
}

impl Object for AnswerBlocklist {
    type Tag = countersign_answer_blocklist;
    const KIND: u64 = 0xc5e1_9a07_4d21_0022;
    const NAME: &str = "blocklist";
}

/// Makes an empty list of answers.
///
/// # Safety
/// `error` is null or a handle that lives. `to` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_answers_new(
    error: *const countersign_error,
    to: *mut *mut countersign_answers,
) -> countersign_result {
    // SAFETY: as of this function.
    unsafe { make(error, to, || Ok(Given::default())) }
}

/// Adds an answer of the kind that its question takes in the catalogue.
///
/// A strange answer is not an error: it is a wrong one at the check, and is charged. So is an answer to a question that is not
/// in the catalogue.
///
/// # Safety
/// `answers` and `catalogue` are null or handles that live. `answer` is null or leads to so many bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_answers_add(
    answers: *const countersign_answers,
    catalogue: *const countersign_catalogue,
    question: u16,
    answer: *const c_char,
    answer_length: usize,
) -> countersign_result {
    let body = |given: &Given| -> Result<(), Failure> {
        // SAFETY: as of this function.
        let (catalogue, answer) = unsafe {
            (
                object::<Catalogue>(catalogue)?,
                text("answer", answer, answer_length)?,
            )
        };
        let mut answers = given.answers();
        let before = core::mem::take(&mut *answers);
        *answers = catalogue.answer(before, QuestionId::new(question), answer);
        Ok(())
    };
    // SAFETY: as of this function.
    unsafe { of(answers, body) }
}

/// Makes a list of answers to refuse. The form is `blocklist`: `{"known": ["Anna Berg"]}` for example. Days after `now` are
/// refused, too.
///
/// # Safety
/// `error` is null or a handle that lives. `list` is null or leads to so many bytes. `to` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_answer_blocklist_new(
    error: *const countersign_error,
    list: *const c_char,
    list_length: usize,
    now: i64,
    to: *mut *mut countersign_answer_blocklist,
) -> countersign_result {
    let made = || {
        // SAFETY: as of this function.
        let list = unsafe { text("list", list, list_length)? };
        Ok(read::secret::<BlocklistForm>("list", list)?.made(moment(now)?))
    };
    // SAFETY: as of this function.
    unsafe { make(error, to, made) }
}

/// Returns the list that a handle leads to. Null is the list of the library alone.
///
/// # Safety
/// As [`object`].
pub(super) unsafe fn blocklist(
    list: *const countersign_answer_blocklist,
) -> Result<AnswerBlocklist, Failure> {
    if list.is_null() {
        return Ok(AnswerBlocklist::new());
    }
    // SAFETY: as of this function.
    Ok(unsafe { object::<AnswerBlocklist>(list)? }.clone())
}
