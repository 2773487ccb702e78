//! A bank on the web.
//!
//! A customer signs in by password and app, and so does an agent. A payment takes a code for that very payment. An agent verifies
//! callers, and the API asks for a step-up by RFC 9470.
//!
//! A browser keeps one sealed cookie: the id of the interaction, and the customer. The record in the store has the rest. So
//! several copies of this program serve one session, and none of them keeps anything.

mod agent;
mod alarms;
mod api;
mod args;
mod bank;
mod bookings;
mod clock;
mod customer;
mod demo;
mod failure;
mod inside;
mod keys;
mod metrics;
mod page;
mod pay;
mod portal;
#[cfg(feature = "postgres")]
mod postgres;
mod session;
mod store;
mod tables;
mod telephone;

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};

use crate::args::{HELP, Options, Wanted};
use crate::bank::Bank;
use crate::portal::{AGENTS, CUSTOMERS};

/// A longer form is refused.
const MOST_BYTES: usize = 16 * 1024;

#[tokio::main]
async fn main() -> ExitCode {
    let done = match Wanted::read(std::env::args_os().skip(1)) {
        Ok(Wanted::Help) => {
            print!("{HELP}");
            Ok(())
        }
        Ok(Wanted::Serve(options)) => serve(&options).await,
        Err(error) => Err(error.into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", failure::causes(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

async fn serve(options: &Options) -> Result<(), Box<dyn std::error::Error>> {
    let bank = Arc::new(Bank::open(options).await?);
    let listener = tokio::net::TcpListener::bind(options.listen).await?;
    if !options.is_behind_tls {
        eprintln!("note: plain HTTP on a loopback address, so cookies are not `Secure`");
    }
    let measures = tokio::net::TcpListener::bind(options.metrics).await?;
    println!("metrics are at http://{}/metrics", measures.local_addr()?);
    println!("the bank is open at http://{}/", listener.local_addr()?);
    std::io::stdout().flush()?;
    tokio::spawn(purge(Arc::clone(&bank)));
    let metrics = Router::new()
        .route("/metrics", get(metrics::page))
        .with_state(Arc::clone(&bank));
    tokio::spawn(async move { axum::serve(measures, metrics).await });
    axum::serve(listener, routes(bank)).await?;
    Ok(())
}

fn routes(bank: Arc<Bank>) -> Router {
    Router::new()
        .route("/", get(customer::first_page))
        .route("/style.css", get(style))
        .route(
            "/sign-up",
            get(customer::sign_up_page).post(customer::sign_up),
        )
        .route("/sign-up/app", post(customer::confirm_app))
        .merge(CUSTOMERS.routes())
        .merge(AGENTS.routes())
        .route("/account", get(customer::account))
        .route("/pay", get(pay::pay_page).post(pay::pay))
        .route("/pay/confirm", post(pay::confirm))
        .route("/agent", get(agent::desk))
        .route("/agent/begin", post(agent::begin))
        .route("/agent/send", post(agent::send))
        .route("/agent/code", post(agent::code))
        .route("/agent/app", post(agent::app_code))
        .route("/agent/answers", post(agent::answer))
        .route("/agent/block", post(agent::block))
        .route("/agent/end", post(agent::end))
        .merge(api_routes())
        .route("/telephone", get(telephone::telephone))
        .layer(DefaultBodyLimit::max(MOST_BYTES))
        .layer(middleware::from_fn(to_the_end))
        .layer(middleware::from_fn(guarded))
        .with_state(bank)
}

fn api_routes() -> Router<Arc<Bank>> {
    Router::new()
        .route("/api/token", post(api::token))
        .route("/api/step-up", post(api::step_up))
        .route("/api/balance", get(api::balance))
        .route("/api/statement", get(api::statement))
        .layer(middleware::map_response(api::without_a_page))
}

async fn style() -> Response {
    ([(header::CONTENT_TYPE, "text/css")], page::STYLE).into_response()
}

/// Serves a request to its end, also if the browser hangs up: a call of the verifier that is dropped lacks its audit event.
async fn to_the_end(request: Request, next: Next) -> Response {
    let served = tokio::spawn(next.run(request)).await;
    served.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

/// Says to browsers: no script, no frame, no cache, no referrer.
async fn guarded(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in [
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        ),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
    ] {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Drops records of unknown names and old counts, once an hour.
async fn purge(bank: Arc<Bank>) {
    let mut hourly = tokio::time::interval(std::time::Duration::from_secs(3_600));
    loop {
        hourly.tick().await;
        if let Err(error) = bank.verifier.purge().await {
            eprintln!("error: {}", failure::causes(&error));
        }
    }
}
