//! The examples of sealed fields, run as a stranger runs them, and killed.

use std::io::{BufRead, BufReader};
use std::process::{Command, Output, Stdio};

use crate::support::programs::example;
use tempfile::TempDir;

fn rotate(folder: &TempDir, arguments: &[&str]) -> Command {
    let mut command = Command::new(example("rotate_keys"));
    command
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .args(["--rows", "3000"])
        .args(arguments);
    command
}

#[track_caller]
fn told(output: &Output) -> String {
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Runs until it has told this many lines, and kills it there.
fn killed_after(folder: &TempDir, lines: usize, arguments: &[&str]) {
    let mut child = rotate(folder, arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut reader = BufReader::new(child.stdout.take().unwrap()).lines();
    for _ in 0..lines {
        if reader.next().is_none() {
            break;
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_rotation_killed_anywhere_finishes_on_the_next_run() {
    let folder = TempDir::new().unwrap();
    // At once; in the filling; between filling and rotation; in the rotation; and with a writer beside.
    for lines in [0, 1, 2, 3] {
        killed_after(&folder, lines, &["--writer"]);
    }
    assert!(
        told(&rotate(&folder, &[]).output().unwrap())
            .contains("of 3000 customers moved to the root 2")
    );
    let verified = told(&rotate(&folder, &["--verify"]).output().unwrap());
    assert_eq!(
        verified,
        "3000 customers open; values under each root: {2: 9000}\n"
    );
    for lines in [1, 0, 1] {
        killed_after(&folder, lines, &["--again", "--writer"]);
    }
    told(&rotate(&folder, &["--writer"]).output().unwrap());
    let verified = told(&rotate(&folder, &["--verify"]).output().unwrap());
    assert!(
        verified.starts_with("3000 customers open; values under each root: {"),
        "{verified}"
    );
    assert_eq!(
        verified.matches(": 9000}").count(),
        1,
        "one root for all: {verified}"
    );
    let nothing = told(&rotate(&folder, &[]).output().unwrap());
    assert!(nothing.contains("\n0 of 3000 customers moved"), "{nothing}");
}

#[test]
fn a_table_that_was_tampered_with_is_told() {
    let folder = TempDir::new().unwrap();
    told(&rotate(&folder, &[]).output().unwrap());
    let table = rusqlite::Connection::open(folder.path().join("rotate_keys.db")).unwrap();
    let swap = "UPDATE customers SET phone_index = (SELECT phone_index FROM customers WHERE id = 2) WHERE id = 1";
    assert_eq!(table.execute(swap, []).unwrap(), 1);
    let output = rotate(&folder, &["--verify"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(
        error.starts_with("rotate_keys: customer 1, phone: the sealed value cannot be opened"),
        "{error}"
    );
    let output = rotate(&folder, &["--again"]).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        error,
        "rotate_keys: 1 customers do not open, and were left as they are\n"
    );
}

#[test]
fn bad_arguments_and_foreign_files_are_one_line_on_stderr() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("text.db"), "x".repeat(4_096)).unwrap();
    std::fs::write(folder.path().join("bad.db.key"), "no ring").unwrap();
    for arguments in [
        &["--rows", "0"][..],
        &["--rows", "x"],
        &["--nonsense"],
        &["--database", "no/such/folder/t.db"],
        &["--database", "text.db"],
        &["--database", "bad.db"],
        &["--database", "new.db", "--verify"],
    ] {
        let output = rotate(&folder, arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert_eq!(
            output.stderr.iter().filter(|byte| **byte == b'\n').count(),
            1,
            "{arguments:?}"
        );
    }
    assert!(told(&rotate(&folder, &["--help"]).output().unwrap()).contains("Usage"));
}

#[test]
fn customers_are_found_masked_and_erased() {
    let output = Command::new(example("sealed_customers")).output().unwrap();
    let story = told(&output);
    for line in [
        "found [\"C-1043\"]",
        "C-1042  M••• S•••        +62 ••• ••• 34       ••••-••-29",
        "her row is still there; opening it: there is no key for this customer any more",
        "root 1 is revoked: the backup opens nothing",
    ] {
        assert!(story.contains(line), "{line} is not in\n{story}");
    }
    for secret in ["Maya", "Sari", "3456 7834", "1984"] {
        assert!(!story.contains(secret), "{secret} is shown");
    }
}
