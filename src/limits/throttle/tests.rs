//! Budgets, one rule at a time.

use super::*;

fn at(seconds: u64) -> Timestamp {
    Timestamp::stored(1_800_000_000 + seconds)
}

const DAY: u64 = 86_400;

/// A throttle and the clock it goes by, as a record keeps them; each call notes the moment.
#[derive(Clone, Default)]
struct Kept {
    clock: Steady,
    throttle: Throttle,
}

impl Kept {
    fn moment(&mut self, now: Timestamp) -> Moment {
        self.clock.see(now);
        Moment::new(now, self.clock)
    }

    fn refusal(&mut self, lane: Lane, now: Timestamp, limits: &Limits) -> Option<Refusal> {
        let at = self.moment(now);
        self.throttle.refusal(lane, &at, limits)
    }

    fn charge(&mut self, lane: Lane, now: Timestamp, limits: &Limits) -> Charge {
        let at = self.moment(now);
        self.throttle.charge(lane, &at, limits)
    }
}

/// Fails `count` times on `lane`, each as soon as it is let; answers when the last was let.
fn fail(
    throttle: &mut Kept,
    lane: Lane,
    count: u8,
    mut now: Timestamp,
    limits: &Limits,
) -> Timestamp {
    for _ in 0..count {
        match throttle.refusal(lane, now, limits) {
            None => {}
            Some(Refusal::Until(release)) => {
                now = release;
                assert_eq!(throttle.refusal(lane, now, limits), None);
            }
            Some(Refusal::Closed) => panic!("closed"),
        }
        throttle.charge(lane, now, limits);
    }
    now
}

#[test]
fn n13_locks_grow_from_30_seconds_to_an_hour_with_one_try_between() {
    let limits = Limits::nist();
    let mut throttle = Kept::default();
    fail(&mut throttle, Lane::Anonymous, 4, at(0), &limits);
    assert_eq!(throttle.refusal(Lane::Anonymous, at(0), &limits), None);
    let mut now = at(0);
    let mut waits = Vec::new();
    for _ in 0..9 {
        throttle.charge(Lane::Anonymous, now, &limits);
        let Some(Refusal::Until(release)) = throttle.refusal(Lane::Anonymous, now, &limits) else {
            panic!("no lock")
        };
        assert_eq!(
            throttle.refusal(
                Lane::Anonymous,
                Timestamp::stored(release.unix() - 1),
                &limits
            ),
            Some(Refusal::Until(release))
        );
        waits.push(release.unix() - now.unix());
        now = release;
    }
    assert_eq!(waits, [30, 60, 120, 240, 480, 960, 1_920, 3_600, 3_600]);
}

#[test]
fn p7_pci_locks_after_ten_for_half_an_hour() {
    let limits = Limits::pci();
    let mut throttle = Kept::default();
    fail(&mut throttle, Lane::Anonymous, 10, at(0), &limits);
    assert_eq!(
        throttle.refusal(Lane::Anonymous, at(0), &limits),
        Some(Refusal::Until(at(1_800)))
    );
}

#[test]
fn b39_the_open_lane_closes_at_half_and_leaves_the_known_lane_alone() {
    let limits = Limits::new(
        5,
        Limits::SHORTEST_WAIT,
        Duration::from_secs(3_600),
        100,
        200,
    )
    .unwrap();
    let mut throttle = Kept::default();
    let now = fail(&mut throttle, Lane::Anonymous, 50, at(0), &limits);
    assert_eq!(
        throttle.refusal(Lane::Anonymous, now, &limits),
        Some(Refusal::Closed)
    );
    assert_eq!(throttle.refusal(Lane::WithEvidence, now, &limits), None);
    throttle.throttle.succeed(Lane::WithEvidence);
    assert_ne!(
        throttle.refusal(Lane::Anonymous, now, &limits),
        Some(Refusal::Closed),
        "a success on the lane with evidence opens it"
    );
}

#[test]
fn n12_a_hundred_in_sum_disable_until_bound_anew() {
    let limits = Limits::new(
        5,
        Limits::SHORTEST_WAIT,
        Duration::from_secs(3_600),
        100,
        200,
    )
    .unwrap();
    let mut throttle = Kept::default();
    let now = fail(&mut throttle, Lane::Anonymous, 50, at(0), &limits);
    let now = fail(&mut throttle, Lane::WithEvidence, 50, now, &limits);
    for lane in [Lane::WithEvidence, Lane::Anonymous] {
        let mut later = throttle.clone();
        assert_eq!(
            later.refusal(lane, Timestamp::MAX, &limits),
            Some(Refusal::Closed)
        );
    }
    throttle.throttle.begin_anew();
    for lane in [Lane::WithEvidence, Lane::Anonymous] {
        assert_eq!(throttle.refusal(lane, now, &limits), None);
    }
}

#[test]
fn b37_the_month_caps_guesses_that_daily_successes_hide() {
    let limits = Limits::nist();
    let mut throttle = Kept::default();
    let mut taken = 0;
    for day in 0..365 {
        // The customer signs in every morning; the guesser tries four a day, never reaching a lock.
        throttle.throttle.succeed(Lane::WithEvidence);
        throttle.throttle.succeed(Lane::Anonymous);
        for _ in 0..4 {
            if throttle
                .refusal(Lane::Anonymous, at(day * DAY), &limits)
                .is_none()
            {
                throttle.charge(Lane::Anonymous, at(day * DAY), &limits);
                taken += 1;
            }
        }
    }
    assert!(taken <= 13 * 50, "{taken} guesses in a year");
    assert_eq!(
        throttle.refusal(Lane::WithEvidence, at(365 * DAY), &limits),
        None,
        "the customer is not shut out"
    );
}

#[test]
fn the_month_tells_its_release() {
    let limits = Limits::new(
        5,
        Limits::SHORTEST_WAIT,
        Duration::from_secs(3_600),
        100,
        10,
    )
    .unwrap();
    let mut throttle = Kept::default();
    let now = fail(&mut throttle, Lane::Anonymous, 5, at(0), &limits);
    throttle.throttle.succeed(Lane::Anonymous);
    let Some(Refusal::Until(release)) = throttle.refusal(Lane::Anonymous, at(DAY), &limits) else {
        panic!("the month is spent")
    };
    assert!(
        release.since(now) >= Duration::from_secs(30 * 86_400),
        "{release:?}"
    );
    assert!(
        release.since(now) <= Duration::from_secs(36 * 86_400),
        "{release:?}"
    );
    assert_eq!(
        throttle.refusal(
            Lane::Anonymous,
            Timestamp::stored(release.unix() - 1),
            &limits
        ),
        Some(Refusal::Until(release))
    );
    assert_eq!(throttle.refusal(Lane::Anonymous, release, &limits), None);
}

#[test]
fn a_clock_that_jumps_ahead_and_back_makes_no_endless_lock() {
    let limits = Limits::nist();
    let mut throttle = Kept::default();
    fail(&mut throttle, Lane::Anonymous, 5, at(3_650 * DAY), &limits);
    let Some(Refusal::Until(release)) = throttle.refusal(Lane::Anonymous, at(0), &limits) else {
        panic!("no lock")
    };
    assert_eq!(
        release,
        at(3_600),
        "never longer than the rule's longest wait"
    );
    assert_eq!(
        throttle.refusal(Lane::Anonymous, at(60), &limits),
        Some(Refusal::Until(release)),
        "and it does not slide"
    );
    assert_eq!(throttle.refusal(Lane::Anonymous, release, &limits), None);
    throttle.charge(Lane::Anonymous, release, &limits);
    let Some(Refusal::Until(next)) = throttle.refusal(Lane::Anonymous, release, &limits) else {
        panic!("no lock")
    };
    assert_eq!(
        next.since(release),
        Duration::from_secs(60),
        "locks go on growing by the clock that is there"
    );
    assert_eq!(
        throttle.refusal(Lane::Anonymous, at(3_650 * DAY), &limits),
        None,
        "what was served is over, also when the clock is there again"
    );
}

#[test]
fn a_refund_lifts_its_own_lock_only() {
    let limits = Limits::nist();
    let mut throttle = Kept::default();
    fail(&mut throttle, Lane::Anonymous, 4, at(0), &limits);
    let fifth = throttle.charge(Lane::Anonymous, at(0), &limits);
    let mut single_factor = throttle.clone();
    single_factor.throttle.refund(&fifth);
    assert_eq!(single_factor.refusal(Lane::Anonymous, at(0), &limits), None);
    assert_eq!(
        single_factor.throttle.open.periods[0], 4,
        "the four wrong ones still count for the month"
    );
    throttle.charge(Lane::Anonymous, at(1), &limits);
    throttle.throttle.refund(&fifth);
    assert_eq!(
        throttle.refusal(Lane::Anonymous, at(1), &limits),
        Some(Refusal::Until(at(61))),
        "another's lock stands"
    );
}

/// Whether so many tries are worse than the bounds.
fn is_worse(limits: Limits, accepted: u32, space: u64) -> bool {
    limits.within_bounds([(accepted, space)].into_iter()) != Some(limits)
}

#[test]
fn presets_and_bounds() {
    assert!(!is_worse(Limits::nist(), 2, 1_000_000));
    assert!(!is_worse(Limits::nist(), 4, 1_000_000));
    assert!(is_worse(Limits::nist(), 5, 1_000_000));
    assert!(!is_worse(Limits::psd2(), 2, 1_000_000));
    assert!(!is_worse(Limits::pci(), 2, 1_000_000));
    assert!(is_worse(Limits::pci(), 3, 1_000_000));
    assert!(
        is_worse(Limits::nist(), 1, 10_000),
        "four digits are too few"
    );
}

/// Several apps of six digits take fewer tries before a lock, so that a guesser's chance stays where it is.
#[test]
fn each_further_authenticator_leaves_fewer_tries() {
    let of = |limits: Limits, apps: usize| {
        let within = limits.within_bounds(std::iter::repeat_n((2, 1_000_000), apps));
        within.map(|limits| (limits.lock_after, limits.per_month))
    };
    let nist = [5, 5, 3, 2, 2, 1, 1, 1];
    for (apps, lock_after) in (1..).zip(nist) {
        let per_month = u8::try_from(769 / (2 * apps)).unwrap_or(u8::MAX).min(100);
        assert_eq!(
            of(Limits::nist(), apps),
            Some((lock_after, per_month)),
            "{apps}"
        );
    }
    assert_eq!(of(Limits::pci(), 1), Some((10, 100)));
    assert_eq!(of(Limits::pci(), 2), Some((5, 100)));
    assert_eq!(of(Limits::nist(), 10), Some((1, 38)));
    assert_eq!(of(Limits::nist(), 11), None, "not even one try");
    let eight_digits = std::iter::repeat_n((3, 100_000_000), 8);
    assert_eq!(
        Limits::nist().within_bounds(eight_digits),
        Some(Limits::nist())
    );
}

#[test]
fn b51_a_lock_ends_when_told_whatever_the_clock_did_before() {
    let limits = Limits::nist();
    let mut throttle = Kept::default();
    let now = fail(&mut throttle, Lane::Anonymous, 12, at(0), &limits);
    let Some(Refusal::Until(told)) = throttle.refusal(Lane::Anonymous, now, &limits) else {
        panic!("no lock")
    };
    assert_eq!(told.since(now), Duration::from_secs(3_600));
    let back = Timestamp::stored(now.unix() - 3_000);
    let told = back.plus(Duration::from_secs(3_600));
    for seconds in [0, 1, 600, 3_000, 3_599] {
        let now = Timestamp::stored(back.unix() + seconds);
        assert_eq!(
            throttle.refusal(Lane::Anonymous, now, &limits),
            Some(Refusal::Until(told)),
            "{seconds} seconds after the clock was set back"
        );
    }
    assert_eq!(throttle.refusal(Lane::Anonymous, told, &limits), None);
    assert_eq!(throttle.refusal(Lane::Anonymous, back, &limits), None);
}

#[test]
fn b51_a_lock_that_was_served_does_not_come_back() {
    let limits = Limits::nist();
    let mut throttle = Kept::default();
    fail(&mut throttle, Lane::Anonymous, 5, at(7 * DAY), &limits);
    let Some(Refusal::Until(told)) = throttle.refusal(Lane::Anonymous, at(0), &limits) else {
        panic!("no lock")
    };
    assert!(told <= at(3_600));
    assert_eq!(throttle.refusal(Lane::Anonymous, told, &limits), None);
    throttle.throttle.succeed(Lane::Anonymous);
    for seconds in (told.unix() - at(0).unix()..8 * DAY).step_by(1_800) {
        let admission = throttle.refusal(Lane::Anonymous, at(seconds), &limits);
        assert_eq!(admission, None, "after {seconds} seconds");
    }
}

#[test]
fn b51_what_was_counted_stays_counted_when_the_clock_goes_back_and_comes_right() {
    let limits = Limits::new(
        5,
        Limits::SHORTEST_WAIT,
        Duration::from_secs(3_600),
        100,
        10,
    )
    .unwrap();
    for back in [DAY, 10 * DAY, 40 * DAY, 4_000 * DAY] {
        let mut throttle = Kept::default();
        let start = at(5_000 * DAY);
        let now = fail(&mut throttle, Lane::Anonymous, 5, start, &limits);
        let past = Timestamp::stored(now.unix() - back);
        throttle.refusal(Lane::Anonymous, past, &limits);
        throttle.throttle.succeed(Lane::Anonymous);
        for days in 0..30 {
            let later = now.plus(Duration::from_secs(days * 86_400));
            let admission = throttle.refusal(Lane::Anonymous, later, &limits);
            assert!(
                matches!(admission, Some(Refusal::Until(_))),
                "{days} days after, back by {back}"
            );
        }
        let later = now.plus(Duration::from_secs(36 * 86_400));
        assert_eq!(throttle.refusal(Lane::Anonymous, later, &limits), None);
    }
}

#[test]
fn b51_a_clock_that_was_years_ahead_shuts_nobody_for_years() {
    let limits = Limits::new(
        5,
        Limits::SHORTEST_WAIT,
        Duration::from_secs(3_600),
        100,
        10,
    )
    .unwrap();
    let mut throttle = Kept::default();
    fail(&mut throttle, Lane::Anonymous, 5, at(3_650 * DAY), &limits);
    throttle.throttle.succeed(Lane::Anonymous);
    assert_eq!(
        throttle.refusal(Lane::Anonymous, at(0), &limits),
        Some(Refusal::Until(at(3_600))),
        "the lock comes first"
    );
    let Some(Refusal::Until(release)) = throttle.refusal(Lane::Anonymous, at(3_600), &limits)
    else {
        panic!("the month is spent")
    };
    assert!(release <= at(36 * DAY), "{release:?}");
    assert_eq!(throttle.refusal(Lane::Anonymous, release, &limits), None);
}

#[test]
fn b51_clocks_that_disagree_by_seconds_shorten_no_lock() {
    let limits = Limits::nist();
    let mut throttle = Kept::default();
    let now = fail(&mut throttle, Lane::Anonymous, 8, at(0), &limits);
    let Some(Refusal::Until(told)) = throttle.refusal(Lane::Anonymous, now, &limits) else {
        panic!("no lock")
    };
    for seconds in now.unix()..told.unix() {
        for server in [seconds, seconds - 60] {
            let now = Timestamp::stored(server);
            assert_eq!(
                throttle.refusal(Lane::Anonymous, now, &limits),
                Some(Refusal::Until(told))
            );
        }
    }
}

#[test]
fn b43_the_open_lane_starts_afresh_thirty_days_after_its_last_wrong_try() {
    let limits = Limits::new(
        5,
        Limits::SHORTEST_WAIT,
        Duration::from_secs(3_600),
        10,
        200,
    )
    .unwrap();
    let mut throttle = Kept::default();
    let last = fail(&mut throttle, Lane::Anonymous, 5, at(0), &limits);
    let afresh = last.plus(MEMORY);
    let before = Timestamp::stored(afresh.unix() - 1);
    assert_eq!(
        throttle.refusal(Lane::Anonymous, before, &limits),
        Some(Refusal::Closed)
    );
    let now = fail(&mut throttle, Lane::Anonymous, 4, afresh, &limits);
    assert_eq!(now, afresh, "four tries without a lock, as at first");
    assert_eq!(
        throttle.throttle.tries_left(Lane::Anonymous, &limits),
        Some(1)
    );

    // The hard cap has forgotten nothing of it: five on the other lane disable for ever.
    let now = fail(&mut throttle, Lane::WithEvidence, 5, now, &limits);
    for later in [now, now.plus(Duration::from_secs(400 * 86_400))] {
        for lane in [Lane::WithEvidence, Lane::Anonymous] {
            assert_eq!(
                throttle.refusal(lane, later, &limits),
                Some(Refusal::Closed)
            );
        }
    }
}

#[test]
fn b43_the_open_lane_never_disables_both() {
    let limits = Limits::new(2, Limits::SHORTEST_WAIT, Limits::SHORTEST_WAIT, 5, 200).unwrap();
    let mut throttle = Kept::default();
    let mut now = at(0);
    for _ in 0..20 {
        now = fail(&mut throttle, Lane::Anonymous, 3, now, &limits).plus(MEMORY);
    }
    assert_eq!(throttle.refusal(Lane::WithEvidence, now, &limits), None);
    assert_eq!(
        throttle.throttle.tries_left(Lane::WithEvidence, &limits),
        Some(2)
    );
}

#[test]
fn b45_secrets_that_nobody_guesses_wait_thirty_seconds_at_most() {
    for limits in [Limits::nist(), Limits::psd2(), Limits::pci()] {
        let limits = limits.never_disabling();
        let mut throttle = Kept::default();
        let mut now = at(0);
        for _ in 0..500 {
            if let Some(Refusal::Until(release)) = throttle.refusal(Lane::Anonymous, now, &limits) {
                assert_eq!(release.since(now), Duration::from_secs(30));
                now = release;
            }
            assert_eq!(throttle.refusal(Lane::Anonymous, now, &limits), None);
            throttle.charge(Lane::Anonymous, now, &limits);
        }
    }
}

/// Half of each cap, rounded up, is the anonymous lane's: with a single try strangers would disable the factor, or spend its month.
#[test]
fn b43_every_cap_leaves_the_known_lane_a_try() {
    let (wait, hour) = (Limits::SHORTEST_WAIT, Duration::from_secs(3_600));
    for (disable_after, per_month) in [(1, 2), (2, 1), (1, 1), (0, 2)] {
        assert!(Limits::new(1, wait, hour, disable_after, per_month).is_err());
    }
    for cap in 2..=20 {
        for month in 2..=20 {
            let limits = Limits::new(1, wait, hour, cap, month).unwrap();
            let mut throttle = Kept::default();
            let mut now = at(0);
            while throttle.refusal(Lane::Anonymous, now, &limits).is_none() {
                throttle.charge(Lane::Anonymous, now, &limits);
                now = now.plus(hour);
            }
            let known = throttle.refusal(Lane::WithEvidence, now, &limits);
            assert_eq!(known, None, "{cap}, {month}");
        }
    }
}
