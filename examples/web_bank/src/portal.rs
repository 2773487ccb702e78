//! Sign-in by password and app. Customers and agents have a portal each: with its numbers, its cookie and its pages.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use countersign::password::Password;
use countersign::{Attempt, Decision, Factor, Subject};

use crate::bank::{self, Bank};
use crate::customer::{Fields, given, refused, visit_of, visit_of_form, with_cookie};
use crate::demo;
use crate::failure::{Answer, Failure};
use crate::page::{Html, Notice, code_field, field, form, html, page};
use crate::session::{Place, Visit};

/// The sign-in of some people, and the page that it leads to.
pub(crate) struct Portal {
    /// Returns the subject of a number. The number of anybody else has no sign-in here.
    subject_of: fn(&str) -> Option<Subject>,
    place: Place,
    /// The action that a sign-in allows.
    action: &'static str,
    home: &'static str,
    sign_in: &'static str,
    app: &'static str,
    sign_out: &'static str,
    title: &'static str,
    label: &'static str,
    wrong: &'static str,
    hint: fn() -> Html,
}

pub(crate) const CUSTOMERS: Portal = Portal {
    subject_of: bank::customer,
    place: Place::Visit,
    action: "account.view",
    home: "/account",
    sign_in: "/sign-in",
    app: "/sign-in/app",
    sign_out: "/sign-out",
    title: "Sign in",
    label: "Customer number",
    wrong: "The customer number or the password is not right.",
    hint: || {
        html!(
            "<p><a href=\"/sign-up\">Become a customer</a></p>\
             <p class=soft>To try it: customer {}, password <code>{}</code>. Her telephone and her app are on the page Telephone.</p>",
            demo::NUMBER,
            demo::PASSWORD
        )
    },
};

pub(crate) const AGENTS: Portal = Portal {
    subject_of: bank::agent,
    place: Place::Desk,
    action: "desk.use",
    home: "/agent",
    sign_in: "/agent/sign-in",
    app: "/agent/sign-in/app",
    sign_out: "/agent/sign-out",
    title: "Sign in to the desk",
    label: "Agent number",
    wrong: "The agent number or the password is not right.",
    hint: || {
        html!(
            "<p class=soft>To try it: agent {}, password <code>{}</code>. Her app is on the page Telephone.</p>",
            demo::AGENT,
            demo::AGENT_PASSWORD
        )
    },
};

type Router = axum::Router<Arc<Bank>>;

impl Portal {
    pub(crate) fn routes(&'static self) -> Router {
        let page = move |State(bank), headers| async move { self.page(bank, headers).await };
        let sign_in = move |State(bank), headers, fields| async move {
            self.by_password(bank, headers, fields).await
        };
        let app = move |State(bank), headers, fields| async move {
            self.by_app(bank, headers, fields).await
        };
        let sign_out = move |State(bank), headers, fields| async move {
            self.leave(bank, headers, fields).await
        };
        Router::new()
            .route(self.sign_in, get(page).post(sign_in))
            .route(self.app, post(app))
            .route(self.sign_out, post(sign_out))
    }

    async fn page(&self, bank: Arc<Bank>, headers: HeaderMap) -> Answer {
        let visit = visit_of(&bank, &headers, self.place)?;
        let page = self.form(&bank, &visit, "", None)?;
        with_cookie(&bank, self.place, &visit, page)
    }

    pub(crate) fn form(
        &self,
        bank: &Bank,
        visit: &Visit,
        number: &str,
        notice: Option<&Notice>,
    ) -> Answer {
        let token = bank.seals.form_token(visit)?;
        let fields = html!(
            "{}{}",
            field(
                self.label,
                "number",
                "autocomplete=username maxlength=40",
                number
            ),
            field(
                "Password",
                "password",
                "type=password autocomplete=current-password maxlength=200",
                ""
            )
        );
        let body = html!(
            "{}{}{}",
            Notice::html(notice),
            form(self.sign_in, &token, &fields, "Sign in"),
            (self.hint)()
        );
        Ok(page(self.title, &body))
    }

    async fn by_password(&self, bank: Arc<Bank>, headers: HeaderMap, fields: Fields) -> Answer {
        let before = visit_of_form(&bank, &headers, self.place, &fields)?;
        let number = given(&fields, "number").trim();
        let again = |text: &str| {
            let notice = Notice::bad(text);
            Ok(refused(self.form(
                &bank,
                &before,
                number,
                notice.as_ref(),
            )?))
        };
        let Some(subject) = (self.subject_of)(number) else {
            return again(self.wrong);
        };
        // Each sign-in begins an interaction of its own, whatever the browser brought along.
        let visit = Visit::begin(Some(subject.clone()))?;
        let attempt = Attempt::Password(Password::typed(given(&fields, "password")));
        let ctx = visit.on_page();
        if let Err(text) = bank.check(&subject, attempt, &ctx, self.wrong).await? {
            return again(&text);
        }
        if let Some(earlier) = &before.subject {
            bank.verifier.end(earlier, &before.on_page()).await?;
        }
        let home = Redirect::to(self.home).into_response();
        with_cookie(&bank, self.place, &visit, home)
    }

    /// Returns the subject of a visit with all that the policy asks for, or the page that asks for more.
    pub(crate) async fn signed_in(
        &self,
        bank: &Bank,
        visit: &Visit,
    ) -> Result<Result<Subject, Response>, Failure> {
        let Some(subject) = &visit.subject else {
            return Ok(Err(Redirect::to(self.sign_in).into_response()));
        };
        match bank.may(self.action, subject, &visit.on_page()).await? {
            Decision::Allow(_) => Ok(Ok(subject.clone())),
            Decision::StepUp(options) => {
                let requirements = options.iter().flat_map(|option| option.requirements());
                let mut factors = requirements.flat_map(|requirement| requirement.factors());
                if factors.any(|factor| *factor == Factor::Password) {
                    return Ok(Err(Redirect::to(self.sign_in).into_response()));
                }
                Ok(Err(self.app_page(bank, visit, None)?))
            }
            Decision::Deny(_) => {
                let text = "You cannot sign in now. Please call us, or try again later.";
                let notice = Notice::bad(text);
                let page = self.form(bank, visit, "", notice.as_ref())?;
                Ok(Err(refused(page)))
            }
        }
    }

    /// The second step of a sign-in.
    fn app_page(&self, bank: &Bank, visit: &Visit, notice: Option<&Notice>) -> Answer {
        let token = bank.seals.form_token(visit)?;
        let body = html!(
            "{}<p>Open your app, and type the code that it shows for the bank.</p>{}{}",
            Notice::html(notice),
            form(self.app, &token, &code_field("Code of your app"), "Go on"),
            self.sign_out_form(&token)
        );
        Ok(page("One more step", &body))
    }

    async fn by_app(&self, bank: Arc<Bank>, headers: HeaderMap, fields: Fields) -> Answer {
        let visit = visit_of_form(&bank, &headers, self.place, &fields)?;
        let Some(subject) = &visit.subject else {
            return Ok(Redirect::to(self.sign_in).into_response());
        };
        let attempt = Attempt::Totp(Bank::code(given(&fields, "code")));
        let wrong = "The code is not right. A code is good once: wait for the next one.";
        let ctx = visit.on_page();
        match bank.check(subject, attempt, &ctx, wrong).await? {
            Ok(()) => Ok(Redirect::to(self.home).into_response()),
            Err(text) => {
                let notice = Notice::bad(&text);
                Ok(refused(self.app_page(&bank, &visit, notice.as_ref())?))
            }
        }
    }

    pub(crate) fn sign_out_form(&self, token: &str) -> Html {
        html!(
            "<div class=plain>{}</div>",
            form(self.sign_out, token, &Html::default(), "Sign out")
        )
    }

    async fn leave(&self, bank: Arc<Bank>, headers: HeaderMap, fields: Fields) -> Answer {
        let visit = visit_of_form(&bank, &headers, self.place, &fields)?;
        if let Some(subject) = &visit.subject {
            bank.verifier.end(subject, &visit.on_page()).await?;
        }
        let mut response = Redirect::to(self.sign_in).into_response();
        let cookie = bank.seals.no_cookie(self.place)?;
        response.headers_mut().append(header::SET_COOKIE, cookie);
        Ok(response)
    }
}
