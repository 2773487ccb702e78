//! The agent's desk: a caller is verified by a code that is read out, or by answers.
//!
//! Agents sign in by the bank's own means. This demonstration leaves that out.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse as _, Redirect};
use countersign::delivered::CodeOrder;
use countersign::{Attempt, Authorized, Decision, Redeemed, Request, Subject};

use crate::bank::{Bank, REALM};
use crate::customer::{
    Fields, answer_name, answers, given, refused, visit_of, visit_of_form, with_cookie,
};
use crate::failure::{Answer, Failure};
use crate::page::{Html, Notice, code_field, field, form, html, page};
use crate::session::{Place, Visit};
use crate::tables::Tables;

pub(crate) async fn desk(State(bank): State<Arc<Bank>>, headers: HeaderMap) -> Answer {
    let visit = visit_of(&bank, &headers, Place::Call)?;
    match &visit.subject {
        Some(caller) => call_page(&bank, &visit, caller, None).await,
        None => with_cookie(&bank, Place::Call, &visit, begin_form(&bank, &visit, None)?),
    }
}

fn begin_form(bank: &Bank, visit: &Visit, notice: Option<&Notice>) -> Answer {
    let number = field(
        "Customer number of the caller",
        "customer",
        "autocomplete=off maxlength=40",
        "",
    );
    let body = html!(
        "{}{}<p class=soft>This is the bank's desk. Agents sign in by the bank's own means, which this demonstration leaves out.</p>",
        Notice::html(notice),
        form(
            "/agent/begin",
            &bank.seals.form_token(visit)?,
            &number,
            "Begin the call"
        )
    );
    Ok(page("A call", &body))
}

pub(crate) async fn begin(
    State(bank): State<Arc<Bank>>,
    headers: HeaderMap,
    fields: Fields,
) -> Answer {
    let before = visit_of_form(&bank, &headers, Place::Call, &fields)?;
    let Ok(caller) = Subject::new(REALM, given(&fields, "customer").trim()) else {
        let notice = Notice::bad("That is not the form of a customer number.");
        return Ok(refused(begin_form(&bank, &before, notice.as_ref())?));
    };
    // One call, one interaction: it never serves two callers.
    let call = Visit::begin(Some(caller))?;
    with_cookie(
        &bank,
        Place::Call,
        &call,
        Redirect::to("/agent").into_response(),
    )
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

/// Returns the call of a form, with its caller.
fn call_of(bank: &Bank, headers: &HeaderMap, fields: &Fields) -> Result<(Visit, Subject), Failure> {
    let visit = visit_of_form(bank, headers, Place::Call, fields)?;
    let caller = visit.subject.clone().ok_or(Failure::Forged)?;
    Ok((visit, caller))
}

pub(crate) async fn send(
    State(bank): State<Arc<Bank>>,
    headers: HeaderMap,
    fields: Fields,
) -> Answer {
    let (visit, caller) = call_of(&bank, &headers, &fields)?;
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
    let (visit, caller) = call_of(bank, headers, fields)?;
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
    let (visit, caller) = call_of(&bank, &headers, &fields)?;
    let (request, ctx) = (Request::new("card.block"), visit.on_call());
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
    let (visit, caller) = call_of(&bank, &headers, &fields)?;
    bank.verifier.end(&caller, &visit.on_call()).await?;
    let mut response = Redirect::to("/agent").into_response();
    let cookie = bank.seals.no_cookie(Place::Call)?;
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}
