//! The differences between two policies.

use std::fmt::Write as _;

use countersign::{
    Policy,
    policy::{Difference, Preset},
};

const TOTP: &str = r#"any = [{ all = [{ factor = "totp", max_age = 600 }] }]"#;
const POSSESSION: &str = r#"any = [{ all = [{ class = "possession", max_age = 600 }] }]"#;
const NEVER: &str = "never = true";

fn head(tiers: &str) -> String {
    format!("version = 1\ngrant_lifetime = 300\ntiers = [{tiers}]\n")
}

fn every(action: &str, rule: &str) -> String {
    format!("[action.\"{action}\".every_tier]\n{rule}\n")
}

#[track_caller]
fn policy(text: &str) -> Policy {
    Policy::from_toml(text).unwrap()
}

#[track_caller]
fn diff(old: &str, new: &str) -> Vec<Difference> {
    policy(old).diff(&policy(new)).unwrap()
}

/// The actions that change, with the direction, of rules at one tier.
#[track_caller]
fn changed(old: &str, new: &str) -> Vec<String> {
    let head = head("\"only\"");
    let differences = diff(&format!("{head}{old}"), &format!("{head}{new}"));
    let sign = |allowed: &bool| if *allowed { '+' } else { '-' };
    let name = |one: &Difference| match one {
        Difference::Answer {
            action,
            is_allowed_now,
            ..
        } => format!("{}{action}", sign(is_allowed_now)),
        other => panic!("{other}"),
    };
    differences.iter().map(name).collect()
}

fn lines(differences: &[Difference]) -> Vec<String> {
    differences.iter().map(ToString::to_string).collect()
}

#[test]
fn nothing_changes_from_a_policy_to_itself() {
    for preset in Preset::ALL {
        let policy = Policy::preset(preset).unwrap();
        assert!(policy.diff(&policy).unwrap().is_empty());
    }
    // Other words for the same rule.
    let dead = r#"any = [{ all = [{ factor = "hotp", max_age = 9 }] }, { all = [{ class = "possession", max_age = 600 }] }]"#;
    assert!(changed(&every("a", POSSESSION), &every("a", dead)).is_empty());
}

#[test]
fn each_difference_has_its_example() {
    let head = head("\"only\"");
    let old = format!("{head}{}", every("a", TOTP));
    let new = format!("{head}{}", every("a", POSSESSION));
    let [
        Difference::Answer {
            tiers,
            is_unstated: true,
            is_allowed_now: true,
            old_rule,
            new_rule,
            example,
            ..
        },
    ] = &diff(&old, &new)[..]
    else {
        panic!("another difference")
    };
    assert_eq!(tiers, &["only"]);
    assert_eq!(old_rule.as_deref(), Some("action.\"a\".every_tier"));
    assert_eq!(new_rule, old_rule);
    assert!(!example.starts_with("totp"), "{example}");
    assert_eq!(changed(&every("a", POSSESSION), &every("a", TOTP)), ["-a"]);
}

#[test]
fn both_directions_are_found() {
    let spoken = r#"any = [{ all = [{ factor = "spoken_code", max_age = 60 }] }]"#;
    assert_eq!(
        changed(&every("a", TOTP), &every("a", spoken)),
        ["+a", "-a"]
    );
    let older = TOTP.replace("600", "601");
    assert_eq!(changed(&every("a", TOTP), &every("a", &older)), ["+a"]);
}

#[test]
fn names_and_patterns_meet() {
    let all = every("pay.*", TOTP);
    for (old, new, what) in [
        (every("pay.now", TOTP), all.clone(), &["+pay.other"][..]),
        (all.clone(), every("pay.now", TOTP), &["-pay.other"]),
        (
            all.clone(),
            all.clone() + &every("pay.now", NEVER),
            &["-pay.now"],
        ),
        (
            all.clone(),
            all.clone() + &every("pay.now.*", NEVER),
            &["-pay.now.other"],
        ),
        (
            all.clone(),
            all.clone() + &every("pay.*.x", NEVER),
            &["-pay.other.x"],
        ),
        (all.clone(), every("*.x", TOTP), &["+other.x", "-pay.other"]),
        (all.clone(), every("*.x", NEVER), &["-pay.other", "-pay.x"]),
        (all.clone(), every("pay.*.*", TOTP), &["-pay.other"]),
        (every("pay.*.*", TOTP), all.clone(), &["+pay.other"]),
        (every("pay.other", TOTP), all.clone(), &["+pay.otherx"]),
        (every("a..b", TOTP), every("a..b", NEVER), &["-a..b"]),
    ] {
        assert_eq!(changed(&old, &new), what, "{old} {new}");
    }
}

#[test]
fn stars_speak_of_known_actions_only() {
    let star = |known: &str| format!("known_actions = {known}\n{}", every("*", TOTP));
    let one = || star("[\"help\"]");
    assert_eq!(changed(&one(), &star("[\"help\", \"order\"]")), ["+order"]);
    assert_eq!(changed(&one(), &star("\"any\"")), ["+other"]);
    assert_eq!(changed(&star("\"any\""), &one()), ["-other"]);
    // It never rules actions that change the account, nor does another star in the first place.
    let with = |action: &str| star("\"any\"") + &every(action, TOTP);
    assert!(changed(&star("\"any\""), &with("*.add")).is_empty());
    assert_eq!(
        changed(&star("\"any\""), &with("account.*")),
        ["+account.other"]
    );
}

#[test]
fn tiers_are_compared_by_name_and_unknown_ones_are_the_highest() {
    let (low, high) = ("[action.a.tier.low]\n", "[action.a.tier.high]\n");
    let two = |at_low: &str, at_high: &str| {
        head("\"low\", \"high\"") + &format!("{low}{at_low}\n{high}{at_high}\n")
    };
    let tiers = |old: &str, new: &str| -> Vec<_> {
        let differences = diff(old, new);
        differences
            .iter()
            .map(|one| match one {
                Difference::Answer {
                    tiers, is_unstated, ..
                } => (tiers.join(" "), *is_unstated),
                other => panic!("{other}"),
            })
            .collect()
    };
    assert_eq!(
        tiers(&two(TOTP, NEVER), &two(NEVER, NEVER)),
        [("low".to_owned(), false)]
    );
    assert_eq!(
        tiers(&two(TOTP, TOTP), &two(TOTP, NEVER)),
        [("high".to_owned(), true)]
    );
    let one = |tier: &str| head(&format!("\"{tier}\"")) + &every("a", TOTP);
    assert_eq!(
        tiers(&one("x"), &two(NEVER, TOTP)),
        [("low".to_owned(), false)],
        "`x` is `high` there"
    );
    assert!(tiers(&one("x"), &one("y")).is_empty());
    assert_eq!(
        lines(&diff(&two(TOTP, TOTP), &two(TOTP, NEVER))),
        [
            "a at tier high or none is no longer allowed (from action.\"a\".tier.high to action.\"a\".tier.high): totp, 10 \
             minutes old"
        ]
    );
}

#[test]
fn attesters_make_a_difference() {
    let rule = r#"any = [{ all = [{ classes = 1, max_age = 60 }] }]"#;
    let with = |listed: &str| format!("{listed}{}", every("a", rule));
    let voice = "[external_verifier.voice]\nclass = \"inherence\"\n";
    assert_eq!(changed(&with(""), &with(voice)), ["+a"]);
    assert_eq!(changed(&with(voice), &with("")), ["-a"]);
    let weaker = format!("{voice}strength = \"restricted\"\n");
    assert_eq!(changed(&with(voice), &with(&weaker)), ["+a"]);
    let other = voice.replace("inherence", "knowledge");
    assert_eq!(changed(&with(voice), &with(&other)), ["+a", "-a"]);
    let level = every("a", r#"any = [{ all = [{ aal = 2 }] }]"#);
    let reaches = voice.replace("inherence\"", "possession\"\naal = 2");
    let two = format!("{reaches}{level}");
    assert_eq!(changed(&two.replace("aal = 2\n[", "["), &two), ["+a"]);
}

#[test]
fn signals_that_mean_something_else_are_named() {
    let with = |signal: &str| head("\"low\", \"high\"") + signal + &every("a", TOTP);
    let score = |at: f64| {
        with(&format!(
            "[signal.anomaly_score.tier]\nhigh = {{ at_least = {at} }}\n"
        ))
    };
    assert!(diff(&score(0.5), &score(0.5)).is_empty());
    for (old, new) in [
        (score(0.5), score(0.6)),
        (with(""), score(0.5)),
        (score(0.5), with("")),
    ] {
        assert_eq!(
            diff(&old, &new),
            [Difference::Signal("anomaly_score".to_owned())]
        );
    }
    assert_eq!(
        lines(&diff(&with(""), &score(0.5))),
        ["signal.anomaly_score: means other tiers than before"]
    );
}

#[test]
fn long_documents_are_compared_with_bounded_effort() {
    let actions = |rule: &str| {
        let mut text = head("\"only\"") + "[action]\n";
        for number in 0..10_000 {
            writeln!(text, "a{number}.every_tier.{rule}").unwrap();
        }
        text
    };
    let patterns = |pattern: &dyn Fn(usize) -> String| {
        let rules = (0..64).map(|number| every(&pattern(number), TOTP));
        head("\"only\"") + &rules.collect::<String>()
    };
    for (old, new, count) in [
        (actions(TOTP), actions(POSSESSION), 10_000),
        (
            patterns(&|number| format!("a{number}.*")),
            patterns(&|number| format!("*.a{number}")),
            128,
        ),
    ] {
        let (old, new) = (policy(&old), policy(&new));
        let differences = old.diff(&new).unwrap();
        assert_eq!(differences.len(), count);
    }
}
