//! Changes that wait: `delay` and `barred_after_cancel` in a document, and the grants of such a rule.

use core::time::Duration;

use countersign::{
    Authority, Change, Decision, Factor, Policy, Request,
    account::RedeemRefusal,
    delivered::CodeOrder,
    policy::{DenyReason, Deployment, LintKind, Preset, Signals, StepUpOption, Unmet},
};

use crate::support::world::{NOW, World, agent, app, ctx, granted, in_words, options};

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

fn head(rest: &str) -> String {
    format!("version = 1\ngrant_lifetime = 300\ntiers = [\"low\", \"high\"]\n{rest}")
}

fn found(document: &str) -> Vec<(LintKind, String)> {
    let policy = Policy::from_toml(document).unwrap();
    let findings = policy.lint(&Deployment::new()).unwrap();
    let each = findings.iter();
    each.map(|one| (one.kind().clone(), one.to_string()))
        .collect()
}

#[test]
fn an_explanation_and_a_picture_say_what_waits() {
    let (world, policy) = (World::new(), help_desk());
    let request = by_agents(&world, &["eve", "kim"]);
    let status = world.status(&ctx(0));
    let why = policy.explain(&request, &[], &status, &ctx(0), ctx(0).now());
    assert_eq!(why.delay(), Some(DAY));
    let text = why.to_string();
    for line in [
        "The change takes effect after 1 day.\n",
        "Alternative 1 is met (the change then waits 1 day):\n",
        "Alternative 2 is not met:\n",
    ] {
        assert!(text.contains(line), "{text}");
    }
    assert!(
        why.trace()
            .contains("alternative1 ==> answer([allowed after 1 day])")
    );
    let table = policy.table();
    let row = "approval by 2 other agents, at most 10 minutes old, then a wait of 1 day<br>**or** totp, at most 10 minutes old \
               **and** approval by 1 other agent, at most 10 minutes old<br>Not again within 7 days after it was cancelled |";
    assert!(table.contains(row), "{table}");
    assert!(
        policy.graph().contains("then a wait of 1 day"),
        "{}",
        policy.graph()
    );
    let app = [world.totp(&ctx(0))];
    let why = policy.explain(&request, &app, &status, &ctx(0), ctx(0).now());
    assert_eq!((why.delay(), why.allowed_by()), (None, Some(2)));
}

#[test]
fn b26_a_recovery_may_be_weaker_if_it_waits_for_a_day() {
    let document = |delay: &str| {
        head(&format!(
            "[action.pay.every_tier]\nany = [{{ all = [{{ factor = \"totp\", max_age = 60 }}] }}]\n\
             [action.\"authenticator.*\".every_tier]\nany = [{{ all = [{TWO}]{delay} }}]"
        ))
    };
    assert!(found(&document(", delay = 86400")).is_empty());
    for delay in ["", ", delay = 86399", ", delay = 1"] {
        let findings = found(&document(delay));
        assert!(
            matches!(&findings[..], [(LintKind::WeakRecovery { .. }, text)] if text.contains("or a delay of a day")),
            "{findings:?}"
        );
    }
}

#[test]
fn higher_risk_never_waits_less() {
    let tiers = |low: &str, high: &str| {
        head(&format!(
            "[action.\"authenticator.reset\".tier]\nlow = {{ any = [{low}] }}\nhigh = {{ any = [{high}] }}"
        ))
    };
    let two = |delay: u32| format!("{{ all = [{TWO}], delay = {delay} }}");
    assert!(found(&tiers(&two(86_400), &two(86_400))).is_empty());
    assert!(found(&tiers(&two(86_400), &two(172_800))).is_empty());
    let text = "action.\"authenticator.reset\".tier.high: waits less than tier low, where the change waits longer: \
                approval by 2 other agents, 10 minutes old";
    for (low, high) in [
        (two(86_400), two(60)),
        (two(60), format!("{{ all = [{TWO}] }}")),
    ] {
        let kind = LintKind::WaitsLess("low".to_owned());
        assert_eq!(found(&tiers(&low, &high)), [(kind, text.to_owned())]);
    }
    // It is found beside evidence that is not enough at the lower tier.
    let both = found(&tiers(
        &two(86_400),
        &format!("{}, {{ all = [{TOTP}] }}", two(60)),
    ));
    assert!(
        matches!(both[0].0, LintKind::AsksForLess(_))
            && matches!(both[1].0, LintKind::WaitsLess(_)),
        "{both:?}"
    );
}

#[test]
fn an_alternative_that_waits_longer_than_another_one_is_dead_and_no_other() {
    let rule = |first: &str, second: &str| {
        head(&format!(
            "[action.\"authenticator.reset\".every_tier]\nany = [{{ all = [{TWO}]{first} }}, {{ all = [{TOTP}, {TWO}]{second} }}]"
        ))
    };
    assert!(found(&rule(", delay = 60", "")).is_empty());
    assert!(found(&rule(", delay = 60", ", delay = 59")).is_empty());
    for (first, second) in [
        ("", ", delay = 60"),
        (", delay = 60", ", delay = 60"),
        ("", ""),
    ] {
        let findings = found(&rule(first, second));
        assert!(
            matches!(&findings[..], [(LintKind::Dead, text)] if text.contains("alternative 2")),
            "{findings:?}"
        );
    }
}

#[test]
fn diff_finds_what_waits_and_what_is_barred_for_another_time() {
    let old = help_desk();
    let says = |newer: &Policy| -> Vec<String> {
        let all = old.diff(newer).unwrap();
        all.iter().map(ToString::to_string).collect()
    };
    assert!(says(&help_desk()).is_empty());
    let rule = |delay: &str, barred: u32| {
        policy(&format!(
            "any = [{{ all = [{TWO}]{delay} }}, {{ all = [{TOTP}, {ONE}] }}]\n{}",
            if barred == 0 {
                String::new()
            } else {
                format!("barred_after_cancel = {barred}")
            }
        ))
    };
    let place = "action.\"authenticator.reset\".every_tier";
    let example = format!("(from {place} to {place}): approval by 2 other agents, 10 minutes old");
    let at = "authenticator.reset at tier only or none";
    assert_eq!(
        says(&rule(", delay = 60", 604_800)),
        [format!("{at} waits less now {example}")]
    );
    assert_eq!(
        says(&rule(", delay = 172800", 604_800)),
        [format!("{at} waits longer now {example}")]
    );
    assert_eq!(
        says(&rule(", delay = 86400", 60)),
        [format!(
            "{at} is barred after a cancellation for 1 minute now, not for 7 days"
        )]
    );
    assert_eq!(
        says(&rule("", 0)),
        [
            format!("{at} waits less now {example}"),
            format!("{at} is barred after a cancellation for no time now, not for 7 days"),
        ]
    );
    // A shorter wait is not hidden by what is allowed besides.
    let more = policy(&format!(
        "any = [{{ all = [{TWO}], delay = 60 }}, {{ all = [{SPOKEN}], delay = 60 }}, {{ all = [{TOTP}, {ONE}] }}]\n\
         barred_after_cancel = 604800"
    ));
    let found = says(&more);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(
        found[0].contains("is allowed now") && found[1].contains("waits less now"),
        "{found:?}"
    );
}

const UNCHANGED: &str = r#"{ factor = "totp", max_age = 600, changed_within = 8640000 }"#;

/// The app of the world is 100 days old.
#[test]
fn b26_evidence_by_an_authenticator_that_was_changed_lately_does_not_count() {
    let world = World::new();
    let within = |seconds: i64| {
        policy(&format!(
            "any = [{{ all = [{{ factor = \"totp\", max_age = 600, changed_within = {seconds} }}] }}]"
        ))
    };
    let verifier = world.verifier();
    let _ = world.totp(&ctx(0));
    let evidence = verifier.evidence(&world.anna, &ctx(0)).unwrap();
    let age = ctx(0).now() - evidence[0].enrolled_at().unwrap();
    assert_eq!(age.as_secs(), 8_640_000);
    for (seconds, is_allowed) in [
        (60, true),
        (8_639_999, true),
        (8_640_000, false),
        (31_622_400, false),
    ] {
        let decided = verifier
            .decide(&within(seconds), &Request::new(RESET), &world.anna, &ctx(0))
            .unwrap();
        assert_eq!(
            matches!(decided, Decision::Allow(_)),
            is_allowed,
            "{seconds}: {decided}"
        );
    }
    // A second later the change is longer ago.
    let later = verifier
        .decide(
            &policy(&format!("any = [{{ all = [{UNCHANGED}] }}]")),
            &Request::new(RESET),
            &world.anna,
            &ctx(1),
        )
        .unwrap();
    assert!(matches!(later, Decision::Allow(_)), "{later}");
}

#[test]
fn b26_what_is_too_new_is_not_asked_for_and_explained() {
    let world = World::new();
    let rule = format!("any = [{{ all = [{UNCHANGED}] }}, {{ all = [{TWO}], delay = 86400 }}]");
    let policy = policy(&rule);
    let offered =
        |seconds: i64| in_words(world.decide(&policy, &by_agents(&world, &[]), &[], &ctx(seconds)));
    assert_eq!(offered(0), ["2 approvals, then a wait of 1 day"]);
    assert_eq!(
        offered(1),
        [
            "totp by an authenticator not changed within 100 days",
            "2 approvals, then a wait of 1 day"
        ]
    );
    let options = options(world.decide(&policy, &by_agents(&world, &[]), &[], &ctx(1)));
    let within = options[0].requirements()[0].changed_within();
    assert_eq!(within, Some(100 * DAY));
    assert_eq!(options[1].requirements()[0].changed_within(), None);
    let shown = [world.totp(&ctx(0))];
    let status = world.status(&ctx(0));
    let why = policy.explain(
        &by_agents(&world, &[]),
        &shown,
        &status,
        &ctx(0),
        ctx(0).now(),
    );
    assert_eq!(why.alternatives()[0][0].unmet(), Some(Unmet::Changed(1)));
    let text = "totp, at most 10 minutes old, by an authenticator not changed within 100 days: evidence 1 is by an authenticator that \
                is too new";
    assert_eq!(why.alternatives()[0][0].to_string(), text);
}

#[test]
fn b26_changed_within_is_read_strictly() {
    let piece = |what: &str, within: &str| {
        format!("any = [{{ all = [{{ {what}, max_age = 60, changed_within = {within} }}] }}]")
    };
    for within in ["0", "-1", "31622401", "9223372036854775807"] {
        let text = fault(RESET, &piece("factor = \"totp\"", within));
        assert!(text.contains("must be 1 to 31622400 seconds"), "{text}");
    }
    for within in ["1.5", "true", "\"30 days\"", "18446744073709551615"] {
        assert!(read(RESET, &piece("factor = \"totp\"", within)).is_err());
    }
    let external = "factor = \"external\", external_verifier = \"voice\", class = \"inherence\"";
    let text = fault(RESET, &piece(external, "60"));
    assert!(
        text.contains(
            "`external` must not come with `changed_within`, which evidence by it never keeps"
        ),
        "{text}"
    );
    for together in ["classes = 2", "approvals = 1", "aal = 1"] {
        let text = fault(RESET, &piece(together, "60"));
        assert!(
            text.contains("`changed_within` belong to one `factor` or `class`"),
            "{text}"
        );
    }
    assert!(read("payment.send", &piece("class = \"possession\"", "60")).is_ok());
}

#[test]
fn the_help_desk_s_preset_resets_as_it_promises() {
    let (world, policy) = (World::new(), Policy::preset(Preset::HelpDesk).unwrap());
    assert_eq!(policy.lint(&Deployment::new()).unwrap(), []);
    let safe = || {
        let signals = Signals::new().sim_changed(400 * DAY).unusual_call(false);
        by_agents(&world, &[]).with_signals(signals)
    };
    let yes = |request: Request, name: &str| request.approved(world.yes(name, RESET, &ctx(0)));
    let code = [world.sent(CodeOrder::private(), &app(0))];
    let app = [world.totp(&ctx(0))];
    let wait = |request: Request, shown: &[_]| match world.decide(&policy, &request, shown, &ctx(0))
    {
        Decision::Allow(grant) => Some(grant.delay().unwrap_or_default()),
        _ => None,
    };
    assert_eq!(wait(safe(), &[]), None);
    assert_eq!(wait(safe(), &app), None, "an approval is missing");
    assert_eq!(wait(yes(safe(), "eve"), &[]), None);
    assert_eq!(wait(yes(safe(), "eve"), &app), Some(Duration::ZERO));
    assert_eq!(wait(yes(safe(), "eve"), &code), Some(DAY));
    assert_eq!(
        wait(yes(yes(safe(), "eve"), "eve"), &[]),
        None,
        "one person"
    );
    assert_eq!(
        wait(yes(yes(safe(), "eve"), "tom"), &[]),
        None,
        "who handles it"
    );
    assert_eq!(wait(yes(yes(safe(), "eve"), "kim"), &[]), Some(DAY));
    // After a swap of the SIM no code counts.
    let swapped = by_agents(&world, &["eve"])
        .with_signals(Signals::new().sim_changed(DAY).unusual_call(false));
    assert_eq!(wait(swapped, &code), None);
    assert!(
        !Preset::HelpDesk
            .text()
            .contains("questions\", max_age = 900 }, {")
    );
}
