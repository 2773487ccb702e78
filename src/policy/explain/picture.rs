//! Pictures of a policy: tables in Markdown, and a graph in Mermaid.

use std::collections::BTreeMap;

use crate::policy::document::{Document, Rule, Ruling, spans, words};
use crate::policy::explain::mermaid::{joined, label, place_of};

/// Writes the document as tables: for each action and tier, the evidence that is enough and the obligations.
pub(crate) fn table(document: &Document) -> String {
    let mut lines = vec![
        "| action | tier | enough is | if allowed | if denied |".to_owned(),
        "|---|---|---|---|---|".to_owned(),
    ];
    for ruling in document.rulings() {
        let mut enough = alternatives(document, ruling.rule).join("<br>**or** ");
        if let Some(barred) = ruling.rule.barred_after_cancel {
            let barred = spans::span(barred);
            enough.push_str(&format!(
                "<br>Not again within {barred} after it was cancelled"
            ));
        }
        // It would end the cell.
        let enough = enough.replace('|', "\\|");
        lines.push(format!(
            "| `{}` | {} | {} | {} | {} |",
            ruling.pattern,
            tier(document, &ruling),
            if enough.is_empty() { "never" } else { &enough },
            ruling.rule.on_allow,
            ruling.rule.on_deny,
        ));
    }
    if !document.readings.is_empty() {
        lines.extend(["", "| signal | tier | for |", "|---|---|---|"].map(str::to_owned));
    }
    for reading in &document.readings {
        let only = reading
            .only_for
            .iter()
            .map(|one| format!("`{}`", one.text()));
        let only: Vec<_> = only.collect();
        for (tier, test) in &reading.steps {
            lines.push(format!(
                "| {} | {} | {} |",
                words::test(reading, *test),
                document.tier_name(*tier),
                if only.is_empty() {
                    "every action".to_owned()
                } else {
                    only.join(", ")
                },
            ));
        }
    }
    joined(&lines)
}

/// Draws the document as a graph: from actions, by their tiers, through alternatives, to yes; and from signals to tiers.
pub(crate) fn graph(document: &Document) -> String {
    let mut lines = vec!["flowchart LR".to_owned()];
    let mut actions: BTreeMap<&str, usize> = BTreeMap::new();
    // An alternative of several rules is drawn once.
    let mut enough: BTreeMap<String, usize> = BTreeMap::new();
    for ruling in document.rulings() {
        let action = place_of(&mut actions, ruling.pattern);
        if action.is_new {
            lines.push(format!("  a{}[{}]", action.place, label(ruling.pattern)));
        }
        let edge = format!(
            "  a{} -- {} -->",
            action.place,
            label(tier(document, &ruling))
        );
        if ruling.rule.is_never() {
            lines.push(format!("{edge} no([never])"));
        }
        for words in alternatives(document, ruling.rule) {
            let alternative = place_of(&mut enough, words.clone());
            lines.push(format!("{edge} e{}", alternative.place));
            if alternative.is_new {
                let all = label(&words.replace("**", "").replace('`', ""));
                lines.push(format!(
                    "  e{}({all}) --> yes([allowed])",
                    alternative.place
                ));
            }
        }
    }
    for (place, reading) in document.readings.iter().enumerate() {
        for (number, (tier, test)) in reading.steps.iter().enumerate() {
            let when = label(&words::test(reading, *test));
            let name = document.tier_name(*tier);
            lines.push(format!(
                "  s{place}_{number}>{when}] -.-> t{tier}{{{{{}}}}}",
                label(name)
            ));
        }
    }
    joined(&lines)
}

/// Returns the alternatives of a rule, each in words.
fn alternatives(document: &Document, rule: &Rule) -> Vec<String> {
    let mut alternatives = Vec::new();
    for alternative in &rule.any {
        let all: Vec<_> = alternative.all.iter().map(words::requirement).collect();
        let acr = alternative.acr.and_then(|place| document.acrs.get(place));
        let acr = acr.map_or_else(String::new, |acr| format!(" (`{}`)", acr.value));
        let accepted = alternative.risk_accepted.as_ref();
        let accepted = accepted.map_or_else(String::new, |why| format!(" (risk accepted: {why})"));
        let waits = if alternative.delay.is_zero() {
            String::new()
        } else {
            format!(", then a wait of {}", spans::span(alternative.delay))
        };
        alternatives.push(format!("{}{waits}{acr}{accepted}", all.join(" **and** ")));
    }
    alternatives
}

fn tier<'a>(document: &'a Document, ruling: &Ruling<'_>) -> &'a str {
    ruling.tier.map_or("every", |tier| document.tier_name(tier))
}
