//! Names of actions that stand for all names. The same rules decide two names that match the same patterns.

use crate::policy::document::{Document, GUARDED, Known, Pattern};

/// Returns at least one name for each pair of rules, one of each document, that decide the same name. A rule that decides a name
/// for which the other document has none is such a pair, too.
///
/// A word that neither document knows matches only a `*`. Take a name with such words wherever both patterns have a `*`. If
/// these two patterns decide any name, they decide this one.
///
/// Of the names of one pair, the first is the plainest.
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
    // A pattern that begins with a star does not match these, so it may be that no rule decides them.
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

/// Returns a name of this length that both patterns match, with unknown words wherever both have a star.
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
