//! The policy document as it is written: read strictly, and turned into what decisions go by.
//!
//! Each written form turns into its checked form while it is read, so the reader knows line, column and key of
//! whatever breaks a rule. What needs the whole document (tiers, counts, ties) is checked at the end and names its action.

mod forms;
mod rule;
mod signal;

use core::fmt;
use core::marker::PhantomData;
use std::collections::{BTreeMap, BTreeSet};

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};

use super::document::{Acr, Action, Alternative, Costs, Document, Known, Listed, Rule};
use super::near::{did_you_mean, did_you_mean_factor, shown};
use super::pattern::{Pattern, named};
use super::presets::Preset;
use super::requirement::Requirement;
use super::signals::Reading;
use crate::error::Error;
use crate::evidence::ExternalVerifier;
use crate::factor::{Factor, Strength};
use crate::grant::Obligations;
use forms::{Cost, Level, Obliged, Seconds, Tiers, Version, WrittenClass, WrittenStrength};
use rule::{Draft, RuleDraft};
use signal::{SignalDraft, unknown_tier};

#[derive(serde::Deserialize)]
pub(super) struct Head {
    #[serde(rename = "version")]
    _version: Version,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    #[serde(rename = "version")]
    _version: Version,
    extends: Option<Preset>,
    grant_lifetime: Option<Seconds<LONGEST_GRANT>>,
    tiers: Option<Tiers>,
    known_actions: Option<Known>,
    #[serde(default)]
    cost: Named<Cost>,
    #[serde(default)]
    external_verifier: Named<WrittenAttester>,
    #[serde(default)]
    signal: Named<SignalDraft>,
    #[serde(default)]
    acr: Vec<WrittenAcr>,
    action: Named<WrittenAction>,
}

impl Written {
    /// The document, if it keeps every rule. What it does not state itself is the preset's that it extends.
    pub(super) fn checked(self) -> Result<Document, Error> {
        let mut document = match (self.extends, self.tiers) {
            (Some(_), Some(_)) => {
                return Err(refused(
                    "must not state `tiers` beside `extends`: they are the preset's",
                ));
            }
            (Some(preset), None) => preset.document()?,
            (None, None) => return Err(refused("must state `tiers`")),
            (None, Some(Tiers(tiers))) => Document {
                grant_lifetime: self
                    .grant_lifetime
                    .as_ref()
                    .ok_or_else(|| refused("must state `grant_lifetime`"))?
                    .0,
                tiers,
                readings: Vec::new(),
                external_verifiers: Vec::new(),
                costs: Costs::default(),
                acrs: Vec::new(),
                known: Known::These(BTreeSet::new()),
                actions: BTreeMap::new(),
                patterns: Vec::new(),
            },
        };
        if let Some(lifetime) = self.grant_lifetime {
            document.grant_lifetime = lifetime.0;
        }
        match (self.known_actions, &mut document.known) {
            (Some(Known::These(names)), Known::These(known)) => known.extend(names),
            (Some(known), place) => *place = known,
            (None, _) => {}
        }
        document.price(self.cost.0)?;
        document.list(self.external_verifier.0)?;
        document.read(self.signal.0)?;
        document.classify(self.acr)?;
        document.rule(self.action.0)?;
        document.look_at()?;
        Ok(document)
    }
}

impl Document {
    fn price(&mut self, costs: BTreeMap<String, Cost>) -> Result<(), Error> {
        for (name, Cost(cost)) in costs {
            if name == APPROVAL {
                self.costs.approval = Some(cost);
                continue;
            }
            let factor: Factor = name.parse().map_err(|error: Error| {
                let rule = format!("{error}{}", did_you_mean_factor(&name));
                refused_at("cost", &name, &rule)
            })?;
            self.costs.factors.insert(factor, cost);
        }
        Ok(())
    }

    fn list(&mut self, external_verifiers: BTreeMap<String, WrittenAttester>) -> Result<(), Error> {
        for (name, written) in external_verifiers {
            let by = ExternalVerifier::new(&name)
                .map_err(|error| refused_at("external_verifier", &name, &error.to_string()))?;
            self.external_verifiers.retain(|other| other.by != by);
            self.external_verifiers.push(Listed {
                by,
                class: written.class.into(),
                at_least: written.strength.map_or(Strength::Full, Strength::from),
                reaches: written.aal.map(|Level(level)| level),
                amr: written.amr,
                cost: written.cost.map_or(1, |Cost(cost)| cost),
            });
        }
        within(
            self.external_verifiers.len(),
            MOST_ATTESTERS,
            "external verifiers",
        )
    }

    fn read(&mut self, signals: BTreeMap<String, SignalDraft>) -> Result<(), Error> {
        for (name, draft) in signals {
            let reading: Reading = draft
                .checked(&name, &self.tiers)
                .map_err(|rule| refused_at("signal", &name, &rule))?;
            self.readings.retain(|other| other.name != name);
            self.readings.push(reading);
        }
        let looking = self.readings.iter().map(|reading| reading.only_for.len());
        within(
            looking.sum(),
            MOST_PATTERNS,
            "names in `only_for`, of all signals together",
        )?;
        within(self.readings.len(), MOST_SIGNALS, "signals")
    }

    /// A signal that no action looks at is a slip of the hand, and would leave the risk untold.
    fn look_at(&self) -> Result<(), Error> {
        for reading in &self.readings {
            let idle = |pattern: &&Pattern| !self.speaks_of(pattern);
            if let Some(pattern) = reading.only_for.iter().find(idle) {
                let text = pattern.text();
                let meant = self.nearest(text, usize::MAX);
                let rule = format!(
                    "must name actions of the document in `only_for`, which `{text}` does not{}",
                    meant.map_or_else(String::new, |meant| format!("; did you mean `{meant}`?"))
                );
                return Err(refused_at("signal", &reading.name, &rule));
            }
        }
        Ok(())
    }

    fn classify(&mut self, acrs: Vec<WrittenAcr>) -> Result<(), Error> {
        for written in acrs {
            let WrittenAcr { value, any } = written;
            let fits = (1..=MOST_ACR_BYTES).contains(&value.len());
            // RFC 9470 3: in `acr_values` they are told apart by spaces, within a quoted string.
            let plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\');
            let rule = if !fits || !value.bytes().all(plain) {
                "must be 1 to 128 printable ASCII characters, but no space, quote or backslash"
            } else if self.acrs.iter().any(|acr| acr.value == value) {
                "must not be stated twice"
            } else if !(1..=MOST_ALTERNATIVES).contains(&any.len()) {
                "must hold 1 to 32 alternatives"
            } else {
                let any = any.into_iter().map(|Inner(all)| all).collect();
                self.acrs.push(Acr { value, any });
                continue;
            };
            return Err(refused_at("acr", &value, rule));
        }
        within(self.acrs.len(), MOST_ACRS, "context classes under `acr`")
    }

    fn rule(&mut self, actions: BTreeMap<String, WrittenAction>) -> Result<(), Error> {
        let mut requirements = self.requirements();
        for (name, written) in actions {
            let pattern = Pattern::parse(&name)
                .map_err(|rule| refused_at("name of an action", &name, &rule))?;
            let action = written
                .checked(&self.tiers, &self.acrs)
                .map_err(|rule| refused_at("action", &name, &rule))?;
            // An `acr` is written once and counts wherever it is named: a short document could hold millions.
            requirements = requirements.saturating_add(action.requirements().len());
            within(
                requirements,
                MOST_REQUIREMENTS_IN_ALL,
                "requirements in all, those of an `acr` wherever it is named",
            )?;
            let is_new = self.actions.insert(name, action).is_none();
            if is_new && !pattern.is_name() {
                self.patterns.push(pattern);
            }
        }
        if !(1..=MOST_ACTIONS).contains(&self.actions.len()) {
            return Err(refused(&format!("must state 1 to {MOST_ACTIONS} actions")));
        }
        within(self.patterns.len(), MOST_PATTERNS, "patterns of actions")?;
        self.patterns
            .sort_by_key(|pattern| core::cmp::Reverse(pattern.says()));
        let mut rest = self.patterns.as_slice();
        while let Some((one, others)) = rest.split_first() {
            let tie =
                |other: &&Pattern| one.meets(other) && !one.covers(other) && !other.covers(one);
            if let Some(other) = others.iter().find(tie) {
                let rule = format!(
                    "must not meet `{}`: neither says more than the other",
                    other.text()
                );
                return Err(refused_at("action", one.text(), &rule));
            }
            rest = others;
        }
        let catch_all = self.patterns.iter().find(|pattern| pattern.is_catch_all());
        if let (Some(star), Known::These(names)) = (catch_all, &self.known)
            && names.is_empty()
        {
            let rule = "must come with `known_actions`: the actions it may rule on, or \"any\"";
            return Err(refused_at("action", star.text(), rule));
        }
        Ok(())
    }
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenAttester {
    class: WrittenClass,
    strength: Option<WrittenStrength>,
    aal: Option<Level>,
    amr: Option<String>,
    cost: Option<Cost>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenAcr {
    value: String,
    any: Vec<Inner>,
}

/// An alternative of an `acr`, which cannot name another one.
struct Inner(Vec<Requirement>);

impl<'de> Deserialize<'de> for Inner {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        match Draft::deserialize(reader)? {
            Draft::All(all, None) => Ok(Self(all)),
            Draft::Acr(_) | Draft::All(..) => Err(D::Error::custom(
                "an `acr` must state `all`, and no other `acr`, nor `risk_accepted`",
            )),
        }
    }
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenAction {
    every_tier: Option<RuleDraft>,
    tier: Option<Named<RuleDraft>>,
}

impl WrittenAction {
    fn checked(self, tiers: &[String], acrs: &[Acr]) -> Result<Action, String> {
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
        if requirements(&action) > MOST_REQUIREMENTS {
            return Err(format!(
                "must not hold more than {MOST_REQUIREMENTS} different requirements"
            ));
        }
        Ok(action)
    }
}

/// How many different requirements its rules hold; beyond the limit they are not counted on.
fn requirements(action: &Action) -> usize {
    let rules: &[Rule] = match action {
        Action::EveryTier(rule) => core::slice::from_ref(rule),
        Action::ByTier(rules) => rules,
    };
    let mut different: Vec<&Requirement> = Vec::new();
    let all = rules
        .iter()
        .flat_map(|rule| &rule.any)
        .flat_map(|one| &one.all);
    for requirement in all {
        if !different.contains(&requirement) {
            different.push(requirement);
        }
        if different.len() > MOST_REQUIREMENTS {
            break;
        }
    }
    different.len()
}

impl RuleDraft {
    fn checked(self, acrs: &[Acr]) -> Result<Rule, String> {
        let mut any = Vec::new();
        for draft in self.any {
            match draft {
                Draft::All(all, risk_accepted) => any.push(Alternative {
                    all,
                    acr: None,
                    risk_accepted,
                }),
                Draft::Acr(value) => {
                    let place = acrs.iter().position(|acr| acr.value == value);
                    let stated = place.and_then(|place| acrs.get(place).map(|acr| (place, acr)));
                    let (place, acr) = stated.ok_or_else(|| {
                        let known: Vec<_> = acrs.iter().map(|acr| acr.value.as_str()).collect();
                        format!(
                            "must name no `acr` but those stated{}",
                            did_you_mean(&value, &known)
                        )
                    })?;
                    any.extend(acr.any.iter().map(|all| Alternative {
                        all: all.clone(),
                        acr: Some(place),
                        risk_accepted: None,
                    }));
                }
            }
        }
        if any.len() > MOST_ALTERNATIVES {
            return Err(format!("must hold 1 to {MOST_ALTERNATIVES} alternatives"));
        }
        let then = |obliged: Vec<Obliged>| obliged.into_iter().map(|Obliged(one)| one).collect();
        let (on_allow, on_deny): (Obligations, Obligations) =
            (then(self.on_allow), then(self.on_deny));
        Ok(Rule {
            any,
            on_allow,
            on_deny,
        })
    }
}

/// A table by names, none of them twice: not every format refuses that by itself.
pub(super) struct Named<T>(pub(super) BTreeMap<String, T>);

impl<T> Default for Named<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Named<T> {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        struct Names<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Names<T> {
            type Value = Named<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut table: A) -> Result<Named<T>, A::Error> {
                let mut names = BTreeMap::new();
                while let Some(name) = table.next_key::<String>()? {
                    if names.contains_key(&name) {
                        return Err(A::Error::custom(format!("duplicate key `{name}`")));
                    }
                    if names.len() > MOST_ACTIONS {
                        return Err(A::Error::custom(format!(
                            "must hold at most {MOST_ACTIONS} names"
                        )));
                    }
                    names.insert(name, table.next_value()?);
                }
                Ok(Named(names))
            }
        }
        reader.deserialize_map(Names(PhantomData))
    }
}

impl<'de> Deserialize<'de> for Known {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        #[serde(untagged, expecting = "must be \"any\" or a list of actions")]
        enum Form {
            Word(String),
            Names(Vec<String>),
        }
        match Form::deserialize(reader)? {
            Form::Word(word) if word == "any" => Ok(Self::Any),
            Form::Word(_) => Err(D::Error::custom("must be \"any\" or a list of actions")),
            Form::Names(names) if names.len() > MOST_ACTIONS => Err(D::Error::custom(format!(
                "must hold at most {MOST_ACTIONS} names"
            ))),
            Form::Names(names) => {
                for name in &names {
                    named(name).map_err(D::Error::custom)?;
                }
                Ok(Self::These(names.into_iter().collect()))
            }
        }
    }
}

/// Reads a table as written and checks it before it ends: what it breaks is then found in its own line, where
/// `#[serde(try_from)]` would point to whatever holds it.
pub(super) struct Table<W, T>(pub(super) PhantomData<(W, T)>);

impl<'de, W: Deserialize<'de>, T: TryFrom<W, Error = String>> Visitor<'de> for Table<W, T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table")
    }

    fn visit_map<A: MapAccess<'de>>(self, table: A) -> Result<T, A::Error> {
        T::try_from(W::deserialize(MapAccessDeserializer::new(table))?).map_err(A::Error::custom)
    }
}

/// What a reader's message on an unknown key or word suggests: nothing, if nothing known looks like it.
pub(super) fn suggested(message: &str) -> String {
    // From the end: what is unknown is the document's own text, and may look like the rest.
    let (subject, known) = match message.rsplit_once(", expected ") {
        Some((subject, known)) if subject.starts_with("unknown ") => (subject, known),
        _ => return String::new(),
    };
    let word = subject.split('`').nth(1).unwrap_or_default();
    let known: Vec<_> = known.split('`').skip(1).step_by(2).collect();
    did_you_mean(word, &known)
}

fn refused(rule: &str) -> Error {
    Error::misuse("policy", rule.to_owned())
}

fn refused_at(what: &str, name: &str, rule: &str) -> Error {
    let shown = shown(name);
    Error::misuse(format!("policy, {what} `{shown}`"), rule.to_owned())
}

fn within(count: usize, most: usize, what: &str) -> Result<(), Error> {
    if count <= most {
        return Ok(());
    }
    Err(refused(&format!("must state at most {most} {what}")))
}

/// The name of approvals under `cost`.
const APPROVAL: &str = "approval";
/// In seconds: a longer grant would be a session.
const LONGEST_GRANT: i64 = 3_600;
const MOST_ACTIONS: usize = 10_000;
const MOST_PATTERNS: usize = 256;
/// More than 1 MiB holds that names no `acr`.
const MOST_REQUIREMENTS_IN_ALL: usize = 1 << 17;
const MOST_ATTESTERS: usize = 16;
const MOST_SIGNALS: usize = 32;
const MOST_ACRS: usize = 16;
const MOST_ACR_BYTES: usize = 128;
pub(super) const MOST_ALTERNATIVES: usize = 32;
/// Of one action: then all their subsets, 4,096, can be examined.
pub(super) const MOST_REQUIREMENTS: usize = 12;
