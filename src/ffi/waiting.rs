//! Changes that wait, and notices to customers.

use core::ffi::c_char;

use super::context::countersign_context;
use super::grant::{authority, countersign_grant};
use super::handle::{give, object};
use super::input::text;
use super::json;
use super::outcome::{
    COUNTERSIGN_OUTCOME_ACCEPTED, COUNTERSIGN_OUTCOME_DENIED, OutcomePlaces, Told,
};
use super::output::Place;
use super::result::countersign_result;
use super::text::countersign_text;
use super::verifier::{Opened, call, context_of, countersign_verifier};
use super::wording::countersign_wording;
use crate::account::Changed;
use crate::authenticator::PendingId;
use crate::delivered::Wording;

/// Lists the changes that wait. The form is `pending`. `by` is a `COUNTERSIGN_BY_..`: a grant is for `authenticator.list`.
///
/// # Safety
/// `verifier`, `grant` and `context` are null or handles that live. `subject` is null or leads to so many bytes. `pending` is
/// null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_verifier_pending(
    verifier: *const countersign_verifier,
    subject: *const c_char,
    subject_length: usize,
    by: i32,
    grant: *const countersign_grant,
    context: *const countersign_context,
    pending: *mut *mut countersign_text,
) -> countersign_result {
    let body = |opened: &Opened| {
        // SAFETY: as of this function.
        let (subject, by, context, to) = unsafe {
            (
                opened.subject(subject, subject_length)?,
                authority(by, grant)?,
                context_of(context)?,
                Place::new(pending, "pending")?,
            )
        };
        let all = opened.verifier.pending(&subject, &by, context)?;
        to.write(give(json::pending::pending(&all)?));
        Ok(())
    };
    // SAFETY: as of this function.
    unsafe { call(verifier, body) }
}

/// Cancels a change that waits, by evidence of any factor in this interaction. A host cancels by the change `cancel_pending`.
///
/// The outcome is a `COUNTERSIGN_OUTCOME_..`: accepted, if it is cancelled. It is denied, if nothing of this id waits or the interaction
/// holds no evidence.
///
/// # Safety
/// `verifier` and `context` are null or handles that live. `subject` is null or leads to so many bytes. `outcome` is null or may be
/// written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_verifier_cancel(
    verifier: *const countersign_verifier,
    subject: *const c_char,
    subject_length: usize,
    id: u16,
    context: *const countersign_context,
    outcome: *mut i32,
) -> countersign_result {
    let body = |opened: &Opened| {
        // SAFETY: as of this function.
        let (subject, context, places) = unsafe {
            (
                opened.subject(subject, subject_length)?,
                context_of(context)?,
                OutcomePlaces::new(outcome, core::ptr::null_mut())?,
            )
        };
        let id = PendingId::new(id);
        let told = match opened.verifier.cancel(&subject, id, context)? {
            Changed::Done => COUNTERSIGN_OUTCOME_ACCEPTED,
            _ => COUNTERSIGN_OUTCOME_DENIED,
        };
        Told::of(told).write(places);
        Ok(())
    };
    // SAFETY: as of this function.
    unsafe { call(verifier, body) }
}

/// Gives a message to each confirmed address of a subject, to be sent. The forms are `notice` and `warnings`. `from` is the name of
/// the host as customers know it.
///
/// # Safety
/// `verifier` and `wording` are null or handles that live. `subject`, `notice` and `from` are null or lead to so many bytes.
/// `warnings` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_verifier_warnings(
    verifier: *const countersign_verifier,
    subject: *const c_char,
    subject_length: usize,
    notice: *const c_char,
    notice_length: usize,
    from: *const c_char,
    from_length: usize,
    wording: *const countersign_wording,
    warnings: *mut *mut countersign_text,
) -> countersign_result {
    let body = |opened: &Opened| {
        // SAFETY: as of this function.
        let (subject, notice, from, wording, to) = unsafe {
            (
                opened.subject(subject, subject_length)?,
                text("notice", notice, notice_length)?,
                text("from", from, from_length)?,
                object::<Wording>(wording)?,
                Place::new(warnings, "warnings")?,
            )
        };
        let notice = json::pending::notice(notice)?;
        let all = opened.verifier.warnings(&subject, notice)?;
        to.write(give(json::pending::warnings(&all, from, wording)?));
        Ok(())
    };
    // SAFETY: as of this function.
    unsafe { call(verifier, body) }
}
