//! The one door: an attempt comes in, and evidence or a denial goes out.

use crate::account::authenticators::hashed::HashedGuess;
use crate::account::authenticators::several::Slot;
use crate::account::outcome::{Outcome, lock};
use crate::account::record::budget::Budget;
use crate::account::steps::settle::CheckStep;
use crate::account::{Account, Draft, Recorded, Sealed};
use crate::code::Code;
use crate::context::{Channel, Context, TransactionDigest};
use crate::delivered::Purpose;
use crate::error::Error;
use crate::event::{EventKind, Reason};
use crate::evidence::{Evidence, ExternalVerification};
use crate::factor::{Factor, Strength};
use crate::knowledge::{Answers, WordLetters};
use crate::limits::throttle::Lane;
use crate::otp::ocra::OcraResponse;
use crate::otp::{Hotp, HotpState, Totp, TotpState};
use crate::password::{Password, Pin};
use crate::status::Lock;
use crate::time::Timestamp;
use crate::transition::{self, Transition};

/// What somebody offers to be verified by. It names its factor, and only that factor is charged.
///
/// ```
/// use countersign::{Attempt, Code};
/// let attempt = Attempt::Totp(Code::typed("755 224"));
/// assert!(!attempt.needs_hashing());
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Attempt {
    /// A code from an authenticator app.
    Totp(Code),
    /// Two consecutive codes from an app whose clock runs ahead, judged together (RFC 6238 6). It is one try.
    TotpPair(Code, Code),
    /// A code from a token with a button.
    Hotp(Code),
    /// Two consecutive codes from a token that is far ahead, judged together (RFC 4226 7.4). It is one try.
    HotpPair(Code, Code),
    /// A code that was sent to authenticate, of either kind. A private code that comes in where the host's people hear it
    /// ([`Channel::reveals_to_host`](crate::Channel::reveals_to_host): agent, keypad, counter) is denied and void.
    Delivered(Code),
    /// A code that was sent to recover, of either kind (SP 800-63B-4 4.2.1.2).
    IssuedRecoveryCode(Code),
    /// A binding code, typed where an authenticator is to be added (SP 800-63B-4 4.1.2.2): see
    /// [`CodeOrder::binding`](crate::delivered::CodeOrder::binding).
    BindingCode(Code),
    /// The response to the question that waits in this interaction: see [`Account::challenge`].
    Ocra(OcraResponse),
    /// A code from the customer's list of recovery codes.
    Recovery(Code),
    /// Answers to the questions that stand, all together.
    Questions(Answers),
    /// The letters of the memorable word that were asked for, all together.
    Word(WordLetters),
    /// A password.
    Password(Password),
    /// A PIN that the host checks.
    Pin(Pin),
    /// What the host verified itself.
    External(ExternalVerification),
}

impl Attempt {
    /// Whether judging it takes Argon2id, and so a permit and two writes.
    ///
    /// ```
    /// use countersign::{Attempt, knowledge::Answers};
    /// assert!(Attempt::Questions(Answers::new()).needs_hashing());
    /// ```
    #[must_use]
    pub const fn needs_hashing(&self) -> bool {
        matches!(self, Self::Questions(_) | Self::Password(_) | Self::Pin(_))
    }

    /// The factor; a delivered code's kind is the one that belongs on the channel, until it is found.
    const fn factor(&self, channel: Channel) -> Factor {
        match self {
            Self::Totp(_) | Self::TotpPair(..) => Factor::Totp,
            Self::Hotp(_) | Self::HotpPair(..) => Factor::Hotp,
            Self::Delivered(_) if channel.reveals_to_host() => Factor::SpokenCode,
            Self::Delivered(_) => Factor::PrivateCode,
            Self::IssuedRecoveryCode(_) => Factor::IssuedRecoveryCode,
            Self::BindingCode(_) => Factor::BindingCode,
            Self::Ocra(_) => Factor::Ocra,
            Self::Recovery(_) => Factor::RecoveryCode,
            Self::Questions(_) => Factor::Questions,
            Self::Word(_) => Factor::Word,
            Self::Password(_) => Factor::Password,
            Self::Pin(_) => Factor::Pin,
            Self::External(_) => Factor::External,
        }
    }
}

/// What a judge finds: what was shown and for which transaction, or why not.
pub(in crate::account) type Verdict = Result<(Factor, Option<TransactionDigest>), Reason>;

impl Account {
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
    pub fn check(
        &self,
        attempt: &Attempt,
        ctx: &Context,
    ) -> Result<Transition<Recorded<CheckStep>, Sealed>, Error> {
        let mut draft = self.draft(ctx)?;
        let factor = attempt.factor(ctx.channel());
        if draft.next.suspended {
            let what = EventKind::Denied {
                factor,
                reason: Reason::Suspended,
            };
            return draft.tell(ctx, what, CheckStep::Known(Outcome::Denied));
        }
        let Some(budget) = Budget::of(factor) else {
            // What the host attests is not guessed: there is nothing to count, and nothing to lock.
            return draft.attested(attempt, ctx);
        };
        let lane = draft.next.lane(ctx.interaction(), budget);
        let (at, limits) = (
            draft.next.moment(ctx.now()),
            self.settings.limits_of(budget),
        );
        let admission = draft.next.throttle(budget).admit(lane, &at, &limits);
        if let Some(lock) = lock(admission) {
            let until = if let Lock::Until(until) = lock {
                Some(until)
            } else {
                None
            };
            let what = EventKind::Locked { factor, until };
            let outcome = CheckStep::Known(Outcome::Locked(lock));
            return draft.tell(ctx, what, outcome);
        }
        let verdict = match attempt {
            Attempt::Totp(code) => draft.judge_totp(code, ctx.now()),
            Attempt::TotpPair(first, second) => draft.judge_totp_pair(first, second, ctx.now()),
            Attempt::Hotp(code) => draft.judge_hotp(|hotp, state| hotp.check(state, code)),
            Attempt::HotpPair(first, second) => {
                draft.judge_hotp(|hotp, state| hotp.check_pair(state, first, second))
            }
            Attempt::Ocra(response) => draft.judge_ocra(response, ctx)?,
            Attempt::Recovery(code) => draft.judge_recovery(code),
            Attempt::Delivered(code) => {
                return draft.check_delivered(code, Purpose::Authenticate, lane, factor, ctx);
            }
            Attempt::IssuedRecoveryCode(code) => {
                return draft.check_delivered(code, Purpose::Recover, lane, factor, ctx);
            }
            Attempt::BindingCode(code) => {
                return draft.check_delivered(code, Purpose::BindAuthenticator, lane, factor, ctx);
            }
            Attempt::Questions(answers) => {
                let guess = HashedGuess::at_answers(self, &draft.next, answers)?;
                return draft.reserve(guess, budget, lane, ctx);
            }
            Attempt::Password(typed) => {
                let guess = HashedGuess::at_password(&self.settings, &draft.next, typed)?;
                return draft.reserve(guess, budget, lane, ctx);
            }
            Attempt::Pin(typed) => {
                let guess = HashedGuess::at_pin(&self.settings, &draft.next, typed)?;
                return draft.reserve(guess, budget, lane, ctx);
            }
            Attempt::Word(letters) => draft.judge_word(letters, ctx)?,
            Attempt::External(_) => Err(Reason::Wrong),
        };
        draft.conclude(verdict, budget, lane, factor, ctx)
    }
}

impl Draft<'_> {
    /// Stores a verdict: a success ends the run of wrong tries, anything else is charged.
    pub(in crate::account) fn conclude(
        mut self,
        verdict: Verdict,
        budget: Budget,
        lane: Lane,
        tried: Factor,
        ctx: &Context,
    ) -> Result<Transition<Recorded<CheckStep>, Sealed>, Error> {
        let verdict = if self.next.decoy {
            Err(Reason::UnknownSubject)
        } else {
            verdict
        };
        match verdict {
            Ok((factor, binding)) => {
                self.next.throttle(budget).succeed(lane);
                let (sealed, told) = self.accept(factor, None, binding, ctx)?;
                let Recorded { outcome, event } = told;
                Ok(Transition::to(
                    sealed,
                    Recorded {
                        outcome: CheckStep::Known(outcome),
                        event,
                    },
                ))
            }
            Err(reason) => {
                let limits = self.account.settings.limits_of(budget);
                let at = self.next.moment(ctx.now());
                self.next.throttle(budget).charge(lane, &at, &limits);
                let factor = if reason == Reason::PrivateCodeTold {
                    Factor::PrivateCode
                } else {
                    tried
                };
                let what = EventKind::Denied { factor, reason };
                self.step(ctx, what, CheckStep::Known(Outcome::Denied))
            }
        }
    }

    /// Stores a success and vouches for it.
    pub(in crate::account) fn accept(
        mut self,
        factor: Factor,
        attestation: Option<&ExternalVerification>,
        binding: Option<TransactionDigest>,
        ctx: &Context,
    ) -> Result<(Sealed, Recorded<Outcome>), Error> {
        // What is worth nothing by itself (a caller's number, say) does not make a stranger known: the known lane is kept
        // for whoever a stranger cannot pass for.
        if attestation.is_none_or(|given| given.strength > Strength::Weak) {
            self.next.hold(ctx.interaction(), factor, ctx.now());
        }
        let (sealed, event) = self.store(ctx, EventKind::Accepted { factor })?;
        let facts = Evidence::of(
            &self.account.subject,
            self.next.epoch,
            factor,
            attestation,
            binding,
            ctx,
        );
        Ok((
            sealed,
            Recorded {
                outcome: Outcome::Accepted(Evidence::vouch(facts)),
                event,
            },
        ))
    }

    fn attested(
        self,
        attempt: &Attempt,
        ctx: &Context,
    ) -> Result<Transition<Recorded<CheckStep>, Sealed>, Error> {
        let factor = Factor::External;
        if let Attempt::External(attestation) = attempt {
            // Of a subject that does not exist, too.
            attestation.transaction_digest_in(ctx)?;
        }
        match attempt {
            Attempt::External(attestation) if !self.next.decoy => {
                let binding = attestation.transaction_digest_in(ctx)?;
                let (sealed, told) = self.accept(factor, Some(attestation), binding, ctx)?;
                let Recorded { outcome, event } = told;
                Ok(Transition::to(
                    sealed,
                    Recorded {
                        outcome: CheckStep::Known(outcome),
                        event,
                    },
                ))
            }
            _ => {
                let what = EventKind::Denied {
                    factor,
                    reason: Reason::UnknownSubject,
                };
                self.step(ctx, what, CheckStep::Known(Outcome::Denied))
            }
        }
    }

    fn judge_totp(&mut self, code: &Code, now: Timestamp) -> Verdict {
        let settings = self.account.settings.clone();
        self.judge_each(settings.stand_in_app(), |totp: &Totp, state| {
            totp.check(state, code, now).into_parts()
        })
    }

    /// An app that was found ahead is followed, unless its codes then were too easy to guess.
    fn judge_totp_pair(&mut self, first: &Code, second: &Code, now: Timestamp) -> Verdict {
        let settings = self.account.settings.clone();
        let verdict = self.judge_each(settings.stand_in_app(), |totp: &Totp, state| {
            totp.check_pair(state, first, second, now).into_parts()
        });
        let learned = |slot: &Slot<Totp, TotpState>| {
            let before = self
                .account
                .record
                .totps
                .iter()
                .find(|was| was.id == slot.id);
            slot.state.runs_ahead() && !before.is_some_and(|was| was.state.runs_ahead())
        };
        let found = self.next.totps.iter().filter(|slot| learned(slot));
        let found: Vec<u16> = found.map(|slot| slot.id).collect();
        for id in found {
            if !self.may_follow_ahead(id) {
                let slot = self.next.totps.iter_mut().find(|slot| slot.id == id);
                if let Some(slot) = slot {
                    slot.state = TotpState::stored(slot.state.next_step());
                }
            }
        }
        verdict
    }

    fn judge_hotp(
        &mut self,
        check: impl Fn(&Hotp, &HotpState) -> Transition<transition::Verdict, HotpState>,
    ) -> Verdict {
        let settings = self.account.settings.clone();
        self.judge_each(settings.stand_in_token(), |hotp: &Hotp, state| {
            check(hotp, state).into_parts()
        })
    }
}
