//! The place where a callback puts a record that it has loaded.

use std::sync::{Arc, Mutex, PoisonError};

use super::border::of;
use super::failure::Failure;
use super::handle::Object;
use super::input::bytes;
use super::result::{COUNTERSIGN_ERROR_BAD_INPUT, countersign_result};
use crate::store::Entry;

/// The place of a loaded record. It lives until `countersign_load` returns, and is not freed by the host.
pub struct countersign_entry {
    _private: (),
}

/// In the place of a time: for ever. It is greater than each moment, so no comparison of times drops the record of a person.
pub const COUNTERSIGN_NEVER: i64 = i64::MAX;

/// A loaded record, once a callback has put it into its place.
pub(super) type Given = Arc<Mutex<Option<Entry>>>;

pub(super) struct EntryPlace(pub(super) Given);

impl Object for EntryPlace {
    type Tag = countersign_entry;
    const KIND: u64 = 0xc5e1_9a07_4d21_0040;
    const NAME: &str = "entry";
}

/// Takes what was put into a place.
pub(super) fn taken(given: &Given) -> Option<Entry> {
    given.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// Puts a loaded record into its place: its bytes, its version of 24 bytes, and the time of `countersign_record`. All is copied.
///
/// # Safety
/// `entry` is null or what `countersign_load` was given. `data` and `version` are null or lead to so many bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_entry_set(
    entry: *const countersign_entry,
    data: *const u8,
    data_length: usize,
    version: *const u8,
    version_length: usize,
    expires_at: i64,
) -> countersign_result {
    let body = |place: &EntryPlace| {
        // SAFETY: as of this function.
        let (data, version) = unsafe {
            (
                bytes("data", data, data_length)?,
                bytes("version", version, version_length)?,
            )
        };
        let expires_at = Some(expires_at).filter(|at| *at != COUNTERSIGN_NEVER);
        let entry = Entry::from_columns(data.to_vec(), version.to_vec(), expires_at)?;
        let mut given = place.0.lock().unwrap_or_else(PoisonError::into_inner);
        if given.is_some() {
            let why = "was set before";
            return Err(Failure::of(COUNTERSIGN_ERROR_BAD_INPUT, "entry", why));
        }
        *given = Some(entry);
        Ok(())
    };
    // SAFETY: as of this function.
    unsafe { of(entry, body) }
}
