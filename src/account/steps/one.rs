//! Changes of one authenticator, by its id.

use crate::account::authenticators;
use crate::account::draft::Draft;
use crate::account::record::budget::Budget;
use crate::account::record::slot::Head;
use crate::authenticator::{AuthenticatorId, Label};
use crate::error::Error;
use crate::factor::Factor;

/// Removes an authenticator. Nobody has shown one that waits for its first code, so its removal voids no evidence.
pub(super) fn remove(draft: &mut Draft<'_>, id: AuthenticatorId) -> Result<(), Error> {
    let (factor, head) = expect(draft, id)?;
    let was_confirmed = head.is_confirmed();
    authenticators::remove_one(draft.next, id.number());
    if was_confirmed {
        draft.next.void_evidence();
    }
    if !draft.next.heads().any(|(other, _)| other == factor) {
        lift_locks(draft, factor);
    }
    Ok(())
}

/// Gives an authenticator a name.
pub(super) fn rename(
    draft: &mut Draft<'_>,
    id: AuthenticatorId,
    label: &Label,
) -> Result<(), Error> {
    expect(draft, id)?;
    alter(draft, id, |head| head.rename(label));
    Ok(())
}

/// Disables an authenticator. One that is disabled stays as it is.
pub(super) fn disable(draft: &mut Draft<'_>, id: AuthenticatorId) -> Result<(), Error> {
    let (_, head) = expect(draft, id)?;
    if !head.is_confirmed() {
        let rule = "waits for its first code: remove it, or confirm it first";
        return Err(Error::misuse(FIELD, rule));
    }
    if !head.is_disabled() {
        authenticators::clear_questions_of(draft.next, id.number());
        alter(draft, id, Head::disable);
        draft.next.void_evidence();
    }
    Ok(())
}

/// Enables an authenticator. One that is enabled stays as it is: it was not changed.
pub(super) fn enable(draft: &mut Draft<'_>, id: AuthenticatorId) -> Result<(), Error> {
    let (factor, head) = expect(draft, id)?;
    if !head.is_disabled() {
        return Ok(());
    }
    if !authenticators::may_enable(draft, factor, id.number()) {
        return Err(Error::misuse(FIELD, authenticators::TOO_EASY));
    }
    let now = draft.now();
    alter(draft, id, |head| head.enable(now));
    Ok(())
}

/// Lifts the locks of a factor without authenticators: there is nothing left to wait for. Counts stay, since a budget can have
/// other authenticators.
pub(super) fn lift_locks(draft: &mut Draft<'_>, factor: Factor) {
    if let Some(budget) = budget_of(factor) {
        draft.next.throttles.of(budget).lift_locks();
    }
}

/// Returns the budget whose locks are those of this factor. Binding codes have no locks of their own.
pub(super) fn budget_of(factor: Factor) -> Option<Budget> {
    Budget::of(factor).filter(|_| factor != Factor::BindingCode)
}

/// Returns an authenticator with its factor. One that waits for its first code no longer is gone.
fn expect<'d>(draft: &'d Draft<'_>, id: AuthenticatorId) -> Result<(Factor, &'d Head), Error> {
    let now = draft.now();
    let mut heads = draft.next.heads();
    let found = heads.find(|(_, head)| head.id == id.number());
    let stands = found.filter(|(_, head)| head.is_confirmed() || head.waits(now));
    stands.ok_or_else(|| {
        let rule = "must be one of this subject: `Verifier::authenticators` lists them";
        Error::misuse(FIELD, rule)
    })
}

fn alter(draft: &mut Draft<'_>, id: AuthenticatorId, change: impl FnOnce(&mut Head)) {
    if let Some(head) = draft.next.head_mut(id.number()) {
        change(head);
    }
}

/// How errors name it.
const FIELD: &str = "authenticator";
