//! Policies: a document of rules, and the decision whether a verified caller may do something.
//!
//! A [`Policy`](crate::Policy) is read from TOML or JSON, alone or on top of a [`Preset`]. It decides a
//! [`Request`](crate::Request), whose tier of risk its [`Signals`] mean. The [decision](crate::Decision) is one of three:
//!
//! - a [`Grant`](crate::Grant);
//! - [`StepUpOption`]s that lead to one, the cheapest first;
//! - a denial, with its [`DenyReason`].
//!
//! Before use, [lint](crate::Policy::lint) a policy and [compare](crate::Policy::diff) it with the one before. In use, it
//! [explains](crate::Policy::explain) itself. For the web it writes a [`StepUpChallenge`] and [`Claims`].
//!
//! A policy knows evidence, the status of the subject and the surroundings of a request. It knows nothing of how anything was
//! checked. A rule can only ask for evidence, never for its absence, so more evidence never takes a right away. An action that
//! no rule allows is denied.

pub(crate) mod decide;
mod document;
mod explain;
mod handbook;
mod http;
mod lint;
pub(crate) mod loaded;
pub(crate) mod request;
mod signals;

#[cfg(test)]
mod tests;

pub use decide::decision::{Denial, DenyReason};
pub use decide::options::{StepUpOption, StepUpRequirement};
pub use document::aal::Aal;
pub use document::condition::Unmet;
pub use document::presets::Preset;
pub use explain::explanation::{Explanation, RequirementResult};
pub use handbook::language::Language;
pub use http::challenge::StepUpChallenge;
pub use http::claims::Claims;
pub use lint::diff::Difference;
pub use lint::report::{LintFinding, LintKind};
pub use lint::world::Deployment;
pub use signals::{CallerId, Signals};
