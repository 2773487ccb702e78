//! A barrier that opens once.

use core::future::poll_fn;
use core::task::{Poll, Waker};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::timer::within;

/// A barrier that opens once, and gives up if too few callers come. Threads and tasks meet there alike.
#[derive(Debug)]
pub(super) struct Meeting {
    size: usize,
    present: Mutex<Present>,
}

#[derive(Debug)]
struct Present {
    arrived: usize,
    waiting: Vec<Waker>,
}

impl Meeting {
    pub(super) const fn of(size: usize) -> Self {
        Self {
            size,
            present: Mutex::new(Present {
                arrived: 0,
                waiting: Vec::new(),
            }),
        }
    }

    /// Returns whether all came in time. Later callers pass at once.
    pub(super) async fn wait(&self, patience: Duration) -> bool {
        self.arrive();
        let opens = poll_fn(|task| {
            let mut present = self.present();
            if present.arrived >= self.size {
                return Poll::Ready(());
            }
            present.waiting.push(task.waker().clone());
            Poll::Pending
        });
        within(patience, opens).await.is_some()
    }

    fn arrive(&self) {
        let mut present = self.present();
        present.arrived = present.arrived.saturating_add(1);
        let is_open = present.arrived >= self.size;
        let woken = if is_open {
            core::mem::take(&mut present.waiting)
        } else {
            Vec::new()
        };
        // A waker may run what it likes, and that may come here.
        drop(present);
        for waker in woken {
            waker.wake();
        }
    }

    fn present(&self) -> MutexGuard<'_, Present> {
        // A count is whole even if a thread died beside it.
        self.present.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
