//! The highest cost that takes no longer than a given time on this machine.

use std::time::{Duration, Instant};

use super::cost::Cost;
use super::pool::HashPool;
use crate::error::Error;

/// Returns the highest cost, with memory up to `most_kib` KiB, of which one computation takes `target` at most on this
/// machine. It is never below OWASP's minimum (requirement H1), even if that takes longer.
///
/// Memory is raised first, passes after that, as RFC 9106 4 has it; with one lane. It measures for some ten times `target`,
/// with one computation at a time. Several at once are slower each. Call it at the start of a program or once for a machine,
/// not for each check: hashes are renewed when the cost changes.
///
/// # Errors
/// Misuse, if `most_kib` is less than 19 MiB or more than 1 GiB. Store, if the memory cannot be had.
///
/// ```
/// use std::time::Duration;
/// use countersign::hashing::{Cost, HashPool, calibrate};
/// let cost = calibrate(Duration::from_millis(1), 65_536)?;
/// assert_eq!(cost, Cost::default(), "no machine does it in a millisecond, and less is not on offer");
/// let pool = HashPool::new(cost, 2)?;
/// # Ok::<(), countersign::Error>(())
/// ```
pub fn calibrate(target: Duration, most_kib: u32) -> Result<Cost, Error> {
    calibrate_with(target, most_kib, measure)
}

/// Proposals are measured so many times at most.
const ROUNDS: usize = 5;
/// The part of the target that is aimed at, in percent: the next computation may take a little longer.
const AIM: u128 = 95;

fn calibrate_with(
    target: Duration,
    most_kib: u32,
    mut measure: impl FnMut(Cost) -> Result<Duration, Error>,
) -> Result<Cost, Error> {
    let least = Cost::default();
    if !(least.memory_kib()..=Cost::DEAREST_KIB).contains(&most_kib) {
        return Err(Error::misuse(
            "memory for Argon2id",
            "must lie between 19456 KiB and 1 GiB",
        ));
    }
    let (mut best, mut cost) = (least, least);
    for _ in 0..ROUNDS {
        let took = measure(cost)?;
        if took <= target && work(cost) > work(best) {
            best = cost;
        }
        let next = scaled(cost, took, target, most_kib);
        if next == cost {
            break;
        }
        cost = next;
    }
    Ok(best)
}

fn work(cost: Cost) -> u64 {
    u64::from(cost.memory_kib()).saturating_mul(u64::from(cost.passes()))
}

/// The cost that would take the target, if time grew with memory times passes.
fn scaled(cost: Cost, took: Duration, target: Duration, most_kib: u32) -> Cost {
    let least = Cost::default();
    let wanted = u128::from(work(cost))
        .saturating_mul(target.as_nanos())
        .saturating_mul(AIM)
        .checked_div(took.as_nanos().saturating_mul(100))
        .unwrap_or(u128::MAX);
    let wanted = u64::try_from(wanted).unwrap_or(u64::MAX);
    let share = |by: u32| {
        let share = wanted.checked_div(u64::from(by)).unwrap_or(u64::MAX);
        u32::try_from(share).unwrap_or(u32::MAX)
    };
    let memory = share(least.passes()).clamp(least.memory_kib(), most_kib);
    let passes = share(memory).clamp(least.passes(), Cost::MOST_PASSES);
    Cost::new(memory, passes, least.lanes()).unwrap_or(least)
}

/// The shorter of two computations, with the memory at hand.
fn measure(cost: Cost) -> Result<Duration, Error> {
    let pool = HashPool::new(cost, 1)?;
    let mut permit = pool
        .permit()
        .ok_or_else(|| Error::outside("a measurement of Argon2id"))?;
    let mut shortest = Duration::MAX;
    // The first takes its memory, and does not count.
    for counts in [false, true, true] {
        let begun = Instant::now();
        permit.hash(cost, &[0; 32], &[0; HashPool::SALT], b"measurement")?;
        if counts {
            shortest = shortest.min(begun.elapsed());
        }
    }
    Ok(shortest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A machine that takes so many nanoseconds for a KiB and a pass.
    fn machine(nanos: u64) -> impl FnMut(Cost) -> Result<Duration, Error> {
        move |cost| Ok(Duration::from_nanos(work(cost) * nanos))
    }

    #[track_caller]
    fn chosen(millis: u64, most_kib: u32, nanos: u64) -> (u32, u32, u32) {
        let target = Duration::from_millis(millis);
        let cost = calibrate_with(target, most_kib, machine(nanos)).unwrap();
        (cost.memory_kib(), cost.passes(), cost.lanes())
    }

    #[test]
    fn memory_grows_first_and_passes_after_it() {
        assert_eq!(chosen(100, 1 << 20, 1_000), (47_500, 2, 1));
        assert_eq!(chosen(1_000, 65_536, 1_000), (65_536, 14, 1));
        assert_eq!(chosen(60_000, 65_536, 1_000), (65_536, 16, 1));
    }

    #[test]
    fn h01_a_slow_machine_gets_the_minimum_and_no_less() {
        assert_eq!(chosen(1, 65_536, 1_000), (19_456, 2, 1));
        assert_eq!(chosen(0, 65_536, 1_000), (19_456, 2, 1));
        assert_eq!(chosen(60_000, 65_536, u64::from(u32::MAX)), (19_456, 2, 1));
    }

    #[test]
    fn a_clock_that_does_not_move_breaks_nothing() {
        assert_eq!(chosen(100, 65_536, 0), (65_536, 16, 1));
        let error = calibrate_with(Duration::MAX, 65_536, |_| Err(Error::outside("the clock")));
        assert!(error.unwrap_err().is_store());
    }

    #[test]
    fn the_memory_has_bounds() {
        for most in [0, 19_455, (1 << 20) + 1, u32::MAX] {
            let refused = calibrate_with(Duration::ZERO, most, machine(1)).unwrap_err();
            assert_eq!(
                refused.to_string(),
                "memory for Argon2id: must lie between 19456 KiB and 1 GiB"
            );
        }
    }

    proptest! {
        #[test]
        fn h01_whatever_the_clock_says_the_cost_is_allowed(
            times in proptest::collection::vec(0..u64::MAX, ROUNDS),
            target in 0..u64::MAX,
            most_kib in 19_456..=1_u32 << 20,
        ) {
            let mut times = times.into_iter();
            let cost = calibrate_with(Duration::from_nanos(target), most_kib, |_| {
                Ok(Duration::from_nanos(times.next().unwrap()))
            });
            let cost = cost.unwrap();
            prop_assert!(cost.is_allowed());
            prop_assert!(cost.memory_kib() <= most_kib && cost.memory_kib() >= 19_456 && cost.passes() >= 2);
        }

        #[test]
        fn on_a_machine_that_gets_slower_the_target_is_kept_too(nanos in 100..3_000_u64, millis in 200..2_000_u64) {
            // Twice the work takes four times as long.
            let took = |cost| Duration::from_nanos(work(cost).pow(2) / work(Cost::default()) * nanos);
            let target = Duration::from_millis(millis);
            let cost = calibrate_with(target, 1 << 20, |cost| Ok(took(cost))).unwrap();
            prop_assert!(took(cost) <= target || cost == Cost::default());
        }

        #[test]
        fn on_an_even_machine_the_target_is_kept_and_nearly_used(nanos in 100..3_000_u64, millis in 200..2_000_u64) {
            let (memory, passes, _) = chosen(millis, 1 << 20, nanos);
            let took = u64::from(memory) * u64::from(passes) * nanos;
            prop_assert!(took <= millis * 1_000_000);
            let most = u64::from(memory) == 1 << 20 && passes == 16;
            prop_assert!(most || took * 2 > millis * 1_000_000, "{took} ns of {millis} ms");
        }
    }
}
