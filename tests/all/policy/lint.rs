//! The findings of lint, rule by rule.

use std::fmt::Write as _;

use core::time::Duration;
use countersign::{
    Factor, Policy,
    policy::{Deployment, LintFinding, LintKind, Preset},
};

const HEAD: &str = "version = 1\ngrant_lifetime = 300\ntiers = [\"low\", \"high\"]\n";

const TOTP: &str = r#"{ factor = "totp", max_age = 600 }"#;
const QUESTIONS: &str = r#"{ factor = "questions", max_age = 900 }"#;
const SPOKEN: &str = r#"{ factor = "spoken_code", max_age = 300 }"#;
const BOUND: &str = r#"{ factor = "spoken_code", max_age = 300, for_transaction = true }"#;
const SAVED: &str = r#"{ factor = "recovery_code", max_age = 900 }"#;
const ISSUED: &str = r#"{ factor = "issued_recovery_code", max_age = 900 }"#;
const POSSESSION: &str = r#"{ class = "possession", max_age = 600 }"#;
const APPROVAL: &str = r#"{ approvals = 2, max_age = 900 }"#;
const VOICE: &str =
    r#"{ factor = "external", external_verifier = "voice", class = "inherence", max_age = 600 }"#;
/// With this, the evidence for `VOICE` counts as a factor.
const LISTED: &str = "[external_verifier.voice]\nclass = \"inherence\"\n[external_verifier.counter]\nclass = \"possession\"\naal = 2\n";

fn any(alternatives: &[&str]) -> String {
    let any: Vec<_> = alternatives
        .iter()
        .map(|all| format!("{{ all = [{all}] }}"))
        .collect();
    format!("any = [{}]\n", any.join(", "))
}

/// The rule of an action at every tier.
fn every(action: &str, alternatives: &[&str]) -> String {
    format!("[action.\"{action}\".every_tier]\n{}", any(alternatives))
}

fn at(action: &str, tier: &str, alternatives: &[&str]) -> String {
    format!("[action.\"{action}\".tier.{tier}]\n{}", any(alternatives))
}

#[track_caller]
fn policy(rules: &str) -> Policy {
    Policy::from_toml(&format!("{HEAD}{rules}")).unwrap()
}

#[track_caller]
fn lint(rules: &str) -> Vec<LintFinding> {
    policy(rules).lint(&Deployment::new()).unwrap()
}

#[track_caller]
fn found(rules: &str) -> Vec<String> {
    let flaws = lint(rules);
    flaws.iter().map(ToString::to_string).collect()
}

#[track_caller]
fn clean(rules: &str) {
    assert_eq!(found(rules), [""; 0]);
}

#[test]
fn presets_are_clean() {
    for (preset, session) in [
        (Preset::ContactCenter, Duration::from_secs(15 * 60)),
        (Preset::BankPsd2, Duration::from_secs(15 * 60)),
        // 63B 2.1.3: what takes AAL1 takes it for 30 days.
        (Preset::NistAal2, Duration::from_secs(30 * 86_400)),
    ] {
        let here = Deployment::new().session(session);
        let flaws = Policy::preset(preset).unwrap().lint(&here).unwrap();
        assert!(flaws.is_empty(), "{}: {flaws:?}", preset.name());
    }
}

#[test]
fn higher_risk_never_asks_for_less() {
    let two = format!("{TOTP}, {VOICE}");
    clean(&(at("a", "low", &[TOTP]) + &at("a", "high", &[&two])));
    assert_eq!(
        found(&(at("a", "low", &[&two]) + &at("a", "high", &[TOTP]))),
        [
            "action.\"a\".tier.high: asks for less than tier low, where this is not enough: totp, 10 minutes old"
        ]
    );
    let never = "[action.a.tier.low]\nnever = true\n".to_owned();
    let flaws = lint(&(never + &at("a", "high", &[TOTP])));
    assert_eq!(
        flaws.first().unwrap().kind(),
        &LintKind::AsksForLess("low".to_owned())
    );
}

#[test]
fn a_flaw_names_rule_and_example_as_data() {
    let longer = TOTP.replace("600", "601");
    let flaws = lint(&(at("a", "low", &[TOTP]) + &at("a", "high", &[&longer])));
    let flaw = flaws.first().unwrap();
    assert_eq!((flaw.action(), flaw.tier()), ("a", Some("high")));
    assert_eq!(flaw.rule(), "action.\"a\".tier.high");
    assert_eq!(flaw.alternative(), None);
    assert_eq!(flaw.example().as_deref(), Some("totp, 601 seconds old"));
}

#[test]
fn tiers_are_compared_by_what_is_asked_for_not_by_words() {
    let independent = BOUND.replace("for_transaction", "independent");
    for (low, high, is_clean) in [
        (&[POSSESSION][..], &[TOTP][..], true),
        (&[TOTP], &[POSSESSION], false),
        (&[SPOKEN, TOTP], &[BOUND, TOTP], true),
        (&[BOUND, TOTP], &[SPOKEN, TOTP], false),
        (&[BOUND, TOTP], &[&independent, TOTP], false),
        (&[r#"{ classes = 1, max_age = 600 }"#], &[POSSESSION], true),
        (&[POSSESSION], &[r#"{ classes = 1, max_age = 600 }"#], false),
        (&[r#"{ classes = 1, max_age = 600 }"#], &[VOICE], true),
        (&[r#"{ aal = 1 }"#], &[r#"{ aal = 2 }"#], true),
        (&[r#"{ aal = 2 }"#], &[r#"{ aal = 1 }"#], false),
        (
            &[r#"{ aal = 2, max_age = 3600 }"#],
            &[r#"{ aal = 2 }"#],
            false,
        ),
        (&[&(TOTP.to_owned() + ", " + APPROVAL)], &[TOTP], false),
        (&[TOTP], &[&(TOTP.to_owned() + ", " + APPROVAL)], true),
    ] {
        let rules = LISTED.to_owned() + &at("a", "low", low) + &at("a", "high", high);
        let flaws = lint(&rules);
        assert_eq!(flaws.is_empty(), is_clean, "{low:?} {high:?}: {flaws:?}");
    }
}

/// The smallest example that is enough for this at high risk. At low risk the action is never allowed.
#[track_caller]
fn smallest(all: &str) -> String {
    let never = "[action.a.tier.low]\nnever = true\n";
    let flaws = lint(&format!("{LISTED}{never}{}", at("a", "high", &[all])));
    let less = LintKind::AsksForLess("low".to_owned());
    let flaw = flaws.iter().find(|flaw| *flaw.kind() == less).unwrap();
    flaw.example().unwrap()
}

#[test]
fn examples_are_the_smallest_there_are() {
    // One piece of evidence may meet several requirements, each by another side of it.
    let elsewhere = r#"{ factor = "totp", max_age = 600, interaction = "any" }"#;
    let classes = |count: u32| format!("{{ classes = {count}, max_age = 900 }}");
    assert_eq!(
        smallest(&format!("{elsewhere}, {}", classes(1))),
        "totp, 10 minutes old"
    );
    assert_eq!(
        smallest(&format!("{BOUND}, {}", classes(2))),
        "spoken_code, 5 minutes old, for this transaction; password, 15 minutes old"
    );
    // To give evidence is to be active (63B 2.2.3).
    assert_eq!(
        smallest("{ aal = 2 }"),
        "possession verified by counter, 1 hour old, on a protected channel"
    );
    assert_eq!(
        smallest(&format!("{{ aal = 2 }}, {APPROVAL}")),
        "possession verified by counter, 1 hour old, on a protected channel; approval by 2 other agents, 15 minutes \
         old"
    );
}

#[test]
fn no_alternative_is_dead() {
    let two = format!("{TOTP}, {QUESTIONS}");
    clean(&every("a", &[TOTP, VOICE]));
    assert_eq!(
        found(&every("a", &[&two, TOTP])),
        [
            "action.\"a\".every_tier, alternative 1: decides nothing, since this meets another one too: totp, 10 \
             minutes old; questions, 15 minutes old"
        ]
    );
    assert_eq!(
        lint(&every("a", &[TOTP, TOTP]))
            .first()
            .unwrap()
            .alternative(),
        Some(2)
    );
    // By both others together, though by none of them alone.
    let classes = r#"{ classes = 1, max_age = 600 }"#;
    let rules = LISTED.to_owned() + &every("a", &[POSSESSION, classes]);
    assert_eq!(lint(&rules).first().unwrap().alternative(), Some(1));
}

#[test]
fn an_alternative_that_no_evidence_meets_is_dead_or_out_of_reach() {
    let three = r#"{ classes = 3, max_age = 600 }"#;
    assert_eq!(
        found(&every("a", &[TOTP, three])),
        ["action.\"a\".every_tier, alternative 2: no evidence can meet it"]
    );
    assert_eq!(
        found(&every("a", &[three])),
        ["action.\"a\".every_tier: no evidence that can be given is enough"]
    );
    clean("[action.a.every_tier]\nnever = true\n");
}

#[test]
fn what_can_be_enrolled_is_the_host_s_to_say() {
    let policy = policy(&(LISTED.to_owned() + &every("a", &[TOTP, VOICE])));
    let dead = |deployment: Deployment| -> Vec<_> {
        let flaws = policy.lint(&deployment).unwrap();
        flaws
            .iter()
            .map(|flaw| (flaw.kind().clone(), flaw.alternative()))
            .collect()
    };
    assert_eq!(dead(Deployment::new()), []);
    assert_eq!(
        dead(Deployment::new().enrolling([])),
        [(LintKind::Dead, Some(1))]
    );
    assert_eq!(
        dead(Deployment::new().with_external_verifiers(&[])),
        [(LintKind::Dead, Some(2))]
    );
    assert_eq!(
        dead(Deployment::new().with_external_verifiers(&["voice"])),
        []
    );
    let nothing = Deployment::new()
        .enrolling([Factor::Hotp])
        .with_external_verifiers(&[]);
    assert_eq!(dead(nothing), [(LintKind::Unreachable, None)]);
}

#[test]
fn alternatives_of_one_acr_live_together() {
    let acr = format!("[[acr]]\nvalue = \"some\"\n{}", any(&[POSSESSION, VOICE]));
    let by_acr = |other: &str| {
        format!("{acr}[action.a.every_tier]\nany = [{{ acr = \"some\" }}, {{ all = [{other}] }}]\n")
    };
    clean(&by_acr(SPOKEN.replace("300", "900").as_str()));
    let number = |rules: &str| lint(rules).first().and_then(|flaw| flaw.alternative());
    assert_eq!(number(&by_acr(TOTP)), Some(3));
    // One of the two is dead, but the rule cannot drop it.
    clean(&by_acr(&POSSESSION.replace("600", "900")));
}

#[test]
fn rules_of_no_action_are_dead() {
    let rules = |known: &str| {
        format!(
            "{known}{}{}",
            every("*", &[TOTP]),
            every("order.*", &[POSSESSION])
        )
    };
    clean(&rules("known_actions = [\"order.place\", \"help\"]\n"));
    clean(&rules("known_actions = \"any\"\n"));
    assert_eq!(
        found(&rules("known_actions = [\"order.place\"]\n")),
        ["action.\"*\": decides nothing, since other rules decide all its actions"]
    );
    assert_eq!(
        found(&rules("known_actions = [\"authenticator.add\"]\n")).len(),
        1
    );
}

#[test]
fn nothing_counts_for_longer_than_a_session() {
    let in_session = |rules: &str, seconds| {
        let here = Deployment::new().session(Duration::from_secs(seconds));
        policy(rules).lint(&here).unwrap()
    };
    let rules = every("a", &[TOTP, VOICE]);
    assert!(in_session(&rules, 600).is_empty());
    let flaws = in_session(&rules, 599);
    let flaw = flaws.first().unwrap();
    assert_eq!(
        flaw.to_string(),
        "action.\"a\".every_tier, alternative 1: takes evidence that is older than a session: totp, 10 minutes old"
    );
    assert_eq!(flaws.len(), 2);
    // 63B 2.1.3 lets AAL1 hold for 30 days. No evidence is kept for longer than a day.
    let level = every("a", &["{ aal = 1 }"]);
    assert_eq!(in_session(&level, 86_400 - 1).len(), 1);
    assert!(in_session(&level, 86_400).is_empty());
    // Approvals are not a part of a session.
    assert!(in_session(&every("a", &[&format!("{SPOKEN}, {APPROVAL}"), TOTP]), 600).is_empty());
}

#[test]
fn d02_questions_alone_are_accepted_in_words_only() {
    let accepted = format!("{{ all = [{QUESTIONS}], risk_accepted = \"only opening hours\" }}");
    assert_eq!(
        found(&every("a", &[TOTP, QUESTIONS])),
        [
            "action.\"a\".every_tier, alternative 2: takes weak evidence alone, and does not say why: questions, \
             15 minutes old"
        ]
    );
    clean(&format!("[action.a.every_tier]\nany = [{accepted}]\n"));
    clean(&every("a", &[&format!("{QUESTIONS}, {TOTP}")]));
    // An approval is not a factor of the subject.
    assert_eq!(
        found(&every("a", &[&format!("{QUESTIONS}, {APPROVAL}")])).len(),
        1
    );
    clean(&every("a", &[APPROVAL]));
    assert_eq!(found(&every("a", &[ISSUED])).len(), 1);
    let weak = VOICE.replace("max_age", "strength = \"weak\", max_age");
    assert_eq!(found(&every("a", &[&weak])).len(), 1);
}

#[test]
fn n09_what_is_restricted_has_an_alternative() {
    clean(&every("a", &[SPOKEN, TOTP]));
    clean(&every("a", &[POSSESSION]));
    assert_eq!(
        found(&every("a", &[SPOKEN])),
        [
            "action.\"a\".every_tier, alternative 1: takes restricted evidence, and the rule has no alternative without it: spoken_code, 5 minutes old"
        ]
    );
    let two = format!("{SPOKEN}, {TOTP}");
    assert_eq!(found(&every("a", &[&two])).len(), 1);
    for no_authenticator in [QUESTIONS, ISSUED, APPROVAL] {
        let flaws = lint(&every("a", &[SPOKEN, no_authenticator]));
        assert!(
            flaws
                .iter()
                .any(|flaw| *flaw.kind() == LintKind::OnlyRestricted),
            "{flaws:?}"
        );
    }
    let restricted = VOICE.replace("max_age", "strength = \"restricted\", max_age");
    clean(&every("a", &[&restricted]));
}

#[test]
fn n09_the_alternative_can_be_enrolled() {
    let policy = policy(&every("a", &[POSSESSION]));
    let telephone = Deployment::new().enrolling([Factor::SpokenCode, Factor::PrivateCode]);
    let flaws = policy.lint(&telephone).unwrap();
    assert_eq!(flaws.first().unwrap().kind(), &LintKind::OnlyRestricted);
}

/// The example of evidence that is enough to change authenticators and should not be, if there is one.
#[track_caller]
fn weak_recovery(rules: &str) -> Option<String> {
    let flaws = lint(&(LISTED.to_owned() + rules));
    let is_it = |fault: &LintKind| matches!(fault, LintKind::WeakRecovery { .. });
    let weak = flaws.iter().find(|flaw| is_it(flaw.kind()));
    weak.map(|flaw| flaw.example().unwrap())
}

#[test]
fn b26_authenticators_change_at_no_less_than_what_they_open() {
    let two = format!("{TOTP}, {VOICE}");
    let pay = every("payment", &[&two]);
    assert_eq!(
        found(&(LISTED.to_owned() + &pay + &every("authenticator.add", &[TOTP]))),
        [
            "action.\"authenticator.add\".every_tier: changes authenticators for less than what they open, \
             action.\"payment\".every_tier: totp, 10 minutes old; enough is a factor of possession and one of knowledge or \
             inherence, and both not restricted, or a delay of a day: approvals do not count as evidence, nor do questions, memorable words and PINs"
        ]
    );
    for action in [
        "authenticator.add",
        "authenticator.remove",
        "authenticator.unlock",
        "authenticator.*",
        "recovery.start",
    ] {
        assert!(
            weak_recovery(&(pay.clone() + &every(action, &[TOTP]))).is_some(),
            "{action}"
        );
        assert!(
            weak_recovery(&(pay.clone() + &every(action, &[&two]))).is_none(),
            "{action}"
        );
    }
    for action in ["account.suspend", "order.add", "order.*", "*.add"] {
        assert!(
            weak_recovery(&(pay.clone() + &every(action, &[TOTP]))).is_none(),
            "{action}"
        );
    }
}

#[test]
fn b26_what_makes_a_change_worth_enough() {
    let factor_and = |other: &str| format!("{TOTP}, {other}");
    let attested = r#"{ factor = "external", external_verifier = "counter", class = "possession", max_age = 600 }"#;
    for (need, change, is_enough) in [
        (TOTP, SPOKEN, false),
        (SPOKEN, TOTP, true),
        (&factor_and(VOICE), &factor_and(SPOKEN), false),
        (&factor_and(VOICE), &factor_and(QUESTIONS), false),
        (&factor_and(VOICE), &factor_and(APPROVAL), false),
        (&factor_and(VOICE), APPROVAL, false),
        (&factor_and(VOICE), &format!("{SPOKEN}, {VOICE}"), false),
        (&factor_and(VOICE), attested, true),
        // 63B 4.2.2: a recovery code beside a factor, or two of different kinds.
        (&factor_and(VOICE), SAVED, false),
        (&factor_and(VOICE), &factor_and(SAVED), true),
        (&factor_and(VOICE), &format!("{SAVED}, {ISSUED}"), false),
        (
            &format!("{SPOKEN}, {VOICE}"),
            &format!("{SAVED}, {ISSUED}"),
            true,
        ),
        (&format!("{SPOKEN}, {VOICE}"), &factor_and(ISSUED), true),
        (&format!("{SPOKEN}, {VOICE}"), ISSUED, false),
        (SPOKEN, ISSUED, true),
        (TOTP, SAVED, true),
        // In use they are not a second factor (63-4 2.3.1).
        (&factor_and(SAVED), TOTP, true),
    ] {
        let rules = every("payment", &[need]) + &every("authenticator.add", &[change]);
        let weak = weak_recovery(&rules);
        assert_eq!(weak.is_none(), is_enough, "{need} {change}: {weak:?}");
    }
}

#[test]
fn b26_every_way_and_every_tier_counts() {
    let two = format!("{TOTP}, {VOICE}");
    let pay = at("payment", "low", &[TOTP]) + &at("payment", "high", &[&two]);
    let add = |low: &[&str], high: &[&str]| {
        pay.clone() + &at("authenticator.add", "low", low) + &at("authenticator.add", "high", high)
    };
    assert_eq!(weak_recovery(&add(&[&two], &[&two])), None);
    assert_eq!(
        weak_recovery(&add(&[TOTP], &[&two])).unwrap(),
        "totp, 10 minutes old"
    );
    assert!(
        weak_recovery(&add(&[&two, TOTP], &[&two])).is_some(),
        "the easiest way counts"
    );
    // An action with an easy alternative asks for no more than that.
    let easy = every("payment", &[&two, SPOKEN]) + &every("authenticator.add", &[SPOKEN]);
    assert_eq!(weak_recovery(&easy), None);
}

/// Twelve different requirements, in alternatives of four.
fn dear(action: &str) -> String {
    let ages: Vec<_> = (1..=4).collect();
    let mut alternatives = Vec::new();
    for age in ages {
        alternatives.push(format!(
            "{{ class = \"possession\", max_age = {age} }}, {{ classes = 2, max_age = {age} }}, {{ aal = 2, \
             max_age = {} }}",
            86_400 - age
        ));
    }
    let alternatives: Vec<_> = alternatives.iter().map(String::as_str).collect();
    at(action, "low", &alternatives) + &at(action, "high", &alternatives)
}

#[test]
fn many_actions_are_examined_with_bounded_effort() {
    let mut text = format!("{HEAD}{LISTED}[action]\n");
    for number in 0..10_000 {
        writeln!(text, "a{number}.every_tier.{}", any(&[POSSESSION]).trim()).unwrap();
    }
    let policy = Policy::from_toml(&text).unwrap();
    let flaws = policy.lint(&Deployment::new()).unwrap();
    assert!(flaws.is_empty());
}

#[test]
fn twelve_requirements_an_action_are_examined_and_thirteen_refused() {
    lint(&(LISTED.to_owned() + &dear("a")));
    let mut texts: Vec<_> = (1..=13)
        .map(|age| format!("{{ factor = \"totp\", max_age = {age} }}"))
        .collect();
    let rules =
        |texts: &[String]| every("a", &texts.iter().map(String::as_str).collect::<Vec<_>>());
    let error = Policy::from_toml(&format!("{HEAD}{}", rules(&texts))).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("more than 12 different requirements"),
        "{error}"
    );
    texts.pop();
    assert_eq!(found(&rules(&texts)).len(), 11, "all but one are dead");
}
