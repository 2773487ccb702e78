//! Passwords, and PINs that the host checks. A subject has one of each, kept as a hash.

use super::guess::HashedGuess;
use super::verdict::{Enrolment, Verdict};
use crate::account::draft::Draft;
use crate::account::record::budget::Budget;
use crate::account::record::slot::{Slot, counted};
use crate::account::record::state::Record;
use crate::account::settings::Settings;
use crate::derivation::PEPPER;
use crate::error::Error;
use crate::field::DerivedKey;
use crate::hashing::Cost;
use crate::password::{Password, PasswordHash, Pin, PinHash};
use crate::random::{Draw, System};
use crate::subject::Subject;

/// A text that is kept as a hash.
pub(super) trait Hashed: Sized + Clone {
    type Typed: Clone;
    const BUDGET: Budget;

    fn slot(record: &Record) -> Option<&Slot<Self>>;
    fn slot_mut(record: &mut Record) -> &mut Option<Slot<Self>>;
    /// Draws a hash that no text has.
    fn drawn(pepper: &DerivedKey, cost: Cost, draw: &mut impl Draw) -> Result<Self, Error>;
    fn guess(self, typed: Self::Typed) -> HashedGuess;
}

impl Hashed for PasswordHash {
    type Typed = Password;
    const BUDGET: Budget = Budget::Password;

    fn slot(record: &Record) -> Option<&Slot<Self>> {
        counted(&record.password)
    }

    fn slot_mut(record: &mut Record) -> &mut Option<Slot<Self>> {
        &mut record.password
    }

    fn drawn(pepper: &DerivedKey, cost: Cost, draw: &mut impl Draw) -> Result<Self, Error> {
        Self::drawn(pepper, cost, draw)
    }

    fn guess(self, typed: Password) -> HashedGuess {
        HashedGuess::Password(self, typed)
    }
}

impl Hashed for PinHash {
    type Typed = Pin;
    const BUDGET: Budget = Budget::Pin;

    fn slot(record: &Record) -> Option<&Slot<Self>> {
        counted(&record.pin)
    }

    fn slot_mut(record: &mut Record) -> &mut Option<Slot<Self>> {
        &mut record.pin
    }

    fn drawn(pepper: &DerivedKey, cost: Cost, draw: &mut impl Draw) -> Result<Self, Error> {
        Self::drawn(pepper, cost, draw)
    }

    fn guess(self, typed: Pin) -> HashedGuess {
        HashedGuess::Pin(self, typed)
    }
}

/// Lets the text be computed. A subject without a hash takes as long.
pub(super) fn judge<H: Hashed>(draft: &Draft<'_>, typed: &H::Typed) -> Result<Verdict, Error> {
    let hash = match H::slot(draft.next) {
        Some(slot) => slot.authenticator.clone(),
        None => drawn::<H>(draft.settings(), &mut System)?,
    };
    Ok(Verdict::Compute(Box::new(hash.guess(typed.clone()))))
}

/// Sets the hash, in the place of another one.
pub(super) fn set<H: Hashed>(draft: &mut Draft<'_>, hash: &H) -> Enrolment<'static> {
    let slot = Slot::new(draft.head(), hash.clone(), ());
    let earlier = H::slot_mut(draft.next).replace(slot);
    draft.replaced(earlier.is_some(), H::BUDGET);
    Enrolment::Done
}

/// Enrols a hash that no text has.
pub(super) fn enrol_stand_in<H: Hashed>(
    record: &mut Record,
    settings: &Settings,
    draw: &mut impl Draw,
) -> Result<(), Error> {
    let slot = Slot::new(record.drawn_head(), drawn::<H>(settings, draw)?, ());
    *H::slot_mut(record) = Some(slot);
    Ok(())
}

/// Enrols such a hash as the password, or one like those that the host has imported.
pub(super) fn enrol_stand_in_password(
    record: &mut Record,
    (settings, subject): (&Settings, &Subject),
    draw: &mut impl Draw,
) -> Result<(), Error> {
    let Some(imported) = settings.drawn_import(subject)? else {
        return enrol_stand_in::<PasswordHash>(record, settings, draw);
    };
    record.password = Some(Slot::new(record.drawn_head(), imported, ()));
    Ok(())
}

fn drawn<H: Hashed>(settings: &Settings, draw: &mut impl Draw) -> Result<H, Error> {
    let pepper = settings.keyring().long_term_key(PEPPER)?;
    H::drawn(&pepper, settings.hash_pool().cost(), draw)
}
