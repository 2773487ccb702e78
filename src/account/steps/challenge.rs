//! Questions to a device, and responses (RFC 6287). A question is asked in an interaction, and answered there once.
//!
//! If the customer's app asks first, it shows whether the host is genuine before the customer says anything.

use super::begin::begin;
use crate::account::authenticators::ocra;
use crate::account::dialog::Dialog;
use crate::account::draft::{Draft, Opened, Step};
use crate::account::record::budget::Budget;
use crate::account::record::open_challenge::OpenChallenge;
use crate::context::ContextAt;
use crate::delivered::Issued;
use crate::error::Error;
use crate::event::EventKind;
use crate::factor::Factor;
use crate::limits::throttle::Try;
use crate::otp::ocra::{OcraTask, TaskKind};
use crate::status::Lock;
use crate::time::Timestamp;

/// So many questions wait at once on one lane. Questions without evidence take no place of the others.
const MOST_OPEN: usize = 8;

/// Asks the subject's device a question, and answers the question that it asked first.
pub(crate) fn challenge(
    opened: &mut Opened,
    order: &OcraTask<'_>,
    ctx: &ContextAt,
) -> Result<Step<Issued<Dialog>>, Error> {
    let mut draft = begin(opened, ctx)?;
    let factor = Factor::Ocra;
    if let Err(wait) = make_room(&mut draft) {
        let kind = EventKind::IssueRefused { factor };
        return draft.tell(kind, Issued::RateLimited(wait));
    }
    let signs = order.signs();
    let (device, state) = ocra::device(&draft, signs)?;
    let device = match order.session() {
        Some(data) => device.in_session(data)?,
        None => device,
    };
    let (answer, asked, state) = device.ask(&state, order, ctx)?;
    let mut enrolled = draft.next.ocra.iter_mut();
    let enrolled = enrolled.find(|slot| slot.authenticator.signs() == signs);
    let sent = enrolled.is_some() && !draft.next.decoy;
    if let Some(slot) = enrolled {
        slot.state = state;
    }
    let expires = asked.expires();
    let dialog = Dialog::new(answer, asked.question().clone(), expires);
    let open = OpenChallenge {
        interaction: ctx.interaction().to_bytes(),
        asked,
        expires: expires.unix(),
        ordered_with_evidence: draft.holds_evidence(),
        binding: signed(order, ctx)?,
        session: order.session().map(<[u8]>::to_vec),
        signs,
    };
    draft.next.challenges.push(open);
    let kind = EventKind::Issued { factor, sent };
    draft.step(kind, Issued::Ready(dialog))
}

/// Returns the transaction that a task signs.
fn signed(task: &OcraTask<'_>, ctx: &ContextAt) -> Result<Option<[u8; 32]>, Error> {
    let bound = ctx.transaction_digest();
    let digest = match task.kind() {
        TaskKind::Authenticate => return Ok(None),
        TaskKind::Sign(transaction) => {
            if bound.is_some_and(|bound| bound != transaction) {
                let rule = "must be bound to the transaction that is signed, or to none";
                return Err(Error::misuse("context", rule));
            }
            transaction
        }
        // Figures without a transaction would be evidence for any action, like a login.
        TaskKind::SignText(_) => {
            let rule = "must be bound to the transaction whose figures are signed";
            bound.ok_or_else(|| Error::misuse("context", rule))?
        }
    };
    Ok(Some(*digest.as_bytes()))
}

/// Frees the place of a question. The places of other interactions stay taken (pitfall B36).
fn make_room(draft: &mut Draft<'_>) -> Result<(), Lock> {
    let ctx = draft.ctx;
    if draft.next.suspended {
        return Err(Lock::Indefinite);
    }
    if let Some(lock) = draft.locked(Budget::Ocra, Try::Guess) {
        return Err(lock);
    }
    let with_evidence = draft.holds_evidence();
    let open = &mut draft.next.challenges;
    let others = || {
        open.iter().filter(|open| {
            open.ordered_with_evidence == with_evidence && !open.is_of(ctx.interaction())
        })
    };
    if others().count() >= MOST_OPEN {
        let ends = others().map(|open| open.expires).min();
        return Err(Lock::Until(ends.map_or(ctx.now(), Timestamp::stored)));
    }
    open.retain(|open| !open.is_of(ctx.interaction()));
    Ok(())
}
