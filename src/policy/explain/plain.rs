//! The explanation in plain English.

use core::fmt;

use super::{DecisionSummary, Explanation, IgnoredEvidence, Lack, RequirementResult, TierReason};
use crate::policy::decide::Discount;
use crate::policy::near;
use crate::policy::options::{StepUpOption, StepUpRequirement};
use crate::policy::words;

impl fmt::Display for IgnoredEvidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let because = match self.because {
            Discount::OtherSubject => "of another subject",
            Discount::OtherEpoch => "of another epoch of the account",
            Discount::Future => "from the future",
            Discount::OtherTransaction => "for another transaction",
        };
        write!(f, "evidence {} is {because}", self.evidence)
    }
}

impl fmt::Display for Lack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("nothing is lacking"),
            Self::NotShown => f.write_str("not shown"),
            Self::TooOld(number) => write!(f, "evidence {number} is too old"),
            Self::NotBound(number) => write!(f, "evidence {number} is for no transaction"),
            Self::NotIndependent(number) => {
                write!(f, "evidence {number} came on the channel in use")
            }
            Self::Elsewhere(number) => write!(f, "evidence {number} is of another interaction"),
        }
    }
}

impl fmt::Display for RequirementResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(left) = self.left else {
            return write!(f, "{}: {}", self.asks, self.lack);
        };
        let numbers: Vec<_> = self.evidence.iter().map(usize::to_string).collect();
        let by = if numbers.is_empty() {
            words::count(self.approvals as u64, "approval")
        } else {
            format!("evidence {}", numbers.join(" and "))
        };
        write!(f, "{}: {by}, for {} more", self.asks, words::span(left))
    }
}

impl fmt::Display for TierReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            what,
            missing,
            meant,
            tier,
        } = self;
        let missing = if *missing {
            ", which is not known,"
        } else {
            ""
        };
        write!(f, "{what}{missing} means {tier}{meant}")
    }
}

impl fmt::Display for StepUpRequirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let factors: Vec<_> = self.factors().iter().map(|factor| factor.name()).collect();
        match (self.external_verifier(), factors.as_slice()) {
            (_, []) => f.write_str(&words::count(self.approvals() as u64, "approval"))?,
            (Some(by), _) => write!(f, "an attestation by {}", by.name())?,
            (None, factors) => f.write_str(&factors.join(" or "))?,
        }
        for (is_so, word) in [
            (self.is_for_transaction(), " for this transaction"),
            (self.is_independent(), " on an independent channel"),
            (self.is_protected(), " on a protected channel"),
        ] {
            if is_so {
                f.write_str(word)?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for StepUpOption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let asks: Vec<_> = self
            .requirements()
            .iter()
            .map(StepUpRequirement::to_string)
            .collect();
        f.write_str(&asks.join(", then "))
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { action, tier, .. } = self;
        let action = near::shown(action);
        match &self.answer {
            DecisionSummary::Allowed(number, until) => writeln!(
                f,
                "{action} at tier {tier} is allowed by alternative {number}, until {} (Unix time).",
                until.unix()
            )?,
            DecisionSummary::Asked(ways) => {
                writeln!(
                    f,
                    "{action} at tier {tier} is not allowed yet. It would be after:"
                )?;
                for way in ways {
                    writeln!(f, "- {way}")?;
                }
            }
            DecisionSummary::Denied(denial) => {
                let because = sentence(denial);
                writeln!(f, "{action} at tier {tier} is denied: {because}")?;
            }
        }
        for reason in &self.reasons {
            writeln!(f, "Tier: {}", sentence(reason))?;
        }
        match &self.rule {
            Some(rule) => writeln!(f, "Rule: {rule}.")?,
            None => writeln!(f, "Rule: none.")?,
        }
        for (number, tried) in (1_usize..).zip(&self.tried) {
            let verdict = if tried.is_met() {
                "filled"
            } else {
                "not filled"
            };
            writeln!(f, "Alternative {number} is {verdict}:")?;
            for finding in &tried.findings {
                writeln!(f, "- {finding}.")?;
            }
        }
        for (number, given) in (1_usize..).zip(&self.given) {
            writeln!(
                f,
                "Evidence {number}: {}, {} old.",
                given.what,
                words::span(given.age)
            )?;
        }
        for ignored in &self.ignored {
            writeln!(f, "Not counted: {ignored}.")?;
        }
        Ok(())
    }
}

/// With a full stop, unless it ends in a question.
fn sentence(words: &impl fmt::Display) -> String {
    let mut words = words.to_string();
    if !words.ends_with('?') {
        words.push('.');
    }
    words
}
