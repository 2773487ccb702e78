//! Records that were put back: they are older than high water.

use std::sync::Arc;

use ring::digest;

use crate::account::AfterRestore;
use crate::account::draft::Opened;
use crate::account::steps::restore::restore;
use crate::derivation::{HIGH_WATER, leading};
use crate::error::{Error, ErrorKind};
use crate::event::Event;
use crate::store::{HighWater, Key, Mark};
use crate::time::Timestamp;

/// High water, and what to do with a record that is below it.
#[derive(Clone)]
pub(super) struct Rollback {
    marks: Arc<dyn HighWater + Send + Sync>,
    after: AfterRestore,
    /// A verifier inside a transaction raises nothing: the transaction may roll back.
    raises: bool,
}

/// Whether a record was put back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PutBack {
    No,
    /// It was. What the host chose for this case was done to it.
    Restored,
    /// It was, and nothing is done with it.
    Refused,
}

impl Rollback {
    pub(super) fn new(marks: Arc<dyn HighWater + Send + Sync>, after: AfterRestore) -> Self {
        Self {
            marks,
            after,
            raises: true,
        }
    }

    pub(super) fn without_raising(&self) -> Self {
        Self {
            raises: false,
            ..self.clone()
        }
    }

    /// Reads the mark. Read it before the record: another process may write a newer one in between.
    pub(super) fn highest(&self, key: &Key) -> Result<Option<Mark>, Error> {
        self.marks.highest(key)
    }

    /// Compares a record with its mark, and does what the host chose.
    pub(super) fn judge(&self, opened: &mut Opened, mark: Option<Mark>, now: Timestamp) -> PutBack {
        let Some(mark) = mark.filter(|_| !opened.record.decoy) else {
            return PutBack::No;
        };
        let record = record(&Key::of(&opened.subject), &opened.record.pseudonym);
        let is_same = mark.record() == record;
        if is_same && opened.record.revision >= mark.revision() {
            return PutBack::No;
        }
        // Another record under this key, from before it was erased: it is never taken.
        if !is_same || self.after == AfterRestore::Refuse {
            return PutBack::Refused;
        }
        restore(&mut opened.record, self.after, mark.revision(), now);
        PutBack::Restored
    }

    /// Raises the mark to what an event tells.
    pub(super) fn raise(&self, key: &Key, event: &Event) -> Result<(), Error> {
        if !self.raises {
            return Ok(());
        }
        let record = record(key, &event.pseudonym);
        self.marks.raise(key, Mark::new(record, event.revision))
    }

    pub(super) fn forget(&self, key: &Key) -> Result<(), Error> {
        self.marks.forget(key)
    }
}

/// Tells records apart that one key had in turn. It does not show the pseudonym.
fn record(key: &Key, pseudonym: &[u8; 16]) -> [u8; 8] {
    let mut digest = digest::Context::new(&digest::SHA256);
    digest.update(HIGH_WATER.as_bytes());
    digest.update(key.as_bytes());
    digest.update(pseudonym);
    leading(digest.finish())
}

/// Returns the error of a record that is refused.
pub(super) fn refused() -> Error {
    let why = "it is older than high water: the database was put back. `Verifier::with_high_water` says what to do then";
    Error::corrupt("the account record", why).of(ErrorKind::PutBack)
}

/// Returns the error of a subject that high water knows and the store does not.
pub(super) fn missing() -> Error {
    let rule = "has a mark in high water, and no record: the database was put back. Erase it first";
    Error::misuse("subject", rule).of(ErrorKind::PutBack)
}
