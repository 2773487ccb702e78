//! Changes that wait: they are checked like those that are made at once, and then kept.

use core::time::Duration;

use super::alter::alter_account;
use super::authority::begun;
use super::confirm::confirm;
use super::spend::use_up;
use crate::account::authenticators;
use crate::account::authenticators::recovery;
use crate::account::authenticators::verdict::{Enrolment, Right};
use crate::account::changes::{Change, Changed};
use crate::account::draft::{Draft, Step, facts};
use crate::account::pending::Pending;
use crate::account::record::pending::{Alteration, Asked, Effect, KeptChange, KeptChanges, Target};
use crate::account::record::slot::Slot;
use crate::account::record::state::Record;
use crate::account::warning::Warning;
use crate::authenticator::AuthenticatorId;
use crate::delivered::{Destination, Notice, OpenCode, Purpose};
use crate::error::Error;
use crate::event::EventKind;
use crate::factor::Factor;
use crate::grant::{Authority, Grant};
use crate::recovery::RecoveryCodeList;
use crate::time::Timestamp;

/// Checks a change as always, and keeps it. Nothing else changes.
pub(super) fn change_later(
    mut draft: Draft<'_>,
    change: &Change,
    grant: &Grant,
    delay: Duration,
) -> Result<Step<Changed>, Error> {
    let action = change.action();
    if let Some(target) = target(draft.next, change)
        && let Some(stands) = Stands::of(&draft, target)
    {
        return stands.tell(draft, action, target.factor);
    }
    let before = draft.next.clone();
    match authenticators::enrol(&mut draft, change)? {
        // It does not count before its first code.
        Some(Enrolment::Waits) => {
            return begun(draft, action, &Authority::Granted(grant), Changed::Done);
        }
        Some(Enrolment::Confirms(code)) => {
            return confirm(draft, code, |draft, right| {
                let alteration = confirmed(draft.next, &right);
                restore(draft.next, before, &alteration);
                let target = alteration.target();
                match Stands::of(&draft, target) {
                    Some(stands) => stands.step(draft, action, target.factor),
                    None => keep(draft, alteration, grant, delay, Changed::Waits),
                }
            });
        }
        Some(Enrolment::Done) => {}
        None => alter_account(&mut draft, change)?,
    }
    *draft.next = before;
    let alteration = form(draft.next, change).ok_or_else(|| {
        let rule = "is for a change that waits, and this one cannot wait: ask the policy by a rule without `delay`";
        Error::misuse("grant", rule)
    })?;
    keep(draft, alteration, grant, delay, Changed::Waits)
}

/// Draws a list of recovery codes, and keeps their hashes until they count.
pub(super) fn generate_later(
    draft: Draft<'_>,
    count: u8,
    grant: &Grant,
    delay: Duration,
) -> Result<Step<RecoveryCodeList>, Error> {
    match Stands::of(&draft, Target::all(Effect::Adds, Factor::RecoveryCode)) {
        None => {}
        Some(Stands::Waits(_)) => {
            let rule = "wait already: let them, or cancel them first";
            return Err(Error::misuse("recovery codes", rule));
        }
        Some(Stands::Barred(until)) => {
            let rule = format!(
                "were cancelled lately: ask again at {} (Unix time)",
                until.unix()
            );
            return Err(Error::misuse("recovery codes", rule));
        }
    }
    let (set, list) = recovery::draw(&draft, count)?;
    let alteration = Alteration::RecoveryCodes(set);
    let told = |pending: Box<Pending>| list.counting_from(pending.effective_at());
    keep(draft, alteration, grant, delay, told)
}

/// Keeps a change that was checked. What serves once is used up by it.
fn keep<O>(
    mut draft: Draft<'_>,
    alteration: Alteration,
    grant: &Grant,
    delay: Duration,
    told: impl FnOnce(Box<Pending>) -> O,
) -> Result<Step<O>, Error> {
    let clock = draft.next.clock;
    let asked = Asked {
        handled_by: grant.handled_by(),
        approved_by: grant.approved_by(),
        at: draft.now().unix(),
        delay,
        barred: grant.barred_after_cancel().unwrap_or_default(),
    };
    let Some(kept) = draft.next.pending.keep(alteration, &asked, &clock).cloned() else {
        let most = KeptChanges::MOST;
        let rule =
            format!("must be {most} at most at once: cancel one, or wait until one takes effect");
        return Err(Error::misuse("changes that wait", rule));
    };
    use_up(&mut draft, grant);
    let pending = pending(draft.next, &kept, draft.now());
    let waits = |change| EventKind::ChangeWaits { change };
    draft.step_about(&kept, waits, told(Box::new(pending)))
}

/// Returns a change that waits, as hosts see it.
pub(super) fn pending(record: &Record, kept: &KeptChange, now: Timestamp) -> Pending {
    let due = Timestamp::stored(record.pending.due_of(kept, &record.clock));
    let (action, factor) = (kept.alteration.action(), kept.alteration.factor());
    let handled_by = kept.handled_by();
    let notice = Notice::Waits {
        action,
        factor,
        by_agent: handled_by.is_some(),
        wait: due.since(now),
    };
    Pending {
        id: kept.id(),
        action,
        factor,
        handled_by,
        approved_by: kept.approved_by(),
        asked_at: Timestamp::stored(kept.asked),
        effective_at: due,
        is_paused: record.suspended,
        warnings: warnings(record, notice),
    }
}

/// Returns a notice to each confirmed address.
pub(super) fn warnings(record: &Record, notice: Notice) -> Vec<Warning> {
    let all = record.addresses();
    all.map(|to| Warning { to, notice }).collect()
}

/// Why a change is not kept.
enum Stands {
    /// One like it waits. It stands as it is.
    Waits(Box<KeptChange>),
    /// One like it was cancelled lately.
    Barred(Timestamp),
}

impl Stands {
    fn of(draft: &Draft<'_>, target: Target) -> Option<Self> {
        let (pending, clock) = (&draft.next.pending, &draft.next.clock);
        if let Some(kept) = pending.like(target) {
            return Some(Self::Waits(Box::new(kept.clone())));
        }
        let until = pending.barred(target, clock)?;
        Some(Self::Barred(clock.reading(until)))
    }

    /// Ends a step that has used up nothing.
    fn tell(
        self,
        draft: Draft<'_>,
        action: &'static str,
        factor: Factor,
    ) -> Result<Step<Changed>, Error> {
        let (kind, changed) = self.said(&draft, action, factor);
        draft.tell(kind, changed)
    }

    /// Ends a step in which a code has served.
    fn step(
        self,
        draft: Draft<'_>,
        action: &'static str,
        factor: Factor,
    ) -> Result<Step<Changed>, Error> {
        let (kind, changed) = self.said(&draft, action, factor);
        draft.step(kind, changed)
    }

    fn said(self, draft: &Draft<'_>, action: &'static str, factor: Factor) -> (EventKind, Changed) {
        match self {
            Self::Waits(kept) => {
                let mut pending = pending(draft.next, &kept, draft.now());
                pending.warnings.clear();
                let change = facts(&kept);
                let kind = EventKind::ChangeWaitsAlready { change };
                (kind, Changed::Waits(Box::new(pending)))
            }
            Self::Barred(until) => {
                let kind = EventKind::ChangeBarred {
                    action,
                    factor,
                    until,
                };
                (kind, Changed::Barred(until))
            }
        }
    }
}

/// Returns what a code has confirmed.
fn confirmed(record: &Record, right: &Right) -> Alteration {
    let id = right.authenticator;
    let mut apps = record.totps.iter();
    if let Some(app) = apps.find(|slot| right.factor == Factor::Totp && slot.head.id == id) {
        return Alteration::App(app.clone());
    }
    let mut tokens = record.hotps.iter();
    if let Some(token) = tokens.find(|slot| right.factor == Factor::Hotp && slot.head.id == id) {
        return Alteration::Token(token.clone());
    }
    let is_it = |slot: &&Slot<String>| slot.head.id == id;
    let (phone, email) = (record.phone.as_ref(), record.email.as_ref());
    if let Some(phone) = phone.filter(is_it) {
        return Alteration::Phone(phone.authenticator.clone());
    }
    if let Some(email) = email.filter(is_it) {
        return Alteration::Email(email.authenticator.clone());
    }
    Alteration::Post
}

/// Puts the record back as it was, but for what was confirmed: it confirms nothing once more.
fn restore(record: &mut Record, before: Record, confirmed: &Alteration) {
    *record = before;
    match confirmed {
        Alteration::App(app) => record.totps.retain(|slot| slot.head.id != app.head.id),
        Alteration::Token(token) => record.hotps.retain(|slot| slot.head.id != token.head.id),
        _ => {
            let confirms = |open: &OpenCode| open.purpose() == Purpose::ConfirmAddress;
            record.codes.retain(|open| !confirms(open));
        }
    }
}

/// Returns the form in which a change is kept. `None`, if it cannot wait, or a code confirms it first.
fn form(record: &Record, change: &Change) -> Option<Alteration> {
    let address = |to: &Destination| to.address().to_owned();
    let factor = |id: &AuthenticatorId| {
        let mut heads = record.heads();
        let found = heads.find(|(_, head)| head.id == id.number());
        found.map(|(factor, _)| factor)
    };
    Some(match change {
        Change::Remove(factor) => Alteration::Remove(*factor),
        Change::Reset(factor) => Alteration::Reset(*factor),
        Change::RemoveOne(id) => Alteration::RemoveOne(id.number(), factor(id)?),
        Change::Disable(id) => Alteration::Disable(id.number(), factor(id)?),
        Change::Enable(id) => Alteration::Enable(id.number(), factor(id)?),
        Change::Unlock(factor) => Alteration::Unlock(*factor),
        Change::SetOcra(device) => Alteration::Ocra(device.clone()),
        Change::SetQuestions(hashes) => Alteration::Questions(hashes.clone()),
        Change::SetWord(word) => Alteration::Word(word.clone()),
        Change::SetPassword(hash) => Alteration::Password(hash.clone()),
        Change::SetPin(hash) => Alteration::Pin(hash.clone()),
        Change::SetPhone(to) => Alteration::Phone(address(to)),
        Change::SetEmail(to) => Alteration::Email(address(to)),
        _ => return None,
    })
}

/// Returns the effect of a change and what it is on, if these are known before it is checked.
pub(super) fn target(record: &Record, change: &Change) -> Option<Target> {
    match change {
        Change::AddTotp(_) | Change::ConfirmTotp(_) => {
            Some(Target::all(Effect::Adds, Factor::Totp))
        }
        Change::AddHotp(..) | Change::ConfirmHotp(_) | Change::ConfirmHotpPair(..) => {
            Some(Target::all(Effect::Adds, Factor::Hotp))
        }
        other => form(record, other).map(|form| form.target()),
    }
}
