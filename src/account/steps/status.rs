//! The status of an account, for policies.

use super::begin::present_record;
use crate::account::authenticators;
use crate::account::draft::Opened;
use crate::account::outcome::lock_of;
use crate::account::record::budget::Budget;
use crate::context::ContextAt;
use crate::factor::Factor;
use crate::limits::throttle::Lane;
use crate::status::Status;

/// Returns the factors that this subject could show now, and the locks in this interaction.
pub(crate) fn status(opened: &Opened, ctx: &ContextAt) -> Status {
    let present = present_record(opened, ctx.now());
    let mut record = present.unwrap_or_else(|_| opened.record.clone());
    record.see(ctx.now());
    let lane = |budget| record.evidence.lane(ctx.interaction(), budget);
    let locked = |factor: Factor| {
        let budget = Budget::of(factor)?;
        let at = record.moment(ctx.now());
        let throttle = record.throttles.peek(budget);
        let refusal = throttle.peek(lane(budget), &at, &opened.settings.limits_of(budget));
        refusal.map(|refusal| (factor, lock_of(refusal)))
    };
    let locked: Vec<_> = Factor::ALL.into_iter().filter_map(locked).collect();
    let is_known = |factor: &Factor| {
        Budget::of(*factor).is_some_and(|budget| lane(budget) == Lane::WithEvidence)
    };
    let list = record.recovery.as_ref();
    let word = record.word.as_ref();
    Status {
        recovery_codes: list.map(|slot| slot.authenticator.left()),
        word_is_due: word.is_some_and(|slot| slot.authenticator.is_renewal_due()),
        subject: opened.subject.clone(),
        epoch: record.epoch(),
        suspended: record.suspended,
        enrolled: Factor::ALL
            .into_iter()
            .filter(|factor| authenticators::is_enrolled(&record, *factor))
            .collect(),
        shut: locked
            .iter()
            .map(|(factor, _)| *factor)
            .filter(is_known)
            .collect(),
        locked,
    }
}
