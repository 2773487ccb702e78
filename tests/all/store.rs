//! Stores: the suite on each of them, the suite on broken ones, the wrappers that force races and faults.

mod waited;

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use crate::support::stores::{directory, entry, key, version};
use crate::support::tasks::wait_for;
use countersign::store::conformance::{self, TestStore};
use countersign::store::memory::MemoryStore;
use countersign::store::sqlite::SqliteStore;
use countersign::store::{Entry, Key, Offloaded, Replaced, Store, Version};
use countersign::{Error, Timestamp};

// --- The suite -----------------------------------------------------------------------------------------------------

#[test]
fn memory_conforms() {
    conformance::run(MemoryStore::new);
}

#[test]
fn sqlite_conforms() {
    let directory = directory();
    let count = Cell::new(0);
    conformance::run(|| {
        count.set(count.get() + 1);
        SqliteStore::open(directory.path().join(format!("{}.db", count.get()))).unwrap()
    });
}

/// Several connections on one file, taken in turn.
struct Several {
    stores: Vec<SqliteStore>,
    calls: AtomicUsize,
}

impl Several {
    fn next(&self) -> &SqliteStore {
        &self.stores[self.calls.fetch_add(1, Ordering::SeqCst) % self.stores.len()]
    }
}

impl Store for Several {
    fn load(&self, key: &Key) -> Result<Option<Entry>, Error> {
        self.next().load(key)
    }

    fn replace(
        &self,
        key: &Key,
        expected: Option<&Version>,
        entry: &Entry,
    ) -> Result<Replaced, Error> {
        self.next().replace(key, expected, entry)
    }

    fn remove(&self, key: &Key, expected: &Version) -> Result<Replaced, Error> {
        self.next().remove(key, expected)
    }

    fn purge(&self, now: Timestamp) -> Result<usize, Error> {
        self.next().purge(now)
    }
}

#[test]
fn sqlite_conforms_over_several_connections() {
    let directory = directory();
    let count = Cell::new(0);
    conformance::run(|| {
        count.set(count.get() + 1);
        let path = directory.path().join(format!("{}.db", count.get()));
        Several {
            stores: (0..8).map(|_| SqliteStore::open(&path).unwrap()).collect(),
            calls: AtomicUsize::new(0),
        }
    });
}

#[test]
fn the_wrappers_conform() {
    conformance::run(|| TestStore::new(MemoryStore::new()));
}

#[test]
fn the_suite_takes_references_and_unsized_stores() {
    let stores: Vec<MemoryStore> = (0..20).map(|_| MemoryStore::new()).collect();
    let left = Cell::new(stores.iter());
    conformance::run(|| -> &(dyn Store + Sync) {
        let mut rest = left.take();
        let store = rest.next().unwrap();
        left.set(rest);
        store
    });
}

#[test]
fn a_store_is_handed_on_by_pointers() {
    conformance::run(|| Arc::new(MemoryStore::new()));
    conformance::run(|| -> Box<dyn Store + Sync> { Box::new(MemoryStore::new()) });
}

// --- The suite on adapters as people get them wrong ------------------------------------------------------------------

#[derive(Clone, Copy, Debug)]
enum Mistake {
    /// `UPDATE .. WHERE key = ?`
    ReplaceIgnoresTheVersion,
    /// `INSERT .. ON CONFLICT DO UPDATE`
    InsertOverwrites,
    /// `UPDATE .. WHERE key = ? AND version = ?`, and then "it gave no error".
    NoRowsUpdatedIsStored,
    /// `SELECT`, compare, `UPDATE`: in two steps.
    ComparesThenWrites,
    /// `DELETE .. WHERE key = ?`
    RemoveIgnoresTheVersion,
    /// `COALESCE(expires_at, 0) <= ?`
    PurgeTakesNoTimeForZero,
    /// `expires_at < ?`
    PurgeSparesTheBoundary,
    /// Answers "somebody was faster", and not who.
    ConflictWithoutTheWinner,
    /// `VARCHAR` for bytes.
    BytesEndAtNul,
    /// A column that is too short for what it must compare.
    VersionIsCutOff,
    /// A key column with a text collation.
    KeysCompareAsText,
    /// A time in 32 bits.
    TimeIsCutOff,
    /// `UPDATE .. SET bytes = ?, version = ?`
    ReplaceKeepsTheTime,
    /// `load` from a replica that is one write behind.
    ReadsFromAReplica,
    /// Two regions, each with a copy. Each compares with its own, and the last write wins.
    LastWriterWins,
    /// SQLSTATE 40001 handed on as a failure.
    SerializationFailureIsAnError,
    /// An index over the first 16 bytes.
    KeyIsCutOff,
}

struct Broken {
    inner: MemoryStore,
    /// The other copy, where there are two.
    other: MemoryStore,
    mistake: Mistake,
    calls: AtomicUsize,
    /// Calls that are under way.
    busy: AtomicUsize,
}

impl Broken {
    fn key(&self, key: &Key) -> Key {
        match self.mistake {
            Mistake::KeysCompareAsText => {
                Key::from_bytes(key.as_bytes().map(|b| b.to_ascii_lowercase()))
            }
            Mistake::KeyIsCutOff => {
                let mut bytes = [0; 32];
                bytes[..16].copy_from_slice(&key.as_bytes()[..16]);
                Key::from_bytes(bytes)
            }
            _ => *key,
        }
    }

    /// Brings what one copy holds to another, whatever stands there.
    fn copy(&self, key: &Key, from: &MemoryStore, to: &MemoryStore) {
        let entry = from.load(key).unwrap();
        loop {
            let present = to.load(key).unwrap().map(|entry| entry.version());
            let answer = match (&entry, present) {
                (Some(entry), present) => to.replace(key, present.as_ref(), entry).unwrap(),
                (None, Some(present)) => to.remove(key, &present).unwrap(),
                (None, None) => return,
            };
            if answer == Replaced::Stored {
                return;
            }
        }
    }

    /// Does it in one of two regions, and then tells the other.
    fn in_a_region(
        &self,
        key: &Key,
        act: impl Fn(&MemoryStore) -> Result<Replaced, Error>,
    ) -> Result<Replaced, Error> {
        let mut regions = [&self.inner, &self.other];
        regions.rotate_left(self.calls.fetch_add(1, Ordering::Relaxed) % 2);
        let [here, there] = regions;
        let answer = act(here)?;
        thread::sleep(Duration::from_millis(3));
        if answer == Replaced::Stored {
            self.copy(key, here, there);
        }
        Ok(answer)
    }

    fn entry(&self, key: &Key, entry: &Entry) -> Entry {
        let bytes = match self.mistake {
            Mistake::BytesEndAtNul => entry.bytes().split(|b| *b == 0).next().unwrap(),
            _ => entry.bytes(),
        };
        let expires_at = match self.mistake {
            Mistake::TimeIsCutOff => entry
                .expires_at()
                .map(|time| Timestamp::from_unix(i64::from(time.unix() as u32)).unwrap()),
            Mistake::ReplaceKeepsTheTime => match self.inner.load(key).unwrap() {
                Some(present) => present.expires_at(),
                None => entry.expires_at(),
            },
            _ => entry.expires_at(),
        };
        Entry::new(bytes.to_vec(), entry.version(), expires_at)
    }

    /// The version to hand on so that the store below sees what the mistake makes of it.
    fn expected(&self, key: &Key, expected: Option<&Version>) -> Option<Version> {
        let present = self.inner.load(key).unwrap().map(|entry| entry.version());
        let start = |version: &Version| version.as_bytes()[..8].to_vec();
        match (self.mistake, present, expected) {
            (Mistake::ReplaceIgnoresTheVersion, Some(present), Some(_)) => Some(present),
            (Mistake::InsertOverwrites, present, None) => present,
            (Mistake::VersionIsCutOff, Some(present), Some(expected))
                if start(&present) == start(expected) =>
            {
                Some(present)
            }
            _ => expected.copied(),
        }
    }

    fn answer(&self, answer: Replaced) -> Replaced {
        match (self.mistake, answer) {
            (Mistake::NoRowsUpdatedIsStored, _) => Replaced::Stored,
            (Mistake::ConflictWithoutTheWinner, Replaced::Conflict(_)) => Replaced::Conflict(None),
            (_, answer) => answer,
        }
    }
}

impl Store for Broken {
    fn load(&self, key: &Key) -> Result<Option<Entry>, Error> {
        if matches!(self.mistake, Mistake::ReadsFromAReplica) {
            let behind = self.other.load(key);
            self.copy(key, &self.inner, &self.other);
            return behind;
        }
        self.inner.load(&self.key(key))
    }

    fn replace(
        &self,
        key: &Key,
        expected: Option<&Version>,
        entry: &Entry,
    ) -> Result<Replaced, Error> {
        let key = &self.key(key);
        let entry = &self.entry(key, entry);
        if matches!(self.mistake, Mistake::LastWriterWins) {
            return self.in_a_region(key, |here| here.replace(key, expected, entry));
        }
        if matches!(self.mistake, Mistake::SerializationFailureIsAnError) {
            let others = self.busy.fetch_add(1, Ordering::SeqCst);
            thread::sleep(Duration::from_millis(3));
            let answer = self.inner.replace(key, expected, entry);
            self.busy.fetch_sub(1, Ordering::SeqCst);
            return match answer {
                Ok(Replaced::Conflict(_)) if others > 0 => {
                    Err(Error::store("my table", "could not serialize access"))
                }
                answer => answer,
            };
        }
        if matches!(self.mistake, Mistake::ComparesThenWrites) {
            let present = self.inner.load(key)?;
            if present.as_ref().map(Entry::version) != expected.copied() {
                return Ok(Replaced::Conflict(present));
            }
            thread::sleep(Duration::from_millis(20));
            // Blindly: whatever stands there by now.
            loop {
                let present = self.inner.load(key)?.map(|entry| entry.version());
                if self.inner.replace(key, present.as_ref(), entry)? == Replaced::Stored {
                    return Ok(Replaced::Stored);
                }
            }
        }
        let expected = self.expected(key, expected);
        let answer = self.inner.replace(key, expected.as_ref(), entry)?;
        Ok(self.answer(answer))
    }

    fn remove(&self, key: &Key, expected: &Version) -> Result<Replaced, Error> {
        let key = &self.key(key);
        if matches!(self.mistake, Mistake::LastWriterWins) {
            return self.in_a_region(key, |here| here.remove(key, expected));
        }
        let present = self.inner.load(key)?.map(|entry| entry.version());
        let expected = match (self.mistake, present) {
            (Mistake::RemoveIgnoresTheVersion, Some(present)) => present,
            _ => *expected,
        };
        let answer = self.inner.remove(key, &expected)?;
        Ok(self.answer(answer))
    }

    fn purge(&self, now: Timestamp) -> Result<usize, Error> {
        match self.mistake {
            Mistake::PurgeTakesNoTimeForZero => {
                let timeless = (0..=u8::MAX)
                    .filter_map(|tag| Some((key(tag), self.inner.load(&key(tag)).unwrap()?)))
                    .filter(|(_, entry)| entry.expires_at().is_none())
                    .filter(|(key, entry)| {
                        self.inner.remove(key, &entry.version()).unwrap() == Replaced::Stored
                    })
                    .count();
                Ok(timeless + self.inner.purge(now)?)
            }
            Mistake::PurgeSparesTheBoundary => {
                let before = i64::try_from(now.unix()).unwrap() - 1;
                self.inner.purge(Timestamp::from_unix(before)?)
            }
            Mistake::LastWriterWins => {
                self.other.purge(now)?;
                self.inner.purge(now)
            }
            _ => self.inner.purge(now),
        }
    }
}

#[test]
fn the_suite_finds_broken_adapters_blocking_or_waited_for() {
    for (mistake, rule) in [
        (
            Mistake::ReplaceIgnoresTheVersion,
            "a replace needs the present version",
        ),
        (Mistake::InsertOverwrites, "an insert needs an empty place"),
        (
            Mistake::NoRowsUpdatedIsStored,
            "an empty store holds nothing: wanted Conflict",
        ),
        (
            Mistake::ComparesThenWrites,
            "of writes that race for one version, one wins: wanted one Stored, got 8 of 8",
        ),
        (
            Mistake::RemoveIgnoresTheVersion,
            "a remove needs the present version",
        ),
        (
            Mistake::PurgeTakesNoTimeForZero,
            "a purge drops what expired and nothing else: wanted 2 dropped, got 3",
        ),
        (
            Mistake::PurgeSparesTheBoundary,
            "a purge drops what expired and nothing else: wanted 2 dropped, got 1",
        ),
        (
            Mistake::ConflictWithoutTheWinner,
            "an insert needs an empty place: wanted 3 bytes",
        ),
        (
            Mistake::BytesEndAtNul,
            "bytes come back as they went in: wanted 1 bytes",
        ),
        (
            Mistake::VersionIsCutOff,
            "keys and versions are compared byte by byte",
        ),
        (
            Mistake::KeysCompareAsText,
            "keys and versions are compared byte by byte",
        ),
        (
            Mistake::TimeIsCutOff,
            "a replace needs the present version: wanted 1 bytes in Version(02020202..) until 9000000000",
        ),
        (
            Mistake::ReplaceKeepsTheTime,
            "a replace needs the present version",
        ),
        (
            Mistake::ReadsFromAReplica,
            "an insert needs an empty place: wanted 3 bytes",
        ),
        (
            Mistake::LastWriterWins,
            "of writes that race for one version, one wins: wanted one Stored, got 2 of 8",
        ),
        (
            Mistake::SerializationFailureIsAnError,
            "of writes that race for one version, one wins: wanted Conflict",
        ),
        (
            Mistake::KeyIsCutOff,
            "keys and versions are compared byte by byte",
        ),
    ] {
        let broken = || Broken {
            inner: MemoryStore::new(),
            other: MemoryStore::new(),
            mistake,
            calls: AtomicUsize::new(0),
            busy: AtomicUsize::new(0),
        };
        let wanted = format!("store conformance: {rule}");
        let found = |run: &dyn Fn()| {
            let payload = catch_unwind(AssertUnwindSafe(run))
                .expect_err(&format!("{mistake:?} went through"));
            let text = payload.downcast_ref::<String>().expect("a text");
            assert!(text.starts_with(&wanted), "{mistake:?} gave {text:?}");
        };
        found(&|| conformance::run(broken));
        found(&|| wait_for(conformance::run_async(async || Offloaded::new(broken()))));
    }
}

#[test]
fn the_suite_finds_a_store_that_only_fails() {
    let failing = || {
        let store = TestStore::new(MemoryStore::new());
        store.fail_next(1);
        store
    };
    let payload = catch_unwind(|| conformance::run(failing)).expect_err("went through");
    let text = payload.downcast_ref::<String>().unwrap();
    assert!(text.contains("this write had to fail"), "{text}");
}

// --- The wrappers ----------------------------------------------------------------------------------------------------

#[test]
fn a_gate_makes_the_race_happen() {
    let gate = TestStore::racing(MemoryStore::new(), 8);
    assert_eq!(
        gate.replace(&key(1), None, &entry(100)).unwrap(),
        Replaced::Stored
    );
    let stored = AtomicUsize::new(0);
    thread::scope(|scope| {
        for tag in 0..8 {
            let (gate, stored) = (&gate, &stored);
            scope.spawn(move || {
                let seen = gate.load(&key(1)).unwrap().unwrap();
                assert_eq!(seen, entry(100), "somebody wrote before all had loaded");
                if gate
                    .replace(&key(1), Some(&seen.version()), &entry(tag))
                    .unwrap()
                    == Replaced::Stored
                {
                    stored.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
    });
    assert_eq!((stored.into_inner(), gate.conflicts()), (1, 7));
}

#[test]
fn faults_come_in_the_order_of_the_script() {
    let store = TestStore::new(MemoryStore::new());
    store.conflict_next(1);
    store.fail_next(1);
    store.lose_next(1);
    let write = |tag| store.replace(&key(1), None, &entry(tag));
    assert_eq!(write(1).unwrap(), Replaced::Conflict(None));
    assert!(write(2).unwrap_err().is_store());
    assert_eq!(store.load(&key(1)).unwrap(), None, "failed before writing");
    assert_eq!(store.pending(), 1);
    assert!(write(3).unwrap_err().is_store());
    assert_eq!(
        store.load(&key(1)).unwrap(),
        Some(entry(3)),
        "written, and the answer lost"
    );
    assert_eq!(write(4).unwrap(), Replaced::Conflict(Some(entry(3))));
    store.conflict_next(1);
    store.lose_next(1);
    assert_eq!(
        store.remove(&key(1), &version(3)).unwrap(),
        Replaced::Conflict(Some(entry(3)))
    );
    assert!(store.remove(&key(1), &version(3)).unwrap_err().is_store());
    assert_eq!((store.load(&key(1)).unwrap(), store.pending()), (None, 0));
}

#[test]
fn a_store_is_send_and_sync() {
    fn shared<T: Send + Sync>() {}
    shared::<SqliteStore>();
    shared::<MemoryStore>();
    shared::<TestStore<MemoryStore>>();
}
