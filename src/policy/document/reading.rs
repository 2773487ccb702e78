//! How a document reads signals.

use core::time::Duration;

use crate::policy::document::pattern::Pattern;
use crate::policy::signals::CallerId;

/// How a document reads one signal.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    pub(crate) name: String,
    /// The actions that look at it; all, if the list is empty.
    pub(crate) only_for: Vec<Pattern>,
    /// Never empty. Tiers are places in the document's list.
    pub(crate) steps: Vec<(usize, Test)>,
}

/// The value from which on a signal means a tier. A test that holds for a value holds for every riskier value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Test {
    AtLeast(f64),
    AtMost(f64),
    Raised,
    OrWorse(CallerId),
    Within(Duration),
}

impl Reading {
    pub(crate) fn is_for(&self, action: &str) -> bool {
        self.only_for.is_empty() || self.only_for.iter().any(|pattern| pattern.matches(action))
    }
}

/// The kinds of signals, each with its direction of risk. A host declares one of the first three of its own signals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
pub(crate) enum Signal {
    #[serde(rename = "higher")]
    HigherIsRiskier,
    #[serde(rename = "lower")]
    LowerIsRiskier,
    #[serde(rename = "raised")]
    Flag,
    #[serde(skip)]
    CallerId,
    #[serde(skip)]
    Ago,
}

/// The signals with a meaning of their own. A host declares all others.
pub(crate) const KNOWN: [(&str, Signal); 7] = [
    ("anomaly_score", Signal::HigherIsRiskier),
    ("new_device", Signal::Flag),
    ("new_payee", Signal::Flag),
    ("caller_id", Signal::CallerId),
    ("voice_score", Signal::LowerIsRiskier),
    ("sim_changed", Signal::Ago),
    ("unusual_call", Signal::Flag),
];
