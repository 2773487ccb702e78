//! What a document's author can make large: options, pictures, comparisons. Each has a bound.

use countersign::{Decision, Policy, Request, policy::DenyReason};

use crate::support::world::{World, agent, app, transfer};

/// Sixteen external verifiers, and these alternatives of one action.
fn document(alternatives: &[String]) -> String {
    let classes = ["possession", "knowledge", "inherence"];
    let external_verifiers: String = (0..16)
        .map(|n| {
            format!(
                "[external_verifier.a{n}]\nclass = \"{}\"\naal = 2\n",
                classes[n % 3]
            )
        })
        .collect();
    let any: Vec<_> = alternatives
        .iter()
        .map(|all| format!("{{ all = [{all}] }}"))
        .collect();
    format!(
        "version = 1\ngrant_lifetime = 300\ntiers = [\"only\"]\n[cost]\nspoken_code = 0\n{external_verifiers}\
         [action.a.every_tier]\nany = [{}]",
        any.join(",\n")
    )
}

const EVERYTHING: &str = "{ classes = 3, max_age = 300 }, { aal = 2, max_age = 300 }";

/// Options that cannot be taken now are left out before the cut. So many cheap ones of them do not hide the one that can.
#[test]
fn b53_options_that_cannot_be_taken_hide_none_that_can() {
    let world = World::new();
    let for_transaction = format!(
        "{EVERYTHING}, {{ factor = \"spoken_code\", max_age = 60, for_transaction = true }}"
    );
    let approved = format!("{EVERYTHING}, {{ approvals = 1, max_age = 60 }}");
    let dear = "{ factor = \"external\", external_verifier = \"a0\", class = \"possession\", max_age = 60 }, \
         { factor = \"external\", external_verifier = \"a1\", class = \"knowledge\", max_age = 60 }, \
         { factor = \"external\", external_verifier = \"a2\", class = \"inherence\", max_age = 60 }, \
         { factor = \"totp\", max_age = 60 }, { factor = \"external\", external_verifier = \"a3\", class = \"possession\", max_age = 60 }, \
         { factor = \"external\", external_verifier = \"a4\", class = \"knowledge\", max_age = 60 }";
    let decide = |alternatives: &[String], request: &Request, ctx| {
        let policy = Policy::from_toml(&document(alternatives)).unwrap();
        world.decide(&policy, request, &[], ctx)
    };
    let (unbound, tied) = (app(0), app(0).for_transaction(&transfer("TX-1")));
    let plain = || Request::new("a");
    let offers = |decision: Decision| match decision {
        Decision::StepUp(options) => options,
        other => panic!("{other:?}"),
    };
    let refusal = |decision: Decision| match decision {
        Decision::Deny(denial) => denial.reason,
        other => panic!("{other:?}"),
    };
    let both = [for_transaction.clone(), dear.to_owned()];
    assert_eq!(offers(decide(&both, &plain(), &tied)).len(), 64);
    let left = offers(decide(&both, &plain(), &unbound));
    assert_eq!(left.len(), 1, "the one that takes no transaction");
    assert_eq!(left[0].requirements().len(), 6);
    let both = [approved.clone(), dear.to_owned()];
    assert_eq!(offers(decide(&both, &plain(), &unbound)).len(), 1);
    let handled = plain().handled_by(agent("tom"));
    assert_eq!(offers(decide(&both, &handled, &unbound)).len(), 64);
    // If none can be taken, the denial names what is missing first.
    assert_eq!(
        refusal(decide(
            std::slice::from_ref(&for_transaction),
            &plain(),
            &unbound
        )),
        DenyReason::NoTransaction
    );
    assert_eq!(
        refusal(decide(std::slice::from_ref(&approved), &plain(), &unbound)),
        DenyReason::NoAgent
    );
    let two = format!("{for_transaction}, {{ approvals = 1, max_age = 60 }}");
    assert_eq!(
        refusal(decide(&[two], &handled, &unbound)),
        DenyReason::NoTransaction
    );
    let nothing = "{ factor = \"hotp\", max_age = 60 }".to_owned();
    assert_eq!(
        refusal(decide(&[nothing], &plain(), &unbound)),
        DenyReason::NoOption
    );
}

fn text(text: &str) -> String {
    let error = Policy::from_toml(text).unwrap_err();
    assert!(error.is_misuse());
    error.to_string()
}

/// An `acr` is written once. Each rule that names it holds a copy: a megabyte would become gigabytes.
#[test]
fn b53_a_short_document_does_not_become_a_large_one() {
    let all: Vec<_> = [
        "totp",
        "hotp",
        "ocra",
        "spoken_code",
        "private_code",
        "password",
        "pin",
        "memorable_word",
        "questions",
    ]
    .map(|factor| format!("{{ factor = \"{factor}\", max_age = 60 }}"))
    .to_vec();
    let one = format!("{{ all = [{}] }}", all.join(", "));
    let head = |count: usize| {
        let any = vec![one.as_str(); count].join(", ");
        format!(
            "version = 1\ngrant_lifetime = 300\ntiers = [\"only\"]\n[[acr]]\nvalue = \"x\"\nany = [{any}]\n[action]\n"
        )
    };
    let rules = |count: usize| -> String {
        (0..count)
            .map(|n| format!("a{n}.every_tier.any = [{{ acr = \"x\" }}]\n"))
            .collect()
    };
    let large = head(32) + &rules(9_000);
    assert!(large.len() < Policy::MAX_BYTES / 2);
    let error = text(&large);
    assert!(
        error.contains("must state at most 131072 requirements in all"),
        "{error}"
    );
    // Of 288 requirements each: 455 rules fit, and one more does not.
    let most = Policy::from_toml(&(head(32) + &rules(455))).unwrap();
    assert!(text(&(head(32) + &rules(456))).contains("131072"));
    // An alternative of all rules is drawn once.
    assert_eq!(most.graph().matches("--> yes([allowed])").count(), 1);
    // Without an `acr` a megabyte never holds too many.
    let plain: String = (0..9_999)
        .map(|n| format!("a{n}.every_tier.any=[{{all=[{{aal=2}},{{classes=1,max_age=1}}]}}]\n"))
        .collect();
    let plain = head(1) + &plain;
    assert!(plain.len() < Policy::MAX_BYTES);
    assert_eq!(
        Policy::from_toml(&plain)
            .unwrap()
            .graph()
            .matches("--> yes([allowed])")
            .count(),
        1
    );
}

#[test]
fn b53_lists_of_names_have_an_end() {
    let with = |head: &str| {
        format!(
            "version = 1\ngrant_lifetime = 300\ntiers = [\"only\"]\n{head}\n[action.\"a.*\".every_tier]\nnever = true"
        )
    };
    let names = |count: usize| -> String { (0..count).map(|n| format!("\"a.b{n}\",")).collect() };
    let signal = |name: &str, count: usize| {
        format!(
            "[signal.{name}]\nonly_for = [{}]\ntier.only = {{ raised = true }}\n",
            names(count)
        )
    };
    assert!(Policy::from_toml(&with(&signal("new_payee", 256))).is_ok());
    for head in [
        signal("new_payee", 257),
        signal("new_payee", 200) + &signal("new_device", 57),
        signal("new_payee", 50_000),
    ] {
        let error = text(&with(&head));
        assert!(
            error.contains("must state at most 256 names in `only_for`, of all signals together"),
            "{error}"
        );
    }
    let known = |count: usize| with(&format!("known_actions = [{}]", names(count)));
    assert!(Policy::from_toml(&known(10_000)).is_ok());
    assert!(text(&known(10_001)).contains("must hold at most 10000 names"));
}
