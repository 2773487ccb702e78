//! Reads of a verifier: prompts, status and evidence of a subject, without a write.

use core::ffi::c_char;

use super::context::countersign_context;
use super::failure::Failure;
use super::handle::give;
use super::json::evidence::evidence;
use super::json::prompts;
use super::json::status::status;
use super::output::Place;
use super::result::countersign_result;
use super::text::{Text, countersign_text};
use super::verifier::{Opened, call, context_of, countersign_verifier};
use crate::subject::Subject;

/// Runs a call that gives a text about a subject.
///
/// # Safety
/// As the functions below.
unsafe fn read(
    verifier: *const countersign_verifier,
    subject: *const c_char,
    subject_length: usize,
    (to, name): (*mut *mut countersign_text, &str),
    form: impl FnOnce(&Opened, &Subject) -> Result<Text, Failure>,
) -> countersign_result {
    let body = |opened: &Opened| {
        // SAFETY: as of this function.
        let (subject, to) = unsafe {
            (
                opened.subject(subject, subject_length)?,
                Place::new(to, name)?,
            )
        };
        to.write(give(form(opened, &subject)?));
        Ok(())
    };
    // SAFETY: as of this function.
    unsafe { call(verifier, body) }
}

/// Gives the numbers of the questions to ask, as a list in JSON. They stand until they are answered.
///
/// # Safety
/// `verifier` is null or a handle that lives. `subject` is null or leads to so many bytes. `questions` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_verifier_questions(
    verifier: *const countersign_verifier,
    subject: *const c_char,
    subject_length: usize,
    questions: *mut *mut countersign_text,
) -> countersign_result {
    let form = |opened: &Opened, subject: &Subject| {
        prompts::questions(&opened.verifier.questions(subject)?)
    };
    // SAFETY: as of this function.
    unsafe {
        read(
            verifier,
            subject,
            subject_length,
            (questions, "questions"),
            form,
        )
    }
}

/// Gives the questions to ask, for a screen. The form is `prompts`.
///
/// # Safety
/// As `countersign_verifier_questions`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_verifier_prompts(
    verifier: *const countersign_verifier,
    subject: *const c_char,
    subject_length: usize,
    prompts: *mut *mut countersign_text,
) -> countersign_result {
    let form =
        |opened: &Opened, subject: &Subject| prompts::prompts(&opened.verifier.prompts(subject)?);
    // SAFETY: as of this function.
    unsafe {
        read(
            verifier,
            subject,
            subject_length,
            (prompts, "prompts"),
            form,
        )
    }
}

/// Gives the letters of the memorable word to ask for. The form is `word_prompt`. They stand until they are given.
///
/// # Safety
/// As `countersign_verifier_questions`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_verifier_word_prompt(
    verifier: *const countersign_verifier,
    subject: *const c_char,
    subject_length: usize,
    prompt: *mut *mut countersign_text,
) -> countersign_result {
    let form = |opened: &Opened, subject: &Subject| {
        prompts::word_prompt(&opened.verifier.word_prompt(subject)?)
    };
    // SAFETY: as of this function.
    unsafe { read(verifier, subject, subject_length, (prompt, "prompt"), form) }
}

/// Gives the factors that a subject could show now, and the locks in this interaction. The form is `status`.
///
/// # Safety
/// `verifier` and `context` are null or handles that live. `subject` is null or leads to so many bytes. `status` is null or may
/// be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_verifier_status(
    verifier: *const countersign_verifier,
    subject: *const c_char,
    subject_length: usize,
    context: *const countersign_context,
    status: *mut *mut countersign_text,
) -> countersign_result {
    let form = |opened: &Opened, subject: &Subject| {
        // SAFETY: as of this function.
        let context = unsafe { context_of(context)? };
        self::status(&opened.verifier.status(subject, context)?)
    };
    // SAFETY: as of this function.
    unsafe { read(verifier, subject, subject_length, (status, "status"), form) }
}

/// Gives the evidence of an interaction. The form is `evidence`.
///
/// # Safety
/// As `countersign_verifier_status`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_verifier_evidence(
    verifier: *const countersign_verifier,
    subject: *const c_char,
    subject_length: usize,
    context: *const countersign_context,
    evidence: *mut *mut countersign_text,
) -> countersign_result {
    let form = |opened: &Opened, subject: &Subject| {
        // SAFETY: as of this function.
        let context = unsafe { context_of(context)? };
        self::evidence(&opened.verifier.evidence(subject, context.interaction())?)
    };
    // SAFETY: as of this function.
    unsafe {
        read(
            verifier,
            subject,
            subject_length,
            (evidence, "evidence"),
            form,
        )
    }
}
