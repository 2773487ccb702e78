//! The decision: which evidence counts, whether an alternative is complete, and for how long.

use core::fmt;

use super::document::Rule;
use super::options::{self, Way};
use super::requirement::Requirement;
use crate::context::Context;
use crate::evidence::{Evidence, Standing};
use crate::grant::Grant;
use crate::time::{Lifetime, Timestamp};

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
    StepUp(Vec<Way>),
    /// No.
    Deny(Refusal),
}

/// Why a policy denies: for the host and its trail, not for the caller.
///
/// ```
/// assert_eq!(countersign::Refusal::Frozen.to_string(), "the subject is frozen");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Refusal {
    /// The document states no such action.
    UnknownAction,
    /// The document says `never` to this action at this tier.
    Never,
    /// Nothing is allowed until the subject is thawed.
    Frozen,
    /// What the subject could still show has to be bound to a transaction, and the context is bound to none.
    NotBound,
    /// The subject can show nothing now that would be enough: it is not enrolled, or locked.
    NothingToAsk,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnknownAction => "the policy states no such action",
            Self::Never => "the policy never allows this action at this tier",
            Self::Frozen => "the subject is frozen",
            Self::NotBound => "the request must be bound to a transaction",
            Self::NothingToAsk => "the subject can show nothing that would be enough",
        })
    }
}

/// The decision by the one rule that applies.
pub(super) fn by_rule(
    rule: &Rule,
    action: &str,
    lifetime: Lifetime,
    evidence: &[Evidence],
    standing: &Standing,
    ctx: &Context,
) -> Decision {
    if matches!(rule, Rule::Never) {
        return Decision::Deny(Refusal::Never);
    }
    if standing.is_frozen() {
        return Decision::Deny(Refusal::Frozen);
    }
    let counting: Vec<_> = evidence
        .iter()
        .filter(|evidence| counts(evidence, standing, ctx))
        .collect();
    let (mut filled, mut missing) = (None, Vec::new());
    for alternative in rule.alternatives() {
        match filled_until(&alternative.all, &counting, ctx.now()) {
            Ok(until) => filled = filled.max(Some(until)),
            Err(lacking) => missing.push(lacking),
        }
    }
    if let Some(until) = filled {
        return Decision::Allow(Grant::allow(
            standing.subject().clone(),
            standing.epoch(),
            action.to_owned(),
            ctx.interaction(),
            ctx.binding(),
            until.min(ctx.now().plus(lifetime)),
        ));
    }
    let mut ways = options::ways(&missing, &counting, standing);
    if ways.is_empty() {
        return Decision::Deny(Refusal::NothingToAsk);
    }
    if ctx.binding().is_none() {
        ways.retain(|way| !way.is_bound());
    }
    if ways.is_empty() {
        return Decision::Deny(Refusal::NotBound);
    }
    Decision::StepUp(ways)
}

/// Whether evidence counts for this subject and this request at all.
fn counts(evidence: &Evidence, standing: &Standing, ctx: &Context) -> bool {
    evidence.subject() == standing.subject()
        && evidence.epoch() == standing.epoch()
        && evidence.interaction() == ctx.interaction()
        && evidence.at() <= ctx.now()
        && (evidence.binding().is_none() || evidence.binding() == ctx.binding())
}

/// The last second for which all requirements are filled, each by its freshest evidence; or those that are not filled.
fn filled_until<'a>(
    all: &'a [Requirement],
    counting: &[&Evidence],
    now: Timestamp,
) -> Result<Timestamp, Vec<&'a Requirement>> {
    let mut until = Timestamp::MAX;
    let mut lacking = Vec::new();
    for requirement in all {
        let freshest = counting
            .iter()
            .filter_map(|evidence| requirement.filled_until(evidence, now))
            .max();
        match freshest {
            Some(end) => until = until.min(end),
            None => lacking.push(requirement),
        }
    }
    if lacking.is_empty() {
        Ok(until)
    } else {
        Err(lacking)
    }
}
