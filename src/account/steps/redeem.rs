//! Redeeming a grant, once, in the account's own record.

use super::begin::begin;
use super::spend::spend;
use crate::account::draft::{Opened, Step};
use crate::context::ContextAt;
use crate::error::Error;
use crate::event::{EventKind, RedeemRefusal};
use crate::grant::{Grant, Redeemed};

/// Redeems a grant: it is spent from then on, and so is every piece of it that serves once.
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
        Ok(()) => draft.step(EventKind::Redeemed, Ok(Redeemed::of(grant))),
        Err(reason) => {
            let kind = EventKind::RedeemRefused { reason };
            draft.tell(kind, Err(reason))
        }
    }
}
