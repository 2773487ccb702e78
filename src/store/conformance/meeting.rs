//! A barrier that opens once.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// A barrier that opens once, and gives up if too few callers come.
#[derive(Debug)]
pub(super) struct Meeting {
    size: usize,
    arrived: Mutex<usize>,
    bell: Condvar,
}

impl Meeting {
    pub(super) const fn of(size: usize) -> Self {
        Self {
            size,
            arrived: Mutex::new(0),
            bell: Condvar::new(),
        }
    }

    /// Returns whether all came in time. Later callers pass at once.
    pub(super) fn wait(&self, patience: Duration) -> bool {
        // A count is whole even if a thread died beside it.
        let mut arrived = self.arrived.lock().unwrap_or_else(PoisonError::into_inner);
        *arrived = arrived.saturating_add(1);
        self.bell.notify_all();
        let (arrived, _) = self
            .bell
            .wait_timeout_while(arrived, patience, |arrived| *arrived < self.size)
            .unwrap_or_else(PoisonError::into_inner);
        *arrived >= self.size
    }
}
