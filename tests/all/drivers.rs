//! Both drivers run one engine: the same script has the same outcomes. And a call that is dropped at any point leaves no more than
//! what was stored.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use countersign::field::{Keyring, LongTermSecret, RootKey};
use countersign::store::memory::MemoryStore;
use countersign::store::{AsyncStore, Entry, Key, Replaced, Store, Version};
use countersign::{
    AsyncVerifier, Attempt, Authority, Change, Changed, Channel, Code, Context, Error, FactorClass,
    Grant, Interaction, Outcome, Policy, Request, Settings, Strength, Subject, Timestamp, Verifier,
    account::{Agent, ExternalVerification, Status},
    audit::{Audit, Event},
    delivered::{CodeOrder, Destination, Issued},
    hashing::{Cost, HashPool},
    knowledge::{AnswerHashes, Answers, QuestionId},
    otp::{OtpKey, Totp, ocra::OcraTask},
    password::{Password, PasswordHash, PasswordRules},
    time::ManualClock,
};

use crate::support::subject;
use crate::support::tasks::{a_moment, poll_once, polled, wait_for};

const NOW: i64 = 1_800_000_000;
const LONG: Duration = Duration::from_secs(60);
const PERMITS: usize = 2;
const PASSWORD: &str = "eleven elephants eat";

// --- A store that lets a task wait ----------------------------------------------------------------------------

/// A store that is waited for before and after each act, and loses so many races first.
#[derive(Default)]
struct Slow {
    store: MemoryStore,
    losses: AtomicUsize,
    writes: AtomicUsize,
}

impl Slow {
    fn loses(&self) -> bool {
        let less = |left: usize| left.checked_sub(1);
        let (set, read) = (Ordering::SeqCst, Ordering::SeqCst);
        self.losses.fetch_update(set, read, less).is_ok()
    }

    fn writes(&self) -> usize {
        self.writes.load(Ordering::SeqCst)
    }

    fn counted(&self, told: Replaced) -> Replaced {
        let is_stored = told == Replaced::Stored;
        self.writes
            .fetch_add(usize::from(is_stored), Ordering::SeqCst);
        told
    }
}

impl AsyncStore for Slow {
    async fn load(&self, key: &Key) -> Result<Option<Entry>, Error> {
        a_moment().await;
        let told = Store::load(&self.store, key);
        a_moment().await;
        told
    }

    async fn replace(
        &self,
        key: &Key,
        expected: Option<&Version>,
        entry: &Entry,
    ) -> Result<Replaced, Error> {
        a_moment().await;
        if self.loses() {
            return Store::load(&self.store, key).map(Replaced::Conflict);
        }
        let told = Store::replace(&self.store, key, expected, entry).map(|told| self.counted(told));
        a_moment().await;
        told
    }

    async fn remove(&self, key: &Key, expected: &Version) -> Result<Replaced, Error> {
        a_moment().await;
        if self.loses() {
            return Store::load(&self.store, key).map(Replaced::Conflict);
        }
        let told = Store::remove(&self.store, key, expected).map(|told| self.counted(told));
        a_moment().await;
        told
    }

    async fn purge(&self, now: Timestamp) -> Result<usize, Error> {
        a_moment().await;
        Store::purge(&self.store, now)
    }
}

/// A trail that can be read.
#[derive(Default)]
struct Trail(Mutex<Vec<String>>);

impl Audit for &Trail {
    fn write(&self, event: &Event) -> Result<(), Error> {
        let told = format!("{} {:?}", event.revision, event.kind);
        self.0.lock().unwrap().push(told);
        Ok(())
    }
}

// --- A bank ---------------------------------------------------------------------------------------------------

fn at(unix: i64) -> Timestamp {
    Timestamp::from_unix(unix).unwrap()
}

fn settings() -> Settings {
    let keyring = Keyring::new(
        RootKey::from_bytes(1, [1; 32]).unwrap(),
        LongTermSecret::from_bytes(1, [2; 32]).unwrap(),
    );
    Settings::new("bank", keyring)
        .unwrap()
        .with_hash_pool(HashPool::new(Cost::new(7_168, 5, 1).unwrap(), PERMITS).unwrap())
        .with_questions(&[QuestionId::new(1), QuestionId::new(2)], 2)
        .unwrap()
}

fn app() -> Totp {
    Totp::from(OtpKey::new(vec![7; 20].into()).unwrap())
}

fn code(unix: i64) -> Code {
    Code::typed(app().code_at(at(unix)).expose_text())
}

fn wrong_code() -> Attempt {
    let near = [NOW - 30, NOW, NOW + 30].map(|unix| app().code_at(at(unix)));
    let is_wrong = |typed: &&str| near.iter().all(|code| code.expose_text() != *typed);
    let wrong = ["100001", "200002", "300003", "400004"];
    Attempt::Totp(Code::typed(wrong.iter().copied().find(is_wrong).unwrap()))
}

fn password(text: &str) -> Attempt {
    Attempt::Password(Password::typed(text))
}

fn call(number: u8) -> Context {
    Context::new(Channel::Agent, Interaction::from_bytes([number; 16]))
}

/// An address is changed by whoever has given a code of the app.
fn policy() -> Policy {
    Policy::from_toml(
        r#"
version = 1
grant_lifetime = 300
tiers = ["only"]
[action."address.change".every_tier]
any = [{ all = [{ factor = "totp", max_age = 600 }] }]
"#,
    )
    .unwrap()
}

fn permits(settings: &Settings) -> Vec<countersign::hashing::HashPermit> {
    settings.hash_pool().permits(PERMITS + 1)
}

/// The changes that enrol a customer.
fn enrolment(settings: &Settings) -> Vec<Change> {
    let (keyring, pool) = (settings.keyring(), settings.hash_pool());
    let mut permit = pool.permit().unwrap();
    let rules = PasswordRules::single_factor();
    let chosen = Password::typed(PASSWORD);
    let hash = PasswordHash::enrol(&chosen, &rules, keyring, pool.cost(), &mut permit).unwrap();
    let given = Answers::new()
        .and(QuestionId::new(1), "Marie Curie")
        .and(QuestionId::new(2), "blue");
    let answers = AnswerHashes::enrol(&given, keyring, pool.cost(), &mut permit).unwrap();
    vec![
        Change::AddTotp(app()),
        Change::ConfirmTotp(code(NOW - 60)),
        Change::SetPhone(Destination::phone("+6281234567834").unwrap()),
        Change::SetPassword(hash),
        Change::SetQuestions(answers),
    ]
}

/// The calls of the script, by either driver.
trait Calls {
    fn create(&self, whom: &Subject) -> Result<(), Error>;
    fn change(&self, whom: &Subject, change: &Change) -> Result<Changed, Error>;
    fn check(&self, whom: &Subject, attempt: &Attempt, ctx: &Context) -> Result<Outcome, Error>;
    fn issue(&self, whom: &Subject, ctx: &Context) -> Result<Issued, Error>;
    fn challenge(&self, whom: &Subject) -> bool;
    fn recovery(&self, whom: &Subject) -> usize;
    fn prompts(&self, whom: &Subject) -> [String; 3];
    fn status(&self, whom: &Subject, ctx: &Context) -> Result<Status, Error>;
    fn decide(&self, whom: &Subject, ctx: &Context) -> [String; 5];
    fn erase(&self, whom: &Subject) -> Result<bool, Error>;
    fn purge(&self) -> Result<usize, Error>;
}

macro_rules! calls {
    ($verifier:ty, $run:path) => {
        impl Calls for $verifier {
            fn create(&self, whom: &Subject) -> Result<(), Error> {
                $run(self.create(whom, &call(200)))
            }
            fn change(&self, whom: &Subject, change: &Change) -> Result<Changed, Error> {
                $run(self.change(whom, change, &Authority::Host, &call(200)))
            }
            fn check(
                &self,
                whom: &Subject,
                attempt: &Attempt,
                ctx: &Context,
            ) -> Result<Outcome, Error> {
                $run(self.check(whom, attempt, ctx))
            }
            fn issue(&self, whom: &Subject, ctx: &Context) -> Result<Issued, Error> {
                $run(self.issue(whom, &CodeOrder::spoken(), ctx))
            }
            fn challenge(&self, whom: &Subject) -> bool {
                $run(self.challenge(whom, &OcraTask::authenticate(), &call(201))).is_ok()
            }
            fn recovery(&self, whom: &Subject) -> usize {
                let by = Authority::Host;
                let list = $run(self.generate_recovery_codes(whom, 4, &by, &call(200)));
                list.unwrap().codes().len()
            }
            fn prompts(&self, whom: &Subject) -> [String; 3] {
                [
                    format!("{:?}", $run(self.questions(whom))),
                    format!("{:?}", $run(self.prompts(whom)).is_err()),
                    format!("{:?}", $run(self.word_prompt(whom)).is_err()),
                ]
            }
            fn status(&self, whom: &Subject, ctx: &Context) -> Result<Status, Error> {
                $run(self.status(whom, ctx))
            }
            fn decide(&self, whom: &Subject, ctx: &Context) -> [String; 5] {
                let (policy, request) = (policy(), Request::new("address.change"));
                let agent = Agent::new("A-7").unwrap();
                let shown = $run(self.evidence(whom, ctx.interaction())).unwrap();
                let decided = $run(self.decide(&policy, &request, whom, ctx)).unwrap();
                let approved = $run(self.approve(whom, &agent, "address.change", LONG, ctx));
                let authorized = $run(self.authorize(&policy, &request, whom, ctx)).unwrap();
                let ended = $run(self.end(whom, ctx));
                [
                    shown.len().to_string(),
                    decided.to_string(),
                    format!("{approved:?}"),
                    authorized.to_string(),
                    format!("{ended:?}"),
                ]
            }
            fn erase(&self, whom: &Subject) -> Result<bool, Error> {
                $run(self.erase(whom))
            }
            fn purge(&self) -> Result<usize, Error> {
                $run(self.purge())
            }
        }
    };
}

/// Nothing is waited for.
fn as_it_is<T>(told: T) -> T {
    told
}

calls!(Verifier<&MemoryStore, &Trail>, as_it_is);
calls!(AsyncVerifier<&Slow, &Trail>, wait_for);

/// Says an outcome without what is drawn by chance.
fn said(outcome: &Result<Outcome, Error>) -> String {
    match outcome {
        Ok(Outcome::Accepted(evidence)) => format!("accepted by {}", evidence.factor()),
        other => format!("{other:?}"),
    }
}

/// A morning at the bank: what is told, and what the trail says.
fn script(bank: &dyn Calls, clock: &ManualClock, changes: &[Change]) -> Vec<String> {
    let (anna, nobody) = (subject("C-1042"), subject("C-9999"));
    let mut told = Vec::new();
    clock.set(at(NOW - 60));
    told.push(format!("{:?}", bank.create(&anna)));
    told.push(format!("{:?}", bank.create(&anna)));
    for change in changes {
        told.push(format!("{:?}", bank.change(&anna, change)));
    }
    clock.set(at(NOW));
    told.push(bank.recovery(&anna).to_string());
    told.extend(bank.prompts(&anna));
    told.push(bank.challenge(&anna).to_string());
    for whom in [&anna, &nobody] {
        for (number, attempt) in (0..).zip([
            Attempt::Totp(code(NOW)),
            Attempt::Totp(code(NOW)),
            wrong_code(),
            password("none of these, I fear"),
            password(PASSWORD),
        ]) {
            told.push(said(&bank.check(whom, &attempt, &call(number))));
        }
        for number in [0, 4, 4] {
            told.extend(bank.decide(whom, &call(number)));
        }
        for _ in 0..7 {
            told.push(said(&bank.check(whom, &wrong_code(), &call(100))));
        }
        for number in 0..10 {
            let issued = bank.issue(whom, &call(number)).unwrap();
            told.push(format!("{issued:?}"));
            clock.advance(Duration::from_secs(40));
        }
        clock.set(at(NOW + 400));
        let status = bank.status(whom, &call(100)).unwrap();
        let locked = countersign::Factor::ALL.map(|factor| status.locked(factor));
        told.push(format!("{:?} {locked:?}", status.epoch()));
        clock.set(at(NOW));
    }
    clock.advance(Duration::from_secs(90 * 86_400));
    told.push(format!("{:?}", bank.purge()));
    told.push(format!("{:?}", bank.erase(&anna)));
    told.push(format!("{:?}", bank.erase(&anna)));
    told
}

#[test]
fn one_script_has_one_outcome_with_both_drivers() {
    let settings = settings();
    let changes = enrolment(&settings);
    let clock = Arc::new(ManualClock::new(at(NOW)));
    let (store, trail) = (MemoryStore::new(), Trail::default());
    let blocking = Verifier::new(&store, settings.clone())
        .with_clock(Arc::clone(&clock))
        .with_audit(&trail);
    let told = script(&blocking, &clock, &changes);
    let events = trail.0.into_inner().unwrap();
    assert!(told.len() > 50 && events.len() > 30, "{told:?} {events:?}");
    let count = |what: &str| told.iter().filter(|told| told.starts_with(what)).count();
    assert_eq!((count("accepted"), count("Ok(Locked")), (2, 9), "{told:#?}");
    assert_eq!(count("allowed"), 2, "decided, and authorized: {told:#?}");

    // With races that are lost, too: then the turn is taken.
    for losses in [0, 1, 5] {
        let (slow, trail) = (Slow::default(), Trail::default());
        slow.losses.store(losses, Ordering::SeqCst);
        let waiting = AsyncVerifier::new(&slow, settings.clone())
            .with_clock(Arc::clone(&clock))
            .with_audit(&trail);
        assert_eq!(script(&waiting, &clock, &changes), told, "{losses}");
        assert_eq!(trail.0.into_inner().unwrap(), events, "{losses}");
    }
}

/// The calls of a driver, as its source declares them.
fn declared(file: &str, opening: &str) -> Vec<String> {
    let path = format!("{}/src/verifier/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    let runs = text.split(opening).skip(1);
    let name = |rest: &str| rest[..rest.find(['(', '<']).unwrap()].to_owned();
    runs.map(name).collect()
}

#[test]
fn every_call_has_its_twin() {
    // They make a verifier, or wait for nothing.
    let makers = [
        "new",
        "with_audit",
        "with_clock",
        "with_metrics",
        "with_high_water",
        "with_remembered",
        "on",
        "gauges",
    ];
    let mut blocking = declared("blocking.rs", "\n    pub fn ");
    blocking.retain(|name| !makers.contains(&name.as_str()));
    assert!(blocking.len() > 15, "they are not read any more");
    assert_eq!(declared("nonblocking.rs", "\n    pub async fn "), blocking);
}

// --- Futures --------------------------------------------------------------------------------------------------

fn is_send<T: Send>(_: &T) {}

/// For every store and sink: a host may spawn each call.
fn every_call_is_send<S: AsyncStore, A: Audit + Send + Sync>(
    verifier: &AsyncVerifier<S, A>,
    (whom, ctx): (&Subject, &Context),
    (policy, request): (&Policy, &Request),
    (grant, agent): (&Grant, &Agent),
) {
    let by = Authority::Granted(grant);
    is_send(&verifier.create(whom, ctx));
    is_send(&verifier.change(whom, &Change::Suspend, &by, ctx));
    is_send(&verifier.generate_recovery_codes(whom, 4, &by, ctx));
    is_send(&verifier.check(whom, &wrong_code(), ctx));
    is_send(&verifier.issue(whom, &CodeOrder::spoken(), ctx));
    is_send(&verifier.challenge(whom, &OcraTask::authenticate(), ctx));
    is_send(&verifier.questions(whom));
    is_send(&verifier.prompts(whom));
    is_send(&verifier.word_prompt(whom));
    is_send(&verifier.status(whom, ctx));
    is_send(&verifier.evidence(whom, ctx.interaction()));
    is_send(&verifier.decide(policy, request, whom, ctx));
    is_send(&verifier.authorize(policy, request, whom, ctx));
    is_send(&verifier.approve(whom, agent, "limit.raise", LONG, ctx));
    is_send(&verifier.end(whom, ctx));
    is_send(&verifier.redeem(grant, ctx));
    is_send(&verifier.erase(whom));
    is_send(&verifier.purge());
}

/// A task that owns what it needs.
async fn works<S: AsyncStore, A: Audit + Send + Sync>(verifier: Arc<AsyncVerifier<S, A>>) -> bool {
    let (whom, ctx, attempt) = (subject("C-1042"), call(1), wrong_code());
    verifier.check(&whom, &attempt, &ctx).await.is_ok()
}

/// Runs a task on another thread, as a runtime may.
fn spawn<T: Send + 'static>(task: impl Future<Output = T> + Send + 'static) -> T {
    std::thread::spawn(|| wait_for(task)).join().unwrap()
}

fn every_task_can_be_spawned<S: AsyncStore + 'static, A: Audit + Send + Sync + 'static>(
    verifier: AsyncVerifier<S, A>,
) -> bool {
    spawn(works(Arc::new(verifier)))
}

#[test]
fn a_call_is_send_and_can_be_spawned() {
    let _ = every_call_is_send::<Slow, ()>;
    let verifier = AsyncVerifier::new(Slow::default(), settings());
    assert!(every_task_can_be_spawned(verifier));
}

// --- Calls that are dropped -----------------------------------------------------------------------------------

/// A store with a customer, and a verifier over it.
struct Branch {
    settings: Settings,
    clock: Arc<ManualClock>,
    enrolled: Entry,
}

impl Branch {
    fn open() -> Self {
        let settings = settings();
        let clock = Arc::new(ManualClock::new(at(NOW - 60)));
        let store = MemoryStore::new();
        let verifier = Verifier::new(&store, settings.clone()).with_clock(Arc::clone(&clock));
        let whom = subject("C-1042");
        verifier.create(&whom, &call(200)).unwrap();
        for change in enrolment(&settings) {
            let changed = verifier.change(&whom, &change, &Authority::Host, &call(200));
            assert_eq!(changed.unwrap(), Changed::Done);
        }
        clock.set(at(NOW));
        let enrolled = Store::load(&store, &Key::of(&whom)).unwrap().unwrap();
        Self {
            settings,
            clock,
            enrolled,
        }
    }

    /// The store as it was after the enrolment.
    fn store(&self, losses: usize) -> Slow {
        let slow = Slow::default();
        let key = Key::of(&subject("C-1042"));
        let put = Store::replace(&slow.store, &key, None, &self.enrolled);
        assert_eq!(put.unwrap(), Replaced::Stored);
        slow.losses.store(losses, Ordering::SeqCst);
        slow
    }

    fn verifier<'s>(&self, slow: &'s Slow) -> AsyncVerifier<&'s Slow> {
        AsyncVerifier::new(slow, self.settings.clone()).with_clock(Arc::clone(&self.clock))
    }

    /// Waits until all computations are over: each has given its permit back.
    #[track_caller]
    fn until_permits_are_back(&self) {
        let begun = Instant::now();
        while permits(&self.settings).len() < PERMITS {
            assert!(begun.elapsed() < LONG, "a permit is lost");
            std::thread::yield_now();
        }
    }
}

type Bank<'s> = AsyncVerifier<&'s Slow>;
/// Polls a call so often, and returns whether it is over.
type Act = fn(&Bank<'_>, &Subject, usize) -> bool;

#[test]
fn a_call_that_is_dropped_anywhere_leaves_what_is_stored_and_no_turn() {
    let branch = Branch::open();
    let anna = subject("C-1042");
    // Each call, and how many writes it makes.
    let calls: [(&str, usize, Act); 7] = [
        ("a right code", 1, |bank, whom, times| {
            let attempt = Attempt::Totp(code(NOW));
            polled(bank.check(whom, &attempt, &call(1)), times).is_some()
        }),
        ("a wrong code", 1, |bank, whom, times| {
            polled(bank.check(whom, &wrong_code(), &call(1)), times).is_some()
        }),
        ("a right password", 2, |bank, whom, times| {
            polled(bank.check(whom, &password(PASSWORD), &call(1)), times).is_some()
        }),
        ("an unknown name", 1, |bank, _, times| {
            let nobody = subject("C-9999");
            polled(bank.check(&nobody, &wrong_code(), &call(1)), times).is_some()
        }),
        // The code, and the counts of its number and of the block around it.
        ("an order", 3, |bank, whom, times| {
            polled(bank.issue(whom, &CodeOrder::spoken(), &call(1)), times).is_some()
        }),
        ("a change", 1, |bank, whom, times| {
            let change = Change::SetPhone(Destination::phone("+6281234567835").unwrap());
            let ctx = call(1);
            polled(bank.change(whom, &change, &Authority::Host, &ctx), times).is_some()
        }),
        ("an erasure", 1, |bank, whom, times| {
            polled(bank.erase(whom), times).is_some()
        }),
    ];
    for (what, most, act) in calls {
        for losses in [0, 3] {
            let mut is_over = false;
            let mut points = 0;
            while !is_over {
                let slow = branch.store(losses);
                let bank = branch.verifier(&slow);
                is_over = act(&bank, &anna, points);
                let place = format!("{what}, dropped at point {points}, {losses} races lost");
                assert!(slow.writes() <= most, "{place}: {} writes", slow.writes());
                assert!(!is_over || slow.writes() == most, "{place}");
                branch.until_permits_are_back();
                slow.losses.store(0, Ordering::SeqCst);

                // What is stored counts, and what is not does not: the code passes once, or is still good.
                let was_stored = slow.writes() > 0;
                let again = wait_for(bank.check(&anna, &Attempt::Totp(code(NOW)), &call(2)));
                let is_accepted = matches!(again, Ok(Outcome::Accepted(_)));
                let is_spent = was_stored && ["a right code", "an erasure"].contains(&what);
                assert_eq!(is_accepted, !is_spent, "{place}: {again:?}");
                points += 1;
                assert!(points < 200, "{place}: no end");
            }
            assert!(points > 4, "{what}: it never waited");
        }
    }
}

#[test]
fn b52_a_turn_is_waited_for_and_ends_with_a_call_that_is_dropped() {
    let branch = Branch::open();
    let slow = branch.store(3);
    let bank = branch.verifier(&slow);
    let (anna, attempt, ctx) = (subject("C-1042"), wrong_code(), call(1));
    let mut first = Box::pin(bank.check(&anna, &attempt, &ctx));
    // After two lost races it takes the turn, so it loses the third one in its turn.
    let begun = Instant::now();
    while slow.losses.load(Ordering::SeqCst) > 0 {
        assert!(poll_once(first.as_mut()).is_none() && begun.elapsed() < LONG);
    }
    fn is_held(waits: &mut Pin<Box<impl Future>>) -> bool {
        (0..50).all(|_| poll_once(waits.as_mut()).is_none())
    }
    let mut waits = Box::pin(bank.check(&anna, &attempt, &ctx));
    let mut next = Box::pin(bank.check(&anna, &attempt, &ctx));
    assert!(is_held(&mut waits) && is_held(&mut next));
    assert_eq!(slow.writes(), 0);
    // One that waits hangs up, and then the one that has the turn.
    drop(waits);
    assert!(is_held(&mut next));
    drop(first);
    assert!(matches!(wait_for(next), Ok(Outcome::Denied)));
    assert!(matches!(
        wait_for(bank.check(&anna, &attempt, &ctx)),
        Ok(Outcome::Denied)
    ));
}

#[test]
fn b52_tasks_that_hammer_one_subject_lose_no_call() {
    const TASKS: usize = 4;
    const CALLS: usize = 150;
    let branch = Branch::open();
    let slow = branch.store(0);
    let bank = branch.verifier(&slow);
    let (anna, ctx) = (subject("C-1042"), call(1));
    let seen = ExternalVerification::new("counter", FactorClass::Possession, Strength::Full);
    let seen = Attempt::External(seen.unwrap());
    let check = || wait_for(bank.check(&anna, &seen, &ctx));
    let accepted: usize = std::thread::scope(|scope| {
        let works = || {
            (0..CALLS)
                .filter(|_| matches!(check(), Ok(Outcome::Accepted(_))))
                .count()
        };
        let tasks = [(); TASKS].map(|()| scope.spawn(works));
        tasks.map(|task| task.join().unwrap()).iter().sum()
    });
    assert_eq!((accepted, slow.writes()), (TASKS * CALLS, TASKS * CALLS));
}

/// Whoever asks for a name and hangs up while it is written fills the store no faster.
#[test]
fn b49_a_decoy_of_a_call_that_is_dropped_counts() {
    let mut branch = Branch::open();
    branch.settings = branch.settings.with_decoy_limit(3).unwrap();
    let slow = branch.store(0);
    let bank = branch.verifier(&slow);
    for number in 0..10 {
        let name = subject(&format!("N-{number}"));
        let (attempt, ctx) = (wrong_code(), call(1));
        let mut call = Box::pin(bank.check(&name, &attempt, &ctx));
        let before = slow.writes();
        while slow.writes() == before && poll_once(call.as_mut()).is_none() {}
    }
    assert_eq!(slow.writes(), 3);
}

// --- Permits and threads --------------------------------------------------------------------------------------

#[test]
fn b46_a_permit_is_waited_for_no_longer_than_that() {
    let branch = Branch::open();
    let brief = Duration::from_millis(20);
    let settings = branch.settings.clone().with_permit_wait(brief).unwrap();
    let slow = branch.store(0);
    let bank = AsyncVerifier::new(&slow, settings.clone()).with_clock(Arc::clone(&branch.clock));
    let anna = subject("C-1042");
    let held = permits(&settings);
    let told = wait_for(bank.check(&anna, &password(PASSWORD), &call(1)));
    assert!(matches!(told, Ok(Outcome::Busy { .. })), "{told:?}");
    assert_eq!(slow.writes(), 0, "nothing is charged");

    let settings = settings.with_permit_wait(Duration::from_secs(60)).unwrap();
    let bank = AsyncVerifier::new(&slow, settings).with_clock(Arc::clone(&branch.clock));
    let told = std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(brief);
            drop(held);
        });
        wait_for(bank.check(&anna, &password(PASSWORD), &call(1)))
    });
    assert!(matches!(told, Ok(Outcome::Accepted(_))), "{told:?}");
    branch.until_permits_are_back();
}

#[test]
fn b46_a_computation_runs_where_the_host_says_and_keeps_its_permit_to_its_end() {
    let branch = Branch::open();
    let slow = branch.store(0);
    type Jobs = Arc<Mutex<Vec<Box<dyn FnOnce() + Send>>>>;
    let jobs = Jobs::default();
    let queue = Arc::clone(&jobs);
    let bank = branch
        .verifier(&slow)
        .with_offload(move |job| queue.lock().unwrap().push(job));
    let (anna, attempt, ctx) = (subject("C-1042"), password(PASSWORD), call(1));
    let begins = || {
        let mut call = Box::pin(bank.check(&anna, &attempt, &ctx));
        while jobs.lock().unwrap().is_empty() {
            assert!(poll_once(call.as_mut()).is_none());
        }
        let job = jobs.lock().unwrap().pop().unwrap();
        (call, job)
    };
    let (call, job) = begins();
    assert_eq!(permits(&branch.settings).len(), PERMITS - 1);
    job();
    assert!(matches!(wait_for(call), Ok(Outcome::Accepted(_))));

    // Its caller hangs up, and it still computes: so many at once, and no more.
    let (call, job) = begins();
    drop(call);
    assert_eq!(permits(&branch.settings).len(), PERMITS - 1);
    job();
    assert_eq!(permits(&branch.settings).len(), PERMITS);

    // A runtime that ends drops its jobs. The try is charged by then.
    let (call, job) = begins();
    let writes = slow.writes();
    drop(job);
    assert!(wait_for(call).unwrap_err().is_store());
    assert_eq!(
        (slow.writes(), permits(&branch.settings).len()),
        (writes, PERMITS)
    );
}

#[test]
fn b46_a_computation_does_not_run_on_the_thread_of_its_caller() {
    let branch = Branch::open();
    let slow = branch.store(0);
    let is_elsewhere = Arc::new(AtomicBool::new(false));
    let (caller, seen) = (std::thread::current().id(), Arc::clone(&is_elsewhere));
    let bank = branch.verifier(&slow);
    let told = wait_for(bank.check(&subject("C-1042"), &password(PASSWORD), &call(1)));
    assert!(matches!(told, Ok(Outcome::Accepted(_))), "by the default");
    let bank = bank.with_offload(move |job| {
        let seen = Arc::clone(&seen);
        std::thread::spawn(move || {
            seen.store(std::thread::current().id() != caller, Ordering::SeqCst);
            job();
        });
    });
    let told = wait_for(bank.check(&subject("C-1042"), &password(PASSWORD), &call(1)));
    assert!(matches!(told, Ok(Outcome::Accepted(_))));
    assert!(is_elsewhere.load(Ordering::SeqCst));
}
