//! Accounts for hosts that keep the records in a table of their own: each step is one call.

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
pub struct Account(Opened);

impl Account {
    /// Unknown subjects are remembered this long after the last step: 30 days. By then nothing in their record counts: the anonymous lane
    /// of every subject, known or not, starts afresh as long after its last wrong try.
    pub const DECOY_LIFETIME: Duration = Opened::DECOY_LIFETIME;

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
    ) -> Result<Step<Changed>, Error> {
        open::create(settings, subject, over, ctx)
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
        open::open(settings, subject, bytes, lowest_revision).map(Self)
    }

    /// The account of a subject that does not exist: take steps on it, and store them, like on any other. Nothing is ever
    /// accepted, and its entries have a [`expires_at`](crate::store::Entry::expires_at).
    ///
    /// It has enrolled what [`Settings::with_typical_enrolment`] draws for its name. Settings that say otherwise take effect
    /// when its record is past its time.
    ///
    /// # Errors
    /// Misuse, if the subject is of another realm.
    ///
    /// ```
    /// # use countersign::{Attempt, Channel, Code, Context, Interaction, Outcome, Settings, Subject, Timestamp, account::{Account, CheckStep}, transition::{CommitResult, Saved}};
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey};
    /// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
    /// # let ctx = Context::new(Timestamp::now()?, Channel::Agent, Interaction::begin()?);
    /// let nobody = Account::unknown(&settings, &Subject::new("bank", "C-9999")?, ctx.now())?;
    /// let step = nobody.check(&Attempt::Totp(Code::typed("123456")), &ctx)?;
    /// let told = step.commit(|sealed| {
    ///     assert!(sealed.expected().is_none() && sealed.entry().expires_at().is_some());
    ///     Saved::<()>::Stored
    /// });
    /// let Ok(CommitResult::Stored(told)) = told else { panic!("stored") };
    /// assert!(matches!(told.outcome, CheckStep::Known(Outcome::Denied)));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn unknown(settings: &Settings, subject: &Subject, now: Timestamp) -> Result<Self, Error> {
        open::unknown(settings, subject, now).map(Self)
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
        self.0.record.revision
    }

    /// Takes an attempt. Everything that verifies a subject goes through here (or, for computations, on to
    /// [`settle`](Self::settle)): suspend, lock, budget and replay hold for every factor.
    ///
    /// A wrong try is charged in the state that the transition writes; while the factor is locked nothing is compared
    /// and nothing written.
    ///
    /// # Errors
    /// Misuse, if the record cannot be sealed; corrupt, if the keyring lacks the long-term secret that the answers or the
    /// password were enrolled with (nothing is charged then); store, if the system gives no randomness.
    ///
    /// ```
    /// # use countersign::{Attempt, Channel, Code, Context, Interaction, Settings, Subject, Timestamp, account::Account, transition::Saved};
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey};
    /// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
    /// # let ctx = Context::new(Timestamp::now()?, Channel::Agent, Interaction::begin()?);
    /// # let subject = Subject::new("bank", "C-1042")?;
    /// # let mut bytes = Vec::new();
    /// # let step = Account::create(&settings, &subject, None, &ctx)?;
    /// # step.commit(|sealed| { bytes = sealed.entry().bytes().to_vec(); Saved::<()>::Stored }).unwrap();
    /// let account = Account::open(&settings, &subject, &bytes, 0)?;
    /// let step = account.check(&Attempt::Totp(Code::typed("123456")), &ctx)?;
    /// // `step` tells nothing until it is committed.
    /// # drop(step);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn check(&self, attempt: &Attempt, ctx: &Context) -> Result<Step<CheckStep>, Error> {
        check::check(&self.0, attempt, ctx)
    }

    /// Settles a computed guess. A right one counts only if nothing was suspended, disabled, voided or enrolled anew
    /// meanwhile, and only once.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    ///
    /// ```
    /// # use countersign::{Attempt, Channel, Context, Interaction, Outcome, Settings, Subject, Timestamp, account::{Account, CheckStep}, knowledge::{Answers, QuestionId}, transition::{CommitResult, Saved}};
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey};
    /// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?
    /// #     .with_questions(&[QuestionId::new(1), QuestionId::new(2)], 1)?;
    /// # let ctx = Context::new(Timestamp::now()?, Channel::Agent, Interaction::begin()?);
    /// # let subject = Subject::new("bank", "C-1042")?;
    /// # let mut bytes = Vec::new();
    /// # let step = Account::create(&settings, &subject, None, &ctx)?;
    /// # step.commit(|sealed| { bytes = sealed.entry().bytes().to_vec(); Saved::<()>::Stored }).unwrap();
    /// let account = Account::open(&settings, &subject, &bytes, 0)?;
    /// let mut permit = settings.hash_pool().permit().expect("not busy");
    /// let answers = Answers::new().and(QuestionId::new(1), "blue");
    /// let step = account.check(&Attempt::Questions(answers), &ctx)?;
    /// let told = step.commit(|sealed| { bytes = sealed.entry().bytes().to_vec(); Saved::<()>::Stored }).unwrap();
    /// let CommitResult::Stored(told) = told else { panic!("stored") };
    /// let CheckStep::Expensive(reserved) = told.outcome else { panic!("answers are dear") };
    /// let worked = reserved.work(&mut permit)?;
    /// let account = Account::open(&settings, &subject, &bytes, 0)?;
    /// let told = account.settle(&worked, &ctx)?.commit(|_| Saved::<()>::Stored).unwrap();
    /// let CommitResult::Stored(told) = told else { panic!("stored") };
    /// assert!(matches!(told.outcome, Outcome::Denied));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn settle(&self, worked: &ComputedCheck, ctx: &Context) -> Result<Step<Outcome>, Error> {
        settle::settle(&self.0, worked, ctx)
    }

    /// Issues a code. The count of wrong tries stands (SP 800-63B-4 3.1.3.2).
    ///
    /// The same order again, while its code is open, hands out the same code with its old expiry and its old counts: a second
    /// message does not make the first one wrong (pitfall B30). Not before 30 seconds have passed, and charged
    /// like any other. An order that differs in anything (kind, route, shape, transaction, address) gets a new code, and so
    /// does one that comes when the old one could not arrive and be typed in time: in its last two minutes, or for a letter in
    /// its last seven days.
    ///
    /// A new code replaces an open one in two cases only (pitfall B42). A code that counts in its own interaction gives way to a
    /// different order of that interaction and purpose. A code that counts in every interaction, such as a letter, gives way
    /// to a different order of its purpose and route from an interaction that holds evidence. Such an order without evidence
    /// gets a code of its own beside it, or waits: four are open for a purpose and route, and four more with a transaction or an
    /// address to confirm.
    ///
    /// A subject is sent 8 codes in 15 minutes. Interactions without evidence get 4 of them at most (pitfall B41).
    ///
    /// Where nobody can receive it, the same is done, and an empty [`Delivery`] comes back.
    ///
    /// A binding code is drawn for interactions only that hold evidence of the last hour that is more than weak; to all others the
    /// answer is [`Lock::Indefinite`], whoever they are about, and nothing is counted.
    ///
    /// What is counted here is the subject's own budget. A host with a table of its own counts destinations and blocks of
    /// numbers with a [`Quota`](crate::limits::Quota) each, before this: [`Quota::charge_anonymous`](crate::limits::Quota::charge_anonymous)
    /// for interactions without evidence, and for addresses that the account is yet to confirm. The [`Verifier`](crate::Verifier) does it by itself.
    ///
    /// # Errors
    /// Misuse, if the shape of the code does not fit its route, or the route its purpose or the channel; else as
    /// [`check`](Self::check).
    ///
    /// ```
    /// # use countersign::{Channel, Context, Interaction, Settings, Subject, Timestamp, account::Account, delivered::{CodeOrder, Issued}, transition::{CommitResult, Saved}};
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey};
    /// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
    /// # let ctx = Context::new(Timestamp::now()?, Channel::Agent, Interaction::begin()?);
    /// # let subject = Subject::new("bank", "C-1042")?;
    /// # let mut bytes = Vec::new();
    /// # let step = Account::create(&settings, &subject, None, &ctx)?;
    /// # step.commit(|sealed| { bytes = sealed.entry().bytes().to_vec(); Saved::<()>::Stored }).unwrap();
    /// let account = Account::open(&settings, &subject, &bytes, 0)?;
    /// let told = account.issue(&CodeOrder::spoken(), &ctx)?.commit(|_| Saved::<()>::Stored).unwrap();
    /// let CommitResult::Stored(told) = told else { panic!("stored") };
    /// let Issued::Ready(delivery) = told.outcome else { panic!("the first of the day") };
    /// assert!(delivery.send(|_, _| ()).is_none(), "nobody has enrolled a telephone");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn issue(&self, order: &CodeOrder, ctx: &Context) -> Result<Step<Issued>, Error> {
        issue::issue(&self.0, order, ctx)
    }

    /// Asks the subject's device a question, and answers the one that it asked first.
    ///
    /// One question waits in each interaction: another takes its place. The response comes as
    /// [`Attempt::Ocra`](crate::Attempt::Ocra), in the same interaction; the response to a signature counts only under a
    /// context that is [bound to](Context::for_transaction) the transaction that was signed, and is evidence for it. Figures that a
    /// person types are signed for the transaction that `ctx` is bound to.
    ///
    /// # Errors
    /// Misuse, if the question to be answered is none for the device's suite, if the device cannot do this
    /// [task](OcraTask), if figures are to be signed for no transaction, or if one transaction is to be signed in a context
    /// that is bound to another; store, if the system gives no randomness.
    ///
    /// ```
    /// # use countersign::{Attempt, Authority, Change, Channel, Context, Interaction, Settings, Subject, Timestamp, account::Account, delivered::Issued, otp::ocra::{Ocra, OcraDevice, OcraSuite, OcraTask}, transition::{CommitResult, Saved}};
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey};
    /// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
    /// # let ctx = Context::new(Timestamp::now()?, Channel::Agent, Interaction::begin()?);
    /// # let subject = Subject::new("bank", "C-1042")?;
    /// # let mut bytes = Vec::new();
    /// # let step = Account::create(&settings, &subject, None, &ctx)?;
    /// # step.commit(|sealed| { bytes = sealed.entry().bytes().to_vec(); Saved::<()>::Stored }).unwrap();
    /// let account = Account::open(&settings, &subject, &bytes, 0)?;
    /// let step = account.challenge(&OcraTask::authenticate(), &ctx)?;
    /// let Ok(CommitResult::Stored(told)) = step.commit(|_| Saved::<()>::Stored) else { panic!("stored") };
    /// let Issued::Ready(dialog) = told.outcome else { panic!("the first of the day") };
    /// assert_eq!(dialog.question().as_str().len(), 8);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn challenge(
        &self,
        order: &OcraTask<'_>,
        ctx: &Context,
    ) -> Result<Step<Issued<Dialog>>, Error> {
        challenge::challenge(&self.0, order, ctx)
    }

    /// Changes the account. What binds a factor anew ends its locks, on both lanes: who was locked out is in again. A wrong
    /// code that should confirm something is charged; an app or a token that waits takes as many as lock a factor, and then
    /// must be added again.
    ///
    /// The authority is a grant for this very action, subject and interaction, or the host itself.
    /// A change that is done by a grant uses up what serves once: approvals, and evidence that is bound to the transaction.
    /// What is only begun, an app or a token that waits for its first code, does not. Do not redeem the grant before: a
    /// redeemed grant changes nothing.
    ///
    /// # Errors
    /// Misuse, if the authority does not reach that far, the subject does not exist or is suspended, there are too many
    /// authenticators, guessing would become too easy, the answers do not fit the questions of the settings, or a factor is
    /// to be unlocked that has no locks.
    ///
    /// ```
    /// # use countersign::{Authority, Change, Channel, Context, Interaction, Settings, Subject, Timestamp, account::Account, delivered::Destination, transition::{CommitResult, Saved}};
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey};
    /// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
    /// # let ctx = Context::new(Timestamp::now()?, Channel::Agent, Interaction::begin()?);
    /// # let subject = Subject::new("bank", "C-1042")?;
    /// # let mut bytes = Vec::new();
    /// # let step = Account::create(&settings, &subject, None, &ctx)?;
    /// # step.commit(|sealed| { bytes = sealed.entry().bytes().to_vec(); Saved::<()>::Stored }).unwrap();
    /// let account = Account::open(&settings, &subject, &bytes, 0)?;
    /// let phone = Change::SetPhone(Destination::phone("+6281234567834")?);
    /// let step = account.change(&phone, &Authority::Host, &ctx)?;
    /// assert!(matches!(step.commit(|_| Saved::<()>::Stored), Ok(CommitResult::Stored(_))));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn change(
        &self,
        change: &Change,
        by: &Authority<'_>,
        ctx: &Context,
    ) -> Result<Step<Changed>, Error> {
        change::change(&self.0, change, by, ctx)
    }

    /// Draws a new list of `count` recovery codes; one that was printed before is void from then on, and so is evidence of
    /// before.
    ///
    /// Adding an authenticator, and so the action `authenticator.add` of a policy (SP 800-63B-4 4.1.2.1). The codes are
    /// told once the record is stored, and never again.
    ///
    /// # Errors
    /// Misuse, if the authority does not reach that far, the subject does not exist or is suspended, or `count` is not 1 to
    /// 16 ([`RecoveryCodes::MAX_COUNT`]); store, if the system gives no randomness.
    ///
    /// ```
    /// # use countersign::{Authority, Channel, Context, Interaction, Settings, Subject, Timestamp, account::Account, recovery::RecoveryCodes, transition::{CommitResult, Saved}};
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey};
    /// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
    /// # let ctx = Context::new(Timestamp::now()?, Channel::Agent, Interaction::begin()?);
    /// # let subject = Subject::new("bank", "C-1042")?;
    /// # let mut bytes = Vec::new();
    /// # let step = Account::create(&settings, &subject, None, &ctx)?;
    /// # step.commit(|sealed| { bytes = sealed.entry().bytes().to_vec(); Saved::<()>::Stored }).unwrap();
    /// let account = Account::open(&settings, &subject, &bytes, 0)?;
    /// let step = account.generate_recovery_codes(RecoveryCodes::DEFAULT_COUNT, &Authority::Host, &ctx)?;
    /// let Ok(CommitResult::Stored(told)) = step.commit(|_| Saved::<()>::Stored) else { panic!("stored") };
    /// assert_eq!(told.outcome.codes().len(), 10);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn generate_recovery_codes(
        &self,
        count: u8,
        by: &Authority<'_>,
        ctx: &Context,
    ) -> Result<Step<RecoveryCodeList>, Error> {
        recovery_codes::generate(&self.0, count, by, ctx)
    }

    /// Redeems a grant: from then on it is spent, and so is what it rests on and serves once, such as the evidence that is
    /// bound to its transaction. Told is [`Redeemed`], for the code that carries out the action, or
    /// [why not](RedeemRefusal).
    ///
    /// Deciding again on the same evidence gives the same grant, which is spent.
    ///
    /// # Errors
    /// Misuse, if the grant is of another subject; as [`check`](Self::check).
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

    /// What this subject could show now, and what is locked for this interaction.
    ///
    /// An unknown subject has a standing like a customer's. It has enrolled what
    /// [`Settings::with_typical_enrolment`](crate::Settings::with_typical_enrolment) draws for its name, with a full list of
    /// recovery codes. Its locks are those of the tries at its name. It is not suspended, and its epoch is 0, as that of a
    /// customer who has changed nothing.
    ///
    /// ```
    /// # use countersign::{Channel, Context, Factor, Interaction, Settings, Subject, Timestamp, account::Account, transition::Saved};
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey};
    /// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
    /// # let ctx = Context::new(Timestamp::now()?, Channel::Agent, Interaction::begin()?);
    /// # let subject = Subject::new("bank", "C-1042")?;
    /// # let mut bytes = Vec::new();
    /// # let step = Account::create(&settings, &subject, None, &ctx)?;
    /// # step.commit(|sealed| { bytes = sealed.entry().bytes().to_vec(); Saved::<()>::Stored }).unwrap();
    /// let account = Account::open(&settings, &subject, &bytes, 0)?;
    /// let status = account.status(&ctx);
    /// assert!(!status.is_suspended());
    /// assert!(!status.is_enrolled(Factor::Totp));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn status(&self, ctx: &Context) -> Status {
        status::status(&self.0, ctx)
    }

    /// The questions that stand: they are asked until they have been answered, or until one is
    /// [retired](crate::knowledge::Question::retired) and the subject has another in its place.
    ///
    /// A subject without questions, or that does not exist, has some too. A subject with fewer answers than the catalogue
    /// asks is asked all of them.
    ///
    /// # Errors
    /// Corrupt, if the keyring lacks its long-term secret.
    ///
    /// ```
    /// # use countersign::{Channel, Context, Interaction, Settings, Subject, Timestamp, account::Account, knowledge::QuestionId, transition::Saved};
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey};
    /// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?
    /// #     .with_questions(&[QuestionId::new(1), QuestionId::new(2), QuestionId::new(3)], 2)?;
    /// # let ctx = Context::new(Timestamp::now()?, Channel::Agent, Interaction::begin()?);
    /// # let subject = Subject::new("bank", "C-1042")?;
    /// # let mut bytes = Vec::new();
    /// # let step = Account::create(&settings, &subject, None, &ctx)?;
    /// # step.commit(|sealed| { bytes = sealed.entry().bytes().to_vec(); Saved::<()>::Stored }).unwrap();
    /// let account = Account::open(&settings, &subject, &bytes, 0)?;
    /// assert_eq!(account.questions()?.len(), 2);
    /// assert_eq!(account.questions()?, account.questions()?);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn questions(&self) -> Result<Vec<QuestionId>, Error> {
        prompts::questions(&self.0)
    }

    /// The same, as a screen may show them: their prompts, how to answer, and nothing that was said.
    ///
    /// # Errors
    /// Misuse, if the settings have no catalogue, or one in which a question that stands is not; as
    /// [`questions`](Self::questions). A question that subjects still have stays in the catalogue, as
    /// [retired](crate::knowledge::Question::retired).
    ///
    /// ```
    /// # use countersign::{Channel, Context, Interaction, Settings, Subject, Timestamp, account::Account, knowledge::Catalogue};
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey};
    /// let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?
    ///     .with_catalogue(Catalogue::english());
    /// # let ctx = Context::new(Timestamp::now()?, Channel::Agent, Interaction::begin()?);
    /// # let subject = Subject::new("bank", "C-1042")?;
    /// let nobody = Account::unknown(&settings, &subject, ctx.now())?;
    /// for prompt in nobody.prompts()? {
    ///     println!("{}", prompt.text());
    /// }
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn prompts(&self) -> Result<Vec<Prompt>, Error> {
        prompts::prompts(&self.0)
    }

    /// Which letters of the memorable word to ask for: they stand until they have been given.
    ///
    /// A subject without a word, or that does not exist, is asked for some, too.
    ///
    /// # Errors
    /// Misuse, if the settings have no key for memorable words; corrupt, if the keyring lacks its long-term secret.
    ///
    /// ```
    /// # use countersign::{Channel, Context, Interaction, Settings, Subject, Timestamp, account::Account, knowledge::WordKey, transition::Saved};
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey};
    /// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// let settings = Settings::new("bank", keyring.clone())?.with_memorable_words(WordKey::new(&keyring, "bank")?);
    /// # let ctx = Context::new(Timestamp::now()?, Channel::Agent, Interaction::begin()?);
    /// # let subject = Subject::new("bank", "C-1042")?;
    /// let nobody = Account::unknown(&settings, &subject, ctx.now())?;
    /// assert_eq!(nobody.word_prompt()?, nobody.word_prompt()?);
    /// # Ok::<(), countersign::Error>(())
    /// ```
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
