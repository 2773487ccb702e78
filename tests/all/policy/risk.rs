//! From signals to tiers.

use core::time::Duration;
use countersign::{
    Policy, Request,
    policy::{CallerId, DenyReason, Signals},
};

use crate::support::world::{World, ctx, refused};

/// Tiers low, middle and high. The requirement of `a` tells which one a request has.
fn policy(signals: &str) -> Result<Policy, countersign::Error> {
    Policy::from_toml(&format!(
        r#"
        version = 1
        grant_lifetime = 300
        tiers = ["low", "middle", "high"]
        {signals}
        [action."a".tier]
        low = {{ any = [{{ all = [{{ factor = "totp", max_age = 60 }}] }}] }}
        middle = {{ any = [{{ all = [{{ factor = "spoken_code", max_age = 60 }}] }}] }}
        high = {{ never = true }}
        [action."b".every_tier]
        never = true
        [action."payment.*".every_tier]
        never = true
        "#
    ))
}

#[track_caller]
fn tier(policy: &Policy, request: &Request) -> String {
    let world = World::new();
    let why = policy.explain(request, &[], &world.status(&ctx(0)), &ctx(0), ctx(0).now());
    why.tier().to_owned()
}

fn after(signals: Signals) -> Request {
    Request::new("a").with_signals(signals)
}

const EACH: &str = r#"
    [signal.anomaly_score.tier]
    middle = { at_least = 0.5 }
    high = { at_least = 0.8 }
    [signal.caller_id.tier]
    middle = { or_worse = "B" }
    high = { or_worse = "none" }
    [signal.sim_changed.tier]
    high = { within = 86400 }
    [signal.new_payee]
    only_for = ["payment.*"]
    tier.high = { raised = true }
"#;

fn harmless() -> Signals {
    Signals::new()
        .anomaly_score(0.1)
        .caller_id(CallerId::Full)
        .sim_changed(Duration::from_secs(2 * 86_400))
}

#[test]
fn the_worst_signal_decides() {
    let policy = policy(EACH).unwrap();
    assert_eq!(tier(&policy, &after(harmless())), "low");
    for (signals, expected) in [
        (harmless().anomaly_score(0.5), "middle"),
        (harmless().anomaly_score(0.8), "high"),
        (harmless().anomaly_score(f64::NAN), "high"),
        (harmless().caller_id(CallerId::Partial), "middle"),
        (harmless().caller_id(CallerId::Gateway), "middle"),
        (harmless().caller_id(CallerId::None), "high"),
        (harmless().sim_changed(Duration::from_secs(86_400)), "high"),
        (harmless().with_number("sim_changed", 1e9), "high"),
        (harmless().with_number("unheard_of", f64::NAN), "low"),
    ] {
        assert_eq!(
            tier(&policy, &after(signals.clone())),
            expected,
            "{signals:?}"
        );
    }
}

#[test]
fn a_missing_signal_counts_as_the_worst_the_document_has_for_it() {
    let whole = policy(EACH).unwrap();
    for without in [
        Signals::new().anomaly_score(0.1).caller_id(CallerId::Full),
        Signals::new()
            .anomaly_score(0.1)
            .sim_changed(Duration::from_secs(2 * 86_400)),
        Signals::new()
            .caller_id(CallerId::Full)
            .sim_changed(Duration::from_secs(2 * 86_400)),
        Signals::new(),
    ] {
        assert_eq!(tier(&whole, &after(without)), "high");
    }
    let mild = policy("[signal.new_device.tier]\nmiddle = { raised = true }").unwrap();
    assert_eq!(
        tier(&mild, &Request::new("a")),
        "middle",
        "not worse than the document has it"
    );
}

#[test]
fn a_signal_counts_only_where_it_is_looked_at() {
    let payments =
        "[signal.new_payee]\nonly_for = [\"payment.*\", \"b\"]\ntier.high = { raised = true }";
    let policy = policy(payments).unwrap();
    assert_eq!(tier(&policy, &Request::new("a").at_tier("low")), "low");
    assert_eq!(tier(&policy, &Request::new("b").at_tier("low")), "high");
}

#[test]
fn the_host_raises_the_tier_and_never_lowers_it() {
    let policy = policy(EACH).unwrap();
    let stated = |tier: &str, signals| after(signals).at_tier(tier.to_owned());
    assert_eq!(tier(&policy, &stated("middle", harmless())), "middle");
    assert_eq!(
        tier(&policy, &stated("low", harmless().anomaly_score(0.9))),
        "high"
    );
    assert_eq!(tier(&policy, &stated("lwo", harmless())), "high", "unknown");
    let world = World::new();
    let decided = world.decide(&policy, &after(Signals::new()), &[], &ctx(0));
    assert_eq!(refused(decided), DenyReason::Never);
}

#[test]
fn signals_of_the_host_s_own_declare_their_direction() {
    let amount = "[signal.amount]\nrisk = \"higher\"\ntier.high = { at_least = 1000 }";
    let rising = policy(amount).unwrap();
    assert_eq!(
        tier(
            &rising,
            &after(Signals::new().with_number("amount", 999.99))
        ),
        "low"
    );
    assert_eq!(
        tier(
            &rising,
            &after(Signals::new().with_number("amount", 1_000.0))
        ),
        "high"
    );
    for (signal, rule) in [
        (
            "[signal.amount]\ntier.high = { at_least = 1 }",
            "must state `risk`, being the host's own",
        ),
        (
            "[signal.new_pajee]\ntier.high = { raised = true }",
            "did you mean `new_payee`?",
        ),
        (
            "[signal.new_payee]\nrisk = \"raised\"\ntier.high = { raised = true }",
            "it is known which way it points",
        ),
        (
            "[signal.amount]\nrisk = \"higher\"\ntier.high = { at_most = 1 }",
            "must state `at_least = a number`",
        ),
        (
            "[signal.anomaly_score]\ntier.high = { at_most = 1 }",
            "must state `at_least = a number`",
        ),
        (
            "[signal.anomaly_score]\ntier.high = { at_least = nan }",
            "must be a finite number",
        ),
        (
            "[signal.anomaly_score]\ntier.high = { at_least = -inf }",
            "must be a finite number",
        ),
        (
            "[signal.voice_score]\ntier.high = { at_least = 1 }",
            "must state `at_most = a number`",
        ),
        (
            "[signal.new_payee]\ntier.high = { raised = false }",
            "must state `raised = true`",
        ),
        (
            "[signal.new_payee]\ntier.hihg = { raised = true }",
            "did you mean `high`?",
        ),
        ("[signal.new_payee]\ntier = {}", "for one `tier` at least"),
        (
            "[signal.caller_id]\ntier.high = { or_worse = \"D\" }",
            "unknown variant `D`",
        ),
        (
            "[signal.sim_changed]\ntier.high = { within = 0 }",
            "must be 1 to 315360000 seconds",
        ),
        (
            "[signal.new_payee]\nonly_for = [\"pay*\"]\ntier.high = { raised = true }",
            "as a whole segment only",
        ),
    ] {
        let error = policy(signal).unwrap_err().to_string();
        assert!(error.contains(rule), "{error}");
    }
}
