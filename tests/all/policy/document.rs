//! The policy document: which documents are refused, and in which words.

use countersign::{Factor, Policy};

const HEAD: &str = "version = 1\ngrant_lifetime = 300\ntiers = [\"low\", \"high\"]\n";

const WHOLE: &str = r#"version = 1
grant_lifetime = 300
tiers = ["low", "high"]

[action."address.change".tier.low]
any = [
    { all = [{ factor = "totp", max_age = 600 }] },
    { all = [{ factor = "questions", max_age = 900 }, { class = "possession", max_age = 300, for_transaction = true }] },
]
[action."address.change".tier.high]
never = true

[action."balance.read".every_tier]
any = [{ all = [{ factor = "external", external_verifier = "counter", class = "inherence", strength = "full", max_age = 86400 }] }]
"#;

#[track_caller]
fn refused(text: &str) -> String {
    let error = Policy::from_toml(text).unwrap_err();
    assert!(error.is_misuse());
    error.to_string()
}

/// The refusal of an action `a` with one alternative.
#[track_caller]
fn all_refused(all: &str) -> String {
    refused(&format!(
        "{HEAD}[action.a.every_tier]\nany = [{{ all = [{all}] }}]\n"
    ))
}

fn action(rest: &str) -> String {
    format!("{HEAD}[action.a{rest}")
}

#[test]
fn a_whole_document_is_read() {
    Policy::from_toml(WHOLE).unwrap();
}

#[test]
fn unknown_keys_are_refused_everywhere() {
    for (text, error) in [
        (
            format!("colour = 1\n{WHOLE}"),
            "policy, line 1, column 1: unknown field `colour`, expected one of `version`, `extends`, \
             `grant_lifetime`, `tiers`, `known_actions`, `cost`, `external_verifier`, `signal`, `acr`, `action`",
        ),
        (
            action(".every_tiers]\nnever = true"),
            "policy, line 4, column 11: unknown field `every_tiers`, expected `every_tier` or `tier`, in `action.a`; \
             did you mean `every_tier`?",
        ),
        (
            action(".every_tier]\nalways = true"),
            "policy, line 5, column 1: unknown field `always`, expected one of `any`, `never`, `delay`, `barred_after_cancel`, `on_allow`, `on_deny`, in `action.a.every_tier`",
        ),
        (
            action(".every_tier]\nany = [{ none = [] }]"),
            "policy, line 5, column 10: unknown field `none`, expected one of `all`, `acr`, `risk_accepted`, `delay`, in `action.a.every_tier.any`",
        ),
        (
            action(
                ".every_tier]\nany = [{ all = [{ factor = \"totp\", max_age = 60, maxage = 5 }] }]",
            ),
            "policy, line 5, column 50: unknown field `maxage`, expected one of `factor`, `class`, `classes`, `aal`, \
             `approvals`, `external_verifier`, `strength`, `max_age`, `for_transaction`, `independent`, `interaction`, \
             `changed_within`, in `action.a.every_tier.any.all`; did you mean `max_age`?",
        ),
    ] {
        assert_eq!(refused(&text), error);
    }
}

/// The key is right, and what should enclose it is missing.
#[test]
fn a_key_that_stands_too_high_is_told_where_it_belongs() {
    let tier = "belongs to a tier: end the header of the action by `.every_tier`, or by `.tier.` and the name of a tier";
    let quoted = |rest: &str| {
        format!("{HEAD}[action.\"address.change\"]\n{rest}\n[action.b.every_tier]\nnever = true")
    };
    let totp = "{ factor = \"totp\", max_age = 60 }";
    for (text, end) in [
        (
            quoted(&format!("any = [{{ all = [{totp}] }}]")),
            format!("; `any` {tier}"),
        ),
        (quoted("never = true"), format!("; `never` {tier}")),
        (action("]\nany = []"), format!("; `any` {tier}")),
        (
            action(&format!(".every_tier]\nany = [{totp}]")),
            "; write `{ all = [{ factor = .. }] }`".to_owned(),
        ),
        (
            action(".every_tier]\nany = [{ classes = 2, max_age = 60 }]"),
            "; write `{ all = [{ classes = .. }] }`".to_owned(),
        ),
        (
            action(&format!(".tier.low]\nall = [{totp}]")),
            "; write `any = [{ all = .. }]`".to_owned(),
        ),
        (
            action(".every_tier]\nacr = \"urn:shop:strong\""),
            "; write `any = [{ acr = .. }]`".to_owned(),
        ),
        (
            action(".every_tier]\nfactor = \"totp\""),
            "; write `any = [{ all = [{ factor = .. }] }]`".to_owned(),
        ),
    ] {
        let error = refused(&text);
        assert!(error.ends_with(&end), "{error}");
        assert!(!error.contains("quote a name"), "{error}");
    }
}

#[test]
fn two_rules_for_one_action_are_refused() {
    let twice = format!("{WHOLE}[action.\"balance.read\".every_tier]\nnever = true\n");
    let error = refused(&twice);
    assert!(
        error.starts_with("policy, line 15, column 24: duplicate key"),
        "{error}"
    );
    assert_eq!(
        refused(&action(
            ".every_tier]\nnever = true\n[action.a.tier]\nlow = { never = true }"
        )),
        "policy, action `a`: must state either `every_tier` or `tier`"
    );
    assert_eq!(
        refused(&action(".every_tier]\nnever = true\nany = []")),
        "policy, line 4, column 1: a rule must state either `any` or `never = true`, in `action.a.every_tier`"
    );
    assert_eq!(
        refused(&action(".every_tier]\nnever = false")),
        "policy, line 4, column 1: a rule must state either `any` or `never = true`, in `action.a.every_tier`"
    );
}

#[test]
fn unknown_names_are_refused() {
    let factors = Factor::ALL.map(Factor::name).join(", ");
    for (name, meant) in [
        ("sms", "; did you mean `private_code` or `spoken_code`?"),
        ("top", "; did you mean `totp`?"),
    ] {
        assert_eq!(
            all_refused(&format!("{{ factor = \"{name}\", max_age = 60 }}")),
            format!(
                "policy, line 5, column 17: factor: must be one of {factors}{meant}, in \
                 `action.a.every_tier.any.all`"
            )
        );
    }
    assert_eq!(
        all_refused(r#"{ class = "posession", max_age = 60 }"#),
        "policy, line 5, column 27: unknown variant `posession`, expected one of `knowledge`, `possession`, \
         `inherence`, in `action.a.every_tier.any.all.class`; did you mean `possession`?"
    );
    assert_eq!(
        refused(&action(
            ".tier]\nlow = { never = true }\nhigh = { never = true }\nhihg = { never = true }"
        )),
        "policy, action `a`: must name no tier but `low`, `high`; did you mean `high`?"
    );
    assert_eq!(
        refused(&action(".tier]\nlow = { never = true }")),
        "policy, action `a`: must state a rule for tier `high` too"
    );
}

#[test]
fn nothing_is_enough_by_being_empty() {
    assert_eq!(
        all_refused(""),
        "policy, line 5, column 8: `all` must hold 1 to 12 requirements, in `action.a.every_tier.any`"
    );
    assert_eq!(
        all_refused("{}"),
        "policy, line 5, column 17: a requirement must state one of `factor`, `class`, `classes`, \
         `aal` and `approvals`, in `action.a.every_tier.any.all`"
    );
    assert_eq!(
        all_refused("{ max_age = 60 }"),
        "policy, line 5, column 17: a requirement must state one of `factor`, `class`, `classes`, `aal` and \
         `approvals`, in `action.a.every_tier.any.all`"
    );
    assert_eq!(
        refused(&action(".every_tier]\nany = []")),
        "policy, line 4, column 1: `any` must hold 1 to 32 alternatives, in `action.a.every_tier`"
    );
    assert_eq!(
        refused(&action("]")),
        "policy, action `a`: must state either `every_tier` or `tier`"
    );
    assert_eq!(
        refused(&format!("{HEAD}[action]")),
        "policy: must state 1 to 10000 actions"
    );
    assert_eq!(
        refused(""),
        "policy, line 1, column 1: missing field `version`"
    );
    assert_eq!(
        refused(HEAD),
        "policy, line 1, column 1: missing field `action`"
    );
}

#[test]
fn ages_lie_between_a_second_and_a_day() {
    for age in ["1", "86400", "0x10", "86_400"] {
        let all = format!("{{ factor = \"totp\", max_age = {age} }}");
        Policy::from_toml(&action(&format!(
            ".every_tier]\nany = [{{ all = [{all}] }}]"
        )))
        .unwrap();
    }
    let place = "policy, line 5, column 46: ";
    let key = ", in `action.a.every_tier.any.all.max_age`";
    for (age, rule) in [
        ("0", "must be 1 to 86400 seconds"),
        ("-1", "must be 1 to 86400 seconds"),
        ("86401", "must be 1 to 86400 seconds"),
        ("4294967297", "must be 1 to 86400 seconds"),
        ("-9223372036854775808", "must be 1 to 86400 seconds"),
        ("18446744073709551615", "must be 1 to 86400 seconds"),
        (
            "1.5",
            "invalid type: floating point `1.5`, expected seconds as a whole number, 1 to 86400",
        ),
        (
            "nan",
            "invalid type: floating point `NaN`, expected seconds as a whole number, 1 to 86400",
        ),
        (
            "\"60\"",
            "invalid type: string \"60\", expected seconds as a whole number, 1 to 86400",
        ),
    ] {
        let text = all_refused(&format!("{{ factor = \"totp\", max_age = {age} }}"));
        assert_eq!(text, format!("{place}{rule}{key}"));
    }
    assert!(all_refused(&format!("{{ max_age = {} }}", "9".repeat(400))).contains("line 5"));
}

#[test]
fn attesters_are_named_where_they_belong_only() {
    for all in [
        r#"{ factor = "external", max_age = 60 }"#,
        r#"{ factor = "external", external_verifier = "counter", max_age = 60 }"#,
        r#"{ factor = "external", class = "possession", max_age = 60 }"#,
    ] {
        assert!(
            all_refused(all)
                .contains("factor `external` must come with `external_verifier` and `class`")
        );
    }
    for (all, rule) in [
        (
            r#"{ factor = "totp", external_verifier = "counter", max_age = 60 }"#,
            "`external_verifier` belongs to factor `external` only",
        ),
        (
            r#"{ class = "possession", external_verifier = "counter", max_age = 60 }"#,
            "`external_verifier` belongs to factor `external` only",
        ),
        (
            r#"{ factor = "totp", strength = "weak", max_age = 60 }"#,
            "`strength` belongs to `class`, `classes` and factor `external` only",
        ),
        (
            r#"{ class = "knowledge", strength = "weak", max_age = 60 }"#,
            "`strength` must not be weak here: that is no factor",
        ),
    ] {
        assert!(all_refused(all).contains(rule), "{all}");
    }
    let badly_named = r#"{ factor = "external", external_verifier = "The Counter", class = "possession", max_age = 60 }"#;
    assert!(
        all_refused(badly_named).contains("external verifier: must be 1 to 32 lower-case letters")
    );
    let both = r#"{ factor = "totp", class = "possession", max_age = 60 }"#;
    assert!(all_refused(both).contains("must state one of `factor`, `class`"));
}

#[test]
fn what_is_for_no_transaction_cannot_be_asked_for_bound() {
    for factor in ["totp", "questions"] {
        let error = all_refused(&format!(
            "{{ factor = \"{factor}\", max_age = 60, for_transaction = true }}"
        ));
        assert!(
            error.contains("must not come with `for_transaction`"),
            "{error}"
        );
    }
}

#[test]
fn no_evidence_meets_two_requirements() {
    let attested = |class| {
        format!(
            "{{ factor = \"external\", external_verifier = \"counter\", class = \"{class}\", max_age = 60 }}"
        )
    };
    let totp = r#"{ factor = "totp", max_age = 60 }"#;
    let any_possession = r#"{ class = "possession", max_age = 60 }"#;
    let any_knowledge = r#"{ class = "knowledge", max_age = 60 }"#;
    let spoken = r#"{ factor = "spoken_code", max_age = 60 }"#;
    let bound_spoken = r#"{ factor = "spoken_code", max_age = 600, for_transaction = true }"#;
    for (one, other, names) in [
        (
            spoken.to_owned(),
            bound_spoken.to_owned(),
            ["spoken_code", "spoken_code"],
        ),
        (
            any_possession.to_owned(),
            totp.to_owned(),
            ["possession", "totp"],
        ),
        (
            any_knowledge.to_owned(),
            any_knowledge.to_owned(),
            ["knowledge", "knowledge"],
        ),
        (
            attested("possession"),
            attested("inherence"),
            ["counter", "counter"],
        ),
    ] {
        let [first, second] = names;
        assert_eq!(
            all_refused(&format!("{one}, {other}")),
            format!(
                "policy, line 5, column 8: `all` must not ask for both `{first}` and `{second}`, which one piece \
                 of evidence meets, in `action.a.every_tier.any`"
            )
        );
    }
}

#[test]
fn errors_are_found_in_their_own_line() {
    let text = action(
        ".every_tier]\nany = [\n  { all = [\n    { factor = \"totp\", max_age = 60 },\n    \
         { factor = \"external\", max_age = 60 },\n  ] },\n]",
    );
    assert_eq!(
        refused(&text),
        "policy, line 8, column 5: factor `external` must come with `external_verifier` and `class`, \
         in `action.a.every_tier.any.all`"
    );
    assert_eq!(
        refused(&action(".every_tier]\nany = [\n\"totp\",\n]")),
        "policy, line 6, column 1: invalid type: string \"totp\", expected a table, in `action.a.every_tier.any`"
    );
}

#[test]
fn heads_are_checked() {
    for (head, error) in [
        (
            "version = 2\ncolour = 1",
            "policy, line 1, column 11: must be 1, in `version`",
        ),
        (
            "version = \"1\"",
            "policy, line 1, column 11: invalid type: string \"1\", expected i64, in `version`",
        ),
        (
            "version = 1\ngrant_lifetime = 3601\ntiers = [\"a\"]\n[action]",
            "policy, line 2, column 18: must be 1 to 3600 seconds, in `grant_lifetime`",
        ),
        (
            "version = 1\ngrant_lifetime = 0\ntiers = [\"a\"]\n[action]",
            "policy, line 2, column 18: must be 1 to 3600 seconds, in `grant_lifetime`",
        ),
        (
            "version = 1\ngrant_lifetime = 1\ntiers = []\n[action]",
            "policy, line 3, column 9: must hold 1 to 16 tiers, in `tiers`",
        ),
        (
            "version = 1\ngrant_lifetime = 1\ntiers = [\"a\", \"a\"]\n[action]",
            "policy, line 3, column 9: must not hold `a` twice, in `tiers`",
        ),
        (
            "version = 1\ngrant_lifetime = 1\ntiers = [\"\"]\n[action]",
            "policy, line 3, column 9: must be 1 to 64 lower-case letters, digits, `.`, `-` or `_`, in `tiers`",
        ),
    ] {
        assert_eq!(refused(head), error);
    }
    for name in ["\"\"", "A", "\"a b\"", "\"a\\u0000b\"", "\"\u{e4}\""] {
        assert_eq!(
            refused(&format!("{HEAD}[action.{name}.every_tier]\nnever = true")),
            format!(
                "policy, name of an action `{}`: must be 1 to 64 lower-case letters, digits, `.`, `-` or `_`",
                name.trim_matches('"').replace("\\u0000", "\\0")
            )
        );
    }
}

#[test]
fn b57_a_name_with_a_dot_and_no_quotes_says_how_it_is_written() {
    for (header, quoted) in [
        (
            "[action.payment.send.every_tier]",
            "[action.\"payment.send\".every_tier]",
        ),
        (
            "[action.payment.send.now.every_tier] # all",
            "[action.\"payment.send.now\".every_tier]",
        ),
        (
            "[action.payment.send.tier.low]",
            "[action.\"payment.send\".tier.low]",
        ),
        (
            "[action.payment.send]",
            "[action.\"payment.send\".every_tier]",
        ),
        (
            "[action.a.\"b c\".every_tier]",
            "[action.\"payment.send\".every_tier]",
        ),
    ] {
        let text = refused(&format!("{HEAD}{header}\nnever = true"));
        let end = format!("; quote a name that has a dot: {quoted}");
        assert!(
            text.starts_with("policy, line 4, column ") && text.ends_with(&end),
            "{text}"
        );
    }
    let text = refused(&action(".every_tiers]\nnever = true"));
    assert!(!text.contains("quote a name"), "{text}");
}

#[test]
fn b57_a_star_that_is_kept_from_the_account_is_found_at_the_start() {
    let text = format!("{HEAD}[action.\"*.unlock\".every_tier]\nnever = true");
    let policy = Policy::from_toml(&text).unwrap();
    let error = policy.requires(["authenticator.unlock"], []).unwrap_err();
    assert_eq!(
        error.to_string(),
        "policy: must state what the host names, but states no action `authenticator.unlock`, and `*.unlock` does not \
         reach it: an action that changes the account is named from its first word on"
    );
}

#[test]
fn limits_hold_at_their_edges() {
    let text = |alternatives: &[usize]| {
        let any: Vec<_> = alternatives
            .iter()
            .map(|age| format!("{{ all = [{{ factor = \"totp\", max_age = {age} }}] }}"))
            .collect();
        action(&format!(".every_tier]\nany = [{}]", any.join(", ")))
    };
    let ages: Vec<_> = (1..=13).collect();
    Policy::from_toml(&text(&ages[..12])).unwrap();
    assert_eq!(
        refused(&text(&ages)),
        "policy, action `a`: must not hold more than 12 different requirements"
    );
    Policy::from_toml(&text(&[1; 32])).unwrap();
    assert!(refused(&text(&[1; 33])).contains("must hold 1 to 32 alternatives"));

    let actions = |count: usize| {
        let lines: String = (0..count)
            .map(|number| format!("a{number}.every_tier.never = true\n"))
            .collect();
        format!("{HEAD}[action]\n{lines}")
    };
    Policy::from_toml(&actions(10_000)).unwrap();
    assert_eq!(
        refused(&actions(10_001)),
        "policy: must state 1 to 10000 actions"
    );
}

#[test]
fn long_documents_are_refused_unread() {
    let fill = |bytes: usize| format!("{WHOLE}#{}", "x".repeat(bytes - WHOLE.len() - 1));
    Policy::from_toml(&fill(Policy::MAX_BYTES)).unwrap();
    for bytes in [Policy::MAX_BYTES + 1, 10 << 20] {
        assert_eq!(refused(&fill(bytes)), "policy: must hold at most 1 MiB");
    }
}

#[test]
fn documents_cut_or_changed_at_any_byte_do_not_panic() {
    for end in 0..WHOLE.len() {
        let cut = &WHOLE[..end];
        if let Err(error) = Policy::from_toml(cut) {
            assert!(error.is_misuse());
        }
        for byte in ["\0", "[", "\"", "\u{1f600}", ""] {
            let changed = format!("{cut}{byte}{}", &WHOLE[end + 1..]);
            if let Err(error) = Policy::from_toml(&changed) {
                let text = error.to_string();
                assert!(!text.chars().any(char::is_control), "{text:?}");
                assert!(text.chars().count() < 320, "{text:?}");
            }
        }
    }
}

#[test]
fn deep_nesting_is_refused() {
    for text in [
        format!("{HEAD}a = {}", "[".repeat(100_000)),
        format!("{HEAD}a = {}", "{a=".repeat(100_000)),
        format!("{HEAD}[{}]", vec!["a"; 100_000].join(".")),
        format!("{HEAD}{} = 1", vec!["a"; 100_000].join(".")),
    ] {
        let error = refused(&text);
        assert!(error.contains("recursion"), "{error}");
    }
}

#[test]
fn what_a_document_says_is_escaped_and_cut() {
    let long = "x".repeat(100_000);
    let text = refused(&format!("\"\\u0007{long}\" = 1\n{WHOLE}"));
    assert!(text.starts_with("policy, line 1, column 1: unknown field `\\u{7}xxx"));
    assert!(text.len() < 400);
}

#[test]
fn columns_count_characters() {
    let error = refused("version = 1\n\"\u{e4}\u{1f600}\" = \u{e4}");
    assert!(error.starts_with("policy, line 2, column 8: "), "{error}");
    assert!(error.ends_with(", at `\u{e4}`"), "{error}");
}

#[test]
fn errors_show_no_character_that_turns_the_line() {
    let error = Policy::from_toml("\u{202e}version = 1\u{7}")
        .unwrap_err()
        .to_string();
    assert!(
        !error.contains('\u{202e}') && !error.contains('\u{7}'),
        "{error:?}"
    );
    assert!(error.starts_with("policy, line 1"), "{error}");
    let unknown = Policy::from_toml("version = 1\n\"kéy\" = 1")
        .unwrap_err()
        .to_string();
    assert!(
        unknown.contains("kéy"),
        "letters stay as they are: {unknown}"
    );
}

#[test]
fn suggestions_are_never_the_document_s_own_words() {
    for name in [
        "zzzzzz`, expected `zzzzz\\u0007",
        "zzzzzz`, expected one of `zzzzz\\u0007",
    ] {
        let error = refused(&format!("version = 1\n\"{name}\" = 1"));
        assert!(!error.contains('\u{7}'), "{error:?}");
        assert!(!error.contains("did you mean"), "{error}");
    }
}

/// Editors put a byte-order mark in front, and end lines as they like. Neither moves a column, nor makes the document invalid.
#[test]
fn b61_marks_in_front_of_a_document_are_no_part_of_it() {
    let good = action(".every_tier]\nany = [{ all = [{ factor = \"totp\", max_age = 60 }] }]");
    let late = good.replace("max_age", "max_agee");
    for (text, expected) in [
        (
            "version = 2".to_owned(),
            "policy, line 1, column 11: must be 1, in `version`",
        ),
        (
            "\nversion = 2".to_owned(),
            "policy, line 2, column 11: must be 1, in `version`",
        ),
        (
            "# Größe\u{1f642}\nversion = 2".to_owned(),
            "policy, line 2, column 11: must be 1, in `version`",
        ),
    ] {
        for given in [text.clone(), text.replace('\n', "\r\n")] {
            assert_eq!(refused(&given), expected, "{given:?}");
            assert_eq!(refused(&format!("\u{feff}{given}")), expected, "{given:?}");
        }
    }
    let text = refused(&late);
    assert!(text.contains("did you mean `max_age`?"), "{text}");
    for mark in ["", "\u{feff}", "\u{feff}\u{feff}"] {
        for lines in ["\n", "\r\n"] {
            let written = |text: &str| format!("{mark}{}", text.replace('\n', lines));
            assert!(
                Policy::from_toml(&written(&good)).is_ok(),
                "{mark:?} {lines:?}"
            );
            assert_eq!(refused(&written(&late)), text);
        }
    }
    // Elsewhere it is a character like any other.
    for text in [
        format!("\n\u{feff}{good}"),
        "\u{feff}".to_owned(),
        "\u{fffe}".to_owned(),
        "\u{feff}\0".to_owned(),
    ] {
        let text = refused(&text);
        assert!(
            text.starts_with("policy") && !text.contains('\u{feff}') && !text.contains('\0'),
            "{text}"
        );
    }
}
