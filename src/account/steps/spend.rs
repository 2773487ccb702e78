//! Spending: of a grant, and of the pieces that serve once.

use crate::account::draft::Draft;
use crate::account::record::spent::{Mark, SpentMarks};
use crate::error::Error;
use crate::event::RedeemRefusal;
use crate::grant::Grant;

/// Marks a grant, or the pieces it uses up, as spent. Returns the reason if the grant does not count.
pub(super) fn spend(draft: &mut Draft<'_>, grant: &Grant) -> Result<(), RedeemRefusal> {
    if draft.next.decoy {
        return Err(RedeemRefusal::UnknownSubject);
    }
    if draft.next.suspended {
        return Err(RedeemRefusal::Suspended);
    }
    let marks = marks(grant);
    expect_counts(draft, grant, &marks)?;
    draft.next.spent.note(&marks, draft.now());
    Ok(())
}

/// Marks the pieces that a grant uses up as spent, after the change it was given for.
pub(super) fn use_up(draft: &mut Draft<'_>, grant: &Grant) {
    draft.next.spent.note(grant.once(), draft.now());
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
    expect_counts(draft, grant, grant.once()).or_else(|reason| refused(rule_of(reason, grant)))
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
    if spent.holds_any(&marks(grant)) {
        return Err(RedeemRefusal::Spent);
    }
    let full = spent.release(notes.len());
    full.map_or(Ok(()), |until| Err(RedeemRefusal::TooMany { until }))
}

/// Returns the marks of a grant: the ids of the pieces it uses up. If there are none, the mark is its own id, shortened.
///
/// A copy of the grant rests on the same pieces, so these marks refuse it as its own id would.
fn marks(grant: &Grant) -> Vec<Mark> {
    if !grant.once().is_empty() {
        return grant.once().to_vec();
    }
    let [own @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = *grant.id();
    vec![own]
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
        // A change notes only pieces that serve once. Without these, `redeem` has noted this grant.
        RedeemRefusal::Spent if grant.once().is_empty() => {
            "was redeemed: decide again on fresh evidence, and give the grant to `change` without redeeming it"
        }
        RedeemRefusal::Spent => {
            "was redeemed, or an approval or evidence that it rests on has served: decide again on a fresh one, and give \
             the grant to `change` without redeeming it"
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
