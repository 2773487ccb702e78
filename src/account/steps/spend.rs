//! Spending: of a grant, and of the pieces that serve once.

use crate::account::draft::Draft;
use crate::account::record::spent::{Mark, SpentMarks, carried_out, mark, served};
use crate::error::Error;
use crate::event::RedeemRefusal;
use crate::grant::Grant;

/// Marks what a grant rests on as spent. Returns the reason if the grant does not count.
pub(super) fn spend(draft: &mut Draft<'_>, grant: &Grant) -> Result<(), RedeemRefusal> {
    if draft.next.decoy {
        return Err(RedeemRefusal::UnknownSubject);
    }
    if draft.next.suspended {
        return Err(RedeemRefusal::Suspended);
    }
    let marks = all(draft, grant);
    expect_counts(draft, grant, &marks)?;
    expect_at_once(grant)?;
    note(draft, &marks);
    Ok(())
}

/// Marks what a grant uses up as spent, after the change it was given for.
pub(super) fn use_up(draft: &mut Draft<'_>, grant: &Grant) {
    let marks = once(draft, grant);
    note(draft, &marks);
}

/// Returns the marks of what serves once: the grant's transaction, approvals, and evidence for the transaction.
///
/// A copy of the grant rests on the same, so these marks refuse it as a mark of its own would.
fn once(draft: &Draft<'_>, grant: &Grant) -> Vec<Mark> {
    let transaction = transaction(draft, grant).into_iter();
    let pieces = grant.once().iter().map(|id| mark(id));
    transaction.chain(pieces).collect()
}

/// Returns the marks of all that a redeemed grant leaves. Without a transaction, each piece serves once for the action: new
/// evidence beside an old piece does not make that piece count once more.
fn all(draft: &Draft<'_>, grant: &Grant) -> Vec<Mark> {
    let mut marks = once(draft, grant);
    if grant.transaction_digest().is_none() {
        let pieces = grant.lasting().iter();
        marks.extend(pieces.map(|id| served(grant.action(), id)));
    }
    marks
}

/// Returns whether evidence or an approval has served: once at all if it serves once, else for an action without a transaction.
pub(super) fn has_served(draft: &Draft<'_>, action: &str, id: &[u8; 16]) -> bool {
    let spent = &draft.next.spent;
    if spent.is_empty() {
        return false;
    }
    let of_action = || spent.holds_any(&[served(action, id)]);
    spent.holds_any(&[mark(id)]) || (draft.ctx.transaction_digest().is_none() && of_action())
}

/// Returns the mark of the grant's transaction, carried out by its action.
fn transaction(draft: &Draft<'_>, grant: &Grant) -> Option<Mark> {
    let digest = grant.transaction_digest()?;
    Some(carried_out(&draft.next.pseudonym, grant.action(), digest))
}

/// Returns whether an action has carried out the transaction of the context.
pub(super) fn has_carried_out(draft: &Draft<'_>, action: &str) -> bool {
    draft.ctx.transaction_digest().is_some_and(|digest| {
        let mark = carried_out(&draft.next.pseudonym, action, digest);
        draft.next.spent.holds_any(&[mark])
    })
}

fn note(draft: &mut Draft<'_>, marks: &[Mark]) {
    let (now, subject) = (draft.now(), draft.subject());
    draft.next.spent.note(marks, now);
    draft.next.approvals.served(subject, marks);
}

/// Refuses a grant for a change of the account. The error names the part that does not fit.
pub(super) fn expect_grant(draft: &Draft<'_>, grant: &Grant, action: &str) -> Result<(), Error> {
    let refused = |rule: String| Err(Error::misuse("grant", rule));
    if *grant.subject() != *draft.subject() {
        return refused("must be of this subject".to_owned());
    }
    if grant.action() != action {
        let granted = grant.action();
        return refused(format!(
            "is for `{granted}`: ask the policy for `{action}`, which is what this change is"
        ));
    }
    let notes = once(draft, grant);
    expect_counts(draft, grant, &notes).or_else(|reason| refused(rule_of(reason, grant)))
}

/// Refuses a grant that is for another context, that is spent, or that there is no room to note.
fn expect_counts(draft: &Draft<'_>, grant: &Grant, notes: &[Mark]) -> Result<(), RedeemRefusal> {
    let ctx = draft.ctx;
    if !grant.is_of_epoch(draft.next.epoch()) {
        return Err(RedeemRefusal::Voided);
    }
    if grant.interaction() != ctx.interaction() {
        return Err(RedeemRefusal::OtherInteraction);
    }
    if grant.transaction_digest() != ctx.transaction_digest() {
        return Err(RedeemRefusal::OtherTransaction);
    }
    if grant.until() < ctx.now() {
        return Err(RedeemRefusal::Expired);
    }
    let spent = &draft.next.spent;
    let transaction = transaction(draft, grant);
    if transaction.is_some_and(|mark| spent.holds_any(&[mark])) {
        return Err(RedeemRefusal::CarriedOut);
    }
    if spent.holds_any(&all(draft, grant)) {
        return Err(RedeemRefusal::Spent);
    }
    let full = spent.release(notes.len());
    full.map_or(Ok(()), |until| Err(RedeemRefusal::TooMany { until }))
}

/// Refuses a grant for a change that waits, for a call that changes at once.
pub(super) fn expect_no_delay(grant: &Grant) -> Result<(), Error> {
    expect_at_once(grant).map_err(|reason| Error::misuse("grant", rule_of(reason, grant)))
}

/// Refuses a grant for a change that waits.
fn expect_at_once(grant: &Grant) -> Result<(), RedeemRefusal> {
    grant.delay().map_or(Ok(()), |_| Err(RedeemRefusal::Waits))
}

/// Says why a grant does not allow a change, and what to do.
fn rule_of(reason: RedeemRefusal, grant: &Grant) -> String {
    let rule = match reason {
        RedeemRefusal::UnknownSubject => "must be of a subject that exists",
        RedeemRefusal::Suspended => {
            "counts for nothing while the subject is suspended: resume it first"
        }
        RedeemRefusal::Voided => {
            "is of before a suspension, a revocation or a clock that was set back: verify the subject again"
        }
        RedeemRefusal::OtherInteraction => "must be used in the interaction it was given in",
        RedeemRefusal::OtherTransaction => {
            "must be used with the transaction it was given for: see `Context::for_transaction`"
        }
        RedeemRefusal::Expired => "has ended: ask the policy again",
        RedeemRefusal::CarriedOut => "is for a transaction that this action has carried out",
        // A change notes only pieces that serve once. Without these, `redeem` has noted this grant.
        RedeemRefusal::Spent if grant.once().is_empty() => {
            "was redeemed: decide again on fresh evidence, and give the grant to `change` without redeeming it"
        }
        RedeemRefusal::Spent => {
            "was redeemed, or an approval or evidence that it rests on has served: decide again on a fresh one, and give \
             the grant to `change` without redeeming it"
        }
        RedeemRefusal::Waits => {
            "is for a change that waits: ask the policy for this action alone, by a rule without `delay`"
        }
        RedeemRefusal::TooMany { until } => {
            return format!(
                "cannot be noted: {} are spent already; there is room at {} (Unix time)",
                SpentMarks::MOST,
                until.unix()
            );
        }
    };
    rule.to_owned()
}
