//! ciphersweet-js runs its own loop in its own process, in turn with ours.

use std::hint::black_box;
use std::path::Path;
use std::process::Command;

use crate::field::{PLACE, TEXT, cipher, keyring};
use crate::measure::{Found, Row, medians, time};

pub const ROWS: &[Row] = &[
    Row { name: "seal_open_ciphersweet_fips", peer: "ciphersweet-js 2.0.6 FIPS", target: 0.05, measure: fips },
    Row { name: "seal_open_ciphersweet_boring", peer: "ciphersweet-js 2.0.6 Boring", target: 0.05, measure: boring },
];

/// Node has to warm up in each round, so rounds are fewer and longer than those within one process.
const ROUNDS: usize = 7;

fn fips() -> Option<Found> {
    against("fips")
}

fn boring() -> Option<Found> {
    against("boring")
}

fn against(backend: &str) -> Option<Found> {
    let node = Path::new(env!("CARGO_MANIFEST_DIR")).join("node");
    if !node.join("node_modules/ciphersweet-js").exists() {
        return None;
    }
    let cipher = cipher(&keyring());
    let mut ours = || {
        let sealed = cipher.seal(black_box(&PLACE), black_box(&TEXT)).unwrap();
        black_box(cipher.open(black_box(&PLACE), &sealed).unwrap());
    };
    let rounds = (0..ROUNDS).map(|_| {
        let ours = time(&mut ours, 20_000);
        let output = Command::new("node").arg("bench.mjs").arg(backend).current_dir(&node).output().ok()?;
        let told = String::from_utf8(output.stdout).ok()?;
        Some((ours, told.trim().parse().ok()?))
    });
    let rounds: Option<Vec<(f64, f64)>> = rounds.collect();
    rounds.map(medians)
}
