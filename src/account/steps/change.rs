//! Changes of an account: authenticators come and go, and the subject is suspended and resumed.

use super::alter::{alter_account, supersede};
use super::authority::{alter_or_wait, begun, changed};
use super::cancel::cancel_by_authority;
use super::confirm::confirm;
use super::keep::{change_later, target};
use crate::account::authenticators;
use crate::account::authenticators::verdict::Enrolment;
use crate::account::changes::{Change, Changed};
use crate::account::draft::{Opened, Step};
use crate::context::ContextAt;
use crate::error::Error;
use crate::grant::Authority;

/// Changes the account, or keeps a change that waits.
pub(crate) fn change(
    opened: &mut Opened,
    change: &Change,
    by: &Authority<'_>,
    ctx: &ContextAt,
) -> Result<Step<Changed>, Error> {
    let even_if_suspended = matches!(
        change,
        Change::Suspend | Change::Resume | Change::VoidAll | Change::Cancel(_)
    );
    let action = change.action();
    let mut draft = alter_or_wait(opened, action, even_if_suspended, by, ctx)?;
    if let Authority::Granted(grant) = by
        && let Some(delay) = grant.delay()
    {
        return change_later(draft, change, grant, delay);
    }
    if let Change::Cancel(id) = change {
        return cancel_by_authority(draft, *id, by);
    }
    let target = target(draft.next, change);
    match authenticators::enrol(&mut draft, change)? {
        Some(Enrolment::Confirms(code)) => {
            return confirm(draft, code, |draft, _| {
                changed(draft, Change::ADD, by, Changed::Done)
            });
        }
        Some(Enrolment::Waits) => return begun(draft, action, by, Changed::Done),
        Some(Enrolment::Done) => {}
        None => alter_account(&mut draft, change)?,
    }
    if let Some(target) = target {
        supersede(&mut draft, target);
    }
    changed(draft, action, by, Changed::Done)
}
