//! The races of a compare-and-swap: try, and try again if another writer was faster.
//!
//! Threads of one process that meet at one record write it in turns. A caller that has lost a race takes the turn, and no
//! caller begins a try beside it. So a caller loses to no more threads than had begun theirs by then. Other processes see no
//! turns: for them a caller steps back for a moment, longer with each lost race, and by chance.
//!
//! A store that hangs fails each caller after its time-out. Turns would add these up. So if the store fails a caller with the turn,
//! all who wait for it by then go on without it.

use core::time::Duration;

use super::port::Port;
use super::shared::Shared;
use super::turns::{Stripe, Turn};
use crate::error::Error;
use crate::metrics::{Measure, RecordKind};
use crate::random::{Draw, System};
use crate::store::{Entry, Key};

/// After this many lost races a call gives up. With the turn taken, only other processes can win that many.
const MOST_RACES: u32 = 64;
/// After this many lost races a caller takes the turn.
const RACES_BESIDE_OTHERS: u32 = 1;

/// The tries of one caller at one record. Its turn ends when this is dropped.
pub(super) struct Race<'e, P> {
    port: P,
    shared: &'e Shared,
    kind: RecordKind,
    key: &'e Key,
    stripe: &'e Stripe,
    turn: Option<Turn<'e>>,
    lost: u32,
    /// The entry in the store, or none, as far as this caller knows.
    known: Option<Option<Entry>>,
}

impl<'e, P: Port> Race<'e, P> {
    pub(super) fn new(port: P, shared: &'e Shared, kind: RecordKind, key: &'e Key) -> Self {
        Self {
            port,
            shared,
            kind,
            key,
            stripe: shared.turns.stripe(key),
            turn: None,
            lost: 0,
            known: None,
        }
    }

    /// Begins with what the caller has loaded already.
    pub(super) fn knowing(self, present: Option<Entry>) -> Self {
        Self {
            known: Some(present),
            ..self
        }
    }

    /// Returns whether the next try needs the turn, and the caller does not have it.
    ///
    /// No try of this process begins while another caller has the turn.
    pub(super) fn needs_turn(&self) -> bool {
        self.turn.is_none() && (self.lost >= RACES_BESIDE_OTHERS || self.stripe.is_wanted())
    }

    /// Waits for the turn. Whatever the caller has at hand is old then: the caller before has written since.
    ///
    /// If the store has failed a caller with the turn meanwhile, this one makes its next try without it.
    pub(super) async fn take_turn(&mut self) {
        let failures = self.stripe.failures();
        let turn = self.port.turn(self.stripe).await;
        self.turn = (self.stripe.failures() == failures).then_some(turn);
        self.known = None;
    }

    /// Returns what stands in the store: what won the last race, or what is loaded now.
    pub(super) async fn present(&mut self) -> Result<Option<Entry>, Error> {
        match self.known.take() {
            Some(known) => Ok(known),
            None => self.heard(self.port.load(self.key).await),
        }
    }

    /// Takes an answer of the store. After a failure nobody waits for this caller's turn any more.
    pub(super) fn heard<T>(&self, answer: Result<T, Error>) -> Result<T, Error> {
        if answer.is_err() && self.turn.is_some() {
            self.stripe.fail();
        }
        answer
    }

    /// Notes a lost race. A caller with the turn lost it to another process, and steps back: up to a millisecond, longer with
    /// each, and by chance.
    pub(super) async fn lost_to(&mut self, winner: Option<Entry>) -> Result<(), Error> {
        let lost = self.lost.saturating_add(1);
        let (record, gave_up) = (self.kind, lost >= MOST_RACES);
        self.shared
            .measure(|| Measure::Conflict { record, gave_up });
        if self.turn.is_some() {
            let most = u64::from(self.lost.min(9))
                .saturating_add(1)
                .saturating_mul(100);
            let chance = u64::from(System.below(100)?);
            let span = Duration::from_micros(most.saturating_mul(chance) / 100);
            self.port.pause(span).await;
        }
        self.known = Some(winner);
        self.lost = lost;
        if !gave_up {
            return Ok(());
        }
        Err(Error::outside(
            "the compare-and-swap: too many others write this record, and it",
        ))
    }
}
