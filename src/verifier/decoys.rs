//! How many decoys this process keeps in the store, so that asking for many names cannot fill it.

use std::collections::BTreeMap;

use crate::limits::throttle::Steady;
use crate::time::Timestamp;

/// Counts the decoys that this process stored: those of this minute, and those whose time is not over.
#[derive(Default)]
pub(super) struct StoredDecoys {
    /// Minutes go by steady time: threads that disagree about the present one do not begin it again and again.
    clock: Steady,
    in_minute: u16,
    /// By the day on which they may be dropped.
    by_day: BTreeMap<u64, u32>,
}

/// The counts that a write has changed, to take it back.
#[derive(Clone, Copy, Default)]
pub(super) struct Counted {
    minute: Option<u64>,
    /// The days between which it moved.
    from: Option<u64>,
    to: Option<u64>,
}

impl StoredDecoys {
    /// At most this many decoys are stored in a minute; above it unknown subjects are denied without a trace.
    const PER_MINUTE: u16 = 600;
    const DAY: u64 = 86_400;

    /// Whether there is room for one more decoy: in this minute, and below `limit`.
    pub(super) fn has_room(&self, now: Timestamp, limit: u32) -> bool {
        let in_minute = if Self::minute(&self.seen(now)) == Self::minute(&self.clock) {
            self.in_minute
        } else {
            0
        };
        in_minute < Self::PER_MINUTE && self.alive(now) < limit
    }

    /// Counts one decoy that is stored now, and may be dropped then.
    pub(super) fn count(&mut self, now: Timestamp, until: Timestamp) -> Counted {
        let clock = self.seen(now);
        if Self::minute(&self.clock) != Self::minute(&clock) {
            self.in_minute = 0;
        }
        self.clock = clock;
        self.in_minute = self.in_minute.saturating_add(1);
        let to = Self::day(until);
        self.add(to);
        Counted {
            minute: Some(Self::minute(&clock)),
            from: None,
            to: Some(to),
        }
    }

    /// Counts a decoy that is written again on the day on which it may be dropped now, wherever it was first stored.
    pub(super) fn written_again(&mut self, before: Timestamp, until: Timestamp) -> Counted {
        let (before, to) = (Self::day(before), Self::day(until));
        if before >= to {
            return Counted::default();
        }
        let from = self.take(before).then_some(before);
        self.add(to);
        Counted {
            minute: None,
            from,
            to: Some(to),
        }
    }

    /// Takes a count back. Another writer was faster, so nothing was written.
    pub(super) fn take_back(&mut self, counted: Counted) {
        if counted.minute == Some(Self::minute(&self.clock)) {
            self.in_minute = self.in_minute.saturating_sub(1);
        }
        if let Some(to) = counted.to {
            self.take(to);
        }
        if let Some(from) = counted.from {
            self.add(from);
        }
    }

    fn add(&mut self, day: u64) {
        let count = self.by_day.entry(day).or_default();
        *count = count.saturating_add(1);
    }

    /// Returns whether there was one to take.
    fn take(&mut self, day: u64) -> bool {
        let count = self.by_day.get_mut(&day);
        let Some(count) = count.filter(|count| **count > 0) else {
            return false;
        };
        *count = count.saturating_sub(1);
        true
    }

    /// Counts the decoys whose time is not over. One counts until its last day is over.
    pub(super) fn alive(&self, now: Timestamp) -> u32 {
        let ahead = self.by_day.range(Self::day(now)..);
        ahead.fold(0, |all, (_, count)| all.saturating_add(*count))
    }

    /// Forgets the decoys that a purge at this moment dropped.
    pub(super) fn purged(&mut self, now: Timestamp) {
        self.by_day = self.by_day.split_off(&Self::day(now));
    }

    fn seen(&self, now: Timestamp) -> Steady {
        let mut clock = self.clock;
        clock.see(now);
        clock
    }

    const fn minute(clock: &Steady) -> u64 {
        clock.time() / 60
    }

    const fn day(moment: Timestamp) -> u64 {
        moment.unix() / Self::DAY
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::draft::Opened;

    fn at(unix: i64) -> Timestamp {
        Timestamp::from_unix(unix).unwrap()
    }

    /// As many as are stored when 1,000 names are asked for, in each of so many minutes from a moment on.
    fn stored(decoys: &mut StoredDecoys, from: i64, minutes: i64, limit: u32) -> u32 {
        let moments = (0..minutes).map(|minute| at(from + 60 * minute));
        let each = moments.flat_map(|now| std::iter::repeat_n(now, 1_000));
        let stores = |now: &Timestamp| {
            let stores = decoys.has_room(*now, limit);
            if stores {
                let _ = decoys.count(*now, now.plus(Opened::DECOY_LIFETIME));
            }
            stores
        };
        u32::try_from(each.filter(stores).count()).unwrap()
    }

    #[test]
    fn b49_decoys_are_counted_by_the_minute_and_as_long_as_they_live() {
        const NOW: i64 = 1_800_000_000;
        const DAY: i64 = 86_400;
        let mut decoys = StoredDecoys::default();
        assert_eq!(stored(&mut decoys, NOW, 1, 2_000), 600, "in a minute");
        assert_eq!(stored(&mut decoys, NOW + 60, 10, 2_000), 1_400, "in all");
        assert_eq!(stored(&mut decoys, NOW + 29 * DAY, 10, 2_000), 0);
        assert_eq!(stored(&mut decoys, NOW + 31 * DAY, 10, 2_000), 2_000);
        // A purge forgets what is over, and nothing else. Turning the clock back makes no room.
        decoys.purged(at(NOW + 31 * DAY));
        assert_eq!(decoys.by_day.len(), 1);
        for day in [0, 30, 31, 60] {
            assert_eq!(stored(&mut decoys, NOW + day * DAY, 1, 2_000), 0, "{day}");
        }
        assert_eq!(stored(&mut decoys, NOW + 62 * DAY, 1, 1), 1);
    }

    #[test]
    fn b49_a_decoy_that_is_asked_for_again_counts_as_long() {
        const NOW: i64 = 1_800_000_000;
        const DAY: i64 = 86_400;
        let mut decoys = StoredDecoys::default();
        assert_eq!(stored(&mut decoys, NOW, 1, 10), 10);
        let until = at(NOW).plus(Opened::DECOY_LIFETIME);
        for _ in 0..10 {
            let _ = decoys.written_again(until, at(NOW + 50 * DAY));
        }
        assert_eq!(stored(&mut decoys, NOW + 45 * DAY, 1, 10), 0);
        assert_eq!(stored(&mut decoys, NOW + 51 * DAY, 1, 10), 10);
        assert_eq!(stored(&mut StoredDecoys::default(), NOW, 2, 0), 0);
    }

    #[test]
    fn b49_a_count_is_taken_back_whole() {
        const NOW: i64 = 1_800_000_000;
        const DAY: i64 = 86_400;
        let mut decoys = StoredDecoys::default();
        assert_eq!(stored(&mut decoys, NOW, 1, 7), 7);
        let (before, days) = (decoys.in_minute, decoys.by_day.clone());
        let until = at(NOW).plus(Opened::DECOY_LIFETIME);
        // One of this process moves. Of one that another process stored, nothing is counted before.
        for counted in [
            decoys.count(at(NOW), until),
            decoys.written_again(until, at(NOW + 50 * DAY)),
            decoys.written_again(at(NOW + 40 * DAY), at(NOW + 50 * DAY)),
            decoys.written_again(until, until),
        ] {
            decoys.take_back(counted);
        }
        decoys.by_day.retain(|_, count| *count > 0);
        assert_eq!((decoys.in_minute, &decoys.by_day), (before, &days));
        // The minute is over.
        let counted = decoys.count(at(NOW), until);
        assert_eq!(stored(&mut decoys, NOW + 60, 1, 10), 2);
        decoys.take_back(counted);
        assert_eq!(decoys.in_minute, 2);
    }

    #[test]
    fn b51_a_minute_that_was_over_does_not_begin_again() {
        const NOW: i64 = 1_800_000_000;
        let mut decoys = StoredDecoys::default();
        let mut all = 0;
        // Two threads at the turn of a minute, and a clock that goes back and comes right.
        for now in [59, 60, 59, 60, 59, 60, -3_600, 60, -40 * 86_400, 60] {
            all += stored(&mut decoys, NOW + now, 1, 10_000);
        }
        assert_eq!(all, 1_200, "of two minutes");
    }
}
