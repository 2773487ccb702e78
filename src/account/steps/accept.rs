//! The end of a success: it is stored, then readable.

use super::interaction::{self, Shown};
use crate::account::draft::{Draft, Step};
use crate::account::outcome::Outcome;
use crate::error::Error;
use crate::event::EventKind;

/// Stores a success. Its evidence is readable once it is stored.
pub(super) fn accept<O>(
    mut draft: Draft<'_>,
    shown: Shown<'_>,
    told: impl FnOnce(Outcome) -> O,
) -> Result<Step<O>, Error> {
    let evidence = interaction::accept(&mut draft, shown);
    let kind = EventKind::Accepted {
        factor: shown.factor,
    };
    draft.step(kind, told(Outcome::Accepted(evidence)))
}
