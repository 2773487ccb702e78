//! The one loop around a compare-and-swap: load, try, and try again if another writer was faster.
//!
//! Threads of one process that meet at one record write it in turns. A caller that has lost twice takes the turn, and no
//! caller begins a try beside it. So a caller loses to no more threads than had begun theirs by then. Other processes see no
//! turns: for them a caller steps back for a moment, longer with each lost race, and by chance.

use core::array;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::error::Error;
use crate::gate::Gate;
use crate::random::{Draw, System};
use crate::store::{Entry, Key, Store};

/// After this many lost races a call gives up. With the turn taken, only other processes can win that many.
const MOST_RACES: u32 = 64;
/// After this many lost races a caller takes the turn.
const RACES_BESIDE_OTHERS: u32 = 2;
/// Records that share a turn wait for each other without need, so there are more turns than processor cores mostly.
const STRIPES: usize = 16;

/// How one try ended.
pub(super) enum Raced<T> {
    Won(T),
    /// Another writer was faster. This is in the store now.
    Lost(Option<Entry>),
}

/// The turns of callers, by record.
pub(super) struct Turns {
    stripes: [Stripe; STRIPES],
}

struct Stripe {
    /// How many callers have the turn or wait for it. Other callers read nothing else while it is zero.
    wanted: AtomicUsize,
    turn: Gate,
}

impl Turns {
    /// Opens the record under `key`, and tries, until a try wins. The first try is at `at_hand`, if the caller has it open.
    ///
    /// No try of this process begins while another caller has the turn. The turn ends when this returns.
    pub(super) fn race<P, T>(
        &self,
        store: &impl Store,
        key: &Key,
        at_hand: Option<P>,
        mut open: impl FnMut(Option<Entry>) -> Result<P, Error>,
        mut attempt: impl FnMut(P) -> Result<Raced<T>, Error>,
    ) -> Result<T, Error> {
        let stripe = self.stripe(key);
        let mut at_hand = at_hand;
        let mut winner: Option<Option<Entry>> = None;
        let mut turn = None;
        for race in 0..MOST_RACES {
            if turn.is_none() && (race >= RACES_BESIDE_OTHERS || stripe.is_wanted()) {
                turn = Some(stripe.take());
                // The caller that had the turn before has written since.
                (at_hand, winner) = (None, None);
            }
            let present = match (at_hand.take(), winner.take()) {
                (Some(present), _) => present,
                (None, Some(winner)) => open(winner)?,
                (None, None) => open(store.load(key)?)?,
            };
            match attempt(present)? {
                Raced::Won(told) => return Ok(told),
                Raced::Lost(present) => winner = Some(present),
            }
            pause(race)?;
        }
        Err(Error::outside(
            "the compare-and-swap: too many others write this record, and it",
        ))
    }

    fn stripe(&self, key: &Key) -> &Stripe {
        // Keys are hashes.
        let [first, ..] = *key.as_bytes();
        #[expect(clippy::indexing_slicing, reason = "a remainder lies inside")]
        &self.stripes[usize::from(first) % STRIPES]
    }
}

impl Default for Turns {
    fn default() -> Self {
        Self {
            stripes: array::from_fn(|_| Stripe {
                wanted: AtomicUsize::new(0),
                turn: Gate::new(1),
            }),
        }
    }
}

impl Stripe {
    fn is_wanted(&self) -> bool {
        self.wanted.load(Ordering::SeqCst) > 0
    }

    fn take(&self) -> Turn<'_> {
        self.wanted.fetch_add(1, Ordering::SeqCst);
        self.turn.enter_in_turn();
        Turn(self)
    }
}

/// The turn at a record. It ends when this is dropped, also by a panic.
struct Turn<'a>(&'a Stripe);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.turn.leave();
        self.0.wanted.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Steps back for a moment after a lost race: up to a millisecond, longer with each, and by chance.
fn pause(race: u32) -> Result<(), Error> {
    let most = u64::from(race.min(9)).saturating_add(1).saturating_mul(100);
    let chance = u64::from(System.below(100)?);
    std::thread::sleep(Duration::from_micros(most.saturating_mul(chance) / 100));
    Ok(())
}
