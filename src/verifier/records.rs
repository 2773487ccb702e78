//! The records behind a verifier: loaded, opened, and written by compare-and-swap.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::decoys::StoredDecoys;
use super::races::{Raced, Turns};
use crate::account::draft::{Opened, Recorded, Sealed, Step};
use crate::account::open;
use crate::account::{IssueBudget, Settings};
use crate::error::Error;
use crate::store::{Entry, Key, Replaced, Store};
use crate::subject::Subject;
use crate::time::Timestamp;
use crate::transition::{CommitResult, Saved, Transition};

/// A store, the settings its records are opened by, and what this process remembers of its own writes.
pub(super) struct Records<S> {
    store: S,
    settings: Settings,
    /// Shared with the records over other stores of this process: see [`on`](Self::on).
    decoys: Arc<Mutex<StoredDecoys>>,
    turns: Turns,
}

/// A record at hand.
pub(super) struct Held {
    pub(super) opened: Opened,
    /// Whether this is a decoy of which nothing is stored. Nothing is written for it: no place for a decoy is left in this
    /// minute.
    pub(super) traceless: bool,
}

impl<S> Records<S> {
    pub(super) fn new(store: S, settings: Settings) -> Self {
        Self {
            store,
            settings,
            decoys: Arc::default(),
            turns: Turns::default(),
        }
    }

    /// Makes records over another store value, with these settings and this count of decoys.
    ///
    /// Turns are not shared. Who waits for one inside a transaction of a database could wait for who waits for that
    /// transaction.
    pub(super) fn on<T>(&self, store: T) -> Records<T> {
        Records {
            store,
            settings: self.settings.clone(),
            decoys: Arc::clone(&self.decoys),
            turns: Turns::default(),
        }
    }

    pub(super) const fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(super) const fn store(&self) -> &S {
        &self.store
    }

    fn decoys(&self) -> MutexGuard<'_, StoredDecoys> {
        // Nothing under this lock leaves its counts half-way.
        self.decoys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Store> Records<S> {
    /// Loads the record, for a call that writes nothing.
    pub(super) fn read(&self, subject: &Subject, now: Timestamp) -> Result<Opened, Error> {
        self.open(subject, self.store.load(&Key::of(subject))?, now)
    }

    /// Loads the record, for a step.
    pub(super) fn load(&self, subject: &Subject, now: Timestamp) -> Result<Held, Error> {
        self.hold(subject, self.store.load(&Key::of(subject))?, now)
    }

    fn hold(
        &self,
        subject: &Subject,
        present: Option<Entry>,
        now: Timestamp,
    ) -> Result<Held, Error> {
        let opened = self.open(subject, present, now)?;
        let limit = self.settings.decoy_limit();
        let is_new = opened.is_new_decoy(now);
        let traceless = is_new && !self.decoys().has_room(now, limit);
        Ok(Held { opened, traceless })
    }

    /// Opens the stored record, or makes a decoy for a subject that has none.
    fn open(
        &self,
        subject: &Subject,
        present: Option<Entry>,
        now: Timestamp,
    ) -> Result<Opened, Error> {
        let Some(entry) = present else {
            return open::unknown(&self.settings, subject, now);
        };
        let opened = open::open(&self.settings, subject, entry.bytes())?;
        if opened.version != Some(entry.version()) {
            let why = "the store names another version than its bytes hold";
            return Err(Error::corrupt("the account record", why));
        }
        Ok(opened)
    }

    /// Takes a step and stores it, and tries again as long as another writer was faster. The first try is for `held`, if the
    /// record is at hand.
    pub(super) fn drive<O>(
        &self,
        subject: &Subject,
        held: Option<Held>,
        now: Timestamp,
        step: impl Fn(&mut Opened) -> Result<Step<O>, Error>,
    ) -> Result<Recorded<O>, Error> {
        let key = Key::of(subject);
        self.turns.race(
            &self.store,
            &key,
            held,
            |present| self.hold(subject, present, now),
            |mut held| {
                let mut winner = None;
                let is_new_decoy = held.opened.is_new_decoy(now);
                let remembered_until = held.opened.remembered_until();
                let result = step(&mut held.opened)?.commit(|sealed| {
                    // An account that is made of a decoy is none any more.
                    let kept = sealed.entry().expires_at();
                    if held.traceless && kept.is_some() {
                        return Saved::Stored;
                    }
                    let saved = self.save(&key, sealed, &mut winner);
                    if let (Some(until), Saved::Stored) = (kept, &saved) {
                        if is_new_decoy {
                            self.decoys().count(now, until);
                        } else {
                            self.decoys().written_again(remembered_until, until);
                        }
                    }
                    saved
                })?;
                Ok(raced(result, winner))
            },
        )
    }

    /// Loads a count of issued codes.
    pub(super) fn load_count(&self, budget: &IssueBudget) -> Result<Option<Entry>, Error> {
        self.store.load(budget.key())
    }

    /// Changes a count, and tries again as long as another writer was faster.
    pub(super) fn count<O>(
        &self,
        budget: &IssueBudget,
        present: Option<Entry>,
        traceless: bool,
        step: impl Fn(Option<&Entry>) -> Result<Transition<O, Sealed>, Error>,
    ) -> Result<O, Error> {
        let attempt = |present: Option<Entry>| {
            let mut winner = None;
            let result = step(present.as_ref())?.commit(|sealed| {
                if traceless {
                    return Saved::Stored;
                }
                self.save(budget.key(), sealed, &mut winner)
            })?;
            Ok(raced(result, winner))
        };
        self.turns
            .race(&self.store, budget.key(), Some(present), Ok, attempt)
    }

    /// Compares and swaps. If another write won, it is left in `winner`.
    fn save(&self, key: &Key, sealed: &Sealed, winner: &mut Option<Entry>) -> Saved<Error> {
        match self
            .store
            .replace(key, sealed.expected().as_ref(), sealed.entry())
        {
            Ok(Replaced::Stored) => Saved::Stored,
            Ok(Replaced::Conflict(present)) => {
                *winner = present;
                Saved::Conflict
            }
            Err(cause) => Saved::Failed(cause),
        }
    }

    /// Deletes a record, and returns whether it was an account.
    pub(super) fn erase(&self, subject: &Subject) -> Result<bool, Error> {
        let key = Key::of(subject);
        let remove = |present: Option<Entry>| {
            let Some(entry) = present else {
                return Ok(Raced::Won(false));
            };
            let was_account = entry.expires_at().is_none();
            Ok(match self.store.remove(&key, &entry.version())? {
                Replaced::Stored => Raced::Won(was_account),
                Replaced::Conflict(winner) => Raced::Lost(winner),
            })
        };
        self.turns.race(&self.store, &key, None, Ok, remove)
    }

    /// Drops the records that are past their time.
    pub(super) fn purge(&self, now: Timestamp) -> Result<usize, Error> {
        let dropped = self.store.purge(now)?;
        self.decoys().purged(now);
        Ok(dropped)
    }
}

fn raced<T>(result: CommitResult<T>, winner: Option<Entry>) -> Raced<T> {
    match result {
        CommitResult::Stored(outcome) => Raced::Won(outcome),
        CommitResult::Conflict => Raced::Lost(winner),
    }
}
