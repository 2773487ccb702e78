//! Questions and responses in the account (RFC 6287): a question is asked in an interaction, and answered there, once.
//!
//! Where the customer's app asks first, it learns whether it talks to the host before the customer says anything.

use core::fmt;

use minicbor::{Decode, Encode};

use crate::account::authenticators::several::TOO_EASY;
use crate::account::decoy;
use crate::account::outcome::lock;
use crate::account::record::budget::Budget;
use crate::account::steps::check::Verdict;
use crate::account::{Account, Draft, Recorded, Sealed};
use crate::context::{Context, Interaction};
use crate::error::Error;
use crate::event::{EventKind, Reason};
use crate::factor::Factor;
use crate::otp::ocra::{
    Asked, Challenge, MutualState, OcraDevice, OcraQuestion, OcraResponse, OcraTask,
};
use crate::secret::SecretText;
use crate::status::Lock;
use crate::time::Timestamp;
use crate::transition::{self, Transition};

/// What became of the wish to ask.
///
/// ```
/// use countersign::account::{Challenged, Lock};
/// fn say(challenged: &Challenged) -> String {
///     match challenged {
///         Challenged::Asked(dialog) => format!("our question is {}", dialog.question().as_str()),
///         Challenged::RateLimited(Lock::Until(when)) => format!("again at {}", when.unix()),
///         Challenged::RateLimited(Lock::Indefinite) => "not by this device".to_owned(),
///     }
/// }
/// ```
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "it is asked or it is not")]
pub enum Challenged {
    /// Stored: say it.
    Asked(Dialog),
    /// Not now.
    RateLimited(Lock),
}

/// What the host says. For an unknown subject, or one without a device, it looks the same, and no answer to it is right.
///
/// ```
/// fn read_out(dialog: &countersign::account::Dialog) -> String {
///     match dialog.answer() {
///         Some(answer) => format!("our answer is {}, our question {}", answer.expose_text(), dialog.question().as_str()),
///         None => format!("our question is {}", dialog.question().as_str()),
///     }
/// }
/// ```
pub struct Dialog {
    answer: Option<SecretText>,
    question: OcraQuestion,
    expires: Timestamp,
}

impl Dialog {
    /// The host's answer to the question of the customer's app, which shows whether it is right.
    ///
    /// ```
    /// fn shows_who_we_are(dialog: &countersign::account::Dialog) -> bool { dialog.answer().is_some() }
    /// ```
    #[must_use]
    pub const fn answer(&self) -> Option<&SecretText> {
        self.answer.as_ref()
    }

    /// The host's question.
    ///
    /// ```
    /// fn said(dialog: &countersign::account::Dialog) -> &str { dialog.question().as_str() }
    /// ```
    #[must_use]
    pub const fn question(&self) -> &OcraQuestion {
        &self.question
    }

    /// Until when it waits for a response.
    ///
    /// ```
    /// fn until(dialog: &countersign::account::Dialog) -> u64 { dialog.expires().unix() }
    /// ```
    #[must_use]
    pub const fn expires(&self) -> Timestamp {
        self.expires
    }
}

impl fmt::Debug for Dialog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dialog({})", self.question.as_str())
    }
}

/// The device, and what is remembered of its responses.
#[derive(Clone, Encode, Decode)]
#[cbor(array)]
pub(crate) struct OcraSlot {
    #[n(0)]
    device: OcraDevice,
    #[n(1)]
    state: MutualState,
}

impl OcraSlot {
    pub(in crate::account) fn new(device: OcraDevice) -> Self {
        Self {
            device,
            state: MutualState::default(),
        }
    }

    /// Whether its device signs: a subject has one that does, and one that does not, at most.
    pub(in crate::account) fn signs(&self) -> bool {
        self.device.signs()
    }
}

/// A question that waits, in the interaction it was asked in.
#[derive(Clone, Encode, Decode)]
#[cbor(array)]
pub(crate) struct OpenChallenge {
    #[cbor(n(0), with = "minicbor::bytes")]
    interaction: [u8; 16],
    #[n(1)]
    asked: Asked,
    #[n(2)]
    expires: u64,
    /// Whether the interaction held evidence when it asked.
    #[n(3)]
    ordered_with_evidence: bool,
    /// The transaction that is signed.
    #[cbor(n(4), with = "minicbor::bytes")]
    binding: Option<[u8; 32]>,
    #[cbor(n(5), with = "minicbor::bytes")]
    session: Option<Vec<u8>>,
    /// Which device was asked.
    #[n(6)]
    signs: bool,
}

impl OpenChallenge {
    pub(crate) fn is_open(&self, now: Timestamp) -> bool {
        now.unix() < self.expires
    }

    fn is_of(&self, interaction: Interaction) -> bool {
        self.interaction == interaction.to_bytes()
    }
}

/// At most this many questions wait at once on one lane: those that were asked without evidence take no place of the others.
const MOST_OPEN: usize = 8;

impl Account {
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
    /// # use countersign::{Attempt, Authority, Change, Channel, Context, Interaction, Settings, Subject, Timestamp, account::{Account, Challenged}, otp::ocra::{Challenge, Ocra, OcraDevice, OcraSuite, OcraTask}, transition::{CommitResult, Saved}};
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey};
    /// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
    /// # let ctx = Context::new(Timestamp::now()?, Channel::Agent, Interaction::begin()?);
    /// # let subject = Subject::new("bank", "C-1042")?;
    /// # let mut bytes = Vec::new();
    /// # let step = Account::create(&settings, &subject, None, &ctx)?;
    /// # step.commit(|sealed| { bytes = sealed.entry().bytes().to_vec(); Saved::<()>::Stored }).unwrap();
    /// let account = Account::open(&settings, &subject, &bytes, 0)?;
    /// let step = account.challenge(&Challenge::new(OcraTask::Authenticate), &ctx)?;
    /// let Ok(CommitResult::Stored(told)) = step.commit(|_| Saved::<()>::Stored) else { panic!("stored") };
    /// let Challenged::Asked(dialog) = told.outcome else { panic!("the first of the day") };
    /// assert_eq!(dialog.question().as_str().len(), 8);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn challenge(
        &self,
        order: &Challenge<'_>,
        ctx: &Context,
    ) -> Result<Transition<Recorded<Challenged>, Sealed>, Error> {
        let mut draft = self.draft(ctx)?;
        let factor = Factor::Ocra;
        if let Err(wait) = draft.make_room_to_ask(ctx) {
            let what = EventKind::IssueRefused { factor };
            return draft.tell(ctx, what, Challenged::RateLimited(wait));
        }
        let signs = !matches!(order.task, OcraTask::Authenticate);
        let slot = draft.ocra(signs)?;
        let device = match order.session {
            Some(data) => slot.device.clone().in_session(data)?,
            None => slot.device,
        };
        let (answer, asked, state) = device.ask(&slot.state, order, ctx)?;
        let enrolled = draft
            .next
            .ocra
            .iter_mut()
            .find(|slot| slot.signs() == signs);
        let sent = enrolled.is_some() && !draft.account.record.decoy;
        if let Some(slot) = enrolled {
            slot.state = state;
        }
        let expires = asked.expires();
        let dialog = Dialog {
            answer,
            question: asked.question().clone(),
            expires,
        };
        let binding = match order.task {
            OcraTask::Sign(transaction) => {
                if ctx
                    .transaction_digest()
                    .is_some_and(|bound| bound != transaction)
                {
                    let rule = "must be bound to the transaction that is signed, or to none";
                    return Err(Error::misuse("context", rule));
                }
                Some(*transaction.as_bytes())
            }
            // Figures alone would be evidence for anything, like a login.
            OcraTask::SignText(_) => {
                let rule = "must be bound to the transaction whose figures are signed";
                let bound = ctx
                    .transaction_digest()
                    .ok_or_else(|| Error::misuse("context", rule))?;
                Some(*bound.as_bytes())
            }
            OcraTask::Authenticate => None,
        };
        let open = OpenChallenge {
            interaction: ctx.interaction().to_bytes(),
            asked,
            expires: expires.unix(),
            ordered_with_evidence: draft.next.holds_evidence(ctx.interaction()),
            binding,
            session: order.session.map(<[u8]>::to_vec),
            signs,
        };
        draft.next.challenges.push(open);
        draft.step(
            ctx,
            EventKind::Issued { factor, sent },
            Challenged::Asked(dialog),
        )
    }
}

impl Draft<'_> {
    /// The subject's device, or what seems to be one.
    fn ocra(&self, signs: bool) -> Result<OcraSlot, Error> {
        match self.next.ocra.iter().find(|slot| slot.signs() == signs) {
            Some(slot) => Ok(slot.clone()),
            None => {
                decoy::ocra(&self.account.settings, &self.account.subject, signs).map(OcraSlot::new)
            }
        }
    }

    /// Frees the slot a question goes to. Another interaction's is taken only by one that holds evidence (pitfall B36).
    fn make_room_to_ask(&mut self, ctx: &Context) -> Result<(), Lock> {
        if self.next.suspended {
            return Err(Lock::Indefinite);
        }
        let lane = self.next.lane(ctx.interaction(), Budget::Ocra);
        let limits = self.account.settings.limits_of(Budget::Ocra);
        let at = self.next.moment(ctx.now());
        let admission = self.next.throttle(Budget::Ocra).admit(lane, &at, &limits);
        if let Some(lock) = lock(admission) {
            return Err(lock);
        }
        let ordered_with_evidence = self.next.holds_evidence(ctx.interaction());
        let open = &mut self.next.challenges;
        let others = || {
            let others = open
                .iter()
                .filter(|open| open.ordered_with_evidence == ordered_with_evidence);
            others.filter(|open| !open.is_of(ctx.interaction()))
        };
        if others().count() >= MOST_OPEN {
            let ends = others().map(|open| open.expires).min();
            return Err(Lock::Until(ends.map_or(ctx.now(), Timestamp::stored)));
        }
        open.retain(|open| !open.is_of(ctx.interaction()));
        Ok(())
    }

    /// Judges the response to the question that waits in this interaction; one that is right takes it out.
    pub(in crate::account) fn judge_ocra(
        &mut self,
        response: &OcraResponse,
        ctx: &Context,
    ) -> Result<Verdict, Error> {
        let mut waiting = self.next.challenges.iter();
        let Some(open) = waiting.find(|open| open.is_of(ctx.interaction())).cloned() else {
            return Ok(Err(Reason::NothingOpen));
        };
        let slot = self.ocra(open.signs)?;
        let device = match &open.session {
            Some(data) => slot.device.in_session(data)?,
            None => slot.device,
        };
        let (next, verdict) = device.check(&slot.state, &open.asked, response, ctx.now())?;
        let mut enrolled = self.next.ocra.iter_mut();
        let Some(slot) = enrolled.find(|slot| slot.signs() == open.signs) else {
            return Ok(Err(Reason::NotEnrolled));
        };
        let signed = ctx.transaction_digest().filter(|_| open.binding.is_some());
        Ok(match verdict {
            transition::Verdict::Accepted
                if open.binding != signed.map(|signed| *signed.as_bytes()) =>
            {
                Err(Reason::Superseded)
            }
            transition::Verdict::Accepted => {
                slot.state = next.unwrap_or_else(|| slot.state.clone());
                // What this device was asked beside is void by the state; it need not be kept.
                self.next
                    .challenges
                    .retain(|other| other.signs != open.signs);
                Ok((Factor::Ocra, signed))
            }
            transition::Verdict::Replayed => Err(Reason::Replayed),
            transition::Verdict::Expired => Err(Reason::NothingOpen),
            _ => Err(Reason::Wrong),
        })
    }

    pub(in crate::account) fn set_ocra(&mut self, device: &OcraDevice) -> Result<(), Error> {
        let signs = device.signs();
        // SP 800-63B-4 3.2.2: what was disabled stays so; both share the budget, so the new one takes the place of both.
        let disabled = self.is_disabled(Budget::Ocra);
        let stays = |of: bool| of != signs && !disabled;
        let beside = self.next.ocra.iter().filter(|slot| stays(slot.signs()));
        let all = beside.map(|slot| &slot.device).chain([device]);
        let odds = all.map(|device| {
            let customer = device.customer();
            (customer.accepted_codes(), customer.space())
        });
        let shared = self.next.ocra.iter().any(|slot| {
            slot.signs() != signs && slot.device.customer().answers_like(device.customer())
        });
        if shared {
            let rule = "must not sign and log in by one secret under one suite";
            return Err(Error::misuse("ocra device", rule));
        }
        if !self.within_guess_bounds(Budget::Ocra, odds) {
            return Err(Error::misuse("ocra device", TOO_EASY));
        }
        let before = self.next.ocra.len();
        self.next.ocra.retain(|slot| stays(slot.signs()));
        if self.next.ocra.len() < before {
            self.next.void_evidence();
        }
        self.next.challenges.retain(|open| stays(open.signs));
        self.next.ocra.push(OcraSlot::new(device.clone()));
        self.rebind(Budget::Ocra);
        Ok(())
    }
}
