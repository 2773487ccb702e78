//! Dear checks: charge first, compute, then settle.
//!
//! A flood of guesses at answers or passwords must buy neither CPU time nor guesses (pitfall B6). So the attempt is charged in a
//! first write that gives a reservation; one reservation is one computation and one settlement. A wrong verdict
//! writes nothing more; a right one swaps again and takes the charge back.

use core::fmt;

use crate::account::authenticators::hashed::{HashedGuess, Renewed};
use crate::account::outcome::Outcome;
use crate::account::record::budget::Budget;
use crate::account::{Account, Draft, Recorded, Sealed};
use crate::context::{Context, Interaction};
use crate::error::Error;
use crate::event::{EventKind, Reason};
use crate::factor::Factor;
use crate::field::Keyring;
use crate::hashing::{Cost, HashPermit};
use crate::knowledge::QuestionId;
use crate::limits::throttle::{Charge, Lane};
use crate::status::Lock;
use crate::time::Timestamp;
use crate::transition::Transition;

/// What [`Account::check`] leads to: an outcome, or a computation that was charged and comes first.
///
/// ```
/// use countersign::{Error, Outcome, account::{CheckStep, ComputedCheck}, hashing::HashPermit};
/// fn go_on(step: CheckStep, permit: &mut HashPermit) -> Result<Result<Outcome, ComputedCheck>, Error> {
///     Ok(match step {
///         CheckStep::Known(outcome) => Ok(outcome),
///         CheckStep::Expensive(reserved) => Err(reserved.work(permit)?),
///     })
/// }
/// ```
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "a check takes one step or two")]
pub enum CheckStep {
    /// This is the outcome.
    Known(Outcome),
    /// Compute it with a permit, then [`settle`](Account::settle).
    Expensive(PendingCheck),
}

/// A guess that is charged and waits to be computed: once. It can be sent to another thread.
///
/// ```
/// fn compute(reserved: countersign::account::PendingCheck, permit: &mut countersign::hashing::HashPermit) -> Result<countersign::account::ComputedCheck, countersign::Error> {
///     reserved.work(permit)
/// }
/// fn can_be_sent<T: Send>() {}
/// can_be_sent::<countersign::account::PendingCheck>();
/// ```
///
/// One reservation is one computation:
///
/// ```compile_fail
/// fn twice(reserved: countersign::account::PendingCheck, permit: &mut countersign::hashing::HashPermit) {
///     let first = reserved.work(permit);
///     let second = reserved.work(permit);
/// }
/// ```
pub struct PendingCheck {
    guess: Box<HashedGuess>,
    keyring: Keyring,
    /// Of what takes the place of a verifier that is old.
    cost: Cost,
    ticket: Ticket,
}

/// What a settlement must find as the reservation left it.
struct Ticket {
    /// Tells records apart, also one that was deleted and made anew.
    pseudonym: [u8; 16],
    revision: u64,
    epoch: u32,
    at: Timestamp,
    /// The call it was given in: evidence of it belongs there.
    interaction: Interaction,
    factor: Factor,
    budget: Budget,
    /// The enrolment the guess was made at; none for a decoy or a subject without one.
    enrolment: Option<u16>,
    charge: Charge,
}

impl PendingCheck {
    /// Judges the password or PIN, or all answers together. Takes the same time whatever is wrong.
    ///
    /// # Errors
    /// Misuse, if a stored cost cannot be computed. The charge then stands.
    ///
    /// ```
    /// # fn example(reserved: countersign::account::PendingCheck, stretch: &countersign::hashing::HashPool) -> Result<(), countersign::Error> {
    /// if let Some(mut permit) = stretch.permit() {
    ///     let worked = reserved.work(&mut permit)?;
    /// }
    /// # Ok(()) }
    /// ```
    pub fn work(self, permit: &mut HashPermit) -> Result<ComputedCheck, Error> {
        self.work_shared(core::slice::from_mut(permit))
    }

    /// The same, the computations of several answers shared out to as many threads as there are permits.
    ///
    /// # Errors
    /// As [`work`](Self::work); misuse, if there is no permit.
    ///
    /// ```
    /// # fn example(reserved: countersign::account::PendingCheck, stretch: &countersign::hashing::HashPool) -> Result<(), countersign::Error> {
    /// let mut permits = stretch.permits(2);
    /// if !permits.is_empty() {
    ///     let worked = reserved.work_shared(&mut permits)?;
    /// }
    /// # Ok(()) }
    /// ```
    pub fn work_shared(self, permits: &mut [HashPermit]) -> Result<ComputedCheck, Error> {
        let (right, renewed) = self.guess.judge(&self.keyring, self.cost, permits)?;
        Ok(ComputedCheck {
            right: right && self.ticket.enrolment.is_some(),
            renewed,
            ticket: self.ticket,
        })
    }
}

impl fmt::Debug for PendingCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reserved(..)")
    }
}

/// A computed guess. It tells nothing until it is settled.
///
/// ```
/// fn settle(account: &countersign::account::Account, worked: &countersign::account::ComputedCheck, ctx: &countersign::Context) {
///     let step = account.settle(worked, ctx);
/// }
/// ```
pub struct ComputedCheck {
    right: bool,
    renewed: Option<Renewed>,
    ticket: Ticket,
}

impl fmt::Debug for ComputedCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Worked(..)")
    }
}

impl Draft<'_> {
    /// Charges a guess and reserves its computation.
    pub(in crate::account) fn reserve(
        mut self,
        guess: HashedGuess,
        budget: Budget,
        lane: Lane,
        ctx: &Context,
    ) -> Result<Transition<Recorded<CheckStep>, Sealed>, Error> {
        let settings = &self.account.settings;
        guess.expect_pepper(settings.keyring())?;
        let factor = guess.factor();
        if let Some(until) = self.next.computations_release() {
            let what = EventKind::Locked {
                factor,
                until: Some(until),
            };
            let outcome = CheckStep::Known(Outcome::Locked(Lock::Until(until)));
            return self.tell(ctx, what, outcome);
        }
        let enrolment = self.next.enrolment(factor).filter(|_| !self.next.decoy);
        let limits = settings.limits_of(budget);
        let at = self.next.moment(ctx.now());
        let charge = self.next.throttle(budget).charge(lane, &at, &limits);
        let revision = self.revision();
        self.next.reserve(revision, ctx.now());
        let reserved = PendingCheck {
            guess: Box::new(guess),
            keyring: settings.keyring().clone(),
            cost: settings.hash_pool().cost(),
            ticket: Ticket {
                pseudonym: self.next.pseudonym,
                revision,
                epoch: self.next.epoch,
                at: ctx.now(),
                interaction: ctx.interaction(),
                factor,
                budget,
                enrolment,
                charge,
            },
        };
        self.step(
            ctx,
            EventKind::Reserved { factor },
            CheckStep::Expensive(reserved),
        )
    }
}

impl Account {
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
    pub fn settle(
        &self,
        worked: &ComputedCheck,
        ctx: &Context,
    ) -> Result<Transition<Recorded<Outcome>, Sealed>, Error> {
        let mut draft = self.draft(ctx)?;
        let Ticket {
            factor,
            budget,
            charge,
            ..
        } = &worked.ticket;
        let factor = *factor;
        let reason = match draft.redeem(worked, ctx) {
            Ok(()) => {
                draft.next.throttle(*budget).refund(charge);
                if factor == Factor::Questions {
                    draft.ask_anew()?;
                }
                if let Some(renewed) = &worked.renewed {
                    draft.next.renew(renewed);
                }
                let (sealed, told) = draft.accept(factor, None, None, ctx)?;
                return Ok(Transition::to(sealed, told));
            }
            Err(reason) => reason,
        };
        draft.tell(ctx, EventKind::Denied { factor, reason }, Outcome::Denied)
    }
}

impl Draft<'_> {
    /// Takes the reservation of a right guess, if all is as it was.
    fn redeem(&mut self, worked: &ComputedCheck, ctx: &Context) -> Result<(), Reason> {
        let ticket = &worked.ticket;
        if self.next.decoy {
            return Err(Reason::UnknownSubject);
        }
        if ticket.enrolment.is_none() {
            return Err(Reason::NotEnrolled);
        }
        if !worked.right {
            return Err(Reason::Wrong);
        }
        if self.next.suspended {
            return Err(Reason::Suspended);
        }
        let same = self.next.pseudonym == ticket.pseudonym
            && self.next.epoch == ticket.epoch
            && ctx.interaction() == ticket.interaction
            && self.next.enrolment(ticket.factor) == ticket.enrolment
            && !self.next.throttle(ticket.budget).closed_after(
                &ticket.charge,
                &self.account.settings.limits_of(ticket.budget),
            );
        if !same {
            return Err(Reason::Superseded);
        }
        if self.next.take_reservation(ticket.revision) {
            return Ok(());
        }
        // Nothing else takes a reservation away: see `Record::reserve`.
        Err(if self.next.is_too_late(ticket.at) {
            Reason::Expired
        } else {
            Reason::Replayed
        })
    }

    /// The questions of the next check: drawn after a success only (pitfall B28).
    fn ask_anew(&mut self) -> Result<(), Error> {
        let catalogue = self.account.settings.catalogue();
        if let (Some(slot), Some(catalogue)) = (self.next.questions.as_mut(), catalogue) {
            let drawn = catalogue.redraw(&slot.verifiers)?;
            slot.asked = drawn.into_iter().map(QuestionId::number).collect();
        }
        Ok(())
    }
}
