//! The presets: each can be read, and its pictures in the documentation are up to date.

use countersign::{Decision, Policy, Request, delivered::CodeOrder, policy::Preset};

use crate::support::world::{World, agent, ctx, transfer};

fn pictures(preset: Preset) -> String {
    let policy = Policy::preset(preset).unwrap();
    format!("{}\n```mermaid\n{}```\n", policy.table(), policy.graph())
}

/// `POLICY_PICTURES=write cargo test --test all policy::presets` writes them anew.
#[test]
fn the_pictures_in_the_documentation_are_true() {
    let folder =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/policy/document/presets");
    for preset in Preset::ALL {
        let path = folder.join(format!("{}.md", preset.name()));
        let now = pictures(preset);
        if std::env::var("POLICY_PICTURES").is_ok_and(|what| what == "write") {
            std::fs::write(&path, &now).unwrap();
        }
        assert_eq!(
            std::fs::read_to_string(&path).unwrap(),
            now,
            "{}",
            preset.name()
        );
    }
}

#[test]
fn presets_extend_nothing_and_are_extended_by_name() {
    for preset in Preset::ALL {
        assert!(!preset.text().contains("extends"));
        let text = format!(
            "version = 1\nextends = \"{}\"\n[action.own.every_tier]\nnever = true",
            preset.name()
        );
        let extended = Policy::from_toml(&text).unwrap();
        assert!(extended.table().contains("| `own` | every | never |"));
        assert!(extended.table().len() > Policy::preset(preset).unwrap().table().len());
    }
    let error = Policy::from_toml("version = 1\nextends = \"bank_psd\"\n[action]")
        .unwrap_err()
        .to_string();
    assert!(error.ends_with("did you mean `bank_psd2`?"), "{error}");
    let error =
        Policy::from_toml("version = 1\nextends = \"bank_psd2\"\ntiers = [\"a\"]\n[action]");
    assert!(
        error
            .unwrap_err()
            .to_string()
            .contains("must not state `tiers` beside `extends`")
    );
}

#[test]
fn what_a_document_states_itself_replaces_the_preset_s() {
    let text = "version = 1\nextends = \"contact_center\"\ngrant_lifetime = 7\n[cost]\ntotp = 9\n\
        [action.\"payment.*\".every_tier]\nnever = true\non_deny = [\"suspend\"]";
    let table = Policy::from_toml(text).unwrap().table();
    assert!(
        table.contains("| `payment.*` | every | never |  | suspend |"),
        "{table}"
    );
    assert_eq!(table.matches("`payment.*`").count(), 1);
}

#[test]
fn every_preset_names_the_changes_of_the_account() {
    let world = World::new();
    for preset in Preset::ALL {
        let policy = Policy::preset(preset).unwrap();
        for action in [
            "authenticator.add",
            "authenticator.remove",
            "authenticator.unlock",
            "account.suspend",
            "account.resume",
        ] {
            let asked = Request::new(action).handled_by(agent("tom"));
            let decided = world.decide(&policy, &asked, &[], &ctx(0));
            assert!(!matches!(decided, Decision::Allow(_)));
            let why = policy.explain(&asked, &[], &world.status(&ctx(0)), &ctx(0), ctx(0).now());
            assert!(why.rule().is_some(), "{} {action}", preset.name());
        }
    }
}

#[test]
fn d02_a_risk_is_accepted_in_words() {
    let text = |why: &str| {
        format!(
            "version = 1\nextends = \"nist_aal2\"\n[action.a.every_tier]\n\
             any = [{{ all = [{{ factor = \"questions\", max_age = 60 }}], risk_accepted = {why} }}]"
        )
    };
    let table = Policy::from_toml(&text("'the lesser | harm'"))
        .unwrap()
        .table();
    assert!(
        table.contains("at most 1 minute old (risk accepted: the lesser \\| harm) |"),
        "{table}"
    );
    let long = format!("'{}'", "x".repeat(201));
    for why in ["''", "'  '", "\"a\\nb\"", "true", long.as_str()] {
        assert!(Policy::from_toml(&text(why)).is_err(), "{why}");
    }
}

#[test]
fn n09_no_preset_takes_a_code_by_telephone_alone_at_high_risk() {
    let world = World::new();
    let for_transaction = ctx(0).for_transaction(&transfer("TX-1"));
    let spoken = [world.sent(CodeOrder::spoken(), &for_transaction)];
    for preset in [Preset::ContactCenter, Preset::BankPsd2] {
        let policy = Policy::preset(preset).unwrap();
        for action in [
            "balance.read",
            "payment.create",
            "address.change",
            "authenticator.add",
            "authenticator.unlock",
        ] {
            // No signal is given, so the tier is the highest.
            let asked = Request::new(action).handled_by(agent("tom"));
            let decided = world.decide(&policy, &asked, &spoken, &for_transaction);
            assert!(
                !matches!(decided, Decision::Allow(_)),
                "{} {action}",
                preset.name()
            );
        }
    }
}
