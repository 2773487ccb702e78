//! How a success ends: stored, then told.

use super::interaction::{self, Shown};
use crate::account::draft::{Draft, Recorded, Sealed};
use crate::account::outcome::Outcome;
use crate::context::Context;
use crate::error::Error;
use crate::event::EventKind;
use crate::transition::Transition;

/// Stores a success, and tells its evidence once it is stored.
pub(super) fn accept<O>(
    mut draft: Draft<'_>,
    shown: Shown<'_>,
    ctx: &Context,
    told: impl FnOnce(Outcome) -> O,
) -> Result<Transition<Recorded<O>, Sealed>, Error> {
    let evidence = interaction::accept(&mut draft, shown, ctx);
    let kind = EventKind::Accepted {
        factor: shown.factor,
    };
    draft.step(ctx, kind, told(Outcome::Accepted(evidence)))
}
