//! A context with its moment, and a verifier whose clock stands at it: a test says the time of each call.

use core::cell::Cell;
use core::fmt;
use core::ops::Deref;
use core::time::Duration;

use countersign::account::{Agent, Dialog, RedeemRefusal, Status};
use countersign::audit::Audit;
use countersign::delivered::{CodeOrder, Issued};
use countersign::knowledge::{Prompt, QuestionId, WordPrompt};
use countersign::otp::ocra::OcraTask;
use countersign::recovery::RecoveryCodeList;
use countersign::store::Store;
use countersign::time::Clock;
use countersign::{
    Attempt, Authority, Authorized, Change, Changed, Channel, Context, Decision, Error, Evidence,
    Grant, Interaction, Outcome, Policy, Redeemed, Request, Settings, Subject, Timestamp,
    Transaction, Verifier,
};

/// A context, and the moment of the call.
#[derive(Clone, Copy, Debug)]
pub struct TimedContext {
    context: Context,
    now: Timestamp,
}

impl TimedContext {
    pub const fn new(now: Timestamp, channel: Channel, interaction: Interaction) -> Self {
        Self {
            context: Context::new(channel, interaction),
            now,
        }
    }

    pub const fn now(&self) -> Timestamp {
        self.now
    }

    pub fn for_transaction(self, transaction: &Transaction) -> Self {
        Self {
            context: self.context.for_transaction(transaction),
            ..self
        }
    }

    pub const fn protected(self) -> Self {
        Self {
            context: self.context.protected(),
            ..self
        }
    }

    /// Sets the clock of this thread to the moment.
    fn set(&self) -> &Context {
        NOW.set(self.now);
        &self.context
    }
}

impl Deref for TimedContext {
    type Target = Context;

    fn deref(&self) -> &Context {
        &self.context
    }
}

thread_local! {
    static NOW: Cell<Timestamp> = const { Cell::new(Timestamp::MAX) };
}

/// Each thread of a test has a time of its own.
struct ThreadClock;

impl Clock for ThreadClock {
    fn now(&self) -> Result<Timestamp, Error> {
        Ok(NOW.get())
    }
}

/// A verifier that takes the time from the context.
pub struct TimedVerifier<S, A = ()>(Verifier<S, A>);

impl<S: fmt::Debug, A> fmt::Debug for TimedVerifier<S, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<S: Store> TimedVerifier<S> {
    pub fn new(store: S, settings: Settings) -> Self {
        Self(Verifier::new(store, settings).with_clock(ThreadClock))
    }
}

impl<S: Store, A: Audit> TimedVerifier<S, A> {
    pub fn with_audit<B: Audit>(self, audit: B) -> TimedVerifier<S, B> {
        TimedVerifier(self.0.with_audit(audit))
    }

    pub fn on<T: Store>(&self, store: T) -> TimedVerifier<T, A> {
        TimedVerifier(self.0.on(store))
    }

    pub const fn settings(&self) -> &Settings {
        self.0.settings()
    }

    pub fn create(&self, subject: &Subject, ctx: &TimedContext) -> Result<(), Error> {
        self.0.create(subject, ctx.set())
    }

    pub fn change(
        &self,
        subject: &Subject,
        change: &Change,
        by: &Authority<'_>,
        ctx: &TimedContext,
    ) -> Result<Changed, Error> {
        self.0.change(subject, change, by, ctx.set())
    }

    pub fn generate_recovery_codes(
        &self,
        subject: &Subject,
        count: u8,
        by: &Authority<'_>,
        ctx: &TimedContext,
    ) -> Result<RecoveryCodeList, Error> {
        self.0
            .generate_recovery_codes(subject, count, by, ctx.set())
    }

    pub fn check(
        &self,
        subject: &Subject,
        attempt: &Attempt,
        ctx: &TimedContext,
    ) -> Result<Outcome, Error> {
        self.0.check(subject, attempt, ctx.set())
    }

    pub fn issue(
        &self,
        subject: &Subject,
        order: &CodeOrder,
        ctx: &TimedContext,
    ) -> Result<Issued, Error> {
        self.0.issue(subject, order, ctx.set())
    }

    pub fn challenge(
        &self,
        subject: &Subject,
        task: &OcraTask<'_>,
        ctx: &TimedContext,
    ) -> Result<Issued<Dialog>, Error> {
        self.0.challenge(subject, task, ctx.set())
    }

    pub fn questions(
        &self,
        subject: &Subject,
        ctx: &TimedContext,
    ) -> Result<Vec<QuestionId>, Error> {
        ctx.set();
        self.0.questions(subject)
    }

    pub fn prompts(&self, subject: &Subject, ctx: &TimedContext) -> Result<Vec<Prompt>, Error> {
        ctx.set();
        self.0.prompts(subject)
    }

    pub fn word_prompt(&self, subject: &Subject, ctx: &TimedContext) -> Result<WordPrompt, Error> {
        ctx.set();
        self.0.word_prompt(subject)
    }

    pub fn status(&self, subject: &Subject, ctx: &TimedContext) -> Result<Status, Error> {
        self.0.status(subject, ctx.set())
    }

    pub fn redeem(
        &self,
        grant: &Grant,
        ctx: &TimedContext,
    ) -> Result<Result<Redeemed, RedeemRefusal>, Error> {
        self.0.redeem(grant, ctx.set())
    }

    pub fn evidence(&self, subject: &Subject, ctx: &TimedContext) -> Result<Vec<Evidence>, Error> {
        self.0.evidence(subject, ctx.set().interaction())
    }

    pub fn decide(
        &self,
        policy: &Policy,
        request: &Request,
        subject: &Subject,
        ctx: &TimedContext,
    ) -> Result<Decision, Error> {
        self.0.decide(policy, request, subject, ctx.set())
    }

    pub fn authorize(
        &self,
        policy: &Policy,
        request: &Request,
        subject: &Subject,
        ctx: &TimedContext,
    ) -> Result<Authorized, Error> {
        self.0.authorize(policy, request, subject, ctx.set())
    }

    pub fn approve(
        &self,
        subject: &Subject,
        agent: &Agent,
        action: &str,
        lifetime: Duration,
        ctx: &TimedContext,
    ) -> Result<(), Error> {
        self.0.approve(subject, agent, action, lifetime, ctx.set())
    }

    pub fn end(&self, subject: &Subject, ctx: &TimedContext) -> Result<(), Error> {
        self.0.end(subject, ctx.set())
    }

    pub fn erase(&self, subject: &Subject) -> Result<bool, Error> {
        self.0.erase(subject)
    }

    pub fn purge(&self, now: Timestamp) -> Result<usize, Error> {
        NOW.set(now);
        self.0.purge()
    }
}
