//! Changes that wait: `delay` and `barred_after_cancel` in a document, and the grants of such a rule.

use core::time::Duration;

use countersign::{
    Authority, Change, Decision, Factor, Policy, Request,
    account::RedeemRefusal,
    policy::{DenyReason, StepUpOption},
};

use crate::support::world::{NOW, World, agent, ctx, granted, in_words, options};

const DAY: Duration = Duration::from_secs(86_400);
const TOTP: &str = r#"{ factor = "totp", max_age = 600 }"#;
const SPOKEN: &str = r#"{ factor = "spoken_code", max_age = 600 }"#;
const TWO: &str = "{ approvals = 2, max_age = 600 }";
const ONE: &str = "{ approvals = 1, max_age = 600 }";
const RESET: &str = "authenticator.reset";

fn read(action: &str, rule: &str) -> Result<Policy, countersign::Error> {
    Policy::from_toml(&format!(
        "version = 1\ngrant_lifetime = 300\ntiers = [\"only\"]\nknown_actions = [\"x\"]\n[[acr]]\nvalue = \"two\"\n\
         any = [{{ all = [{TWO}] }}]\n[action.\"{action}\".every_tier]\n{rule}"
    ))
}

#[track_caller]
fn policy(rule: &str) -> Policy {
    read(RESET, rule).unwrap()
}

/// The document of the issue: two approvals and a day, or a factor that is left and an approval.
fn help_desk() -> Policy {
    policy(&format!(
        "any = [{{ all = [{TWO}], delay = 86400 }}, {{ all = [{TOTP}, {ONE}] }}]\nbarred_after_cancel = 604800"
    ))
}

fn by_agents(world: &World, approving: &[&str]) -> Request {
    let request = Request::new(RESET).handled_by(agent("tom"));
    approving.iter().fold(request, |request, name| {
        request.approved(world.yes(name, RESET, &ctx(0)))
    })
}

fn delay(decision: Decision) -> Option<Duration> {
    granted(decision).delay()
}

#[test]
fn b26_a_grant_of_such_a_rule_says_how_long_the_change_waits_and_who_let_it() {
    let (world, policy) = (World::new(), help_desk());
    let request = by_agents(&world, &["eve", "Kim", "kim"]);
    let grant = granted(world.decide(&policy, &request, &[], &ctx(0)));
    assert_eq!(grant.delay(), Some(DAY));
    assert_eq!(grant.barred_after_cancel(), Some(7 * DAY));
    assert_eq!(grant.handled_by(), Some(&agent("tom")));
    assert_eq!(grant.approved_by(), [agent("eve"), agent("kim")]);
    let text = world.decide(&policy, &request, &[], &ctx(0)).to_string();
    let until = NOW + 300;
    assert_eq!(
        text,
        format!("allowed until {until} (Unix time), to take effect after 1 day")
    );
}

#[test]
fn the_alternative_that_waits_least_counts() {
    let (world, policy) = (World::new(), help_desk());
    let app = [world.totp(&ctx(0))];
    let by = |approving: &[&str], shown: &[_]| {
        world.decide(&policy, &by_agents(&world, approving), shown, &ctx(0))
    };
    assert_eq!(delay(by(&["eve"], &app)), None);
    assert_eq!(delay(by(&["eve", "kim"], &app)), None);
    let at_once = granted(by(&["eve"], &app));
    assert_eq!(at_once.barred_after_cancel(), None, "nothing waits");
    // However much longer the other one is met.
    let shortest = policy_of_two(60, 86_400);
    for rule in [shortest, policy_of_two(86_400, 60)] {
        let request = by_agents(&world, &["eve", "kim"]);
        let grant = granted(world.decide(&rule, &request, &app, &ctx(500)));
        assert_eq!(grant.delay(), Some(Duration::from_secs(60)));
    }
}

/// Two alternatives that are met by two approvals, and by the app.
fn policy_of_two(by_approvals: u32, by_app: u32) -> Policy {
    policy(&format!(
        "any = [{{ all = [{TWO}], delay = {by_approvals} }}, {{ all = [{TOTP}], delay = {by_app} }}]"
    ))
}

#[test]
fn a_delay_of_the_rule_is_that_of_each_alternative_without_one() {
    let world = World::new();
    let policy = policy(&format!(
        "any = [{{ all = [{TOTP}] }}, {{ all = [{SPOKEN}], delay = 3600 }}, {{ acr = \"two\", delay = 60 }}]\ndelay = 86400"
    ));
    let shown = [world.totp(&ctx(0))];
    let request = by_agents(&world, &[]);
    assert_eq!(
        delay(world.decide(&policy, &request, &shown, &ctx(0))),
        Some(DAY)
    );
    assert_eq!(
        in_words(world.decide(&policy, &request, &[], &ctx(0))),
        [
            "2 approvals, then a wait of 1 minute",
            "spoken_code, then a wait of 1 hour",
            "totp, then a wait of 1 day",
        ]
    );
}

#[test]
fn options_say_what_they_wait_and_those_that_wait_least_come_first() {
    let (world, policy) = (World::new(), help_desk());
    let offered = |approving: &[&str], shown: &[_]| {
        let request = by_agents(&world, approving);
        options(world.decide(&policy, &request, shown, &ctx(0)))
    };
    let delays = |options: Vec<StepUpOption>| -> Vec<_> {
        let each = options.iter();
        each.map(|one| (one.to_string(), one.delay())).collect()
    };
    let at_once = ("totp, then 1 approval".to_owned(), None);
    let later = ("2 approvals, then a wait of 1 day".to_owned(), Some(DAY));
    assert_eq!(delays(offered(&[], &[])), [at_once, later]);
    // One approval is left either way. With it nothing waits, so nothing else is offered.
    let app = [world.totp(&ctx(0))];
    assert_eq!(
        delays(offered(&[], &app)),
        [
            ("1 approval".to_owned(), None),
            ("2 approvals, then a wait of 1 day".to_owned(), Some(DAY)),
        ]
    );
}

#[test]
fn two_alternatives_with_the_same_rest_are_one_option_with_the_least_delay() {
    let world = World::new();
    let shown = [world.totp(&ctx(0))];
    for (first, second) in [("86400", "60"), ("60", "86400")] {
        let policy = policy(&format!(
            "any = [{{ all = [{ONE}], delay = {first} }}, {{ all = [{ONE}, {TOTP}], delay = {second} }}]"
        ));
        let offered = world.decide(&policy, &by_agents(&world, &[]), &shown, &ctx(0));
        assert_eq!(in_words(offered), ["1 approval, then a wait of 1 minute"]);
    }
}

#[track_caller]
fn fault(action: &str, rule: &str) -> String {
    read(action, rule).unwrap_err().to_string()
}

#[test]
fn delays_out_of_range_are_refused_with_their_place() {
    let any = format!("any = [{{ all = [{TOTP}] }}]");
    let alternative = |delay: &str| format!("any = [{{ all = [{TOTP}], delay = {delay} }}]");
    for delay in [
        "0",
        "-1",
        "7776001",
        "9223372036854775807",
        "-9223372036854775808",
    ] {
        for rule in [
            format!("{any}\ndelay = {delay}"),
            alternative(delay),
            format!("{any}\ndelay = 60\nbarred_after_cancel = {delay}"),
        ] {
            let text = fault(RESET, &rule);
            assert!(text.contains("must be 1 to 7776000 seconds"), "{text}");
            assert!(text.contains("line "), "{text}");
        }
    }
    // More than a TOML number holds.
    for delay in ["18446744073709551615", "1.5", "\"1 day\"", "true", "nan"] {
        assert!(read(RESET, &alternative(delay)).is_err(), "{delay}");
    }
    for delay in ["1", "7776000"] {
        assert!(read(RESET, &alternative(delay)).is_ok(), "{delay}");
    }
}

#[test]
fn only_changes_of_authenticators_wait() {
    let rule = format!("any = [{{ all = [{TOTP}], delay = 60 }}]");
    for action in [
        "payment.send",
        "account.suspend",
        "account.resume",
        "account.*",
        "recovery.start",
        "*",
        "*.reset",
        "x",
        "my.authenticator.reset",
    ] {
        assert_eq!(
            fault(action, &rule),
            format!(
                "policy, action `{action}`: must not state `delay`, since only changes of authenticators wait: name them from \
                 their first word on, as in `authenticator.reset`"
            )
        );
    }
    for action in ["authenticator.*", "authenticator.add", "authenticator.*.x"] {
        assert!(read(action, &rule).is_ok(), "{action}");
    }
}

#[test]
fn what_never_happens_does_not_wait_and_what_does_not_wait_is_not_cancelled() {
    assert!(
        fault(RESET, "never = true\ndelay = 60").contains("`never` must not come with `delay`")
    );
    let barred = "never = true\nbarred_after_cancel = 60";
    let text = fault(RESET, barred);
    assert!(
        text.contains("`never` must not come with `barred_after_cancel`"),
        "{text}"
    );
    let text = fault(
        RESET,
        &format!("any = [{{ all = [{TOTP}] }}]\nbarred_after_cancel = 60"),
    );
    assert!(
        text.contains("`barred_after_cancel` must come with `delay`: only a change that waits can be cancelled"),
        "{text}"
    );
}

#[test]
fn an_acr_and_an_action_state_no_delay() {
    let text = Policy::from_toml(&format!(
        "version = 1\ngrant_lifetime = 300\ntiers = [\"only\"]\n[[acr]]\nvalue = \"two\"\n\
         any = [{{ all = [{TWO}], delay = 60 }}]\n[action.\"{RESET}\".every_tier]\nany = [{{ acr = \"two\" }}]"
    ))
    .unwrap_err()
    .to_string();
    assert!(
        text.contains("an `acr` must state `all`, and no other `acr`, `risk_accepted` or `delay`"),
        "{text}"
    );
    let text = Policy::from_toml(
        "version = 1\ngrant_lifetime = 300\ntiers = [\"only\"]\n[action.\"authenticator.reset\"]\ndelay = 60",
    )
    .unwrap_err()
    .to_string();
    assert!(text.contains("`delay` belongs to a tier"), "{text}");
}

#[test]
fn b25_a_grant_that_waits_is_not_redeemed_and_changes_nothing_at_once() {
    let world = World::new();
    let policy = policy(&format!("any = [{{ all = [{TOTP}], delay = 60 }}]"));
    let _ = world.totp(&ctx(0));
    let verifier = world.verifier();
    let request = || Request::new(RESET);
    let Decision::Allow(grant) = verifier
        .decide(&policy, &request(), &world.anna, &ctx(1))
        .unwrap()
    else {
        panic!("not granted")
    };
    let refusal = verifier.redeem(&grant, &ctx(1)).unwrap().unwrap_err();
    assert_eq!(refusal, RedeemRefusal::Waits);
    match verifier
        .authorize(&policy, &request(), &world.anna, &ctx(1))
        .unwrap()
    {
        countersign::Authorized::No(denial) => assert_eq!(denial.reason, DenyReason::Waits),
        other => panic!("{other:?}"),
    }
    let by = Authority::Granted(&grant);
    let _ = verifier.change(&world.anna, &Change::Reset(Factor::Totp), &by, &ctx(1));
    assert!(world.status(&ctx(2)).is_enrolled(Factor::Totp));
}

#[test]
fn a_reset_removes_the_factor_and_voids_evidence() {
    let world = World::new();
    let policy = policy(&format!("any = [{{ all = [{TOTP}] }}]"));
    let _ = world.totp(&ctx(0));
    let verifier = world.verifier();
    let Decision::Allow(grant) = verifier
        .decide(&policy, &Request::new(RESET), &world.anna, &ctx(1))
        .unwrap()
    else {
        panic!("not granted")
    };
    let by = Authority::Granted(&grant);
    let change = Change::Reset(Factor::Totp);
    let _ = verifier.change(&world.anna, &change, &by, &ctx(1)).unwrap();
    assert!(!world.status(&ctx(2)).is_enrolled(Factor::Totp));
    let left = verifier.evidence(&world.anna, &ctx(2));
    assert!(left.unwrap().is_empty());
    // `Remove` is another action.
    assert!(
        verifier
            .change(&world.anna, &Change::Remove(Factor::Totp), &by, &ctx(1))
            .is_err()
    );
}
