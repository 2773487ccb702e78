//! Promises that random histories of months must keep, without a model of how.

use proptest::prelude::*;
use proptest::strategy::ValueTree;

use super::*;

const DAY: u64 = 86_400;
const START: u64 = 1_800_000_000;

/// A clock goes back, often and far, and comes right within 30 days each time. No guesser gets one try more than the month
/// has, by a clock that is right.
#[test]
fn b51_clocks_that_go_back_and_come_right_give_no_try_away() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut draw = |below: u64| (0..below).new_tree(&mut runner).unwrap().current();
    let limits = Limits::new(
        3,
        Limits::SHORTEST_WAIT,
        Duration::from_secs(2 * 60),
        100,
        20,
    )
    .unwrap();
    let mut most = 0;
    for _ in 0..12 {
        let (mut clock, mut throttle) = (Steady::default(), Throttle::default());
        let (mut right, mut behind, mut taken) = (START, 0, Vec::new());
        let mut back_since = None;
        for _ in 0..1_500 {
            right += match draw(10) {
                0 => draw(2 * DAY),
                1..=3 => draw(4_000),
                _ => draw(200),
            };
            // It goes further back, or comes right. One that comes forward in part only is time that passed, for all
            // anybody can know.
            behind = match draw(20) {
                0 => behind + draw(20 * DAY),
                1 => behind + draw(4_000),
                2..=6 => 0,
                _ => behind,
            };
            back_since = (behind > 0).then_some(back_since.unwrap_or(right));
            if back_since.is_some_and(|since| since + 29 * DAY < right) {
                (behind, back_since) = (0, None);
            }
            let now = Timestamp::stored(right - behind);
            let lane = if draw(3) == 0 {
                Lane::WithEvidence
            } else {
                Lane::Anonymous
            };
            clock.see(now);
            let at = Moment::new(now, clock);
            assert!(clock.time() <= right);
            if throttle.refusal(lane, &at, &limits).is_none() {
                throttle.charge(lane, &at, &limits);
                throttle.succeed(Lane::WithEvidence);
                taken.push((right, lane));
            }
            let lately = taken.iter().filter(|(then, _)| right - then < 30 * DAY);
            let open = lately
                .clone()
                .filter(|(_, lane)| *lane == Lane::Anonymous)
                .count();
            assert!(lately.clone().count() <= 20 && open <= 10);
            most = most.max(lately.count());
        }
    }
    assert_eq!(most, 20, "the month was never spent");
}

/// Three thousand histories of a stranger's tries: a decoy, which is dropped 30 days after its last write, is told like a
/// customer who does nothing meanwhile.
#[test]
fn b43_a_decoy_that_was_forgotten_is_told_like_a_customer() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut draw = |below: u64| (0..below).new_tree(&mut runner).unwrap().current();
    let (mut forgotten, mut shut) = (0, 0);
    for _ in 0..3_000 {
        let lock_after = u8::try_from(1 + draw(5)).unwrap();
        let mut more = || lock_after + 1 + u8::try_from(draw(12)).unwrap();
        let (cap, month) = (more(), more());
        let longest = Duration::from_secs(u64::from(u32::try_from(30 + draw(86_000)).unwrap()));
        let limits = Limits::new(lock_after, Limits::SHORTEST_WAIT, longest, cap, month).unwrap();
        let mut now = START;
        let mut customer = (Steady::default(), Throttle::default());
        let mut decoy: Option<(Steady, Throttle)> = None;
        for _ in 0..30 {
            now += match draw(6) {
                0 => draw(40 * DAY),
                1 => 30 * DAY,
                2 => draw(4_000),
                _ => draw(90),
            };
            // Servers disagree by seconds.
            let reading = Timestamp::stored(now - draw(3) * draw(60));
            if decoy
                .as_ref()
                .is_some_and(|(clock, _)| clock.passed(reading) >= MEMORY)
            {
                decoy = None;
                forgotten += 1;
            }
            let mut told = Vec::new();
            let mut stored = decoy.take().unwrap_or_default();
            for (clock, throttle) in [&mut customer, &mut stored] {
                let (mut then, mut next) = (*clock, throttle.clone());
                then.see(reading);
                let at = Moment::new(reading, then);
                let admission = next.refusal(Lane::Anonymous, &at, &limits);
                told.push(admission);
                if admission.is_none() {
                    next.charge(Lane::Anonymous, &at, &limits);
                    (*clock, *throttle) = (then, next);
                }
            }
            assert_eq!(told[0], told[1]);
            shut += u32::from(told[0].is_some());
            decoy = (stored.1 != Throttle::default()).then_some(stored);
            if let Some(Refusal::Until(release)) = told[0]
                && draw(2) == 0
            {
                now = release.unix();
            }
        }
    }
    assert!(forgotten > 1_000 && shut > 1_000, "{forgotten} {shut}");
}
