//! How many messages are sent: never more than so many in any window of time.
//!
//! An attacker who can order codes runs up the host's bill (SMS pumping), or makes a telephone ring all night
//! (pitfall B30). So messages are counted: for each subject in its own record, and here for each destination and each
//! block of numbers, in the name of any subject.
//!
//! Orders without evidence spend half of a quota at most, so that attackers cannot use up what customers need (pitfall B41).

use core::fmt;

use crate::error::Error;
use crate::limits::throttle::{Lane, Steady};
use crate::time::Timestamp;
use crate::transition::Transition;
use core::time::Duration;

/// At most so many in any window of time. It is pure and alone, for hosts that count in a table of their own.
///
/// It counts by fifths of the window, rounded up to seconds. They begin at multiples of their length since 1970. A charge
/// counts in its own fifth and the five that follow. So it is forgotten up to a fifth of the window late, and never early.
///
/// # When the clock jumps
///
/// - Fifths go by steady time, which is kept with the count. It goes with the clock, and stands still when the clock is set back
///   by more than two minutes: the clock lags then. From there steady time goes on by the clock's pace.
/// - A step forward by the lag less two minutes, or by more, means that the clock has come right. The part that makes up for the lag
///   passes no time. A clock that lags for 30 days is taken to be right.
/// - So a clock that is set back right after an order, and comes right, gives no caller another code. Time before it was set back in
///   which nothing was taken is not seen: it passes when the clock comes right.
/// - A clock that is set forward passes time. Charges of that time stay counted when it is set right.
/// - A refusal says `until` when. It holds while the clock does not jump again. While the clock lags, an order
///   may come through earlier, and a refusal may say an earlier moment.
/// - After a clock was set right, no wait is longer than six fifths of the window by the clock's pace, if orders come in meanwhile.
///   If none do, time that passes looks like a clock that came right: the window then begins there.
///
/// A quota has two lanes. [`charge`](Self::charge) takes from the whole: it is for orders of callers with evidence.
/// [`charge_anonymous`](Self::charge_anonymous) takes from the whole as well, and stops at [`half`](Self::anonymous) of it.
/// A host that charges every order by `charge` lets attackers use up the whole.
///
/// ```
/// use core::time::Duration;
/// use countersign::{Timestamp, limits::{Quota, QuotaDecision, QuotaState}, transition::{CommitResult, Saved}};
/// let quota = Quota::new(2, Duration::from_secs(3_600))?;
/// let mut row = QuotaState::default(); // the host's own table
/// let mut spend = |now| {
///     let step = quota.charge(&row, now);
///     match step.commit(|state| { row = state.clone(); Saved::<()>::Stored }).unwrap() {
///         CommitResult::Stored(spend) => spend,
///         CommitResult::Conflict => unreachable!("it was stored"),
///     }
/// };
/// let now = Timestamp::from_unix(1_800_000_000)?;
/// assert_eq!(spend(now), QuotaDecision::Taken);
/// assert_eq!(spend(now), QuotaDecision::Taken);
/// let QuotaDecision::Refused { until } = spend(now) else { panic!("one too many") };
/// assert!(until - now >= Duration::from_secs(3_600));
/// assert_eq!(spend(until), QuotaDecision::Taken);
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    most: u32,
    window: Duration,
    alarm_at: Option<u32>,
}

impl Quota {
    /// A window shorter than one minute is no protection.
    pub const SHORTEST_WINDOW: Duration = Duration::from_secs(60);
    /// A window longer than 31 days is refused: no customer remembers orders that old.
    pub const LONGEST_WINDOW: Duration = Duration::from_secs(31 * 86_400);

    /// Makes a quota of at most `most` in any `window`, without an alarm.
    ///
    /// # Errors
    /// Misuse, if it is zero, or the window is not between a minute and 31 days.
    pub fn new(most: u32, window: Duration) -> Result<Self, Error> {
        if most == 0 {
            return Err(Error::misuse("quota", "must be 1 or more"));
        }
        if !(Self::SHORTEST_WINDOW..=Self::LONGEST_WINDOW).contains(&window) {
            let rule = "must lie between a minute and 31 days";
            return Err(Error::misuse("quota window", rule));
        }
        Ok(Self {
            most,
            window,
            alarm_at: None,
        })
    }

    /// Sets an alarm. It comes when so many have been taken in a window, on both lanes together.
    ///
    /// Orders without evidence stop at half of the quota. An alarm above that would never come while attackers order, so it
    /// is refused.
    ///
    /// # Errors
    /// Misuse, if it is zero, or more than [`anonymous`](Self::anonymous).
    pub fn with_alarm(self, spent: u32) -> Result<Self, Error> {
        if !(1..=self.anonymous()).contains(&spent) {
            return Err(Error::misuse(
                "quota alarm",
                "must lie between 1 and half the quota, where orders without evidence stop",
            ));
        }
        Ok(Self {
            alarm_at: Some(spent),
            ..self
        })
    }

    /// Returns how many there are in a window.
    #[must_use]
    pub const fn most(&self) -> u32 {
        self.most
    }

    /// Returns how many of them orders without evidence may take: half, rounded down, and one at least.
    ///
    /// So a quota of 1 has one lane, and the first order takes it. Give a quota of 2 or more, if attackers can order.
    #[must_use]
    pub const fn anonymous(&self) -> u32 {
        match self.most / 2 {
            0 => 1,
            half => half,
        }
    }

    /// Returns the length of the window.
    #[must_use]
    pub const fn window(&self) -> Duration {
        self.window
    }

    /// Takes one, if there is one left. Charge first, and send after that is stored.
    pub fn charge(
        &self,
        state: &QuotaState,
        now: Timestamp,
    ) -> Transition<QuotaDecision, QuotaState> {
        self.charge_on(Lane::WithEvidence, state, now)
    }

    /// Takes one for an order without evidence, if there is one left of the [half](Self::anonymous) that is for those.
    pub fn charge_anonymous(
        &self,
        state: &QuotaState,
        now: Timestamp,
    ) -> Transition<QuotaDecision, QuotaState> {
        self.charge_on(Lane::Anonymous, state, now)
    }

    /// Takes one on a lane.
    pub(crate) fn charge_on(
        &self,
        lane: Lane,
        state: &QuotaState,
        now: Timestamp,
    ) -> Transition<QuotaDecision, QuotaState> {
        let mut next = state.clone();
        next.move_to(now, self.part());
        let spent = spent(&next.counts, 0);
        let all = release(&next.counts, self.most);
        let half = release(&next.anonymous, self.anonymous()).filter(|_| lane == Lane::Anonymous);
        if let Some(parts) = all.max(half) {
            let until = next.in_parts(parts, self.part());
            let refused = QuotaDecision::Refused { until };
            // A release by a clock that jumped holds only if it is kept.
            return if next.clock.goes_like(&state.clock) {
                Transition::unchanged(refused)
            } else {
                Transition::to(next, refused)
            };
        }
        add(&mut next.counts);
        if lane == Lane::Anonymous {
            add(&mut next.anonymous);
        }
        let spend = if Some(spent.saturating_add(1)) == self.alarm_at {
            QuotaDecision::Alarm
        } else {
            QuotaDecision::Taken
        };
        Transition::to(next, spend)
    }

    /// Gives back what a charge took a moment ago, for an order that came to nothing.
    pub(crate) fn give_back(&self, lane: Lane, state: &QuotaState, now: Timestamp) -> QuotaState {
        let mut next = state.clone();
        next.move_to(now, self.part());
        let mut parts = next.counts.iter_mut().zip(next.anonymous.iter_mut());
        let taken = parts.find(|(all, anonymous)| match lane {
            Lane::WithEvidence => **all > **anonymous,
            Lane::Anonymous => **anonymous > 0,
        });
        if let Some((all, anonymous)) = taken {
            *all = all.saturating_sub(1);
            if lane == Lane::Anonymous {
                *anonymous = anonymous.saturating_sub(1);
            }
        }
        next
    }

    /// Returns the length of what is counted together: five of them are a window, rounded up.
    fn part(&self) -> u64 {
        self.window.as_secs().div_ceil(PARTS.saturating_sub(1))
    }
}

/// The count that an issued code is charged to, beside the subject's own.
///
/// The defaults are this library's own: no standard has any. Set others by
/// [`Settings::with_quota`](crate::Settings::with_quota).
///
/// | scope | default |
/// |---|---|
/// | [`Destination`](Self::Destination) | 10 an hour |
/// | [`Block`](Self::Block) | 50 an hour, with an alarm at 12 |
///
/// Orders of interactions without evidence take [half](Quota::anonymous) of each at most, 5 and 25 by default. The rest is for
/// interactions that hold evidence of the subject with that address. An order to
/// [confirm](crate::delivered::CodeOrder::confirm) a new address takes from the first half: no customer can use up the quota of
/// another's telephone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum QuotaScope {
    /// One telephone, e-mail address or mailbox.
    Destination,
    /// All telephone numbers that differ in their last four digits only.
    ///
    /// Those who pump SMS rent such blocks by the thousand. A host with a million customers in a country of a hundred million
    /// numbers has a hundred customers in a block.
    Block,
}

impl QuotaScope {
    /// Returns the quota of this scope, unless the host sets another.
    pub(crate) const fn default_quota(self) -> Quota {
        let (most, alarm_at) = match self {
            Self::Destination => (10, None),
            Self::Block => (50, Some(12)),
        };
        Quota {
            most,
            window: Duration::from_secs(3_600),
            alarm_at,
        }
    }
}

/// The result of a charge.
///
/// ```
/// use countersign::limits::QuotaDecision;
/// fn may_send(spend: QuotaDecision) -> bool { !matches!(spend, QuotaDecision::Refused { .. }) }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
#[expect(
    clippy::exhaustive_enums,
    reason = "it is taken, quietly or not, or it is refused"
)]
pub enum QuotaDecision {
    /// One was taken.
    Taken,
    /// One was taken, and with it the number of the alarm is reached.
    Alarm,
    /// None is left.
    Refused {
        /// When there is one again, if no other order takes it.
        until: Timestamp,
    },
}

const PARTS: u64 = 6;

/// How many were taken lately, and how many of them without evidence. The default is none.
///
/// ```
/// use countersign::limits::QuotaState;
/// let state = QuotaState::default();
/// assert_eq!(QuotaState::from_bytes(&state.to_bytes())?, state);
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct QuotaState {
    /// The moments that were noted. The newest part is that of its time.
    clock: Steady,
    /// Charges by part, the newest first.
    counts: Parts,
    /// Charges among them without evidence.
    anonymous: Parts,
}

type Parts = [u32; PARTS as usize];

impl QuotaState {
    /// The bytes always have this length.
    pub const BYTES: usize = 81;
    /// The version of the bytes.
    const VERSION: u8 = 1;

    /// Returns the bytes to store.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        let both = self.counts.iter().chain(&self.anonymous);
        let all = [Self::VERSION]
            .into_iter()
            .chain(self.clock.to_bytes())
            .chain(both.flat_map(|count| count.to_be_bytes()));
        bytes
            .iter_mut()
            .zip(all)
            .for_each(|(slot, byte)| *slot = byte);
        bytes
    }

    /// Reads the state that was stored.
    ///
    /// # Errors
    /// Corrupt, if the bytes are not from [`to_bytes`](Self::to_bytes).
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let corrupt =
            || Error::corrupt("the state of a quota", "its bytes are not as they must be");
        let bytes: &[u8; Self::BYTES] = bytes.try_into().map_err(|_| corrupt())?;
        let (version, rest) = bytes.split_first().ok_or_else(corrupt)?;
        let (clock, counts) = rest.split_first_chunk().ok_or_else(corrupt)?;
        if *version != Self::VERSION {
            return Err(corrupt());
        }
        let mut state = Self {
            clock: Steady::from_bytes(clock).ok_or_else(corrupt)?,
            ..Self::default()
        };
        let (counts, _) = counts.as_chunks();
        let both = state.counts.iter_mut().chain(&mut state.anonymous);
        both.zip(counts)
            .for_each(|(slot, count)| *slot = u32::from_be_bytes(*count));
        let mut parts = state.counts.iter().zip(&state.anonymous);
        if parts.any(|(all, anonymous)| anonymous > all) {
            return Err(corrupt());
        }
        Ok(state)
    }

    /// Returns the latest moment that was noted, by a clock that is right if this one lags.
    pub(crate) fn latest(&self) -> Timestamp {
        self.clock.latest()
    }

    /// Returns the number of the newest part.
    fn newest(&self, part: u64) -> u64 {
        self.clock.time().checked_div(part).unwrap_or(0)
    }

    /// Notes the moment, and lets old parts go.
    fn move_to(&mut self, now: Timestamp, part: u64) {
        let before = self.newest(part);
        self.clock.see(now);
        let passed = self.newest(part).saturating_sub(before).min(PARTS);
        let passed = usize::try_from(passed).unwrap_or(self.counts.len());
        for counts in [&mut self.counts, &mut self.anonymous] {
            counts.rotate_right(passed);
            counts.iter_mut().take(passed).for_each(|count| *count = 0);
        }
    }

    /// Returns when so many parts will have passed.
    fn in_parts(&self, parts: usize, part: u64) -> Timestamp {
        let passed = u64::try_from(parts).unwrap_or(PARTS);
        let then = self.newest(part).saturating_add(passed);
        self.clock.reading(then.saturating_mul(part))
    }
}

/// Returns how many were taken in all but the oldest `but` parts.
fn spent(counts: &Parts, but: usize) -> u32 {
    let kept = counts.len().saturating_sub(but);
    let counts = counts.iter().take(kept);
    counts.fold(0, |sum, count| sum.saturating_add(*count))
}

/// Returns after how many parts one will be left. `None`, if one is left now.
fn release(counts: &Parts, most: u32) -> Option<usize> {
    if spent(counts, 0) < most {
        return None;
    }
    let forgotten = (1..=counts.len()).find(|but| spent(counts, *but) < most);
    Some(forgotten.unwrap_or(counts.len()))
}

/// Counts one more in the newest part.
const fn add(counts: &mut Parts) {
    let [newest, ..] = counts;
    *newest = newest.saturating_add(1);
}

impl fmt::Debug for QuotaState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "QuotaState({} taken)", spent(&self.counts, 0))
    }
}

#[cfg(test)]
mod model;
#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(unix: u64) -> Timestamp {
        Timestamp::stored(unix)
    }

    fn spend(quota: &Quota, state: &mut QuotaState, now: u64) -> QuotaDecision {
        let (next, spend) = quota.charge(state, at(now)).into_parts();
        if let Some(next) = next {
            *state = next;
        }
        spend
    }

    fn is_refused(spend: QuotaDecision) -> bool {
        matches!(spend, QuotaDecision::Refused { .. })
    }

    #[test]
    fn b30_the_alarm_comes_once_and_before_the_refusal() {
        let quota = Quota::new(6, Duration::from_secs(3_600))
            .unwrap()
            .with_alarm(3)
            .unwrap();
        let mut state = QuotaState::default();
        let told: Vec<QuotaDecision> = (0..6)
            .map(|_| spend(&quota, &mut state, 1_000_000))
            .collect();
        let (quiet, alarm) = (QuotaDecision::Taken, QuotaDecision::Alarm);
        assert_eq!(told, [quiet, quiet, alarm, quiet, quiet, quiet]);
        assert!(is_refused(spend(&quota, &mut state, 1_000_000)));
    }

    #[test]
    fn bad_numbers_are_refused_with_the_rule() {
        let hour = Duration::from_secs(3_600);
        for (quota, text) in [
            (Quota::new(0, hour), "quota: must be 1 or more"),
            (
                Quota::new(1, Duration::from_secs(59)),
                "quota window: must lie between a minute and 31 days",
            ),
            (
                Quota::new(1, Duration::from_secs(32 * 86_400)),
                "quota window: must lie between a minute and 31 days",
            ),
            (
                Quota::new(2, hour).unwrap().with_alarm(0),
                "quota alarm: must lie between 1 and half the quota, where orders without evidence stop",
            ),
            (
                Quota::new(51, hour).unwrap().with_alarm(26),
                "quota alarm: must lie between 1 and half the quota, where orders without evidence stop",
            ),
        ] {
            assert_eq!(quota.unwrap_err().to_string(), text);
        }
    }

    #[test]
    fn bad_bytes_are_refused() {
        let good = QuotaState::default().to_bytes();
        let mut other_version = good;
        other_version[0] = 2;
        for bytes in [
            &[],
            &good[..80],
            &[good.as_slice(), &[0]].concat(),
            &other_version[..],
        ] {
            assert!(QuotaState::from_bytes(bytes).unwrap_err().is_corrupt());
        }
        // No clock leads there.
        let beyond = [[1].as_slice(), &[0xff; 80]].concat();
        assert!(QuotaState::from_bytes(&beyond).unwrap_err().is_corrupt());
        let far = [[0x3f; 16].as_slice(), &[0; 16], &[0xff; 48]].concat();
        let hostile = QuotaState::from_bytes(&[[1].as_slice(), &far].concat()).unwrap();
        let quota = Quota::new(1, Duration::from_secs(3_600)).unwrap();
        let mut state = hostile;
        let QuotaDecision::Refused { until } = spend(&quota, &mut state, 1_800_000_000) else {
            panic!("that is no quota left")
        };
        assert!(
            until.since(at(1_800_000_000)) <= Duration::from_secs(90 * 60),
            "no endless lock"
        );
    }

    /// A step of a clock: seconds pass, and it may be set back by so many.
    #[derive(Clone, Debug)]
    struct Tick {
        pass: u64,
        back: u64,
    }

    fn ticks(window: u64) -> impl Strategy<Value = Vec<Tick>> {
        let pass = prop_oneof![Just(0), 0..window / 8, 0..window * 2];
        let back = prop_oneof![6 => Just(0), 1 => 0..window / 8, 1 => 0..window * 9];
        let tick = (pass, back).prop_map(|(pass, back)| Tick { pass, back });
        proptest::collection::vec(tick, 1..200)
    }

    fn spend_on(lane: Lane, quota: &Quota, state: &mut QuotaState, now: u64) -> QuotaDecision {
        let (next, spend) = quota.charge_on(lane, state, at(now)).into_parts();
        *state = next.unwrap_or_else(|| state.clone());
        spend
    }

    const LANES: [Lane; 2] = [Lane::WithEvidence, Lane::Anonymous];

    #[test]
    fn b41_orders_without_evidence_spend_half_and_the_rest_is_left() {
        for most in 1..60 {
            let quota = Quota::new(most, Duration::from_secs(3_600)).unwrap();
            let half = quota.anonymous();
            assert!(
                half >= 1 && (half == 1 || 2 * half <= most),
                "{half} of {most}"
            );
            let mut state = QuotaState::default();
            for _ in 0..half {
                let told = spend_on(Lane::Anonymous, &quota, &mut state, 1_000_000);
                assert!(!is_refused(told), "{most}");
            }
            let told = spend_on(Lane::Anonymous, &quota, &mut state, 1_000_000);
            let QuotaDecision::Refused { until } = told else {
                panic!("{half} of {most} and one more")
            };
            for _ in half..most {
                let told = spend_on(Lane::WithEvidence, &quota, &mut state, 1_000_000);
                assert!(!is_refused(told), "{most}");
            }
            let told = spend_on(Lane::WithEvidence, &quota, &mut state, 1_000_000);
            assert!(is_refused(told), "{most}");
            let then = spend_on(Lane::Anonymous, &quota, &mut state, until.unix());
            assert!(!is_refused(then), "{most}");
        }
    }

    /// Evidence may use the whole: what it has used is not there for orders without.
    #[test]
    fn b41_the_whole_is_for_both_lanes_together() {
        let quota = Quota::new(10, Duration::from_secs(3_600)).unwrap();
        let mut state = QuotaState::default();
        for _ in 0..8 {
            let _ = spend_on(Lane::WithEvidence, &quota, &mut state, 1_000_000);
        }
        let lanes = [
            Lane::Anonymous,
            Lane::Anonymous,
            Lane::Anonymous,
            Lane::WithEvidence,
        ];
        let told = lanes.map(|lane| is_refused(spend_on(lane, &quota, &mut state, 1_000_000)));
        assert_eq!(told, [false, false, true, true]);
    }

    #[test]
    fn b41_every_alarm_that_can_be_set_comes_before_strangers_are_refused() {
        for most in 1..60 {
            let quota = Quota::new(most, Duration::from_secs(3_600)).unwrap();
            for alarm in 1..=most {
                let Ok(quota) = quota.with_alarm(alarm) else {
                    assert!(alarm > quota.anonymous());
                    continue;
                };
                let mut state = QuotaState::default();
                let told: Vec<QuotaDecision> = (0..=most)
                    .map(|_| spend_on(Lane::Anonymous, &quota, &mut state, 1_000_000))
                    .collect();
                let alarms = told
                    .iter()
                    .filter(|told| **told == QuotaDecision::Alarm)
                    .count();
                assert_eq!(alarms, 1, "{alarm} of {most}: {told:?}");
            }
        }
        let block = QuotaScope::Block.default_quota();
        assert!(block.alarm_at.unwrap() < block.anonymous());
        assert!(QuotaScope::Destination.default_quota().alarm_at.is_none());
    }

    #[test]
    fn b41_more_without_evidence_than_at_all_is_corrupt() {
        let mut bytes = QuotaState::default().to_bytes();
        bytes[80] = 1;
        assert!(QuotaState::from_bytes(&bytes).unwrap_err().is_corrupt());
        bytes[56] = 1;
        assert!(QuotaState::from_bytes(&bytes).is_ok());
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

        /// Both lanes, with a clock that is set back: half at most on the one, the whole on both; and the lane with evidence is
        /// refused only when all of it was taken, whatever attackers do.
        #[test]
        fn b41_neither_lane_takes_more_than_its_own(
            most in 2..9_u32,
            (window, ticks) in (60..4_000_u64).prop_flat_map(|window| (Just(window), ticks(window))),
            lanes in proptest::collection::vec(proptest::sample::select(LANES.to_vec()), 200),
        ) {
            let quota = Quota::new(most, Duration::from_secs(window)).unwrap();
            let mut state = QuotaState::default();
            let (mut real, mut clock) = (0, 1_800_000_000);
            let mut taken: Vec<(u64, Lane)> = Vec::new();
            for (tick, lane) in ticks.into_iter().zip(lanes) {
                real += tick.pass;
                clock = clock + tick.pass - tick.back;
                let before = state.clone();
                match spend_on(lane, &quota, &mut state, clock) {
                    QuotaDecision::Refused { .. } => {
                        let known = spent(&before.counts, 0) - spent(&before.anonymous, 0);
                        prop_assert!(lane == Lane::Anonymous || known >= most - quota.anonymous());
                    }
                    _ => taken.push((real, lane)),
                }
                prop_assert_eq!(QuotaState::from_bytes(&state.to_bytes()).unwrap(), state.clone());
            }
            for (number, (first, _)) in taken.iter().enumerate() {
                let within = || taken[number..].iter().filter(|(then, _)| *then < first + window);
                prop_assert!(within().count() <= most as usize, "{taken:?}");
                let anonymous = within().filter(|(_, lane)| *lane == Lane::Anonymous).count();
                prop_assert!(anonymous <= quota.anonymous() as usize, "{taken:?}");
            }
        }

        /// A charge that is given back is as if it had never been taken, even if others came between.
        #[test]
        fn b41_what_is_given_back_was_not_taken(
            lanes in proptest::collection::vec(proptest::sample::select(LANES.to_vec()), 1..12),
            undone in 0..12_usize,
            later in 0..1_000_u64,
        ) {
            let quota = Quota::new(24, Duration::from_secs(3_600)).unwrap();
            let undone = undone % lanes.len();
            let (mut with, mut without) = (QuotaState::default(), QuotaState::default());
            for (number, lane) in lanes.iter().enumerate() {
                let _ = spend_on(*lane, &quota, &mut with, 1_000_080);
                if number != undone {
                    let _ = spend_on(*lane, &quota, &mut without, 1_000_080);
                }
            }
            let with = quota.give_back(lanes[undone], &with, at(1_000_080 + later));
            without.move_to(at(1_000_080 + later), quota.part());
            prop_assert_eq!(with, without);
            let nothing = quota.give_back(Lane::Anonymous, &QuotaState::default(), at(1_000_080));
            prop_assert_eq!(spent(&nothing.counts, 0), 0);
        }

        /// Never more than the quota in any window of time that really passed, however the clock is set back.
        #[test]
        fn b30_never_more_than_the_quota_in_any_window(
            most in 1..6_u32,
            (window, ticks) in (60..4_000_u64).prop_flat_map(|window| (Just(window), ticks(window))),
        ) {
            let quota = Quota::new(most, Duration::from_secs(window)).unwrap();
            let mut state = QuotaState::default();
            let (mut real, mut clock) = (0, 1_800_000_000);
            let mut taken: Vec<u64> = Vec::new();
            for tick in ticks {
                real += tick.pass;
                clock += tick.pass;
                clock -= tick.back;
                let before = state.clone();
                match spend(&quota, &mut state, clock) {
                    QuotaDecision::Refused { until } => {
                        prop_assert_eq!(spent(&state.counts, 0), spent(&before.counts, 0));
                        prop_assert!(state == before || !state.clock.goes_like(&before.clock));
                        prop_assert!(until > at(clock));
                        // As long again, if the clock lags: no order may come until it seems to have come right.
                        let lags = if state.clock.latest() > at(clock + 120) { 2 } else { 1 };
                        let longest = lags * (6 * window.div_ceil(5) + 120);
                        prop_assert!(until.unix() <= clock + longest, "{} after {}", until.unix(), clock);
                        let mut copy = state.clone();
                        let just_before = spend(&quota, &mut copy, until.unix() - 1);
                        prop_assert!(is_refused(just_before) || until.unix() - 1 < clock);
                        let then = spend(&quota, &mut copy, until.unix());
                        prop_assert!(!is_refused(then), "{until:?} was told");
                    }
                    _ => taken.push(real),
                }
                let state_again = QuotaState::from_bytes(&state.to_bytes()).unwrap();
                prop_assert_eq!(&state_again, &state);
            }
            for (number, first) in taken.iter().enumerate() {
                let within = taken[number..].iter().filter(|then| **then < first + window).count();
                prop_assert!(within <= most as usize, "{within} in {window} s: {taken:?}");
            }
        }

        /// A steady clock forgets in time: after a window and a part everything is there again.
        #[test]
        fn a_steady_clock_forgets(most in 1..6_u32, window in 60..4_000_u64, start in 0..1_000_000_u64) {
            let quota = Quota::new(most, Duration::from_secs(window)).unwrap();
            let mut state = QuotaState::default();
            for _ in 0..most {
                let spend = spend(&quota, &mut state, start);
                prop_assert!(!is_refused(spend));
            }
            let later = start + 6 * window.div_ceil(5);
            prop_assert!(!is_refused(spend(&quota, &mut state, later)));
        }
    }
}
