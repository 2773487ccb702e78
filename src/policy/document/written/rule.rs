//! How a document writes a rule: alternatives of requirements.

use core::marker::PhantomData;
use core::time::Duration;

use serde::de::{Deserialize, Deserializer};

use super::forms::{Obliged, Seconds};
use super::shapes::{MOST_ALTERNATIVES, MOST_REQUIREMENTS, Table};
use crate::policy::document::near::did_you_mean;
use crate::policy::document::requirement::Requirement;
use crate::policy::document::rules::{Acr, Alternative, Rule};

/// A rule whose alternatives may still name an `acr`.
pub(crate) struct RuleDraft {
    /// Empty, if the action is never allowed.
    pub(crate) any: Vec<Draft>,
    /// Of the alternatives that state none.
    delay: Duration,
    barred_after_cancel: Option<Duration>,
    pub(crate) on_allow: Vec<Obliged>,
    pub(crate) on_deny: Vec<Obliged>,
}

impl RuleDraft {
    pub(crate) fn checked(self, acrs: &[Acr]) -> Result<Rule, String> {
        let mut any = Vec::new();
        for Draft { asked, delay } in self.any {
            let delay = delay.unwrap_or(self.delay);
            match asked {
                Asked::All(all, risk_accepted) => any.push(Alternative {
                    all,
                    acr: None,
                    risk_accepted,
                    delay,
                }),
                Asked::Acr(value) => {
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
                        delay,
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
            barred_after_cancel: self.barred_after_cancel,
            on_allow: then(self.on_allow),
            on_deny: then(self.on_deny),
        })
    }
}

/// An alternative, and how long the change waits if it is met. None is the delay of the rule.
pub(crate) struct Draft {
    pub(crate) asked: Asked,
    pub(crate) delay: Option<Duration>,
}

pub(crate) enum Asked {
    All(Vec<Requirement>, Option<String>),
    Acr(String),
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRule {
    any: Option<Vec<Draft>>,
    never: Option<bool>,
    delay: Option<Seconds<LONGEST_WAIT>>,
    barred_after_cancel: Option<Seconds<LONGEST_WAIT>>,
    #[serde(default)]
    on_allow: Vec<Obliged>,
    #[serde(default)]
    on_deny: Vec<Obliged>,
}

impl TryFrom<WrittenRule> for RuleDraft {
    type Error = String;

    fn try_from(written: WrittenRule) -> Result<Self, String> {
        let any = match (written.any, written.never) {
            (None, Some(true)) => {
                let stated = [
                    ("on_allow", !written.on_allow.is_empty()),
                    ("delay", written.delay.is_some()),
                    ("barred_after_cancel", written.barred_after_cancel.is_some()),
                ];
                if let Some((key, _)) = stated.iter().find(|(_, is_stated)| *is_stated) {
                    return Err(format!("`never` must not come with `{key}`"));
                }
                Vec::new()
            }
            (Some(any), None) if (1..=MOST_ALTERNATIVES).contains(&any.len()) => any,
            (Some(_), None) => {
                return Err(format!(
                    "`any` must hold 1 to {MOST_ALTERNATIVES} alternatives"
                ));
            }
            _ => return Err("a rule must state either `any` or `never = true`".to_owned()),
        };
        let seconds = |written: Option<Seconds<LONGEST_WAIT>>| written.map(|Seconds(span)| span);
        let is_stated = written.delay.is_some() || any.iter().any(|one| one.delay.is_some());
        if written.barred_after_cancel.is_some() && !is_stated {
            return Err(
                "`barred_after_cancel` must come with `delay`: only a change that waits can be cancelled"
                    .to_owned(),
            );
        }
        Ok(Self {
            any,
            delay: seconds(written.delay).unwrap_or_default(),
            barred_after_cancel: seconds(written.barred_after_cancel),
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
    delay: Option<Seconds<LONGEST_WAIT>>,
}

impl TryFrom<WrittenAlternative> for Draft {
    type Error = String;

    fn try_from(written: WrittenAlternative) -> Result<Self, String> {
        let accepted = written.risk_accepted;
        let delay = written.delay.map(|Seconds(span)| span);
        let all = match (written.all, written.acr) {
            (Some(all), None) => all,
            (None, Some(acr)) if accepted.is_none() => {
                let asked = Asked::Acr(acr);
                return Ok(Self { asked, delay });
            }
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
        let asked = Asked::All(all, accepted);
        Ok(Self { asked, delay })
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
/// In seconds: 90 days. A change that waits longer is forgotten by all.
const LONGEST_WAIT: i64 = 90 * 86_400;
