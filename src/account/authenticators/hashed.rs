//! A guess that takes Argon2id: at answers, a password or a PIN; and who judges it.

use minicbor::{Decode, Encode};

use crate::account::decoy;
use crate::account::record::state::Record;
use crate::account::{Account, Settings};
use crate::error::Error;
use crate::factor::Factor;
use crate::field::Keyring;
use crate::hashing::{Cost, HashPermit};
use crate::knowledge::{AnswerHashes, Answers, QuestionId};
use crate::password::{Password, PasswordHash, Pin, PinHash};
use crate::transition::{Transition, Verdict};

/// What is kept of a password or a PIN, under the number of its enrolment.
#[derive(Clone, Encode, Decode)]
#[cbor(array)]
pub(crate) struct HashSlot<V> {
    #[n(0)]
    pub(in crate::account) id: u16,
    #[n(1)]
    pub(in crate::account) verifier: V,
}

/// What was typed, beside what judges it.
pub(in crate::account) enum HashedGuess {
    Answers {
        verifiers: AnswerHashes,
        asked: Vec<QuestionId>,
        given: Answers,
    },
    Password(PasswordHash, Password),
    Pin(PinHash, Pin),
}

/// What takes the place of what was made at another cost or under an older pepper.
pub(in crate::account) enum Renewed {
    /// All of them, those made anew that were given.
    Answers(AnswerHashes),
    Password(PasswordHash),
    Pin(PinHash),
}

impl HashedGuess {
    /// At a subject's answers; one without any is asked, and judged, like one that does not exist.
    pub(in crate::account) fn at_answers(
        account: &Account,
        record: &Record,
        given: &Answers,
    ) -> Result<Self, Error> {
        let (verifiers, asked) = match &record.questions {
            Some(slot) => (
                slot.verifiers.clone(),
                record.asked(account.settings.catalogue())?,
            ),
            None => decoy::questions(&account.settings, &account.subject)?,
        };
        let given = given.clone();
        Ok(Self::Answers {
            verifiers,
            asked,
            given,
        })
    }

    pub(in crate::account) fn at_password(
        settings: &Settings,
        record: &Record,
        typed: &Password,
    ) -> Result<Self, Error> {
        let verifier = match &record.password {
            Some(kept) => kept.verifier.clone(),
            None => PasswordHash::decoy(settings.keyring(), settings.hash_pool().cost())?,
        };
        Ok(Self::Password(verifier, typed.clone()))
    }

    pub(in crate::account) fn at_pin(
        settings: &Settings,
        record: &Record,
        typed: &Pin,
    ) -> Result<Self, Error> {
        let verifier = match &record.pin {
            Some(kept) => kept.verifier.clone(),
            None => PinHash::decoy(settings.keyring(), settings.hash_pool().cost())?,
        };
        Ok(Self::Pin(verifier, typed.clone()))
    }

    pub(in crate::account) const fn factor(&self) -> Factor {
        match self {
            Self::Answers { .. } => Factor::Questions,
            Self::Password(..) => Factor::Password,
            Self::Pin(..) => Factor::Pin,
        }
    }

    /// Whether the keyring has the pepper. To be asked before anything is charged: a wrong key of the host's is not the
    /// caller's guess.
    pub(in crate::account) fn expect_pepper(&self, keyring: &Keyring) -> Result<(), Error> {
        match self {
            Self::Answers {
                verifiers, asked, ..
            } => verifiers.expect_pepper(asked, keyring),
            Self::Password(verifier, _) => verifier.expect_pepper(keyring),
            Self::Pin(verifier, _) => verifier.expect_pepper(keyring),
        }
    }

    /// Whether it is right, in the same time whatever is wrong with it; and what to keep from now on, if that is not what is
    /// kept.
    pub(in crate::account) fn judge(
        &self,
        keyring: &Keyring,
        cost: Cost,
        permits: &mut [HashPermit],
    ) -> Result<(bool, Option<Renewed>), Error> {
        fn parted<H>(
            step: Transition<Verdict, H>,
            renewed: impl FnOnce(H) -> Renewed,
        ) -> (bool, Option<Renewed>) {
            let (next, verdict) = step.into_parts();
            (verdict == Verdict::Accepted, next.map(renewed))
        }
        let no_permit = || Error::misuse("permits", "must be one or more");
        Ok(match self {
            Self::Answers {
                verifiers,
                asked,
                given,
            } => {
                let step = verifiers.check(asked, given, keyring, cost, permits)?;
                parted(step, Renewed::Answers)
            }
            Self::Password(hash, typed) => {
                let permit = permits.first_mut().ok_or_else(no_permit)?;
                let step = hash.check(typed, keyring, cost, permit)?;
                parted(step, Renewed::Password)
            }
            Self::Pin(hash, typed) => {
                let permit = permits.first_mut().ok_or_else(no_permit)?;
                let step = hash.check(typed, keyring, cost, permit)?;
                parted(step, Renewed::Pin)
            }
        })
    }
}

impl Record {
    /// The number of what is enrolled of a factor that takes Argon2id.
    pub(in crate::account) fn enrolment(&self, factor: Factor) -> Option<u16> {
        match factor {
            Factor::Questions => self.questions.as_ref().map(|slot| slot.id),
            Factor::Password => self.password.as_ref().map(|kept| kept.id),
            Factor::Pin => self.pin.as_ref().map(|kept| kept.id),
            _ => None,
        }
    }

    /// What was renewed takes the place of what it was made of.
    pub(in crate::account) fn renew(&mut self, renewed: &Renewed) {
        match renewed {
            Renewed::Answers(verifiers) => {
                if let Some(slot) = &mut self.questions {
                    slot.verifiers = verifiers.clone();
                }
            }
            Renewed::Password(verifier) => {
                if let Some(kept) = &mut self.password {
                    kept.verifier = verifier.clone();
                }
            }
            Renewed::Pin(verifier) => {
                if let Some(kept) = &mut self.pin {
                    kept.verifier = verifier.clone();
                }
            }
        }
    }
}
