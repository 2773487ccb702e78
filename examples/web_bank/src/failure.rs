//! Failures, and the page that each of them gets.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::page::{html, page};

/// The result of a request.
pub(crate) type Answer = Result<Response, Failure>;

/// A request that was not served.
pub(crate) enum Failure {
    /// The form is not of this visit.
    Forged,
    /// The bank cannot answer: a store or a table failed.
    Broken(Box<dyn std::error::Error + Send + Sync>),
    /// The library refused what was given. The text names the field and the rule.
    Refused(countersign::Error),
}

impl From<countersign::Error> for Failure {
    fn from(error: countersign::Error) -> Self {
        if error.is_misuse() {
            Self::Refused(error)
        } else {
            Self::Broken(error.into())
        }
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Broken(error.into())
    }
}

impl From<Box<dyn std::error::Error + Send + Sync>> for Failure {
    fn from(error: Box<dyn std::error::Error + Send + Sync>) -> Self {
        Self::Broken(error)
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Forged => f.write_str("the form is not of this visit"),
            Self::Broken(cause) => f.write_str(&causes(cause.as_ref())),
            Self::Refused(error) => error.fmt(f),
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let (status, text) = match self {
            Self::Forged => (
                StatusCode::FORBIDDEN,
                "This form is not of this visit. Open the page again.".to_owned(),
            ),
            Self::Broken(cause) => {
                eprintln!("error: {}", causes(cause.as_ref()));
                let text = "The bank cannot answer at the moment. Nothing was carried out twice. Try again.";
                (StatusCode::SERVICE_UNAVAILABLE, text.to_owned())
            }
            Self::Refused(error) => (StatusCode::BAD_REQUEST, error.to_string()),
        };
        let body = html!(
            "<p class=bad role=alert>{}</p><p><a href=\"/\">To the first page</a></p>",
            text
        );
        (status, page("Not done", &body)).into_response()
    }
}

/// Returns an error with its causes, in one line.
pub(crate) fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}
