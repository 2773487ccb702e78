//! The API: bearer tokens, and the step-up challenge of RFC 9470.
//!
//! A token is a sealed interaction. The two routes that make one and raise it stand for an authorization server.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use countersign::password::Password;
use countersign::policy::StepUpChallenge;
use countersign::{Attempt, Decision, Subject};

use crate::bank::{Bank, customer};
use crate::customer::{Fields, given};
use crate::failure::{Answer, Failure};
use crate::session::{Place, Visit};

fn json(status: StatusCode, text: String) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], text).into_response()
}

/// Refuses, and says in `WWW-Authenticate` what is missing.
fn challenge(text: &str) -> Answer {
    let value = HeaderValue::from_str(text).map_err(|_| Failure::Forged)?;
    let mut response = json(StatusCode::UNAUTHORIZED, "{}".to_owned());
    response
        .headers_mut()
        .insert(header::WWW_AUTHENTICATE, value);
    Ok(response)
}

/// A program reads no page: a failure keeps its status alone.
pub(crate) async fn without_a_page(response: Response) -> Response {
    let is_failure = response.status().is_client_error() || response.status().is_server_error();
    let kind = response.headers().get(header::CONTENT_TYPE);
    if is_failure && kind.is_none_or(|kind| kind != "application/json") {
        return json(response.status(), "{}".to_owned());
    }
    response
}

/// Takes a password for a token.
pub(crate) async fn token(State(bank): State<Arc<Bank>>, fields: Fields) -> Answer {
    let refused = || {
        Ok(json(
            StatusCode::BAD_REQUEST,
            r#"{"error":"invalid_grant"}"#.to_owned(),
        ))
    };
    let Some(subject) = customer(given(&fields, "customer")) else {
        return refused();
    };
    let visit = Visit::begin(Some(subject.clone()))?;
    let attempt = Attempt::Password(Password::typed(given(&fields, "password")));
    if bank
        .check(&subject, attempt, &visit.on_page(), "")
        .await?
        .is_err()
    {
        return refused();
    }
    let token = bank.seals.seal(Place::Token, &visit)?;
    let text = format!(r#"{{"access_token":"{token}","token_type":"Bearer"}}"#);
    Ok(json(StatusCode::OK, text))
}

/// Takes a code of the app for a token that counts for more.
pub(crate) async fn step_up(
    State(bank): State<Arc<Bank>>,
    headers: HeaderMap,
    fields: Fields,
) -> Answer {
    let Some((visit, subject)) = caller(&bank, &headers) else {
        return challenge("Bearer");
    };
    let attempt = Attempt::Totp(Bank::code(given(&fields, "code")));
    Ok(
        match bank.check(&subject, attempt, &visit.on_page(), "").await? {
            Ok(()) => StatusCode::NO_CONTENT.into_response(),
            Err(_) => json(
                StatusCode::BAD_REQUEST,
                r#"{"error":"invalid_grant"}"#.to_owned(),
            ),
        },
    )
}

pub(crate) async fn balance(State(bank): State<Arc<Bank>>, headers: HeaderMap) -> Answer {
    match allowed(&bank, &headers, "api.balance").await? {
        Ok(_) => {
            let text = r#"{"balance":"1204.50","currency":"EUR"}"#;
            Ok(json(StatusCode::OK, text.to_owned()))
        }
        Err(response) => Ok(response),
    }
}

pub(crate) async fn statement(State(bank): State<Arc<Bank>>, headers: HeaderMap) -> Answer {
    let subject = match allowed(&bank, &headers, "api.statement").await? {
        Ok(subject) => subject,
        Err(response) => return Ok(response),
    };
    let payments = bank.bookings.of(&bank.tables, subject.id()).await?;
    // Reference, amount and currency have forms without quotes.
    let rows: Vec<_> = payments
        .iter()
        .map(|payment| {
            format!(
                r#"{{"reference":"{}","amount":"{}","currency":"{}"}}"#,
                payment.reference, payment.amount, payment.currency
            )
        })
        .collect();
    Ok(json(
        StatusCode::OK,
        format!(r#"{{"payments":[{}]}}"#, rows.join(",")),
    ))
}

fn caller(bank: &Bank, headers: &HeaderMap) -> Option<(Visit, Subject)> {
    let visit = bank.seals.bearer(headers)?;
    let subject = visit.subject.clone()?;
    Some((visit, subject))
}

/// Returns the customer of a token that is enough, or the answer that says what is missing.
async fn allowed(
    bank: &Bank,
    headers: &HeaderMap,
    action: &str,
) -> Result<Result<Subject, Response>, Failure> {
    let Some((visit, subject)) = caller(bank, headers) else {
        return challenge("Bearer").map(Err);
    };
    match bank.may(action, &subject, &visit.on_page()).await? {
        Decision::Allow(_) => Ok(Ok(subject)),
        Decision::StepUp(options) => {
            let asked = StepUpChallenge::of(&options).map(|challenge| challenge.to_string());
            challenge(asked.as_deref().unwrap_or("Bearer")).map(Err)
        }
        Decision::Deny(_) => Ok(Err(json(StatusCode::FORBIDDEN, "{}".to_owned()))),
    }
}
