//! Decisions: a grant, options of a step-up, or a denial.

use serde::Serialize;

use super::event::refused;
use super::write::{self, Hex};
use crate::context::TransactionDigest;
use crate::event::RedeemRefusal;
use crate::ffi::failure::Failure;
use crate::ffi::text::Text;
use crate::grant::{Agent, Grant, Obligations, Redeemed};
use crate::policy::decide::decision::Decision;
use crate::policy::{Denial, DenyReason, StepUpOption, StepUpRequirement};
use crate::verifier::authorize::Authorized;

#[derive(Serialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
enum DecisionForm<'a> {
    Yes(GrantedForm<'a>),
    StepUp {
        options: Vec<OptionForm<'a>>,
    },
    No {
        reason: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        until: Option<u64>,
        obligations: Vec<&'static str>,
        text: String,
    },
}

#[derive(Serialize)]
struct GrantedForm<'a> {
    action: &'a str,
    obligations: Vec<&'static str>,
    transaction_digest: Option<String>,
    /// The last second of a grant that is not redeemed.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Hex<'a>>,
    #[serde(flatten)]
    waits: Option<WaitForm<'a>>,
}

/// A grant for a change that waits.
#[derive(Serialize)]
struct WaitForm<'a> {
    /// In seconds.
    delay: u64,
    barred_after_cancel: Option<u64>,
    handled_by: Option<&'a str>,
    approved_by: Vec<&'a str>,
}

#[derive(Serialize)]
pub(crate) struct OptionForm<'a> {
    requirements: Vec<RequirementForm<'a>>,
    cost: u32,
    acr: Option<&'a str>,
    /// In seconds.
    delay: Option<u64>,
    text: String,
}

#[derive(Serialize)]
struct RequirementForm<'a> {
    factors: Vec<&'static str>,
    external_verifier: Option<&'a str>,
    approvals: usize,
    /// In seconds.
    max_age: u64,
    for_transaction: bool,
    independent: bool,
    protected: bool,
    /// In seconds.
    changed_within: Option<u64>,
    text: String,
}

/// Writes the answer to a request.
pub(crate) fn authorized(authorized: &Authorized) -> Result<Text, Failure> {
    write::text(&match authorized {
        Authorized::Yes(redeemed) => DecisionForm::Yes(GrantedForm::from(redeemed)),
        Authorized::StepUp(options) => step_up(options),
        Authorized::No(denial) => no(denial),
    })
}

/// Writes a decision. Its grant is an object of its own.
pub(crate) fn decision(decision: &Decision) -> Result<Text, Failure> {
    write::text(&match decision {
        Decision::Allow(grant) => DecisionForm::Yes(GrantedForm::from(grant)),
        Decision::StepUp(options) => step_up(options),
        Decision::Deny(denial) => no(denial),
    })
}

/// Writes the end of a grant.
pub(crate) fn redeemed(end: &Result<Redeemed, RedeemRefusal>) -> Result<Text, Failure> {
    write::text(&match end {
        Ok(redeemed) => DecisionForm::Yes(GrantedForm::from(redeemed)),
        Err(refusal) => {
            let (reason, until) = refused(*refusal);
            DecisionForm::No {
                reason,
                until,
                obligations: Vec::new(),
                text: format!("not redeemed: {}", reason.replace('_', " ")),
            }
        }
    })
}

fn step_up(options: &[StepUpOption]) -> DecisionForm<'_> {
    DecisionForm::StepUp {
        options: options.iter().map(OptionForm::from).collect(),
    }
}

fn no(denial: &Denial) -> DecisionForm<'static> {
    let (reason, until) = denied(denial.reason);
    DecisionForm::No {
        reason,
        until,
        obligations: names(denial.obligations),
        text: denial.to_string(),
    }
}

/// Returns the word for a denial, and when it ends if waiting ends it.
pub(crate) const fn denied(reason: DenyReason) -> (&'static str, Option<u64>) {
    let word = match reason {
        DenyReason::UnknownAction => "unknown_action",
        DenyReason::Never => "never",
        DenyReason::Suspended => "suspended",
        DenyReason::NoTransaction => "no_transaction",
        DenyReason::NoAgent => "no_agent",
        DenyReason::NoOption => "no_option",
        DenyReason::CarriedOut => "carried_out",
        DenyReason::Waits => "waits",
        DenyReason::TooMany { until } => return ("too_many", Some(until.unix())),
    };
    (word, None)
}

fn names(obligations: Obligations) -> Vec<&'static str> {
    obligations.iter().map(|one| one.name()).collect()
}

fn digest(digest: Option<TransactionDigest>) -> Option<String> {
    digest.map(|digest| Hex(digest.as_bytes()).to_string())
}

impl<'a> From<&'a Redeemed> for GrantedForm<'a> {
    fn from(redeemed: &'a Redeemed) -> Self {
        Self {
            action: redeemed.action(),
            obligations: names(redeemed.obligations()),
            transaction_digest: digest(redeemed.transaction_digest()),
            until: None,
            id: None,
            waits: None,
        }
    }
}

impl<'a> From<&'a Grant> for GrantedForm<'a> {
    fn from(grant: &'a Grant) -> Self {
        Self {
            action: grant.action(),
            obligations: names(grant.obligations()),
            transaction_digest: digest(grant.transaction_digest()),
            until: Some(grant.until().unix()),
            id: Some(Hex(grant.id())),
            waits: grant.delay().map(|delay| WaitForm {
                delay: delay.as_secs(),
                barred_after_cancel: grant.barred_after_cancel().map(|span| span.as_secs()),
                handled_by: grant.handled_by().map(Agent::name),
                approved_by: grant.approved_by().iter().map(Agent::name).collect(),
            }),
        }
    }
}

impl<'a> From<&'a StepUpOption> for OptionForm<'a> {
    fn from(option: &'a StepUpOption) -> Self {
        Self {
            requirements: option
                .requirements()
                .iter()
                .map(RequirementForm::from)
                .collect(),
            cost: option.cost(),
            acr: option.acr(),
            delay: option.delay().map(|delay| delay.as_secs()),
            text: option.to_string(),
        }
    }
}

impl<'a> From<&'a StepUpRequirement> for RequirementForm<'a> {
    fn from(one: &'a StepUpRequirement) -> Self {
        Self {
            factors: one.factors().iter().map(|factor| factor.name()).collect(),
            external_verifier: one.external_verifier(),
            approvals: one.approvals(),
            max_age: one.max_age().as_secs(),
            for_transaction: one.is_for_transaction(),
            independent: one.is_independent(),
            protected: one.is_protected(),
            changed_within: one.changed_within().map(|within| within.as_secs()),
            text: one.to_string(),
        }
    }
}
