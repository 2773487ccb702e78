//! The evidence of interactions: the one place that vouches for it.

use super::begin::{begin, make_due, make_present};
use crate::account::draft::{Draft, Opened, Step};
use crate::account::record::evidence::Piece;
use crate::account::record::slot::Head;
use crate::account::record::state::Record;
use crate::context::{ContextAt, Interaction, TransactionDigest};
use crate::error::Error;
use crate::event::EventKind;
use crate::evidence::{Evidence, ExternalVerification, Facts};
use crate::factor::Factor;
use crate::subject::Subject;
use crate::time::Timestamp;

/// A factor that was shown, and how.
#[derive(Clone, Copy)]
pub(super) struct Shown<'s> {
    pub(super) factor: Factor,
    /// The id of the authenticator that showed it. Zero for none.
    pub(super) authenticator: u16,
    /// The statement of the host, if the host verified it.
    pub(super) attested: Option<&'s ExternalVerification>,
    /// The transaction that it was shown for.
    pub(super) binding: Option<TransactionDigest>,
}

/// Keeps that the interaction has shown a factor, and vouches for it.
pub(super) fn accept(draft: &mut Draft<'_>, shown: Shown<'_>) -> Evidence {
    let (ctx, interaction) = (draft.ctx, draft.interaction());
    let piece = Piece::new(
        shown.factor,
        shown.attested,
        shown.binding,
        shown.authenticator,
        ctx,
    );
    if let Some(head) = draft.next.head_mut(shown.authenticator) {
        head.use_at(ctx.now());
    }
    draft.next.evidence.keep(interaction, piece.clone());
    evidence(draft.next, draft.subject(), interaction, &piece)
}

/// Returns the evidence that a draft's record holds, of all interactions.
pub(super) fn kept(draft: &Draft<'_>) -> Vec<Evidence> {
    let all = draft.next.evidence.all();
    let subject = draft.subject();
    all.map(|(interaction, piece)| evidence(draft.next, subject, interaction, piece))
        .collect()
}

/// Vouches for a piece that a record holds.
fn evidence(record: &Record, subject: &Subject, of: Interaction, piece: &Piece) -> Evidence {
    let mut heads = record.heads().map(|(_, head)| head);
    let head = heads.find(|head| piece.is_by(head.id));
    Evidence::vouch(Facts {
        authenticator: piece.authenticator(),
        enrolled_at: head.and_then(Head::since),
        subject: subject.clone(),
        epoch: record.epoch(),
        factor: piece.factor,
        class: piece.class(),
        strength: piece.strength(),
        external_verifier: piece.external_verifier().map(str::to_owned),
        at: piece.at(),
        channel: piece.channel,
        interaction: of,
        binding: piece.binding(),
        protected: piece.protected,
    })
}

/// Returns the evidence of an interaction. A decoy has none.
pub(crate) fn of_interaction(
    opened: &mut Opened,
    of: Interaction,
    now: Timestamp,
) -> Result<Vec<Evidence>, Error> {
    make_present(opened, now)?;
    opened.record.see(now);
    make_due(opened, now)?;
    let record = &opened.record;
    let own = record.evidence.all().filter(|(held, _)| *held == of);
    Ok(own
        .map(|(_, piece)| evidence(record, &opened.subject, of, piece))
        .collect())
}

/// Forgets an interaction: its evidence, and what waits for an answer in it.
pub(crate) fn end(opened: &mut Opened, ctx: &ContextAt) -> Result<Step<()>, Error> {
    let draft = begin(opened, ctx)?;
    let of = ctx.interaction();
    let waiting = |record: &Record| record.challenges.len().saturating_add(record.codes.len());
    let before = waiting(draft.next);
    let had_evidence = draft.next.evidence.forget(of);
    draft.next.challenges.retain(|open| !open.is_of(of));
    draft.next.codes.retain(|open| !open.is_only_of(of));
    if had_evidence || waiting(draft.next) < before {
        return draft.step(EventKind::Ended, ());
    }
    draft.tell(EventKind::Ended, ())
}
