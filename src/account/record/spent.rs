//! Grants, approvals and pieces of evidence that have served.

use minicbor::{Decode, Encode};

use crate::time::Timestamp;
use core::time::Duration;

/// The id of what is spent, or its first half.
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

/// What was spent in the last day.
#[derive(Clone, Default, Encode, Decode)]
#[cbor(transparent)]
pub(crate) struct SpentMarks(#[n(0)] Vec<Spent>);

impl SpentMarks {
    /// More are not spent in a day. A grant takes one of these, or one for each piece that serves once, if it rests on such.
    pub(crate) const MOST: usize = 256;

    pub(crate) fn holds_any(&self, marks: &[Mark]) -> bool {
        self.0.iter().any(|gone| marks.contains(&gone.id))
    }

    /// Returns when there is room for so many more, if there is none now.
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

    /// Forgets what no evidence can be as old as.
    pub(crate) fn see(&mut self, now: Timestamp) {
        self.0.retain(|gone| now < forgotten(gone.at));
    }
}

/// When what was spent then is forgotten.
const fn forgotten(at: u64) -> Timestamp {
    let last = Timestamp::stored(at).plus(KEPT);
    last.plus(Duration::from_secs(1))
}
