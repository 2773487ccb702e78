//! Settling a computed guess.

use super::accept::accept;
use super::begin::begin;
use super::interaction::Shown;
use super::pending_check::ComputedCheck;
use crate::account::authenticators;
use crate::account::draft::{Draft, Opened, Step};
use crate::account::outcome::Outcome;
use crate::account::record::reservation::Reservations;
use crate::context::ContextAt;
use crate::error::Error;
use crate::event::{EventKind, Reason};

/// Settles a computed guess. A right one counts once, and only if the record is as the reservation left it.
pub(crate) fn settle(
    opened: &mut Opened,
    computed: &ComputedCheck,
    ctx: &ContextAt,
) -> Result<Step<Outcome>, Error> {
    let mut draft = begin(opened, ctx)?;
    let ticket = &computed.ticket;
    let factor = ticket.factor;
    if let Err(reason) = take(&mut draft, computed) {
        return draft.tell(EventKind::Denied { factor, reason }, Outcome::Denied);
    }
    let throttle = draft.next.throttles.of(ticket.budget);
    throttle.refund(&ticket.charge);
    authenticators::computed(&mut draft, factor, computed.renewed.as_ref())?;
    let shown = Shown {
        factor,
        authenticator: ticket.enrolment.unwrap_or(0),
        attested: None,
        binding: None,
    };
    accept(draft, shown, |outcome| outcome)
}

/// Takes the reservation of a right guess, if the record is as it was.
fn take(draft: &mut Draft<'_>, computed: &ComputedCheck) -> Result<(), Reason> {
    let ticket = &computed.ticket;
    if draft.next.decoy {
        return Err(Reason::UnknownSubject);
    }
    if ticket.enrolment.is_none() {
        return Err(Reason::NotEnrolled);
    }
    if !computed.right {
        return Err(Reason::Wrong);
    }
    if draft.next.suspended {
        return Err(Reason::Suspended);
    }
    let limits = draft.settings().limits_of(ticket.budget);
    let throttle = draft.next.throttles.peek(ticket.budget);
    let is_same = draft.next.pseudonym == ticket.pseudonym
        && draft.next.epoch() == ticket.epoch
        && draft.interaction() == ticket.interaction
        && authenticators::enrolment(draft.next, ticket.factor) == ticket.enrolment
        && !throttle.closed_after(&ticket.charge, &limits);
    if !is_same {
        return Err(Reason::Superseded);
    }
    if draft.next.reservations.take(ticket.revision) {
        return Ok(());
    }
    // Nothing else removes a reservation: see `Reservations`.
    if Reservations::is_too_late(ticket.at, draft.next.clock.seen()) {
        Err(Reason::Expired)
    } else {
        Err(Reason::Replayed)
    }
}
