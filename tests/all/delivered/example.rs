//! The example of sent codes, run as a stranger runs it.

use crate::support::programs::example;
use std::process::Command;

#[test]
fn p05_the_example_pays_in_three_languages_and_asserts_it() {
    let program = example("sent_codes");
    let output = Command::new(&program).output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let told = String::from_utf8(output.stdout).unwrap();
    for line in [
        "is your code to pay 99.50 EUR to Anna Müller",
        "zahlen Sie 99,50 EUR an Anna Müller",
        "untuk membayar 99,50 EUR kepada Anna Müller",
        "@bank.example #",
        "evidence of `issued_recovery_code`",
    ] {
        assert!(told.contains(line), "{line} is not in:\n{told}");
    }
}
