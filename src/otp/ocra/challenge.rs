//! A question that waits for its response: its task, and how long and how often it counts.

use minicbor::{Decode, Encode};

use super::question::OcraQuestion;
use super::state::OcraState;
use super::suite::OcraSuite;
use crate::context::TransactionDigest;
use crate::error::Error;
use crate::time::{CLOCK_SKEW, Timestamp};
use crate::transition::Verdict;
use core::time::Duration;

/// The task of the other side: to authenticate, or to sign, if its secret is
/// [for signatures](crate::otp::ocra::Ocra::for_signatures).
///
/// ```
/// use countersign::{Transaction, otp::ocra::OcraTask};
/// let login = OcraTask::authenticate();
/// // The customer's app has asked first, and the customer reads its question out.
/// let login = login.answering("1234 5678");
/// let transfer = Transaction::new("TX-1")?.with("payee", "Anna")?.with("amount", "99.50 EUR")?;
/// let signature = OcraTask::sign(transfer.digest());
/// let figures = OcraTask::sign_text("40 01 99 50");
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct OcraTask<'a> {
    kind: TaskKind<'a>,
    answering: Option<&'a str>,
    session: Option<&'a [u8]>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum TaskKind<'a> {
    Authenticate,
    Sign(TransactionDigest),
    SignText(&'a str),
}

impl<'a> OcraTask<'a> {
    const fn new(kind: TaskKind<'a>) -> Self {
        Self {
            kind,
            answering: None,
            session: None,
        }
    }

    /// Asks the other side to show that it holds the secret. The question is drawn (RFC 6287 7.1 and 7.2).
    #[must_use]
    pub const fn authenticate() -> Self {
        Self::new(TaskKind::Authenticate)
    }

    /// Asks for the signature of a [transaction](crate::Transaction). The question is
    /// [its digest](OcraQuestion::of_transaction) (RFC 6287 7.3).
    ///
    /// The host chooses the transaction's reference, and each only once, so each question is asked only once.
    #[must_use]
    pub const fn sign(transaction: TransactionDigest) -> Self {
        Self::new(TaskKind::Sign(transaction))
    }

    /// Asks for the signature of figures that a person can read and type: an amount, the end of an account number (RFC
    /// 6287 7.3).
    ///
    /// A text may come again. So the suite must have a counter or a time step, and each of these signs
    /// once. Digits must be as many as the suite says, and must not begin with a zero: RFC 6287 5.1 fills numbers up
    /// with zeros, and two of them could become the same question.
    ///
    /// The library sees the digest of a transaction alone, so it does not check that the figures are those of the
    /// transaction. The host takes them from its [values](crate::Transaction::value).
    #[must_use]
    pub const fn sign_text(text: &'a str) -> Self {
        Self::new(TaskKind::SignText(text))
    }

    /// Sets the question that the customer's app has asked first, as the customer read it out.
    ///
    /// [`Verifier::challenge`](crate::Verifier::challenge) answers it. A
    /// [`MutualServer`](crate::otp::ocra::MutualServer) takes it as an argument of its own.
    #[must_use]
    pub const fn answering(self, question: &'a str) -> Self {
        Self {
            answering: Some(question),
            ..self
        }
    }

    /// Sets the session data that the device's suite asks for, for [`Verifier::challenge`](crate::Verifier::challenge).
    ///
    /// Blocks have a method for them, as [`Ocra::in_session`](crate::otp::ocra::Ocra::in_session).
    #[must_use]
    pub const fn in_session(self, data: &'a [u8]) -> Self {
        Self {
            session: Some(data),
            ..self
        }
    }

    pub(crate) const fn kind(&self) -> TaskKind<'a> {
        self.kind
    }

    pub(super) const fn answered(&self) -> Option<&'a str> {
        self.answering
    }

    pub(crate) const fn session(&self) -> Option<&'a [u8]> {
        self.session
    }

    /// Returns the task alone. A block takes the rest by arguments of its own.
    pub(super) const fn alone(&self) -> Self {
        Self::new(self.kind)
    }

    pub(crate) const fn signs(&self) -> bool {
        !matches!(self.kind, TaskKind::Authenticate)
    }

    /// Returns the question to ask. It must be `exactly` as long as the suite says if another question stands beside
    /// it.
    fn question(&self, suite: &OcraSuite, exactly: bool) -> Result<OcraQuestion, Error> {
        if self.answering.is_some() || self.session.is_some() {
            return Err(Error::misuse(
                "ocra task",
                "must be without a question and session data here: pass them to the block itself",
            ));
        }
        if self.signs() && suite.session_bytes().is_some() {
            return Err(Error::misuse(
                "ocra suite",
                "must be without session data to sign (RFC 6287 6.3)",
            ));
        }
        match self.kind {
            TaskKind::Authenticate => OcraQuestion::draw(suite),
            TaskKind::Sign(transaction) => OcraQuestion::of_transaction(suite, transaction),
            TaskKind::SignText(text) => {
                if !suite.has_counter() && suite.time_step().is_none() {
                    return Err(Error::misuse(
                        "ocra suite",
                        "must have a counter or a time step to sign a text that may come again",
                    ));
                }
                let question = OcraQuestion::typed(suite, text)?;
                let suits = if exactly {
                    OcraQuestion::suits_exactly
                } else {
                    OcraQuestion::suits
                };
                suits(&question, suite)
                    .and_then(|()| question.suits_uniquely(suite))
                    .map_err(|rule| Error::misuse("ocra question", rule))?;
                Ok(question)
            }
        }
    }
}

/// A question that was asked. The side that asked keeps it until the response comes.
///
/// It counts for [ten minutes](Self::LIFETIME), and until a response is accepted. Keep it in the host's own record (it
/// encodes with `minicbor`), not with the caller. A caller who puts back an old challenge with the old
/// [state](OcraState) can use an old response again.
///
/// ```
/// use countersign::{Timestamp, otp::ocra::{Ocra, OcraState, OcraTask}};
/// let suite: countersign::otp::ocra::OcraSuite = "OCRA-1:HOTP-SHA256-8:QN08".parse()?;
/// let ocra = Ocra::new(suite.clone(), suite.fresh_secret()?)?;
/// let now = Timestamp::now()?;
/// let challenge = ocra.challenge(&OcraState::default(), OcraTask::authenticate(), now)?;
/// assert_eq!(challenge.question().as_str().len(), 8);
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone, Debug, Encode, Decode)]
#[cbor(array)]
pub struct OcraChallenge {
    #[n(0)]
    question: OcraQuestion,
    /// How many responses had been accepted when it was asked.
    #[n(1)]
    round: u64,
    #[n(2)]
    asked: u64,
    /// Whether the same question may be asked again, so that counter or time must make its response another one.
    #[n(3)]
    may_come_again: bool,
    /// The customer's own question, which the host has answered first.
    #[n(4)]
    answered: Option<OcraQuestion>,
}

impl OcraChallenge {
    /// How long a question waits for its response: 10 minutes, as long as an out-of-band code may (SP 800-63B-4
    /// 3.1.3.2).
    pub const LIFETIME: Duration = Duration::from_secs(10 * 60);

    pub(super) fn ask(
        task: OcraTask<'_>,
        suite: &OcraSuite,
        exactly: bool,
        state: &OcraState,
        now: Timestamp,
    ) -> Result<Self, Error> {
        Ok(Self {
            question: task.question(suite, exactly)?,
            round: state.round,
            asked: now.unix(),
            may_come_again: matches!(task.kind, TaskKind::SignText(_)),
            answered: None,
        })
    }

    /// Keeps the customer's own question beside this one.
    pub(super) fn after(self, answered: OcraQuestion) -> Self {
        Self {
            answered: Some(answered),
            ..self
        }
    }

    /// Returns the customer's own question. Without it, a response to two questions cannot be judged.
    pub(super) fn answered_first(&self) -> Result<&OcraQuestion, Error> {
        let rule = "must be one of `MutualServer::challenge`";
        self.answered
            .as_ref()
            .ok_or_else(|| Error::misuse("ocra challenge", rule))
    }

    /// Returns whether it stands beside the customer's own question.
    pub(super) const fn is_mutual(&self) -> bool {
        self.answered.is_some()
    }

    /// Refuses a challenge that stands beside the customer's own question: a response to both does not answer one
    /// alone.
    pub(super) fn stands_alone(&self) -> Result<(), Error> {
        if self.is_mutual() {
            let rule = "must not be one of `MutualServer::challenge`";
            return Err(Error::misuse("ocra challenge", rule));
        }
        Ok(())
    }

    /// Returns the question, to be shown or said.
    #[must_use]
    pub const fn question(&self) -> &OcraQuestion {
        &self.question
    }

    /// Returns when the challenge expires. An accepted response ends it before.
    #[must_use]
    pub const fn expires(&self) -> Timestamp {
        Timestamp::stored(self.asked).plus(Self::LIFETIME)
    }

    pub(super) const fn may_come_again(&self) -> bool {
        self.may_come_again
    }

    /// Returns why the challenge does not count any more, if so.
    pub(super) fn closed(&self, state: &OcraState, now: Timestamp) -> Option<Verdict> {
        let asked = Timestamp::stored(self.asked);
        if self.round != state.round {
            Some(Verdict::Replayed)
        } else if now >= self.expires() || now.plus(CLOCK_SKEW) < asked {
            Some(Verdict::Expired)
        } else {
            None
        }
    }
}
