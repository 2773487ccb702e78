//! A context with its moment, and a verifier whose clock stands at it: a test says the time of each call.
//!
//! With `COUNTERSIGN_DRIVER=async` each call is one of an `AsyncVerifier`. So a test that is written for one driver runs for both.

use core::cell::Cell;
use core::fmt;
use core::ops::Deref;
use core::time::Duration;

use super::tasks::{a_moment, wait_for};
use countersign::account::{
    Agent, Authenticator, Dialog, Pending, PendingId, RedeemRefusal, Status, Warning,
};
use countersign::audit::Audit;
use countersign::delivered::{CodeOrder, Issued, Notice};
use countersign::knowledge::{Prompt, QuestionId, WordPrompt};
use countersign::metrics::{Gauges, Metrics};
use countersign::otp::ocra::OcraTask;
use countersign::recovery::RecoveryCodeList;
use countersign::store::{AsyncStore, Entry, Key, Replaced, Store, Version};
use countersign::time::Clock;
use countersign::{
    AsyncVerifier, Attempt, Authority, Authorized, Change, Changed, Channel, Context, Decision,
    Error, Evidence, Grant, Interaction, Outcome, Policy, Redeemed, Request, Settings, Subject,
    Timestamp, Transaction, Verifier,
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
pub struct TimedVerifier<S, A = ()>(Driver<S, A>);

enum Driver<S, A> {
    Blocking(Verifier<S, A>),
    Waited(AsyncVerifier<Slow<S>, A>),
}

/// Calls by the driver of this run.
macro_rules! by {
    ($timed:expr, $verifier:ident => $call:expr) => {
        match &$timed.0 {
            Driver::Blocking($verifier) => $call,
            Driver::Waited($verifier) => wait_for($call),
        }
    };
}

/// A store that lets the task wait before and after each act.
#[derive(Debug)]
struct Slow<S>(S);

impl<S: Store + Send + Sync> AsyncStore for Slow<S> {
    async fn load(&self, key: &Key) -> Result<Option<Entry>, Error> {
        a_moment().await;
        let told = self.0.load(key);
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
        let told = self.0.replace(key, expected, entry);
        a_moment().await;
        told
    }

    async fn remove(&self, key: &Key, expected: &Version) -> Result<Replaced, Error> {
        a_moment().await;
        let told = self.0.remove(key, expected);
        a_moment().await;
        told
    }

    async fn purge(&self, now: Timestamp) -> Result<usize, Error> {
        a_moment().await;
        let told = self.0.purge(now);
        a_moment().await;
        told
    }
}

impl<S: fmt::Debug, A> fmt::Debug for TimedVerifier<S, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Driver::Blocking(verifier) => verifier.fmt(f),
            Driver::Waited(verifier) => verifier.fmt(f),
        }
    }
}

impl<S: Store + Send + Sync> TimedVerifier<S> {
    pub fn new(store: S, settings: Settings) -> Self {
        Self(
            if std::env::var_os("COUNTERSIGN_DRIVER").is_some_and(|name| name == "async") {
                Driver::Waited(AsyncVerifier::new(Slow(store), settings).with_clock(ThreadClock))
            } else {
                Driver::Blocking(Verifier::new(store, settings).with_clock(ThreadClock))
            },
        )
    }
}

impl<S: Store + Send + Sync, A: Audit + Send + Sync> TimedVerifier<S, A> {
    pub fn with_audit<B: Audit + Send + Sync>(self, audit: B) -> TimedVerifier<S, B> {
        TimedVerifier(match self.0 {
            Driver::Blocking(verifier) => Driver::Blocking(verifier.with_audit(audit)),
            Driver::Waited(verifier) => Driver::Waited(verifier.with_audit(audit)),
        })
    }

    pub fn with_metrics(self, metrics: impl Metrics + Send + Sync + 'static) -> Self {
        Self(match self.0 {
            Driver::Blocking(verifier) => Driver::Blocking(verifier.with_metrics(metrics)),
            Driver::Waited(verifier) => Driver::Waited(verifier.with_metrics(metrics)),
        })
    }

    pub fn gauges(&self, ctx: &TimedContext) -> Result<Gauges, Error> {
        ctx.set();
        match &self.0 {
            Driver::Blocking(verifier) => verifier.gauges(),
            Driver::Waited(verifier) => verifier.gauges(),
        }
    }

    pub fn with_remembered(self, records: usize) -> Self {
        Self(match self.0 {
            Driver::Blocking(verifier) => Driver::Blocking(verifier.with_remembered(records)),
            Driver::Waited(verifier) => Driver::Waited(verifier.with_remembered(records)),
        })
    }

    pub fn on<T: Store + Send + Sync>(&self, store: T) -> TimedVerifier<T, A> {
        TimedVerifier(match &self.0 {
            Driver::Blocking(verifier) => Driver::Blocking(verifier.on(store)),
            Driver::Waited(verifier) => Driver::Waited(verifier.on(Slow(store))),
        })
    }

    pub const fn settings(&self) -> &Settings {
        match &self.0 {
            Driver::Blocking(verifier) => verifier.settings(),
            Driver::Waited(verifier) => verifier.settings(),
        }
    }

    pub fn create(&self, subject: &Subject, ctx: &TimedContext) -> Result<(), Error> {
        by!(self, verifier => verifier.create(subject, ctx.set()))
    }

    pub fn import(
        &self,
        subject: &Subject,
        changes: &[Change],
        ctx: &TimedContext,
    ) -> Result<bool, Error> {
        by!(self, verifier => verifier.import(subject, changes, ctx.set()))
    }

    pub fn change(
        &self,
        subject: &Subject,
        change: &Change,
        by: &Authority<'_>,
        ctx: &TimedContext,
    ) -> Result<Changed, Error> {
        by!(self, verifier => verifier.change(subject, change, by, ctx.set()))
    }

    pub fn pending(
        &self,
        subject: &Subject,
        by: &Authority<'_>,
        ctx: &TimedContext,
    ) -> Result<Vec<Pending>, Error> {
        by!(self, verifier => verifier.pending(subject, by, ctx.set()))
    }

    pub fn cancel(
        &self,
        subject: &Subject,
        id: PendingId,
        ctx: &TimedContext,
    ) -> Result<Changed, Error> {
        by!(self, verifier => verifier.cancel(subject, id, ctx.set()))
    }

    pub fn warnings(
        &self,
        subject: &Subject,
        notice: Notice,
        ctx: &TimedContext,
    ) -> Result<Vec<Warning>, Error> {
        ctx.set();
        by!(self, verifier => verifier.warnings(subject, notice))
    }

    pub fn generate_recovery_codes(
        &self,
        subject: &Subject,
        count: u8,
        by: &Authority<'_>,
        ctx: &TimedContext,
    ) -> Result<RecoveryCodeList, Error> {
        by!(self, verifier => verifier.generate_recovery_codes(subject, count, by, ctx.set()))
    }

    pub fn check(
        &self,
        subject: &Subject,
        attempt: &Attempt,
        ctx: &TimedContext,
    ) -> Result<Outcome, Error> {
        by!(self, verifier => verifier.check(subject, attempt, ctx.set()))
    }

    pub fn issue(
        &self,
        subject: &Subject,
        order: &CodeOrder,
        ctx: &TimedContext,
    ) -> Result<Issued, Error> {
        by!(self, verifier => verifier.issue(subject, order, ctx.set()))
    }

    pub fn challenge(
        &self,
        subject: &Subject,
        task: &OcraTask<'_>,
        ctx: &TimedContext,
    ) -> Result<Issued<Dialog>, Error> {
        by!(self, verifier => verifier.challenge(subject, task, ctx.set()))
    }

    pub fn questions(
        &self,
        subject: &Subject,
        ctx: &TimedContext,
    ) -> Result<Vec<QuestionId>, Error> {
        ctx.set();
        by!(self, verifier => verifier.questions(subject))
    }

    pub fn prompts(&self, subject: &Subject, ctx: &TimedContext) -> Result<Vec<Prompt>, Error> {
        ctx.set();
        by!(self, verifier => verifier.prompts(subject))
    }

    pub fn word_prompt(&self, subject: &Subject, ctx: &TimedContext) -> Result<WordPrompt, Error> {
        ctx.set();
        by!(self, verifier => verifier.word_prompt(subject))
    }

    pub fn status(&self, subject: &Subject, ctx: &TimedContext) -> Result<Status, Error> {
        by!(self, verifier => verifier.status(subject, ctx.set()))
    }

    pub fn authenticators(
        &self,
        subject: &Subject,
        by: &Authority<'_>,
        ctx: &TimedContext,
    ) -> Result<Vec<Authenticator>, Error> {
        by!(self, verifier => verifier.authenticators(subject, by, ctx.set()))
    }

    pub fn redeem(
        &self,
        grant: &Grant,
        ctx: &TimedContext,
    ) -> Result<Result<Redeemed, RedeemRefusal>, Error> {
        by!(self, verifier => verifier.redeem(grant, ctx.set()))
    }

    pub fn evidence(&self, subject: &Subject, ctx: &TimedContext) -> Result<Vec<Evidence>, Error> {
        by!(self, verifier => verifier.evidence(subject, ctx.set().interaction()))
    }

    pub fn decide(
        &self,
        policy: &Policy,
        request: &Request,
        subject: &Subject,
        ctx: &TimedContext,
    ) -> Result<Decision, Error> {
        by!(self, verifier => verifier.decide(policy, request, subject, ctx.set()))
    }

    pub fn explain(
        &self,
        policy: &Policy,
        request: &Request,
        subject: &Subject,
        ctx: &TimedContext,
    ) -> Result<countersign::policy::Explanation, Error> {
        by!(self, verifier => verifier.explain(policy, request, subject, ctx.set()))
    }

    pub fn authorize(
        &self,
        policy: &Policy,
        request: &Request,
        subject: &Subject,
        ctx: &TimedContext,
    ) -> Result<Authorized, Error> {
        by!(self, verifier => verifier.authorize(policy, request, subject, ctx.set()))
    }

    pub fn approve(
        &self,
        subject: &Subject,
        agent: &Agent,
        action: &str,
        lifetime: Duration,
        ctx: &TimedContext,
    ) -> Result<(), Error> {
        by!(self, verifier => verifier.approve(subject, agent, action, lifetime, ctx.set()))
    }

    pub fn end(&self, subject: &Subject, ctx: &TimedContext) -> Result<(), Error> {
        by!(self, verifier => verifier.end(subject, ctx.set()))
    }

    pub fn erase(&self, subject: &Subject) -> Result<bool, Error> {
        by!(self, verifier => verifier.erase(subject))
    }

    pub fn purge(&self, now: Timestamp) -> Result<usize, Error> {
        NOW.set(now);
        by!(self, verifier => verifier.purge())
    }
}
