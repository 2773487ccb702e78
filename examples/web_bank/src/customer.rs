//! The pages of a customer: account and sign-up. And the small words that all pages use.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Form;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use countersign::knowledge::Answers;
use countersign::otp::Totp;
use countersign::password::Password;
use countersign::{Authority, Change, Changed, Interaction, Subject};

use crate::bank::{Bank, Contact, Newcomer, REALM};
use crate::demo;
use crate::failure::{Answer, Failure};
use crate::page::{Html, Notice, code_field, field, form, hidden, html, page};
use crate::portal::CUSTOMERS;
use crate::session::{Place, Visit};
use crate::tables::Tables;

pub(crate) type Fields = Form<HashMap<String, String>>;

/// Returns a field of a form; empty, if it is not there.
pub(crate) fn given<'f>(fields: &'f Fields, name: &str) -> &'f str {
    fields.get(name).map(String::as_str).unwrap_or_default()
}

pub(crate) async fn first_page() -> Response {
    Redirect::to("/account").into_response()
}

/// Returns the visit of a browser, or begins one without a customer.
pub(crate) fn visit_of(bank: &Bank, headers: &HeaderMap, place: Place) -> Result<Visit, Failure> {
    match bank.seals.read(headers, place) {
        Some(visit) => Ok(visit),
        None => Ok(Visit::begin(None)?),
    }
}

/// Returns the visit of a form that was sent from this visit's own page.
pub(crate) fn visit_of_form(
    bank: &Bank,
    headers: &HeaderMap,
    place: Place,
    fields: &Fields,
) -> Result<Visit, Failure> {
    let visit = bank.seals.read(headers, place).ok_or(Failure::Forged)?;
    bank.seals.expect_form(&visit, given(fields, "token"))?;
    Ok(visit)
}

/// Adds the cookie of a visit.
pub(crate) fn with_cookie(
    bank: &Bank,
    place: Place,
    visit: &Visit,
    mut response: Response,
) -> Answer {
    let cookie = bank.seals.cookie(place, visit)?;
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}

/// A refusal, with the page that says why.
pub(crate) fn refused(page: Response) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
}

// The account.

pub(crate) async fn account(State(bank): State<Arc<Bank>>, headers: HeaderMap) -> Answer {
    let visit = visit_of(&bank, &headers, Place::Visit)?;
    let subject = match CUSTOMERS.signed_in(&bank, &visit).await? {
        Ok(subject) => subject,
        Err(response) => return Ok(response),
    };
    let name = bank.name_of(&subject).await?.unwrap_or_default();
    let number = subject.id().to_owned();
    let payments = bank.bookings.of(&bank.tables, subject.id()).await?;
    let read = move |tables: &Tables| tables.is_blocked(&number);
    let is_blocked = bank.tables.call(read).await?;
    let list: Html = payments
        .iter()
        .map(|payment| {
            html!(
                "<li><span class=right>{} {}</span>{}<br><span class=soft>{}</span></li>",
                payment.amount,
                payment.currency,
                payment.payee,
                payment.reference
            )
        })
        .collect();
    let list = match payments.len() {
        0 => html!("<p class=soft>No payment yet.</p>"),
        _ => html!("<ul id=payments>{}</ul>", list),
    };
    let card = if is_blocked { "blocked" } else { "in use" };
    let body = html!(
        "<p>Welcome, {}.</p><p class=big>1,204.50 EUR</p>\
         <dl><dt>Customer</dt><dd>{}</dd><dt>Card</dt><dd id=card>{}</dd></dl>\
         <p><a href=\"/pay\">Send a payment</a></p><h2>Payments</h2>{}{}",
        name,
        subject.id(),
        card,
        list,
        CUSTOMERS.sign_out_form(&bank.seals.form_token(&visit)?)
    );
    Ok(page("Your account", &body))
}

// Sign-up.

pub(crate) async fn sign_up_page(State(bank): State<Arc<Bank>>, headers: HeaderMap) -> Answer {
    let visit = visit_of(&bank, &headers, Place::Visit)?;
    let page = sign_up_form(&bank, &visit, None, None)?;
    with_cookie(&bank, Place::Visit, &visit, page)
}

fn sign_up_form(
    bank: &Bank,
    visit: &Visit,
    fields: Option<&Fields>,
    notice: Option<&Notice>,
) -> Answer {
    let token = bank.seals.form_token(visit)?;
    let value = |name: &str| fields.map(|fields| given(fields, name)).unwrap_or_default();
    let questions: Html = bank
        .catalogue
        .questions()
        .iter()
        .map(|question| {
            let name = answer_name(question.id().number());
            field(
                question.prompt(),
                &name,
                "autocomplete=off maxlength=200",
                value(&name),
            )
        })
        .collect();
    let inputs = html!(
        "{}{}{}{}",
        field(
            "Your name",
            "name",
            "autocomplete=name maxlength=80",
            value("name")
        ),
        field(
            "Telephone",
            "phone",
            "type=tel autocomplete=tel placeholder=\"+44 7700 900123\" maxlength=30",
            value("phone")
        ),
        field(
            "Password, 8 characters or more",
            "password",
            "type=password autocomplete=new-password maxlength=200",
            ""
        ),
        questions
    );
    let body = html!(
        "{}<p>The answers help us to block your card when you call.</p>{}",
        Notice::html(notice),
        form("/sign-up", &token, &inputs, "Go on")
    );
    Ok(page("Become a customer", &body))
}

pub(crate) fn answer_name(question: u16) -> String {
    format!("answer{question}")
}

/// Reads the answers of a form. A question without a field is not answered.
pub(crate) fn answers(bank: &Bank, fields: &Fields) -> Answers {
    let mut answers = Answers::new();
    for question in bank.catalogue.questions() {
        let name = answer_name(question.id().number());
        if let Some(typed) = fields.get(&name) {
            answers = bank.catalogue.answer(answers, question.id(), typed);
        }
    }
    answers
}

pub(crate) async fn sign_up(
    State(bank): State<Arc<Bank>>,
    headers: HeaderMap,
    fields: Fields,
) -> Answer {
    let visit = visit_of_form(&bank, &headers, Place::Visit, &fields)?;
    let mut tries = 0;
    let (subject, uri) = loop {
        // The bank draws the number, so nobody can ask whether a name is taken.
        let subject = Subject::new(REALM, &drawn_number()?)?;
        let newcomer = Newcomer {
            name: given(&fields, "name").trim().to_owned(),
            password: Password::typed(given(&fields, "password")),
            contact: Some(Contact {
                phone: given(&fields, "phone").to_owned(),
                answers: answers(&bank, &fields),
            }),
        };
        match bank
            .enrol(&subject, newcomer, Totp::generate()?, &visit)
            .await
        {
            Ok(uri) => break (subject, uri),
            Err(failure) if demo::is_taken(&failure) && tries < 8 => tries += 1,
            Err(Failure::Refused(error)) => {
                let notice = Notice::refusal(&error);
                let page = sign_up_form(&bank, &visit, Some(&fields), notice.as_ref())?;
                return Ok(refused(page));
            }
            Err(failure) => return Err(failure),
        }
    };
    let picture = uri.qr_svg()?;
    let shown = html!(
        "<p>Your customer number is <strong id=number>{}</strong>. Keep it.</p>\
         <p>Scan this with an authenticator app:</p><div class=qr>{}</div>\
         <p class=soft>Or copy the key: <code id=uri>{}</code></p>",
        subject.id(),
        Html(picture.expose_text().to_owned()),
        uri.expose_text()
    );
    first_code_page(&bank, &visit, &subject, &shown, None)
}

/// Asks for the first code of an app. The customer's number goes through the form, sealed for this visit.
fn first_code_page(
    bank: &Bank,
    visit: &Visit,
    subject: &Subject,
    shown: &Html,
    notice: Option<&Notice>,
) -> Answer {
    let sealed = bank.seals.note(visit, "enrolment", subject.id())?;
    let fields = html!(
        "{}{}",
        hidden("enrolment", &sealed),
        code_field("First code of your app")
    );
    let token = bank.seals.form_token(visit)?;
    let body = html!(
        "{}{}{}",
        Notice::html(notice),
        shown,
        form("/sign-up/app", &token, &fields, "Done")
    );
    Ok(page("Your app", &body))
}

pub(crate) async fn confirm_app(
    State(bank): State<Arc<Bank>>,
    headers: HeaderMap,
    fields: Fields,
) -> Answer {
    let visit = visit_of_form(&bank, &headers, Place::Visit, &fields)?;
    let sealed = given(&fields, "enrolment");
    let number = bank
        .seals
        .read_note(&visit, "enrolment", sealed)
        .ok_or(Failure::Forged)?;
    let subject = Subject::new(REALM, &number)?;
    let change = Change::ConfirmTotp(Bank::code(given(&fields, "code")));
    let ctx = visit.on_page();
    match bank
        .verifier
        .change(&subject, &change, &Authority::Host, &ctx)
        .await?
    {
        Changed::Done => {
            let notice = Notice::Good("You are a customer now. Sign in.".to_owned());
            CUSTOMERS.form(&bank, &visit, subject.id(), Some(&notice))
        }
        Changed::Denied | Changed::Locked(_) | Changed::InvalidCheckDigit => {
            let notice = Notice::bad("The code is not right. Type the one that the app shows now.");
            let shown = html!(
                "<p>Your customer number is <strong>{}</strong>.</p>",
                subject.id()
            );
            let page = first_code_page(&bank, &visit, &subject, &shown, notice.as_ref())?;
            Ok(refused(page))
        }
        // A policy lets changes wait, and this one was the bank's own.
        Changed::Waits(_) | Changed::Barred(_) => {
            Err(Failure::Broken("a change of the bank waits".into()))
        }
    }
}

/// Draws a customer number.
fn drawn_number() -> Result<String, Failure> {
    let [a, b, c, d, ..] = Interaction::begin()?.to_bytes();
    let number = u32::from_be_bytes([a, b, c, d]) % 100_000_000;
    Ok(format!("C-{number:08}"))
}
