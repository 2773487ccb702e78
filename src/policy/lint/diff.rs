//! The requests that two policies answer differently.

use core::fmt;
use std::collections::BTreeSet;
use std::rc::Rc;

use crate::error::Error;
use crate::factor::{FactorClass, Strength};
use crate::policy::decide::met;
use crate::policy::document::{Aal, Alternative, Document, Requirement, Ruling, Test, words};
use crate::policy::lint::example::ExampleRequest;
use crate::policy::lint::names::representatives;
use crate::policy::lint::search::{Effort, smallest};
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
                let none = is_unstated.then_some("none");
                let tiers = [tiers.join(", ").as_str()]
                    .into_iter()
                    .filter(|tiers| !tiers.is_empty())
                    .chain(none)
                    .collect::<Vec<_>>()
                    .join(" or ");
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
        }
    }
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
        Difference::Answer {
            tiers: one
                .pair
                .tiers
                .iter()
                .map(|tier| (*tier).to_owned())
                .collect(),
            is_unstated: one.pair.is_unstated,
            is_allowed_now: one.is_allowed_now,
            old_rule: rule(&one.pair.old),
            new_rule: rule(&one.pair.new),
            example: one.example.to_string(),
            action: one.action,
        }
    });
    let signals = signals(old, new).into_iter().map(Difference::Signal);
    Ok(answers.chain(signals).collect())
}

/// Requests that the two policies answer differently.
pub(crate) struct Answer<'d> {
    pub(crate) action: String,
    pub(crate) pair: Rc<Pair<'d>>,
    pub(crate) is_allowed_now: bool,
    pub(crate) example: ExampleRequest,
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
                if let Some(example) = pair.example(is_allowed_now, &deployment, effort)? {
                    answers.push(Answer {
                        action: action.clone(),
                        pair: Rc::clone(&pair),
                        is_allowed_now,
                        example,
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

impl Pair<'_> {
    fn is_written_alike(&self) -> bool {
        let all = |side: &Side<'_>| -> Vec<Vec<Requirement>> {
            let alternatives = side.alternatives().iter();
            alternatives.map(|one| one.all.clone()).collect()
        };
        all(&self.old) == all(&self.new)
    }

    /// Searches for a smallest example that one side allows and the other does not.
    fn example(
        &self,
        is_allowed_now: bool,
        deployment: &Deployment,
        effort: &mut Effort,
    ) -> Result<Option<ExampleRequest>, Error> {
        let (allows, denies) = if is_allowed_now {
            (self.new, self.old)
        } else {
            (self.old, self.new)
        };
        let requirements: Vec<_> = allows.requirements().chain(denies.requirements()).collect();
        let world = World::of(deployment, allows.document, denies.document, &requirements);
        let avoided = |example: &ExampleRequest| denies.is_enough(example);
        smallest(
            allows.alternatives(),
            allows.document,
            &world,
            &avoided,
            effort,
        )
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
