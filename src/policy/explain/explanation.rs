//! Why a decision is what it is.

use core::time::Duration;

use crate::evidence::Evidence;
use crate::policy::decide::{
    Case, CountedEvidence, DenyReason, Discount, Query, StepUpOption, Verdict, decision,
    discounted, met, tier,
};
use crate::policy::document::{
    Condition, Document, Requirement, Unmet, Wanted, near, spans, words,
};
use crate::policy::explain::mermaid::{joined, label};
use crate::time::Timestamp;

/// Why a policy decides as it does: the rule, the tier and what led to it, and for each alternative which requirements are met.
///
/// It is for the host, its trail and its tests. Keep it from the caller, who would learn from it what to forge. It is computed
/// by the same steps as the decision. `Display` says it in plain English, one fact a line:
///
/// ```
/// use countersign::{Context, Evidence, Policy, Request, Timestamp, account::Status};
/// fn log(policy: &Policy, request: &Request, evidence: &[Evidence], status: &Status, ctx: &Context, now: Timestamp) -> String {
///     let why = policy.explain(request, evidence, status, ctx, now);
///     format!("{} by {}\n{why}", request.action(), why.rule().unwrap_or("no rule"))
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Explanation {
    pub(crate) action: String,
    pub(crate) rule: Option<String>,
    pub(crate) tier: String,
    pub(crate) reasons: Vec<String>,
    missing_signals: Vec<String>,
    pub(crate) alternatives: Vec<Vec<RequirementResult>>,
    /// Of each alternative, in the same order.
    pub(crate) delays: Vec<Option<Duration>>,
    pub(crate) ignored: Vec<(usize, Discount)>,
    /// The evidence that was given, in few words.
    pub(crate) given: Vec<String>,
    pub(crate) answer: Answer,
}

/// A decision without its grant.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// By the alternative of this number, counted from 1, until then and with this delay.
    Allowed(usize, Timestamp, Option<Duration>),
    StepUp(Vec<StepUpOption>),
    Denied(DenyReason, Option<String>),
}

/// A requirement, and the evidence that meets it or why none does.
///
/// ```
/// use countersign::policy::{RequirementResult, Unmet};
/// fn is_stale(result: &RequirementResult) -> bool { matches!(result.unmet(), Some(Unmet::TooOld(_))) }
/// ```
#[derive(Clone, Debug)]
pub struct RequirementResult {
    pub(crate) requirement: String,
    pub(crate) evidence: Vec<usize>,
    pub(crate) approvals: usize,
    pub(crate) met: Result<Duration, Unmet>,
}

pub(crate) fn explain(document: &Document, query: &Query<'_>) -> Explanation {
    let request = query.request;
    let tier = tier::tier(document, request);
    let ruling = document.ruling(request.action(), tier);
    let counted = CountedEvidence::of(document, query);
    let answer = match decision::verdict(document, ruling, &counted, query) {
        Verdict::Allowed(place, met) => {
            let until = query.ctx.now().plus(document.grant_lifetime.min(met.left));
            let delay = ruling.and_then(|ruling| ruling.rule.delay_of(place));
            Answer::Allowed(place.saturating_add(1), until, delay)
        }
        Verdict::StepUp(options) => Answer::StepUp(options),
        Verdict::Denied(reason, _) => {
            Answer::Denied(reason, decision::unknown(document, request, reason))
        }
    };
    let numbers = Numbers::of(&counted, query.evidence);
    let tried = |all: &Vec<Requirement>| {
        let results = all.iter().map(|one| result(one, &counted.case, &numbers));
        results.collect()
    };
    let ignored =
        |(number, evidence)| Some((number, discounted(evidence, query.status, query.ctx)?));
    let given = |evidence: &Evidence| {
        let age = spans::span(query.ctx.now().since(evidence.at()));
        match evidence.external_verifier() {
            Some(by) => format!("verified by {}, {age} old", by),
            None => format!("{}, {age} old", evidence.factor().name()),
        }
    };
    let readings = || document.readings_for(request.action());
    let is_missing = |name: &str| request.signals.of(name).next().is_none();
    let missing = readings().map(|reading| reading.name.clone());
    Explanation {
        action: request.action().to_owned(),
        rule: ruling.map(|ruling| words::rule(document, &ruling)),
        tier: document.tier_name(tier).to_owned(),
        reasons: stated_tier(document, query)
            .into_iter()
            .chain(readings().map(|reading| {
                let tier = tier::tier_of(reading, &request.signals).unwrap_or(0);
                let is_missing = is_missing(&reading.name);
                reason(&reading.name, is_missing, document.tier_name(tier))
            }))
            .collect(),
        missing_signals: missing.filter(|name| is_missing(name)).collect(),
        alternatives: ruling.map_or_else(Vec::new, |ruling| {
            ruling.rule.any.iter().map(|one| tried(&one.all)).collect()
        }),
        delays: ruling.map_or_else(Vec::new, |ruling| {
            let rule = ruling.rule;
            (0..rule.any.len())
                .map(|place| rule.delay_of(place))
                .collect()
        }),
        ignored: (1..).zip(query.evidence).filter_map(ignored).collect(),
        given: query.evidence.iter().map(given).collect(),
        answer,
    }
}

fn reason(what: &str, is_missing: bool, tier: &str) -> String {
    let missing = if is_missing {
        ", which is not known,"
    } else {
        ""
    };
    format!("{what}{missing} means {tier}")
}

/// The tier that the host states, if it does, in words.
fn stated_tier(document: &Document, query: &Query<'_>) -> Option<String> {
    let stated = query.request.tier.as_ref()?;
    let what = format!("the host states `{}`", near::escaped(stated));
    if document.tiers.contains(stated) {
        return Some(reason(&what, false, stated));
    }
    let tiers: Vec<_> = document.tiers.iter().map(String::as_str).collect();
    let highest = tiers.last().copied().unwrap_or_default();
    let meant = near::did_you_mean(stated, &tiers);
    Some(format!("{}{meant}", reason(&what, true, highest)))
}

/// The numbers of the case's pieces among all evidence that was given, counted from 1.
struct Numbers(Vec<usize>);

impl Numbers {
    fn of(counted: &CountedEvidence<'_>, evidence: &[Evidence]) -> Self {
        let places = (0..counted.case.pieces.len()).map_while(|place| counted.evidence(place));
        let number = |one: &Evidence| {
            let place = evidence.iter().position(|given| core::ptr::eq(given, one));
            place.map_or(0, |place| place.saturating_add(1))
        };
        Self(places.map(number).collect())
    }

    fn of_place(&self, place: usize) -> usize {
        self.0.get(place).copied().unwrap_or(0)
    }
}

fn result(requirement: &Requirement, case: &Case<'_>, numbers: &Numbers) -> RequirementResult {
    let met = met::one(requirement, case);
    let by = met.as_ref();
    let pieces = by.map_or(&[][..], |met| &met.pieces);
    RequirementResult {
        requirement: words::requirement(requirement),
        evidence: pieces
            .iter()
            .map(|place| numbers.of_place(*place))
            .collect(),
        approvals: by.map_or(0, |met| met.approvals.len()),
        met: by.map(|met| met.left).ok_or_else(|| match requirement {
            Requirement::Evidence(wanted) => unmet(wanted, case, numbers),
            _ => Unmet::NotGiven,
        }),
    }
}

/// Why the piece that comes nearest does not meet it. Demands are given up one by one until a piece fits; the last of them
/// is the reason.
fn unmet(wanted: &Wanted, case: &Case<'_>, numbers: &Numbers) -> Unmet {
    let fits = |looser: &Wanted| {
        let mut pieces = case.pieces.iter();
        let place = pieces.position(|piece| met::by(looser, piece).is_some());
        place.map(|place| numbers.of_place(place))
    };
    let mut looser = wanted.clone();
    looser.max_age = Duration::from_secs(u64::from(u32::MAX));
    if let Some(number) = fits(&looser) {
        return Unmet::TooOld(number);
    }
    for condition in Condition::GIVEN_UP {
        looser.conditions = looser.conditions.with(condition, 0);
        if let Some(number) = fits(&looser) {
            return condition.unmet(number);
        }
    }
    Unmet::NotGiven
}

impl Explanation {
    /// Returns the rule that decides, as the document writes its place; none, if the document states no such action.
    #[must_use]
    pub fn rule(&self) -> Option<&str> {
        self.rule.as_deref()
    }

    /// Returns the tier of risk.
    #[must_use]
    pub fn tier(&self) -> &str {
        &self.tier
    }

    /// Returns what led to the tier, in words: the tier that the host states, and each signal that the action looks at.
    #[must_use]
    pub fn reasons(&self) -> &[String] {
        &self.reasons
    }

    /// Returns the signals that the action looks at and the request does not hold. Each counts as the worst.
    #[must_use]
    pub fn missing_signals(&self) -> &[String] {
        &self.missing_signals
    }

    /// Returns the requirements of each alternative of the rule, in the document's order.
    #[must_use]
    pub fn alternatives(&self) -> &[Vec<RequirementResult>] {
        &self.alternatives
    }

    /// Returns the numbers of the evidence that does not count for the request, counted from 1.
    pub fn ignored(&self) -> impl Iterator<Item = usize> {
        self.ignored.iter().map(|(number, _)| *number)
    }

    /// Returns the number of the alternative that allows the request, counted from 1; none, if it is not allowed.
    ///
    /// It is not a permission: that is the grant of a [`Decision`](crate::Decision).
    #[must_use]
    pub const fn allowed_by(&self) -> Option<usize> {
        match self.answer {
            Answer::Allowed(number, ..) => Some(number),
            Answer::StepUp(_) | Answer::Denied(..) => None,
        }
    }

    /// Returns the last second of the grant, if the request is allowed.
    #[must_use]
    pub const fn allowed_until(&self) -> Option<Timestamp> {
        match self.answer {
            Answer::Allowed(_, until, _) => Some(until),
            Answer::StepUp(_) | Answer::Denied(..) => None,
        }
    }

    /// Returns how long the change waits before it takes effect, if the request is allowed and the change waits.
    #[must_use]
    pub const fn delay(&self) -> Option<Duration> {
        match self.answer {
            Answer::Allowed(_, _, delay) => delay,
            Answer::StepUp(_) | Answer::Denied(..) => None,
        }
    }

    /// Returns the options of a step-up; none, if the request is allowed or denied.
    #[must_use]
    pub fn options(&self) -> &[StepUpOption] {
        match &self.answer {
            Answer::StepUp(options) => options,
            Answer::Allowed(..) | Answer::Denied(..) => &[],
        }
    }

    /// Returns why the request is denied, if it is.
    #[must_use]
    pub const fn denied(&self) -> Option<DenyReason> {
        match self.answer {
            Answer::Denied(reason, _) => Some(reason),
            Answer::Allowed(..) | Answer::StepUp(_) => None,
        }
    }

    /// Draws the decision as a graph in Mermaid: the request, its tier, the rule, what meets each requirement, and the answer.
    ///
    /// ```
    /// fn page(why: &countersign::policy::Explanation) -> String { format!("```mermaid\n{}```\n", why.trace()) }
    /// ```
    #[must_use]
    pub fn trace(&self) -> String {
        let (action, tier) = (label(&self.action), label(&self.tier));
        let mut lines = vec![
            "flowchart TD".to_owned(),
            format!("  request[{action}] --> tier{{{{{tier}}}}}"),
        ];
        for (number, reason) in self.reasons.iter().enumerate() {
            lines.push(format!("  reason{number}>{}] -.-> tier", label(reason)));
        }
        let rule = self.rule().unwrap_or("no rule");
        lines.push(format!("  tier --> rule[{}]", label(rule)));
        for (number, results) in (1_usize..).zip(&self.alternatives) {
            lines.push(format!(
                "  rule --> alternative{number}[alternative {number}]"
            ));
            for (place, result) in results.iter().enumerate() {
                let mark = if result.is_met() { "✓" } else { "✗" };
                let found = label(&format!("{mark} {result}"));
                lines.push(format!(
                    "  alternative{number} --> finding{number}_{place}({found})"
                ));
            }
            if self.allowed_by() == Some(number) {
                let waits = self.delay().map_or_else(String::new, |delay| {
                    format!(" after {}", spans::span(delay))
                });
                lines.push(format!(
                    "  alternative{number} ==> answer([allowed{waits}])"
                ));
            }
        }
        match &self.answer {
            Answer::Allowed(..) => {}
            Answer::StepUp(options) => {
                lines.push("  rule ==> answer([asked for more])".to_owned());
                for (number, option) in options.iter().enumerate() {
                    let option = label(&option.to_string());
                    lines.push(format!("  answer -.-> option{number}[/{option}/]"));
                }
            }
            Answer::Denied(reason, unknown) => {
                let because = decision::because(*reason, unknown.as_deref());
                let because = label(&format!("denied: {because}"));
                lines.push(format!("  rule ==> answer([{because}])"));
            }
        }
        joined(&lines)
    }
}

impl RequirementResult {
    /// Returns the requirement, in words.
    #[must_use]
    pub fn requirement(&self) -> &str {
        &self.requirement
    }

    /// Returns the numbers of the evidence that meets it, counted from 1 in the list that was given.
    #[must_use]
    pub fn evidence(&self) -> &[usize] {
        &self.evidence
    }

    /// Returns for how much longer it is met; none, if it is not.
    #[must_use]
    pub fn left(&self) -> Option<Duration> {
        self.met.ok()
    }

    /// Returns why it is not met; none, if it is.
    #[must_use]
    pub fn unmet(&self) -> Option<Unmet> {
        self.met.err()
    }

    /// Checks whether it is met.
    #[must_use]
    pub const fn is_met(&self) -> bool {
        self.met.is_ok()
    }
}
