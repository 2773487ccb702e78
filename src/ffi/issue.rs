//! Codes that a verifier issues, and questions to customers' devices.

use core::ffi::c_char;
use core::ptr;

use super::context::countersign_context;
use super::failure::Failure;
use super::handle::{give, object};
use super::input::text;
use super::json::delivery::{delivery, dialog};
use super::json::order::{order, task};
use super::outcome::{COUNTERSIGN_OUTCOME_ACCEPTED, OutcomePlaces, Told};
use super::output::Place;
use super::result::countersign_result;
use super::text::{Text, countersign_text};
use super::verifier::{Opened, call, context_of, countersign_verifier};
use super::wording::countersign_wording;
use crate::delivered::{Issued, Phrases, Wording};

/// Writes what was issued, or when to try again.
fn told<T>(
    issued: Issued<T>,
    form: impl FnOnce(T) -> Result<Text, Failure>,
    places: OutcomePlaces,
    to: Place<*mut countersign_text>,
) -> Result<(), Failure> {
    match issued {
        Issued::Ready(ready) => {
            to.write(give(form(ready)?));
            Told::of(COUNTERSIGN_OUTCOME_ACCEPTED).write(places);
        }
        Issued::RateLimited(lock) => {
            to.write(ptr::null_mut());
            Told::locked(lock).write(places);
        }
    }
    Ok(())
}

/// Issues a code. The form of the order is `order`, that of the delivery `delivery`. Send what is in it.
///
/// The outcome is accepted, if the code was drawn and stored, or locked: then the delivery is null, and `until` says when to try
/// again. A delivery without a parcel has nothing to send: say nothing of that to anyone. `wording` writes the message that the order
/// asks for. If it is null, the message is in English.
///
/// # Safety
/// `verifier`, `wording` and `context` are null or handles that live. `subject` and `order` are null or lead to so many bytes. `outcome`,
/// `until` and `delivery` are null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_verifier_issue(
    verifier: *const countersign_verifier,
    subject: *const c_char,
    subject_length: usize,
    order: *const c_char,
    order_length: usize,
    wording: *const countersign_wording,
    context: *const countersign_context,
    outcome: *mut i32,
    until: *mut i64,
    delivery: *mut *mut countersign_text,
) -> countersign_result {
    let body = |opened: &Opened| {
        // SAFETY: as of this function.
        let (subject, form, context, places, to) = unsafe {
            (
                opened.subject(subject, subject_length)?,
                text("order", order, order_length)?,
                context_of(context)?,
                OutcomePlaces::new(outcome, until)?,
                Place::new(delivery, "delivery")?,
            )
        };
        let (order, message) = self::order(form)?;
        let english;
        let wording = if wording.is_null() {
            english = Wording::new(&Phrases::ENGLISH)?;
            &english
        } else {
            // SAFETY: as of this function.
            unsafe { object::<Wording>(wording)? }
        };
        let issued = opened.verifier.issue(&subject, &order, context)?;
        let form = |ready| self::delivery(ready, message.as_ref(), wording);
        told(issued, form, places, to)
    };
    // SAFETY: as of this function.
    unsafe { call(verifier, body) }
}

/// Asks a customer's device a question (RFC 6287). The form of the task is `task`, that of the question `dialog`.
///
/// The response comes to `countersign_verifier_check`, in the same interaction. The outcome is as that of
/// `countersign_verifier_issue`.
///
/// # Safety
/// `verifier` and `context` are null or handles that live. `subject` and `task` are null or lead to so many bytes. `outcome`,
/// `until` and `dialog` are null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_verifier_challenge(
    verifier: *const countersign_verifier,
    subject: *const c_char,
    subject_length: usize,
    task: *const c_char,
    task_length: usize,
    context: *const countersign_context,
    outcome: *mut i32,
    until: *mut i64,
    dialog: *mut *mut countersign_text,
) -> countersign_result {
    let body = |opened: &Opened| {
        // SAFETY: as of this function.
        let (subject, form, context, places, to) = unsafe {
            (
                opened.subject(subject, subject_length)?,
                text("task", task, task_length)?,
                context_of(context)?,
                OutcomePlaces::new(outcome, until)?,
                Place::new(dialog, "dialog")?,
            )
        };
        let task = self::task(form)?;
        let issued = opened.verifier.challenge(&subject, &task.task(), context)?;
        told(issued, |ready| self::dialog(&ready), places, to)
    };
    // SAFETY: as of this function.
    unsafe { call(verifier, body) }
}
