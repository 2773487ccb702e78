//! Steady time by the docs of [`Limits`](super::Limits), written a second time for the models: from a list of readings.

const DAY: u64 = 86_400;
const SKEW: u64 = 120;

/// Every reading that was noted, and the time that passed by them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Axis(pub(crate) Vec<u64>);

/// Where the readings so far lead.
#[derive(Clone, Copy, Debug, Default)]
struct Walked {
    time: u64,
    last: u64,
    /// Whether the clock went back just now.
    back: bool,
    /// Since when it lags.
    lags: Option<u64>,
    /// How wrong it was taken to be.
    wrong_by: u64,
}

impl Walked {
    fn on(mut self, reading: u64) -> Self {
        self.back = reading + SKEW < self.last;
        let step = reading.saturating_sub(self.last);
        self.last = if self.back {
            reading
        } else {
            self.last.max(reading)
        };
        let by_a_right_clock = reading + self.wrong_by;
        if self.time <= by_a_right_clock + SKEW {
            // It is right, or has come right.
            self.time = self.time.max(by_a_right_clock);
            self.lags = None;
            return self;
        }
        let since = self.lags.unwrap_or(self.time);
        self.time += step;
        self.lags = Some(since);
        if self.time >= since + 30 * DAY {
            (self.wrong_by, self.lags) = (self.time - self.last, None);
        }
        self
    }
}

impl Axis {
    fn walked(&self) -> Walked {
        self.0.iter().copied().fold(Walked::default(), Walked::on)
    }

    /// Whether the last reading set the clock back, and how much time has passed in all.
    pub(crate) fn walk(&self) -> (bool, u64) {
        let walked = self.walked();
        (walked.back, walked.time)
    }

    pub(crate) fn time(&self) -> u64 {
        self.walked().time
    }

    pub(crate) fn and(&self, reading: u64) -> Self {
        let mut all = self.0.clone();
        all.push(reading);
        Self(all)
    }

    /// Whether the clock lags.
    pub(crate) fn lags(&self) -> bool {
        self.walked().lags.is_some()
    }

    /// The first reading that makes it that time, looked at then and not before.
    pub(crate) fn first_reading(&self, now: u64, time: u64) -> u64 {
        let walked = self.walked();
        let reaches = |reading: &u64| walked.on(*reading).time >= time;
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
        let right = (walked.time - walked.wrong_by).saturating_sub(SKEW);
        if now < right && reaches(&(right - 1)) {
            return search(now, right - 1);
        }
        search(now.max(right), now.max(right) + 400 * DAY)
    }
}
