//! The desk example, run as a stranger runs it.

use crate::support::programs::example;
use std::process::Command;

#[test]
fn the_desk_tells_its_story_and_no_secret_on_the_agents_side() {
    let program = example("agent_desk");
    let output = Command::new(&program).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    let told = String::from_utf8(output.stdout).unwrap();
    for line in [
        "answer to question 1: must not be words of the question",
        "answer to question 2: must be an existing day, as in `29.2.1984`",
        "│ ✔ verified",
        "│ ✘ not verified",
        "evidence: questions, strength Weak",
        " •••\n",
        "people have heard 3 of 10 letters",
        "more than half: she is asked for a new word",
    ] {
        assert!(told.contains(line), "{line} is not in:\n{told}");
    }
    let agents: Vec<&str> = told
        .lines()
        .filter(|line| line.contains("agent │"))
        .collect();
    assert!(agents.len() > 10, "{told}");
    let german = agents
        .iter()
        .any(|line| line.contains(" Sie ") || line.contains("Ihre"));
    let indonesian = agents.iter().any(|line| line.contains("Anda"));
    assert!(german && indonesian, "{agents:#?}");
    for secret in [
        "hedwig",
        "1958",
        "3741",
        "sukajadi",
        "1961",
        "8316",
        "nachtigall",
        "lupa",
    ] {
        let told = agents
            .iter()
            .any(|line| line.to_lowercase().contains(secret));
        assert!(!told, "{secret} in {agents:#?}");
    }
}
