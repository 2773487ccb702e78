//! The decision: which evidence counts, whether an alternative is complete, and for how long.

use core::fmt;

use super::document::{Document, Ruling};
use super::options::StepUpOption;
use super::plans::{self, Only};
use super::request::Request;
use super::requirement::{ApprovalFacts, Case, Filled, Piece};
use crate::context::Context;
use crate::evidence::Evidence;
use crate::grant::{Approval, Grant, Granted, Obligations, Proof};
use crate::status::Status;

/// What a policy says to a request. There is always an answer, and any doubt is a denial.
///
/// ```
/// use countersign::{Decision, Grant};
/// fn granted(decision: Decision) -> Option<Grant> {
///     match decision {
///         Decision::Allow(grant) => Some(grant),
///         Decision::StepUp(_) | Decision::Deny(_) => None,
///     }
/// }
/// ```
#[derive(Debug)]
#[must_use = "nothing is allowed but by the grant inside"]
#[expect(
    clippy::exhaustive_enums,
    reason = "another answer has to break the callers' builds"
)]
pub enum Decision {
    /// Yes: the grant is what the action's own code takes.
    Allow(Grant),
    /// Not yet: by one of these ways, least burdensome first; never empty.
    StepUp(Vec<StepUpOption>),
    /// No.
    Deny(Denial),
}

/// A denial: why, and what the document wants done about it. For the host and its trail, not for the caller.
///
/// ```
/// use countersign::{Decision, account::Obligation, policy::{Denial, DenyReason}};
/// fn to_the_fraud_desk(decision: &Decision) -> bool {
///     match decision {
///         Decision::Deny(Denial { refusal: DenyReason::Never, .. }) => true,
///         Decision::Deny(denial) => denial.obligations.contains(Obligation::Review),
///         Decision::Allow(_) | Decision::StepUp(_) => false,
///     }
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Denial {
    /// Why.
    pub refusal: DenyReason,
    /// What has to be done because of it.
    pub obligations: Obligations,
    /// What the request names and the document does not know, in words.
    unknown: Option<String>,
}

impl Denial {
    fn of(document: &Document, request: &Request, refusal: DenyReason, then: Obligations) -> Self {
        let unknown = if refusal == DenyReason::UnknownAction {
            Some(document.unknown_action(request.action(), MOST_COMPARED))
        } else {
            document.unknown_tier(request)
        };
        Self {
            refusal,
            obligations: then,
            unknown,
        }
    }
}

/// For the host: an action or a tier that the document does not know is named, with the one that was probably meant.
impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.unknown, self.refusal) {
            (Some(unknown), DenyReason::UnknownAction) => f.write_str(unknown),
            (Some(unknown), refusal) => write!(f, "{refusal}; {unknown}"),
            (None, refusal) => refusal.fmt(f),
        }
    }
}

/// Why a policy denies.
///
/// ```
/// use countersign::policy::DenyReason;
/// assert_eq!(DenyReason::Suspended.to_string(), "the subject is suspended");
/// let text = DenyReason::NotBound.to_string();
/// assert_eq!(text, "the request must be bound to a transaction: see `Context::for_transaction`");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DenyReason {
    /// The document states no such action.
    UnknownAction,
    /// The document says `never` to this action at this tier.
    Never,
    /// Nothing but `account.resume` is allowed until the subject is resumed.
    Suspended,
    /// What the subject could still show has to be bound to a transaction, and the context is bound to none.
    NotBound,
    /// What is missing is another agent's approval, and the request names no agent who handles it.
    NoAgent,
    /// The subject can show nothing now that would be enough: it is not enrolled, or locked.
    NothingToAsk,
}

impl fmt::Display for DenyReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnknownAction => "the policy states no such action",
            Self::Never => "the policy never allows this action at this tier",
            Self::Suspended => "the subject is suspended",
            Self::NotBound => {
                "the request must be bound to a transaction: see `Context::for_transaction`"
            }
            Self::NoAgent => "the request must name the agent who handles it",
            Self::NothingToAsk => "the subject can show nothing that would be enough",
        })
    }
}

/// A request with everything the decision looks at.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) request: &'a Request,
    pub(super) evidence: &'a [Evidence],
    pub(super) status: &'a Status,
    pub(super) ctx: &'a Context,
}

/// What counts of what was given, and where each comes from.
#[derive(Default)]
pub(super) struct CountedEvidence<'a> {
    pub(super) case: Case<'a>,
    /// In the order of the case's pieces and approvals.
    evidence: Vec<&'a Evidence>,
    approvals: Vec<&'a Approval>,
}

/// The verdict before anything is made of it, so that explaining and deciding cannot disagree.
pub(super) enum Verdict {
    /// By this alternative of the rule.
    Allowed(usize, Filled),
    Asked(Vec<StepUpOption>),
    Denied(Denial),
}

pub(super) fn decide(document: &Document, asked: &Asked<'_>) -> Decision {
    let ruling = document.ruling(asked.request.action(), document.tier(asked.request));
    let seen = CountedEvidence::of(document, asked);
    match verdict(document, ruling, &seen, asked) {
        Verdict::Allowed(_, met) => {
            let Asked { status, ctx, .. } = asked;
            let lifetime = document.grant_lifetime.min(met.left);
            let granted = Granted {
                subject: status.subject().clone(),
                epoch: status.epoch(),
                action: asked.request.action().to_owned(),
                interaction: ctx.interaction(),
                binding: ctx.transaction_digest(),
                until: ctx.now().plus(lifetime),
                then: ruling.map_or_else(Obligations::default, |ruling| ruling.rule.on_allow),
            };
            Decision::Allow(Grant::allow(granted, seen.proofs(&met)))
        }
        Verdict::Asked(ways) => Decision::StepUp(ways),
        Verdict::Denied(denial) => Decision::Deny(denial),
    }
}

pub(super) fn verdict(
    document: &Document,
    ruling: Option<Ruling<'_>>,
    seen: &CountedEvidence<'_>,
    asked: &Asked<'_>,
) -> Verdict {
    let Some(Ruling { rule, .. }) = ruling else {
        let (unknown, then) = (DenyReason::UnknownAction, Obligations::default());
        return Verdict::Denied(Denial::of(document, asked.request, unknown, then));
    };
    let denied =
        |refusal| Verdict::Denied(Denial::of(document, asked.request, refusal, rule.on_deny));
    if rule.is_never() {
        return denied(DenyReason::Never);
    }
    let is_suspended = asked.status.is_suspended();
    if is_suspended && asked.request.action() != RESUME {
        return denied(DenyReason::Suspended);
    }
    if let Some((place, met)) = rule.met(&seen.case) {
        return Verdict::Allowed(place, met);
    }
    // Each is cut to what a desk offers, so what cannot be asked for is left out before.
    let bindable = asked.ctx.transaction_digest().is_some();
    let approvable = asked.request.handled_by.is_some();
    let ways = |for_transaction, approved| {
        let only = Only {
            for_transaction,
            approved,
            // Nothing a suspended subject shows is looked at; only others can resume it.
            shown: !is_suspended,
        };
        plans::ways(document, rule, &seen.case, asked.status, only)
    };
    let open = ways(bindable, approvable);
    if !open.is_empty() {
        return Verdict::Asked(open);
    }
    denied(if ways(true, true).is_empty() {
        DenyReason::NothingToAsk
    } else if ways(bindable, true).is_empty() {
        DenyReason::NotBound
    } else {
        DenyReason::NoAgent
    })
}

impl<'a> CountedEvidence<'a> {
    pub(super) fn of(document: &Document, asked: &Asked<'a>) -> Self {
        let Asked {
            request,
            evidence,
            status,
            ctx,
        } = *asked;
        let now = ctx.now();
        let mut seen = Self::default();
        seen.evidence.reserve(evidence.len());
        seen.case.pieces.reserve(evidence.len());
        for evidence in evidence {
            if discounted(evidence, status, ctx).is_none() {
                let listed = document.listed(evidence);
                seen.evidence.push(evidence);
                seen.case.pieces.push(Piece {
                    factor: evidence.factor(),
                    class: evidence.class(),
                    strength: evidence.strength(),
                    external_verifier: evidence.external_verifier(),
                    reaches: listed.and_then(|listed| listed.reaches),
                    listed: listed.is_some(),
                    age: now.since(evidence.at()),
                    for_transaction: evidence.transaction_digest().is_some(),
                    independent: evidence.channel().is_independent_of(ctx.channel()),
                    here: evidence.interaction() == ctx.interaction(),
                    protected: evidence.is_protected(),
                });
            }
        }
        for approval in &request.approvals {
            let by_another = request
                .handled_by
                .as_ref()
                .is_some_and(|handling| handling != approval.agent());
            if by_another && approval.is_for(&request.action, status.subject(), ctx) {
                seen.approvals.push(approval);
                seen.case.approvals.push(ApprovalFacts {
                    agent: approval.agent(),
                    age: now.since(approval.at()),
                    left: approval.until().since(now),
                });
            }
        }
        seen.case.idle = request
            .last_active
            .filter(|active| *active <= now)
            .map(|active| now.since(active));
        seen
    }

    /// The evidence at that place of the case.
    pub(super) fn evidence(&self, place: usize) -> Option<&'a Evidence> {
        self.evidence.get(place).copied()
    }

    /// The approval at that place of the case.
    pub(super) fn approval(&self, place: usize) -> Option<&'a Approval> {
        self.approvals.get(place).copied()
    }

    fn proofs(&self, met: &Filled) -> Vec<Proof> {
        let evidence = met.pieces.iter().filter_map(|place| self.evidence(*place));
        let approvals = met
            .approvals
            .iter()
            .filter_map(|place| self.approval(*place));
        evidence
            .map(|evidence| Proof {
                id: *evidence.id(),
                once: evidence.transaction_digest().is_some(),
            })
            .chain(approvals.map(|approval| Proof {
                id: *approval.id(),
                once: true,
            }))
            .collect()
    }
}

/// A caller who can name actions buys no more work than this.
const MOST_COMPARED: usize = 64;

/// The one action that a suspended subject is not denied: see [`Change::action`](crate::Change::action).
const RESUME: &str = "account.resume";

/// Why evidence does not count for a request at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Discount {
    OtherSubject,
    OtherEpoch,
    Future,
    OtherTransaction,
}

pub(super) fn discounted(evidence: &Evidence, status: &Status, ctx: &Context) -> Option<Discount> {
    if evidence.subject() != status.subject() {
        Some(Discount::OtherSubject)
    } else if evidence.epoch() != status.epoch() {
        Some(Discount::OtherEpoch)
    } else if evidence.at() > ctx.now() {
        Some(Discount::Future)
    } else if evidence.transaction_digest().is_some()
        && evidence.transaction_digest() != ctx.transaction_digest()
    {
        Some(Discount::OtherTransaction)
    } else {
        None
    }
}
