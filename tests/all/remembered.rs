//! A verifier that remembers: one round trip for a customer who has shown something, and the outcomes of a verifier that does not.

mod histories;

use core::time::Duration;
use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::tasks::wait_for;
use crate::support::timed::{TimedContext, TimedVerifier};
use crate::support::{keyring, maya, rfc_totp, subject};
use countersign::account::Agent;
use countersign::delivered::{CodeOrder, Destination, Issued};
use countersign::hashing::{Cost, HashPool};
use countersign::password::{Password, PasswordHash, PasswordRules};
use countersign::store::memory::MemoryStore;
use countersign::store::{Entry, Key, Replaced, Store, Version};
use countersign::time::ManualClock;
use countersign::{
    AsyncVerifier, Attempt, Authority, Authorized, Change, Channel, Code, Context, Error, Factor,
    Interaction, Outcome, Policy, Request, Settings, Subject, Timestamp, Verifier,
};

const NOW: i64 = 1_800_000_000;
const ROOM: usize = 100;
/// So many wrong tries lock a factor, by the NIST limits.
const LIMIT: usize = 5;

/// Reads, writes.
type Trips = (usize, usize);
type Check<'a> = dyn Fn(&Attempt) -> Outcome + 'a;

/// A store that counts what it is asked. Machines share it.
#[derive(Debug, Default)]
pub struct Counting {
    store: MemoryStore,
    loads: AtomicUsize,
    replaces: AtomicUsize,
    /// So many of the next writes are carried out, and are an error all the same.
    lost: AtomicUsize,
    versions: Mutex<HashSet<Version>>,
}

impl Counting {
    /// Returns how often it was asked since the last time.
    pub fn trips(&self) -> Trips {
        let read = |count: &AtomicUsize| count.swap(0, Ordering::SeqCst);
        (read(&self.loads), read(&self.replaces))
    }

    /// Puts an earlier entry back, as a restored backup does.
    pub fn restore(&self, key: &Key, earlier: Option<&Entry>) {
        if let Some(present) = self.store_load(key) {
            let removed = Store::remove(&self.store, key, &present.version());
            assert_eq!(removed.unwrap(), Replaced::Stored);
        }
        if let Some(earlier) = earlier {
            let put = Store::replace(&self.store, key, None, earlier);
            assert_eq!(put.unwrap(), Replaced::Stored);
        }
    }

    pub fn store_load(&self, key: &Key) -> Option<Entry> {
        Store::load(&self.store, key).unwrap()
    }
}

impl Store for Counting {
    fn load(&self, key: &Key) -> Result<Option<Entry>, Error> {
        self.loads.fetch_add(1, Ordering::SeqCst);
        Store::load(&self.store, key)
    }

    fn replace(
        &self,
        key: &Key,
        expected: Option<&Version>,
        entry: &Entry,
    ) -> Result<Replaced, Error> {
        self.replaces.fetch_add(1, Ordering::SeqCst);
        let told = Store::replace(&self.store, key, expected, entry);
        if let Ok(Replaced::Stored) = told {
            let is_new = self.versions.lock().unwrap().insert(entry.version());
            assert!(is_new, "a version comes back");
            let less = |left: usize| left.checked_sub(1);
            let (set, read) = (Ordering::SeqCst, Ordering::SeqCst);
            if self.lost.fetch_update(set, read, less).is_ok() {
                let cause = std::io::Error::other("the answer is lost");
                return Err(Error::store("counting store", cause));
            }
        }
        told
    }

    fn remove(&self, key: &Key, expected: &Version) -> Result<Replaced, Error> {
        Store::remove(&self.store, key, expected)
    }

    fn purge(&self, now: Timestamp) -> Result<usize, Error> {
        Store::purge(&self.store, now)
    }
}

type Bank<'s> = TimedVerifier<&'s Counting>;

pub fn settings() -> Settings {
    Settings::new("bank", keyring())
        .unwrap()
        .with_hash_pool(HashPool::new(Cost::new(7_168, 5, 1).unwrap(), 2).unwrap())
}

/// Two machines over one store. The first one remembers.
fn machines(store: &Counting) -> (Bank<'_>, Bank<'_>) {
    let settings = settings();
    let first = TimedVerifier::new(store, settings.clone()).with_remembered(ROOM);
    let other = TimedVerifier::new(store, settings);
    (first, other)
}

/// So many seconds after `NOW`, in the interaction of that number.
pub fn visit(seconds: i64, number: u8) -> TimedContext {
    let now = Timestamp::from_unix(NOW + seconds).unwrap();
    let interaction = Interaction::from_bytes([number; 16]);
    TimedContext::new(now, Channel::Web, interaction).protected()
}

pub fn right(ctx: &TimedContext) -> Attempt {
    Attempt::Totp(Code::typed(rfc_totp().code_at(ctx.now()).expose_text()))
}

pub fn wrong() -> Attempt {
    Attempt::Totp(Code::typed("00000a"))
}

fn password(text: &str) -> Attempt {
    Attempt::Password(Password::typed(text))
}

fn hash_of(text: &str, settings: &Settings) -> PasswordHash {
    let (pool, rules) = (settings.hash_pool(), PasswordRules::multi_factor());
    let (cost, mut permit) = (pool.cost(), pool.permit().unwrap());
    let typed = Password::typed(text);
    PasswordHash::enrol(&typed, &rules, settings.keyring(), cost, &mut permit).unwrap()
}

pub fn enrols(bank: &Bank<'_>, whom: &Subject) {
    let before = visit(-600, 200);
    bank.create(whom, &before).unwrap();
    let Attempt::Totp(code) = right(&before) else {
        panic!("another attempt")
    };
    for change in [Change::AddTotp(rfc_totp()), Change::ConfirmTotp(code)] {
        changes(bank, whom, &change, &before);
    }
}

fn changes(bank: &Bank<'_>, whom: &Subject, change: &Change, ctx: &TimedContext) {
    let _ = bank.change(whom, change, &Authority::Host, ctx).unwrap();
}

fn phone() -> Change {
    Change::SetPhone(Destination::phone("+6281234567834").unwrap())
}

#[track_caller]
fn accepts(bank: &Bank<'_>, ctx: &TimedContext) {
    let outcome = bank.check(&maya(), &right(ctx), ctx).unwrap();
    assert!(matches!(outcome, Outcome::Accepted(_)), "{outcome:?}");
}

#[track_caller]
fn denies(bank: &Bank<'_>, attempt: &Attempt, ctx: &TimedContext) {
    let outcome = bank.check(&maya(), attempt, ctx).unwrap();
    assert!(matches!(outcome, Outcome::Denied), "{outcome:?}");
}

/// A customer who has just signed in on the first machine, in interaction 1.
fn signed_in(store: &Counting) -> (Bank<'_>, Bank<'_>) {
    let (first, other) = machines(store);
    enrols(&first, &maya());
    accepts(&first, &visit(0, 1));
    store.trips();
    (first, other)
}

pub const POLICY: &str = r#"
    version = 1
    grant_lifetime = 300
    tiers = ["only"]
    [action."address.change".every_tier]
    any = [{ all = [{ factor = "totp", max_age = 900 }] }]
"#;

// --- Round trips ------------------------------------------------------------------------------------------------

#[test]
fn a_customer_who_has_shown_something_takes_one_round_trip() {
    let store = Counting::default();
    let (first, _) = machines(&store);
    enrols(&first, &maya());
    store.trips();
    accepts(&first, &visit(0, 1));
    assert_eq!(store.trips(), (1, 1), "nothing was shown before");
    let policy = Policy::from_toml(POLICY).unwrap();
    let request = Request::new("address.change");
    let mut second = 0;
    let mut next = || {
        second += 30;
        visit(second, 1)
    };
    accepts(&first, &next());
    assert_eq!(store.trips(), (0, 1), "right");
    denies(&first, &wrong(), &next());
    assert_eq!(store.trips(), (0, 1), "wrong");
    let told = first
        .authorize(&policy, &request, &maya(), &next())
        .unwrap();
    assert!(matches!(told, Authorized::Yes(_)));
    assert_eq!(store.trips(), (0, 1), "authorize");
    changes(&first, &maya(), &phone(), &next());
    assert_eq!(store.trips(), (0, 1), "change");
    // The counts of a destination and its block are loaded and written, and so is the record. It is written once more.
    let Issued::Ready(sent) = first
        .issue(&maya(), &CodeOrder::private(), &next())
        .unwrap()
    else {
        panic!("not issued")
    };
    assert_eq!(store.trips(), (3, 3), "issue");
    let code = Attempt::Delivered(sent.send(|_, code| Code::typed(code)).unwrap());
    let outcome = first.check(&maya(), &code, &next()).unwrap();
    assert!(matches!(outcome, Outcome::Accepted(_)));
    assert_eq!(store.trips(), (0, 1), "a code that was sent");
    first.end(&maya(), &next()).unwrap();
    assert_eq!(store.trips(), (0, 1), "end");
    // The evidence is gone, and with it the fast path.
    denies(&first, &wrong(), &next());
    assert_eq!(store.trips(), (1, 1), "after the end");
}

/// An attempt that is computed is written twice. The second write is of the same call, so it begins with the first one.
#[test]
fn a_password_of_a_customer_who_has_shown_something_takes_two_round_trips() {
    let store = Counting::default();
    let (first, _) = machines(&store);
    enrols(&first, &maya());
    let hash = hash_of("eleven elephants eat", &settings());
    changes(
        &first,
        &maya(),
        &Change::SetPassword(hash),
        &visit(-500, 200),
    );
    accepts(&first, &visit(0, 1));
    store.trips();
    let (wrong, right) = ("none of these", "eleven elephants eat");
    // A wrong one stays charged. There is nothing to write after it, so the store is asked, and nothing is remembered.
    for (text, trips) in [
        (right, (0, 2)),
        (wrong, (1, 1)),
        (right, (1, 2)),
        (right, (0, 2)),
    ] {
        let outcome = first.check(&maya(), &password(text), &visit(1, 1)).unwrap();
        assert_eq!(matches!(outcome, Outcome::Accepted(_)), text == right);
        assert_eq!(store.trips(), trips, "{text}");
    }
}

#[test]
fn calls_that_only_read_ask_the_store() {
    let store = Counting::default();
    let (first, _) = signed_in(&store);
    let (policy, ctx) = (Policy::from_toml(POLICY).unwrap(), visit(1, 1));
    let request = Request::new("address.change");
    let reads: [&dyn Fn(); 4] = [
        &|| drop(first.status(&maya(), &ctx).unwrap()),
        &|| drop(first.evidence(&maya(), &ctx).unwrap()),
        &|| drop(first.decide(&policy, &request, &maya(), &ctx).unwrap()),
        &|| drop(first.questions(&maya(), &ctx).unwrap()),
    ];
    for (number, read) in reads.iter().enumerate() {
        read();
        assert_eq!(store.trips(), (1, 0), "call {number}");
    }
    // They leave alone what is remembered.
    accepts(&first, &visit(30, 1));
    assert_eq!(store.trips(), (0, 1));
}

/// Else the number of round trips would show who is a customer, and who is signed in.
#[test]
fn a_caller_without_evidence_takes_two_round_trips_for_each_name() {
    let store = Counting::default();
    let (first, other) = signed_in(&store);
    let (idle, unknown) = (subject("C-2"), subject("C-9999"));
    enrols(&other, &idle);
    store.trips();
    // Fewer wrong tries than lock a factor.
    for round in 0..2_u8 {
        let begin = 60 * (1 + i64::from(round));
        for whom in [&maya(), &idle, &unknown] {
            // A caller tries twice in one interaction.
            for number in [7, 7] {
                let outcome = first.check(whom, &wrong(), &visit(begin, number)).unwrap();
                assert!(matches!(outcome, Outcome::Denied));
                assert_eq!(store.trips(), (1, 1), "{round}: {whom:?}");
            }
        }
        // The customer goes on meanwhile, on both machines.
        accepts(&first, &visit(begin, 1));
        accepts(&other, &visit(begin + 30, 2));
        store.trips();
    }
    // So does a caller who has shown something of another subject.
    for whom in [&idle, &unknown] {
        let _ = first.check(whom, &wrong(), &visit(5_000, 1)).unwrap();
        assert_eq!(store.trips(), (1, 1));
    }
}

#[test]
fn an_entry_that_another_machine_replaced_costs_no_more_than_a_read() {
    let store = Counting::default();
    let (first, other) = signed_in(&store);
    for round in 1..4 {
        accepts(&other, &visit(60 * round, 2));
        assert_eq!(store.trips(), (1, 1));
        accepts(&first, &visit(60 * round + 30, 1));
        assert_eq!(
            store.trips(),
            (0, 2),
            "{round}: a conflict brings the present entry"
        );
    }
}

#[test]
fn both_drivers_remember_and_none_does_by_itself() {
    let (store, settings) = (Counting::default(), settings());
    let clock = std::sync::Arc::new(ManualClock::new(visit(-600, 1).now()));
    let ctx = Context::new(Channel::Web, Interaction::from_bytes([1; 16]));
    let blocking = |room| {
        let clock = std::sync::Arc::clone(&clock);
        let verifier = Verifier::new(&store, settings.clone()).with_clock(clock);
        if room == 0 {
            verifier
        } else {
            verifier.with_remembered(room)
        }
    };
    let waiting = |room| {
        let clock = std::sync::Arc::clone(&clock);
        let store = Waited(&store);
        let verifier = AsyncVerifier::new(store, settings.clone()).with_clock(clock);
        if room == 0 {
            verifier
        } else {
            verifier.with_remembered(room)
        }
    };
    enrols(&TimedVerifier::new(&store, settings.clone()), &maya());
    let mut second = 0;
    for (room, second_trips) in [(0, (1, 1)), (1, (0, 1)), (ROOM, (0, 1))] {
        let (blocking, waiting) = (blocking(room), waiting(room));
        // A verifier inside a transaction remembers nothing.
        let (inside, waiting_inside) = (blocking.on(&store), waiting.on(Waited(&store)));
        let checks: [(&Check<'_>, Trips); 4] = [
            (
                &|code| blocking.check(&maya(), code, &ctx).unwrap(),
                second_trips,
            ),
            (
                &|code| wait_for(waiting.check(&maya(), code, &ctx)).unwrap(),
                second_trips,
            ),
            (&|code| inside.check(&maya(), code, &ctx).unwrap(), (1, 1)),
            (
                &|code| wait_for(waiting_inside.check(&maya(), code, &ctx)).unwrap(),
                (1, 1),
            ),
        ];
        for (check, second_trips) in checks {
            store.trips();
            for trips in [(1, 1), second_trips, second_trips] {
                second += 30;
                let at = visit(second, 1);
                clock.set(at.now());
                assert!(matches!(check(&right(&at)), Outcome::Accepted(_)));
                assert_eq!(store.trips(), trips, "room for {room}");
            }
        }
    }
}

/// The same store, waited for.
struct Waited<'s>(&'s Counting);

impl countersign::store::AsyncStore for Waited<'_> {
    async fn load(&self, key: &Key) -> Result<Option<Entry>, Error> {
        self.0.load(key)
    }

    async fn replace(
        &self,
        key: &Key,
        expected: Option<&Version>,
        entry: &Entry,
    ) -> Result<Replaced, Error> {
        self.0.replace(key, expected, entry)
    }

    async fn remove(&self, key: &Key, expected: &Version) -> Result<Replaced, Error> {
        self.0.remove(key, expected)
    }

    async fn purge(&self, now: Timestamp) -> Result<usize, Error> {
        self.0.purge(now)
    }
}

// --- The store's word --------------------------------------------------------------------------------------------

/// What is remembered says "locked". Another machine has unlocked it since.
#[test]
fn a_refusal_is_not_told_from_memory() {
    let store = Counting::default();
    let (first, other) = signed_in(&store);
    for _ in 0..LIMIT {
        denies(&first, &wrong(), &visit(1, 1));
    }
    let locked = first
        .check(&maya(), &right(&visit(30, 1)), &visit(2, 1))
        .unwrap();
    assert!(matches!(locked, Outcome::Locked(_)), "{locked:?}");
    // The last wrong try is remembered again: it is the last write.
    accepts(&first, &visit(3_000, 1));
    for _ in 0..LIMIT {
        denies(&first, &wrong(), &visit(3_001, 1));
    }
    changes(
        &other,
        &maya(),
        &Change::Unlock(Factor::Totp),
        &visit(3_002, 2),
    );
    store.trips();
    accepts(&first, &visit(3_030, 1));
    assert_eq!(store.trips(), (1, 1), "the store was asked");
}

#[test]
fn an_error_is_not_told_from_memory() {
    let store = Counting::default();
    let (first, other) = signed_in(&store);
    // The account that this machine remembers is gone.
    assert!(other.erase(&maya()).unwrap());
    first.create(&maya(), &visit(1, 1)).unwrap();
    // And one that is there is no error either.
    let told = first.create(&maya(), &visit(2, 1));
    assert!(told.unwrap_err().is_misuse());
}

#[test]
fn a_suspension_by_another_machine_holds_at_once() {
    let store = Counting::default();
    let (first, other) = signed_in(&store);
    changes(&other, &maya(), &Change::Suspend, &visit(1, 2));
    denies(&first, &right(&visit(30, 1)), &visit(30, 1));
    let policy = Policy::from_toml(POLICY).unwrap();
    let request = Request::new("address.change");
    let told = first
        .authorize(&policy, &request, &maya(), &visit(31, 1))
        .unwrap();
    assert!(!matches!(told, Authorized::Yes(_)), "{told:?}");
}

#[test]
fn a_code_counts_once_on_all_machines() {
    let store = Counting::default();
    let (first, other) = signed_in(&store);
    let ctx = visit(30, 2);
    accepts(&other, &ctx);
    denies(&first, &right(&ctx), &visit(30, 1));
    assert_eq!(store.trips(), (1, 3), "one conflict");
}

/// Nothing of an erased account comes back: neither its evidence nor its version.
#[test]
fn an_account_that_another_machine_made_again_is_the_new_one() {
    let store = Counting::default();
    let (first, other) = signed_in(&store);
    assert!(other.erase(&maya()).unwrap());
    denies(&first, &right(&visit(30, 1)), &visit(30, 1));
    assert_eq!(
        store
            .store_load(&Key::of(&maya()))
            .map(|entry| entry.expires_at().is_some()),
        Some(true),
        "a decoy"
    );
    accepts_a_new_life(&first, &other);
}

fn accepts_a_new_life(first: &Bank<'_>, other: &Bank<'_>) {
    enrols(other, &maya());
    accepts(first, &visit(60, 1));
    assert!(other.erase(&maya()).unwrap());
    enrols(other, &maya());
    let policy = Policy::from_toml(POLICY).unwrap();
    let request = Request::new("address.change");
    let told = first
        .authorize(&policy, &request, &maya(), &visit(61, 1))
        .unwrap();
    assert!(matches!(told, Authorized::StepUp(_)), "{told:?}");
}

/// The try is charged to the record of the store, once. The password is that of the store.
#[test]
fn a_password_that_another_machine_changed_is_the_new_one_and_tries_are_charged_once() {
    let (store, settings) = (Counting::default(), settings());
    let (first, other) = signed_in(&store);
    let (old, new) = ("eleven elephants eat", "nine newts never nap");
    changes(
        &other,
        &maya(),
        &Change::SetPassword(hash_of(old, &settings)),
        &visit(1, 2),
    );
    let outcome = first.check(&maya(), &password(old), &visit(2, 1)).unwrap();
    assert!(matches!(outcome, Outcome::Accepted(_)));
    changes(
        &other,
        &maya(),
        &Change::SetPassword(hash_of(new, &settings)),
        &visit(3, 2),
    );
    // Each try of the first machine meets a conflict: the other one writes between.
    for _ in 1..LIMIT {
        denies(&first, &password(old), &visit(3, 1));
        changes(&other, &maya(), &phone(), &visit(3, 2));
    }
    let status = other.status(&maya(), &visit(3, 1)).unwrap();
    assert_eq!(status.locked(Factor::Password), None, "charged twice");
    let outcome = first.check(&maya(), &password(new), &visit(4, 1)).unwrap();
    assert!(matches!(outcome, Outcome::Accepted(_)), "{outcome:?}");
    for _ in 0..LIMIT {
        changes(&other, &maya(), &phone(), &visit(5, 2));
        denies(&first, &password(old), &visit(5, 1));
    }
    let status = other.status(&maya(), &visit(5, 1)).unwrap();
    assert!(
        status.locked(Factor::Password).is_some(),
        "a charge is lost"
    );
}

#[test]
fn a_write_of_unknown_end_is_forgotten() {
    let store = Counting::default();
    let (first, _) = signed_in(&store);
    store.lost.store(1, Ordering::SeqCst);
    let ctx = visit(30, 1);
    assert!(
        first
            .check(&maya(), &right(&ctx), &ctx)
            .unwrap_err()
            .is_store()
    );
    store.trips();
    // It took place: the code is used up.
    denies(&first, &right(&ctx), &ctx);
    assert_eq!(store.trips(), (1, 1), "the store is asked");
}

/// The store is put back to what it was. What this machine remembers is newer, and does not count.
#[test]
fn a_restored_backup_is_what_counts() {
    let store = Counting::default();
    let (first, _) = signed_in(&store);
    let backup = store.store_load(&Key::of(&maya()));
    accepts(&first, &visit(30, 1));
    store.restore(&Key::of(&maya()), backup.as_ref());
    // As without memory: the code is accepted again. SECURITY.md says so of stores that lose writes.
    accepts(&first, &visit(30, 1));
    assert_eq!(store.trips(), (0, 3));
    // And put back to exactly what is remembered, it goes on from there.
    let backup = store.store_load(&Key::of(&maya()));
    store.restore(&Key::of(&maya()), backup.as_ref());
    accepts(&first, &visit(60, 1));
    assert_eq!(store.trips(), (0, 1));
}

#[test]
fn a_transaction_and_the_verifier_beside_it_see_each_others_writes() {
    let store = Counting::default();
    let (first, _) = signed_in(&store);
    let inside = first.on(&store);
    let ctx = visit(30, 1);
    accepts(&inside, &ctx);
    denies(&first, &right(&ctx), &ctx);
    denies(&inside, &right(&ctx), &ctx);
    accepts(&first, &visit(60, 1));
}

/// An approval of another machine is in the record that is authorized.
#[test]
fn an_approval_by_another_machine_counts_at_once() {
    const RULES: &str = r#"
        version = 1
        grant_lifetime = 300
        tiers = ["only"]
        [action."limit.raise".every_tier]
        any = [{ all = [{ approvals = 1, max_age = 900 }] }]
    "#;
    let store = Counting::default();
    let (first, other) = signed_in(&store);
    let policy = Policy::from_toml(RULES).unwrap();
    let request = Request::new("limit.raise").handled_by(Agent::new("tom").unwrap());
    let asks = |second| {
        first
            .authorize(&policy, &request, &maya(), &visit(second, 1))
            .unwrap()
    };
    assert!(matches!(asks(1), Authorized::StepUp(_)));
    let (eve, lasts) = (Agent::new("eve").unwrap(), Duration::from_secs(900));
    other
        .approve(&maya(), &eve, "limit.raise", lasts, &visit(2, 9))
        .unwrap();
    assert!(matches!(asks(3), Authorized::Yes(_)));
    assert!(matches!(asks(4), Authorized::StepUp(_)), "it serves once");
}
