//! The turns of threads at one connection, in the order of coming and no longer than a call waits.
//!
//! A lock of the standard library lets late callers overtake, and waits without an end.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::Connection;

use crate::gate::Gate;

/// A connection that threads use in turn.
pub(super) struct Shared {
    gate: Gate,
    connection: Mutex<Connection>,
}

/// A turn at the connection. It ends when this is dropped.
struct Turn<'s>(&'s Gate);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.leave();
    }
}

impl Shared {
    pub(super) fn new(connection: Connection) -> Self {
        Self {
            gate: Gate::new(1),
            connection: Mutex::new(connection),
        }
    }

    /// Runs work with the connection, or nothing, if the turn does not come in time.
    pub(super) fn within<T>(
        &self,
        patience: Duration,
        work: impl FnOnce(&mut Connection) -> T,
    ) -> Option<T> {
        if !self.gate.enter_within(patience) {
            return None;
        }
        let _turn = Turn(&self.gate);
        Some(work(&mut self.lock()))
    }

    /// Only the caller whose turn it is comes here. A transaction cut off by a panic was rolled back.
    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
