//! An event of the audit trail.

use serde::Serialize;

use super::words;
use super::write::Hex;
use crate::event::{Event, EventKind, PendingChange, Reason, RedeemRefusal};
use crate::factor::Factor;
use crate::limits::QuotaScope;

#[derive(Serialize)]
pub(crate) struct EventForm<'a> {
    at: u64,
    pseudonym: Hex<'a>,
    revision: u64,
    channel: &'static str,
    interaction: Hex<'a>,
    clock_went_back: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    tries_left: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    handled_by: Option<Hex<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    approved_by: Vec<Hex<'a>>,
    #[serde(flatten)]
    kind: KindForm,
}

/// The kind of an event, and what only some kinds have.
#[derive(Default, Serialize)]
struct KindForm {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    factor: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    /// When a lock or a refusal ends, if waiting ends it.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sent: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    budget: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by_host: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by_authority: Option<bool>,
    /// The id of a change that waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pending: Option<u16>,
}

impl<'a> From<&'a Event> for EventForm<'a> {
    fn from(event: &'a Event) -> Self {
        Self {
            at: event.at.unix(),
            pseudonym: Hex(&event.pseudonym),
            revision: event.revision,
            channel: words::channel(event.channel),
            interaction: Hex(&event.interaction),
            clock_went_back: event.clock_went_back,
            tries_left: event.tries_left,
            handled_by: event.handled_by.as_ref().map(|hash| Hex(hash)),
            approved_by: event.approved_by.iter().map(|hash| Hex(hash)).collect(),
            kind: KindForm::from(event.kind),
        }
    }
}

impl From<EventKind> for KindForm {
    fn from(kind: EventKind) -> Self {
        let of = |kind| Self {
            kind,
            ..Self::default()
        };
        let by = |kind, factor: Factor| Self {
            factor: Some(factor.name()),
            ..of(kind)
        };
        match kind {
            EventKind::Accepted { factor } => by("accepted", factor),
            EventKind::Denied { factor, reason } => Self {
                reason: Some(denied(reason)),
                ..by("denied", factor)
            },
            EventKind::Reserved { factor } => by("reserved", factor),
            EventKind::Locked { factor, until } => Self {
                until: until.map(|until| until.unix()),
                ..by("locked", factor)
            },
            EventKind::Issued { factor, sent } => Self {
                sent: Some(sent),
                ..by("issued", factor)
            },
            EventKind::IssueRefused { factor } => by("issue_refused", factor),
            EventKind::IssueAlarm { factor, budget } => Self {
                budget: Some(scope(budget)),
                ..by("issue_alarm", factor)
            },
            EventKind::IssueOverBudget { factor, budget } => Self {
                budget: Some(scope(budget)),
                ..by("issue_over_budget", factor)
            },
            EventKind::InvalidCheckDigit { factor } => by("invalid_check_digit", factor),
            EventKind::Approved => of("approved"),
            EventKind::Ended => of("ended"),
            EventKind::StepUpRequired => of("step_up_required"),
            EventKind::Unauthorized => of("unauthorized"),
            EventKind::Redeemed => of("redeemed"),
            EventKind::RedeemRefused { reason } => {
                let (reason, until) = refused(reason);
                Self {
                    reason: Some(reason),
                    until,
                    ..of("redeem_refused")
                }
            }
            EventKind::Exported { by_host } => Self {
                by_host: Some(by_host),
                ..of("exported")
            },
            EventKind::PutBack { refused } => Self {
                refused: Some(refused),
                ..of("put_back")
            },
            EventKind::Listed { by_host } => Self {
                by_host: Some(by_host),
                ..of("listed")
            },
            EventKind::ChangeWaits { change } => waited("change_waits", change),
            EventKind::ChangeWaitsAlready { change } => waited("change_waits_already", change),
            EventKind::ChangeBarred {
                action,
                factor,
                until,
            } => Self {
                action: Some(action),
                until: Some(until.unix()),
                ..by("change_barred", factor)
            },
            EventKind::ChangeTookEffect { change } => waited("change_took_effect", change),
            EventKind::ChangeDropped { change } => waited("change_dropped", change),
            EventKind::ChangeCancelled {
                change,
                by_authority,
            } => Self {
                by_authority: Some(by_authority),
                ..waited("change_cancelled", change)
            },
            EventKind::CancelRefused { id } => Self {
                pending: Some(id.number()),
                ..of("cancel_refused")
            },
            EventKind::Changed { action, by_host } => Self {
                action: Some(action),
                by_host: Some(by_host),
                ..of("changed")
            },
        }
    }
}

fn waited(kind: &'static str, change: PendingChange) -> KindForm {
    KindForm {
        kind,
        pending: Some(change.id.number()),
        action: Some(change.action),
        factor: Some(change.factor.name()),
        ..KindForm::default()
    }
}

const fn scope(budget: QuotaScope) -> &'static str {
    match budget {
        QuotaScope::Destination => "destination",
        QuotaScope::Block => "block",
    }
}

const fn denied(reason: Reason) -> &'static str {
    match reason {
        Reason::Wrong => "wrong",
        Reason::Replayed => "replayed",
        Reason::Expired => "expired",
        Reason::PrivateCodeTold => "private_code_told",
        Reason::NothingOpen => "nothing_open",
        Reason::WordSpent => "word_spent",
        Reason::NotEnrolled => "not_enrolled",
        Reason::UnknownSubject => "unknown_subject",
        Reason::Suspended => "suspended",
        Reason::Superseded => "superseded",
    }
}

/// Returns the word for a refusal, and when it ends if waiting ends it.
pub(crate) const fn refused(reason: RedeemRefusal) -> (&'static str, Option<u64>) {
    let word = match reason {
        RedeemRefusal::UnknownSubject => "unknown_subject",
        RedeemRefusal::Suspended => "suspended",
        RedeemRefusal::Voided => "voided",
        RedeemRefusal::OtherInteraction => "other_interaction",
        RedeemRefusal::OtherTransaction => "other_transaction",
        RedeemRefusal::Expired => "expired",
        RedeemRefusal::CarriedOut => "carried_out",
        RedeemRefusal::Spent => "spent",
        RedeemRefusal::Waits => "waits",
        RedeemRefusal::TooMany { until } => return ("too_many", Some(until.unix())),
    };
    (word, None)
}
