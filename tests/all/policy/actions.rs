//! Names of actions and patterns for them.

use countersign::{Decision, Policy, Request, policy::DenyReason};

use crate::support::world::{World, ctx, in_words, refused};

const HEAD: &str = "version = 1\ngrant_lifetime = 300\ntiers = [\"only\"]\n";
const TOTP: &str = "every_tier = { any = [{ all = [{ factor = \"totp\", max_age = 60 }] }] }\n";
const SPOKEN: &str =
    "every_tier = { any = [{ all = [{ factor = \"spoken_code\", max_age = 60 }] }] }\n";
const NEVER: &str = "every_tier = { never = true }\n";

fn policy(head: &str, rules: &[(&str, &str)]) -> Result<Policy, countersign::Error> {
    let rules = rules
        .iter()
        .map(|(name, rule)| format!("[action.\"{name}\"]\n{rule}"));
    Policy::from_toml(&format!("{HEAD}{head}\n{}", rules.collect::<String>()))
}

fn decide(policy: &Policy, action: &str) -> Decision {
    World::new().decide(policy, &Request::new(action), &[], &ctx(0))
}

#[test]
fn the_most_specific_rule_wins() {
    let policy = policy(
        "known_actions = [\"x\"]",
        &[
            ("*", NEVER),
            ("payment.*", TOTP),
            ("payment.*.foreign", NEVER),
            ("payment.refund", SPOKEN),
        ],
    );
    let policy = policy.unwrap();
    assert_eq!(in_words(decide(&policy, "payment.create")), ["totp"]);
    assert_eq!(
        in_words(decide(&policy, "payment.create.domestic")),
        ["totp"]
    );
    assert_eq!(in_words(decide(&policy, "payment.refund")), ["spoken_code"]);
    assert_eq!(
        refused(decide(&policy, "payment.create.foreign")),
        DenyReason::Never
    );
    assert_eq!(refused(decide(&policy, "x")), DenyReason::Never);
}

#[test]
fn the_order_in_the_document_does_not_count() {
    let rules = [("a.*", TOTP), ("a.b.*", SPOKEN)];
    for rules in [rules, [rules[1], rules[0]]] {
        let policy = policy("", &rules).unwrap();
        assert_eq!(in_words(decide(&policy, "a.b.c")), ["spoken_code"]);
    }
}

#[test]
fn ties_are_refused() {
    let error = policy("", &[("payment.*", TOTP), ("*.create", SPOKEN)]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "policy, action `*.create`: must not meet `payment.*`: neither says more than the other"
    );
    assert!(policy("", &[("payment.*", TOTP), ("*.create.now", SPOKEN)]).is_err());
    assert!(policy("", &[("a.*.c", TOTP), ("a.b.*", SPOKEN)]).is_err());
    assert!(policy("", &[("payment.*", TOTP), ("account.*", SPOKEN)]).is_ok());
}

#[test]
fn unknown_actions_are_denied_even_under_a_star() {
    let rules = [("*", TOTP), ("balance.read", SPOKEN)];
    let listed = policy("known_actions = [\"address.change\"]", &rules).unwrap();
    assert_eq!(in_words(decide(&listed, "address.change")), ["totp"]);
    assert_eq!(in_words(decide(&listed, "balance.read")), ["spoken_code"]);
    assert_eq!(
        refused(decide(&listed, "adress.change")),
        DenyReason::UnknownAction
    );
    let any = policy("known_actions = \"any\"", &rules).unwrap();
    assert_eq!(in_words(decide(&any, "adress.change")), ["totp"]);
    for action in ["", "*", "a b", "A", "a\0", ".", "a.", "balance.*"] {
        assert_eq!(
            refused(decide(&any, action)),
            DenyReason::UnknownAction,
            "{action:?}"
        );
    }
    let error = policy("", &rules).unwrap_err().to_string();
    assert!(error.contains("must come with `known_actions`"), "{error}");
}

#[test]
fn n19_a_star_says_nothing_of_changes_of_the_account() {
    let star = policy("known_actions = \"any\"", &[("*", TOTP)]).unwrap();
    for action in [
        "authenticator.add",
        "authenticator.remove",
        "authenticator.unlock",
        "account.resume",
        "recovery.start",
        "account",
    ] {
        assert_eq!(
            refused(decide(&star, action)),
            DenyReason::UnknownAction,
            "{action}"
        );
    }
    let named = policy(
        "known_actions = \"any\"",
        &[("*", TOTP), ("authenticator.*", SPOKEN)],
    )
    .unwrap();
    assert_eq!(
        in_words(decide(&named, "authenticator.add")),
        ["spoken_code"]
    );
}

#[test]
fn patterns_are_requests_for_nothing() {
    let policy = policy("", &[("payment.*", TOTP)]).unwrap();
    assert_eq!(
        refused(decide(&policy, "payment.*")),
        DenyReason::UnknownAction
    );
}

#[test]
fn ten_thousand_rules_are_read_and_decided() {
    let lines: String = (0..9_900)
        .map(|n| format!("[action.\"a{n}.b\"]\n{TOTP}"))
        .collect();
    let patterns: String = (0..100)
        .map(|n| format!("[action.\"a{n}.*\"]\n{NEVER}"))
        .collect();
    let policy = Policy::from_toml(&format!("{HEAD}{lines}{patterns}")).unwrap();
    assert_eq!(in_words(decide(&policy, "a99.b")), ["totp"]);
    assert_eq!(refused(decide(&policy, "a99.c")), DenyReason::Never);
    assert_eq!(
        refused(decide(&policy, "a100.c")),
        DenyReason::UnknownAction
    );
}
