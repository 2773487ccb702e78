//! Changes of an account: authenticators come and go, the subject is suspended and resumed.

use crate::account::authenticators::hashed::HashSlot;
use crate::account::authenticators::several::Authenticator;
use crate::account::record::budget::Budget;
use crate::account::record::state::QuestionsSlot;
use crate::account::{Account, Draft, Recorded, Sealed};
use crate::code::Code;
use crate::context::Context;
use crate::delivered::Destination;
use crate::error::Error;
use crate::event::{EventKind, Reason};
use crate::factor::Factor;
use crate::grant::Authority;
use crate::knowledge::{AnswerHashes, MemorableWord, QuestionId, WordState};
use crate::limits::throttle::Admission;
use crate::otp::ocra::OcraDevice;
use crate::otp::{Hotp, HotpState, Totp, TotpState};
use crate::password::{PasswordHash, PinHash};
use crate::status::Lock;
use crate::time::Timestamp;
use crate::transition::{Transition, Verdict};

/// A change of an account. Each is an action that a policy can rule on, see [`action`](Self::action).
///
/// ```
/// use countersign::{Change, otp::Totp};
/// assert_eq!(Change::AddTotp(Totp::generate()?).action(), "authenticator.add");
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Change {
    /// Adds an authenticator app, which waits ten minutes for its first code.
    AddTotp(Totp),
    /// Confirms the app that waits. The code's step is spent: it is not good for a check too (pitfall B5).
    ConfirmTotp(Code),
    /// Adds a token with a button, which waits ten minutes for its first code; and the counter it starts at.
    AddHotp(Hotp, HotpState),
    /// Confirms the token that waits. The code is spent, and all before it.
    ConfirmHotp(Code),
    /// The same by two consecutive codes, for a token that is far from the counter it was said to start at.
    ConfirmHotpPair(Code, Code),
    /// Sets the device that answers questions, or the one that signs (RFC 6287). In place of another one; evidence of
    /// before is then void.
    SetOcra(OcraDevice),
    /// Sets the answers to the questions. In place of earlier ones; evidence of before is then void.
    SetQuestions(AnswerHashes),
    /// Sets the memorable word, with the letters to ask for first. In place of another one; evidence of before is then void.
    SetWord(MemorableWord, WordState),
    /// Sets the password. In place of another one; evidence of before is then void.
    ///
    /// Take keyring, cost and permit from the [`Settings`](crate::Settings) of the verifier. A hash under another keyring
    /// does not open here.
    ///
    /// ```
    /// use countersign::{Authority, Change, Changed, Context, Error, Subject, Verifier, password::{Password, PasswordHash, PasswordRules}};
    /// use countersign::store::memory::MemoryStore;
    ///
    /// fn choose(verifier: &Verifier<MemoryStore>, subject: &Subject, typed: &str, ctx: &Context) -> Result<Option<Changed>, Error> {
    ///     let settings = verifier.settings();
    ///     let rules = PasswordRules::single_factor().with_context_word(subject.id());
    ///     let chosen = Password::typed(typed);
    ///     rules.check(&chosen)?;
    ///     let Some(mut permit) = settings.hash_pool().permit_within(settings.permit_wait()) else {
    ///         return Ok(None); // busy: ask to come again
    ///     };
    ///     let hash = PasswordHash::enrol(&chosen, &rules, settings.keyring(), settings.hash_pool().cost(), &mut permit)?;
    ///     drop(permit);
    ///     verifier.change(subject, &Change::SetPassword(hash), &Authority::Host, ctx).map(Some)
    /// }
    /// # use countersign::{Channel, Interaction, Settings, Timestamp, field::{Keyring, LongTermSecret, RootKey}};
    /// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
    /// # let verifier = Verifier::new(MemoryStore::new(), settings);
    /// # let (anna, ctx) = (Subject::new("bank", "C-1042")?, Context::new(Timestamp::now()?, Channel::Chat, Interaction::begin()?));
    /// # verifier.create(&anna, &ctx)?;
    /// assert_eq!(choose(&verifier, &anna, "eleven purple elephants", &ctx)?, Some(Changed::Done));
    /// assert!(choose(&verifier, &anna, "short", &ctx).unwrap_err().is_misuse());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    SetPassword(PasswordHash),
    /// Sets the PIN. In place of another one; evidence of before is then void. See [`SetPassword`](Self::SetPassword) for the
    /// keyring, cost and permit.
    SetPin(PinHash),
    /// Sets the telephone that codes go to. In place of another one; evidence of before is then void.
    SetPhone(Destination),
    /// Sets the e-mail address that recovery codes go to. In place of another one; evidence of before is then void.
    SetEmail(Destination),
    /// Sets the telephone or e-mail address that a code was sent to by an [order to confirm it](crate::delivered::CodeOrder::confirm), if
    /// this is the code; for the postal address that the host keeps, only says so.
    ConfirmAddress(Code),
    /// Removes all authenticators of a factor: for codes that are sent the telephone, for issued recovery codes the e-mail
    /// address, and then all that are open, letters too. Evidence of before is void.
    Remove(Factor),
    /// Unlocks a factor: its locks end, a closed lane opens, what was disabled counts again, and the month begins anew, on
    /// both lanes. Factors with one budget are unlocked together: codes that are sent, of all kinds. Evidence stands.
    ///
    /// Who guessed before may guess again, at the secret that is there: unlock for a customer who was verified. What was
    /// disabled should rather be bound anew (SP 800-63B-4 3.2.2), which unlocks as well.
    ///
    /// Pass the grant to [`Verifier::change`](crate::Verifier::change) without redeeming it. A policy asks for as much as
    /// its dearest action does. An approval is asked in addition: it is not evidence. A locked app can still be shown in a
    /// call that has given other evidence, unless it is disabled.
    ///
    /// ```
    /// use countersign::{Policy, policy::Deployment};
    /// let policy = Policy::from_toml(r#"
    ///     version = 1
    ///     grant_lifetime = 300
    ///     tiers = ["every"]
    ///
    ///     [action."payment.send".every_tier]
    ///     any = [{ all = [{ factor = "password", max_age = 600 }, { factor = "totp", max_age = 600 }] }]
    ///
    ///     [action."authenticator.unlock".every_tier]
    ///     any = [
    ///         { all = [{ factor = "password", max_age = 600 }, { factor = "totp", max_age = 600 }] },
    ///         { all = [{ factor = "password", max_age = 600 }, { factor = "recovery_code", max_age = 600 }, { approvals = 1, max_age = 600 }] },
    ///     ]
    /// "#)?;
    /// assert!(policy.lint(&Deployment::new())?.is_empty());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    Unlock(Factor),
    /// Refuses everything until the subject is resumed. Evidence of before is void.
    Suspend,
    /// Ends a suspension.
    Resume,
}

impl Change {
    pub(in crate::account) const CREATE: &str = "account.create";
    pub(in crate::account) const ADD: &str = "authenticator.add";

    /// The name of this change as an action of a policy: changing authenticators asks for the account's own level
    /// (SP 800-63B-4 4.1.2.1, pitfall B26).
    ///
    /// ```
    /// assert_eq!(countersign::Change::Suspend.action(), "account.suspend");
    /// ```
    #[must_use]
    pub const fn action(&self) -> &'static str {
        match self {
            Self::AddTotp(_)
            | Self::ConfirmTotp(_)
            | Self::AddHotp(..)
            | Self::ConfirmHotp(_)
            | Self::ConfirmHotpPair(..)
            | Self::SetOcra(_)
            | Self::SetQuestions(_)
            | Self::SetWord(..)
            | Self::SetPassword(_)
            | Self::SetPin(_)
            | Self::SetPhone(_)
            | Self::SetEmail(_)
            | Self::ConfirmAddress(_) => Self::ADD,
            Self::Remove(_) => "authenticator.remove",
            Self::Unlock(_) => "authenticator.unlock",
            Self::Suspend => "account.suspend",
            Self::Resume => "account.resume",
        }
    }
}

/// What became of a change.
///
/// ```
/// use countersign::Changed;
/// fn say(changed: Changed) -> &'static str {
///     match changed {
///         Changed::Done => "done",
///         Changed::Denied => "the code of the new app does not match",
///         Changed::Locked(_) => "too many wrong codes",
///         Changed::InvalidCheckDigit => "say it again, please",
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
#[expect(
    clippy::exhaustive_enums,
    reason = "a new outcome must break the code that decides on it"
)]
pub enum Changed {
    /// It is done.
    Done,
    /// The code that should confirm it is wrong, or nothing waits for one.
    Denied,
    /// The code was not looked at.
    Locked(Lock),
    /// The code was misheard: its check digit is wrong. Ask for it again; nothing was charged.
    InvalidCheckDigit,
}

impl Account {
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
    ) -> Result<Transition<Recorded<Changed>, Sealed>, Error> {
        let even_if_suspended = matches!(change, Change::Suspend | Change::Resume);
        let mut draft = self.alter(change.action(), even_if_suspended, by, ctx)?;
        match change {
            Change::AddTotp(totp) => draft.add(totp, &TotpState::default(), ctx.now())?,
            Change::ConfirmTotp(code) => return draft.confirm_totp(code, by, ctx),
            Change::AddHotp(hotp, state) => draft.add(hotp, state, ctx.now())?,
            Change::ConfirmHotp(code) => {
                return draft.confirm_hotp(by, ctx, |hotp, state| hotp.check(state, code));
            }
            Change::ConfirmHotpPair(first, second) => {
                return draft
                    .confirm_hotp(by, ctx, |hotp, state| hotp.check_pair(state, first, second));
            }
            Change::SetOcra(device) => draft.set_ocra(device)?,
            Change::SetQuestions(verifiers) => draft.set_questions(verifiers)?,
            Change::SetWord(word, state) => {
                draft.set_word(word, state, ctx)?;
                draft.rebind(Budget::Word);
            }
            Change::SetPassword(verifier) => {
                let (id, verifier) = (draft.new_id(), verifier.clone());
                let earlier = draft.next.password.replace(HashSlot { id, verifier });
                draft.replaced(earlier.is_some(), Budget::Password);
            }
            Change::SetPin(verifier) => {
                let (id, verifier) = (draft.new_id(), verifier.clone());
                let earlier = draft.next.pin.replace(HashSlot { id, verifier });
                draft.replaced(earlier.is_some(), Budget::Pin);
            }
            Change::SetPhone(phone) if !phone.is_phone() => {
                return Err(Error::misuse("destination", "must be a telephone"));
            }
            Change::SetEmail(email) if !email.is_email() => {
                return Err(Error::misuse("destination", "must be an e-mail address"));
            }
            Change::SetPhone(to) | Change::SetEmail(to) => draft.set_address(to),
            Change::ConfirmAddress(code) => return draft.confirm_address(code, by, ctx),
            Change::Remove(factor) => draft.remove(*factor)?,
            Change::Unlock(factor) => draft.unlock(*factor)?,
            Change::Suspend => {
                draft.next.suspended = true;
                draft.next.clear_questions();
                draft.next.void_evidence();
            }
            Change::Resume => draft.next.suspended = false,
        }
        if matches!(change, Change::AddTotp(_) | Change::AddHotp(..)) {
            // What is begun by a grant is confirmed by it.
            return draft.step(ctx, happened(change.action(), by), Changed::Done);
        }
        draft.changed(change.action(), by, ctx, Changed::Done)
    }
}

impl Account {
    /// A working copy to be changed by somebody who may.
    pub(in crate::account) fn alter(
        &self,
        action: &str,
        even_if_suspended: bool,
        by: &Authority<'_>,
        ctx: &Context,
    ) -> Result<Draft<'_>, Error> {
        if self.record.decoy {
            return Err(Error::misuse("subject", "does not exist: create it first"));
        }
        let draft = self.draft(ctx)?;
        draft.expect_authority(action, by, ctx)?;
        if draft.next.suspended && !even_if_suspended {
            return Err(Error::misuse("subject", "is suspended: resume it first"));
        }
        Ok(draft)
    }
}

impl Draft<'_> {
    /// Refuses a grant that is for something else, or spent.
    fn expect_authority(
        &self,
        action: &str,
        by: &Authority<'_>,
        ctx: &Context,
    ) -> Result<(), Error> {
        match by {
            Authority::Host => Ok(()),
            Authority::Granted(grant) => self.expect_grant(grant, action, ctx),
        }
    }

    /// Ends a change: what it was granted for is done, so what served once is spent.
    pub(in crate::account) fn changed<O>(
        mut self,
        action: &'static str,
        by: &Authority<'_>,
        ctx: &Context,
        outcome: O,
    ) -> Result<Transition<Recorded<O>, Sealed>, Error> {
        if let Authority::Granted(grant) = by {
            self.use_up(grant, ctx);
        }
        self.step(ctx, happened(action, by), outcome)
    }

    pub(in crate::account) fn new_id(&mut self) -> u16 {
        let id = self.next.next_id;
        self.next.next_id = id.wrapping_add(1);
        id
    }

    pub(in crate::account) fn is_disabled(&self, budget: Budget) -> bool {
        let limits = self.account.settings.limits_of(budget);
        self.next.peek_throttle(budget).is_disabled(&limits)
    }

    /// A factor that was bound anew, or that an authority unlocked, begins anew: on both lanes nothing of before locks,
    /// closes, disables or counts for the month.
    pub(in crate::account) fn rebind(&mut self, budget: Budget) {
        self.next.throttle(budget).begin_anew();
    }

    /// The code that confirms an app. Its clock may be found ahead by it, if following it keeps guessing hard.
    fn confirm_totp(
        self,
        code: &Code,
        by: &Authority<'_>,
        ctx: &Context,
    ) -> Result<Transition<Recorded<Changed>, Sealed>, Error> {
        let waiting = self.waiting::<Totp>(ctx.now()).map(|slot| slot.id);
        let ahead = waiting.is_some_and(|id| self.may_follow_ahead(id));
        self.confirm(by, ctx, |totp: &Totp, state| {
            let step = if ahead {
                totp.confirm(state, code, ctx.now())
            } else {
                totp.check(state, code, ctx.now())
            };
            step.into_parts()
        })
    }

    /// The code, or codes, that confirm a token.
    fn confirm_hotp(
        self,
        by: &Authority<'_>,
        ctx: &Context,
        check: impl Fn(&Hotp, &HotpState) -> Transition<Verdict, HotpState>,
    ) -> Result<Transition<Recorded<Changed>, Sealed>, Error> {
        self.confirm(by, ctx, |hotp: &Hotp, state| {
            check(hotp, state).into_parts()
        })
    }

    /// Confirms the authenticator that waits, if its code is right; a wrong one is charged like any other.
    fn confirm<A: Authenticator>(
        mut self,
        by: &Authority<'_>,
        ctx: &Context,
        check: impl FnOnce(&A, &A::State) -> (Option<A::State>, Verdict),
    ) -> Result<Transition<Recorded<Changed>, Sealed>, Error> {
        let (now, factor, budget) = (ctx.now(), A::FACTOR, A::BUDGET);
        let limits = self.account.settings.limits_of(budget);
        let lane = self.next.lane(ctx.interaction(), budget);
        let at = self.next.moment(now);
        // What waits has a count of its own, so nobody's wrong codes of before, on either lane, keep it from being confirmed.
        // Where nothing waits, a lock is told like to any other code.
        let locked = match self.waiting::<A>(now) {
            Some(slot) if slot.wrong < limits.lock_after() => None,
            Some(slot) => Some(Timestamp::stored(slot.pending_until)),
            None => match self.next.throttle(budget).admit_binding(lane, &at, &limits) {
                Admission::Until(until) => Some(until),
                Admission::Go | Admission::Closed => None,
            },
        };
        if let Some(until) = locked {
            let what = EventKind::Locked {
                factor,
                until: Some(until),
            };
            return self.tell(ctx, what, Changed::Locked(Lock::Until(until)));
        }
        let waiting = A::slots_mut(&mut self.next)
            .iter_mut()
            .find(|slot| slot.pending_until > now.unix());
        let found = waiting.map(|slot| {
            let (next, verdict) = check(&slot.authenticator, &slot.state);
            if let (Some(next), Verdict::Accepted) = (next, verdict) {
                slot.state = next;
                slot.pending_until = 0;
                slot.wrong = 0;
            } else {
                slot.wrong = slot.wrong.saturating_add(1);
            }
            verdict
        });
        let reason = match found {
            Some(Verdict::Accepted) => {
                if self.is_disabled(budget) {
                    // SP 800-63B-4 3.2.2: what was disabled stays so; the new one takes its place.
                    let slots = A::slots_mut(&mut self.next);
                    let newest = slots.pop();
                    *slots = newest.into_iter().collect();
                }
                self.rebind(budget);
                return self.changed(Change::ADD, by, ctx, Changed::Done);
            }
            Some(_) => Reason::Wrong,
            None => Reason::NotEnrolled,
        };
        self.next.throttle(budget).charge(lane, &at, &limits);
        self.step(ctx, EventKind::Denied { factor, reason }, Changed::Denied)
    }

    /// What took the place of something voids the evidence of before; locked and disabled or not, it counts from now on.
    pub(in crate::account) fn replaced(&mut self, something: bool, budget: Budget) {
        if something {
            self.next.void_evidence();
        }
        self.rebind(budget);
    }

    fn set_questions(&mut self, verifiers: &AnswerHashes) -> Result<(), Error> {
        let Some(catalogue) = self.account.settings.catalogue() else {
            return Err(Error::misuse("questions", "must be in the settings first"));
        };
        if let Some(question) = verifiers.ids().find(|id| catalogue.question(*id).is_none()) {
            let field = format!("question {}", question.number());
            return Err(Error::misuse(
                field,
                "is not in the catalogue of the settings",
            ));
        }
        let missing = catalogue.questions().iter().find(|question| {
            question.is_required() && !verifiers.ids().any(|id| id == question.id())
        });
        if let Some(question) = missing {
            let field = format!("question {}", question.id().number());
            return Err(Error::misuse(field, "must be answered: it is required"));
        }
        let in_use = |id: &QuestionId| {
            catalogue
                .question(*id)
                .is_some_and(|question| !question.is_retired())
        };
        if verifiers.ids().filter(in_use).count() < usize::from(catalogue.asked()) {
            return Err(Error::misuse(
                "answers",
                format!("must be as many as are asked: {}", catalogue.asked()),
            ));
        }
        let drawn = catalogue.draw(verifiers)?;
        let asked = drawn.into_iter().map(QuestionId::number).collect();
        let id = self.new_id();
        if self.next.questions.is_some() {
            self.next.void_evidence();
        }
        self.next.questions = Some(QuestionsSlot {
            id,
            verifiers: verifiers.clone(),
            asked,
        });
        self.rebind(Budget::Questions);
        Ok(())
    }

    fn remove(&mut self, factor: Factor) -> Result<(), Error> {
        match factor {
            Factor::Totp => self.next.totps.clear(),
            Factor::Hotp => self.next.hotps.clear(),
            Factor::Questions => self.next.questions = None,
            Factor::Word => self.next.word = None,
            Factor::Password => self.next.password = None,
            Factor::Pin => self.next.pin = None,
            Factor::Ocra => {
                self.next.ocra.clear();
                self.next.challenges.clear();
            }
            Factor::RecoveryCode => self.next.recovery = None,
            Factor::PrivateCode | Factor::SpokenCode => {
                self.next.clear_phone();
                self.next.codes.clear();
            }
            Factor::IssuedRecoveryCode => {
                self.next.clear_email();
                self.next.codes.clear();
            }
            Factor::BindingCode => self.next.clear_binding_code(),
            Factor::External => {
                return Err(Error::misuse(
                    "factor",
                    "is not enrolled here: it is attested",
                ));
            }
        }
        self.next.void_evidence();
        // There is nothing left to wait for. What was counted stays: a budget can have other authenticators.
        if let Some(budget) = Budget::of(factor).filter(|_| factor != Factor::BindingCode) {
            self.next.throttle(budget).lift_locks();
        }
        Ok(())
    }

    fn unlock(&mut self, factor: Factor) -> Result<(), Error> {
        let rule = match factor {
            Factor::External => "is never locked: it is attested",
            Factor::BindingCode => "has no locks of its own: unlock the codes that are sent",
            _ => "is never locked",
        };
        match Budget::of(factor).filter(|_| factor != Factor::BindingCode) {
            Some(budget) => self.rebind(budget),
            None => return Err(Error::misuse("factor", rule)),
        }
        Ok(())
    }
}

fn happened(action: &'static str, by: &Authority<'_>) -> EventKind {
    let by_host = matches!(by, Authority::Host);
    EventKind::Changed { action, by_host }
}
