//! Patterns that reach too far, and unknown names.

use countersign::{
    Change, Decision, Policy, Request,
    otp::Totp,
    policy::{DenyReason, Deployment, Difference, Preset},
};

use crate::support::world::{World, ctx, granted};

const TOTP: &str = "any = [{ all = [{ factor = \"totp\", max_age = 600 }] }]";
const NEVER: &str = "never = true";

fn document(head: &str, rules: &[(&str, &str)]) -> String {
    let rules: String = rules
        .iter()
        .map(|(action, rule)| format!("[action.\"{action}\".every_tier]\n{rule}\n"))
        .collect();
    format!("version = 1\ngrant_lifetime = 300\ntiers = [\"low\", \"high\"]\n{head}\n{rules}")
}

fn policy(head: &str, rules: &[(&str, &str)]) -> Policy {
    Policy::from_toml(&document(head, rules)).unwrap()
}

/// Why a request is denied, as it is, and with what the document does not know.
fn denied(policy: &Policy, request: &Request) -> (DenyReason, String) {
    let decision = World::new().decide(policy, request, &[], &ctx(0));
    match &decision {
        Decision::Deny(denial) => (denial.reason, decision.to_string().replace("denied: ", "")),
        other => panic!("{other:?} to {request:?}"),
    }
}

/// The actions of every change that the account knows.
fn changes() -> [&'static str; 5] {
    [
        Change::AddTotp(Totp::generate().unwrap()).action(),
        Change::Remove(countersign::Factor::Totp).action(),
        Change::Unlock(countersign::Factor::Totp).action(),
        Change::Suspend.action(),
        Change::Resume.action(),
    ]
}

#[test]
fn b57_a_star_meant_for_payees_adds_no_authenticator() {
    let payees = policy(
        "known_actions = \"any\"",
        &[("*.add", TOTP), ("*.*", TOTP), ("*", TOTP)],
    );
    let world = World::new();
    let shown = [world.totp(&ctx(0))];
    let decide = |policy: &Policy, action: &str| {
        world.decide(policy, &Request::new(action), &shown, &ctx(0))
    };
    assert_eq!(granted(decide(&payees, "payee.add")).action(), "payee.add");
    let families = ["account", "authenticator", "recovery"];
    let further = families.iter().flat_map(|family| {
        ["add", "create", "unlock", "start", "a.b.c"].map(|action| format!("{family}.{action}"))
    });
    for action in changes().map(str::to_owned).into_iter().chain(further) {
        let (reason, text) = denied(&payees, &Request::new(action.as_str()));
        assert_eq!(reason, DenyReason::UnknownAction, "{action}");
        assert!(text.contains("does not reach it"), "{text}");
    }
    let named = policy("", &[("*.add", NEVER), ("authenticator.*", TOTP)]);
    assert_eq!(
        granted(decide(&named, "authenticator.add")).action(),
        "authenticator.add"
    );
}

#[test]
fn b57_every_change_of_the_account_belongs_to_a_guarded_family() {
    for action in changes() {
        let family = action.split('.').next().unwrap();
        assert!(
            ["account", "authenticator", "recovery"].contains(&family),
            "{action}"
        );
        for preset in Preset::ALL {
            Policy::preset(preset)
                .unwrap()
                .requires([action], [])
                .unwrap();
        }
    }
}

#[test]
fn b57_lint_and_diff_know_how_far_a_star_reaches() {
    let two = "any = [{ all = [{ factor = \"totp\", max_age = 600 }, { class = \"knowledge\", max_age = 600 }] }]";
    // If it matched, it would ask for less than it opens.
    let star = policy("", &[("payment.send", two), ("*.add", TOTP)]);
    assert!(star.lint(&Deployment::new()).unwrap().is_empty());
    let named = policy(
        "",
        &[
            ("payment.send", two),
            ("*.add", TOTP),
            ("authenticator.*", TOTP),
        ],
    );
    assert!(!named.lint(&Deployment::new()).unwrap().is_empty());
    let added = star.diff(&named).unwrap();
    assert!(
        matches!(&added[..], [Difference::Answer { action, .. }] if action == "authenticator.other")
    );
}

#[test]
fn b57_a_signal_for_no_action_is_an_error() {
    let signal = |only_for: &str| {
        format!("[signal.new_payee]\nonly_for = {only_for}\ntier.high = {{ raised = true }}")
    };
    let rules = [
        ("payment.*", TOTP),
        ("payee.add", TOTP),
        ("authenticator.*", TOTP),
    ];
    let said = |head: &str, rules: &[(&str, &str)]| {
        Policy::from_toml(&document(head, rules))
            .unwrap_err()
            .to_string()
    };
    for (only_for, message) in [
        (
            "[\"paymnet.*\"]",
            "policy, signal `new_payee`: must name actions of the document in `only_for`, which `paymnet.*` does not; did you mean `payment.*`?",
        ),
        (
            "[\"payment.*\", \"payee.ad\"]",
            "policy, signal `new_payee`: must name actions of the document in `only_for`, which `payee.ad` does not; did you mean `payee.add`?",
        ),
        (
            "[\"balance.read\"]",
            "policy, signal `new_payee`: must name actions of the document in `only_for`, which `balance.read` does not",
        ),
    ] {
        assert_eq!(said(&signal(only_for), &rules), message);
    }
    // A star does not match the removal of an authenticator.
    let star = said(
        &signal("[\"*.remove\"]"),
        &[("authenticator.*", TOTP), ("*.add", TOTP)],
    );
    assert!(star.ends_with("which `*.remove` does not"), "{star}");
    for (only_for, part) in [
        (
            "[]",
            "must name an action in `only_for`: leave it out, and every action looks at the signal",
        ),
        ("[\"*\"]", "must not hold `*` in `only_for`: leave it out"),
        (
            "[\"*.*\"]",
            "must not hold `*.*` in `only_for`: leave it out",
        ),
        ("[\"pay\u{200b}.*\"]", "must be 1 to 64 lower-case letters"),
        ("[\"\"]", "must be 1 to 64 lower-case letters"),
    ] {
        let error = said(&signal(only_for), &rules);
        assert!(error.contains(part), "{error}");
    }
    for only_for in [
        "[\"payment.send\"]",
        "[\"payment.*.now\"]",
        "[\"*.add\"]",
        "[\"authenticator.add\"]",
        "[\"authenticator.remove\", \"payee.*\"]",
    ] {
        assert!(
            Policy::from_toml(&document(&signal(only_for), &rules)).is_ok(),
            "{only_for}"
        );
    }
    // A pattern of stars alone rules the listed actions.
    let listed = |only_for: &str| format!("known_actions = [\"help\"]\n{}", signal(only_for));
    assert!(Policy::from_toml(&document(&listed("[\"help\"]"), &[("*", TOTP)])).is_ok());
    assert!(said(&listed("[\"hlep\"]"), &[("*", TOTP)]).ends_with("did you mean `help`?"));
}

#[test]
fn b57_a_host_s_names_are_checked_when_it_starts() {
    let own = policy(
        "known_actions = [\"help.ask\"]",
        &[
            ("payment.*", TOTP),
            ("balance.read", NEVER),
            ("authenticator.*", TOTP),
            ("*", TOTP),
        ],
    );
    own.requires([], []).unwrap();
    own.requires(
        [
            "payment.send",
            "payment.a.b",
            "balance.read",
            "authenticator.add",
            "help.ask",
        ],
        ["low", "high"],
    )
    .unwrap();
    let said = |actions: &[&str], tiers: &[&str]| {
        let error = own
            .requires(actions.iter().copied(), tiers.iter().copied())
            .unwrap_err();
        assert!(error.is_misuse());
        error.to_string()
    };
    assert_eq!(
        said(
            &[
                "balance.raed",
                "payment.send",
                "pamyent.send",
                "help.aks",
                "order.place",
                "autenticator.add"
            ],
            &["low", "lwo", "middle"]
        ),
        "policy: must state what the host names, but states no action `balance.raed` (did you mean `balance.read`?), \
         no action `pamyent.send` (did you mean `payment.send`?), no action `help.aks` (did you mean `help.ask`?), \
         no action `order.place`, no action `autenticator.add` (did you mean `authenticator.add`?), \
         no tier `lwo` (did you mean `low`?), no tier `middle`"
    );
    for name in [
        "",
        "*",
        "payment.*",
        "Payment.send",
        "payment.",
        "a\nb",
        "p\u{430}yment.send",
        "payment.send\u{200b}",
    ] {
        assert!(said(&[name], &[]).contains("no action"), "{name:?}");
        assert!(!said(&[name], &[]).contains('\n'), "{name:?}");
        assert!(said(&[], &[name]).contains("no tier"), "{name:?}");
    }
    assert!(said(&[&"x".repeat(1 << 20)], &[]).len() < 300);
}

#[test]
fn b57_a_denial_names_what_the_document_does_not_know() {
    let tiers = "version = 1\ngrant_lifetime = 300\ntiers = [\"low\", \"high\"]\n[action.\"payment.send\".tier]\n\
        low = { any = [{ all = [{ factor = \"totp\", max_age = 600 }] }] }\nhigh = { never = true }";
    let policy = Policy::from_toml(tiers).unwrap();
    let said = |request: Request| denied(&policy, &request).1;
    assert_eq!(
        said(Request::new("paymnet.send")),
        "the policy states no action `paymnet.send`; did you mean `payment.send`?"
    );
    assert_eq!(
        said(Request::new("order.place")),
        "the policy states no action `order.place`"
    );
    assert_eq!(
        said(Request::new("payment.send").at_tier("lwo")),
        "the policy never allows this action at this tier; the policy knows no tier `lwo`, so its highest counts; did you mean `low`?"
    );
    assert_eq!(
        said(Request::new("payment.send").at_tier("high")),
        "the policy never allows this action at this tier"
    );
    assert_eq!(
        said(Request::new("payment.send")),
        "the policy never allows this action at this tier"
    );
    // The reason itself says nothing of it.
    assert_eq!(
        denied(&policy, &Request::new("x")).0.to_string(),
        "the policy states no such action"
    );
    for hostile in ["a\nTier: low.", "a\u{202e}b", "`", ""] {
        let said = said(Request::new(hostile));
        assert!(!said.contains('\n') && !said.contains('\u{202e}'), "{said}");
    }
    assert!(said(Request::new("x".repeat(10 << 20))).len() < 300);
}

#[test]
fn b57_an_explanation_names_it_too() {
    let tiers = "version = 1\ngrant_lifetime = 300\ntiers = [\"low\", \"high\"]\n[action.\"payment.send\".tier]\n\
        low = { any = [{ all = [{ factor = \"totp\", max_age = 600 }] }] }\nhigh = { never = true }";
    let (world, policy) = (World::new(), Policy::from_toml(tiers).unwrap());
    let why = |request: &Request| {
        policy.explain(request, &[], &world.status(&ctx(0)), &ctx(0), ctx(0).now())
    };
    let slip = why(&Request::new("payment.send").at_tier("lwo"));
    assert_eq!(slip.denied(), Some(DenyReason::Never));
    let words = slip.to_string();
    assert!(
        words.contains(
            "Tier: the host states `lwo`, which is not known, means high; did you mean `low`?\n"
        ),
        "{words}"
    );
    let forged = why(&Request::new("x\nRule: action.\"x\".every_tier").at_tier("low\nTier: none"))
        .to_string();
    assert_eq!(
        forged
            .lines()
            .filter(|line| line.starts_with("Rule:"))
            .count(),
        1,
        "{forged}"
    );
    assert_eq!(
        forged
            .lines()
            .filter(|line| line.starts_with("Tier:"))
            .count(),
        1,
        "{forged}"
    );
}

/// Ten thousand actions, and a name that is near to each. The work of a denial has a bound, also for its suggestion.
#[test]
fn b57_an_unknown_action_is_compared_with_few() {
    let names: Vec<_> = (0..9_000)
        .map(|number| format!("action-of-the-host.number-{number:04}"))
        .collect();
    let rules: Vec<_> = names
        .iter()
        .map(|name| (name.as_str(), NEVER))
        .chain([("zzz-of-the-host.number-x", NEVER)])
        .collect();
    let many = policy("", &rules);
    let world = World::new();
    let near_the_last = Request::new("zzz-of-the-host.number-y");
    let said = world.decide(&many, &near_the_last, &[], &ctx(0));
    assert!(matches!(said, Decision::Deny(_)));
    // The first sixty-four that could be near are compared. The one that is meant stands behind them.
    assert!(
        !said.to_string().contains("`zzz-of-the-host.number-x`"),
        "{said}"
    );
    let error = many.requires([near_the_last.action()], []).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("did you mean `zzz-of-the-host.number-x`?"),
        "{error}"
    );
}
