//! The standing of a record at one moment: a policy decides on it, and the decision spends its grant in its draft.

use super::begin::begin;
use super::interaction;
use super::redeem::{redeemed, refused};
use super::spend::{has_carried_out, has_served, spend};
use super::status;
use crate::account::draft::{Draft, Opened, Step};
use crate::context::ContextAt;
use crate::error::Error;
use crate::event::{EventKind, RedeemRefusal};
use crate::evidence::Evidence;
use crate::grant::{Approval, Grant, Redeemed};
use crate::status::Status;

/// A record at one moment.
pub(crate) struct Standing<'a> {
    draft: Draft<'a>,
    pub(crate) status: Status,
    /// Of all interactions.
    pub(crate) evidence: Vec<Evidence>,
    pub(crate) approvals: Vec<Approval>,
}

impl<'a> Standing<'a> {
    pub(crate) fn of(opened: &'a mut Opened, ctx: &'a ContextAt) -> Result<Self, Error> {
        let draft = begin(opened, ctx)?;
        Ok(Self {
            status: status::of(draft.next, draft.settings(), draft.subject(), ctx),
            evidence: interaction::kept(&draft),
            approvals: draft.next.approvals.of(draft.subject()),
            draft,
        })
    }

    /// Returns whether this action has carried out the transaction of the context.
    pub(crate) fn has_carried_out(&self, action: &str) -> bool {
        has_carried_out(&self.draft, action)
    }

    /// Returns whether evidence or an approval of this id has served for this action.
    pub(crate) fn has_served(&self, action: &str, id: &[u8; 16]) -> bool {
        has_served(&self.draft, action, id)
    }

    /// Spends a grant.
    pub(crate) fn spend(&mut self, grant: &Grant) -> Result<(), RedeemRefusal> {
        spend(&mut self.draft, grant)
    }

    /// Leaves out the evidence and the approvals that have served for this action.
    pub(crate) fn leave_out_served(&mut self, action: &str) {
        let draft = &self.draft;
        self.evidence
            .retain(|one| !has_served(draft, action, one.id()));
        self.approvals
            .retain(|one| !has_served(draft, action, one.id()));
    }

    /// Ends with the grant that was spent.
    pub(crate) fn redeemed<O>(
        self,
        grant: &Grant,
        outcome: impl FnOnce(Redeemed) -> O,
    ) -> Result<Step<O>, Error> {
        redeemed(self.draft, grant, outcome)
    }

    /// Ends with a grant that was not spent.
    pub(crate) fn refused<O>(self, reason: RedeemRefusal, outcome: O) -> Result<Step<O>, Error> {
        refused(self.draft, reason, outcome)
    }

    /// Ends without a grant.
    pub(crate) fn not_granted<O>(self, kind: EventKind, outcome: O) -> Result<Step<O>, Error> {
        self.draft.tell(kind, outcome)
    }
}
