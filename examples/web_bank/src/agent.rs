//! The agent's desk: a caller is verified by a code that is read out, or by answers.
//!
//! Each of its pages is for an agent who signed in by password and app. A call belongs to the desk that began it.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use countersign::account::Agent;
use countersign::delivered::CodeOrder;
use countersign::{Attempt, Authorized, Decision, Redeemed, Request, Subject};

use crate::bank::{Bank, customer};
use crate::customer::{
    Fields, answer_name, answers, given, refused, visit_of, visit_of_form, with_cookie,
};
use crate::failure::{Answer, Failure};
use crate::page::{Html, Notice, code_field, field, form, html, page};
use crate::portal::AGENTS;
use crate::session::{Place, Visit};
use crate::tables::Tables;

/// An agent who has signed in.
struct Desk {
    visit: Visit,
    subject: Subject,
}

impl Desk {
    /// The place of this desk's calls.
    const fn calls(&self) -> Place {
        Place::Call {
            desk: self.visit.interaction,
        }
    }
}

/// Returns the agent of a browser, or the page of the sign-in.
async fn desk_of(bank: &Bank, headers: &HeaderMap) -> Result<Result<Desk, Response>, Failure> {
    let visit = visit_of(bank, headers, Place::Desk)?;
    Ok(match AGENTS.signed_in(bank, &visit).await? {
        Ok(subject) => Ok(Desk { visit, subject }),
        Err(response) => Err(response),
    })
}

pub(crate) async fn desk(State(bank): State<Arc<Bank>>, headers: HeaderMap) -> Answer {
    let desk = match desk_of(&bank, &headers).await? {
        Ok(desk) => desk,
        Err(response) => return Ok(response),
    };
    match bank.seals.read(&headers, desk.calls()) {
        Some(visit) => match &visit.subject {
            Some(caller) => call_page(&bank, &visit, caller, None).await,
            None => Err(Failure::Forged),
        },
        None => begin_form(&bank, &desk, None).await,
    }
}

async fn begin_form(bank: &Bank, desk: &Desk, notice: Option<&Notice>) -> Answer {
    let name = bank.name_of(&desk.subject).await?.unwrap_or_default();
    let number = field(
        "Customer number of the caller",
        "customer",
        "autocomplete=off maxlength=40",
        "",
    );
    let token = bank.seals.form_token(&desk.visit)?;
    let body = html!(
        "{}{}<p class=soft id=agent>{}, agent {}</p>{}",
        Notice::html(notice),
        form("/agent/begin", &token, &number, "Begin the call"),
        name,
        desk.subject.id(),
        AGENTS.sign_out_form(&token)
    );
    Ok(page("A call", &body))
}

pub(crate) async fn begin(
    State(bank): State<Arc<Bank>>,
    headers: HeaderMap,
    fields: Fields,
) -> Answer {
    let desk = match desk_of(&bank, &headers).await? {
        Ok(desk) => desk,
        Err(response) => return Ok(response),
    };
    bank.seals
        .expect_form(&desk.visit, given(&fields, "token"))?;
    let Some(caller) = customer(given(&fields, "customer")) else {
        let notice = Notice::bad("That is not the form of a customer number.");
        return Ok(refused(begin_form(&bank, &desk, notice.as_ref()).await?));
    };
    // One call, one interaction: it never serves two callers.
    let call = Visit::begin(Some(caller))?;
    let screen = Redirect::to("/agent").into_response();
    with_cookie(&bank, desk.calls(), &call, screen)
}

/// The screen of a call. An unknown number has the screen of a customer.
async fn call_page(
    bank: &Bank,
    visit: &Visit,
    caller: &Subject,
    notice: Option<&Notice>,
) -> Answer {
    let (ctx, token) = (visit.on_call(), bank.seals.form_token(visit)?);
    let number = caller.id().to_owned();
    let read = move |tables: &Tables| tables.is_blocked(&number);
    let is_blocked = bank.tables.call(read).await?;
    let block = bank.may("card.block", caller, &ctx).await?;
    let balance = bank.may("balance.tell", caller, &ctx).await?;
    let block_line = match is_blocked {
        true => html!("<li>Block the card: <span class=yes>done</span></li>"),
        false => line("Block the card", &block),
    };
    let balance_line = match &balance {
        Decision::Allow(_) => {
            html!("<li>Balance <span class=right id=balance>1,204.50 EUR</span></li>")
        }
        _ => line("Tell the balance", &balance),
    };
    let allowed = html!("{}{}", block_line, balance_line);
    let may_block = !is_blocked && matches!(block, Decision::Allow(_));
    let prompts = bank.verifier.prompts(caller).await?;
    let questions: Html = prompts
        .iter()
        .map(|prompt| {
            let name = answer_name(prompt.question().number());
            field(prompt.text(), &name, "autocomplete=off maxlength=200", "")
        })
        .collect();
    let questions = match prompts.len() {
        0 => Html::default(),
        _ => html!(
            "<h2>By answers</h2>{}",
            form("/agent/answers", &token, &questions, "Check the answers")
        ),
    };
    let block = match may_block {
        true => form("/agent/block", &token, &Html::default(), "Block the card"),
        false => Html::default(),
    };
    let body = html!(
        "{}<dl><dt>Caller says</dt><dd>{}</dd></dl><ul id=allowed>{}</ul>{}\
         <h2>By a code</h2><div class=plain>{}</div>{}{}{}<h2>End</h2><div class=plain>{}</div>",
        Notice::html(notice),
        caller.id(),
        allowed,
        block,
        form("/agent/send", &token, &Html::default(), "Send a code"),
        form(
            "/agent/code",
            &token,
            &code_field("Code that the caller reads out"),
            "Check the code"
        ),
        form(
            "/agent/app",
            &token,
            &code_field("Code of the caller's app"),
            "Check the app's code"
        ),
        questions,
        form("/agent/end", &token, &Html::default(), "Hang up")
    );
    Ok(page("A call", &body))
}

/// Says what the policy says of an action.
fn line(words: &str, decision: &Decision) -> Html {
    match decision {
        Decision::Allow(_) => html!("<li>{}: <span class=yes>allowed</span></li>", words),
        Decision::StepUp(options) => {
            let options: Vec<_> = options.iter().map(ToString::to_string).collect();
            let options = options.join(", or before ");
            let options = options.replace("totp", "app code").replace('_', " ");
            html!(
                "<li>{}: <span class=no>not before {}</span></li>",
                words,
                options
            )
        }
        Decision::Deny(_) => html!("<li>{}: <span class=no>not now</span></li>", words),
    }
}

/// A call at a desk.
struct Call {
    desk: Desk,
    visit: Visit,
    caller: Subject,
}

/// Returns the call of a form, or the page of the agent's sign-in.
async fn call_of(
    bank: &Bank,
    headers: &HeaderMap,
    fields: &Fields,
) -> Result<Result<Call, Response>, Failure> {
    let desk = match desk_of(bank, headers).await? {
        Ok(desk) => desk,
        Err(response) => return Ok(Err(response)),
    };
    let visit = visit_of_form(bank, headers, desk.calls(), fields)?;
    let caller = visit.subject.clone().ok_or(Failure::Forged)?;
    Ok(Ok(Call {
        desk,
        visit,
        caller,
    }))
}

pub(crate) async fn send(
    State(bank): State<Arc<Bank>>,
    headers: HeaderMap,
    fields: Fields,
) -> Answer {
    let call = match call_of(&bank, &headers, &fields).await? {
        Ok(call) => call,
        Err(response) => return Ok(response),
    };
    let (visit, caller) = (call.visit, call.caller);
    let order = CodeOrder::spoken();
    let notice = match bank
        .send_code(&caller, &order, None, &visit.on_call())
        .await?
    {
        Ok(text) => Notice::Good(text),
        Err(text) => Notice::Bad(text),
    };
    call_page(&bank, &visit, &caller, Some(&notice)).await
}

pub(crate) async fn code(
    State(bank): State<Arc<Bank>>,
    headers: HeaderMap,
    fields: Fields,
) -> Answer {
    let attempt = Attempt::Delivered(Bank::code(given(&fields, "code")));
    checked(&bank, &headers, &fields, attempt, "The code is not right.").await
}

pub(crate) async fn app_code(
    State(bank): State<Arc<Bank>>,
    headers: HeaderMap,
    fields: Fields,
) -> Answer {
    let attempt = Attempt::Totp(Bank::code(given(&fields, "code")));
    checked(&bank, &headers, &fields, attempt, "The code is not right.").await
}

pub(crate) async fn answer(
    State(bank): State<Arc<Bank>>,
    headers: HeaderMap,
    fields: Fields,
) -> Answer {
    let attempt = Attempt::Questions(answers(&bank, &fields));
    checked(
        &bank,
        &headers,
        &fields,
        attempt,
        "The answers are not right.",
    )
    .await
}

async fn checked(
    bank: &Bank,
    headers: &HeaderMap,
    fields: &Fields,
    attempt: Attempt,
    wrong: &'static str,
) -> Answer {
    let call = match call_of(bank, headers, fields).await? {
        Ok(call) => call,
        Err(response) => return Ok(response),
    };
    let (visit, caller) = (call.visit, call.caller);
    match bank
        .check(&caller, attempt, &visit.on_call(), wrong)
        .await?
    {
        Ok(()) => Ok(Redirect::to("/agent").into_response()),
        Err(text) => {
            let notice = Notice::bad(&text);
            Ok(refused(
                call_page(bank, &visit, &caller, notice.as_ref()).await?,
            ))
        }
    }
}

pub(crate) async fn block(
    State(bank): State<Arc<Bank>>,
    headers: HeaderMap,
    fields: Fields,
) -> Answer {
    let call = match call_of(&bank, &headers, &fields).await? {
        Ok(call) => call,
        Err(response) => return Ok(response),
    };
    let (visit, caller) = (call.visit, call.caller);
    let request = Request::new("card.block").handled_by(Agent::new(call.desk.subject.id())?);
    let ctx = visit.on_call();
    let authorized = bank
        .verifier
        .authorize(&bank.policy, &request, &caller, &ctx)
        .await?;
    let notice = match authorized {
        Authorized::Yes(redeemed) => {
            block_card(&bank, redeemed, &caller).await?;
            Notice::Good("The card is blocked.".to_owned())
        }
        Authorized::StepUp(_) | Authorized::No(_) => {
            Notice::Bad("Not done. Verify the caller again.".to_owned())
        }
    };
    call_page(&bank, &visit, &caller, Some(&notice)).await
}

async fn block_card(bank: &Bank, redeemed: Redeemed, caller: &Subject) -> Result<(), Failure> {
    let redeemed = redeemed.expect("card.block", caller)?;
    let (customer, now) = (redeemed.subject().id().to_owned(), bank.now()?);
    let write = move |tables: &Tables| tables.block_card(&customer, now);
    Ok(bank.tables.call(write).await?)
}

pub(crate) async fn end(
    State(bank): State<Arc<Bank>>,
    headers: HeaderMap,
    fields: Fields,
) -> Answer {
    let call = match call_of(&bank, &headers, &fields).await? {
        Ok(call) => call,
        Err(response) => return Ok(response),
    };
    let (visit, caller) = (call.visit, call.caller);
    bank.verifier.end(&caller, &visit.on_call()).await?;
    let mut response = Redirect::to("/agent").into_response();
    let cookie = bank.seals.no_cookie(call.desk.calls())?;
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}
