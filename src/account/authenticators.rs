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
use self::verdict::{Enrolment, Verdict};
use super::attempt::Attempt;
use super::changes::Change;
use super::draft::Draft;
use super::record::budget::Budget;
use super::record::slot::Slot;
use super::record::state::Record;
use super::settings::Settings;
use crate::delivered::Purpose;
use crate::derivation::SECRET;
use crate::error::Error;
use crate::factor::Factor;
use crate::limits::throttle::Lane;
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
        | Change::Unlock(_)
        | Change::Suspend
        | Change::Resume => {
            return Ok(None);
        }
    }))
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

/// Returns whether a subject could show a factor.
pub(super) fn is_enrolled(record: &Record, factor: Factor) -> bool {
    match factor {
        Factor::Totp => record.totps.iter().any(Slot::is_confirmed),
        Factor::Hotp => record.hotps.iter().any(Slot::is_confirmed),
        Factor::Ocra => !record.ocra.is_empty(),
        Factor::PrivateCode | Factor::SpokenCode => record.has_phone(),
        Factor::IssuedRecoveryCode => record.has_phone() || record.has_email(),
        Factor::RecoveryCode => {
            let list = record.recovery.as_ref();
            list.is_some_and(|slot| slot.authenticator.left() > 0)
        }
        Factor::Questions => record.questions.is_some(),
        Factor::Word => record.word.is_some(),
        Factor::Password => record.password.is_some(),
        Factor::Pin => record.pin.is_some(),
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
        &[SECRET.as_bytes(), &[factor.number()]],
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
        Factor::Password => hashed::enrol_stand_in::<PasswordHash>(record, settings, &mut draw),
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
        Factor::Questions => record.questions.as_ref().map(Slot::head),
        Factor::Password => record.password.as_ref().map(Slot::head),
        Factor::Pin => record.pin.as_ref().map(Slot::head),
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

fn secret(draw: &mut impl Draw) -> Result<SecretBytes, Error> {
    let mut secret = vec![0_u8; OtpKey::SECRET_BYTES];
    draw.fill(&mut secret)?;
    Ok(SecretBytes::from(secret))
}
