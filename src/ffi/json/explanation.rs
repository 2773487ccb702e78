//! Why a decision is what it is.

use serde::Serialize;

use super::decision::{OptionForm, denied};
use super::write;
use crate::ffi::failure::Failure;
use crate::ffi::text::Text;
use crate::policy::{Explanation, RequirementResult};

#[derive(Serialize)]
struct ExplanationForm<'a> {
    tier: &'a str,
    reasons: &'a [String],
    missing_signals: &'a [String],
    rule: Option<&'a str>,
    alternatives: Vec<Vec<ResultForm<'a>>>,
    /// Numbers of evidence that does not count.
    ignored: Vec<usize>,
    /// The number of the alternative that is met.
    allowed_by: Option<usize>,
    allowed_until: Option<u64>,
    /// In seconds.
    delay: Option<u64>,
    options: Vec<OptionForm<'a>>,
    denied: Option<&'static str>,
    text: String,
    /// A graph in Mermaid.
    trace: String,
}

#[derive(Serialize)]
struct ResultForm<'a> {
    requirement: &'a str,
    is_met: bool,
    /// Numbers of evidence, counted from one.
    evidence: &'a [usize],
    /// In seconds.
    left: Option<u64>,
    unmet: Option<String>,
}

/// Writes an explanation.
pub(crate) fn explanation(explanation: &Explanation) -> Result<Text, Failure> {
    let alternatives = explanation.alternatives().iter();
    write::text(&ExplanationForm {
        tier: explanation.tier(),
        reasons: explanation.reasons(),
        missing_signals: explanation.missing_signals(),
        rule: explanation.rule(),
        alternatives: alternatives
            .map(|results| results.iter().map(ResultForm::from).collect())
            .collect(),
        ignored: explanation.ignored().collect(),
        allowed_by: explanation.allowed_by(),
        allowed_until: explanation.allowed_until().map(|until| until.unix()),
        delay: explanation.delay().map(|delay| delay.as_secs()),
        options: explanation.options().iter().map(OptionForm::from).collect(),
        denied: explanation.denied().map(|reason| denied(reason).0),
        text: explanation.to_string(),
        trace: explanation.trace(),
    })
}

impl<'a> From<&'a RequirementResult> for ResultForm<'a> {
    fn from(result: &'a RequirementResult) -> Self {
        Self {
            requirement: result.requirement(),
            is_met: result.is_met(),
            evidence: result.evidence(),
            left: result.left().map(|left| left.as_secs()),
            unmet: result.unmet().map(|unmet| unmet.to_string()),
        }
    }
}
