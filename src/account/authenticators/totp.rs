//! Authenticator apps (RFC 6238).

use super::several::{self, Several};
use super::verdict::{Enrolment, Verdict};
use crate::account::draft::Draft;
use crate::account::record::budget::Budget;
use crate::account::record::odds;
use crate::account::record::slot::Slot;
use crate::account::record::state::Record;
use crate::code::Code;
use crate::error::Error;
use crate::factor::Factor;
use crate::otp::{OtpKey, Totp, TotpState};
use crate::secret::SecretBytes;

impl Several for Totp {
    type State = TotpState;
    const FACTOR: Factor = Factor::Totp;
    const BUDGET: Budget = Budget::Totp;
    const NAME: &str = "authenticator app";

    fn slots(record: &Record) -> &[Slot<Self, TotpState>] {
        &record.totps
    }

    fn slots_mut(record: &mut Record) -> &mut Vec<Slot<Self, TotpState>> {
        &mut record.totps
    }

    fn odds(&self, state: &TotpState) -> (u32, u64) {
        odds::of_app(self, state)
    }
}

pub(super) fn judge(draft: &mut Draft<'_>, code: &Code) -> Verdict {
    let (stand_in, now) = (draft.settings().stand_in_app(), draft.now());
    several::judge_each(draft, stand_in, |totp: &Totp, state| {
        totp.check(state, code, now)
    })
}

/// Judges two consecutive codes. An app that is found ahead is followed, unless that makes guessing too easy.
pub(super) fn judge_pair(draft: &mut Draft<'_>, first: &Code, second: &Code) -> Verdict {
    let (stand_in, now) = (draft.settings().stand_in_app(), draft.now());
    let ahead = draft.next.totps.iter();
    let ahead = ahead.filter(|slot| slot.state.runs_ahead());
    let ran_ahead: Vec<u16> = ahead.map(|slot| slot.head.id).collect();
    let verdict = several::judge_each(draft, stand_in, |totp: &Totp, state| {
        totp.check_pair(state, first, second, now)
    });
    let slots = draft.next.totps.iter();
    let found = slots.filter(|slot| slot.state.runs_ahead() && !ran_ahead.contains(&slot.head.id));
    let found: Vec<u16> = found.map(|slot| slot.head.id).collect();
    for app in found {
        if may_follow_ahead(draft, app) {
            continue;
        }
        let mut slots = draft.next.totps.iter_mut();
        if let Some(slot) = slots.find(|slot| slot.head.id == app) {
            slot.state = TotpState::stored(slot.state.next_step());
        }
    }
    verdict
}

pub(super) fn add(draft: &mut Draft<'_>, app: &Totp) -> Result<Enrolment<'static>, Error> {
    several::add(draft, app, &TotpState::default())
}

/// Adds an app that another system has confirmed. The code of this moment may be spent there, so it counts as spent here.
pub(super) fn import(draft: &mut Draft<'_>, app: &Totp) -> Result<Enrolment<'static>, Error> {
    let next_step = app.step_at(draft.now()).saturating_add(1);
    several::import(draft, app, &TotpState::stored(next_step))
}

/// Takes the code that confirms an app. The code may show that its clock runs ahead, unless that makes guessing too easy.
pub(super) fn confirmation<'c>(draft: &Draft<'_>, code: &'c Code) -> Enrolment<'c> {
    let now = draft.now();
    let waiting = several::waiting::<Totp>(draft).map(|slot| slot.head.id);
    let ahead = waiting.is_some_and(|app| may_follow_ahead(draft, app));
    several::confirmation(draft, move |totp: &Totp, state| {
        if ahead {
            totp.confirm(state, code, now)
        } else {
            totp.check(state, code, now)
        }
    })
}

/// Enrols an app with a drawn secret.
pub(super) fn enrol_stand_in(record: &mut Record, secret: SecretBytes) -> Result<(), Error> {
    let slot = Slot::new(
        record.drawn_head(),
        Totp::from(OtpKey::new(secret)?),
        TotpState::default(),
    );
    record.totps.push(slot);
    Ok(())
}

/// Returns whether an app may be followed a step ahead. That makes one more code right at a time. It may not cost the customer
/// a try before a lock.
fn may_follow_ahead(draft: &Draft<'_>, app: u16) -> bool {
    let (usual, ahead) = (TotpState::default(), TotpState::stored_ahead(0));
    let apps = &draft.next.totps;
    let others = || {
        let others = apps
            .iter()
            .filter(|slot| slot.head.id != app && slot.counts());
        others.map(|slot| odds::of_app(&slot.authenticator, &slot.state))
    };
    let this = apps.iter().find(|slot| slot.head.id == app);
    this.is_some_and(|slot| {
        let with = |state| others().chain([odds::of_app(&slot.authenticator, state)]);
        draft.costs_no_try(Budget::Totp, with(&usual), with(&ahead))
    })
}
