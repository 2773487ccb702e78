//! What an agent's screen can show: prompts and masks, and nothing that was said.

use countersign::knowledge::{Answers, Prompt};

use crate::support::questions::{catalogue, id, typed};

const ASKED: [u16; 3] = [1, 2, 5];

fn prompts(given: &Answers) -> Vec<Prompt> {
    let prompts = catalogue().prompts(&ASKED.map(id)).unwrap();
    let given = prompts.into_iter().map(|prompt| prompt.with_given(given));
    given.collect()
}

/// All that a screen gets: as text, as JSON, and as a log line.
fn shown(prompts: &[Prompt]) -> String {
    let json = serde_json::to_string(prompts).unwrap();
    let text: Vec<String> = prompts.iter().map(Prompt::to_string).collect();
    format!("{}\n{json}\n{prompts:?}", text.join("\n"))
}

#[test]
fn a_prompt_is_rendered_as_it_is_documented() {
    let answers = typed(&catalogue(), &[(2, "1.12.1958")]);
    let prompts = prompts(&answers);
    let text: Vec<String> = prompts.iter().map(Prompt::to_string).collect();
    assert_eq!(
        text,
        [
            "Which was your first school?",
            "When was your mother born? •••",
            "How did you open your account? (In a branch / In the app / By post)"
        ]
    );
    let json = serde_json::to_value(prompts).unwrap();
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
    let screen = shown(&prompts(&right));
    let long = "x".repeat(1 << 20);
    for (first, second, third) in [
        ("Wrong", "1.1.2001", "post"),
        ("", "no day", "by pigeon"),
        (long.as_str(), "\0", "\u{301}"),
    ] {
        let other = typed(&catalogue, &[(1, first), (2, second), (5, third)]);
        assert_eq!(shown(&prompts(&other)), screen);
    }
    assert!(!screen.contains("Hedwig") && !screen.contains("hedwig") && !screen.contains("1958"));
}

#[test]
fn a_mask_shows_what_has_been_answered_so_far() {
    let masks = |answers: &Answers| -> Vec<bool> {
        prompts(answers).iter().map(Prompt::is_given).collect()
    };
    assert_eq!(masks(&Answers::new()), [false; 3]);
    assert_eq!(
        masks(&typed(&catalogue(), &[(5, "app")])),
        [false, false, true]
    );
    assert_eq!(masks(&Answers::new().and(id(77), "a stranger")), [false; 3]);
}
