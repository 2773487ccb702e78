//! The records behind a verifier: loaded, opened, and written by compare-and-swap.

use super::decoys::Counted;
use super::port::Port;
use super::races::Race;
use super::rollback::{self, PutBack};
use super::shared::Shared;
use crate::account::draft::{Opened, Sealed};
use crate::account::{IssueBudget, open};
use crate::error::Error;
use crate::metrics::RecordKind;
use crate::store::{Entry, Key, Mark, Replaced};
use crate::subject::Subject;
use crate::time::Timestamp;
use crate::transition::Transition;

/// The records that a port leads to.
#[derive(Clone, Copy)]
pub(super) struct Records<'e, P> {
    pub(super) shared: &'e Shared,
    pub(super) port: P,
}

/// A record at hand.
pub(super) struct Held {
    pub(super) opened: Opened,
    /// Whether this is a decoy of which nothing is stored. Nothing is written for it: no place for a decoy is left in this
    /// minute.
    pub(super) traceless: bool,
    pub(super) put_back: PutBack,
}

/// The place of a write among the decoys, if it is one.
#[derive(Clone, Copy)]
pub(super) enum DecoyPlace {
    /// There is none left. Nothing is written.
    None,
    New {
        now: Timestamp,
    },
    /// The decoy is stored already, until then.
    Stored {
        until: Timestamp,
    },
}

impl Held {
    /// Returns the place that a write of the next record has.
    pub(super) fn place(&self, now: Timestamp) -> DecoyPlace {
        if self.traceless {
            DecoyPlace::None
        } else if self.opened.is_new_decoy(now) {
            DecoyPlace::New { now }
        } else {
            let until = self.opened.remembered_until();
            DecoyPlace::Stored { until }
        }
    }
}

impl DecoyPlace {
    /// Returns whether the next record is written. An account that is made of a decoy is none any more, and has a place.
    pub(super) const fn is_written(self, next: &Sealed) -> bool {
        next.entry().expires_at().is_none() || !matches!(self, Self::None)
    }
}

impl<'e, P: Port> Records<'e, P> {
    /// Loads the record, for a call that writes nothing.
    pub(super) async fn read(self, subject: &Subject, now: Timestamp) -> Result<Opened, Error> {
        let key = Key::of(subject);
        let mark = self.shared.mark(&key)?;
        let present = self.port.load(&key).await?;
        match self.open(subject, present, mark, now)? {
            (_, PutBack::Refused) => Err(rollback::refused()),
            (opened, _) => Ok(opened),
        }
    }

    /// Loads the record, for a step.
    pub(super) async fn load(self, subject: &Subject, now: Timestamp) -> Result<Held, Error> {
        let key = Key::of(subject);
        let mark = self.shared.mark(&key)?;
        let present = self.port.load(&key).await?;
        self.hold(subject, present, mark, now)
    }

    /// Opens what stands in the store, for a step.
    pub(super) fn hold(
        self,
        subject: &Subject,
        present: Option<Entry>,
        mark: Option<Mark>,
        now: Timestamp,
    ) -> Result<Held, Error> {
        let (opened, put_back) = self.open(subject, present, mark, now)?;
        let limit = self.shared.settings.decoy_limit();
        let is_new = opened.is_new_decoy(now);
        let traceless = is_new && !self.shared.decoys().has_room(now, limit);
        Ok(Held {
            opened,
            traceless,
            put_back,
        })
    }

    /// Opens the stored record, or makes a decoy for a subject that has none. The mark was read before the record.
    fn open(
        self,
        subject: &Subject,
        present: Option<Entry>,
        mark: Option<Mark>,
        now: Timestamp,
    ) -> Result<(Opened, PutBack), Error> {
        let settings = &self.shared.settings;
        let Some(entry) = present else {
            return Ok((open::unknown(settings, subject, now)?, PutBack::No));
        };
        let version = entry.version();
        let mut opened = open::open(settings, subject, entry.into_bytes())?;
        if opened.version != Some(version) {
            let why = "the store names another version than its bytes hold";
            return Err(Error::corrupt("the account record", why));
        }
        let put_back = match &self.shared.rollback {
            Some(rollback) => rollback.judge(&mut opened, mark, now),
            None => PutBack::No,
        };
        Ok((opened, put_back))
    }

    /// Counts a decoy that is written now. It is counted before the write: its caller may hang up meanwhile.
    pub(super) fn count_decoy(self, next: &Sealed, place: DecoyPlace) -> Counted {
        match (next.entry().expires_at(), place) {
            (Some(until), DecoyPlace::New { now }) => self.shared.decoys().count(now, until),
            (Some(until), DecoyPlace::Stored { until: before }) => {
                self.shared.decoys().written_again(before, until)
            }
            (Some(_), DecoyPlace::None) | (None, _) => Counted::default(),
        }
    }

    /// Takes the count of a decoy back that was not written.
    pub(super) fn take_back(self, counted: Counted) {
        self.shared.decoys().take_back(counted);
    }

    /// Loads a count of issued codes.
    pub(super) async fn load_count(self, budget: &IssueBudget) -> Result<Option<Entry>, Error> {
        self.port.load(budget.key()).await
    }

    /// Changes a count, and tries again as long as another writer was faster.
    pub(super) async fn count<O>(
        self,
        budget: &IssueBudget,
        present: Option<Entry>,
        traceless: bool,
        step: impl Fn(Option<&Entry>) -> Result<Transition<O, Sealed>, Error>,
    ) -> Result<O, Error> {
        let mut race = self.race(RecordKind::Count, budget.key()).knowing(present);
        loop {
            if race.needs_turn() {
                race.take_turn().await;
            }
            let present = race.present().await?;
            let (next, pending) = step(present.as_ref())?.into_pending();
            let next = next.filter(|_| !traceless);
            match race.heard(self.save(budget.key(), next.as_ref()).await)? {
                Replaced::Stored => return Ok(pending.stored()),
                Replaced::Conflict(winner) => race.lost_to(winner).await?,
            }
        }
    }

    /// Compares and swaps, if there is something to store.
    pub(super) async fn save(self, key: &Key, next: Option<&Sealed>) -> Result<Replaced, Error> {
        let Some(next) = next else {
            return Ok(Replaced::Stored);
        };
        let expected = next.expected();
        let replaced = self.port.replace(key, expected.as_ref(), next.entry());
        replaced.await
    }

    /// Deletes a record, and returns whether it was an account.
    pub(super) async fn erase(self, subject: &Subject) -> Result<bool, Error> {
        let key = Key::of(subject);
        let erased = self.erase_under(&key).await;
        // Also if it was another process that erased it.
        self.shared.remembered.forget(&key);
        // Also if nothing was there: a mark alone keeps a subject from being created.
        if let (Ok(_), Some(rollback)) = (&erased, &self.shared.rollback) {
            rollback.forget(&key)?;
        }
        erased
    }

    async fn erase_under(self, key: &Key) -> Result<bool, Error> {
        let mut race = self.race(RecordKind::Account, key);
        loop {
            if race.needs_turn() {
                race.take_turn().await;
            }
            let Some(entry) = race.present().await? else {
                return Ok(false);
            };
            match race.heard(self.port.remove(key, &entry.version()).await)? {
                Replaced::Stored => return Ok(entry.expires_at().is_none()),
                Replaced::Conflict(winner) => race.lost_to(winner).await?,
            }
        }
    }

    /// Drops the records that are past their time.
    pub(super) async fn purge(self, now: Timestamp) -> Result<usize, Error> {
        let dropped = self.port.purge(now).await?;
        self.shared.decoys().purged(now);
        Ok(dropped)
    }

    /// Begins the tries at one record.
    pub(super) fn race(self, kind: RecordKind, key: &'e Key) -> Race<'e, P> {
        Race::new(self.port, self.shared, kind, key)
    }
}
