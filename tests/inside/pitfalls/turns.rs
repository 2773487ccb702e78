//! Many callers at one record, and at the permits for Argon2id: each gets its turn.

use crate::support::timed::{TimedContext, TimedVerifier};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, OnceLock, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use crate::inside::support::bank::*;
use countersign::store::memory::MemoryStore;
use countersign::store::{Entry, Key, Replaced, Store, Version};
use countersign::{
    Attempt, Authority, Change, Changed, Channel, Error, Interaction, Outcome, Settings, Subject,
    Timestamp,
    audit::{Audit, Event, EventKind},
    delivered::Destination,
    hashing::{Cost, HashPool},
    knowledge::{Answers, QuestionId},
    limits::Limits,
    password::{Password, PasswordHash, PasswordRules},
};

/// Longer than anything here takes, on a machine that does much else.
const LONG: Duration = Duration::from_secs(60);
/// Unknown names that are stored in a minute. Further ones leave no trace.
const DECOYS: usize = 600;

/// A call at the bank's opening.
fn call() -> TimedContext {
    let now = Timestamp::from_unix(OPENING).unwrap();
    TimedContext::new(now, Channel::Agent, Interaction::begin().unwrap())
}

fn is_accepted(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Accepted(_))
}

// --- One record ----------------------------------------------------------------------------------------------

#[test]
fn b52_two_threads_that_hammer_one_subject_lose_no_call() {
    const CALLS: usize = 40_000;
    let verifier = TimedVerifier::new(MemoryStore::new(), settings(Limits::nist()));
    let whom = subject("C-1042");
    verifier.create(&whom, &call()).unwrap();
    let failed: usize = thread::scope(|scope| {
        let hammer = || {
            let ctx = call();
            let fails = |_: &usize| verifier.check(&whom, &seen_in_person(), &ctx).is_err();
            (0..CALLS / 2).filter(fails).count()
        };
        let threads = [scope.spawn(hammer), scope.spawn(hammer)];
        threads.map(|thread| thread.join().unwrap()).iter().sum()
    });
    assert_eq!(failed, 0, "of {CALLS} calls");
}

thread_local! {
    /// Whether the calls of this thread are slow to store.
    static IS_SLOW: AtomicBool = const { AtomicBool::new(false) };
}

/// A store that keeps slow threads from writing until others have, or have not for a while.
#[derive(Default)]
struct Overtaking {
    store: MemoryStore,
    written: Mutex<usize>,
    bell: Condvar,
    conflicts: AtomicUsize,
}

impl Overtaking {
    fn is_slow() -> bool {
        IS_SLOW.with(|slow| slow.load(Ordering::SeqCst))
    }

    fn overtake<T>(&self, write: impl FnOnce(&MemoryStore) -> T) -> T {
        if Self::is_slow() {
            let written = self.written.lock().unwrap();
            let before = *written;
            let patience = Duration::from_millis(100);
            let others = self
                .bell
                .wait_timeout_while(written, patience, |now| *now == before);
            drop(others.unwrap());
        }
        let answer = write(&self.store);
        if !Self::is_slow() {
            *self.written.lock().unwrap() += 1;
            self.bell.notify_all();
        }
        answer
    }

    fn counted(&self, answer: Result<Replaced, Error>) -> Result<Replaced, Error> {
        if let (Ok(Replaced::Conflict(_)), true) = (&answer, Self::is_slow()) {
            self.conflicts.fetch_add(1, Ordering::SeqCst);
        }
        answer
    }
}

impl Store for Overtaking {
    fn load(&self, key: &Key) -> Result<Option<Entry>, Error> {
        self.store.load(key)
    }

    fn replace(
        &self,
        key: &Key,
        expected: Option<&Version>,
        entry: &Entry,
    ) -> Result<Replaced, Error> {
        self.counted(self.overtake(|store| store.replace(key, expected, entry)))
    }

    fn remove(&self, key: &Key, expected: &Version) -> Result<Replaced, Error> {
        self.counted(self.overtake(|store| store.remove(key, expected)))
    }

    fn purge(&self, now: Timestamp) -> Result<usize, Error> {
        self.store.purge(now)
    }
}

/// Whatever the slow caller does, the fast ones win a bounded number of races.
#[test]
fn b52_a_slow_caller_has_its_turn_in_each_kind_of_call() {
    type Bank<'a> = TimedVerifier<&'a Overtaking>;
    const FAST: usize = 3;
    /// Two beside the others, and one for each that had begun by then.
    const MOST: usize = 2 + FAST;
    let slow_calls: [fn(&Bank<'_>, &Subject); 4] = [
        |bank, whom| bank.create(whom, &call()).unwrap(),
        |bank, whom| {
            let outcome = bank.check(whom, &seen_in_person(), &call()).unwrap();
            assert!(is_accepted(&outcome));
        },
        |bank, whom| {
            let change = Change::SetPhone(Destination::phone(PHONE).unwrap());
            let changed = bank.change(whom, &change, &Authority::Host, &call());
            assert_eq!(changed.unwrap(), Changed::Done);
        },
        |bank, whom| assert!(bank.erase(whom).unwrap()),
    ];
    for (number, slow_call) in slow_calls.into_iter().enumerate() {
        let store = Overtaking::default();
        let bank = TimedVerifier::new(&store, settings(Limits::nist()));
        let whom = subject("C-1042");
        if number > 0 {
            bank.create(&whom, &call()).unwrap();
        }
        let is_over = AtomicBool::new(false);
        thread::scope(|scope| {
            for _ in 0..FAST {
                scope.spawn(|| {
                    let ctx = call();
                    while !is_over.load(Ordering::SeqCst) {
                        // A name without an account is denied, and that is written, too.
                        let _ = bank.check(&whom, &seen_in_person(), &ctx).unwrap();
                    }
                });
            }
            let slow = scope.spawn(|| {
                IS_SLOW.with(|slow| slow.store(true, Ordering::SeqCst));
                slow_call(&bank, &whom);
            });
            let told = slow.join();
            is_over.store(true, Ordering::SeqCst);
            assert!(told.is_ok(), "call {number} failed");
        });
        let lost = store.conflicts.load(Ordering::SeqCst);
        assert!(lost <= MOST, "call {number} lost {lost} races");
    }
}

/// A store that lets each thread lose its first two races, and falls over in the third when told to.
#[derive(Default)]
struct Unlucky {
    store: MemoryStore,
    races: AtomicUsize,
    falls: AtomicBool,
}

impl Store for Unlucky {
    fn load(&self, key: &Key) -> Result<Option<Entry>, Error> {
        self.store.load(key)
    }

    fn replace(
        &self,
        key: &Key,
        expected: Option<&Version>,
        entry: &Entry,
    ) -> Result<Replaced, Error> {
        if self.races.fetch_add(1, Ordering::SeqCst) % 3 < 2 {
            return Ok(Replaced::Conflict(self.store.load(key)?));
        }
        assert!(!self.falls.load(Ordering::SeqCst), "the store fell over");
        self.store.replace(key, expected, entry)
    }

    fn remove(&self, key: &Key, expected: &Version) -> Result<Replaced, Error> {
        self.store.remove(key, expected)
    }

    fn purge(&self, now: Timestamp) -> Result<usize, Error> {
        self.store.purge(now)
    }
}

/// Does it in a thread of its own; a dead-lock fails the test instead of hanging it.
fn in_time(act: impl FnOnce() + Send + 'static) {
    let (done, is_done) = mpsc::channel();
    let acting = thread::spawn(move || {
        act();
        done.send(()).unwrap();
    });
    match is_done.recv_timeout(LONG) {
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("it hangs"),
        _ => acting.join().unwrap(),
    }
}

#[test]
fn b52_a_thread_that_falls_over_in_its_turn_ends_it() {
    in_time(|| {
        let store = Unlucky::default();
        let bank = TimedVerifier::new(&store, settings(Limits::nist()));
        let whom = subject("C-1042");
        bank.create(&whom, &call()).unwrap();
        let store_falls = |falls| store.falls.store(falls, Ordering::SeqCst);
        store_falls(true);
        let check = || bank.check(&whom, &seen_in_person(), &call()).unwrap();
        thread::scope(|scope| assert!(scope.spawn(check).join().is_err(), "it did not fall"));
        store_falls(false);
        assert!(is_accepted(&check()));
    });
}

/// A store that hangs, once the first caller has lost a race and so has the turn: each call to it fails after its time-out, or
/// when so many hang that more will not come.
#[derive(Default)]
struct Hanging {
    store: MemoryStore,
    has_lost: AtomicBool,
    hanging: Mutex<usize>,
    bell: Condvar,
}

impl Hanging {
    const WAITING: usize = 8;

    fn hang(&self) -> Error {
        let mut hanging = self.hanging.lock().unwrap();
        *hanging += 1;
        self.bell.notify_all();
        // The first one hangs alone, with the turn. The others are to hang side by side.
        let enough = if *hanging == 1 {
            usize::MAX
        } else {
            1 + Self::WAITING
        };
        let timeout = Duration::from_secs(if enough == usize::MAX { 1 } else { 10 });
        let told = self
            .bell
            .wait_timeout_while(hanging, timeout, |now| *now < enough);
        drop(told);
        Error::store("the hanging store", "no answer")
    }

    /// Waits until the caller with the turn hangs.
    fn until_it_hangs(&self) {
        let hanging = self.hanging.lock().unwrap();
        let told = self.bell.wait_timeout_while(hanging, LONG, |now| *now == 0);
        assert!(!told.unwrap().1.timed_out());
    }
}

impl Store for Hanging {
    fn load(&self, key: &Key) -> Result<Option<Entry>, Error> {
        if self.has_lost.load(Ordering::SeqCst) {
            return Err(self.hang());
        }
        self.store.load(key)
    }

    fn replace(&self, key: &Key, _: Option<&Version>, _: &Entry) -> Result<Replaced, Error> {
        let lost = Ok(Replaced::Conflict(self.store.load(key)?));
        self.has_lost.store(true, Ordering::SeqCst);
        lost
    }

    fn remove(&self, key: &Key, expected: &Version) -> Result<Replaced, Error> {
        self.store.remove(key, expected)
    }

    fn purge(&self, now: Timestamp) -> Result<usize, Error> {
        self.store.purge(now)
    }
}

/// One after another they would wait eight time-outs long, and a hundred callers a hundred of them.
#[test]
fn b52_a_store_that_hangs_lets_callers_wait_side_by_side() {
    let store = Hanging::default();
    let bank = TimedVerifier::new(&store, settings(Limits::nist()));
    let check = || bank.check(&subject("C-1042"), &seen_in_person(), &call());
    let begun = Instant::now();
    thread::scope(|scope| {
        scope.spawn(check);
        store.until_it_hangs();
        for _ in 0..Hanging::WAITING {
            scope.spawn(|| assert!(check().unwrap_err().is_store()));
        }
    });
    assert_eq!(*store.hanging.lock().unwrap(), 1 + Hanging::WAITING);
    let taken = begun.elapsed();
    assert!(
        taken < Duration::from_secs(10),
        "one after another: {taken:?}"
    );
}

/// A sink may look the customer up again, or suspend the account: the turn is over by then.
#[test]
fn b52_an_audit_sink_may_call_the_verifier_again() {
    type Bank = TimedVerifier<Unlucky, fn(&Event) -> Result<(), Error>>;
    static BANK: OnceLock<Bank> = OnceLock::new();
    fn suspend(event: &Event) -> Result<(), Error> {
        if let (EventKind::Accepted { .. }, Some(bank)) = (event.kind, BANK.get()) {
            let changed = bank.change(
                &subject("C-1042"),
                &Change::Suspend,
                &Authority::Host,
                &call(),
            );
            assert_eq!(changed?, Changed::Done);
        }
        Ok(())
    }
    in_time(|| {
        let bank = BANK.get_or_init(|| {
            TimedVerifier::new(Unlucky::default(), settings(Limits::nist()))
                .with_audit(suspend as _)
        });
        let whom = subject("C-1042");
        bank.create(&whom, &call()).unwrap();
        assert!(is_accepted(
            &bank.check(&whom, &seen_in_person(), &call()).unwrap()
        ));
        assert!(bank.status(&whom, &call()).unwrap().is_suspended());
    });
}

// --- The permits ---------------------------------------------------------------------------------------------

/// Answers that a stranger gives: the numbers asked do not matter.
fn guess() -> Attempt {
    Attempt::Questions(Answers::new().and(QuestionId::new(1), "none of these"))
}

/// Settings with so many permits, and so long a wait for one.
fn with_permits(count: usize, wait: Duration) -> Settings {
    settings(Limits::nist())
        .with_hash_pool(HashPool::new(Cost::new(7_168, 5, 1).unwrap(), count).unwrap())
        .with_permit_wait(wait)
        .unwrap()
}

/// A bank whose customers have one password.
fn bank_of_passwords<A: Audit + Send + Sync>(
    settings: &Settings,
    customers: &[Subject],
    audit: A,
) -> TimedVerifier<MemoryStore, A> {
    let bank = TimedVerifier::new(MemoryStore::new(), settings.clone()).with_audit(audit);
    let chosen = Password::typed(PASSWORD);
    let (keyring, cost) = (settings.keyring(), settings.hash_pool().cost());
    let mut permit = settings.hash_pool().permit().unwrap();
    let stored = PasswordHash::enrol(
        &chosen,
        &PasswordRules::single_factor(),
        keyring,
        cost,
        &mut permit,
    )
    .unwrap();
    for customer in customers {
        bank.create(customer, &call()).unwrap();
        let change = Change::SetPassword(stored.clone());
        let changed = bank.change(customer, &change, &Authority::Host, &call());
        assert_eq!(changed.unwrap(), Changed::Done);
    }
    bank
}

const PASSWORD: &str = "eleven elephants eat";

fn login() -> Attempt {
    Attempt::Password(Password::typed(PASSWORD))
}

#[test]
fn b46_twenty_logins_at_once_pass_four_permits() {
    let customers: Vec<_> = (0..20).map(|n| subject(&format!("C-{n}"))).collect();
    let bank = bank_of_passwords(&with_permits(4, LONG), &customers, ());
    let accepted = thread::scope(|scope| {
        let logins: Vec<_> = customers
            .iter()
            .map(|whom| scope.spawn(|| bank.check(whom, &login(), &call()).unwrap()))
            .collect();
        let told = logins.into_iter().map(|login| login.join().unwrap());
        told.filter(is_accepted).count()
    });
    assert_eq!(accepted, 20);
}

#[test]
fn b46_a_check_waits_for_a_permit_unless_it_is_told_not_to() {
    let whom = [subject("C-1042")];
    let plain = settings(Limits::nist());
    assert_eq!(plain.permit_wait(), Duration::from_secs(2));
    let bank = bank_of_passwords(&plain, &whom, ());
    let check = || bank.check(&whom[0], &login(), &call()).unwrap();
    let held: Vec<_> = core::iter::from_fn(|| plain.hash_pool().permit()).collect();
    thread::scope(|scope| {
        let waits = scope.spawn(check);
        thread::sleep(Duration::from_millis(100));
        drop(held);
        assert!(is_accepted(&waits.join().unwrap()));
    });

    for (wait, least) in [(Duration::ZERO, 0), (Duration::from_millis(200), 200)] {
        let settings = with_permits(4, wait);
        let bank = bank_of_passwords(&settings, &whom, ());
        let check = || bank.check(&whom[0], &login(), &call()).unwrap();
        let held = settings.hash_pool().permits(4);
        for _ in 0..6 {
            let begun = Instant::now();
            let outcome = check();
            assert!(matches!(outcome, Outcome::Busy { .. }), "{outcome:?}");
            assert!(begun.elapsed() >= Duration::from_millis(least));
        }
        drop(held);
        // Nobody queues any more, and nothing was charged.
        assert!(is_accepted(&check()));
        assert_eq!(settings.hash_pool().permits(9).len(), 4);
    }
}

/// An audit trail that holds up computations of strangers for as long as the test wants.
#[derive(Default)]
struct HoldingUp {
    known: Mutex<BTreeSet<[u8; 16]>>,
    held_up: AtomicUsize,
    is_over: AtomicBool,
}

impl HoldingUp {
    /// Waits until so many strangers have been held up, or sent away.
    #[track_caller]
    fn until(&self, count: usize, sent_away: &AtomicUsize) {
        let begun = Instant::now();
        while self.held_up.load(Ordering::SeqCst) + sent_away.load(Ordering::SeqCst) < count {
            assert!(begun.elapsed() < LONG, "too few strangers compute");
            thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Audit for &HoldingUp {
    fn write(&self, event: &Event) -> Result<(), Error> {
        if let EventKind::Changed { .. } = event.kind {
            self.known.lock().unwrap().insert(event.pseudonym);
        }
        let is_known = self.known.lock().unwrap().contains(&event.pseudonym);
        if !is_known && matches!(event.kind, EventKind::Reserved { .. }) {
            self.held_up.fetch_add(1, Ordering::SeqCst);
            while !self.is_over.load(Ordering::SeqCst) {
                thread::sleep(Duration::from_millis(1));
            }
        }
        Ok(())
    }
}

/// In a flood of names that do not exist, strangers compute in half of the places only.
#[test]
fn b46_a_flood_of_strangers_leaves_half_of_the_permits() {
    let whom = [subject("C-1042")];
    let trail = HoldingUp::default();
    let bank = bank_of_passwords(&with_permits(4, Duration::ZERO), &whom, &trail);
    for stranger in 0..DECOYS {
        let name = subject(&format!("N-{stranger}"));
        let _ = bank.check(&name, &totp("123456"), &call()).unwrap();
    }
    let sent_away = AtomicUsize::new(0);
    thread::scope(|scope| {
        for stranger in 0..4 {
            let (bank, sent_away) = (&bank, &sent_away);
            scope.spawn(move || {
                let name = subject(&format!("M-{stranger}"));
                match bank.check(&name, &guess(), &call()).unwrap() {
                    Outcome::Denied => {}
                    Outcome::Busy { .. } => {
                        sent_away.fetch_add(1, Ordering::SeqCst);
                    }
                    other => panic!("{other:?}"),
                }
            });
        }
        trail.until(4, &sent_away);
        let told = [(); 3].map(|()| bank.check(&whom[0], &login(), &call()));
        trail.is_over.store(true, Ordering::SeqCst);
        assert!(told.iter().flatten().all(is_accepted), "{told:?}");
    });
    assert_eq!(sent_away.load(Ordering::SeqCst), 2);
    assert_eq!(
        bank.settings().hash_pool().permits(9).len(),
        4,
        "all are back"
    );
}
