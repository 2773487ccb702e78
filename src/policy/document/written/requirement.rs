//! How a document writes a requirement.

use core::fmt;
use core::time::Duration;
use std::sync::LazyLock;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};

use super::forms::{Count, Level, Seconds, WrittenClass, WrittenStrength};
use crate::evidence::ExternalVerifier;
use crate::factor::{Factor, FactorClass, Strength};
use crate::policy::document::condition::{Condition, Conditions, Form};
use crate::policy::document::near::did_you_mean_factor;
use crate::policy::document::requirement::{Requirement, Shown, Wanted};

#[derive(Default)]
struct WrittenRequirement {
    factor: Option<String>,
    class: Option<WrittenClass>,
    classes: Option<Count<3>>,
    aal: Option<Level>,
    approvals: Option<Count<MOST_APPROVALS>>,
    external_verifier: Option<String>,
    strength: Option<WrittenStrength>,
    max_age: Option<Seconds<LONGEST_AGE>>,
    conditions: Vec<(Condition, u32)>,
}

/// The keys of a requirement: its own, and those of conditions.
static KEYS: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    const OWN: [&str; 8] = [
        "factor",
        "class",
        "classes",
        "aal",
        "approvals",
        "external_verifier",
        "strength",
        "max_age",
    ];
    OWN.into_iter()
        .chain(keyed().map(|(_, key, _)| key))
        .collect()
});

/// The conditions that a document states.
fn keyed() -> impl Iterator<Item = (Condition, &'static str, Form)> {
    let keyed = |one: Condition| one.key().map(|(key, form)| (one, key, form));
    Condition::ALL.into_iter().filter_map(keyed)
}

/// A key of a requirement. An unknown one is refused in its own place.
struct Key(&'static str);

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        struct Keys;

        impl Visitor<'_> for Keys {
            type Value = Key;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_str<E: serde::de::Error>(self, key: &str) -> Result<Key, E> {
                let known = KEYS.iter().find(|known| **known == key);
                let key = known.ok_or_else(|| E::unknown_field(key, &KEYS))?;
                Ok(Key(key))
            }
        }
        reader.deserialize_identifier(Keys)
    }
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "snake_case")]
enum WrittenScope {
    Same,
    Any,
}

impl WrittenRequirement {
    fn read<'de, A: MapAccess<'de>>(
        &mut self,
        key: &'static str,
        table: &mut A,
    ) -> Result<(), A::Error> {
        match key {
            "factor" => once(&mut self.factor, key, table),
            "class" => once(&mut self.class, key, table),
            "classes" => once(&mut self.classes, key, table),
            "aal" => once(&mut self.aal, key, table),
            "approvals" => once(&mut self.approvals, key, table),
            "external_verifier" => once(&mut self.external_verifier, key, table),
            "strength" => once(&mut self.strength, key, table),
            "max_age" => once(&mut self.max_age, key, table),
            _ => {
                for (condition, _, form) in keyed().filter(|(_, known, _)| *known == key) {
                    if self.conditions.iter().any(|(other, _)| *other == condition) {
                        return Err(A::Error::duplicate_field(key));
                    }
                    let is_asked = match form {
                        Form::Flag => table.next_value()?,
                        Form::Same => matches!(table.next_value()?, WrittenScope::Same),
                    };
                    self.conditions.push((condition, is_asked.into()));
                }
                Ok(())
            }
        }
    }
}

/// Reads a value into its place. Not every format refuses a key that is written twice.
fn once<'de, T: Deserialize<'de>, A: MapAccess<'de>>(
    place: &mut Option<T>,
    key: &'static str,
    table: &mut A,
) -> Result<(), A::Error> {
    match place.replace(table.next_value()?) {
        Some(_) => Err(A::Error::duplicate_field(key)),
        None => Ok(()),
    }
}

impl<'de> Deserialize<'de> for Requirement {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        struct Table;

        impl<'de> Visitor<'de> for Table {
            type Value = Requirement;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut table: A) -> Result<Requirement, A::Error> {
                let mut written = WrittenRequirement::default();
                while let Some(Key(key)) = table.next_key()? {
                    written.read(key, &mut table)?;
                }
                written.checked().map_err(A::Error::custom)
            }
        }
        reader.deserialize_map(Table)
    }
}

impl WrittenRequirement {
    fn checked(self) -> Result<Requirement, String> {
        let max_age = self.max_age.as_ref().map(|Seconds(age)| *age);
        let needed = max_age.ok_or_else(|| "a requirement must state `max_age`".to_owned());
        let together = [
            self.classes.is_some(),
            self.aal.is_some(),
            self.approvals.is_some(),
        ];
        let by_piece = self.factor.is_some() || self.class.is_some();
        let kinds = together.into_iter().filter(|is_stated| *is_stated).count();
        match (kinds, by_piece) {
            (0, true) => return piece(self, needed?).map(Requirement::Piece),
            (1, false) => {}
            _ => return Err(ONE_KIND.to_owned()),
        }
        let of_one_piece = self.external_verifier.is_some()
            || !self.conditions.is_empty()
            || (self.strength.is_some() && self.classes.is_none());
        if of_one_piece {
            let mut keys: Vec<_> = keyed().map(|(_, key, _)| key).collect();
            let last = keys.pop().unwrap_or_default();
            return Err(format!(
                "`external_verifier`, `{}` and `{last}` belong to one `factor` or `class`, and `strength` to those and \
                 `classes`",
                keys.join("`, `")
            ));
        }
        if let Some(Count(count)) = self.classes {
            return Ok(Requirement::Classes {
                count,
                at_least: strong(self.strength)?,
                max_age: needed?,
            });
        }
        if let Some(Level(level)) = self.aal {
            return Ok(Requirement::Level { level, max_age });
        }
        let Some(Count(count)) = self.approvals else {
            return Err(ONE_KIND.to_owned());
        };
        Ok(Requirement::Approvals {
            count,
            max_age: needed?,
        })
    }
}

fn piece(mut written: WrittenRequirement, max_age: Duration) -> Result<Wanted, String> {
    let stated = core::mem::take(&mut written.conditions);
    let shown = shown(written)?;
    let mut conditions = Conditions::usual();
    for (condition, amount) in stated {
        match (&shown, condition.key()) {
            (Shown::Factor(factor), Some((key, _)))
                if amount > 0 && !condition.can_be_kept_by(*factor) =>
            {
                return Err(format!(
                    "`{factor}` must not come with `{key}`, which evidence by it never keeps"
                ));
            }
            _ => conditions = conditions.with(condition, amount),
        }
    }
    Ok(Wanted {
        shown,
        max_age,
        conditions,
    })
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

const ONE_KIND: &str =
    "a requirement must state one of `factor`, `class`, `classes`, `aal` and `approvals`";
/// In seconds. SP 800-63B-4 2.2.3: at AAL2 everything is shown again after 24 hours at most.
const LONGEST_AGE: i64 = 86_400;
const MOST_APPROVALS: i64 = 5;
