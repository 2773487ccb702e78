//! The phrases that a handbook consists of. Each language states all of them.

use crate::factor::{Factor, FactorClass};
use crate::grant::Obligation;

/// The phrases of one language. `{..}` are places.
pub(super) struct Phrases {
    pub(super) title: &'static str,
    pub(super) lead: &'static str,
    pub(super) rules: &'static str,
    pub(super) each_rule: &'static [&'static str],
    pub(super) stop: &'static str,
    pub(super) each_stop: &'static [&'static str],
    /// `{say}`.
    pub(super) then_say: &'static str,
    pub(super) say_on_stop: &'static str,
    /// The head of the table of factors, with its title.
    pub(super) asking: &'static str,
    pub(super) asking_head: &'static str,
    pub(super) asks: fn(Factor) -> Ask,
    /// `{name}`.
    pub(super) verified_by: &'static str,
    pub(super) approval: Ask,
    pub(super) signals: &'static str,
    /// `{tier}`, `{test}`, `{actions}`.
    pub(super) signal: &'static str,
    pub(super) every_action: &'static str,
    /// `{name}`, `{value}`.
    pub(super) at_least: &'static str,
    pub(super) at_most: &'static str,
    pub(super) raised: &'static str,
    pub(super) or_worse: &'static str,
    pub(super) within: &'static str,
    pub(super) unknown_signal: &'static str,
    pub(super) actions: &'static str,
    /// `{tier}`.
    pub(super) at_tier: &'static str,
    pub(super) at_every_tier: &'static str,
    pub(super) never: &'static str,
    /// `{number}`.
    pub(super) way: &'static str,
    /// `{list}`.
    pub(super) one_of: &'static str,
    /// `{span}`.
    pub(super) oldest: &'static str,
    /// `{number}`.
    pub(super) classes: &'static str,
    pub(super) full_only: &'static str,
    /// `{level}`.
    pub(super) level: &'static str,
    pub(super) class: fn(FactorClass) -> &'static str,
    pub(super) one_approval: &'static str,
    /// `{number}`.
    pub(super) approvals: &'static str,
    pub(super) for_transaction: &'static str,
    pub(super) independent: &'static str,
    pub(super) any_interaction: &'static str,
    pub(super) protected: &'static str,
    /// `{span}`.
    pub(super) unchanged: &'static str,
    /// `{span}`.
    pub(super) waits: &'static str,
    pub(super) say_on_wait: &'static str,
    /// `{span}`.
    pub(super) barred: &'static str,
    pub(super) otherwise: &'static str,
    /// `{list}`.
    pub(super) if_allowed: &'static str,
    pub(super) if_denied: &'static str,
    pub(super) obliged: fn(Obligation) -> &'static str,
    /// `{why}`.
    pub(super) risk_accepted: &'static str,
    pub(super) or: &'static str,
    /// Days, hours, minutes and seconds: one, and several.
    pub(super) units: [(&'static str, &'static str); 4],
}

/// The words for one thing to ask for: its name, and the sentence that the agent says.
pub(super) struct Ask {
    pub(super) name: &'static str,
    pub(super) say: &'static str,
}

impl Ask {
    pub(super) const fn new(name: &'static str, say: &'static str) -> Self {
        Self { name, say }
    }
}
