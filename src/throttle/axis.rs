//! Steady time as the docs of [`Limits`](super::Limits) tell it, written a second time for the models: from a list of readings.

const DAY: u64 = 86_400;
const SKEW: u64 = 120;

/// Every reading that was noted, and the time that passed by them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Axis(pub(crate) Vec<u64>);

impl Axis {
    /// Whether the last reading set the clock back, and how much time has passed in all.
    pub(crate) fn walk(&self) -> (bool, u64) {
        let (time, back, ..) = self.walk_all();
        (back, time)
    }

    /// Time, whether the clock went back just now, since when it lags, and how wrong it was taken to be.
    pub(crate) fn walk_all(&self) -> (u64, bool, Option<u64>, u64) {
        let (mut time, mut last, mut wrong_by, mut lags, mut back) = (0, 0, 0, None, false);
        for reading in self.0.iter().copied() {
            back = reading + SKEW < last;
            let step = reading.saturating_sub(last);
            if !back {
                last = last.max(reading);
            } else {
                last = reading;
            }
            let by_a_right_clock = reading + wrong_by;
            if time <= by_a_right_clock + SKEW {
                // It is right, or has come right.
                time = time.max(by_a_right_clock);
                lags = None;
            } else {
                let since = lags.unwrap_or(time);
                time += step;
                lags = Some(since);
                if time >= since + 30 * DAY {
                    (wrong_by, lags) = (time - last, None);
                }
            }
        }
        (time, back, lags, wrong_by)
    }

    pub(crate) fn time(&self) -> u64 {
        self.walk().1
    }

    pub(crate) fn and(&self, reading: u64) -> Self {
        let mut all = self.0.clone();
        all.push(reading);
        Self(all)
    }

    /// Whether the clock lags.
    pub(crate) fn lags(&self) -> bool {
        self.walk_all().2.is_some()
    }

    /// The first reading that makes it that time, looked at then and not before.
    pub(crate) fn first_reading(&self, now: u64, time: u64) -> u64 {
        let reaches = |reading: &u64| self.and(*reading).time() >= time;
        let search = |from: u64, to: u64| {
            let (mut from, mut to) = (from, to);
            while from < to {
                let middle = from.midpoint(to);
                if reaches(&middle) {
                    to = middle;
                } else {
                    from = middle + 1;
                }
            }
            from
        };
        // Up to the reading that counts as a clock that came right, time grows; there it falls, and grows again.
        let (paced, _, _, wrong_by) = self.walk_all();
        let right = (paced - wrong_by).saturating_sub(SKEW);
        if now < right && reaches(&(right - 1)) {
            return search(now, right - 1);
        }
        search(now.max(right), now.max(right) + 400 * DAY)
    }
}
