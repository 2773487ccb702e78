//! Whether evidence reaches an assurance level (SP 800-63B-4 2.1 to 2.3).

use core::time::Duration;

use crate::factor::FactorClass;
use crate::policy::decide::case::{Case, Met, Piece, left};
use crate::policy::document::Aal;

/// Returns how a case reaches a level for the longest, by evidence that is not older than `max_age`; none, if it does not.
pub(crate) fn reached(level: Aal, max_age: Option<Duration>, case: &Case<'_>) -> Option<Met> {
    let longest = level.longest_within(max_age);
    let counts = |piece: &Piece<'_>| piece.counts_to_a_level(longest);
    let alone = |(place, piece): (usize, &Piece<'_>)| {
        let enough = level == Aal::One || piece.reaches() >= Some(level);
        let left = counts(piece).filter(|_| enough)?;
        Some(Met::by(left, vec![place]))
    };
    let alone = case.pieces.iter().enumerate().filter_map(alone);
    // Two factors of one class are one (SP 800-63-4 2.3.1). Inherence counts only beside possession (63B 3.2.3).
    let second =
        [FactorClass::Knowledge, FactorClass::Inherence].map(|class| case.best_of(class, counts));
    let pair = case
        .best_of(FactorClass::Possession, counts)
        .zip(second.into_iter().flatten().max())
        .filter(|_| level == Aal::Two)
        .map(|(one, other)| Met::by(one.0.min(other.0), vec![one.1, other.1]));
    let mut best = alone.chain(pair).max_by_key(|met| met.left)?;
    if let Some(most) = level.longest_idle() {
        let counting = case.pieces.iter().filter(|piece| counts(piece).is_some());
        // To give evidence is to be active, too.
        let idle = counting.map(|piece| piece.age).chain(case.idle).min()?;
        best.left = best.left.min(left(most, idle)?);
    }
    Some(best)
}
