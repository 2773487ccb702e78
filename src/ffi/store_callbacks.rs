//! A store of the host's own functions.
//!
//! Two are enough. To delete is to replace by nothing, and a conflict is loaded. Only dropping old records needs a third one,
//! since it names no key. A host may do that itself: it knows the time of each record.

use core::ptr;
use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use super::callback_failed::CallbackFailed;
use super::callbacks::{
    COUNTERSIGN_LOAD_FOUND, COUNTERSIGN_LOAD_NOTHING, Callbacks, countersign_record,
};
use super::entry::{COUNTERSIGN_NEVER, EntryPlace, Given, taken};
use super::handle::{free, give};
use super::state::{COUNTERSIGN_SAVE_CONFLICT, COUNTERSIGN_SAVE_STORED};
use crate::error::{Error, ErrorKind};
use crate::store::{Entry, Key, Replaced, Store, Version};
use crate::time::Timestamp;

/// A store of the host's own functions.
pub(super) struct CallbackStore {
    callbacks: Arc<Callbacks>,
    past: Mutex<Past>,
}

/// The versions that this process has replaced last. A store that gives one again has lost a write.
#[derive(Default)]
struct Past {
    all: HashSet<[u8; 24]>,
    oldest_first: VecDeque<[u8; 24]>,
}

impl Past {
    const MOST: usize = 1_024;

    fn add(&mut self, version: &Version) {
        if self.all.insert(*version.as_bytes()) {
            self.oldest_first.push_back(*version.as_bytes());
        }
        if self.oldest_first.len() > Self::MOST
            && let Some(oldest) = self.oldest_first.pop_front()
        {
            let _ = self.all.remove(&oldest);
        }
    }
}

impl CallbackStore {
    /// Takes the functions, if there are both.
    pub(super) fn new(callbacks: Arc<Callbacks>) -> Option<Self> {
        let is_whole = callbacks.of.load.is_some() && callbacks.of.replace.is_some();
        is_whole.then(|| Self {
            callbacks,
            past: Mutex::default(),
        })
    }

    fn swap(
        &self,
        key: &Key,
        expected: Option<&Version>,
        next: Option<&Entry>,
    ) -> Result<Replaced, Error> {
        const NAME: &str = "replace";
        let Some(replace) = self.callbacks.of.replace else {
            return Err(CallbackFailed::error(NAME, "it is null"));
        };
        // `version()` gives a copy, which must stand as long as the call.
        let version = next.map(Entry::version);
        let record = next
            .zip(version.as_ref())
            .map(|(next, version)| countersign_record {
                bytes: next.bytes().as_ptr(),
                length: next.bytes().len(),
                version: version.as_bytes().as_ptr(),
                expires_at: next.expires_at().map_or(COUNTERSIGN_NEVER, i64::from),
            });
        let expected_bytes = expected.map_or(ptr::null(), |version| version.as_bytes().as_ptr());
        let next_record = record.as_ref().map_or(ptr::null(), ptr::from_ref);
        let answer = self.callbacks.run(NAME, || {
            // SAFETY: the host has given this function for this, and all that it is given stands until it returns.
            unsafe {
                replace(
                    self.callbacks.of.user,
                    key.as_bytes().as_ptr(),
                    expected_bytes,
                    next_record,
                )
            }
        })?;
        match answer {
            COUNTERSIGN_SAVE_STORED => {
                if let Some(expected) = expected {
                    self.past
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .add(expected);
                }
                Ok(Replaced::Stored)
            }
            COUNTERSIGN_SAVE_CONFLICT => Ok(Replaced::Conflict(self.load(key)?)),
            other => Err(CallbackFailed::returned(NAME, other)),
        }
    }
}

impl Store for CallbackStore {
    fn load(&self, key: &Key) -> Result<Option<Entry>, Error> {
        const NAME: &str = "load";
        let Some(load) = self.callbacks.of.load else {
            return Err(CallbackFailed::error(NAME, "it is null"));
        };
        let given = Given::default();
        let place = give(EntryPlace(Arc::clone(&given)));
        let answer = self.callbacks.run(NAME, || {
            // SAFETY: the host has given this function for this, and all that it is given stands until it returns.
            unsafe { load(self.callbacks.of.user, key.as_bytes().as_ptr(), place) }
        });
        // SAFETY: the place is of this call alone. If the host has freed it, which it must not, this is refused.
        drop(unsafe { free(place.cast()) });
        match (answer?, taken(&given)) {
            (COUNTERSIGN_LOAD_FOUND, Some(entry)) => {
                let past = self.past.lock().unwrap_or_else(PoisonError::into_inner);
                if past.all.contains(entry.version().as_bytes()) {
                    let why =
                        "the store gave a version that was replaced before: it has lost a write";
                    return Err(Error::corrupt("stored record", why));
                }
                Ok(Some(entry))
            }
            (COUNTERSIGN_LOAD_NOTHING, None) => Ok(None),
            (COUNTERSIGN_LOAD_FOUND, None) => {
                let why = "it found a record, and did not set it";
                Err(CallbackFailed::error(NAME, why))
            }
            (COUNTERSIGN_LOAD_NOTHING, Some(_)) => {
                let why = "it found nothing, and set a record";
                Err(CallbackFailed::error(NAME, why))
            }
            (other, _) => Err(CallbackFailed::returned(NAME, other)),
        }
    }

    fn replace(
        &self,
        key: &Key,
        expected: Option<&Version>,
        entry: &Entry,
    ) -> Result<Replaced, Error> {
        self.swap(key, expected, Some(entry))
    }

    fn remove(&self, key: &Key, expected: &Version) -> Result<Replaced, Error> {
        self.swap(key, Some(expected), None)
    }

    fn purge(&self, now: Timestamp) -> Result<usize, Error> {
        const NAME: &str = "purge";
        let Some(purge) = self.callbacks.of.purge else {
            let rule = "must be set, or the host drops records by their `expires_at` itself";
            return Err(Error::misuse(NAME, rule).of(ErrorKind::MissingSetting));
        };
        let mut dropped = 0;
        let answer = self.callbacks.run(NAME, || {
            // SAFETY: the host has given this function for this, and all that it is given stands until it returns.
            unsafe { purge(self.callbacks.of.user, i64::from(now), &raw mut dropped) }
        })?;
        match answer {
            0 => Ok(usize::try_from(dropped).unwrap_or(usize::MAX)),
            other => Err(CallbackFailed::returned(NAME, other)),
        }
    }
}

#[cfg(test)]
mod tests {
    use core::ffi::c_void;

    use super::*;
    use crate::ffi::callbacks::countersign_callbacks;
    use crate::ffi::entry::{countersign_entry, countersign_entry_set};
    use crate::store::conformance;
    use crate::store::memory::MemoryStore;

    unsafe fn key(bytes: *const u8) -> Key {
        // SAFETY: a key has 32 bytes.
        Key::from_bytes(unsafe { *bytes.cast() })
    }

    unsafe extern "C-unwind" fn load(
        user: *mut c_void,
        key_bytes: *const u8,
        place: *mut countersign_entry,
    ) -> i32 {
        // SAFETY: the test gave a store, which it leaks.
        let (store, key) = unsafe { (&*user.cast::<MemoryStore>(), key(key_bytes)) };
        let Some(entry) = store.load(&key).unwrap() else {
            return COUNTERSIGN_LOAD_NOTHING;
        };
        let (bytes, version) = (entry.bytes(), entry.version());
        let expires_at = entry.expires_at().map_or(COUNTERSIGN_NEVER, i64::from);
        // SAFETY: all pointers lead to what stands until the call returns.
        let set = unsafe {
            countersign_entry_set(
                place,
                bytes.as_ptr(),
                bytes.len(),
                version.as_bytes().as_ptr(),
                24,
                expires_at,
            )
        };
        assert_eq!(set, 0);
        COUNTERSIGN_LOAD_FOUND
    }

    unsafe extern "C-unwind" fn replace(
        user: *mut c_void,
        key_bytes: *const u8,
        expected: *const u8,
        next: *const countersign_record,
    ) -> i32 {
        // SAFETY: as `load`; a version has 24 bytes, and a record stands until this returns.
        let (store, key, expected, next) = unsafe {
            (
                &*user.cast::<MemoryStore>(),
                key(key_bytes),
                expected.cast::<[u8; 24]>().as_ref(),
                next.as_ref(),
            )
        };
        let expected = expected.map(|bytes| Version::from_bytes(*bytes));
        let replaced = match next {
            None => store.remove(&key, &expected.unwrap()).unwrap(),
            Some(next) => {
                // SAFETY: the record says so many bytes.
                let (bytes, version) = unsafe {
                    (
                        core::slice::from_raw_parts(next.bytes, next.length).to_vec(),
                        core::slice::from_raw_parts(next.version, 24).to_vec(),
                    )
                };
                let expires_at = Some(next.expires_at).filter(|at| *at != COUNTERSIGN_NEVER);
                let entry = Entry::from_columns(bytes, version, expires_at).unwrap();
                store.replace(&key, expected.as_ref(), &entry).unwrap()
            }
        };
        match replaced {
            Replaced::Stored => COUNTERSIGN_SAVE_STORED,
            Replaced::Conflict(_) => COUNTERSIGN_SAVE_CONFLICT,
        }
    }

    unsafe extern "C-unwind" fn purge(user: *mut c_void, now: i64, dropped: *mut u64) -> i32 {
        // SAFETY: as `load`.
        let store = unsafe { &*user.cast::<MemoryStore>() };
        let count = store.purge(Timestamp::from_unix(now).unwrap()).unwrap();
        // SAFETY: the place is the caller's.
        unsafe { dropped.write(count as u64) };
        0
    }

    #[test]
    fn two_callbacks_keep_the_contract_of_stores() {
        conformance::run(|| {
            let store: &'static MemoryStore = Box::leak(Box::default());
            let of = countersign_callbacks {
                size: size_of::<countersign_callbacks>(),
                user: ptr::from_ref(store).cast_mut().cast(),
                load: Some(load),
                replace: Some(replace),
                purge: Some(purge),
                now: None,
                audit: None,
            };
            // SAFETY: the struct stands until it is copied.
            let callbacks = unsafe { Callbacks::read(&raw const of, 1) }.ok().unwrap();
            CallbackStore::new(Arc::new(callbacks)).unwrap()
        });
    }
}
