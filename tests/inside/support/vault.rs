//! A store and an audit trail that tests look into, and that fail when told to.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use countersign::store::memory::MemoryStore;
use countersign::store::{Entry, Key, Replaced, Store, Version};
use countersign::{
    Error, Subject, Timestamp,
    audit::{Audit, Event},
    metrics::{Measure, Metrics},
};

/// A store that notes what it stores and can be told to fail.
#[derive(Clone, Debug, Default)]
pub struct Vault {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    store: MemoryStore,
    written: Mutex<Vec<Entry>>,
    keys: Mutex<Vec<(Version, Key)>>,
    /// Every call so far: what was asked, and how long the answer or the entry was.
    calls: Mutex<Vec<(&'static str, usize)>>,
    is_down: AtomicBool,
    /// Fails, after it has stored.
    loses_answers: AtomicBool,
}

impl Vault {
    pub fn is_down(&self, down: bool) {
        self.inner.is_down.store(down, Ordering::SeqCst);
    }

    pub fn loses_answers(&self, lost: bool) {
        self.inner.loses_answers.store(lost, Ordering::SeqCst);
    }

    /// The calls since the last time somebody asked.
    pub fn calls(&self) -> Vec<(&'static str, usize)> {
        std::mem::take(&mut *self.inner.calls.lock().unwrap())
    }

    fn note(&self, call: &'static str, length: usize) {
        self.inner.calls.lock().unwrap().push((call, length));
    }

    /// Everything that was ever stored.
    pub fn written(&self) -> Vec<Entry> {
        self.inner.written.lock().unwrap().clone()
    }

    pub fn writes(&self) -> usize {
        self.inner.written.lock().unwrap().len()
    }

    /// The length of the last record that was written.
    pub fn last_length(&self) -> usize {
        self.inner
            .written
            .lock()
            .unwrap()
            .last()
            .unwrap()
            .bytes()
            .len()
    }

    #[track_caller]
    pub fn bytes_of(&self, subject: &Subject) -> Vec<u8> {
        let entry = self.inner.store.load(&Key::of(subject)).unwrap();
        entry.expect("no record").bytes().to_vec()
    }

    /// How many entries stand there now.
    pub fn entries(&self) -> usize {
        let keys = self.inner.keys.lock().unwrap();
        let distinct: std::collections::BTreeSet<_> =
            keys.iter().map(|(_, key)| key.as_bytes()).collect();
        let load = |key: &&[u8; 32]| self.inner.store.load(&Key::from_bytes(**key)).unwrap();
        distinct.iter().filter(|key| load(key).is_some()).count()
    }

    /// What stands there now, to be put back later.
    pub fn entry_of(&self, subject: &Subject) -> Option<Entry> {
        self.inner.store.load(&Key::of(subject)).unwrap()
    }

    /// Where an entry was written.
    #[track_caller]
    pub fn key_of(&self, entry: &Entry) -> Key {
        let keys = self.inner.keys.lock().unwrap();
        let found = keys.iter().find(|(version, _)| *version == entry.version());
        found.expect("nothing like it was written").1
    }

    /// Puts a record there, whatever stands there.
    pub fn put(&self, subject: &Subject, entry: &Entry) {
        self.put_at(&Key::of(subject), entry);
    }

    pub fn put_at(&self, key: &Key, entry: &Entry) {
        let store = &self.inner.store;
        let present = store.load(key).unwrap().map(|entry| entry.version());
        let replaced = store.replace(key, present.as_ref(), entry).unwrap();
        assert_eq!(replaced, Replaced::Stored);
    }

    fn expect_up(&self) -> Result<(), Error> {
        if self.inner.is_down.load(Ordering::SeqCst) {
            return Err(Error::store("vault", "it is down"));
        }
        Ok(())
    }
}

impl Store for Vault {
    fn load(&self, key: &Key) -> Result<Option<Entry>, Error> {
        self.expect_up()?;
        let loaded = self.inner.store.load(key)?;
        let length = loaded.as_ref().map_or(0, |entry| entry.bytes().len());
        self.note("load", length);
        Ok(loaded)
    }

    fn replace(
        &self,
        key: &Key,
        expected: Option<&Version>,
        entry: &Entry,
    ) -> Result<Replaced, Error> {
        self.expect_up()?;
        let replaced = self.inner.store.replace(key, expected, entry)?;
        self.note("replace", entry.bytes().len());
        if replaced == Replaced::Stored {
            self.inner.written.lock().unwrap().push(entry.clone());
            let named = (entry.version(), *key);
            self.inner.keys.lock().unwrap().push(named);
        }
        if self.inner.loses_answers.load(Ordering::SeqCst) {
            return Err(Error::store("vault", "the answer was lost"));
        }
        Ok(replaced)
    }

    fn remove(&self, key: &Key, expected: &Version) -> Result<Replaced, Error> {
        self.expect_up()?;
        self.inner.store.remove(key, expected)
    }

    fn purge(&self, now: Timestamp) -> Result<usize, Error> {
        self.expect_up()?;
        self.inner.store.purge(now)
    }
}

/// An audit trail that can be told to fail.
#[derive(Clone, Default)]
pub struct Trail {
    events: Arc<Mutex<Vec<Event>>>,
    is_down: Arc<AtomicBool>,
}

impl Trail {
    pub fn is_down(&self, down: bool) {
        self.is_down.store(down, Ordering::SeqCst);
    }

    pub fn events(&self) -> Vec<Event> {
        self.events.lock().unwrap().clone()
    }

    #[track_caller]
    pub fn last(&self) -> Event {
        self.events().last().expect("no event").clone()
    }
}

impl Audit for Trail {
    fn write(&self, event: &Event) -> Result<(), Error> {
        if self.is_down.load(Ordering::SeqCst) {
            return Err(Error::store("trail", "it is down"));
        }
        self.events.lock().unwrap().push(event.clone());
        Ok(())
    }
}

/// Measures, each with its name and labels.
#[derive(Clone, Default)]
pub struct Measures(Arc<Mutex<Vec<String>>>);

impl Measures {
    /// The measures since the last time somebody asked.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

impl Metrics for Measures {
    fn record(&self, measure: Measure) {
        let labels: Vec<_> = measure.labels().collect();
        let text = format!("{} {labels:?}", measure.name());
        self.0.lock().unwrap().push(text);
    }
}
