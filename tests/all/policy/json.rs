//! Documents in JSON.

use countersign::{Policy, Request};

use crate::support::world::{World, ctx, in_words};

const WHOLE: &str = r#"{
  "version": 1,
  "grant_lifetime": 300,
  "tiers": ["low", "high"],
  "signal": { "anomaly_score": { "tier": { "high": { "at_least": 1 } } } },
  "action": {
    "payment.*": { "tier": {
      "low": { "any": [{ "all": [{ "factor": "totp", "max_age": 600 }] }] },
      "high": { "never": true, "on_deny": ["review"] }
    } }
  }
}"#;

#[track_caller]
fn refused(text: &str) -> String {
    let error = Policy::from_json(text).unwrap_err();
    assert!(error.is_misuse());
    error.to_string()
}

#[test]
fn a_document_is_the_same_in_json() {
    let policy = Policy::from_json(WHOLE).unwrap();
    let signals = countersign::policy::Signals::new().anomaly_score(0.5);
    let request = Request::new("payment.create").with_signals(signals);
    assert_eq!(
        in_words(World::new().decide(&policy, &request, &[], &ctx(0))),
        ["totp"]
    );
}

#[test]
fn errors_have_line_and_column_here_too() {
    assert_eq!(
        refused(&WHOLE.replace("\"never\"", "\"nevr\"")),
        "policy, line 9, column 22: unknown field `nevr`, expected one of `any`, `never`, `delay`, `barred_after_cancel`, `on_allow`, `on_deny`; \
         did you mean `never`?"
    );
    let twice = WHOLE.replace("\"tiers\"", "\"version\": 1, \"tiers\"");
    assert!(
        refused(&twice).starts_with("policy, line 4, column "),
        "{}",
        refused(&twice)
    );
    assert!(
        refused(&twice).ends_with("duplicate field `version`"),
        "{}",
        refused(&twice)
    );
    assert_eq!(
        refused("{\"version\": 2}"),
        "policy, line 1, column 14: must be 1"
    );
}

#[test]
fn names_written_twice_are_refused() {
    let rule = "{ \"every_tier\": { \"never\": true } }";
    let text = format!(
        "{{\"version\": 1, \"grant_lifetime\": 1, \"tiers\": [\"a\"], \"action\": {{\"a\": {rule}, \"a\": {rule}}}}}"
    );
    assert!(refused(&text).contains("duplicate key `a`"));
    let tiers = WHOLE.replace("\"high\": { \"never\"", "\"low\": { \"never\"");
    assert!(refused(&tiers).contains("duplicate key `low`"));
}

#[test]
fn json_cut_anywhere_deep_or_long_is_refused() {
    for end in 0..WHOLE.len() {
        refused(&WHOLE[..end]);
    }
    for text in [
        "[".repeat(100_000),
        "{\"a\":".repeat(100_000),
        format!("{{\"action\": {}", "[".repeat(1_000)),
    ] {
        refused(&text);
    }
    assert_eq!(
        refused(&" ".repeat(10 << 20)),
        "policy: must hold at most 1 MiB"
    );
}

#[test]
fn b61_marks_in_front_and_long_letters_move_no_column() {
    for (text, expected) in [
        ("{\"version\": 2}", "policy, line 1, column 14: must be 1"),
        (
            "\n\n{\"version\": 2}",
            "policy, line 3, column 14: must be 1",
        ),
        (
            "{\"version\": 2, \"größe\": 1}",
            "policy, line 1, column 13: must be 1",
        ),
        // Letters of several bytes in front.
        (
            "{\"größe🙂\": 1, \"version\": 2}",
            "policy, line 1, column 27: must be 1",
        ),
        ("", "policy, line 1, column 0: EOF while parsing a value"),
    ] {
        for given in [text.to_owned(), text.replace('\n', "\r\n")] {
            assert_eq!(refused(&given), expected, "{given:?}");
            assert_eq!(refused(&format!("\u{feff}{given}")), expected, "{given:?}");
        }
    }
    for mark in ["", "\u{feff}", "\u{feff}\u{feff}"] {
        for lines in ["\n", "\r\n"] {
            let written = format!("{mark}{}", WHOLE.replace('\n', lines));
            assert!(Policy::from_json(&written).is_ok(), "{mark:?} {lines:?}");
            let inside = written.replacen(':', "\u{feff}:", 1);
            assert!(
                refused(&inside).starts_with("policy, line 2, column 1"),
                "elsewhere it is a character"
            );
        }
    }
}
