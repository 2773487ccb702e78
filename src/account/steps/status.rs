//! The status of an account, for policies.

use super::begin::{make_due, make_present};
use crate::account::authenticators;
use crate::account::draft::Opened;
use crate::account::outcome::lock_of;
use crate::account::record::budget::Budget;
use crate::account::record::odds;
use crate::account::record::slot::{Head, counted};
use crate::account::record::state::Record;
use crate::account::settings::Settings;
use crate::context::ContextAt;
use crate::factor::Factor;
use crate::limits::throttle::Lane;
use crate::status::Status;
use crate::subject::Subject;
use crate::time::Timestamp;
use core::time::Duration;

/// Returns the factors that this subject could show now, and the locks in this interaction.
pub(crate) fn status(opened: &mut Opened, ctx: &ContextAt) -> Status {
    // A decoy that cannot be drawn anew is told as it was.
    let _ = make_present(opened, ctx.now());
    opened.record.see(ctx.now());
    // Nor is a change that cannot be made: the next step says why.
    let _ = make_due(opened, ctx.now());
    of(&mut opened.record, &opened.settings, &opened.subject, ctx)
}

/// Returns the status of a record that has seen the moment.
pub(super) fn of(
    record: &mut Record,
    settings: &Settings,
    subject: &Subject,
    ctx: &ContextAt,
) -> Status {
    let at = record.moment(ctx.now());
    let evidence = &record.evidence;
    let lane = |budget| evidence.lane(ctx.interaction(), budget, ctx.now());
    let accepts = settings.accepts_guessing();
    let all = Budget::SHARED.map(|budget| {
        let own = settings.limits_of(budget);
        let of_record = || odds::limits_of(record, budget, own);
        (budget, if accepts { own } else { of_record() })
    });
    let limits = |budget| {
        let of_budget = all.iter().find(|(other, _)| *other == budget);
        of_budget.map_or_else(|| settings.limits_of(budget), |(_, limits)| *limits)
    };
    let refusals = record.throttles.refusals(&at, lane, limits);
    let locked = |factor: Factor| {
        let budget = Budget::of(factor)?;
        let refusal = refusals.iter().find(|(refused, _)| *refused == budget);
        refusal.map(|(_, refusal)| (factor, lock_of(*refusal)))
    };
    let locked: Vec<_> = Factor::ALL.into_iter().filter_map(locked).collect();
    let is_known = |factor: &Factor| {
        Budget::of(*factor).is_some_and(|budget| lane(budget) == Lane::WithEvidence)
    };
    let list = counted(&record.recovery);
    let word = counted(&record.word);
    Status {
        // A stand-in is as old as its record, which begins with its first try.
        unchanged: if record.decoy {
            Vec::new()
        } else {
            unchanged(record, ctx.now())
        },
        recovery_codes: list.map(|slot| slot.authenticator.left()),
        word_is_due: word.is_some_and(|slot| slot.authenticator.is_renewal_due()),
        subject: subject.clone(),
        epoch: record.epoch(),
        suspended: record.suspended,
        enrolled: Factor::ALL
            .into_iter()
            .filter(|factor| authenticators::is_enrolled(record, *factor))
            .collect(),
        shut: locked
            .iter()
            .map(|(factor, _)| *factor)
            .filter(is_known)
            .collect(),
        locked,
    }
}

/// Returns how long the oldest authenticator of each factor counts as it is.
fn unchanged(record: &Record, now: Timestamp) -> Vec<(Factor, Duration)> {
    let oldest = |factor: Factor| {
        let heads = record
            .heads()
            .filter(|(of, head)| head.counts() && authenticators::is_by(factor, *of));
        let age = |head: &Head| {
            let since = head.since();
            since.map_or(Duration::ZERO, |since| now.since(since))
        };
        let oldest = heads.map(|(_, head)| age(head)).max()?;
        Some((factor, oldest))
    };
    Factor::ALL.into_iter().filter_map(oldest).collect()
}
