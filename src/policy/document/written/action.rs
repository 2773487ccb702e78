//! How a document writes the rules of an action.

use super::rule::RuleDraft;
use super::shapes::{MOST_REQUIREMENTS, Named};
use super::signal::unknown_tier;
use crate::policy::document::requirement::Requirement;
use crate::policy::document::rules::{Acr, Action};

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WrittenAction {
    every_tier: Option<RuleDraft>,
    tier: Option<Named<RuleDraft>>,
}

impl WrittenAction {
    pub(crate) fn checked(self, tiers: &[String], acrs: &[Acr]) -> Result<Action, String> {
        let action = match (self.every_tier, self.tier) {
            (Some(rule), None) => Action::EveryTier(rule.checked(acrs)?),
            (None, Some(Named(mut rules))) => {
                let mut ordered = Vec::new();
                for tier in tiers {
                    let rule = rules.remove(tier);
                    let rule =
                        rule.ok_or_else(|| format!("must state a rule for tier `{tier}` too"))?;
                    ordered.push(rule.checked(acrs)?);
                }
                if let Some(tier) = rules.keys().next() {
                    return Err(unknown_tier(tier, tiers));
                }
                Action::ByTier(ordered)
            }
            _ => return Err("must state either `every_tier` or `tier`".to_owned()),
        };
        if different(&action) > MOST_REQUIREMENTS {
            return Err(format!(
                "must not hold more than {MOST_REQUIREMENTS} different requirements"
            ));
        }
        Ok(action)
    }
}

/// Counts the different requirements of its rules, up to one more than the limit.
fn different(action: &Action) -> usize {
    let mut different: Vec<&Requirement> = Vec::new();
    for requirement in action.requirements() {
        if !different.contains(&requirement) {
            different.push(requirement);
        }
        if different.len() > MOST_REQUIREMENTS {
            break;
        }
    }
    different.len()
}
