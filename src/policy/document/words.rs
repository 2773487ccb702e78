//! The rules of a document in plain words, for explanations and pictures.

use crate::factor::Strength;
use crate::policy::document::reading::{Reading, Test};
use crate::policy::document::requirement::{EvidenceKind, Requirement, Wanted, class_name};
use crate::policy::document::rules::{Document, Ruling};
use crate::policy::document::spans::{count, span};
use crate::policy::signals::CallerId;

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
