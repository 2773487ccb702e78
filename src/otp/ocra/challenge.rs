//! A question that waits for its response: what it is for, and how long and how often it counts.

use minicbor::{Decode, Encode};

use super::question::OcraQuestion;
use super::state::OcraState;
use super::suite::OcraSuite;
use crate::context::TransactionDigest;
use crate::error::Error;
use crate::time::{CLOCK_SKEW, Timestamp};
use crate::transition::Verdict;
use core::time::Duration;

/// What the other side is asked to do: to authenticate, or to sign, where its secret is
/// [for signatures](crate::otp::ocra::Ocra::for_signatures).
///
/// ```
/// use countersign::{Transaction, otp::ocra::OcraTask};
/// let login = OcraTask::Authenticate;
/// let transfer = Transaction::new("TX-1")?.with("payee", "Anna")?.with("amount", "99.50 EUR")?;
/// let signature = OcraTask::Sign(transfer.digest());
/// let figures = OcraTask::SignText("40 01 99 50");
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum OcraTask<'a> {
    /// To show that it holds the secret: the question is drawn (RFC 6287 7.1 and 7.2).
    Authenticate,
    /// To sign a [transaction](crate::Transaction): the question is [its digest](OcraQuestion::of_transaction) (RFC 6287
    /// 7.3). The transaction's reference is the host's and unique, and so is the question.
    Sign(TransactionDigest),
    /// To sign what a person can read and type: an amount, the end of an account number (RFC 6287 7.3).
    ///
    /// The same text may come again, so the suite must have a counter, or a time step, of which each one then signs
    /// once. Digits must be as many as the suite says, and must not begin with a zero: RFC 6287 5.1 fills numbers up
    /// with zeros, and two of them could become the same question.
    ///
    /// Nobody checks here that the figures are those of a transaction, of which the library sees a digest alone. The host
    /// takes them from its [values](crate::Transaction::value).
    SignText(&'a str),
}

impl OcraTask<'_> {
    pub(super) const fn signs(self) -> bool {
        !matches!(self, Self::Authenticate)
    }

    /// The question to whoever answers by this. `exactly` where another question stands beside it.
    fn question(self, suite: &OcraSuite, exactly: bool) -> Result<OcraQuestion, Error> {
        if self.signs() && suite.session_bytes().is_some() {
            return Err(Error::misuse(
                "ocra suite",
                "must be without session data to sign (RFC 6287 6.3)",
            ));
        }
        match self {
            Self::Authenticate => OcraQuestion::draw(suite),
            Self::Sign(transaction) => OcraQuestion::of_transaction(suite, transaction),
            Self::SignText(text) => {
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

/// A question that was asked, as the side that asked it keeps it until the response comes.
///
/// It counts for [ten minutes](Self::LIFETIME), and until a response is accepted. Kept in the host's own record (it
/// encodes with `minicbor`) rather than with the caller: whoever could put back an old challenge together with the old
/// [state](OcraState) could use an old response again.
///
/// ```
/// use countersign::{Timestamp, otp::ocra::{Ocra, OcraState, OcraTask}};
/// let suite: countersign::otp::ocra::OcraSuite = "OCRA-1:HOTP-SHA256-8:QN08".parse()?;
/// let ocra = Ocra::new(suite.clone(), suite.fresh_secret()?)?;
/// let now = Timestamp::now()?;
/// let challenge = ocra.challenge(&OcraState::default(), OcraTask::Authenticate, now)?;
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
    /// How long a question waits for its response: 10 minutes, as long as an out-of-band code may (SP 800-63B-4 3.1.3.2).
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
            may_come_again: matches!(task, OcraTask::SignText(_)),
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

    /// The customer's own question, without which one of two directions is not judged.
    pub(super) fn answered_first(&self) -> Result<&OcraQuestion, Error> {
        let rule = "must be one of `MutualServer::challenge`";
        self.answered
            .as_ref()
            .ok_or_else(|| Error::misuse("ocra challenge", rule))
    }

    /// Refuses a question that stands beside the customer's own: a response to both is not one to either.
    pub(super) fn stands_alone(&self) -> Result<(), Error> {
        if self.answered.is_some() {
            let rule = "must not be one of `MutualServer::challenge`";
            return Err(Error::misuse("ocra challenge", rule));
        }
        Ok(())
    }

    /// The question, to be shown or said.
    ///
    /// ```
    /// # use countersign::{Timestamp, otp::ocra::{Ocra, OcraState, OcraTask}};
    /// # let suite: countersign::otp::ocra::OcraSuite = "OCRA-1:HOTP-SHA256-8:C-QN06".parse()?;
    /// # let ocra = Ocra::new(suite.clone(), suite.fresh_secret()?)?.for_signatures();
    /// let task = OcraTask::SignText("409950");
    /// let challenge = ocra.challenge(&OcraState::default(), task, Timestamp::now()?)?;
    /// assert_eq!(challenge.question().as_str(), "409950");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub const fn question(&self) -> &OcraQuestion {
        &self.question
    }

    /// When it counts no more. It may end before, by an accepted response.
    ///
    /// ```
    /// # use countersign::{Timestamp, otp::ocra::{Ocra, OcraState, OcraTask}};
    /// use countersign::otp::ocra::OcraChallenge;
    /// # let suite: countersign::otp::ocra::OcraSuite = "OCRA-1:HOTP-SHA256-8:QN08".parse()?;
    /// # let ocra = Ocra::new(suite.clone(), suite.fresh_secret()?)?;
    /// let now = Timestamp::now()?;
    /// let challenge = ocra.challenge(&OcraState::default(), OcraTask::Authenticate, now)?;
    /// assert_eq!(challenge.expires(), now + OcraChallenge::LIFETIME);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub const fn expires(&self) -> Timestamp {
        Timestamp::stored(self.asked).plus(Self::LIFETIME)
    }

    pub(super) const fn may_come_again(&self) -> bool {
        self.may_come_again
    }

    /// Why it does not count any more, if it does not.
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
