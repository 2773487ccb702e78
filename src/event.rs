//! What the audit trail can say. Typed, without free text: nothing secret can slip into it (pitfall B16).

use crate::context::{Channel, Interaction};
use crate::error::Error;
use crate::factor::Factor;
use crate::limits::QuotaScope;
use crate::time::Timestamp;

/// One line for the audit trail: what happened to whom, and why.
///
/// The reason is for the trail only; outside, every refusal is the same [`Denied`](crate::Outcome::Denied). The subject
/// appears under a pseudonym keyed from its own record, so that erasing the record unlinks the trail.
///
/// A host cannot compute the pseudonym. It joins an event to a customer by the [interaction](Self::interaction): when a call
/// begins, it keeps the customer's id beside the interaction's bytes. The sink runs within the call that it is about, before
/// the outcome is returned. So that entry must exist before the first check.
///
/// ```
/// use std::{collections::HashMap, sync::Mutex};
/// use countersign::{Channel, Context, Interaction, Subject, Timestamp, audit::Event};
///
/// let calls: Mutex<HashMap<Interaction, Subject>> = Mutex::default();
/// let warn = |event: &Event| {
///     let calls = calls.lock().unwrap();
///     if let (Some(left), Some(customer)) = (event.tries_left, calls.get(&event.interaction)) {
///         println!("tell {}: {left} tries are left", customer.id()); // by the address that your own table holds
///     }
///     Ok(())
/// };
/// # use countersign::{Authority, Change, Settings, Verifier, field::{Keyring, LongTermSecret, RootKey}, store::memory::MemoryStore};
/// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
/// let verifier = Verifier::new(MemoryStore::new(), settings).with_audit(warn);
///
/// let (call, anna) = (Interaction::begin()?, Subject::new("bank", "C-1042")?);
/// calls.lock().unwrap().insert(call, anna.clone());
/// verifier.create(&anna, &Context::new(Timestamp::now()?, Channel::Agent, call))?;
/// # Ok::<(), countersign::Error>(())
/// ```
///
/// ```
/// use countersign::audit::{Event, EventKind, Reason};
/// fn is_alarm(event: &Event) -> bool {
///     matches!(event.kind, EventKind::Denied { reason: Reason::PrivateCodeTold, .. })
/// }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Event {
    /// When, by the host's clock.
    pub at: Timestamp,
    /// Whom: the same number for the same record, and for nobody else. It changes when a record is erased and created again.
    pub pseudonym: [u8; 16],
    /// How often the record had changed by then. A number that goes back shows a database that was put back.
    pub revision: u64,
    /// On which channel.
    pub channel: Channel,
    /// In which interaction.
    pub interaction: Interaction,
    /// Whether the clock was found set back by more than [`CLOCK_SKEW`](crate::time::CLOCK_SKEW): open codes, evidence and
    /// grants of before are void.
    pub clock_went_back: bool,
    /// After how many more wrong tries the factor takes none until it is bound anew, told for the last
    /// [`WARNED_BEFORE`](Self::WARNED_BEFORE): tell the customer now, on another channel (PSD2 RTS 4(4) asks for it).
    /// Zero: this was the last. [`Event`] shows how to find the customer.
    pub tries_left: Option<u8>,
    /// What.
    pub kind: EventKind,
}

impl Event {
    /// How many wrong tries before the last one it is told that they run out.
    pub const WARNED_BEFORE: u8 = 5;
}

/// What happened.
///
/// ```
/// use countersign::{Factor, audit::EventKind};
/// let what = EventKind::Accepted { factor: Factor::Totp };
/// assert_eq!(format!("{what:?}"), "Accepted { factor: Totp }");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EventKind {
    /// A check passed.
    Accepted {
        /// By what.
        factor: Factor,
    },
    /// A check did not pass.
    Denied {
        /// By what.
        factor: Factor,
        /// Why.
        reason: Reason,
    },
    /// A dear check was charged and is being computed; its end follows, unless somebody gave up.
    Reserved {
        /// By what.
        factor: Factor,
    },
    /// A try was not looked at: the factor is locked.
    Locked {
        /// Which.
        factor: Factor,
        /// Until when, if waiting helps.
        until: Option<Timestamp>,
    },
    /// A code was sent, or (to a decoy, or without a destination) was not.
    Issued {
        /// Of which kind.
        factor: Factor,
        /// Whether there was somebody to send it to.
        sent: bool,
    },
    /// A code was not issued: too many, too soon.
    IssueRefused {
        /// Of which kind.
        factor: Factor,
    },
    /// So many codes went where this one goes that somebody should look (pitfall B30). It was issued nevertheless.
    IssueAlarm {
        /// Of which kind.
        factor: Factor,
        /// What was counted.
        budget: QuotaScope,
    },
    /// A code was not issued: too many went there lately, whoever ordered them.
    IssueOverBudget {
        /// Of which kind.
        factor: Factor,
        /// What was counted.
        budget: QuotaScope,
    },
    /// A code was misheard, as its check digit shows, and it may be said again. Nothing was charged.
    InvalidCheckDigit {
        /// By what.
        factor: Factor,
    },
    /// A grant was redeemed.
    Redeemed,
    /// A grant was not.
    RedeemRefused {
        /// Why.
        reason: RedeemRefusal,
    },
    /// The account was changed.
    Changed {
        /// What was changed, by the name its policy action has.
        action: &'static str,
        /// Whether the host allowed it itself, rather than a policy.
        by_host: bool,
    },
}

/// Why a check did not pass.
///
/// ```
/// assert_ne!(countersign::audit::Reason::Wrong, countersign::audit::Reason::Replayed);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The code or the answers are wrong.
    Wrong,
    /// It was right, and is spent: a code that counted before, a computation that was settled before.
    Replayed,
    /// It was right, and was computed too late: a computation is settled within two minutes of its charge. Look at the load
    /// of this machine.
    Expired,
    /// A private code was told on a channel where somebody hears it: a sign of fraud. The code is burnt.
    PrivateCodeTold,
    /// There is no code open that this could answer.
    NothingOpen,
    /// People have heard each letter of the memorable word: it shows nothing any more.
    WordSpent,
    /// The subject has not enrolled this factor.
    NotEnrolled,
    /// There is no such subject.
    UnknownSubject,
    /// The subject is suspended.
    Suspended,
    /// What was reserved, asked or bound has changed meanwhile.
    Superseded,
}

/// Why a grant was not redeemed. It tells the host what to do next; callers learn nothing of it.
///
/// If several apply, the first of this list is told.
///
/// ```
/// use countersign::{Timestamp, account::RedeemRefusal};
/// fn retry_at(reason: RedeemRefusal) -> Option<Timestamp> {
///     match reason {
///         RedeemRefusal::TooMany { until } => Some(until),
///         _ => None,
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RedeemRefusal {
    /// There is no such subject.
    UnknownSubject,
    /// The subject is suspended.
    Suspended,
    /// Evidence of before is void: by a suspension, by an authenticator that was replaced or removed, or by a clock that was set
    /// back. Verify the subject again.
    Voided,
    /// It was given in another interaction.
    OtherInteraction,
    /// It was given for another transaction, or for one where there is none now.
    OtherTransaction,
    /// Its time is over. Decide again: evidence that is fresh enough gives a new one.
    Expired,
    /// It was redeemed before, or something it rests on and serves once was: an approval, or evidence for its transaction.
    Spent,
    /// So much was spent for this subject within 25 hours that no more can be noted: 256 grants, or approvals and pieces of
    /// evidence that serve once. Nothing of them can be forgotten earlier, since evidence may count for a day.
    TooMany {
        /// From then on there is room.
        until: Timestamp,
    },
}

/// Where events go.
///
/// Events are written after the state is stored and before the outcome is told. A sink that fails withholds a pass.
///
/// ```
/// use std::cell::RefCell;
/// use countersign::audit::{Audit, Event};
/// let trail = RefCell::new(Vec::new());
/// let sink = |event: &Event| { trail.borrow_mut().push(event.clone()); Ok(()) };
/// fn takes_sinks(_: &impl Audit) {}
/// takes_sinks(&sink);
/// takes_sinks(&()); // no trail
/// ```
pub trait Audit {
    /// Writes one event.
    ///
    /// # Errors
    /// Store, if it cannot be written.
    fn write(&self, event: &Event) -> Result<(), Error>;
}

impl<F: Fn(&Event) -> Result<(), Error>> Audit for F {
    fn write(&self, event: &Event) -> Result<(), Error> {
        self(event)
    }
}

/// Writes no audit trail.
impl Audit for () {
    fn write(&self, _: &Event) -> Result<(), Error> {
        Ok(())
    }
}
