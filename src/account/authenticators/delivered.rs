//! The telephone and the e-mail address, and the codes that are sent there: to verify, recover, bind, or confirm an
//! address.

use super::verdict::{Confirmation, Enrolment, Right, Verdict};
use crate::account::draft::Draft;
use crate::account::record::budget::Budget;
use crate::account::record::pending::Alteration;
use crate::account::record::slot::Slot;
use crate::account::record::state::Record;
use crate::account::settings::Settings;
use crate::code::Code;
use crate::delivered::{
    CodeContext, CodeOrder, Destination, Judged, Kind, OpenCode, Purpose, Route,
};
use crate::derivation::{EMAIL, PHONE};
use crate::error::Error;
use crate::event::Reason;
use crate::limits::throttle::Lane;
use crate::random::Draw;
use crate::stand_in;
use crate::subject::Subject;

/// The destination of a code, or what seems to be one.
pub(crate) struct Addressee {
    pub(crate) real: Option<Destination>,
    pub(crate) hint: String,
}

/// Judges a code that verifies, recovers or binds.
pub(super) fn judge(draft: &mut Draft<'_>, code: &Code, purpose: Purpose, lane: Lane) -> Verdict {
    match judged(draft, code, purpose, lane) {
        // A code that was drawn and not sent is not evidence, even if it is guessed.
        Judged::Right(open) if open.has_reached() => {
            let bound = draft.ctx.transaction_digest();
            let binding = bound.filter(|_| open.is_for_transaction());
            Verdict::Right(Right {
                factor: open.factor(),
                authenticator: address_of(draft.next, &open),
                binding,
            })
        }
        other => denied(&other),
    }
}

/// Takes the code that confirms an address, and makes that the account's.
pub(super) fn confirmation<'c>(draft: &Draft<'_>, code: &'c Code) -> Enrolment<'c> {
    let heard = draft.ctx.channel().reveals_to_host();
    let kind = if heard { Kind::Spoken } else { Kind::Private };
    Enrolment::Confirms(Confirmation {
        factor: kind.factor(),
        budget: Budget::Delivered,
        waiting: None,
        judge: Box::new(move |draft, lane| {
            let judged = judged(draft, code, Purpose::ConfirmAddress, lane);
            let Judged::Right(open) = &judged else {
                return denied(&judged);
            };
            let Some(address) = open.confirms() else {
                return denied(&judged);
            };
            set(draft, &address);
            Verdict::Right(Right {
                factor: open.factor(),
                authenticator: address_of(draft.next, open),
                binding: None,
            })
        }),
    })
}

pub(super) fn set_phone(
    draft: &mut Draft<'_>,
    to: &Destination,
) -> Result<Enrolment<'static>, Error> {
    if !to.is_phone() {
        return Err(Error::misuse("destination", "must be a telephone"));
    }
    set(draft, to);
    Ok(Enrolment::Done)
}

pub(super) fn set_email(
    draft: &mut Draft<'_>,
    to: &Destination,
) -> Result<Enrolment<'static>, Error> {
    if !to.is_email() {
        return Err(Error::misuse("destination", "must be an e-mail address"));
    }
    set(draft, to);
    Ok(Enrolment::Done)
}

/// Sets an address that has waited.
pub(super) fn set_kept(draft: &mut Draft<'_>, kept: &Alteration) -> Result<(), Error> {
    let to = match kept {
        Alteration::Phone(address) => Destination::stored_phone(address),
        Alteration::Email(address) => Destination::stored_email(address),
        _ => Some(Destination::post()),
    };
    let to =
        to.ok_or_else(|| Error::misuse("destination", "must be a telephone or an e-mail address"))?;
    set(draft, &to);
    Ok(())
}

/// Removes the telephone, and every code that is open.
pub(super) fn remove_phone(record: &mut Record) {
    record.phone = None;
    record.codes.clear();
}

/// Removes the e-mail address, and every code that is open.
pub(super) fn remove_email(record: &mut Record) {
    record.email = None;
    record.codes.clear();
}

/// Enrols a telephone that does not exist. Country code 999 is not assigned.
pub(super) fn enrol_phone_stand_in(
    record: &mut Record,
    settings: &Settings,
    subject: &Subject,
) -> Result<(), Error> {
    let address = drawn_phone(settings, subject)?.address().to_owned();
    record.phone = Some(Slot::new(record.drawn_head(), address, ()));
    Ok(())
}

/// Enrols an e-mail address that does not exist.
pub(super) fn enrol_email_stand_in(
    record: &mut Record,
    settings: &Settings,
    subject: &Subject,
) -> Result<(), Error> {
    let address = drawn_email(settings, subject)?.address().to_owned();
    record.email = Some(Slot::new(record.drawn_head(), address, ()));
    Ok(())
}

/// Returns the destination of an order. For a subject that cannot be reached it is drawn, and looks the same.
pub(crate) fn addressee(draft: &Draft<'_>, order: &CodeOrder) -> Result<Addressee, Error> {
    let (settings, subject) = (draft.settings(), draft.subject());
    let real = match (order.to(), order.route()) {
        (Some(to), _) => Some(to.clone()),
        (None, Route::Sms | Route::Voice) => draft.next.phone(),
        (None, Route::Email) => draft.next.email(),
        (None, Route::Post) => Some(Destination::post()),
        (None, Route::Screen) => Some(Destination::screen()),
    };
    let hint = match (&real, order.route()) {
        (Some(to), _) => to.hint(),
        (None, Route::Email) => drawn_email(settings, subject)?.hint(),
        (None, _) => drawn_phone(settings, subject)?.hint(),
    };
    let real = real.filter(|_| !draft.next.decoy);
    Ok(Addressee { real, hint })
}

/// Returns whether an order goes to where the account has its codes sent: it names no address, or a confirmed one. Post and
/// screen are own for every account.
pub(crate) fn is_own(record: &Record, to: Option<&Destination>) -> bool {
    to.is_none_or(|to| {
        let is_address = to.is_phone() || to.is_email();
        !is_address || record.phone().as_ref() == Some(to) || record.email().as_ref() == Some(to)
    })
}

/// Returns the key and the subject that codes of this account are checked with.
pub(crate) fn code_context<'a>(draft: &Draft<'a>) -> CodeContext<'a> {
    CodeContext {
        key: draft.next.code_key().ready(),
        subject: draft.subject().store_key(),
    }
}

/// Returns the id of the telephone or e-mail address that a code was sent to. Zero, if the account does not have it.
///
/// An address that is set voids all open codes. So a code without an address of its own went to the one that stands.
fn address_of(record: &Record, open: &OpenCode) -> u16 {
    let (route, to) = open.sent_to();
    let slot = match route {
        Route::Sms | Route::Voice => record.phone.as_ref(),
        Route::Email => record.email.as_ref(),
        Route::Post | Route::Screen => None,
    };
    let slot = slot.filter(|slot| to.is_none_or(|to| slot.authenticator == to));
    slot.map_or(0, |slot| slot.head.id)
}

/// Sets the telephone or e-mail address. Open codes are void. If the address is another one, earlier evidence is void, too.
fn set(draft: &mut Draft<'_>, to: &Destination) {
    if !to.is_phone() && !to.is_email() {
        // The host keeps postal addresses itself.
        draft.rebind(Budget::Delivered);
        return;
    }
    let (now, head) = (draft.now(), draft.head());
    let place = if to.is_phone() {
        &mut draft.next.phone
    } else {
        &mut draft.next.email
    };
    let had_one = place.is_some();
    let replaced = match place {
        // An address that was there is the authenticator that was there: it was not added or changed now.
        Some(slot) if slot.authenticator == to.address() => {
            if slot.head.is_disabled() {
                slot.head.enable(now);
            }
            false
        }
        _ => {
            *place = Some(Slot::new(head, to.address().to_owned(), ()));
            had_one
        }
    };
    draft.next.codes.clear();
    draft.replaced(replaced, Budget::Delivered);
}

/// Compares with every open code of either kind. A code that matches leaves the record, right or exposed.
fn judged(draft: &mut Draft<'_>, code: &Code, purpose: Purpose, lane: Lane) -> Judged {
    let context = code_context(draft);
    let codes = &mut draft.next.codes;
    OpenCode::judge(codes, code, purpose, lane, &context, draft.ctx)
}

/// Says why a code was not accepted.
const fn denied(judged: &Judged) -> Verdict {
    Verdict::Wrong(match judged {
        Judged::InvalidCheckDigit => return Verdict::CheckDigitWrong,
        Judged::Right(_) => Reason::NotEnrolled,
        Judged::Exposed => Reason::PrivateCodeTold,
        Judged::Misplaced => Reason::Superseded,
        Judged::Wrong => Reason::Wrong,
        Judged::NothingOpen => Reason::NothingOpen,
    })
}

fn drawn_phone(settings: &Settings, subject: &Subject) -> Result<Destination, Error> {
    let mut draw = stand_in::draw(settings.decoys(), subject, &[PHONE.as_bytes()]);
    let mut number = String::from("+9990000000");
    for _ in 0..2 {
        number.push(char::from(b'0'.saturating_add(draw.below(10)?)));
    }
    Destination::stored_phone(&number).ok_or_else(|| Error::misuse("decoy", "has no number"))
}

/// Draws an address of a domain that is reserved for examples (RFC 2606 3).
fn drawn_email(settings: &Settings, subject: &Subject) -> Result<Destination, Error> {
    let mut draw = stand_in::draw(settings.decoys(), subject, &[EMAIL.as_bytes()]);
    let initial = char::from(b'a'.saturating_add(draw.below(26)?));
    Destination::email(&format!("{initial}x@example.com"))
}
