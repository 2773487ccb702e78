//! How a document writes a rule: alternatives of requirements.

use core::marker::PhantomData;

use serde::de::{Deserialize, Deserializer};

use super::forms::{Count, Level, Obliged, Seconds, WrittenClass, WrittenStrength};
use super::{MOST_ALTERNATIVES, MOST_REQUIREMENTS, Table};
use crate::evidence::ExternalVerifier;
use crate::factor::{Factor, FactorClass, Strength};
use crate::policy::near::did_you_mean_factor;
use crate::policy::requirement::{Requirement, Shown, Wanted};
use core::time::Duration;

/// A rule whose alternatives may still name an `acr`.
pub(super) struct RuleDraft {
    /// Empty, if it is not done.
    pub(super) any: Vec<Draft>,
    pub(super) on_allow: Vec<Obliged>,
    pub(super) on_deny: Vec<Obliged>,
}

pub(super) enum Draft {
    All(Vec<Requirement>, Option<String>),
    Acr(String),
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRule {
    any: Option<Vec<Draft>>,
    never: Option<bool>,
    #[serde(default)]
    on_allow: Vec<Obliged>,
    #[serde(default)]
    on_deny: Vec<Obliged>,
}

impl TryFrom<WrittenRule> for RuleDraft {
    type Error = String;

    fn try_from(written: WrittenRule) -> Result<Self, String> {
        let any = match (written.any, written.never) {
            (None, Some(true)) if written.on_allow.is_empty() => Vec::new(),
            (None, Some(true)) => {
                return Err("`never` must not come with `on_allow`".to_owned());
            }
            (Some(any), None) if (1..=MOST_ALTERNATIVES).contains(&any.len()) => any,
            (Some(_), None) => {
                return Err(format!(
                    "`any` must hold 1 to {MOST_ALTERNATIVES} alternatives"
                ));
            }
            _ => return Err("a rule must state either `any` or `never = true`".to_owned()),
        };
        Ok(Self {
            any,
            on_allow: written.on_allow,
            on_deny: written.on_deny,
        })
    }
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenAlternative {
    all: Option<Vec<Requirement>>,
    acr: Option<String>,
    risk_accepted: Option<String>,
}

impl TryFrom<WrittenAlternative> for Draft {
    type Error = String;

    fn try_from(written: WrittenAlternative) -> Result<Self, String> {
        let accepted = written.risk_accepted;
        let all = match (written.all, written.acr) {
            (Some(all), None) => all,
            (None, Some(acr)) if accepted.is_none() => return Ok(Self::Acr(acr)),
            _ => return Err("an alternative must state either `all` or `acr`".to_owned()),
        };
        if let Some(why) = &accepted
            && (why.trim().is_empty()
                || why.len() > MOST_REASON_BYTES
                || why.contains(char::is_control))
        {
            return Err(format!(
                "`risk_accepted` must say why, in one line of at most {MOST_REASON_BYTES} bytes"
            ));
        }
        if !(1..=MOST_REQUIREMENTS).contains(&all.len()) {
            return Err(format!(
                "`all` must hold 1 to {MOST_REQUIREMENTS} requirements"
            ));
        }
        let mut rest = all.as_slice();
        while let Some((one, others)) = rest.split_first() {
            if let Some(other) = others.iter().find(|other| one.overlaps(other)) {
                let (one, other) = (one.name(), other.name());
                return Err(format!(
                    "`all` must not ask for both `{one}` and `{other}`, which one piece of evidence fills"
                ));
            }
            rest = others;
        }
        Ok(Self::All(all, accepted))
    }
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRequirement {
    factor: Option<String>,
    class: Option<WrittenClass>,
    classes: Option<Count<3>>,
    aal: Option<Level>,
    approvals: Option<Count<MOST_APPROVALS>>,
    external_verifier: Option<String>,
    strength: Option<WrittenStrength>,
    max_age: Option<Seconds<LONGEST_AGE>>,
    for_transaction: Option<bool>,
    independent: Option<bool>,
    interaction: Option<WrittenInteraction>,
}

#[derive(Clone, Copy, PartialEq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
enum WrittenInteraction {
    Same,
    Any,
}

impl TryFrom<WrittenRequirement> for Requirement {
    type Error = String;

    fn try_from(written: WrittenRequirement) -> Result<Self, String> {
        let max_age = written.max_age.as_ref().map(|Seconds(age)| *age);
        let needed = max_age.ok_or_else(|| "a requirement must state `max_age`".to_owned());
        let together = [
            written.classes.is_some(),
            written.aal.is_some(),
            written.approvals.is_some(),
        ];
        let by_piece = written.factor.is_some() || written.class.is_some();
        let kinds = together.into_iter().filter(|is_stated| *is_stated).count();
        match (kinds, by_piece) {
            (0, true) => return piece(written, needed?).map(Self::Piece),
            (1, false) => {}
            _ => return Err(ONE_KIND.to_owned()),
        }
        let of_one_piece = written.external_verifier.is_some()
            || written.for_transaction.is_some()
            || written.independent.is_some()
            || written.interaction.is_some()
            || (written.strength.is_some() && written.classes.is_none());
        if of_one_piece {
            return Err(
                "`external_verifier`, `for_transaction`, `independent` and `interaction` belong to one `factor` or `class`, and \
                 `strength` to those and `classes`"
                    .to_owned(),
            );
        }
        if let Some(Count(count)) = written.classes {
            return Ok(Self::Classes {
                count,
                at_least: strong(written.strength)?,
                max_age: needed?,
            });
        }
        if let Some(Level(level)) = written.aal {
            return Ok(Self::Level { level, max_age });
        }
        let Some(Count(count)) = written.approvals else {
            return Err(ONE_KIND.to_owned());
        };
        Ok(Self::Approvals {
            count,
            max_age: needed?,
        })
    }
}

fn piece(written: WrittenRequirement, max_age: Duration) -> Result<Wanted, String> {
    let for_transaction = written.for_transaction == Some(true);
    let independent = written.independent == Some(true);
    let anywhere = written.interaction == Some(WrittenInteraction::Any);
    let shown = shown(written)?;
    match shown {
        Shown::Factor(factor) if for_transaction && !factor.is_bindable() => Err(format!(
            "`{factor}` cannot be bound: what it shows is for no transaction"
        )),
        _ => Ok(Wanted {
            shown,
            max_age,
            for_transaction,
            independent,
            anywhere,
        }),
    }
}

fn shown(written: WrittenRequirement) -> Result<Shown, String> {
    let factor = written.factor.as_deref().map(known_factor).transpose()?;
    let class = written.class.map(FactorClass::from);
    match (factor, class, written.external_verifier, written.strength) {
        (Some(Factor::External), Some(class), Some(by), strength) => Ok(Shown::Attested {
            by: ExternalVerifier::new(&by).map_err(|error| error.to_string())?,
            class,
            at_least: strength.map_or(Strength::Full, Strength::from),
        }),
        (Some(Factor::External), ..) => {
            Err("factor `external` must come with `external_verifier` and `class`".to_owned())
        }
        (_, _, Some(_), _) => {
            Err("`external_verifier` belongs to factor `external` only".to_owned())
        }
        (Some(_), None, None, Some(_)) => {
            Err("`strength` belongs to `class`, `classes` and factor `external` only".to_owned())
        }
        (Some(factor), None, None, None) => Ok(Shown::Factor(factor)),
        (None, Some(class), None, strength) => Ok(Shown::Class(class, strong(strength)?)),
        _ => Err(ONE_KIND.to_owned()),
    }
}

fn known_factor(name: &str) -> Result<Factor, String> {
    name.parse()
        .map_err(|error: crate::error::Error| format!("{error}{}", did_you_mean_factor(name)))
}

/// What counts as a factor, at least: answers never do (D2).
fn strong(strength: Option<WrittenStrength>) -> Result<Strength, String> {
    match strength.map(Strength::from) {
        None => Ok(Strength::Restricted),
        Some(Strength::Weak) => {
            Err("`strength` must not be weak here: that is no factor".to_owned())
        }
        Some(strength) => Ok(strength),
    }
}

impl<'de> Deserialize<'de> for RuleDraft {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        reader.deserialize_map(Table::<WrittenRule, Self>(PhantomData))
    }
}

impl<'de> Deserialize<'de> for Draft {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        reader.deserialize_map(Table::<WrittenAlternative, Self>(PhantomData))
    }
}

impl<'de> Deserialize<'de> for Requirement {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        reader.deserialize_map(Table::<WrittenRequirement, Self>(PhantomData))
    }
}

const ONE_KIND: &str =
    "a requirement must state one of `factor`, `class`, `classes`, `aal` and `approvals`";
/// In seconds. SP 800-63B-4 2.2.3: at AAL2 everything is shown again after 24 hours at most.
const LONGEST_AGE: i64 = 86_400;
const MOST_APPROVALS: i64 = 5;
const MOST_REASON_BYTES: usize = 200;
