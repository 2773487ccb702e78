//! How a document writes a rule: alternatives of requirements.

use core::marker::PhantomData;

use serde::de::{Deserialize, Deserializer};

use super::forms::Obliged;
use super::shapes::{MOST_ALTERNATIVES, MOST_REQUIREMENTS, Table};
use crate::policy::document::near::did_you_mean;
use crate::policy::document::requirement::Requirement;
use crate::policy::document::rules::{Acr, Alternative, Rule};

/// A rule whose alternatives may still name an `acr`.
pub(crate) struct RuleDraft {
    /// Empty, if the action is never allowed.
    pub(crate) any: Vec<Draft>,
    pub(crate) on_allow: Vec<Obliged>,
    pub(crate) on_deny: Vec<Obliged>,
}

impl RuleDraft {
    pub(crate) fn checked(self, acrs: &[Acr]) -> Result<Rule, String> {
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
        Ok(Rule {
            any,
            on_allow: then(self.on_allow),
            on_deny: then(self.on_deny),
        })
    }
}

pub(crate) enum Draft {
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
                    "`all` must not ask for both `{one}` and `{other}`, which one piece of evidence meets"
                ));
            }
            rest = others;
        }
        Ok(Self::All(all, accepted))
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

const MOST_REASON_BYTES: usize = 200;
