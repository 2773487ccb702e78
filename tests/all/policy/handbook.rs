//! The handbook: what agents read is what the policy says.

use countersign::{
    Factor, Policy,
    policy::{Language, Preset},
};

fn preset(preset: Preset, language: Language) -> String {
    Policy::preset(preset).unwrap().handbook(language)
}

fn own(rules: &str, language: Language) -> String {
    let head = "version = 1\ngrant_lifetime = 300\ntiers = [\"low\", \"high\"]\n";
    Policy::from_toml(&format!("{head}{rules}"))
        .unwrap()
        .handbook(language)
}

#[test]
fn it_says_what_to_ask_for_in_which_order_and_what_follows() {
    let book = own(
        "[action.\"authenticator.reset\".every_tier]\nany = [\n\
         { all = [{ approvals = 2, max_age = 900 }], delay = 86400 },\n\
         { all = [{ approvals = 1, max_age = 900 }, { factor = \"totp\", max_age = 600, changed_within = 2592000 }] },\n\
         ]\nbarred_after_cancel = 604800\non_allow = [\"notify\"]\non_deny = [\"review\"]\n",
        Language::English,
    );
    let place = book.find("### `authenticator.reset`").unwrap();
    assert_eq!(
        &book[place..],
        "### `authenticator.reset`\n\n\
         At every risk:\n\n\
         Way 1. Ask for, in this order:\n\n\
         1. a code of the authenticator app, not added or changed for more than 30 days, at most 10 minutes old\n\
         2. the approval of another agent, at most 15 minutes old\n\n\
         Way 2. Ask for, in this order:\n\n\
         1. the approvals of 2 other agents, at most 15 minutes old\n\n\
         The change then waits: 1 day. Nobody can shorten it. Say: “We are telling you about this on every address that we have. \
         If you did not ask for it, you can stop it with any factor that is left.”\n\n\
         - If the customer stops the change, it is not asked for again for 7 days.\n\
         - If none of this is possible, stop. Say: “I cannot do this on this call. You can try again later, or come to us in person.”\n\
         - Then: the customer is told on another channel.\n\
         - If you stop: a person looks at the case.\n"
    );
}

#[test]
fn every_language_has_every_action_and_leaves_no_place_open() {
    for each in Preset::ALL {
        let table = Policy::preset(each).unwrap().table();
        for language in Language::ALL {
            let book = preset(each, language);
            let rows = table.lines().filter(|line| line.starts_with("| `"));
            let actions = rows.map(|row| row.split('`').nth(1).unwrap());
            for action in actions {
                assert!(book.contains(&format!("\n### `{action}`\n")), "{action}");
            }
            assert!(!book.contains('{') && !book.contains('}'), "{book}");
            assert!(!book.contains("\n\n\n"), "{book}");
            assert!(book.ends_with('\n') && !book.ends_with("\n\n"));
        }
    }
}

#[test]
fn languages_differ_in_words_and_not_in_rules() {
    let shape = |language| {
        let book = preset(Preset::HelpDesk, language);
        let lines = book.lines().map(|line| {
            let marks: String = line
                .chars()
                .take_while(|one| "#-|0123456789. ".contains(*one))
                .collect();
            let codes: Vec<_> = line
                .split('`')
                .skip(1)
                .step_by(2)
                .map(str::to_owned)
                .collect();
            (marks.trim_end().to_owned(), codes)
        });
        lines.collect::<Vec<_>>()
    };
    let english = shape(Language::English);
    for language in Language::ALL {
        assert_eq!(shape(language), english, "{language:?}");
    }
    let tags = Language::ALL.map(Language::tag);
    assert_eq!(tags, ["en", "id", "de"]);
}

#[test]
fn each_factor_has_a_name_and_words_in_each_language() {
    let named = Factor::ALL
        .into_iter()
        .filter(|one| *one != Factor::External);
    for factor in named {
        let rule = format!(
            "[action.a.every_tier]\nany = [{{ all = [{{ factor = \"{}\", max_age = 60 }}] }}]",
            factor.name()
        );
        let rows = Language::ALL.map(|language| {
            let book = own(&rule, language);
            let row = format!("| `{}` | ", factor.name());
            let mut rows = book.lines().filter(|line| line.starts_with("| `"));
            let found = rows.next().unwrap();
            assert!(found.starts_with(&row), "{found}");
            assert!(rows.next().is_none());
            found.to_owned()
        });
        assert!(rows[0] != rows[1] && rows[1] != rows[2] && rows[0] != rows[2]);
    }
}

#[test]
fn no_language_lets_an_agent_hear_what_is_not_to_be_heard() {
    for (factor, never) in [
        (
            "private_code",
            ["not even to me", "juga tidak kepada saya", "auch mir nicht"],
        ),
        ("password", ["Never tell it to me", "Jangan pernah", "nie"]),
    ] {
        let rule = format!(
            "[action.a.every_tier]\nany = [{{ all = [{{ factor = \"{factor}\", max_age = 60 }}] }}]"
        );
        for (language, never) in Language::ALL.into_iter().zip(never) {
            let book = own(&rule, language);
            let row = format!("| `{factor}` | ");
            let row = book.lines().find(|line| line.starts_with(&row)).unwrap();
            assert!(row.contains(never), "{row}");
        }
    }
}

#[test]
fn tiers_signals_and_what_never_happens_are_in_it() {
    let book = own(
        "[signal.new_device]\nonly_for = [\"b\"]\ntier.high = { raised = true }\n\
         [external_verifier.voice]\nclass = \"inherence\"\n\
         [action.a.tier]\nlow = { any = [{ all = [{ aal = 2 }] }, { all = [{ classes = 2, strength = \"full\", max_age = 60 }] }] }\n\
         high = { never = true }\n\
         [action.b.every_tier]\nany = [{ all = [{ factor = \"external\", external_verifier = \"voice\", class = \"inherence\", \
         max_age = 5400 }], risk_accepted = \"it is only read\" }]\n",
        Language::English,
    );
    for text in [
        "- `high`, if `new_device` is raised: for `b`\n",
        "If the risk is `low`:",
        "1. evidence of level AAL2, in the customer's own app or on our page\n",
        "1. evidence of 2 kinds: something that the caller knows, has, or is, no code by telephone, at most 1 minute old\n",
        "If the risk is `high`:\n\nNever do this, whoever asks for it.\n",
        "1. a verification by `voice` (something that the caller is), at most 90 minutes old\n",
        "This way is weak on purpose: it is only read.\n",
    ] {
        assert!(book.contains(text), "{text}: {book}");
    }
}
