//! Numbers of outcomes. Zero is always the one that allows nothing: a variable that nobody wrote does not pass for a yes.

use super::failure::Failure;
use super::output::Place;
use crate::status::Lock;
use crate::time::{Clock, Timestamp};
use core::time::Duration;

/// It was not right. Say the same whatever the reason: the audit trail has it.
pub const COUNTERSIGN_OUTCOME_DENIED: i32 = 0;
/// A check was right, and is evidence now. A change is made.
pub const COUNTERSIGN_OUTCOME_ACCEPTED: i32 = 1;
/// It is locked: nothing was compared, or may be sent. `until` is when waiting ends the lock, or `COUNTERSIGN_NEVER`.
pub const COUNTERSIGN_OUTCOME_LOCKED: i32 = 2;
/// The check digit is wrong: the code was misread or misheard. Ask for it again. Nothing was charged.
pub const COUNTERSIGN_OUTCOME_INVALID_CHECK_DIGIT: i32 = 3;
/// Too many computations of passwords and answers run. Nothing was compared and nothing charged. Try again at `until`.
pub const COUNTERSIGN_OUTCOME_BUSY: i32 = 4;
/// The change was allowed, and waits. `until` is when it takes effect. `countersign_verifier_pending` has it, and
/// `countersign_verifier_warnings` the messages to send.
pub const COUNTERSIGN_OUTCOME_WAITS: i32 = 5;
/// A change like this one was cancelled lately. `until` is when it may wait again.
pub const COUNTERSIGN_OUTCOME_BARRED: i32 = 6;

/// An outcome, and until when it stands.
pub(super) struct Told {
    number: i32,
    until: i64,
}

impl Told {
    pub(super) const fn of(number: i32) -> Self {
        Self { number, until: 0 }
    }

    pub(super) fn until(number: i32, until: Timestamp) -> Self {
        Self {
            number,
            until: i64::from(until),
        }
    }

    pub(super) fn locked(lock: Lock) -> Self {
        Self {
            number: COUNTERSIGN_OUTCOME_LOCKED,
            until: match lock {
                Lock::Until(release) => i64::from(release),
                Lock::Indefinite => i64::MAX,
            },
        }
    }

    /// The outcome of a call that was too early. A clock that fails says nothing of when.
    pub(super) fn busy(retry_after: Duration, clock: &impl Clock) -> Self {
        let again = |now: Timestamp| i64::from(now.plus(retry_after));
        Self {
            number: COUNTERSIGN_OUTCOME_BUSY,
            until: clock.now().map_or(0, again),
        }
    }

    pub(super) fn write(self, places: OutcomePlaces) {
        places.outcome.write(self.number);
        if let Some(until) = places.until {
            until.write(self.until);
        }
    }
}

/// The places for an outcome and for its end, which may be null.
pub(super) struct OutcomePlaces {
    outcome: Place<i32>,
    until: Option<Place<i64>>,
}

impl OutcomePlaces {
    /// Takes both pointers.
    ///
    /// # Safety
    /// Each is null or may be written.
    pub(super) unsafe fn new(outcome: *mut i32, until: *mut i64) -> Result<Self, Failure> {
        // SAFETY: as of this function.
        let outcome = unsafe { Place::new(outcome, "outcome")? };
        let until = if until.is_null() {
            None
        } else {
            // SAFETY: as of this function.
            Some(unsafe { Place::new(until, "until")? })
        };
        Ok(Self { outcome, until })
    }
}
