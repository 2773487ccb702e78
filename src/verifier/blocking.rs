//! The verifier whose calls block the thread.

use core::fmt;
use core::time::Duration;
use std::sync::Arc;

use super::authorize::Authorized;
use super::driver::{Blocking, run};
use super::engine::Engine;
use super::rollback::Rollback;
use super::shared::Shared;
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
use crate::otp::ocra::OcraTask;
use crate::policy::Explanation;
use crate::policy::decide::decision::Decision;
use crate::policy::loaded::Policy;
use crate::policy::request::Request;
use crate::recovery::RecoveryCodeList;
use crate::status::Status;
use crate::store::{HighWater, Store};
use crate::subject::Subject;
use crate::time::Clock;

/// Verifies subjects over a store. Threads share it. Processes share the store.
///
/// A try at an unknown name stores a record of its own, a decoy, which expires 30 days after its last step. Call
/// [`purge`](Self::purge) once an hour. It drops these decoys and old counts of issued codes. A process stores no more
/// decoys than [`Settings::with_decoy_limit`] allows.
///
/// Make one verifier for a process, and share it: its threads write a record in turns, if they meet at it. A verifier counts
/// its decoys from zero, so one for each request has no limit. For another connection use [`on`](Self::on). Calls block
/// the thread: for the store, and a [check](Self::check) of a password, PIN or answers for its
/// [permit](Settings::with_permit_wait) and its computation. An [`AsyncVerifier`](crate::AsyncVerifier) blocks none.
///
/// ```
/// use countersign::field::{Keyring, LongTermSecret, RootKey};
/// use countersign::store::memory::MemoryStore;
/// use countersign::{Attempt, Authority, Change, Channel, Code, Context, Outcome, Settings, Subject, Timestamp, Verifier, otp::Totp};
///
/// let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
/// let verifier = Verifier::new(MemoryStore::new(), settings);
/// let subject = Subject::new("bank", "C-1042")?;
/// let call = Context::begin(Channel::Agent)?;
/// let now = Timestamp::now()?;
/// let half_a_minute_ago = Timestamp::from_unix(now.unix() as i64 - 30)?;
///
/// let totp = Totp::generate()?;
/// verifier.create(&subject, &call)?;
/// let _ = verifier.change(&subject, &Change::AddTotp(totp.clone()), &Authority::Host, &call)?;
/// // The app shows a code for each half minute. Those of the last minute count.
/// let code = Code::typed(totp.code_at(half_a_minute_ago).expose_text());
/// let _ = verifier.change(&subject, &Change::ConfirmTotp(code.clone()), &Authority::Host, &call)?;
///
/// // The code that confirmed the app is spent.
/// assert!(matches!(verifier.check(&subject, &Attempt::Totp(code), &call)?, Outcome::Denied));
/// let next = Code::typed(totp.code_at(now).expose_text());
/// assert!(matches!(verifier.check(&subject, &Attempt::Totp(next), &call)?, Outcome::Accepted(_)));
/// # Ok::<(), countersign::Error>(())
/// ```
pub struct Verifier<S, A = ()> {
    store: S,
    shared: Shared,
    audit: Arc<A>,
}

impl<S: Store> Verifier<S> {
    /// Makes a verifier over a store, without an audit trail.
    ///
    /// Make one for a process. Each new verifier counts its decoys from zero, so one for each request stores them without a
    /// limit. For another connection take [`on`](Self::on), which shares the count.
    pub fn new(store: S, settings: Settings) -> Self {
        Self {
            store,
            shared: Shared::new(settings),
            audit: Arc::new(()),
        }
    }
}

impl<S: Store, A: Audit> Verifier<S, A> {
    /// Sets the audit trail.
    ///
    /// ```
    /// # use countersign::{Error, Settings, Verifier, audit::Event, field::{Keyring, LongTermSecret, RootKey}, store::memory::MemoryStore};
    /// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
    /// let verifier = Verifier::new(MemoryStore::new(), settings)
    ///     .with_audit(|event: &Event| { println!("{event:?}"); Ok(()) });
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn with_audit<B: Audit>(self, audit: B) -> Verifier<S, B> {
        Verifier {
            store: self.store,
            shared: self.shared,
            audit: Arc::new(audit),
        }
    }

    /// Sets the clock. By default it is the [clock of the machine](crate::time::SystemClock).
    #[must_use]
    pub fn with_clock(self, clock: impl Clock + Send + Sync + 'static) -> Self {
        Self {
            shared: self.shared.with_clock(Arc::new(clock)),
            ..self
        }
    }

    /// Sets high water: the verifier notices a record that is older than one it has written before, and does what you chose.
    ///
    /// A database that is put back brings spent codes, removed apps and earlier evidence back. High water is kept apart from it, so it
    /// shows which records are affected. Each step raises the mark of its record before the outcome is revealed, and each call
    /// reads it. If that fails, the call fails. A verifier [on](Self::on) a transaction reads marks and raises none.
    ///
    /// The manual has [a restore drill](crate::manual::operating#a-restore).
    ///
    /// ```
    /// use std::sync::Arc;
    /// use countersign::account::AfterRestore;
    /// use countersign::store::{MemoryHighWater, memory::MemoryStore};
    /// # use countersign::{Settings, Verifier, field::{Keyring, LongTermSecret, RootKey}};
    /// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
    /// let marks = Arc::new(MemoryHighWater::new()); // or a `FileHighWater`, or your own table
    /// let verifier = Verifier::new(MemoryStore::new(), settings).with_high_water(marks, AfterRestore::Refuse);
    /// # Ok::<(), countersign::Error>(())
    /// ```
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

    /// Sets the metrics: counters and times, with few labels and without any name. See [`metrics`](crate::metrics).
    ///
    /// By default nothing is measured.
    #[must_use]
    pub fn with_metrics(self, metrics: impl Metrics + Send + Sync + 'static) -> Self {
        Self {
            shared: self.shared.with_metrics(Arc::new(metrics)),
            ..self
        }
    }

    /// Lets the verifier remember so many records, and save the read before a write: one round trip to the store, and not two. By
    /// default it remembers none.
    ///
    /// This serves a customer who has shown something. The verifier remembers the last entry of a record if the interaction
    /// that wrote it holds evidence in it. The next call of this interaction begins with that entry. The store's
    /// compare-and-swap says whether it still is the last one. If it is not, the store returns the present one, and the call goes on
    /// with that: two round trips, as without this.
    ///
    /// Outcomes are the same with and without this. A call that writes nothing asks the store, and so do all calls that only
    /// read. A caller without evidence has two round trips for each name, so their number does not show who is a
    /// customer.
    ///
    /// A record is remembered as it is stored: sealed. So many records take 1 KiB each at most, and some hundred bytes beside.
    /// The oldest ones make room. It helps if all requests of an interaction come to one process. A verifier [on](Self::on) a
    /// transaction remembers nothing.
    ///
    /// ```
    /// # use countersign::{Settings, Verifier, field::{Keyring, LongTermSecret, RootKey}, store::memory::MemoryStore};
    /// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
    /// // About as many as customers who are signed in at a time.
    /// let verifier = Verifier::new(MemoryStore::new(), settings).with_remembered(10_000);
    /// # let _ = verifier;
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn with_remembered(self, records: usize) -> Self {
        Self {
            shared: self.shared.with_remembered(records),
            ..self
        }
    }

    /// Makes a verifier over another store value. It shares the settings with their permits, the count of decoys, clock,
    /// metrics and audit trail. It is for a store inside the host's open transaction.
    ///
    /// # In a transaction
    /// Redeem a grant and write what it allows in one database transaction, and commit it: then both happen, or neither.
    /// `examples/own_table.rs` shows it, and runs both wrong ways.
    ///
    /// Never [check](Self::check) in a transaction that may roll back. The count of the wrong try would roll back with it, and
    /// guesses would be free. Never act on an outcome before the transaction is committed. The audit trail is not part of the
    /// transaction: after a roll-back it has an event of a revision that no record has.
    ///
    /// ```
    /// # use countersign::{Settings, Verifier, field::{Keyring, LongTermSecret, RootKey}, store::memory::MemoryStore};
    /// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
    /// let verifier = Verifier::new(MemoryStore::new(), settings);
    /// let transaction = MemoryStore::new(); // a store over the open transaction
    /// let inside = verifier.on(&transaction);
    /// # let _ = inside;
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn on<T: Store>(&self, store: T) -> Verifier<T, A> {
        Verifier {
            store,
            shared: self.shared.beside(),
            audit: Arc::clone(&self.audit),
        }
    }

    /// Returns the settings.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.shared.settings
    }

    /// Creates an account for a new subject, without any authenticator. A decoy in its place goes.
    ///
    /// Authenticators come by [`change`](Self::change).
    ///
    /// # Errors
    /// Misuse, if the subject has an account ([`AlreadyExists`](crate::ErrorKind::AlreadyExists): a sign-up stops there), or is
    /// of another realm than the settings. Corrupt or store, if the store, the
    /// record or the audit trail is not as it must be.
    ///
    /// ```
    /// # use countersign::{Channel, Context, Settings, Subject, Verifier, field::{Keyring, LongTermSecret, RootKey}, store::memory::MemoryStore};
    /// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
    /// # let verifier = Verifier::new(MemoryStore::new(), settings);
    /// # let ctx = Context::begin(Channel::Agent)?;
    /// # let subject = Subject::new("bank", "C-1042")?;
    /// verifier.create(&subject, &ctx)?;
    /// // A form that is sent twice does not begin the account anew.
    /// assert!(verifier.create(&subject, &ctx).unwrap_err().is_misuse());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn create(&self, subject: &Subject, ctx: &Context) -> Result<(), Error> {
        run(self.engine().create(subject, ctx))
    }

    /// Creates an account with the authenticators that another system had, by one write. Returns whether it is new: the account of
    /// a subject that has one stays as it is.
    ///
    /// So a loop over all customers can be stopped, and started again from its beginning. Nothing is hashed, and no permit is
    /// taken. Each account is one compare-and-swap, so several threads or machines can share the work, beside the customers who
    /// sign in already.
    ///
    /// `changes` are all `Add..` and `Set..`, and [`Suspend`](Change::Suspend). An app and a token count at once: the other system
    /// has confirmed them. The code that an app shows at this moment counts as spent, because it may be spent there. Give a token
    /// the counter after its last code. With the feature `import`, `PasswordHash::import` reads bcrypt, scrypt, PBKDF2 and
    /// others.
    ///
    /// The trail has one event of the action `account.create`.
    ///
    /// # Errors
    /// Misuse, if a change adds nothing, if there are too many authenticators, or guessing would become too easy. Misuse, if the
    /// subject is of another realm than the settings. Corrupt or store, if the store, the record or the audit trail is not as
    /// it must be. Nothing is stored then, unless the trail failed.
    ///
    /// ```
    /// # use countersign::{Attempt, Change, Channel, Context, Error, Outcome, Settings, Subject, Verifier, field::{Keyring, LongTermSecret, RootKey}, store::memory::MemoryStore};
    /// use countersign::password::{Password, PasswordHash};
    /// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
    /// # let verifier = Verifier::new(MemoryStore::new(), settings);
    /// # let ctx = Context::begin(Channel::Device)?;
    /// let table = [
    ///     ("C-1", "$argon2id$v=19$m=19456,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"),
    ///     ("C-2", "broken in the export"),
    /// ];
    /// let (mut new, mut left_out) = (0, Vec::new());
    /// for (id, hash) in table {
    ///     let changes: Vec<Change> = match PasswordHash::parse_weak(hash) {
    ///         Ok(hash) => vec![Change::SetPassword(hash)],
    ///         // An account without a password: the customer sets a new one.
    ///         Err(why) => {
    ///             left_out.push((id, why));
    ///             Vec::new()
    ///         }
    ///     };
    ///     new += u32::from(verifier.import(&Subject::new("bank", id)?, &changes, &ctx)?);
    /// }
    /// assert_eq!((new, left_out.len()), (2, 1));
    /// // A second run changes nothing.
    /// assert!(!verifier.import(&Subject::new("bank", "C-1")?, &[], &ctx)?);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn import(
        &self,
        subject: &Subject,
        changes: &[Change],
        ctx: &Context,
    ) -> Result<bool, Error> {
        run(self.engine().import(subject, changes, ctx))
    }

    /// Changes an account: authenticators come and go, and the subject is suspended and resumed. Rebinding a factor ends its
    /// locks on both lanes, so a customer who was locked out can use it again.
    ///
    /// A wrong code that should confirm something is charged. An app or a token that waits takes as many wrong codes as lock a
    /// factor. Then it must be added again.
    ///
    /// The authority is the host itself, or a grant for this action, subject and interaction. A change by a grant uses up what
    /// serves once: approvals, and evidence for the transaction. To add an app or a token uses up nothing: the same grant
    /// confirms it. Do not redeem the grant before: a redeemed grant changes nothing.
    ///
    /// # Errors
    /// Misuse, if the authority does not allow the change, or if the subject does not exist or is suspended. Misuse, if
    /// there are too many authenticators, or guessing would become too easy. Misuse, if the answers do not fit the
    /// questions of the settings, or if the factor to unlock has no locks. Corrupt or store, if the store, the record or
    /// the audit trail is not as it must be.
    ///
    /// ```
    /// # use countersign::{Authority, Change, Changed, Code, otp::Totp, Channel, Context, Settings, Subject, Timestamp, Verifier, field::{Keyring, LongTermSecret, RootKey}, store::memory::MemoryStore};
    /// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
    /// # let verifier = Verifier::new(MemoryStore::new(), settings);
    /// # let ctx = Context::begin(Channel::Agent)?;
    /// # let subject = Subject::new("bank", "C-1042")?;
    /// # verifier.create(&subject, &ctx)?;
    /// let totp = Totp::generate()?;
    /// let _ = verifier.change(&subject, &Change::AddTotp(totp.clone()), &Authority::Host, &ctx)?;
    /// // The app counts once its first code shows that the customer has it.
    /// let first = Code::typed(totp.code_at(Timestamp::now()?).expose_text());
    /// let changed = verifier.change(&subject, &Change::ConfirmTotp(first), &Authority::Host, &ctx)?;
    /// assert_eq!(changed, Changed::Done);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn change(
        &self,
        subject: &Subject,
        change: &Change,
        by: &Authority<'_>,
        ctx: &Context,
    ) -> Result<Changed, Error> {
        run(self.engine().change(subject, change, by, ctx))
    }

    /// Lists the changes that wait until they take effect, with their warnings. What they would enrol is not shown.
    ///
    /// It needs an authority, as the list of authenticators does: the host's own, or a grant for `authenticator.list`.
    ///
    /// # Errors
    /// As [`change`](Self::change). An unknown subject is refused.
    ///
    /// ```
    /// # use countersign::{Channel, Context, Settings, Subject, Verifier, field::{Keyring, LongTermSecret, RootKey}, store::memory::MemoryStore};
    /// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
    /// # let verifier = Verifier::new(MemoryStore::new(), settings);
    /// # let (anna, ctx) = (Subject::new("bank", "C-1042")?, Context::begin(Channel::Web)?);
    /// # verifier.create(&anna, &ctx)?;
    /// use countersign::Authority;
    /// for pending in verifier.pending(&anna, &Authority::Host, &ctx)? {
    ///     println!("{} of {} at {}", pending.action(), pending.factor(), pending.effective_at().unix());
    /// }
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn pending(
        &self,
        subject: &Subject,
        by: &Authority<'_>,
        ctx: &Context,
    ) -> Result<Vec<Pending>, Error> {
        run(self.engine().pending(subject, by, ctx))
    }

    /// Cancels a change that waits, in one step: by evidence of any factor in this interaction, on any channel. A weak factor is
    /// enough, and so is one of the last hour. A statement of the host that is weak is not.
    ///
    /// The outcome is [`Done`](Changed::Done), or [`Denied`](Changed::Denied) if nothing of this id waits or the interaction holds no
    /// evidence. Changes like it are [barred](Changed::Barred) from then on, for as long as the policy says. A host cancels by
    /// [`Change::Cancel`], without evidence.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    ///
    /// ```
    /// # use countersign::{Error, store::Store};
    /// use countersign::{Attempt, Changed, Code, Context, Outcome, Subject, Verifier, account::PendingId};
    ///
    /// /// On a call: the customer reads a code of the app that somebody else wants to be reset.
    /// fn stop<S: Store>(verifier: &Verifier<S>, anna: &Subject, id: PendingId, said: &str, call: &Context) -> Result<bool, Error> {
    ///     let outcome = verifier.check(anna, &Attempt::Totp(Code::typed(said)), call)?;
    ///     Ok(matches!(outcome, Outcome::Accepted(_)) && verifier.cancel(anna, id, call)? == Changed::Done)
    /// }
    /// ```
    pub fn cancel(
        &self,
        subject: &Subject,
        id: PendingId,
        ctx: &Context,
    ) -> Result<Changed, Error> {
        run(self.engine().cancel(subject, id, ctx))
    }

    /// Returns a notice to each confirmed address of a subject, to be sent. An unknown subject has none. Writes nothing.
    ///
    /// It is for all that a customer has to know: a suspension, a change that took effect, the last tries before a factor is
    /// blocked. The event of the trail says which one. Who calls this learns the addresses, so give the messages to the
    /// carrier and to no caller.
    ///
    /// # Errors
    /// As [`status`](Self::status).
    ///
    /// ```
    /// # use countersign::{Authority, Change, Channel, Context, Settings, Subject, Verifier, field::{Keyring, LongTermSecret, RootKey}, store::memory::MemoryStore};
    /// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
    /// # let verifier = Verifier::new(MemoryStore::new(), settings);
    /// # let (anna, ctx) = (Subject::new("bank", "C-1042")?, Context::begin(Channel::Web)?);
    /// # verifier.create(&anna, &ctx)?;
    /// use countersign::delivered::{Destination, Notice, Phrases, Wording};
    /// # let phone = Destination::phone("+62 812 3456 7834")?;
    /// # let _ = verifier.change(&anna, &Change::SetPhone(phone), &Authority::Host, &ctx)?;
    /// let english = Wording::new(&Phrases::ENGLISH)?;
    /// let _ = verifier.change(&anna, &Change::Suspend, &Authority::Host, &ctx)?;
    /// for warning in verifier.warnings(&anna, Notice::Suspended)? {
    ///     let text = warning.text("Fern Bank", &english)?;
    ///     assert_eq!(text, "Fern Bank: your account is suspended. Call us on the number that you know.");
    /// }
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn warnings(&self, subject: &Subject, notice: Notice) -> Result<Vec<Warning>, Error> {
        run(self.engine().warnings(subject, notice))
    }

    /// Draws a new list of `count` recovery codes. If there was a list, it is void from then on, and so is earlier evidence.
    ///
    /// This adds an authenticator, so a policy rules on it as `authenticator.add` (SP 800-63B-4 4.1.2.1). The codes can be
    /// read once, in the list that is returned.
    ///
    /// # Errors
    /// Misuse, if the authority does not allow it, or if the subject does not exist or is suspended. Misuse, if `count` is
    /// not 1 to 16 ([`RecoveryCodes::MAX_COUNT`](crate::recovery::RecoveryCodes::MAX_COUNT)). Store, if the system gives no
    /// randomness. Corrupt or store, if the store, the record or the audit trail is not as it must be.
    ///
    /// ```
    /// # use countersign::{Attempt, Authority, Code, Outcome, recovery::RecoveryCodes, Channel, Context, Settings, Subject, Verifier, field::{Keyring, LongTermSecret, RootKey}, store::memory::MemoryStore};
    /// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
    /// # let verifier = Verifier::new(MemoryStore::new(), settings);
    /// # let ctx = Context::begin(Channel::Agent)?;
    /// # let subject = Subject::new("bank", "C-1042")?;
    /// # verifier.create(&subject, &ctx)?;
    /// let sheet = verifier.generate_recovery_codes(&subject, RecoveryCodes::DEFAULT_COUNT, &Authority::Host, &ctx)?;
    /// let code = Attempt::Recovery(Code::typed(sheet.codes()[0].expose_text()));
    /// assert!(matches!(verifier.check(&subject, &code, &ctx)?, Outcome::Accepted(_)));
    /// assert!(matches!(verifier.check(&subject, &code, &ctx)?, Outcome::Denied));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn generate_recovery_codes(
        &self,
        subject: &Subject,
        count: u8,
        by: &Authority<'_>,
        ctx: &Context,
    ) -> Result<RecoveryCodeList, Error> {
        run(self
            .engine()
            .generate_recovery_codes(subject, count, by, ctx))
    }

    /// Checks an attempt. The outcome is returned once it is stored and in the audit trail.
    ///
    /// Every verification goes through here. So suspension, locks, budgets and replay checks hold for every factor. While the
    /// factor is locked, nothing is compared and nothing is written.
    ///
    /// A password, a PIN or answers wait for a permit first, in turn and no longer than
    /// [`Settings::with_permit_wait`] says. Without one the outcome is [`Busy`](Outcome::Busy), and nothing is charged. With
    /// one, the attempt is charged before it is computed, and a right one is given its charge back. It does not count if the
    /// subject was suspended, the factor disabled or enrolled again, or evidence void meanwhile.
    ///
    /// # Errors
    /// Misuse, if the subject is of another realm than the settings, or if the record cannot be sealed. Corrupt, if the
    /// keyring lacks the long-term secret of the answers or the password; nothing is charged then. Corrupt or store, if the
    /// store, the record or the audit trail is not as it must be. The subject is not verified then, and an attempt that was
    /// charged stays charged.
    ///
    /// ```
    /// # use countersign::{Attempt, Code, Outcome, Channel, Context, Settings, Subject, Verifier, field::{Keyring, LongTermSecret, RootKey}, store::memory::MemoryStore};
    /// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
    /// # let verifier = Verifier::new(MemoryStore::new(), settings);
    /// # let ctx = Context::begin(Channel::Agent)?;
    /// let nobody = Subject::new("bank", "C-9999")?;
    /// let outcome = verifier.check(&nobody, &Attempt::Totp(Code::typed("123456")), &ctx)?;
    /// assert!(matches!(outcome, Outcome::Denied), "as a wrong code of a customer");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn check(
        &self,
        subject: &Subject,
        attempt: &Attempt,
        ctx: &Context,
    ) -> Result<Outcome, Error> {
        run(self.engine().check(subject, attempt, ctx))
    }

    /// Issues a code. Wrong tries stay counted (SP 800-63B-4 3.1.3.2).
    ///
    /// [`Issued::Ready`] means that the code was drawn and stored. The host sends the
    /// [`Delivery`](crate::delivered::Delivery). A customer without an address for this route gets an empty one, and so
    /// does an unknown subject.
    ///
    /// An equal order while its code is open hands out the same code, with its expiry and its counts. So a second message
    /// does not make the first one wrong (pitfall B30). It is charged like any other, and comes after 30 seconds at the
    /// earliest. An order that differs in kind, route, shape, transaction or address gets a new code. So does an order in
    /// the last two minutes of a code, or in the last seven days of a letter: there is too little time to deliver and type
    /// it.
    ///
    /// A new code replaces an open one in two cases only (pitfall B42). A code that counts in its own interaction gives way
    /// to a different order of that interaction and purpose. A letter, or another code for every interaction, gives way to
    /// a different order of its purpose and route, if that interaction holds evidence. Without evidence, such an order gets
    /// a code of its own beside it, or it waits. Four are open for a purpose and route, and four more with a transaction or
    /// an address to confirm.
    ///
    /// A subject is sent 8 codes in 15 minutes. Interactions without evidence get 4 of them at most (pitfall B41). A binding
    /// code needs an interaction with evidence of the last hour that is more than weak. All others get [`Lock::Indefinite`](crate::account::Lock::Indefinite),
    /// whatever the subject, and nothing is counted.
    ///
    /// The order is also charged to the [quotas](crate::limits::QuotaScope) of its destination and of its block of
    /// telephone numbers. These count the orders in the name of any subject. If one is spent, the answer is to wait. If a
    /// count cannot be stored, nothing is sent, and the other is given back. If the code cannot be stored, the charge
    /// stays.
    ///
    /// An unknown subject has counts of its own, and is charged alike. So an attacker can learn one thing. Spend all that a
    /// block of numbers may be sent. A refusal for another name then shows that this name has a number in that block. It
    /// costs that many messages to numbers of the block, and [`EventKind::IssueAlarm`](crate::audit::EventKind::IssueAlarm)
    /// comes before.
    ///
    /// # Errors
    /// Misuse, if the shape of the code does not fit its route, or the route does not fit the purpose or the channel. Else as
    /// [`check`](Self::check). Nothing is sent then.
    ///
    /// ```
    /// # use countersign::{delivered::{CodeOrder, Issued}, Channel, Context, Settings, Subject, Verifier, field::{Keyring, LongTermSecret, RootKey}, store::memory::MemoryStore};
    /// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
    /// # let verifier = Verifier::new(MemoryStore::new(), settings);
    /// # let ctx = Context::begin(Channel::Agent)?;
    /// let nobody = Subject::new("bank", "C-9999")?;
    /// let Issued::Ready(delivery) = verifier.issue(&nobody, &CodeOrder::spoken(), &ctx)? else { panic!("the first") };
    /// assert!(delivery.send(|_, _| ()).is_none(), "there is no address");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn issue(
        &self,
        subject: &Subject,
        order: &CodeOrder,
        ctx: &Context,
    ) -> Result<Issued, Error> {
        run(self.engine().issue(subject, order, ctx))
    }

    /// Asks the subject's device a question, and answers the question that the device asked first.
    ///
    /// One question waits in each interaction, and another one replaces it. The response comes as
    /// [`Attempt::Ocra`](crate::Attempt::Ocra), in the same interaction. A signature counts only in a context [for the
    /// transaction](Context::for_transaction) that was signed, and is evidence for it. Figures that a person types are signed
    /// for the transaction of `ctx`.
    ///
    /// # Errors
    /// Misuse, if the customer's question does not fit the suite of the device, or if the device cannot do this
    /// [task](OcraTask). Misuse, if figures are signed without a transaction, or a transaction in a context for another one.
    /// Else as [`check`](Self::check).
    ///
    /// ```
    /// # use countersign::{Attempt, Authority, Change, Outcome, delivered::Issued, otp::ocra::{Ocra, OcraDevice, OcraResponse, OcraState, OcraSuite, OcraTask}, transition::{CommitResult, Saved}, Channel, Context, Settings, Subject, Timestamp, Verifier, field::{Keyring, LongTermSecret, RootKey}, store::memory::MemoryStore};
    /// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
    /// # let verifier = Verifier::new(MemoryStore::new(), settings);
    /// # let ctx = Context::begin(Channel::Agent)?;
    /// # let subject = Subject::new("bank", "C-1042")?;
    /// # verifier.create(&subject, &ctx)?;
    /// let suite: OcraSuite = "OCRA-1:HOTP-SHA256-8:QN08".parse()?;
    /// let token = Ocra::new(suite.clone(), suite.fresh_secret()?)?;
    /// let _ = verifier.change(&subject, &Change::SetOcra(OcraDevice::from(token.clone())), &Authority::Host, &ctx)?;
    ///
    /// let Issued::Ready(dialog) = verifier.challenge(&subject, &OcraTask::authenticate(), &ctx)? else { panic!("the first") };
    /// println!("Please type {} into your device.", dialog.question().as_str());
    /// # let step = token.respond(&OcraState::default(), dialog.question(), Timestamp::now()?)?;
    /// # let Ok(CommitResult::Stored(shown)) = step.commit(|_| Saved::<()>::Stored) else { panic!("stored") };
    /// // The customer reads out what the device shows.
    /// let response = Attempt::Ocra(OcraResponse::typed(shown.expose_text()));
    /// assert!(matches!(verifier.check(&subject, &response, &ctx)?, Outcome::Accepted(_)));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn challenge(
        &self,
        subject: &Subject,
        order: &OcraTask<'_>,
        ctx: &Context,
    ) -> Result<Issued<Dialog>, Error> {
        run(self.engine().challenge(subject, order, ctx))
    }

    /// Returns the questions to ask. They stand until they are answered, or until one is
    /// [retired](crate::knowledge::Question::retired) and the subject has another in its place. Writes nothing.
    ///
    /// A subject without questions, or one that does not exist, has some too. A subject with fewer answers than the catalogue
    /// asks is asked all of them.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    ///
    /// ```
    /// # use countersign::{knowledge::QuestionId, Channel, Context, Settings, Subject, Verifier, field::{Keyring, LongTermSecret, RootKey}, store::memory::MemoryStore};
    /// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
    /// # let ctx = Context::begin(Channel::Agent)?;
    /// # let subject = Subject::new("bank", "C-1042")?;
    /// let settings = settings.with_questions(&[1, 2, 3].map(QuestionId::new), 2)?;
    /// # let verifier = Verifier::new(MemoryStore::new(), settings);
    /// let asked = verifier.questions(&subject)?;
    /// assert_eq!(asked.len(), 2);
    /// // To ask again draws no others, so a caller cannot wait for one that is known.
    /// assert_eq!(verifier.questions(&subject)?, asked);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn questions(&self, subject: &Subject) -> Result<Vec<QuestionId>, Error> {
        run(self.engine().questions(subject))
    }

    /// Returns the questions to ask, for a screen: their prompts, and how to answer. No answer is in them. Writes nothing.
    ///
    /// # Errors
    /// Misuse, if the settings have no catalogue, or if a question that stands is not in it. Keep a question that subjects
    /// still have, as [retired](crate::knowledge::Question::retired). Else as [`check`](Self::check).
    ///
    /// ```
    /// # use countersign::{knowledge::Catalogue, Channel, Context, Settings, Subject, Verifier, field::{Keyring, LongTermSecret, RootKey}, store::memory::MemoryStore};
    /// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
    /// # let ctx = Context::begin(Channel::Agent)?;
    /// # let subject = Subject::new("bank", "C-1042")?;
    /// let settings = settings.with_catalogue(Catalogue::english());
    /// # let verifier = Verifier::new(MemoryStore::new(), settings);
    /// for prompt in verifier.prompts(&subject)? {
    ///     println!("{prompt}"); // as "Which was the first school you went to?"
    /// }
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn prompts(&self, subject: &Subject) -> Result<Vec<Prompt>, Error> {
        run(self.engine().prompts(subject))
    }

    /// Returns the letters of the memorable word to ask for. They stand until they are given. Writes nothing.
    ///
    /// A subject without a word, or one that does not exist, is asked for some, too.
    ///
    /// # Errors
    /// Misuse, if the settings have no key for memorable words. Else as [`check`](Self::check).
    ///
    /// ```
    /// # use countersign::{knowledge::WordKey, Channel, Context, Settings, Subject, Verifier, field::{Keyring, LongTermSecret, RootKey}, store::memory::MemoryStore};
    /// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
    /// # let ctx = Context::begin(Channel::Agent)?;
    /// # let subject = Subject::new("bank", "C-1042")?;
    /// let words = WordKey::new(settings.keyring(), "bank")?;
    /// let settings = settings.with_memorable_words(words);
    /// # let verifier = Verifier::new(MemoryStore::new(), settings);
    /// let asked = verifier.word_prompt(&subject)?;
    /// println!("Please tell me the {asked} of your memorable word.");
    /// assert_eq!(verifier.word_prompt(&subject)?, asked, "until they are given");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn word_prompt(&self, subject: &Subject) -> Result<WordPrompt, Error> {
        run(self.engine().word_prompt(subject))
    }

    /// Lists the authenticators of a subject: for a page of devices, or for an agent who helps.
    ///
    /// The list says who the customer is and what to steal. So it needs an authority: the host's own, or a grant for
    /// `authenticator.list`. The event [`Listed`](crate::audit::EventKind::Listed) says that it was read. Nothing is written,
    /// unless the grant rests on pieces that serve once.
    ///
    /// # Errors
    /// As [`change`](Self::change). An unknown subject is refused.
    ///
    /// ```
    /// use countersign::{Authority, Change, Channel, Code, Context, Subject, Verifier};
    /// use countersign::account::{AuthenticatorState, Label};
    /// use countersign::delivered::Destination;
    /// # use countersign::{Settings, field::{Keyring, LongTermSecret, RootKey}, store::memory::MemoryStore};
    /// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
    /// # let verifier = Verifier::new(MemoryStore::new(), settings);
    /// # let (anna, ctx) = (Subject::new("bank", "C-1042")?, Context::begin(Channel::Web)?);
    /// # verifier.create(&anna, &ctx)?;
    /// let phone = Destination::phone("+62 812 3456 7834")?;
    /// let _ = verifier.change(&anna, &Change::SetPhone(phone), &Authority::Host, &ctx)?;
    ///
    /// let all = verifier.authenticators(&anna, &Authority::Host, &ctx)?;
    /// let [phone] = all.as_slice() else { panic!("one telephone") };
    /// assert_eq!((phone.hint(), phone.state()), ("+62 ••• ••• 34", AuthenticatorState::Active));
    ///
    /// // The customer gives it a name, and says that it is lost.
    /// let name = Change::Rename(phone.id(), Label::new("Anna's phone")?);
    /// let lost = Change::Disable(phone.id());
    /// for change in [name, lost] {
    ///     let _ = verifier.change(&anna, &change, &Authority::Host, &ctx)?;
    /// }
    /// let all = verifier.authenticators(&anna, &Authority::Host, &ctx)?;
    /// assert_eq!(all[0].label().text(), "Anna's phone");
    /// assert_eq!(all[0].state(), AuthenticatorState::Disabled);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn authenticators(
        &self,
        subject: &Subject,
        by: &Authority<'_>,
        ctx: &Context,
    ) -> Result<Vec<Authenticator>, Error> {
        run(self.engine().authenticators(subject, by, ctx))
    }

    /// Returns the factors that the subject could show now, and the locks in this interaction. A
    /// [`Request`](crate::Request) takes it, and so a policy offers what can be done. Writes nothing.
    ///
    /// An unknown subject has a status like a customer's. It has enrolled what [`Settings::with_typical_enrolment`] draws
    /// for its name, with a full list of recovery codes. Its locks come from the tries at its name. It is not suspended.
    /// Its epoch is 0, as for a customer who has changed nothing.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    ///
    /// ```
    /// # use countersign::{Authority, Change, Factor, delivered::Destination, Channel, Context, Settings, Subject, Verifier, field::{Keyring, LongTermSecret, RootKey}, store::memory::MemoryStore};
    /// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
    /// # let verifier = Verifier::new(MemoryStore::new(), settings);
    /// # let ctx = Context::begin(Channel::Agent)?;
    /// # let subject = Subject::new("bank", "C-1042")?;
    /// # verifier.create(&subject, &ctx)?;
    /// let phone = Change::SetPhone(Destination::phone("+6281234567834")?);
    /// let _ = verifier.change(&subject, &phone, &Authority::Host, &ctx)?;
    /// let status = verifier.status(&subject, &ctx)?;
    /// assert!(status.is_enrolled(Factor::SpokenCode) && !status.is_enrolled(Factor::Totp), "a code can be sent");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn status(&self, subject: &Subject, ctx: &Context) -> Result<Status, Error> {
        run(self.engine().status(subject, ctx))
    }

    /// Returns the evidence that the record holds of an interaction. It is at most [a day](Evidence::LIFETIME) old. Writes
    /// nothing.
    ///
    /// An unknown subject has none. So has an interaction that was ended, and one whose id belongs to another subject.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    ///
    /// ```
    /// # use countersign::{Attempt, Channel, Context, FactorClass, Interaction, Outcome, Settings, Strength, Subject, Verifier, account::ExternalVerification, field::{Keyring, LongTermSecret, RootKey}, store::memory::MemoryStore};
    /// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
    /// # let verifier = Verifier::new(MemoryStore::new(), settings);
    /// # let visit = Context::begin(Channel::Web)?;
    /// # let anna = Subject::new("bank", "C-1042")?;
    /// # verifier.create(&anna, &visit)?;
    /// # let passkey = Attempt::External(ExternalVerification::new("passkey", FactorClass::Possession, Strength::Full)?);
    /// let Outcome::Accepted(_) = verifier.check(&anna, &passkey, &visit)? else { panic!("it is right") };
    /// let kept: [u8; 16] = visit.interaction().to_bytes();
    ///
    /// // In the next request, maybe in another process:
    /// let held = verifier.evidence(&anna, Interaction::from_bytes(kept))?;
    /// assert_eq!(held.len(), 1);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn evidence(
        &self,
        subject: &Subject,
        interaction: Interaction,
    ) -> Result<Vec<Evidence>, Error> {
        run(self.engine().evidence(subject, interaction))
    }

    /// Decides whether the subject may do the requested action, by the evidence and approvals that the record holds. Writes
    /// nothing.
    ///
    /// It is for screens, and for the [authority](Authority) of a change. To carry out an action, [authorize](Self::authorize)
    /// it. What the evidence has served for already is not offered again: see there.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    ///
    /// ```
    /// use countersign::{Context, Decision, Error, Policy, Request, Subject, Verifier, store::Store};
    /// fn may_see_the_button<S: Store>(verifier: &Verifier<S>, policy: &Policy, anna: &Subject, visit: &Context) -> Result<bool, Error> {
    ///     let decision = verifier.decide(policy, &Request::new("address.change"), anna, visit)?;
    ///     Ok(!matches!(decision, Decision::Deny(_)))
    /// }
    /// ```
    pub fn decide(
        &self,
        policy: &Policy,
        request: &Request,
        subject: &Subject,
        ctx: &Context,
    ) -> Result<Decision, Error> {
        run(self.engine().decide(policy, request, subject, ctx))
    }

    /// Explains [`decide`](Self::decide): which evidence of the record counts, and what is missing. Writes nothing.
    ///
    /// Unlike [`Policy::explain`], it knows the approvals of the record, and leaves out what has served. It explains what the policy
    /// says. That a transaction was carried out before is not in it.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    ///
    /// ```
    /// use countersign::policy::Preset;
    /// use countersign::{Context, Error, Policy, Request, Subject, Verifier, store::memory::MemoryStore};
    ///
    /// fn to_the_desk(verifier: &Verifier<MemoryStore>, anna: &Subject, ctx: &Context) -> Result<String, Error> {
    ///     let policy = Policy::preset(Preset::ContactCenter)?;
    ///     let explained = verifier.explain(&policy, &Request::new("address.change"), anna, ctx)?;
    ///     Ok(explained.to_string())
    /// }
    /// ```
    pub fn explain(
        &self,
        policy: &Policy,
        request: &Request,
        subject: &Subject,
        ctx: &Context,
    ) -> Result<Explanation, Error> {
        run(self.engine().explain(policy, request, subject, ctx))
    }

    /// Decides by the evidence and approvals that the record holds, and redeems the grant, in one compare-and-swap.
    ///
    /// - A transaction is carried out once by an action: [`DenyReason::CarriedOut`](crate::policy::DenyReason::CarriedOut)
    ///   after that, from any interaction. The record knows it for 25 hours, longer than any evidence counts. If customers
    ///   may confirm one transaction again on another day, keep its reference under a unique index.
    /// - Without a transaction, each piece of evidence serves once for an action. After that the answer is what other evidence
    ///   allows: a step-up, mostly. Evidence beside an old piece does not make the old one count once more. For pages that are read again and again, [decide](Self::decide).
    ///
    /// # Errors
    /// As [`check`](Self::check). Carry out nothing then.
    ///
    /// ```
    /// use countersign::{Authorized, Channel, Context, Interaction, Policy, Request, Verifier, store::memory::MemoryStore};
    /// # use countersign::{Authority, Change, Code, Settings, Subject, Timestamp, Attempt, Outcome, otp::Totp, field::{Keyring, LongTermSecret, RootKey}};
    /// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
    /// # let verifier = Verifier::new(MemoryStore::new(), settings);
    /// # let anna = Subject::new("bank", "C-1042")?;
    /// # let call = Context::begin(Channel::Agent)?;
    /// # verifier.create(&anna, &call)?;
    /// # let totp = Totp::generate()?;
    /// # let now = Timestamp::now()?;
    /// # let _ = verifier.change(&anna, &Change::AddTotp(totp.clone()), &Authority::Host, &call)?;
    /// # let first = Timestamp::from_unix(now.unix() as i64 - 30)?;
    /// # let _ = verifier.change(&anna, &Change::ConfirmTotp(Code::typed(totp.code_at(first).expose_text())), &Authority::Host, &call)?;
    /// # let typed = Code::typed(totp.code_at(now).expose_text());
    /// let policy = Policy::from_toml(r#"
    ///     version = 1
    ///     grant_lifetime = 300
    ///     tiers = ["every"]
    ///     [action."address.change".every_tier]
    ///     any = [{ all = [{ factor = "totp", max_age = 300 }] }]
    /// "#)?;
    /// let request = Request::new("address.change");
    /// let Authorized::StepUp(options) = verifier.authorize(&policy, &request, &anna, &call)? else { panic!("nothing is shown yet") };
    /// assert_eq!(options[0].to_string(), "totp");
    ///
    /// let Outcome::Accepted(_) = verifier.check(&anna, &Attempt::Totp(typed), &call)? else { panic!("it is right") };
    /// let Authorized::Yes(redeemed) = verifier.authorize(&policy, &request, &anna, &call)? else { panic!("it is enough") };
    /// let _redeemed = redeemed.expect("address.change", &anna)?;
    ///
    /// // The form was sent twice.
    /// assert!(matches!(verifier.authorize(&policy, &request, &anna, &call)?, Authorized::StepUp(_)));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn authorize(
        &self,
        policy: &Policy,
        request: &Request,
        subject: &Subject,
        ctx: &Context,
    ) -> Result<Authorized, Error> {
        run(self.engine().authorize(policy, request, subject, ctx))
    }

    /// Keeps an agent's approval in the record: of an action, and of the transaction of `ctx` or of none. It counts from now
    /// on, once, and for so long.
    ///
    /// Call it where you have verified the agent, and displayed what the agent approves. `ctx` is the agent's own. The process
    /// that carries out the action needs nothing of it: [`decide`](Self::decide) and [`authorize`](Self::authorize) find the
    /// approval in the record. It counts for requests that [another agent](Request::handled_by) handles. An agent who approves
    /// the same again replaces the earlier approval.
    ///
    /// # Errors
    /// Misuse, if the subject does not exist. Misuse, if the lifetime is longer than a day, or if 16 approvals stand. Misuse, if
    /// the action has no name, or one of more than 128 bytes. Else as [`check`](Self::check).
    ///
    /// ```
    /// # use countersign::{Channel, Context, Settings, Subject, Transaction, Verifier, account::Agent, field::{Keyring, LongTermSecret, RootKey}, store::memory::MemoryStore};
    /// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
    /// # let verifier = Verifier::new(MemoryStore::new(), settings);
    /// # let anna = Subject::new("bank", "C-1042")?;
    /// # verifier.create(&anna, &Context::begin(Channel::Counter)?)?;
    /// use core::time::Duration;
    /// let transfer = Transaction::payment("TX-1", "Fern Ltd", "9000", "EUR")?;
    /// let desk = Context::begin(Channel::Web)?.for_transaction(&transfer);
    /// verifier.approve(&anna, &Agent::new("lead 2")?, "payment.send", Duration::from_secs(15 * 60), &desk)?;
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn approve(
        &self,
        subject: &Subject,
        agent: &Agent,
        action: &str,
        lifetime: Duration,
        ctx: &Context,
    ) -> Result<(), Error> {
        run(self.engine().approve(subject, agent, action, lifetime, ctx))
    }

    /// Ends the interaction of `ctx`: its evidence is forgotten, and so are codes and questions that wait in it. Call it when
    /// the customer signs out.
    ///
    /// Evidence and grants that a process still holds count until they are too old. To void those as well,
    /// [suspend](Change::Suspend) the subject and resume it.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    ///
    /// ```
    /// # use countersign::{Channel, Context, Settings, Subject, Verifier, field::{Keyring, LongTermSecret, RootKey}, store::memory::MemoryStore};
    /// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
    /// # let verifier = Verifier::new(MemoryStore::new(), settings);
    /// # let visit = Context::begin(Channel::Web)?;
    /// # let anna = Subject::new("bank", "C-1042")?;
    /// verifier.end(&anna, &visit)?;
    /// assert!(verifier.evidence(&anna, visit.interaction())?.is_empty());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn end(&self, subject: &Subject, ctx: &Context) -> Result<(), Error> {
        run(self.engine().end(subject, ctx))
    }

    /// Redeems a grant: it is spent from then on. So are its transaction, and every approval and piece of evidence that serves
    /// once.
    ///
    /// The outcome is [`Redeemed`], for the code that carries out the action, or [the reason](RedeemRefusal) of a refusal. To
    /// decide again on the same evidence gives the same grant, which is spent. To decide and redeem in one step, [`authorize`](Self::authorize).
    ///
    /// # Errors
    /// As [`check`](Self::check).
    ///
    /// ```
    /// # use countersign::{Context, Error, Grant, Subject, Transaction, Verifier, store::Store};
    /// fn pay<S: Store>(verifier: &Verifier<S>, grant: &Grant, anna: &Subject, payment: &Transaction, ctx: &Context) -> Result<(), Error> {
    ///     match verifier.redeem(grant, ctx)? {
    ///         Ok(redeemed) => {
    ///             redeemed.expect_transaction("payment.send", anna, payment)?;
    ///             // No caller gets here twice.
    ///         }
    ///         Err(reason) => eprintln!("not carried out: {reason:?}"),
    ///     }
    ///     Ok(())
    /// }
    /// ```
    pub fn redeem(
        &self,
        grant: &Grant,
        ctx: &Context,
    ) -> Result<Result<Redeemed, RedeemRefusal>, Error> {
        run(self.engine().redeem(grant, ctx))
    }

    /// Deletes everything that is kept of a subject. Returns whether it had an account.
    ///
    /// If attackers tried the name of a subject without one, their decoy goes, and the answer is `false`. Counts of
    /// messages to a destination belong to no subject: they go when [`purge`](Store::purge) finds them expired.
    ///
    /// # Errors
    /// Store, if the store fails or too many others write.
    ///
    /// ```
    /// # use countersign::{Channel, Context, Settings, Subject, Verifier, field::{Keyring, LongTermSecret, RootKey}, store::memory::MemoryStore};
    /// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
    /// # let verifier = Verifier::new(MemoryStore::new(), settings);
    /// # let ctx = Context::begin(Channel::Agent)?;
    /// # let subject = Subject::new("bank", "C-1042")?;
    /// # verifier.create(&subject, &ctx)?;
    /// assert!(verifier.erase(&subject)?, "there was an account");
    /// assert!(!verifier.erase(&subject)?, "nothing is left of it");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn erase(&self, subject: &Subject) -> Result<bool, Error> {
        run(self.engine().erase(subject))
    }

    /// Drops expired records from the store, and returns how many: the decoys of unknown
    /// subjects, and counts of issued codes. Records of customers stay.
    ///
    /// Call it once an hour, from one process. Nothing else drops these records. A late call costs room and nothing else:
    /// an expired record no longer counts.
    ///
    /// # Errors
    /// Store, if the store fails.
    ///
    /// ```
    /// # use core::time::Duration;
    /// # use std::sync::Arc;
    /// # use countersign::{Attempt, Channel, Code, Context, Settings, Subject, Timestamp, Verifier, field::{Keyring, LongTermSecret, RootKey}, store::memory::MemoryStore, time::ManualClock};
    /// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
    /// # let clock = Arc::new(ManualClock::new(Timestamp::now()?));
    /// # let verifier = Verifier::new(MemoryStore::new(), settings).with_clock(Arc::clone(&clock));
    /// # let ctx = Context::begin(Channel::Agent)?;
    /// let nobody = Subject::new("bank", "C-9999")?;
    /// verifier.check(&nobody, &Attempt::Totp(Code::typed("123456")), &ctx)?;
    /// assert_eq!(verifier.purge()?, 0, "its locks still count");
    ///
    /// clock.advance(Duration::from_secs(60 * 86_400));
    /// assert_eq!(verifier.purge()?, 1);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn purge(&self) -> Result<usize, Error> {
        run(self.engine().purge())
    }

    /// Returns the pseudonym of a subject: the name that its record has in the audit trail. It finds all events of one customer.
    ///
    /// The authority is the host, or a grant for the action `account.export`. The trail notes it.
    ///
    /// # Errors
    /// Unknown subject, if there is no account. As [`change`](Self::change) for a grant.
    ///
    /// ```
    /// # use countersign::{Channel, Context, Settings, Verifier, field::{Keyring, LongTermSecret, RootKey}, store::memory::MemoryStore};
    /// # use std::sync::Mutex;
    /// use countersign::{Authority, Subject, audit::Event};
    /// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
    /// let trail: Mutex<Vec<Event>> = Mutex::default();
    /// # let write = |event: &Event| { trail.lock().unwrap().push(event.clone()); Ok(()) };
    /// # let verifier = Verifier::new(MemoryStore::new(), settings).with_audit(write);
    /// # let (anna, ctx) = (Subject::new("bank", "C-1042")?, Context::begin(Channel::Counter)?);
    /// # verifier.create(&anna, &ctx)?;
    /// let name = verifier.pseudonym(&anna, &Authority::Host, &ctx)?;
    /// let hers = trail.lock().unwrap().iter().filter(|event| event.pseudonym == name).count();
    /// assert_eq!(hers, 2); // that she was created, and this
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn pseudonym(
        &self,
        subject: &Subject,
        by: &Authority<'_>,
        ctx: &Context,
    ) -> Result<[u8; 16], Error> {
        run(self.engine().pseudonym(subject, by, ctx))
    }

    /// Returns what is kept of a subject, as JSON in words, for an access request (GDPR 15). No secret is in it.
    ///
    /// The authority is the host, or a grant for the action `account.export`. The trail notes it. A suspended subject has the
    /// same right. What your own tables hold is yours to add.
    ///
    /// # Errors
    /// Unknown subject, if there is no account. As [`change`](Self::change) for a grant.
    ///
    /// ```
    /// # use countersign::{Channel, Context, Settings, Verifier, field::{Keyring, LongTermSecret, RootKey}, store::memory::MemoryStore};
    /// use countersign::{Authority, Change, Subject, delivered::Destination};
    /// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
    /// # let verifier = Verifier::new(MemoryStore::new(), settings);
    /// # let (anna, ctx) = (Subject::new("bank", "C-1042")?, Context::begin(Channel::Counter)?);
    /// # verifier.create(&anna, &ctx)?;
    /// # let phone = Change::SetPhone(Destination::phone("+6281234567834")?);
    /// # let _ = verifier.change(&anna, &phone, &Authority::Host, &ctx)?;
    /// let kept = verifier.export(&anna, &Authority::Host, &ctx)?;
    /// assert!(kept.contains("\"phone\": \"+6281234567834\""));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[cfg(feature = "json")]
    pub fn export(
        &self,
        subject: &Subject,
        by: &Authority<'_>,
        ctx: &Context,
    ) -> Result<String, Error> {
        run(self.engine().export(subject, by, ctx))
    }

    /// Brings the records of a page under the root that writes, and returns whether there is another page. Call it until there is
    /// none.
    ///
    /// Each record, and a memorable word in it, is sealed again and compared-and-swapped. Customers are served meanwhile. Kill it
    /// at any moment: [`Rekey::after`] goes on, and beginning anew does no harm. Nothing else of a record changes, so the audit
    /// trail has no events of it.
    ///
    /// A record that does not open is named by its store key, counted, and left. Before you destroy a root, see that no process
    /// writes under it any more, and that a whole walk [frees](Rekey::frees) it. The manual has
    /// [the steps](crate::manual::operating#a-new-root-key).
    ///
    /// # Errors
    /// Not supported, if the store has no [`scan`](Store::scan). Store, if it failed: call again, the walk stands where it was.
    /// Misuse, if no root of the keyring may write.
    ///
    /// ```
    /// use countersign::account::Rekey;
    /// # use countersign::{Channel, Context, Settings, Subject, Verifier, field::{Keyring, LongTermSecret, RootKey}, store::memory::MemoryStore};
    /// # let (store, keyring) = (MemoryStore::new(), Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?));
    /// # let before = Verifier::new(&store, Settings::new("bank", keyring.clone())?);
    /// # before.create(&Subject::new("bank", "C-1042")?, &Context::begin(Channel::Agent)?)?;
    /// let rotated = keyring.rotated_to(RootKey::generate(2)?)?; // every process has it by now
    /// let verifier = Verifier::new(&store, Settings::new("bank", rotated)?);
    ///
    /// let mut walk = Rekey::new();
    /// while verifier.rekey(&mut walk)? {
    ///     println!("{} records, {} moved", walk.records(), walk.moved()); // keep `walk.place()` in a file
    /// }
    /// assert!(walk.frees(1), "{:?}", walk.roots());
    /// # assert_eq!(walk.moved(), 1);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn rekey(&self, walk: &mut Rekey) -> Result<bool, Error> {
        run(self.engine().rekey(walk))
    }

    /// Counts the records of a page, and returns whether there is another page. Call it until there is none.
    ///
    /// The report has counts of factors, states, ages, roots and sizes, without any name, and lists of store keys if they are
    /// asked for. Each record is opened. Nothing is written.
    ///
    /// # Errors
    /// Not supported, if the store has no [`scan`](Store::scan). Store, if it failed: call again, the pass stands where it was.
    ///
    /// ```
    /// use countersign::account::{AccountReport, Finding};
    /// use countersign::store::Key;
    /// # use countersign::{Channel, Context, Settings, Subject, Verifier, field::{Keyring, LongTermSecret, RootKey}, store::memory::MemoryStore};
    /// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
    /// # let verifier = Verifier::new(MemoryStore::new(), settings);
    /// # let anna = Subject::new("bank", "C-1042")?;
    /// # verifier.create(&anna, &Context::begin(Channel::Agent)?)?;
    /// let mut report = AccountReport::new().listing(Finding::NoSecondFactor);
    /// while verifier.report(&mut report)? {}
    /// println!("{} of {} accounts", report.count(Finding::NoSecondFactor), report.accounts());
    ///
    /// // Whom to write to: join the keys to your customers.
    /// assert_eq!(report.listed(Finding::NoSecondFactor), [Key::of(&anna)]);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn report(&self, report: &mut AccountReport) -> Result<bool, Error> {
        run(self.engine().report(report))
    }

    /// Returns the gauges of this process: permits in use, and decoys alive. Read them when your monitoring system asks.
    ///
    /// # Errors
    /// As the clock's [`now`](Clock::now).
    pub fn gauges(&self) -> Result<Gauges, Error> {
        self.shared.gauges()
    }

    /// Returns the engine over this store and audit trail.
    fn engine(&self) -> Engine<'_, Blocking<'_, S, A>> {
        let (store, audit) = (&self.store, self.audit.as_ref());
        Engine::new(&self.shared, Blocking { store, audit })
    }
}

impl<S: fmt::Debug, A> fmt::Debug for Verifier<S, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("store", &self.store)
            .field("settings", &self.shared.settings)
            .finish_non_exhaustive()
    }
}
