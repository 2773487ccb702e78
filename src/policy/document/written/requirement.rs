//! How a document writes a requirement.

use core::marker::PhantomData;
use core::time::Duration;

use serde::de::{Deserialize, Deserializer};

use super::forms::{Level, Number, Seconds, WrittenClass, WrittenStrength};
use super::shapes::Table;
use crate::evidence::{Evidence, external_verifier};
use crate::factor::{Factor, FactorClass, Strength};
use crate::policy::document::condition::{Condition, Conditions};
use crate::policy::document::near::did_you_mean_factor;
use crate::policy::document::requirement::{EvidenceKind, Requirement, Wanted};

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRequirement {
    factor: Option<String>,
    class: Option<WrittenClass>,
    classes: Option<Number<1, 3>>,
    aal: Option<Level>,
    approvals: Option<Number<1, MOST_APPROVALS>>,
    external_verifier: Option<String>,
    strength: Option<WrittenStrength>,
    max_age: Option<Seconds<LONGEST_AGE>>,
    for_transaction: Option<bool>,
    independent: Option<bool>,
    interaction: Option<WrittenInteraction>,
    changed_within: Option<Seconds<LONGEST_UNCHANGED>>,
}

#[derive(Clone, Copy, PartialEq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
enum WrittenInteraction {
    Same,
    Any,
}

impl WrittenRequirement {
    /// Returns how much of a condition is asked for; none, if the document does not say.
    fn stated(&self, condition: Condition) -> Option<u32> {
        if condition == Condition::Unchanged {
            let Seconds(within) = self.changed_within.as_ref()?;
            return u32::try_from(within.as_secs()).ok();
        }
        let is_asked = match condition {
            Condition::ForTransaction => self.for_transaction,
            Condition::Independent => self.independent,
            Condition::Interaction => self
                .interaction
                .map(|written| written == WrittenInteraction::Same),
            Condition::Unchanged | Condition::Protected => None,
        };
        is_asked.map(u32::from)
    }
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
            (0, true) => return piece(written, needed?).map(Self::Evidence),
            (1, false) => {}
            _ => return Err(ONE_KIND.to_owned()),
        }
        let of_one_piece = written.external_verifier.is_some()
            || Condition::ALL
                .iter()
                .any(|one| written.stated(*one).is_some())
            || (written.strength.is_some() && written.classes.is_none());
        if of_one_piece {
            let mut keys: Vec<_> = Condition::ALL.iter().filter_map(|one| one.key()).collect();
            let last = keys.pop().unwrap_or_default();
            return Err(format!(
                "`external_verifier`, `{}` and `{last}` belong to one `factor` or `class`, and `strength` to those and \
                 `classes`",
                keys.join("`, `")
            ));
        }
        if let Some(Number(count)) = written.classes {
            return Ok(Self::Classes {
                count: count.into(),
                at_least: strong(written.strength)?,
                max_age: needed?,
            });
        }
        if let Some(Level(level)) = written.aal {
            return Ok(Self::Level { level, max_age });
        }
        let Some(Number(count)) = written.approvals else {
            return Err(ONE_KIND.to_owned());
        };
        Ok(Self::Approvals {
            count: count.into(),
            max_age: needed?,
        })
    }
}

fn piece(written: WrittenRequirement, max_age: Duration) -> Result<Wanted, String> {
    let conditions = Conditions::by(|one| written.stated(one).unwrap_or_else(|| one.usual()));
    let kind = kind(written)?;
    let asked = |one: &Condition| conditions.has(*one);
    for condition in Condition::ALL.into_iter().filter(asked) {
        let factor = match &kind {
            EvidenceKind::Factor(factor) => *factor,
            EvidenceKind::External { .. } => Factor::External,
            EvidenceKind::Class(..) => continue,
        };
        if !condition.can_be_kept_by(factor) {
            let key = condition.key().unwrap_or_default();
            return Err(format!(
                "`{factor}` must not come with `{key}`, which evidence by it never keeps"
            ));
        }
    }
    Ok(Wanted {
        kind,
        max_age,
        conditions,
    })
}

fn kind(written: WrittenRequirement) -> Result<EvidenceKind, String> {
    let factor = written.factor.as_deref().map(known_factor).transpose()?;
    let class = written.class.map(FactorClass::from);
    match (factor, class, written.external_verifier, written.strength) {
        (Some(Factor::External), Some(class), Some(by), strength) => Ok(EvidenceKind::External {
            by: external_verifier(&by).map_err(|error| error.to_string())?,
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
        (Some(factor), None, None, None) => Ok(EvidenceKind::Factor(factor)),
        (None, Some(class), None, strength) => Ok(EvidenceKind::Class(class, strong(strength)?)),
        _ => Err(ONE_KIND.to_owned()),
    }
}

fn known_factor(name: &str) -> Result<Factor, String> {
    name.parse()
        .map_err(|error: crate::error::Error| format!("{error}{}", did_you_mean_factor(name)))
}

/// Returns the strength of a factor, which is never weak: answers are not a factor (D2).
fn strong(strength: Option<WrittenStrength>) -> Result<Strength, String> {
    match strength.map(Strength::from) {
        None => Ok(Strength::Restricted),
        Some(Strength::Weak) => {
            Err("`strength` must not be weak here: that is no factor".to_owned())
        }
        Some(strength) => Ok(strength),
    }
}

impl<'de> Deserialize<'de> for Requirement {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        reader.deserialize_map(Table::<WrittenRequirement, Self>(PhantomData))
    }
}

const ONE_KIND: &str =
    "a requirement must state one of `factor`, `class`, `classes`, `aal` and `approvals`";
/// In seconds.
const LONGEST_AGE: i64 = Evidence::LIFETIME.as_secs().cast_signed();
const MOST_APPROVALS: i64 = 5;
/// In seconds: a year.
const LONGEST_UNCHANGED: i64 = 366 * 86_400;
