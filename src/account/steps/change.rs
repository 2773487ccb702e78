//! Changes of an account: authenticators come and go, and the subject is suspended and resumed.

use super::authority::{alter, begun, changed};
use super::one;
use crate::account::authenticators;
use crate::account::authenticators::verdict::{Confirmation, Enrolment, Verdict};
use crate::account::changes::{Change, Changed};
use crate::account::draft::{Draft, Opened, Step};
use crate::account::outcome::release_of;
use crate::account::trial::{Admission, Trial};
use crate::context::ContextAt;
use crate::error::Error;
use crate::event::{EventKind, Reason};
use crate::factor::Factor;
use crate::grant::Authority;

/// Changes the account.
pub(crate) fn change(
    opened: &mut Opened,
    change: &Change,
    by: &Authority<'_>,
    ctx: &ContextAt,
) -> Result<Step<Changed>, Error> {
    let even_if_suspended = matches!(change, Change::Suspend | Change::Resume);
    let action = change.action();
    let mut draft = alter(opened, action, even_if_suspended, by, ctx)?;
    match authenticators::enrol(&mut draft, change)? {
        Some(Enrolment::Confirms(code)) => return confirm(draft, code, by),
        Some(Enrolment::Waits) => return begun(draft, action, by, Changed::Done),
        Some(Enrolment::Done) => {}
        None => alter_account(&mut draft, change)?,
    }
    changed(draft, action, by, Changed::Done)
}

/// Makes a change that enrols nothing.
fn alter_account(draft: &mut Draft<'_>, change: &Change) -> Result<(), Error> {
    match change {
        Change::Remove(factor) | Change::Reset(factor) => remove(draft, *factor)?,
        Change::RemoveOne(id) => one::remove(draft, *id)?,
        Change::Rename(id, label) => one::rename(draft, *id, label)?,
        Change::Disable(id) => one::disable(draft, *id)?,
        Change::Enable(id) => one::enable(draft, *id)?,
        Change::Unlock(factor) => unlock(draft, *factor)?,
        Change::Suspend => {
            draft.next.suspended = true;
            draft.next.clear_questions();
            draft.next.void_evidence();
        }
        Change::Resume => draft.next.suspended = false,
        // These enrol.
        _ => {}
    }
    Ok(())
}

/// Takes the code that confirms an authenticator or an address. A wrong one is charged like any other.
fn confirm(
    draft: Draft<'_>,
    code: Confirmation<'_>,
    by: &Authority<'_>,
) -> Result<Step<Changed>, Error> {
    let Confirmation {
        factor,
        budget,
        waiting,
        judge,
    } = code;
    let mut trial = match Trial::of_confirmation(draft, budget, waiting) {
        Admission::Trial(trial) => trial,
        Admission::Locked(draft, lock) => {
            let until = release_of(lock);
            return draft.tell(EventKind::Locked { factor, until }, Changed::Locked(lock));
        }
    };
    let reason = match trial.judge(judge) {
        Verdict::Right(..) => return changed(trial.right(), Change::ADD, by, Changed::Done),
        Verdict::CheckDigitWrong => {
            let kind = EventKind::InvalidCheckDigit { factor };
            return trial.no_try().step(kind, Changed::InvalidCheckDigit);
        }
        Verdict::Wrong(reason) => reason,
        // No code that confirms something is computed.
        Verdict::Compute(_) => Reason::Wrong,
    };
    let (draft, _) = trial.wrong();
    draft.step(EventKind::Denied { factor, reason }, Changed::Denied)
}

fn remove(draft: &mut Draft<'_>, factor: Factor) -> Result<(), Error> {
    authenticators::remove(draft.next, factor)?;
    draft.next.void_evidence();
    one::lift_locks(draft, factor);
    Ok(())
}

fn unlock(draft: &mut Draft<'_>, factor: Factor) -> Result<(), Error> {
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
