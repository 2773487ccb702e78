//! Work that is done at once: by threads where a store blocks, and within one task where it is waited for.

use core::future::poll_fn;
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use std::sync::Arc;
use std::task::Wake;
use std::thread;

/// A way to do several things at once.
pub(super) trait Together {
    /// Does all of them. `None` stands for one that panicked.
    async fn all<F>(&self, works: Vec<F>) -> Vec<Option<F::Output>>
    where
        F: Future<Output: Send> + Send;
}

/// A thread for each.
pub(super) struct Threads;

impl Together for Threads {
    async fn all<F>(&self, works: Vec<F>) -> Vec<Option<F::Output>>
    where
        F: Future<Output: Send> + Send,
    {
        thread::scope(|scope| {
            let begin = |work| scope.spawn(move || wait_for(work));
            let threads: Vec<_> = works.into_iter().map(begin).collect();
            let end = |thread: thread::ScopedJoinHandle<'_, _>| thread.join().ok();
            threads.into_iter().map(end).collect()
        })
    }
}

/// One task. It goes on with each in turn whenever one can go on.
pub(super) struct OneTask;

impl Together for OneTask {
    async fn all<F>(&self, works: Vec<F>) -> Vec<Option<F::Output>>
    where
        F: Future<Output: Send> + Send,
    {
        let begin = |work| (Box::pin(work), None);
        let mut works: Vec<_> = works.into_iter().map(begin).collect();
        poll_fn(|task| {
            for (work, told) in &mut works {
                if told.is_none()
                    && let Poll::Ready(answer) = work.as_mut().poll(task)
                {
                    *told = Some(answer);
                }
            }
            let is_over = works.iter().all(|(_, told)| told.is_some());
            if is_over {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
        works.into_iter().map(|(_, told)| told).collect()
    }
}

/// Wakes a thread that waits.
struct Unpark(thread::Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Blocks the thread until the work is done.
pub(super) fn wait_for<T>(work: impl Future<Output = T>) -> T {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut task = Context::from_waker(&waker);
    let mut work = pin!(work);
    loop {
        if let Poll::Ready(told) = work.as_mut().poll(&mut task) {
            return told;
        }
        thread::park();
    }
}
