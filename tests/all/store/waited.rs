//! The suite over stores that are waited for, and over broken ones.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use crate::support::stores::{directory, entry, key, version};
use crate::support::tasks::{a_moment, poll_once, wait_for};
use countersign::store::conformance::{self, TestStore};
use countersign::store::memory::MemoryStore;
use countersign::store::sqlite::SqliteStore;
use countersign::store::{AsyncStore, Entry, Key, Offloaded, Replaced, Store, Version};
use countersign::{Error, Timestamp};

#[test]
fn memory_conforms_where_it_is_waited_for() {
    wait_for(conformance::run_async(async || MemoryStore::new()));
    wait_for(conformance::run_async(
        async || Arc::new(MemoryStore::new()),
    ));
}

#[test]
fn the_wrappers_conform_where_they_are_waited_for() {
    wait_for(conformance::run_async(async || {
        TestStore::new(MemoryStore::new())
    }));
}

// --- Blocking stores, offloaded --------------------------------------------------------------------------------------

#[test]
fn sqlite_conforms_where_it_is_waited_for() {
    let directory = directory();
    let count = AtomicUsize::new(0);
    wait_for(conformance::run_async(async || {
        let number = count.fetch_add(1, Ordering::SeqCst);
        let path = directory.path().join(format!("{number}.db"));
        Offloaded::new(SqliteStore::open(path).unwrap())
    }));
    wait_for(conformance::run_async(async || {
        Offloaded::new(MemoryStore::new()).with_offload(|call| {
            thread::spawn(call);
        })
    }));
}

/// Says which thread calls it, and panics on request.
struct Watched {
    inner: MemoryStore,
    seen: Mutex<Vec<ThreadId>>,
}

impl Store for Watched {
    fn load(&self, key: &Key) -> Result<Option<Entry>, Error> {
        self.seen.lock().unwrap().push(thread::current().id());
        assert_ne!(*key, self::key(13), "as planned");
        Store::load(&self.inner, key)
    }

    fn replace(
        &self,
        key: &Key,
        expected: Option<&Version>,
        entry: &Entry,
    ) -> Result<Replaced, Error> {
        Store::replace(&self.inner, key, expected, entry)
    }

    fn remove(&self, key: &Key, expected: &Version) -> Result<Replaced, Error> {
        Store::remove(&self.inner, key, expected)
    }

    fn purge(&self, now: Timestamp) -> Result<usize, Error> {
        Store::purge(&self.inner, now)
    }
}

#[test]
fn a_blocking_store_is_called_elsewhere_and_its_panic_is_an_error() {
    let watched = || {
        Arc::new(Watched {
            inner: MemoryStore::new(),
            seen: Mutex::default(),
        })
    };
    let store = watched();
    let offloaded = Offloaded::new(Arc::clone(&store));
    assert!(wait_for(offloaded.load(&key(13))).unwrap_err().is_store());
    assert!(wait_for(offloaded.load(&key(1))).unwrap().is_none());
    let seen = store.seen.lock().unwrap();
    assert!(seen.len() == 2 && !seen.contains(&thread::current().id()));

    // A runtime that ends drops the calls.
    let offloaded = Offloaded::new(watched()).with_offload(drop);
    assert!(wait_for(offloaded.load(&key(1))).unwrap_err().is_store());
}

#[test]
fn a_caller_who_hangs_up_takes_back_a_call_that_has_not_begun() {
    type Calls = Arc<Mutex<Vec<Box<dyn FnOnce() + Send>>>>;
    let calls = Calls::default();
    let queue = Arc::clone(&calls);
    let store = Arc::new(MemoryStore::new());
    let offloaded = Offloaded::new(Arc::clone(&store))
        .with_offload(move |call| queue.lock().unwrap().push(call));
    let (place, first) = (key(1), entry(1));
    let mut stays = Box::pin(offloaded.replace(&place, None, &first));
    assert!(poll_once(stays.as_mut()).is_none());
    let (other, second) = (key(2), entry(2));
    let mut hangs_up = Box::pin(offloaded.replace(&other, None, &second));
    assert!(poll_once(hangs_up.as_mut()).is_none());
    drop(hangs_up);
    for call in calls.lock().unwrap().drain(..) {
        call();
    }
    assert_eq!(wait_for(stays).unwrap(), Replaced::Stored);
    assert_eq!(Store::load(&store, &place).unwrap(), Some(first));
    assert_eq!(Store::load(&store, &other).unwrap(), None);
}

/// A file that another process holds: SQLite itself waits five seconds, one call after another.
#[test]
fn calls_behind_a_held_lock_are_answered_within_the_time_limit() {
    const LIMIT: Duration = Duration::from_millis(300);
    const CALLS: u8 = 40;
    let directory = directory();
    let path = directory.path().join("held.db");
    let file = Arc::new(SqliteStore::open(&path).unwrap());
    let offloaded = Arc::new(Offloaded::new(Arc::clone(&file)).with_patience(LIMIT));
    let holder = rusqlite::Connection::open(&path).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let calls: Vec<_> = (0..CALLS)
        .map(|number| {
            let offloaded = Arc::clone(&offloaded);
            thread::spawn(move || {
                let begun = Instant::now();
                let answer = wait_for(offloaded.replace(&key(number), None, &entry(1)));
                (answer.unwrap_err(), begun.elapsed())
            })
        })
        .collect();
    let answers: Vec<_> = calls.into_iter().map(|call| call.join().unwrap()).collect();
    let told = |part: &str| {
        let causes = answers
            .iter()
            .map(|(error, _)| std::error::Error::source(error).unwrap());
        causes
            .filter(|cause| cause.to_string().contains(part))
            .count()
    };
    for (error, took) in &answers {
        assert!(error.is_store() && *took >= LIMIT, "{error:?} {took:?}");
        assert!(*took < Duration::from_secs(4), "{error:?} {took:?}");
    }
    // One of eight threads is inside SQLite, and the others wait for its connection.
    assert_eq!((told("unknown"), told("no thread was free")), (8, 32));
    holder.execute_batch("ROLLBACK").unwrap();
    // The threads are free after their writes, and what had not begun never does.
    let last = Offloaded::new(Arc::clone(&file));
    let mut found = 0;
    for number in 0..CALLS {
        found += usize::from(wait_for(last.load(&key(number))).unwrap().is_some());
    }
    assert!(found <= 8, "{found}");
    assert_eq!(wait_for(offloaded.load(&key(99))).unwrap(), None);
}

/// Its purge takes as long as there is something to drop.
#[test]
fn a_purge_that_has_begun_has_no_time_limit() {
    struct Slow(MemoryStore);
    impl Store for Slow {
        fn load(&self, key: &Key) -> Result<Option<Entry>, Error> {
            thread::sleep(Duration::from_millis(200));
            Store::load(&self.0, key)
        }
        fn replace(
            &self,
            key: &Key,
            expected: Option<&Version>,
            entry: &Entry,
        ) -> Result<Replaced, Error> {
            thread::sleep(Duration::from_millis(200));
            Store::replace(&self.0, key, expected, entry)
        }
        fn remove(&self, key: &Key, expected: &Version) -> Result<Replaced, Error> {
            Store::remove(&self.0, key, expected)
        }
        fn purge(&self, now: Timestamp) -> Result<usize, Error> {
            thread::sleep(Duration::from_millis(200));
            Store::purge(&self.0, now)
        }
    }
    let store = Arc::new(Slow(MemoryStore::new()));
    let offloaded = Offloaded::new(Arc::clone(&store)).with_patience(Duration::from_millis(20));
    assert_eq!(wait_for(offloaded.purge(Timestamp::MAX)).unwrap(), 0);
    assert!(wait_for(offloaded.load(&key(1))).unwrap_err().is_store());
    // A write whose caller has an error may still take place.
    let late = wait_for(offloaded.replace(&key(1), None, &entry(1)));
    assert!(late.unwrap_err().is_store());
    let begun = Instant::now();
    while Store::load(&store, &key(1)).unwrap().is_none() {
        assert!(begun.elapsed() < Duration::from_secs(30));
    }
    // Nobody runs it: its caller does not wait for ever.
    let nowhere = Offloaded::new(store).with_patience(Duration::from_millis(20));
    let nowhere = nowhere.with_offload(core::mem::forget);
    assert!(
        wait_for(nowhere.purge(Timestamp::MAX))
            .unwrap_err()
            .is_store()
    );
}

// --- Stores that wait in the middle ----------------------------------------------------------------------------------

/// A store as people get it wrong where something is waited for in the middle.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Mistake {
    Nothing,
    /// Compares, waits, and writes.
    ComparesThenWrites,
    /// Deletes, waits, and inserts. A lock keeps other writers out, and a caller who hangs up frees it.
    WritesInParts,
    /// A connection that keeps the answer that nobody fetched, and gives it to the next call.
    AnswersTheCallBefore,
    /// A pool of ten connections. A call that is dropped gives none back.
    LosesConnections,
}

struct Remote {
    inner: MemoryStore,
    mistake: Mistake,
    /// The answer that waits to be fetched.
    unread: Mutex<Option<Option<Entry>>>,
    /// Connections that are in use.
    used: AtomicUsize,
    is_locked: AtomicBool,
}

impl Remote {
    async fn lock(&self) -> Option<Locked<'_>> {
        a_moment().await;
        if self.mistake != Mistake::WritesInParts {
            return None;
        }
        while self.is_locked.swap(true, Ordering::SeqCst) {
            a_moment().await;
        }
        Some(Locked(&self.is_locked))
    }

    fn new(mistake: Mistake) -> Self {
        Self {
            inner: MemoryStore::new(),
            mistake,
            unread: Mutex::default(),
            used: AtomicUsize::new(0),
            is_locked: AtomicBool::new(false),
        }
    }

    fn connection(&self) -> Result<Connection<'_>, Error> {
        match self.used.fetch_add(1, Ordering::SeqCst) {
            0..10 => Ok(Connection {
                of: self,
                is_over: false,
            }),
            _ => Err(Error::store("my table", "the pool is empty")),
        }
    }
}

/// Frees the lock.
struct Locked<'a>(&'a AtomicBool);

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::SeqCst);
    }
}

struct Connection<'a> {
    of: &'a Remote,
    is_over: bool,
}

impl Drop for Connection<'_> {
    fn drop(&mut self) {
        if self.is_over || self.of.mistake != Mistake::LosesConnections {
            self.of.used.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

impl AsyncStore for Remote {
    async fn load(&self, key: &Key) -> Result<Option<Entry>, Error> {
        let mut connection = self.connection()?;
        a_moment().await;
        let mut present = Store::load(&self.inner, key)?;
        if self.mistake == Mistake::AnswersTheCallBefore {
            let before = self.unread.lock().unwrap().replace(present.clone());
            a_moment().await;
            *self.unread.lock().unwrap() = None;
            present = before.unwrap_or(present);
        }
        a_moment().await;
        connection.is_over = true;
        Ok(present)
    }

    async fn replace(
        &self,
        key: &Key,
        expected: Option<&Version>,
        entry: &Entry,
    ) -> Result<Replaced, Error> {
        let mut connection = self.connection()?;
        let _locked = self.lock().await;
        let present = Store::load(&self.inner, key)?;
        let is_expected = present.as_ref().map(Entry::version) == expected.copied();
        let answer = match (self.mistake, present) {
            (Mistake::ComparesThenWrites, _) if is_expected => {
                a_moment().await;
                let now = Store::load(&self.inner, key)?.map(|entry| entry.version());
                Store::replace(&self.inner, key, now.as_ref(), entry)
            }
            (Mistake::WritesInParts, Some(present)) if is_expected => {
                Store::remove(&self.inner, key, &present.version())?;
                a_moment().await;
                Store::replace(&self.inner, key, None, entry)
            }
            _ => Store::replace(&self.inner, key, expected, entry),
        };
        a_moment().await;
        connection.is_over = true;
        answer
    }

    async fn remove(&self, key: &Key, expected: &Version) -> Result<Replaced, Error> {
        a_moment().await;
        Store::remove(&self.inner, key, expected)
    }

    async fn purge(&self, now: Timestamp) -> Result<usize, Error> {
        a_moment().await;
        Store::purge(&self.inner, now)
    }
}

#[test]
fn the_suite_waits_for_a_store_and_hangs_up() {
    wait_for(conformance::run_async(async || {
        Remote::new(Mistake::Nothing)
    }));
    let race = "of writes that race for one version, one wins: wanted";
    let whole = "a caller who hangs up leaves a whole write or none: wanted";
    for (mistake, rule) in [
        (
            Mistake::ComparesThenWrites,
            format!("{race} one Stored, got 8 of 8"),
        ),
        (
            Mistake::WritesInParts,
            format!("{whole} 3 bytes in Version(02020202..), got nothing"),
        ),
        (Mistake::AnswersTheCallBefore, whole.to_owned()),
        (Mistake::LosesConnections, whole.to_owned()),
    ] {
        let run = || wait_for(conformance::run_async(async || Remote::new(mistake)));
        let payload =
            catch_unwind(AssertUnwindSafe(run)).expect_err(&format!("{mistake:?} went through"));
        let text = payload.downcast_ref::<String>().expect("a text");
        let wanted = format!("store conformance: {rule}");
        assert!(text.starts_with(&wanted), "{mistake:?} gave {text:?}");
    }
}

/// Of both traits, the wrapper has one text.
#[test]
fn faults_come_in_the_order_of_the_script_where_they_are_waited_for() {
    let store = TestStore::new(MemoryStore::new());
    store.conflict_next(1);
    store.fail_next(1);
    store.lose_next(1);
    let write = |tag| wait_for(AsyncStore::replace(&store, &key(1), None, &entry(tag)));
    let load = || wait_for(AsyncStore::load(&store, &key(1))).unwrap();
    assert_eq!(write(1).unwrap(), Replaced::Conflict(None));
    assert!(write(2).unwrap_err().is_store() && load().is_none());
    assert!(write(3).unwrap_err().is_store() && load() == Some(entry(3)));
    assert_eq!(write(4).unwrap(), Replaced::Conflict(Some(entry(3))));
    let removed = wait_for(AsyncStore::remove(&store, &key(1), &version(3)));
    assert_eq!((removed.unwrap(), load()), (Replaced::Stored, None));
    assert_eq!((store.conflicts(), store.pending()), (2, 0));
}

/// Tasks of one thread meet, too.
#[test]
fn a_gate_makes_the_race_of_tasks_happen() {
    let gate = TestStore::racing(MemoryStore::new(), 2);
    let task = async |tag| {
        let seen = AsyncStore::load(&gate, &key(1)).await.unwrap();
        let told = AsyncStore::replace(&gate, &key(1), None, &entry(tag)).await;
        (seen, told.unwrap())
    };
    let (mut first, mut second) = (pin!(task(1)), pin!(task(2)));
    assert!(
        poll_once(first.as_mut()).is_none(),
        "it waits for the other"
    );
    assert_eq!(poll_once(second.as_mut()), Some((None, Replaced::Stored)));
    let late = Replaced::Conflict(Some(entry(2)));
    assert_eq!(poll_once(first.as_mut()), Some((None, late)));
    assert_eq!(gate.conflicts(), 1);
}
