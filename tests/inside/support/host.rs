//! What the tests of races, properties and bad input share: a bank, its customer, and a host's own table.

use crate::support::timed::{TimedContext, TimedVerifier};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex};
use std::time::Duration;

use std::ops::ControlFlow;

use crate::inside::own_table::{Account, Recorded, Sealed};
pub use crate::support::{at, maya};
use countersign::field::{FieldCipher, Keyring, LongTermSecret, RootKey};
use countersign::store::{Entry, Key, Replaced, Store, Version};
use countersign::{
    Attempt, Authority, Change, Changed, Channel, Code, Error, Interaction, Outcome, SecretBytes,
    Settings, Timestamp,
    account::Lock,
    audit::{Audit, Event},
    delivered::{CodeOrder, Destination, Issued},
    hashing::{Cost, HashPool},
    knowledge::{AnswerHashes, Answers, QuestionId},
    otp::{OtpKey, Totp},
    transition::{CommitResult, Saved, Transition},
};

/// The present of most tests: the first second of a TOTP step, in January 2027.
pub const NOW: u64 = 1_800_000_000;
/// Sealed records have lengths of whole steps of this many bytes.
pub const STEP: usize = 128;
/// How many computations of Argon2id may run at once: nobody in these tests is ever told to come back.
pub const PERMITS: usize = 8;

pub fn call(number: u8) -> Interaction {
    Interaction::from_bytes([number; 16])
}

/// An agent hears the customer, in a call of that number.
pub fn agent(now: u64, number: u8) -> TimedContext {
    TimedContext::new(at(now), Channel::Agent, call(number))
}

pub fn keyring(root: u32) -> Keyring {
    let tag = u8::try_from(root).unwrap();
    Keyring::new(
        RootKey::from_bytes(root, [tag; 32]).unwrap(),
        LongTermSecret::from_bytes(1, [0x5a; 32]).unwrap(),
    )
}

/// OWASP's minimum with the least memory: the cheapest that is allowed.
pub fn cheapest() -> HashPool {
    HashPool::new(Cost::new(7_168, 5, 1).unwrap(), PERMITS).unwrap()
}

/// A bank that asks both of two questions.
pub fn settings_with(keyring: Keyring) -> Settings {
    Settings::new("bank", keyring)
        .unwrap()
        .with_hash_pool(cheapest())
        .with_questions(&[QuestionId::new(1), QuestionId::new(2)], 2)
        .unwrap()
}

pub fn settings() -> Settings {
    settings_with(keyring(1))
}

pub fn totp(tag: u8) -> Totp {
    Totp::from(OtpKey::new(SecretBytes::from(vec![tag; 20])).unwrap())
}

pub fn right_code(totp: &Totp, now: u64) -> String {
    totp.code_at(at(now)).expose_text().to_owned()
}

/// Six digits that are right in no step near `now`; others for each number.
pub fn wrong_code(totp: &Totp, now: u64, number: u32) -> String {
    let near = [now.saturating_sub(30), now, now + 30].map(|now| right_code(totp, now));
    other_than(&near, number)
}

/// Six digits that are none of these; others for each number.
pub fn other_than(right: &[String], number: u32) -> String {
    let shifts = 0..8;
    assert!(right.len() < shifts.len());
    shifts
        .map(|shift| format!("{:06}", (number % 125_000) * 8 + shift))
        .find(|code| !right.contains(code))
        .unwrap()
}

pub fn typed(text: &str) -> Attempt {
    Attempt::Totp(Code::typed(text))
}

pub fn delivered(text: &str) -> Attempt {
    Attempt::Delivered(Code::typed(text))
}

pub fn answers(first: &str, second: &str) -> Answers {
    Answers::new()
        .and(QuestionId::new(1), first)
        .and(QuestionId::new(2), second)
}

pub fn right_answers() -> Attempt {
    Attempt::Questions(answers("Marie Curie", "blue"))
}

pub fn wrong_answers(number: usize) -> Attempt {
    Attempt::Questions(answers("Marie Curie", &format!("shade {number}")))
}

pub fn enrolled_answers(settings: &Settings) -> AnswerHashes {
    let mut permit = settings.hash_pool().permit().unwrap();
    let cost = settings.hash_pool().cost();
    let given = answers("Marie Curie", "blue");
    AnswerHashes::enrol(&given, settings.keyring(), cost, &mut permit).unwrap()
}

/// A customer with an authenticator app and a telephone, enrolled a minute before `now`.
pub fn enrol<S: Store + Send + Sync, A: Audit + Send + Sync>(
    verifier: &TimedVerifier<S, A>,
    totp: &Totp,
    now: u64,
) {
    let ctx = agent(now - 60, 200);
    let change = |change: Change| {
        let changed = verifier
            .change(&maya(), &change, &Authority::Host, &ctx)
            .unwrap();
        assert_eq!(changed, Changed::Done);
    };
    verifier.create(&maya(), &ctx).unwrap();
    change(Change::AddTotp(totp.clone()));
    change(Change::ConfirmTotp(Code::typed(&right_code(
        totp,
        now - 60,
    ))));
    change(Change::SetPhone(phone()));
}

pub fn enrol_answers<S: Store + Send + Sync, A: Audit + Send + Sync>(
    verifier: &TimedVerifier<S, A>,
    now: u64,
) {
    let change = Change::SetQuestions(enrolled_answers(verifier.settings()));
    let ctx = agent(now - 60, 200);
    let changed = verifier.change(&maya(), &change, &Authority::Host, &ctx);
    assert_eq!(changed.unwrap(), Changed::Done);
}

pub fn phone() -> Destination {
    Destination::phone("+6281234567834").unwrap()
}

/// Issues a code and reads it where it arrives.
pub fn sent<S: Store + Send + Sync, A: Audit + Send + Sync>(
    verifier: &TimedVerifier<S, A>,
    order: &CodeOrder,
    ctx: &TimedContext,
) -> String {
    match verifier.issue(&maya(), order, ctx).unwrap() {
        Issued::Ready(delivery) => delivery.send(|_, code| code.to_owned()).unwrap(),
        Issued::RateLimited(lock) => panic!("{lock:?}"),
    }
}

/// What stands in a store.
pub fn stored(store: &(impl Store + ?Sized)) -> Option<Entry> {
    store.load(&Key::of(&maya())).unwrap()
}

/// The version and the fields of a record's plain text, each as its own bytes: the keys are the test's own.
pub fn fields(settings: &Settings, sealed: &[u8]) -> Vec<Vec<u8>> {
    let plain = plain_text(settings, sealed);
    let body = &plain[1..];
    let mut decoder = minicbor::Decoder::new(body);
    let count = decoder.array().unwrap().unwrap();
    (0..count)
        .map(|_| {
            let start = decoder.position();
            decoder.skip().unwrap();
            body[start..decoder.position()].to_vec()
        })
        .collect()
}

/// The cipher of the account records, as somebody with the keys can have it. The library does not hand it out: the ring
/// of that one purpose is exported, and the purpose's name written over with another.
pub fn insider(keyring: &Keyring) -> FieldCipher {
    FieldCipher::new(&renamed(keyring), "bank", "insider").unwrap()
}

fn renamed(keyring: &Keyring) -> Keyring {
    let ring = keyring.limited_to(&["account"]).unwrap().expose_bytes();
    let mut bytes = ring.unwrap().expose_bytes().to_vec();
    let places: Vec<usize> = (0..bytes.len() - 7)
        .filter(|from| &bytes[*from..from + 7] == b"account")
        .collect();
    for from in places {
        bytes[from..from + 7].copy_from_slice(b"insider");
    }
    Keyring::from_bytes(&bytes).unwrap()
}

pub fn plain_text(settings: &Settings, sealed: &[u8]) -> Vec<u8> {
    let cipher = insider(settings.keyring());
    let subject = maya();
    let key = Key::of(&subject);
    let context: [&[u8]; 2] = [b"account", key.as_bytes()];
    let opened = cipher.open(&context, sealed).unwrap();
    opened.expose_bytes().to_vec()
}

/// What somebody with the keys could store as this subject's record.
pub fn sealed(settings: &Settings, plain: &[u8]) -> Vec<u8> {
    let cipher = insider(settings.keyring());
    let key = Key::of(&maya());
    cipher.seal(&[b"account", key.as_bytes()], plain).unwrap()
}

/// The numbers of the fields in which two records differ.
pub fn changed_fields(settings: &Settings, before: &[u8], after: &[u8]) -> Vec<usize> {
    let (before, after) = (fields(settings, before), fields(settings, after));
    assert_eq!(before.len(), after.len());
    (0..before.len())
        .filter(|number| before[*number] != after[*number])
        .collect()
}

/// Fields of the record, by their numbers in it.
pub const REVISION: usize = 1;
pub const THROTTLES: usize = 11;
pub const CODES: usize = 12;
pub const RESERVATIONS: usize = 15;

/// How a write ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    Stored,
    Conflict,
    /// Nothing was written.
    Failed,
    /// It was written, and nobody heard so.
    Lost,
}

/// A host with a table of its own: one row.
#[derive(Clone)]
pub struct Row {
    pub settings: Settings,
    pub entry: Option<Entry>,
}

/// What came of a step: what was told, if anything, and whether the row changed.
pub struct Done<O> {
    pub told: Option<Recorded<O>>,
    pub wrote: bool,
}

impl Row {
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            entry: None,
        }
    }

    pub fn account(&self) -> Account {
        let entry = self.entry.as_ref().unwrap();
        Account::open(&self.settings, &maya(), entry.bytes()).unwrap()
    }

    pub fn version(&self) -> Option<Version> {
        self.entry.as_ref().map(Entry::version)
    }

    /// The compare-and-swap of a careful host, up to how it ends.
    pub fn commit<O>(&mut self, step: Transition<Recorded<O>, Sealed>, ending: Ending) -> Done<O> {
        let before = self.version();
        let told = step.commit(|sealed| {
            let length = sealed.entry().bytes().len();
            assert_eq!(length % STEP, 0, "B40: a record of {length} bytes");
            if sealed.expected() != self.version() {
                return Saved::Conflict;
            }
            if matches!(ending, Ending::Stored | Ending::Lost) {
                self.entry = Some(sealed.entry().clone());
            }
            match ending {
                Ending::Stored => Saved::Stored,
                Ending::Conflict => Saved::Conflict,
                Ending::Failed | Ending::Lost => Saved::Failed("the connection broke"),
            }
        });
        let told = match told {
            Ok(CommitResult::Stored(told)) => Some(told),
            Ok(CommitResult::Conflict) => None,
            Err(cause) => {
                assert_eq!(cause, "the connection broke");
                None
            }
        };
        Done {
            told,
            wrote: self.version() != before,
        }
    }

    pub fn create(&mut self, ctx: &TimedContext) {
        let step = Account::create(&self.settings, &maya(), None, ctx).unwrap();
        assert!(self.commit(step, Ending::Stored).told.is_some());
    }

    pub fn change(&mut self, change: &Change, ctx: &TimedContext) -> Changed {
        let step = self
            .account()
            .change(change, &Authority::Host, ctx)
            .unwrap();
        self.commit(step, Ending::Stored).told.unwrap().outcome
    }

    /// A check whose every write ends well.
    pub fn check(&mut self, attempt: &Attempt, ctx: &TimedContext) -> Outcome {
        let step = self.account().check(attempt, ctx).unwrap();
        match self.commit(step, Ending::Stored).told.unwrap().outcome {
            ControlFlow::Break(outcome) => outcome,
            ControlFlow::Continue(reserved) => {
                let mut permit = self.settings.hash_pool().permit().unwrap();
                let worked = reserved.work(std::slice::from_mut(&mut permit)).unwrap();
                let step = self.account().settle(&worked, ctx).unwrap();
                self.commit(step, Ending::Stored).told.unwrap().outcome
            }
        }
    }

    /// How many wrong tries of this kind are still taken before the lock, found out on a copy.
    pub fn tries_left(&self, wrong: &Attempt, ctx: &TimedContext) -> usize {
        let mut copy = self.clone();
        (0..100)
            .take_while(|_| {
                let step = copy.account().check(wrong, ctx).unwrap();
                let told = copy.commit(step, Ending::Stored).told.unwrap();
                match told.outcome {
                    ControlFlow::Break(Outcome::Denied) | ControlFlow::Continue(_) => true,
                    ControlFlow::Break(Outcome::Locked(_)) => false,
                    ControlFlow::Break(outcome) => panic!("{outcome:?}"),
                }
            })
            .count()
    }
}

/// A row as it stands in a store, to look at.
pub fn row(settings: &Settings, store: &(impl Store + ?Sized)) -> Row {
    Row {
        settings: settings.clone(),
        entry: stored(store),
    }
}

/// A barrier that gives up: a test whose threads do not all come fails instead of hanging.
pub struct Meeting {
    size: usize,
    arrived: Mutex<usize>,
    bell: Condvar,
}

impl Meeting {
    pub const fn of(size: usize) -> Self {
        Self {
            size,
            arrived: Mutex::new(0),
            bell: Condvar::new(),
        }
    }

    pub fn wait(&self) {
        let mut arrived = self.arrived.lock().unwrap();
        *arrived += 1;
        self.bell.notify_all();
        let patience = Duration::from_secs(120);
        let (arrived, _) = self
            .bell
            .wait_timeout_while(arrived, patience, |arrived| *arrived < self.size)
            .unwrap();
        assert!(
            *arrived >= self.size,
            "only {arrived} of {} came",
            self.size
        );
    }
}

/// A store whose first load is held until `hold` comes back, and which counts the conflicts it answers.
pub struct Held<S, F> {
    store: S,
    hold: F,
    pending: AtomicBool,
    conflicts: AtomicUsize,
}

impl<S, F: Fn()> Held<S, F> {
    pub fn new(store: S, hold: F) -> Self {
        Self {
            store,
            hold,
            pending: AtomicBool::new(true),
            conflicts: AtomicUsize::new(0),
        }
    }

    pub fn conflicts(&self) -> usize {
        self.conflicts.load(Ordering::SeqCst)
    }
}

impl<S: Store, F: Fn()> Store for Held<S, F> {
    fn load(&self, key: &Key) -> Result<Option<Entry>, Error> {
        let loaded = self.store.load(key);
        if self.pending.swap(false, Ordering::SeqCst) {
            (self.hold)();
        }
        loaded
    }

    fn replace(
        &self,
        key: &Key,
        expected: Option<&Version>,
        entry: &Entry,
    ) -> Result<Replaced, Error> {
        let answer = self.store.replace(key, expected, entry);
        if let Ok(Replaced::Conflict(_)) = answer {
            self.conflicts.fetch_add(1, Ordering::SeqCst);
        }
        answer
    }

    fn remove(&self, key: &Key, expected: &Version) -> Result<Replaced, Error> {
        self.store.remove(key, expected)
    }

    fn purge(&self, now: Timestamp) -> Result<usize, Error> {
        self.store.purge(now)
    }
}

/// What is told, without what it proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Said {
    Accepted,
    Denied,
    /// Until that second; none: not by waiting.
    Locked(Option<u64>),
    InvalidCheckDigit,
    Busy,
}

pub fn kind(outcome: &Outcome) -> Said {
    match outcome {
        Outcome::Accepted(_) => Said::Accepted,
        Outcome::Denied => Said::Denied,
        Outcome::Locked(Lock::Until(release)) => Said::Locked(Some(release.unix())),
        Outcome::Locked(Lock::Indefinite) => Said::Locked(None),
        Outcome::InvalidCheckDigit => Said::InvalidCheckDigit,
        Outcome::Busy { .. } => Said::Busy,
    }
}

pub fn count(told: &[Said], one: Said) -> usize {
    told.iter().filter(|other| **other == one).count()
}

/// A trail that can be read.
#[derive(Default)]
pub struct Trail(Mutex<Vec<Event>>);

impl Trail {
    pub fn events(&self) -> Vec<Event> {
        self.0.lock().unwrap().clone()
    }
}

impl Audit for &Trail {
    fn write(&self, event: &Event) -> Result<(), Error> {
        self.0.lock().unwrap().push(event.clone());
        Ok(())
    }
}
