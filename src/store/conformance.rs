//! The suite every store must pass, and a wrapper that forces what seldom happens by itself.
//!
//! Call [`run`] from a test of an adapter. Wrap the store of a flow's test in a [`TestStore`]: then a race must happen, or a
//! write fails when it hurts most.

mod meeting;
mod test_store;

use core::fmt;
use std::thread;

pub use test_store::TestStore;

use super::contract::{Entry, Key, Replaced, Store, Version};
use crate::error::Error;
use crate::time::Timestamp;
use core::time::Duration;
use meeting::Meeting;

/// How many threads race.
const RACERS: u8 = 8;

/// How often they race: an adapter that compares and writes in two steps may be lucky once.
const ROUNDS: u8 = 8;

/// A store that does not answer within this is failed, not waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// The year 2255: so far ahead that a store which also drops by its own clock does not, and beyond 32 bits.
const NOW: Timestamp = Timestamp::stored(9_000_000_000);

/// Runs the whole suite. `fresh` makes an empty store for each case.
///
/// It cannot see durability. Whether an entry survives a power cut is for the adapter's own tests.
///
/// # Panics
/// If the store breaks the contract of [`Store`]; the text names the rule, what was wanted and what came.
///
/// ```
/// use countersign::store::{conformance, memory::MemoryStore};
/// conformance::run(MemoryStore::new);
/// ```
pub fn run<S: Store + Sync>(fresh: impl Fn() -> S) {
    let under = |rule| Case {
        store: fresh(),
        rule,
    };
    an_empty_store(&under("an empty store holds nothing"));
    insert(&under("an insert needs an empty place"));
    replace(&under("a replace needs the present version"));
    remove(&under("a remove needs the present version"));
    made_anew(&under(
        "a record that was deleted and made anew is not the old one",
    ));
    purge(&under("a purge drops what expired and nothing else"));
    bytes(&under("bytes come back as they went in"));
    look_alikes(&under("keys and versions are compared byte by byte"));
    race(&under("of writes that race for one version, one wins"));
}

fn an_empty_store<S: Store>(case: &Case<S>) {
    let store = &case.store;
    case.holds(&key(1), None);
    case.conflict(store.replace(&key(1), Some(&version(1)), &entry(2)), None);
    case.conflict(store.remove(&key(1), &version(1)), None);
    case.holds(&key(1), None);
    case.purged(NOW, 0);
}

fn insert<S: Store>(case: &Case<S>) {
    let store = &case.store;
    let (first, second) = (entry(1), entry(2));
    case.stored(store.replace(&key(1), None, &first));
    case.holds(&key(1), Some(&first));
    case.conflict(store.replace(&key(1), None, &second), Some(&first));
    case.conflict(store.replace(&key(1), None, &first), Some(&first));
    case.holds(&key(1), Some(&first));
    case.holds(&key(2), None);
}

fn replace<S: Store>(case: &Case<S>) {
    let store = &case.store;
    let (first, third) = (entry(1), entry(3));
    let second = Entry::new(vec![2], version(2), Some(NOW));
    case.stored(store.replace(&key(1), None, &first));
    case.stored(store.replace(&key(2), None, &first));
    case.conflict(
        store.replace(&key(1), Some(&version(9)), &second),
        Some(&first),
    );
    case.holds(&key(1), Some(&first));
    case.stored(store.replace(&key(1), Some(&version(1)), &second));
    case.holds(&key(1), Some(&second));
    case.conflict(
        store.replace(&key(1), Some(&version(1)), &third),
        Some(&second),
    );
    case.holds(&key(1), Some(&second));
    case.stored(store.replace(&key(1), Some(&version(2)), &third));
    case.holds(&key(1), Some(&third));
    case.holds(&key(2), Some(&first));
}

fn remove<S: Store>(case: &Case<S>) {
    let store = &case.store;
    case.stored(store.replace(&key(1), None, &entry(1)));
    case.stored(store.replace(&key(2), None, &entry(1)));
    case.conflict(store.remove(&key(1), &version(9)), Some(&entry(1)));
    case.holds(&key(1), Some(&entry(1)));
    case.stored(store.remove(&key(1), &version(1)));
    case.holds(&key(1), None);
    case.conflict(store.remove(&key(1), &version(1)), None);
    case.conflict(store.replace(&key(1), Some(&version(1)), &entry(2)), None);
    case.holds(&key(2), Some(&entry(1)));
}

fn made_anew<S: Store>(case: &Case<S>) {
    let store = &case.store;
    let (old, new) = (entry(1), entry(2));
    case.stored(store.replace(&key(1), None, &old));
    case.stored(store.remove(&key(1), &version(1)));
    case.stored(store.replace(&key(1), None, &new));
    case.conflict(
        store.replace(&key(1), Some(&version(1)), &entry(3)),
        Some(&new),
    );
    case.conflict(store.remove(&key(1), &version(1)), Some(&new));
    case.holds(&key(1), Some(&new));
}

fn purge<S: Store>(case: &Case<S>) {
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
        case.stored(case.store.replace(&key(place), None, entry));
        case.holds(&key(place), Some(entry));
    }
    case.purged(NOW, dropped.len());
    for (place, entry) in (1..).zip(&kept) {
        case.holds(&key(place), Some(entry));
    }
    case.holds(&key(4), None);
    case.holds(&key(5), None);
    case.purged(NOW, 0);
    // The time of the present version counts, not that of an older one.
    case.stored(
        case.store
            .replace(&key(2), Some(&version(2)), &until(6, None)),
    );
    case.purged(Timestamp::MAX, 1);
    case.holds(&key(2), Some(&until(6, None)));
    case.holds(&key(1), Some(&until(1, None)));
}

fn bytes<S: Store>(case: &Case<S>) {
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
        case.stored(case.store.replace(&key(1), present.as_ref(), &entry));
        case.holds(&key(1), Some(&entry));
        case.conflict(case.store.replace(&key(1), None, &entry), Some(&entry));
        present = Some(version(tag));
    }
}

/// Tries keys and versions that a text comparison, a padded column or a cut-off one takes for equal.
fn look_alikes<S: Store>(case: &Case<S>) {
    let keys = look_alike_bytes::<32>().map(Key::from_bytes);
    for (tag, key) in (1..).zip(&keys) {
        case.stored(case.store.replace(key, None, &entry(tag)));
    }
    for (tag, key) in (1..).zip(&keys) {
        case.holds(key, Some(&entry(tag)));
    }
    let versions = look_alike_bytes::<24>().map(Version::from_bytes);
    for (place, present) in (100..).zip(&versions) {
        let entry = Entry::new(vec![place], *present, None);
        case.stored(case.store.replace(&key(place), None, &entry));
        for other in versions.iter().filter(|other| *other != present) {
            case.conflict(
                case.store
                    .replace(&key(place), Some(other), &self::entry(1)),
                Some(&entry),
            );
            case.conflict(case.store.remove(&key(place), other), Some(&entry));
        }
        case.holds(&key(place), Some(&entry));
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

fn race<S: Store + Sync>(case: &Case<S>) {
    for round in 0..ROUNDS {
        let key = key(round);
        // Nothing is there and all insert; then all replace what won; then all remove it.
        let inserted = race_to_write(case, &key, None, 1);
        let replaced = race_to_write(case, &key, Some(&inserted), 101);
        let answers = all_at_once(case, &key, Some(&replaced), |_| {
            case.store.remove(&key, &replaced.version())
        });
        one_winner(case, &answers, None);
        case.holds(&key, None);
    }
}

/// Lets all load `present`, then swap it for an entry of their own. Returns the entry that won.
fn race_to_write<S: Store + Sync>(
    case: &Case<S>,
    key: &Key,
    present: Option<&Entry>,
    first_tag: u8,
) -> Entry {
    let expected = present.map(Entry::version);
    let own = |racer: u8| entry(first_tag.saturating_add(racer));
    let answers = all_at_once(case, key, present, |racer| {
        case.store.replace(key, expected.as_ref(), &own(racer))
    });
    let winner = (0..RACERS)
        .zip(&answers)
        .find(|(_, answer)| matches!(answer, Ok(Replaced::Stored)));
    let Some((winner, _)) = winner else {
        case.fail("one Stored", format_args!("{answers:?}"));
    };
    one_winner(case, &answers, Some(&own(winner)));
    case.holds(key, Some(&own(winner)));
    own(winner)
}

/// Lets each thread load. When all have loaded `present`, each does `act`.
fn all_at_once<S: Store + Sync>(
    case: &Case<S>,
    key: &Key,
    present: Option<&Entry>,
    act: impl Fn(u8) -> Result<Replaced, Error> + Sync,
) -> Vec<Result<Replaced, Error>> {
    let meeting = Meeting::of(usize::from(RACERS));
    let racer = |number| {
        let loaded = case.store.load(key);
        let met = meeting.wait(PATIENCE);
        (loaded, met, act(number))
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..RACERS)
            .map(|number| scope.spawn(move || racer(number)))
            .collect();
        threads
            .into_iter()
            .map(|thread| {
                let Ok((loaded, met, answer)) = thread.join() else {
                    case.fail("an answer", "a panic");
                };
                case.loaded(loaded, present);
                if !met {
                    case.fail("eight loads", "fewer within a minute");
                }
                answer
            })
            .collect()
    })
}

/// Checks that exactly one write was `Stored`, and that the others answer with the entry that is there now.
fn one_winner<S>(case: &Case<S>, answers: &[Result<Replaced, Error>], now: Option<&Entry>) {
    let winners = answers
        .iter()
        .filter(|answer| matches!(answer, Ok(Replaced::Stored)))
        .count();
    if winners != 1 {
        case.fail("one Stored", format_args!("{winners} of {}", answers.len()));
    }
    for answer in answers {
        match answer {
            Ok(Replaced::Stored) => {}
            Ok(Replaced::Conflict(present)) => case.same(present.as_ref(), now),
            Err(error) => case.fail("Conflict", format_args!("{error:?}")),
        }
    }
}

/// A store, and the rule it is held to at present.
struct Case<S> {
    store: S,
    rule: &'static str,
}

impl<S> Case<S> {
    #[track_caller]
    fn stored(&self, answer: Result<Replaced, Error>) {
        match answer {
            Ok(Replaced::Stored) => {}
            Ok(Replaced::Conflict(present)) => self.fail(
                "Stored",
                format_args!("Conflict with {}", Shown(present.as_ref())),
            ),
            Err(error) => self.fail("Stored", format_args!("{error:?}")),
        }
    }

    #[track_caller]
    fn conflict(&self, answer: Result<Replaced, Error>, wanted: Option<&Entry>) {
        match answer {
            Ok(Replaced::Conflict(present)) => self.same(present.as_ref(), wanted),
            Ok(Replaced::Stored) => {
                self.fail(format_args!("Conflict with {}", Shown(wanted)), "Stored")
            }
            Err(error) => self.fail("Conflict", format_args!("{error:?}")),
        }
    }

    #[track_caller]
    fn loaded(&self, answer: Result<Option<Entry>, Error>, wanted: Option<&Entry>) {
        match answer {
            Ok(present) => self.same(present.as_ref(), wanted),
            Err(error) => self.fail(Shown(wanted), format_args!("{error:?}")),
        }
    }

    #[track_caller]
    fn same(&self, present: Option<&Entry>, wanted: Option<&Entry>) {
        if present != wanted {
            self.fail(Shown(wanted), Shown(present));
        }
    }

    #[track_caller]
    #[expect(clippy::panic, reason = "this is a test suite")]
    fn fail(&self, wanted: impl fmt::Display, got: impl fmt::Display) -> ! {
        panic!(
            "store conformance: {}: wanted {wanted}, got {got}",
            self.rule
        )
    }
}

impl<S: Store> Case<S> {
    #[track_caller]
    fn holds(&self, key: &Key, wanted: Option<&Entry>) {
        self.loaded(self.store.load(key), wanted);
    }

    #[track_caller]
    fn purged(&self, now: Timestamp, wanted: usize) {
        match self.store.purge(now) {
            Ok(dropped) if dropped == wanted => {}
            Ok(dropped) => self.fail(
                format_args!("{wanted} dropped"),
                format_args!("{dropped} dropped"),
            ),
            Err(error) => self.fail(format_args!("{wanted} dropped"), format_args!("{error:?}")),
        }
    }
}

/// An entry in one line, however long its bytes.
struct Shown<'a>(Option<&'a Entry>);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(entry) = self.0 else {
            return f.write_str("nothing");
        };
        let (size, version) = (entry.bytes().len(), entry.version());
        write!(f, "{size} bytes in {version:?}")?;
        match entry.expires_at() {
            Some(time) => write!(f, " until {}", time.unix()),
            None => Ok(()),
        }
    }
}

const fn key(tag: u8) -> Key {
    Key::from_bytes([tag; 32])
}

const fn version(tag: u8) -> Version {
    Version::from_bytes([tag; 24])
}

fn entry(tag: u8) -> Entry {
    Entry::new(vec![tag; 3], version(tag), None)
}
