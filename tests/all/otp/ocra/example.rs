//! The example of a call, run as a stranger runs it.
use crate::support::programs::example;
use std::process::Command;

#[test]
fn o11_a_call_is_checked_replayed_reflected_relayed_and_signed() {
    let output = Command::new(example("mutual_call")).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{error}");
    assert_eq!(error, "");
    let page = String::from_utf8(output.stdout).unwrap();
    let count = |words: &str| page.matches(words).count();
    // Of nine checks at the desk, three are passed: the call, the relayed call, the signature.
    assert_eq!(count("✔ This is Maya Sari."), 2, "{page}");
    assert_eq!(count("✔ Signed by Maya Sari."), 1, "{page}");
    assert_eq!(count("✘ Not verified."), 6, "{page}");
    // Of five answers, the app takes only the recorded one for what it is.
    assert_eq!(count("✔ This is Harbour Bank."), 4, "{page}");
    assert_eq!(count("✘ This is not Harbour Bank. Hang up."), 1, "{page}");
    assert_eq!(count("To PAY 9950 EUR to ..77"), 1, "{page}");
    assert!(page.contains("What this does not stop: somebody in the middle, live"));
    let first = page.find("✔ This is Harbour Bank.");
    assert!(first < page.find("✔ This is Maya Sari."), "the bank first");
    let longest = page.lines().map(|line| line.chars().count()).max();
    assert!(longest <= Some(100), "{longest:?} columns");
}
