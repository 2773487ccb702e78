//! Expensive checks that were charged. Each may be settled once.

use minicbor::{Decode, Encode};

use super::budget::Budget;
use crate::limits::throttle::Limits;
use crate::time::Timestamp;
use core::time::Duration;

/// An expensive check that was charged, and may be settled once.
#[derive(Clone, Encode, Decode)]
#[cbor(array)]
struct Reservation {
    /// The revision that reserved it: no other has that number.
    #[n(0)]
    revision: u64,
    #[n(1)]
    at: u64,
}

/// A reserved computation may take so long.
const RESERVATION: Duration = Duration::from_secs(2 * 60);
/// So many computations can be in flight, under any limits. None of them ever gives way to another.
///
/// Each one was charged to its budget before. It stands in the month of that budget until it is settled and taken back. A
/// month takes `per_month` tries of both lanes together, so the list is this long at most. Locks alone allow 14 on a lane
/// in two minutes: ten, and four after releases. A right answer in between opens a lane again.
///
/// Only an authority can start a month afresh. If it does so again and again, tries wait until the first reservation is
/// over.
const MOST: usize = Budget::EXPENSIVE.len() * Limits::MOST_PER_MONTH as usize;

/// The computations in flight.
#[derive(Clone, Default, Encode, Decode)]
#[cbor(transparent)]
pub(crate) struct Reservations(#[n(0)] Vec<Reservation>);

impl Reservations {
    /// Returns when there is room for one more computation. Returns `None` if there is room now.
    pub(crate) fn release(&self) -> Option<Timestamp> {
        let first = self.0.iter().map(|held| held.at).min()?;
        let is_full = self.0.len() >= MOST;
        is_full.then(|| {
            Timestamp::stored(first)
                .plus(RESERVATION)
                .plus(Duration::from_secs(1))
        })
    }

    /// Reserves a computation under the revision that is about to be written.
    pub(crate) fn add(&mut self, revision: u64, now: Timestamp) {
        self.0.push(Reservation {
            revision,
            at: now.unix(),
        });
    }

    /// Takes a reservation, if it is still there.
    pub(crate) fn take(&mut self, revision: u64) -> bool {
        let before = self.0.len();
        self.0.retain(|held| held.revision != revision);
        self.0.len() < before
    }

    /// Forgets reservations whose time is over.
    pub(crate) fn see(&mut self, now: Timestamp) {
        self.0
            .retain(|held| now.since(Timestamp::stored(held.at)) <= RESERVATION);
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Returns whether a computation that was reserved then is too late. `seen` is the latest moment of its record.
    pub(crate) fn is_too_late(reserved: Timestamp, seen: Timestamp) -> bool {
        seen.since(reserved) > RESERVATION
    }
}
