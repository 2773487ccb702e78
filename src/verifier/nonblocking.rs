//! The verifier whose calls are waited for.

use core::fmt;
use core::time::Duration;
use std::sync::Arc;

use super::authorize::Authorized;
use super::engine::Engine;
use super::rollback::Rollback;
use super::shared::Shared;
use super::waiting::Waiting;
use crate::account::{
    AccountReport, AfterRestore, Attempt, Change, Changed, Dialog, Outcome, Pending, Rekey,
    Settings, Warning,
};
use crate::authenticator::{Authenticator, PendingId};
use crate::context::{Context, Interaction};
use crate::delivered::{CodeOrder, Issued, Notice};
use crate::error::Error;
use crate::event::{Audit, RedeemRefusal};
use crate::evidence::Evidence;
use crate::grant::{Agent, Authority, Grant, Redeemed};
use crate::knowledge::{Prompt, QuestionId, WordPrompt};
use crate::metrics::{Gauges, Metrics};
use crate::offload::Offload;
use crate::otp::ocra::OcraTask;
use crate::policy::Explanation;
use crate::policy::decide::decision::Decision;
use crate::policy::loaded::Policy;
use crate::policy::request::Request;
use crate::recovery::RecoveryCodeList;
use crate::status::Status;
use crate::store::{AsyncStore, HighWater};
use crate::subject::Subject;
use crate::time::Clock;

/// A [`Verifier`](crate::Verifier) whose calls are waited for, over a store whose answers are.
///
/// Each call does what the one of that verifier does, by the same code. Its future is `Send`, and needs no certain runtime. No call
/// blocks a thread of the executor: callers wait for turns, for permits and for moments without one. Passwords, PINs and
/// answers are computed [on other threads](Self::with_offload). The audit trail and the clock are called within the task.
///
/// # A password that is enrolled
/// You hash a new password, and not the verifier. This takes some 20 ms, so do it on a thread that may block:
///
/// ```
/// use countersign::password::{Password, PasswordHash, PasswordRules};
/// use countersign::{Error, Settings};
///
/// /// `None`: no permit came free. `AsyncVerifier::settings` has the settings.
/// async fn hashed(settings: &Settings, typed: &str) -> Result<Option<PasswordHash>, Error> {
///     let (settings, typed) = (settings.clone(), Password::typed(typed));
///     let hash = move || {
///         let (keys, pool) = (settings.keyring(), settings.hash_pool());
///         let Some(mut permit) = pool.permit_within(settings.permit_wait()) else { return Ok(None) };
///         let rules = PasswordRules::multi_factor();
///         PasswordHash::enrol(&typed, &rules, keys, pool.cost(), &mut permit).map(Some)
///     };
///     let ended = tokio::task::spawn_blocking(hash).await;
///     ended.map_err(|error| Error::store("hashing", error))?
/// }
/// ```
///
/// Give the hash to [`change`](Self::change) in a [`Change::SetPassword`].
///
/// # Calls that are dropped
/// A future that is dropped leaves what is stored by then: a charged try at most, or an outcome that nobody saw. Turns and
/// permits are free again. If the store has written, but its answer has not come, the audit trail lacks the event. So let a
/// call run to its end where a client can hang up: spawn it as a task of its own. A call that is kept and not polled keeps its turn:
/// others at these records wait a second for it, and go on.
///
/// ```
/// use countersign::field::{Keyring, LongTermSecret, RootKey};
/// use countersign::store::memory::MemoryStore;
/// use countersign::{AsyncVerifier, Attempt, Channel, Code, Context, Error, Outcome, Settings, Subject};
///
/// async fn sign_in(verifier: &AsyncVerifier<MemoryStore>, typed: &str) -> Result<bool, Error> {
///     let (subject, ctx) = (Subject::new("bank", "C-1042")?, Context::begin(Channel::Device)?);
///     let outcome = verifier.check(&subject, &Attempt::Totp(Code::typed(typed)), &ctx).await?;
///     Ok(matches!(outcome, Outcome::Accepted(_)))
/// }
/// let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
/// let verifier = AsyncVerifier::new(MemoryStore::new(), settings);
/// # let mut call = core::pin::pin!(sign_in(&verifier, "123456"));
/// # let mut task = core::task::Context::from_waker(core::task::Waker::noop());
/// # assert!(matches!(call.as_mut().poll(&mut task), core::task::Poll::Ready(Ok(false))));
/// # Ok::<(), countersign::Error>(())
/// ```
pub struct AsyncVerifier<S, A = ()> {
    store: S,
    shared: Shared,
    audit: Arc<A>,
    offload: Offload,
}

impl<S: AsyncStore> AsyncVerifier<S> {
    /// Makes a verifier over a store, without an audit trail. Make one for a process: see [`Verifier::new`](crate::Verifier::new).
    pub fn new(store: S, settings: Settings) -> Self {
        Self {
            store,
            shared: Shared::new(settings),
            audit: Arc::new(()),
            offload: Offload::default(),
        }
    }
}

impl<S: AsyncStore, A: Audit + Send + Sync> AsyncVerifier<S, A> {
    /// Sets the audit trail: see [`Verifier::with_audit`](crate::Verifier::with_audit). A sink is called within the task, so it should not block: let it queue
    /// the event.
    pub fn with_audit<B: Audit + Send + Sync>(self, audit: B) -> AsyncVerifier<S, B> {
        AsyncVerifier {
            store: self.store,
            shared: self.shared,
            audit: Arc::new(audit),
            offload: self.offload,
        }
    }

    /// Sets the clock: see [`Verifier::with_clock`](crate::Verifier::with_clock).
    #[must_use]
    pub fn with_clock(self, clock: impl Clock + Send + Sync + 'static) -> Self {
        Self {
            shared: self.shared.with_clock(Arc::new(clock)),
            ..self
        }
    }

    /// Sets high water: see [`Verifier::with_high_water`](crate::Verifier::with_high_water). It is called within the task.
    #[must_use]
    pub fn with_high_water(
        self,
        marks: impl HighWater + Send + Sync + 'static,
        after: AfterRestore,
    ) -> Self {
        let rollback = Rollback::new(Arc::new(marks), after);
        Self {
            shared: self.shared.with_high_water(rollback),
            ..self
        }
    }

    /// Sets the metrics: see [`Verifier::with_metrics`](crate::Verifier::with_metrics). They are called within the task.
    #[must_use]
    pub fn with_metrics(self, metrics: impl Metrics + Send + Sync + 'static) -> Self {
        Self {
            shared: self.shared.with_metrics(Arc::new(metrics)),
            ..self
        }
    }

    /// Sets the way to threads that may compute for long: passwords, PINs and answers go there. By default each computation
    /// has a thread of its own, and there are no more than [permits](crate::hashing::HashPool).
    ///
    /// A job that is dropped and not run is an error for its caller. Its try stays charged.
    ///
    /// ```
    /// # use countersign::{AsyncVerifier, Settings, field::{Keyring, LongTermSecret, RootKey}, store::memory::MemoryStore};
    /// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
    /// let verifier = AsyncVerifier::new(MemoryStore::new(), settings).with_offload(|job| {
    ///     std::thread::spawn(job); // or `tokio::task::spawn_blocking(job);`
    /// });
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn with_offload(
        self,
        to: impl Fn(Box<dyn FnOnce() + Send>) + Send + Sync + 'static,
    ) -> Self {
        Self {
            offload: Offload::new(to),
            ..self
        }
    }

    /// Lets the verifier remember so many records: see [`Verifier::with_remembered`](crate::Verifier::with_remembered).
    #[must_use]
    pub fn with_remembered(self, records: usize) -> Self {
        Self {
            shared: self.shared.with_remembered(records),
            ..self
        }
    }

    /// Makes a verifier over another store value: see [`Verifier::on`](crate::Verifier::on).
    pub fn on<T: AsyncStore>(&self, store: T) -> AsyncVerifier<T, A> {
        AsyncVerifier {
            store,
            shared: self.shared.beside(),
            audit: Arc::clone(&self.audit),
            offload: self.offload.clone(),
        }
    }

    /// Returns the settings.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.shared.settings
    }

    /// Does what [`Verifier::create`](crate::Verifier::create) does.
    ///
    /// # Errors
    /// As [`Verifier::create`](crate::Verifier::create).
    pub async fn create(&self, subject: &Subject, ctx: &Context) -> Result<(), Error> {
        self.engine().create(subject, ctx).await
    }

    /// Does what [`Verifier::import`](crate::Verifier::import) does.
    ///
    /// # Errors
    /// As [`Verifier::import`](crate::Verifier::import).
    pub async fn import(
        &self,
        subject: &Subject,
        changes: &[Change],
        ctx: &Context,
    ) -> Result<bool, Error> {
        self.engine().import(subject, changes, ctx).await
    }

    /// Does what [`Verifier::change`](crate::Verifier::change) does.
    ///
    /// # Errors
    /// As [`Verifier::change`](crate::Verifier::change).
    pub async fn change(
        &self,
        subject: &Subject,
        change: &Change,
        by: &Authority<'_>,
        ctx: &Context,
    ) -> Result<Changed, Error> {
        self.engine().change(subject, change, by, ctx).await
    }

    /// Does what [`Verifier::pending`](crate::Verifier::pending) does.
    ///
    /// # Errors
    /// As [`Verifier::pending`](crate::Verifier::pending).
    pub async fn pending(
        &self,
        subject: &Subject,
        by: &Authority<'_>,
        ctx: &Context,
    ) -> Result<Vec<Pending>, Error> {
        self.engine().pending(subject, by, ctx).await
    }

    /// Does what [`Verifier::cancel`](crate::Verifier::cancel) does.
    ///
    /// # Errors
    /// As [`Verifier::cancel`](crate::Verifier::cancel).
    pub async fn cancel(
        &self,
        subject: &Subject,
        id: PendingId,
        ctx: &Context,
    ) -> Result<Changed, Error> {
        self.engine().cancel(subject, id, ctx).await
    }

    /// Does what [`Verifier::warnings`](crate::Verifier::warnings) does.
    ///
    /// # Errors
    /// As [`Verifier::warnings`](crate::Verifier::warnings).
    pub async fn warnings(&self, subject: &Subject, notice: Notice) -> Result<Vec<Warning>, Error> {
        self.engine().warnings(subject, notice).await
    }

    /// Does what [`Verifier::generate_recovery_codes`](crate::Verifier::generate_recovery_codes) does.
    ///
    /// # Errors
    /// As [`Verifier::generate_recovery_codes`](crate::Verifier::generate_recovery_codes).
    pub async fn generate_recovery_codes(
        &self,
        subject: &Subject,
        count: u8,
        by: &Authority<'_>,
        ctx: &Context,
    ) -> Result<RecoveryCodeList, Error> {
        let engine = self.engine();
        engine
            .generate_recovery_codes(subject, count, by, ctx)
            .await
    }

    /// Does what [`Verifier::check`](crate::Verifier::check) does.
    ///
    /// # Errors
    /// As [`Verifier::check`](crate::Verifier::check).
    pub async fn check(
        &self,
        subject: &Subject,
        attempt: &Attempt,
        ctx: &Context,
    ) -> Result<Outcome, Error> {
        self.engine().check(subject, attempt, ctx).await
    }

    /// Does what [`Verifier::issue`](crate::Verifier::issue) does.
    ///
    /// # Errors
    /// As [`Verifier::issue`](crate::Verifier::issue).
    pub async fn issue(
        &self,
        subject: &Subject,
        order: &CodeOrder,
        ctx: &Context,
    ) -> Result<Issued, Error> {
        self.engine().issue(subject, order, ctx).await
    }

    /// Does what [`Verifier::challenge`](crate::Verifier::challenge) does.
    ///
    /// # Errors
    /// As [`Verifier::challenge`](crate::Verifier::challenge).
    pub async fn challenge(
        &self,
        subject: &Subject,
        order: &OcraTask<'_>,
        ctx: &Context,
    ) -> Result<Issued<Dialog>, Error> {
        self.engine().challenge(subject, order, ctx).await
    }

    /// Does what [`Verifier::questions`](crate::Verifier::questions) does.
    ///
    /// # Errors
    /// As [`Verifier::questions`](crate::Verifier::questions).
    pub async fn questions(&self, subject: &Subject) -> Result<Vec<QuestionId>, Error> {
        self.engine().questions(subject).await
    }

    /// Does what [`Verifier::prompts`](crate::Verifier::prompts) does.
    ///
    /// # Errors
    /// As [`Verifier::prompts`](crate::Verifier::prompts).
    pub async fn prompts(&self, subject: &Subject) -> Result<Vec<Prompt>, Error> {
        self.engine().prompts(subject).await
    }

    /// Does what [`Verifier::word_prompt`](crate::Verifier::word_prompt) does.
    ///
    /// # Errors
    /// As [`Verifier::word_prompt`](crate::Verifier::word_prompt).
    pub async fn word_prompt(&self, subject: &Subject) -> Result<WordPrompt, Error> {
        self.engine().word_prompt(subject).await
    }

    /// Does what [`Verifier::authenticators`](crate::Verifier::authenticators) does.
    ///
    /// # Errors
    /// As [`Verifier::authenticators`](crate::Verifier::authenticators).
    pub async fn authenticators(
        &self,
        subject: &Subject,
        by: &Authority<'_>,
        ctx: &Context,
    ) -> Result<Vec<Authenticator>, Error> {
        self.engine().authenticators(subject, by, ctx).await
    }

    /// Does what [`Verifier::status`](crate::Verifier::status) does.
    ///
    /// # Errors
    /// As [`Verifier::status`](crate::Verifier::status).
    pub async fn status(&self, subject: &Subject, ctx: &Context) -> Result<Status, Error> {
        self.engine().status(subject, ctx).await
    }

    /// Does what [`Verifier::evidence`](crate::Verifier::evidence) does.
    ///
    /// # Errors
    /// As [`Verifier::evidence`](crate::Verifier::evidence).
    pub async fn evidence(
        &self,
        subject: &Subject,
        interaction: Interaction,
    ) -> Result<Vec<Evidence>, Error> {
        self.engine().evidence(subject, interaction).await
    }

    /// Does what [`Verifier::decide`](crate::Verifier::decide) does.
    ///
    /// # Errors
    /// As [`Verifier::decide`](crate::Verifier::decide).
    pub async fn decide(
        &self,
        policy: &Policy,
        request: &Request,
        subject: &Subject,
        ctx: &Context,
    ) -> Result<Decision, Error> {
        self.engine().decide(policy, request, subject, ctx).await
    }

    /// Does what [`Verifier::explain`](crate::Verifier::explain) does.
    ///
    /// # Errors
    /// As [`Verifier::explain`](crate::Verifier::explain).
    pub async fn explain(
        &self,
        policy: &Policy,
        request: &Request,
        subject: &Subject,
        ctx: &Context,
    ) -> Result<Explanation, Error> {
        self.engine().explain(policy, request, subject, ctx).await
    }

    /// Does what [`Verifier::authorize`](crate::Verifier::authorize) does.
    ///
    /// # Errors
    /// As [`Verifier::authorize`](crate::Verifier::authorize).
    pub async fn authorize(
        &self,
        policy: &Policy,
        request: &Request,
        subject: &Subject,
        ctx: &Context,
    ) -> Result<Authorized, Error> {
        self.engine().authorize(policy, request, subject, ctx).await
    }

    /// Does what [`Verifier::approve`](crate::Verifier::approve) does.
    ///
    /// # Errors
    /// As [`Verifier::approve`](crate::Verifier::approve).
    pub async fn approve(
        &self,
        subject: &Subject,
        agent: &Agent,
        action: &str,
        lifetime: Duration,
        ctx: &Context,
    ) -> Result<(), Error> {
        self.engine()
            .approve(subject, agent, action, lifetime, ctx)
            .await
    }

    /// Does what [`Verifier::end`](crate::Verifier::end) does.
    ///
    /// # Errors
    /// As [`Verifier::end`](crate::Verifier::end).
    pub async fn end(&self, subject: &Subject, ctx: &Context) -> Result<(), Error> {
        self.engine().end(subject, ctx).await
    }

    /// Does what [`Verifier::redeem`](crate::Verifier::redeem) does.
    ///
    /// # Errors
    /// As [`Verifier::redeem`](crate::Verifier::redeem).
    pub async fn redeem(
        &self,
        grant: &Grant,
        ctx: &Context,
    ) -> Result<Result<Redeemed, RedeemRefusal>, Error> {
        self.engine().redeem(grant, ctx).await
    }

    /// Does what [`Verifier::erase`](crate::Verifier::erase) does.
    ///
    /// # Errors
    /// As [`Verifier::erase`](crate::Verifier::erase).
    pub async fn erase(&self, subject: &Subject) -> Result<bool, Error> {
        self.engine().erase(subject).await
    }

    /// Does what [`Verifier::purge`](crate::Verifier::purge) does.
    ///
    /// # Errors
    /// As [`Verifier::purge`](crate::Verifier::purge).
    pub async fn purge(&self) -> Result<usize, Error> {
        self.engine().purge().await
    }

    /// Does what [`Verifier::pseudonym`](crate::Verifier::pseudonym) does.
    ///
    /// # Errors
    /// As [`Verifier::pseudonym`](crate::Verifier::pseudonym).
    pub async fn pseudonym(
        &self,
        subject: &Subject,
        by: &Authority<'_>,
        ctx: &Context,
    ) -> Result<[u8; 16], Error> {
        self.engine().pseudonym(subject, by, ctx).await
    }

    /// Does what [`Verifier::export`](crate::Verifier::export) does.
    ///
    /// # Errors
    /// As [`Verifier::export`](crate::Verifier::export).
    #[cfg(feature = "json")]
    pub async fn export(
        &self,
        subject: &Subject,
        by: &Authority<'_>,
        ctx: &Context,
    ) -> Result<String, Error> {
        self.engine().export(subject, by, ctx).await
    }

    /// Does a page as [`Verifier::rekey`](crate::Verifier::rekey). A call that is dropped leaves the walk where it was.
    ///
    /// # Errors
    /// As [`Verifier::rekey`](crate::Verifier::rekey).
    pub async fn rekey(&self, walk: &mut Rekey) -> Result<bool, Error> {
        self.engine().rekey(walk).await
    }

    /// Counts a page as [`Verifier::report`](crate::Verifier::report). A call that is dropped leaves the report where it was.
    ///
    /// # Errors
    /// As [`Verifier::report`](crate::Verifier::report).
    pub async fn report(&self, report: &mut AccountReport) -> Result<bool, Error> {
        self.engine().report(report).await
    }

    /// Returns the gauges of this process: see [`Verifier::gauges`](crate::Verifier::gauges).
    ///
    /// # Errors
    /// As [`Verifier::gauges`](crate::Verifier::gauges).
    pub fn gauges(&self) -> Result<Gauges, Error> {
        self.shared.gauges()
    }

    /// Returns the engine over this store and audit trail.
    fn engine(&self) -> Engine<'_, Waiting<'_, S, A>> {
        let (store, audit, offload) = (&self.store, self.audit.as_ref(), &self.offload);
        let port = Waiting {
            store,
            audit,
            offload,
        };
        Engine::new(&self.shared, port)
    }
}

impl<S: fmt::Debug, A> fmt::Debug for AsyncVerifier<S, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncVerifier")
            .field("store", &self.store)
            .field("settings", &self.shared.settings)
            .finish_non_exhaustive()
    }
}
