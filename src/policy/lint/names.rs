//! Names of actions that stand for all names: two names that no pattern tells apart are ruled alike.

use crate::policy::document::{Document, GUARDED, Known, Pattern};

/// At least one name for each way in which the rules of two documents can meet: if any name is ruled by one pattern in
/// the one, and by another or none in the other, then so is one of these.
///
/// A word that neither document knows fits no pattern but where it has a `*`. So a name with such words in all places where
/// both of its patterns have a `*` is ruled by these two, if any name is.
///
/// The first of those that are ruled alike is the plainest.
pub(crate) fn representatives(one: &Document, other: &Document) -> Vec<String> {
    let mut names = Vec::new();
    for document in [one, other] {
        let stated = document.actions.keys().filter(|name| !name.contains('*'));
        names.extend(stated.cloned());
        if let Known::These(known) = &document.known {
            names.extend(known.iter().cloned());
        }
    }
    let patterns = |document: &Document| -> Vec<Vec<String>> {
        let texts = document.patterns.iter().map(Pattern::text);
        texts.map(segments).collect()
    };
    let (ones, others) = (patterns(one), patterns(other));
    let all = [ones.as_slice(), others.as_slice()].concat();
    let longest = all.iter().map(Vec::len).max().unwrap_or(0);
    let word = unknown_word([one, other]);
    let mut meet = |one: &[String], other: &[String]| {
        let lengths = one.len().max(other.len())..=longest.saturating_add(1);
        names.extend(lengths.filter_map(|length| meeting(one, other, length, &word)));
    };
    for pattern in &all {
        meet(pattern, pattern);
    }
    // Of one document, patterns that meet cover each other.
    if !core::ptr::eq(one, other) {
        for one in &ones {
            others.iter().for_each(|other| meet(one, other));
        }
    }
    // A pattern that begins with a star does not speak of these, and then none may.
    for pattern in &all {
        for family in GUARDED {
            meet(pattern, &segments(&format!("{family}.*")));
        }
    }
    names
}

fn segments(pattern: &str) -> Vec<String> {
    pattern.split('.').map(str::to_owned).collect()
}

/// A name of this length that both patterns match, of unknown words as far as they leave that open.
fn meeting(one: &[String], other: &[String], length: usize, unknown: &str) -> Option<String> {
    let at = |pattern: &[String], place: usize| -> Option<String> {
        let last = pattern.last().filter(|last| *last == ANY);
        pattern.get(place).or(last).cloned()
    };
    let mut words = Vec::new();
    for place in 0..length {
        words.push(match (at(one, place)?, at(other, place)?) {
            (one, other) if one == ANY && other == ANY => unknown.to_owned(),
            (one, other) if one == ANY => other,
            (one, other) if other == ANY || one == other => one,
            _ => return None,
        });
    }
    Some(words.join("."))
}

fn unknown_word(documents: [&Document; 2]) -> String {
    let mut word = "other".to_owned();
    let knows = |word: &str| {
        documents.iter().any(|document| {
            let listed = match &document.known {
                Known::These(names) => names.iter().any(|name| name.contains(word)),
                Known::Any => false,
            };
            listed || document.actions.keys().any(|name| name.contains(word))
        })
    };
    while knows(&word) {
        word.push('x');
    }
    word
}

const ANY: &str = "*";
