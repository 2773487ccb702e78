//! Grants, approvals and pieces of evidence that have served.

use minicbor::{Decode, Encode};

use crate::time::Timestamp;
use core::time::Duration;

/// An id that is spent, or its first half.
pub(crate) type Mark = [u8; 16];

/// A grant, or a piece of evidence or an approval that served once.
#[derive(Clone, Encode, Decode)]
#[cbor(array)]
struct Spent {
    #[cbor(n(0), with = "minicbor::bytes")]
    id: Mark,
    #[n(1)]
    at: u64,
}

/// No evidence counts for longer in any policy: a day, and the skew of clocks.
const KEPT: Duration = Duration::from_secs(25 * 3_600);

/// The marks of the last day.
#[derive(Clone, Default, Encode, Decode)]
#[cbor(transparent)]
pub(crate) struct SpentMarks(#[n(0)] Vec<Spent>);

impl SpentMarks {
    /// A day has room for so many. A grant takes one, or one for each piece that serves once.
    pub(crate) const MOST: usize = 256;

    pub(crate) fn holds_any(&self, marks: &[Mark]) -> bool {
        self.0.iter().any(|gone| marks.contains(&gone.id))
    }

    /// Returns when there is room for so many more. Returns `None` if there is room now.
    pub(crate) fn release(&self, more: usize) -> Option<Timestamp> {
        let sum = self.0.len().saturating_add(more);
        let beyond = sum.checked_sub(Self::MOST)?.checked_sub(1)?;
        let mut times: Vec<u64> = self.0.iter().map(|gone| gone.at).collect();
        times.sort_unstable();
        let freed = times.get(beyond).or(times.last()).copied().unwrap_or(0);
        Some(forgotten(freed))
    }

    pub(crate) fn note(&mut self, marks: &[Mark], now: Timestamp) {
        let at = now.unix();
        self.0.extend(marks.iter().map(|id| Spent { id: *id, at }));
    }

    /// Forgets marks that are older than any evidence can be.
    pub(crate) fn see(&mut self, now: Timestamp) {
        self.0.retain(|gone| now < forgotten(gone.at));
    }
}

/// Returns when a mark of that moment is forgotten.
const fn forgotten(at: u64) -> Timestamp {
    let last = Timestamp::stored(at).plus(KEPT);
    last.plus(Duration::from_secs(1))
}
