//! Checks of a verifier.

use core::ffi::c_char;

use super::context::countersign_context;
use super::factor;
use super::failure::Failure;
use super::input::text;
use super::json::attempt::attempt;
use super::outcome::{
    COUNTERSIGN_OUTCOME_ACCEPTED, COUNTERSIGN_OUTCOME_DENIED,
    COUNTERSIGN_OUTCOME_INVALID_CHECK_DIGIT, OutcomePlaces, Told,
};
use super::result::{COUNTERSIGN_ERROR_UNKNOWN_NUMBER, countersign_result};
use super::verifier::{Opened, call, context_of, countersign_verifier};
use crate::account::{Attempt, Outcome};
use crate::code::Code;
use crate::context::Context;
use crate::factor::Factor;
use crate::otp::ocra::OcraResponse;
use crate::password::{Password, Pin};
use crate::subject::Subject;

/// Reads an attempt of one text.
fn of_text(factor: Factor, text: &str) -> Result<Attempt, Failure> {
    let code = || Code::typed(text);
    Ok(match factor {
        Factor::Totp => Attempt::Totp(code()),
        Factor::Hotp => Attempt::Hotp(code()),
        Factor::Ocra => Attempt::Ocra(OcraResponse::typed(text)),
        Factor::PrivateCode | Factor::SpokenCode => Attempt::Delivered(code()),
        Factor::RecoveryCode => Attempt::Recovery(code()),
        Factor::IssuedRecoveryCode => Attempt::IssuedRecoveryCode(code()),
        Factor::BindingCode => Attempt::BindingCode(code()),
        Factor::Password => Attempt::Password(Password::typed(text)),
        Factor::Pin => Attempt::Pin(Pin::typed(text)),
        Factor::Questions | Factor::Word | Factor::External => {
            let why = "has several parts: call countersign_verifier_check_json";
            let number = COUNTERSIGN_ERROR_UNKNOWN_NUMBER;
            return Err(Failure::of(number, "factor", why));
        }
    })
}

fn checked(
    opened: &Opened,
    subject: &Subject,
    attempt: &Attempt,
    context: &Context,
) -> Result<Told, Failure> {
    Ok(match opened.verifier.check(subject, attempt, context)? {
        // The evidence stands in the record, where decisions find it.
        Outcome::Accepted(_) => Told::of(COUNTERSIGN_OUTCOME_ACCEPTED),
        Outcome::Denied => Told::of(COUNTERSIGN_OUTCOME_DENIED),
        Outcome::Locked(lock) => Told::locked(lock),
        Outcome::InvalidCheckDigit => Told::of(COUNTERSIGN_OUTCOME_INVALID_CHECK_DIGIT),
        Outcome::Busy { retry_after } => Told::busy(retry_after, &opened.clock),
    })
}

/// Checks an attempt of one text: a code, a password, a PIN. Its factor is a `COUNTERSIGN_FACTOR_..`.
///
/// The outcome is written once it is stored and in the audit trail. A right attempt is evidence, which stands in the record
/// for decisions. `until` is when to try again, or 0. It may be null.
///
/// # Safety
/// `verifier` and `context` are null or handles that live. `subject` and `attempt` are null or lead to so many bytes. `outcome`
/// and `until` are null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_verifier_check(
    verifier: *const countersign_verifier,
    subject: *const c_char,
    subject_length: usize,
    factor: i32,
    attempt: *const c_char,
    attempt_length: usize,
    context: *const countersign_context,
    outcome: *mut i32,
    until: *mut i64,
) -> countersign_result {
    let body = |opened: &Opened| {
        // SAFETY: as of this function.
        let (subject, attempt, context, places) = unsafe {
            (
                opened.subject(subject, subject_length)?,
                text("attempt", attempt, attempt_length)?,
                context_of(context)?,
                OutcomePlaces::new(outcome, until)?,
            )
        };
        let attempt = of_text(factor::factor(factor)?, attempt)?;
        checked(opened, &subject, &attempt, context)?.write(places);
        Ok(())
    };
    // SAFETY: as of this function.
    unsafe { call(verifier, body) }
}

/// Checks an attempt of several parts: two codes, answers, letters, a verification by the host. The form is `attempt`.
///
/// Otherwise it is as `countersign_verifier_check`.
///
/// # Safety
/// As `countersign_verifier_check`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_verifier_check_json(
    verifier: *const countersign_verifier,
    subject: *const c_char,
    subject_length: usize,
    attempt: *const c_char,
    attempt_length: usize,
    context: *const countersign_context,
    outcome: *mut i32,
    until: *mut i64,
) -> countersign_result {
    let body = |opened: &Opened| {
        // SAFETY: as of this function.
        let (subject, form, context, places) = unsafe {
            (
                opened.subject(subject, subject_length)?,
                text("attempt", attempt, attempt_length)?,
                context_of(context)?,
                OutcomePlaces::new(outcome, until)?,
            )
        };
        let catalogue = opened.verifier.settings().catalogue();
        let attempt = self::attempt(form, catalogue)?;
        checked(opened, &subject, &attempt, context)?.write(places);
        Ok(())
    };
    // SAFETY: as of this function.
    unsafe { call(verifier, body) }
}
