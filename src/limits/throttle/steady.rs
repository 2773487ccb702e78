//! Time that only goes forward, read from a clock that may jump.

use crate::cbor::as_array;
use crate::time::{CLOCK_SKEW, Timestamp};
use core::time::Duration;

/// Steady time, and what was read of the clock behind it.
///
/// While the clock goes forward, steady time goes with it. A clock that is set back lags: steady time stands still then, and
/// goes on by the clock's pace. A step forward that is as large as the lag, or larger, makes up for it: the clock has come
/// right, and what the step makes up for passes no time. Smaller steps are time that passed, so a clock that stays back
/// passes time all the same. After thirty days of that it is the earlier reading that was wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Steady {
    /// The latest reading since the clock was last set back.
    seen: u64,
    /// The steady time of it.
    time: u64,
    /// By how much steady time is ahead of a clock that is right.
    ahead: u64,
    /// Since which steady time the clock lags; zero while it does not.
    since: u64,
}

as_array!(Steady {
    seen,
    time,
    ahead,
    since
});

/// A clock that is back for so long is taken to be right.
const STAYS_BACK: u64 = Duration::from_secs(30 * 86_400).as_secs();

impl Steady {
    /// The length of its bytes.
    pub(crate) const BYTES: usize = 32;

    /// Notes a reading. Returns whether the clock was set back by more than clocks of one host disagree.
    pub(crate) fn see(&mut self, now: Timestamp) -> bool {
        let (now, latest) = (now.unix(), now.plus(CLOCK_SKEW).unix());
        let went_back = latest < self.seen;
        let passed = now.saturating_sub(self.seen);
        self.seen = if went_back { now } else { self.seen.max(now) };
        if latest.saturating_add(self.ahead) >= self.time {
            self.time = self.time.max(now.saturating_add(self.ahead));
            self.since = 0;
            return went_back;
        }
        if self.since == 0 {
            self.since = self.time;
        }
        self.time = self.time.saturating_add(passed);
        if self.time.saturating_sub(self.since) >= STAYS_BACK {
            self.ahead = self.time.saturating_sub(self.seen);
            self.since = 0;
        }
        went_back
    }

    /// Returns the latest reading since the clock was last set back.
    pub(crate) const fn seen(&self) -> Timestamp {
        Timestamp::stored(self.seen)
    }

    /// Returns the steady time of the latest reading.
    pub(crate) const fn time(&self) -> u64 {
        self.time
    }

    /// Returns the reading of a right clock at that time.
    const fn right(&self, time: u64) -> Timestamp {
        Timestamp::stored(time.saturating_sub(self.ahead))
    }

    /// Returns the later of the latest reading and the reading of a right clock. A thing that is kept until a while after it is
    /// still there when the clock comes right.
    pub(crate) fn latest(&self) -> Timestamp {
        self.seen().max(self.right(self.time))
    }

    /// Returns the reading of the clock at that later time, if it does not jump until then, and is not read.
    pub(crate) const fn reading(&self, time: u64) -> Timestamp {
        let paced = self.seen.saturating_add(time.saturating_sub(self.time));
        let paced = Timestamp::stored(paced);
        let latest = paced.plus(CLOCK_SKEW).unix();
        if latest.saturating_add(self.ahead) < self.time {
            return paced;
        }
        self.right(time)
    }

    /// Returns how much steady time passes from the latest reading to `now`.
    pub(crate) fn passed(&self, now: Timestamp) -> Duration {
        let mut then = *self;
        then.see(now);
        let passed = then.time().saturating_sub(self.time());
        Duration::from_secs(u64::from(u32::try_from(passed).unwrap_or(u32::MAX)))
    }

    /// Returns whether it goes by the clock as that one did. If it does not, its answers must be kept. While the clock lags, each
    /// reading changes what makes up for the lag.
    pub(crate) const fn goes_like(&self, before: &Self) -> bool {
        self.since == before.since
            && self.ahead == before.ahead
            && (self.since == 0 || self.seen == before.seen)
    }

    /// Returns the bytes to store.
    pub(crate) fn to_bytes(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        let all = [self.seen, self.time, self.ahead, self.since].map(u64::to_be_bytes);
        bytes.copy_from_slice(all.as_flattened());
        bytes
    }

    /// Reads its bytes. `None`, if no clock ever led there.
    pub(crate) fn from_bytes(bytes: &[u8; Self::BYTES]) -> Option<Self> {
        const LATEST: u64 = u64::MAX / 4;
        let (all, _) = bytes.as_chunks();
        let mut all = all.iter().map(|each| u64::from_be_bytes(*each));
        let mut next = || all.next().filter(|time| *time <= LATEST);
        Some(Self {
            seen: next()?,
            time: next()?,
            ahead: next()?,
            since: next()?,
        })
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

    #[test]
    fn b51_a_clock_that_was_ahead_holds_no_time_still_when_it_passes_there() {
        let mut steady = begun();
        steady.see(at(START + 7 * DAY));
        assert!(steady.see(at(START)));
        for hours in 1..24 * 10 {
            steady.see(at(START + hours * 3_600));
            assert_eq!(steady.time(), START + 7 * DAY + hours * 3_600);
        }
    }

    #[test]
    fn bytes_of_it_are_read_as_they_were_written() {
        let mut steady = begun();
        for now in [START - DAY, START - DAY / 2, START + 7] {
            steady.see(at(now));
            assert_eq!(Steady::from_bytes(&steady.to_bytes()), Some(steady));
        }
        assert_eq!(Steady::from_bytes(&[0xff; 32]), None);
    }
}
