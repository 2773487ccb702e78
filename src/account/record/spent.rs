//! Marks of grants, transactions, approvals and pieces of evidence that have served.

use minicbor::{Decode, Decoder};
use ring::digest;

use crate::cbor::encode_by;
use crate::context::TransactionDigest;
use crate::derivation::{CARRIED_OUT, SERVED, leading};
use crate::evidence::Evidence;
use crate::time::Timestamp;
use core::time::Duration;

/// The first bytes of an id that is spent. If two ids begin alike, one of them is refused without need. None is accepted twice.
pub(crate) type Mark = [u8; 7];

/// A mark, then the second of it in five bytes.
const ENTRY: usize = 12;

/// A mark outlives every evidence that can count: a policy counts none that is older than a day. Clocks may differ.
const KEPT: Duration = Evidence::LIFETIME.saturating_add(Duration::from_secs(3_600));

/// Returns the mark of an id.
pub(crate) fn mark(id: &[u8]) -> Mark {
    leading(id)
}

/// Returns the mark of a transaction that was carried out by an action. No evidence is in it, and no interaction.
pub(crate) fn carried_out(record: &[u8; 16], action: &str, of: TransactionDigest) -> Mark {
    let mut digest = digest::Context::new(&digest::SHA256);
    digest.update(CARRIED_OUT.as_bytes());
    digest.update(record);
    digest.update(&(action.len() as u64).to_be_bytes());
    digest.update(action.as_bytes());
    digest.update(of.as_bytes());
    leading(digest.finish())
}

/// Returns the mark of a piece of evidence that has served for an action.
pub(crate) fn served(action: &str, id: &[u8; 16]) -> Mark {
    let mut digest = digest::Context::new(&digest::SHA256);
    digest.update(SERVED.as_bytes());
    digest.update(id);
    digest.update(action.as_bytes());
    leading(digest.finish())
}

/// The marks of the last day, one after another.
#[derive(Clone, Default)]
pub(crate) struct SpentMarks(Vec<u8>);

impl SpentMarks {
    /// A day has room for so many. A grant takes one for each piece that serves once, and one for its transaction.
    pub(crate) const MOST: usize = 512;

    fn entries(&self) -> &[[u8; ENTRY]] {
        let (entries, _) = self.0.as_chunks();
        entries
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn holds_any(&self, marks: &[Mark]) -> bool {
        let mut entries = self.entries().iter();
        entries.any(|entry| marks.iter().any(|mark| entry.starts_with(mark)))
    }

    /// Returns when there is room for so many more. Returns `None` if there is room now.
    pub(crate) fn release(&self, more: usize) -> Option<Timestamp> {
        let sum = self.entries().len().saturating_add(more);
        let beyond = sum.checked_sub(Self::MOST)?.checked_sub(1)?;
        let mut times: Vec<u64> = self.entries().iter().map(second).collect();
        times.sort_unstable();
        let freed = times.get(beyond).or(times.last()).copied().unwrap_or(0);
        Some(forgotten(freed))
    }

    pub(crate) fn note(&mut self, marks: &[Mark], now: Timestamp) {
        let [_, _, _, second @ ..] = now.unix().to_be_bytes();
        for mark in marks {
            self.0.extend_from_slice(mark);
            self.0.extend_from_slice(&second);
        }
    }

    /// Forgets marks that are older than any evidence can be.
    pub(crate) fn see(&mut self, now: Timestamp) {
        let is_over = |entry: &[u8; ENTRY]| forgotten(second(entry)) <= now;
        if !self.entries().iter().any(is_over) {
            return;
        }
        let kept = self.entries().iter().filter(|entry| !is_over(entry));
        self.0 = kept.flatten().copied().collect();
    }
}

encode_by!(SpentMarks, |marks, to| to.bytes(&marks.0)?.ok());

impl<'b, C> Decode<'b, C> for SpentMarks {
    fn decode(from: &mut Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        let start = from.position();
        let bytes = from.bytes()?;
        if bytes.len().checked_rem(ENTRY) != Some(0) {
            return Err(minicbor::decode::Error::message("a mark that is cut").at(start));
        }
        Ok(Self(bytes.to_vec()))
    }
}

/// Returns the second of an entry.
const fn second(entry: &[u8; ENTRY]) -> u64 {
    let [_, _, _, _, _, _, _, a, b, c, d, e] = *entry;
    u64::from_be_bytes([0, 0, 0, a, b, c, d, e])
}

/// Returns when a mark of that moment is forgotten.
const fn forgotten(at: u64) -> Timestamp {
    let last = Timestamp::stored(at).plus(KEPT);
    last.plus(Duration::from_secs(1))
}
