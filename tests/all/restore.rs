//! The restore drill: a database is put back by a day, and high water notices.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use crate::support::keyring;
use crate::support::tasks::wait_for;
use countersign::account::AfterRestore;
use countersign::audit::{Event, EventKind};
use countersign::otp::{Hotp, OtpKey, Totp};
use countersign::store::memory::MemoryStore;
use countersign::store::{FileHighWater, HighWater, Key, Mark, MemoryHighWater, Replaced, Store};
use countersign::time::{Clock, ManualClock};
use countersign::{
    AsyncVerifier, Attempt, Authority, Change, Changed, Channel, Code, Context, Decision, Error,
    ErrorKind, Factor, Outcome, Policy, Request, SecretText, Settings, Subject, Timestamp,
    Verifier,
};

const DAY: Duration = Duration::from_secs(86_400);

fn anna() -> Subject {
    Subject::new("bank", "C-1042").unwrap()
}

fn call() -> Context {
    Context::begin(Channel::Agent).unwrap()
}

/// What a backup has.
fn copied(store: &MemoryStore) -> MemoryStore {
    let copy = MemoryStore::new();
    for (key, entry) in Store::scan(store, None, 1_000).unwrap().found() {
        let entry = entry.as_ref().unwrap();
        assert_eq!(
            Store::replace(&copy, key, None, entry).unwrap(),
            Replaced::Stored
        );
    }
    copy
}

struct Drill {
    clock: Arc<ManualClock>,
    marks: Arc<MemoryHighWater>,
    app: Totp,
    /// The store of the day before.
    backup: MemoryStore,
    /// Codes of the day that is lost.
    spent: Vec<Attempt>,
}

impl Drill {
    fn settings() -> Settings {
        Settings::new("bank", keyring()).unwrap()
    }

    fn over<S: Store>(&self, store: S, after: AfterRestore) -> Verifier<S> {
        Verifier::new(store, Self::settings())
            .with_clock(Arc::clone(&self.clock))
            .with_high_water(Arc::clone(&self.marks), after)
    }

    fn app_code(&self) -> Attempt {
        let now = self.clock.now().unwrap();
        Attempt::Totp(Code::typed(self.app.code_at(now).expose_text()))
    }

    /// A customer with an app, a token and a list; a backup; and a day in which codes of all are spent.
    fn new() -> Self {
        let start = Timestamp::from_unix(1_800_000_000).unwrap();
        let mut drill = Self {
            clock: Arc::new(ManualClock::new(start)),
            marks: Arc::new(MemoryHighWater::new()),
            app: Totp::generate().unwrap(),
            backup: MemoryStore::new(),
            spent: Vec::new(),
        };
        let store = MemoryStore::new();
        let bank = drill.over(&store, AfterRestore::Refuse);
        bank.create(&anna(), &call()).unwrap();
        let change = |change: Change| {
            let _ = bank
                .change(&anna(), &change, &Authority::Host, &call())
                .unwrap();
        };
        let code = |text: &SecretText| Code::typed(text.expose_text());
        change(Change::AddTotp(drill.app.clone()));
        change(Change::ConfirmTotp(code(&drill.app.code_at(start))));
        let token = Hotp::from(OtpKey::generate().unwrap());
        change(Change::AddHotp(token.clone(), 0));
        change(Change::ConfirmHotp(code(&token.code_at(0))));
        let host = Authority::Host;
        let list = bank
            .generate_recovery_codes(&anna(), 10, &host, &call())
            .unwrap();
        drill.backup = copied(&store);

        drill.spent = vec![
            Attempt::Hotp(code(&token.code_at(1))),
            Attempt::Recovery(code(&list.codes()[0])),
        ];
        for _ in 0..3 {
            drill.clock.advance(DAY / 4);
            drill.spent.push(drill.app_code());
            let told = bank.check(&anna(), drill.spent.last().unwrap(), &call());
            assert!(matches!(told.unwrap(), Outcome::Accepted(_)));
        }
        for attempt in &drill.spent[..2] {
            let told = bank.check(&anna(), attempt, &call()).unwrap();
            assert!(matches!(told, Outcome::Accepted(_)), "{attempt:?}");
        }
        drill
    }
}

#[test]
fn without_high_water_a_restore_brings_spent_codes_back() {
    let drill = Drill::new();
    let bank = Verifier::new(copied(&drill.backup), Drill::settings())
        .with_clock(Arc::clone(&drill.clock));
    for attempt in &drill.spent[..2] {
        let told = bank.check(&anna(), attempt, &call()).unwrap();
        assert!(
            matches!(told, Outcome::Accepted(_)),
            "the drill tests something"
        );
    }
}

#[test]
fn a_record_that_was_put_back_is_refused_and_the_trail_says_so() {
    let drill = Drill::new();
    let events = RefCell::new(Vec::new());
    let bank = drill
        .over(copied(&drill.backup), AfterRestore::Refuse)
        .with_audit(|event: &Event| {
            events.borrow_mut().push(event.kind);
            Ok(())
        });
    let is_put_back = |error: Error| error.kind() == ErrorKind::PutBack && error.is_corrupt();
    for attempt in &drill.spent {
        assert!(is_put_back(
            bank.check(&anna(), attempt, &call()).unwrap_err()
        ));
    }
    assert!(is_put_back(bank.status(&anna(), &call()).unwrap_err()));
    let suspend = bank.change(&anna(), &Change::Suspend, &Authority::Host, &call());
    assert!(is_put_back(suspend.unwrap_err()));
    let refused = EventKind::PutBack { refused: true };
    assert_eq!(*events.borrow(), [refused; 6]);
    // To erase it is always possible, and then the subject is a new one.
    assert!(bank.erase(&anna()).unwrap());
    bank.create(&anna(), &call()).unwrap();
    assert!(bank.status(&anna(), &call()).is_ok());
}

#[test]
fn every_spent_code_stays_spent() {
    for waited in [false, true] {
        let drill = Drill::new();
        let store = copied(&drill.backup);
        let check = |attempt: &Attempt| {
            if waited {
                let bank = AsyncVerifier::new(&store, Drill::settings())
                    .with_clock(Arc::clone(&drill.clock))
                    .with_high_water(Arc::clone(&drill.marks), AfterRestore::KeepSpent);
                wait_for(bank.check(&anna(), attempt, &call())).unwrap()
            } else {
                let bank = drill.over(&store, AfterRestore::KeepSpent);
                bank.check(&anna(), attempt, &call()).unwrap()
            }
        };
        for attempt in &drill.spent {
            assert!(
                !matches!(check(attempt), Outcome::Accepted(_)),
                "{attempt:?}"
            );
        }
        // The account goes on with the app, from the next minute.
        drill.clock.advance(Duration::from_secs(3_600));
        assert!(matches!(check(&drill.app_code()), Outcome::Accepted(_)));
        let bank = drill.over(&store, AfterRestore::Refuse);
        let status = bank.status(&anna(), &call()).unwrap();
        assert!(status.is_enrolled(Factor::Totp));
        assert!(!status.is_enrolled(Factor::Hotp) && !status.is_enrolled(Factor::RecoveryCode));
    }
}

/// The record that was put back begins a new epoch, and the lost day may have begun as many.
#[test]
fn a_grant_of_the_day_that_is_lost_does_not_count() {
    let policy = Policy::from_toml(
        r#"
        version = 1
        grant_lifetime = 300
        tiers = ["every"]

        [action."address.change".every_tier]
        any = [{ all = [{ factor = "totp", max_age = 600 }] }]
        "#,
    )
    .unwrap();
    for voided in 0..4 {
        let drill = Drill::new();
        let lost = copied(&drill.backup);
        let bank = Verifier::new(&lost, Drill::settings())
            .with_clock(Arc::clone(&drill.clock))
            .with_high_water(Arc::new(MemoryHighWater::new()), AfterRestore::Refuse);
        for _ in 0..voided {
            let changed = bank.change(&anna(), &Change::VoidAll, &Authority::Host, &call());
            assert_eq!(changed.unwrap(), Changed::Done);
        }
        let ctx = call();
        drill.clock.advance(DAY);
        let told = bank.check(&anna(), &drill.app_code(), &ctx).unwrap();
        assert!(matches!(told, Outcome::Accepted(_)));
        let request = Request::new("address.change");
        let decision = bank.decide(&policy, &request, &anna(), &ctx).unwrap();
        let Decision::Allow(grant) = decision else {
            panic!("{decision:?}")
        };

        let bank = drill.over(copied(&drill.backup), AfterRestore::KeepSpent);
        assert!(bank.redeem(&grant, &ctx).unwrap().is_err(), "{voided}");
    }
}

#[test]
fn the_subject_is_verified_anew_if_the_host_chose_so() {
    let drill = Drill::new();
    let events = RefCell::new(Vec::new());
    let bank = drill
        .over(copied(&drill.backup), AfterRestore::VerifyAnew)
        .with_audit(|event: &Event| {
            events.borrow_mut().push(event.kind);
            Ok(())
        });
    for attempt in drill.spent.iter().chain([&drill.app_code()]) {
        let told = bank.check(&anna(), attempt, &call()).unwrap();
        assert!(!matches!(told, Outcome::Accepted(_)), "{attempt:?}");
    }
    let noted = EventKind::PutBack { refused: false };
    assert_eq!(
        events
            .borrow()
            .iter()
            .filter(|kind| **kind == noted)
            .count(),
        1
    );
    assert!(Factor::ALL.iter().all(|factor| {
        matches!(factor, Factor::External | Factor::BindingCode)
            || !bank.status(&anna(), &call()).unwrap().is_enrolled(*factor)
    }));
    let add = Change::AddTotp(Totp::generate().unwrap());
    assert!(
        bank.change(&anna(), &add, &Authority::Host, &call())
            .is_ok()
    );
}

/// A subject that was created after the backup is not there, and is not created in silence.
#[test]
fn a_record_that_is_gone_is_not_made_anew_before_it_is_erased() {
    let drill = Drill::new();
    let bank = drill.over(MemoryStore::new(), AfterRestore::KeepSpent);
    let error = bank.create(&anna(), &call()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PutBack);
    assert!(!bank.erase(&anna()).unwrap());
    bank.create(&anna(), &call()).unwrap();
    // And the record of before the erasure does not come back to life.
    let bank = drill.over(copied(&drill.backup), AfterRestore::KeepSpent);
    let error = bank.check(&anna(), &drill.app_code(), &call()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PutBack);
}

/// High water that fails at its next call, or at the one after it.
struct Failing(RefCell<Vec<bool>>);

impl Failing {
    fn call(&self) -> Result<(), Error> {
        match self.0.borrow_mut().pop() {
            Some(true) => Err(Error::store("high water", "as planned")),
            _ => Ok(()),
        }
    }
}

struct Planned(std::sync::Mutex<Failing>, MemoryHighWater);

impl HighWater for Planned {
    fn highest(&self, key: &Key) -> Result<Option<Mark>, Error> {
        self.0.lock().unwrap().call()?;
        self.1.highest(key)
    }

    fn raise(&self, key: &Key, mark: Mark) -> Result<(), Error> {
        self.0.lock().unwrap().call()?;
        self.1.raise(key, mark)
    }

    fn forget(&self, key: &Key) -> Result<(), Error> {
        self.0.lock().unwrap().call()?;
        self.1.forget(key)
    }
}

#[test]
fn high_water_that_fails_reveals_nothing() {
    let drill = Drill::new();
    // Calls from the last to the first: `highest`, then `raise`.
    for plan in [vec![true], vec![true, false]] {
        let store = copied(&drill.backup);
        let marks = Planned(Failing(RefCell::new(plan)).into(), MemoryHighWater::new());
        let bank = Verifier::new(&store, Drill::settings())
            .with_clock(Arc::clone(&drill.clock))
            .with_high_water(marks, AfterRestore::Refuse);
        let code = drill.app_code();
        assert!(bank.check(&anna(), &code, &call()).unwrap_err().is_store());
        drill.clock.advance(Duration::from_secs(60));
        let told = bank.check(&anna(), &drill.app_code(), &call()).unwrap();
        assert!(matches!(told, Outcome::Accepted(_)));
    }
}

#[test]
fn a_file_of_marks_notices_a_restore_in_the_next_process() {
    let drill = Drill::new();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("high_water");
    let store = copied(&drill.backup);
    let open = |store| {
        let marks = FileHighWater::open(&path).unwrap();
        Verifier::new(store, Drill::settings())
            .with_clock(Arc::clone(&drill.clock))
            .with_high_water(marks, AfterRestore::Refuse)
    };
    let bank = open(&store);
    let told = bank.check(&anna(), &drill.app_code(), &call()).unwrap();
    assert!(matches!(told, Outcome::Accepted(_)));
    drop(bank);
    let before = copied(&drill.backup);
    let error = open(&before)
        .check(&anna(), &drill.app_code(), &call())
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PutBack);
}

/// Threads that write one record see no restore where there is none.
#[test]
fn racing_writers_are_no_restore() {
    let marks = Arc::new(MemoryHighWater::new());
    let store = MemoryStore::new();
    let bank = || {
        Verifier::new(&store, Drill::settings())
            .with_remembered(10)
            .with_high_water(Arc::clone(&marks), AfterRestore::Refuse)
    };
    bank().create(&anna(), &call()).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let bank = bank();
                for _ in 0..100 {
                    bank.end(&anna(), &call()).unwrap();
                }
            });
        }
    });
}
