//! How many wrong guesses a factor takes: locks that grow, two lanes, a cap for each month, and what that leaves a guesser.
//!
//! A budget belongs to one subject and one factor, so it outlives codes, challenges and enrolments (pitfalls B7, B8), and
//! locks that factor only (B10). The two [`Lane`]s keep a stranger from locking the customer out (B9, B39).

use minicbor::{Decode, Encode};

use crate::error::Error;
use crate::time::{Lifetime, Timestamp};

/// The limits of a factor: when it locks, for how long, and when it is disabled.
///
/// After `lock_after` wrong tries in a row a lane locks for `first_wait`; then each wrong try doubles the wait, up to
/// `longest_wait`. After `disable_after` wrong tries without a right one the factor is disabled, until it is bound
/// anew. In any 30 days at most `per_month` wrong tries are taken, whatever succeeds in between.
///
/// ```
/// use countersign::Limits;
/// assert_eq!(Limits::default(), Limits::nist());
/// let chance = Limits::nist().guess_chance(2, 1_000_000);
/// assert!(chance.per_lock <= 1.0 / 50_000.0);
/// assert!(chance.per_year <= 0.01);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    lock_after: u8,
    first_wait: Lifetime,
    longest_wait: Lifetime,
    disable_after: u8,
    per_month: u8,
}

impl Limits {
    /// SP 800-63B-4 3.2.2: at most 100 wrong tries in a row.
    pub const MOST_CONSECUTIVE: u8 = 100;
    /// PCI DSS 8.3.4: at most 10 wrong tries before a lock.
    pub const MOST_BEFORE_LOCK: u8 = 10;
    /// SP 800-63B-4 3.2.2: waits begin at 30 seconds.
    pub const SHORTEST_WAIT: Lifetime = Lifetime::seconds(30);
    /// A longer lock is no delay but a denial.
    pub const LONGEST_WAIT: Lifetime = Lifetime::hours(24);
    /// More wrong tries in 30 days than this are never taken.
    pub const MOST_PER_MONTH: u8 = 200;
    /// In the place of a number of wrong tries: none of them disables.
    const NEVER: u8 = u8::MAX;

    /// SP 800-63B-4 3.2.2: a lock after 5, from 30 seconds to an hour; disabled after 100; 100 in 30 days.
    ///
    /// ```
    /// assert_eq!(countersign::Limits::nist().lock_after(), 5);
    /// ```
    #[must_use]
    pub const fn nist() -> Self {
        Self {
            lock_after: 5,
            first_wait: Self::SHORTEST_WAIT,
            longest_wait: Lifetime::hours(1),
            disable_after: Self::MOST_CONSECUTIVE,
            per_month: 100,
        }
    }

    /// PSD2 RTS 4(3)(b): a lock after 5, from 15 minutes to an hour; disabled after 50; 50 in 30 days.
    ///
    /// ```
    /// assert_eq!(countersign::Limits::psd2().lock_after(), 5);
    /// ```
    #[must_use]
    pub const fn psd2() -> Self {
        Self {
            lock_after: 5,
            first_wait: Lifetime::minutes(15),
            longest_wait: Lifetime::hours(1),
            disable_after: 50,
            per_month: 50,
        }
    }

    /// PCI DSS 8.3.4: a lock after 10, of 30 minutes or more; disabled after 100; 100 in 30 days.
    ///
    /// ```
    /// assert_eq!(countersign::Limits::pci().first_wait(), countersign::Lifetime::minutes(30));
    /// ```
    #[must_use]
    pub const fn pci() -> Self {
        Self {
            lock_after: Self::MOST_BEFORE_LOCK,
            first_wait: Lifetime::minutes(30),
            longest_wait: Lifetime::hours(1),
            disable_after: Self::MOST_CONSECUTIVE,
            per_month: 100,
        }
    }

    /// Limits of the host's own, inside what the standards allow.
    ///
    /// # Errors
    /// Misuse, naming the number and its range.
    ///
    /// ```
    /// use countersign::{Lifetime, Limits};
    /// let strict = Limits::new(3, Lifetime::minutes(1), Lifetime::hours(1), 20, 20)?;
    /// assert_eq!(strict.lock_after(), 3);
    /// let error = Limits::new(11, Lifetime::minutes(1), Lifetime::hours(1), 20, 20).unwrap_err();
    /// assert_eq!(error.to_string(), "lock_after: must lie between 1 and 10");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn new(
        lock_after: u8,
        first_wait: Lifetime,
        longest_wait: Lifetime,
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
        if disable_after < lock_after || disable_after > Self::MOST_CONSECUTIVE {
            return Err(Error::misuse(
                "disable_after",
                "must lie between lock_after and 100",
            ));
        }
        if per_month < lock_after || per_month > Self::MOST_PER_MONTH {
            return Err(Error::misuse(
                "per_month",
                "must lie between lock_after and 200",
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

    /// The same, for secrets of 64 bits or more: wrong tries lock them, and never disable them; nor does a month's cap keep them
    /// shut, which would give strangers a way to, and nobody else anything.
    pub(crate) const fn never_disabling(self) -> Self {
        Self {
            disable_after: Self::NEVER,
            ..self
        }
    }

    /// The same, disabling after so many wrong tries, if it would not earlier; and locking before that.
    pub(crate) const fn disabling_after(self, most: u8) -> Self {
        if self.disable_after <= most {
            return self;
        }
        Self {
            disable_after: most,
            ..self
        }
    }

    const fn is_never_disabling(&self) -> bool {
        self.disable_after == Self::NEVER
    }

    /// Wrong tries in a row before the first lock.
    ///
    /// ```
    /// assert_eq!(countersign::Limits::pci().lock_after(), 10);
    /// ```
    #[must_use]
    pub const fn lock_after(&self) -> u8 {
        self.lock_after
    }

    /// How long the first lock lasts.
    ///
    /// ```
    /// assert_eq!(countersign::Limits::nist().first_wait(), countersign::Lifetime::seconds(30));
    /// ```
    #[must_use]
    pub const fn first_wait(&self) -> Lifetime {
        self.first_wait
    }

    /// What these limits leave somebody who only guesses, where `accepted` of `space` equally likely codes are right at
    /// once (a TOTP window of two steps: 2 of 1,000,000, times the authenticators of the factor).
    ///
    /// ```
    /// let chance = countersign::Limits::nist().guess_chance(1, 100_000_000);
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

    /// Whether guessing is worse than 1 in 50,000 per lock or 1 % per year (exact, in integers).
    pub(crate) fn is_worse_than_bounds(&self, accepted: u32, space: u64) -> bool {
        let right = |guesses: u32, scale: u64| {
            u64::from(guesses)
                .saturating_mul(u64::from(accepted))
                .saturating_mul(scale)
                > space
        };
        right(u32::from(self.lock_after), GuessChance::ONE_IN_PER_LOCK)
            || right(self.guesses_per_year(), GuessChance::ONE_IN_PER_YEAR)
    }

    /// The same for several authenticators that share a budget: for each, how many codes of how many are right.
    pub(crate) fn are_worse_than_bounds(&self, all: impl Iterator<Item = (u32, u64)>) -> bool {
        /// The code space of eight digits, which that of fewer divides; in larger ones it errs on the safe side.
        const SPACE: u64 = 100_000_000;
        let right = all.fold(0_u64, |sum, (right, space)| {
            let scaled = u64::from(right).saturating_mul(SPACE);
            sum.saturating_add(scaled.div_ceil(space.max(1)))
        });
        self.is_worse_than_bounds(u32::try_from(right).unwrap_or(u32::MAX), SPACE)
    }

    fn guesses_per_year(&self) -> u32 {
        /// A year begins 13 stretches of 30 days.
        const MONTHS: u32 = 13;
        MONTHS.saturating_mul(u32::from(self.per_month))
    }

    /// The wait after the `run`th wrong try in a row, if that locks.
    fn wait(&self, run: u8) -> Option<Lifetime> {
        let doublings = run.checked_sub(self.lock_after)?;
        let factor = 1_u32.checked_shl(u32::from(doublings)).unwrap_or(u32::MAX);
        Some(
            Lifetime::seconds(self.first_wait.as_seconds().saturating_mul(factor))
                .min(self.longest_wait),
        )
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::nist()
    }
}

/// What limits leave a guesser: chances between 0 and 1. See [`Limits::guess_chance`].
///
/// ```
/// let chance = countersign::Limits::psd2().guess_chance(2, 1_000_000);
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
    /// A factor is refused where guessing succeeds more often than once in this many locks.
    pub const ONE_IN_PER_LOCK: u64 = 50_000;
    /// A factor is refused where guessing succeeds more often than once in this many years.
    pub const ONE_IN_PER_YEAR: u64 = 100;
}

/// Who is guessing, as far as can be told before the guess is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    /// The interaction already holds evidence of another factor.
    Known,
    /// Anybody.
    Open,
}

/// Whether a try is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    Go,
    /// Not before then.
    Until(Timestamp),
    /// Not by waiting: the open lane is closed, or the factor disabled.
    Closed,
}

/// A try that was charged, to give the charge back if it turns out right.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Charge {
    lane: Lane,
    period: u32,
    /// `until` and `clamp` of the count, before and after.
    before: (u64, u64),
    after: (u64, u64),
    /// Whether this very charge disabled the factor.
    disables: bool,
}

/// The count of wrong tries of one factor of one subject.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub(crate) struct Throttle {
    #[n(0)]
    known: Count,
    #[n(1)]
    open: Count,
    /// The newest of the periods that the monthly counts cover.
    #[n(2)]
    period: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
struct Count {
    /// Wrong tries since the last right one.
    #[n(0)]
    run: u8,
    /// Locked until that second; zero for not locked.
    #[n(1)]
    until: u64,
    /// Wrong tries by period, the newest first.
    #[cbor(n(2), with = "minicbor::bytes")]
    periods: [u8; PERIODS],
    /// Where `until` lies further ahead than any lock can reach, because the clock was set back: locked until that
    /// second instead. Zero while the clock is plausible.
    #[n(3)]
    clamp: u64,
}

impl Count {
    /// Until when this count is locked, by a clock that may have been set back. Then the lock is no longer than the
    /// rule's longest wait from the present clock; should the clock come right again, the lock it told stands.
    fn locked_until(&mut self, now: Timestamp, longest: Lifetime) -> u64 {
        let bound = now.plus(longest).unix();
        if self.until <= bound {
            self.clamp = 0;
            return self.until;
        }
        self.clamp = if self.clamp == 0 {
            bound
        } else {
            self.clamp.min(bound)
        };
        self.clamp
    }
}

/// Thirty days are counted in periods of six, the present one and five whole ones before it.
const PERIODS: usize = 6;
const PERIOD: Lifetime = Lifetime::days(6);

impl Throttle {
    /// Whether a try on this lane is taken now. While it is not, nothing may be compared (pitfall B11).
    pub(crate) fn admit(&mut self, lane: Lane, now: Timestamp, limits: &Limits) -> Admission {
        self.move_to(now);
        // Half the cap at most on the open lane, so that what is left of it is the known lane's.
        let half = limits.disable_after.div_ceil(2);
        let closed = lane == Lane::Open && self.open.run >= half && !limits.is_never_disabling();
        if closed || self.is_disabled(limits) {
            return Admission::Closed;
        }
        match self.admit_binding(lane, now, limits) {
            Admission::Go if limits.is_never_disabling() => Admission::Go,
            Admission::Go => self
                .month_release(lane, limits)
                .map_or(Admission::Go, Admission::Until),
            locked => locked,
        }
    }

    /// As [`admit`](Self::admit), for the code that binds an authenticator anew: that is what opens a closed lane, and
    /// what the month's cap does not keep out. Whoever binds one knows its secret, so there is nothing to guess.
    pub(crate) fn admit_binding(
        &mut self,
        lane: Lane,
        now: Timestamp,
        limits: &Limits,
    ) -> Admission {
        self.move_to(now);
        let locked_until = self.count(lane).locked_until(now, limits.longest_wait);
        if locked_until > now.unix() {
            Admission::Until(Timestamp::stored(locked_until))
        } else {
            Admission::Go
        }
    }

    /// Counts a try as wrong, before or after it was found so.
    pub(crate) fn charge(&mut self, lane: Lane, now: Timestamp, limits: &Limits) -> Charge {
        self.move_to(now);
        let period = self.period;
        let count = self.count(lane);
        let before = (count.until, count.clamp);
        count.run = count.run.saturating_add(1);
        if let Some(wait) = limits.wait(count.run) {
            let until = now.plus(wait).unix();
            if count.locked_until(now, limits.longest_wait) == count.until {
                count.until = count.until.max(until);
            } else {
                count.clamp = until;
            }
        }
        if let Some(newest) = count.periods.first_mut() {
            *newest = newest.saturating_add(1);
        }
        let after = (count.until, count.clamp);
        let disables = self.is_disabled(limits);
        Charge {
            lane,
            period,
            before,
            after,
            disables,
        }
    }

    /// A right try: the run ends (SP 800-63B-4 3.2.2), the month's count stands (pitfall B37).
    pub(crate) fn succeed(&mut self, lane: Lane) {
        self.count(lane).run = 0;
        if lane == Lane::Known {
            // Whoever got here by other evidence and was right is the customer: the closed lane opens. Its lock runs out.
            self.open.run = 0;
        }
    }

    /// A charged try that turned out right.
    pub(crate) fn refund(&mut self, charge: &Charge) {
        let age = usize::try_from(self.period.saturating_sub(charge.period)).unwrap_or(PERIODS);
        let count = self.count(charge.lane);
        if let Some(period) = count.periods.get_mut(age) {
            *period = period.saturating_sub(1);
        }
        // The lock that this very charge set is lifted with it; one that a later charge set stands, and so does an
        // earlier one, should the clock be set back to it.
        if (count.until, count.clamp) == charge.after {
            (count.until, count.clamp) = charge.before;
        }
        self.succeed(charge.lane);
    }

    /// Whether the factor was disabled by other tries, after this charge.
    pub(crate) fn closed_after(&self, charge: &Charge, limits: &Limits) -> bool {
        self.is_disabled(limits) && !charge.disables
    }

    /// After how many more wrong tries this lane closes, if ever.
    pub(crate) fn tries_left(&self, lane: Lane, limits: &Limits) -> Option<u8> {
        if limits.is_never_disabling() {
            return None;
        }
        let all = limits
            .disable_after
            .saturating_sub(self.known.run.saturating_add(self.open.run));
        let open = limits
            .disable_after
            .div_ceil(2)
            .saturating_sub(self.open.run);
        Some(match lane {
            Lane::Known => all,
            Lane::Open => all.min(open),
        })
    }

    /// Whether both lanes are closed until something is bound anew.
    pub(crate) fn is_disabled(&self, limits: &Limits) -> bool {
        !limits.is_never_disabling()
            && self.known.run.saturating_add(self.open.run) >= limits.disable_after
    }

    /// The factor was bound anew: what was disabled or closed counts again; locks and the month's count stand.
    pub(crate) fn bind_anew(&mut self, limits: &Limits) {
        if self.known.run.saturating_add(self.open.run) >= limits.disable_after.div_ceil(2) {
            self.known.run = 0;
            self.open.run = 0;
        }
    }

    /// Until when this lane is locked at `now`, without changing anything.
    pub(crate) fn peek(&self, lane: Lane, now: Timestamp, limits: &Limits) -> Admission {
        self.clone().admit(lane, now, limits)
    }

    fn count(&mut self, lane: Lane) -> &mut Count {
        match lane {
            Lane::Known => &mut self.known,
            Lane::Open => &mut self.open,
        }
    }

    /// When the month's caps next let a try through, if they do not now.
    fn month_release(&self, lane: Lane, limits: &Limits) -> Option<Timestamp> {
        let whole = u32::from(limits.per_month);
        let all = self.release_of(&[&self.known, &self.open], whole);
        match lane {
            Lane::Known => all,
            // The open lane has half of the month, so that it cannot use up the known one's.
            Lane::Open => all.max(self.release_of(&[&self.open], whole.div_ceil(2))),
        }
    }

    /// When these counts together are next below a cap, if they are not now.
    fn release_of(&self, counts: &[&Count], cap: u32) -> Option<Timestamp> {
        let left = |drop: usize| {
            let keep = PERIODS.saturating_sub(drop);
            let kept = counts
                .iter()
                .flat_map(|count| count.periods.iter().take(keep));
            kept.map(|count| u32::from(*count)).sum::<u32>()
        };
        if left(0) < cap {
            return None;
        }
        let drop = (1..=PERIODS)
            .find(|drop| left(*drop) < cap)
            .unwrap_or(PERIODS);
        let periods = u64::from(self.period).saturating_add(u64::try_from(drop).unwrap_or(1));
        Some(Timestamp::stored(
            periods.saturating_mul(u64::from(PERIOD.as_seconds())),
        ))
    }

    /// Lets old periods go. Time that runs backwards gives nothing back: what was counted stays counted, and for at
    /// most one period longer than by a steady clock.
    fn move_to(&mut self, now: Timestamp) {
        let present = now
            .unix()
            .checked_div(u64::from(PERIOD.as_seconds()))
            .unwrap_or(0);
        let present = u32::try_from(present).unwrap_or(u32::MAX);
        let passed = usize::try_from(present.saturating_sub(self.period))
            .unwrap_or(PERIODS)
            .min(PERIODS);
        for count in [&mut self.known, &mut self.open] {
            count.periods.rotate_right(passed);
            count
                .periods
                .iter_mut()
                .take(passed)
                .for_each(|period| *period = 0);
        }
        self.period = self.period.clamp(present, present.saturating_add(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::stored(1_800_000_000 + seconds)
    }

    const DAY: u64 = 86_400;

    /// Fails `count` times on `lane`, each as soon as it is let; answers when the last was let.
    fn fail(
        throttle: &mut Throttle,
        lane: Lane,
        count: u8,
        mut now: Timestamp,
        limits: &Limits,
    ) -> Timestamp {
        for _ in 0..count {
            match throttle.admit(lane, now, limits) {
                Admission::Go => {}
                Admission::Until(release) => {
                    now = release;
                    assert_eq!(throttle.admit(lane, now, limits), Admission::Go);
                }
                Admission::Closed => panic!("closed"),
            }
            throttle.charge(lane, now, limits);
        }
        now
    }

    #[test]
    fn n13_locks_grow_from_30_seconds_to_an_hour_with_one_try_between() {
        let limits = Limits::nist();
        let mut throttle = Throttle::default();
        fail(&mut throttle, Lane::Open, 4, at(0), &limits);
        assert_eq!(throttle.admit(Lane::Open, at(0), &limits), Admission::Go);
        let mut now = at(0);
        let mut waits = Vec::new();
        for _ in 0..9 {
            throttle.charge(Lane::Open, now, &limits);
            let Admission::Until(release) = throttle.admit(Lane::Open, now, &limits) else {
                panic!("no lock")
            };
            assert_eq!(
                throttle.admit(Lane::Open, Timestamp::stored(release.unix() - 1), &limits),
                Admission::Until(release)
            );
            waits.push(release.unix() - now.unix());
            now = release;
        }
        assert_eq!(waits, [30, 60, 120, 240, 480, 960, 1_920, 3_600, 3_600]);
    }

    #[test]
    fn p7_pci_locks_after_ten_for_half_an_hour() {
        let limits = Limits::pci();
        let mut throttle = Throttle::default();
        fail(&mut throttle, Lane::Open, 10, at(0), &limits);
        assert_eq!(
            throttle.admit(Lane::Open, at(0), &limits),
            Admission::Until(at(1_800))
        );
    }

    #[test]
    fn b39_the_open_lane_closes_at_half_and_leaves_the_known_lane_alone() {
        let limits = Limits::new(5, Limits::SHORTEST_WAIT, Lifetime::hours(1), 100, 200).unwrap();
        let mut throttle = Throttle::default();
        let now = fail(&mut throttle, Lane::Open, 50, at(0), &limits);
        assert_eq!(throttle.admit(Lane::Open, now, &limits), Admission::Closed);
        assert_eq!(throttle.admit(Lane::Known, now, &limits), Admission::Go);
        throttle.succeed(Lane::Known);
        assert_ne!(
            throttle.admit(Lane::Open, now, &limits),
            Admission::Closed,
            "a success on the known lane opens it"
        );
    }

    #[test]
    fn n12_a_hundred_in_sum_disable_until_bound_anew() {
        let limits = Limits::new(5, Limits::SHORTEST_WAIT, Lifetime::hours(1), 100, 200).unwrap();
        let mut throttle = Throttle::default();
        let now = fail(&mut throttle, Lane::Open, 50, at(0), &limits);
        let now = fail(&mut throttle, Lane::Known, 50, now, &limits);
        for lane in [Lane::Known, Lane::Open] {
            assert_eq!(
                throttle.admit(lane, Timestamp::MAX, &limits),
                Admission::Closed
            );
        }
        throttle.bind_anew(&limits);
        assert!(
            matches!(
                throttle.admit(Lane::Known, now, &limits),
                Admission::Until(_)
            ),
            "the lock stands"
        );
    }

    #[test]
    fn b37_the_month_caps_guesses_that_daily_successes_hide() {
        let limits = Limits::nist();
        let mut throttle = Throttle::default();
        let mut taken = 0;
        for day in 0..365 {
            // The customer signs in every morning; the guesser tries four a day, never reaching a lock.
            throttle.succeed(Lane::Known);
            throttle.succeed(Lane::Open);
            for _ in 0..4 {
                if throttle.admit(Lane::Open, at(day * DAY), &limits) == Admission::Go {
                    throttle.charge(Lane::Open, at(day * DAY), &limits);
                    taken += 1;
                }
            }
        }
        assert!(taken <= 13 * 50, "{taken} guesses in a year");
        assert_eq!(
            throttle.admit(Lane::Known, at(365 * DAY), &limits),
            Admission::Go,
            "the customer is not shut out"
        );
    }

    #[test]
    fn the_month_tells_its_release() {
        let limits = Limits::new(5, Limits::SHORTEST_WAIT, Lifetime::hours(1), 100, 10).unwrap();
        let mut throttle = Throttle::default();
        let now = fail(&mut throttle, Lane::Open, 5, at(0), &limits);
        throttle.succeed(Lane::Open);
        let Admission::Until(release) = throttle.admit(Lane::Open, at(DAY), &limits) else {
            panic!("the month is spent")
        };
        assert!(release.since(now) >= Lifetime::days(30), "{release:?}");
        assert!(release.since(now) <= Lifetime::days(36), "{release:?}");
        assert_eq!(
            throttle.admit(Lane::Open, Timestamp::stored(release.unix() - 1), &limits),
            Admission::Until(release)
        );
        assert_eq!(throttle.admit(Lane::Open, release, &limits), Admission::Go);
    }

    #[test]
    fn a_clock_that_jumps_ahead_and_back_makes_no_endless_lock() {
        let limits = Limits::nist();
        let mut throttle = Throttle::default();
        fail(&mut throttle, Lane::Open, 5, at(3_650 * DAY), &limits);
        let Admission::Until(release) = throttle.admit(Lane::Open, at(0), &limits) else {
            panic!("no lock")
        };
        assert_eq!(
            release,
            at(3_600),
            "never longer than the rule's longest wait"
        );
        assert_eq!(
            throttle.admit(Lane::Open, at(60), &limits),
            Admission::Until(release),
            "and it does not slide"
        );
        assert_eq!(throttle.admit(Lane::Open, release, &limits), Admission::Go);
        throttle.charge(Lane::Open, release, &limits);
        let Admission::Until(next) = throttle.admit(Lane::Open, release, &limits) else {
            panic!("no lock")
        };
        assert_eq!(
            next.since(release),
            Lifetime::seconds(60),
            "locks go on growing by the clock that is there"
        );
        let Admission::Until(first) = throttle.admit(Lane::Open, at(3_650 * DAY), &limits) else {
            panic!("no lock")
        };
        assert_eq!(
            first,
            at(3_650 * DAY + 30),
            "the lock that was told stands when the clock comes right"
        );
    }

    #[test]
    fn a_refund_lifts_its_own_lock_only() {
        let limits = Limits::nist();
        let mut throttle = Throttle::default();
        fail(&mut throttle, Lane::Open, 4, at(0), &limits);
        let fifth = throttle.charge(Lane::Open, at(0), &limits);
        let mut alone = throttle.clone();
        alone.refund(&fifth);
        assert_eq!(alone.admit(Lane::Open, at(0), &limits), Admission::Go);
        assert_eq!(
            alone.open.periods[0], 4,
            "the four wrong ones still count for the month"
        );
        throttle.charge(Lane::Open, at(1), &limits);
        throttle.refund(&fifth);
        assert_eq!(
            throttle.admit(Lane::Open, at(1), &limits),
            Admission::Until(at(61)),
            "another's lock stands"
        );
    }

    #[test]
    fn presets_and_bounds() {
        assert!(!Limits::nist().is_worse_than_bounds(2, 1_000_000));
        assert!(!Limits::nist().is_worse_than_bounds(4, 1_000_000));
        assert!(Limits::nist().is_worse_than_bounds(5, 1_000_000));
        assert!(!Limits::psd2().is_worse_than_bounds(2, 1_000_000));
        assert!(!Limits::pci().is_worse_than_bounds(2, 1_000_000));
        assert!(Limits::pci().is_worse_than_bounds(3, 1_000_000));
        assert!(
            Limits::nist().is_worse_than_bounds(1, 10_000),
            "four digits are too few"
        );
    }
}
