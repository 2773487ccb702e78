//! Measures: each call makes its own, by both drivers, and none says anything of a customer.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use proptest::prelude::*;

use crate::support::passwords::small;
use crate::support::timed::{TimedContext, TimedVerifier};
use crate::support::{keyring, maya, rfc_totp, subject};
use countersign::delivered::{CodeOrder, Destination, Issued};
use countersign::hashing::HashPool;
use countersign::metrics::{Measure, Metrics};
use countersign::otp::ocra::OcraTask;
use countersign::password::{Password, PasswordHash, PasswordRules};
use countersign::store::conformance::TestStore;
use countersign::store::memory::MemoryStore;
use countersign::{
    Attempt, Authority, Authorized, Change, Channel, Code, Decision, Interaction, Outcome, Policy,
    Request, Settings, Subject, Timestamp,
};

const NOW: i64 = 1_800_000_000;
const PASSWORD: &str = "eleven purple elephants";
const PHONE: &str = "+6281234567834";
const POLICY: &str = r#"
    version = 1
    grant_lifetime = 300
    tiers = ["any"]
    [action.tell.every_tier]
    any = [{ all = [{ factor = "totp", max_age = 900 }] }]
"#;

type Store = Arc<TestStore<MemoryStore>>;

/// All measures, in their order, as text.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<String>>>);

impl Metrics for Seen {
    fn record(&self, measure: Measure) {
        let labels: Vec<_> = measure.labels().map(|(_, value)| value).collect();
        let text = format!("{} {}", measure.name(), labels.join(" "));
        self.0.lock().unwrap().push(text);
    }
}

impl Seen {
    /// Takes what was seen since.
    fn take(&self) -> Vec<String> {
        core::mem::take(&mut *self.0.lock().unwrap())
    }
}

struct Bank {
    verifier: TimedVerifier<Store>,
    store: Store,
    pool: HashPool,
    seen: Seen,
}

fn ctx(seconds: i64) -> TimedContext {
    let now = Timestamp::from_unix(NOW + seconds).unwrap();
    TimedContext::new(now, Channel::Agent, Interaction::from_bytes([1; 16]))
}

fn app_code(ctx: &TimedContext) -> Attempt {
    Attempt::Totp(Code::typed(rfc_totp().code_at(ctx.now()).expose_text()))
}

fn password(text: &str) -> Attempt {
    Attempt::Password(Password::typed(text))
}

impl Bank {
    fn open() -> Self {
        let (store, seen) = (
            Store::new(TestStore::new(MemoryStore::new())),
            Seen::default(),
        );
        let pool = HashPool::new(small(), 2).unwrap();
        let settings = Settings::new("bank", keyring())
            .unwrap()
            .with_hash_pool(pool.clone())
            .with_permit_wait(Duration::from_millis(1))
            .unwrap();
        let verifier = TimedVerifier::new(Arc::clone(&store), settings).with_metrics(seen.clone());
        let rules = PasswordRules::multi_factor();
        let hash = PasswordHash::enrol(
            &Password::typed(PASSWORD),
            &rules,
            &keyring(),
            small(),
            &mut pool.permit().unwrap(),
        );
        let (before, by) = (ctx(-3_600), Authority::Host);
        verifier.create(&maya(), &before).unwrap();
        let first = Code::typed(rfc_totp().code_at(before.now()).expose_text());
        for change in [
            Change::AddTotp(rfc_totp()),
            Change::ConfirmTotp(first),
            Change::SetPassword(hash.unwrap()),
            Change::SetPhone(Destination::phone(PHONE).unwrap()),
        ] {
            let _ = verifier.change(&maya(), &change, &by, &before).unwrap();
        }
        seen.take();
        Self {
            verifier,
            store,
            pool,
            seen,
        }
    }

    #[track_caller]
    fn check(&self, whom: &Subject, attempt: &Attempt, ctx: &TimedContext) -> Outcome {
        self.verifier.check(whom, attempt, ctx).unwrap()
    }

    #[track_caller]
    fn expect(&self, measures: &[&str]) {
        assert_eq!(self.seen.take(), measures);
    }
}

const LOAD: &str = "store load done";
const SAVE: &str = "store replace done";

#[test]
fn a_check_is_counted_by_factor_and_outcome() {
    let bank = Bank::open();
    let code = app_code(&ctx(0));
    assert!(matches!(
        bank.check(&maya(), &code, &ctx(0)),
        Outcome::Accepted(_)
    ));
    bank.expect(&[LOAD, SAVE, "check totp accepted"]);
    assert!(matches!(
        bank.check(&maya(), &code, &ctx(0)),
        Outcome::Denied
    ));
    bank.expect(&[LOAD, SAVE, "check totp denied"]);
    let right = password(PASSWORD);
    assert!(matches!(
        bank.check(&maya(), &right, &ctx(0)),
        Outcome::Accepted(_)
    ));
    let computed = [LOAD, "wait permit admitted", SAVE, LOAD, SAVE];
    bank.expect(&[&computed[..], &["check password accepted"]].concat());
    let locked = [LOAD, "wait permit admitted", "check password locked"];
    for _ in 0..5 {
        let _ = bank.check(&maya(), &password("a wrong password"), &ctx(0));
    }
    bank.seen.take();
    assert!(matches!(
        bank.check(&maya(), &right, &ctx(0)),
        Outcome::Locked(_)
    ));
    bank.expect(&locked);
}

#[test]
fn a_caller_without_a_permit_is_busy_and_has_waited() {
    let bank = Bank::open();
    let gauges = |seconds| bank.verifier.gauges(&ctx(seconds)).unwrap();
    assert_eq!((gauges(0).permits, gauges(0).permits_in_use), (2, 0));
    let held = bank.pool.permits(2);
    assert_eq!(gauges(0).permits_in_use, 2);
    let busy = bank.check(&maya(), &password(PASSWORD), &ctx(0));
    assert!(matches!(busy, Outcome::Busy { .. }));
    bank.expect(&[LOAD, "wait permit gave_up", "check password busy"]);
    drop(held);
    assert_eq!(gauges(0).permits_in_use, 0);
}

#[test]
fn a_lost_race_is_counted_with_its_turn_and_so_is_giving_up() {
    let bank = Bank::open();
    bank.store.conflict_next(1);
    let _ = bank.check(&maya(), &app_code(&ctx(0)), &ctx(0));
    let lost = ["store replace conflict", "conflict account retried"];
    let turn = ["wait turn admitted", LOAD];
    let end = [SAVE, "check totp accepted"];
    bank.expect(&[&[LOAD][..], &lost, &turn, &end].concat());
    bank.store.conflict_next(64);
    let spoken = CodeOrder::spoken();
    assert!(
        bank.verifier
            .check(&maya(), &app_code(&ctx(60)), &ctx(60))
            .is_err()
    );
    let seen = bank.seen.take();
    let count = |text: &str| seen.iter().filter(|seen| *seen == text).count();
    assert_eq!(count("store replace conflict"), 64);
    assert_eq!((count(lost[1]), count("conflict account gave_up")), (63, 1));
    assert_eq!(seen.last().unwrap(), "check totp error");
    // A race for a count of codes is another one.
    bank.store.conflict_next(1);
    let _ = bank.verifier.issue(&maya(), &spoken, &ctx(60)).unwrap();
    let seen = bank.seen.take();
    assert!(
        seen.contains(&"conflict count retried".to_owned()),
        "{seen:?}"
    );
    assert_eq!(seen.last().unwrap(), "issue spoken_code issued");
}

#[test]
fn a_write_by_a_remembered_record_is_counted_and_says_whether_it_was_stale() {
    let Bank {
        verifier,
        store,
        seen,
        ..
    } = Bank::open();
    let verifier = verifier.with_remembered(16);
    let settings = Settings::new("bank", keyring()).unwrap();
    let other = TimedVerifier::new(store, settings);
    let accepted = |verifier: &TimedVerifier<Store>, seconds| {
        let outcome = verifier.check(&maya(), &app_code(&ctx(seconds)), &ctx(seconds));
        assert!(matches!(outcome.unwrap(), Outcome::Accepted(_)));
        seen.take()
    };
    let check = "check totp accepted";
    assert_eq!(accepted(&verifier, 0), [LOAD, SAVE, check]);
    assert_eq!(accepted(&verifier, 60), [SAVE, "remembered current", check]);
    accepted(&other, 120);
    let stale = ["store replace conflict", "remembered stale", SAVE, check];
    assert_eq!(accepted(&verifier, 180), stale);
}

#[test]
fn a_store_that_fails_is_counted() {
    let bank = Bank::open();
    bank.store.fail_next(1);
    assert!(
        bank.verifier
            .check(&maya(), &app_code(&ctx(0)), &ctx(0))
            .is_err()
    );
    bank.expect(&[LOAD, "store replace error", "check totp error"]);
}

#[test]
fn orders_and_decisions_are_counted() {
    let bank = Bank::open();
    let (verifier, policy) = (&bank.verifier, Policy::from_toml(POLICY).unwrap());
    let request = Request::new("tell");
    let authorize = || {
        verifier
            .authorize(&policy, &request, &maya(), &ctx(0))
            .unwrap()
    };
    assert!(matches!(authorize(), Authorized::StepUp(_)));
    bank.expect(&[LOAD, "authorize step_up"]);
    let _ = bank.check(&maya(), &app_code(&ctx(0)), &ctx(0));
    let decided = verifier
        .decide(&policy, &request, &maya(), &ctx(0))
        .unwrap();
    let Decision::Allow(grant) = decided else {
        panic!("{decided:?}")
    };
    bank.seen.take();
    assert!(matches!(authorize(), Authorized::Yes(_)));
    bank.expect(&[LOAD, SAVE, "authorize redeemed"]);
    assert!(verifier.redeem(&grant, &ctx(0)).unwrap().is_err(), "spent");
    assert_eq!(bank.seen.take().last().unwrap(), "redeem refused");
    let _ = verifier
        .check(&maya(), &app_code(&ctx(60)), &ctx(60))
        .unwrap();
    let decided = verifier
        .decide(&policy, &request, &maya(), &ctx(60))
        .unwrap();
    let Decision::Allow(grant) = decided else {
        panic!("{decided:?}")
    };
    assert!(verifier.redeem(&grant, &ctx(60)).unwrap().is_ok());
    assert_eq!(bank.seen.take().last().unwrap(), "redeem redeemed");

    let order = CodeOrder::private();
    assert!(matches!(
        verifier.issue(&maya(), &order, &ctx(0)).unwrap(),
        Issued::Ready(_)
    ));
    assert_eq!(
        bank.seen.take().last().unwrap(),
        "issue private_code issued"
    );
    assert!(matches!(
        verifier.issue(&maya(), &order, &ctx(1)).unwrap(),
        Issued::RateLimited(_)
    ));
    assert_eq!(
        bank.seen.take().last().unwrap(),
        "issue private_code rate_limited"
    );
    let _ = verifier.challenge(&maya(), &OcraTask::authenticate(), &ctx(0));
    let seen = bank.seen.take();
    assert!(seen.last().unwrap().starts_with("issue ocra "), "{seen:?}");
}

#[test]
fn erasing_and_purging_are_calls_of_the_store() {
    let bank = Bank::open();
    let decoys = |seconds| bank.verifier.gauges(&ctx(seconds)).unwrap().decoys_alive;
    assert_eq!(decoys(0), 0);
    let _ = bank.check(&subject("C-9999"), &app_code(&ctx(0)), &ctx(0));
    assert_eq!(decoys(0), 1);
    bank.seen.take();
    assert!(bank.verifier.erase(&maya()).unwrap());
    bank.expect(&[LOAD, "store remove done"]);
    bank.verifier.purge(ctx(40 * 86_400).now()).unwrap();
    bank.expect(&["store purge done"]);
    assert_eq!(decoys(40 * 86_400), 0);
}

#[test]
fn a_verifier_on_another_store_has_the_metrics_and_the_gauges() {
    let bank = Bank::open();
    let inside = bank.verifier.on(Arc::clone(&bank.store));
    let _ = inside
        .check(&subject("C-9999"), &app_code(&ctx(0)), &ctx(0))
        .unwrap();
    bank.expect(&[LOAD, SAVE, "check totp denied"]);
    let held = bank.pool.permit();
    let gauges = [&bank.verifier, &inside].map(|verifier| verifier.gauges(&ctx(0)).unwrap());
    assert_eq!(gauges[0], gauges[1]);
    assert_eq!((gauges[0].decoys_alive, gauges[0].permits_in_use), (1, 1));
    drop(held);
}

/// A panic at each measure in turn. The caller gets it, and nothing is left behind.
#[test]
fn a_panic_in_the_metrics_leaves_no_turn_and_no_permit_taken() {
    static QUIET: AtomicBool = AtomicBool::new(false);
    let words = [LOAD, SAVE, "conflict", "wait turn", "wait permit", "check"];
    for word in words {
        let bank = Bank::open();
        QUIET.store(false, Ordering::SeqCst);
        let verifier =
            bank.verifier
                .on(Arc::clone(&bank.store))
                .with_metrics(move |measure: Measure| {
                    let labels: Vec<_> = measure.labels().map(|(_, value)| value).collect();
                    let text = format!("{} {}", measure.name(), labels.join(" "));
                    assert!(
                        !text.starts_with(word) || QUIET.load(Ordering::SeqCst),
                        "planted"
                    );
                });
        bank.store.conflict_next(2);
        let call = || verifier.check(&maya(), &password(PASSWORD), &ctx(0));
        assert!(catch_unwind(AssertUnwindSafe(call)).is_err(), "{word}");
        QUIET.store(true, Ordering::SeqCst);
        bank.store.conflict_next(1); // so that the next call takes the turn
        let outcome = verifier
            .check(&maya(), &password(PASSWORD), &ctx(0))
            .unwrap();
        assert!(
            matches!(outcome, Outcome::Accepted(_)),
            "{word}: {outcome:?}"
        );
        assert_eq!(
            verifier.gauges(&ctx(0)).unwrap().permits_in_use,
            0,
            "{word}"
        );
    }
}

/// Something that somebody does.
#[derive(Clone, Debug)]
enum Act {
    App(String),
    Password(String),
    Delivered(String),
    Order(bool),
    Authorize(String),
    Erase,
}

fn any_act() -> impl Strategy<Value = Act> {
    prop_oneof![
        "[0-9a-z]{1,12}".prop_map(Act::App),
        "[0-9a-z]{1,12}".prop_map(Act::Password),
        "[0-9a-z]{1,12}".prop_map(Act::Delivered),
        any::<bool>().prop_map(Act::Order),
        "(tell|[a-z]{1,8})".prop_map(Act::Authorize),
        Just(Act::Erase),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// The list of all values is in `src/metrics.rs`. This is what a verifier makes of texts that it is given.
    #[test]
    fn no_text_of_a_call_is_a_label(
        id in "[A-Z]{3}[0-9]{3,9}",
        acts in proptest::collection::vec((any_act(), any::<bool>()), 1..12),
    ) {
        let bank = Bank::open();
        let policy = Policy::from_toml(POLICY).unwrap();
        let outcomes = "accepted|denied|locked|invalid_check_digit|busy|issued|rate_limited|redeemed|step_up|refused|error";
        let outcomes: Vec<_> = outcomes.split('|').collect();
        for (seconds, (act, is_known)) in acts.into_iter().enumerate() {
            let at = ctx(i64::try_from(seconds).unwrap());
            let whom = if is_known { maya() } else { subject(&id) };
            let verifier = &bank.verifier;
            match act {
                Act::App(text) => drop(verifier.check(&whom, &Attempt::Totp(Code::typed(&text)), &at)),
                Act::Password(text) => drop(verifier.check(&whom, &password(&text), &at)),
                Act::Delivered(text) => drop(verifier.check(&whom, &Attempt::Delivered(Code::typed(&text)), &at)),
                Act::Order(true) => drop(verifier.issue(&whom, &CodeOrder::spoken(), &at)),
                Act::Order(false) => drop(verifier.issue(&whom, &CodeOrder::private(), &at)),
                Act::Authorize(action) => drop(verifier.authorize(&policy, &Request::new(&action), &whom, &at)),
                Act::Erase => drop(verifier.erase(&whom)),
            }
            for seen in bank.seen.take() {
                let words: Vec<_> = seen.split(' ').collect();
                let is_listed = match words.as_slice() {
                    ["check", "totp" | "password" | "spoken_code", end] => outcomes.contains(end),
                    ["issue", "spoken_code" | "private_code", end] => outcomes.contains(end),
                    ["authorize", end] => outcomes.contains(end),
                    ["wait", "permit", "admitted"] => true,
                    ["store", "load" | "replace" | "remove", "done"] => true,
                    _ => false,
                };
                prop_assert!(is_listed, "{seen}");
            }
        }
    }
}
