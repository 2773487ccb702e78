//! The explanation in plain English.

use core::fmt;

use crate::policy::decide::{Discount, decision};
use crate::policy::document::{near, spans};
use crate::policy::explain::explanation::{Answer, Explanation, RequirementResult};

impl fmt::Display for RequirementResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let left = match self.met {
            Ok(left) => spans::span(left),
            Err(unmet) => return write!(f, "{}: {unmet}", self.requirement),
        };
        let numbers: Vec<_> = self.evidence.iter().map(usize::to_string).collect();
        let by = if numbers.is_empty() {
            spans::count(self.approvals as u64, "approval")
        } else {
            format!("evidence {}", numbers.join(" and "))
        };
        write!(f, "{}: {by}, for {left} more", self.requirement)
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (action, tier) = (near::escaped(&self.action), &self.tier);
        write!(f, "{action} at tier {tier} is ")?;
        match &self.answer {
            Answer::Allowed(number, until, delay) => {
                let until = until.unix();
                writeln!(
                    f,
                    "allowed by alternative {number}, until {until} (Unix time)."
                )?;
                if let Some(delay) = delay {
                    writeln!(f, "The change takes effect after {}.", spans::span(*delay))?;
                }
            }
            Answer::StepUp(options) => {
                writeln!(f, "not allowed yet. It would be after:")?;
                for option in options {
                    writeln!(f, "- {option}")?;
                }
            }
            Answer::Denied(reason, unknown) => {
                let because = decision::because(*reason, unknown.as_deref());
                writeln!(f, "denied: {}", sentence(&because))?;
            }
        }
        for reason in &self.reasons {
            writeln!(f, "Tier: {}", sentence(reason))?;
        }
        writeln!(f, "Rule: {}.", self.rule().unwrap_or("none"))?;
        let alternatives = self.alternatives.iter().zip(&self.delays);
        for (number, (results, delay)) in (1_usize..).zip(alternatives) {
            let is_met = results.iter().all(RequirementResult::is_met);
            let verdict = if is_met { "met" } else { "not met" };
            let waits = delay.map_or_else(String::new, |delay| {
                format!(" (the change then waits {})", spans::span(delay))
            });
            writeln!(f, "Alternative {number} is {verdict}{waits}:")?;
            for result in results {
                writeln!(f, "- {result}.")?;
            }
        }
        for (number, given) in (1_usize..).zip(&self.given) {
            writeln!(f, "Evidence {number}: {given}.")?;
        }
        for (number, because) in &self.ignored {
            let because = match because {
                Discount::OtherSubject => "of another subject",
                Discount::OtherEpoch => "of another epoch, or of another record of the subject",
                Discount::Future => "from the future",
                Discount::OtherTransaction => "for another transaction",
            };
            writeln!(f, "Not counted: evidence {number} is {because}.")?;
        }
        Ok(())
    }
}

/// Adds a full stop, unless the words end in a question.
fn sentence(words: &str) -> String {
    let stop = if words.ends_with('?') { "" } else { "." };
    format!("{words}{stop}")
}
