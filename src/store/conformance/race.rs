//! The case of writers that race.

use core::time::Duration;

use super::asked::Asked;
use super::case::{Case, entry, key};
use super::meeting::Meeting;
use super::together::Together;
use crate::error::Error;
use crate::store::contract::{Entry, Key, Replaced, Version};

/// How many race.
const RACERS: u8 = 8;

/// How often they race: an adapter that compares and writes in two steps may be lucky once.
const ROUNDS: u8 = 8;

/// A store that does not answer within this is failed, not waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// The write of a racer.
enum Write {
    Replace(Option<Version>, Entry),
    Remove(Version),
}

pub(super) async fn race<S: Asked + Sync>(case: &Case<S>, together: &impl Together) {
    for round in 0..ROUNDS {
        let key = key(round);
        // Nothing is there and all insert; then all replace what won; then all remove it.
        let inserted = race_to_write(case, &key, None, 1, together).await;
        let replaced = race_to_write(case, &key, Some(&inserted), 101, together).await;
        let remove = |_| Write::Remove(replaced.version());
        let answers = all_at_once(case, &key, Some(&replaced), remove, together).await;
        case.one_winner(&answers, None);
        case.found(case.store.load(&key).await, None);
    }
}

/// Lets all load `present`, then swap it for an entry of their own. Returns the entry that won.
async fn race_to_write<S: Asked + Sync>(
    case: &Case<S>,
    key: &Key,
    present: Option<&Entry>,
    first_tag: u8,
    together: &impl Together,
) -> Entry {
    let own = |racer: u8| entry(first_tag.saturating_add(racer));
    let replace = |racer| Write::Replace(present.map(Entry::version), own(racer));
    let answers = all_at_once(case, key, present, replace, together).await;
    let winner = (0..RACERS)
        .zip(&answers)
        .find(|(_, answer)| matches!(answer, Ok(Replaced::Stored)));
    let Some((winner, _)) = winner else {
        case.fail("one Stored", format_args!("{answers:?}"));
    };
    case.one_winner(&answers, Some(&own(winner)));
    case.found(case.store.load(key).await, Some(&own(winner)));
    own(winner)
}

/// Lets each racer load. When all have loaded `present`, each writes.
async fn all_at_once<S: Asked + Sync>(
    case: &Case<S>,
    key: &Key,
    present: Option<&Entry>,
    write: impl Fn(u8) -> Write,
    together: &impl Together,
) -> Vec<Result<Replaced, Error>> {
    let meeting = Meeting::of(usize::from(RACERS));
    let racer = |number| racer(&case.store, key, &meeting, write(number));
    let mut answers = Vec::new();
    for told in together.all((0..RACERS).map(racer).collect()).await {
        let Some((loaded, is_met, answer)) = told else {
            case.fail("an answer", "a panic");
        };
        case.found(loaded, present);
        if !is_met {
            case.fail("eight loads", "fewer within a minute");
        }
        answers.push(answer);
    }
    answers
}

/// Loads, waits for the others, and writes.
async fn racer<S: Asked>(
    store: &S,
    key: &Key,
    meeting: &Meeting,
    write: Write,
) -> (Result<Option<Entry>, Error>, bool, Result<Replaced, Error>) {
    let loaded = store.load(key).await;
    let is_met = meeting.wait(PATIENCE).await;
    let answer = match write {
        Write::Replace(expected, entry) => store.replace(key, expected.as_ref(), &entry).await,
        Write::Remove(expected) => store.remove(key, &expected).await,
    };
    (loaded, is_met, answer)
}
