//! The decision, against what it promises.

use proptest::prelude::*;

use super::*;
use crate::Evidence;
use crate::account::Status;
use crate::context::{Channel, Interaction, Transaction, TransactionDigest};
use crate::epoch::Epoch;
use crate::evidence::{Facts, external_verifier};
use crate::factor::{Factor, FactorClass, Strength};
use crate::grant::{Agent, Approval, Grant};
use crate::status::Lock;
use crate::subject::Subject;
use crate::support::timed::TimedContext;
use crate::time::Timestamp;
use crate::{Decision, Policy, Request};
use core::cmp::Reverse;
use core::time::Duration;

const NOW: i64 = 1_800_000_000;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix(seconds).unwrap()
}

fn call(number: u8) -> Interaction {
    Interaction::from_bytes([number; 16])
}

fn transaction_digest(reference: &str) -> TransactionDigest {
    Transaction::new(reference).unwrap().digest()
}

fn ctx(now: i64) -> TimedContext {
    TimedContext::new(at(now), Channel::Agent, call(1))
}

const EPOCH: Epoch = Epoch::new([1; 16], 7);

fn for_transaction(now: i64, reference: &str) -> TimedContext {
    ctx(now).for_transaction(&Transaction::new(reference).unwrap())
}

fn facts(factor: Factor, seconds: i64) -> Facts {
    let subject = Subject::new("bank", "C-1").unwrap();
    Evidence::of(
        &subject,
        EPOCH,
        factor,
        None,
        None,
        &ctx(seconds).at(at(seconds)),
    )
}

fn shown(factor: Factor, seconds: i64) -> Evidence {
    Evidence::vouch(facts(factor, seconds))
}

fn shown_for(factor: Factor, seconds: i64, reference: &str) -> Evidence {
    Evidence::vouch(Facts {
        binding: Some(transaction_digest(reference)),
        ..facts(factor, seconds)
    })
}

fn attested(by: &str, class: FactorClass, strength: Strength) -> Evidence {
    Evidence::vouch(Facts {
        external_verifier: Some(external_verifier(by).unwrap()),
        class,
        strength,
        ..facts(Factor::External, NOW)
    })
}

fn status(enrolled: &[Factor]) -> Status {
    Status {
        subject: Subject::new("bank", "C-1").unwrap(),
        epoch: EPOCH,
        suspended: false,
        enrolled: enrolled.to_vec(),
        locked: Vec::new(),
        shut: Vec::new(),
        unchanged: Vec::new(),
        recovery_codes: None,
        word_is_due: false,
    }
}

fn everything() -> Status {
    status(&Factor::ALL)
}

fn locked(factors: &[Factor]) -> Status {
    Status {
        locked: factors
            .iter()
            .map(|factor| (*factor, Lock::Indefinite))
            .collect(),
        ..everything()
    }
}

/// A policy with action `a`, whose alternatives are these, each a list of requirements.
fn policy(alternatives: &[&str]) -> Policy {
    let any: Vec<_> = alternatives
        .iter()
        .map(|all| format!("{{ all = [{all}] }}"))
        .collect();
    Policy::from_toml(&format!(
        "version = 1\ngrant_lifetime = 300\ntiers = [\"only\"]\n\
         [action.a.every_tier]\nany = [{}]",
        any.join(", ")
    ))
    .unwrap()
}

const TOTP: &str = r#"{ factor = "totp", max_age = 600 }"#;
const QUESTIONS: &str = r#"{ factor = "questions", max_age = 900 }"#;
const SPOKEN: &str = r#"{ factor = "spoken_code", max_age = 300 }"#;
const BOUND: &str = r#"{ factor = "spoken_code", max_age = 600, for_transaction = true }"#;
const POSSESSION: &str = r#"{ class = "possession", max_age = 600 }"#;
const COUNTER: &str = r#"{ factor = "external", external_verifier = "counter", class = "possession", max_age = 600 }"#;

fn decide(policy: &Policy, evidence: &[Evidence], ctx: &TimedContext) -> Decision {
    policy.decide(&Request::new("a"), evidence, &everything(), ctx, ctx.now())
}

fn is_allowed(policy: &Policy, evidence: Evidence, ctx: &TimedContext) -> bool {
    matches!(decide(policy, &[evidence], ctx), Decision::Allow(_))
}

#[track_caller]
fn grant(decision: Decision) -> Grant {
    match decision {
        Decision::Allow(grant) => grant,
        other => panic!("{other:?}"),
    }
}

/// The options of a step-up, each as the names of its requirements.
#[track_caller]
fn options(decision: Decision) -> Vec<String> {
    let name = |requirement: &StepUpRequirement| {
        let names: Vec<_> = requirement
            .factors()
            .iter()
            .map(|factor| factor.name())
            .collect();
        names.join("|")
    };
    match decision {
        Decision::StepUp(options) => options
            .iter()
            .map(|option| {
                option
                    .requirements()
                    .iter()
                    .map(name)
                    .collect::<Vec<_>>()
                    .join("+")
            })
            .collect(),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn refusal(decision: Decision) -> DenyReason {
    match decision {
        Decision::Deny(denial) => denial.reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn b25_a_grant_says_for_whom_and_for_what() {
    let evidence = [shown(Factor::Totp, NOW)];
    let decision = decide(&policy(&[TOTP]), &evidence, &for_transaction(NOW, "TX-1"));
    let grant = grant(decision);
    assert_eq!(grant.subject().id(), "C-1");
    assert_eq!(grant.epoch(), 7);
    assert_eq!(grant.action(), "a");
    assert_eq!(grant.interaction(), call(1));
    assert_eq!(grant.transaction_digest(), Some(transaction_digest("TX-1")));
}

#[test]
fn b27_age_is_computed_at_each_decision_and_ends() {
    let policy = policy(&[TOTP]);
    let once = || shown(Factor::Totp, NOW);
    assert!(is_allowed(&policy, once(), &ctx(NOW)));
    assert!(
        is_allowed(&policy, once(), &ctx(NOW + 600)),
        "the last second counts"
    );
    assert!(!is_allowed(&policy, once(), &ctx(NOW + 601)));
    assert!(
        is_allowed(&policy, once(), &ctx(NOW + 600)),
        "a denial leaves no trace"
    );
    assert!(
        !is_allowed(&policy, once(), &ctx(NOW - 1)),
        "from the future"
    );
    assert!(!is_allowed(
        &policy,
        shown(Factor::Totp, 0),
        &TimedContext::new(Timestamp::MAX, Channel::Agent, call(1))
    ));
}

#[test]
fn b27_asking_again_does_not_renew_a_grant() {
    let policy = policy(&[TOTP]);
    let evidence = [shown(Factor::Totp, NOW)];
    let until = |now| grant(decide(&policy, &evidence, &ctx(now))).until();
    assert_eq!(until(NOW), at(NOW + 300), "the grant's own lifetime");
    assert_eq!(until(NOW + 299), at(NOW + 599));
    assert_eq!(until(NOW + 301), at(NOW + 600), "the evidence's end");
    assert_eq!(until(NOW + 600), at(NOW + 600));
}

#[test]
fn a_grant_ends_with_the_first_evidence_to_end() {
    let both = format!("{QUESTIONS}, {SPOKEN}");
    let mut evidence = vec![
        shown(Factor::Questions, NOW - 800),
        shown(Factor::SpokenCode, NOW - 10),
        shown(Factor::SpokenCode, NOW - 250),
    ];
    let decided = decide(&policy(&[&both, TOTP]), &evidence, &ctx(NOW));
    assert_eq!(grant(decided).until(), at(NOW + 100));
    evidence.push(shown(Factor::Totp, NOW - 400));
    for alternatives in [[both.as_str(), TOTP], [TOTP, both.as_str()]] {
        let decided = decide(&policy(&alternatives), &evidence, &ctx(NOW));
        assert_eq!(grant(decided).until(), at(NOW + 200), "the longest counts");
    }
}

#[test]
fn evidence_of_others_does_not_count() {
    let policy = policy(&[TOTP]);
    let own = || facts(Factor::Totp, NOW);
    let other = |realm, id| Subject::new(realm, id).unwrap();
    for (why, facts) in [
        (
            "subject",
            Facts {
                subject: other("bank", "C-2"),
                ..own()
            },
        ),
        (
            "realm",
            Facts {
                subject: other("shop", "C-1"),
                ..own()
            },
        ),
        (
            "older epoch",
            Facts {
                epoch: Epoch::new([1; 16], 6),
                ..own()
            },
        ),
        (
            "another record of the subject",
            Facts {
                epoch: Epoch::new([2; 16], 7),
                ..own()
            },
        ),
        (
            "newer epoch",
            Facts {
                epoch: Epoch::new([1; 16], 8),
                ..own()
            },
        ),
        (
            "interaction",
            Facts {
                interaction: call(2),
                ..own()
            },
        ),
        (
            "transaction",
            Facts {
                binding: Some(transaction_digest("TX-1")),
                ..own()
            },
        ),
        ("factor", facts(Factor::SpokenCode, NOW)),
    ] {
        assert!(
            !is_allowed(&policy, Evidence::vouch(facts), &ctx(NOW)),
            "{why}"
        );
    }
    assert!(is_allowed(&policy, Evidence::vouch(own()), &ctx(NOW)));
}

#[test]
fn bound_requirements_take_this_transaction_only() {
    let policy = policy(&[BOUND]);
    let for_one = || shown_for(Factor::SpokenCode, NOW, "TX-1");
    assert!(is_allowed(
        &policy,
        for_one(),
        &for_transaction(NOW, "TX-1")
    ));
    assert!(!is_allowed(
        &policy,
        for_one(),
        &for_transaction(NOW, "TX-2")
    ));
    assert!(!is_allowed(&policy, for_one(), &ctx(NOW)));
    assert!(!is_allowed(
        &policy,
        shown(Factor::SpokenCode, NOW),
        &for_transaction(NOW, "TX-1")
    ));
}

#[test]
fn unbound_requirements_never_take_another_transaction() {
    let policy = policy(&[TOTP]);
    let for_one = || shown_for(Factor::Totp, NOW, "TX-1");
    assert!(is_allowed(
        &policy,
        for_one(),
        &for_transaction(NOW, "TX-1")
    ));
    assert!(!is_allowed(
        &policy,
        for_one(),
        &for_transaction(NOW, "TX-2")
    ));
    assert!(is_allowed(
        &policy,
        shown(Factor::Totp, NOW),
        &for_transaction(NOW, "TX-1")
    ));
}

#[test]
fn attested_evidence_counts_only_as_listed() {
    let listed = policy(&[COUNTER]);
    let allowed =
        |by, class, strength| is_allowed(&listed, attested(by, class, strength), &ctx(NOW));
    assert!(allowed("counter", FactorClass::Possession, Strength::Full));
    assert!(!allowed(
        "counter",
        FactorClass::Possession,
        Strength::Restricted
    ));
    assert!(!allowed("counter", FactorClass::Inherence, Strength::Full));
    assert!(!allowed("voice", FactorClass::Possession, Strength::Full));
    let by_class = policy(&[POSSESSION]);
    let passport = attested("counter", FactorClass::Possession, Strength::Full);
    assert!(!is_allowed(&by_class, passport, &ctx(NOW)));
    let restricted = COUNTER.replace("max_age", "strength = \"restricted\", max_age");
    let weaker = attested("counter", FactorClass::Possession, Strength::Restricted);
    assert!(is_allowed(&policy(&[&restricted]), weaker, &ctx(NOW)));
}

#[test]
fn d02_questions_fill_no_class() {
    let by_class = policy(&[r#"{ class = "knowledge", max_age = 600 }"#]);
    assert!(!is_allowed(
        &by_class,
        shown(Factor::Questions, NOW),
        &ctx(NOW)
    ));
    let weak = [Factor::Questions, Factor::Word, Factor::Pin];
    let nothing = by_class.decide(
        &Request::new("a"),
        &[],
        &status(&weak),
        &ctx(NOW),
        ctx(NOW).now(),
    );
    assert_eq!(refusal(nothing), DenyReason::NoOption);
    let possession = policy(&[POSSESSION]);
    for factor in [Factor::Totp, Factor::PrivateCode, Factor::SpokenCode] {
        assert!(
            is_allowed(&possession, shown(factor, NOW), &ctx(NOW)),
            "{factor}"
        );
    }
}

#[test]
fn least_burdensome_options_come_first() {
    let policy = policy(&[
        &format!("{QUESTIONS}, {SPOKEN}"),
        &format!("{SPOKEN}, {QUESTIONS}, {COUNTER}"),
        TOTP,
        SPOKEN,
        TOTP,
    ]);
    assert_eq!(
        options(decide(&policy, &[], &ctx(NOW))),
        [
            "totp",
            "spoken_code",
            "questions+spoken_code",
            "spoken_code+questions+external"
        ]
    );
    let after = [shown(Factor::Questions, NOW)];
    assert_eq!(
        options(decide(&policy, &after, &ctx(NOW))),
        ["spoken_code", "totp", "spoken_code+external"]
    );
}

#[test]
fn a_requirement_says_what_is_missing() {
    let policy = policy(&[&format!("{COUNTER}, {BOUND}")]);
    let Decision::StepUp(options) = decide(&policy, &[], &for_transaction(NOW, "TX-1")) else {
        panic!("no step-up")
    };
    let [counter, spoken] = options[0].requirements() else {
        panic!("{options:?}")
    };
    assert_eq!(counter.external_verifier(), Some("counter"));
    assert!(!counter.is_for_transaction());
    assert!(spoken.is_for_transaction());
    assert_eq!(spoken.max_age().as_secs(), 600);
}

#[test]
fn only_what_the_caller_can_show_is_asked_for() {
    let policy = policy(&[TOTP, SPOKEN, POSSESSION, QUESTIONS]);
    let asked = |status: &Status| {
        options(policy.decide(&Request::new("a"), &[], status, &ctx(NOW), ctx(NOW).now()))
    };
    assert_eq!(
        asked(&status(&[Factor::Questions, Factor::SpokenCode])),
        ["spoken_code", "questions"]
    );
    assert_eq!(
        asked(&locked(&[Factor::SpokenCode])),
        [
            "totp",
            "totp|hotp|ocra|private_code|recovery_code",
            "questions"
        ]
    );
    let nobody = policy.decide(
        &Request::new("a"),
        &[],
        &status(&[]),
        &ctx(NOW),
        ctx(NOW).now(),
    );
    assert_eq!(refusal(nobody), DenyReason::NoOption);
}

#[test]
fn b09_a_stranger_s_lock_does_not_shut_the_customer_out() {
    let several = policy(&[TOTP, &format!("{QUESTIONS}, {TOTP}"), SPOKEN]);
    let only_totp = policy(&[TOTP]);
    let status = locked(&[Factor::Totp, Factor::SpokenCode]);
    let asked = |evidence: &[Evidence]| {
        several.decide(
            &Request::new("a"),
            evidence,
            &status,
            &ctx(NOW),
            ctx(NOW).now(),
        )
    };
    assert_eq!(
        options(asked(&[])),
        ["questions+totp"],
        "questions come first"
    );
    assert_eq!(
        options(asked(&[shown(Factor::Questions, NOW)])),
        ["totp", "spoken_code"]
    );
    let stale = [shown(Factor::Totp, NOW - 700)];
    let again = only_totp.decide(
        &Request::new("a"),
        &stale,
        &status,
        &ctx(NOW),
        ctx(NOW).now(),
    );
    assert_eq!(
        refusal(again),
        DenyReason::NoOption,
        "no evidence of another factor"
    );
}

#[test]
fn what_is_locked_for_the_known_caller_is_not_asked_for() {
    let status = Status {
        shut: vec![Factor::Totp],
        unchanged: Vec::new(),
        ..locked(&[Factor::Totp])
    };
    let evidence = [shown(Factor::Questions, NOW)];
    let asked = |policy: Policy| {
        policy.decide(
            &Request::new("a"),
            &evidence,
            &status,
            &ctx(NOW),
            ctx(NOW).now(),
        )
    };
    assert_eq!(refusal(asked(policy(&[TOTP]))), DenyReason::NoOption);
    assert_eq!(options(asked(policy(&[TOTP, SPOKEN]))), ["spoken_code"]);
}

#[test]
fn locked_options_come_last() {
    let policy = policy(&[TOTP, &format!("{SPOKEN}, {COUNTER}")]);
    let status = locked(&[Factor::Totp]);
    let evidence = [shown(Factor::Questions, NOW)];
    assert_eq!(
        options(policy.decide(
            &Request::new("a"),
            &evidence,
            &status,
            &ctx(NOW),
            ctx(NOW).now()
        )),
        ["spoken_code+external", "totp"]
    );
}

#[test]
fn bound_requirements_name_what_can_be_bound() {
    let possession =
        policy(&[r#"{ class = "possession", max_age = 600, for_transaction = true }"#]);
    assert_eq!(
        options(decide(&possession, &[], &for_transaction(NOW, "TX-1"))),
        ["ocra|private_code|spoken_code"]
    );
}

#[test]
fn bound_options_need_a_transaction() {
    let mixed = policy(&[BOUND, QUESTIONS]);
    assert_eq!(options(decide(&mixed, &[], &ctx(NOW))), ["questions"]);
    assert_eq!(
        options(decide(&mixed, &[], &for_transaction(NOW, "TX-1"))),
        ["spoken_code", "questions"]
    );
    let only = policy(&[BOUND]);
    assert_eq!(
        refusal(decide(&only, &[], &ctx(NOW))),
        DenyReason::NoTransaction
    );
    let nobody = only.decide(
        &Request::new("a"),
        &[],
        &status(&[]),
        &ctx(NOW),
        ctx(NOW).now(),
    );
    assert_eq!(refusal(nobody), DenyReason::NoOption);
}

#[test]
fn suspended_subjects_are_denied() {
    let suspended = Status {
        suspended: true,
        ..everything()
    };
    let evidence = [shown(Factor::Totp, NOW)];
    let decision = policy(&[TOTP]).decide(
        &Request::new("a"),
        &evidence,
        &suspended,
        &ctx(NOW),
        ctx(NOW).now(),
    );
    assert_eq!(refusal(decision), DenyReason::Suspended);
}

#[test]
fn unknown_actions_are_denied() {
    let policy = policy(&[TOTP]);
    let evidence = [shown(Factor::Totp, NOW)];
    let long = "a".repeat(1 << 20);
    for action in ["", "b", "A", "a ", "a\0", "*", long.as_str()] {
        let decision = policy.decide(
            &Request::new(action),
            &evidence,
            &everything(),
            &ctx(NOW),
            ctx(NOW).now(),
        );
        assert_eq!(refusal(decision), DenyReason::UnknownAction);
    }
}

#[test]
fn unknown_tiers_are_the_highest() {
    let policy = Policy::from_toml(
        r#"
        version = 1
        grant_lifetime = 300
        tiers = ["low", "middle", "high"]
        [action.a.tier]
        low = { any = [{ all = [{ factor = "questions", max_age = 60 }] }] }
        middle = { any = [{ all = [{ factor = "totp", max_age = 60 }] }] }
        high = { never = true }
        "#,
    )
    .unwrap();
    let at_tier =
        |request: Request| policy.decide(&request, &[], &everything(), &ctx(NOW), ctx(NOW).now());
    let request = || Request::new("a");
    assert_eq!(options(at_tier(request().at_tier("low"))), ["questions"]);
    assert_eq!(options(at_tier(request().at_tier("middle"))), ["totp"]);
    for request in [
        request(),
        request().at_tier("high"),
        request().at_tier("Low"),
        request().at_tier(""),
    ] {
        assert_eq!(refusal(at_tier(request)), DenyReason::Never);
    }
}

fn some_factor() -> impl Strategy<Value = Factor> {
    prop::sample::select(Factor::ALL.to_vec())
}

fn some_class() -> impl Strategy<Value = FactorClass> {
    prop::sample::select(vec![
        FactorClass::Knowledge,
        FactorClass::Possession,
        FactorClass::Inherence,
    ])
}

/// By the words of a document, each kind of requirement.
fn some_requirement() -> impl Strategy<Value = String> {
    let named = Factor::ALL
        .into_iter()
        .filter(|factor| *factor != Factor::External);
    let named: Vec<_> = named.map(Factor::name).collect();
    let what = prop_oneof![
        3 => prop::sample::select(named).prop_map(|factor| format!("factor = \"{factor}\"")),
        2 => prop::sample::select(vec!["knowledge", "possession"])
            .prop_map(|class| format!("class = \"{class}\"")),
        1 => prop::sample::select(vec!["knowledge", "possession"])
            .prop_map(|class| format!("class = \"{class}\", strength = \"full\"")),
        2 => prop::sample::select(vec!["counter", "voice"]).prop_map(|by| format!(
            "factor = \"external\", external_verifier = \"{by}\", class = \"inherence\", strength = \"weak\""
        )),
    ];
    let within = prop::sample::select(vec![0, 0, 0, 60, 3_600]);
    let piece = (what, 1..5_u32, any::<[bool; 3]>(), within).prop_map(
        |(what, max_age, [for_transaction, independent, anywhere], within)| {
            let can = ["_code", "class", "external"]
                .iter()
                .any(|one| what.contains(one));
            let for_transaction = for_transaction && can && !what.contains("recovery");
            let interaction = if anywhere { "any" } else { "same" };
            let unchanged = if within == 0 || what.contains("external") {
                String::new()
            } else {
                format!(", changed_within = {within}")
            };
            format!(
                "{{ {what}, max_age = {max_age}, for_transaction = {for_transaction}, independent = {independent}, \
                 interaction = \"{interaction}\"{unchanged} }}"
            )
        },
    );
    prop_oneof![
        6 => piece,
        1 => (1..4_u32, 1..5_u32, any::<bool>()).prop_map(|(count, age, full)| {
            let strength = if full { "full" } else { "restricted" };
            format!("{{ classes = {count}, strength = \"{strength}\", max_age = {age} }}")
        }),
        1 => (1..4_u32, 1..5_u32)
            .prop_map(|(level, age)| format!("{{ aal = {level}, max_age = {age} }}")),
        1 => (1..3_u32, 1..5_u32)
            .prop_map(|(count, age)| format!("{{ approvals = {count}, max_age = {age} }}")),
    ]
}

fn some_policy() -> impl Strategy<Value = Policy> {
    let all = prop::collection::vec(some_requirement(), 1..4);
    let delay = prop::sample::select(vec!["", "", ", delay = 60", ", delay = 86400"]);
    prop::collection::vec((all, delay), 1..4).prop_filter_map("one evidence, two requirements", |any| {
        let any: Vec<_> = any
            .iter()
            .map(|(all, delay)| format!("{{ all = [{}]{delay} }}", all.join(", ")))
            .collect();
        Policy::from_toml(&format!(
            "version = 1\ngrant_lifetime = 2\ntiers = [\"only\"]\n\
             [external_verifier.counter]\nclass = \"inherence\"\nstrength = \"restricted\"\naal = 3\n\
             [action.\"{CHANGE}\".every_tier]\nany = [{}]",
            any.join(", ")
        ))
        .ok()
    })
}

/// From a small world, so that pieces meet.
fn some_evidence() -> impl Strategy<Value = Evidence> {
    let for_what = prop::sample::select(vec![None, None, Some("TX-1"), Some("TX-2")]);
    let by = prop::sample::select(vec!["counter", "voice"]);
    let attestation = (by, some_class(), any::<bool>());
    let often = || prop::bool::weighted(0.9);
    (
        some_factor(),
        NOW - 6..NOW + 2,
        for_what,
        attestation,
        [often(), often(), often()],
        any::<[bool; 2]>(),
        prop::sample::select(vec![
            None,
            Some(NOW - 60),
            Some(NOW - 61),
            Some(NOW - 3_601),
            Some(NOW + 9),
        ]),
    )
        .prop_map(
            |(
                factor,
                seconds,
                for_what,
                (by, class, full),
                [same, now, here],
                [apart, protected],
                enrolled_at,
            )| {
                let facts = facts(factor, seconds);
                let is_attested = factor == Factor::External;
                Evidence::vouch(Facts {
                    subject: Subject::new("bank", if same { "C-1" } else { "C-2" }).unwrap(),
                    epoch: Epoch::new([1; 16], if now { 7 } else { 6 }),
                    interaction: call(if here { 1 } else { 2 }),
                    channel: if apart {
                        Channel::Device
                    } else {
                        Channel::Agent
                    },
                    protected,
                    enrolled_at: enrolled_at.map(at),
                    binding: for_what.map(transaction_digest),
                    external_verifier: is_attested.then(|| external_verifier(by).unwrap()),
                    class: if is_attested { class } else { facts.class },
                    strength: if is_attested && full {
                        Strength::Full
                    } else {
                        facts.strength
                    },
                    ..facts
                })
            },
        )
}

fn yes(agent: &str, action: &str, for_whom: &str, ctx: &TimedContext) -> Approval {
    let subject = Subject::new("bank", for_whom).unwrap();
    Approval::by(
        Agent::new(agent).unwrap(),
        action,
        &subject,
        Duration::from_secs(3),
        ctx,
        ctx.now(),
    )
}

/// A request with up to three approvals, some of them worthless.
fn some_request() -> impl Strategy<Value = Vec<(String, String, i64)>> {
    let agent = prop::sample::select(vec!["tom", "Tom", "eve", "kim"]);
    let action = prop::sample::select(vec![CHANGE, CHANGE, CHANGE, "b"]);
    let one = (agent, action, -6..2_i64)
        .prop_map(|(agent, action, seconds)| (agent.to_owned(), action.to_owned(), seconds));
    prop::collection::vec(one, 0..4)
}

fn request(approvals: &[(String, String, i64)], ctx: &TimedContext) -> Request {
    let request = Request::new(CHANGE).handled_by(Agent::new("tom").unwrap());
    approvals
        .iter()
        .fold(request, |request, (agent, action, seconds)| {
            let at = TimedContext::new(at(NOW + seconds), Channel::Agent, call(9));
            let at = match ctx.transaction_digest() {
                Some(_) => at.for_transaction(&Transaction::new("TX-1").unwrap()),
                None => at,
            };
            request.approved(yes(agent, action, "C-1", &at))
        })
}

fn some_standing() -> impl Strategy<Value = Status> {
    let factors = || prop::sample::subsequence(Factor::ALL.to_vec(), 0..=Factor::ALL.len());
    (factors(), factors(), prop::bool::weighted(0.05)).prop_map(|(enrolled, shut, suspended)| {
        Status {
            enrolled,
            suspended,
            ..locked(&shut)
        }
    })
}

fn some_context() -> impl Strategy<Value = TimedContext> {
    prop_oneof![
        Just(ctx(NOW)),
        Just(for_transaction(NOW, "TX-1")),
        Just(TimedContext::new(Timestamp::MAX, Channel::Device, call(1))),
    ]
}

/// Higher is better for the caller; among grants, the one that waits less, then the longer.
fn worth(decision: &Decision) -> (u8, Reverse<Option<Duration>>, u64) {
    match decision {
        Decision::Deny(_) => (0, Reverse(None), 0),
        Decision::StepUp(_) => (1, Reverse(None), 0),
        Decision::Allow(grant) => (2, Reverse(grant.delay()), grant.until().unix()),
    }
}

/// The action of the random policies: one that can wait.
const CHANGE: &str = "authenticator.reset";

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn more_evidence_never_takes_a_right_away(
        policy in some_policy(),
        evidence in prop::collection::vec(some_evidence(), 0..6),
        more in some_evidence(),
        place in any::<prop::sample::Index>(),
        approvals in some_request(),
        status in some_standing(),
        ctx in some_context(),
    ) {
        let before = policy.decide(&request(&approvals, &ctx), &evidence, &status, &ctx, ctx.now());
        let mut all = evidence;
        all.insert(place.index(all.len() + 1), more);
        let after = policy.decide(&request(&approvals, &ctx), &all, &status, &ctx, ctx.now());
        prop_assert!(worth(&before) <= worth(&after), "{before:?} became {after:?}");
    }

    #[test]
    fn more_approvals_never_take_a_right_away(
        policy in some_policy(),
        evidence in prop::collection::vec(some_evidence(), 0..6),
        approvals in some_request(),
        more in some_request(),
        status in some_standing(),
        ctx in some_context(),
    ) {
        let before = policy.decide(&request(&approvals, &ctx), &evidence, &status, &ctx, ctx.now());
        let all = [more, approvals].concat();
        let after = policy.decide(&request(&all, &ctx), &evidence, &status, &ctx, ctx.now());
        prop_assert!(worth(&before) <= worth(&after), "{before:?} became {after:?}");
    }

    #[test]
    fn b25_every_answer_keeps_its_promise(
        policy in some_policy(),
        evidence in prop::collection::vec(some_evidence(), 0..6),
        approvals in some_request(),
        status in some_standing(),
        ctx in some_context(),
    ) {
        match policy.decide(&request(&approvals, &ctx), &evidence, &status, &ctx, ctx.now()) {
            Decision::Allow(grant) => {
                prop_assert!(!status.is_suspended());
                let fits = |one: &Evidence| one.subject() == grant.subject()
                    && one.epoch() == grant.epoch()
                    && one.at() <= ctx.now();
                prop_assert!(evidence.iter().any(fits) || !approvals.is_empty());
                prop_assert!(grant.until() >= ctx.now());
                prop_assert!(grant.until().unix() <= ctx.now().unix() + 2);
                prop_assert_eq!(grant.handled_by().map(Agent::name), Some("tom"));
                prop_assert!(grant.approved_by().iter().all(|agent| agent.name() != "tom"));
            }
            Decision::StepUp(options) => {
                prop_assert!(!options.is_empty());
                for requirement in options.iter().flat_map(|option| {
                    assert!(!option.requirements().is_empty());
                    option.requirements()
                }) {
                    prop_assert_eq!(requirement.factors().is_empty(), requirement.approvals() > 0);
                    prop_assert!(!requirement.is_for_transaction() || ctx.transaction_digest().is_some());
                    let known = |factor: &Factor| {
                        *factor == Factor::External || status.is_enrolled(*factor)
                    };
                    prop_assert!(requirement.factors().iter().all(known));
                }
            }
            Decision::Deny(denial) => {
                prop_assert_eq!(denial.reason == DenyReason::Suspended, status.is_suspended());
            }
        }
        let nothing = policy.decide(&Request::new(CHANGE), &[], &status, &ctx, ctx.now());
        prop_assert!(!matches!(nothing, Decision::Allow(_)));
    }

    #[test]
    fn taking_an_option_leads_to_a_grant(
        policy in some_policy(),
        evidence in prop::collection::vec(some_evidence(), 0..4),
        approvals in some_request(),
        status in some_standing(),
    ) {
        let ctx = for_transaction(NOW, "TX-1");
        let decided = policy.decide(&request(&approvals, &ctx), &evidence, &status, &ctx, ctx.now());
        let Decision::StepUp(options) = decided else { return Ok(()) };
        for option in options {
            let mut all = evidence.clone();
            let mut request = request(&approvals, &ctx);
            for requirement in option.requirements() {
                for number in 0..requirement.approvals() {
                    request = request.approved(yes(&format!("colleague {number}"), CHANGE, "C-1", &ctx));
                }
                let Some(factor) = requirement.factors().first() else { continue };
                let facts = facts(*factor, NOW);
                let attested = *factor == Factor::External;
                all.push(Evidence::vouch(Facts {
                    external_verifier: requirement.external_verifier().map(str::to_owned),
                    class: if attested { FactorClass::Inherence } else { facts.class },
                    strength: if attested { Strength::Full } else { facts.strength },
                    binding: requirement.is_for_transaction().then(|| transaction_digest("TX-1")),
                    channel: if requirement.is_independent() { Channel::Device } else { Channel::Agent },
                    protected: requirement.is_protected(),
                    enrolled_at: requirement.changed_within().map(|_| at(NOW - 3_601)),
                    ..facts
                }));
            }
            let after = policy.decide(&request, &all, &status, &ctx, ctx.now());
            prop_assert!(
                matches!(&after, Decision::Allow(grant) if grant.delay() <= option.delay()),
                "{option:?}: {after:?}"
            );
        }
    }

    #[test]
    fn a_grant_is_known_again_by_what_it_rests_on(
        policy in some_policy(),
        evidence in prop::collection::vec(some_evidence(), 0..6),
        approvals in some_request(),
    ) {
        let ctx = for_transaction(NOW, "TX-1");
        let decided = |evidence: &[Evidence], ctx: &TimedContext| {
            match policy.decide(&request(&approvals, ctx), evidence, &everything(), ctx, ctx.now()) {
                Decision::Allow(grant) => Some(grant),
                Decision::StepUp(_) | Decision::Deny(_) => None,
            }
        };
        if let Some(grant) = decided(&evidence, &ctx) {
            let again = decided(&evidence, &ctx).unwrap();
            prop_assert_eq!(grant.id(), again.id());
            let for_transaction = evidence.iter().filter(|one| one.transaction_digest().is_some());
            prop_assert!(grant.once().len() <= for_transaction.count() + approvals.len());
        }
    }
}
