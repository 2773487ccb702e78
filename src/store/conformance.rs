//! The suite every store must pass, and a wrapper that forces what seldom happens by itself.
//!
//! Call [`run`] or [`run_async`] from a test of an adapter. Wrap the store of a flow's test in a [`TestStore`]: then a race must
//! happen, or a write fails when it hurts most.

mod asked;
mod case;
mod cases;
mod hang_up;
mod meeting;
mod race;
mod test_store;
mod together;
mod walk;

pub use test_store::TestStore;

use super::async_contract::AsyncStore;
use super::contract::Store;
use asked::{Direct, Waited};
use case::Case;
use together::{OneTask, Threads, wait_for};

/// Runs the whole suite. `fresh` makes an empty store for each case.
///
/// It cannot see durability. Whether an entry survives a power cut is for the adapter's own tests.
///
/// # Panics
/// If the store breaks the contract of [`Store`]; the text names the rule, what was wanted and what came.
///
/// ```
/// use countersign::store::{conformance, memory::MemoryStore};
/// conformance::run(MemoryStore::new);
/// ```
pub fn run<S: Store + Sync>(fresh: impl Fn() -> S) {
    wait_for(cases::all(async || Direct(fresh()), Threads));
}

/// Runs the whole suite over a store whose answers are waited for: the cases of [`run`], and callers who hang up.
///
/// Writers race within one task. Any runtime runs it, and it starts none: await it in a test of the adapter's own runtime.
/// `fresh` may wait, too, for a connection.
///
/// # Panics
/// If the store breaks the contract of [`AsyncStore`]; the text names the rule, what was wanted and what came.
///
/// ```
/// use countersign::store::{conformance, memory::MemoryStore};
///
/// async fn the_store_conforms() {
///     conformance::run_async(async || MemoryStore::new()).await;
/// }
/// # let mut test = core::pin::pin!(the_store_conforms());
/// # let mut task = core::task::Context::from_waker(core::task::Waker::noop());
/// # while test.as_mut().poll(&mut task).is_pending() {}
/// ```
pub async fn run_async<S: AsyncStore>(fresh: impl AsyncFn() -> S) {
    let fresh = async || Waited(fresh().await);
    cases::all(&fresh, OneTask).await;
    let rule = "a caller who hangs up leaves a whole write or none";
    let store = fresh().await;
    hang_up::hang_up(&Case { store, rule }).await;
}
