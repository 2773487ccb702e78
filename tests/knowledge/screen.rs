//! What an agent's screen can show: prompts and masks, and nothing that was said.

use countersign::knowledge::{Answers, Prompts};

use crate::common::{catalogue, id, typed};

const ASKED: [u16; 3] = [1, 2, 5];

fn prompts() -> Prompts {
    catalogue().prompts(&ASKED.map(id)).unwrap()
}

/// All that a screen gets: as text, as JSON, and as a log line.
fn shown(prompts: &Prompts) -> String {
    let json = serde_json::to_string(prompts).unwrap();
    format!("{prompts}\n{json}\n{prompts:?}")
}

#[test]
fn a_prompt_is_rendered_as_it_is_documented() {
    let answers = typed(&catalogue(), &[(2, "1.12.1958")]);
    assert_eq!(
        prompts().with_given(&answers).to_string(),
        "1. Which was your first school?\n\
         2. When was your mother born? •••\n\
         3. How did you open your account? (In a branch / In the app / By post)"
    );
    let json = serde_json::to_value(prompts().with_given(&answers)).unwrap();
    assert_eq!(
        json[1],
        serde_json::json!({"question": 2, "text": "When was your mother born?", "format": "day month year",
            "options": [], "mask": "•••"})
    );
    assert_eq!(json[0]["mask"], serde_json::Value::Null);
    assert_eq!(json[2]["options"][1], "In the app");
}

#[test]
fn b16_b33_a_screen_is_the_same_whatever_was_answered() {
    let catalogue = catalogue();
    let right = typed(&catalogue, &[(1, "Hedwig"), (2, "1.12.1958"), (5, "app")]);
    let screen = shown(&prompts().with_given(&right));
    let long = "x".repeat(1 << 20);
    for (first, second, third) in [
        ("Wrong", "1.1.2001", "post"),
        ("", "no day", "by pigeon"),
        (long.as_str(), "\0", "\u{301}"),
    ] {
        let other = typed(&catalogue, &[(1, first), (2, second), (5, third)]);
        assert_eq!(shown(&prompts().with_given(&other)), screen);
    }
    assert!(!screen.contains("Hedwig") && !screen.contains("hedwig") && !screen.contains("1958"));
}

#[test]
fn a_mask_shows_what_has_been_answered_so_far() {
    let masks = |answers: &Answers| -> Vec<bool> {
        let prompts = prompts().with_given(answers);
        prompts.each().map(|prompt| prompt.is_given()).collect()
    };
    assert_eq!(masks(&Answers::new()), [false; 3]);
    assert_eq!(
        masks(&typed(&catalogue(), &[(5, "app")])),
        [false, false, true]
    );
    assert_eq!(masks(&Answers::new().and(id(77), "a stranger")), [false; 3]);
}
