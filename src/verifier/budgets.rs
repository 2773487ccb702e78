//! The counts that an order of a code is charged to, beside the account: all of them, or none.

use super::records::{Held, Records};
use crate::account::IssueBudget;
use crate::context::ContextAt;
use crate::delivered::CodeOrder;
use crate::error::Error;
use crate::event::{Audit, EventKind};
use crate::limits::QuotaDecision;
use crate::store::{Entry, Store};
use crate::time::Timestamp;

/// Charges one code to each count, or to none. Returns until when to wait, if one refuses.
pub(super) fn charge<S: Store>(
    records: &Records<S>,
    audit: &impl Audit,
    budgets: &[IssueBudget],
    held: &Held,
    order: &CodeOrder,
    ctx: &ContextAt,
) -> Result<Option<Timestamp>, Error> {
    let (factor, traceless, now) = (order.factor(), held.traceless, ctx.now());
    let mut counts = Vec::with_capacity(budgets.len());
    for budget in budgets {
        let present = records.load_count(budget)?;
        let refuses = budget.refuses(present.as_ref(), now)?;
        counts.push((budget, present, refuses));
    }
    // One that refuses comes first, so that nothing is charged to the others.
    counts.sort_by_key(|(.., refuses)| !refuses);
    for (place, (budget, present, _)) in counts.iter().enumerate() {
        let charge = |present: Option<&Entry>| budget.charge(present, now);
        let decision = match records.count(budget, present.clone(), traceless, charge) {
            Ok(decision) => decision,
            Err(error) => {
                // Nothing will be sent. If giving back fails too, a count is too high, and never too low.
                let charged = counts.iter().take(place).map(|(budget, ..)| *budget);
                let _ = give_back(records, charged, traceless, now);
                return Err(error);
            }
        };
        let budget = budget.scope;
        let (kind, charged) = match decision {
            QuotaDecision::Taken => continue,
            QuotaDecision::Alarm => (
                EventKind::IssueAlarm { factor, budget },
                place.saturating_add(1),
            ),
            QuotaDecision::Refused { .. } => (EventKind::IssueOverBudget { factor, budget }, place),
        };
        let written = audit.write(&held.opened.note(ctx, kind));
        if written.is_err() || matches!(decision, QuotaDecision::Refused { .. }) {
            // Nothing will be sent. An alarm that the sink did not take has to come again.
            let charged = counts.iter().take(charged).map(|(budget, ..)| *budget);
            give_back(records, charged, traceless, now)?;
            written?;
        }
        if let QuotaDecision::Refused { until } = decision {
            return Ok(Some(until));
        }
    }
    Ok(None)
}

/// Gives back what an order was charged that came to nothing.
pub(super) fn give_back<'b, S: Store>(
    records: &Records<S>,
    budgets: impl IntoIterator<Item = &'b IssueBudget>,
    traceless: bool,
    now: Timestamp,
) -> Result<(), Error> {
    for budget in budgets {
        let present = records.load_count(budget)?;
        let back = |present: Option<&Entry>| budget.give_back(present, now);
        records.count(budget, present, traceless, back)?;
    }
    Ok(())
}
