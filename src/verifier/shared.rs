//! Settings, clock, count of decoys, and turns: the calls of a verifier share them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::decoys::StoredDecoys;
use super::turns::Turns;
use crate::account::Settings;
use crate::error::Error;
use crate::time::{Clock, SystemClock, Timestamp};

/// The settings that records are opened by, and what this process remembers of its own writes.
pub(super) struct Shared {
    pub(super) settings: Settings,
    clock: Arc<dyn Clock + Send + Sync>,
    /// Shared with the verifiers over other stores of this process: see [`beside`](Self::beside).
    decoys: Arc<Mutex<StoredDecoys>>,
    pub(super) turns: Turns,
}

impl Shared {
    pub(super) fn new(settings: Settings) -> Self {
        Self {
            settings,
            clock: Arc::new(SystemClock),
            decoys: Arc::default(),
            turns: Turns::default(),
        }
    }

    pub(super) fn with_clock(self, clock: Arc<dyn Clock + Send + Sync>) -> Self {
        Self { clock, ..self }
    }

    /// Returns the same for another store value, with these settings, this clock and this count of decoys.
    ///
    /// Turns are not shared. Who waits for one inside a transaction of a database could wait for who waits for that
    /// transaction.
    pub(super) fn beside(&self) -> Self {
        Self {
            settings: self.settings.clone(),
            clock: Arc::clone(&self.clock),
            decoys: Arc::clone(&self.decoys),
            turns: Turns::default(),
        }
    }

    /// Reads the clock.
    pub(super) fn now(&self) -> Result<Timestamp, Error> {
        self.clock.now()
    }

    /// Locks the count of decoys. No answer of the port is waited for under this lock.
    pub(super) fn decoys(&self) -> MutexGuard<'_, StoredDecoys> {
        // Nothing under this lock leaves its counts half-way.
        self.decoys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
