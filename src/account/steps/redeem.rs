//! Redeeming a grant: once, here and now, in the account's own record.

use super::begin::begin;
use super::spend::spend;
use crate::account::draft::{Opened, Step};
use crate::context::Context;
use crate::error::Error;
use crate::event::{EventKind, RedeemRefusal};
use crate::grant::{Grant, Redeemed};

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

/// Redeems a grant: from then on it is spent, and so is what it rests on and serves once.
pub(in crate::account) fn redeem(
    opened: &Opened,
    grant: &Grant,
    ctx: &Context,
) -> Result<Step<Redemption>, Error> {
    if *grant.subject() != opened.subject {
        return Err(Error::misuse("grant", "must be of this subject"));
    }
    let mut draft = begin(opened, ctx)?;
    match spend(&mut draft, grant) {
        Ok(()) => {
            let redeemed = Redemption::Redeemed(Redeemed::of(grant));
            draft.step(EventKind::Redeemed, redeemed)
        }
        Err(reason) => {
            let kind = EventKind::RedeemRefused { reason };
            draft.tell(kind, Redemption::Refused(reason))
        }
    }
}
