//! Turns: callers of one process that meet at one record write it one after the other.

use core::array;
use core::time::Duration;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::gate::Gate;
use crate::store::Key;
use crate::timer;

/// Records that share a turn wait for each other without need, so there are more turns than processor cores mostly.
const STRIPES: usize = 16;

/// A caller that has waited so long goes on without the turn. The one that has it may be a task that is not polled any more.
/// Turns save lost races. They are not what keeps a record whole.
const PATIENCE: Duration = Duration::from_secs(1);

/// The turns of callers, by record.
pub(super) struct Turns {
    stripes: [Stripe; STRIPES],
}

/// Records that share a turn.
pub(super) struct Stripe {
    /// How many callers have the turn or wait for it. Other callers read nothing else while it is zero.
    wanted: AtomicUsize,
    turn: Gate,
    /// How often the store failed a caller that had the turn.
    failures: AtomicUsize,
}

impl Turns {
    /// Returns the stripe of the record under `key`.
    pub(super) fn stripe(&self, key: &Key) -> &Stripe {
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
                failures: AtomicUsize::new(0),
            }),
        }
    }
}

impl Stripe {
    /// Returns whether a caller has the turn or waits for it.
    pub(super) fn is_wanted(&self) -> bool {
        self.wanted.load(Ordering::SeqCst) > 0
    }

    /// Returns how often the store failed a caller that had the turn.
    pub(super) fn failures(&self) -> usize {
        self.failures.load(Ordering::SeqCst)
    }

    /// Notes that the store failed the caller that has the turn.
    pub(super) fn fail(&self) {
        self.failures.fetch_add(1, Ordering::SeqCst);
    }

    /// Takes the turn, and blocks the thread until it comes or the patience ends.
    pub(super) fn take(&self) -> Option<Turn<'_>> {
        let wish = Wish::of(self);
        self.turn.enter_within(PATIENCE).then(|| Turn(wish))
    }

    /// Takes the turn, and waits for it without a thread.
    pub(super) async fn taken(&self) -> Option<Turn<'_>> {
        let wish = Wish::of(self);
        timer::within(PATIENCE, self.turn.entering()).await?;
        Some(Turn(wish))
    }
}

/// A caller that has the turn or waits for it. It is counted until this is dropped.
struct Wish<'s>(&'s Stripe);

impl<'s> Wish<'s> {
    fn of(stripe: &'s Stripe) -> Self {
        stripe.wanted.fetch_add(1, Ordering::SeqCst);
        Self(stripe)
    }
}

impl Drop for Wish<'_> {
    fn drop(&mut self) {
        self.0.wanted.fetch_sub(1, Ordering::SeqCst);
    }
}

/// The turn at a record. It ends when this is dropped, also by a panic.
pub(super) struct Turn<'s>(Wish<'s>);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.0.turn.leave();
    }
}
