//! The cases that both suites share.

use core::time::Duration;

use super::asked::Asked;
use super::case::{Case, NOW, entry, key, version};
use super::race::race;
use super::together::Together;
use super::walk;
use crate::store::contract::{Entry, Key, Version};
use crate::time::Timestamp;

/// Runs every case, each on a store of its own.
pub(super) async fn all<S: Asked + Sync>(fresh: impl AsyncFn() -> S, together: impl Together) {
    let under = async |rule| Case {
        store: fresh().await,
        rule,
    };
    an_empty_store(&under("an empty store holds nothing").await).await;
    insert(&under("an insert needs an empty place").await).await;
    replace(&under("a replace needs the present version").await).await;
    remove(&under("a remove needs the present version").await).await;
    made_anew(&under("a record that was deleted and made anew is not the old one").await).await;
    purge(&under("a purge drops what expired and nothing else").await).await;
    bytes(&under("bytes come back as they went in").await).await;
    look_alikes(&under("keys and versions are compared byte by byte").await).await;
    walk::replace_all(&under("writes that go together are compared one by one").await).await;
    walk::scan(&under("a walk finds each record").await).await;
    walk::scan_beside_writers(&under("a walk finds what stands all the time").await).await;
    race(
        &under("of writes that race for one version, one wins").await,
        &together,
    )
    .await;
}

async fn an_empty_store<S: Asked>(case: &Case<S>) {
    let store = &case.store;
    case.found(store.load(&key(1)).await, None);
    case.conflict(
        store.replace(&key(1), Some(&version(1)), &entry(2)).await,
        None,
    );
    case.conflict(store.remove(&key(1), &version(1)).await, None);
    case.found(store.load(&key(1)).await, None);
    case.purged(store.purge(NOW).await, 0);
}

async fn insert<S: Asked>(case: &Case<S>) {
    let store = &case.store;
    let (first, second) = (entry(1), entry(2));
    case.stored(store.replace(&key(1), None, &first).await);
    case.found(store.load(&key(1)).await, Some(&first));
    case.conflict(store.replace(&key(1), None, &second).await, Some(&first));
    case.conflict(store.replace(&key(1), None, &first).await, Some(&first));
    case.found(store.load(&key(1)).await, Some(&first));
    case.found(store.load(&key(2)).await, None);
}

async fn replace<S: Asked>(case: &Case<S>) {
    let store = &case.store;
    let (first, third) = (entry(1), entry(3));
    let second = Entry::new(vec![2], version(2), Some(NOW));
    case.stored(store.replace(&key(1), None, &first).await);
    case.stored(store.replace(&key(2), None, &first).await);
    case.conflict(
        store.replace(&key(1), Some(&version(9)), &second).await,
        Some(&first),
    );
    case.found(store.load(&key(1)).await, Some(&first));
    case.stored(store.replace(&key(1), Some(&version(1)), &second).await);
    case.found(store.load(&key(1)).await, Some(&second));
    case.conflict(
        store.replace(&key(1), Some(&version(1)), &third).await,
        Some(&second),
    );
    case.found(store.load(&key(1)).await, Some(&second));
    case.stored(store.replace(&key(1), Some(&version(2)), &third).await);
    case.found(store.load(&key(1)).await, Some(&third));
    case.found(store.load(&key(2)).await, Some(&first));
}

async fn remove<S: Asked>(case: &Case<S>) {
    let store = &case.store;
    case.stored(store.replace(&key(1), None, &entry(1)).await);
    case.stored(store.replace(&key(2), None, &entry(1)).await);
    case.conflict(store.remove(&key(1), &version(9)).await, Some(&entry(1)));
    case.found(store.load(&key(1)).await, Some(&entry(1)));
    case.stored(store.remove(&key(1), &version(1)).await);
    case.found(store.load(&key(1)).await, None);
    case.conflict(store.remove(&key(1), &version(1)).await, None);
    case.conflict(
        store.replace(&key(1), Some(&version(1)), &entry(2)).await,
        None,
    );
    case.found(store.load(&key(2)).await, Some(&entry(1)));
}

async fn made_anew<S: Asked>(case: &Case<S>) {
    let store = &case.store;
    let (old, new) = (entry(1), entry(2));
    case.stored(store.replace(&key(1), None, &old).await);
    case.stored(store.remove(&key(1), &version(1)).await);
    case.stored(store.replace(&key(1), None, &new).await);
    case.conflict(
        store.replace(&key(1), Some(&version(1)), &entry(3)).await,
        Some(&new),
    );
    case.conflict(store.remove(&key(1), &version(1)).await, Some(&new));
    case.found(store.load(&key(1)).await, Some(&new));
}

async fn purge<S: Asked>(case: &Case<S>) {
    let store = &case.store;
    let until = |tag, time| Entry::new(vec![tag], version(tag), time);
    let early = Timestamp::stored(NOW.unix().saturating_sub(1));
    let late = NOW.plus(Duration::from_secs(1));
    let kept = [
        until(1, None),
        until(2, Some(late)),
        until(3, Some(Timestamp::MAX)),
    ];
    let dropped = [until(4, Some(early)), until(5, Some(NOW))];
    for (place, entry) in (1..).zip(kept.iter().chain(&dropped)) {
        case.stored(store.replace(&key(place), None, entry).await);
        case.found(store.load(&key(place)).await, Some(entry));
    }
    case.purged(store.purge(NOW).await, dropped.len());
    for (place, entry) in (1..).zip(&kept) {
        case.found(store.load(&key(place)).await, Some(entry));
    }
    case.found(store.load(&key(4)).await, None);
    case.found(store.load(&key(5)).await, None);
    case.purged(store.purge(NOW).await, 0);
    // The time of the present version counts, not that of an older one.
    case.stored(
        store
            .replace(&key(2), Some(&version(2)), &until(6, None))
            .await,
    );
    case.purged(store.purge(Timestamp::MAX).await, 1);
    case.found(store.load(&key(2)).await, Some(&until(6, None)));
    case.found(store.load(&key(1)).await, Some(&until(1, None)));
}

async fn bytes<S: Asked>(case: &Case<S>) {
    let store = &case.store;
    let mixed = |size| (0..=u8::MAX).cycle().take(size).collect::<Vec<_>>();
    let contents = [
        vec![],
        vec![0],
        vec![0xFF],
        vec![0; 640],
        mixed(640),
        mixed(64 * 1024),
        b"'; DROP TABLE records; --".to_vec(),
    ];
    let mut present = None;
    for (tag, content) in (1..).zip(contents) {
        let entry = Entry::new(content, version(tag), None);
        case.stored(store.replace(&key(1), present.as_ref(), &entry).await);
        case.found(store.load(&key(1)).await, Some(&entry));
        case.conflict(store.replace(&key(1), None, &entry).await, Some(&entry));
        present = Some(version(tag));
    }
}

/// Tries keys and versions that a text comparison, a padded column or a cut-off one takes for equal.
async fn look_alikes<S: Asked>(case: &Case<S>) {
    let store = &case.store;
    let keys = look_alike_bytes::<32>().map(Key::from_bytes);
    for (tag, key) in (1..).zip(&keys) {
        case.stored(store.replace(key, None, &entry(tag)).await);
    }
    for (tag, key) in (1..).zip(&keys) {
        case.found(store.load(key).await, Some(&entry(tag)));
    }
    let versions = look_alike_bytes::<24>().map(Version::from_bytes);
    for (place, present) in (100..).zip(&versions) {
        let entry = Entry::new(vec![place], *present, None);
        case.stored(store.replace(&key(place), None, &entry).await);
        for other in versions.iter().filter(|other| *other != present) {
            case.conflict(
                store
                    .replace(&key(place), Some(other), &self::entry(1))
                    .await,
                Some(&entry),
            );
            case.conflict(store.remove(&key(place), other).await, Some(&entry));
        }
        case.found(store.load(&key(place)).await, Some(&entry));
    }
}

fn look_alike_bytes<const N: usize>() -> [[u8; N]; 8] {
    let ending = |fill: u8, last: u8| {
        let mut bytes = [fill; N];
        if let Some(end) = bytes.last_mut() {
            *end = last;
        }
        bytes
    };
    [
        ending(0, 0),
        ending(0, 1),
        ending(0xFF, 0xFF),
        ending(0xFF, 0xFE),
        ending(b'a', b'a'),
        ending(b'A', b'A'),
        ending(b'a', b' '),
        ending(b'a', 0),
    ]
}
