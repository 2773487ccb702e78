//! The beginning of every step: the record as it is at the context's moment.

use crate::account::decoy;
use crate::account::draft::{Draft, Opened};
use crate::context::ContextAt;
use crate::error::Error;
use crate::time::Timestamp;

/// Begins a step.
pub(super) fn begin<'a>(opened: &'a mut Opened, ctx: &'a ContextAt) -> Result<Draft<'a>, Error> {
    let before = opened.record.locks();
    make_present(opened, ctx.now())?;
    Ok(Draft::new(opened, ctx, before))
}

/// Draws a decoy anew whose lifetime is over.
pub(super) fn make_present(opened: &mut Opened, now: Timestamp) -> Result<(), Error> {
    if opened.is_over(now) {
        let revision = opened.record.revision;
        opened.record = decoy::record(&opened.settings, &opened.subject, now)?;
        opened.record.revision = revision;
    }
    Ok(())
}
