//! The driver: an account, a store and an audit trail in one call.
//!
//! Load, step, compare-and-swap, try again if somebody else was first, write the event, then tell. A failing store is
//! an error, never a pass (pitfall B14), and after an ambiguous write nothing is revealed.

mod decoys;
mod races;

use core::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use self::races::{Raced, Turns};

use decoys::StoredDecoys;

use crate::account::{
    Account, Attempt, Challenged, Change, Changed, CheckStep, IssueBudget, Outcome, Recorded,
    Redemption, Sealed, Settings,
};
use crate::context::Context;
use crate::delivered::CodeOrder;
use crate::delivered::Issued;
use crate::error::Error;
use crate::event::{Audit, EventKind, NoAudit};
use crate::evidence::{Lock, Status};
use crate::grant::{Authority, Grant};
use crate::hashing::HashPermit;
use crate::knowledge::{Prompts, QuestionId, WordPrompt};
use crate::limits::quota::QuotaDecision;
use crate::otp::ocra::Challenge;
use crate::recovery::RecoveryCodeList;
use crate::store::{Entry, Key, Replaced, Store};
use crate::subject::Subject;
use crate::time::Timestamp;
use crate::transition::{CommitResult, Saved, Transition};
use core::time::Duration;

/// Verifies subjects over a store. Shared by threads; the store is shared by processes.
///
/// A try at an unknown name stores a record of its own, a decoy, which is past its time after
/// [`Account::DECOY_LIFETIME`]. Call [`purge`](Self::purge) once an hour. It drops these decoys and old counts of issued
/// codes. A process stores no more decoys than [`Settings::with_decoy_limit`] allows.
///
/// Make one for a process, and share it: the threads of one verifier write a record in turns, if they meet at it. Calls block
/// the thread: for the store, and a [check](Self::check) of a password, PIN or answers for its
/// [permit](Settings::with_permit_wait) and its computation.
///
/// ```
/// use countersign::field::{Keyring, LongTermSecret, RootKey};
/// use countersign::store::memory::MemoryStore;
/// use core::time::Duration;
/// use countersign::{Attempt, Authority, Change, Channel, Code, Context, Interaction, Outcome, Settings, Subject, Timestamp, Verifier, otp::Totp};
///
/// let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
/// let verifier = Verifier::new(MemoryStore::new(), settings);
/// let subject = Subject::new("bank", "C-1042")?;
/// let now = Timestamp::now()?;
/// let call = Interaction::begin()?;
/// let ctx = Context::new(now, Channel::Agent, call);
///
/// let totp = Totp::generate()?;
/// verifier.create(&subject, &ctx)?;
/// let _ = verifier.change(&subject, &Change::AddTotp(totp.clone()), &Authority::Host, &ctx)?;
/// let code = Code::typed(totp.code_at(now).expose_text());
/// let _ = verifier.change(&subject, &Change::ConfirmTotp(code.clone()), &Authority::Host, &ctx)?;
///
/// // The code that confirmed the app is spent.
/// assert!(matches!(verifier.check(&subject, &Attempt::Totp(code), &ctx)?, Outcome::Denied));
/// let later = now + Duration::from_secs(30);
/// let code = Code::typed(totp.code_at(later).expose_text());
/// let ctx = Context::new(later, Channel::Agent, call);
/// assert!(matches!(verifier.check(&subject, &Attempt::Totp(code), &ctx)?, Outcome::Accepted(_)));
/// # Ok::<(), countersign::Error>(())
/// ```
pub struct Verifier<S, A = NoAudit> {
    store: S,
    audit: A,
    settings: Settings,
    decoys: Mutex<StoredDecoys>,
    turns: Turns,
}

/// An account at hand.
struct Held {
    account: Account,
    /// Whether it is a decoy of which nothing is stored: nothing it tells is worth a write, and none is left in this minute.
    traceless: bool,
}

impl<S: Store> Verifier<S> {
    /// A verifier over a store, without an audit trail.
    ///
    /// ```
    /// # use countersign::{Settings, Verifier, field::{Keyring, LongTermSecret, RootKey}, store::memory::MemoryStore};
    /// let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
    /// let verifier = Verifier::new(MemoryStore::new(), settings);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn new(store: S, settings: Settings) -> Self {
        Self {
            store,
            audit: NoAudit,
            settings,
            decoys: Mutex::default(),
            turns: Turns::default(),
        }
    }
}

impl<S, A> Verifier<S, A> {
    /// How long a caller is told to wait that got no permit: a computation takes less.
    const RETRY_AFTER: Duration = Duration::from_secs(1);
}

impl<S: Store, A: Audit> Verifier<S, A> {
    /// The same with an audit trail.
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
            audit,
            settings: self.settings,
            decoys: self.decoys,
            turns: self.turns,
        }
    }

    /// The settings.
    ///
    /// ```
    /// # use countersign::{Settings, Verifier, field::{Keyring, LongTermSecret, RootKey}, store::memory::MemoryStore};
    /// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
    /// let verifier = Verifier::new(MemoryStore::new(), settings);
    /// assert!(verifier.settings().hash_pool().permit().is_some());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Makes an account for a new subject.
    ///
    /// # Errors
    /// Misuse, if the subject has one; corrupt or store, if the store or the record is not as it must be.
    ///
    /// ```
    /// # use countersign::{Channel, Context, Interaction, Settings, Subject, Timestamp, Verifier, field::{Keyring, LongTermSecret, RootKey}, store::memory::MemoryStore};
    /// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
    /// # let verifier = Verifier::new(MemoryStore::new(), settings);
    /// # let ctx = Context::new(Timestamp::now()?, Channel::Agent, Interaction::begin()?);
    /// let subject = Subject::new("bank", "C-1042")?;
    /// verifier.create(&subject, &ctx)?;
    /// assert!(verifier.create(&subject, &ctx).unwrap_err().is_misuse());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn create(&self, subject: &Subject, ctx: &Context) -> Result<(), Error> {
        self.drive(subject, ctx, |account| {
            if !account.is_decoy() {
                return Err(Error::misuse("subject", "has an account already"));
            }
            Account::create(&self.settings, subject, account.version(), ctx)
        })
        .map(|_| ())
    }

    /// Changes an account: see [`Account::change`].
    ///
    /// # Errors
    /// As [`Account::change`]; corrupt or store, if the store or the record is not as it must be.
    ///
    /// ```
    /// # use countersign::{Authority, Change, Changed, Channel, Context, Interaction, Settings, Subject, Timestamp, Verifier, field::{Keyring, LongTermSecret, RootKey}, store::memory::MemoryStore};
    /// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
    /// # let verifier = Verifier::new(MemoryStore::new(), settings);
    /// # let ctx = Context::new(Timestamp::now()?, Channel::Agent, Interaction::begin()?);
    /// # let subject = Subject::new("bank", "C-1042")?;
    /// # verifier.create(&subject, &ctx)?;
    /// assert_eq!(verifier.change(&subject, &Change::Suspend, &Authority::Host, &ctx)?, Changed::Done);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn change(
        &self,
        subject: &Subject,
        change: &Change,
        by: &Authority<'_>,
        ctx: &Context,
    ) -> Result<Changed, Error> {
        self.drive(subject, ctx, |account| account.change(change, by, ctx))
    }

    /// Draws a new list of recovery codes: see [`Account::generate_recovery_codes`].
    ///
    /// # Errors
    /// As [`Account::generate_recovery_codes`]; corrupt or store, if the store or the record is not as it must be.
    ///
    /// ```
    /// # use countersign::{Attempt, Authority, Channel, Code, Context, Interaction, Outcome, Settings, Subject, Timestamp, Verifier, field::{Keyring, LongTermSecret, RootKey}, recovery::RecoveryCodes, store::memory::MemoryStore};
    /// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
    /// # let verifier = Verifier::new(MemoryStore::new(), settings);
    /// # let ctx = Context::new(Timestamp::now()?, Channel::Agent, Interaction::begin()?);
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
        self.drive(subject, ctx, |account| {
            account.generate_recovery_codes(count, by, ctx)
        })
    }

    /// Checks an attempt. The outcome is told once it is stored and in the audit trail.
    ///
    /// A password, a PIN or answers wait for a permit first, in turn and no longer than
    /// [`Settings::with_permit_wait`] says. Without one the outcome is [`Busy`](Outcome::Busy), and nothing is charged.
    ///
    /// # Errors
    /// Corrupt or store, if the store, the record or the audit trail is not as it must be: then nobody is verified, and
    /// an attempt that was charged stays so.
    ///
    /// ```
    /// # use countersign::{Attempt, Channel, Code, Context, Interaction, Outcome, Settings, Subject, Timestamp, Verifier, field::{Keyring, LongTermSecret, RootKey}, store::memory::MemoryStore};
    /// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
    /// # let verifier = Verifier::new(MemoryStore::new(), settings);
    /// # let ctx = Context::new(Timestamp::now()?, Channel::Agent, Interaction::begin()?);
    /// let nobody = Subject::new("bank", "C-9999")?;
    /// let outcome = verifier.check(&nobody, &Attempt::Totp(Code::typed("123456")), &ctx)?;
    /// assert!(matches!(outcome, Outcome::Denied));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn check(
        &self,
        subject: &Subject,
        attempt: &Attempt,
        ctx: &Context,
    ) -> Result<Outcome, Error> {
        if !attempt.needs_hashing() {
            let step = self.drive(subject, ctx, |account| account.check(attempt, ctx))?;
            return self.computed(step, subject, None, ctx);
        }
        // The permit comes before anything is charged or compared. For whom it is counts in one case only: a name that does
        // not exist, in a flood of such names.
        let held = self.load(subject, ctx)?;
        let Some(permit) = self.permit(held.traceless) else {
            return Ok(Outcome::Busy {
                retry_after: Self::RETRY_AFTER,
            });
        };
        let step = self.drive_held(subject, Some(held), ctx, |account| {
            account.check(attempt, ctx)
        })?;
        self.computed(step, subject, Some(permit), ctx)
    }

    /// Issues a code: see [`Account::issue`].
    ///
    /// `Issued::Sent` means that the code was drawn and stored; the host sends the [`Delivery`](crate::delivered::Delivery). A customer
    /// without an address for this route gets an empty one, and so does an unknown subject.
    ///
    /// Before that it is charged to the [`IssueLimits`](crate::limits::IssueLimits) of its destination and of the block of telephone
    /// numbers that is in, whoever ordered there; when they are spent, the answer is to wait. If a count cannot be stored,
    /// nothing is sent, and the other is given back; if the code cannot be stored, the charge stands.
    ///
    /// To an unknown subject the same happens, with counts of its own. So whoever spends what a block of numbers may be
    /// sent, and then is refused for another name, learns that this name is somebody's with a number in that block. It has
    /// cost that many messages to numbers of the block, and [`EventKind::IssueAlarm`] came before.
    ///
    /// # Errors
    /// Misuse, if the shape of the code does not fit its route; else as [`check`](Self::check). Nothing is sent then.
    ///
    /// ```
    /// # use countersign::{Channel, Context, Interaction, Settings, Subject, Timestamp, Verifier, delivered::{CodeOrder, Issued}, field::{Keyring, LongTermSecret, RootKey}, store::memory::MemoryStore};
    /// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
    /// # let verifier = Verifier::new(MemoryStore::new(), settings);
    /// # let ctx = Context::new(Timestamp::now()?, Channel::Agent, Interaction::begin()?);
    /// let nobody = Subject::new("bank", "C-9999")?;
    /// let Issued::Sent(delivery) = verifier.issue(&nobody, &CodeOrder::spoken(), &ctx)? else { panic!("the first") };
    /// assert!(delivery.send(|_, _| ()).is_none(), "nothing is sent to nobody");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn issue(
        &self,
        subject: &Subject,
        order: &CodeOrder,
        ctx: &Context,
    ) -> Result<Issued, Error> {
        let held = self.load(subject, ctx)?;
        let traceless = held.traceless;
        let purses = held.account.purses(order, ctx)?;
        if let Some(until) = self.spend_on_all(&purses, &held, order, ctx)? {
            return Ok(Issued::RateLimited(Lock::Until(until)));
        }
        let issued = self.drive_held(subject, Some(held), ctx, |account| {
            account.issue(order, ctx)
        })?;
        if matches!(issued, Issued::RateLimited(_)) {
            // Somebody was faster, and the record has no place for it any more. Nothing was sent.
            self.give_back(&purses, traceless, ctx.now())?;
        }
        Ok(issued)
    }

    /// Asks the customer's device: see [`Account::challenge`].
    ///
    /// # Errors
    /// As [`Account::challenge`]; corrupt or store, if the store, the record or the audit trail is not as it must be.
    ///
    /// ```
    /// # use countersign::{Attempt, Channel, Context, Interaction, Outcome, Settings, Subject, Timestamp, Verifier, account::Challenged, field::{Keyring, LongTermSecret, RootKey}, otp::ocra::{Challenge, OcraResponse, OcraTask}, store::memory::MemoryStore};
    /// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
    /// # let verifier = Verifier::new(MemoryStore::new(), settings);
    /// # let ctx = Context::new(Timestamp::now()?, Channel::Agent, Interaction::begin()?);
    /// let nobody = Subject::new("bank", "C-9999")?;
    /// let order = Challenge::new(OcraTask::Authenticate);
    /// let Challenged::Asked(dialog) = verifier.challenge(&nobody, &order, &ctx)? else { panic!("the first") };
    /// let attempt = Attempt::Ocra(OcraResponse::typed("1234 5678"));
    /// assert!(matches!(verifier.check(&nobody, &attempt, &ctx)?, Outcome::Denied));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn challenge(
        &self,
        subject: &Subject,
        order: &Challenge<'_>,
        ctx: &Context,
    ) -> Result<Challenged, Error> {
        self.drive(subject, ctx, |account| account.challenge(order, ctx))
    }

    /// The questions to ask: see [`Account::questions`]. Writes nothing.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    ///
    /// ```
    /// # use countersign::{Channel, Context, Interaction, Settings, Subject, Timestamp, Verifier, field::{Keyring, LongTermSecret, RootKey}, knowledge::QuestionId, store::memory::MemoryStore};
    /// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?
    /// #     .with_questions(&[QuestionId::new(1), QuestionId::new(2), QuestionId::new(3)], 2)?;
    /// # let verifier = Verifier::new(MemoryStore::new(), settings);
    /// # let ctx = Context::new(Timestamp::now()?, Channel::Agent, Interaction::begin()?);
    /// let nobody = Subject::new("bank", "C-9999")?;
    /// assert_eq!(verifier.questions(&nobody, &ctx)?.len(), 2);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn questions(&self, subject: &Subject, ctx: &Context) -> Result<Vec<QuestionId>, Error> {
        self.account(subject, self.store.load(&Key::of(subject))?, ctx.now())?
            .questions()
    }

    /// The questions to ask, as a screen may show them: see [`Account::prompts`]. Writes nothing.
    ///
    /// # Errors
    /// As [`Account::prompts`], and as [`check`](Self::check).
    ///
    /// ```
    /// # use countersign::{Channel, Context, Interaction, Settings, Subject, Timestamp, Verifier, field::{Keyring, LongTermSecret, RootKey}, knowledge::Catalogue, store::memory::MemoryStore};
    /// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?
    /// #     .with_catalogue(Catalogue::english());
    /// # let verifier = Verifier::new(MemoryStore::new(), settings);
    /// # let ctx = Context::new(Timestamp::now()?, Channel::Agent, Interaction::begin()?);
    /// let nobody = Subject::new("bank", "C-9999")?;
    /// assert_eq!(verifier.prompts(&nobody, &ctx)?.each().count(), 3);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn prompts(&self, subject: &Subject, ctx: &Context) -> Result<Prompts, Error> {
        self.account(subject, self.store.load(&Key::of(subject))?, ctx.now())?
            .prompts()
    }

    /// The letters of the memorable word to ask for: see [`Account::word_prompt`]. Writes nothing.
    ///
    /// # Errors
    /// As [`Account::word_prompt`], and as [`check`](Self::check).
    ///
    /// ```
    /// # use countersign::{Channel, Context, Interaction, Settings, Subject, Timestamp, Verifier, field::{Keyring, LongTermSecret, RootKey}, knowledge::WordKey, store::memory::MemoryStore};
    /// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// # let settings = Settings::new("bank", keyring.clone())?.with_memorable_words(WordKey::new(&keyring, "bank")?);
    /// # let verifier = Verifier::new(MemoryStore::new(), settings);
    /// # let ctx = Context::new(Timestamp::now()?, Channel::Agent, Interaction::begin()?);
    /// let nobody = Subject::new("bank", "C-9999")?;
    /// println!("the {} of your memorable word, please", verifier.word_prompt(&nobody, &ctx)?);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn word_prompt(&self, subject: &Subject, ctx: &Context) -> Result<WordPrompt, Error> {
        self.account(subject, self.store.load(&Key::of(subject))?, ctx.now())?
            .word_prompt()
    }

    /// What the subject could show: see [`Account::status`]. Writes nothing.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    ///
    /// ```
    /// # use countersign::{Channel, Context, Interaction, Settings, Subject, Timestamp, Verifier, field::{Keyring, LongTermSecret, RootKey}, store::memory::MemoryStore};
    /// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
    /// # let verifier = Verifier::new(MemoryStore::new(), settings);
    /// # let ctx = Context::new(Timestamp::now()?, Channel::Agent, Interaction::begin()?);
    /// let status = verifier.status(&Subject::new("bank", "C-9999")?, &ctx)?;
    /// assert!(!status.is_suspended());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn status(&self, subject: &Subject, ctx: &Context) -> Result<Status, Error> {
        Ok(self
            .account(subject, self.store.load(&Key::of(subject))?, ctx.now())?
            .status(ctx))
    }

    /// Redeems a grant, once: see [`Account::redeem`].
    ///
    /// # Errors
    /// As [`check`](Self::check).
    ///
    /// ```
    /// # use countersign::{Context, Error, Grant, Redeemed, Verifier, account::Redemption, store::Store};
    /// fn pay<S: Store>(verifier: &Verifier<S>, grant: &Grant, ctx: &Context) -> Result<(), Error> {
    ///     match verifier.redeem(grant, ctx)? {
    ///         Redemption::Redeemed(redeemed) => carry_out(redeemed),
    ///         Redemption::Refused(reason) => eprintln!("not carried out: {reason:?}"),
    ///     }
    ///     Ok(())
    /// }
    /// fn carry_out(redeemed: Redeemed) { /* nobody gets here twice */ }
    /// ```
    pub fn redeem(&self, grant: &Grant, ctx: &Context) -> Result<Redemption, Error> {
        self.drive(grant.subject(), ctx, |account| account.redeem(grant, ctx))
    }

    /// Deletes everything that is kept of a subject; answers whether it had an account. If strangers tried the name of a
    /// subject without one, their decoy goes, and the answer is `false`.
    ///
    /// Counts of what was sent to a destination are no subject's: they go when [`purge`](Store::purge) finds their time over.
    ///
    /// # Errors
    /// Store, if the store fails or too many others write.
    ///
    /// ```
    /// # use countersign::{Channel, Context, Interaction, Settings, Subject, Timestamp, Verifier, field::{Keyring, LongTermSecret, RootKey}, store::memory::MemoryStore};
    /// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
    /// # let verifier = Verifier::new(MemoryStore::new(), settings);
    /// # let ctx = Context::new(Timestamp::now()?, Channel::Agent, Interaction::begin()?);
    /// let subject = Subject::new("bank", "C-1042")?;
    /// verifier.create(&subject, &ctx)?;
    /// assert!(verifier.erase(&subject)?);
    /// assert!(!verifier.erase(&subject)?);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn erase(&self, subject: &Subject) -> Result<bool, Error> {
        let key = Key::of(subject);
        let remove = |present: Option<Entry>| {
            let Some(entry) = present else {
                return Ok(Raced::Won(false));
            };
            let was_account = entry.expires_at().is_none();
            Ok(match self.store.remove(&key, &entry.version())? {
                Replaced::Stored => Raced::Won(was_account),
                Replaced::Conflict(winner) => Raced::Lost(winner),
            })
        };
        self.turns.race(&self.store, &key, None, Ok, remove)
    }

    /// Computes and settles what a check has reserved, if that is what it led to.
    fn computed(
        &self,
        step: CheckStep,
        subject: &Subject,
        permit: Option<HashPermit>,
        ctx: &Context,
    ) -> Result<Outcome, Error> {
        let reserved = match step {
            CheckStep::Known(outcome) => return Ok(outcome),
            CheckStep::Expensive(reserved) => reserved,
        };
        // One permit, and not one for each answer: several would serve this caller sooner, and send the next one away.
        let mut permit: Vec<HashPermit> = permit.into_iter().collect();
        let worked = reserved.work_shared(&mut permit)?;
        drop(permit);
        self.drive(subject, ctx, |account| account.settle(&worked, ctx))
    }

    /// Waits for the permit of one computation.
    fn permit(&self, traceless: bool) -> Option<HashPermit> {
        let (stretch, patience) = (self.settings.hash_pool(), self.settings.permit_wait());
        if traceless {
            stretch.traceless_permit_within(patience)
        } else {
            stretch.permit_within(patience)
        }
    }

    /// Drops what is past its time from the store, and returns how many records that were: the decoys of unknown
    /// subjects, and counts of issued codes. Records of customers stay.
    ///
    /// Call it once an hour, from one process. Nothing else drops these records. A late call costs room and nothing else:
    /// a record that is past its time no longer counts.
    ///
    /// Give it the present moment: what is past its time at `now` is gone, and its locks with it.
    ///
    /// # Errors
    /// Store, if the store fails.
    ///
    /// ```
    /// # use countersign::{Attempt, Channel, Code, Context, Interaction, Settings, Subject, Timestamp, Verifier, field::{Keyring, LongTermSecret, RootKey}, store::memory::MemoryStore};
    /// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
    /// # let verifier = Verifier::new(MemoryStore::new(), settings);
    /// # let now = Timestamp::now()?;
    /// # let ctx = Context::new(now, Channel::Agent, Interaction::begin()?);
    /// let nobody = Subject::new("bank", "C-9999")?;
    /// verifier.check(&nobody, &Attempt::Totp(Code::typed("123456")), &ctx)?;
    /// assert_eq!(verifier.purge(now)?, 0, "its locks still count");
    ///
    /// let in_two_months = Timestamp::from_unix(now.unix() as i64 + 60 * 86_400)?;
    /// assert_eq!(verifier.purge(in_two_months)?, 1);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn purge(&self, now: Timestamp) -> Result<usize, Error> {
        let dropped = self.store.purge(now)?;
        self.decoys().purged(now);
        Ok(dropped)
    }

    /// Takes a step and stores it, again and again until nobody else was first.
    fn drive<O>(
        &self,
        subject: &Subject,
        ctx: &Context,
        step: impl Fn(&Account) -> Result<Transition<Recorded<O>, Sealed>, Error>,
    ) -> Result<O, Error> {
        self.drive_held(subject, None, ctx, step)
    }

    /// The same, the first try for an account that may be at hand.
    fn drive_held<O>(
        &self,
        subject: &Subject,
        held: Option<Held>,
        ctx: &Context,
        step: impl Fn(&Account) -> Result<Transition<Recorded<O>, Sealed>, Error>,
    ) -> Result<O, Error> {
        let key = Key::of(subject);
        let told = self.turns.race(
            &self.store,
            &key,
            held,
            |present| self.hold(subject, present, ctx),
            |held| {
                let mut winner = None;
                let told = step(&held.account)?.commit(|sealed| {
                    // An account that is made of a decoy is none any more.
                    let kept = sealed.entry().expires_at();
                    if held.traceless && kept.is_some() {
                        return Saved::Stored;
                    }
                    let saved = self.save(&key, sealed, &mut winner);
                    if let (Some(until), Saved::Stored) = (kept, &saved) {
                        if held.account.is_new_decoy(ctx.now()) {
                            self.decoys().count(ctx.now(), until);
                        } else {
                            let before = held.account.remembered_until();
                            self.decoys().written_again(before, until);
                        }
                    }
                    saved
                })?;
                Ok(raced(told, winner))
            },
        )?;
        // Store, audit, tell: a sink that fails withholds the outcome. The turn is over, so a sink may call this verifier.
        self.audit.write(&told.event)?;
        Ok(told.outcome)
    }

    fn load(&self, subject: &Subject, ctx: &Context) -> Result<Held, Error> {
        self.hold(subject, self.store.load(&Key::of(subject))?, ctx)
    }

    fn hold(
        &self,
        subject: &Subject,
        present: Option<Entry>,
        ctx: &Context,
    ) -> Result<Held, Error> {
        let account = self.account(subject, present, ctx.now())?;
        let limit = self.settings.decoy_limit();
        let is_new = account.is_new_decoy(ctx.now());
        let traceless = is_new && !self.decoys().has_room(ctx.now(), limit);
        Ok(Held { account, traceless })
    }

    /// Charges one code to each count, or to none; until when to wait, if one refuses.
    fn spend_on_all(
        &self,
        purses: &[IssueBudget],
        held: &Held,
        order: &CodeOrder,
        ctx: &Context,
    ) -> Result<Option<Timestamp>, Error> {
        let (factor, traceless, now) = (order.factor(), held.traceless, ctx.now());
        let mut counts = Vec::with_capacity(purses.len());
        for purse in purses {
            let present = self.store.load(purse.key())?;
            let refuses = purse.refuses(present.as_ref(), now)?;
            counts.push((purse, present, refuses));
        }
        // One that refuses comes first, so that nothing is charged to the others.
        counts.sort_by_key(|(.., refuses)| !refuses);
        for (place, (purse, present, _)) in counts.iter().enumerate() {
            let budget = purse.budget;
            let charge = |present: Option<&Entry>| purse.charge(present, now);
            let spend = match self.count(purse, present.clone(), traceless, charge) {
                Ok(spend) => spend,
                Err(error) => {
                    // Nothing will be sent. Where this fails too, a count is too high, and never too low.
                    let charged = counts.iter().take(place).map(|(purse, ..)| *purse);
                    let _ = self.give_back(charged, traceless, now);
                    return Err(error);
                }
            };
            let (what, charged) = match spend {
                QuotaDecision::Taken => continue,
                QuotaDecision::Alarm => (
                    EventKind::IssueAlarm { factor, budget },
                    place.saturating_add(1),
                ),
                QuotaDecision::Refused { .. } => {
                    (EventKind::IssueOverBudget { factor, budget }, place)
                }
            };
            let written = self.audit.write(&held.account.note(ctx, what));
            if written.is_err() || matches!(spend, QuotaDecision::Refused { .. }) {
                // Nothing will be sent; and an alarm that nobody heard is to come again.
                let charged = counts.iter().take(charged);
                self.give_back(charged.map(|(purse, ..)| *purse), traceless, now)?;
                written?;
            }
            if let QuotaDecision::Refused { until } = spend {
                return Ok(Some(until));
            }
        }
        Ok(None)
    }

    /// Gives back what an order was charged that came to nothing.
    fn give_back<'p>(
        &self,
        purses: impl IntoIterator<Item = &'p IssueBudget>,
        traceless: bool,
        now: Timestamp,
    ) -> Result<(), Error> {
        for purse in purses {
            let present = self.store.load(purse.key())?;
            let back = |present: Option<&Entry>| purse.give_back(present, now);
            self.count(purse, present, traceless, back)?;
        }
        Ok(())
    }

    /// Changes a count, again and again until nobody else was first.
    fn count<O>(
        &self,
        purse: &IssueBudget,
        present: Option<Entry>,
        traceless: bool,
        step: impl Fn(Option<&Entry>) -> Result<Transition<O, Sealed>, Error>,
    ) -> Result<O, Error> {
        let attempt = |present: Option<Entry>| {
            let mut winner = None;
            let told = step(present.as_ref())?.commit(|sealed| {
                if traceless {
                    return Saved::Stored;
                }
                self.save(purse.key(), sealed, &mut winner)
            })?;
            Ok(raced(told, winner))
        };
        self.turns
            .race(&self.store, purse.key(), Some(present), Ok, attempt)
    }

    /// The compare-and-swap; and what won it, if something else did.
    fn save(&self, key: &Key, sealed: &Sealed, winner: &mut Option<Entry>) -> Saved<Error> {
        match self
            .store
            .replace(key, sealed.expected().as_ref(), sealed.entry())
        {
            Ok(Replaced::Stored) => Saved::Stored,
            Ok(Replaced::Conflict(present)) => {
                *winner = present;
                Saved::Conflict
            }
            Err(cause) => Saved::Failed(cause),
        }
    }

    /// The stored account, or a decoy for a subject that has none.
    fn account(
        &self,
        subject: &Subject,
        present: Option<Entry>,
        now: Timestamp,
    ) -> Result<Account, Error> {
        let Some(entry) = present else {
            return Account::unknown(&self.settings, subject, now);
        };
        let account = Account::open(&self.settings, subject, entry.bytes(), 0)?;
        if account.version() != Some(entry.version()) {
            let why = "the store names another version than its bytes hold";
            return Err(Error::corrupt("the account record", why));
        }
        Ok(account)
    }

    fn decoys(&self) -> MutexGuard<'_, StoredDecoys> {
        // Nothing under this lock leaves its counts half-way.
        self.decoys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: fmt::Debug, A> fmt::Debug for Verifier<S, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("store", &self.store)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

fn raced<T>(told: CommitResult<T>, winner: Option<Entry>) -> Raced<T> {
    match told {
        CommitResult::Stored(told) => Raced::Won(told),
        CommitResult::Conflict => Raced::Lost(winner),
    }
}
