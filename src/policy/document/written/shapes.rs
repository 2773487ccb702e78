//! Shapes that every part of a document is read by, and the errors that all parts share.

use core::fmt;
use core::marker::PhantomData;
use std::collections::BTreeMap;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};

use crate::error::Error;
use crate::policy::document::near::{did_you_mean, escaped};

/// A table by names. A name that is written twice is refused here, since not every format does it.
pub(crate) struct Named<T>(pub(crate) BTreeMap<String, T>);

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

/// Reads a table as written, and checks it before it ends. So an error points to the table itself; by `#[serde(try_from)]` it
/// would point to the table around it.
pub(crate) struct Table<W, T>(pub(crate) PhantomData<(W, T)>);

impl<'de, W: Deserialize<'de>, T: TryFrom<W, Error = String>> Visitor<'de> for Table<W, T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table")
    }

    fn visit_map<A: MapAccess<'de>>(self, table: A) -> Result<T, A::Error> {
        T::try_from(W::deserialize(MapAccessDeserializer::new(table))?).map_err(A::Error::custom)
    }
}

/// Returns what to suggest for a reader's message on an unknown key or word: empty, if no known one looks like it.
pub(crate) fn suggested(message: &str) -> String {
    // From the end: the unknown word is the document's own text, and may look like the rest.
    let (subject, known) = match message.rsplit_once(", expected ") {
        Some((subject, known)) if subject.starts_with("unknown ") => (subject, known),
        _ => return String::new(),
    };
    let word = subject.split('`').nth(1).unwrap_or_default();
    let known: Vec<_> = known.split('`').skip(1).step_by(2).collect();
    misplaced(word, &known).unwrap_or_else(|| did_you_mean(word, &known))
}

/// Returns the place of a key that stands too high: what encloses it is left out.
fn misplaced(word: &str, known: &[&str]) -> Option<String> {
    let holds = |key: &str| known.contains(&key);
    let is_requirement = REQUIREMENTS.contains(&word);
    if holds("every_tier") && RULE.contains(&word) {
        return Some(format!(
            "; `{word}` belongs to a tier: end the header of the action by `.every_tier`, or by `.tier.` and the name of a tier"
        ));
    }
    let written = if holds("any") && is_requirement {
        format!("any = [{{ all = [{{ {word} = .. }}] }}]")
    } else if holds("any") && ALTERNATIVE.contains(&word) {
        format!("any = [{{ {word} = .. }}]")
    } else if holds("all") && is_requirement {
        format!("{{ all = [{{ {word} = .. }}] }}")
    } else {
        return None;
    };
    Some(format!("; write `{written}`"))
}

pub(crate) fn refused(rule: &str) -> Error {
    Error::misuse("policy", rule.to_owned())
}

pub(crate) fn refused_at(what: &str, name: &str, rule: &str) -> Error {
    let escaped = escaped(name);
    Error::misuse(format!("policy, {what} `{escaped}`"), rule.to_owned())
}

pub(crate) fn within(count: usize, most: usize, what: &str) -> Result<(), Error> {
    if count <= most {
        return Ok(());
    }
    Err(refused(&format!("must state at most {most} {what}")))
}

/// Keys of a rule.
const RULE: [&str; 6] = [
    "any",
    "never",
    "delay",
    "barred_after_cancel",
    "on_allow",
    "on_deny",
];
/// Keys of an alternative that say what it asks for.
const ALTERNATIVE: [&str; 2] = ["all", "acr"];
/// Keys of a requirement that say what it asks for.
const REQUIREMENTS: [&str; 5] = ["factor", "class", "classes", "aal", "approvals"];
pub(crate) const MOST_ACTIONS: usize = 10_000;
pub(crate) const MOST_ALTERNATIVES: usize = 32;
/// Of one action. All their 4,096 subsets can then be examined.
pub(crate) const MOST_REQUIREMENTS: usize = 12;
