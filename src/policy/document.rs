//! The policy document: read strictly, into the rules that decisions go by.
//!
//! Each written form turns into its checked form while it is read, so the parser knows line, column and key of
//! whatever breaks a rule. What needs the whole document (tiers, counts) is checked at the end and names its action.

use core::fmt;
use core::marker::PhantomData;
use std::collections::BTreeMap;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};

use super::requirement::{Requirement, Shown, can_be_bound};
use crate::error::Error;
use crate::evidence::Attester;
use crate::factor::{Class, Factor, Strength};
use crate::time::Lifetime;

/// In seconds: a longer grant would be a session.
const LONGEST_GRANT: i64 = 3_600;
/// In seconds. SP 800-63B-4 2.2.3: at AAL2 everything is shown again after 24 hours at most.
const LONGEST_AGE: i64 = 86_400;
const MOST_TIERS: usize = 16;
const MOST_ACTIONS: usize = 10_000;
const MOST_ALTERNATIVES: usize = 32;
/// Of one action: then all their subsets, 4,096, can be examined.
const MOST_REQUIREMENTS: usize = 12;
const MOST_NAME_BYTES: usize = 64;
/// How much of a parser's message is passed on.
const MOST_MESSAGE_CHARS: usize = 240;

/// A document that keeps every rule.
#[derive(Clone, Debug)]
pub(super) struct Document {
    grant_lifetime: Lifetime,
    /// Lowest risk first; never empty.
    tiers: Vec<String>,
    actions: BTreeMap<String, Action>,
}

impl Document {
    pub(super) fn from_toml(text: &str) -> Result<Self, Error> {
        // The version first: of a later document it is said that it is later, not that it holds unknown keys.
        toml::from_str::<Head>(text)
            .and_then(|Head { version: Version }| toml::from_str::<Written>(text))
            .map_err(|error| located(error, text))
            .and_then(Self::checked)
    }

    fn checked(written: Written) -> Result<Self, Error> {
        if !(1..=MOST_ACTIONS).contains(&written.action.len()) {
            return Err(Error::misuse(
                "policy",
                format!("must state 1 to {MOST_ACTIONS} actions"),
            ));
        }
        let Tiers(tiers) = written.tiers;
        let mut actions = BTreeMap::new();
        for (name, action) in written.action {
            named(&name).map_err(|rule| Error::misuse("policy, name of an action", rule))?;
            let action = action
                .checked(&tiers)
                .map_err(|rule| Error::misuse(format!("policy, action `{name}`"), rule))?;
            actions.insert(name, action);
        }
        Ok(Self {
            grant_lifetime: written.grant_lifetime.0,
            tiers,
            actions,
        })
    }

    /// How long a grant counts at most.
    pub(super) const fn grant_lifetime(&self) -> Lifetime {
        self.grant_lifetime
    }

    /// The rule for an action at a tier: at the highest, if none is given or it is not one of the document's.
    pub(super) fn rule(&self, action: &str, tier: Option<&str>) -> Option<&Rule> {
        match self.actions.get(action)? {
            Action::EveryTier(rule) => Some(rule),
            Action::ByTier(rules) => tier
                .and_then(|tier| rules.get(tier))
                .or_else(|| rules.get(self.tiers.last()?)),
        }
    }
}

/// The rules of one action.
#[derive(Clone, Debug)]
enum Action {
    EveryTier(Rule),
    /// One for each tier of the document.
    ByTier(BTreeMap<String, Rule>),
}

impl Action {
    /// How many different requirements its rules hold; beyond the limit they are not counted on.
    fn requirements(&self) -> usize {
        let rules: Vec<_> = match self {
            Self::EveryTier(rule) => vec![rule],
            Self::ByTier(rules) => rules.values().collect(),
        };
        let mut different: Vec<&Requirement> = Vec::new();
        for requirement in rules
            .into_iter()
            .flat_map(Rule::alternatives)
            .flat_map(|one| &one.all)
        {
            if !different.contains(&requirement) {
                different.push(requirement);
            }
            if different.len() > MOST_REQUIREMENTS {
                break;
            }
        }
        different.len()
    }
}

/// The rule of one action at one tier.
#[derive(Clone, Debug)]
pub(super) enum Rule {
    /// One of these is enough; never empty.
    Any(Vec<Alternative>),
    /// Not done.
    Never,
}

impl Rule {
    pub(super) fn alternatives(&self) -> &[Alternative] {
        match self {
            Self::Any(alternatives) => alternatives,
            Self::Never => &[],
        }
    }
}

/// Requirements that are enough together; never empty, and no evidence fills two of them.
#[derive(Clone, Debug)]
pub(super) struct Alternative {
    pub(super) all: Vec<Requirement>,
}

#[derive(serde::Deserialize)]
struct Head {
    version: Version,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(rename = "version")]
    _version: Version,
    grant_lifetime: Seconds<LONGEST_GRANT>,
    tiers: Tiers,
    action: BTreeMap<String, WrittenAction>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenAction {
    every_tier: Option<Rule>,
    tier: Option<BTreeMap<String, Rule>>,
}

impl WrittenAction {
    fn checked(self, tiers: &[String]) -> Result<Action, String> {
        let action = match (self.every_tier, self.tier) {
            (Some(rule), None) => Action::EveryTier(rule),
            (None, Some(rules)) => {
                if rules.keys().any(|tier| !tiers.contains(tier)) {
                    return Err(format!("must name no tier but `{}`", tiers.join("`, `")));
                }
                if let Some(tier) = tiers.iter().find(|tier| !rules.contains_key(*tier)) {
                    return Err(format!("must state a rule for tier `{tier}` too"));
                }
                Action::ByTier(rules)
            }
            _ => return Err("must state either `every_tier` or `tier`".to_owned()),
        };
        if action.requirements() > MOST_REQUIREMENTS {
            return Err(format!(
                "must not hold more than {MOST_REQUIREMENTS} different requirements"
            ));
        }
        Ok(action)
    }
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRule {
    any: Option<Vec<Alternative>>,
    never: Option<bool>,
}

impl TryFrom<WrittenRule> for Rule {
    type Error = String;

    fn try_from(written: WrittenRule) -> Result<Self, String> {
        match (written.any, written.never) {
            (None, Some(true)) => Ok(Self::Never),
            (Some(any), None) if (1..=MOST_ALTERNATIVES).contains(&any.len()) => Ok(Self::Any(any)),
            (Some(_), None) => Err(format!(
                "`any` must hold 1 to {MOST_ALTERNATIVES} alternatives"
            )),
            _ => Err("a rule must state either `any` or `never = true`".to_owned()),
        }
    }
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenAlternative {
    all: Vec<Requirement>,
}

impl TryFrom<WrittenAlternative> for Alternative {
    type Error = String;

    fn try_from(WrittenAlternative { all }: WrittenAlternative) -> Result<Self, String> {
        if !(1..=MOST_REQUIREMENTS).contains(&all.len()) {
            return Err(format!(
                "`all` must hold 1 to {MOST_REQUIREMENTS} requirements"
            ));
        }
        let mut rest = all.as_slice();
        while let Some((one, others)) = rest.split_first() {
            if let Some(other) = others.iter().find(|other| one.shown.overlaps(&other.shown)) {
                let (one, other) = (one.shown.name(), other.shown.name());
                return Err(format!(
                    "`all` must not ask for both `{one}` and `{other}`, which one piece of evidence fills"
                ));
            }
            rest = others;
        }
        Ok(Self { all })
    }
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRequirement {
    factor: Option<String>,
    class: Option<WrittenClass>,
    attester: Option<String>,
    strength: Option<WrittenStrength>,
    max_age: Seconds<LONGEST_AGE>,
    #[serde(default)]
    bound: bool,
}

impl TryFrom<WrittenRequirement> for Requirement {
    type Error = String;

    fn try_from(written: WrittenRequirement) -> Result<Self, String> {
        let (max_age, bound) = (written.max_age.0, written.bound);
        let shown = Shown::try_from(written)?;
        match shown {
            Shown::Factor(factor) if bound && !can_be_bound(factor) => Err(format!(
                "`{factor}` cannot be bound: what it shows is for no transaction"
            )),
            _ => Ok(Self {
                shown,
                max_age,
                bound,
            }),
        }
    }
}

impl TryFrom<WrittenRequirement> for Shown {
    type Error = String;

    fn try_from(written: WrittenRequirement) -> Result<Self, String> {
        let factor = written.factor.as_deref().map(str::parse::<Factor>);
        let factor = factor.transpose().map_err(|error| error.to_string())?;
        let class = written.class.map(Class::from);
        match (factor, class, written.attester, written.strength) {
            (Some(Factor::Attested), Some(class), Some(by), strength) => Ok(Self::Attested {
                by: Attester::new(&by).map_err(|error| error.to_string())?,
                class,
                at_least: strength.map_or(Strength::Full, Strength::from),
            }),
            (Some(Factor::Attested), ..) => {
                Err("factor `attested` must come with `attester` and `class`".to_owned())
            }
            (_, _, Some(_), _) | (_, _, _, Some(_)) => {
                Err("`attester` and `strength` belong to factor `attested` only".to_owned())
            }
            (Some(factor), None, None, None) => Ok(Self::Factor(factor)),
            (None, Some(class), None, None) => Ok(Self::Class(class)),
            _ => Err("a requirement must state either `factor` or `class`".to_owned()),
        }
    }
}

impl<'de> Deserialize<'de> for Rule {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        reader.deserialize_map(Table::<WrittenRule, Self>(PhantomData))
    }
}

impl<'de> Deserialize<'de> for Alternative {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        reader.deserialize_map(Table::<WrittenAlternative, Self>(PhantomData))
    }
}

impl<'de> Deserialize<'de> for Requirement {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        reader.deserialize_map(Table::<WrittenRequirement, Self>(PhantomData))
    }
}

/// Reads a table as written and checks it before it ends: what it breaks is then found in its own line, where
/// `#[serde(try_from)]` would point to whatever holds it.
struct Table<W, T>(PhantomData<(W, T)>);

impl<'de, W: Deserialize<'de>, T: TryFrom<W, Error = String>> Visitor<'de> for Table<W, T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table")
    }

    fn visit_map<A: MapAccess<'de>>(self, table: A) -> Result<T, A::Error> {
        T::try_from(W::deserialize(MapAccessDeserializer::new(table))?).map_err(A::Error::custom)
    }
}

#[derive(Clone, Copy, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
enum WrittenClass {
    Knowledge,
    Possession,
    Inherence,
}

impl From<WrittenClass> for Class {
    fn from(written: WrittenClass) -> Self {
        match written {
            WrittenClass::Knowledge => Self::Knowledge,
            WrittenClass::Possession => Self::Possession,
            WrittenClass::Inherence => Self::Inherence,
        }
    }
}

#[derive(Clone, Copy, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
enum WrittenStrength {
    Weak,
    Restricted,
    Full,
}

impl From<WrittenStrength> for Strength {
    fn from(written: WrittenStrength) -> Self {
        match written {
            WrittenStrength::Weak => Self::Weak,
            WrittenStrength::Restricted => Self::Restricted,
            WrittenStrength::Full => Self::Full,
        }
    }
}

#[derive(serde::Deserialize)]
#[serde(try_from = "i64")]
struct Version;

impl TryFrom<i64> for Version {
    type Error = &'static str;

    fn try_from(number: i64) -> Result<Self, &'static str> {
        (number == 1).then_some(Self).ok_or("must be 1")
    }
}

/// A span of one second to `MOST` seconds.
#[derive(serde::Deserialize)]
#[serde(try_from = "i64")]
struct Seconds<const MOST: i64>(Lifetime);

impl<const MOST: i64> TryFrom<i64> for Seconds<MOST> {
    type Error = String;

    fn try_from(count: i64) -> Result<Self, String> {
        u32::try_from(count)
            .ok()
            .filter(|_| (1..=MOST).contains(&count))
            .map(|count| Self(Lifetime::seconds(count)))
            .ok_or_else(|| format!("must be 1 to {MOST} seconds"))
    }
}

#[derive(serde::Deserialize)]
#[serde(try_from = "Vec<String>")]
struct Tiers(Vec<String>);

impl TryFrom<Vec<String>> for Tiers {
    type Error = String;

    fn try_from(tiers: Vec<String>) -> Result<Self, String> {
        if !(1..=MOST_TIERS).contains(&tiers.len()) {
            return Err(format!("must hold 1 to {MOST_TIERS} tiers"));
        }
        let mut rest = tiers.as_slice();
        while let Some((tier, others)) = rest.split_first() {
            named(tier)?;
            if others.contains(tier) {
                return Err(format!("must not hold `{tier}` twice"));
            }
            rest = others;
        }
        Ok(Self(tiers))
    }
}

/// The rule for the names of actions and tiers; `*` is kept free for patterns.
fn named(name: &str) -> Result<(), String> {
    let fits = (1..=MOST_NAME_BYTES).contains(&name.len());
    let plain = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_');
    if fits && name.bytes().all(plain) {
        return Ok(());
    }
    Err(format!(
        "must be 1 to {MOST_NAME_BYTES} lower-case letters, digits, `.`, `-` or `_`"
    ))
}

/// The parser's message on one line, with line, column and key, as far as it knows them. What the document puts into
/// it is escaped, and cut.
fn located(mut error: toml::de::Error, text: &str) -> Error {
    // Without its input the error does not draw the line, but goes on to name the key.
    error.set_input(None);
    let mut message = error.to_string().trim_end().replace('\n', ", ");
    let mut place = "policy".to_owned();
    if let Some(span) = error.span() {
        let before = text.get(..span.start).unwrap_or(text);
        let start_of_line = before.rsplit('\n').next().unwrap_or_default();
        let line = before.matches('\n').count().saturating_add(1);
        let column = start_of_line.chars().count().saturating_add(1);
        place = format!("policy, line {line}, column {column}");
        let found = text.get(span).unwrap_or_default();
        if message == error.message() && !found.is_empty() && !message.contains(found) {
            message = format!("{message}, at `{found}`");
        }
    }
    let mut shown = String::new();
    for char in message.chars().take(MOST_MESSAGE_CHARS) {
        // What has no look of its own could turn the line around it.
        let plain = char.escape_debug().len() == 1 || matches!(char, '"' | '\'' | '\\');
        if !plain {
            shown.extend(char.escape_default());
        } else {
            shown.push(char);
        }
    }
    Error::misuse(place, shown)
}
