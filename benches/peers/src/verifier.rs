//! Whole calls of a verifier over a store in memory: beside the same work by hand, beside a call that does less, and with two
//! threads beside one.

use std::collections::HashMap;
use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::time::Instant;

use countersign::field::{FieldCipher, Keyring, LongTermSecret, RootKey};
use countersign::hashing::{Cost, HashPool};
use countersign::store::{Entry, Key, Replaced, Store, Version, memory::MemoryStore};
use countersign::{Attempt, Authority, Authorized, Change, Channel, Code, Context, Decision, Error, Evidence, Factor, FactorClass, Interaction, Outcome, Request, SecretBytes, SecretText, Settings, Strength, Subject, Timestamp, Verifier, account::ExternalVerification, delivered::{CodeOrder, Destination, Issued}, knowledge::{AnswerHashes, Answers, QuestionId}, otp::{OtpKey, Totp}, time::ManualClock};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};

use crate::measure::{Found, Row, compare, medians};

const BY_HAND: &str = "ring, totp-rs 6.0.0, a map behind a mutex";

pub const ROWS: &[Row] = &[
    Row { name: "check_memory", peer: BY_HAND, target: 2.8, measure: check_memory },
    Row { name: "check_memory_full", peer: "our own with one app", target: 2.5, measure: check_memory_full },
    Row { name: "check_eight_apps", peer: "our own with one app", target: 2.0, measure: check_eight_apps },
    Row { name: "status", peer: "our own reading of the questions", target: 1.15, measure: status },
    Row { name: "authorize", peer: "our own decide and redeem", target: 1.3, measure: authorize },
    Row { name: "threads_many", peer: "our own with one thread", target: 0.556, measure: threads_many },
    Row { name: "threads_one", peer: "our own with one thread", target: 1.0, measure: threads_one },
];

pub const SECRET: &[u8; 20] = b"12345678901234567890";
pub const NOW: i64 = 1_800_000_000;
pub const STEP: i64 = 30;
/// So many checks have a fresh code.
const CHECKS: usize = 150_000;

/// A verifier over a store, with a clock that is set by hand, and a customer.
pub struct Desk<S: Store> {
    pub verifier: Verifier<S>,
    pub clock: Arc<ManualClock>,
    pub anna: Subject,
}

pub fn at(now: i64) -> Timestamp {
    Timestamp::from_unix(now).unwrap()
}

pub fn call(number: u8) -> Context {
    Context::new(Channel::Agent, Interaction::from_bytes([number; 16]))
}

pub fn settings() -> Settings {
    let keyring = Keyring::new(RootKey::generate(1).unwrap(), LongTermSecret::generate(1).unwrap());
    Settings::new("bank", keyring).unwrap()
}

impl<S: Store> Desk<S> {
    pub fn new(store: S, settings: Settings) -> Self {
        let clock = Arc::new(ManualClock::new(at(NOW)));
        let verifier = Verifier::new(store, settings).with_clock(Arc::clone(&clock));
        let desk = Self { verifier, clock, anna: Subject::new("bank", "C-1042").unwrap() };
        desk.verifier.create(&desk.anna, &call(1)).unwrap();
        desk
    }

    fn change(&self, change: Change) {
        let _ = self.verifier.change(&self.anna, &change, &Authority::Host, &call(1)).unwrap();
    }

    pub fn add(&self, app: &Totp) {
        self.change(Change::AddTotp(app.clone()));
        self.change(Change::ConfirmTotp(Code::typed(app.code_at(at(NOW)).expose_text())));
    }

    #[track_caller]
    pub fn check(&self, attempt: &Attempt, ctx: &Context) -> Evidence {
        match self.verifier.check(&self.anna, attempt, ctx).unwrap() {
            Outcome::Accepted(evidence) => evidence,
            other => panic!("{other:?}"),
        }
    }
}

pub fn totp(text: &SecretText) -> Attempt {
    Attempt::Totp(Code::typed(text.expose_text()))
}

/// A whole check of a fresh code each time.
fn check_memory() -> Option<Found> {
    let store = MemoryStore::new();
    let desk = Desk::new(&store, settings());
    let app = Totp::from(OtpKey::new(SecretBytes::from(SECRET.to_vec())).unwrap());
    desk.add(&app);
    let time = |check: usize| NOW + STEP * (1 + check as i64);
    let codes: Vec<SecretText> = (0..CHECKS).map(|check| app.code_at(at(time(check)))).collect();
    let mut checked = 0..CHECKS;
    let mut ours = || {
        let check = checked.next().expect("more checks than codes");
        desk.clock.set(at(time(check)));
        black_box(desk.check(&totp(&codes[check]), &call(2)));
    };
    ours();
    let stored = store.load(&Key::of(&desk.anna)).unwrap().unwrap();
    let by_hand = ByHand::new(SECRET);
    let first = by_hand.seal(vec![0; stored.bytes().len() - FieldCipher::OVERHEAD]);
    let records = Mutex::new(HashMap::from([(ByHand::NAME.to_owned(), first)]));
    let mut tried = (0..CHECKS).cycle();
    let peer = || {
        let check = tried.next().unwrap();
        let record = records.lock().unwrap().get(ByHand::NAME).unwrap().clone();
        let next = by_hand.check(record, codes[check].expose_text(), time(check) as u64);
        records.lock().unwrap().insert(ByHand::NAME.to_owned(), next.expect("it is right"));
    };
    Some(compare(ours, 1, peer, 1))
}

/// What a host would write itself: open the record, check, seal it again. No count, no replay check, nothing wiped.
pub struct ByHand {
    key: [u8; 32],
    random: SystemRandom,
    totp: totp_rs::Totp,
}

impl ByHand {
    pub const NAME: &str = "bank/C-1042";

    pub fn new(secret: &[u8]) -> Self {
        let totp = totp_rs::Builder::new().with_secret(secret).with_skew(1).build_noncompliant();
        Self { key: [7; 32], random: SystemRandom::new(), totp }
    }

    fn cipher(&self) -> LessSafeKey {
        LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &self.key).unwrap())
    }

    pub fn seal(&self, mut record: Vec<u8>) -> Vec<u8> {
        let mut nonce = [0; 12];
        self.random.fill(&mut nonce).unwrap();
        let aad = Aad::from(Self::NAME);
        self.cipher().seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut record).unwrap();
        record.extend_from_slice(&nonce);
        record
    }

    /// Opens the record, and checks. Returns the record as it is stored again.
    pub fn check(&self, mut record: Vec<u8>, code: &str, now: u64) -> Option<Vec<u8>> {
        let (body, nonce) = record.split_last_chunk_mut::<12>().unwrap();
        let (nonce, aad) = (Nonce::assume_unique_for_key(*nonce), Aad::from(Self::NAME));
        let text = self.cipher().open_in_place(nonce, aad, body).unwrap().len();
        record.truncate(text);
        self.totp.check(black_box(code), now)?;
        Some(self.seal(record))
    }
}

/// A store that answers each load with the records as they stood when it was stopped, and keeps what is written apart. So one
/// check can be timed again and again.
#[derive(Default)]
struct Stopped {
    records: MemoryStore,
    written: Mutex<HashMap<Key, Entry>>,
    is_stopped: AtomicBool,
}

impl Stopped {
    fn stop(&self) {
        self.is_stopped.store(true, Ordering::Relaxed);
    }
}

impl Store for Stopped {
    fn load(&self, key: &Key) -> Result<Option<Entry>, Error> {
        self.records.load(key)
    }

    fn replace(&self, key: &Key, expected: Option<&Version>, entry: &Entry) -> Result<Replaced, Error> {
        if !self.is_stopped.load(Ordering::Relaxed) {
            return self.records.replace(key, expected, entry);
        }
        self.written.lock().unwrap().insert(*key, entry.clone());
        Ok(Replaced::Stored)
    }

    fn remove(&self, key: &Key, expected: &Version) -> Result<Replaced, Error> {
        self.records.remove(key, expected)
    }

    fn purge(&self, now: Timestamp) -> Result<usize, Error> {
        self.records.purge(now)
    }
}

const APPS: usize = 4;
const CODES: u8 = 8;
const MARKS: usize = 256;

/// One check of a record with all of these, beside one of a record with one app. Both hold the evidence of four interactions.
fn check_memory_full() -> Option<Found> {
    let (of_few, of_full) = (Stopped::default(), Stopped::default());
    let (few, full) = (Desk::new(&of_few, settings()), Desk::new(&of_full, settings()));
    let new_app = || Totp::from(OtpKey::generate().unwrap().with_digits(8).unwrap());
    let app = new_app();
    few.add(&app);
    let apps: Vec<Totp> = (0..APPS).map(|_| new_app()).collect();
    for app in &apps {
        full.add(app);
    }
    full.change(Change::SetPhone(Destination::phone("+6281234567834").unwrap()));
    for desk in [&few, &full] {
        known_calls().for_each(|number| drop(desk.check(&external(), &call(number))));
    }
    spend(&full, &apps[0]);
    order_codes(&full);
    let now = at(NOW + 2 * STEP);
    let attempt = |app: &Totp| totp(&app.code_at(now));
    let (right, right_of_full) = (attempt(&app), attempt(&apps[1]));
    for (desk, store) in [(&few, &of_few), (&full, &of_full)] {
        store.stop();
        desk.clock.set(now);
    }
    let check = |desk: &Desk<&Stopped>, attempt: &Attempt| {
        black_box(desk.check(black_box(attempt), &call(2)));
    };
    Some(compare(|| check(&full, &right_of_full), 1, || check(&few, &right), 1))
}

const EIGHT: usize = 8;

/// One check of a record with eight apps, beside one of a record with one app. The code is that of the last app.
fn check_eight_apps() -> Option<Found> {
    let (of_one, of_eight) = (Stopped::default(), Stopped::default());
    let (one, eight) = (Desk::new(&of_one, settings()), Desk::new(&of_eight, settings()));
    let new_app = || Totp::from(OtpKey::generate().unwrap().with_digits(8).unwrap());
    let apps: Vec<Totp> = (0..EIGHT).map(|_| new_app()).collect();
    let last = apps.last().unwrap();
    for app in &apps {
        eight.add(app);
    }
    one.add(last);
    let now = at(NOW + 2 * STEP);
    let attempt = totp(&last.code_at(now));
    for (desk, store) in [(&one, &of_one), (&eight, &of_eight)] {
        store.stop();
        desk.clock.set(now);
    }
    let check = |desk: &Desk<&Stopped>| {
        black_box(desk.check(black_box(&attempt), &call(2)));
    };
    Some(compare(|| check(&eight), 1, || check(&one), 1))
}

/// Redeems as many grants as a record remembers.
fn spend(desk: &Desk<&Stopped>, app: &Totp) {
    let (now, ctx) = (at(NOW + STEP), call(2));
    desk.clock.set(now);
    let evidence = desk.check(&totp(&app.code_at(now)), &ctx);
    let status = desk.verifier.status(&desk.anna, &ctx).unwrap();
    let policy = crate::policy::policy(MARKS);
    for number in 0..MARKS {
        let request = Request::new(&format!("action{number}"));
        let Decision::Allow(grant) = policy.decide(&request, std::slice::from_ref(&evidence), &status, &ctx, now) else {
            panic!("no grant")
        };
        let _ = desk.verifier.redeem(&grant, &ctx).unwrap().unwrap();
    }
}

/// Half of the interactions that codes are ordered in. They hold evidence, or no code would be sent there.
fn known_calls() -> std::ops::Range<u8> {
    10 + CODES / 2..10 + CODES
}

/// Orders as many codes as can be open.
fn order_codes(desk: &Desk<&Stopped>) {
    for number in 0..CODES {
        let ctx = call(10 + number);
        let issued = desk.verifier.issue(&desk.anna, &CodeOrder::spoken(), &ctx).unwrap();
        assert!(matches!(issued, Issued::Ready(_)), "{number}");
    }
}

fn external() -> Attempt {
    let passkey = ExternalVerification::new("passkey", FactorClass::Possession, Strength::Full).unwrap();
    Attempt::External(passkey)
}

const QUESTIONS: [(u16, &str); 3] = [(1, "Saint Hedwig"), (2, "Wodzis\u{142}aw"), (3, "Bluebell")];

/// What a record says of itself, beside the smallest thing that a verifier reads from it: which questions stand. Both open
/// the record and read all of it.
fn status() -> Option<Found> {
    let ids = QUESTIONS.map(|(id, _)| QuestionId::new(id));
    let pool = HashPool::new(Cost::new(9_216, 4, 1).unwrap(), 1).unwrap();
    let settings = settings().with_hash_pool(pool).with_questions(&ids, 2).unwrap();
    let (keyring, pool) = (settings.keyring().clone(), settings.hash_pool().clone());
    let desk = Desk::new(MemoryStore::new(), settings);
    desk.add(&Totp::generate().unwrap());
    desk.change(Change::SetPhone(Destination::phone("+6281234567834").unwrap()));
    let answers = QUESTIONS.iter().fold(Answers::new(), |all, (id, text)| all.and(QuestionId::new(*id), text));
    let hashes = AnswerHashes::enrol(&answers, &keyring, pool.cost(), &mut pool.permit().unwrap()).unwrap();
    desk.change(Change::SetQuestions(hashes));
    let ctx = call(2);
    desk.check(&external(), &ctx);
    let ours = || {
        let status = desk.verifier.status(black_box(&desk.anna), &ctx).unwrap();
        assert!(status.is_enrolled(Factor::Totp));
    };
    let peer = || {
        let asked = desk.verifier.questions(black_box(&desk.anna)).unwrap();
        assert_eq!(asked.len(), 2);
    };
    Some(compare(ours, 1, peer, 1))
}

/// A decision by what the record holds, redeemed in the same write, beside one by evidence in hand whose grant is redeemed.
fn authorize() -> Option<Found> {
    let store = Stopped::default();
    let desk = Desk::new(&store, settings());
    let app = Totp::generate().unwrap();
    desk.add(&app);
    let (now, ctx) = (at(NOW + STEP), call(2));
    desk.clock.set(now);
    let shown = [desk.check(&totp(&app.code_at(now)), &ctx)];
    let status = desk.verifier.status(&desk.anna, &ctx).unwrap();
    let (policy, request) = (crate::policy::policy(5), Request::new("action2"));
    store.stop();
    let ours = || {
        let authorized = desk.verifier.authorize(&policy, black_box(&request), &desk.anna, &ctx).unwrap();
        assert!(matches!(authorized, Authorized::Yes(_)));
    };
    let peer = || {
        let Decision::Allow(grant) = policy.decide(black_box(&request), &shown, &status, &ctx, now) else {
            panic!("no grant")
        };
        assert!(desk.verifier.redeem(&grant, &ctx).unwrap().is_ok());
    };
    Some(compare(ours, 1, peer, 1))
}

const ROUNDS: usize = 41;
/// So many calls of each thread in a round.
const CALLS: usize = 2_000;
const SUBJECTS: usize = 64;

/// Two threads, each with subjects of its own.
fn threads_many() -> Option<Found> {
    threads(SUBJECTS)
}

/// Two threads at one subject.
fn threads_one() -> Option<Found> {
    threads(1)
}

/// How long a call lasts with two threads and with one. A statement of the host is always fresh, so each call writes.
fn threads(subjects: usize) -> Option<Found> {
    let verifier = Verifier::new(MemoryStore::new(), settings());
    let enrolled = |thread: usize| -> Vec<Subject> {
        let names = (0..subjects).map(|number| if subjects == 1 { 0 } else { thread * subjects + number });
        names.map(|name| Subject::new("bank", &format!("C-{name}")).unwrap()).collect()
    };
    let all = [enrolled(0), enrolled(1)];
    for subject in all.iter().flatten() {
        let _ = verifier.create(subject, &call(1));
    }
    let work = |thread: usize| {
        let (attempt, ctx) = (external(), call(2 + thread as u8));
        for subject in all[thread].iter().cycle().take(CALLS) {
            let outcome = verifier.check(black_box(subject), &attempt, &ctx).unwrap();
            assert!(matches!(outcome, Outcome::Accepted(_)));
        }
    };
    let rounds = (0..ROUNDS).map(|_| (lasts(&[0, 1], work), lasts(&[0], work)));
    Some(medians(rounds.collect()))
}

/// How long a call lasts while these threads work side by side: the time of all of them, by the number of all calls.
fn lasts(threads: &[usize], work: impl Fn(usize) + Sync) -> f64 {
    let barrier = Barrier::new(threads.len() + 1);
    let time = std::thread::scope(|scope| {
        let running: Vec<_> = threads
            .iter()
            .map(|thread| {
                let (barrier, work) = (&barrier, &work);
                scope.spawn(move || {
                    barrier.wait();
                    work(*thread);
                })
            })
            .collect();
        barrier.wait();
        let begun = Instant::now();
        for thread in running {
            thread.join().unwrap();
        }
        begun.elapsed()
    });
    time.as_nanos() as f64 / (threads.len() * CALLS) as f64
}
