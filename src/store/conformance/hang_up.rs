//! The case that async stores have alone: a caller who hangs up.

use core::future::poll_fn;
use core::pin::pin;
use core::task::Poll;

use super::asked::Asked;
use super::case::{Case, entry, key, version};
use crate::store::contract::Replaced;

/// So many callers hang up: a pool that loses connections runs dry.
const ROUNDS: u8 = 32;

/// Drops a load and a write at each point at which they wait.
///
/// The write may still end later, but it cannot be in parts. The answers that follow are those to the questions that follow.
pub(super) async fn hang_up<S: Asked>(case: &Case<S>) {
    let store = &case.store;
    let (first, second, third) = (entry(1), entry(2), entry(3));
    let other = entry(9);
    case.stored(store.replace(&key(u8::MAX), None, &other).await);
    let mut polls = 1;
    for round in 1..=ROUNDS {
        let key = key(round);
        case.stored(store.replace(&key, None, &first).await);
        polled(store.load(&key), polls).await;
        case.found(store.load(&self::key(u8::MAX)).await, Some(&other));
        let told = polled(store.replace(&key, Some(&version(1)), &second), polls).await;
        case.found(store.load(&self::key(u8::MAX)).await, Some(&other));

        let is_stored = match store.load(&key).await {
            Ok(Some(present)) if present == first && told.is_none() => false,
            present => {
                case.found(present, Some(&second));
                true
            }
        };
        let expected = version(if is_stored { 2 } else { 1 });
        match store.replace(&key, Some(&expected), &third).await {
            // It ended between the two.
            Ok(Replaced::Conflict(Some(now))) if !is_stored && now == second => {
                case.stored(store.replace(&key, Some(&version(2)), &third).await);
            }
            answer => case.stored(answer),
        }
        case.found(store.load(&key).await, Some(&third));
        polls = match told {
            None => polls.saturating_add(1),
            // A write has no more points than that. The next round begins with the first.
            Some(answer) => {
                case.stored(answer);
                1
            }
        };
    }
}

/// Polls so often, each time when it is woken. `None` means that it was not over by then, and is dropped.
async fn polled<T>(work: impl Future<Output = T>, polls: u8) -> Option<T> {
    let mut work = pin!(work);
    let mut left = polls;
    poll_fn(|task| {
        left = left.saturating_sub(1);
        match work.as_mut().poll(task) {
            Poll::Ready(told) => Poll::Ready(Some(told)),
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}
