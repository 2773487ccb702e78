//! The evidence of an interaction: the one place that vouches for it.

use crate::account::draft::Draft;
use crate::context::TransactionDigest;
use crate::evidence::{Evidence, ExternalVerification};
use crate::factor::{Factor, Strength};

/// A factor that was shown, and how.
#[derive(Clone, Copy)]
pub(super) struct Shown<'s> {
    pub(super) factor: Factor,
    /// The statement of the host, if the host verified it.
    pub(super) attested: Option<&'s ExternalVerification>,
    /// The transaction that it was shown for.
    pub(super) binding: Option<TransactionDigest>,
}

/// Notes that the interaction has shown a factor, and vouches for it.
pub(super) fn accept(draft: &mut Draft<'_>, shown: Shown<'_>) -> Evidence {
    let ctx = draft.ctx;
    let Shown {
        factor,
        attested,
        binding,
    } = shown;
    // Weak statements of the host do not open the lane with evidence: a caller's number, say, can be an attacker's, too.
    if attested.is_none_or(|given| given.strength > Strength::Weak) {
        let evidence = &mut draft.next.evidence;
        evidence.hold(ctx.interaction(), factor, ctx.now());
    }
    let epoch = draft.next.epoch();
    let facts = Evidence::of(draft.subject(), epoch, factor, attested, binding, ctx);
    Evidence::vouch(facts)
}
