//! The changes that enrol nothing. They are made at once, or when their time has come.

use super::one;
use crate::account::authenticators;
use crate::account::changes::Change;
use crate::account::draft::Draft;
use crate::account::record::pending::{Effect, Target};
use crate::error::Error;
use crate::event::EventKind;
use crate::factor::Factor;

/// Makes a change that enrols nothing.
pub(super) fn alter_account(draft: &mut Draft<'_>, change: &Change) -> Result<(), Error> {
    match change {
        Change::Remove(factor) | Change::Reset(factor) => remove(draft, *factor)?,
        Change::RemoveOne(id) => one::remove(draft, *id)?,
        Change::Rename(id, label) => one::rename(draft, *id, label)?,
        Change::Disable(id) => one::disable(draft, *id)?,
        Change::Enable(id) => one::enable(draft, *id)?,
        Change::Unlock(factor) => unlock(draft, *factor)?,
        Change::Suspend => {
            let clock = draft.next.clock;
            draft.next.suspended = true;
            draft.next.pending.pause(&clock);
            draft.next.clear_questions();
            draft.next.void_evidence();
        }
        Change::Resume => {
            let clock = draft.next.clock;
            draft.next.suspended = false;
            draft.next.pending.resume(&clock);
        }
        Change::VoidAll => {
            for kept in draft.next.pending.take_all() {
                draft.note(&kept, |change| EventKind::ChangeDropped { change });
            }
            draft.next.clear_questions();
            draft.next.void_evidence();
        }
        // These enrol.
        _ => {}
    }
    Ok(())
}

/// Drops changes that wait, if one like them is made at once. They would undo what the customer does next.
///
/// A change that adds an app, a token or a device stands beside another.
pub(super) fn supersede(draft: &mut Draft<'_>, target: Target) {
    let stands_beside = matches!(target.factor, Factor::Totp | Factor::Hotp | Factor::Ocra);
    if target.effect == Effect::Adds && stands_beside {
        return;
    }
    for kept in draft.next.pending.take_like(target) {
        draft.note(&kept, |change| EventKind::ChangeDropped { change });
    }
}

pub(super) fn remove(draft: &mut Draft<'_>, factor: Factor) -> Result<(), Error> {
    authenticators::remove(draft.next, factor)?;
    draft.next.void_evidence();
    one::lift_locks(draft, factor);
    Ok(())
}

pub(super) fn unlock(draft: &mut Draft<'_>, factor: Factor) -> Result<(), Error> {
    let Some(budget) = one::budget_of(factor) else {
        let rule = if factor == Factor::BindingCode {
            "has no locks of its own: unlock the codes that are sent"
        } else {
            "is never locked: the host verifies it"
        };
        return Err(Error::misuse("factor", rule));
    };
    draft.rebind(budget);
    Ok(())
}
