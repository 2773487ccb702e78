//! What a verified caller may do next: a document of rules, and the decision by them.
//!
//! A [`Policy`] is read from TOML or JSON, perhaps on top of a [`Preset`]. It answers a [`Request`], whose tier of risk its
//! [`Signals`] say, with a [`Grant`](crate::Grant), with [`StepUpOption`]s to one, cheapest first, or with a [`Denial`]. Before use it
//! is [linted](Policy::lint) and [compared](Policy::diff) with the one before; in use it [explains](Policy::explain) itself;
//! to the web it speaks in a [`StepUpChallenge`] and [`Claims`].
//!
//! The policy knows evidence, standing and the surroundings of a request, and nothing of how anything was checked.
//! A rule can only ask for evidence, never for its absence, so more evidence never takes a right away; and what no
//! rule allows is denied.

pub(crate) mod decide;
mod document;
mod explain;
mod http;
mod lint;
pub(crate) mod loaded;
pub(crate) mod request;
mod signals;

#[cfg(test)]
mod tests;

pub use decide::decision::DenyReason;
pub use decide::options::{StepUpOption, StepUpRequirement};
pub use document::aal::Aal;
pub use document::condition::Unmet;
pub use document::presets::Preset;
pub use explain::explanation::{Explanation, RequirementResult};
pub use http::challenge::StepUpChallenge;
pub use http::claims::Claims;
pub use lint::diff::Difference;
pub use lint::report::{LintFinding, LintKind};
pub use lint::world::Deployment;
pub use signals::{CallerId, Signals};
