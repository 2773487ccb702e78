//! Work beside the executor: it runs on other threads, and a task waits for the result.

mod workers;

use core::future::poll_fn;
use core::task::{Poll, Waker};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use workers::{Job, Workers};

/// A way to threads that may work for long, or block.
#[derive(Clone)]
pub(crate) struct Offload(Arc<dyn Fn(Job) + Send + Sync>);

impl Offload {
    /// Makes the way of the host.
    pub(crate) fn new(to: impl Fn(Job) + Send + Sync + 'static) -> Self {
        Self(Arc::new(to))
    }

    /// Makes the way to so many threads. They take the jobs in their order.
    pub(crate) fn to_threads(most: usize) -> Self {
        let workers = Arc::new(Workers::new(most));
        Self::new(move |job| Arc::clone(&workers).take(job))
    }

    /// Runs it on another thread. `None` means that it did not run to its end.
    ///
    /// A caller who hangs up before it begins takes it back. Once it has begun, it runs to its end.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let result = Arc::new(Mutex::new(Awaited::default()));
        let ending = Ending(Arc::clone(&result));
        (self.0)(Box::new(move || {
            // The caller holds the other one.
            if Arc::strong_count(&ending.0) > 1 {
                let value = work();
                lock(&ending.0).value = Some(value);
            }
        }));
        poll_fn(move |task| {
            let mut result = lock(&result);
            if result.is_over {
                return Poll::Ready(result.value.take());
            }
            result.waker = Some(task.waker().clone());
            Poll::Pending
        })
        .await
    }
}

/// One thread for each computation. There are no more of them than permits.
impl Default for Offload {
    fn default() -> Self {
        Self::new(|job| {
            let thread = thread::Builder::new().name("countersign-hash".to_owned());
            // If the system gives no thread, the job is dropped, and its caller sees that.
            drop(thread.spawn(job));
        })
    }
}

/// A result that a task waits for.
struct Awaited<T> {
    value: Option<T>,
    waker: Option<Waker>,
    is_over: bool,
}

impl<T> Default for Awaited<T> {
    fn default() -> Self {
        Self {
            value: None,
            waker: None,
            is_over: false,
        }
    }
}

/// The end of a job, whichever it has: a result, a panic, or that nobody runs it.
struct Ending<T>(Arc<Mutex<Awaited<T>>>);

impl<T> Drop for Ending<T> {
    fn drop(&mut self) {
        let mut result = lock(&self.0);
        result.is_over = true;
        let waker = result.waker.take();
        drop(result);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

fn lock<T>(result: &Mutex<Awaited<T>>) -> MutexGuard<'_, Awaited<T>> {
    // Nothing under this lock leaves a result half-way.
    result.lock().unwrap_or_else(PoisonError::into_inner)
}
