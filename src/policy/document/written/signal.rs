//! How a document writes the tiers that a signal means.

use super::forms::Seconds;
use super::shapes::Named;
use crate::policy::document::near::did_you_mean;
use crate::policy::document::pattern::{Pattern, named};
use crate::policy::document::reading::{KNOWN, Reading, Signal, Test};
use crate::policy::signals::CallerId;

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignalDraft {
    risk: Option<Signal>,
    only_for: Option<Vec<String>>,
    tier: Named<WrittenTest>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenTest {
    at_least: Option<f64>,
    at_most: Option<f64>,
    raised: Option<bool>,
    or_worse: Option<CallerId>,
    within: Option<Seconds<LONGEST_AGO>>,
}

impl SignalDraft {
    pub(crate) fn checked(self, name: &str, tiers: &[String]) -> Result<Reading, String> {
        named(name)?;
        let known = KNOWN.iter().find(|(known, _)| *known == name);
        let signal = match (known, self.risk) {
            (Some((_, signal)), None) => *signal,
            (Some(_), Some(_)) => {
                return Err("must not state `risk`: it is known which way it points".to_owned());
            }
            (None, Some(signal)) => signal,
            (None, None) => {
                let names = KNOWN.map(|(known, _)| known);
                return Err(format!(
                    "must state `risk`, being the host's own: \"higher\", \"lower\" or \"raised\"{}",
                    did_you_mean(name, &names)
                ));
            }
        };
        let only_for = match self.only_for {
            None => Vec::new(),
            Some(texts) if texts.is_empty() => {
                return Err(format!("must name an action in `only_for`: {LEAVE_OUT}"));
            }
            Some(texts) => texts
                .iter()
                .map(|text| Pattern::parse(text))
                .collect::<Result<_, _>>()?,
        };
        if let Some(star) = only_for.iter().find(|one: &&Pattern| one.is_catch_all()) {
            let text = star.text();
            return Err(format!("must not hold `{text}` in `only_for`: {LEAVE_OUT}"));
        }
        let mut steps = Vec::new();
        for (tier, test) in self.tier.0 {
            let place = tiers.iter().position(|known| *known == tier);
            let place = place.ok_or_else(|| unknown_tier(&tier, tiers))?;
            steps.push((place, test.checked(signal)?));
        }
        if steps.is_empty() {
            return Err("must state what it means for one `tier` at least".to_owned());
        }
        Ok(Reading {
            name: name.to_owned(),
            only_for,
            steps,
        })
    }
}

impl WrittenTest {
    fn checked(self, signal: Signal) -> Result<Test, String> {
        let Self {
            at_least,
            at_most,
            raised,
            or_worse,
            within,
        } = self;
        let test = match (signal, at_least, at_most, raised, or_worse, within) {
            (Signal::HigherIsRiskier, Some(number), None, None, None, None) => {
                Test::AtLeast(number)
            }
            (Signal::LowerIsRiskier, None, Some(number), None, None, None) => Test::AtMost(number),
            (Signal::Flag, None, None, Some(true), None, None) => Test::Raised,
            (Signal::CallerId, None, None, None, Some(level), None) => Test::OrWorse(level),
            (Signal::Ago, None, None, None, None, Some(Seconds(span))) => Test::Within(span),
            _ => {
                let key = match signal {
                    Signal::HigherIsRiskier => "at_least = a number",
                    Signal::LowerIsRiskier => "at_most = a number",
                    Signal::Flag => "raised = true",
                    Signal::CallerId => "or_worse = \"A\", \"B\", \"C\" or \"none\"",
                    Signal::Ago => "within = seconds",
                };
                return Err(format!(
                    "must state `{key}` for each tier, and nothing else"
                ));
            }
        };
        match test {
            Test::AtLeast(number) | Test::AtMost(number) if !number.is_finite() => {
                Err("must be a finite number".to_owned())
            }
            test => Ok(test),
        }
    }
}

pub(crate) fn unknown_tier(tier: &str, tiers: &[String]) -> String {
    let known: Vec<_> = tiers.iter().map(String::as_str).collect();
    let meant = did_you_mean(tier, &known);
    format!("must name no tier but `{}`{meant}", tiers.join("`, `"))
}

const LEAVE_OUT: &str = "leave it out, and every action looks at the signal";
/// Ten years, in seconds.
const LONGEST_AGO: i64 = 315_360_000;
