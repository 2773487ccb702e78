//! Real programs to agree with, and what to do where one is missing.
use std::io::{Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use countersign::otp::Algorithm;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

/// Whether `probe` runs well. If not, the test is skipped and says so, except where CI=true: there it fails.
#[track_caller]
pub fn is_there(probe: &mut Command, what: &str, test: &str) -> bool {
    let there = probe
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !there {
        let ci = std::env::var("CI").is_ok_and(|value| value == "true");
        assert!(!ci, "{what} must be installed where CI=true");
        let line = format!("skipped: {test}, because {what} is not installed\n");
        // Past the test harness, which would swallow what `eprintln!` writes.
        std::io::stderr().write_all(line.as_bytes()).unwrap();
    }
    there
}

/// Gives a program some lines to read, and answers with the lines it wrote: one for each.
#[track_caller]
pub fn ask(program: &mut Command, questions: &[String]) -> Vec<String> {
    // A file, for a pipe would fill up while both sides write.
    let mut file = tempfile::tempfile().unwrap();
    for question in questions {
        assert!(!question.contains('\n'));
        writeln!(file, "{question}").unwrap();
    }
    file.rewind().unwrap();
    let output = program.stdin(file).output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    let answers: Vec<_> = told.lines().map(str::to_owned).collect();
    assert!(
        output.status.success() && answers.len() == questions.len(),
        "{} of {} lines, {}: {}",
        answers.len(),
        questions.len(),
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    answers
}

/// That many values, the same in each run.
pub fn cases<T: std::fmt::Debug>(count: usize, strategy: impl Strategy<Value = T>) -> Vec<T> {
    let mut runner = TestRunner::deterministic();
    (0..count)
        .map(|_| strategy.new_tree(&mut runner).unwrap().current())
        .collect()
}

pub fn any_secret() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), 16..=128).prop_filter("zeros are no secret", |secret| {
        secret.iter().any(|byte| *byte != 0)
    })
}

pub fn any_algorithm() -> impl Strategy<Value = (Algorithm, &'static str)> {
    prop_oneof![
        Just((Algorithm::Sha1, "SHA1")),
        Just((Algorithm::Sha256, "SHA256")),
        Just((Algorithm::Sha512, "SHA512")),
    ]
}

pub fn hex(secret: &[u8]) -> String {
    secret.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// An example as `cargo test` has built it, beside the folder that the tests stand in.
pub fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let target = test.parent().and_then(Path::parent).unwrap();
    let program = target
        .join("examples")
        .join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    assert!(
        program.exists(),
        "`cargo build --examples` builds {}",
        program.display()
    );
    program
}
