//! An executor of one task, for tests.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::{Arc, Condvar, Mutex};
use std::task::{Context as Task, Poll, Wake, Waker};
use std::time::Duration;

/// A task that is not woken for so long never is.
const LONG: Duration = Duration::from_secs(60);

/// Wakes the thread that runs a task.
#[derive(Default)]
struct Alarm {
    is_rung: Mutex<bool>,
    bell: Condvar,
}

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        *self.is_rung.lock().unwrap() = true;
        self.bell.notify_all();
    }
}

impl Alarm {
    #[track_caller]
    fn wait(&self) {
        let is_rung = self.is_rung.lock().unwrap();
        let rung = self.bell.wait_timeout_while(is_rung, LONG, |rung| !*rung);
        let (mut is_rung, waited) = rung.unwrap();
        assert!(!waited.timed_out(), "nobody wakes the task");
        *is_rung = false;
    }
}

/// Polls a call so often, each time when it is woken. `None`: it was not over by then, and is dropped.
#[track_caller]
pub fn polled<T>(call: impl Future<Output = T>, times: usize) -> Option<T> {
    let alarm = Arc::new(Alarm::default());
    let waker = Waker::from(Arc::clone(&alarm));
    let mut task = Task::from_waker(&waker);
    let mut call = pin!(call);
    for time in 0..times {
        if let Poll::Ready(told) = call.as_mut().poll(&mut task) {
            return Some(told);
        }
        if time + 1 < times {
            alarm.wait();
        }
    }
    None
}

#[track_caller]
pub fn wait_for<T>(call: impl Future<Output = T>) -> T {
    polled(call, usize::MAX).unwrap()
}

/// Polls once; for a call that another one lets wait.
pub fn poll_once<T>(call: Pin<&mut impl Future<Output = T>>) -> Option<T> {
    match call.poll(&mut Task::from_waker(Waker::noop())) {
        Poll::Ready(told) => Some(told),
        Poll::Pending => None,
    }
}

/// Lets a task wait once.
pub async fn a_moment() {
    let mut has_waited = false;
    poll_fn(|task| {
        if std::mem::replace(&mut has_waited, true) {
            return Poll::Ready(());
        }
        task.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
