//! Lint and diff examine a bounded number of sets, and refuse a document that would need more.

use core::fmt::Write as _;

use crate::error::Error;
use crate::policy::document::presets::Preset;
use crate::policy::document::read;
use crate::policy::document::rules::Document;
use crate::policy::lint::search::Effort;
use crate::policy::lint::world::Deployment;
use crate::policy::lint::{diff, rules};

fn linted(document: &Document) -> Result<u64, Error> {
    let mut effort = Effort::default();
    rules::lint(document, &Deployment::new(), &mut effort)?;
    Ok(effort.sets())
}

fn compared(old: &Document, new: &Document) -> Result<u64, Error> {
    let mut effort = Effort::default();
    diff::diff(old, new, &mut effort)?;
    Ok(effort.sets())
}

/// Actions with one rule each, at every tier.
fn actions(rule: &str) -> Document {
    let mut text =
        "version = 1\ngrant_lifetime = 300\ntiers = [\"low\", \"high\"]\n[action]\n".to_owned();
    for number in 0..10_000 {
        writeln!(text, "a{number}.every_tier.any = [{{ all = [{rule}] }}]").unwrap();
    }
    read::toml(&text).unwrap()
}

const TOTP: &str = r#"{ factor = "totp", max_age = 600 }"#;
const POSSESSION: &str = r#"{ class = "possession", max_age = 600 }"#;

#[test]
fn presets_need_few_sets() {
    for preset in Preset::ALL {
        let sets = linted(&read::toml(preset.text()).unwrap()).unwrap();
        assert!(sets < 2_000, "{}: {sets}", preset.name());
    }
}

#[test]
fn many_actions_are_examined_with_bounded_effort() {
    let document = actions(POSSESSION);
    let sets = linted(&document).unwrap();
    assert!(sets < 500_000, "{sets}");
    let sets = compared(&actions(TOTP), &document).unwrap();
    assert!((1..100_000).contains(&sets), "{sets}");
}

#[test]
fn patterns_are_compared_with_bounded_effort() {
    let patterns = |pattern: &dyn Fn(usize) -> String| {
        let mut text = "version = 1\ngrant_lifetime = 300\ntiers = [\"only\"]\n".to_owned();
        for number in 0..64 {
            let name = pattern(number);
            writeln!(
                text,
                "[action.\"{name}\".every_tier]\nany = [{{ all = [{TOTP}] }}]"
            )
            .unwrap();
        }
        read::toml(&text).unwrap()
    };
    let old = patterns(&|number| format!("a{number}.*"));
    let sets = compared(&old, &patterns(&|number| format!("*.a{number}"))).unwrap();
    assert!(sets < 100_000, "{sets}");
}

#[test]
fn twelve_requirements_are_examined_with_bounded_effort() {
    let alternative = |age: u32| {
        let rest = 86_400 - age;
        format!(
            "{{ all = [{{ class = \"possession\", max_age = {age} }}, {{ classes = 2, max_age = {age} }}, \
             {{ aal = 2, max_age = {rest} }}] }}"
        )
    };
    let any: Vec<_> = (1..=4).map(alternative).collect();
    let any = any.join(", ");
    let document = read::toml(&format!(
        "version = 1\ngrant_lifetime = 300\ntiers = [\"low\", \"high\"]\n\
         [external_verifier.voice]\nclass = \"inherence\"\n\
         [external_verifier.counter]\nclass = \"possession\"\naal = 2\n\
         [action.a.tier]\nlow = {{ any = [{any}] }}\nhigh = {{ any = [{any}] }}\n"
    ));
    let sets = linted(&document.unwrap()).unwrap();
    assert!(sets < 50_000, "{sets}");
}

/// Sixteen external verifiers, and 32 alternatives that each ask for three classes and a level.
#[test]
fn b53_the_largest_rule_is_examined_with_bounded_effort() {
    let classes = ["possession", "knowledge", "inherence"];
    let extra = ["totp", "hotp", "private_code", "questions", "password"];
    let document = |age: u32| {
        let mut text =
            "version = 1\ngrant_lifetime = 300\ntiers = [\"only\"]\n[cost]\nspoken_code = 0\n"
                .to_owned();
        for n in 0..16 {
            let class = classes[n % 3];
            writeln!(
                text,
                "[external_verifier.a{n}]\nclass = \"{class}\"\naal = 2"
            )
            .unwrap();
        }
        let alternative = |set: usize| {
            let more = extra
                .iter()
                .enumerate()
                .filter(|(bit, _)| set >> bit & 1 == 1);
            let more =
                more.map(|(_, factor)| format!(", {{ factor = \"{factor}\", max_age = 60 }}"));
            let more: String = more.collect();
            format!(
                "{{ all = [{{ classes = 3, max_age = {age} }}, {{ aal = 2, max_age = {age} }}{more}] }}"
            )
        };
        let any: Vec<_> = (0..32).map(alternative).collect();
        read::toml(&format!(
            "{text}[action.a.every_tier]\nany = [{}]",
            any.join(",\n")
        ))
        .unwrap()
    };
    let (old, new) = (document(300), document(200));
    for sets in [linted(&old), compared(&old, &new), compared(&new, &old)] {
        match sets {
            Ok(sets) => assert!(sets < 200_000, "{sets}"),
            Err(error) => assert!(error.to_string().contains("sets of evidence"), "{error}"),
        }
    }
}
