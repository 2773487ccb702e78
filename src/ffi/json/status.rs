//! The status of a subject.

use serde::Serialize;

use super::write;
use crate::factor::Factor;
use crate::ffi::failure::Failure;
use crate::ffi::text::Text;
use crate::status::{Lock, Status};

#[derive(Serialize)]
struct StatusForm {
    is_suspended: bool,
    epoch: u32,
    enrolled: Vec<&'static str>,
    locked: Vec<LockForm>,
    /// How many are left of a list.
    recovery_codes: Option<usize>,
    is_word_due: bool,
}

#[derive(Serialize)]
struct LockForm {
    factor: &'static str,
    /// Nothing, if waiting does not end the lock.
    until: Option<u64>,
}

/// Writes the status of a subject.
pub(crate) fn status(status: &Status) -> Result<Text, Failure> {
    let enrolled = Factor::ALL.iter().filter(|one| status.is_enrolled(**one));
    let locked = Factor::ALL.iter().filter_map(|one| {
        let lock = status.locked(*one)?;
        Some(LockForm {
            factor: one.name(),
            until: match lock {
                Lock::Until(release) => Some(release.unix()),
                Lock::Indefinite => None,
            },
        })
    });
    write::text(&StatusForm {
        is_suspended: status.is_suspended(),
        epoch: status.epoch(),
        enrolled: enrolled.map(|one| one.name()).collect(),
        locked: locked.collect(),
        recovery_codes: status.recovery_codes(),
        is_word_due: status.is_word_due(),
    })
}
