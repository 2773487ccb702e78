//! The port: what the engine asks of the driver that runs it.
//!
//! The engine reads no store, waits for nothing, and starts no thread. Each of these is a question to the port. The port of a
//! blocking driver answers at once. The port of an async driver answers when the answer is there. So no logic is written twice.

use core::time::Duration;

use super::turns::{Stripe, Turn};
use crate::account::steps::pending_check::{ComputedCheck, PendingCheck};
use crate::error::Error;
use crate::event::Event;
use crate::hashing::{HashPermit, HashPool};
use crate::store::{Entry, Key, Page, Replaced, ScanPlace, Swap, Version};
use crate::time::Timestamp;

/// Answers the engine, which goes on when an answer is there.
///
/// A caller may drop the engine at each question. So an answer that gives something back when dropped, a permit or a turn,
/// is a value. Answers are `Send`: the engine may go on in another thread.
pub(super) trait Port: Copy {
    /// Asks a store for [`load`](crate::store::Store::load).
    fn load(self, key: &Key) -> impl Future<Output = Result<Option<Entry>, Error>> + Send;

    /// Asks a store for [`replace`](crate::store::Store::replace).
    fn replace(
        self,
        key: &Key,
        expected: Option<&Version>,
        entry: &Entry,
    ) -> impl Future<Output = Result<Replaced, Error>> + Send;

    /// Asks a store for [`remove`](crate::store::Store::remove).
    fn remove(
        self,
        key: &Key,
        expected: &Version,
    ) -> impl Future<Output = Result<Replaced, Error>> + Send;

    /// Asks a store for [`purge`](crate::store::Store::purge).
    fn purge(self, now: Timestamp) -> impl Future<Output = Result<usize, Error>> + Send;

    /// Asks a store for [`scan`](crate::store::Store::scan).
    fn scan(
        self,
        from: Option<&ScanPlace>,
        limit: usize,
    ) -> impl Future<Output = Result<Page, Error>> + Send;

    /// Asks a store for [`replace_all`](crate::store::Store::replace_all).
    fn replace_all(
        self,
        swaps: &[Swap],
    ) -> impl Future<Output = Result<Vec<Replaced>, Error>> + Send;

    /// Writes an event to the audit trail.
    fn note(self, event: &Event) -> impl Future<Output = Result<(), Error>> + Send;

    /// Waits for a permit, in the order of coming and no longer than that. A traceless computation waits before the others.
    fn permit(
        self,
        pool: &HashPool,
        patience: Duration,
        traceless: bool,
    ) -> impl Future<Output = Option<HashPermit>> + Send;

    /// Computes what is charged. The permit goes back when the computation ends, also if nobody waits for it any more.
    fn compute(
        self,
        reserved: PendingCheck,
        permit: Option<HashPermit>,
    ) -> impl Future<Output = Result<ComputedCheck, Error>> + Send;

    /// Waits for the turn at the records of a stripe, or as long as turns are waited for.
    fn turn(self, stripe: &Stripe) -> impl Future<Output = Option<Turn<'_>>> + Send;

    /// Steps back for a moment.
    fn pause(self, span: Duration) -> impl Future<Output = ()> + Send;
}
