//! Issuing a code: it is drawn, kept as a keyed hash, and handed out once the record is stored.

use super::begin::begin;
use crate::account::authenticators::delivered::{addressee, code_context};
use crate::account::draft::{Draft, Opened, Step};
use crate::account::record::budget::Budget;
use crate::account::record::state::IssueCount;
use crate::context::ContextAt;
use crate::delivered::{CodeOrder, Delivery, Issued, OpenCode, Purpose, make_place};
use crate::error::Error;
use crate::event::EventKind;
use crate::limits::throttle::{Lane, Try};
use crate::status::Lock;
use core::time::Duration;

/// A subject is issued so many codes in [`ISSUE_WINDOW`].
const MOST_ISSUED: u8 = 8;
/// So many of them go to interactions without evidence: attackers leave the customer half (pitfalls B39, B41).
const MOST_ANONYMOUS: u8 = MOST_ISSUED / 2;
/// See [`MOST_ISSUED`].
const ISSUE_WINDOW: Duration = Duration::from_secs(15 * 60);

/// The place of a code.
pub(super) enum Room {
    /// The open code of this order, which was taken out.
    Again(OpenCode),
    /// A place for a new code.
    Free,
}

/// Issues a code. The count of wrong tries stands (SP 800-63B-4 3.1.3.2).
pub(crate) fn issue(
    opened: &mut Opened,
    order: &CodeOrder,
    ctx: &ContextAt,
) -> Result<Step<Issued>, Error> {
    order.expect_fit(ctx.channel())?;
    let mut draft = begin(opened, ctx)?;
    let factor = order.factor();
    let addressee = addressee(&draft, order)?;
    let room = match make_room(&mut draft, order) {
        Ok(room) => room,
        Err(wait) => {
            let kind = EventKind::IssueRefused { factor };
            return draft.tell(kind, Issued::RateLimited(wait));
        }
    };
    let with_evidence = draft.holds_evidence();
    let sent = addressee.real.is_some();
    let context = code_context(&draft);
    let (open, text) = match room {
        Room::Again(mut open) => {
            open.send_again(with_evidence, ctx.now());
            let text = open.text(&context)?;
            (open, text)
        }
        Room::Free => OpenCode::draw(order, sent, with_evidence, &context, ctx)?,
    };
    let delivery = Delivery {
        order: order.clone(),
        binding: ctx.transaction_digest(),
        hint: addressee.hint,
        now: ctx.now(),
        expires: open.expires(),
        parcel: addressee.real.map(|to| (to, text)),
    };
    draft.next.codes.push(open);
    let kind = EventKind::Issued { factor, sent };
    draft.step(kind, Issued::Ready(delivery))
}

/// Charges the issue, and makes its place. An order that has to wait costs nothing, and changes no code.
pub(super) fn make_room(draft: &mut Draft<'_>, order: &CodeOrder) -> Result<Room, Lock> {
    let ctx = draft.ctx;
    if draft.next.suspended || !may_order(draft, order) {
        return Err(Lock::Indefinite);
    }
    // A code that rebinds a factor must reach its customer even where the factor is disabled.
    let kind = if order.purpose() == Purpose::ConfirmAddress {
        Try::Binding
    } else {
        Try::Guess
    };
    if let Some(lock) = draft.locked(Budget::Delivered, kind) {
        return Err(lock);
    }
    let with_evidence = draft.holds_evidence();
    let mut codes = draft.next.codes.clone();
    let context = code_context(draft);
    let again = make_place(&mut codes, order, with_evidence, &context, ctx);
    let again = again.map_err(Lock::Until)?;
    let lane = draft.order_lane();
    charge(draft, lane)?;
    draft.next.codes = codes;
    Ok(again.map_or(Room::Free, Room::Again))
}

/// Returns whether this interaction may order that. A binding code needs evidence that is more than weak (SP 800-63B-4
/// 4.1.2.2).
fn may_order(draft: &Draft<'_>, order: &CodeOrder) -> bool {
    order.purpose() != Purpose::BindAuthenticator
        || draft
            .next
            .evidence
            .is_a_factor_of(draft.interaction(), draft.now())
}

/// Counts one more code to this subject, if there may be one.
fn charge(draft: &mut Draft<'_>, lane: Lane) -> Result<(), Lock> {
    // The window goes by steady time: a clock that is set back and comes right does not change it.
    let clock = draft.next.clock;
    let issued = &mut draft.next.issued;
    let window = ISSUE_WINDOW.as_secs();
    if clock.time() >= issued.since.saturating_add(window) {
        *issued = IssueCount {
            since: clock.time(),
            ..IssueCount::default()
        };
    }
    let window_ends = clock.reading(issued.since.saturating_add(window));
    let is_open = lane == Lane::Anonymous;
    if issued.count >= MOST_ISSUED || is_open && issued.anonymous >= MOST_ANONYMOUS {
        return Err(Lock::Until(window_ends));
    }
    issued.count = issued.count.saturating_add(1);
    issued.anonymous = issued.anonymous.saturating_add(u8::from(is_open));
    Ok(())
}
