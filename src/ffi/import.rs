//! Accounts of another system: each is made with its authenticators, by one write.

use core::ffi::c_char;

use super::context::countersign_context;
use super::enrolment::of_import;
use super::input::text;
use super::json::change::import;
use super::output::Place;
use super::result::countersign_result;
use super::verifier::{Opened, call, context_of, countersign_verifier};

/// Creates an account with the authenticators that another system had. The form is `import`. Nothing is hashed.
///
/// `created` is 1 if the account is new. It is 0 if the subject has one, which stays as it is: so a loop over all customers can be
/// begun again.
///
/// # Safety
/// `verifier` and `context` are null or handles that live. `subject` and `changes` are null or lead to so many bytes. `created` is
/// null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_verifier_import(
    verifier: *const countersign_verifier,
    subject: *const c_char,
    subject_length: usize,
    changes: *const c_char,
    changes_length: usize,
    context: *const countersign_context,
    created: *mut i32,
) -> countersign_result {
    let body = |opened: &Opened| {
        // SAFETY: as of this function.
        let (subject, forms, context, to) = unsafe {
            (
                opened.subject(subject, subject_length)?,
                text("changes", changes, changes_length)?,
                context_of(context)?,
                Place::new(created, "created")?,
            )
        };
        let changes = of_import(import(forms)?)?;
        let created = opened.verifier.import(&subject, &changes, context)?;
        to.write(i32::from(created));
        Ok(())
    };
    // SAFETY: as of this function.
    unsafe { call(verifier, body) }
}
