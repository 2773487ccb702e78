//! The authenticators of an account: one file for each factor, and one row for it in each function here. Steps see nothing
//! else.

pub(super) mod attested;
pub(super) mod delivered;
pub(super) mod guess;
mod hashed;
mod hotp;
pub(super) mod ocra;
pub(super) mod questions;
pub(super) mod recovery;
mod several;
mod totp;
pub(super) mod verdict;
pub(super) mod word;

use self::guess::Renewed;
pub(super) use self::several::TOO_EASY;
use self::verdict::{Enrolment, Verdict};
use super::attempt::Attempt;
use super::changes::Change;
use super::draft::Draft;
use super::record::budget::Budget;
use super::record::odds::{self, Odds};
use super::record::pending::Alteration;
use super::record::slot::{Head, Slot, counted};
use super::record::state::Record;
use super::settings::Settings;
use crate::delivered::Purpose;
use crate::derivation::SECRET;
use crate::error::Error;
use crate::factor::Factor;
use crate::limits::throttle::Lane;
use crate::mask;
use crate::otp::OtpKey;
use crate::password::{PasswordHash, PinHash};
use crate::random::Draw;
use crate::secret::SecretBytes;
use crate::stand_in;
use crate::subject::Subject;
use crate::time::Timestamp;

/// Judges an attempt.
pub(super) fn judge(
    draft: &mut Draft<'_>,
    attempt: &Attempt,
    lane: Lane,
) -> Result<Verdict, Error> {
    let sent = |draft, code, purpose| Ok(delivered::judge(draft, code, purpose, lane));
    match attempt {
        Attempt::Totp(code) => Ok(totp::judge(draft, code)),
        Attempt::TotpPair(first, second) => Ok(totp::judge_pair(draft, first, second)),
        Attempt::Hotp(code) => Ok(hotp::judge(draft, code)),
        Attempt::HotpPair(first, second) => Ok(hotp::judge_pair(draft, first, second)),
        Attempt::Delivered(code) => sent(draft, code, Purpose::Authenticate),
        Attempt::IssuedRecoveryCode(code) => sent(draft, code, Purpose::Recover),
        Attempt::BindingCode(code) => sent(draft, code, Purpose::BindAuthenticator),
        Attempt::Ocra(response) => ocra::judge(draft, response),
        Attempt::Recovery(code) => Ok(recovery::judge(draft, code)),
        Attempt::Questions(answers) => questions::judge(draft, answers),
        Attempt::Word(letters) => word::judge(draft, letters),
        Attempt::Password(typed) => hashed::judge::<PasswordHash>(draft, typed),
        Attempt::Pin(typed) => hashed::judge::<PinHash>(draft, typed),
        Attempt::External(attested) => attested::judge(attested, draft.ctx),
    }
}

/// Enrols an authenticator, or takes the code that confirms one. Returns `None` for changes that enrol nothing.
pub(super) fn enrol<'c>(
    draft: &mut Draft<'_>,
    change: &'c Change,
) -> Result<Option<Enrolment<'c>>, Error> {
    Ok(Some(match change {
        Change::AddTotp(app) => totp::add(draft, app)?,
        Change::ConfirmTotp(code) => totp::confirmation(draft, code),
        Change::AddHotp(token, state) => several::add(draft, token, state)?,
        Change::ConfirmHotp(code) => hotp::confirmation(draft, code),
        Change::ConfirmHotpPair(first, second) => hotp::confirmation_by_pair(draft, first, second),
        Change::SetOcra(device) => ocra::set(draft, device)?,
        Change::SetQuestions(hashes) => questions::set(draft, hashes)?,
        Change::SetWord(word) => word::set(draft, word)?,
        Change::SetPassword(hash) => hashed::set(draft, hash),
        Change::SetPin(hash) => hashed::set(draft, hash),
        Change::SetPhone(to) => delivered::set_phone(draft, to)?,
        Change::SetEmail(to) => delivered::set_email(draft, to)?,
        Change::ConfirmAddress(code) => delivered::confirmation(draft, code),
        Change::Remove(_)
        | Change::Reset(_)
        | Change::RemoveOne(_)
        | Change::Rename(..)
        | Change::Disable(_)
        | Change::Enable(_)
        | Change::Unlock(_)
        | Change::Suspend
        | Change::Resume
        | Change::VoidAll
        | Change::Cancel(_) => return Ok(None),
    }))
}

/// Enrols what has waited, by the functions that enrol at once.
pub(super) fn enrol_kept(draft: &mut Draft<'_>, kept: &Alteration) -> Result<(), Error> {
    let set = match kept {
        Alteration::App(app) => return several::add_confirmed(draft, app),
        Alteration::Token(token) => return several::add_confirmed(draft, token),
        Alteration::Ocra(device) => ocra::set(draft, device),
        Alteration::Questions(hashes) => questions::set(draft, hashes),
        Alteration::Word(word) => word::set(draft, word),
        Alteration::Password(hash) => Ok(hashed::set(draft, hash)),
        Alteration::Pin(hash) => Ok(hashed::set(draft, hash)),
        Alteration::Phone(_) | Alteration::Email(_) | Alteration::Post => {
            return delivered::set_kept(draft, kept);
        }
        Alteration::RecoveryCodes(set) => {
            recovery::set(draft, set.clone());
            return Ok(());
        }
        // These enrol nothing.
        Alteration::Remove(_)
        | Alteration::Reset(_)
        | Alteration::RemoveOne(..)
        | Alteration::Disable(..)
        | Alteration::Enable(..)
        | Alteration::Unlock(_) => return Ok(()),
    };
    set.map(|_| ())
}

/// Enrols an authenticator of another system, which has confirmed it. Returns false for changes that enrol nothing.
pub(super) fn import(draft: &mut Draft<'_>, change: &Change) -> Result<bool, Error> {
    let enrolled = match change {
        Change::AddTotp(app) => totp::import(draft, app)?,
        Change::AddHotp(token, state) => several::import(draft, token, state)?,
        Change::ConfirmTotp(_)
        | Change::ConfirmHotp(_)
        | Change::ConfirmHotpPair(..)
        | Change::ConfirmAddress(_) => return Ok(false),
        other => match enrol(draft, other)? {
            Some(enrolled) => enrolled,
            None => return Ok(false),
        },
    };
    Ok(matches!(enrolled, Enrolment::Done))
}

/// Removes all authenticators of a factor.
pub(super) fn remove(record: &mut Record, factor: Factor) -> Result<(), Error> {
    match factor {
        Factor::Totp => record.totps.clear(),
        Factor::Hotp => record.hotps.clear(),
        Factor::Ocra => ocra::remove(record),
        Factor::PrivateCode | Factor::SpokenCode => delivered::remove_phone(record),
        Factor::IssuedRecoveryCode => delivered::remove_email(record),
        Factor::BindingCode => record.clear_binding_code(),
        Factor::RecoveryCode => record.recovery = None,
        Factor::Questions => record.questions = None,
        Factor::Word => record.word = None,
        Factor::Password => record.password = None,
        Factor::Pin => record.pin = None,
        Factor::External => {
            let rule = "is not enrolled here: the host verifies it";
            return Err(Error::misuse("factor", rule));
        }
    }
    Ok(())
}

/// Removes one authenticator, and what waits for it.
pub(super) fn remove_one(record: &mut Record, id: u16) {
    clear_questions_of(record, id);
    record.totps.retain(|slot| slot.head.id != id);
    record.hotps.retain(|slot| slot.head.id != id);
    record.ocra.retain(|slot| slot.head.id != id);
    take(&mut record.phone, id);
    take(&mut record.email, id);
    take(&mut record.recovery, id);
    take(&mut record.questions, id);
    take(&mut record.word, id);
    take(&mut record.password, id);
    take(&mut record.pin, id);
}

fn take<A, S>(slot: &mut Option<Slot<A, S>>, id: u16) {
    slot.take_if(|slot| slot.head.id == id);
}

/// Drops what waits for an answer by this authenticator: for an address all open codes, for a device its questions.
pub(super) fn clear_questions_of(record: &mut Record, id: u16) {
    let is_of = |head: Option<&Head>| head.is_some_and(|head| head.id == id);
    let (phone, email) = (record.phone.as_ref(), record.email.as_ref());
    if is_of(phone.map(Slot::head)) || is_of(email.map(Slot::head)) {
        record.codes.clear();
    }
    ocra::clear_questions(record, id);
}

/// Returns whether the authenticators of a kind may share their budget with one that is disabled now.
pub(super) fn may_enable(draft: &Draft<'_>, factor: Factor, id: u16) -> bool {
    let Some(budget) = Budget::of(factor) else {
        return true;
    };
    let record = &*draft.next;
    let odds: Vec<Odds> = match factor {
        Factor::Totp => chosen(&record.totps, id).map(odds::of_app_in).collect(),
        Factor::Hotp => chosen(&record.hotps, id).map(odds::of_token_in).collect(),
        Factor::Ocra => {
            let devices = chosen(&record.ocra, id);
            return draft.keeps_all_tries(budget, devices.map(odds::of_device_in));
        }
        _ => return true,
    };
    draft.within_guess_bounds(budget, odds.into_iter())
}

/// Returns the authenticators that count, and this one.
fn chosen<A, S>(slots: &[Slot<A, S>], id: u16) -> impl Iterator<Item = &Slot<A, S>> {
    let slots = slots.iter();
    slots.filter(move |slot| slot.counts() || slot.head.id == id)
}

/// Returns the masked telephone or e-mail address of an authenticator. Empty for all others.
pub(super) fn hint(record: &Record, factor: Factor) -> String {
    let address = |slot: &Option<Slot<String>>| {
        let slot = slot.as_ref();
        slot.map_or_else(String::new, |slot| slot.authenticator.clone())
    };
    match factor {
        Factor::PrivateCode => mask::phone(&address(&record.phone)),
        Factor::IssuedRecoveryCode => mask::email(&address(&record.email)),
        _ => String::new(),
    }
}

/// Returns whether a subject could show a factor.
pub(super) fn is_enrolled(record: &Record, factor: Factor) -> bool {
    match factor {
        Factor::Totp => record.totps.iter().any(Slot::counts),
        Factor::Hotp => record.hotps.iter().any(Slot::counts),
        Factor::Ocra => record.ocra.iter().any(Slot::counts),
        Factor::PrivateCode | Factor::SpokenCode => record.has_phone(),
        Factor::IssuedRecoveryCode => record.has_phone() || record.has_email(),
        Factor::RecoveryCode => {
            let list = counted(&record.recovery);
            list.is_some_and(|slot| slot.authenticator.left() > 0)
        }
        Factor::Questions => counted(&record.questions).is_some(),
        Factor::Word => counted(&record.word).is_some(),
        Factor::Password => counted(&record.password).is_some(),
        Factor::Pin => counted(&record.pin).is_some(),
        // The host knows what it can verify itself. Whether a session has ordered a binding code is not shown: every caller
        // would see it.
        Factor::External | Factor::BindingCode => true,
    }
}

/// Returns whether an authenticator that is listed under one factor can show another one: codes of three kinds go to a telephone.
pub(super) fn is_by(factor: Factor, listed: Factor) -> bool {
    match factor {
        Factor::SpokenCode => listed == Factor::PrivateCode,
        Factor::IssuedRecoveryCode => {
            matches!(listed, Factor::PrivateCode | Factor::IssuedRecoveryCode)
        }
        other => listed == other,
    }
}

/// Enrols a drawn authenticator in the record of an unknown subject. No attempt matches it.
pub(super) fn enrol_stand_in(
    record: &mut Record,
    factor: Factor,
    (settings, subject): (&Settings, &Subject),
    now: Timestamp,
) -> Result<(), Error> {
    let mut draw = stand_in::draw(
        settings.decoys(),
        subject,
        &[SECRET.as_bytes(), &[factor.number(), place(record, factor)]],
    );
    match factor {
        Factor::Totp => totp::enrol_stand_in(record, secret(&mut draw)?),
        Factor::Hotp => hotp::enrol_stand_in(record, secret(&mut draw)?),
        Factor::Ocra => ocra::enrol_stand_in(record, settings, subject),
        Factor::PrivateCode | Factor::SpokenCode => {
            delivered::enrol_phone_stand_in(record, settings, subject)
        }
        Factor::IssuedRecoveryCode => delivered::enrol_email_stand_in(record, settings, subject),
        Factor::RecoveryCode => recovery::enrol_stand_in(record, now, &mut draw),
        Factor::Questions => questions::enrol_stand_in(record, settings, subject),
        Factor::Word => word::enrol_stand_in(record, settings, subject),
        Factor::Password => hashed::enrol_stand_in_password(record, (settings, subject), &mut draw),
        Factor::Pin => hashed::enrol_stand_in::<PinHash>(record, settings, &mut draw),
        Factor::External | Factor::BindingCode => Ok(()),
    }?;
    // Enrolment begins the budgets of a real record. Without them, a decoy would be shorter.
    if let Some(budget) = Budget::of(factor) {
        let _ = record.throttles.of(budget);
    }
    Ok(())
}

/// Returns the id of the authenticator of a factor that takes Argon2id.
pub(super) fn enrolment(record: &Record, factor: Factor) -> Option<u16> {
    let head = match factor {
        Factor::Questions => counted(&record.questions).map(Slot::head),
        Factor::Password => counted(&record.password).map(Slot::head),
        Factor::Pin => counted(&record.pin).map(Slot::head),
        _ => None,
    };
    head.map(|head| head.id)
}

/// Keeps the hashes that a right computation has renewed, and draws the next questions.
pub(super) fn computed(
    draft: &mut Draft<'_>,
    factor: Factor,
    renewed: Option<&Renewed>,
) -> Result<(), Error> {
    if factor == Factor::Questions {
        questions::ask_others(draft)?;
    }
    match renewed {
        Some(Renewed::Answers(hashes)) => renew(draft.next.questions.as_mut(), hashes),
        Some(Renewed::Password(hash)) => renew(draft.next.password.as_mut(), hash),
        Some(Renewed::Pin(hash)) => renew(draft.next.pin.as_mut(), hash),
        None => {}
    }
    Ok(())
}

fn renew<A: Clone, S>(slot: Option<&mut Slot<A, S>>, renewed: &A) {
    if let Some(slot) = slot {
        slot.authenticator = renewed.clone();
    }
}

/// Returns how many of a kind stand already. Each stand-in has a draw of its own.
fn place(record: &Record, factor: Factor) -> u8 {
    let standing = record.heads().filter(|(other, _)| *other == factor);
    u8::try_from(standing.count()).unwrap_or(u8::MAX)
}

fn secret(draw: &mut impl Draw) -> Result<SecretBytes, Error> {
    let mut secret = vec![0_u8; OtpKey::SECRET_BYTES];
    draw.fill(&mut secret)?;
    Ok(SecretBytes::from(secret))
}
