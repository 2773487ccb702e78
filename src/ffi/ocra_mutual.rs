//! Challenge and response in both directions (RFC 6287 7.2): the customer's app checks the host, and then answers it.

use core::ffi::{c_char, c_void};

use super::border::{given, make, of};
use super::failure::Failure;
use super::handle::{Object, give, object};
use super::input::{bytes, text};
use super::json::order;
use super::last_error::countersign_error;
use super::ocra::countersign_ocra;
use super::ocra_challenge::countersign_ocra_challenge;
use super::output::Place;
use super::result::countersign_result;
use super::state::{self, COUNTERSIGN_VERDICT_ACCEPTED, countersign_save, number};
use super::text::{Text, countersign_text};
use super::time::moment;
use crate::otp::ocra::{
    MutualClient, MutualServer, MutualState, Ocra, OcraChallenge, OcraQuestion, OcraResponse,
};

/// The host's side: it answers the customer's question, asks its own, and checks the answer to that.
pub struct countersign_ocra_server {
    _private: (),
}

impl Object for MutualServer {
    type Tag = countersign_ocra_server;
    const KIND: u64 = 0xc5e1_9a07_4d21_0015;
    const NAME: &str = "server";
}

/// The customer's side: it asks first, checks the host's answer, and only then answers the host's question.
pub struct countersign_ocra_client {
    _private: (),
}

impl Object for MutualClient {
    type Tag = countersign_ocra_client;
    const KIND: u64 = 0xc5e1_9a07_4d21_0016;
    const NAME: &str = "client";
}

/// Joins two directions: `host`, in which the host answers, and `customer`, in which the customer does.
///
/// # Safety
/// `error`, `host` and `customer` are null or handles that live. `to` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_ocra_server_new(
    error: *const countersign_error,
    host: *const countersign_ocra,
    customer: *const countersign_ocra,
    to: *mut *mut countersign_ocra_server,
) -> countersign_result {
    let made = || {
        // SAFETY: as of this function.
        let (host, customer) = unsafe { (object::<Ocra>(host)?, object::<Ocra>(customer)?) };
        Ok(MutualServer::new(host.clone(), customer.clone())?)
    };
    // SAFETY: as of this function.
    unsafe { make(error, to, made) }
}

/// Joins the same two directions for the customer's side.
///
/// # Safety
/// As `countersign_ocra_server_new`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_ocra_client_new(
    error: *const countersign_error,
    host: *const countersign_ocra,
    customer: *const countersign_ocra,
    to: *mut *mut countersign_ocra_client,
) -> countersign_result {
    let made = || {
        // SAFETY: as of this function.
        let (host, customer) = unsafe { (object::<Ocra>(host)?, object::<Ocra>(customer)?) };
        Ok(MutualClient::new(host.clone(), customer.clone())?)
    };
    // SAFETY: as of this function.
    unsafe { make(error, to, made) }
}

/// Gives a copy of the host's side for one session. Its data go into every response of a suite that has them.
///
/// # Safety
/// `server` is null or a handle that lives. `data` is null or leads to so many bytes. `to` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_ocra_server_in_session(
    server: *const countersign_ocra_server,
    data: *const u8,
    data_length: usize,
    to: *mut *mut countersign_ocra_server,
) -> countersign_result {
    let body = |server: &MutualServer| -> Result<MutualServer, Failure> {
        // SAFETY: as of this function.
        let data = unsafe { bytes("data", data, data_length)? };
        Ok(server.clone().in_session(data)?)
    };
    // SAFETY: as of this function.
    unsafe { given(server, to, body) }
}

/// Gives a copy of the customer's side for one session.
///
/// # Safety
/// `client` is null or a handle that lives. `data` is null or leads to so many bytes. `to` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_ocra_client_in_session(
    client: *const countersign_ocra_client,
    data: *const u8,
    data_length: usize,
    to: *mut *mut countersign_ocra_client,
) -> countersign_result {
    let body = |client: &MutualClient| -> Result<MutualClient, Failure> {
        // SAFETY: as of this function.
        let data = unsafe { bytes("data", data, data_length)? };
        Ok(client.clone().in_session(data)?)
    };
    // SAFETY: as of this function.
    unsafe { given(client, to, body) }
}

/// Asks the host to prove itself. Keep the challenge until its answer comes.
///
/// # Safety
/// `client` is null or a handle that lives. `state` is null or leads to so many bytes. `to` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_ocra_client_ask(
    client: *const countersign_ocra_client,
    state: *const u8,
    state_length: usize,
    now: i64,
    to: *mut *mut countersign_ocra_challenge,
) -> countersign_result {
    let body = |client: &MutualClient| -> Result<OcraChallenge, Failure> {
        // SAFETY: as of this function.
        let state = unsafe { state::read::<MutualState>(state, state_length)? };
        Ok(client.open(&state, moment(now)?)?)
    };
    // SAFETY: as of this function.
    unsafe { given(client, to, body) }
}

/// Answers the customer's question, and asks another. Both are given once `save` has stored the next state.
///
/// The form of `task` is `task`: `{"task": "authenticate"}` for example. `save` may be null if the host's suite has no counter.
///
/// # Safety
/// `server` is null or a handle that lives. `state`, `question` and `task` are null or lead to so many bytes. `answer` and
/// `challenge` are null or may be written. `save` keeps to its contract, and takes `user`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_ocra_server_challenge(
    server: *const countersign_ocra_server,
    state: *const u8,
    state_length: usize,
    question: *const c_char,
    question_length: usize,
    task: *const c_char,
    task_length: usize,
    now: i64,
    save: countersign_save,
    user: *mut c_void,
    answer: *mut *mut countersign_text,
    challenge: *mut *mut countersign_ocra_challenge,
) -> countersign_result {
    let body = |server: &MutualServer| {
        // SAFETY: as of this function.
        let (state, question, form, answer, challenge) = unsafe {
            (
                state::read::<MutualState>(state, state_length)?,
                text("question", question, question_length)?,
                text("task", task, task_length)?,
                Place::new(answer, "answer")?,
                Place::new(challenge, "challenge")?,
            )
        };
        let asked = OcraQuestion::typed(server.server().suite(), question)?;
        let task = order::task(form)?;
        let step = server.challenge(&state, &asked, task.task(), moment(now)?)?;
        // SAFETY: as of this function.
        let (text, asks) = unsafe { state::saved(step, state::written, save, user)? };
        answer.write(give(Text::new(text.expose_text())));
        challenge.write(give(asks));
        Ok(())
    };
    // SAFETY: as of this function.
    unsafe { of(server, body) }
}

/// Checks the customer's answer, and spends the question. The verdict is written once `save` has stored the next state.
///
/// # Safety
/// `server` and `challenge` are null or handles that live. `state` and `response` are null or lead to so many bytes. `verdict` is
/// null or may be written. `save` keeps to its contract, and takes `user`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_ocra_server_check(
    server: *const countersign_ocra_server,
    state: *const u8,
    state_length: usize,
    challenge: *const countersign_ocra_challenge,
    response: *const c_char,
    response_length: usize,
    now: i64,
    save: countersign_save,
    user: *mut c_void,
    verdict: *mut i32,
) -> countersign_result {
    let body = |server: &MutualServer| {
        // SAFETY: as of this function.
        let (state, challenge, response, verdict) = unsafe {
            (
                state::read::<MutualState>(state, state_length)?,
                object::<OcraChallenge>(challenge)?,
                OcraResponse::typed(text("response", response, response_length)?),
                Place::new(verdict, "verdict")?,
            )
        };
        let step = server.check(&state, challenge, &response, moment(now)?)?;
        // SAFETY: as of this function.
        unsafe { state::commit(step, save, user, verdict) }
    };
    // SAFETY: as of this function.
    unsafe { of(server, body) }
}

/// Checks the host's answer to the opening question. If it is right, `to` is the response to the host's own question. If not, `to`
/// is null. Both are written once `save` has stored the next state.
///
/// # Safety
/// `client` and `opening` are null or handles that live. `state`, `question` and `answer` are null or lead to so many bytes. `verdict`
/// and `to` are null or may be written. `save` keeps to its contract, and takes `user`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_ocra_client_check(
    client: *const countersign_ocra_client,
    state: *const u8,
    state_length: usize,
    opening: *const countersign_ocra_challenge,
    question: *const c_char,
    question_length: usize,
    answer: *const c_char,
    answer_length: usize,
    now: i64,
    save: countersign_save,
    user: *mut c_void,
    verdict: *mut i32,
    to: *mut *mut countersign_text,
) -> countersign_result {
    let body = |client: &MutualClient| {
        // SAFETY: as of this function.
        let (state, opening, question, answer, verdict, to) = unsafe {
            (
                state::read::<MutualState>(state, state_length)?,
                object::<OcraChallenge>(opening)?,
                text("question", question, question_length)?,
                OcraResponse::typed(text("answer", answer, answer_length)?),
                Place::new(verdict, "verdict")?,
                Place::new(to, "to")?,
            )
        };
        state::expect(save)?;
        let asked = OcraQuestion::typed(client.client().suite(), question)?;
        let step = client.check(&state, opening, &asked, &answer, moment(now)?)?;
        // SAFETY: as of this function.
        match unsafe { state::saved(step, state::written, save, user)? } {
            Ok(response) => {
                verdict.write(COUNTERSIGN_VERDICT_ACCEPTED);
                to.write(give(Text::new(response.expose_text())));
            }
            Err(refused) => {
                verdict.write(number(refused));
                to.write(core::ptr::null_mut());
            }
        }
        Ok(())
    };
    // SAFETY: as of this function.
    unsafe { of(client, body) }
}
