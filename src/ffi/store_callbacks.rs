//! A store of the host's own functions.
//!
//! Two are enough. To delete is to replace by nothing, and a conflict is loaded. Only dropping old records needs a third one,
//! since it names no key. A host may do that itself: it knows the time of each record.

use core::ptr;
use std::collections::{HashMap, VecDeque, hash_map};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::callback_failed::CallbackFailed;
use super::callbacks::{
    COUNTERSIGN_CALLBACK_DONE, COUNTERSIGN_LOAD_FOUND, COUNTERSIGN_LOAD_NOTHING, Callbacks,
    countersign_record,
};
use super::entry::{COUNTERSIGN_NEVER, EntryPlace, Given, taken};
use super::handle::{free, give};
use super::state::{COUNTERSIGN_SAVE_CONFLICT, COUNTERSIGN_SAVE_STORED};
use crate::error::{Error, ErrorKind};
use crate::store::{Entry, Key, Page, Replaced, ScanPlace, Store, Version};
use crate::time::Timestamp;

/// More keys are not asked for at once.
const MOST_KEYS: usize = 1_024;

/// A store of the host's own functions.
pub(super) struct CallbackStore {
    callbacks: Arc<Callbacks>,
    past: Mutex<Past>,
}

/// The versions that this process has replaced last. A store that gives one again has lost a write.
#[derive(Default)]
struct Past {
    /// Each with how many were replaced before it.
    all: HashMap<[u8; 24], u64>,
    oldest_first: VecDeque<[u8; 24]>,
    count: u64,
}

impl Past {
    const MOST: usize = 1_024;

    fn add(&mut self, version: &Version) {
        let bytes = *version.as_bytes();
        if let hash_map::Entry::Vacant(place) = self.all.entry(bytes) {
            let _ = place.insert(self.count);
            self.count = self.count.saturating_add(1);
            self.oldest_first.push_back(bytes);
        }
        if self.oldest_first.len() > Self::MOST
            && let Some(oldest) = self.oldest_first.pop_front()
        {
            let _ = self.all.remove(&oldest);
        }
    }

    /// Returns whether a version was replaced when only so many were. One that was replaced during a load may come from it.
    fn held(&self, version: &Version, count: u64) -> bool {
        let place = self.all.get(version.as_bytes());
        place.is_some_and(|before| *before < count)
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

    fn past(&self) -> MutexGuard<'_, Past> {
        self.past.lock().unwrap_or_else(PoisonError::into_inner)
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
                    self.past().add(expected);
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
        let begun = self.past().count;
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
                if self.past().held(&entry.version(), begun) {
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
            COUNTERSIGN_CALLBACK_DONE => Ok(usize::try_from(dropped).unwrap_or(usize::MAX)),
            other => Err(CallbackFailed::returned(NAME, other)),
        }
    }

    fn scan(&self, from: Option<&ScanPlace>, limit: usize) -> Result<Page, Error> {
        const NAME: &str = "scan";
        let Some(scan) = self.callbacks.of.scan else {
            let rule = "must be set to walk over the records";
            return Err(Error::misuse(NAME, rule).of(ErrorKind::NotSupported));
        };
        let after = from.map(ScanPlace::key).transpose()?;
        let after = after.as_ref();
        let most = limit.clamp(1, MOST_KEYS);
        let mut keys = vec![[0_u8; 32]; most];
        let mut count = 0;
        let answer = self.callbacks.run(NAME, || {
            let after = after.map_or(ptr::null(), |key| key.as_bytes().as_ptr());
            let (user, place) = (self.callbacks.of.user, keys.as_mut_ptr().cast());
            // SAFETY: the host has given this function for this, and all that it is given stands until it returns.
            unsafe { scan(user, after, most, place, &raw mut count) }
        })?;
        if answer != COUNTERSIGN_CALLBACK_DONE {
            return Err(CallbackFailed::returned(NAME, answer));
        }
        if count > most {
            return Err(CallbackFailed::error(NAME, "it named more than `most`"));
        }
        keys.truncate(count);
        let keys: Vec<Key> = keys.into_iter().map(Key::from_bytes).collect();
        // A walk that goes in circles would have no end.
        let all = after.into_iter().chain(&keys);
        if !all.is_sorted_by(|before, key| before < key) {
            return Err(CallbackFailed::error(NAME, "its keys are not in order"));
        }
        let next = keys.last().filter(|_| count == most);
        let next = next.map(ScanPlace::after);
        let mut found = Vec::with_capacity(count);
        for key in keys {
            match self.load(&key) {
                Ok(Some(entry)) => found.push((key, Ok(entry))),
                // Deleted meanwhile.
                Ok(None) => {}
                Err(error) if error.is_corrupt() => found.push((key, Err(error))),
                Err(error) => return Err(error),
            }
        }
        Ok(Page::new(found, next))
    }
}
