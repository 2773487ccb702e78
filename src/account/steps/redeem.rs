//! Redeeming a grant, once, in the account's own record.

use super::begin::begin;
use super::spend::spend;
use crate::account::draft::{Draft, Opened, Step};
use crate::context::ContextAt;
use crate::error::Error;
use crate::event::{EventKind, RedeemRefusal};
use crate::grant::{Grant, Redeemed};

/// Redeems a grant: it is spent from then on, and so is its transaction and every piece of it that serves once.
pub(crate) fn redeem(
    opened: &mut Opened,
    grant: &Grant,
    ctx: &ContextAt,
) -> Result<Step<Result<Redeemed, RedeemRefusal>>, Error> {
    if *grant.subject() != opened.subject {
        return Err(Error::misuse("grant", "must be of this subject"));
    }
    let mut draft = begin(opened, ctx)?;
    match spend(&mut draft, grant) {
        Ok(()) => redeemed(draft, grant, Ok),
        Err(reason) => refused(draft, reason, Err(reason)),
    }
}

/// Ends with a grant that was spent in this draft.
pub(super) fn redeemed<O>(
    draft: Draft<'_>,
    grant: &Grant,
    outcome: impl FnOnce(Redeemed) -> O,
) -> Result<Step<O>, Error> {
    draft.step(EventKind::Redeemed, outcome(Redeemed::of(grant)))
}

/// Ends with a grant that was not spent.
pub(super) fn refused<O>(
    draft: Draft<'_>,
    reason: RedeemRefusal,
    outcome: O,
) -> Result<Step<O>, Error> {
    draft.tell(EventKind::RedeemRefused { reason }, outcome)
}
