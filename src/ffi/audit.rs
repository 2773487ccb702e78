//! The audit trail of a verifier: the host's function, or none.

use std::sync::Arc;

use super::callback_failed::CallbackFailed;
use super::callbacks::{COUNTERSIGN_CALLBACK_DONE, Callbacks};
use super::json::event::EventForm;
use super::json::write;
use crate::audit::{Audit, Event};
use crate::error::Error;

/// The host's audit trail, or none.
pub(super) struct HostAudit(pub(super) Arc<Callbacks>);

impl Audit for HostAudit {
    fn write(&self, event: &Event) -> Result<(), Error> {
        const NAME: &str = "audit";
        let Some(audit) = self.0.of.audit else {
            return Ok(());
        };
        let mut json = write::json(&EventForm::from(event))
            .map_err(|failure| CallbackFailed::error(NAME, failure.text))?;
        let length = json.len();
        json.push(0);
        let answer = self.0.run(NAME, || {
            // SAFETY: the host has given this function for this, and all that it is given stands until it returns.
            unsafe { audit(self.0.of.user, json.as_ptr().cast(), length) }
        })?;
        match answer {
            COUNTERSIGN_CALLBACK_DONE => Ok(()),
            other => Err(CallbackFailed::returned(NAME, other)),
        }
    }
}
