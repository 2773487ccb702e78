//! Forms around a policy: a deployment, findings, and the names that a host uses.

use core::time::Duration;

use serde::{Deserialize, Serialize};

use super::read;
use super::words::NamedFactor;
use super::write;
use crate::ffi::failure::Failure;
use crate::ffi::text::Text;
use crate::policy::{Deployment, Difference, LintFinding, LintKind};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeploymentForm {
    factors: Option<Vec<NamedFactor>>,
    external_verifiers: Option<Vec<String>>,
    /// In seconds.
    session: Option<u64>,
}

/// Reads a deployment.
pub(crate) fn deployment(text: &str) -> Result<Deployment, Failure> {
    let form: DeploymentForm = read::plain("deployment", text)?;
    let mut deployment = Deployment::new();
    if let Some(factors) = form.factors {
        deployment = deployment.enrolling(factors.into_iter().map(|named| named.0));
    }
    if let Some(names) = form.external_verifiers {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        deployment = deployment.with_external_verifiers(&names);
    }
    if let Some(longest) = form.session {
        deployment = deployment.session(Duration::from_secs(longest));
    }
    Ok(deployment)
}

/// The names that a host uses in its requests.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NamesForm {
    #[serde(default)]
    pub(crate) actions: Vec<String>,
    #[serde(default)]
    pub(crate) tiers: Vec<String>,
}

/// Reads the names that a host uses.
pub(crate) fn names(text: &str) -> Result<NamesForm, Failure> {
    read::plain("names", text)
}

#[derive(Serialize)]
struct FindingForm<'a> {
    kind: &'static str,
    action: &'a str,
    tier: Option<&'a str>,
    rule: &'a str,
    alternative: Option<usize>,
    example: Option<String>,
    text: String,
}

/// Writes what lint has found.
pub(crate) fn findings(all: &[LintFinding]) -> Result<Text, Failure> {
    let forms: Vec<_> = all.iter().map(FindingForm::from).collect();
    write::text(&forms)
}

/// Writes what two policies answer differently, each in English.
pub(crate) fn differences(all: &[Difference]) -> Result<Text, Failure> {
    let texts: Vec<_> = all.iter().map(Difference::to_string).collect();
    write::text(&texts)
}

impl<'a> From<&'a LintFinding> for FindingForm<'a> {
    fn from(finding: &'a LintFinding) -> Self {
        Self {
            kind: match finding.kind() {
                LintKind::AsksForLess(_) => "asks_for_less",
                LintKind::WaitsLess(_) => "waits_less",
                LintKind::Dead => "dead",
                LintKind::Unreachable => "unreachable",
                LintKind::BeyondSession => "beyond_session",
                LintKind::WeakRecovery { .. } => "weak_recovery",
                LintKind::QuestionsAlone => "questions_alone",
                LintKind::OnlyRestricted => "only_restricted",
            },
            action: finding.action(),
            tier: finding.tier(),
            rule: finding.rule(),
            alternative: finding.alternative(),
            example: finding.example(),
            text: finding.to_string(),
        }
    }
}
