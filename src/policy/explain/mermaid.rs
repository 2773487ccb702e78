//! Labels and lines of graphs in Mermaid.

use std::collections::BTreeMap;

pub(crate) struct Place {
    pub(crate) place: usize,
    pub(crate) is_new: bool,
}

pub(crate) fn place_of<T: Ord>(known: &mut BTreeMap<T, usize>, one: T) -> Place {
    let next = known.len();
    let place = *known.entry(one).or_insert(next);
    Place {
        place,
        is_new: place == next,
    }
}

/// Writes a label. Characters that could end it, or that Mermaid reads itself, become entities.
pub(crate) fn label(text: &str) -> String {
    let mut label = String::from("\"");
    for char in text.chars() {
        match char {
            '"' => label.push_str("#quot;"),
            '#' => label.push_str("#35;"),
            '<' => label.push_str("#lt;"),
            '>' => label.push_str("#gt;"),
            other if other.is_control() => label.push(' '),
            other => label.push(other),
        }
    }
    label.push('"');
    label
}

pub(crate) fn joined(lines: &[String]) -> String {
    lines.join("\n") + "\n"
}
