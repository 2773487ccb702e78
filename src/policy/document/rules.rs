//! The rules of a policy document that has been read and checked.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::factor::{Factor, FactorClass, Strength};
use crate::grant::Obligations;
use crate::policy::document::aal::Aal;
use crate::policy::document::near;
use crate::policy::document::pattern::{Pattern, named};
use crate::policy::document::reading::Reading;
use crate::policy::document::requirement::Requirement;
use core::time::Duration;

/// A document that has been checked.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    pub(crate) grant_lifetime: Duration,
    /// Lowest risk first, never empty. Elsewhere a tier is a place in this list.
    pub(crate) tiers: Vec<String>,
    pub(crate) readings: Vec<Reading>,
    pub(crate) external_verifiers: Vec<Listed>,
    pub(crate) costs: Costs,
    /// Weakest first.
    pub(crate) acrs: Vec<Acr>,
    pub(crate) known: Known,
    /// By their names and patterns as written.
    pub(crate) actions: BTreeMap<String, Action>,
    /// The patterns among the actions. A pattern comes before those that cover it.
    pub(crate) patterns: Vec<Pattern>,
}

/// The actions that a pattern of stars alone rules.
#[derive(Clone, Debug)]
pub(crate) enum Known {
    These(BTreeSet<String>),
    Any,
}

/// The rules of one action, or of all actions that a pattern matches.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    EveryTier(Rule),
    /// One for each tier of the document, in its order.
    ByTier(Vec<Rule>),
}

/// The rule of one action at one tier.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    /// One of these is enough. If there are none, the action is never allowed.
    pub(crate) any: Vec<Alternative>,
    /// How long a change may not be asked for again after it was cancelled.
    pub(crate) barred_after_cancel: Option<Duration>,
    pub(crate) on_allow: Obligations,
    pub(crate) on_deny: Obligations,
}

/// Requirements that are enough together. Never empty. No piece of evidence meets two that want one piece each.
#[derive(Clone, Debug)]
pub(crate) struct Alternative {
    pub(crate) all: Vec<Requirement>,
    /// The `acr` it comes from, by its place in the document's list.
    pub(crate) acr: Option<usize>,
    /// Why it may be weak, in the words of the person who answers for it (D2).
    pub(crate) risk_accepted: Option<String>,
    /// How long the change waits before it takes effect. Less is never worse.
    pub(crate) delay: Duration,
}

/// An authentication context class of the host (RFC 9470): a name for some alternatives.
#[derive(Clone, Debug)]
pub(crate) struct Acr {
    pub(crate) value: String,
    pub(crate) any: Vec<Vec<Requirement>>,
}

/// An external verifier. Its evidence counts to classes and levels if it is of this class, and of this strength or better.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    pub(crate) by: String,
    pub(crate) class: FactorClass,
    pub(crate) at_least: Strength,
    /// The level that its evidence reaches alone.
    pub(crate) reaches: Option<Aal>,
    pub(crate) amr: Option<String>,
    pub(crate) cost: u32,
}

/// The cost of evidence and approvals.
#[derive(Clone, Debug, Default)]
pub(crate) struct Costs {
    pub(crate) factors: BTreeMap<Factor, u32>,
    pub(crate) approval: Option<u32>,
}

/// One rule, with its action and tier.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ruling<'a> {
    /// As the document writes it.
    pub(crate) pattern: &'a str,
    /// None, if the rule holds at every tier.
    pub(crate) tier: Option<usize>,
    pub(crate) rule: &'a Rule,
}

impl Document {
    /// Returns the action's rule at a tier; none, if the document states no such action.
    pub(crate) fn ruling(&self, action: &str, tier: usize) -> Option<Ruling<'_>> {
        let (pattern, action) = self.action(action)?;
        let (tier, rule) = match action {
            Action::EveryTier(rule) => (None, rule),
            Action::ByTier(rules) => (Some(tier), rules.get(tier)?),
        };
        Some(Ruling {
            pattern,
            tier,
            rule,
        })
    }

    /// Returns the number of requirements in all rules.
    pub(crate) fn requirements(&self) -> usize {
        let actions = self.actions.values();
        actions.map(|action| action.requirements().len()).sum()
    }

    /// Returns every rule of the document.
    pub(crate) fn rulings(&self) -> impl Iterator<Item = Ruling<'_>> {
        self.actions
            .iter()
            .flat_map(|(pattern, action)| self.rulings_of(pattern, action))
    }

    /// Returns every rule of an action, the lowest tier first.
    pub(crate) fn rulings_of<'d>(&self, pattern: &'d str, action: &'d Action) -> Vec<Ruling<'d>> {
        let is_tiered = matches!(action, Action::ByTier(_));
        let ruling = |(tier, rule)| Ruling {
            pattern,
            tier: is_tiered.then_some(tier),
            rule,
        };
        action.rules().iter().enumerate().map(ruling).collect()
    }

    fn action(&self, name: &str) -> Option<(&str, &Action)> {
        if !name.contains('*')
            && let Some((name, action)) = self.actions.get_key_value(name)
        {
            return Some((name, action));
        }
        let pattern = self.patterns.iter().find(|pattern| pattern.matches(name))?;
        if named(name).is_err() || (pattern.is_catch_all() && !self.is_known(name)) {
            return None;
        }
        let (pattern, action) = self.actions.get_key_value(pattern.text())?;
        Some((pattern, action))
    }

    /// Whether a pattern of stars alone rules it.
    fn is_known(&self, action: &str) -> bool {
        match &self.known {
            Known::These(names) => names.contains(action),
            Known::Any => true,
        }
    }

    /// Whether a pattern matches some action of the document.
    pub(crate) fn speaks_of(&self, pattern: &Pattern) -> bool {
        if pattern.is_name() {
            return self.ruling(pattern.text(), 0).is_some();
        }
        let mut names = self.actions.keys().chain(self.listed_names());
        // A star is not a word of a name.
        names.any(|name| {
            !name.contains('*') && pattern.matches(name) && self.ruling(name, 0).is_some()
        }) || self.patterns.iter().any(|own| {
            let is_open = matches!(self.known, Known::Any) || !own.is_catch_all();
            is_open && own.meets(pattern)
        })
    }

    fn listed_names(&self) -> impl Iterator<Item = &String> {
        let names = match &self.known {
            Known::These(names) => Some(names),
            Known::Any => None,
        };
        names.into_iter().flatten()
    }

    /// Returns the action of the document that was probably meant by an unknown name. At most `most` are compared letter by letter.
    pub(crate) fn nearest(&self, name: &str, most: usize) -> Option<String> {
        let by_pattern = self.patterns.iter().filter(|one| !one.is_catch_all());
        let by_pattern = by_pattern.filter_map(|pattern| {
            let candidate = pattern.as_written(name)?;
            pattern.matches(&candidate).then_some(Cow::Owned(candidate))
        });
        let stated = self.actions.keys().filter(|name| !name.contains('*'));
        let stated = stated.chain(self.listed_names());
        let known = by_pattern.chain(stated.map(|name| Cow::Borrowed(name.as_str())));
        near::nearest(name, known, most).map(Cow::into_owned)
    }

    /// Returns each of a host's names that the document does not know, in words.
    pub(crate) fn unknown<'n>(
        &self,
        actions: impl IntoIterator<Item = &'n str>,
        tiers: impl IntoIterator<Item = &'n str>,
    ) -> Vec<String> {
        let words = |kind: &str, name: &str, meant: Option<String>| {
            let meant =
                meant.map_or_else(String::new, |meant| format!(" (did you mean `{meant}`?)"));
            format!("no {kind} `{}`{meant}", near::escaped(name))
        };
        let actions = actions
            .into_iter()
            .filter(|name| self.ruling(name, 0).is_none())
            .map(|name| match self.star_kept_from(name) {
                Some(kept) => format!("no action `{}`{kept}", near::escaped(name)),
                None => words("action", name, self.nearest(name, usize::MAX)),
            });
        let tiers = tiers
            .into_iter()
            .filter(|name| !self.tiers.iter().any(|tier| tier == name))
            .map(|name| {
                let meant = near::nearest(name, self.tiers.clone(), usize::MAX);
                words("tier", name, meant)
            });
        actions.chain(tiers).collect()
    }

    /// Returns the words for a pattern that would match an action, if the action did not change the account.
    fn star_kept_from(&self, name: &str) -> Option<String> {
        let star = self.patterns.iter().find(|star| star.is_kept_from(name))?;
        let star = star.text();
        Some(format!(
            ", and `{star}` does not reach it: an action that changes the account is named from its first word on"
        ))
    }

    /// Returns the words for an unknown action, with the one that was probably meant.
    pub(crate) fn unknown_action(&self, name: &str, most: usize) -> String {
        let stated = format!("the policy states no action `{}`", near::escaped(name));
        let end = self.star_kept_from(name);
        let end = end.unwrap_or_else(|| near::suggestion(self.nearest(name, most)));
        stated + &end
    }

    /// Returns the words for an unknown tier, with the one that was probably meant; none, if the document knows it.
    pub(crate) fn unknown_tier(&self, stated: &str) -> Option<String> {
        let known: Vec<_> = self.tiers.iter().map(String::as_str).collect();
        if known.contains(&stated) {
            return None;
        }
        Some(format!(
            "the policy knows no tier `{}`, so its highest counts{}",
            near::escaped(stated),
            near::did_you_mean(stated, &known)
        ))
    }

    pub(crate) fn readings_for<'a>(
        &'a self,
        action: &'a str,
    ) -> impl Iterator<Item = &'a Reading> + 'a {
        self.readings
            .iter()
            .filter(move |reading| reading.is_for(action))
    }

    pub(crate) fn tier_name(&self, tier: usize) -> &str {
        self.tiers.get(tier).map_or("", String::as_str)
    }

    /// Returns the line on an external verifier, if it covers evidence of this class and strength.
    pub(crate) fn listed(
        &self,
        by: Option<&str>,
        class: FactorClass,
        strength: Strength,
    ) -> Option<&Listed> {
        let by = by?;
        self.external_verifiers
            .iter()
            .find(|listed| listed.by == *by && listed.class == class && strength >= listed.at_least)
    }

    /// Returns the cost of a factor or an external verifier.
    pub(crate) fn cost(&self, factor: Factor, external_verifier: Option<&str>) -> u32 {
        let listed = self
            .external_verifiers
            .iter()
            .find(|one| Some(one.by.as_str()) == external_verifier);
        let by_factor = || self.costs.factors.get(&factor).copied();
        listed
            .map(|listed| listed.cost)
            .or_else(by_factor)
            .unwrap_or(COST)
    }

    pub(crate) fn approval_cost(&self) -> u32 {
        self.costs.approval.unwrap_or(APPROVAL_COST)
    }
}

impl Action {
    /// Returns its rules, the lowest tier first.
    fn rules(&self) -> &[Rule] {
        match self {
            Self::EveryTier(rule) => core::slice::from_ref(rule),
            Self::ByTier(rules) => rules,
        }
    }

    /// Whether a change that it allows may have to wait.
    pub(crate) fn can_wait(&self) -> bool {
        self.rules().iter().any(Rule::can_wait)
    }

    /// Returns every requirement of its rules.
    pub(crate) fn requirements(&self) -> Vec<&Requirement> {
        self.rules().iter().flat_map(Rule::requirements).collect()
    }
}

impl Rule {
    pub(crate) fn requirements(&self) -> impl Iterator<Item = &Requirement> {
        self.any.iter().flat_map(|one| &one.all)
    }

    /// Returns the delay of the alternative at that place, if it has one.
    pub(crate) fn delay_of(&self, place: usize) -> Option<Duration> {
        let alternative = self.any.get(place)?;
        Some(alternative.delay).filter(|delay| !delay.is_zero())
    }

    /// Whether a change that it allows may have to wait.
    pub(crate) fn can_wait(&self) -> bool {
        self.any.iter().any(|one| !one.delay.is_zero())
    }

    /// Whether it never allows the action.
    pub(crate) fn is_never(&self) -> bool {
        self.any.is_empty()
    }
}

/// The cost of evidence if the document gives none.
const COST: u32 = 1;
/// The cost of an approval: another agent has to be found.
const APPROVAL_COST: u32 = 10;
