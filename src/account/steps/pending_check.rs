//! Expensive checks: charge first, compute, then settle.
//!
//! A flood of guesses at answers or passwords must buy neither CPU time nor guesses (pitfall B6). So a first write charges
//! the attempt and reserves its computation. One reservation is one computation and one settlement. A wrong verdict writes
//! nothing more. A right one writes again, and takes the charge back.

use core::fmt;
use core::ops::ControlFlow;

use crate::account::authenticators::guess::{HashedGuess, Renewed};
use crate::account::outcome::Outcome;
use crate::account::record::budget::Budget;
use crate::context::Interaction;
use crate::epoch::Epoch;
use crate::error::Error;
use crate::factor::Factor;
use crate::field::Keyring;
use crate::hashing::{Cost, HashPermit};
use crate::limits::throttle::Charge;
use crate::time::Timestamp;

/// The result of a check: it ends with an outcome, or goes on with a computation that was charged.
pub(crate) type CheckStep = ControlFlow<Outcome, PendingCheck>;

/// A guess that is charged, and waits for its computation. It can be sent to another thread.
/// One reservation is one computation.
pub(crate) struct PendingCheck {
    pub(super) guess: Box<HashedGuess>,
    pub(super) keyring: Keyring,
    /// The cost of a hash that takes the place of an old one.
    pub(super) cost: Cost,
    pub(super) ticket: Ticket,
}

/// A settlement must find these as the reservation left them.
pub(super) struct Ticket {
    /// Differs between records, also if one was deleted and made again.
    pub(super) pseudonym: [u8; 16],
    pub(super) revision: u64,
    pub(super) epoch: Epoch,
    pub(super) at: Timestamp,
    /// The interaction of the check. Evidence of it belongs there.
    pub(super) interaction: Interaction,
    pub(super) factor: Factor,
    pub(super) budget: Budget,
    /// The authenticator that was guessed at. None for a decoy, and for a subject without one.
    pub(super) enrolment: Option<u16>,
    pub(super) charge: Charge,
}

impl PendingCheck {
    /// Judges the password or PIN, or all answers together. It takes the same time whatever is wrong.
    ///
    /// Several answers are computed in as many threads as there are permits. Misuse, if there is no permit, or if a stored
    /// cost cannot be computed. The charge stands then.
    pub(crate) fn work(self, permits: &mut [HashPermit]) -> Result<ComputedCheck, Error> {
        let (right, renewed) = self.guess.judge(&self.keyring, self.cost, permits)?;
        Ok(ComputedCheck {
            right: right && self.ticket.enrolment.is_some(),
            renewed,
            ticket: self.ticket,
        })
    }
}

impl fmt::Debug for PendingCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PendingCheck(..)")
    }
}

/// A computed guess. Its verdict is not readable: [`settle`](super::settle::settle) it.
pub(crate) struct ComputedCheck {
    pub(super) right: bool,
    pub(super) renewed: Option<Renewed>,
    pub(super) ticket: Ticket,
}

impl fmt::Debug for ComputedCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ComputedCheck(..)")
    }
}
