//! Walks over all accounts, and what is kept of one of them.

use core::ffi::c_char;

use super::context::countersign_context;
use super::failure::Failure;
use super::grant::{authority, countersign_grant};
use super::handle::give;
use super::input::text;
use super::json::walk;
use super::output::Place;
use super::result::countersign_result;
use super::text::{Text, countersign_text};
use super::verifier::{Opened, call, context_of, countersign_verifier};
use crate::account::{AccountReport, Rekey};

/// Brings the records of a page under the root that writes. Call it until the answer has `is_done`.
///
/// `place` is empty at the beginning, and later the `place` of the last answer: keep it in a file, and any process goes on from
/// there. `page` is how many records a call does: 0 stands for 256, and 4,096 are the most. The form of the answer is `rekey`. Add the numbers of
/// all pages up.
///
/// A root can be destroyed if no page of a whole walk has it in `roots` or `word_roots`. Before, see that no process writes under it.
///
/// # Safety
/// `verifier` is null or a handle that lives. `place` is null or leads to so many bytes. `rekey` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_verifier_rekey(
    verifier: *const countersign_verifier,
    place: *const c_char,
    place_length: usize,
    page: usize,
    rekey: *mut *mut countersign_text,
) -> countersign_result {
    let body = |opened: &Opened| {
        // SAFETY: as of this function.
        let (place, to) = unsafe {
            (
                text("place", place, place_length)?,
                Place::new(rekey, "rekey")?,
            )
        };
        let mut walked = match walk::place(place)? {
            Some(place) => Rekey::after(place),
            None => Rekey::new(),
        };
        if page > 0 {
            walked = walked.with_page(page);
        }
        let _ = opened.verifier.rekey(&mut walked)?;
        to.write(give(walk::rekey(&walked)?));
        Ok(())
    };
    // SAFETY: as of this function.
    unsafe { call(verifier, body) }
}

/// Counts over all accounts, in one pass. The form is `account_report`. `lists` has names of findings, as a list in JSON: the store keys of
/// the accounts that have them are told, too. It may be empty.
///
/// # Safety
/// `verifier` is null or a handle that lives. `lists` is null or leads to so many bytes. `report` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_verifier_report(
    verifier: *const countersign_verifier,
    lists: *const c_char,
    lists_length: usize,
    report: *mut *mut countersign_text,
) -> countersign_result {
    let body = |opened: &Opened| {
        // SAFETY: as of this function.
        let (lists, to) = unsafe {
            (
                text("lists", lists, lists_length)?,
                Place::new(report, "report")?,
            )
        };
        let wanted = walk::findings(lists)?;
        let begun = wanted.iter().copied();
        let mut report = begun.fold(AccountReport::new(), AccountReport::listing);
        while opened.verifier.report(&mut report)? {}
        to.write(give(walk::report(&report, &wanted)?));
        Ok(())
    };
    // SAFETY: as of this function.
    unsafe { call(verifier, body) }
}

/// Gives what is kept of a subject, in words, without a secret. The form is `export`. `pseudonym` in it is the subject's name in the audit trail.
///
/// The authority is the host, or a grant for `account.export`: see `countersign_verifier_change`.
///
/// # Safety
/// `verifier` and `context` are null or handles that live, and so is `grant`. `subject` is null or leads to so many bytes. `kept`
/// is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_verifier_export(
    verifier: *const countersign_verifier,
    subject: *const c_char,
    subject_length: usize,
    by: i32,
    grant: *const countersign_grant,
    context: *const countersign_context,
    kept: *mut *mut countersign_text,
) -> countersign_result {
    let body = |opened: &Opened| -> Result<(), Failure> {
        // SAFETY: as of this function.
        let (subject, by, context, to) = unsafe {
            (
                opened.subject(subject, subject_length)?,
                authority(by, grant)?,
                context_of(context)?,
                Place::new(kept, "kept")?,
            )
        };
        let kept = opened.verifier.export(&subject, &by, context)?;
        to.write(give(Text::new(&kept)));
        Ok(())
    };
    // SAFETY: as of this function.
    unsafe { call(verifier, body) }
}
