//! Devices that answer questions, or that sign (RFC 6287): one of each at most.

use super::several::TOO_EASY;
use super::verdict::{Enrolment, Right, Verdict};
use crate::account::draft::Draft;
use crate::account::record::budget::Budget;
use crate::account::record::odds;
use crate::account::record::slot::Slot;
use crate::account::record::state::Record;
use crate::account::settings::Settings;
use crate::derivation::OCRA;
use crate::error::Error;
use crate::event::Reason;
use crate::factor::Factor;
use crate::otp::ocra::{MutualState, OcraDevice, OcraResponse};
use crate::stand_in;
use crate::subject::Subject;
use crate::transition;

/// Returns the subject's device and its state, or what seems to be one.
pub(crate) fn device(draft: &Draft<'_>, signs: bool) -> Result<(OcraDevice, MutualState), Error> {
    let mut devices = draft.next.ocra.iter();
    match devices.find(|slot| slot.counts() && slot.authenticator.signs() == signs) {
        Some(slot) => Ok((slot.authenticator.clone(), slot.state.clone())),
        None => Ok((
            drawn(draft.settings(), draft.subject(), signs)?,
            MutualState::default(),
        )),
    }
}

/// Judges the response to the question that waits in this interaction. A right one takes the question out.
pub(super) fn judge(draft: &mut Draft<'_>, response: &OcraResponse) -> Result<Verdict, Error> {
    let ctx = draft.ctx;
    let mut waiting = draft.next.challenges.iter();
    let Some(open) = waiting.find(|open| open.is_of(ctx.interaction())).cloned() else {
        return Ok(Verdict::Wrong(Reason::NothingOpen));
    };
    let (device, state) = device(draft, open.signs)?;
    let device = match &open.session {
        Some(data) => device.in_session(data)?,
        None => device,
    };
    let (next, verdict) = device.check(&state, &open.asked, response, ctx.now())?;
    let mut enrolled = draft.next.ocra.iter_mut();
    let Some(slot) =
        enrolled.find(|slot| slot.counts() && slot.authenticator.signs() == open.signs)
    else {
        return Ok(Verdict::not_enrolled());
    };
    let by = Right::by(Factor::Ocra, &slot.head);
    let signed = ctx.transaction_digest().filter(|_| open.binding.is_some());
    if verdict == transition::Verdict::Accepted {
        if open.binding != signed.map(|signed| *signed.as_bytes()) {
            return Ok(Verdict::Wrong(Reason::Superseded));
        }
        slot.state = next.unwrap_or(state);
        // Other questions to this device are void by the new state.
        draft
            .next
            .challenges
            .retain(|other| other.signs != open.signs);
    }
    let right = Right {
        binding: signed,
        ..by
    };
    Ok(Verdict::of(verdict, right))
}

/// Sets the device that answers, or the one that signs.
pub(super) fn set(draft: &mut Draft<'_>, device: &OcraDevice) -> Result<Enrolment<'static>, Error> {
    let signs = device.signs();
    // SP 800-63B-4 3.2.2: a disabled device stays disabled. Both share the budget, so the new one replaces both.
    let disabled = draft.is_disabled(Budget::Ocra);
    let stays = |of: bool| of != signs && !disabled;
    let slots = &draft.next.ocra;
    let beside = slots.iter().map(|slot| &slot.authenticator);
    let odds = beside
        .clone()
        .filter(|device| stays(device.signs()))
        .chain([device])
        .map(odds::of_device);
    let shared = beside
        .clone()
        .any(|other| other.signs() != signs && other.customer().answers_like(device.customer()));
    if shared {
        let rule = "must not sign and log in by one secret under one suite";
        return Err(Error::misuse("ocra device", rule));
    }
    if !draft.keeps_all_tries(Budget::Ocra, odds) {
        return Err(Error::misuse("ocra device", TOO_EASY));
    }
    let before = slots.len();
    let slots = &mut draft.next.ocra;
    slots.retain(|slot| stays(slot.authenticator.signs()));
    let replaced = slots.len() < before;
    draft.next.challenges.retain(|open| stays(open.signs));
    let slot = Slot::new(draft.head(), device.clone(), MutualState::default());
    draft.next.ocra.push(slot);
    draft.replaced(replaced, Budget::Ocra);
    Ok(Enrolment::Done)
}

/// Drops the questions that wait for a device.
pub(super) fn clear_questions(record: &mut Record, id: u16) {
    let device = record.ocra.iter().find(|slot| slot.head.id == id);
    if let Some(signs) = device.map(|slot| slot.authenticator.signs()) {
        record.challenges.retain(|open| open.signs != signs);
    }
}

pub(super) fn remove(record: &mut Record) {
    record.ocra.clear();
    record.challenges.clear();
}

/// Enrols a device with drawn secrets.
pub(super) fn enrol_stand_in(
    record: &mut Record,
    settings: &Settings,
    subject: &Subject,
) -> Result<(), Error> {
    let device = drawn(settings, subject, false)?;
    let slot = Slot::new(record.drawn_head(), device, MutualState::default());
    record.ocra.push(slot);
    Ok(())
}

/// Draws a device like those of the host's other customers.
fn drawn(settings: &Settings, subject: &Subject, signs: bool) -> Result<OcraDevice, Error> {
    let mut draw = stand_in::draw(
        settings.decoys(),
        subject,
        &[OCRA.as_bytes(), &[u8::from(signs)]],
    );
    settings.ocra_kind(signs).drawn(signs, &mut draw)
}
