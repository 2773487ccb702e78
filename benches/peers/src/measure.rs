//! Two pieces of work in turn, round by round: the median of the rounds' ratios does not drift with the machine.

use std::time::Instant;

const ROUNDS: usize = 41;
/// A round of one side lasts about this long.
const ROUND_NS: f64 = 4e6;

#[derive(Clone)]
pub struct Row {
    pub name: &'static str,
    pub peer: &'static str,
    /// The largest ratio that is well.
    pub target: f64,
    /// `None` if the peer is not installed.
    pub measure: fn() -> Option<Found>,
}

pub struct Found {
    pub ours_ns: f64,
    pub peer_ns: f64,
    pub ratio: f64,
}

/// Times two closures; each call of one does `per_call` pieces of its work.
pub fn compare(mut ours: impl FnMut(), ours_per_call: usize, mut peer: impl FnMut(), peer_per_call: usize) -> Found {
    let calls = (calls_in_a_round(&mut ours), calls_in_a_round(&mut peer));
    let rounds = (0..ROUNDS)
        .map(|_| {
            let ours = time(&mut ours, calls.0) / ours_per_call as f64;
            (ours, time(&mut peer, calls.1) / peer_per_call as f64)
        })
        .collect();
    medians(rounds)
}

/// The medians of both sides, and of the ratio within each round.
pub fn medians(rounds: Vec<(f64, f64)>) -> Found {
    let median = |of: fn(&(f64, f64)) -> f64| {
        let mut values: Vec<f64> = rounds.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    Found {
        ours_ns: median(|round| round.0),
        peer_ns: median(|round| round.1),
        ratio: median(|round| round.0 / round.1),
    }
}

pub fn time(work: &mut impl FnMut(), calls: usize) -> f64 {
    let begun = Instant::now();
    for _ in 0..calls {
        work();
    }
    begun.elapsed().as_nanos() as f64 / calls as f64
}

fn calls_in_a_round(work: &mut impl FnMut()) -> usize {
    time(work, 50);
    ((ROUND_NS / time(work, 50)) as usize).clamp(1, 1_000_000)
}
