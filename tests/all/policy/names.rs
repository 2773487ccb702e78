//! Names that are compared: which spellings are one, and what is refused.

use countersign::{
    Decision, FactorClass, Policy, Request, Strength, Subject, Transaction,
    account::{Agent, ExternalVerification},
    policy::{DenyReason, Signals, StepUpChallenge},
};
use proptest::prelude::*;

use crate::support::world::{World, agent, ctx, policy};

/// Spellings of one person's name.
const ONE: [&[&str]; 20] = [
    &["Νίκος", "ΝΊΚΟΣ", "νίκοσ", "ΝΙΚΟΣ", "Νι\u{301}κος"],
    &["Μαΐου", "ΜΑΪΟΥ", "ΜΑΙΟΥ"],
    &["Սևակ", "ՍԵՎԱԿ", "ՍԵՒԱԿ", "սեվակ"],
    &["J\u{303}onas", "j\u{307}\u{303}onas"],
    &["Į\u{301}", "į\u{307}\u{301}", "i\u{307}\u{328}\u{301}"],
    &[
        "O'Brien",
        "O\u{2019}BRIEN",
        "O\u{2bc}Brien",
        "O\u{ff07}Brien",
        "O`Brien",
        "O\u{2018}Brien",
    ],
    &[
        "Anna-Maria 7",
        "anna\u{2010}maria ٧",
        "ANNA\u{2011}MARIA ७",
        "anna\u{2013}maria \u{1d7d5}",
    ],
    &["Strauß", "STRAUSS", "strauss", "STRAUẞ"],
    &["anna", "ANNA", "Ａｎｎａ", "ᴬnna"],
    &["Zoë", "ZOE\u{308}", "zoe\u{308}"],
    &["İsmail", "ismail", "ISMAIL", "ısmaıl", "i\u{307}smail"],
    &[
        "agent 7",
        "AGENT\u{a0}7",
        "agent\u{3000}7",
        "agent  7",
        "agent\u{2009}\u{2009}７",
    ],
    &["ﬁona", "FIONA"],
    &["ŉdaba", "\u{2bc}NDABA"],
    &["Ⅷ", "viii"],
    &["ᾳδης", "ΑΙΔΗΣ"],
    &["ǆ", "Ǆ", "ǅ"],
    &["Ангелина", "АНГЕЛИНА"],
    &["ꭰ", "Ꭰ"],
    &["Եվա", "ԵՎԱ"],
];

#[test]
fn b56_spellings_of_one_agent_are_one() {
    for spellings in ONE {
        for other in spellings {
            assert_eq!(agent(spellings[0]), agent(other), "{other:?}");
        }
    }
    for (one, other) in [
        ("anna", "anne"),
        ("Müller", "Mueller"),
        ("Müller", "Muller"),
        ("agent 7", "agent7"),
        ("Anna", "Анна"),
        ("їжак", "іжак"),
        ("O'Brien", "OBrien"),
        ("Anna-Maria", "Anna Maria"),
        ("ルーシー", "ルシ"),
    ] {
        assert_ne!(agent(one), agent(other), "{one} and {other}");
    }
}

#[test]
fn b56_what_cannot_be_seen_makes_no_other_agent() {
    let invisible = ('\u{200b}'..='\u{200f}')
        .chain('\u{202a}'..='\u{202e}')
        .chain('\u{2060}'..='\u{206f}')
        .chain('\u{fe00}'..='\u{fe0f}')
        .chain([
            '\0',
            '\n',
            '\t',
            '\u{85}',
            '\u{ad}',
            '\u{34f}',
            '\u{61c}',
            '\u{115f}',
            '\u{180e}',
            '\u{2028}',
            '\u{3164}',
            '\u{feff}',
            '\u{ffa0}',
            '\u{2065}',
            '\u{fff0}',
            '\u{2800}',
            '\u{fffc}',
            '\u{13441}',
            '\u{16fe4}',
            '\u{1d159}',
            '\u{e0fff}',
            '\u{fff9}',
            '\u{e0041}',
            '\u{e0100}',
            '\u{e000}',
            '\u{378}',
            '\u{10ffff}',
        ]);
    for letter in invisible {
        for name in [
            format!("an{letter}na"),
            format!("{letter}anna"),
            format!("anna{letter}"),
        ] {
            let error = Agent::new(&name).unwrap_err();
            assert!(
                error.is_misuse() && error.to_string().starts_with("agent: must"),
                "{name:?}: {error}"
            );
            // A subject and a realm neither.
            assert!(Subject::new("bank", &name).is_err(), "{name:?}");
            assert!(Subject::new(&name, "C-1").is_err(), "{name:?}");
        }
    }
}

#[test]
fn b56_hostile_names_of_agents_are_refused() {
    for name in [
        "",
        " ",
        "anna ",
        "\u{a0}anna",
        "anna\u{3000}",
        "...",
        "🙂",
        "´",
        "\u{301}",
        "a \u{301}",
        "аnna",
        "annа",
        "Αnna",
        "ΑΝΝA",
        "aннa",
        "o\u{301}\u{43e}",
        "Ꭺnna",
        "օscar",
    ] {
        assert!(Agent::new(name).is_err(), "{name:?}");
    }
    for name in [
        "Anna-Анна",
        "Анна 7a",
        "agent Νίκος",
        "王小明",
        "김anna",
        "O\u{2019}Brien",
        "शर्मा",
        "محمد",
    ] {
        assert!(Agent::new(name).is_ok(), "{name:?}");
    }
    assert!(Agent::new(&"x".repeat(128)).is_ok());
    for huge in [
        "x".repeat(129),
        "x".repeat(10 << 20),
        "\u{fdfa}".repeat(40),
        "a".to_owned() + &"\u{308}".repeat(60),
    ] {
        assert!(Agent::new(&huge).is_err());
    }
}

/// Four eyes are two people, however the one writes the name.
#[test]
fn b56_nobody_approves_for_themselves_under_another_spelling() {
    let world = World::new();
    let one_more = policy("", "{ approvals = 1, max_age = 600 }");
    let two_more = policy("", "{ approvals = 2, max_age = 600 }");
    let allows = |policy: &Policy, request: &Request| {
        let decision = world.decide(policy, request, &[], &ctx(0));
        matches!(decision, Decision::Allow(_))
    };
    for spellings in ONE {
        for other in spellings {
            let handled = || Request::new("a").handled_by(agent(spellings[0]));
            let by = |name: &str| world.yes(name, "a", &ctx(0));
            assert!(
                !allows(&one_more, &handled().approved(by(other))),
                "{other:?}"
            );
            let tom = || Request::new("a").handled_by(agent("tom"));
            assert!(allows(&one_more, &tom().approved(by(other))), "{other:?}");
            let twice = tom().approved(by(spellings[0])).approved(by(other));
            assert!(!allows(&two_more, &twice), "{other:?}");
            assert!(allows(&two_more, &twice.approved(by("eve"))), "{other:?}");
        }
    }
}

#[test]
fn b56_a_subject_is_the_host_s_key_and_exact() {
    let subject = |id: &str| Subject::new("bank", id).unwrap();
    assert_eq!(subject("Zo\u{eb}"), subject("Zoe\u{308}"), "form NFC");
    for other in [
        "c-1042",
        "Ｃ-1042",
        "C\u{2010}1042",
        "С-1042",
        "C-1042 b",
        "C-1042\u{a0}b",
    ] {
        assert_ne!(subject("C-1042"), subject(other), "{other:?}");
    }
    assert_ne!(subject("C-1 b"), subject("C-1\u{a0}b"));
    assert_ne!(Subject::new("Bank", "C-1").unwrap(), subject("C-1"));
    assert_eq!(
        Subject::new("bank", "C-1\u{200d}").unwrap_err().to_string(),
        "subject id: must not hold control, invisible, private-use or unassigned characters"
    );
}

#[test]
fn b56_an_attester_and_the_names_of_a_document_have_one_spelling() {
    for name in [
        "Counter",
        "COUNTER",
        "cоunter",
        "counter\u{200b}",
        "counter ",
        "ｃounter",
        "straße",
        "",
    ] {
        assert!(
            ExternalVerification::new(name, FactorClass::Possession, Strength::Full).is_err(),
            "{name:?}"
        );
        let document = |head: &str, action: &str| {
            format!(
                "version = 1\ngrant_lifetime = 300\ntiers = [\"only\"]\n{head}\n[action.{action:?}.every_tier]\nnever = true"
            )
        };
        let read = |text: &str| Policy::from_toml(&text.replace("\\u{200b}", "\u{200b}"));
        assert!(read(&document("", "a")).is_ok());
        assert!(read(&document("", name)).is_err(), "action {name:?}");
        let signal =
            format!("[signal.{name:?}]\nrisk = \"raised\"\ntier.only = {{ raised = true }}");
        assert!(read(&document(&signal, "a")).is_err(), "signal {name:?}");
        let external_verifier = format!("[external_verifier.{name:?}]\nclass = \"possession\"");
        assert!(
            read(&document(&external_verifier, "a")).is_err(),
            "external verifier {name:?}"
        );
        let tiers = document("", "a").replace("\"only\"", &format!("{name:?}"));
        assert!(read(&tiers).is_err(), "tier {name:?}");
        let known =
            document("", "a").replace("[action", &format!("known_actions = [{name:?}]\n[action"));
        assert!(read(&known).is_err(), "known action {name:?}");
    }
}

#[test]
fn b56_what_a_request_names_is_compared_exactly_and_fails_closed() {
    let world = World::new();
    let text = "version = 1\ngrant_lifetime = 300\ntiers = [\"low\", \"high\"]\n\
        [signal.amount]\nrisk = \"higher\"\ntier.high = { at_least = 100 }\n\
        [action.a.tier]\nlow = { any = [{ all = [{ factor = \"totp\", max_age = 600 }] }] }\nhigh = { never = true }\n\
        [action.b.every_tier]\nany = [{ all = [{ approvals = 1, max_age = 600 }] }]";
    let policy = Policy::from_toml(text).unwrap();
    let shown = [world.totp(&ctx(0))];
    let asks = |request: &Request| world.decide(&policy, request, &shown, &ctx(0));
    let denied = |request: &Request, expected: DenyReason| match asks(request) {
        Decision::Deny(denial) => assert_eq!(denial.reason, expected, "{request:?}"),
        other => panic!("{other:?} to {request:?}"),
    };
    let small = || Signals::new().with_number("amount", 1.0);
    let right = Request::new("a").at_tier("low").with_signals(small());
    assert!(matches!(asks(&right), Decision::Allow(_)));
    for action in ["A", "a ", "ａ", "а", "a\u{200b}", ""] {
        denied(
            &Request::new(action).with_signals(small()),
            DenyReason::UnknownAction,
        );
        // Nor does an approval of another spelling count.
        let yes = world.yes("lead", action, &ctx(0));
        let request = Request::new("b")
            .handled_by(agent("tom"))
            .with_signals(small())
            .approved(yes);
        assert!(matches!(asks(&request), Decision::StepUp(_)), "{action:?}");
    }
    for tier in ["Low", "lоw", "low ", "lwo", ""] {
        denied(
            &Request::new("a").at_tier(tier).with_signals(small()),
            DenyReason::Never,
        );
    }
    for signal in ["Amount", "аmount", "amount\u{200b}"] {
        let signals = Signals::new().with_number(signal, 1.0);
        denied(&Request::new("a").with_signals(signals), DenyReason::Never);
    }
}

#[test]
fn b56_a_context_class_has_one_spelling_and_a_field_name_is_there_once() {
    let classes = StepUpChallenge::new(&["Gold", "gold"], None).unwrap();
    assert_eq!(classes.acr_values(), ["Gold", "gold"]);
    assert!(StepUpChallenge::new(&["gоld"], None).is_err());
    let payment = || Transaction::payment("TX-1", "Anna", "1", "EUR").unwrap();
    for name in [
        "payee", "Payee", "PAYEE", "ｐayee", " payee ", "amount", "Currency",
    ] {
        assert!(payment().with(name, "Mallory").is_err(), "{name:?}");
    }
    let street = Transaction::new("1").unwrap().with("Straße", "a").unwrap();
    assert!(street.clone().with("STRASSE", "b").is_err());
    assert!(street.with("Strase", "b").is_ok());
}

proptest! {
    #[test]
    fn b56_an_agent_s_name_is_its_own_form(name in "\\PC{0,20}", word in "[a-zA-ZäßİıΣσςÅK\u{300}-\u{345}]{1,9}") {
        for name in [name, word] {
            let Ok(once) = Agent::new(&name) else { continue };
            prop_assert_eq!(&Agent::new(once.name()).unwrap(), &once);
            for other in [name.to_uppercase(), name.to_lowercase()] {
                if let Ok(other) = Agent::new(&other) {
                    prop_assert_eq!(&other, &once);
                }
            }
        }
    }
}
