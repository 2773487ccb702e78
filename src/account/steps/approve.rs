//! Approvals by agents, kept in the record.

use core::time::Duration;

use super::authority::expect_known;
use super::begin::begin;
use crate::account::draft::{Opened, Step};
use crate::account::record::approvals::KeptApprovals;
use crate::context::ContextAt;
use crate::error::Error;
use crate::event::EventKind;
use crate::evidence::Evidence;
use crate::grant::{Agent, Approval};

/// A longer name of an action is refused.
const MOST_ACTION_BYTES: usize = 128;

/// Keeps an agent's approval of an action, and of the transaction of the context or of none.
pub(crate) fn approve(
    opened: &mut Opened,
    agent: &Agent,
    action: &str,
    lifetime: Duration,
    ctx: &ContextAt,
) -> Result<Step<()>, Error> {
    if !(1..=MOST_ACTION_BYTES).contains(&action.len()) {
        return Err(Error::misuse("action", "must hold 1 to 128 bytes"));
    }
    if lifetime > Evidence::LIFETIME {
        let rule = "must be a day at most: no policy counts an older approval";
        return Err(Error::misuse("lifetime of the approval", rule));
    }
    expect_known(opened)?;
    let draft = begin(opened, ctx)?;
    let approval = Approval::of(
        agent.clone(),
        action.to_owned(),
        draft.subject(),
        ctx.transaction_digest(),
        ctx.now(),
        ctx.now().plus(lifetime),
    );
    if !draft.next.approvals.keep(&approval) {
        let most = KeptApprovals::MOST;
        let rule = format!("must be {most} at most at once: use one, or wait until one ends");
        return Err(Error::misuse("approvals", rule));
    }
    draft.step(EventKind::Approved, ())
}
