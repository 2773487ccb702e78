//! Guesses that take Argon2id: at answers, a password or a PIN.

use crate::error::Error;
use crate::factor::Factor;
use crate::field::Keyring;
use crate::hashing::{Cost, HashPermit};
use crate::knowledge::{AnswerHashes, Answers, QuestionId};
use crate::password::{Password, PasswordHash, Pin, PinHash};
use crate::transition::{Transition, Verdict};

/// A typed text, beside the hash that judges it.
pub(crate) enum HashedGuess {
    Answers {
        hashes: AnswerHashes,
        asked: Vec<QuestionId>,
        given: Answers,
    },
    Password(PasswordHash, Password),
    Pin(PinHash, Pin),
}

/// Hashes that take the place of those with another cost or an older pepper.
pub(crate) enum Renewed {
    /// All of them. Those that were given are renewed.
    Answers(AnswerHashes),
    Password(PasswordHash),
    Pin(PinHash),
}

impl HashedGuess {
    pub(crate) const fn factor(&self) -> Factor {
        match self {
            Self::Answers { .. } => Factor::Questions,
            Self::Password(..) => Factor::Password,
            Self::Pin(..) => Factor::Pin,
        }
    }

    /// Refuses a keyring without the pepper. Call it before anything is charged: a wrong key of the host is not a guess.
    pub(crate) fn expect_pepper(&self, keyring: &Keyring) -> Result<(), Error> {
        match self {
            Self::Answers { hashes, asked, .. } => hashes.expect_pepper(asked, keyring),
            Self::Password(hash, _) => hash.expect_pepper(keyring),
            Self::Pin(hash, _) => hash.expect_pepper(keyring),
        }
    }

    /// Returns whether it is right, and the hashes to keep from now on if others are kept. It takes the same time whatever
    /// is wrong.
    pub(crate) fn judge(
        &self,
        keyring: &Keyring,
        cost: Cost,
        permits: &mut [HashPermit],
    ) -> Result<(bool, Option<Renewed>), Error> {
        let no_permit = || Error::misuse("permits", "must be one or more");
        Ok(match self {
            Self::Answers {
                hashes,
                asked,
                given,
            } => {
                let step = hashes.check(asked, given, keyring, cost, permits)?;
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

fn parted<H>(
    step: Transition<Verdict, H>,
    renewed: impl FnOnce(H) -> Renewed,
) -> (bool, Option<Renewed>) {
    let (next, verdict) = step.into_parts();
    (verdict == Verdict::Accepted, next.map(renewed))
}
