//! The changes that wait: listed, and cancelled.

use super::authority::{alter, listed};
use super::begin::begin;
use super::keep;
use super::spend::use_up;
use crate::account::changes::{Change, Changed};
use crate::account::draft::{Draft, Opened, Step};
use crate::account::pending::Pending;
use crate::account::warning::Warning;
use crate::authenticator::PendingId;
use crate::context::ContextAt;
use crate::delivered::Notice;
use crate::error::Error;
use crate::event::EventKind;
use crate::grant::Authority;

/// Cancels a change that waits, by evidence of any factor in this interaction.
pub(crate) fn cancel(
    opened: &mut Opened,
    id: PendingId,
    ctx: &ContextAt,
) -> Result<Step<Changed>, Error> {
    let draft = begin(opened, ctx)?;
    if !draft.holds_evidence() {
        return refused(draft, id);
    }
    cancelled(draft, id, false)
}

/// Cancels a change that waits, by the host or by a grant of its policy.
pub(super) fn cancel_by_authority(
    mut draft: Draft<'_>,
    id: PendingId,
    by: &Authority<'_>,
) -> Result<Step<Changed>, Error> {
    if let Authority::Granted(grant) = by {
        use_up(&mut draft, grant);
    }
    cancelled(draft, id, true)
}

fn cancelled(draft: Draft<'_>, id: PendingId, by_authority: bool) -> Result<Step<Changed>, Error> {
    let clock = draft.next.clock;
    let Some(kept) = draft.next.pending.cancel(id, &clock) else {
        return refused(draft, id);
    };
    let kind = |change| EventKind::ChangeCancelled {
        change,
        by_authority,
    };
    draft.step_about(&kept, kind, Changed::Done)
}

fn refused(draft: Draft<'_>, id: PendingId) -> Result<Step<Changed>, Error> {
    draft.tell(EventKind::CancelRefused { id }, Changed::Denied)
}

/// Lists the changes that wait.
pub(crate) fn list(
    opened: &mut Opened,
    by: &Authority<'_>,
    ctx: &ContextAt,
) -> Result<Step<Vec<Pending>>, Error> {
    let draft = alter(opened, Change::LIST, true, by, ctx)?;
    let kept = draft.next.pending.all().iter();
    let all = kept.map(|kept| keep::pending(draft.next, kept, ctx.now()));
    let all = all.collect();
    listed(draft, by, all)
}

/// Returns a notice to each confirmed address. An unknown subject has none.
pub(crate) fn warnings(opened: &Opened, notice: Notice) -> Vec<Warning> {
    if opened.record.decoy {
        return Vec::new();
    }
    keep::warnings(&opened.record, notice)
}
