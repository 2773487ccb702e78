//! The quota as the docs of [`Quota`] tell it, written a second time: lists of what was taken and of readings.
//!
//! Random histories in both lanes, with clocks that jump both ways, must find both of one mind.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::*;
use crate::limits::throttle::axis::Axis;

const DAY: u64 = 86_400;
const START: u64 = 1_800_000_000;
const LANES: [Lane; 2] = [Lane::WithEvidence, Lane::Anonymous];

fn at(unix: u64) -> Timestamp {
    Timestamp::stored(unix)
}

fn spend(quota: &Quota, state: &mut QuotaState, lane: Lane, now: u64) -> QuotaDecision {
    let (next, spend) = quota.charge_on(lane, state, at(now)).into_parts();
    *state = next.unwrap_or_else(|| state.clone());
    spend
}

#[derive(Default)]
struct Model {
    most: usize,
    fifth: u64,
    axis: Axis,
    /// The steady time of each, and whether it was without evidence.
    taken: Vec<(u64, bool)>,
}

impl Model {
    fn is_spent(&self, lane: Lane, time: u64) -> bool {
        let counts = |then: &u64| time / self.fifth - then / self.fifth <= 5;
        let lately = self.taken.iter().filter(|(then, _)| counts(then));
        let anonymous = lately.clone().filter(|(_, anonymous)| *anonymous);
        let half = (self.most / 2).max(1);
        lately.count() >= self.most || (lane == Lane::Anonymous && anonymous.count() >= half)
    }

    /// Until when it is refused, if it is.
    fn charge(&mut self, lane: Lane, now: u64) -> Option<u64> {
        let then = self.axis.and(now);
        let time = then.time();
        if !self.is_spent(lane, time) {
            self.taken.push((time, lane == Lane::Anonymous));
            self.axis = then;
            return None;
        }
        let begins = (1..=6).map(|later| (time / self.fifth + later) * self.fifth);
        let release = begins.clone().find(|time| !self.is_spent(lane, *time));
        let until = then.first_reading(now, release.unwrap());
        if then.lags() || self.axis.lags() {
            self.axis = then;
        }
        Some(until)
    }
}

/// A clock beside the one that is right, and draws that are the same each time.
struct World {
    runner: TestRunner,
    quota: Quota,
    state: QuotaState,
    now: u64,
    top: u64,
    told: u64,
}

impl World {
    fn new(runner: TestRunner) -> Self {
        let mut world = Self {
            runner,
            quota: Quota::new(1, Duration::from_secs(3_600)).unwrap(),
            state: QuotaState::default(),
            now: START,
            top: START,
            told: START,
        };
        let most = 1 + u32::try_from(world.draw(7)).unwrap();
        let longest = [3_600, 90_000, 31 * DAY][usize::try_from(world.draw(3)).unwrap()];
        let window = u32::try_from(60 + world.draw(longest - 59)).unwrap();
        world.quota = Quota::new(most, Duration::from_secs(u64::from(window))).unwrap();
        world
    }

    fn draw(&mut self, below: u64) -> u64 {
        (0..below).new_tree(&mut self.runner).unwrap().current()
    }

    fn window(&self) -> u64 {
        self.quota.window().as_secs()
    }

    fn tick(&mut self) {
        let window = self.window();
        match self.draw(16) {
            0..=2 => self.now += self.draw(window / 8),
            3 => self.now += self.draw(2 * window),
            4 => self.now += self.draw(40 * DAY),
            5 => self.now -= self.draw(300),
            6 => self.now -= self.draw(window),
            7 => self.now -= self.draw(50 * DAY).min(self.now - START / 2),
            8 => self.now = self.top + self.draw(window / 4),
            9 => self.now = self.top + self.draw(200) - 100,
            10..=11 => self.now = self.told,
            12 => self.now = self.told - 1,
            _ => self.now += self.draw(3),
        }
        self.top = self.top.max(self.now);
    }
}

#[test]
fn b51_a_model_of_the_quota_from_the_docs_alone_agrees() {
    let mut runner = TestRunner::deterministic();
    let (mut taken, mut refused) = (0, 0);
    for _ in 0..150 {
        let mut world = World::new(TestRunner::new_with_rng(
            proptest::test_runner::Config::default(),
            runner.new_rng(),
        ));
        let mut model = Model {
            most: usize::try_from(world.quota.most()).unwrap(),
            fifth: world.window().div_ceil(5),
            ..Model::default()
        };
        for _ in 0..120 {
            let lane = LANES[usize::try_from(world.draw(2)).unwrap()];
            let now = world.now;
            let told = spend(&world.quota, &mut world.state, lane, now);
            let expected = model.charge(lane, now);
            let until = match told {
                QuotaDecision::Refused { until } => Some(until.unix()),
                _ => None,
            };
            assert_eq!(
                until, expected,
                "{lane:?} {:?} {:?}",
                model.taken, model.axis
            );
            if let Some(until) = until {
                refused += 1;
                world.told = until;
                // It holds: a second before there is none, and then there is one.
                for (moment, is_there) in [(until - 1, false), (until, true)] {
                    let told = spend(&world.quota, &mut world.state.clone(), lane, moment);
                    let refused =
                        matches!(told, QuotaDecision::Refused { until } if until.unix() > moment);
                    assert!(moment <= now || refused != is_there, "{moment} of {until}");
                }
            } else {
                taken += 1;
            }
            world.tick();
        }
    }
    assert!(taken > 1_000 && refused > 1_000, "{taken} {refused}");
}

/// A clock goes back, often and far, and comes right within 30 days each time. No order gets one code more than the window
/// has, by a clock that is right.
#[test]
fn b51_a_clock_that_goes_back_and_comes_right_gives_no_code_away() {
    let mut world = World::new(TestRunner::deterministic());
    for window in [3_600, DAY, 31 * DAY] {
        let quota = Quota::new(6, Duration::from_secs(window)).unwrap();
        let (mut right, mut behind, mut since) = (START, 0, START);
        let (mut state, mut taken) = (QuotaState::default(), Vec::new());
        let (mut most, mut is_taken) = (0, false);
        for _ in 0..3_000 {
            // It is set back right after an order.
            behind = match world.draw(6) {
                0 if is_taken => behind + world.draw(20 * window),
                1 if is_taken => behind + world.draw(200 * DAY),
                2 => 0,
                _ => behind,
            };
            right += if is_taken && behind > 0 {
                0
            } else {
                world.draw(window / 10)
            };
            if behind == 0 || since + 29 * DAY < right {
                (behind, since) = (0, right);
            }
            let lane = LANES[usize::try_from(world.draw(2)).unwrap()];
            let told = spend(&quota, &mut state, lane, right - behind.min(right));
            is_taken = !matches!(told, QuotaDecision::Refused { .. });
            if is_taken {
                taken.push((right, lane));
            }
            // Clocks of one host may disagree by two minutes.
            let lately = taken.iter().filter(|(then, _)| right - then + 120 < window);
            let open = lately.clone().filter(|(_, lane)| *lane == Lane::Anonymous);
            assert!(open.count() <= 3 && lately.clone().count() <= 6);
            most = most.max(lately.count());
        }
        assert_eq!(most, 6, "of a window of {window} seconds");
    }
}

/// A clock that was ahead, by little or by years, keeps nobody waiting for longer than the fifths once it is right.
#[test]
fn b51_a_clock_that_was_ahead_shuts_nobody_out_for_longer_than_a_window() {
    for window in [60, 3_600, DAY] {
        let quota = Quota::new(4, Duration::from_secs(window)).unwrap();
        let fifth = window.div_ceil(5);
        for ahead in [130, window / 3, window, 7 * window, 20 * DAY, 4_000 * DAY] {
            for asks_every in [1, fifth / 3, fifth] {
                let mut state = QuotaState::default();
                let mut open = 0;
                for second in [ahead, ahead, ahead] {
                    let told = spend(&quota, &mut state, Lane::Anonymous, START + second);
                    open += u32::from(!matches!(told, QuotaDecision::Refused { .. }));
                }
                assert_eq!(open, 2);
                let mut moments = (START..).step_by(usize::try_from(asks_every).unwrap());
                let through = moments.find(|now| {
                    let told = spend(&quota, &mut state, Lane::Anonymous, *now);
                    !matches!(told, QuotaDecision::Refused { .. })
                });
                let waited = through.unwrap() - START;
                // Two minutes in which clocks may disagree, once for each lag of as little.
                assert!(
                    waited <= 6 * fifth + 250 + asks_every,
                    "{waited} of {window}, {ahead}"
                );
                assert!(waited >= window.min(ahead), "{waited} of {window}, {ahead}");
            }
        }
    }
}
