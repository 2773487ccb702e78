//! The clock of a verifier: the host's function, or the machine's.

use std::sync::Arc;

use super::callback_failed::CallbackFailed;
use super::callbacks::{COUNTERSIGN_CALLBACK_DONE, Callbacks};
use crate::error::Error;
use crate::time::{Clock, SystemClock, Timestamp};

/// The host's clock, or the machine's.
#[derive(Clone)]
pub(super) struct HostClock(pub(super) Arc<Callbacks>);

impl Clock for HostClock {
    fn now(&self) -> Result<Timestamp, Error> {
        const NAME: &str = "now";
        let Some(now) = self.0.of.now else {
            return SystemClock.now();
        };
        let mut unix = -1;
        let answer = self.0.run(NAME, || {
            // SAFETY: the host has given this function for this, and all that it is given stands until it returns.
            unsafe { now(self.0.of.user, &raw mut unix) }
        })?;
        if answer != COUNTERSIGN_CALLBACK_DONE {
            return Err(CallbackFailed::returned(NAME, answer));
        }
        Timestamp::from_unix(unix).map_err(|_| {
            let why = format!("it gave {unix}, which is no moment of 1970 to 9999");
            CallbackFailed::error(NAME, why)
        })
    }
}
