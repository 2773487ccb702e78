//! The budgets as the docs of [`Limits`] tell them, written a second time: lists of tries and readings instead of counts.
//!
//! Random histories, with clocks that jump both ways, must find both of one mind.

use proptest::prelude::*;
use proptest::strategy::ValueTree;

use super::axis::Axis;
use super::*;

const DAY: u64 = 86_400;
const START: u64 = 1_800_000_000;

#[derive(Clone, Debug)]
struct Try {
    time: u64,
    /// It was no wrong one after all, or the anonymous lane started afresh.
    forgotten: bool,
    /// The clock's second until which it locked.
    until: Option<u64>,
}

#[derive(Clone, Debug, Default)]
struct LaneModel {
    tries: Vec<Try>,
    /// From which on tries are in a row.
    row: usize,
}

impl LaneModel {
    fn in_a_row(&self) -> usize {
        self.tries.len() - self.row
    }

    fn recent_in_a_row(&self) -> usize {
        let row = &self.tries[self.row..];
        row.iter().filter(|one| !one.forgotten).count()
    }

    fn in_month(&self, time: u64) -> usize {
        let counts = |one: &&Try| !one.forgotten && time / (6 * DAY) - one.time / (6 * DAY) < 6;
        self.tries.iter().filter(counts).count()
    }

    fn locked_until(&self) -> Option<u64> {
        self.tries.iter().filter_map(|one| one.until).max()
    }
}

#[derive(Clone, Debug, Default)]
struct Model {
    axis: Axis,
    known: LaneModel,
    open: LaneModel,
}

impl Model {
    fn lane(&mut self, lane: Lane) -> &mut LaneModel {
        match lane {
            Lane::WithEvidence => &mut self.known,
            Lane::Anonymous => &mut self.open,
        }
    }

    fn see(&mut self, now: u64, limits: &Limits) {
        self.axis.0.push(now);
        let longest = now + limits.longest_wait.as_secs();
        for one in self.known.tries.iter_mut().chain(&mut self.open.tries) {
            one.until = one.until.map(|until| until.min(longest));
            one.until = one.until.filter(|until| *until > now);
        }
        let time = self.axis.time();
        if self
            .open
            .tries
            .last()
            .is_some_and(|last| last.time + 30 * DAY <= time)
        {
            self.open
                .tries
                .iter_mut()
                .for_each(|one| one.forgotten = true);
        }
    }

    fn is_disabled(&self, limits: &Limits) -> bool {
        let half = usize::from(limits.disable_after).div_ceil(2);
        let all = self.known.in_a_row() + self.open.in_a_row().min(half);
        !limits.is_never_disabling() && all >= usize::from(limits.disable_after)
    }

    fn refusal(&self, lane: Lane, now: u64, limits: &Limits) -> Option<Refusal> {
        let half = usize::from(limits.disable_after).div_ceil(2);
        let never = limits.is_never_disabling();
        let shut = lane == Lane::Anonymous && !never && self.open.recent_in_a_row() >= half;
        if shut || self.is_disabled(limits) {
            return Some(Refusal::Closed);
        }
        let one = if lane == Lane::Anonymous {
            &self.open
        } else {
            &self.known
        };
        if let Some(until) = one.locked_until() {
            return Some(Refusal::Until(Timestamp::stored(until)));
        }
        let month = usize::from(limits.per_month);
        let spent = |time: u64| {
            let afresh = self
                .open
                .tries
                .last()
                .is_none_or(|last| last.time + 30 * DAY <= time);
            let open = if afresh { 0 } else { self.open.in_month(time) };
            let all = self.known.in_month(time) + open;
            all >= month || (lane == Lane::Anonymous && open >= month.div_ceil(2))
        };
        let time = self.axis.time();
        if never || !spent(time) {
            return None;
        }
        let begin = (1..=7).map(|later| (time / (6 * DAY) + later) * 6 * DAY);
        let afresh = self.open.tries.last().map(|last| last.time + 30 * DAY);
        let release = begin
            .chain(afresh)
            .filter(|then| *then > time && !spent(*then))
            .min();
        let reading = self.axis.first_reading(now, release.unwrap());
        Some(Refusal::Until(Timestamp::stored(reading)))
    }

    fn charge(&mut self, lane: Lane, now: u64, limits: &Limits) -> usize {
        let time = self.axis.time();
        let one = self.lane(lane);
        let row = if lane == Lane::Anonymous {
            one.recent_in_a_row()
        } else {
            one.in_a_row()
        };
        let over = (row + 1).checked_sub(usize::from(limits.lock_after));
        let until = over.map(|over| {
            let wait = limits.first_wait.as_secs() << over.min(30);
            now + wait.min(limits.longest_wait.as_secs())
        });
        one.tries.push(Try {
            time,
            forgotten: false,
            until,
        });
        one.tries.len() - 1
    }

    fn succeed(&mut self, lane: Lane) {
        self.lane(lane).row = self.lane(lane).tries.len();
        if lane == Lane::WithEvidence {
            self.open.row = self.open.tries.len();
        }
    }

    fn refund(&mut self, lane: Lane, number: usize) {
        let one = &mut self.lane(lane).tries[number];
        one.forgotten = true;
        one.until = None;
        self.succeed(lane);
    }
}

#[derive(Clone, Copy, Debug)]
enum Op {
    Wrong(Lane),
    Right(Lane),
    /// Charged first, and found right before anything else happens, or after one more wrong try of the lane.
    Settled(Lane, bool),
    Look(Lane),
    Forward(u64),
    Back(u64),
    /// To the release that was told last, or a second before.
    Release(bool),
    /// To the highest reading there was, and so much further.
    Right_(u64),
    /// By the clock of another server, which is that much behind: this one step.
    Behind(u64, Lane),
}

/// The stored state, and the model of it.
struct World {
    limits: Limits,
    clock: Steady,
    throttle: Throttle,
    model: Model,
    now: u64,
    top: u64,
    told: u64,
    verdicts: usize,
}

impl World {
    fn new(limits: Limits) -> Self {
        let mut world = Self {
            limits,
            clock: Steady::default(),
            throttle: Throttle::default(),
            model: Model::default(),
            now: START,
            top: START,
            told: START,
            verdicts: 0,
        };
        world.clock.see(Timestamp::stored(START));
        world.model.axis.0.push(START);
        world
    }

    /// A step as an account takes it: written if it must be, and then at this moment.
    fn step(&mut self, lane: Lane, then: Option<Op>) {
        let limits = self.limits;
        let now = Timestamp::stored(self.now);
        let (mut clock, mut throttle) = (self.clock, self.throttle.clone());
        let back = clock.see(now);
        let at = Moment::new(now, clock);
        let peeked = self.throttle.clone().refusal(lane, &at, &limits);
        let admission = throttle.refusal(lane, &at, &limits);
        assert_eq!(peeked, admission);
        let mut model = self.model.clone();
        model.see(self.now, &limits);
        assert_eq!(model.axis.walk(), (back, clock.time()));
        assert_eq!(
            admission,
            model.refusal(lane, self.now, &limits),
            "{now:?} {lane:?} {model:?} {throttle:?}"
        );
        let alike = clock.goes_like(&self.clock) && throttle.tells_like(&self.throttle);
        let mut writes = back || !alike;
        if admission.is_none() {
            self.verdicts += 1;
            writes = true;
            match then {
                Some(Op::Wrong(_)) => {
                    throttle.charge(lane, &at, &limits);
                    model.charge(lane, self.now, &limits);
                }
                Some(Op::Right(_)) => {
                    throttle.succeed(lane);
                    model.succeed(lane);
                }
                Some(Op::Settled(_, another)) => {
                    let charge = throttle.charge(lane, &at, &limits);
                    let number = model.charge(lane, self.now, &limits);
                    if another && throttle.clone().refusal(lane, &at, &limits).is_none() {
                        throttle.charge(lane, &at, &limits);
                        model.charge(lane, self.now, &limits);
                    }
                    throttle.refund(&charge);
                    model.refund(lane, number);
                }
                _ => writes = false,
            }
        }
        if writes {
            throttle.see(&at, &limits);
            (self.clock, self.throttle, self.model) = (clock, throttle, model);
        }
        if let Some(Refusal::Until(release)) = admission {
            self.told = release.unix();
            self.expect_kept(lane, release);
        }
    }

    /// A release is kept while the clock is steady.
    fn expect_kept(&self, lane: Lane, release: Timestamp) {
        let peek = |seconds: u64| {
            let (now, mut clock) = (Timestamp::stored(seconds), self.clock);
            clock.see(now);
            let at = Moment::new(now, clock);
            (
                self.throttle.clone().refusal(lane, &at, &self.limits),
                clock,
            )
        };
        for seconds in [self.now.midpoint(release.unix()), release.unix() - 1] {
            let (admission, clock) = peek(seconds);
            match admission {
                // A clock that comes right on the way may end the month's wait earlier, never later.
                Some(Refusal::Until(earlier)) if !clock.goes_like(&self.clock) => {
                    assert!(earlier <= release, "{self:?}");
                }
                None if !clock.goes_like(&self.clock) => {}
                kept => assert_eq!(kept, Some(Refusal::Until(release)), "{self:?}"),
            }
        }
        // After the lock the month may be spent.
        if let (Some(Refusal::Until(later)), _) = peek(release.unix()) {
            assert!(later > release, "{self:?}");
        }
        let locks = self.throttle.known.until.max(self.throttle.open.until);
        assert!(locks <= self.now + self.limits.longest_wait.as_secs());
        assert!(release.unix() <= self.now + 103 * DAY);
    }

    fn run(&mut self, op: Op) {
        match op {
            Op::Wrong(lane) | Op::Right(lane) | Op::Settled(lane, _) => self.step(lane, Some(op)),
            Op::Look(lane) => self.step(lane, None),
            Op::Forward(seconds) => self.now += seconds,
            Op::Back(seconds) => self.now = self.now.saturating_sub(seconds).max(START / 2),
            Op::Release(before) => self.now = self.told - u64::from(before),
            Op::Right_(beyond) => self.now = self.top + beyond,
            Op::Behind(seconds, lane) => {
                self.now -= seconds;
                self.step(lane, Some(Op::Wrong(lane)));
                self.now += seconds;
            }
        }
        self.top = self.top.max(self.now);
    }
}

impl core::fmt::Debug for World {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "at {}: {:?} {:?}", self.now, self.clock, self.throttle)
    }
}

fn any_lane() -> impl Strategy<Value = Lane> {
    prop_oneof![2 => Just(Lane::Anonymous), 1 => Just(Lane::WithEvidence)]
}

fn any_op() -> impl Strategy<Value = Op> {
    prop_oneof![
        12 => any_lane().prop_map(Op::Wrong),
        1 => any_lane().prop_map(Op::Right),
        2 => (any_lane(), any::<bool>()).prop_map(|(lane, another)| Op::Settled(lane, another)),
        2 => any_lane().prop_map(Op::Look),
        2 => (0_u64..100).prop_map(Op::Forward),
        2 => (0_u64..90_000).prop_map(Op::Forward),
        1 => (0_u64..40 * DAY).prop_map(Op::Forward),
        1 => (0_u64..300).prop_map(Op::Back),
        1 => (0_u64..4_000).prop_map(Op::Back),
        1 => (0_u64..50 * DAY).prop_map(Op::Back),
        6 => prop::bool::weighted(0.2).prop_map(Op::Release),
        1 => prop_oneof![Just(0), 0_u64..4_000, 0_u64..40 * DAY].prop_map(Op::Right_),
        1 => (0_u64..150, any_lane()).prop_map(|(seconds, lane)| Op::Behind(seconds, lane)),
    ]
}

fn any_limits() -> impl Strategy<Value = Limits> {
    let own = (
        1_u8..=10,
        30_u32..=900,
        0_u32..=86_400,
        0_u8..=30,
        0_u8..=40,
    )
        .prop_map(|(lock_after, first, more, further, tries)| {
            let (first, longest) = (
                Duration::from_secs(u64::from(first)),
                Duration::from_secs(u64::from((first + more).min(86_400))),
            );
            Limits::new(
                lock_after,
                first,
                longest,
                (lock_after + further).max(2),
                (lock_after + tries).max(2),
            )
            .unwrap()
        });
    prop_oneof![
        6 => own.clone(),
        1 => own.prop_map(Limits::never_disabling),
        1 => Just(Limits::nist()),
        1 => Just(Limits::psd2()),
        1 => Just(Limits::pci()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn b51_a_model_from_the_docs_alone_agrees(
        limits in any_limits(),
        ops in prop::collection::vec(any_op(), 1..120),
    ) {
        let mut world = World::new(limits);
        for op in ops {
            world.run(op);
        }
    }
}

/// Longer histories than above, and the same ones each time.
#[test]
fn b51_the_model_agrees_for_long() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut verdicts = 0;
    for _ in 0..12 {
        let limits = any_limits().new_tree(&mut runner).unwrap().current();
        let mut world = World::new(limits);
        for _ in 0..400 {
            let op = any_op().new_tree(&mut runner).unwrap().current();
            world.run(op);
        }
        verdicts += world.verdicts;
    }
    assert!(verdicts > 500, "{verdicts} tries were taken");
}

/// A clock that stayed back was taken to be right, and is set back again. It comes right a second after the
/// release. It lags behind where it was last, not behind the highest reading of all.
#[test]
fn b51_a_clock_that_is_set_back_twice_keeps_the_release_that_was_told() {
    use Lane::Anonymous;
    use Op::{Back, Forward, Look, Release, Wrong};
    let limits = Limits::new(9, Limits::SHORTEST_WAIT, Duration::from_secs(3_600), 20, 9).unwrap();
    let taken = |readings: &[Op]| {
        let mut world = World::new(limits);
        let mut run = |ops: &[Op]| {
            ops.iter().for_each(|op| world.run(*op));
            (world.verdicts, world.told - world.now.min(world.told))
        };
        // Five are the anonymous lane's half of the month.
        run(&[Wrong(Anonymous); 6]);
        run(&[Back(40 * DAY), Look(Anonymous), Forward(30 * DAY)]);
        let (spent, wait) = run(&[Wrong(Anonymous); 6]);
        assert_eq!(spent, 10);
        assert_eq!(run(&[Back(wait + 121), Look(Anonymous)]), (spent, wait));
        run(readings).0 - spent
    };
    assert_eq!(
        taken(&[Release(true), Look(Anonymous)]),
        0,
        "not a second before"
    );
    assert_eq!(taken(&[Release(false), Look(Anonymous)]), 1);
    let both = [
        Release(true),
        Look(Anonymous),
        Release(false),
        Look(Anonymous),
    ];
    assert_eq!(taken(&both), 1, "nor later for a look");
    let right = [Release(false), Forward(1), Look(Anonymous)];
    assert_eq!(taken(&right), 0, "a clock that came right passed no time");
}
