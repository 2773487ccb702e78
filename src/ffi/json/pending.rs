//! Changes that wait, and notices to customers.

use core::time::Duration;

use serde::{Deserialize, Serialize};

use super::words::NamedFactor;
use super::{read, write};
use crate::account::{Pending, Warning};
use crate::delivered::{Notice, Wording};
use crate::ffi::failure::Failure;
use crate::ffi::result::COUNTERSIGN_ERROR_BAD_INPUT;
use crate::ffi::text::Text;
use crate::grant::Agent;

#[derive(Serialize)]
struct PendingForm<'a> {
    id: u16,
    action: &'static str,
    factor: &'static str,
    handled_by: Option<&'a str>,
    approved_by: Vec<&'a str>,
    asked_at: u64,
    effective_at: u64,
    is_paused: bool,
}

/// Writes the changes that wait.
pub(crate) fn pending(all: &[Pending]) -> Result<Text, Failure> {
    let forms: Vec<PendingForm<'_>> = all.iter().map(PendingForm::from).collect();
    write::text(&forms)
}

impl<'a> From<&'a Pending> for PendingForm<'a> {
    fn from(one: &'a Pending) -> Self {
        Self {
            id: one.id().number(),
            action: one.action(),
            factor: one.factor().name(),
            handled_by: one.handled_by().map(Agent::name),
            approved_by: one.approved_by().iter().map(Agent::name).collect(),
            asked_at: one.asked_at().unix(),
            effective_at: one.effective_at().unix(),
            is_paused: one.is_paused(),
        }
    }
}

/// A notice to a customer.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum NoticeForm {
    Waits(WaitsForm),
    Stopped(AboutForm),
    TookEffect(AboutForm),
    Suspended,
    Resumed,
    Voided,
    TriesLeft(TriesForm),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WaitsForm {
    action: String,
    factor: NamedFactor,
    by_agent: bool,
    /// In seconds.
    wait: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AboutForm {
    action: String,
    factor: NamedFactor,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TriesForm {
    factor: NamedFactor,
    left: u8,
}

/// Reads a notice.
pub(crate) fn notice(text: &str) -> Result<Notice, Failure> {
    Ok(match read::plain("notice", text)? {
        NoticeForm::Waits(form) => Notice::Waits {
            action: action(&form.action)?,
            factor: form.factor.0,
            by_agent: form.by_agent,
            wait: Duration::from_secs(u64::from(form.wait)),
        },
        NoticeForm::Stopped(form) => Notice::Stopped {
            action: action(&form.action)?,
            factor: form.factor.0,
        },
        NoticeForm::TookEffect(form) => Notice::TookEffect {
            action: action(&form.action)?,
            factor: form.factor.0,
        },
        NoticeForm::Suspended => Notice::Suspended,
        NoticeForm::Resumed => Notice::Resumed,
        NoticeForm::Voided => Notice::Voided,
        NoticeForm::TriesLeft(form) => Notice::TriesLeft {
            factor: form.factor.0,
            left: form.left,
        },
    })
}

/// The actions of changes that can wait.
const ACTIONS: [&str; 7] = [
    "authenticator.add",
    "authenticator.remove",
    "authenticator.reset",
    "authenticator.unlock",
    "authenticator.rename",
    "authenticator.disable",
    "authenticator.enable",
];

/// Returns the action of that name, if it is one that can wait.
fn action(name: &str) -> Result<&'static str, Failure> {
    let mut all = ACTIONS.into_iter();
    all.find(|action| *action == name).ok_or_else(|| {
        let why = "must be one of a change of authenticators, as `pending` has it";
        Failure::of(COUNTERSIGN_ERROR_BAD_INPUT, "action", why)
    })
}

#[derive(Serialize)]
struct WarningForm<'a> {
    to: &'a str,
    route: &'static str,
    text: String,
}

/// Writes the messages, each with its address.
pub(crate) fn warnings(all: &[Warning], from: &str, wording: &Wording) -> Result<Text, Failure> {
    let mut forms = Vec::new();
    for one in all {
        forms.push(WarningForm {
            to: one.to().address(),
            route: if one.to().is_phone() { "sms" } else { "email" },
            text: one.text(from, wording)?,
        });
    }
    write::text(&forms)
}
