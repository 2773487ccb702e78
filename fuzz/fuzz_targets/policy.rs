//! Hostile text in the place of a policy document: an error on one line, or a policy that can be drawn.
#![no_main]

use countersign::{Policy, policy::StepUpChallenge};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for read in [Policy::from_toml, Policy::from_json] {
        match read(text) {
            Ok(policy) => {
                assert!(policy.table().starts_with("| action |"));
                assert!(policy.graph().starts_with("flowchart LR\n"));
            }
            Err(error) => assert!(!error.to_string().chars().any(char::is_control)),
        }
    }
    if let Ok(challenge) = text.parse::<StepUpChallenge>() {
        assert_eq!(challenge.to_string().parse::<StepUpChallenge>().unwrap(), challenge);
    }
});
