//! Whether a case meets requirements, for how long, and by which evidence.

use core::time::Duration;

use crate::factor::Factor;
use crate::grant::Agent;
use crate::policy::decide::assurance;
use crate::policy::decide::case::{ApprovalFacts, Case, Met, Piece, left};
use crate::policy::document::{Acr, CLASSES, Document, EvidenceKind, Requirement, Rule, Wanted};

/// Returns the alternative that a case meets with the least delay, by its place. Of those, it is the one that is met for the
/// longest; of equals the first.
pub(crate) fn rule(rule: &Rule, case: &Case<'_>) -> Option<(usize, Met)> {
    let mut best: Option<(usize, Duration, Met)> = None;
    for (place, alternative) in rule.any.iter().enumerate() {
        let delay = alternative.delay;
        if best.as_ref().is_some_and(|(_, least, _)| delay > *least) {
            continue;
        }
        if let Some(met) = all(&alternative.all, case)
            && best
                .as_ref()
                .is_none_or(|(_, least, best)| delay < *least || met.left > best.left)
        {
            best = Some((place, delay, met));
        }
    }
    best.map(|(place, _, met)| (place, met))
}

/// Returns the strongest context class of the document that a case reaches, by its place.
pub(crate) fn acr(document: &Document, case: &Case<'_>) -> Option<(usize, Met)> {
    let reached = |(place, acr): (usize, &Acr)| {
        let met = acr.any.iter().filter_map(|one| all(one, case));
        met.max_by_key(|met| met.left).map(|met| (place, met))
    };
    document.acrs.iter().enumerate().rev().find_map(reached)
}

/// Returns how a case meets all of these requirements, until the first ends; none, if it does not.
pub(crate) fn all(all: &[Requirement], case: &Case<'_>) -> Option<Met> {
    let mut together = Met::by(Duration::from_secs(u64::from(u32::MAX)), Vec::new());
    for requirement in all {
        add_to(requirement, case, &mut together)?;
    }
    (!all.is_empty()).then_some(together)
}

/// Adds how a case meets one more requirement; none, if it does not.
fn add_to(requirement: &Requirement, case: &Case<'_>, others: &mut Met) -> Option<()> {
    let Requirement::Evidence(wanted) = requirement else {
        let met = one(requirement, case)?;
        others.left = others.left.min(met.left);
        others.pieces.extend(met.pieces);
        others.approvals.extend(met.approvals);
        return Some(());
    };
    // This is the most frequent kind by far, so it makes no list of its own.
    let (left, place) = best(wanted, case)?;
    others.left = others.left.min(left);
    others.pieces.push(place);
    Some(())
}

/// Returns how a case meets a requirement for the longest; none, if it does not.
pub(crate) fn one(requirement: &Requirement, case: &Case<'_>) -> Option<Met> {
    match requirement {
        Requirement::Evidence(wanted) => {
            best(wanted, case).map(|(left, place)| Met::by(left, vec![place]))
        }
        Requirement::Classes {
            count,
            at_least,
            max_age,
        } => {
            let counts = |piece: &Piece<'_>| piece.counts_to_classes(*at_least, *max_age);
            let mut best: Vec<_> = CLASSES
                .into_iter()
                .filter_map(|class| case.best_of(class, counts))
                .collect();
            best.sort_unstable_by(|one, other| other.cmp(one));
            best.truncate(*count);
            let least = best.last().filter(|_| best.len() == *count)?.0;
            let places = best.into_iter().map(|(_, place)| place);
            Some(Met::by(least, places.collect()))
        }
        Requirement::Level { level, max_age } => assurance::reached(*level, *max_age, case),
        Requirement::Approvals { count, max_age } => approvals(*count, *max_age, &case.approvals),
    }
}

/// Returns the piece that meets it for the longest: for how long, and its place.
fn best(wanted: &Wanted, case: &Case<'_>) -> Option<(Duration, usize)> {
    let fits = |(place, piece)| by(wanted, piece).map(|left| (left, place));
    case.pieces.iter().enumerate().filter_map(fits).max()
}

/// Returns for how much longer a piece meets it; none, if it does not.
pub(crate) fn by(wanted: &Wanted, piece: &Piece<'_>) -> Option<Duration> {
    let fits = piece.conditions.keep(&wanted.conditions) && is_of(piece, &wanted.kind);
    fits.then(|| left(wanted.max_age, piece.age)).flatten()
}

/// Whether a piece shows this. External evidence only shows what names its external verifier.
fn is_of(piece: &Piece<'_>, kind: &EvidenceKind) -> bool {
    match kind {
        EvidenceKind::Factor(factor) => piece.factor == *factor,
        EvidenceKind::Class(class, at_least) => {
            piece.factor != Factor::External
                && piece.class == *class
                && piece.strength >= *at_least
                && piece.is_factor()
        }
        EvidenceKind::External {
            by,
            class,
            at_least,
        } => {
            piece.factor == Factor::External
                && piece.external_verifier == Some(by)
                && piece.class == *class
                && piece.strength >= *at_least
        }
    }
}

/// Returns the approvals by different agents that count for the longest; none, if they are too few.
fn approvals<'a>(count: usize, max_age: Duration, given: &'a [ApprovalFacts<'a>]) -> Option<Met> {
    let fresh = |(place, one): (usize, &'a ApprovalFacts<'a>)| {
        let left = left(max_age, one.age)?.min(one.left);
        Some((left, place, one.agent))
    };
    let mut fresh: Vec<_> = given.iter().enumerate().filter_map(fresh).collect();
    fresh.sort_unstable_by_key(|(left, place, _)| (core::cmp::Reverse(*left), *place));
    let mut chosen: Vec<(Duration, usize, &Agent)> = Vec::new();
    for approval in fresh {
        if chosen.len() < count && !chosen.iter().any(|(_, _, agent)| *agent == approval.2) {
            chosen.push(approval);
        }
    }
    let least = chosen.last().filter(|_| chosen.len() == count)?.0;
    Some(Met {
        left: least,
        pieces: Vec::new(),
        approvals: chosen.into_iter().map(|(_, place, _)| place).collect(),
    })
}
