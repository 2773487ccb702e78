//! The driver whose calls block the thread: it answers the engine at once, and runs it to its end.

use core::future::{Ready, ready};
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use core::time::Duration;

use super::port::Port;
use super::turns::{Stripe, Turn};
use crate::account::steps::pending_check::{ComputedCheck, PendingCheck};
use crate::error::Error;
use crate::event::{Audit, Event};
use crate::hashing::{HashPermit, HashPool};
use crate::store::{Entry, Key, Page, Replaced, ScanPlace, Store, Swap, Version};
use crate::time::Timestamp;

/// A store and an audit trail that block the thread until they answer.
pub(super) struct Blocking<'v, S, A> {
    pub(super) store: &'v S,
    pub(super) audit: &'v A,
}

impl<S, A> Clone for Blocking<'_, S, A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S, A> Copy for Blocking<'_, S, A> {}

#[expect(
    refining_impl_trait_internal,
    reason = "a store need not be `Send`: the answer is there before the future is"
)]
impl<S: Store, A: Audit> Port for Blocking<'_, S, A> {
    fn load(self, key: &Key) -> Ready<Result<Option<Entry>, Error>> {
        ready(self.store.load(key))
    }

    fn replace(
        self,
        key: &Key,
        expected: Option<&Version>,
        entry: &Entry,
    ) -> Ready<Result<Replaced, Error>> {
        ready(self.store.replace(key, expected, entry))
    }

    fn remove(self, key: &Key, expected: &Version) -> Ready<Result<Replaced, Error>> {
        ready(self.store.remove(key, expected))
    }

    fn purge(self, now: Timestamp) -> Ready<Result<usize, Error>> {
        ready(self.store.purge(now))
    }

    fn scan(self, from: Option<&ScanPlace>, limit: usize) -> Ready<Result<Page, Error>> {
        ready(self.store.scan(from, limit))
    }

    fn replace_all(self, swaps: &[Swap]) -> Ready<Result<Vec<Replaced>, Error>> {
        ready(self.store.replace_all(swaps))
    }

    fn note(self, event: &Event) -> Ready<Result<(), Error>> {
        ready(self.audit.write(event))
    }

    fn permit(
        self,
        pool: &HashPool,
        patience: Duration,
        traceless: bool,
    ) -> Ready<Option<HashPermit>> {
        ready(if traceless {
            pool.traceless_permit_within(patience)
        } else {
            pool.permit_within(patience)
        })
    }

    fn compute(
        self,
        reserved: PendingCheck,
        mut permit: Option<HashPermit>,
    ) -> Ready<Result<ComputedCheck, Error>> {
        // One permit, and not one for each answer: several would serve this caller sooner, and send the next one away.
        ready(reserved.work(permit.as_mut_slice()))
    }

    fn turn(self, stripe: &Stripe) -> Ready<Option<Turn<'_>>> {
        ready(stripe.take())
    }

    fn pause(self, span: Duration) -> Ready<()> {
        std::thread::sleep(span);
        ready(())
    }
}

/// Runs the engine over a port that blocks.
pub(super) fn run<T>(engine: impl Future<Output = T>) -> T {
    let mut engine = pin!(engine);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        // Each answer of a blocking port is ready, so the first poll is the last one.
        if let Poll::Ready(told) = engine.as_mut().poll(&mut context) {
            return told;
        }
    }
}
