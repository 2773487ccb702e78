//! Explanations, as data and in words.

use crate::support::timed::TimedContext;
use countersign::{
    Policy, Request,
    policy::{DenyReason, Signals, Unmet},
};

use crate::support::world::{World, ctx, transfer};

const TEXT: &str = r#"
    version = 1
    grant_lifetime = 120
    tiers = ["low", "high"]
    [signal.anomaly_score.tier]
    high = { at_least = 0.8 }
    [action."payment.*".tier.low]
    any = [{ all = [{ factor = "totp", max_age = 600 }] }]
    [action."payment.*".tier.high]
    any = [
        { all = [{ factor = "totp", max_age = 60 }, { factor = "spoken_code", max_age = 300, for_transaction = true }] },
        { all = [{ factor = "external", external_verifier = "counter", class = "possession", max_age = 300 }] },
    ]
"#;

#[test]
fn an_explanation_names_rule_evidence_and_what_is_lacking() {
    let (world, policy) = (World::new(), Policy::from_toml(TEXT).unwrap());
    let now = ctx(120).for_transaction(&transfer("TX-1"));
    let shown = [
        world.totp(&ctx(0)),
        world.sent(
            countersign::delivered::CodeOrder::spoken(),
            &ctx(10).for_transaction(&transfer("TX-1")),
        ),
        world.sent(
            countersign::delivered::CodeOrder::spoken(),
            &ctx(100).for_transaction(&transfer("TX-2")),
        ),
    ];
    let request = Request::new("payment.create").with_signals(Signals::new().anomaly_score(0.9));
    let why = policy.explain(&request, &shown, &world.status(&now), &now, now.now());
    assert_eq!(why.rule(), Some("action.\"payment.*\".tier.high"));
    let findings = &why.alternatives()[0];
    assert_eq!(findings[0].unmet(), Some(Unmet::TooOld(1)));
    assert_eq!(findings[1].evidence(), [2]);
    assert!(why.ignored().eq([3]));
    assert_eq!(why.options().len(), 2);
    assert_eq!(
        why.to_string(),
        "payment.create at tier high is not allowed yet. It would be after:\n\
         - totp\n\
         - a verification by counter\n\
         Tier: anomaly_score means high.\n\
         Rule: action.\"payment.*\".tier.high.\n\
         Alternative 1 is not met:\n\
         - totp, at most 1 minute old: evidence 1 is too old.\n\
         - spoken_code, at most 5 minutes old, for this transaction: evidence 2, for 190 seconds more.\n\
         Alternative 2 is not met:\n\
         - possession verified by counter, at most 5 minutes old: not given.\n\
         Evidence 1: totp, 2 minutes old.\n\
         Evidence 2: spoken_code, 110 seconds old.\n\
         Evidence 3: spoken_code, 20 seconds old.\n\
         Not counted: evidence 3 is for another transaction.\n"
    );
}

#[test]
fn an_explanation_says_why_it_is_allowed_and_until_when() {
    let (world, policy) = (World::new(), Policy::from_toml(TEXT).unwrap());
    let request = Request::new("payment.create").with_signals(Signals::new().anomaly_score(0.1));
    let why = policy.explain(
        &request,
        &[world.totp(&ctx(0))],
        &world.status(&ctx(0)),
        &ctx(0),
        ctx(0).now(),
    );
    assert_eq!(
        why.to_string(),
        "payment.create at tier low is allowed by alternative 1, until 1800000120 (Unix time).\n\
         Tier: anomaly_score means low.\n\
         Rule: action.\"payment.*\".tier.low.\n\
         Alternative 1 is met:\n\
         - totp, at most 10 minutes old: evidence 1, for 10 minutes more.\n\
         Evidence 1: totp, 0 seconds old.\n"
    );
}

#[test]
fn an_explanation_says_why_it_is_denied() {
    let (world, policy) = (World::new(), Policy::from_toml(TEXT).unwrap());
    let explain =
        |request| policy.explain(&request, &[], &world.status(&ctx(0)), &ctx(0), ctx(0).now());
    let why = explain(Request::new("paiment.create"));
    assert_eq!(why.denied(), Some(DenyReason::UnknownAction));
    assert_eq!(why.missing_signals(), ["anomaly_score"]);
    assert_eq!(
        why.to_string(),
        "paiment.create at tier high is denied: the policy states no action `paiment.create`; did you mean `payment.create`?\n\
         Tier: anomaly_score, which is not known, means high.\n\
         Rule: none.\n"
    );
    let unknown_tier = explain(Request::new("payment.create").at_tier("medium"));
    let words = unknown_tier.to_string();
    assert!(
        words.contains("Tier: the host states `medium`, which is not known, means high."),
        "{words}"
    );
}

#[test]
fn what_is_unmet_says_what_to_do_otherwise() {
    let world = World::new();
    let unmet = |all: &str, shown, now| {
        let policy = crate::support::world::policy("", all);
        let why = policy.explain(
            &Request::new("a"),
            &[shown],
            &world.status(&now),
            &now,
            now.now(),
        );
        why.alternatives()[0][0].unmet()
    };
    let spoken = || world.sent(countersign::delivered::CodeOrder::spoken(), &ctx(0));
    let for_transaction = "{ factor = \"spoken_code\", max_age = 60, for_transaction = true }";
    assert_eq!(
        unmet(
            for_transaction,
            spoken(),
            ctx(0).for_transaction(&transfer("TX-1"))
        ),
        Some(Unmet::NotForTransaction(1))
    );
    let apart = "{ factor = \"spoken_code\", max_age = 60, independent = true }";
    assert_eq!(
        unmet(apart, world.totp(&ctx(0)), ctx(0)),
        Some(Unmet::NotGiven)
    );
    let totp = "{ factor = \"totp\", max_age = 60, independent = true }";
    assert_eq!(
        unmet(totp, world.totp(&ctx(60)), ctx(60)),
        Some(Unmet::NotIndependent(1))
    );
    let elsewhere = TimedContext::new(
        ctx(120).now(),
        countersign::Channel::Agent,
        countersign::Interaction::from_bytes([3; 16]),
    );
    let totp = "{ factor = \"totp\", max_age = 600 }";
    assert_eq!(
        unmet(totp, world.totp(&ctx(120)), elsewhere),
        Some(Unmet::OtherInteraction(1))
    );
}

#[test]
fn a_trace_is_a_graph_whose_labels_end_where_they_should() {
    let (world, policy) = (World::new(), Policy::from_toml(TEXT).unwrap());
    let request = Request::new("a\"]; click --> #x\n<b>");
    let trace = policy
        .explain(&request, &[], &world.status(&ctx(0)), &ctx(0), ctx(0).now())
        .trace();
    assert!(
        trace.starts_with(
            "flowchart TD\n  request[\"a#quot;]; click --#gt; #35;x #lt;b#gt;\"] --> tier"
        ),
        "{trace}"
    );
    let request = Request::new("payment.create");
    let trace = policy
        .explain(&request, &[], &world.status(&ctx(0)), &ctx(0), ctx(0).now())
        .trace();
    for part in [
        "rule --> alternative2",
        "✗ totp, at most 1 minute old: not given",
        "asked for more",
    ] {
        assert!(trace.contains(part), "{trace}");
    }
}
