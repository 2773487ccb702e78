//! How many wrong guesses a factor takes: locks that grow, two lanes, a limit for each month, and the chance that is left.
//!
//! A budget belongs to one subject and one factor, so it outlives codes and challenges (pitfalls B7, B8), and locks that
//! factor only (B10). It starts afresh when the factor is rebound (B44). The two [`Lane`]s keep an attacker from locking
//! the customer out (B9, B39). [`Limits`] states the rules. `model` beside this file is written from them alone.
//!
//! Locks go by the clock. A lock has a release. A clock that is set back cuts it to the longest wait from there, for good. A
//! lock that was served is cleared, so no later reading brings it back. Counts go by steady time, which passes once for a clock
//! that goes back and comes right; so do those of issued codes. One reading of one state gives one answer to all. Where a reading
//! changes the answer, the account writes it before it answers.

mod limits;
mod steady;

pub use limits::{GuessChance, Limits};
pub(crate) use steady::Steady;

use minicbor::bytes;

use crate::cbor::as_array;
use crate::time::{CLOCK_SKEW, Timestamp};
use core::time::Duration;

/// The lane of a try, by the facts that are known before the guess is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    /// The interaction already holds evidence of another factor.
    WithEvidence,
    /// It does not: any caller.
    Anonymous,
}

/// The reason why no try is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// No try is taken before then.
    Until(Timestamp),
    /// Waiting does not help: the anonymous lane is closed, or the factor is disabled.
    Closed,
}

/// The kind of a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Try {
    /// A guess at what is enrolled.
    Guess,
    /// A code that confirms something, and so rebinds it.
    ///
    /// It opens a closed lane, and the limit of the month does not apply. Neither does the lock of the anonymous lane: the
    /// caller has an authority, and a count of its own on that lane.
    Binding,
    /// A code that confirms an authenticator with a count of its own, which is not used up.
    Counted,
}

/// The lane, moment and limits that a try is counted by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    pub(crate) lane: Lane,
    pub(crate) at: Moment,
    pub(crate) limits: Limits,
}

/// A try that is admitted. [`Throttle::right`] and [`Throttle::wrong`] take it, and nothing else counts a try.
///
/// It cannot be copied, so one admission is counted once. [`no_try`](Self::no_try) ends it if nothing was compared.
#[derive(Debug)]
#[must_use = "a try that is admitted is right, wrong, or none"]
pub(crate) struct Admitted {
    kind: Try,
    terms: Terms,
}

impl Admitted {
    /// Returns the lane of the try.
    pub(crate) const fn lane(&self) -> Lane {
        self.terms.lane
    }

    /// Ends it without a count: the code was misread, or the check is to come again.
    #[expect(clippy::unused_self, reason = "taking it is what this does")]
    pub(crate) fn no_try(self) {}
}

/// The moment of a try: by the clock, for locks, and in steady time, for counts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    clock: Timestamp,
    steady: Steady,
}

impl Moment {
    /// Takes the present reading, and the steady time that has noted it.
    pub(crate) const fn new(clock: Timestamp, steady: Steady) -> Self {
        Self { clock, steady }
    }

    /// Returns the number of the present period.
    fn period(&self) -> u32 {
        let number = self.steady.time().checked_div(PERIOD_SECONDS).unwrap_or(0);
        u32::try_from(number).unwrap_or(u32::MAX)
    }
}

/// A try that was charged, to give the charge back if it turns out right.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Charge {
    lane: Lane,
    period: u32,
    /// How many in a row it made.
    run: u8,
    /// Until when it locked; zero if it did not.
    until: u64,
    /// Whether this very charge disabled the factor.
    disables: bool,
}

/// The count of wrong tries of one factor of one subject.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Throttle {
    known: Count,
    open: Count,
    /// The newest of the periods that the monthly counts cover.
    period: u32,
    /// Wrong tries on the anonymous lane since the last right one, the forgotten ones too. They count for `disable_after`.
    open_total: u8,
    /// When the latest of them was made, in steady time.
    open_at: u64,
    /// Wrong codes in a row that should confirm something, by an authority whose interaction is not known.
    binding_run: u8,
    /// Locked for those until the clock reads that second; zero for not locked.
    binding_until: u64,
}

as_array!(Throttle {
    known,
    open,
    period,
    open_total,
    open_at,
    binding_run,
    binding_until,
});

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Count {
    /// Wrong tries since the last right one.
    run: u8,
    /// Locked until the clock reads that second; zero for not locked.
    until: u64,
    /// Wrong tries by period, the newest first.
    periods: [u8; PERIODS],
}

as_array!(Count { run, until, periods by bytes });

impl Count {
    /// Returns how many wrong tries still count when so many periods have turned.
    fn left(&self, turned: usize) -> u32 {
        let kept = self.periods.iter().take(PERIODS.saturating_sub(turned));
        kept.map(|count| u32::from(*count)).sum()
    }
}

/// Thirty days are counted in periods of six, the present one and five whole ones before it.
const PERIODS: usize = 6;
const PERIOD_SECONDS: u64 = Duration::from_secs(6 * 86_400).as_secs();

/// After so long without a wrong try the anonymous lane starts afresh. Unknown subjects are remembered that long.
pub(crate) const MEMORY: Duration = Duration::from_secs(30 * 86_400);

impl Throttle {
    /// Admits a try. While no try is taken, nothing may be compared (pitfall B11).
    pub(crate) fn admit(&mut self, kind: Try, terms: Terms) -> Result<Admitted, Refusal> {
        let refusal = self.refusal_of(kind, &terms);
        refusal.map_or(Ok(Admitted { kind, terms }), Err)
    }

    /// Returns why such a try is not taken now.
    pub(crate) fn refusal_of(&mut self, kind: Try, terms: &Terms) -> Option<Refusal> {
        let Terms { lane, at, limits } = terms;
        if kind == Try::Guess {
            return self.refusal(*lane, at, limits);
        }
        self.see(at, limits);
        match (kind, lane) {
            (Try::Binding, Lane::WithEvidence) => locked_until(self.known.until),
            (Try::Binding, Lane::Anonymous) => locked_until(self.binding_until),
            (Try::Guess | Try::Counted, _) => None,
        }
    }

    /// Returns why no guess on this lane is taken now.
    pub(crate) fn refusal(&mut self, lane: Lane, at: &Moment, limits: &Limits) -> Option<Refusal> {
        self.see(at, limits);
        let closed = lane == Lane::Anonymous && self.open.run >= limits.half();
        if (closed && !limits.is_never_disabling()) || self.is_disabled(limits) {
            return Some(Refusal::Closed);
        }
        let locked = locked_until(self.count(lane).until);
        if locked.is_some() || limits.is_never_disabling() {
            return locked;
        }
        self.month_release(lane, at, limits).map(Refusal::Until)
    }

    /// Counts a try as right.
    pub(crate) fn right(&mut self, tried: Admitted) {
        self.succeed(tried.terms.lane);
    }

    /// Counts a try as wrong, before or after it was found so.
    ///
    /// A wrong code that should confirm something is a wrong try of its lane as well.
    pub(crate) fn wrong(&mut self, tried: Admitted) -> Charge {
        let Terms { lane, at, limits } = tried.terms;
        let charge = self.charge(lane, &at, &limits);
        if tried.kind == Try::Binding && lane == Lane::Anonymous {
            self.binding_run = self.binding_run.saturating_add(1);
            let wait = limits.wait(self.binding_run);
            let until = wait.map_or(0, |wait| at.clock.plus(wait).unix());
            self.binding_until = self.binding_until.max(until);
        }
        charge
    }

    fn charge(&mut self, lane: Lane, at: &Moment, limits: &Limits) -> Charge {
        self.see(at, limits);
        let period = self.period;
        let count = self.count(lane);
        count.run = count.run.saturating_add(1);
        let run = count.run;
        let wait = limits.wait(run);
        let until = wait.map_or(0, |wait| at.clock.plus(wait).unix());
        count.until = count.until.max(until);
        if let Some(newest) = count.periods.first_mut() {
            *newest = newest.saturating_add(1);
        }
        if lane == Lane::Anonymous {
            self.open_total = self.open_total.saturating_add(1);
            self.open_at = at.steady.time();
        }
        let disables = self.is_disabled(limits);
        Charge {
            lane,
            period,
            run,
            until,
            disables,
        }
    }

    /// Ends the run after a right try (SP 800-63B-4 3.2.2). The month's count stays (pitfall B37).
    fn succeed(&mut self, lane: Lane) {
        self.count(lane).run = 0;
        if lane == Lane::WithEvidence {
            // A right try with other evidence is the customer's: the closed lane opens. Its lock runs out.
            self.open.run = 0;
            self.binding_run = 0;
        }
        self.open_total = 0;
    }

    /// Gives the charge of a right try back.
    pub(crate) fn refund(&mut self, charge: &Charge) {
        let age = usize::try_from(self.period.saturating_sub(charge.period)).unwrap_or(PERIODS);
        let count = self.count(charge.lane);
        if let Some(period) = count.periods.get_mut(age) {
            *period = period.saturating_sub(1);
        }
        // The lock that this very charge set is lifted with it, also where a clock that disagrees by seconds has cut it. One
        // that a later charge set stands.
        let cut = CLOCK_SKEW.as_secs();
        let own = charge.until.saturating_sub(cut)..=charge.until;
        if own.contains(&count.until) && (count.run == charge.run || count.run == 0) {
            count.until = 0;
        }
        self.succeed(charge.lane);
    }

    /// Returns whether the factor was disabled by other tries, after this charge.
    pub(crate) fn closed_after(&self, charge: &Charge, limits: &Limits) -> bool {
        self.is_disabled(limits) && !charge.disables
    }

    /// Returns after how many more wrong tries this lane closes, if ever.
    pub(crate) fn tries_left(&self, lane: Lane, limits: &Limits) -> Option<u8> {
        if limits.is_never_disabling() {
            return None;
        }
        let all = limits.disable_after.saturating_sub(self.in_a_row(limits));
        if lane == Lane::WithEvidence {
            return Some(all);
        }
        let open = limits.half().saturating_sub(self.open.run);
        // Whether the anonymous lane's share of the hard cap can use it up.
        let disables = self.known.run.saturating_add(limits.half()) >= limits.disable_after;
        Some(if disables { open.min(all) } else { open })
    }

    /// Returns whether both lanes are closed until rebound.
    pub(crate) fn is_disabled(&self, limits: &Limits) -> bool {
        !limits.is_never_disabling() && self.in_a_row(limits) >= limits.disable_after
    }

    /// Returns the wrong tries in a row, as `disable_after` counts them: those of the anonymous lane up to half of it.
    fn in_a_row(&self, limits: &Limits) -> u8 {
        self.known
            .run
            .saturating_add(self.open_total.min(limits.half()))
    }

    /// Forgets every count: the factor was rebound, or an authority unlocked it.
    pub(crate) fn begin_anew(&mut self) {
        *self = Self::default();
    }

    /// Lifts the locks that run. What was counted stays counted.
    pub(crate) fn lift_locks(&mut self) {
        self.known.until = 0;
        self.open.until = 0;
        self.binding_until = 0;
    }

    /// Returns whether `before` answers as this one does. If it does not, this one must be kept.
    pub(crate) fn tells_like(&self, before: &Self) -> bool {
        // A lock that was served need not be kept as such: the next write does.
        [
            (self.known.until, before.known.until),
            (self.open.until, before.open.until),
            (self.binding_until, before.binding_until),
        ]
        .into_iter()
        .all(|(now, then)| now == 0 || now == then)
    }

    /// Notes the present moment: locks that were served end, and no lock lasts longer from here than a lock can; old tries
    /// are forgotten.
    pub(crate) fn see(&mut self, at: &Moment, limits: &Limits) {
        let (now, longest) = (at.clock.unix(), at.clock.plus(limits.longest_wait).unix());
        let passed = usize::try_from(at.period().saturating_sub(self.period));
        let passed = passed.unwrap_or(PERIODS).min(PERIODS);
        for until in [
            &mut self.known.until,
            &mut self.open.until,
            &mut self.binding_until,
        ] {
            *until = if *until <= now {
                0
            } else {
                (*until).min(longest)
            };
        }
        for count in [&mut self.known, &mut self.open] {
            count.periods.rotate_right(passed);
            count
                .periods
                .iter_mut()
                .take(passed)
                .for_each(|period| *period = 0);
        }
        self.period = self.period.max(at.period());
        if self.open_forgotten() <= at.steady.time() {
            self.open.run = 0;
            self.open.periods = [0; PERIODS];
            self.binding_run = 0;
        }
    }

    fn count(&mut self, lane: Lane) -> &mut Count {
        match lane {
            Lane::WithEvidence => &mut self.known,
            Lane::Anonymous => &mut self.open,
        }
    }

    /// When the month's caps next let a try through, if they do not now.
    fn month_release(&self, lane: Lane, at: &Moment, limits: &Limits) -> Option<Timestamp> {
        let whole = u32::from(limits.per_month);
        let all = |time: u64| {
            let known = self.known.left(self.turned(time));
            known.saturating_add(self.open_left(time))
        };
        let release = self.release(whole, all);
        let release = match lane {
            Lane::WithEvidence => release,
            // The anonymous lane has half of the month, so that it cannot use up the known one's.
            Lane::Anonymous => {
                release.max(self.release(whole.div_ceil(2), |time| self.open_left(time)))
            }
        };
        release.map(|time| at.steady.reading(time))
    }

    /// When a count is next below a cap, in steady time, if it is not now.
    fn release(&self, cap: u32, left: impl Fn(u64) -> u32) -> Option<u64> {
        let now = u64::from(self.period).saturating_mul(PERIOD_SECONDS);
        if left(now) < cap {
            return None;
        }
        let periods = (1..=PERIODS as u64)
            .map(|later| now.saturating_add(later.saturating_mul(PERIOD_SECONDS)));
        periods
            .chain([self.open_forgotten()])
            .filter(|time| left(*time) < cap)
            .min()
    }

    /// How many periods will have passed at that time.
    fn turned(&self, time: u64) -> usize {
        let period = time.checked_div(PERIOD_SECONDS).unwrap_or(0);
        usize::try_from(period.saturating_sub(u64::from(self.period))).unwrap_or(PERIODS)
    }

    /// When the anonymous lane starts afresh, if nothing wrong is tried on it until then.
    fn open_forgotten(&self) -> u64 {
        self.open_at.saturating_add(MEMORY.as_secs())
    }

    /// How many wrong tries on the anonymous lane will count at that time.
    fn open_left(&self, time: u64) -> u32 {
        if self.open_forgotten() <= time {
            return 0;
        }
        self.open.left(self.turned(time))
    }
}

fn locked_until(until: u64) -> Option<Refusal> {
    (until != 0).then(|| Refusal::Until(Timestamp::stored(until)))
}

#[cfg(test)]
pub(crate) mod axis;
#[cfg(test)]
mod model;
#[cfg(test)]
mod promises;
#[cfg(test)]
mod tests;
