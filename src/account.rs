//! The account: one sealed record for each subject, and the one door to it.
//!
//! | step | what it does |
//! |---|---|
//! | [`check`](Account::check), then [`settle`](Account::settle) where Argon2id is computed | takes an attempt |
//! | [`issue`](Account::issue) | draws a code to be sent |
//! | [`challenge`](Account::challenge) | asks a customer's device, and answers its question |
//! | [`change`](Account::change), [`generate_recovery_codes`](Account::generate_recovery_codes) | authenticators come and go; suspend and resume |
//! | [`redeem`](Account::redeem) | spends a grant |
//!
//! What is asked for next is read without a step: [`status`](Account::status), [`prompts`](Account::prompts),
//! [`word_prompt`](Account::word_prompt).
//!
//! A host that keeps records in a table of its own opens an [`Account`] from the bytes, takes a step, and commits it
//! with the compare-and-swap of its table:
//!
//! ```
//! use countersign::field::{Keyring, LongTermSecret, RootKey};
//! use countersign::{Attempt, Channel, Code, Context, Interaction, Settings, Subject, Timestamp, account::{Account, CheckStep}, transition::{CommitResult, Saved}};
//!
//! let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
//! let subject = Subject::new("bank", "C-1042")?;
//! let ctx = Context::new(Timestamp::now()?, Channel::Agent, Interaction::begin()?);
//!
//! let mut column = None; // the host's own table
//! let step = Account::create(&settings, &subject, None, &ctx)?;
//! step.commit(|sealed| { column = Some(sealed.entry().clone()); Saved::<()>::Stored }).unwrap();
//!
//! let entry = column.clone().unwrap();
//! let account = Account::open(&settings, &subject, entry.bytes(), 0)?;
//! let step = account.check(&Attempt::Totp(Code::typed("123 456")), &ctx)?;
//! let told = step.commit(|sealed| {
//!     // UPDATE accounts SET record = ?, version = ? WHERE id = ? AND version = ?
//!     let rows = usize::from(sealed.expected() == column.as_ref().map(|entry| entry.version()));
//!     column = Some(sealed.entry().clone());
//!     Saved::rows(Ok::<_, countersign::Error>(rows))
//! }).unwrap();
//! let CommitResult::Stored(told) = told else { panic!("somebody else wrote first") };
//! assert!(matches!(told.outcome, CheckStep::Known(countersign::Outcome::Denied)));
//! # Ok::<(), countersign::Error>(())
//! ```

mod authenticators;
mod decoy;
pub(crate) mod outcome;
mod record;
pub(crate) mod settings;
pub(crate) mod steps;
mod typical;

pub(crate) use outcome::Outcome;
pub(crate) use settings::Settings;
pub use steps::challenge::{Challenged, Dialog};
pub(crate) use steps::change::{Change, Changed};
pub(crate) use steps::check::Attempt;
pub(crate) use steps::issue_budget::IssueBudget;
pub use steps::redeem::Redemption;
pub use steps::settle::{CheckStep, ComputedCheck, PendingCheck};
pub use typical::{EnrolmentProfile, TypicalEnrolment};

pub use crate::event::RedeemRefusal;
pub use crate::evidence::{ExternalVerification, ExternalVerifier};
pub use crate::grant::{Agent, Approval, Obligation, Obligations};
pub use crate::status::{Lock, Status};

use core::fmt;

use crate::context::Context;
use crate::error::Error;
use crate::event::{Event, EventKind};
use crate::field::FieldCipher;
use crate::random::System;
use crate::store::{Entry, Version};
use crate::subject::Subject;
use crate::transition::Transition;
use record::budget::Budget;
use record::state::Record;

/// What is known of one subject, opened. Steps leave it as it is and yield the next state.
///
/// See [`Verifier`](crate::Verifier) for the one that loads, swaps and retries by itself.
///
/// ```
/// # use countersign::{Channel, Context, Interaction, Settings, Subject, Timestamp, account::Account, transition::Saved};
/// # use countersign::field::{Keyring, LongTermSecret, RootKey};
/// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
/// # let ctx = Context::new(Timestamp::now()?, Channel::Agent, Interaction::begin()?);
/// let subject = Subject::new("bank", "C-1042")?;
/// let mut bytes = Vec::new();
/// let step = Account::create(&settings, &subject, None, &ctx)?;
/// step.commit(|sealed| { bytes = sealed.entry().bytes().to_vec(); Saved::<()>::Stored }).unwrap();
/// assert!(Account::open(&settings, &subject, &bytes, 0).is_ok());
///
/// let other = Subject::new("bank", "C-1043")?;
/// assert!(Account::open(&settings, &other, &bytes, 0).unwrap_err().is_corrupt());
/// # Ok::<(), countersign::Error>(())
/// ```
pub struct Account {
    settings: Settings,
    subject: Subject,
    record: Record,
    /// The version that is stored; none for a record that is not.
    version: Option<Version>,
    /// The length of the record before this step.
    length: usize,
}

impl Account {
    /// A record for a new subject, without any authenticator; `over` is the version of what it replaces, if anything.
    ///
    /// # Errors
    /// Misuse, if the subject is of another realm; store, if the system gives no randomness.
    ///
    /// ```
    /// # use countersign::{Channel, Context, Interaction, Settings, Subject, Timestamp, account::Account, transition::Saved};
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey};
    /// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
    /// # let ctx = Context::new(Timestamp::now()?, Channel::Agent, Interaction::begin()?);
    /// let step = Account::create(&settings, &Subject::new("bank", "C-1042")?, None, &ctx)?;
    /// step.commit(|sealed| { assert!(sealed.expected().is_none()); Saved::<()>::Stored }).unwrap();
    /// assert!(Account::create(&settings, &Subject::new("shop", "C-1042")?, None, &ctx).is_err());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn create(
        settings: &Settings,
        subject: &Subject,
        over: Option<Version>,
        ctx: &Context,
    ) -> Result<Transition<Recorded<Changed>, Sealed>, Error> {
        settings.expect_realm(subject)?;
        let record = Record::new(false, ctx.now(), &mut System)?;
        let account = Self::of(settings, subject, record, over, 0);
        account.draft(ctx)?.step(
            ctx,
            EventKind::Changed {
                action: Change::CREATE,
                by_host: true,
            },
            Changed::Done,
        )
    }

    /// Opens a stored record. `lowest_revision` is the lowest revision the host knows this subject to have reached, from
    /// its audit trail; zero if it knows none.
    ///
    /// # Errors
    /// Corrupt, if the bytes are not this subject's record, sealed by a key of the ring, or are older than the host
    /// knows; misuse, if the subject is of another realm.
    ///
    /// ```
    /// # use countersign::{Settings, Subject, account::Account};
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey};
    /// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
    /// let error = Account::open(&settings, &Subject::new("bank", "C-1042")?, b"", 0).unwrap_err();
    /// assert!(error.is_corrupt());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn open(
        settings: &Settings,
        subject: &Subject,
        bytes: &[u8],
        lowest_revision: u64,
    ) -> Result<Self, Error> {
        settings.expect_realm(subject)?;
        let (record, length) = Record::open(settings.cipher(), subject.id(), bytes)?;
        if record.revision < lowest_revision {
            return Err(Error::corrupt(
                "the account record",
                "it is older than the revision that was seen",
            ));
        }
        let version = FieldCipher::nonce_of(bytes).map(Version::from_bytes);
        Ok(Self::of(settings, subject, record, version, length))
    }

    fn of(
        settings: &Settings,
        subject: &Subject,
        record: Record,
        version: Option<Version>,
        length: usize,
    ) -> Self {
        Self {
            settings: settings.clone(),
            subject: subject.clone(),
            record,
            version,
            length,
        }
    }

    /// How often the record has changed.
    ///
    /// ```
    /// # use countersign::{Channel, Context, Interaction, Settings, Subject, Timestamp, account::Account, transition::Saved};
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey};
    /// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
    /// # let ctx = Context::new(Timestamp::now()?, Channel::Agent, Interaction::begin()?);
    /// # let subject = Subject::new("bank", "C-1042")?;
    /// # let mut bytes = Vec::new();
    /// # let step = Account::create(&settings, &subject, None, &ctx)?;
    /// # step.commit(|sealed| { bytes = sealed.entry().bytes().to_vec(); Saved::<()>::Stored }).unwrap();
    /// let account = Account::open(&settings, &subject, &bytes, 0)?;
    /// assert_eq!(account.revision(), 1);
    /// assert!(Account::open(&settings, &subject, &bytes, 2).is_err(), "an older record was put back");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub const fn revision(&self) -> u64 {
        self.record.revision
    }

    /// The version that a compare-and-swap expects.
    pub(crate) const fn version(&self) -> Option<Version> {
        self.version
    }

    /// A working copy of the record, at the context's moment.
    fn draft(&self, ctx: &Context) -> Result<Draft<'_>, Error> {
        let mut next = self.present_record(ctx.now())?;
        let clock_went_back = next.see(ctx.now());
        Ok(Draft {
            account: self,
            next,
            clock_went_back,
        })
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Account({:?}, revision {})",
            self.subject, self.record.revision
        )
    }
}

/// A step in the making: the next record, and what was noticed on the way.
struct Draft<'a> {
    account: &'a Account,
    next: Record,
    clock_went_back: bool,
}

impl Draft<'_> {
    /// The number the next write will have.
    fn revision(&self) -> u64 {
        self.account.record.revision.saturating_add(1)
    }

    /// Seals the next record, and writes the line that goes with it.
    fn store(&mut self, ctx: &Context, what: EventKind) -> Result<(Sealed, Event), Error> {
        self.next.revision = self.revision();
        let account = self.account;
        let limits = |budget| account.settings.limits_of(budget);
        self.next.see_throttles(ctx.now(), limits);
        let (bytes, nonce) = self.next.seal(
            account.settings.cipher(),
            account.subject.id(),
            account.length,
        )?;
        let expires_at = self
            .next
            .decoy
            .then(|| self.next.steady().latest().plus(Account::DECOY_LIFETIME));
        let entry = Entry::new(bytes, Version::from_bytes(nonce), expires_at);
        Ok((
            Sealed {
                expected: account.version,
                entry,
            },
            self.event(ctx, what),
        ))
    }

    /// A step to the next record, with an outcome that is known already.
    fn step<O>(
        mut self,
        ctx: &Context,
        what: EventKind,
        outcome: O,
    ) -> Result<Transition<Recorded<O>, Sealed>, Error> {
        let (sealed, event) = self.store(ctx, what)?;
        Ok(Transition::to(sealed, Recorded { outcome, event }))
    }

    /// How many wrong tries are left before waiting no longer helps, if this was one of the last.
    fn tries_left(&self, what: EventKind, ctx: &Context) -> Option<u8> {
        let (EventKind::Denied { factor, .. } | EventKind::Reserved { factor }) = what else {
            return None;
        };
        let budget = Budget::of(factor)?;
        let lane = self.next.lane(ctx.interaction(), budget);
        let limits = self.account.settings.limits_of(budget);
        self.next
            .peek_throttle(budget)
            .tries_left(lane, &limits)
            .filter(|left| *left <= Event::WARNED_BEFORE)
    }

    fn event(&self, ctx: &Context, what: EventKind) -> Event {
        Event {
            at: ctx.now(),
            pseudonym: self.next.pseudonym,
            revision: self.next.revision,
            channel: ctx.channel(),
            interaction: ctx.interaction(),
            clock_went_back: self.clock_went_back,
            tries_left: self.tries_left(what, ctx),
            kind: what,
        }
    }

    /// An outcome that need not be stored, unless a clock that was set back has changed something: then a release that
    /// is told must be kept, or it would slide.
    fn tell<O>(
        self,
        ctx: &Context,
        what: EventKind,
        outcome: O,
    ) -> Result<Transition<Recorded<O>, Sealed>, Error> {
        if self.clock_went_back || !self.next.has_locks_of(&self.account.record) {
            return self.step(ctx, what, outcome);
        }
        let event = self.event(ctx, what);
        Ok(Transition::unchanged(Recorded { outcome, event }))
    }
}

/// A record to be stored: what is to stand there, and the version it replaces.
///
/// ```
/// use countersign::{account::Sealed, store::{Replaced, Store}, transition::Saved};
/// fn save(store: &impl Store, key: &countersign::store::Key, sealed: &Sealed) -> Saved<countersign::Error> {
///     match store.replace(key, sealed.expected().as_ref(), sealed.entry()) {
///         Ok(Replaced::Stored) => Saved::Stored,
///         Ok(Replaced::Conflict(_)) => Saved::Conflict,
///         Err(cause) => Saved::Failed(cause),
///     }
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Sealed {
    expected: Option<Version>,
    entry: Entry,
}

impl Sealed {
    /// The version that must stand in the store; `None`: nothing may stand there.
    ///
    /// ```
    /// fn is_new(sealed: &countersign::account::Sealed) -> bool { sealed.expected().is_none() }
    /// ```
    #[must_use]
    pub const fn expected(&self) -> Option<Version> {
        self.expected
    }

    /// What is to be stored.
    ///
    /// ```
    /// fn size(sealed: &countersign::account::Sealed) -> usize { sealed.entry().bytes().len() }
    /// ```
    #[must_use]
    pub const fn entry(&self) -> &Entry {
        &self.entry
    }
}

/// An outcome, and the line for the audit trail that goes with it. Write the line before telling the outcome.
///
/// ```
/// fn tell<O>(told: countersign::account::Recorded<O>, audit: &impl countersign::audit::Audit) -> Result<O, countersign::Error> {
///     audit.write(&told.event)?;
///     Ok(told.outcome)
/// }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Recorded<O> {
    /// What to tell.
    pub outcome: O,
    /// What to write.
    pub event: Event,
}
