//! The numbers of a budget, and the chance they leave a guesser.

use crate::error::Error;
use core::time::Duration;

/// The limits of a factor: when it locks, for how long, and when it is disabled.
///
/// # Locks
///
/// Wrong tries are counted on two lanes. The lane with evidence is for interactions that hold evidence of another factor. The
/// anonymous lane is for all others. After `lock_after` wrong tries in a row on a lane, it locks for `first_wait`. Each further
/// wrong try doubles the wait, up to `longest_wait`. A lock is for its lane only.
///
/// # In a row
///
/// After `disable_after` wrong tries in a row the factor is disabled on both lanes, until rebound or
/// [unlocked](crate::Change::Unlock). This counts both lanes together, and of the anonymous lane half of `disable_after` at most,
/// rounded up. The anonymous lane closes after that half. It opens 30 days after its last wrong try. It then starts afresh, as if
/// nothing was tried on it, for locks, closure and month. The count of `disable_after` forgets nothing.
///
/// A right try on the anonymous lane ends the row of that lane. A right try on the lane with evidence ends both rows, and so opens a
/// closed anonymous lane. A lock of the anonymous lane runs to its end. A right try does not change the month.
///
/// # In a month
///
/// In any 30 days at most `per_month` wrong tries are taken on both lanes, and half of that, rounded up, on the anonymous one.
/// Tries are forgotten by periods of six days, which begin at multiples of six days since 1970. A try counts in its own
/// period and the five that follow, so for 30 to 36 days. A month that is used up ends when its count falls below the limit. That is
/// the start of a period, or the moment when the anonymous lane starts afresh.
///
/// # Recovery codes
///
/// A list of recovery codes cannot be guessed. It locks for 30 seconds at most, is never disabled, and has no month.
///
/// # When the clock jumps
///
/// - A lock ends when the clock reads its release. A clock that is set back leaves the release where it is, or cuts it to
///   `longest_wait` from there, for good. A lock that was served is over, wherever the clock goes.
/// - Month and closure go by steady time. It goes with the clock, and stands still when the clock is set back by more than
///   two minutes: the clock lags then. From there steady time goes on by the clock's pace.
/// - A step forward by the lag less two minutes, or by more, means that the clock has come right. The part that makes up for the lag
///   passes no time. A clock that lags for 30 days is taken to be right. It lags no longer then, and is no longer compared with its
///   earlier readings.
/// - A release holds for a clock that goes on from there. A clock that lags may come right before the next try
///   is taken. Then the release of a month may be later.
/// - So a clock that is set back gives no guesser a try. One that is set forward ends locks, and after 30 days a month.
/// - A clock that was ahead by some days, and is read seldom, makes a month longer by as many days, and by 30 at most.
///
/// ```
/// use countersign::limits::Limits;
/// assert_eq!(Limits::default(), Limits::nist());
/// let chance = Limits::nist().guess_chance(2, 1_000_000);
/// assert!(chance.per_lock <= 1.0 / 50_000.0);
/// assert!(chance.per_year <= 0.01);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub(super) lock_after: u8,
    pub(super) first_wait: Duration,
    pub(super) longest_wait: Duration,
    pub(super) disable_after: u8,
    pub(super) per_month: u8,
}

/// A year begins 13 stretches of 30 days.
const MONTHS: u64 = 13;

impl Limits {
    /// SP 800-63B-4 3.2.2: at most 100 wrong tries in a row.
    pub const MOST_CONSECUTIVE: u8 = 100;
    /// PCI DSS 8.3.4: at most 10 wrong tries before a lock.
    pub const MOST_BEFORE_LOCK: u8 = 10;
    /// SP 800-63B-4 3.2.2: waits begin at 30 seconds.
    pub const SHORTEST_WAIT: Duration = Duration::from_secs(30);
    /// A lock longer than 24 hours is refused: it would deny, and not delay.
    pub const LONGEST_WAIT: Duration = Duration::from_secs(24 * 3_600);
    /// More wrong tries in 30 days than this are never taken.
    pub const MOST_PER_MONTH: u8 = 200;
    /// One for each lane: one of the two is then left for the customer.
    const LEAST_OF_BOTH_LANES: u8 = 2;
    /// In the place of a number of wrong tries: none of them disables.
    const NEVER: u8 = u8::MAX;

    /// Returns the limits of SP 800-63B-4 3.2.2: a lock after 5, from 30 seconds to an hour; disabled after 100; 100 in 30 days.
    #[must_use]
    pub const fn nist() -> Self {
        Self {
            lock_after: 5,
            first_wait: Self::SHORTEST_WAIT,
            longest_wait: Duration::from_secs(3_600),
            disable_after: Self::MOST_CONSECUTIVE,
            per_month: 100,
        }
    }

    /// Returns the limits of PSD2 RTS 4(3)(b): a lock after 5, from 15 minutes to an hour; disabled after 50; 50 in 30 days.
    #[must_use]
    pub const fn psd2() -> Self {
        Self {
            lock_after: 5,
            first_wait: Duration::from_secs(15 * 60),
            longest_wait: Duration::from_secs(3_600),
            disable_after: 50,
            per_month: 50,
        }
    }

    /// Returns the limits of PCI DSS 8.3.4: a lock after 10, of 30 minutes or more; disabled after 100; 100 in 30 days.
    #[must_use]
    pub const fn pci() -> Self {
        Self {
            lock_after: Self::MOST_BEFORE_LOCK,
            first_wait: Duration::from_secs(30 * 60),
            longest_wait: Duration::from_secs(3_600),
            disable_after: Self::MOST_CONSECUTIVE,
            per_month: 100,
        }
    }

    /// Makes limits of the host's own, inside the bounds of the standards.
    ///
    /// # Errors
    /// Misuse, naming the number and its range.
    ///
    /// ```
    /// use core::time::Duration;
    /// use countersign::limits::Limits;
    /// let strict = Limits::new(3, Duration::from_secs(60), Duration::from_secs(3_600), 20, 20)?;
    /// assert_eq!(strict.lock_after(), 3);
    /// let error = Limits::new(11, Duration::from_secs(60), Duration::from_secs(3_600), 20, 20).unwrap_err();
    /// assert_eq!(error.to_string(), "lock_after: must lie between 1 and 10");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn new(
        lock_after: u8,
        first_wait: Duration,
        longest_wait: Duration,
        disable_after: u8,
        per_month: u8,
    ) -> Result<Self, Error> {
        if !(1..=Self::MOST_BEFORE_LOCK).contains(&lock_after) {
            return Err(Error::misuse("lock_after", "must lie between 1 and 10"));
        }
        if first_wait < Self::SHORTEST_WAIT
            || first_wait > longest_wait
            || longest_wait > Self::LONGEST_WAIT
        {
            return Err(Error::misuse(
                "waits",
                "must grow from 30 seconds or more to 24 hours or less",
            ));
        }
        // Half of each, rounded up, is the anonymous lane's: of a single try nothing would be left for the known one.
        let least = lock_after.max(Self::LEAST_OF_BOTH_LANES);
        if disable_after < least || disable_after > Self::MOST_CONSECUTIVE {
            return Err(Error::misuse(
                "disable_after",
                "must lie between lock_after and 100, and be 2 or more",
            ));
        }
        if per_month < least || per_month > Self::MOST_PER_MONTH {
            return Err(Error::misuse(
                "per_month",
                "must lie between lock_after and 200, and be 2 or more",
            ));
        }
        Ok(Self {
            lock_after,
            first_wait,
            longest_wait,
            disable_after,
            per_month,
        })
    }

    /// Sets the limits for secrets of 64 bits or more, which cannot be guessed. Each lock lasts 30 seconds. Nothing disables them, and
    /// there is no month: either would only let attackers lock the customer out.
    pub(crate) const fn never_disabling(self) -> Self {
        Self {
            first_wait: Self::SHORTEST_WAIT,
            longest_wait: Self::SHORTEST_WAIT,
            disable_after: Self::NEVER,
            ..self
        }
    }

    /// Disables after so many wrong tries, if not earlier, and locks before that.
    pub(crate) const fn disabling_after(self, most: u8) -> Self {
        if self.disable_after <= most {
            return self;
        }
        Self {
            disable_after: most,
            ..self
        }
    }

    /// Returns how many wrong tries in a row close the anonymous lane: half of `disable_after`. The rest is for the lane with evidence.
    pub(super) const fn half(&self) -> u8 {
        self.disable_after.div_ceil(2)
    }

    pub(super) const fn is_never_disabling(&self) -> bool {
        self.disable_after == Self::NEVER
    }

    /// Returns the wrong tries in a row before the first lock.
    #[must_use]
    pub const fn lock_after(&self) -> u8 {
        self.lock_after
    }

    /// Returns how long the first lock lasts.
    #[must_use]
    pub const fn first_wait(&self) -> Duration {
        self.first_wait
    }

    /// Returns the chance of an attacker who only guesses, where `accepted` of `space` equally likely codes are right at
    /// once: for a TOTP window of two steps, 2 of 1,000,000, times the authenticators of the factor.
    ///
    /// ```
    /// let chance = countersign::limits::Limits::nist().guess_chance(1, 100_000_000);
    /// assert!(chance.per_disabling <= 1e-6);
    /// ```
    #[must_use]
    pub fn guess_chance(&self, accepted: u32, space: u64) -> GuessChance {
        // The union bound; exact where no guess is made twice. `u64` to `f64` loses nothing below 2^53.
        #[expect(clippy::cast_precision_loss, reason = "a chance needs no 53 bits")]
        let each = f64::from(accepted) / (space.max(1) as f64);
        let chance = |guesses: u32| (f64::from(guesses) * each).min(1.0);
        GuessChance {
            per_lock: chance(u32::from(self.lock_after)),
            per_disabling: chance(u32::from(self.disable_after)),
            per_year: chance(self.guesses_per_year()),
        }
    }

    /// Returns these limits with as few tries as keep the bounds of guessing: 1 in 50,000 per lock, and 1 % per year (exact, in
    /// integers). Returns `None` if no number of tries does.
    ///
    /// Several authenticators share a budget. Each gives how many codes are right, of how many.
    pub(crate) fn within_bounds(&self, all: impl Iterator<Item = (u32, u64)>) -> Option<Self> {
        /// The code space of eight digits, which that of fewer divides; in larger ones it errs on the safe side.
        const SPACE: u64 = 100_000_000;
        let right = all.fold(0_u64, |sum, (right, space)| {
            let scaled = u64::from(right).saturating_mul(SPACE);
            sum.saturating_add(scaled.div_ceil(space.max(1)))
        });
        let most = |one_in: u64| {
            let most = SPACE.checked_div(right.saturating_mul(one_in));
            most.map_or(u8::MAX, |most| u8::try_from(most).unwrap_or(u8::MAX))
        };
        let per_year = GuessChance::ONE_IN_PER_YEAR.saturating_mul(MONTHS);
        let lock_after = self.lock_after.min(most(GuessChance::ONE_IN_PER_LOCK));
        let per_month = self.per_month.min(most(per_year));
        let least = lock_after.max(Self::LEAST_OF_BOTH_LANES);
        (lock_after > 0 && per_month >= least).then_some(Self {
            lock_after,
            per_month,
            ..*self
        })
    }

    fn guesses_per_year(&self) -> u32 {
        u32::from(self.per_month).saturating_mul(u32::try_from(MONTHS).unwrap_or(u32::MAX))
    }

    /// Returns the wait after the `run`th wrong try in a row, if that locks.
    pub(super) fn wait(&self, run: u8) -> Option<Duration> {
        let doublings = run.checked_sub(self.lock_after)?;
        let factor = 1_u32.checked_shl(u32::from(doublings)).unwrap_or(u32::MAX);
        Some(
            self.first_wait
                .saturating_mul(factor)
                .min(self.longest_wait),
        )
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::nist()
    }
}

/// The chances that limits leave a guesser, between 0 and 1. See [`Limits::guess_chance`].
///
/// ```
/// let chance = countersign::limits::Limits::psd2().guess_chance(2, 1_000_000);
/// assert_eq!(format!("{:.6} {:.4} {:.4}", chance.per_lock, chance.per_disabling, chance.per_year), "0.000010 0.0001 0.0013");
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct GuessChance {
    /// Until the factor locks for the first time.
    pub per_lock: f64,
    /// Until the factor is disabled.
    pub per_disabling: f64,
    /// In a year of guessing as often as the 30-day cap allows.
    pub per_year: f64,
}

impl GuessChance {
    /// A factor is refused if guessing succeeds more often than once in this many locks.
    pub const ONE_IN_PER_LOCK: u64 = 50_000;
    /// A factor is refused if guessing succeeds more often than once in this many years.
    pub const ONE_IN_PER_YEAR: u64 = 100;
}
