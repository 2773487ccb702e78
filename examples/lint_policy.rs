//! Finds the flaws of policies, or the changes from one to another.
//!
//! ```sh
//! cargo run --release --example lint_policy                      # the presets
//! cargo run --release --example lint_policy -- my_bank.toml      # a document of one's own; ends with 1 if it has a flaw
//! cargo run --release --example lint_policy -- --diff old.toml new.toml
//! ```
#![allow(clippy::print_stdout, reason = "an example prints")]

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use countersign::{
    Policy,
    policy::{Deployment, Preset},
};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> Result<ExitCode> {
    let mut is_diff = false;
    let mut files = Vec::new();
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            lexopt::Arg::Long("diff") => is_diff = true,
            lexopt::Arg::Value(file) => files.push(file),
            other => return Err(other.unexpected().into()),
        }
    }
    match (is_diff, files.as_slice()) {
        (true, [old, new]) => diff(&read(old)?, &read(new)?),
        (true, _) => Err("`--diff` takes two files".into()),
        (false, []) => {
            let presets = Preset::ALL.map(|preset| (preset.name(), Policy::preset(preset)));
            let mut all_clean = true;
            for (name, policy) in presets {
                all_clean &= lint(name, &policy?)?;
            }
            Ok(ExitCode::from(u8::from(!all_clean)))
        }
        (false, files) => {
            let mut all_clean = true;
            for file in files {
                all_clean &= lint(&file.to_string_lossy(), &read(file)?)?;
            }
            Ok(ExitCode::from(u8::from(!all_clean)))
        }
    }
}

/// A document in TOML or, by its ending, in JSON.
fn read(file: &OsString) -> Result<Policy> {
    let text = std::fs::read_to_string(file)?;
    let is_json = Path::new(file).extension() == Some("json".as_ref());
    let policy = if is_json {
        Policy::from_json(&text)
    } else {
        Policy::from_toml(&text)
    };
    Ok(policy?)
}

/// Prints the findings, and returns whether there are none.
fn lint(name: &str, policy: &Policy) -> Result<bool> {
    let deployment = Deployment::new();
    let (findings, took) = timed(|| policy.lint(&deployment))?;
    println!("{name}: {} findings in {took:?}", findings.len());
    findings.iter().for_each(|one| println!("{one}"));
    Ok(findings.is_empty())
}

fn diff(old: &Policy, new: &Policy) -> Result<ExitCode> {
    let (differences, took) = timed(|| old.diff(new))?;
    println!("{} differences in {took:?}", differences.len());
    differences.iter().for_each(|one| println!("{one}"));
    Ok(ExitCode::from(u8::from(!differences.is_empty())))
}

/// Returns the shortest of a few runs, since a first one warms the machine.
fn timed<T>(
    work: impl Fn() -> std::result::Result<T, countersign::Error>,
) -> Result<(T, Duration)> {
    let mut shortest = Duration::MAX;
    for _ in 0..RUNS {
        let begun = Instant::now();
        work()?;
        shortest = shortest.min(begun.elapsed());
    }
    Ok((work()?, shortest))
}

const RUNS: usize = 5;
