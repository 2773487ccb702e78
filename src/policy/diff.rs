//! What a new policy allows that the old one did not, and the other way.

use core::fmt;
use std::collections::BTreeSet;

use super::assurance::Aal;
use super::document::{Alternative, Document, Ruling};
use super::lint::{Deployment, Effort, ExampleRequest, World, representatives, smallest};
use super::pattern::Pattern;
use super::requirement::Requirement;
use super::signals::Test;
use super::words;
use crate::error::Error;
use crate::factor::{FactorClass, Strength};

/// What changes from one policy to another: see [`Policy::diff`](crate::Policy::diff). `Display` has a line for each.
///
/// ```
/// use countersign::{Policy, policy::Preset};
/// let own = Policy::from_toml("version = 1\nextends = \"nist_aal2\"\n[action.\"order.place\".every_tier]\nnever = true")?;
/// let differences = Policy::preset(Preset::NistAal2)?.diff(&own)?;
/// assert!(differences.iter().all(|difference| difference.action() == "order.place"));
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Differences {
    differences: Vec<Difference>,
    signals: Vec<String>,
    sets: u64,
}

impl Differences {
    /// Whether every request has the answer it had.
    ///
    /// ```
    /// fn is_safe(differences: &countersign::policy::Differences) -> bool { differences.is_empty() }
    /// ```
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.differences.is_empty() && self.signals.is_empty()
    }

    /// Each, in the order of the actions' names.
    ///
    /// ```
    /// fn new_rights(differences: &countersign::policy::Differences) -> usize {
    ///     differences.iter().filter(|difference| difference.is_allowed_now()).count()
    /// }
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = &Difference> {
        self.differences.iter()
    }

    /// The signals that mean other tiers than before, for some action; their requests are compared as if at the tier that
    /// they have.
    ///
    /// ```
    /// fn names(differences: &countersign::policy::Differences) -> String { differences.signals().join(", ") }
    /// ```
    #[must_use]
    pub fn signals(&self) -> &[String] {
        &self.signals
    }

    /// How many sets of evidence have been examined.
    ///
    /// ```
    /// fn effort(differences: &countersign::policy::Differences) -> u64 { differences.sets_examined() }
    /// ```
    #[must_use]
    pub const fn sets_examined(&self) -> u64 {
        self.sets
    }
}

/// Requests that the two policies answer differently.
///
/// ```
/// fn in_short(difference: &countersign::policy::Difference) -> String {
///     let is = if difference.is_allowed_now() { "+" } else { "-" };
///     format!("{is} {} at {:?}: {}", difference.action(), difference.tiers(), difference.example())
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    action: String,
    tiers: Vec<String>,
    unstated: bool,
    allowed_now: bool,
    old: Option<String>,
    new: Option<String>,
    example: ExampleRequest,
}

impl Difference {
    /// The action; where it is one of many by a pattern, a name that stands for all that the same two rules speak of.
    ///
    /// ```
    /// fn which(difference: &countersign::policy::Difference) -> &str { difference.action() }
    /// ```
    #[must_use]
    pub fn action(&self) -> &str {
        &self.action
    }

    /// At which tiers, by either policy's names.
    ///
    /// ```
    /// fn at_high(difference: &countersign::policy::Difference) -> bool { difference.tiers().iter().any(|tier| tier == "high") }
    /// ```
    #[must_use]
    pub fn tiers(&self) -> &[String] {
        &self.tiers
    }

    /// Whether it is so too where no tier is stated, or one that neither policy knows: that means the highest.
    ///
    /// ```
    /// fn by_default(difference: &countersign::policy::Difference) -> bool { difference.is_unstated() }
    /// ```
    #[must_use]
    pub const fn is_unstated(&self) -> bool {
        self.unstated
    }

    /// Whether the new policy allows what the old one did not; else it is the other way.
    ///
    /// ```
    /// fn is_wider(difference: &countersign::policy::Difference) -> bool { difference.is_allowed_now() }
    /// ```
    #[must_use]
    pub const fn is_allowed_now(&self) -> bool {
        self.allowed_now
    }

    /// The old policy's rule, as its document writes the place; none, if it has none for this action.
    ///
    /// ```
    /// fn before(difference: &countersign::policy::Difference) -> &str { difference.old_rule().unwrap_or("no rule") }
    /// ```
    #[must_use]
    pub fn old_rule(&self) -> Option<&str> {
        self.old.as_deref()
    }

    /// The new policy's rule.
    ///
    /// ```
    /// fn now(difference: &countersign::policy::Difference) -> &str { difference.new_rule().unwrap_or("no rule") }
    /// ```
    #[must_use]
    pub fn new_rule(&self) -> Option<&str> {
        self.new.as_deref()
    }

    /// A smallest set of evidence that is enough for the one, and not for the other.
    ///
    /// ```
    /// fn shown(difference: &countersign::policy::Difference) -> String { difference.example().to_string() }
    /// ```
    #[must_use]
    pub const fn example(&self) -> &ExampleRequest {
        &self.example
    }
}

impl fmt::Display for Differences {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for difference in &self.differences {
            writeln!(f, "{difference}")?;
        }
        for signal in &self.signals {
            writeln!(f, "signal.{signal}: means other tiers than before")?;
        }
        Ok(())
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut tiers = self.tiers.join(", ");
        if self.unstated {
            tiers.push_str(if tiers.is_empty() { "none" } else { " or none" });
        }
        let now = if self.allowed_now {
            "is allowed now"
        } else {
            "is no longer allowed"
        };
        let name = |rule: &Option<String>| rule.clone().unwrap_or_else(|| "no rule".to_owned());
        let Self {
            action, example, ..
        } = self;
        let (old, new) = (name(&self.old), name(&self.new));
        write!(
            f,
            "{action} at tier {tiers} {now} (from {old} to {new}): {example}"
        )
    }
}

pub(super) fn diff(old: &Document, new: &Document) -> Result<Differences, Error> {
    let mut effort = Effort::default();
    let mut differences = Vec::new();
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
            for allowed_now in [true, false] {
                if let Some(example) = pair.example(allowed_now, &deployment, &mut effort)? {
                    let rule = |side: &Side<'_>| {
                        let ruling = side.ruling.as_ref();
                        ruling.map(|ruling| words::rule(side.document, ruling))
                    };
                    differences.push(Difference {
                        action: action.clone(),
                        tiers: pair.tiers.iter().map(|tier| (*tier).to_owned()).collect(),
                        unstated: pair.unstated,
                        allowed_now,
                        old: rule(&pair.old),
                        new: rule(&pair.new),
                        example,
                    });
                }
            }
        }
    }
    differences.sort_by(|one: &Difference, other| one.action.cmp(&other.action));
    Ok(Differences {
        differences,
        signals: signals(old, new),
        sets: effort.sets(),
    })
}

/// What one of the two says to a request.
#[derive(Clone, Copy)]
struct Side<'d> {
    document: &'d Document,
    ruling: Option<Ruling<'d>>,
}

impl<'d> Side<'d> {
    /// A tier that it does not know is its highest.
    fn of(document: &'d Document, action: &str, tier: Option<&str>) -> Self {
        let highest = document.tiers.len().saturating_sub(1);
        let place = |name| document.tiers.iter().position(|tier| tier == name);
        let tier = tier.and_then(place).unwrap_or(highest);
        Self {
            document,
            ruling: document.ruling(action, tier),
        }
    }

    /// Which rule of its document it is.
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
        alternatives.any(|alternative| alternative.met(&case).is_some())
    }
}

/// Two rules that meet, and where they do.
struct Pair<'d> {
    old: Side<'d>,
    new: Side<'d>,
    tiers: Vec<&'d str>,
    unstated: bool,
}

impl Pair<'_> {
    fn is_written_alike(&self) -> bool {
        let all = |side: &Side<'_>| -> Vec<Vec<Requirement>> {
            let alternatives = side.alternatives().iter();
            alternatives.map(|one| one.all.clone()).collect()
        };
        all(&self.old) == all(&self.new)
    }

    /// A smallest example that the one side allows and the other does not.
    fn example(
        &self,
        allowed_now: bool,
        deployment: &Deployment,
        effort: &mut Effort,
    ) -> Result<Option<ExampleRequest>, Error> {
        let (allows, denies) = if allowed_now {
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

/// The pairs of rules of an action, at each tier of either document, and where none is stated.
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
                unstated: false,
            },
        };
        pair.tiers.extend(tier);
        pair.unstated |= tier.is_none();
        pairs.push(pair);
    }
    pairs
}

/// What a document says of its external verifiers that makes a difference to what is enough.
fn listed(document: &Document) -> Vec<(&str, FactorClass, Strength, Option<Aal>)> {
    let mut listed: Vec<_> = document
        .external_verifiers
        .iter()
        .map(|one| (one.by.name(), one.class, one.at_least, one.reaches))
        .collect();
    listed.sort_unstable();
    listed
}

/// The signals that the two do not read alike.
fn signals(old: &Document, new: &Document) -> Vec<String> {
    let names: BTreeSet<&str> = old
        .readings
        .iter()
        .chain(&new.readings)
        .map(|reading| reading.name.as_str())
        .collect();
    let differs = |name: &&str| {
        let of = |document| Read::of(document, name);
        of(old) != of(new)
    };
    names
        .into_iter()
        .filter(differs)
        .map(str::to_owned)
        .collect()
}

/// How a document reads a signal, by the names of its tiers.
#[derive(PartialEq)]
struct Read<'d> {
    only_for: &'d [Pattern],
    steps: Vec<(&'d str, Test)>,
}

impl<'d> Read<'d> {
    fn of(document: &'d Document, name: &str) -> Option<Self> {
        let reading = document.readings.iter().find(|one| one.name == name)?;
        let step = |(tier, test): &(usize, Test)| (document.tier_name(*tier), *test);
        Some(Self {
            only_for: &reading.only_for,
            steps: reading.steps.iter().map(step).collect(),
        })
    }
}
