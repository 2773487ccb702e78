//! A new list of recovery codes.

use super::authority::{alter, changed};
use crate::account::authenticators::recovery;
use crate::account::changes::Change;
use crate::account::draft::{Opened, Step};
use crate::context::ContextAt;
use crate::error::Error;
use crate::grant::Authority;
use crate::recovery::RecoveryCodeList;

/// Draws a new list of `count` recovery codes.
pub(crate) fn generate(
    opened: &mut Opened,
    count: u8,
    by: &Authority<'_>,
    ctx: &ContextAt,
) -> Result<Step<RecoveryCodeList>, Error> {
    let mut draft = alter(opened, Change::ADD, false, by, ctx)?;
    let list = recovery::generate(&mut draft, count)?;
    changed(draft, Change::ADD, by, list)
}
