//! The authenticators of a subject.

use serde::Serialize;

use super::write;
use crate::authenticator::{AddedBy, Authenticator, AuthenticatorState};
use crate::ffi::failure::Failure;
use crate::ffi::text::Text;

#[derive(Serialize)]
struct AuthenticatorForm<'a> {
    id: u16,
    factor: &'static str,
    label: &'a str,
    added: u64,
    added_by: &'static str,
    /// The first second of a day.
    last_used: Option<u64>,
    state: &'static str,
    /// The end of a wait or a lock, if waiting ends it.
    until: Option<u64>,
    hint: &'a str,
}

/// Writes a list of authenticators.
pub(crate) fn authenticators(all: &[Authenticator]) -> Result<Text, Failure> {
    let forms: Vec<_> = all.iter().map(AuthenticatorForm::from).collect();
    write::text(&forms)
}

impl<'a> From<&'a Authenticator> for AuthenticatorForm<'a> {
    fn from(one: &'a Authenticator) -> Self {
        let (state, until) = match one.state() {
            AuthenticatorState::Pending { until } => ("pending", Some(until)),
            AuthenticatorState::Active => ("active", None),
            AuthenticatorState::Disabled => ("disabled", None),
            AuthenticatorState::Locked { until } => ("locked", until),
        };
        Self {
            id: one.id().number(),
            factor: one.factor().name(),
            label: one.label().text(),
            added: one.added().unix(),
            added_by: match one.added_by() {
                AddedBy::Host => "host",
                AddedBy::Customer => "customer",
                AddedBy::Agent => "agent",
            },
            last_used: one.last_used().map(|day| day.unix()),
            state,
            until: until.map(|until| until.unix()),
            hint: one.hint(),
        }
    }
}
