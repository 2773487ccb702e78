//! Four eyes, obligations, costs, and what a grant says.

use crate::support::timed::TimedContext;
use core::time::Duration;
use countersign::{
    Decision, Evidence, FactorClass, Policy, Request, Strength, account::Obligation,
    delivered::CodeOrder, policy::DenyReason,
};

use crate::support::world::{
    NOW, World, agent, at, call, ctx, granted, in_words, options, policy, refused, transfer,
};

const TWO: &str = "{ factor = \"totp\", max_age = 600 }, { approvals = 2, max_age = 300 }";

fn request() -> Request {
    Request::new("a").handled_by(agent("tom"))
}

#[test]
fn approvals_are_of_different_agents_and_never_the_handling_one() {
    let world = World::new();
    let four_eyes = policy("", TWO);
    let shown = [world.totp(&ctx(0))];
    let after = |agents: &[&str]| {
        let asked = agents.iter().fold(request(), |request, name| {
            request.approved(world.yes(name, "a", &ctx(0)))
        });
        matches!(
            world.decide(&four_eyes, &asked, &shown, &ctx(0)),
            Decision::Allow(_)
        )
    };
    assert!(after(&["eve", "kim"]));
    assert!(after(&["tom", "eve", "kim"]));
    for agents in [
        &["eve"][..],
        &["eve", "eve"],
        &["eve", "EVE"],
        &["eve", "tom"],
        &["eve", "Tom"],
        &["eve", "ｔｏｍ"],
        &[],
    ] {
        assert!(!after(agents), "{agents:?}");
    }
}

#[test]
fn approvals_are_for_this_and_now() {
    let world = World::new();
    let one = policy("", "{ approvals = 1, max_age = 300 }");
    let for_transaction =
        |reference: &str, seconds| ctx(seconds).for_transaction(&transfer(reference));
    let allowed = |approval, ctx| {
        matches!(
            world.decide(&one, &request().approved(approval), &[], &ctx),
            Decision::Allow(_)
        )
    };
    let yes = |ctx| world.yes("eve", "a", &ctx);
    assert!(allowed(yes(ctx(0)), ctx(300)));
    assert!(!allowed(yes(ctx(0)), ctx(301)), "too old");
    assert!(!allowed(yes(ctx(1)), ctx(0)), "from the future");
    assert!(
        !allowed(world.yes("eve", "b", &ctx(0)), ctx(0)),
        "another action"
    );
    assert!(allowed(
        yes(for_transaction("TX-1", 0)),
        for_transaction("TX-1", 0)
    ));
    assert!(
        !allowed(yes(for_transaction("TX-1", 0)), for_transaction("TX-2", 0)),
        "another transaction"
    );
    assert!(!allowed(yes(for_transaction("TX-1", 0)), ctx(0)));
    assert!(!allowed(yes(ctx(0)), for_transaction("TX-1", 0)));
    let other = countersign::Subject::new("bank", "C-2").unwrap();
    let for_another = countersign::account::Approval::by(
        agent("eve"),
        "a",
        &other,
        Duration::from_secs(3_600),
        &ctx(0),
        ctx(0).now(),
    );
    assert!(!allowed(for_another, ctx(0)));
    let short = countersign::account::Approval::by(
        agent("eve"),
        "a",
        &world.anna,
        Duration::from_secs(10),
        &ctx(0),
        ctx(0).now(),
    );
    assert!(!allowed(short, ctx(11)));
}

#[test]
fn without_a_handling_agent_no_approval_counts() {
    let world = World::new();
    let one = policy("", "{ approvals = 1, max_age = 300 }");
    let asked = Request::new("a").approved(world.yes("eve", "a", &ctx(0)));
    assert_eq!(
        refused(world.decide(&one, &asked, &[], &ctx(0))),
        DenyReason::NoAgent
    );
    assert_eq!(
        in_words(world.decide(&one, &request(), &[], &ctx(0))),
        ["1 approval"]
    );
}

#[test]
fn colleagues_are_asked_last() {
    let world = World::new();
    let asked = request().approved(world.yes("eve", "a", &ctx(0)));
    let words = in_words(world.decide(&policy("", TWO), &asked, &[], &ctx(0)));
    assert_eq!(words, ["totp, then 1 approval"]);
}

#[test]
fn the_document_s_costs_order_the_options() {
    let world = World::new();
    let text = |costs: &str| {
        format!(
            "version = 1\ngrant_lifetime = 300\ntiers = [\"only\"]\n[cost]\n{costs}\n[action.a.every_tier]\n\
             any = [{{ all = [{{ factor = \"totp\", max_age = 60 }}] }}, \
             {{ all = [{{ factor = \"spoken_code\", max_age = 60 }}] }}]"
        )
    };
    for (costs, order) in [
        ("totp = 5\nspoken_code = 1", ["spoken_code", "totp"]),
        ("totp = 1\nspoken_code = 5", ["totp", "spoken_code"]),
        ("", ["totp", "spoken_code"]),
        ("totp = 1000\nspoken_code = 0", ["spoken_code", "totp"]),
    ] {
        let policy = Policy::from_toml(&text(costs)).unwrap();
        assert_eq!(
            in_words(world.decide(&policy, &Request::new("a"), &[], &ctx(0))),
            order
        );
    }
    for (costs, rule) in [
        ("totp = 1001", "must be 0 to 1000"),
        ("totp = -1", "must be 0 to 1000"),
        ("sms = 1", "policy, cost `sms`: factor: must be one of"),
    ] {
        let error = Policy::from_toml(&text(costs)).unwrap_err().to_string();
        assert!(error.contains(rule), "{error}");
    }
}

#[test]
fn obligations_come_with_the_answer() {
    let world = World::new();
    let rule = |rest: &str| {
        Policy::from_toml(&format!(
            "version = 1\ngrant_lifetime = 300\ntiers = [\"only\"]\n[action.a.every_tier]\n{rest}"
        ))
    };
    let totp = "any = [{ all = [{ factor = \"totp\", max_age = 60 }] }]";
    let policy = rule(&format!(
        "{totp}\non_allow = [\"notify\", \"record\"]\non_deny = [\"suspend\"]"
    ))
    .unwrap();
    let grant = granted(world.decide(&policy, &Request::new("a"), &[world.totp(&ctx(0))], &ctx(0)));
    assert_eq!(grant.obligations().to_string(), "notify, record");
    world.suspends(&ctx(1));
    let Decision::Deny(denial) = world.decide(&policy, &Request::new("a"), &[], &ctx(1)) else {
        panic!("not denied")
    };
    assert_eq!(
        denial.obligations.iter().collect::<Vec<_>>(),
        [Obligation::Suspend]
    );
    let error = rule(&format!("{totp}\non_allow = [\"notfy\"]"))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("must be one of notify, review, suspend, record; did you mean `notify`?"),
        "{error}"
    );
    assert!(rule("never = true\non_deny = [\"review\"]").is_ok());
    assert!(rule("never = true\non_allow = [\"review\"]").is_err());
}

#[test]
fn b25_a_grant_is_for_one_thing_and_known_again() {
    let world = World::new();
    let one_of_both = policy(
        "",
        "{ factor = \"totp\", max_age = 600 }, { factor = \"spoken_code\", max_age = 600, for_transaction = true }",
    );
    let here = ctx(0).for_transaction(&transfer("TX-1"));
    let shown = [world.totp(&here), world.sent(CodeOrder::spoken(), &here)];
    let later = ctx(200).for_transaction(&transfer("TX-1"));
    let (first, again) = (
        granted(world.decide(&one_of_both, &Request::new("a"), &shown, &here)),
        granted(world.decide(
            &one_of_both,
            &Request::new("a"),
            &[shown[1].clone(), shown[0].clone()],
            &later,
        )),
    );
    assert_eq!(
        first.id(),
        again.id(),
        "the same evidence, action and transaction: the same grant"
    );
    assert_eq!(
        first.once(),
        [*shown[1].id()],
        "the code for the transaction serves once"
    );
    assert_eq!(
        (first.interaction(), first.until()),
        (call(), at(NOW + 300))
    );
    let unbound = shown[0].clone();
    let classes = policy(
        "[external_verifier.face]\nclass = \"inherence\"",
        "{ classes = 2, max_age = 600 }",
    );
    let face = world.attested("face", FactorClass::Inherence, Strength::Full, &ctx(0));
    let id = |shown: [&Evidence; 2]| {
        let shown = shown.map(Evidence::clone);
        *granted(world.decide(&classes, &Request::new("a"), &shown, &ctx(0))).id()
    };
    assert_eq!(id([&unbound, &face]), id([&face, &unbound]), "in any order");
    let fresh = [world.totp(&ctx(60)), shown[1].clone()];
    let other = granted(world.decide(&one_of_both, &Request::new("a"), &fresh, &later));
    assert_ne!(first.id(), other.id(), "other evidence");
}

#[test]
fn b25_grants_for_different_things_are_different() {
    let world = World::new();
    let text = "version = 1\ngrant_lifetime = 300\ntiers = [\"only\"]\n[action.\"a.*\".every_tier]\n\
        any = [{ all = [{ factor = \"totp\", max_age = 60 }] }]";
    let policy = Policy::from_toml(text).unwrap();
    let shown = [world.totp(&ctx(0))];
    let id = |action: &str, ctx| {
        *granted(world.decide(&policy, &Request::new(action), &shown, &ctx)).id()
    };
    let ids = [
        id("a.b", ctx(0)),
        id("a.c", ctx(0)),
        id("a.b", ctx(0).for_transaction(&transfer("TX-1"))),
        id("a.b", ctx(0).for_transaction(&transfer("TX-2"))),
    ];
    for (place, one) in ids.iter().enumerate() {
        assert!(!ids[..place].contains(one), "{place}");
    }
    assert_eq!(ids[0], id("a.b", ctx(60)), "the moment does not count");
}

#[test]
fn b26_removing_asks_for_what_the_policy_says_of_removing() {
    let world = World::new();
    let policy = Policy::preset(countersign::policy::Preset::ContactCenter).unwrap();
    let by_phone = [
        world.sent(CodeOrder::spoken(), &ctx(0)),
        world.totp(&ctx(0)),
    ];
    for action in [
        "authenticator.add",
        "authenticator.remove",
        "authenticator.unlock",
    ] {
        let asked = Request::new(action).handled_by(agent("tom"));
        let decided = world.decide(&policy, &asked, &by_phone, &ctx(0));
        assert!(!matches!(decided, Decision::Allow(_)), "{action}");
    }
}

#[test]
fn p02_a_wrong_code_changes_nothing_that_is_asked_for() {
    let world = World::new();
    let both = policy(
        "",
        "{ factor = \"totp\", max_age = 60 }, { factor = \"spoken_code\", max_age = 60 }",
    );
    let asked = || options(world.decide(&both, &Request::new("a"), &[], &ctx(0)));
    let before = asked();
    world.mistypes(&ctx(0));
    assert_eq!(asked(), before, "nothing tells which element was wrong");
}

#[test]
fn b27_evidence_has_one_age_at_each_decision() {
    let world = World::new();
    let policy = policy("", "{ factor = \"totp\", max_age = 86400 }");
    let shown = [world.totp(&ctx(0))];
    assert!(world.allows(&policy, &shown, &ctx(86_400)));
    assert!(!world.allows(&policy, &shown, &ctx(86_401)));
    let end_of_time = TimedContext::new(
        countersign::Timestamp::MAX,
        countersign::Channel::Agent,
        call(),
    );
    assert!(!world.allows(&policy, &shown, &end_of_time));
}

#[test]
fn b26_a_suspended_subject_is_resumed_by_others_only() {
    let world = World::new();
    let policy = Policy::preset(countersign::policy::Preset::BankPsd2).unwrap();
    world.suspends(&ctx(0));
    let asked = || Request::new("account.resume").handled_by(agent("tom"));
    assert_eq!(
        in_words(world.decide(&policy, &asked(), &[], &ctx(0))),
        ["2 approvals"]
    );
    let yes = |name| world.yes(name, "account.resume", &ctx(0));
    let approved = asked().approved(yes("eve")).approved(yes("kim"));
    let grant = granted(world.decide(&policy, &approved, &[], &ctx(0)));
    assert_eq!(grant.action(), "account.resume");
    let own = "version = 1\ngrant_lifetime = 300\ntiers = [\"only\"]\n[action.\"account.resume\".every_tier]\n\
        any = [{ all = [{ factor = \"totp\", max_age = 60 }] }]";
    let own = Policy::from_toml(own).unwrap();
    let decided = world.decide(&own, &asked(), &[], &ctx(0));
    assert_eq!(
        refused(decided),
        DenyReason::NoOption,
        "what it shows is not looked at"
    );
    let other = Request::new("balance.read").handled_by(agent("tom"));
    assert_eq!(
        refused(world.decide(&policy, &other, &[], &ctx(0))),
        DenyReason::Suspended
    );
}
