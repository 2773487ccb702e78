//! Four eyes: an agent approves what another agent handles.

use crate::canonical::shown::{line, mixes_alphabets, says_something};
use crate::canonical::text::one_name;
use crate::context::{Context, ContextAt, TransactionDigest};
use crate::derivation::{APPROVAL, leading};
use crate::error::Error;
use crate::subject::Subject;
use crate::time::Timestamp;
use core::time::Duration;
use ring::digest;

/// A person who works for the host, by the host's own name for that person.
///
/// Spellings of one name are one agent. So an agent who handles a request as `Anna` cannot approve it as `anna`. These do not count:
///
/// - letter case, width, and the width of blanks (Unicode's compatibility caseless matching, with one i);
/// - accents of Greek, since its capitals lose them, and the two capitals of Armenian `և`;
/// - the script of digits, and the kind of apostrophes and dashes.
///
/// A name is refused if it holds characters that cannot be seen, or one word of two alphabets, as `аnna` with a Cyrillic а.
///
/// Names in other letters are other agents: the crate does not know that `Анна` is Anna. The host gives each person one name.
///
/// ```
/// use countersign::account::Agent;
/// assert_eq!(Agent::new("Anna")?, Agent::new("ANNA")?);
/// assert_eq!(Agent::new("Strauß")?, Agent::new("STRAUSS")?);
/// assert!(Agent::new("anna\u{200b}").is_err());
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Agent(String);

impl Agent {
    /// A longer name is refused.
    pub const MAX_BYTES: usize = 128;

    /// Makes an agent of that name.
    ///
    /// # Errors
    /// Misuse, if the name
    ///
    /// - is empty, longer than 128 bytes, or begins or ends with a blank;
    /// - holds no letter or digit;
    /// - holds control, invisible, private-use or unassigned characters, or mixes alphabets within a word.
    pub fn new(name: &str) -> Result<Self, Error> {
        let refused = |rule| Err(Error::misuse("agent", rule));
        if !(1..=Self::MAX_BYTES).contains(&name.len()) {
            return refused("must hold 1 to 128 bytes");
        }
        if name.trim() != name {
            return refused("must not begin or end with a blank");
        }
        // Once more: a sign of old compatibility may fold to a blank and a mark.
        let Some(form) = line(name).and_then(|name| line(&one_name(&name))) else {
            return refused(
                "must not hold control, invisible, private-use or unassigned characters, nor loose marks",
            );
        };
        if !says_something(&form) {
            return refused("must hold a letter or a digit");
        }
        if mixes_alphabets(&form) {
            return refused(
                "must not mix letters of Latin, Greek, Cyrillic, Armenian or Cherokee in one word",
            );
        }
        if form.len() > Self::MAX_BYTES {
            return refused("must hold 1 to 128 bytes in its folded form, too");
        }
        Ok(Self(form))
    }

    /// Reads a stored name. It is in the form in which agents are compared.
    pub(crate) const fn stored(name: String) -> Self {
        Self(name)
    }

    /// Returns the name, in the form in which agents are compared.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0
    }
}

/// An agent's approval of one action for one subject, and of one transaction or none: the second pair of eyes.
///
/// [`Verifier::approve`](crate::Verifier::approve) keeps one in the record, where every process finds it. Make one yourself for
/// [`Policy::decide`](crate::Policy::decide) alone. Do either where you have verified the agent and displayed what the agent
/// approves. It counts only where the policy asks
/// for approvals, and only for requests that [another agent](crate::Request::handled_by) handles. It counts once: its
/// id is part of the grant, see [`Grant::once`](crate::Grant::once).
///
/// ```
/// use core::time::Duration;
/// use countersign::{Channel, Context, Interaction, Subject, Timestamp, Transaction, account::{Agent, Approval}};
/// let anna = Subject::new("bank", "C-1042")?;
/// let transfer = Transaction::new("TX-1")?.with("amount", "9,000 EUR")?;
/// let desk = Context::begin(Channel::Agent)?.for_transaction(&transfer);
/// let yes = Approval::by(Agent::new("supervisor 2")?, "payment.create", &anna, Duration::from_secs(15 * 60), &desk, Timestamp::now()?);
/// assert_eq!(yes.agent().name(), "supervisor 2");
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Debug, PartialEq, Eq)]
pub struct Approval {
    agent: Agent,
    action: String,
    subject: Subject,
    binding: Option<TransactionDigest>,
    at: Timestamp,
    until: Timestamp,
    id: [u8; 16],
}

impl Approval {
    /// Approves `action` for `subject`, and for the transaction of `ctx`, from `now` on and for so long.
    ///
    /// Make `ctx` one [for the transaction](Context::for_transaction) that was displayed to the agent. An approval for none does not
    /// count for a request that is for one.
    ///
    /// An approval that is made again, say in another process of the host, is the same one: its id is a hash of all it says.
    ///
    /// ```
    /// # use core::time::Duration;
    /// # use countersign::{Channel, Context, Interaction, Subject, Timestamp, account::{Agent, Approval}};
    /// # let (anna, now) = (Subject::new("bank", "C-1042")?, Timestamp::from_unix(1_800_000_000)?);
    /// let desk = Context::begin(Channel::Agent)?;
    /// let yes = || Approval::by(Agent::new("lead").unwrap(), "limit.raise", &anna, Duration::from_secs(5 * 60), &desk, now);
    /// assert_eq!(yes(), yes());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn by(
        agent: Agent,
        action: &str,
        subject: &Subject,
        lifetime: Duration,
        ctx: &Context,
        now: Timestamp,
    ) -> Self {
        let binding = ctx.transaction_digest();
        let until = now.plus(lifetime);
        Self::of(agent, action.to_owned(), subject, binding, now, until)
    }

    /// Makes the approval that says all this.
    pub(crate) fn of(
        agent: Agent,
        action: String,
        subject: &Subject,
        binding: Option<TransactionDigest>,
        at: Timestamp,
        until: Timestamp,
    ) -> Self {
        let mut digest = digest::Context::new(&digest::SHA256);
        digest.update(APPROVAL.as_bytes());
        digest.update(subject.store_key());
        digest.update(&at.unix().to_be_bytes());
        digest.update(&until.unix().to_be_bytes());
        for word in [agent.name(), &action] {
            digest.update(&(word.len() as u64).to_be_bytes());
            digest.update(word.as_bytes());
        }
        if let Some(binding) = binding {
            digest.update(binding.as_bytes());
        }
        Self {
            agent,
            action,
            subject: subject.clone(),
            binding,
            at,
            until,
            id: leading(digest.finish()),
        }
    }

    /// Returns the agent.
    #[must_use]
    pub const fn agent(&self) -> &Agent {
        &self.agent
    }

    /// Returns the action.
    #[must_use]
    pub fn action(&self) -> &str {
        &self.action
    }

    /// Returns the transaction that it is for, if it is for one.
    #[must_use]
    pub const fn transaction_digest(&self) -> Option<TransactionDigest> {
        self.binding
    }

    /// Returns the first second that it counts.
    #[must_use]
    pub const fn at(&self) -> Timestamp {
        self.at
    }

    /// Returns the last second that it counts.
    #[must_use]
    pub const fn until(&self) -> Timestamp {
        self.until
    }

    /// Returns the id of the approval.
    #[must_use]
    pub const fn id(&self) -> &[u8; 16] {
        &self.id
    }

    /// Returns whether it approves this at the moment of `ctx`: this action, this subject, and this transaction or none.
    pub(crate) fn is_for(&self, action: &str, subject: &Subject, ctx: &ContextAt) -> bool {
        self.action == action
            && self.subject == *subject
            && self.binding == ctx.transaction_digest()
            && (self.at..=self.until).contains(&ctx.now())
    }
}
