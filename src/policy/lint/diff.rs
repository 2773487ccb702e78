//! The requests that two policies answer differently.

use core::fmt;
use core::time::Duration;
use std::collections::BTreeSet;
use std::rc::Rc;

use crate::error::Error;
use crate::factor::{FactorClass, Strength};
use crate::policy::decide::met;
use crate::policy::document::{
    Aal, Alternative, Document, Requirement, Ruling, Test, spans, words,
};
use crate::policy::lint::example::ExampleRequest;
use crate::policy::lint::names::representatives;
use crate::policy::lint::search::{self, Effort, smallest, sooner};
use crate::policy::lint::world::{Deployment, World};

/// A difference between two policies: see [`Policy::diff`](crate::Policy::diff). `Display` says it in one line.
///
/// ```
/// use countersign::policy::Difference;
/// fn new_rights(differences: &[Difference]) -> usize {
///     let is_new = |one: &&Difference| matches!(one, Difference::Answer { is_allowed_now: true, .. });
///     differences.iter().filter(is_new).count()
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Difference {
    /// The two policies answer a request differently.
    #[non_exhaustive]
    Answer {
        /// The action. Where a pattern rules it, this is one name that stands for all names that the same two rules decide.
        action: String,
        /// The tiers at which it is so, by the names of either policy.
        tiers: Vec<String>,
        /// Whether it is so too where no tier is stated, or one that neither policy knows. That means the highest.
        is_unstated: bool,
        /// Whether the new policy allows it and the old one did not. If not, it is the other way round.
        is_allowed_now: bool,
        /// The old policy's rule, as its document writes the place; none, if it has none for this action.
        old_rule: Option<String>,
        /// The new policy's rule.
        new_rule: Option<String>,
        /// A smallest set of evidence that is enough for the one policy and not for the other, in words.
        example: String,
    },
    /// With some evidence that is enough for both policies, a change waits longer by one of them.
    #[non_exhaustive]
    Delay {
        /// The action, as of [`Answer`](Self::Answer).
        action: String,
        /// The tiers at which it is so, by the names of either policy.
        tiers: Vec<String>,
        /// Whether it is so too where no tier is stated, or one that neither policy knows.
        is_unstated: bool,
        /// Whether the change waits less by the new policy. If not, it is the other way round.
        is_shorter_now: bool,
        /// The old policy's rule, as its document writes the place.
        old_rule: String,
        /// The new policy's rule.
        new_rule: String,
        /// A smallest set of evidence with which it is so, in words.
        example: String,
    },
    /// A change that was cancelled is barred for another time than before.
    #[non_exhaustive]
    Barred {
        /// The action, as of [`Answer`](Self::Answer).
        action: String,
        /// The tiers at which it is so, by the names of either policy.
        tiers: Vec<String>,
        /// Whether it is so too where no tier is stated, or one that neither policy knows.
        is_unstated: bool,
        /// By the old policy.
        old: Option<Duration>,
        /// By the new policy.
        new: Option<Duration>,
    },
    /// The signal of this name means other tiers than before, for some action. Requests are compared as if at the tier that
    /// they have.
    Signal(String),
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signal(name) => write!(f, "signal.{name}: means other tiers than before"),
            Self::Answer {
                action,
                tiers,
                is_unstated,
                is_allowed_now,
                old_rule,
                new_rule,
                example,
            } => {
                let tiers = in_words(tiers, *is_unstated);
                let now = if *is_allowed_now {
                    "is allowed now"
                } else {
                    "is no longer allowed"
                };
                let [old, new] =
                    [old_rule, new_rule].map(|rule| rule.as_deref().unwrap_or("no rule"));
                write!(
                    f,
                    "{action} at tier {tiers} {now} (from {old} to {new}): {example}"
                )
            }
            Self::Delay {
                action,
                tiers,
                is_unstated,
                is_shorter_now,
                old_rule,
                new_rule,
                example,
            } => {
                let tiers = in_words(tiers, *is_unstated);
                let now = if *is_shorter_now { "less" } else { "longer" };
                write!(
                    f,
                    "{action} at tier {tiers} waits {now} now (from {old_rule} to {new_rule}): {example}"
                )
            }
            Self::Barred {
                action,
                tiers,
                is_unstated,
                old,
                new,
            } => {
                let tiers = in_words(tiers, *is_unstated);
                let time = |barred: &Option<Duration>| barred.map_or("no time".into(), spans::span);
                let (old, new) = (time(old), time(new));
                write!(
                    f,
                    "{action} at tier {tiers} is barred after a cancellation for {new} now, not for {old}"
                )
            }
        }
    }
}

/// Returns the tiers of a difference in words.
fn in_words(tiers: &[String], is_unstated: bool) -> String {
    let none = is_unstated.then_some("none");
    [tiers.join(", ").as_str()]
        .into_iter()
        .filter(|tiers| !tiers.is_empty())
        .chain(none)
        .collect::<Vec<_>>()
        .join(" or ")
}

/// Returns the differences, in the order of the actions' names.
pub(crate) fn diff(
    old: &Document,
    new: &Document,
    effort: &mut Effort,
) -> Result<Vec<Difference>, Error> {
    let answers = answers(old, new, effort)?;
    let answers = answers.into_iter().map(|one| {
        let rule = |side: &Side<'_>| {
            let ruling = side.ruling.as_ref();
            ruling.map(|ruling| words::rule(side.document, ruling))
        };
        let (old_rule, new_rule) = (rule(&one.pair.old), rule(&one.pair.new));
        let tiers = one.pair.tiers.iter().map(|tier| (*tier).to_owned());
        let (tiers, is_unstated) = (tiers.collect(), one.pair.is_unstated);
        let (action, is_better) = (one.action, one.is_allowed_now);
        match one.found {
            Found::Allowed(example) => Difference::Answer {
                action,
                tiers,
                is_unstated,
                is_allowed_now: is_better,
                old_rule,
                new_rule,
                example: example.to_string(),
            },
            Found::Sooner(example) => Difference::Delay {
                action,
                tiers,
                is_unstated,
                is_shorter_now: is_better,
                old_rule: old_rule.unwrap_or_default(),
                new_rule: new_rule.unwrap_or_default(),
                example: example.to_string(),
            },
            Found::Barred(old, new) => Difference::Barred {
                action,
                tiers,
                is_unstated,
                old,
                new,
            },
        }
    });
    let signals = signals(old, new).into_iter().map(Difference::Signal);
    Ok(answers.chain(signals).collect())
}

/// Requests that the two policies answer differently.
pub(crate) struct Answer<'d> {
    pub(crate) action: String,
    pub(crate) pair: Rc<Pair<'d>>,
    /// Whether the new policy is the one that allows more.
    pub(crate) is_allowed_now: bool,
    pub(crate) found: Found,
}

/// One difference of two rules.
pub(crate) enum Found {
    /// One allows this, the other does not.
    Allowed(ExampleRequest),
    /// With this a change waits less by one of them.
    Sooner(ExampleRequest),
    /// By the old rule, and by the new one.
    Barred(Option<Duration>, Option<Duration>),
}

pub(crate) fn answers<'d>(
    old: &'d Document,
    new: &'d Document,
    effort: &mut Effort,
) -> Result<Vec<Answer<'d>>, Error> {
    let mut answers = Vec::new();
    let mut seen = BTreeSet::new();
    let deployment = Deployment::new();
    let is_listed_alike = listed(old) == listed(new);
    for action in representatives(old, new) {
        let pattern = |document: &Document| {
            let ruling = document.ruling(&action, 0);
            ruling.map(|ruling| ruling.pattern.to_owned())
        };
        if !seen.insert((pattern(old), pattern(new))) {
            continue;
        }
        for pair in pairs(&action, old, new) {
            if is_listed_alike && pair.is_written_alike() {
                continue;
            }
            let pair = Rc::new(pair);
            for is_allowed_now in [true, false] {
                for found in pair.found(is_allowed_now, &deployment, effort)? {
                    answers.push(Answer {
                        action: action.clone(),
                        pair: Rc::clone(&pair),
                        is_allowed_now,
                        found,
                    });
                }
            }
        }
    }
    answers.sort_by(|one, other| one.action.cmp(&other.action));
    Ok(answers)
}

/// One of the two policies, with its rule for a request.
#[derive(Clone, Copy)]
pub(crate) struct Side<'d> {
    document: &'d Document,
    ruling: Option<Ruling<'d>>,
}

impl<'d> Side<'d> {
    /// Finds the rule. A tier that the document does not know is its highest.
    fn of(document: &'d Document, action: &str, tier: Option<&str>) -> Self {
        let highest = document.tiers.len().saturating_sub(1);
        let place = |name| document.tiers.iter().position(|tier| tier == name);
        let tier = tier.and_then(place).unwrap_or(highest);
        Self {
            document,
            ruling: document.ruling(action, tier),
        }
    }

    /// Returns the place of its rule.
    fn rule(&self) -> Option<(&'d str, Option<usize>)> {
        self.ruling.map(|ruling| (ruling.pattern, ruling.tier))
    }

    fn alternatives(&self) -> &'d [Alternative] {
        self.ruling.map_or(&[], |ruling| &ruling.rule.any)
    }

    fn barred(&self) -> Option<Duration> {
        self.ruling?.rule.barred_after_cancel
    }

    fn requirements(&self) -> impl Iterator<Item = &'d Requirement> {
        self.alternatives().iter().flat_map(|one| &one.all)
    }

    fn is_enough(&self, example: &ExampleRequest) -> bool {
        let case = example.case(self.document);
        let mut alternatives = self.alternatives().iter();
        alternatives.any(|alternative| met::all(&alternative.all, &case).is_some())
    }
}

/// Two rules for the same requests, and the tiers at which they meet.
pub(crate) struct Pair<'d> {
    old: Side<'d>,
    new: Side<'d>,
    pub(crate) tiers: Vec<&'d str>,
    is_unstated: bool,
}

impl<'d> Pair<'d> {
    fn is_written_alike(&self) -> bool {
        let all = |side: &Side<'_>| -> Vec<(Vec<Requirement>, Duration)> {
            let alternatives = side.alternatives().iter();
            alternatives
                .map(|one| (one.all.clone(), one.delay))
                .collect()
        };
        all(&self.old) == all(&self.new) && self.old.barred() == self.new.barred()
    }

    /// Searches for smallest examples that one side allows and the other does not, and with which it lets a change wait less.
    fn found(
        &self,
        is_allowed_now: bool,
        deployment: &Deployment,
        effort: &mut Effort,
    ) -> Result<Vec<Found>, Error> {
        let (allows, denies) = if is_allowed_now {
            (self.new, self.old)
        } else {
            (self.old, self.new)
        };
        let requirements: Vec<_> = allows.requirements().chain(denies.requirements()).collect();
        let world = |one: &Side<'d>, other: &Side<'d>| {
            World::of(deployment, one.document, other.document, &requirements)
        };
        let (world, other) = (world(&allows, &denies), world(&denies, &allows));
        let avoided = |example: &ExampleRequest| denies.is_enough(example);
        let allowed = smallest(allows.alternatives(), &world, &avoided, effort)?;
        let sooner = sooner(
            search::Side {
                alternatives: allows.alternatives(),
                world: &world,
            },
            search::Side {
                alternatives: denies.alternatives(),
                world: &other,
            },
            effort,
        )?;
        let barred = (self.old.barred(), self.new.barred());
        let both = self.old.ruling.is_some() && self.new.ruling.is_some();
        let barred = Some(barred).filter(|(old, new)| both && is_allowed_now && old != new);
        let barred = barred.map(|(old, new)| Found::Barred(old, new));
        let allowed = allowed.map(Found::Allowed);
        let sooner = sooner.map(Found::Sooner);
        Ok(allowed.into_iter().chain(sooner).chain(barred).collect())
    }
}

/// Returns the pairs of rules of an action, at each tier of either document, and without a tier.
fn pairs<'d>(action: &str, old: &'d Document, new: &'d Document) -> Vec<Pair<'d>> {
    let mut pairs: Vec<Pair<'d>> = Vec::new();
    let other = new.tiers.iter().filter(|tier| !old.tiers.contains(tier));
    let stated = old
        .tiers
        .iter()
        .chain(other)
        .map(|tier| Some(tier.as_str()));
    for tier in stated.chain([None]) {
        let (before, now) = (Side::of(old, action, tier), Side::of(new, action, tier));
        let rules = (before.rule(), now.rule());
        let place = pairs
            .iter()
            .position(|pair| (pair.old.rule(), pair.new.rule()) == rules);
        let mut pair = match place {
            Some(place) => pairs.remove(place),
            None => Pair {
                old: before,
                new: now,
                tiers: Vec::new(),
                is_unstated: false,
            },
        };
        pair.tiers.extend(tier);
        pair.is_unstated |= tier.is_none();
        pairs.push(pair);
    }
    pairs
}

/// Returns the lines on external verifiers, as far as they decide what is enough.
fn listed(document: &Document) -> Vec<(&str, FactorClass, Strength, Option<Aal>)> {
    let mut listed: Vec<_> = document
        .external_verifiers
        .iter()
        .map(|one| (one.by.as_str(), one.class, one.at_least, one.reaches))
        .collect();
    listed.sort_unstable();
    listed
}

/// Returns the signals that the two do not read alike, by the names of tiers.
fn signals(old: &Document, new: &Document) -> Vec<String> {
    let readings = || old.readings.iter().chain(&new.readings);
    let names: BTreeSet<&str> = readings().map(|reading| reading.name.as_str()).collect();
    let differs = |name: &&str| {
        let [old, new] = [old, new].map(|document| {
            let reading = document.readings.iter().find(|one| one.name == *name)?;
            let step = |(tier, test): &(usize, Test)| (document.tier_name(*tier), *test);
            let steps: Vec<_> = reading.steps.iter().map(step).collect();
            Some((&reading.only_for, steps))
        });
        old != new
    };
    let names = names.into_iter().filter(differs);
    names.map(str::to_owned).collect()
}
