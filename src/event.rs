//! Events of the audit trail. They are typed, without free text: nothing secret can slip in (pitfall B16).

use core::fmt;

use crate::authenticator::PendingId;
use crate::context::Channel;
use crate::error::Error;
use crate::factor::Factor;
use crate::limits::QuotaScope;
use crate::time::Timestamp;

/// One line for the audit trail: an event, of whom, and why.
///
/// The reason is for the trail only. Outside, every refusal is the same [`Denied`](crate::Outcome::Denied). The subject
/// appears under a pseudonym keyed from its own record, so that erasing the record unlinks the trail.
///
/// A host cannot compute the pseudonym. It joins an event to a customer by the [interaction](Self::interaction). Keep the
/// customer's id beside the [interaction's hash](crate::Settings::interaction_hash) when a call begins: before the first check,
/// since the sink runs within the call that it is about.
///
/// ```
/// use std::{collections::HashMap, sync::Mutex};
/// use countersign::{Channel, Context, Subject, audit::Event};
///
/// let calls: Mutex<HashMap<[u8; 16], Subject>> = Mutex::default();
/// let warn = |event: &Event| {
///     let calls = calls.lock().unwrap();
///     if let (Some(left), Some(customer)) = (event.tries_left, calls.get(&event.interaction)) {
///         println!("warn {}: {left} tries are left", customer.id()); // by the address in your own table
///     }
///     Ok(())
/// };
/// # use countersign::{Authority, Change, Settings, Verifier, field::{Keyring, LongTermSecret, RootKey}, store::memory::MemoryStore};
/// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
/// let verifier = Verifier::new(MemoryStore::new(), settings).with_audit(warn);
///
/// let (call, anna) = (Context::begin(Channel::Agent)?, Subject::new("bank", "C-1042")?);
/// let name = verifier.settings().interaction_hash(call.interaction());
/// calls.lock().unwrap().insert(name, anna.clone());
/// verifier.create(&anna, &call)?;
/// # Ok::<(), countersign::Error>(())
/// ```
///
/// ```
/// use countersign::audit::{Event, EventKind, Reason};
/// fn is_alarm(event: &Event) -> bool {
///     matches!(event.kind, EventKind::Denied { reason: Reason::PrivateCodeTold, .. })
/// }
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct Event {
    /// When, by the host's clock.
    pub at: Timestamp,
    /// The subject: one number for one record. It changes when a record is erased and created again.
    pub pseudonym: [u8; 16],
    /// How often the record had changed by then. A number that goes back shows that a backup was restored.
    pub revision: u64,
    /// On which channel.
    pub channel: Channel,
    /// In which interaction: the [keyed hash](crate::Settings::interaction_hash) of its id.
    pub interaction: [u8; 16],
    /// Whether the clock was found set back by more than [`CLOCK_SKEW`](crate::time::CLOCK_SKEW): open codes, evidence and
    /// grants of before are void.
    pub clock_went_back: bool,
    /// How many wrong tries the factor still takes until rebound, for the last [`WARNED_BEFORE`](Self::WARNED_BEFORE). Zero: this
    /// was the last.
    ///
    /// Warn the customer now, on another channel (PSD2 RTS 4(4) asks for it). The example of [`Event`] finds the customer.
    pub tries_left: Option<u8>,
    /// The agent who handled the request of a change that waits: the [keyed hash](crate::Settings::agent_hash) of the name.
    pub handled_by: Option<[u8; 16]>,
    /// The agents who approved a change that waits, by the same hash.
    pub approved_by: Vec<[u8; 16]>,
    /// The kind of event.
    pub kind: EventKind,
}

/// Pseudonym and hashes look like a key of a store: the first four bytes of each.
impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            at,
            pseudonym,
            revision,
            channel,
            interaction,
            clock_went_back,
            tries_left,
            handled_by,
            approved_by,
            kind,
        } = self;
        let approved_by: Vec<_> = approved_by.iter().map(Short).collect();
        f.debug_struct("Event")
            .field("at", at)
            .field("pseudonym", &Short(pseudonym))
            .field("revision", revision)
            .field("channel", channel)
            .field("interaction", &Short(interaction))
            .field("clock_went_back", clock_went_back)
            .field("tries_left", tries_left)
            .field("handled_by", &handled_by.as_ref().map(Short))
            .field("approved_by", &approved_by)
            .field("kind", kind)
            .finish()
    }
}

/// Bytes in short.
struct Short<'b>(&'b [u8; 16]);

impl fmt::Debug for Short<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, ..] = self.0;
        write!(f, "{a:02x}{b:02x}{c:02x}{d:02x}..")
    }
}

impl Event {
    /// An event warns of this many wrong tries, and of fewer.
    pub const WARNED_BEFORE: u8 = 5;
}

/// The kind of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EventKind {
    /// A check passed.
    Accepted {
        /// The factor.
        factor: Factor,
    },
    /// A check did not pass.
    Denied {
        /// The factor.
        factor: Factor,
        /// The reason.
        reason: Reason,
    },
    /// An expensive check was charged and is being computed. Its end follows, unless the caller gave up.
    Reserved {
        /// The factor.
        factor: Factor,
    },
    /// A try was not judged: the factor is locked.
    Locked {
        /// The factor.
        factor: Factor,
        /// The end of the lock, if waiting ends it.
        until: Option<Timestamp>,
    },
    /// A code was sent, or (to a decoy, or without a destination) was not.
    Issued {
        /// The factor.
        factor: Factor,
        /// Whether there was a destination.
        sent: bool,
    },
    /// A code was not issued: too many codes, too soon.
    IssueRefused {
        /// The factor.
        factor: Factor,
    },
    /// So many codes went to this place that a person should look (pitfall B30). This code was issued nevertheless.
    IssueAlarm {
        /// The factor.
        factor: Factor,
        /// The count.
        budget: QuotaScope,
    },
    /// A code was not issued: too many went there lately, in the name of any subject.
    IssueOverBudget {
        /// The factor.
        factor: Factor,
        /// The count.
        budget: QuotaScope,
    },
    /// A code was misread: its check digit is wrong. It may be given again. Nothing was charged.
    InvalidCheckDigit {
        /// The factor.
        factor: Factor,
    },
    /// An agent has approved an action, or a transaction of it.
    Approved,
    /// An interaction has ended: its evidence is forgotten.
    Ended,
    /// An action was asked for, and takes more evidence.
    StepUpRequired,
    /// An action was asked for, and the policy denies it.
    Unauthorized,
    /// A grant was redeemed.
    Redeemed,
    /// A grant was not redeemed.
    RedeemRefused {
        /// The reason.
        reason: RedeemRefusal,
    },
    /// Something of the account was told under an authority: its pseudonym, or [all that is kept](crate::Verifier::export).
    Exported {
        /// Whether the host allowed it itself, rather than a policy.
        by_host: bool,
    },
    /// The record is older than high water: the database was put back. See
    /// [`Verifier::with_high_water`](crate::Verifier::with_high_water).
    PutBack {
        /// Whether the call was refused. Otherwise it went on with what the host chose for this case.
        refused: bool,
    },
    /// The authenticators were listed.
    Listed {
        /// Whether the host allowed it itself, rather than a policy.
        by_host: bool,
    },
    /// The account was changed.
    Changed {
        /// The change, by the name of its policy action.
        action: &'static str,
        /// Whether the host allowed it itself, rather than a policy.
        by_host: bool,
    },
    /// A change was allowed, and waits. The customer can stop it.
    ChangeWaits {
        /// The change that waits.
        change: PendingChange,
    },
    /// A change was asked for again that waits already. Its time and its content stand.
    ChangeWaitsAlready {
        /// The change that waits.
        change: PendingChange,
    },
    /// A change was not taken: one like it was cancelled lately.
    ChangeBarred {
        /// The change, by the name of its policy action.
        action: &'static str,
        /// The factor.
        factor: Factor,
        /// The end of the bar.
        until: Timestamp,
    },
    /// A change that waited took effect. It did so at its time: this event is of the next call after it.
    ChangeTookEffect {
        /// The change.
        change: PendingChange,
    },
    /// A change that waited was dropped. It can be carried out no more, or one like it was made at once.
    ChangeDropped {
        /// The change.
        change: PendingChange,
    },
    /// A change that waited was cancelled.
    ChangeCancelled {
        /// The change.
        change: PendingChange,
        /// Whether the host or its policy cancelled it, rather than evidence of the customer.
        by_authority: bool,
    },
    /// A change was to be cancelled. None of that id waits, or the interaction holds no evidence.
    CancelRefused {
        /// The id that was given.
        id: PendingId,
    },
}

/// A change that waits or waited, in an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PendingChange {
    /// The id.
    pub id: PendingId,
    /// The change, by the name of its policy action.
    pub action: &'static str,
    /// The factor that it changes.
    pub factor: Factor,
}

/// Why a check did not pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The code or the answers are wrong.
    Wrong,
    /// It was right, and was used before: a code that counted, or a computation that was settled.
    Replayed,
    /// It was right, and was computed too late. A computation is settled within two minutes of its charge. Look at the load
    /// of this machine.
    Expired,
    /// A private code was given on a channel that reveals it to the host: a sign of fraud. The code is void.
    PrivateCodeTold,
    /// There is no code open that this could answer.
    NothingOpen,
    /// Agents have heard each letter of the memorable word: it proves nothing any more.
    WordSpent,
    /// The subject has not enrolled this factor.
    NotEnrolled,
    /// There is no such subject.
    UnknownSubject,
    /// The subject is suspended.
    Suspended,
    /// The reservation, the challenge or the binding has changed meanwhile.
    Superseded,
}

/// Why a grant was not redeemed. It is for the host, to choose the next step. Callers learn nothing of it.
///
/// If several apply, the first of this list is given.
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
    /// Earlier evidence is void: by a suspension, by an authenticator that was replaced or removed, or by a clock that was set
    /// back. Verify the subject again.
    Voided,
    /// It was given in another interaction.
    OtherInteraction,
    /// It was given for another transaction, or the context has none now.
    OtherTransaction,
    /// Its time is over. Decide again: evidence that is fresh enough gives a new one.
    Expired,
    /// Its transaction was carried out before, by this action. No evidence changes that.
    CarriedOut,
    /// It was redeemed before, or an approval or evidence that it rests on has served before.
    Spent,
    /// The change that it allows waits before it takes effect. Give the grant to [`Verifier::change`](crate::Verifier::change).
    Waits,
    /// The record holds no more: 512 marks were noted for this subject within 25 hours. None can be forgotten earlier, since evidence may count for a day.
    TooMany {
        /// From then on there is room.
        until: Timestamp,
    },
}

/// The place where events go.
///
/// An event is written after the state is stored and before the outcome is returned. A sink that fails withholds a pass.
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
