//! Changes of an account: it is created and erased, authenticators come and go, and the subject is suspended and resumed.

use core::ffi::c_char;

use super::context::countersign_context;
use super::enrolment::Enrolment;
use super::failure::Failure;
use super::grant::{authority, countersign_grant};
use super::handle::{give, object};
use super::hotp::countersign_hotp;
use super::input::text;
use super::json::authenticators::authenticators;
use super::json::change::change;
use super::json::delivery::recovery_codes;
use super::ocra::countersign_ocra;
use super::outcome::{
    COUNTERSIGN_OUTCOME_ACCEPTED, COUNTERSIGN_OUTCOME_BARRED, COUNTERSIGN_OUTCOME_DENIED,
    COUNTERSIGN_OUTCOME_INVALID_CHECK_DIGIT, COUNTERSIGN_OUTCOME_WAITS, OutcomePlaces, Told,
};
use super::output::Place;
use super::result::{COUNTERSIGN_ERROR_LENGTH, countersign_result};
use super::text::countersign_text;
use super::totp::countersign_totp;
use super::verifier::{Opened, call, context_of, countersign_verifier};
use crate::account::{Change, Changed};
use crate::context::Context;
use crate::grant::Authority;
use crate::otp::ocra::{MutualServer, Ocra, OcraDevice};
use crate::otp::{Hotp, Totp};
use crate::subject::Subject;
use crate::time::Clock;
use core::time::Duration;

/// A permit to hash comes free in a moment.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// A change that is to be made: of whom, by whose authority, in which context.
struct Asked<'a> {
    opened: &'a Opened,
    subject: Subject,
    by: Authority<'a>,
    context: &'a Context,
    places: OutcomePlaces,
}

impl<'a> Asked<'a> {
    /// Reads what every change has.
    ///
    /// # Safety
    /// The pointers are as `countersign_verifier_change` takes them.
    #[expect(clippy::too_many_arguments, reason = "C gives each of them by itself")]
    unsafe fn read(
        opened: &'a Opened,
        subject: *const c_char,
        subject_length: usize,
        by: i32,
        grant: *const countersign_grant,
        context: *const countersign_context,
        outcome: *mut i32,
        until: *mut i64,
    ) -> Result<Self, Failure> {
        // SAFETY: as of this function.
        unsafe {
            Ok(Self {
                opened,
                subject: opened.subject(subject, subject_length)?,
                by: authority(by, grant)?,
                context: context_of(context)?,
                places: OutcomePlaces::new(outcome, until)?,
            })
        }
    }

    fn enrolment(&self) -> Result<Enrolment<'_>, Failure> {
        Ok(Enrolment {
            settings: self.opened.verifier.settings(),
            subject: &self.subject,
            now: self.opened.clock.now()?,
        })
    }

    /// Makes the change, if it could be prepared.
    fn make(self, change: Option<&Change>) -> Result<(), Failure> {
        let verifier = &self.opened.verifier;
        let told = match change {
            None => Told::busy(RETRY_AFTER, &self.opened.clock),
            Some(change) => match verifier.change(&self.subject, change, &self.by, self.context)? {
                Changed::Done => Told::of(COUNTERSIGN_OUTCOME_ACCEPTED),
                Changed::Denied => Told::of(COUNTERSIGN_OUTCOME_DENIED),
                Changed::Locked(lock) => Told::locked(lock),
                Changed::InvalidCheckDigit => Told::of(COUNTERSIGN_OUTCOME_INVALID_CHECK_DIGIT),
                Changed::Waits(pending) => {
                    Told::until(COUNTERSIGN_OUTCOME_WAITS, pending.effective_at())
                }
                Changed::Barred(until) => Told::until(COUNTERSIGN_OUTCOME_BARRED, until),
            },
        };
        told.write(self.places);
        Ok(())
    }
}

/// Creates an account for a new subject, without any authenticator. A subject that has one is an error: a sign-up stops there.
///
/// # Safety
/// `verifier` and `context` are null or handles that live. `subject` is null or leads to so many bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_verifier_create(
    verifier: *const countersign_verifier,
    subject: *const c_char,
    subject_length: usize,
    context: *const countersign_context,
) -> countersign_result {
    let body = |opened: &Opened| {
        // SAFETY: as of this function.
        let (subject, context) = unsafe {
            (
                opened.subject(subject, subject_length)?,
                context_of(context)?,
            )
        };
        Ok(opened.verifier.create(&subject, context)?)
    };
    // SAFETY: as of this function.
    unsafe { call(verifier, body) }
}

/// Makes a change of one text, which is a `COUNTERSIGN_CHANGE_..`. `by` is a `COUNTERSIGN_BY_..`.
///
/// The outcome is a `COUNTERSIGN_OUTCOME_..`: accepted, if the change is made, and denied, if the code that should confirm it is
/// wrong. It waits, if the grant has a delay. `until` is when to try again or when it takes effect, or 0. It may be null.
///
/// # Safety
/// `verifier`, `grant` and `context` are null or handles that live. `subject` and `text` are null or lead to so many bytes.
/// `outcome` and `until` are null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_verifier_change(
    verifier: *const countersign_verifier,
    subject: *const c_char,
    subject_length: usize,
    change: i32,
    text: *const c_char,
    text_length: usize,
    by: i32,
    grant: *const countersign_grant,
    context: *const countersign_context,
    outcome: *mut i32,
    until: *mut i64,
) -> countersign_result {
    let body = |opened: &Opened| {
        // SAFETY: as of this function.
        let (asked, text) = unsafe {
            (
                Asked::read(
                    opened,
                    subject,
                    subject_length,
                    by,
                    grant,
                    context,
                    outcome,
                    until,
                )?,
                self::text("text", text, text_length)?,
            )
        };
        let change = asked.enrolment()?.of_text(change, text)?;
        asked.make(change.as_ref())
    };
    // SAFETY: as of this function.
    unsafe { call(verifier, body) }
}

/// Makes a change of several parts: answers, a device, a password with rules. The form is `change`.
///
/// Otherwise it is as `countersign_verifier_change`.
///
/// # Safety
/// As `countersign_verifier_change`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_verifier_change_json(
    verifier: *const countersign_verifier,
    subject: *const c_char,
    subject_length: usize,
    change: *const c_char,
    change_length: usize,
    by: i32,
    grant: *const countersign_grant,
    context: *const countersign_context,
    outcome: *mut i32,
    until: *mut i64,
) -> countersign_result {
    let body = |opened: &Opened| {
        // SAFETY: as of this function.
        let (asked, form) = unsafe {
            (
                Asked::read(
                    opened,
                    subject,
                    subject_length,
                    by,
                    grant,
                    context,
                    outcome,
                    until,
                )?,
                text("change", change, change_length)?,
            )
        };
        let change = asked.enrolment()?.of_form(self::change(form)?)?;
        asked.make(change.as_ref())
    };
    // SAFETY: as of this function.
    unsafe { call(verifier, body) }
}

/// Adds an authenticator app, which waits ten minutes for its first code. Otherwise it is as `countersign_verifier_change`.
///
/// # Safety
/// As `countersign_verifier_change`. `totp` is null or a handle that lives.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_verifier_add_totp(
    verifier: *const countersign_verifier,
    subject: *const c_char,
    subject_length: usize,
    totp: *const countersign_totp,
    by: i32,
    grant: *const countersign_grant,
    context: *const countersign_context,
    outcome: *mut i32,
    until: *mut i64,
) -> countersign_result {
    let body = |opened: &Opened| {
        // SAFETY: as of this function.
        let (asked, totp) = unsafe {
            (
                Asked::read(
                    opened,
                    subject,
                    subject_length,
                    by,
                    grant,
                    context,
                    outcome,
                    until,
                )?,
                object::<Totp>(totp)?,
            )
        };
        asked.make(Some(&Change::AddTotp(totp.clone())))
    };
    // SAFETY: as of this function.
    unsafe { call(verifier, body) }
}

/// Adds a token with a button, and the counter it starts at. The token waits ten minutes for its first code. Otherwise it is as
/// `countersign_verifier_change`.
///
/// # Safety
/// As `countersign_verifier_change`. `hotp` is null or a handle that lives.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_verifier_add_hotp(
    verifier: *const countersign_verifier,
    subject: *const c_char,
    subject_length: usize,
    hotp: *const countersign_hotp,
    counter: u64,
    by: i32,
    grant: *const countersign_grant,
    context: *const countersign_context,
    outcome: *mut i32,
    until: *mut i64,
) -> countersign_result {
    let body = |opened: &Opened| {
        // SAFETY: as of this function.
        let (asked, hotp) = unsafe {
            (
                Asked::read(
                    opened,
                    subject,
                    subject_length,
                    by,
                    grant,
                    context,
                    outcome,
                    until,
                )?,
                object::<Hotp>(hotp)?,
            )
        };
        asked.make(Some(&Change::AddHotp(hotp.clone(), counter)))
    };
    // SAFETY: as of this function.
    unsafe { call(verifier, body) }
}

/// Sets the device that answers questions, or the one that signs. Otherwise it is as `countersign_verifier_change`.
///
/// `host` is null, or the secret by which the host answers a device that asks first.
///
/// # Safety
/// As `countersign_verifier_change`. `customer` and `host` are null or handles that live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_verifier_set_ocra(
    verifier: *const countersign_verifier,
    subject: *const c_char,
    subject_length: usize,
    customer: *const countersign_ocra,
    host: *const countersign_ocra,
    by: i32,
    grant: *const countersign_grant,
    context: *const countersign_context,
    outcome: *mut i32,
    until: *mut i64,
) -> countersign_result {
    let body = |opened: &Opened| {
        // SAFETY: as of this function.
        let (asked, customer) = unsafe {
            (
                Asked::read(
                    opened,
                    subject,
                    subject_length,
                    by,
                    grant,
                    context,
                    outcome,
                    until,
                )?,
                object::<Ocra>(customer)?.clone(),
            )
        };
        let device = if host.is_null() {
            OcraDevice::from(customer)
        } else {
            // SAFETY: as of this function.
            let host = unsafe { object::<Ocra>(host)? };
            OcraDevice::from(MutualServer::new(host.clone(), customer)?)
        };
        asked.make(Some(&Change::SetOcra(device)))
    };
    // SAFETY: as of this function.
    unsafe { call(verifier, body) }
}

/// Draws a new list of recovery codes, 1 to 16. The form is `recovery_codes`. An earlier list is void.
///
/// # Safety
/// `verifier`, `grant` and `context` are null or handles that live. `subject` is null or leads to so many bytes. `codes` is null
/// or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_verifier_generate_recovery_codes(
    verifier: *const countersign_verifier,
    subject: *const c_char,
    subject_length: usize,
    count: u32,
    by: i32,
    grant: *const countersign_grant,
    context: *const countersign_context,
    codes: *mut *mut countersign_text,
) -> countersign_result {
    let body = |opened: &Opened| {
        // SAFETY: as of this function.
        let (subject, by, context, to) = unsafe {
            (
                opened.subject(subject, subject_length)?,
                authority(by, grant)?,
                context_of(context)?,
                Place::new(codes, "codes")?,
            )
        };
        let count = u8::try_from(count).map_err(|_| {
            let why = "must be 1 to 16";
            Failure::of(COUNTERSIGN_ERROR_LENGTH, "count", why)
        })?;
        let verifier = &opened.verifier;
        let list = verifier.generate_recovery_codes(&subject, count, &by, context)?;
        to.write(give(recovery_codes(&list)?));
        Ok(())
    };
    // SAFETY: as of this function.
    unsafe { call(verifier, body) }
}

/// Lists the authenticators of a subject. The form is `authenticators`. `by` is a `COUNTERSIGN_BY_..`: a grant is for
/// `authenticator.list`.
///
/// # Safety
/// `verifier`, `grant` and `context` are null or handles that live. `subject` is null or leads to so many bytes.
/// `authenticators` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_verifier_authenticators(
    verifier: *const countersign_verifier,
    subject: *const c_char,
    subject_length: usize,
    by: i32,
    grant: *const countersign_grant,
    context: *const countersign_context,
    authenticators: *mut *mut countersign_text,
) -> countersign_result {
    let body = |opened: &Opened| {
        // SAFETY: as of this function.
        let (subject, by, context, to) = unsafe {
            (
                opened.subject(subject, subject_length)?,
                authority(by, grant)?,
                context_of(context)?,
                Place::new(authenticators, "authenticators")?,
            )
        };
        let all = opened.verifier.authenticators(&subject, &by, context)?;
        to.write(give(self::authenticators(&all)?));
        Ok(())
    };
    // SAFETY: as of this function.
    unsafe { call(verifier, body) }
}

/// Deletes the record of a subject, and its decoy. `erased` is 1 if there was one, and 0 if not.
///
/// # Safety
/// `verifier` is null or a handle that lives. `subject` is null or leads to so many bytes. `erased` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_verifier_erase(
    verifier: *const countersign_verifier,
    subject: *const c_char,
    subject_length: usize,
    erased: *mut i32,
) -> countersign_result {
    let body = |opened: &Opened| {
        // SAFETY: as of this function.
        let (subject, erased) = unsafe {
            (
                opened.subject(subject, subject_length)?,
                Place::new(erased, "erased")?,
            )
        };
        erased.write(i32::from(opened.verifier.erase(&subject)?));
        Ok(())
    };
    // SAFETY: as of this function.
    unsafe { call(verifier, body) }
}

/// Drops the records of unknown names whose time has come, and old counts of issued codes. Call it once an hour.
///
/// # Safety
/// `verifier` is null or a handle that lives. `dropped` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_verifier_purge(
    verifier: *const countersign_verifier,
    dropped: *mut u64,
) -> countersign_result {
    let body = |opened: &Opened| {
        // SAFETY: as of this function.
        let to = unsafe { Place::new(dropped, "dropped")? };
        to.write(opened.verifier.purge()? as u64);
        Ok(())
    };
    // SAFETY: as of this function.
    unsafe { call(verifier, body) }
}
