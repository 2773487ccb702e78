//! Why a decision is what it is: as data, and in plain English from it.

mod plain;

use super::decide::{self, Asked, CountedEvidence, Denial, Discount, Verdict};
use super::document::{Alternative, Document};
use super::near;
use super::options::StepUpOption;
use super::picture;
use super::requirement::{Case, Requirement, Wanted};
use super::signals::Signals;
use super::words;
use crate::evidence::Evidence;
use crate::time::Timestamp;
use core::time::Duration;

/// Why a policy decides as it does: the rule, the tier and what led to it, each alternative with what fills it and what it
/// lacks, and the evidence that does not count.
///
/// For the host, its trail and its tests; not for the caller, to whom it would tell what to forge. It is computed by the same
/// steps as the decision. `Display` says it in plain English, one fact a line:
///
/// ```
/// use countersign::{Context, Evidence, Policy, Request, account::Status};
/// fn log(policy: &Policy, request: &Request, shown: &[Evidence], status: &Status, ctx: &Context) -> String {
///     let why = policy.explain(request, shown, status, ctx);
///     format!("{} by {}\n{why}", request.action(), why.rule().unwrap_or("no rule"))
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Explanation {
    action: String,
    rule: Option<String>,
    tier: String,
    reasons: Vec<TierReason>,
    tried: Vec<AlternativeResult>,
    ignored: Vec<IgnoredEvidence>,
    given: Vec<Given>,
    answer: DecisionSummary,
}

/// The answer that an [`Explanation`] explains. It allows nothing: that takes the grant of a [`Decision`](crate::Decision).
///
/// ```
/// use countersign::policy::{DecisionSummary, Explanation};
/// fn is_asked(why: &Explanation) -> bool { matches!(why.answer(), DecisionSummary::Asked(_)) }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "the three answers of a decision")]
pub enum DecisionSummary {
    /// By the alternative of this number, counted from 1, until this second.
    Allowed(usize, Timestamp),
    /// These ways are open.
    Asked(Vec<StepUpOption>),
    /// No.
    Denied(Denial),
}

/// What led to the tier.
///
/// ```
/// fn is_missing(reason: &countersign::policy::TierReason) -> bool { reason.is_missing() }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TierReason {
    what: String,
    missing: bool,
    /// The end of a sentence: the tier that was probably meant.
    meant: String,
    tier: String,
}

/// An alternative of the rule, and what a request has of it.
///
/// ```
/// fn lacking(tried: &countersign::policy::AlternativeResult) -> usize { tried.findings().iter().filter(|one| !one.is_met()).count() }
/// ```
#[derive(Clone, Debug)]
pub struct AlternativeResult {
    acr: Option<String>,
    findings: Vec<RequirementResult>,
}

/// A requirement, and what fills it or not.
///
/// ```
/// fn by(finding: &countersign::policy::RequirementResult) -> &[usize] { finding.evidence() }
/// ```
#[derive(Clone, Debug)]
pub struct RequirementResult {
    asks: String,
    evidence: Vec<usize>,
    approvals: usize,
    left: Option<Duration>,
    lack: Lack,
}

/// Why a requirement is not filled.
///
/// ```
/// assert_eq!(countersign::policy::Lack::TooOld(2).to_string(), "evidence 2 is too old");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Lack {
    /// It is filled.
    Nothing,
    /// Nothing like it was shown.
    NotShown,
    /// This piece would fill it, by its number counted from 1, were it not too old.
    TooOld(usize),
    /// Were it given for this transaction.
    NotBound(usize),
    /// Were it given on a channel independent of the one in use.
    NotIndependent(usize),
    /// Were it given in this interaction.
    Elsewhere(usize),
}

/// Evidence that does not count for the request at all.
///
/// ```
/// fn number(ignored: &countersign::policy::IgnoredEvidence) -> usize { ignored.evidence() }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IgnoredEvidence {
    evidence: usize,
    because: Discount,
}

/// What was given, in few words.
#[derive(Clone, Debug)]
struct Given {
    what: String,
    age: Duration,
}

pub(super) fn explain(document: &Document, asked: &Asked<'_>) -> Explanation {
    let tier = document.tier(asked.request);
    let ruling = document.ruling(asked.request.action(), tier);
    let seen = CountedEvidence::of(document, asked);
    let answer = match decide::verdict(document, ruling, &seen, asked) {
        Verdict::Allowed(place, met) => {
            let until = asked.ctx.now().plus(document.grant_lifetime.min(met.left));
            DecisionSummary::Allowed(place.saturating_add(1), until)
        }
        Verdict::Asked(ways) => DecisionSummary::Asked(ways),
        Verdict::Denied(denial) => DecisionSummary::Denied(denial),
    };
    let numbers = Numbers::of(&seen, asked.evidence);
    let tried = |one: &Alternative| AlternativeResult {
        acr: one
            .acr
            .and_then(|place| document.acrs.get(place))
            .map(|acr| acr.value.clone()),
        findings: one
            .all
            .iter()
            .map(|requirement| finding(requirement, &seen.case, &numbers))
            .collect(),
    };
    let ignored = |(place, evidence): (usize, &Evidence)| {
        let because = decide::discounted(evidence, asked.status, asked.ctx)?;
        Some(IgnoredEvidence {
            evidence: place.saturating_add(1),
            because,
        })
    };
    Explanation {
        action: asked.request.action().to_owned(),
        rule: ruling.map(|ruling| words::rule(document, &ruling)),
        tier: document.tier_name(tier).to_owned(),
        reasons: reasons(document, asked),
        tried: ruling.map_or_else(Vec::new, |ruling| {
            ruling.rule.any.iter().map(tried).collect()
        }),
        ignored: asked
            .evidence
            .iter()
            .enumerate()
            .filter_map(ignored)
            .collect(),
        given: asked.evidence.iter().map(|one| given(one, asked)).collect(),
        answer,
    }
}

fn given(evidence: &Evidence, asked: &Asked<'_>) -> Given {
    let what = evidence.external_verifier().map_or_else(
        || evidence.factor().name().to_owned(),
        |by| format!("attested by {}", by.name()),
    );
    let age = asked.ctx.now().since(evidence.at());
    Given { what, age }
}

fn reasons(document: &Document, asked: &Asked<'_>) -> Vec<TierReason> {
    let request = asked.request;
    let stated = request.tier.as_ref().map(|stated| {
        let known = document.tiers.contains(stated);
        let tiers: Vec<_> = document.tiers.iter().map(String::as_str).collect();
        TierReason {
            what: format!("the host states `{}`", near::shown(stated)),
            missing: !known,
            meant: if known {
                String::new()
            } else {
                near::did_you_mean(stated, &tiers)
            },
            tier: if known {
                stated.clone()
            } else {
                document.tiers.last().cloned().unwrap_or_default()
            },
        }
    });
    let read = document.readings_for(request.action()).map(|reading| {
        let tier = reading.tier(&request.signals).unwrap_or(0);
        TierReason {
            what: reading.name.clone(),
            missing: is_missing(&request.signals, &reading.name),
            meant: String::new(),
            tier: document.tier_name(tier).to_owned(),
        }
    });
    stated.into_iter().chain(read).collect()
}

fn is_missing(signals: &Signals, name: &str) -> bool {
    signals.of(name).next().is_none()
}

/// The numbers of the case's pieces among all evidence that was given, counted from 1.
struct Numbers(Vec<usize>);

impl Numbers {
    fn of(seen: &CountedEvidence<'_>, evidence: &[Evidence]) -> Self {
        let places = (0..seen.case.pieces.len()).map_while(|place| seen.evidence(place));
        let number = |counting: &Evidence| {
            let is_it = |given: &Evidence| core::ptr::eq(given, counting);
            evidence
                .iter()
                .position(is_it)
                .map_or(0, |place| place.saturating_add(1))
        };
        Self(places.map(number).collect())
    }

    fn of_place(&self, place: usize) -> usize {
        self.0.get(place).copied().unwrap_or(0)
    }
}

fn finding(requirement: &Requirement, case: &Case<'_>, numbers: &Numbers) -> RequirementResult {
    let met = requirement.met(case);
    let lack = match (&met, requirement) {
        (Some(_), _) => Lack::Nothing,
        (None, Requirement::Piece(wanted)) => lack(wanted, case, numbers),
        (None, _) => Lack::NotShown,
    };
    let by = met.as_ref();
    let pieces = by.map_or(&[][..], |met| &met.pieces);
    RequirementResult {
        asks: words::requirement(requirement),
        evidence: pieces
            .iter()
            .map(|place| numbers.of_place(*place))
            .collect(),
        approvals: by.map_or(0, |met| met.approvals.len()),
        left: by.map(|met| met.left),
        lack,
    }
}

/// What the piece that comes nearest lacks: the last to give up of what is asked for.
fn lack(wanted: &Wanted, case: &Case<'_>, numbers: &Numbers) -> Lack {
    let mut looser = wanted.clone();
    let mut fits = |change: fn(&mut Wanted)| {
        change(&mut looser);
        let fits = case
            .pieces
            .iter()
            .position(|piece| looser.left(piece).is_some());
        fits.map(|place| numbers.of_place(place))
    };
    None.or_else(|| {
        fits(|one| one.max_age = Duration::from_secs(u64::from(u32::MAX))).map(Lack::TooOld)
    })
    .or_else(|| fits(|one| one.independent = false).map(Lack::NotIndependent))
    .or_else(|| fits(|one| one.for_transaction = false).map(Lack::NotBound))
    .or_else(|| fits(|one| one.anywhere = true).map(Lack::Elsewhere))
    .unwrap_or(Lack::NotShown)
}

impl Explanation {
    /// The rule that decides, as the document writes its place; none, if the document states no such action.
    ///
    /// ```
    /// fn is_stated(why: &countersign::policy::Explanation) -> bool { why.rule().is_some() }
    /// ```
    #[must_use]
    pub fn rule(&self) -> Option<&str> {
        self.rule.as_deref()
    }

    /// The tier of risk.
    ///
    /// ```
    /// fn is_high(why: &countersign::policy::Explanation) -> bool { why.tier() == "high" }
    /// ```
    #[must_use]
    pub fn tier(&self) -> &str {
        &self.tier
    }

    /// What led to the tier: what the host states, and each signal that the action looks at.
    ///
    /// ```
    /// fn blind(why: &countersign::policy::Explanation) -> bool { why.reasons().iter().all(|reason| reason.is_missing()) }
    /// ```
    #[must_use]
    pub fn reasons(&self) -> &[TierReason] {
        &self.reasons
    }

    /// The alternatives of the rule, in the document's order.
    ///
    /// ```
    /// fn how_many(why: &countersign::policy::Explanation) -> usize { why.alternatives().len() }
    /// ```
    #[must_use]
    pub fn alternatives(&self) -> &[AlternativeResult] {
        &self.tried
    }

    /// The evidence that does not count.
    ///
    /// ```
    /// fn all_counts(why: &countersign::policy::Explanation) -> bool { why.ignored().is_empty() }
    /// ```
    #[must_use]
    pub fn ignored(&self) -> &[IgnoredEvidence] {
        &self.ignored
    }

    /// The answer, as [`Policy::decide`](crate::Policy::decide) gives it.
    ///
    /// ```
    /// fn allowed(why: &countersign::policy::Explanation) -> bool { matches!(why.answer(), countersign::policy::DecisionSummary::Allowed(..)) }
    /// ```
    #[must_use]
    pub const fn answer(&self) -> &DecisionSummary {
        &self.answer
    }

    /// The decision as a graph in Mermaid: the request, its tier, the rule, what fills each requirement, and the answer.
    ///
    /// ```
    /// fn page(why: &countersign::policy::Explanation) -> String { format!("```mermaid\n{}```\n", why.trace()) }
    /// ```
    #[must_use]
    pub fn trace(&self) -> String {
        picture::trace(self)
    }

    /// The action.
    pub(super) fn action(&self) -> &str {
        &self.action
    }
}

impl TierReason {
    /// The signal's name, or that the host states a tier.
    ///
    /// ```
    /// fn name(reason: &countersign::policy::TierReason) -> &str { reason.what() }
    /// ```
    #[must_use]
    pub fn what(&self) -> &str {
        &self.what
    }

    /// Whether the signal was not given, or the stated tier is none of the document's: then the worst is meant.
    ///
    /// ```
    /// fn ask_the_engine(reason: &countersign::policy::TierReason) -> bool { reason.is_missing() }
    /// ```
    #[must_use]
    pub const fn is_missing(&self) -> bool {
        self.missing
    }

    /// The tier it means.
    ///
    /// ```
    /// fn tier(reason: &countersign::policy::TierReason) -> &str { reason.tier() }
    /// ```
    #[must_use]
    pub fn tier(&self) -> &str {
        &self.tier
    }
}

impl AlternativeResult {
    /// Its requirements.
    ///
    /// ```
    /// fn all(tried: &countersign::policy::AlternativeResult) -> bool { tried.findings().iter().all(|one| one.is_met()) }
    /// ```
    #[must_use]
    pub fn findings(&self) -> &[RequirementResult] {
        &self.findings
    }

    /// The `acr` it belongs to, if it is stated by one.
    ///
    /// ```
    /// fn named(tried: &countersign::policy::AlternativeResult) -> bool { tried.acr().is_some() }
    /// ```
    #[must_use]
    pub fn acr(&self) -> Option<&str> {
        self.acr.as_deref()
    }

    pub(super) fn is_met(&self) -> bool {
        self.findings.iter().all(RequirementResult::is_met)
    }
}

impl RequirementResult {
    /// What it asks for, in words.
    ///
    /// ```
    /// fn line(finding: &countersign::policy::RequirementResult) -> String { format!("- {}", finding.asks()) }
    /// ```
    #[must_use]
    pub fn asks(&self) -> &str {
        &self.asks
    }

    /// The evidence that fills it, by its numbers in the list that was given, counted from 1.
    ///
    /// ```
    /// fn by_the_first(finding: &countersign::policy::RequirementResult) -> bool { finding.evidence() == [1] }
    /// ```
    #[must_use]
    pub fn evidence(&self) -> &[usize] {
        &self.evidence
    }

    /// For how much longer it is filled.
    ///
    /// ```
    /// fn seconds(finding: &countersign::policy::RequirementResult) -> u64 { finding.left().map_or(0, |left| left.as_secs()) }
    /// ```
    #[must_use]
    pub const fn left(&self) -> Option<Duration> {
        self.left
    }

    /// What it lacks.
    ///
    /// ```
    /// fn is_stale(finding: &countersign::policy::RequirementResult) -> bool { matches!(finding.lack(), countersign::policy::Lack::TooOld(_)) }
    /// ```
    #[must_use]
    pub const fn lack(&self) -> Lack {
        self.lack
    }

    /// Whether it lacks nothing.
    ///
    /// ```
    /// fn done(finding: &countersign::policy::RequirementResult) -> bool { finding.is_met() }
    /// ```
    #[must_use]
    pub const fn is_met(&self) -> bool {
        self.left.is_some()
    }
}

impl IgnoredEvidence {
    /// Its number in the list that was given, counted from 1.
    ///
    /// ```
    /// fn first(ignored: &countersign::policy::IgnoredEvidence) -> bool { ignored.evidence() == 1 }
    /// ```
    #[must_use]
    pub const fn evidence(&self) -> usize {
        self.evidence
    }
}
