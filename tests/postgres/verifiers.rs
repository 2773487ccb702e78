//! Verifiers over the store: a code once, and a booking with its grant or not at all.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use countersign::account::ExternalVerification;
use countersign::field::{Keyring, LongTermSecret, RootKey};
use countersign::otp::Totp;
use countersign::policy::DenyReason;
use countersign::store::postgres::PostgresStore;
use countersign::time::ManualClock;
use countersign::{
    Attempt, Authority, Authorized, Change, Changed, Channel, Code, Context, FactorClass,
    Interaction, Outcome, Policy, Request, Settings, Strength, Subject, Timestamp, Transaction,
    Verifier,
};
use postgres::Client;
use std::sync::Arc;

use crate::support::postgres::{Server, fresh_schema};

/// So long that no lock of the round before stands, and no count of its replays.
const MONTH: Duration = Duration::from_secs(31 * 86_400);

pub struct Bank {
    pub verifier: Verifier<PostgresStore<'static>>,
    pub clock: Arc<ManualClock>,
    app: Totp,
    pub anna: Subject,
}

pub fn settings() -> Settings {
    let root = RootKey::from_bytes(1, [1; 32]).unwrap();
    let long_term = LongTermSecret::from_bytes(1, [1; 32]).unwrap();
    Settings::new("bank", Keyring::new(root, long_term)).unwrap()
}

impl Bank {
    pub fn new(store: PostgresStore<'static>) -> Self {
        let clock = Arc::new(ManualClock::new(
            Timestamp::from_unix(1_800_000_000).unwrap(),
        ));
        let verifier = Verifier::new(store, settings()).with_clock(Arc::clone(&clock));
        let bank = Self {
            verifier,
            clock,
            app: Totp::generate().unwrap(),
            anna: Subject::new("bank", "C-1042").unwrap(),
        };
        let (ctx, host) = (bank.call(0), Authority::Host);
        bank.verifier.create(&bank.anna, &ctx).unwrap();
        let app = bank.app.clone();
        for change in [Change::AddTotp(app), Change::ConfirmTotp(bank.shown())] {
            let changed = bank.verifier.change(&bank.anna, &change, &host, &ctx);
            assert_eq!(changed.unwrap(), Changed::Done);
        }
        bank
    }

    /// A call whose interaction has this number.
    pub fn call(&self, number: u32) -> Context {
        let mut bytes = [7; 16];
        bytes[..4].copy_from_slice(&number.to_be_bytes());
        Context::new(Channel::Web, Interaction::from_bytes(bytes)).protected()
    }

    pub fn shown(&self) -> Code {
        let now = countersign::time::Clock::now(&*self.clock).unwrap();
        Code::typed(self.app.code_at(now).expose_text())
    }

    /// Goes to another code.
    pub fn ticks(&self) {
        self.clock.advance(MONTH);
    }

    fn is_accepted(&self, ctx: &Context) -> Result<bool, countersign::Error> {
        let attempt = Attempt::Totp(self.shown());
        let outcome = self.verifier.check(&self.anna, &attempt, ctx)?;
        Ok(matches!(outcome, Outcome::Accepted(_)))
    }
}

#[test]
fn one_right_code_is_accepted_once_in_each_of_200_rounds() {
    const THREADS: u32 = 6;
    let Some(server) = Server::shared("one_right_code_is_accepted_once") else {
        return;
    };
    let bank = Bank::new(server.store(&fresh_schema()));
    let (start, accepted) = (Barrier::new(THREADS as usize), AtomicU32::new(0));
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (bank, start, accepted) = (&bank, &start, &accepted);
            scope.spawn(move || {
                for round in 1..=200 {
                    if start.wait().is_leader() {
                        bank.ticks();
                    }
                    start.wait();
                    let ctx = bank.call(round * THREADS + thread);
                    let is_accepted = bank.is_accepted(&ctx).unwrap();
                    accepted.fetch_add(u32::from(is_accepted), Ordering::Relaxed);
                    start.wait();
                    assert_eq!(accepted.load(Ordering::Relaxed), round);
                }
            });
        }
    });
}

/// The server is killed and starts again, again and again. Each code is offered until one call answers, and then once more.
#[test]
fn killed_under_load_no_code_is_accepted_twice() {
    const THREADS: u32 = 4;
    const ROUNDS: u32 = 20;
    let Some(server) = Server::start("killed_under_load_no_code_is_accepted_twice") else {
        return;
    };
    let store = server.store("bank").with_patience(Duration::from_secs(2));
    let bank = Bank::new(store);
    let (start, done) = (Barrier::new(THREADS as usize), AtomicBool::new(false));
    let accepted: Vec<AtomicU32> = (0..=ROUNDS).map(|_| AtomicU32::new(0)).collect();
    let errors = AtomicU32::new(0);
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (bank, start, done) = (&bank, &start, &done);
            let (accepted, errors) = (&accepted, &errors);
            scope.spawn(move || {
                for round in 1..=ROUNDS {
                    if start.wait().is_leader() {
                        bank.ticks();
                    }
                    start.wait();
                    // Five answers, whatever fails in between.
                    let (mut answers, ctx) = (0, bank.call(round * THREADS + thread));
                    while answers < 5 {
                        match bank.is_accepted(&ctx) {
                            Ok(is_accepted) => {
                                answers += 1;
                                let right = &accepted[round as usize];
                                right.fetch_add(u32::from(is_accepted), Ordering::Relaxed);
                            }
                            Err(_) => {
                                errors.fetch_add(1, Ordering::Relaxed);
                                thread::sleep(Duration::from_millis(5));
                            }
                        }
                    }
                }
                done.store(true, Ordering::Relaxed);
            });
        }
        while !done.load(Ordering::Relaxed) {
            thread::sleep(Duration::from_millis(100));
            server.kill();
            server.resume();
        }
    });
    let accepted: Vec<u32> = accepted.into_iter().map(AtomicU32::into_inner).collect();
    assert!(accepted.iter().all(|count| *count <= 1), "{accepted:?}");
    // An answer that was lost takes its code along. The others are accepted.
    let count: u32 = accepted.iter().sum();
    assert!(count > ROUNDS / 4, "{count} accepted, {errors:?} errors");
}

pub const POLICY: &str = r#"
    version = 1
    grant_lifetime = 300
    tiers = ["only"]
    [action."payment.send".every_tier]
    any = [{ all = [{ factor = "external", external_verifier = "passkey", class = "possession", max_age = 900, for_transaction = true }] }]
"#;

/// Authorizes the payment and books it, in one transaction of the bank.
fn transfer(
    bank: &Bank,
    schema: &str,
    client: &mut Client,
    payment: &Transaction,
    commit: bool,
) -> Authorized {
    let policy = Policy::from_toml(POLICY).unwrap();
    let ctx = bank.call(1).for_transaction(payment);
    let mut transaction = client.transaction().unwrap();
    let store = PostgresStore::in_transaction(&mut transaction)
        .in_schema(schema)
        .unwrap();
    let inside = bank.verifier.on(store);
    let request = Request::new("payment.send");
    let authorized = inside
        .authorize(&policy, &request, &bank.anna, &ctx)
        .unwrap();
    if matches!(authorized, Authorized::Yes(_)) {
        let statement = "INSERT INTO bookings VALUES ($1)";
        transaction
            .execute(statement, &[&payment.reference()])
            .unwrap();
    }
    if commit {
        transaction.commit().unwrap();
    } else {
        transaction.rollback().unwrap();
    }
    authorized
}

/// The customer confirms the payment with a passkey.
pub fn confirms(bank: &Bank, payment: &Transaction) {
    let passkey = ExternalVerification::new("passkey", FactorClass::Possession, Strength::Full);
    let attempt = Attempt::External(passkey.unwrap().for_transaction(payment));
    let ctx = bank.call(1).for_transaction(payment);
    let outcome = bank.verifier.check(&bank.anna, &attempt, &ctx).unwrap();
    assert!(matches!(outcome, Outcome::Accepted(_)), "{outcome:?}");
}

#[test]
fn a_payment_and_its_booking_are_one_transaction() {
    let Some(server) = Server::start("a_payment_and_its_booking_are_one_transaction") else {
        return;
    };
    let schema = fresh_schema();
    let bank = Bank::new(server.store(&schema));
    let mut client = server.client();
    client
        .batch_execute("CREATE TABLE bookings (reference text PRIMARY KEY)")
        .unwrap();
    let mut booked = server.client();
    let mut booked = || -> i64 {
        let row = booked.query_one("SELECT count(*) FROM bookings", &[]);
        row.unwrap().get(0)
    };
    let rent = Transaction::payment("TX-1", "Fern Ltd", "99.50", "EUR").unwrap();
    confirms(&bank, &rent);

    // Rolled back: nothing is booked, and nothing is spent.
    let authorized = transfer(&bank, &schema, &mut client, &rent, false);
    assert!(matches!(authorized, Authorized::Yes(_)), "{authorized:?}");
    assert_eq!(booked(), 0);
    // Committed: both.
    let authorized = transfer(&bank, &schema, &mut client, &rent, true);
    assert!(matches!(authorized, Authorized::Yes(_)), "{authorized:?}");
    assert_eq!(booked(), 1);
    // Once.
    let authorized = transfer(&bank, &schema, &mut client, &rent, true);
    let Authorized::No(denial) = &authorized else {
        panic!("{authorized:?}")
    };
    assert_eq!(denial.reason, DenyReason::CarriedOut);
    assert_eq!(booked(), 1);

    // Eight tellers at once, each in a transaction of its own.
    let next = Transaction::payment("TX-2", "Fern Ltd", "99.50", "EUR").unwrap();
    confirms(&bank, &next);
    let start = Barrier::new(8);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let mut client = server.client();
                start.wait();
                drop(transfer(&bank, &schema, &mut client, &next, true));
            });
        }
    });
    assert_eq!(booked(), 2);
}
