//! The decision: whether an alternative is met, for how long, and the options that are left if none is.

use core::fmt;

use crate::grant::{Grant, Granted, Obligations, Wait};
use crate::policy::decide::case::Met;
use crate::policy::decide::counted::{CountedEvidence, Query};
use crate::policy::decide::options::StepUpOption;
use crate::policy::decide::plans::{self, Only};
use crate::policy::decide::{met, tier};
use crate::policy::document::{Document, Ruling, spans};
use crate::policy::request::Request;
use crate::time::Timestamp;

/// The answer of a policy to a request. There is always an answer, and any doubt is a denial.
///
/// `Display` says it in plain English, for logs.
///
/// ```
/// use countersign::{Decision, account::Obligation, policy::DenyReason};
/// fn to_the_fraud_desk(decision: &Decision) -> bool {
///     match decision {
///         Decision::Deny(denial) => denial.reason == DenyReason::Never || denial.obligations.contains(Obligation::Review),
///         Decision::Allow(_) | Decision::StepUp(_) => false,
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
    /// Not yet. Each of these options would be enough; the least burdensome stands first. Never empty.
    StepUp(Vec<StepUpOption>),
    /// No.
    Deny(Denial),
}

/// Why a request is denied, and what the host has to do because of it. It is for the host and its trail, not for the caller.
///
/// `Display` says it in plain English, for logs.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Denial {
    /// Why.
    pub reason: DenyReason,
    /// The host has to do this because of it.
    pub obligations: Obligations,
    /// The action or the tier that the document does not know, and the name that was probably meant, in words.
    pub unknown: Option<String>,
}

impl Denial {
    /// Denies what has served, or what there is no room to note.
    pub(crate) fn of(reason: DenyReason) -> Self {
        Self {
            reason,
            obligations: Obligations::default(),
            unknown: None,
        }
    }
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "denied: {}",
            because(self.reason, self.unknown.as_deref())
        )
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Allow(grant) => {
                write!(f, "allowed until {} (Unix time)", grant.until().unix())?;
                match grant.delay() {
                    Some(delay) => write!(f, ", to take effect after {}", spans::span(delay)),
                    None => Ok(()),
                }
            }
            Self::StepUp(options) => f.write_str(&before(options)),
            Self::Deny(denial) => denial.fmt(f),
        }
    }
}

/// Returns the options in words.
pub(crate) fn before(options: &[StepUpOption]) -> String {
    let options: Vec<_> = options.iter().map(StepUpOption::to_string).collect();
    format!("not allowed before {}", options.join("; or before "))
}

/// Why a request is denied.
///
/// ```
/// use countersign::policy::DenyReason;
/// let text = DenyReason::NoTransaction.to_string();
/// assert_eq!(text, "the request must be bound to a transaction: see `Context::for_transaction`");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DenyReason {
    /// The document states no such action.
    UnknownAction,
    /// The document says `never` to this action at this tier.
    Never,
    /// The subject is suspended. Until it is resumed, only `account.resume` is allowed.
    Suspended,
    /// All evidence that the subject could still give has to be for a transaction, and the context is for none.
    NoTransaction,
    /// An approval by another agent is missing, and the request names no agent who handles it.
    NoAgent,
    /// The subject can give no evidence now that would be enough: it is not enrolled, or locked.
    NoOption,
    /// The transaction was carried out before, by this action.
    CarriedOut,
    /// The action is a change that waits. It is not carried out by the host: [decide](crate::Verifier::decide), and give the
    /// grant to [`Verifier::change`](crate::Verifier::change).
    Waits,
    /// The record has no room to note one more grant, see [`RedeemRefusal::TooMany`](crate::account::RedeemRefusal::TooMany).
    TooMany {
        /// From then on there is room.
        until: Timestamp,
    },
}

impl fmt::Display for DenyReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnknownAction => "the policy states no such action",
            Self::Never => "the policy never allows this action at this tier",
            Self::Suspended => "the subject is suspended",
            Self::NoTransaction => {
                "the request must be bound to a transaction: see `Context::for_transaction`"
            }
            Self::NoAgent => "the request must name the agent who handles it",
            Self::NoOption => "the subject can give no evidence that would be enough",
            Self::CarriedOut => "the transaction was carried out before",
            Self::Waits => {
                "the change waits before it takes effect: `decide`, and give the grant to `Verifier::change`"
            }
            Self::TooMany { .. } => "too many grants were redeemed today",
        })
    }
}

/// The reason of a denial in words, with the name that the document does not know.
pub(crate) fn because(reason: DenyReason, unknown: Option<&str>) -> String {
    match unknown {
        Some(unknown) if reason == DenyReason::UnknownAction => unknown.to_owned(),
        Some(unknown) => format!("{reason}; {unknown}"),
        None => reason.to_string(),
    }
}

/// The name that a denied request states and the document does not know, in words.
pub(crate) fn unknown(
    document: &Document,
    request: &Request,
    reason: DenyReason,
) -> Option<String> {
    if reason == DenyReason::UnknownAction {
        return Some(document.unknown_action(request.action(), MOST_COMPARED));
    }
    document.unknown_tier(request.tier.as_deref()?)
}

/// The verdict, of which a decision or an explanation is made. So the two cannot disagree.
pub(crate) enum Verdict {
    /// By this alternative of the rule.
    Allowed(usize, Met),
    StepUp(Vec<StepUpOption>),
    Denied(DenyReason, Obligations),
}

pub(crate) fn decide(document: &Document, query: &Query<'_>) -> Decision {
    let ruling = document.ruling(query.request.action(), tier::tier(document, query.request));
    let counted = CountedEvidence::of(document, query);
    match verdict(document, ruling, &counted, query) {
        Verdict::Allowed(place, met) => {
            let Query { status, ctx, .. } = query;
            let lifetime = document.grant_lifetime.min(met.left);
            let rule = ruling.map(|ruling| ruling.rule);
            let wait = rule.and_then(|rule| {
                Some(Box::new(Wait {
                    delay: rule.delay_of(place)?,
                    barred_after_cancel: rule.barred_after_cancel,
                }))
            });
            let granted = Granted {
                subject: status.subject().clone(),
                epoch: status.epoch,
                action: query.request.action().to_owned(),
                interaction: ctx.interaction(),
                binding: ctx.transaction_digest(),
                until: ctx.now().plus(lifetime),
                then: rule.map_or_else(Obligations::default, |rule| rule.on_allow),
                wait,
                handled_by: query.request.handled_by.clone(),
                approved_by: counted.agents(&met),
            };
            Decision::Allow(Grant::allow(granted, counted.proofs(&met)))
        }
        Verdict::StepUp(options) => Decision::StepUp(options),
        Verdict::Denied(reason, obligations) => Decision::Deny(Denial {
            reason,
            obligations,
            unknown: unknown(document, query.request, reason),
        }),
    }
}

pub(crate) fn verdict(
    document: &Document,
    ruling: Option<Ruling<'_>>,
    counted: &CountedEvidence<'_>,
    query: &Query<'_>,
) -> Verdict {
    let Some(Ruling { rule, .. }) = ruling else {
        return Verdict::Denied(DenyReason::UnknownAction, Obligations::default());
    };
    let denied = |reason| Verdict::Denied(reason, rule.on_deny);
    if rule.is_never() {
        return denied(DenyReason::Never);
    }
    let is_suspended = query.status.is_suspended();
    if is_suspended && query.request.action() != RESUME {
        return denied(DenyReason::Suspended);
    }
    if let Some((place, met)) = met::rule(rule, &counted.case) {
        return Verdict::Allowed(place, met);
    }
    // The search is cut to as many options as a desk offers, so it leaves out before what cannot be asked for.
    let has_transaction = query.ctx.transaction_digest().is_some();
    let has_agent = query.request.handled_by.is_some();
    let options = |for_transaction, approved| {
        let only = Only {
            for_transaction,
            approved,
            // Evidence of a suspended subject does not count; only others can resume it.
            evidence: !is_suspended,
        };
        plans::options(document, rule, &counted.case, query.status, only)
    };
    let open = options(has_transaction, has_agent);
    if !open.is_empty() {
        return Verdict::StepUp(open);
    }
    denied(if options(true, true).is_empty() {
        DenyReason::NoOption
    } else if options(has_transaction, true).is_empty() {
        DenyReason::NoTransaction
    } else {
        DenyReason::NoAgent
    })
}

/// A caller who can name actions buys no more work than this.
const MOST_COMPARED: usize = 64;

/// The one action that a suspended subject is not denied: see [`Change::action`](crate::Change::action).
const RESUME: &str = "account.resume";
