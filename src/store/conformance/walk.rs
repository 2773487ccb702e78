//! The cases of a walk, for stores that have one, and of writes that go together.

use std::collections::{BTreeMap, BTreeSet};

use super::asked::Asked;
use super::case::{Case, NOW, entry, key, version};
use crate::error::ErrorKind;
use crate::store::contract::{Entry, Key, Replaced, ScanPlace, Swap};

/// A page that is empty need not be the last one. A walk of so many pages has no end.
const MOST_PAGES: usize = 100_000;

/// Writes many records at once. Each is compared by itself.
pub(super) async fn replace_all<S: Asked>(case: &Case<S>) {
    let store = &case.store;
    for place in 1..=4 {
        case.stored(store.replace(&key(place), None, &entry(place)).await);
    }
    let swap = |place, expected, next| Swap {
        key: key(place),
        expected: version(expected),
        entry: entry(next),
    };
    let swaps = [
        swap(4, 4, 14),
        swap(1, 9, 11),
        swap(9, 9, 19),
        swap(2, 2, 12),
    ];
    let answers = match store.replace_all(&swaps).await {
        Ok(answers) if answers.len() == swaps.len() => answers,
        Ok(answers) => case.fail("4 answers", answers.len()),
        Err(error) => case.fail("4 answers", format_args!("{error:?}")),
    };
    let present = [Some(entry(14)), Some(entry(1)), None, Some(entry(12))];
    for ((swap, answer), present) in swaps.iter().zip(answers).zip(&present) {
        if present.as_ref() == Some(&swap.entry) {
            case.stored(Ok(answer));
        } else {
            case.conflict(Ok(answer), present.as_ref());
        }
        case.found(store.load(&swap.key).await, present.as_ref());
    }
    case.found(store.load(&key(3)).await, Some(&entry(3)));
    match store.replace_all(&[]).await {
        Ok(answers) if answers.is_empty() => {}
        Ok(answers) => case.fail("no answer", answers.len()),
        Err(error) => case.fail("no answer", format_args!("{error:?}")),
    }
}

/// Returns whether the store has a walk.
async fn has_walk<S: Asked>(case: &Case<S>) -> bool {
    match case.store.scan(None, 1).await {
        Err(error) => error.kind() != ErrorKind::NotSupported,
        Ok(_) => true,
    }
}

/// Walks over all pages. `meanwhile` runs after each of them, with the number of pages so far.
async fn walk<S: Asked>(
    case: &Case<S>,
    limit: usize,
    mut meanwhile: impl AsyncFnMut(usize),
) -> BTreeMap<Key, Entry> {
    let mut found = BTreeMap::new();
    let mut place: Option<ScanPlace> = None;
    for pages in 1..MOST_PAGES {
        let page = match case.store.scan(place.as_ref(), limit).await {
            Ok(page) => page,
            Err(error) => case.fail("a page", format_args!("{error:?}")),
        };
        for (key, entry) in page.found() {
            match entry {
                Ok(entry) => drop(found.insert(*key, entry.clone())),
                Err(error) => case.fail("an entry", format_args!("{error:?}")),
            }
        }
        meanwhile(pages).await;
        let Some(next) = page.next() else {
            return found;
        };
        // As a host keeps it, and another process goes on.
        place = match ScanPlace::from_bytes(next.as_bytes()) {
            Ok(place) => Some(place),
            Err(error) => case.fail("a place of 1 to 64 bytes", format_args!("{error:?}")),
        };
    }
    case.fail("an end of the walk", "no end")
}

pub(super) async fn scan<S: Asked>(case: &Case<S>) {
    let store = &case.store;
    if !has_walk(case).await {
        return;
    }
    same(case, &walk(case, 3, async |_| {}).await, &BTreeMap::new());
    let mut wanted = BTreeMap::new();
    for place in 1..=50 {
        let written = match place % 3 {
            0 => Entry::new(vec![place], version(place), Some(NOW)),
            _ => entry(place),
        };
        case.stored(store.replace(&key(place), None, &written).await);
        wanted.insert(key(place), written);
    }
    for limit in [1, 7, 50, 1_000] {
        same(case, &walk(case, limit, async |_| {}).await, &wanted);
    }
}

/// A record that stands during the whole walk is found, beside writers.
pub(super) async fn scan_beside_writers<S: Asked>(case: &Case<S>) {
    let store = &case.store;
    if !has_walk(case).await {
        return;
    }
    for place in 1..=60 {
        case.stored(store.replace(&key(place), None, &entry(place)).await);
    }
    let mut gone = BTreeSet::new();
    let found = walk(case, 5, async |pages| {
        let Ok(turn) = u8::try_from(pages) else {
            return;
        };
        if turn > 60 {
            return;
        }
        // The first third is replaced, the second is deleted, and others are made.
        match turn % 3 {
            0 => case.stored(
                store
                    .replace(&key(turn), Some(&version(turn)), &entry(turn | 0x80))
                    .await,
            ),
            1 => match store.remove(&key(turn), &version(turn)).await {
                Ok(Replaced::Stored) => drop(gone.insert(key(turn))),
                answer => case.stored(answer),
            },
            _ => case.stored(
                store
                    .replace(&key(turn | 0x80), None, &entry(turn | 0x80))
                    .await,
            ),
        }
    })
    .await;
    for place in 1..=60 {
        let key = key(place);
        if !gone.contains(&key) && !found.contains_key(&key) {
            case.fail(format_args!("the record {place}"), "none on any page");
        }
    }
}

fn same<S>(case: &Case<S>, found: &BTreeMap<Key, Entry>, wanted: &BTreeMap<Key, Entry>) {
    if found != wanted {
        let (wanted, found) = (wanted.len(), found.len());
        case.fail(
            format_args!("{wanted} records as they were written"),
            format_args!("{found} records, or others"),
        );
    }
}
