//! Both sides check one another (RFC 6287 7.2), before a login or before a signature (7.3.2).
//!
//! The client asks first, so a host that cannot answer learns nothing. Three things keep an answer of one side from
//! being one of the other. The questions stand in the other order, both have one exact length, and no two directions
//! share suite and secret.

use core::fmt;

use minicbor::{Decode, Encode};

use super::challenge::{OcraChallenge, OcraTask};
use super::one_way::Ocra;
use super::question::{OcraQuestion, QuestionBytes};
use super::response::OcraResponse;
use super::state::OcraState;
use crate::error::Error;
use crate::secret::SecretText;
use crate::time::Timestamp;
use crate::transition::{Transition, Verdict};

/// The host's side: it answers the customer's question, asks its own, and checks the answer to that.
///
/// A recorded call and an answer sent back are worth nothing. This does not stop a live relay: an attacker with the
/// customer on one line and the host on another can pass every word on. The customer then talks to the host through the
/// attacker. So let the customer sign what is done, on a device that shows it. The pair's customer secret is then [for
/// signatures](Ocra::for_signatures).
///
/// It encodes with `minicbor`, secrets in plain: the bytes belong into a sealed record.
///
/// ```
/// use countersign::{Timestamp, otp::ocra::{MutualClient, MutualServer, MutualState, Ocra, OcraResponse, OcraSuite, OcraTask}, transition::{CommitResult, Saved, Verdict}};
/// // Once, at enrolment: two secrets, one for each direction. Host and app have both.
/// let suite: OcraSuite = "OCRA-1:HOTP-SHA256-8:QN08".parse()?;
/// let (from_host, from_app) = (suite.fresh_secret()?, suite.fresh_secret()?);
/// let host = MutualServer::new(Ocra::new(suite.clone(), from_host.clone())?, Ocra::new(suite.clone(), from_app.clone())?)?;
/// let app = MutualClient::new(Ocra::new(suite.clone(), from_host)?, Ocra::new(suite, from_app)?)?;
/// let (mut at_host, mut in_app, now) = (MutualState::default(), MutualState::default(), Timestamp::now()?);
///
/// // The app asks, the agent reads the answer and another question out.
/// let opening = app.open(&in_app, now)?;
/// let step = host.challenge(&at_host, opening.question(), OcraTask::authenticate(), now)?;
/// let told = step.commit(|next| { at_host = next.clone(); Saved::<()>::Stored });
/// let Ok(CommitResult::Stored((spoken, challenge))) = told else { unreachable!() };
///
/// // The app shows whether that was the host, and only then what to say.
/// let heard = OcraResponse::typed(spoken.expose_text());
/// let step = app.check(&in_app, &opening, challenge.question(), &heard, now)?;
/// let told = step.commit(|next| { in_app = next.clone(); Saved::<()>::Stored });
/// let Ok(CommitResult::Stored(Ok(shown))) = told else { unreachable!() };
///
/// // The agent types what the customer says.
/// let step = host.check(&at_host, &challenge, &OcraResponse::typed(shown.expose_text()), now)?;
/// let told = step.commit(|next| { at_host = next.clone(); Saved::<()>::Stored });
/// assert!(matches!(told, Ok(CommitResult::Stored(Verdict::Accepted))));
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone, Encode, Decode)]
#[cbor(transparent)]
pub struct MutualServer(#[n(0)] Directions);

impl MutualServer {
    /// Joins two directions: the one in which the host answers, and the one in which the customer does.
    ///
    /// # Errors
    /// Misuse, if both have the same suite and the same secret, so that an answer of one could be one of the other.
    /// Misuse, if their questions are of another format or length. Misuse, if the host's direction has a PIN or is for
    /// signatures, which are the customer's.
    ///
    /// ```
    /// use countersign::otp::ocra::{MutualServer, Ocra, OcraSuite};
    /// let suite: OcraSuite = "OCRA-1:HOTP-SHA256-8:QN08".parse()?;
    /// let [one, other] = [Ocra::new(suite.clone(), suite.fresh_secret()?)?, Ocra::new(suite.clone(), suite.fresh_secret()?)?];
    /// assert!(MutualServer::new(one.clone(), other).is_ok());
    /// let error = MutualServer::new(one.clone(), one).unwrap_err();
    /// assert_eq!(error.to_string(), "ocra directions: must differ in suite or secret");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn new(server: Ocra, client: Ocra) -> Result<Self, Error> {
        Directions::new(server, client).map(Self)
    }

    /// Sets the session data of those directions whose suite has them: see [`Ocra::in_session`].
    ///
    /// # Errors
    /// Misuse, if the data do not suit, or if no direction has any.
    ///
    /// ```
    /// use countersign::otp::ocra::{MutualServer, Ocra, OcraSuite};
    /// let [with, without]: [OcraSuite; 2] = ["OCRA-1:HOTP-SHA256-8:QN08-S064".parse()?, "OCRA-1:HOTP-SHA256-8:QN08".parse()?];
    /// let secret = with.fresh_secret()?;
    /// let host = MutualServer::new(Ocra::new(without, secret.clone())?, Ocra::new(with, secret)?)?;
    /// assert!(host.in_session(b"call 4711").is_ok());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn in_session(self, data: &[u8]) -> Result<Self, Error> {
        self.0.in_session(data).map(Self)
    }

    /// Answers the customer's question, and asks another. It returns the answer to read out, and the challenge to keep
    /// until the customer answers. If the host's suite has a counter, the answer comes out once the next counter is
    /// stored.
    ///
    /// Anyone may ask: an answer proves the host to a holder of the secret, and shows others nothing. The caller limits
    /// how often.
    ///
    /// # Errors
    /// Misuse, if a question does not suit the suite or has another length, or if a suite cannot do this
    /// [task](OcraTask). Misuse, if a session is needed, or if the host's counter is used up. Store, if the system
    /// gives no randomness.
    ///
    /// ```
    /// use countersign::{Timestamp, otp::ocra::{MutualServer, MutualState, Ocra, OcraQuestion, OcraSuite, OcraTask}, transition::{CommitResult, Saved}};
    /// let suite: OcraSuite = "OCRA-1:HOTP-SHA256-8:QN08".parse()?;
    /// let [one, other] = [Ocra::new(suite.clone(), suite.fresh_secret()?)?, Ocra::new(suite.clone(), suite.fresh_secret()?)?];
    /// let host = MutualServer::new(one, other)?;
    /// let asked = OcraQuestion::typed(&suite, "1234 5678")?;
    /// let step = host.challenge(&MutualState::default(), &asked, OcraTask::authenticate(), Timestamp::now()?)?;
    /// let Ok(CommitResult::Stored((answer, challenge))) = step.commit(|_| Saved::<()>::Stored) else { unreachable!() };
    /// assert_eq!(answer.expose_text().len(), 8);
    /// assert_eq!(challenge.question().as_str().len(), 8);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn challenge(
        &self,
        state: &MutualState,
        asked: &OcraQuestion,
        task: OcraTask<'_>,
        now: Timestamp,
    ) -> Result<Transition<(SecretText, OcraChallenge), MutualState>, Error> {
        let Directions { server, client } = &self.0;
        let challenge = client.ask(task, true, &state.client, now)?;
        let questions = self.0.questions(asked, challenge.question())?;
        let challenge = challenge.after(asked.clone());
        let (next, answer) = server.answer(&state.server, &questions, now)?.into_parts();
        Ok(match next {
            Some(server) => {
                let next = MutualState {
                    server,
                    ..state.clone()
                };
                Transition::to(next, (answer, challenge))
            }
            None => Transition::unchanged((answer, challenge)),
        })
    }

    /// Checks the customer's answer, and spends the question. [`Ocra::check`] explains the next state and a refusal.
    ///
    /// # Errors
    /// Misuse, if the challenge is of another suite or not one of [`challenge`](Self::challenge), or if a session is
    /// needed.
    ///
    /// ```
    /// use countersign::{Timestamp, otp::ocra::{MutualServer, MutualState, Ocra, OcraQuestion, OcraResponse, OcraSuite, OcraTask}, transition::{CommitResult, Saved, Verdict}};
    /// # let suite: OcraSuite = "OCRA-1:HOTP-SHA256-8:QN08".parse()?;
    /// # let [one, other] = [Ocra::new(suite.clone(), suite.fresh_secret()?)?, Ocra::new(suite.clone(), suite.fresh_secret()?)?];
    /// # let host = MutualServer::new(one, other)?;
    /// # let asked = OcraQuestion::typed(&suite, "1234 5678")?;
    /// # let (stored, now) = (MutualState::default(), Timestamp::now()?);
    /// # let step = host.challenge(&stored, &asked, OcraTask::authenticate(), now)?;
    /// # let Ok(CommitResult::Stored((answer, challenge))) = step.commit(|_| Saved::<()>::Stored) else { unreachable!() };
    /// // What the host said itself is not what it wants to hear.
    /// let reflected = OcraResponse::typed(answer.expose_text());
    /// let told = host.check(&stored, &challenge, &reflected, now)?.commit(|_| Saved::<()>::Stored);
    /// assert!(matches!(told, Ok(CommitResult::Stored(Verdict::Wrong))));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn check(
        &self,
        state: &MutualState,
        challenge: &OcraChallenge,
        response: &OcraResponse,
        now: Timestamp,
    ) -> Result<Transition<Verdict, MutualState>, Error> {
        let asked = challenge.answered_first()?;
        let questions = self.0.questions(challenge.question(), asked)?;
        let judged = self
            .0
            .client
            .judge(&state.client, challenge, &questions, response, now)?;
        let (next, verdict) = judged.into_parts();
        Ok(match next {
            Some(client) => Transition::to(
                MutualState {
                    client,
                    ..state.clone()
                },
                verdict,
            ),
            None => Transition::unchanged(verdict),
        })
    }

    /// Returns the direction in which the host answers.
    #[must_use]
    pub const fn server(&self) -> &Ocra {
        &self.0.server
    }

    /// Returns the direction in which the customer answers.
    #[must_use]
    pub const fn client(&self) -> &Ocra {
        &self.0.client
    }
}

impl fmt::Debug for MutualServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MutualServer{:?}", self.0)
    }
}

/// The customer's side: it asks first, checks the host's answer, and only then answers the host's question.
///
/// [`MutualServer`] shows a whole conversation.
///
/// ```
/// use countersign::{Timestamp, otp::ocra::{MutualClient, MutualState, Ocra, OcraSuite}};
/// let suite: OcraSuite = "OCRA-1:HOTP-SHA256-8:QN08".parse()?;
/// let [one, other] = [Ocra::new(suite.clone(), suite.fresh_secret()?)?, Ocra::new(suite.clone(), suite.fresh_secret()?)?];
/// let app = MutualClient::new(one, other)?;
/// let opening = app.open(&MutualState::default(), Timestamp::now()?)?;
/// assert_eq!(opening.question().as_str().len(), 8);
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone, Encode, Decode)]
#[cbor(transparent)]
pub struct MutualClient(#[n(0)] Directions);

impl MutualClient {
    /// Joins two directions: the one in which the host answers, and the one in which the customer does.
    ///
    /// # Errors
    /// Misuse, as for [`MutualServer::new`].
    ///
    /// ```
    /// use countersign::{SecretText, otp::ocra::{MutualClient, Ocra, OcraSuite}};
    /// let host: OcraSuite = "OCRA-1:HOTP-SHA256-8:QN08".parse()?;
    /// let app: OcraSuite = "OCRA-1:HOTP-SHA256-8:QN08-PSHA256".parse()?;
    /// let secret = host.fresh_secret()?;
    /// let pin = SecretText::from("1234".to_owned());
    /// assert!(MutualClient::new(Ocra::new(host, secret.clone())?, Ocra::new_with_pin(app, secret, &pin)?).is_ok());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn new(server: Ocra, client: Ocra) -> Result<Self, Error> {
        Directions::new(server, client).map(Self)
    }

    /// Sets the session data: see [`MutualServer::in_session`].
    ///
    /// # Errors
    /// Misuse, if the data do not suit, or if no direction has any.
    pub fn in_session(self, data: &[u8]) -> Result<Self, Error> {
        self.0.in_session(data).map(Self)
    }

    /// Asks the host to prove itself, with a fresh question.
    ///
    /// # Errors
    /// Store, if the system gives no randomness.
    ///
    /// ```
    /// # use countersign::{Timestamp, otp::ocra::{MutualClient, MutualState, Ocra, OcraSuite}};
    /// # let suite: OcraSuite = "OCRA-1:HOTP-SHA256-8:QN08".parse()?;
    /// # let [one, other] = [Ocra::new(suite.clone(), suite.fresh_secret()?)?, Ocra::new(suite.clone(), suite.fresh_secret()?)?];
    /// # let app = MutualClient::new(one, other)?;
    /// let (stored, now) = (MutualState::default(), Timestamp::now()?);
    /// let opening = app.open(&stored, now)?;
    /// println!("Ask them to answer {}.", opening.question().as_str());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn open(&self, state: &MutualState, now: Timestamp) -> Result<OcraChallenge, Error> {
        let server = &self.0.server;
        server.ask(OcraTask::authenticate(), true, &state.server, now)
    }

    /// Checks the host's answer. If it is right, this gives the response to the host's question; otherwise it gives the
    /// verdict. There is no other way to a response.
    ///
    /// If it is a signature, the app shows what the question says before it shows the response.
    ///
    /// A wrong answer changes nothing. After a few, the app should hang up rather than ask again.
    ///
    /// # Errors
    /// Misuse, if a question does not suit the suite or is not exactly as long as it says. Misuse, if a session is
    /// needed, or if the customer's counter is used up.
    ///
    /// ```
    /// use countersign::{otp::ocra::{OcraQuestion, OcraResponse}, transition::{CommitResult, Saved, Verdict}};
    /// # use countersign::{Timestamp, otp::ocra::{MutualClient, MutualState, Ocra, OcraSuite}};
    /// # let suite: OcraSuite = "OCRA-1:HOTP-SHA256-8:QN08".parse()?;
    /// # let [one, other] = [Ocra::new(suite.clone(), suite.fresh_secret()?)?, Ocra::new(suite.clone(), suite.fresh_secret()?)?];
    /// # let app = MutualClient::new(one, other)?;
    /// # let (stored, now) = (MutualState::default(), Timestamp::now()?);
    /// # let opening = app.open(&stored, now)?;
    /// // Somebody who does not hold the secret can only guess.
    /// let asked = OcraQuestion::typed(&suite, "1111 1111")?;
    /// let step = app.check(&stored, &opening, &asked, &OcraResponse::typed("trust me"), now)?;
    /// let told = step.commit(|_| Saved::<()>::Stored);
    /// assert!(matches!(told, Ok(CommitResult::Stored(Err(Verdict::Wrong)))));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn check(
        &self,
        state: &MutualState,
        opening: &OcraChallenge,
        asked: &OcraQuestion,
        response: &OcraResponse,
        now: Timestamp,
    ) -> Result<Transition<Result<SecretText, Verdict>, MutualState>, Error> {
        let Directions { server, client } = &self.0;
        opening.stands_alone()?;
        let heard = self.0.questions(opening.question(), asked)?;
        let to_answer = self.0.questions(asked, opening.question())?;
        let judged = server.judge(&state.server, opening, &heard, response, now)?;
        let (next, verdict) = judged.into_parts();
        if verdict != Verdict::Accepted {
            return Ok(Transition::unchanged(Err(verdict)));
        }
        let answered = client.answer(&state.client, &to_answer, now)?;
        let (after, shown) = answered.into_parts();
        let next = MutualState {
            server: next.unwrap_or_else(|| state.server.clone()),
            client: after.unwrap_or_else(|| state.client.clone()),
        };
        Ok(Transition::to(next, Ok(shown)))
    }

    /// Returns the direction in which the customer answers. An app asks it whether it is about to sign.
    ///
    /// ```
    /// # use countersign::otp::ocra::{MutualClient, Ocra, OcraSuite};
    /// # let suite: OcraSuite = "OCRA-1:HOTP-SHA256-8:QN08".parse()?;
    /// # let [one, other] = [Ocra::new(suite.clone(), suite.fresh_secret()?)?, Ocra::new(suite.clone(), suite.fresh_secret()?)?];
    /// let app = MutualClient::new(one, other.for_signatures())?;
    /// let headline = if app.client().signs() { "You are about to sign" } else { "Who is calling?" };
    /// assert_eq!(headline, "You are about to sign");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub const fn client(&self) -> &Ocra {
        &self.0.client
    }
}

impl fmt::Debug for MutualClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MutualClient{:?}", self.0)
    }
}

/// The state that each side stores: one [`OcraState`] for each direction.
///
/// ```
/// use countersign::otp::ocra::MutualState;
/// assert_eq!(MutualState::default().client().round(), 0);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct MutualState {
    #[n(0)]
    server: OcraState,
    #[n(1)]
    client: OcraState,
}

impl MutualState {
    /// Reads the state as it was stored.
    #[must_use]
    pub const fn stored(server: OcraState, client: OcraState) -> Self {
        Self { server, client }
    }

    /// Returns the state of the direction in which the host answers.
    #[must_use]
    pub const fn server(&self) -> &OcraState {
        &self.server
    }

    /// Returns the state of the direction in which the customer answers.
    #[must_use]
    pub const fn client(&self) -> &OcraState {
        &self.client
    }
}

/// Two directions that cannot be taken for one another.
#[derive(Clone, Encode)]
#[cbor(array)]
struct Directions {
    #[n(0)]
    server: Ocra,
    #[n(1)]
    client: Ocra,
}

impl Directions {
    fn new(server: Ocra, client: Ocra) -> Result<Self, Error> {
        let [ours, theirs] = [server.suite(), client.suite()];
        if ours.pin_hash().is_some() {
            return Err(Error::misuse(
                "ocra server suite",
                "must be without a PIN, which is the customer's",
            ));
        }
        if server.signs() {
            return Err(Error::misuse(
                "ocra server secret",
                "must not be for signatures, which are the customer's",
            ));
        }
        if (ours.question_format(), ours.question_length())
            != (theirs.question_format(), theirs.question_length())
        {
            return Err(Error::misuse(
                "ocra directions",
                "must have questions of one format and length",
            ));
        }
        if server.answers_like(&client) {
            return Err(Error::misuse(
                "ocra directions",
                "must differ in suite or secret",
            ));
        }
        Ok(Self { server, client })
    }

    fn in_session(self, data: &[u8]) -> Result<Self, Error> {
        let has = |ocra: &Ocra| ocra.suite().session_bytes().is_some();
        let both_or_none = has(&self.server) == has(&self.client);
        let enter = |ocra: Ocra| {
            if both_or_none || has(&ocra) {
                ocra.in_session(data)
            } else {
                Ok(ocra)
            }
        };
        Ok(Self {
            server: enter(self.server)?,
            client: enter(self.client)?,
        })
    }

    /// Returns two questions as bytes, the one that is answered first (RFC 6287 7.2).
    fn questions(
        &self,
        answered: &OcraQuestion,
        beside: &OcraQuestion,
    ) -> Result<QuestionBytes, Error> {
        let suite = self.server.suite();
        for question in [answered, beside] {
            question
                .suits_exactly(suite)
                .map_err(|rule| Error::misuse("ocra question", rule))?;
        }
        let format = suite.question_format();
        Ok(OcraQuestion::bytes(format, &[answered, beside]))
    }
}

impl fmt::Debug for Directions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({}, {}, ..)", self.server.suite(), self.client.suite())
    }
}

/// By the rules of the constructor.
impl<'b, C> Decode<'b, C> for Directions {
    fn decode(
        decoder: &mut minicbor::Decoder<'b>,
        context: &mut C,
    ) -> Result<Self, minicbor::decode::Error> {
        let start = decoder.position();
        let broken = |rule: Error| minicbor::decode::Error::message(rule).at(start);
        if decoder.array()? != Some(2) {
            let rule = "ocra directions: must be an array of two";
            return Err(minicbor::decode::Error::message(rule).at(start));
        }
        let [server, client] = [
            Ocra::decode(decoder, context)?,
            Ocra::decode(decoder, context)?,
        ];
        Self::new(server, client).map_err(broken)
    }
}
