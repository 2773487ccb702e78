//! The rules of a document in plain words, for explanations and pictures.

use crate::factor::Strength;
use crate::policy::document::reading::{Reading, Test};
use crate::policy::document::requirement::{EvidenceKind, Requirement, Wanted, class_name};
use crate::policy::document::rules::{Document, Ruling};
use crate::policy::signals::CallerId;
use core::time::Duration;

/// Writes a span in its largest whole unit: `10 minutes`.
pub(crate) fn span(span: Duration) -> String {
    let seconds = span.as_secs();
    let units = [(86_400, "day"), (3_600, "hour"), (60, "minute")];
    let whole = units
        .into_iter()
        .find(|(size, _)| seconds >= *size && seconds.checked_rem(*size) == Some(0));
    let (size, unit) = whole.unwrap_or((1, "second"));
    count(seconds.checked_div(size).unwrap_or(seconds), unit)
}

/// Writes a number of things: `1 agent`, `2 agents`.
pub(crate) fn count(number: impl Into<u64>, what: &str) -> String {
    let number = number.into();
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

/// Writes a requirement.
pub(crate) fn requirement(one: &Requirement) -> String {
    match one {
        Requirement::Evidence(wanted) => piece(wanted),
        Requirement::Classes {
            count: number,
            at_least,
            max_age,
        } => format!(
            "{number} different classes{}, at most {} old",
            not_restricted(*at_least),
            span(*max_age)
        ),
        Requirement::Level { level, max_age } => match max_age {
            Some(age) => format!("{level}, at most {} old", span(*age)),
            None => level.to_string(),
        },
        Requirement::Approvals {
            count: number,
            max_age,
        } => format!(
            "approval by {}, at most {} old",
            count(*number as u64, "other agent"),
            span(*max_age)
        ),
    }
}

fn piece(wanted: &Wanted) -> String {
    let what = match &wanted.kind {
        EvidenceKind::Factor(factor) => factor.name().to_owned(),
        EvidenceKind::Class(class, at_least) => {
            format!("any {}{}", class_name(*class), not_restricted(*at_least))
        }
        EvidenceKind::External {
            by,
            class,
            at_least,
        } => {
            let least = match at_least {
                Strength::Weak => " (weak is enough)",
                Strength::Restricted => " (restricted is enough)",
                Strength::Full => "",
            };
            format!("{} verified by {}{least}", class_name(*class), by)
        }
    };
    let conditions = wanted.conditions.asked(", ");
    format!("{what}, at most {} old{conditions}", span(wanted.max_age))
}

const fn not_restricted(at_least: Strength) -> &'static str {
    match at_least {
        Strength::Full => " not restricted",
        Strength::Weak | Strength::Restricted => "",
    }
}

/// Writes the place of a rule as the document does: `action."payment.*".tier.high`.
pub(crate) fn rule(document: &Document, ruling: &Ruling<'_>) -> String {
    let pattern = ruling.pattern;
    match ruling.tier {
        Some(tier) => format!("action.\"{pattern}\".tier.{}", document.tier_name(tier)),
        None => format!("action.\"{pattern}\".every_tier"),
    }
}

/// Writes when a signal means a tier: `anomaly_score is 0.8 or more`.
pub(crate) fn test(reading: &Reading, test: Test) -> String {
    let name = &reading.name;
    match test {
        Test::AtLeast(number) => format!("{name} is {number} or more"),
        Test::AtMost(number) => format!("{name} is {number} or less"),
        Test::Raised => format!("{name} is raised"),
        Test::OrWorse(CallerId::None) => format!("{name} is none"),
        Test::OrWorse(level) => format!("{name} is {level:?} or worse"),
        Test::Within(ago) => format!("{name} within {}", span(ago)),
    }
}
