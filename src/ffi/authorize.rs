//! Decisions of a verifier: what a policy says of the evidence that stands in a record.

use core::ffi::c_char;
use core::ptr;
use core::time::Duration;

use super::context::countersign_context;
use super::failure::Failure;
use super::grant::countersign_grant;
use super::handle::{give, object};
use super::input::text;
use super::json::decision;
use super::json::explanation::explanation;
use super::json::request::request;
use super::output::Place;
use super::policy::countersign_policy;
use super::result::countersign_result;
use super::text::{Text, countersign_text};
use super::verifier::{Opened, call, context_of, countersign_verifier};
use crate::context::Context;
use crate::grant::{Agent, Grant};
use crate::policy::decide::decision::Decision;
use crate::policy::loaded::Policy;
use crate::policy::request::Request;
use crate::subject::Subject;
use crate::verifier::authorize::Authorized;

/// No. The reason is for the host and its trail, not for the caller.
pub const COUNTERSIGN_ANSWER_NO: i32 = 0;
/// Yes.
pub const COUNTERSIGN_ANSWER_YES: i32 = 1;
/// Not yet. The details have options, of which each would be enough.
pub const COUNTERSIGN_ANSWER_STEP_UP: i32 = 2;

/// A question to a policy, and the context of the answer.
struct Asked<'a> {
    policy: &'a Policy,
    request: Request,
    subject: Subject,
    context: &'a Context,
}

impl<'a> Asked<'a> {
    /// Reads what every decision has.
    ///
    /// # Safety
    /// The pointers are as `countersign_verifier_authorize` takes them.
    unsafe fn read(
        opened: &Opened,
        policy: *const countersign_policy,
        request: (*const c_char, usize),
        subject: (*const c_char, usize),
        context: *const countersign_context,
    ) -> Result<Self, Failure> {
        // SAFETY: as of this function.
        unsafe {
            Ok(Self {
                policy: object::<Policy>(policy)?,
                request: self::request(text("request", request.0, request.1)?)?,
                subject: opened.subject(subject.0, subject.1)?,
                context: context_of(context)?,
            })
        }
    }
}

/// The places for an answer and its details, which may be null.
struct AnswerPlaces {
    answer: Place<i32>,
    details: Option<Place<*mut countersign_text>>,
}

impl AnswerPlaces {
    /// Takes both pointers.
    ///
    /// # Safety
    /// Each is null or may be written.
    unsafe fn new(answer: *mut i32, details: *mut *mut countersign_text) -> Result<Self, Failure> {
        // SAFETY: as of this function.
        let answer = unsafe { Place::new(answer, "answer")? };
        let details = if details.is_null() {
            None
        } else {
            // SAFETY: as of this function.
            Some(unsafe { Place::new(details, "details")? })
        };
        Ok(Self { answer, details })
    }

    fn write(self, answer: i32, details: Text) {
        self.answer.write(answer);
        if let Some(place) = self.details {
            place.write(give(details));
        }
    }
}

/// Decides on a request by the evidence of the record. A grant is redeemed in the same write: carry out the action then, once.
///
/// The form of the request is `request`, that of the details `decision`. The answer is a `COUNTERSIGN_ANSWER_..`. `details` may
/// be null.
///
/// # Safety
/// `verifier`, `policy` and `context` are null or handles that live. `request` and `subject` are null or lead to so many bytes.
/// `answer` and `details` are null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_verifier_authorize(
    verifier: *const countersign_verifier,
    policy: *const countersign_policy,
    request: *const c_char,
    request_length: usize,
    subject: *const c_char,
    subject_length: usize,
    context: *const countersign_context,
    answer: *mut i32,
    details: *mut *mut countersign_text,
) -> countersign_result {
    let body = |opened: &Opened| {
        let (request, subject) = ((request, request_length), (subject, subject_length));
        // SAFETY: as of this function.
        let (asked, places) = unsafe {
            (
                Asked::read(opened, policy, request, subject, context)?,
                AnswerPlaces::new(answer, details)?,
            )
        };
        let verifier = &opened.verifier;
        let authorized =
            verifier.authorize(asked.policy, &asked.request, &asked.subject, asked.context)?;
        let number = match &authorized {
            Authorized::Yes(_) => COUNTERSIGN_ANSWER_YES,
            Authorized::StepUp(_) => COUNTERSIGN_ANSWER_STEP_UP,
            Authorized::No(_) => COUNTERSIGN_ANSWER_NO,
        };
        places.write(number, decision::authorized(&authorized)?);
        Ok(())
    };
    // SAFETY: as of this function.
    unsafe { call(verifier, body) }
}

/// Decides on a request, and gives the grant, if there is one. Redeem it before you act, or change the account by it.
///
/// `grant` is null if the answer is not `COUNTERSIGN_ANSWER_YES`. Otherwise it is as `countersign_verifier_authorize`.
///
/// # Safety
/// As `countersign_verifier_authorize`. `grant` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_verifier_decide(
    verifier: *const countersign_verifier,
    policy: *const countersign_policy,
    request: *const c_char,
    request_length: usize,
    subject: *const c_char,
    subject_length: usize,
    context: *const countersign_context,
    answer: *mut i32,
    grant: *mut *mut countersign_grant,
    details: *mut *mut countersign_text,
) -> countersign_result {
    let body = |opened: &Opened| {
        let (request, subject) = ((request, request_length), (subject, subject_length));
        // SAFETY: as of this function.
        let (asked, places, to) = unsafe {
            (
                Asked::read(opened, policy, request, subject, context)?,
                AnswerPlaces::new(answer, details)?,
                Place::new(grant, "grant")?,
            )
        };
        let verifier = &opened.verifier;
        let decision =
            verifier.decide(asked.policy, &asked.request, &asked.subject, asked.context)?;
        let details = decision::decision(&decision)?;
        let (number, granted) = match decision {
            Decision::Allow(grant) => (COUNTERSIGN_ANSWER_YES, give(grant)),
            Decision::StepUp(_) => (COUNTERSIGN_ANSWER_STEP_UP, ptr::null_mut()),
            Decision::Deny(_) => (COUNTERSIGN_ANSWER_NO, ptr::null_mut()),
        };
        places.write(number, details);
        to.write(granted);
        Ok(())
    };
    // SAFETY: as of this function.
    unsafe { call(verifier, body) }
}

/// Explains what a policy says of the evidence of the record. The form is `explanation`.
///
/// It is for people who write policies, and for a trail. It explains what `countersign_verifier_decide` says of the evidence. That
/// a transaction was carried out before is not in it.
///
/// # Safety
/// As `countersign_verifier_authorize`. `explanation` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_verifier_explain(
    verifier: *const countersign_verifier,
    policy: *const countersign_policy,
    request: *const c_char,
    request_length: usize,
    subject: *const c_char,
    subject_length: usize,
    context: *const countersign_context,
    explanation: *mut *mut countersign_text,
) -> countersign_result {
    let body = |opened: &Opened| {
        let (request, subject) = ((request, request_length), (subject, subject_length));
        // SAFETY: as of this function.
        let (asked, to) = unsafe {
            (
                Asked::read(opened, policy, request, subject, context)?,
                Place::new(explanation, "explanation")?,
            )
        };
        let Asked {
            policy,
            request,
            subject,
            context,
        } = asked;
        let explained = opened
            .verifier
            .explain(policy, &request, &subject, context)?;
        to.write(give(self::explanation(&explained)?));
        Ok(())
    };
    // SAFETY: as of this function.
    unsafe { call(verifier, body) }
}

/// Redeems a grant: `COUNTERSIGN_ANSWER_YES` means that its action may be carried out, now and once. The form is `decision`.
///
/// `details` may be null. A grant for a change of the account is not redeemed: give it to the change.
///
/// # Safety
/// `verifier`, `grant` and `context` are null or handles that live. `answer` and `details` are null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_verifier_redeem(
    verifier: *const countersign_verifier,
    grant: *const countersign_grant,
    context: *const countersign_context,
    answer: *mut i32,
    details: *mut *mut countersign_text,
) -> countersign_result {
    let body = |opened: &Opened| {
        // SAFETY: as of this function.
        let (grant, context, places) = unsafe {
            (
                object::<Grant>(grant)?,
                context_of(context)?,
                AnswerPlaces::new(answer, details)?,
            )
        };
        let end = opened.verifier.redeem(grant, context)?;
        let number = match &end {
            Ok(_) => COUNTERSIGN_ANSWER_YES,
            Err(_) => COUNTERSIGN_ANSWER_NO,
        };
        places.write(number, decision::redeemed(&end)?);
        Ok(())
    };
    // SAFETY: as of this function.
    unsafe { call(verifier, body) }
}

/// Approves an action for a subject, for so many seconds, and for the transaction of the context or none.
///
/// Verify the agent before, and show what is approved. It counts once, and for requests that another agent handles.
///
/// # Safety
/// `verifier` and `context` are null or handles that live. `subject`, `agent` and `action` are null or lead to so many bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_verifier_approve(
    verifier: *const countersign_verifier,
    subject: *const c_char,
    subject_length: usize,
    agent: *const c_char,
    agent_length: usize,
    action: *const c_char,
    action_length: usize,
    lifetime: u32,
    context: *const countersign_context,
) -> countersign_result {
    let body = |opened: &Opened| {
        // SAFETY: as of this function.
        let (subject, agent, action, context) = unsafe {
            (
                opened.subject(subject, subject_length)?,
                Agent::new(text("agent", agent, agent_length)?)?,
                text("action", action, action_length)?,
                context_of(context)?,
            )
        };
        let lifetime = Duration::from_secs(lifetime.into());
        let verifier = &opened.verifier;
        Ok(verifier.approve(&subject, &agent, action, lifetime, context)?)
    };
    // SAFETY: as of this function.
    unsafe { call(verifier, body) }
}

/// Ends an interaction: its evidence is forgotten.
///
/// # Safety
/// `verifier` and `context` are null or handles that live. `subject` is null or leads to so many bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_verifier_end(
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
        Ok(opened.verifier.end(&subject, context)?)
    };
    // SAFETY: as of this function.
    unsafe { call(verifier, body) }
}
