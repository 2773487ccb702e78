//! Decisions on what a record holds. The account and the policy share a floor, so they meet here.

use core::fmt;

use crate::account::draft::{Opened, Step};
use crate::account::steps::standing::Standing;
use crate::context::ContextAt;
use crate::error::Error;
use crate::event::{EventKind, RedeemRefusal};
use crate::grant::{Approval, Grant, Redeemed};
use crate::policy::Explanation;
use crate::policy::decide::counted::Query;
use crate::policy::decide::decision::{Decision, Denial, DenyReason, before};
use crate::policy::decide::options::StepUpOption;
use crate::policy::loaded::Policy;
use crate::policy::request::Request;

/// The answer to a request for an action.
///
/// `Display` says it in plain English, for logs. The [tour](crate::manual::tour#what-the-page-says) has words for a page.
///
/// ```
/// use countersign::{Authorized, Error, Subject};
/// fn page(authorized: Authorized, anna: &Subject) -> Result<String, Error> {
///     Ok(match authorized {
///         Authorized::Yes(redeemed) => format!("{} is done", redeemed.expect("address.change", anna)?.action()),
///         Authorized::StepUp(options) => format!("please give {}", options[0]),
///         Authorized::No(denial) => { eprintln!("{denial}"); "please call us".to_owned() }
///     })
/// }
/// ```
#[derive(Debug)]
#[must_use = "nothing is allowed but by the redeemed grant inside"]
#[expect(
    clippy::exhaustive_enums,
    reason = "another answer has to break the callers' builds"
)]
pub enum Authorized {
    /// Yes: the grant is redeemed. Give it to the action's own code.
    Yes(Redeemed),
    /// Not yet. Each of these options would be enough; the least burdensome stands first. Never empty.
    StepUp(Vec<StepUpOption>),
    /// No. The reason is for the host and its trail, not for the caller.
    No(Denial),
}

impl fmt::Display for Authorized {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Yes(redeemed) => write!(f, "allowed: {}", redeemed.action()),
            Self::StepUp(options) => f.write_str(&before(options)),
            Self::No(denial) => denial.fmt(f),
        }
    }
}

/// The answer of a policy, if evidence that has served is left out.
enum Ruling {
    /// The grant is spent in the draft.
    Granted(Grant),
    StepUp(Vec<StepUpOption>),
    Denied(Denial),
    /// The grant serves a change of a suspended subject. It cannot be redeemed.
    OfSuspended(Grant),
    /// The grant serves a change that waits. It cannot be redeemed.
    Waits(Grant),
    /// No grant can be redeemed, whatever the evidence.
    Refused(RedeemRefusal),
}

/// Decides by the evidence and approvals of the record, without those that have served.
fn rule(standing: &mut Standing<'_>, policy: &Policy, request: &Request, at: &ContextAt) -> Ruling {
    // Nobody is asked for evidence that changes nothing.
    if standing.has_carried_out(request.action()) {
        return Ruling::Refused(RedeemRefusal::CarriedOut);
    }
    let served = leave_out_served(standing, request);
    let query = Query::new(request, &standing.evidence, &standing.status, at)
        .with_approvals(&standing.approvals, &served);
    let grant = match policy.decide_on(&query) {
        Decision::Allow(grant) => grant,
        Decision::StepUp(options) => return Ruling::StepUp(options),
        Decision::Deny(denial) => return Ruling::Denied(denial),
    };
    match standing.spend(&grant) {
        Ok(()) => Ruling::Granted(grant),
        Err(RedeemRefusal::Suspended) => Ruling::OfSuspended(grant),
        Err(RedeemRefusal::Waits) => Ruling::Waits(grant),
        Err(refusal) => Ruling::Refused(refusal),
    }
}

/// Leaves out the evidence and the approvals of the record that have served. Returns the approvals of the request that have.
fn leave_out_served(standing: &mut Standing<'_>, request: &Request) -> Vec<[u8; 16]> {
    standing.leave_out_served(request.action());
    let given = request.approvals.iter().map(Approval::id);
    given
        .filter(|id| standing.has_served(request.action(), id))
        .copied()
        .collect()
}

/// Explains what the policy says of the evidence and approvals that a decision rests on.
pub(super) fn explain(
    opened: &mut Opened,
    policy: &Policy,
    request: &Request,
    at: &ContextAt,
) -> Result<Explanation, Error> {
    let mut standing = Standing::of(opened, at)?;
    let served = leave_out_served(&mut standing, request);
    let query = Query::new(request, &standing.evidence, &standing.status, at)
        .with_approvals(&standing.approvals, &served);
    Ok(policy.explain_on(&query))
}

/// Decides without redeeming.
pub(super) fn decide(
    opened: &mut Opened,
    policy: &Policy,
    request: &Request,
    at: &ContextAt,
) -> Result<Decision, Error> {
    let mut standing = Standing::of(opened, at)?;
    Ok(match rule(&mut standing, policy, request, at) {
        Ruling::Granted(grant) => Decision::Allow(grant),
        // The one action that a policy allows a suspended subject is the change that resumes it. It redeems nothing.
        Ruling::OfSuspended(grant) => Decision::Allow(grant),
        Ruling::Waits(grant) => Decision::Allow(grant),
        Ruling::StepUp(options) => Decision::StepUp(options),
        Ruling::Denied(denial) => Decision::Deny(denial),
        Ruling::Refused(refusal) => Decision::Deny(Denial::of(reason(refusal))),
    })
}

/// Decides, and redeems the grant in one step.
pub(super) fn authorize(
    opened: &mut Opened,
    policy: &Policy,
    request: &Request,
    at: &ContextAt,
) -> Result<Step<Authorized>, Error> {
    let mut standing = Standing::of(opened, at)?;
    match rule(&mut standing, policy, request, at) {
        Ruling::Granted(grant) => standing.redeemed(&grant, Authorized::Yes),
        Ruling::StepUp(options) => {
            standing.not_granted(EventKind::StepUpRequired, Authorized::StepUp(options))
        }
        Ruling::Denied(denial) => {
            standing.not_granted(EventKind::Unauthorized, Authorized::No(denial))
        }
        Ruling::OfSuspended(_) => {
            let denial = Denial::of(DenyReason::Suspended);
            standing.refused(RedeemRefusal::Suspended, Authorized::No(denial))
        }
        Ruling::Waits(_) => {
            let denial = Denial::of(DenyReason::Waits);
            standing.refused(RedeemRefusal::Waits, Authorized::No(denial))
        }
        Ruling::Refused(refusal) => {
            let denial = Denial::of(reason(refusal));
            standing.refused(refusal, Authorized::No(denial))
        }
    }
}

/// Returns why a grant of this moment is not redeemed.
const fn reason(refusal: RedeemRefusal) -> DenyReason {
    match refusal {
        RedeemRefusal::CarriedOut => DenyReason::CarriedOut,
        RedeemRefusal::TooMany { until } => DenyReason::TooMany { until },
        RedeemRefusal::Waits => DenyReason::Waits,
        // A grant of this moment and context is of this epoch, interaction and transaction, has not ended, and rests on nothing
        // that has served. Unknown subjects show nothing.
        _ => DenyReason::NoOption,
    }
}
