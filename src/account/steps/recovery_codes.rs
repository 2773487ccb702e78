//! A new list of recovery codes.

use super::alter::supersede;
use super::authority::{alter_or_wait, changed};
use super::keep::generate_later;
use crate::account::authenticators::recovery;
use crate::account::changes::Change;
use crate::account::draft::{Opened, Step};
use crate::account::record::pending::{Effect, Target};
use crate::context::ContextAt;
use crate::error::Error;
use crate::factor::Factor;
use crate::grant::Authority;
use crate::recovery::RecoveryCodeList;

/// Draws a new list of `count` recovery codes.
pub(crate) fn generate(
    opened: &mut Opened,
    count: u8,
    by: &Authority<'_>,
    ctx: &ContextAt,
) -> Result<Step<RecoveryCodeList>, Error> {
    let mut draft = alter_or_wait(opened, Change::ADD, false, by, ctx)?;
    if let Authority::Granted(grant) = by
        && let Some(delay) = grant.delay()
    {
        return generate_later(draft, count, grant, delay);
    }
    let list = recovery::generate(&mut draft, count)?;
    supersede(&mut draft, Target::all(Effect::Adds, Factor::RecoveryCode));
    changed(draft, Change::ADD, by, list)
}
