//! The counts that an order of a code is charged to, beside the account: all of them, or none.

use super::port::Port;
use super::records::{Held, Records};
use crate::account::IssueBudget;
use crate::context::ContextAt;
use crate::delivered::CodeOrder;
use crate::error::Error;
use crate::event::EventKind;
use crate::limits::QuotaDecision;
use crate::store::Entry;
use crate::time::Timestamp;

/// Charges one code to each count, or to none. Returns until when to wait, if one refuses.
pub(super) async fn charge<P: Port>(
    records: Records<'_, P>,
    budgets: &[IssueBudget],
    held: &Held,
    order: &CodeOrder,
    ctx: &ContextAt,
) -> Result<Option<Timestamp>, Error> {
    let (factor, traceless, now) = (order.factor(), held.traceless, ctx.now());
    let mut counts = Vec::with_capacity(budgets.len());
    for budget in budgets {
        let present = records.load_count(budget).await?;
        let refuses = budget.refuses(present.as_ref(), now)?;
        counts.push((budget, present, refuses));
    }
    // One that refuses comes first, so that nothing is charged to the others.
    counts.sort_by_key(|(.., refuses)| !refuses);
    let mut charged = Vec::with_capacity(budgets.len());
    for (budget, present, _) in counts {
        let charge = |present: Option<&Entry>| budget.charge(present, now);
        let decision = match records.count(budget, present, traceless, charge).await {
            Ok(decision) => decision,
            Err(error) => {
                // Nothing will be sent. If giving back fails too, a count is too high, and never too low.
                let _ = give_back(records, &charged, traceless, now).await;
                return Err(error);
            }
        };
        let scope = budget.scope;
        let (kind, until) = match decision {
            QuotaDecision::Taken => {
                charged.push(budget);
                continue;
            }
            QuotaDecision::Alarm => {
                charged.push(budget);
                let budget = scope;
                (EventKind::IssueAlarm { factor, budget }, None)
            }
            QuotaDecision::Refused { until } => {
                let budget = scope;
                (EventKind::IssueOverBudget { factor, budget }, Some(until))
            }
        };
        let written = records.port.note(&held.opened.note(ctx, kind)).await;
        if written.is_err() || until.is_some() {
            // Nothing will be sent. An alarm that the sink did not take has to come again.
            give_back(records, &charged, traceless, now).await?;
            return written.map(|()| until);
        }
    }
    Ok(None)
}

/// Gives back what an order was charged that came to nothing.
pub(super) async fn give_back<P: Port>(
    records: Records<'_, P>,
    budgets: &[&IssueBudget],
    traceless: bool,
    now: Timestamp,
) -> Result<(), Error> {
    for budget in budgets {
        let present = records.load_count(budget).await?;
        let back = |present: Option<&Entry>| budget.give_back(present, now);
        records.count(budget, present, traceless, back).await?;
    }
    Ok(())
}
