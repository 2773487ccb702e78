//! A store under a rule: answers are compared, and the text of a panic names the rule.

use core::fmt;

use crate::error::Error;
use crate::store::contract::{Entry, Key, Replaced, Version};
use crate::time::Timestamp;

/// The year 2255: so far ahead that a store which also drops by its own clock does not, and beyond 32 bits.
pub(super) const NOW: Timestamp = Timestamp::stored(9_000_000_000);

/// A store, and the rule it is held to at present.
pub(super) struct Case<S> {
    pub(super) store: S,
    pub(super) rule: &'static str,
}

impl<S> Case<S> {
    #[track_caller]
    pub(super) fn stored(&self, answer: Result<Replaced, Error>) {
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
    pub(super) fn conflict(&self, answer: Result<Replaced, Error>, wanted: Option<&Entry>) {
        match answer {
            Ok(Replaced::Conflict(present)) => self.same(present.as_ref(), wanted),
            Ok(Replaced::Stored) => {
                self.fail(format_args!("Conflict with {}", Shown(wanted)), "Stored")
            }
            Err(error) => self.fail("Conflict", format_args!("{error:?}")),
        }
    }

    #[track_caller]
    pub(super) fn found(&self, answer: Result<Option<Entry>, Error>, wanted: Option<&Entry>) {
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
    pub(super) fn fail(&self, wanted: impl fmt::Display, got: impl fmt::Display) -> ! {
        panic!(
            "store conformance: {}: wanted {wanted}, got {got}",
            self.rule
        )
    }

    #[track_caller]
    pub(super) fn purged(&self, answer: Result<usize, Error>, wanted: usize) {
        match answer {
            Ok(dropped) if dropped == wanted => {}
            Ok(dropped) => self.fail(
                format_args!("{wanted} dropped"),
                format_args!("{dropped} dropped"),
            ),
            Err(error) => self.fail(format_args!("{wanted} dropped"), format_args!("{error:?}")),
        }
    }

    /// Checks that exactly one write was `Stored`, and that the others answer with the entry that is there now.
    #[track_caller]
    pub(super) fn one_winner(&self, answers: &[Result<Replaced, Error>], now: Option<&Entry>) {
        let winners = answers
            .iter()
            .filter(|answer| matches!(answer, Ok(Replaced::Stored)))
            .count();
        if winners != 1 {
            self.fail("one Stored", format_args!("{winners} of {}", answers.len()));
        }
        for answer in answers {
            match answer {
                Ok(Replaced::Stored) => {}
                Ok(Replaced::Conflict(present)) => self.same(present.as_ref(), now),
                Err(error) => self.fail("Conflict", format_args!("{error:?}")),
            }
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

pub(super) const fn key(tag: u8) -> Key {
    Key::from_bytes([tag; 32])
}

pub(super) const fn version(tag: u8) -> Version {
    Version::from_bytes([tag; 24])
}

pub(super) fn entry(tag: u8) -> Entry {
    Entry::new(vec![tag; 3], version(tag), None)
}
