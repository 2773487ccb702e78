//! The beginning of every step: a working copy of the record, at the context's moment.

use crate::account::decoy;
use crate::account::draft::{Draft, Opened};
use crate::account::record::state::Record;
use crate::context::ContextAt;
use crate::error::Error;
use crate::time::Timestamp;

/// Begins a step.
pub(super) fn begin<'a>(opened: &'a Opened, ctx: &'a ContextAt) -> Result<Draft<'a>, Error> {
    let record = present_record(opened, ctx.now())?;
    Ok(Draft::new(opened, ctx, record))
}

/// Returns the record to work on: this one, or a new one for a decoy whose lifetime is over.
pub(super) fn present_record(opened: &Opened, now: Timestamp) -> Result<Record, Error> {
    if opened.is_over(now) {
        return decoy::record(&opened.settings, &opened.subject, now);
    }
    Ok(opened.record.clone())
}
