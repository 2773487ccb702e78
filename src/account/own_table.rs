//! Accounts for a host that keeps records in a table of its own. Each step is one call.

use core::fmt;
use core::time::Duration;

use super::attempt::Attempt;
use super::changes::{Change, Changed};
use super::dialog::Dialog;
use super::draft::{Opened, Step};
use super::open;
use super::outcome::Outcome;
use super::settings::Settings;
use super::steps::issue_budget::{IssueBudget, issue_budgets};
use super::steps::pending_check::{CheckStep, ComputedCheck};
use super::steps::{
    challenge, change, check, issue, prompts, recovery_codes, redeem, settle, status,
};
use crate::context::Context;
use crate::delivered::{CodeOrder, Issued};
use crate::error::Error;
use crate::event::{Event, EventKind, RedeemRefusal};
use crate::grant::{Authority, Grant, Redeemed};
use crate::knowledge::{Prompt, QuestionId, WordPrompt};
use crate::otp::ocra::OcraTask;
use crate::recovery::RecoveryCodeList;
use crate::status::Status;
use crate::store::Version;
use crate::subject::Subject;
use crate::time::Timestamp;

/// One subject's record, opened. Steps leave it as it is, and yield the next state.
///
/// [`Verifier`](crate::Verifier) loads, swaps and retries by itself.
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
pub struct Account(Opened);

impl Account {
    /// A decoy lives 30 days after its last step. Then it is drawn again: as on any anonymous lane, 30 days without a wrong
    /// try end its counts.
    pub const DECOY_LIFETIME: Duration = Opened::DECOY_LIFETIME;

    /// Makes a record for a new subject, without any authenticator. `over` is the version that it replaces, if one is
    /// stored.
    ///
    /// # Errors
    /// Misuse, if the subject is of another realm. Store, if the system gives no randomness.
    pub fn create(
        settings: &Settings,
        subject: &Subject,
        over: Option<Version>,
        ctx: &Context,
    ) -> Result<Step<Changed>, Error> {
        open::create(settings, subject, over, ctx)
    }

    /// Opens a stored record. `lowest_revision` is the lowest revision that this subject must have, from the host's audit
    /// trail; zero if the host knows none.
    ///
    /// # Errors
    /// Corrupt, if the bytes are not this subject's record under a key of the ring, or are older than `lowest_revision`.
    /// Misuse, if the subject is of another realm.
    pub fn open(
        settings: &Settings,
        subject: &Subject,
        bytes: &[u8],
        lowest_revision: u64,
    ) -> Result<Self, Error> {
        open::open(settings, subject, bytes, lowest_revision).map(Self)
    }

    /// Makes the account of a subject that does not exist. Take steps on it, and store them, as on any other. No attempt is
    /// ever accepted. Its entries have an [`expires_at`](crate::store::Entry::expires_at).
    ///
    /// It has enrolled what [`Settings::with_typical_enrolment`] draws for its name. Other settings take effect when its
    /// lifetime is over.
    ///
    /// # Errors
    /// Misuse, if the subject is of another realm.
    pub fn unknown(settings: &Settings, subject: &Subject, now: Timestamp) -> Result<Self, Error> {
        open::unknown(settings, subject, now).map(Self)
    }

    /// Returns how often the record has changed. Keep it in the audit trail: [`open`](Self::open) then notices an older
    /// record.
    #[must_use]
    pub const fn revision(&self) -> u64 {
        self.0.record.revision
    }

    /// Takes an attempt. Every verification goes through here; a computation goes on to [`settle`](Self::settle). So
    /// suspension, locks, budgets and replay checks hold for every factor.
    ///
    /// The step breaks off with an outcome, or continues with a computation that was charged. [`PendingCheck::work`](crate::account::PendingCheck::work) computes
    /// it with a permit.
    ///
    /// A wrong try is charged in the state that the transition writes. While the factor is locked, nothing is compared and
    /// nothing is written.
    ///
    /// # Errors
    /// Misuse, if the record cannot be sealed. Corrupt, if the keyring lacks the long-term secret of the answers or the
    /// password; nothing is charged then. Store, if the system gives no randomness.
    pub fn check(&self, attempt: &Attempt, ctx: &Context) -> Result<Step<CheckStep>, Error> {
        check::check(&self.0, attempt, ctx)
    }

    /// Settles a computed guess. A right one counts once. It does not count if the subject was suspended, the factor
    /// disabled or enrolled again, or evidence void meanwhile.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn settle(&self, worked: &ComputedCheck, ctx: &Context) -> Result<Step<Outcome>, Error> {
        settle::settle(&self.0, worked, ctx)
    }

    /// Issues a code. Wrong tries stay counted (SP 800-63B-4 3.1.3.2).
    ///
    /// An equal order while its code is open hands out the same code, with its expiry and its counts. So a second message
    /// does not make the first one wrong (pitfall B30). It is charged like any other, and comes after 30 seconds at the
    /// earliest. An order that differs in kind, route, shape, transaction or address gets a new code. So does an order in
    /// the last two minutes of a code, or in the last seven days of a letter: there is too little time to deliver and type
    /// it.
    ///
    /// A new code replaces an open one in two cases only (pitfall B42). A code that counts in its own interaction gives way
    /// to a different order of that interaction and purpose. A letter, or another code for every interaction, gives
    /// way to a different order of its purpose and route, if that interaction holds evidence. Without evidence, such
    /// an order gets a code of its own beside it, or it waits. Four are open for a purpose and route, and four more with a
    /// transaction or an address to confirm.
    ///
    /// A subject is sent 8 codes in 15 minutes. Interactions without evidence get 4 of them at most (pitfall B41).
    ///
    /// For a subject that cannot be reached, the step is the same, and the [`Delivery`](crate::delivered::Delivery) is
    /// empty.
    ///
    /// A binding code needs an interaction with evidence of the last hour that is more than weak. All others get
    /// [`Lock::Indefinite`](crate::account::Lock::Indefinite), whatever the subject, and nothing is counted.
    ///
    /// These counts are the subject's own. A host with its own table also counts destinations and blocks of numbers, with a
    /// [`Quota`](crate::limits::Quota) each, before this call. Interactions without evidence, and addresses that are not
    /// confirmed, go by [`Quota::charge_anonymous`](crate::limits::Quota::charge_anonymous). The
    /// [`Verifier`](crate::Verifier) does this by itself.
    ///
    /// # Errors
    /// Misuse, if the shape of the code does not fit its route, or the route does not fit the purpose or the channel. Else
    /// as [`check`](Self::check).
    pub fn issue(&self, order: &CodeOrder, ctx: &Context) -> Result<Step<Issued>, Error> {
        issue::issue(&self.0, order, ctx)
    }

    /// Asks the subject's device a question, and answers the question that the device asked first.
    ///
    /// One question waits in each interaction, and another one replaces it. The response comes as
    /// [`Attempt::Ocra`](crate::Attempt::Ocra), in the same interaction. A signature counts only in a context [for the
    /// transaction](Context::for_transaction) that was signed, and is evidence for it. Figures that a person types are
    /// signed for the transaction of `ctx`.
    ///
    /// # Errors
    /// Misuse, if the customer's question does not fit the suite of the device, or if the device cannot do this
    /// [task](OcraTask). Misuse, if figures are signed without a transaction, or a transaction in a context for another
    /// one. Store, if the system gives no randomness.
    pub fn challenge(
        &self,
        order: &OcraTask<'_>,
        ctx: &Context,
    ) -> Result<Step<Issued<Dialog>>, Error> {
        challenge::challenge(&self.0, order, ctx)
    }

    /// Changes the account. Rebinding a factor ends its locks on both lanes, so a customer who was locked out can use it
    /// again.
    ///
    /// A wrong code that should confirm something is charged. An app or a token that waits takes as many wrong codes as
    /// lock a factor. Then it must be added again.
    ///
    /// The authority is the host itself, or a grant for this action, subject and interaction. A change by a grant uses up
    /// what serves once: approvals, and evidence for the transaction. To add an app or a token uses up nothing: the same
    /// grant confirms it. Do not redeem the grant before: a redeemed grant changes nothing.
    ///
    /// # Errors
    /// Misuse, if the authority does not allow the change, or if the subject does not exist or is suspended. Misuse, if
    /// there are too many authenticators, or guessing would become too easy. Misuse, if the answers do not fit the
    /// questions of the settings, or if the factor to unlock has no locks.
    pub fn change(
        &self,
        change: &Change,
        by: &Authority<'_>,
        ctx: &Context,
    ) -> Result<Step<Changed>, Error> {
        change::change(&self.0, change, by, ctx)
    }

    /// Draws a new list of `count` recovery codes. An earlier list is void from then on, and so is earlier evidence.
    ///
    /// This adds an authenticator, so a policy rules on it as `authenticator.add` (SP 800-63B-4 4.1.2.1). The codes are
    /// readable once, after the record is stored.
    ///
    /// # Errors
    /// Misuse, if the authority does not allow it, or if the subject does not exist or is suspended. Misuse, if `count` is
    /// not 1 to 16 ([`RecoveryCodes::MAX_COUNT`](crate::recovery::RecoveryCodes::MAX_COUNT)). Store, if the system gives no
    /// randomness.
    pub fn generate_recovery_codes(
        &self,
        count: u8,
        by: &Authority<'_>,
        ctx: &Context,
    ) -> Result<Step<RecoveryCodeList>, Error> {
        recovery_codes::generate(&self.0, count, by, ctx)
    }

    /// Redeems a grant: it is spent from then on. So is the evidence for its transaction, and every other piece that serves
    /// once.
    ///
    /// The outcome is [`Redeemed`], for the code that carries out the action, or [the reason](RedeemRefusal) of a refusal.
    /// To decide again on the same evidence gives the same grant, which is spent.
    ///
    /// # Errors
    /// Misuse, if the grant is of another subject. Else as [`check`](Self::check).
    ///
    /// ```
    /// use countersign::{Context, Error, Grant, Redeemed, account::{Account, Sealed}, transition::{CommitResult, Saved}};
    /// fn redeem(account: &Account, grant: &Grant, ctx: &Context, save: impl FnOnce(&Sealed) -> Saved<Error>) -> Result<Option<Redeemed>, Error> {
    ///     match account.redeem(grant, ctx)?.commit(save)? {
    ///         CommitResult::Stored(told) => Ok(told.outcome.ok()),
    ///         CommitResult::Conflict => Ok(None), // somebody else wrote first: load again
    ///     }
    /// }
    /// ```
    pub fn redeem(
        &self,
        grant: &Grant,
        ctx: &Context,
    ) -> Result<Step<Result<Redeemed, RedeemRefusal>>, Error> {
        redeem::redeem(&self.0, grant, ctx)
    }

    /// Returns the factors that this subject could show now, and the locks in this interaction.
    ///
    /// An unknown subject has a status like a customer's. It has enrolled what
    /// [`Settings::with_typical_enrolment`](crate::Settings::with_typical_enrolment) draws for its name, with a full list
    /// of recovery codes. Its locks come from the tries at its name. It is not suspended. Its epoch is 0, as for a customer
    /// who has changed nothing.
    #[must_use]
    pub fn status(&self, ctx: &Context) -> Status {
        status::status(&self.0, ctx)
    }

    /// Returns the questions to ask. They stand until they are answered, or until one is
    /// [retired](crate::knowledge::Question::retired) and the subject has another in its place.
    ///
    /// A subject without questions, or one that does not exist, has some too. A subject with fewer answers than the
    /// catalogue asks is asked all of them.
    ///
    /// # Errors
    /// Corrupt, if the keyring lacks its long-term secret.
    pub fn questions(&self) -> Result<Vec<QuestionId>, Error> {
        prompts::questions(&self.0)
    }

    /// Returns the questions to ask, for a screen: their prompts, and how to answer. No answer is in them.
    ///
    /// # Errors
    /// Misuse, if the settings have no catalogue, or if a question that stands is not in it. Keep a question that subjects
    /// still have, as [retired](crate::knowledge::Question::retired). Else as [`questions`](Self::questions).
    pub fn prompts(&self) -> Result<Vec<Prompt>, Error> {
        prompts::prompts(&self.0)
    }

    /// Returns the letters of the memorable word to ask for. They stand until they are given.
    ///
    /// A subject without a word, or one that does not exist, is asked for some, too.
    ///
    /// # Errors
    /// Misuse, if the settings have no key for memorable words. Corrupt, if the keyring lacks its long-term secret.
    pub fn word_prompt(&self) -> Result<WordPrompt, Error> {
        prompts::word_prompt(&self.0)
    }

    /// Returns what an issue is to be charged to, the narrowest first.
    pub(crate) fn issue_budgets(
        &self,
        order: &CodeOrder,
        ctx: &Context,
    ) -> Result<Vec<IssueBudget>, Error> {
        issue_budgets(&self.0, order, ctx)
    }

    /// Writes a line for the audit trail about what is no step of the record.
    pub(crate) fn note(&self, ctx: &Context, kind: EventKind) -> Event {
        self.0.note(ctx, kind)
    }

    /// Returns the version that a compare-and-swap expects.
    pub(crate) const fn version(&self) -> Option<Version> {
        self.0.version
    }

    /// Returns whether this is the record of a subject that does not exist.
    pub(crate) const fn is_decoy(&self) -> bool {
        self.0.record.decoy
    }

    /// Returns whether a step would store one more decoy.
    pub(crate) fn is_new_decoy(&self, now: Timestamp) -> bool {
        self.0.is_new_decoy(now)
    }

    /// Returns until when a stored decoy may be dropped.
    pub(crate) fn remembered_until(&self) -> Timestamp {
        self.0.remembered_until()
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Opened {
            subject, record, ..
        } = &self.0;
        write!(f, "Account({subject:?}, revision {})", record.revision)
    }
}
