//! Redeeming a grant: once, here and now, in the account's own record.

use minicbor::{Decode, Encode};

use crate::account::{Account, Draft, Recorded, Sealed};
use crate::context::Context;
use crate::error::Error;
use crate::event::{EventKind, RedeemRefusal};
use crate::grant::{Grant, Redeemed};
use crate::time::Timestamp;
use crate::transition::Transition;
use core::time::Duration;

/// What is spent: a grant, or a piece of evidence or an approval that served once.
#[derive(Clone, Encode, Decode)]
#[cbor(array)]
pub(crate) struct Spent {
    #[cbor(n(0), with = "minicbor::bytes")]
    id: Mark,
    #[n(1)]
    at: u64,
}

impl Spent {
    /// No evidence counts for longer in any policy: a day, and the skew of clocks.
    const KEPT: Duration = Duration::from_secs(25 * 3_600);

    pub(crate) fn is_kept(&self, now: Timestamp) -> bool {
        now < Self::forgotten(self.at)
    }

    /// When what was spent then is forgotten.
    const fn forgotten(at: u64) -> Timestamp {
        let last = Timestamp::stored(at).plus(Self::KEPT);
        last.plus(Duration::from_secs(1))
    }
}

/// More are not spent in a day. A grant takes one of these, or one for each piece that serves once, if it rests on such.
const MOST_SPENT: usize = 256;

/// What became of a grant that was to be redeemed.
///
/// ```
/// use countersign::{Redeemed, account::{RedeemRefusal, Redemption}};
/// fn go_on(redemption: Redemption, pay: impl FnOnce(Redeemed)) -> &'static str {
///     match redemption {
///         Redemption::Redeemed(redeemed) => {
///             pay(redeemed);
///             "paid"
///         }
///         // A double click, or a form that was sent twice.
///         Redemption::Refused(RedeemRefusal::Spent) => "paid before",
///         Redemption::Refused(_) => "please confirm again",
///     }
/// }
/// ```
#[derive(Debug)]
#[must_use]
#[expect(
    clippy::exhaustive_enums,
    reason = "a grant is redeemed or it is not; the reasons can grow"
)]
pub enum Redemption {
    /// The action may be carried out, now and once.
    Redeemed(Redeemed),
    /// It may not. The reason is for the host and its staff; callers are told to confirm again.
    Refused(RedeemRefusal),
}

impl Redemption {
    /// Returns the redeemed grant, where the reason of a refusal does not matter.
    ///
    /// ```
    /// use countersign::{Redeemed, account::Redemption};
    /// fn pay(redemption: Redemption, carry_out: impl FnOnce(Redeemed)) -> bool {
    ///     redemption.redeemed().map(carry_out).is_some()
    /// }
    /// ```
    #[must_use]
    pub fn redeemed(self) -> Option<Redeemed> {
        match self {
            Self::Redeemed(redeemed) => Some(redeemed),
            Self::Refused(_) => None,
        }
    }
}

impl Account {
    /// Redeems a grant: from then on it is spent, and so is what it rests on and serves once, such as the evidence that is
    /// bound to its transaction. Told is [`Redeemed`], for the code that carries out the action, or
    /// [why not](RedeemRefusal).
    ///
    /// Deciding again on the same evidence gives the same grant, which is spent.
    ///
    /// # Errors
    /// Misuse, if the grant is of another subject; as [`check`](Self::check).
    ///
    /// ```
    /// use countersign::{Context, Error, Grant, account::{Account, Redemption, Sealed}, transition::{CommitResult, Saved}};
    /// fn redeem(account: &Account, grant: &Grant, ctx: &Context, save: impl FnOnce(&Sealed) -> Saved<Error>) -> Result<Option<Redemption>, Error> {
    ///     match account.redeem(grant, ctx)?.commit(save)? {
    ///         CommitResult::Stored(told) => Ok(Some(told.outcome)),
    ///         CommitResult::Conflict => Ok(None), // somebody else wrote first: load again
    ///     }
    /// }
    /// ```
    pub fn redeem(
        &self,
        grant: &Grant,
        ctx: &Context,
    ) -> Result<Transition<Recorded<Redemption>, Sealed>, Error> {
        if *grant.subject() != self.subject {
            return Err(Error::misuse("grant", "must be of this subject"));
        }
        let mut draft = self.draft(ctx)?;
        match draft.spend(grant, ctx) {
            Ok(()) => {
                let redeemed = Redemption::Redeemed(Redeemed::of(grant));
                draft.step(ctx, EventKind::Redeemed, redeemed)
            }
            Err(reason) => {
                let what = EventKind::RedeemRefused { reason };
                draft.tell(ctx, what, Redemption::Refused(reason))
            }
        }
    }
}

impl Draft<'_> {
    /// Marks a grant, or what it uses up, as spent; or says why it does not count.
    fn spend(&mut self, grant: &Grant, ctx: &Context) -> Result<(), RedeemRefusal> {
        if self.next.decoy {
            return Err(RedeemRefusal::UnknownSubject);
        }
        if self.next.suspended {
            return Err(RedeemRefusal::Suspended);
        }
        let marks = marks(grant);
        self.expect_counts(grant, &marks, ctx)?;
        self.note_spent(&marks, ctx);
        Ok(())
    }

    /// Marks what a grant uses up as spent: what it was granted for is done.
    pub(in crate::account) fn use_up(&mut self, grant: &Grant, ctx: &Context) {
        self.note_spent(grant.once(), ctx);
    }

    /// Refuses a grant for a change of the account, and names the part that does not fit.
    pub(in crate::account) fn expect_grant(
        &self,
        grant: &Grant,
        action: &str,
        ctx: &Context,
    ) -> Result<(), Error> {
        let refused = |rule: String| Err(Error::misuse("grant", rule));
        if *grant.subject() != self.account.subject {
            return refused("must be of this subject".to_owned());
        }
        if grant.action() != action {
            let granted = grant.action();
            return refused(format!(
                "is for `{granted}`: ask the policy for `{action}`, which is what this change is"
            ));
        }
        self.expect_counts(grant, grant.once(), ctx)
            .or_else(|reason| refused(rule_of(reason, grant)))
    }

    /// Whether a grant is for here and now, nothing that it uses up is spent, and there is room to note these.
    fn expect_counts(
        &self,
        grant: &Grant,
        notes: &[Mark],
        ctx: &Context,
    ) -> Result<(), RedeemRefusal> {
        let spent = &self.next.spent;
        if grant.epoch() != self.next.epoch {
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
        let is_spent = |mark: &Mark| spent.iter().any(|gone| gone.id == *mark);
        if marks(grant).iter().any(is_spent) {
            return Err(RedeemRefusal::Spent);
        }
        let sum = spent.len().saturating_add(notes.len());
        let Some(beyond) = sum
            .checked_sub(MOST_SPENT)
            .and_then(|over| over.checked_sub(1))
        else {
            return Ok(());
        };
        let mut times: Vec<u64> = spent.iter().map(|gone| gone.at).collect();
        times.sort_unstable();
        let freed = times.get(beyond).or(times.last()).copied().unwrap_or(0);
        Err(RedeemRefusal::TooMany {
            until: Spent::forgotten(freed),
        })
    }

    fn note_spent(&mut self, marks: &[Mark], ctx: &Context) {
        let at = ctx.now().unix();
        let marks = marks.iter().map(|id| Spent { id: *id, at });
        self.next.spent.extend(marks);
    }
}

type Mark = [u8; 16];

/// What a redeemed grant leaves behind: the ids of what it uses up, or if that is nothing, its own id, shortened.
///
/// The same grant rests on the same pieces, so those that are spent refuse it as well as its own id would.
fn marks(grant: &Grant) -> Vec<Mark> {
    if !grant.once().is_empty() {
        return grant.once().to_vec();
    }
    let [own @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = *grant.id();
    vec![own]
}

/// Why a grant allows no change, and the way out.
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
            "must be used with the transaction it was given for: see Context::bound_to"
        }
        RedeemRefusal::Expired => "has ended: ask the policy again",
        // A change notes only what serves once. Without such, only `redeem` has noted this grant.
        RedeemRefusal::Spent if grant.once().is_empty() => {
            "was redeemed: decide again on fresh evidence, and give the grant to `change` without redeeming it"
        }
        RedeemRefusal::Spent => {
            "was redeemed, or an approval or evidence that it rests on has served: decide again on a fresh one, and give \
             the grant to `change` without redeeming it"
        }
        RedeemRefusal::TooMany { until } => {
            return format!(
                "cannot be noted: {MOST_SPENT} are spent already; there is room at {} (Unix time)",
                until.unix()
            );
        }
    };
    rule.to_owned()
}
