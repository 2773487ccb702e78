//! Pauses of tasks: one thread wakes them all, and none sleeps for them.

use core::future::poll_fn;
use core::pin::{Pin, pin};
use core::task::{Context, Poll, Waker};
use core::time::Duration;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::Instant;

/// Waits for `work` no longer than that. `None` means that the time is over. `work` is dropped then.
pub(crate) async fn within<T>(patience: Duration, work: impl Future<Output = T>) -> Option<T> {
    let mut work = pin!(work);
    let mut pause = Pause::of(patience);
    poll_fn(|task| {
        if let Poll::Ready(told) = work.as_mut().poll(task) {
            return Poll::Ready(Some(told));
        }
        Pin::new(&mut pause).poll(task).map(|()| None)
    })
    .await
}

/// A pause of a task.
#[must_use = "nothing waits before it is polled"]
pub(crate) struct Pause {
    /// `None` if it is over.
    alarm: Option<Alarm>,
}

/// The moment of an alarm, and its number: two may be set for one moment.
type Alarm = (Instant, u64);

impl Pause {
    pub(crate) fn of(span: Duration) -> Self {
        static NUMBERS: AtomicU64 = AtomicU64::new(0);
        let end = Instant::now().checked_add(span);
        let alarm = end.map(|end| (end, NUMBERS.fetch_add(1, Ordering::Relaxed)));
        Self { alarm }
    }
}

impl Future for Pause {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<()> {
        let Some(alarm) = self.alarm else {
            return Poll::Ready(());
        };
        let (end, _) = alarm;
        // Without the thread, the system is at its end: a pause that is over is better than one without an end.
        if end <= Instant::now() || !Alarms::are_rung() {
            ALARMS.lock().remove(&alarm);
            self.alarm = None;
            return Poll::Ready(());
        }
        let mut set = ALARMS.lock();
        set.insert(alarm, task.waker().clone());
        let is_first = set
            .first_key_value()
            .is_some_and(|(first, _)| *first == alarm);
        drop(set);
        // The thread sleeps until the first one at most.
        if is_first {
            ALARMS.bell.notify_one();
        }
        Poll::Pending
    }
}

impl Drop for Pause {
    fn drop(&mut self) {
        if let Some(alarm) = self.alarm {
            ALARMS.lock().remove(&alarm);
        }
    }
}

/// The alarms of this process.
struct Alarms {
    set: Mutex<BTreeMap<Alarm, Waker>>,
    /// Rung when an alarm is set.
    bell: Condvar,
}

static ALARMS: Alarms = Alarms {
    set: Mutex::new(BTreeMap::new()),
    bell: Condvar::new(),
};

impl Alarms {
    /// Returns whether a thread rings them. The first call starts it.
    fn are_rung() -> bool {
        static STARTED: OnceLock<bool> = OnceLock::new();
        *STARTED.get_or_init(|| {
            let thread = thread::Builder::new().name("countersign-timer".to_owned());
            thread.spawn(|| ALARMS.ring()).is_ok()
        })
    }

    fn ring(&self) {
        loop {
            let mut set = self.lock();
            let now = Instant::now();
            let later = set.split_off(&(now, u64::MAX));
            let due = core::mem::replace(&mut *set, later);
            if due.is_empty() {
                let next = set.keys().next().map(|(end, _)| end.duration_since(now));
                // Without an alarm, or if this wakes too early, it looks again.
                let rest = next.unwrap_or(Duration::MAX);
                drop(self.bell.wait_timeout(set, rest));
                continue;
            }
            // A waker may run what it likes, and that may come here.
            drop(set);
            for waker in due.into_values() {
                waker.wake();
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Alarm, Waker>> {
        // Nothing under this lock leaves the map half-way.
        self.set.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::task::Wake;

    struct Unpark(thread::Thread);

    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    fn wait_for<T>(work: impl Future<Output = T>) -> T {
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        let mut task = Context::from_waker(&waker);
        let mut work = pin!(work);
        loop {
            if let Poll::Ready(told) = work.as_mut().poll(&mut task) {
                return told;
            }
            thread::park_timeout(Duration::from_secs(60));
        }
    }

    #[test]
    fn a_pause_takes_as_long_as_it_says_and_no_thread_of_its_own() {
        let begun = Instant::now();
        thread::scope(|threads| {
            for millis in [20, 5, 20, 1] {
                threads.spawn(move || wait_for(Pause::of(Duration::from_millis(millis))));
            }
        });
        let took = begun.elapsed();
        assert!(
            took >= Duration::from_millis(20) && took < Duration::from_secs(30),
            "{took:?}"
        );
    }

    #[test]
    fn work_that_is_ready_needs_no_patience_and_work_that_never_is_ends() {
        assert_eq!(wait_for(within(Duration::ZERO, async { 7 })), Some(7));
        let never = core::future::pending::<()>();
        assert_eq!(wait_for(within(Duration::from_millis(2), never)), None);
    }

    #[test]
    fn a_pause_that_is_dropped_leaves_no_alarm() {
        let mut pause = Pause::of(Duration::from_secs(3_600));
        let mut task = Context::from_waker(Waker::noop());
        assert!(Pin::new(&mut pause).poll(&mut task).is_pending());
        let alarm = pause.alarm.unwrap();
        assert!(ALARMS.lock().contains_key(&alarm));
        drop(pause);
        assert!(!ALARMS.lock().contains_key(&alarm));
    }
}
