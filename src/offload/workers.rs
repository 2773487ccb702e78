//! Threads that take jobs from one queue.

use core::time::Duration;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// Work of which the result goes elsewhere.
pub(super) type Job = Box<dyn FnOnce() + Send>;

/// A thread that has had no job for so long ends.
const IDLE: Duration = Duration::from_secs(10);

/// A queue, and no more threads than that. Each begins when it is needed.
pub(super) struct Workers {
    most: usize,
    queue: Mutex<Queue>,
    /// Rung when a job comes.
    bell: Condvar,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    threads: usize,
    idle: usize,
}

impl Workers {
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            queue: Mutex::default(),
            bell: Condvar::new(),
        }
    }

    /// Queues a job. If the system gives no thread at all, the jobs are dropped, and their callers see that.
    pub(super) fn take(self: Arc<Self>, job: Job) {
        let mut queue = self.queue();
        queue.jobs.push_back(job);
        if queue.jobs.len() <= queue.idle || queue.threads >= self.most {
            self.bell.notify_one();
            return;
        }
        queue.threads = queue.threads.saturating_add(1);
        drop(queue);
        let workers = Arc::clone(&self);
        let thread = thread::Builder::new().name("countersign-store".to_owned());
        if thread.spawn(move || workers.work()).is_err() {
            let mut queue = self.queue();
            queue.threads = queue.threads.saturating_sub(1);
            let lost = if queue.threads == 0 {
                core::mem::take(&mut queue.jobs)
            } else {
                VecDeque::new()
            };
            // The end of a job wakes a task, and that may come here.
            drop(queue);
            drop(lost);
        }
    }

    /// Works until no job comes any more.
    fn work(&self) {
        let mut queue = self.queue();
        loop {
            if let Some(job) = queue.jobs.pop_front() {
                drop(queue);
                // The caller of a job that panics sees that it did not end. The next one needs the thread.
                drop(catch_unwind(AssertUnwindSafe(job)));
                queue = self.queue();
                continue;
            }
            queue.idle = queue.idle.saturating_add(1);
            let waited = self.bell.wait_timeout(queue, IDLE);
            let (after, waited) = waited.unwrap_or_else(PoisonError::into_inner);
            queue = after;
            queue.idle = queue.idle.saturating_sub(1);
            if waited.timed_out() && queue.jobs.is_empty() {
                queue.threads = queue.threads.saturating_sub(1);
                return;
            }
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        // No job runs under this lock, and nothing else under it panics.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use std::sync::mpsc::channel;

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn threads_are_no_more_than_that_and_take_every_job() {
        let workers = Arc::new(Workers::new(3));
        let (told, tells) = channel();
        for number in 0..100_u32 {
            let told = told.clone();
            Arc::clone(&workers).take(Box::new(move || {
                thread::sleep(Duration::from_micros(100));
                told.send((number, thread::current().id())).unwrap();
            }));
        }
        let ended: Vec<_> = (0..100)
            .map(|_| tells.recv_timeout(LONG).unwrap())
            .collect();
        let threads: HashSet<_> = ended.iter().map(|(_, thread)| thread).collect();
        let numbers: HashSet<_> = ended.iter().map(|(number, _)| number).collect();
        assert!((2..=3).contains(&threads.len()), "{}", threads.len());
        assert_eq!(numbers.len(), 100);
    }

    #[test]
    fn a_job_that_panics_takes_no_thread_along() {
        let workers = Arc::new(Workers::new(1));
        let (told, tells) = channel();
        Arc::clone(&workers).take(Box::new(|| panic!("as planned")));
        Arc::clone(&workers).take(Box::new(move || told.send(()).unwrap()));
        assert_eq!(tells.recv_timeout(LONG), Ok(()));
        assert_eq!(workers.queue().threads, 1);
    }

    #[test]
    fn a_thread_that_waits_takes_the_next_job() {
        let workers = Arc::new(Workers::new(8));
        for _ in 0..20 {
            let (told, tells) = channel();
            Arc::clone(&workers).take(Box::new(move || told.send(()).unwrap()));
            assert_eq!(tells.recv_timeout(LONG), Ok(()));
            while workers.queue().idle == 0 {
                thread::yield_now();
            }
        }
        assert_eq!(workers.queue().threads, 1);
    }
}
