//! A payment: it takes a code that was sent for this very payment.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Redirect, Response};
use countersign::delivered::CodeOrder;
use countersign::{Attempt, Context, Interaction, Subject, Transaction};

use crate::bank::Bank;
use crate::bookings::{Asked, Settled};
use crate::customer::{Fields, given, refused, visit_of, visit_of_form};
use crate::failure::{Answer, Failure};
use crate::page::{Notice, code_field, field, form, hidden, html, page};
use crate::portal::CUSTOMERS;
use crate::session::{Place, Visit};

const CURRENCY: &str = "EUR";

pub(crate) async fn pay_page(State(bank): State<Arc<Bank>>, headers: HeaderMap) -> Answer {
    let visit = visit_of(&bank, &headers, Place::Visit)?;
    match CUSTOMERS.signed_in(&bank, &visit).await? {
        Ok(_) => pay_form(&bank, &visit, ("", ""), None),
        Err(response) => Ok(response),
    }
}

fn pay_form(
    bank: &Bank,
    visit: &Visit,
    (payee, amount): (&str, &str),
    notice: Option<&Notice>,
) -> Answer {
    let fields = html!(
        "{}{}",
        field("To whom", "payee", "autocomplete=off maxlength=140", payee),
        field(
            "Amount in EUR, such as 99.50",
            "amount",
            "inputmode=decimal autocomplete=off maxlength=20",
            amount
        )
    );
    let token = bank.seals.form_token(visit)?;
    let body = html!(
        "{}{}",
        Notice::html(notice),
        form("/pay", &token, &fields, "Go on")
    );
    Ok(page("Send a payment", &body))
}

/// The form with payee and amount: a code is sent for this payment.
pub(crate) async fn pay(
    State(bank): State<Arc<Bank>>,
    headers: HeaderMap,
    fields: Fields,
) -> Answer {
    let visit = visit_of_form(&bank, &headers, Place::Visit, &fields)?;
    let subject = match CUSTOMERS.signed_in(&bank, &visit).await? {
        Ok(subject) => subject,
        Err(response) => return Ok(response),
    };
    let payment = match payment_of(&fields, true) {
        Ok(payment) => payment,
        Err(Failure::Refused(error)) => {
            let (typed, notice) = ((given(&fields, "payee"), given(&fields, "amount")), error);
            let notice = Notice::refusal(&notice);
            return Ok(refused(pay_form(&bank, &visit, typed, notice.as_ref())?));
        }
        Err(failure) => return Err(failure),
    };
    let ctx = visit.on_page().for_transaction(&payment);
    if let Some(response) = settle(&bank, &subject, &payment, &ctx).await? {
        return Ok(response);
    }
    let order = CodeOrder::private();
    let sent = bank
        .send_code(&subject, &order, Some(&payment), &ctx)
        .await?;
    let notice = match sent {
        Ok(text) => Notice::Good(text),
        Err(text) => Notice::Bad(text),
    };
    confirm_form(&bank, &visit, &payment, Some(&notice))
}

/// Shows payee and amount as the code is bound to them, and asks for the code.
fn confirm_form(
    bank: &Bank,
    visit: &Visit,
    payment: &Transaction,
    notice: Option<&Notice>,
) -> Answer {
    let value = |name| payment.value(name).unwrap_or_default();
    let fields = html!(
        "{}{}{}",
        hidden("reference", payment.reference()),
        hidden("payee", value("payee")),
        hidden("amount", value("amount"))
    );
    let token = bank.seals.form_token(visit)?;
    let with_code = html!("{}{}", fields, code_field("Code from the message"));
    let body = html!(
        "{}<dl><dt>To</dt><dd>{}</dd><dt>Amount</dt><dd>{} {}</dd><dt>Reference</dt><dd>{}</dd></dl>\
         <p>The message names this payee and this amount. If it does not, stop here.</p>{}<div class=plain>{}</div>",
        Notice::html(notice),
        value("payee"),
        value("amount"),
        value("currency"),
        payment.reference(),
        form("/pay/confirm", &token, &with_code, "Pay"),
        form("/pay", &token, &fields, "Send the code again")
    );
    Ok(page("Confirm the payment", &body))
}

pub(crate) async fn confirm(
    State(bank): State<Arc<Bank>>,
    headers: HeaderMap,
    fields: Fields,
) -> Answer {
    let visit = visit_of_form(&bank, &headers, Place::Visit, &fields)?;
    let subject = match CUSTOMERS.signed_in(&bank, &visit).await? {
        Ok(subject) => subject,
        Err(response) => return Ok(response),
    };
    let payment = payment_of(&fields, false)?;
    let ctx = visit.on_page().for_transaction(&payment);
    let attempt = Attempt::Delivered(Bank::code(given(&fields, "code")));
    let wrong = "The code is not right for this payment.";
    let checked = bank.check(&subject, attempt, &ctx, wrong).await?;
    if let Some(response) = settle(&bank, &subject, &payment, &ctx).await? {
        return Ok(response);
    }
    let text = checked.err().unwrap_or_else(|| wrong.to_owned());
    let notice = Notice::bad(&text);
    Ok(refused(confirm_form(
        &bank,
        &visit,
        &payment,
        notice.as_ref(),
    )?))
}

/// Carries the payment out if the policy allows it. `None` means that more evidence is asked for.
async fn settle(
    bank: &Arc<Bank>,
    subject: &Subject,
    payment: &Transaction,
    ctx: &Context,
) -> Result<Option<Response>, Failure> {
    let asked = Asked {
        subject: subject.clone(),
        payment: payment.clone(),
        ctx: *ctx,
    };
    Ok(match bank.bookings.settle(bank, asked).await? {
        Settled::Booked => Some(Redirect::to("/account").into_response()),
        Settled::Before => Some(not_sent(BEFORE)),
        Settled::StepUp => None,
        Settled::Refused => Some(not_sent(
            "The payment cannot be confirmed now. Please call us, or try again later.",
        )),
    })
}

const BEFORE: &str = "This payment was carried out before. It was not sent again.";

fn not_sent(text: &str) -> Response {
    let body = html!(
        "<p class=bad role=alert>{}</p><p><a href=\"/account\">To your account</a></p>",
        text
    );
    refused(page("Not sent", &body))
}

/// Reads the payment of a form. Only a new one gets a reference of the bank.
fn payment_of(fields: &Fields, may_be_new: bool) -> Result<Transaction, Failure> {
    let reference = match given(fields, "reference") {
        "" if may_be_new => drawn_reference()?,
        reference if is_reference(reference) => reference.to_owned(),
        _ => return Err(Failure::Forged),
    };
    let (payee, amount) = (given(fields, "payee"), given(fields, "amount").trim());
    Ok(Transaction::payment(&reference, payee, amount, CURRENCY)?)
}

const PREFIX: &str = "FB-";

fn drawn_reference() -> Result<String, Failure> {
    let digits: String = Interaction::begin()?
        .to_bytes()
        .iter()
        .take(6)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Ok(format!("{PREFIX}{digits}"))
}

fn is_reference(text: &str) -> bool {
    let is_hex =
        |digits: &str| digits.len() == 12 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    text.strip_prefix(PREFIX).is_some_and(is_hex)
}
