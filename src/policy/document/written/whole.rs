//! The whole document, and the rules that need all of it.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::{Deserialize, Deserializer, Error as _};

use super::action::WrittenAction;
use super::forms::{Cost, Level, Number, Seconds, Tiers, Version, WrittenClass, WrittenStrength};
use super::rule::{Asked, Draft};
use super::shapes::{MOST_ACTIONS, MOST_ALTERNATIVES, Named, refused, refused_at, within};
use super::signal::SignalDraft;
use crate::error::Error;
use crate::evidence::external_verifier;
use crate::factor::{Factor, Strength};
use crate::policy::document::near::{did_you_mean_factor, suggestion};
use crate::policy::document::pattern::{Pattern, named};
use crate::policy::document::presets::Preset;
use crate::policy::document::reading::Reading;
use crate::policy::document::requirement::Requirement;
use crate::policy::document::rules::{Acr, Costs, Document, Known, Listed};

#[derive(serde::Deserialize)]
pub(crate) struct Head {
    #[serde(rename = "version")]
    _version: Version,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Written {
    #[serde(rename = "version")]
    _version: Version,
    extends: Option<Preset>,
    grant_lifetime: Option<Seconds<LONGEST_GRANT>>,
    tiers: Option<Tiers>,
    known_actions: Option<Known>,
    #[serde(default)]
    cost: Named<Cost>,
    #[serde(default)]
    external_verifier: Named<WrittenExternalVerifier>,
    #[serde(default)]
    signal: Named<SignalDraft>,
    #[serde(default)]
    acr: Vec<WrittenAcr>,
    action: Named<WrittenAction>,
}

impl Written {
    /// Returns the preset that it extends.
    pub(crate) const fn preset(&self) -> Option<Preset> {
        self.extends
    }

    /// Returns the document, if it keeps every rule. Parts that it does not state are those of `base`, the document of the preset.
    pub(crate) fn checked(self, base: Option<Document>) -> Result<Document, Error> {
        let mut document = match (base, self.tiers) {
            (Some(_), Some(_)) => {
                return Err(refused(
                    "must not state `tiers` beside `extends`: they are the preset's",
                ));
            }
            (Some(base), None) => base,
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
        price(&mut document, self.cost.0)?;
        list(&mut document, self.external_verifier.0)?;
        read(&mut document, self.signal.0)?;
        classify(&mut document, self.acr)?;
        rule(&mut document, self.action.0)?;
        look_at(&document)?;
        Ok(document)
    }
}

fn price(document: &mut Document, costs: BTreeMap<String, Cost>) -> Result<(), Error> {
    for (name, Number(cost)) in costs {
        if name == APPROVAL {
            document.costs.approval = Some(cost.into());
            continue;
        }
        let factor: Factor = name.parse().map_err(|error: Error| {
            let rule = format!("{error}{}", did_you_mean_factor(&name));
            refused_at("cost", &name, &rule)
        })?;
        document.costs.factors.insert(factor, cost.into());
    }
    Ok(())
}

fn list(
    document: &mut Document,
    external_verifiers: BTreeMap<String, WrittenExternalVerifier>,
) -> Result<(), Error> {
    for (name, written) in external_verifiers {
        let by = external_verifier(&name)
            .map_err(|error| refused_at("external_verifier", &name, &error.to_string()))?;
        document.external_verifiers.retain(|other| other.by != by);
        document.external_verifiers.push(Listed {
            by,
            class: written.class.into(),
            at_least: written.strength.map_or(Strength::Full, Strength::from),
            reaches: written.aal.map(|Level(level)| level),
            amr: written.amr,
            cost: written.cost.map_or(1, |Number(cost)| cost.into()),
        });
    }
    within(
        document.external_verifiers.len(),
        MOST_EXTERNAL_VERIFIERS,
        "external verifiers",
    )
}

fn read(document: &mut Document, signals: BTreeMap<String, SignalDraft>) -> Result<(), Error> {
    for (name, draft) in signals {
        let reading: Reading = draft
            .checked(&name, &document.tiers)
            .map_err(|rule| refused_at("signal", &name, &rule))?;
        document.readings.retain(|other| other.name != name);
        document.readings.push(reading);
    }
    let looking = document
        .readings
        .iter()
        .map(|reading| reading.only_for.len());
    within(
        looking.sum(),
        MOST_PATTERNS,
        "names in `only_for`, of all signals together",
    )?;
    within(document.readings.len(), MOST_SIGNALS, "signals")
}

/// Checks that an action looks at each signal. A signal that no action looks at is a slip, and the risk would go unseen.
fn look_at(document: &Document) -> Result<(), Error> {
    for reading in &document.readings {
        let idle = |pattern: &&Pattern| !document.speaks_of(pattern);
        if let Some(pattern) = reading.only_for.iter().find(idle) {
            let text = pattern.text();
            let meant = document.nearest(text, usize::MAX);
            let rule = format!(
                "must name actions of the document in `only_for`, which `{text}` does not{}",
                suggestion(meant)
            );
            return Err(refused_at("signal", &reading.name, &rule));
        }
    }
    Ok(())
}

fn classify(document: &mut Document, acrs: Vec<WrittenAcr>) -> Result<(), Error> {
    for written in acrs {
        let WrittenAcr { value, any } = written;
        let fits = (1..=MOST_ACR_BYTES).contains(&value.len());
        // RFC 9470 3: `acr_values` is a quoted string, in which spaces separate them.
        let plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\');
        let rule = if !fits || !value.bytes().all(plain) {
            "must be 1 to 128 printable ASCII characters, but no space, quote or backslash"
        } else if document.acrs.iter().any(|acr| acr.value == value) {
            "must not be stated twice"
        } else if !(1..=MOST_ALTERNATIVES).contains(&any.len()) {
            "must hold 1 to 32 alternatives"
        } else {
            let any = any.into_iter().map(|Inner(all)| all).collect();
            document.acrs.push(Acr { value, any });
            continue;
        };
        return Err(refused_at("acr", &value, rule));
    }
    within(
        document.acrs.len(),
        MOST_ACRS,
        "context classes under `acr`",
    )
}

fn rule(document: &mut Document, actions: BTreeMap<String, WrittenAction>) -> Result<(), Error> {
    let mut requirements = document.requirements();
    for (name, written) in actions {
        let pattern =
            Pattern::parse(&name).map_err(|rule| refused_at("name of an action", &name, &rule))?;
        let action = written
            .checked(&document.tiers, &document.acrs)
            .map_err(|rule| refused_at("action", &name, &rule))?;
        if action.can_wait() && !pattern.is_of_authenticators() {
            let rule = "must not state `delay`, since only changes of authenticators wait: name them from their first word on, \
                        as in `authenticator.reset`";
            return Err(refused_at("action", &name, rule));
        }
        // An `acr` is written once and counts wherever it is named. So a short document could hold millions.
        requirements = requirements.saturating_add(action.requirements().len());
        within(
            requirements,
            MOST_REQUIREMENTS_IN_ALL,
            "requirements in all, those of an `acr` wherever it is named",
        )?;
        let is_new = document.actions.insert(name, action).is_none();
        if is_new && !pattern.is_name() {
            document.patterns.push(pattern);
        }
    }
    if !(1..=MOST_ACTIONS).contains(&document.actions.len()) {
        return Err(refused(&format!("must state 1 to {MOST_ACTIONS} actions")));
    }
    within(
        document.patterns.len(),
        MOST_PATTERNS,
        "patterns of actions",
    )?;
    document
        .patterns
        .sort_by_key(|pattern| core::cmp::Reverse(pattern.says()));
    let mut rest = document.patterns.as_slice();
    while let Some((one, others)) = rest.split_first() {
        let tie = |other: &&Pattern| one.meets(other) && !one.covers(other) && !other.covers(one);
        if let Some(other) = others.iter().find(tie) {
            let rule = format!(
                "must not meet `{}`: neither says more than the other",
                other.text()
            );
            return Err(refused_at("action", one.text(), &rule));
        }
        rest = others;
    }
    let catch_all = document
        .patterns
        .iter()
        .find(|pattern| pattern.is_catch_all());
    if let (Some(star), Known::These(names)) = (catch_all, &document.known)
        && names.is_empty()
    {
        let rule = "must come with `known_actions`: the actions it may rule on, or \"any\"";
        return Err(refused_at("action", star.text(), rule));
    }
    Ok(())
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenExternalVerifier {
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
            Draft {
                asked: Asked::All(all, None),
                delay: None,
            } => Ok(Self(all)),
            _ => Err(D::Error::custom(
                "an `acr` must state `all`, and no other `acr`, `risk_accepted` or `delay`",
            )),
        }
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

/// The name of approvals under `cost`.
const APPROVAL: &str = "approval";
/// In seconds: a longer grant would be a session.
const LONGEST_GRANT: i64 = 3_600;
const MOST_PATTERNS: usize = 256;
/// More than 1 MiB holds without an `acr`.
const MOST_REQUIREMENTS_IN_ALL: usize = 1 << 17;
const MOST_EXTERNAL_VERIFIERS: usize = 16;
const MOST_SIGNALS: usize = 32;
const MOST_ACRS: usize = 16;
const MOST_ACR_BYTES: usize = 128;
