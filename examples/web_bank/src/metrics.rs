//! Counts of events, for `/metrics`. Their labels are bounded, and hold nothing of a customer.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use countersign::Error;
use countersign::audit::{Audit, Event, EventKind, Reason};

/// The audit trail of this demonstration: it counts. A bank writes the events down as well.
#[derive(Clone, Default)]
pub(crate) struct Counts(Arc<Mutex<BTreeMap<(&'static str, &'static str), u64>>>);

impl Counts {
    /// Returns the counts in the text format of Prometheus.
    pub(crate) fn text(&self) -> String {
        let mut text = "# HELP web_bank_events_total Events of the audit trail.\n\
                        # TYPE web_bank_events_total counter\n"
            .to_owned();
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for ((event, factor), count) in counts.iter() {
            let line = writeln!(
                text,
                "web_bank_events_total{{event=\"{event}\",factor=\"{factor}\"}} {count}"
            );
            // Writing to a string does not fail.
            line.unwrap_or_default();
        }
        text
    }
}

impl Audit for Counts {
    fn write(&self, event: &Event) -> Result<(), Error> {
        let (name, factor) = label(&event.kind);
        if name == "private_code_told" {
            eprintln!("alarm: a private code was told to an agent, and is void");
        }
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry((name, factor)).or_default();
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
