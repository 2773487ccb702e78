//! The verifier whose calls block the thread.

use core::fmt;
use core::time::Duration;

use super::budgets;
use super::records::{Held, Records};
use crate::account::{
    Account, Attempt, Change, Changed, CheckStep, Dialog, Outcome, Recorded, Sealed, Settings,
};
use crate::context::Context;
use crate::delivered::{CodeOrder, Issued};
use crate::error::Error;
use crate::event::{Audit, RedeemRefusal};
use crate::grant::{Authority, Grant, Redeemed};
use crate::hashing::HashPermit;
use crate::knowledge::{Prompt, QuestionId, WordPrompt};
use crate::otp::ocra::OcraTask;
use crate::recovery::RecoveryCodeList;
use crate::status::{Lock, Status};
use crate::store::Store;
use crate::subject::Subject;
use crate::time::Timestamp;
use crate::transition::Transition;

/// Verifies subjects over a store. Threads share it. Processes share the store.
///
/// A try at an unknown name stores a record of its own, a decoy, which expires after
/// [`Account::DECOY_LIFETIME`]. Call [`purge`](Self::purge) once an hour. It drops these decoys and old counts of issued
/// codes. A process stores no more decoys than [`Settings::with_decoy_limit`] allows.
///
/// Make one verifier for a process, and share it: its threads write a record in turns, if they meet at it. Calls block
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
pub struct Verifier<S, A = ()> {
    records: Records<S>,
    audit: A,
}

impl<S: Store> Verifier<S> {
    /// Makes a verifier over a store, without an audit trail.
    pub fn new(store: S, settings: Settings) -> Self {
        Self {
            records: Records::new(store, settings),
            audit: (),
        }
    }
}

impl<S, A> Verifier<S, A> {
    /// How long a caller without a permit should wait. A computation takes less.
    const RETRY_AFTER: Duration = Duration::from_secs(1);
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
            records: self.records,
            audit,
        }
    }

    /// Returns the settings.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        self.records.settings()
    }

    /// Creates an account for a new subject.
    ///
    /// # Errors
    /// Misuse, if the subject has one. Corrupt or store, if the store or the record is not as it must be.
    pub fn create(&self, subject: &Subject, ctx: &Context) -> Result<(), Error> {
        self.step(subject, None, ctx, |account| {
            if !account.is_decoy() {
                return Err(Error::misuse("subject", "has an account already"));
            }
            Account::create(self.settings(), subject, account.version(), ctx)
        })
        .map(|_| ())
    }

    /// Changes an account: see [`Account::change`].
    ///
    /// # Errors
    /// As [`Account::change`]. Corrupt or store, if the store or the record is not as it must be.
    pub fn change(
        &self,
        subject: &Subject,
        change: &Change,
        by: &Authority<'_>,
        ctx: &Context,
    ) -> Result<Changed, Error> {
        self.step(subject, None, ctx, |account| {
            account.change(change, by, ctx)
        })
    }

    /// Draws a new list of recovery codes: see [`Account::generate_recovery_codes`].
    ///
    /// # Errors
    /// As [`Account::generate_recovery_codes`]. Corrupt or store, if the store or the record is not as it must be.
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
        self.step(subject, None, ctx, |account| {
            account.generate_recovery_codes(count, by, ctx)
        })
    }

    /// Checks an attempt. The outcome is returned once it is stored and in the audit trail.
    ///
    /// A password, a PIN or answers wait for a permit first, in turn and no longer than
    /// [`Settings::with_permit_wait`] says. Without one the outcome is [`Busy`](Outcome::Busy), and nothing is charged.
    ///
    /// # Errors
    /// Corrupt or store, if the store, the record or the audit trail is not as it must be. The subject is not verified then, and
    /// an attempt that was charged stays charged.
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
            let step = self.step(subject, None, ctx, |account| account.check(attempt, ctx))?;
            return self.computed(step, subject, None, ctx);
        }
        // The permit comes before anything is charged or compared. The subject counts in one case only: an unknown name in a
        // flood of such names.
        let held = self.records.load(subject, ctx)?;
        let Some(permit) = self.permit(held.traceless) else {
            return Ok(Outcome::Busy {
                retry_after: Self::RETRY_AFTER,
            });
        };
        let step = self.step(subject, Some(held), ctx, |account| {
            account.check(attempt, ctx)
        })?;
        self.computed(step, subject, Some(permit), ctx)
    }

    /// Issues a code: see [`Account::issue`].
    ///
    /// `Issued::Ready` means that the code was drawn and stored. The host sends the [`Delivery`](crate::delivered::Delivery). A customer
    /// without an address for this route gets an empty one, and so does an unknown subject.
    ///
    /// Before that the order is charged to the [quotas](crate::limits::QuotaScope) of its destination and of its block of telephone
    /// numbers. These count the orders in the name of any subject. If one is spent, the answer is to wait. If a count cannot be stored,
    /// nothing is sent, and the other is given back. If the code cannot be stored, the charge stays.
    ///
    /// An unknown subject has counts of its own, and is charged alike. So an attacker can learn one thing. Spend all that a block of
    /// numbers may be sent. A refusal for another name then shows that this name has a number in that block. It costs that many
    /// messages to numbers of the block, and [`EventKind::IssueAlarm`](crate::audit::EventKind::IssueAlarm) comes before.
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
        let held = self.records.load(subject, ctx)?;
        let traceless = held.traceless;
        let charged = held.account.issue_budgets(order, ctx)?;
        if let Some(until) =
            budgets::charge(&self.records, &self.audit, &charged, &held, order, ctx)?
        {
            return Ok(Issued::RateLimited(Lock::Until(until)));
        }
        let issued = self.step(subject, Some(held), ctx, |account| {
            account.issue(order, ctx)
        })?;
        if matches!(issued, Issued::RateLimited(_)) {
            // Another call was faster, and the record has no place left. Nothing was sent.
            budgets::give_back(&self.records, &charged, traceless, ctx.now())?;
        }
        Ok(issued)
    }

    /// Asks the customer's device: see [`Account::challenge`].
    ///
    /// # Errors
    /// As [`Account::challenge`]. Corrupt or store, if the store, the record or the audit trail is not as it must be.
    pub fn challenge(
        &self,
        subject: &Subject,
        order: &OcraTask<'_>,
        ctx: &Context,
    ) -> Result<Issued<Dialog>, Error> {
        self.step(subject, None, ctx, |account| account.challenge(order, ctx))
    }

    /// Returns the questions to ask: see [`Account::questions`]. Writes nothing.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn questions(&self, subject: &Subject, ctx: &Context) -> Result<Vec<QuestionId>, Error> {
        self.records.read(subject, ctx)?.questions()
    }

    /// Returns the questions to ask, for a screen: see [`Account::prompts`]. Writes nothing.
    ///
    /// # Errors
    /// As [`Account::prompts`], and as [`check`](Self::check).
    pub fn prompts(&self, subject: &Subject, ctx: &Context) -> Result<Vec<Prompt>, Error> {
        self.records.read(subject, ctx)?.prompts()
    }

    /// Returns the letters of the memorable word to ask for: see [`Account::word_prompt`]. Writes nothing.
    ///
    /// # Errors
    /// As [`Account::word_prompt`], and as [`check`](Self::check).
    pub fn word_prompt(&self, subject: &Subject, ctx: &Context) -> Result<WordPrompt, Error> {
        self.records.read(subject, ctx)?.word_prompt()
    }

    /// Returns the factors that the subject can use, and their locks: see [`Account::status`]. Writes nothing.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn status(&self, subject: &Subject, ctx: &Context) -> Result<Status, Error> {
        Ok(self.records.read(subject, ctx)?.status(ctx))
    }

    /// Redeems a grant, once: see [`Account::redeem`].
    ///
    /// # Errors
    /// As [`check`](Self::check).
    ///
    /// ```
    /// # use countersign::{Context, Error, Grant, Redeemed, Verifier, store::Store};
    /// fn pay<S: Store>(verifier: &Verifier<S>, grant: &Grant, ctx: &Context) -> Result<(), Error> {
    ///     match verifier.redeem(grant, ctx)? {
    ///         Ok(redeemed) => carry_out(redeemed),
    ///         Err(reason) => eprintln!("not carried out: {reason:?}"),
    ///     }
    ///     Ok(())
    /// }
    /// fn carry_out(redeemed: Redeemed) { /* no caller gets here twice */ }
    /// ```
    pub fn redeem(
        &self,
        grant: &Grant,
        ctx: &Context,
    ) -> Result<Result<Redeemed, RedeemRefusal>, Error> {
        self.step(grant.subject(), None, ctx, |account| {
            account.redeem(grant, ctx)
        })
    }

    /// Deletes everything that is kept of a subject. Returns whether it had an account.
    ///
    /// If attackers tried the name of a subject without one, their decoy goes, and the answer is `false`. Counts of messages to a
    /// destination belong to no subject: they go when [`purge`](Store::purge) finds them expired.
    ///
    /// # Errors
    /// Store, if the store fails or too many others write.
    pub fn erase(&self, subject: &Subject) -> Result<bool, Error> {
        self.records.erase(subject)
    }

    /// Drops expired records from the store, and returns how many: the decoys of unknown
    /// subjects, and counts of issued codes. Records of customers stay.
    ///
    /// Call it once an hour, from one process. Nothing else drops these records. A late call costs room and nothing else:
    /// an expired record no longer counts.
    ///
    /// Give it the present moment: a record that is expired at `now` is gone, and its locks with it.
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
        self.records.purge(now)
    }

    /// Takes a step on the account, which may be at hand, and writes its event.
    ///
    /// The turn is over by then, so a sink may call this verifier. A sink that fails withholds the outcome.
    fn step<O>(
        &self,
        subject: &Subject,
        held: Option<Held>,
        ctx: &Context,
        step: impl Fn(&Account) -> Result<Transition<Recorded<O>, Sealed>, Error>,
    ) -> Result<O, Error> {
        let recorded = self.records.drive(subject, held, ctx, step)?;
        self.audit.write(&recorded.event)?;
        Ok(recorded.outcome)
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
            CheckStep::Break(outcome) => return Ok(outcome),
            CheckStep::Continue(reserved) => reserved,
        };
        // One permit, and not one for each answer: several would serve this caller sooner, and send the next one away.
        let mut permit: Vec<HashPermit> = permit.into_iter().collect();
        let worked = reserved.work_shared(&mut permit)?;
        drop(permit);
        self.step(subject, None, ctx, |account| account.settle(&worked, ctx))
    }

    /// Waits for the permit of one computation.
    fn permit(&self, traceless: bool) -> Option<HashPermit> {
        let (pool, patience) = (self.settings().hash_pool(), self.settings().permit_wait());
        if traceless {
            pool.traceless_permit_within(patience)
        } else {
            pool.permit_within(patience)
        }
    }
}

impl<S: fmt::Debug, A> fmt::Debug for Verifier<S, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("store", self.records.store())
            .field("settings", self.records.settings())
            .finish_non_exhaustive()
    }
}
