//! Redeeming a grant: once, here and now, in the account's own record.

use minicbor::{Decode, Encode};

use super::{Account, Draft, Sealed, Told};
use crate::context::Context;
use crate::error::Error;
use crate::event::Happened;
use crate::grant::{Grant, Redeemed};
use crate::time::{Lifetime, Timestamp};
use crate::transition::Transition;

/// What is spent: a grant, or a piece of evidence or an approval that served once.
#[derive(Clone, Encode, Decode)]
#[cbor(array)]
pub(crate) struct Spent {
    #[cbor(n(0), with = "minicbor::bytes")]
    id: [u8; 16],
    #[n(1)]
    at: u64,
}

impl Spent {
    /// No evidence counts for longer in any policy: a day, and the skew of clocks.
    const KEPT: Lifetime = Lifetime::hours(25);

    pub(crate) fn is_kept(&self, now: Timestamp) -> bool {
        now.since(Timestamp::stored(self.at)) <= Self::KEPT
    }
}

/// More are not spent in a day, evidence and approvals counted: who does so much is no customer in a call.
const MOST_SPENT: usize = 256;

impl Account {
    /// Redeems a grant: from then on it is spent, and so is what it rests on and serves once, such as the evidence that is
    /// bound to its transaction. Told is [`Redeemed`], for the code that carries out the action; or nothing, if it was
    /// redeemed before, is over, is of another call or transaction than `ctx`, or of before a freeze or revocation.
    ///
    /// Deciding again on the same evidence gives the same grant, which is spent.
    ///
    /// # Errors
    /// Misuse, if the grant is of another subject; as [`check`](Self::check).
    ///
    /// ```
    /// use countersign::{Account, Committed, Context, Error, Grant, Redeemed, Saved, Sealed};
    /// fn redeem(account: &Account, grant: &Grant, ctx: &Context, save: impl FnOnce(&Sealed) -> Saved<Error>) -> Result<Option<Redeemed>, Error> {
    ///     match account.redeem(grant, ctx)?.commit(save)? {
    ///         Committed::Known(told) => Ok(told.outcome),
    ///         _ => Ok(None), // somebody else wrote first: load again
    ///     }
    /// }
    /// ```
    pub fn redeem(
        &self,
        grant: &Grant,
        ctx: &Context,
    ) -> Result<Transition<Told<Option<Redeemed>>, Sealed>, Error> {
        if *grant.subject() != self.subject {
            return Err(Error::misuse("grant", "must be of this subject"));
        }
        let mut draft = self.draft(ctx)?;
        if !draft.spend(grant, ctx) {
            return draft.tell(ctx, Happened::RedeemRefused, None);
        }
        draft.step(ctx, Happened::Redeemed, Some(Redeemed::of(grant)))
    }
}

impl Draft<'_> {
    /// Marks a grant, and what it uses up, as spent; answers whether it counted.
    fn spend(&mut self, grant: &Grant, ctx: &Context) -> bool {
        let counts = !self.next.decoy && !self.next.frozen && self.counts(grant, ctx);
        if counts {
            self.note_spent(ids(grant), ctx);
        }
        counts
    }

    /// Marks what a grant uses up as spent: what it was granted for is done.
    pub(super) fn use_up(&mut self, grant: &Grant, ctx: &Context) {
        self.note_spent(grant.once().iter().copied(), ctx);
    }

    /// Whether a grant is for this subject, here and now, and neither it nor anything it uses up is spent.
    pub(super) fn counts(&self, grant: &Grant, ctx: &Context) -> bool {
        let spent = &self.next.spent;
        *grant.subject() == self.account.subject
            && grant.epoch() == self.next.epoch
            && grant.interaction() == ctx.interaction()
            && grant.binding() == ctx.binding()
            && grant.until() >= ctx.now()
            && !ids(grant).any(|id| spent.iter().any(|gone| gone.id == id))
            && spent.len().saturating_add(ids(grant).count()) <= MOST_SPENT
    }

    fn note_spent(&mut self, ids: impl Iterator<Item = [u8; 16]>, ctx: &Context) {
        let at = ctx.now().unix();
        self.next.spent.extend(ids.map(|id| Spent { id, at }));
    }
}

/// A grant's own id, shortened, and those of what it uses up.
fn ids(grant: &Grant) -> impl Iterator<Item = [u8; 16]> {
    let [own @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = *grant.id();
    [own].into_iter().chain(grant.once().iter().copied())
}
