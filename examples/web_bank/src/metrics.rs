//! Counts of events and of calls of the store, for `/metrics`. Their labels are bounded, and hold nothing of a customer.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use countersign::Error;
use countersign::audit::{Audit, Event, EventKind, Reason};

/// The audit trail of this demonstration: it counts. A bank writes the events down as well.
#[derive(Clone, Default)]
pub(crate) struct Counts(Arc<Mutex<Numbers>>);

#[derive(Default)]
struct Numbers {
    /// By event and factor.
    events: BTreeMap<(&'static str, &'static str), u64>,
    /// By call and end.
    store_calls: BTreeMap<(&'static str, &'static str), u64>,
    /// By call.
    store_time: BTreeMap<&'static str, Duration>,
}

impl Counts {
    /// Returns the counts in the text format of Prometheus.
    pub(crate) fn text(&self) -> String {
        let numbers = self.numbers();
        let mut text = String::new();
        text += "# HELP web_bank_events_total Events of the audit trail.\n";
        text += "# TYPE web_bank_events_total counter\n";
        for ((event, factor), count) in &numbers.events {
            text += &format!(
                "web_bank_events_total{{event=\"{event}\",factor=\"{factor}\"}} {count}\n"
            );
        }
        text += "# HELP web_bank_store_calls_total Calls of the store.\n";
        text += "# TYPE web_bank_store_calls_total counter\n";
        for ((call, end), count) in &numbers.store_calls {
            text +=
                &format!("web_bank_store_calls_total{{call=\"{call}\",end=\"{end}\"}} {count}\n");
        }
        text += "# HELP web_bank_store_seconds_total Time that calls of the store took.\n";
        text += "# TYPE web_bank_store_seconds_total counter\n";
        for (call, time) in &numbers.store_time {
            let seconds = time.as_secs_f64();
            text += &format!("web_bank_store_seconds_total{{call=\"{call}\"}} {seconds:.6}\n");
        }
        text
    }

    pub(crate) fn add_store_call(&self, call: &'static str, end: &'static str, took: Duration) {
        let mut numbers = self.numbers();
        let count = numbers.store_calls.entry((call, end)).or_default();
        *count = count.saturating_add(1);
        let time = numbers.store_time.entry(call).or_default();
        *time = time.saturating_add(took);
    }

    fn numbers(&self) -> MutexGuard<'_, Numbers> {
        // Nothing under this lock leaves a count half-way.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Audit for Counts {
    fn write(&self, event: &Event) -> Result<(), Error> {
        let (name, factor) = label(&event.kind);
        if name == "private_code_told" {
            eprintln!("alarm: a private code was told to an agent, and is void");
        }
        let mut numbers = self.numbers();
        let count = numbers.events.entry((name, factor)).or_default();
        *count = count.saturating_add(1);
        Ok(())
    }
}

fn label(kind: &EventKind) -> (&'static str, &'static str) {
    match kind {
        EventKind::Accepted { factor } => ("accepted", factor.name()),
        EventKind::Denied {
            factor,
            reason: Reason::PrivateCodeTold,
        } => ("private_code_told", factor.name()),
        EventKind::Denied {
            factor,
            reason: Reason::Replayed,
        } => ("replayed", factor.name()),
        EventKind::Denied { factor, .. } => ("denied", factor.name()),
        EventKind::Reserved { factor } => ("reserved", factor.name()),
        EventKind::Locked { factor, .. } => ("locked", factor.name()),
        EventKind::Issued { factor, .. } => ("issued", factor.name()),
        EventKind::IssueRefused { factor } | EventKind::IssueOverBudget { factor, .. } => {
            ("issue_refused", factor.name())
        }
        EventKind::IssueAlarm { factor, .. } => ("issue_alarm", factor.name()),
        EventKind::InvalidCheckDigit { factor } => ("invalid_check_digit", factor.name()),
        EventKind::Approved => ("approved", ""),
        EventKind::Ended => ("ended", ""),
        EventKind::StepUpRequired => ("step_up_required", ""),
        EventKind::Unauthorized => ("unauthorized", ""),
        EventKind::Redeemed => ("redeemed", ""),
        EventKind::RedeemRefused { .. } => ("redeem_refused", ""),
        EventKind::Changed { .. } => ("changed", ""),
        _ => ("other", ""),
    }
}
