//! Time that only goes forward, read from a clock that may jump.

use minicbor::{Decode, Encode};

use crate::time::{CLOCK_SKEW, Lifetime, Timestamp};

/// Steady time, and what was read of the clock behind it.
///
/// While the clock goes forward, steady time goes with it. A clock that is set back holds it still: from there it goes on by
/// the clock's pace, up to the highest reading. From that reading on the clock is taken to have come right, and time goes
/// with it again, once it has caught up. So a clock that goes back and comes right passes no time twice, and one that stays
/// back passes time all the same. After thirty days of that it is the earlier reading that was wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub(crate) struct Steady {
    /// The latest reading since the clock was last set back.
    #[n(0)]
    seen: u64,
    /// The steady time of it.
    #[n(1)]
    time: u64,
    /// By how much steady time is ahead of a clock that is right.
    #[n(2)]
    ahead: u64,
    /// The highest reading, while the clock is behind it; zero while it is not.
    #[n(3)]
    high: u64,
}

/// A clock that is back for so long is taken to be right.
const STAYS_BACK: u64 = Lifetime::days(30).as_seconds() as u64;

impl Steady {
    /// Notes a reading. Answers whether the clock was set back, by more than clocks of one host disagree.
    pub(crate) fn see(&mut self, now: Timestamp) -> bool {
        let (now, latest) = (now.unix(), now.plus(CLOCK_SKEW).unix());
        if self.high > 0 && latest >= self.high {
            self.high = 0;
            self.seen = now;
        } else if latest < self.seen {
            if self.high == 0 {
                self.high = self.seen;
            }
            self.seen = now;
            return true;
        }
        let passed = now.saturating_sub(self.seen);
        self.seen = self.seen.max(now);
        let right = self.seen.saturating_add(self.ahead);
        if self.high == 0 {
            self.time = self.time.max(right);
            return false;
        }
        self.time = self.time.saturating_add(passed);
        let then = self.high.saturating_add(self.ahead);
        if self.time.saturating_sub(then) >= STAYS_BACK {
            self.high = 0;
            self.ahead = self.time.saturating_sub(self.seen);
        }
        false
    }

    /// The latest reading since the clock was last set back.
    pub(crate) const fn seen(&self) -> Timestamp {
        Timestamp::stored(self.seen)
    }

    /// The steady time of the latest reading.
    pub(crate) const fn time(&self) -> u64 {
        self.time
    }

    /// What the clock will read when it is that later time, if it does not jump until then.
    pub(crate) const fn reading(&self, time: u64) -> Timestamp {
        let paced = self.seen.saturating_add(time.saturating_sub(self.time));
        let paced = Timestamp::stored(paced);
        if self.high > 0 && paced.plus(CLOCK_SKEW).unix() < self.high {
            return paced;
        }
        Timestamp::stored(time.saturating_sub(self.ahead))
    }

    /// How much steady time passes from the latest reading to `now`.
    pub(crate) fn passed(&self, now: Timestamp) -> Lifetime {
        let mut then = *self;
        then.see(now);
        let passed = then.time().saturating_sub(self.time());
        Lifetime::seconds(u32::try_from(passed).unwrap_or(u32::MAX))
    }

    /// Whether it goes by the clock as that one did: if not, what it tells must be kept.
    pub(crate) const fn goes_like(&self, before: &Self) -> bool {
        self.high == before.high && self.ahead == before.ahead
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: u64 = 1_800_000_000;
    const DAY: u64 = 86_400;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::stored(seconds)
    }

    fn begun() -> Steady {
        let mut steady = Steady::default();
        assert!(!steady.see(at(START)));
        steady
    }

    #[test]
    fn a_clock_that_comes_right_passes_no_time_twice() {
        let mut steady = begun();
        assert!(steady.see(at(START - 40 * DAY)));
        assert_eq!(steady.time(), START);
        assert!(!steady.see(at(START - 39 * DAY)));
        assert_eq!(steady.time(), START + DAY, "it goes by the clock's pace");
        assert!(!steady.see(at(START + DAY + 5)));
        assert_eq!(steady.time(), START + DAY + 5);
        assert!(!steady.see(at(START + 2 * DAY)));
        assert_eq!(steady.time(), START + 2 * DAY);
    }

    #[test]
    fn a_clock_that_stays_back_passes_time_all_the_same() {
        let mut steady = begun();
        steady.see(at(START - 3_650 * DAY));
        steady.see(at(START - 3_620 * DAY));
        assert_eq!(steady.time(), START + 30 * DAY);
        assert_eq!(
            steady.reading(START + 31 * DAY),
            at(START - 3_619 * DAY),
            "and tells when it will be then"
        );
    }

    #[test]
    fn clocks_that_disagree_by_seconds_pass_no_time_twice() {
        let mut steady = begun();
        for _ in 0..1_000 {
            assert!(!steady.see(at(START - 120)));
            assert!(!steady.see(at(START)));
        }
        assert_eq!(steady.time(), START);
    }
}
