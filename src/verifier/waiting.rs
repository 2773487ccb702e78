//! The port of the async driver: its answers are waited for, and no thread is blocked.

use core::time::Duration;

use super::port::Port;
use super::turns::{Stripe, Turn};
use crate::account::steps::pending_check::{ComputedCheck, PendingCheck};
use crate::error::Error;
use crate::event::{Audit, Event};
use crate::hashing::{HashPermit, HashPool};
use crate::offload::Offload;
use crate::store::{AsyncStore, Entry, Key, Page, Replaced, ScanPlace, Swap, Version};
use crate::time::Timestamp;
use crate::timer::Pause;

/// A store whose answers are waited for, an audit trail, and a way to the threads that compute.
pub(super) struct Waiting<'v, S, A> {
    pub(super) store: &'v S,
    pub(super) audit: &'v A,
    pub(super) offload: &'v Offload,
}

impl<S, A> Clone for Waiting<'_, S, A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S, A> Copy for Waiting<'_, S, A> {}

impl<S: AsyncStore, A: Audit + Sync> Port for Waiting<'_, S, A> {
    async fn load(self, key: &Key) -> Result<Option<Entry>, Error> {
        self.store.load(key).await
    }

    async fn replace(
        self,
        key: &Key,
        expected: Option<&Version>,
        entry: &Entry,
    ) -> Result<Replaced, Error> {
        self.store.replace(key, expected, entry).await
    }

    async fn remove(self, key: &Key, expected: &Version) -> Result<Replaced, Error> {
        self.store.remove(key, expected).await
    }

    async fn purge(self, now: Timestamp) -> Result<usize, Error> {
        self.store.purge(now).await
    }

    async fn scan(self, from: Option<&ScanPlace>, limit: usize) -> Result<Page, Error> {
        self.store.scan(from, limit).await
    }

    async fn replace_all(self, swaps: &[Swap]) -> Result<Vec<Replaced>, Error> {
        self.store.replace_all(swaps).await
    }

    async fn note(self, event: &Event) -> Result<(), Error> {
        self.audit.write(event)
    }

    async fn permit(
        self,
        pool: &HashPool,
        patience: Duration,
        traceless: bool,
    ) -> Option<HashPermit> {
        pool.permit_of_task(patience, traceless).await
    }

    async fn compute(
        self,
        reserved: PendingCheck,
        mut permit: Option<HashPermit>,
    ) -> Result<ComputedCheck, Error> {
        // The permit goes along: it comes back when the computation is over, and not when its caller hangs up.
        let work = move || reserved.work(permit.as_mut_slice());
        let computed = self.offload.run(work).await;
        computed.unwrap_or_else(|| Err(Error::outside("the thread of a computation")))
    }

    async fn turn(self, stripe: &Stripe) -> Option<Turn<'_>> {
        stripe.taken().await
    }

    async fn pause(self, span: Duration) {
        Pause::of(span).await;
    }
}
