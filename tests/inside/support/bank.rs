//! A bank with one customer, a clock that tests turn, a store that tests look into, and helpers that read like the sentence they check.

pub use super::vault::{Measures, Trail, Vault};

use crate::support::timed::{TimedContext, TimedVerifier};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, Ordering};

use std::ops::ControlFlow;

use crate::inside::own_table::{Account, ComputedCheck, Recorded};
pub use crate::support::{keyring, subject};
use countersign::store::{Key, Replaced, Store};
use countersign::{
    Attempt, Authority, Change, Changed, Channel, Code, Evidence, FactorClass, Interaction,
    Outcome, SecretBytes, Settings, Strength, Subject, Timestamp, Transaction,
    account::{ExternalVerification, Lock},
    audit::{Audit, EventKind, Reason},
    delivered::{CodeOrder, Delivery, Destination, Issued},
    hashing::{Cost, HashPool},
    knowledge::{AnswerHashes, Answers, QuestionId},
    limits::Limits,
    otp::{OtpKey, Totp},
    transition::{CommitResult, Saved, Transition},
};

/// When the bank opens.
pub const OPENING: i64 = 1_800_000_000;
/// The secret of RFC 4226 appendix D.
pub const APP_SECRET: &[u8] = b"12345678901234567890";
pub const PHONE: &str = "+6281234567834";
/// The customer's answers, by question.
pub const ANSWERS: [(u16, &str); 3] = [(1, "Saint Mary"), (2, "Wodzisław"), (3, "Bluebell")];
/// The host's catalogue.
pub const CATALOGUE: [u16; 6] = [1, 2, 3, 4, 5, 6];
/// A month as the limits count it, and the period that is cut off.
pub const MONTH: i64 = 36 * 86_400;

/// A bank: settings, a verifier over a store that can be looked into, a customer who has enrolled everything.
pub struct Bank {
    pub settings: Settings,
    pub vault: Vault,
    pub measures: Measures,
    pub trail: Trail,
    pub verifier: TimedVerifier<Vault, Trail>,
    pub customer: Subject,
    pub app: Totp,
    clock: AtomicI64,
}

impl Bank {
    /// By the NIST limits, the customer enrolled.
    pub fn open() -> Self {
        Self::with_limits(Limits::nist())
    }

    pub fn with_limits(limits: Limits) -> Self {
        Self::with_settings(settings(limits))
    }

    pub fn with_settings(settings: Settings) -> Self {
        let bank = Self::empty_with(settings);
        bank.enrols(&bank.customer);
        bank
    }

    /// Without a customer.
    pub fn empty(limits: Limits) -> Self {
        Self::empty_with(settings(limits))
    }

    fn empty_with(settings: Settings) -> Self {
        let (vault, trail) = (Vault::default(), Trail::default());
        let measures = Measures::default();
        Self {
            verifier: TimedVerifier::new(vault.clone(), settings.clone())
                .with_audit(trail.clone())
                .with_metrics(measures.clone()),
            measures,
            settings,
            vault,
            trail,
            customer: subject("C-1042"),
            app: Totp::from(OtpKey::new(SecretBytes::from(APP_SECRET.to_vec())).unwrap()),
            clock: AtomicI64::new(OPENING),
        }
    }

    /// Creates a subject with app, answers and telephone. The code that confirms the app is one of the morning's.
    #[track_caller]
    pub fn enrols(&self, subject: &Subject) {
        let ctx = self.agent().ctx();
        self.verifier.create(subject, &ctx).unwrap();
        self.changes(subject, &Change::SetQuestions(verifiers()));
        self.changes(
            subject,
            &Change::SetPhone(Destination::phone(PHONE).unwrap()),
        );
        self.adds_app(subject, &self.app);
        self.wait(60);
    }

    #[track_caller]
    pub fn adds_app(&self, subject: &Subject, app: &Totp) {
        self.changes(subject, &Change::AddTotp(app.clone()));
        let code = Code::typed(app.code_at(self.now()).expose_text());
        self.changes(subject, &Change::ConfirmTotp(code));
    }

    /// The host changes an account by itself.
    #[track_caller]
    pub fn changes(&self, subject: &Subject, change: &Change) {
        let ctx = self.agent().ctx();
        let changed = self
            .verifier
            .change(subject, change, &Authority::Host, &ctx)
            .unwrap();
        assert_eq!(changed, Changed::Done);
    }

    pub fn now(&self) -> Timestamp {
        Timestamp::from_unix(self.clock.load(Ordering::SeqCst)).unwrap()
    }

    /// Turns the clock, backwards too.
    pub fn wait(&self, seconds: i64) {
        self.clock.fetch_add(seconds, Ordering::SeqCst);
    }

    pub fn set_clock(&self, unix: i64) {
        self.clock.store(unix, Ordering::SeqCst);
    }

    pub fn wait_until(&self, moment: Timestamp) {
        self.set_clock(i64::try_from(moment.unix()).unwrap());
    }

    /// A new call to an agent, by the customer.
    pub fn agent(&self) -> Call<'_> {
        self.begin(Channel::Agent)
    }

    /// A new session on the customer's own device.
    pub fn device(&self) -> Call<'_> {
        self.begin(Channel::Device)
    }

    pub fn begin(&self, channel: Channel) -> Call<'_> {
        Call {
            bank: self,
            subject: &self.customer,
            channel,
            interaction: Interaction::begin().unwrap(),
            bound: None,
        }
    }

    /// What the customer's app shows.
    pub fn shown(&self) -> Attempt {
        Attempt::Totp(self.shown_code())
    }

    pub fn shown_code(&self) -> Code {
        Code::typed(self.app.code_at(self.now()).expose_text())
    }

    /// What the app does not show, now or in the step before.
    pub fn not_shown(&self) -> Attempt {
        Attempt::Totp(self.not_shown_code())
    }

    pub fn not_shown_code(&self) -> Code {
        let now = self.now();
        let before = Timestamp::from_unix(i64::try_from(now.unix()).unwrap() - 30).unwrap();
        let right = [self.app.code_at(now), self.app.code_at(before)];
        let wrong = ["100001", "200002", "300003"]
            .into_iter()
            .find(|code| right.iter().all(|right| right.expose_text() != *code));
        Code::typed(wrong.unwrap())
    }

    /// The customer's account, as it is stored.
    #[track_caller]
    pub fn account(&self) -> Account {
        self.account_of(&self.customer)
    }

    #[track_caller]
    pub fn account_of(&self, subject: &Subject) -> Account {
        Account::open(&self.settings, subject, &self.vault.bytes_of(subject)).unwrap()
    }

    /// Commits a step of the customer's account to the vault, as a host with its own table does.
    #[track_caller]
    pub fn commits<O>(
        &self,
        step: Transition<Recorded<O>, crate::inside::own_table::Sealed>,
    ) -> CommitResult<Recorded<O>> {
        let key = Key::of(&self.customer);
        step.commit(|sealed| {
            match self
                .vault
                .replace(&key, sealed.expected().as_ref(), sealed.entry())
            {
                Ok(Replaced::Stored) => Saved::Stored,
                Ok(Replaced::Conflict(_)) => Saved::Conflict,
                Err(cause) => Saved::Failed(cause),
            }
        })
        .unwrap()
    }

    /// Reserves and computes right answers, and leaves them unsettled.
    #[track_caller]
    pub fn computes(&self, answers: Answers, call: &Call<'_>) -> ComputedCheck {
        let step = self
            .account()
            .check(&Attempt::Questions(answers), &call.ctx())
            .unwrap();
        let CommitResult::Stored(told) = self.commits(step) else {
            panic!("somebody else wrote")
        };
        let ControlFlow::Continue(reserved) = told.outcome else {
            panic!("nothing reserved: {:?}", told.outcome)
        };
        let mut permit = self.settings.hash_pool().permit().unwrap();
        reserved.work(std::slice::from_mut(&mut permit)).unwrap()
    }

    /// Settles a computation on the customer's account.
    #[track_caller]
    pub fn settles(&self, worked: &ComputedCheck, call: &Call<'_>) -> Outcome {
        let step = self.account().settle(worked, &call.ctx()).unwrap();
        let CommitResult::Stored(told) = self.commits(step) else {
            panic!("somebody else wrote")
        };
        self.trail.write(&told.event).unwrap();
        told.outcome
    }
}

/// One call or session.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    pub bank: &'a Bank,
    subject: &'a Subject,
    channel: Channel,
    pub interaction: Interaction,
    bound: Option<&'a Transaction>,
}

impl<'a> Call<'a> {
    pub fn ctx(&self) -> TimedContext {
        let ctx = TimedContext::new(self.bank.now(), self.channel, self.interaction);
        self.bound
            .map_or(ctx, |transaction| ctx.for_transaction(transaction))
    }

    /// The same interaction, somewhere else.
    pub fn on(self, channel: Channel) -> Self {
        Self { channel, ..self }
    }

    /// The same in an interaction that the host named itself.
    pub fn within(self, interaction: Interaction) -> Self {
        Self {
            interaction,
            ..self
        }
    }

    /// The same for another subject.
    pub fn about(self, subject: &'a Subject) -> Self {
        Self { subject, ..self }
    }

    pub fn for_transaction(self, transaction: &'a Transaction) -> Self {
        Self {
            bound: Some(transaction),
            ..self
        }
    }

    #[track_caller]
    pub fn check(&self, attempt: &Attempt) -> Outcome {
        self.bank
            .verifier
            .check(self.subject, attempt, &self.ctx())
            .unwrap()
    }

    #[track_caller]
    pub fn accepts(&self, attempt: &Attempt) -> Evidence {
        match self.check(attempt) {
            Outcome::Accepted(evidence) => evidence,
            other => panic!("{other:?} to {attempt:?}"),
        }
    }

    #[track_caller]
    pub fn denies(&self, attempt: &Attempt) {
        let outcome = self.check(attempt);
        assert!(matches!(outcome, Outcome::Denied), "{outcome:?}");
    }

    /// Denied, and for this reason in the trail.
    #[track_caller]
    pub fn denies_as(&self, attempt: &Attempt, expected: Reason) {
        self.denies(attempt);
        let what = self.bank.trail.last().kind;
        assert!(
            matches!(what, EventKind::Denied { reason, .. } if reason == expected),
            "{what:?}"
        );
    }

    /// Locked, until then.
    #[track_caller]
    pub fn waits(&self, attempt: &Attempt) -> Timestamp {
        match self.check(attempt) {
            Outcome::Locked(Lock::Until(release)) => release,
            other => panic!("{other:?}"),
        }
    }

    /// Locked, and waiting does not help.
    #[track_caller]
    pub fn is_closed(&self, attempt: &Attempt) {
        let outcome = self.check(attempt);
        assert!(
            matches!(outcome, Outcome::Locked(Lock::Indefinite)),
            "{outcome:?}"
        );
    }

    #[track_caller]
    pub fn order(&self, order: CodeOrder) -> Issued {
        self.bank
            .verifier
            .issue(self.subject, &order, &self.ctx())
            .unwrap()
    }

    #[track_caller]
    pub fn delivery(&self, order: CodeOrder) -> Delivery {
        match self.order(order) {
            Issued::Ready(delivery) => delivery,
            other @ Issued::RateLimited(_) => panic!("{other:?}"),
        }
    }

    /// The code that arrives on the customer's telephone.
    #[track_caller]
    pub fn receives(&self, order: CodeOrder) -> String {
        self.delivery(order)
            .send(|_, code| code.to_owned())
            .expect("nothing was sent")
    }

    /// No code now.
    #[track_caller]
    pub fn must_wait(&self, order: CodeOrder) -> Lock {
        match self.order(order) {
            Issued::RateLimited(lock) => lock,
            other @ Issued::Ready(_) => panic!("{other:?}"),
        }
    }

    #[track_caller]
    pub fn asked(&self) -> Vec<QuestionId> {
        self.bank
            .verifier
            .questions(self.subject, &self.ctx())
            .unwrap()
    }

    /// The right answers to what is asked.
    #[track_caller]
    pub fn right(&self) -> Answers {
        self.answers(|_, right| right.to_owned())
    }

    /// Wrong answers to what is asked.
    #[track_caller]
    pub fn wrong(&self) -> Answers {
        self.answers(|_, _| "none of these".to_owned())
    }

    /// Answers to what is asked, from the place of the question and its right answer.
    #[track_caller]
    pub fn answers(&self, say: impl Fn(usize, &str) -> String) -> Answers {
        let asked = self.asked();
        asked
            .iter()
            .enumerate()
            .fold(Answers::new(), |given, (place, id)| {
                let right = ANSWERS
                    .iter()
                    .find(|(number, _)| *number == id.number())
                    .map_or("no such question", |(_, text)| text);
                given.and(*id, &say(place, right))
            })
    }

    /// Fails on one factor until it locks; answers how often, and until when.
    #[track_caller]
    pub fn fails_until_locked(&self, attempt: impl Fn() -> Attempt) -> (u32, Timestamp) {
        for tries in 0..=100 {
            match self.check(&attempt()) {
                Outcome::Denied => {}
                Outcome::Locked(Lock::Until(release)) => return (tries, release),
                other => panic!("{other:?}"),
            }
        }
        panic!("no lock after a hundred wrong tries")
    }
}

pub fn delivered(code: &str) -> Attempt {
    Attempt::Delivered(Code::typed(code))
}

pub fn totp(code: &str) -> Attempt {
    Attempt::Totp(Code::typed(code))
}

/// A code of the same length that is another.
pub fn another(code: &str) -> String {
    code.chars()
        .map(|digit| if digit == '9' { '0' } else { '9' })
        .collect()
}

/// What the host saw itself: full evidence that no guess can make.
pub fn seen_in_person() -> Attempt {
    let by = "counter";
    Attempt::External(
        ExternalVerification::new(by, FactorClass::Possession, Strength::Full).unwrap(),
    )
}

/// Argon2id costs, the cheapest in memory that is allowed.
pub fn stretch() -> HashPool {
    HashPool::new(Cost::new(7_168, 5, 1).unwrap(), 8).unwrap()
}

pub fn settings(limits: Limits) -> Settings {
    Settings::new("bank", keyring())
        .unwrap()
        .with_limits(limits)
        .with_hash_pool(stretch())
        .with_questions(&CATALOGUE.map(QuestionId::new), 2)
        .unwrap()
}

/// The customer's answers, enrolled once for all tests of a file.
pub fn verifiers() -> AnswerHashes {
    static ENROLLED: OnceLock<AnswerHashes> = OnceLock::new();
    ENROLLED
        .get_or_init(|| {
            let given = ANSWERS.iter().fold(Answers::new(), |given, (id, text)| {
                given.and(QuestionId::new(*id), text)
            });
            let stretch = stretch();
            let mut permit = stretch.permit().unwrap();
            AnswerHashes::enrol(&given, &keyring(), stretch.cost(), &mut permit).unwrap()
        })
        .clone()
}

/// A policy with one rule for each action that the tests use.
pub const POLICY: &str = r#"
version = 1
grant_lifetime = 300
tiers = ["only"]
[action."address.change".every_tier]
any = [
  { all = [{ factor = "totp", max_age = 600 }] },
  { all = [{ factor = "questions", max_age = 900 }, { factor = "spoken_code", max_age = 300 }] },
]
[action."payment.send".every_tier]
any = [{ all = [{ factor = "spoken_code", max_age = 300, for_transaction = true }] }]
[action."authenticator.add".every_tier]
any = [{ all = [{ factor = "totp", max_age = 600 }] }]
[action."authenticator.remove".every_tier]
any = [{ all = [{ factor = "totp", max_age = 600 }] }]
[action."account.suspend".every_tier]
any = [{ all = [{ factor = "questions", max_age = 900 }] }]
"#;

/// A call that holds evidence already.
pub fn known(bank: &Bank) -> Call<'_> {
    let call = bank.agent();
    call.accepts(&seen_in_person());
    call
}
