//! The summary of a run.

use std::time::Duration;

use super::rooms::say;
use crate::history::{Act, Asked, Event, Found};
use crate::plan::Told;

/// One fault, as it went.
pub struct Row {
    pub fault: String,
    pub form: String,
    pub calls: usize,
    pub passed: usize,
    pub refused: usize,
    pub errors: usize,
    pub longest: Duration,
    /// Of a call of the store.
    pub longest_of_store: Duration,
    pub back_after: Duration,
}

/// How a call ended, for the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Passed,
    Refused,
    Error,
}

impl End {
    /// Nothing, if nobody was answered.
    pub fn of(told: Option<&Told>) -> Option<Self> {
        Some(match told? {
            Told::Done | Told::Accepted | Told::Yes | Told::Granted => Self::Passed,
            Told::Denied | Told::Locked | Told::Busy | Told::StepUp | Told::No(_) => Self::Refused,
            // The second one who enrols a customer.
            Told::Failed(why) if why.contains("has an account already") => Self::Refused,
            Told::Failed(_) => Self::Error,
        })
    }
}

impl Row {
    pub fn of<'h>(
        fault: String,
        form: String,
        calls: impl Iterator<Item = &'h Event<Asked, Told>>,
        back_after: Duration,
    ) -> Self {
        let mut row = Self {
            fault,
            form,
            calls: 0,
            passed: 0,
            refused: 0,
            errors: 0,
            longest: Duration::ZERO,
            longest_of_store: Duration::ZERO,
            back_after,
        };
        for call in calls {
            row.calls += 1;
            match End::of(call.found.as_ref()) {
                Some(End::Passed) => row.passed += 1,
                Some(End::Refused) => row.refused += 1,
                Some(End::Error) => row.errors += 1,
                None => {}
            }
            row.longest = row.longest.max(taken(call));
        }
        row
    }

    pub fn with_acts<'h>(self, acts: impl Iterator<Item = &'h Event<Act, Found>>) -> Self {
        let longest = acts.map(taken).max().unwrap_or_default();
        Self {
            longest_of_store: longest,
            ..self
        }
    }
}

fn taken<A, F>(event: &Event<A, F>) -> Duration {
    Duration::from_nanos(event.end.unwrap_or(u64::MAX) - event.begin)
}

pub fn print(store: &str, rows: &[Row]) {
    let mut text = String::from(
        "\n| fault | store | form | calls | passed | refused | errors | longest call | of the store | back after |\n\
         |---|---|---|---|---|---|---|---|---|---|\n",
    );
    for row in rows {
        text += &format!(
            "| {} | {store} | {} | {} | {} | {} | {} | {:.2} s | {:.2} s | {:.2} s |\n",
            row.fault,
            row.form,
            row.calls,
            row.passed,
            row.refused,
            row.errors,
            row.longest.as_secs_f64(),
            row.longest_of_store.as_secs_f64(),
            row.back_after.as_secs_f64(),
        );
    }
    say(&text);
}
