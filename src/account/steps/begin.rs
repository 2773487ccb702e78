//! The beginning of every step: the record as it is at the context's moment. Changes that were due by then have taken effect.

use super::due::take_effect;
use crate::account::decoy;
use crate::account::draft::{Draft, Opened};
use crate::context::{Channel, Context, ContextAt, Interaction};
use crate::error::Error;
use crate::time::Timestamp;

/// Begins a step.
pub(super) fn begin<'a>(opened: &'a mut Opened, ctx: &'a ContextAt) -> Result<Draft<'a>, Error> {
    let before = opened.record.locks();
    make_present(opened, ctx.now())?;
    let mut draft = Draft::new(opened, ctx, before);
    take_effect(&mut draft)?;
    Ok(draft)
}

/// Lets the changes take effect that are due, for a call that reads and belongs to no step.
pub(crate) fn make_due(opened: &mut Opened, now: Timestamp) -> Result<(), Error> {
    if opened.record.pending.all().is_empty() {
        return Ok(());
    }
    let nowhere = Context::new(Channel::Web, Interaction::from_bytes([0; 16]));
    begin(opened, &nowhere.at(now)).map(|_| ())
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
