//! Settings, clock, count of decoys, turns and remembered entries: the calls of a verifier share them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::decoys::StoredDecoys;
use super::remembered::Remembered;
use super::rollback::Rollback;
use super::turns::Turns;
use crate::account::Settings;
use crate::error::Error;
use crate::metrics::{Gauges, Measure, Metrics};
use crate::store::{Key, Mark};
use crate::time::{Clock, SystemClock, Timestamp};

/// The settings that records are opened by, and what this process remembers of its own writes.
pub(super) struct Shared {
    pub(super) settings: Settings,
    clock: Arc<dyn Clock + Send + Sync>,
    /// Shared with the verifiers over other stores of this process: see [`beside`](Self::beside).
    decoys: Arc<Mutex<StoredDecoys>>,
    pub(super) turns: Turns,
    metrics: Option<Arc<dyn Metrics + Send + Sync>>,
    pub(super) remembered: Remembered,
    pub(super) rollback: Option<Rollback>,
}

impl Shared {
    pub(super) fn new(settings: Settings) -> Self {
        Self {
            settings,
            clock: Arc::new(SystemClock),
            decoys: Arc::default(),
            turns: Turns::default(),
            metrics: None,
            remembered: Remembered::default(),
            rollback: None,
        }
    }

    pub(super) fn with_high_water(self, rollback: Rollback) -> Self {
        Self {
            rollback: Some(rollback),
            ..self
        }
    }

    /// Reads the mark of a record.
    pub(super) fn mark(&self, key: &Key) -> Result<Option<Mark>, Error> {
        let rollback = self.rollback.as_ref();
        rollback.map_or(Ok(None), |rollback| rollback.highest(key))
    }

    pub(super) fn with_clock(self, clock: Arc<dyn Clock + Send + Sync>) -> Self {
        Self { clock, ..self }
    }

    pub(super) fn with_metrics(self, metrics: Arc<dyn Metrics + Send + Sync>) -> Self {
        Self {
            metrics: Some(metrics),
            ..self
        }
    }

    pub(super) fn with_remembered(self, records: usize) -> Self {
        Self {
            remembered: Remembered::of(records),
            ..self
        }
    }

    /// Returns the same for another store value, with these settings, this clock, these metrics and this count of decoys.
    ///
    /// Turns are not shared. Who waits for one inside a transaction of a database could wait for who waits for that
    /// transaction. Entries are not shared: a transaction that rolls back has written what nobody else may see.
    pub(super) fn beside(&self) -> Self {
        Self {
            settings: self.settings.clone(),
            clock: Arc::clone(&self.clock),
            decoys: Arc::clone(&self.decoys),
            turns: Turns::default(),
            metrics: self.metrics.clone(),
            remembered: Remembered::default(),
            rollback: self.rollback.as_ref().map(Rollback::without_raising),
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

    /// Returns whether measures are wanted.
    pub(super) const fn is_metered(&self) -> bool {
        self.metrics.is_some()
    }

    /// Records a measure, if measures are wanted. No lock is held here.
    pub(super) fn measure(&self, measure: impl FnOnce() -> Measure) {
        if let Some(metrics) = &self.metrics {
            metrics.record(measure());
        }
    }

    /// Reads what is not counted but stands somewhere.
    pub(super) fn gauges(&self) -> Result<Gauges, Error> {
        let now = self.now()?;
        let (permits, permits_in_use) = self.settings.hash_pool().in_use();
        let decoys_alive = self.decoys().alive(now);
        Ok(Gauges {
            permits,
            permits_in_use,
            decoys_alive,
        })
    }
}
