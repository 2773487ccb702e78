//! One direction (RFC 6287 7.1 and 7.3.1): a login by challenge and response, or a signature.

use core::fmt;
use core::ops::RangeInclusive;

use minicbor::{Decode, Decoder, Encode, Encoder};
use ring::digest;
use zeroize::Zeroizing;

use super::challenge::{OcraChallenge, OcraTask};
use super::question::{OcraQuestion, QuestionBytes};
use super::response::{self, OcraResponse};
use super::state::OcraState;
use super::suite::{self, OcraSuite};
use crate::compare::{Match, Tag, ct_eq, highest_match};
use crate::error::Error;
use crate::otp::hmac::{Algorithm, HmacKey, Mac};
use crate::otp::key::OtpKey;
use crate::secret::{SecretBytes, SecretText};
use crate::time::Timestamp;
use crate::transition::{Transition, Verdict};

/// A secret with a [suite](OcraSuite). A device answers questions with it, and the host checks the answers with it.
///
/// The host [asks](Self::challenge) and [checks](Self::check). A device written in Rust [answers](Self::respond). For
/// both directions at once, use [`MutualServer`](crate::otp::ocra::MutualServer) and
/// [`MutualClient`](crate::otp::ocra::MutualClient).
///
/// Secret and PIN are wiped when this is dropped, and `Debug` keeps them back. It encodes with `minicbor`, in plain:
/// the bytes belong into a sealed record. Session data are not encoded, because they belong to a session.
///
/// ```
/// use countersign::{Timestamp, otp::ocra::{Ocra, OcraResponse, OcraState, OcraTask}, transition::{CommitResult, Saved, Verdict}};
/// let suite: countersign::otp::ocra::OcraSuite = "OCRA-1:HOTP-SHA256-8:QN08".parse()?;
/// let secret = suite.fresh_secret()?;
/// let (host, device) = (Ocra::new(suite.clone(), secret.clone())?, Ocra::new(suite, secret)?);
///
/// // The host shows a question, and keeps the challenge.
/// let mut stored = OcraState::default();
/// let now = Timestamp::now()?;
/// let challenge = host.challenge(&stored, OcraTask::authenticate(), now)?;
///
/// // The device answers it.
/// let answer = device.respond(&OcraState::default(), challenge.question(), now)?;
/// let Ok(CommitResult::Stored(shown)) = answer.commit(|_| Saved::<()>::Stored) else { unreachable!() };
///
/// // Check, store, and only then know. The question is spent.
/// let response = OcraResponse::typed(shown.expose_text());
/// for expected in [Verdict::Accepted, Verdict::Replayed] {
///     let step = host.check(&stored, &challenge, &response, now)?;
///     let told = step.commit(|next| { stored = next.clone(); Saved::<()>::Stored });
///     assert!(matches!(told, Ok(CommitResult::Stored(verdict)) if verdict == expected));
/// }
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone)]
pub struct Ocra {
    suite: OcraSuite,
    secret: SecretBytes,
    key: HmacKey,
    pin_hash: Option<SecretBytes>,
    session: Option<SecretBytes>,
    windows: Windows,
    signs: bool,
}

/// How many counters and time steps are right besides the next one and the present one.
#[derive(Clone, Copy, Encode, Decode)]
#[cbor(array)]
struct Windows {
    #[n(0)]
    look_ahead: u8,
    #[n(1)]
    steps_back: u8,
    #[n(2)]
    steps_ahead: u8,
}

impl Ocra {
    /// The default number of counters after the next one that are right as well.
    pub const DEFAULT_LOOK_AHEAD: u8 = 3;
    /// The longest look-ahead. A longer one would be guessed too often.
    pub const MAX_LOOK_AHEAD: u8 = 99;
    /// The default number of time steps before the present one that are right as well. None after it is.
    pub const DEFAULT_STEPS_BACK: u8 = 1;
    /// The most time steps before or after the present one.
    pub const MAX_STEPS: u8 = 60;
    /// The fewest bytes of a PIN (SP 800-63B-4 3.2.10).
    const MIN_PIN_BYTES: usize = 4;
    const MAX_PIN_BYTES: usize = 64;

    /// Takes a secret under a suite without a PIN.
    ///
    /// # Errors
    /// Misuse, if the secret is shorter than 16 bytes (RFC 4226 4), longer than 128, or all zeros, or if the suite has
    /// a PIN.
    ///
    /// ```
    /// use countersign::{SecretBytes, otp::ocra::Ocra};
    /// let suite: countersign::otp::ocra::OcraSuite = "OCRA-1:HOTP-SHA1-6:QN08".parse()?;
    /// let ocra = Ocra::new(suite.clone(), SecretBytes::from(b"12345678901234567890".to_vec()))?;
    /// assert_eq!(format!("{ocra:?}"), "Ocra(OCRA-1:HOTP-SHA1-6:QN08, ..)");
    /// let error = Ocra::new(suite, SecretBytes::from(vec![7; 10])).unwrap_err();
    /// assert_eq!(error.to_string(), "otp secret: must hold 16 to 128 bytes");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn new(suite: OcraSuite, secret: SecretBytes) -> Result<Self, Error> {
        Self::assemble(suite, secret, None)
    }

    /// Takes a secret under a suite with a PIN, and keeps only the PIN's hash.
    ///
    /// A PIN has few values, so an attacker who has the hash can try them all. The hash is as secret as the PIN.
    ///
    /// # Errors
    /// Misuse, as for [`new`](Self::new); if the PIN does not hold 4 to 64 bytes; or if the suite has none.
    ///
    /// ```
    /// use countersign::{SecretText, otp::ocra::Ocra};
    /// let suite: countersign::otp::ocra::OcraSuite = "OCRA-1:HOTP-SHA256-8:QN08-PSHA1".parse()?;
    /// let pin = SecretText::from("1234".to_owned());
    /// assert!(Ocra::new_with_pin(suite.clone(), suite.fresh_secret()?, &pin).is_ok());
    /// let error = Ocra::new(suite.clone(), suite.fresh_secret()?).unwrap_err();
    /// assert_eq!(error.to_string(), "ocra pin: must be given, as the suite has one");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn new_with_pin(
        suite: OcraSuite,
        secret: SecretBytes,
        pin: &SecretText,
    ) -> Result<Self, Error> {
        let pin = pin.expose_text().as_bytes();
        if !(Self::MIN_PIN_BYTES..=Self::MAX_PIN_BYTES).contains(&pin.len()) {
            return Err(Error::misuse("ocra pin", "must hold 4 to 64 bytes"));
        }
        let hash = match suite.pin_hash() {
            // In this place it only shortens the PIN: the HMAC keeps it.
            Some(Algorithm::Sha1) => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Some(Algorithm::Sha256) => &digest::SHA256,
            Some(Algorithm::Sha512) => &digest::SHA512,
            None => {
                return Err(Error::misuse(
                    "ocra pin",
                    "must not be given, as the suite has none",
                ));
            }
        };
        let hash = SecretBytes::from(digest::digest(hash, pin).as_ref().to_vec());
        Self::assemble(suite, secret, Some(hash))
    }

    fn assemble(
        suite: OcraSuite,
        secret: SecretBytes,
        pin_hash: Option<SecretBytes>,
    ) -> Result<Self, Error> {
        OtpKey::check(&secret)?;
        let found = pin_hash.as_ref().map(|hash| hash.expose_bytes().len());
        let needed = suite.pin_hash().map(suite::hash_bytes);
        if found != needed {
            let rule = match (found, needed) {
                (None, _) => "must be given, as the suite has one",
                (_, None) => "must not be given, as the suite has none",
                _ => "must be hashed as the suite says",
            };
            return Err(Error::misuse("ocra pin", rule));
        }
        Ok(Self {
            key: HmacKey::new(suite.algorithm(), secret.expose_bytes()),
            suite,
            secret,
            pin_hash,
            session: None,
            windows: Windows {
                look_ahead: Self::DEFAULT_LOOK_AHEAD,
                steps_back: Self::DEFAULT_STEPS_BACK,
                steps_ahead: 0,
            },
            signs: false,
        })
    }

    /// Sets how many counters after the next one are accepted as well.
    ///
    /// Each of them is one more that a guess can hit: see [`accepted_codes`](Self::accepted_codes).
    ///
    /// # Errors
    /// Misuse, above [`MAX_LOOK_AHEAD`](Self::MAX_LOOK_AHEAD), or if the suite has no counter.
    ///
    /// ```
    /// let suite: countersign::otp::ocra::OcraSuite = "OCRA-1:HOTP-SHA256-8:C-QN08".parse()?;
    /// let ocra = countersign::otp::ocra::Ocra::new(suite.clone(), suite.fresh_secret()?)?.with_look_ahead(9)?;
    /// assert_eq!(ocra.accepted_codes(), 10);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn with_look_ahead(self, look_ahead: u8) -> Result<Self, Error> {
        if !self.suite.has_counter() {
            return Err(Error::misuse(
                "ocra look-ahead",
                "must not be given, as the suite has no counter",
            ));
        }
        let windows = Windows {
            look_ahead,
            ..self.windows
        };
        self.within(windows)
    }

    /// Sets how many time steps before and after the present one are accepted as well.
    ///
    /// A step of a few seconds needs some before: the response is computed, read and typed.
    ///
    /// # Errors
    /// Misuse, above [`MAX_STEPS`](Self::MAX_STEPS) either way, or if the suite has no time step.
    ///
    /// ```
    /// let suite: countersign::otp::ocra::OcraSuite = "OCRA-1:HOTP-SHA256-8:QN08-T20S".parse()?;
    /// let ocra = countersign::otp::ocra::Ocra::new(suite.clone(), suite.fresh_secret()?)?.with_time_window(3, 1)?;
    /// assert_eq!(ocra.accepted_codes(), 5);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn with_time_window(self, back: u8, ahead: u8) -> Result<Self, Error> {
        if self.suite.time_step().is_none() {
            return Err(Error::misuse(
                "ocra time window",
                "must not be given, as the suite has no time step",
            ));
        }
        let windows = Windows {
            steps_back: back,
            steps_ahead: ahead,
            ..self.windows
        };
        self.within(windows)
    }

    fn within(self, windows: Windows) -> Result<Self, Error> {
        if windows.look_ahead > Self::MAX_LOOK_AHEAD {
            return Err(Error::misuse("ocra look-ahead", "must be 99 at most"));
        }
        if windows.steps_back.max(windows.steps_ahead) > Self::MAX_STEPS {
            return Err(Error::misuse(
                "ocra time window",
                "must be 60 at most either way",
            ));
        }
        Ok(Self { windows, ..self })
    }

    /// Makes this a secret for signatures, and for nothing else.
    ///
    /// A device cannot tell a drawn question from figures to be signed. With one secret for both, an attacker in
    /// between gets a payment signed by a customer who believes to log in. So signatures have a suite or a secret of
    /// their own. A device says which of the two it is about to do, and shows what it signs.
    ///
    /// ```
    /// use countersign::{Timestamp, otp::ocra::{Ocra, OcraState, OcraTask}};
    /// let suite: countersign::otp::ocra::OcraSuite = "OCRA-1:HOTP-SHA256-8:C-QN08".parse()?;
    /// let ocra = Ocra::new(suite.clone(), suite.fresh_secret()?)?.for_signatures();
    /// let (stored, now) = (OcraState::default(), Timestamp::now()?);
    /// assert!(ocra.challenge(&stored, OcraTask::sign_text("40019950"), now).is_ok());
    /// let error = ocra.challenge(&stored, OcraTask::authenticate(), now).unwrap_err();
    /// assert_eq!(error.to_string(), "ocra task: must be a signature, as the secret is for signatures");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn for_signatures(self) -> Self {
        Self {
            signs: true,
            ..self
        }
    }

    /// Sets the session data. They go into every response, so a response of another session is wrong.
    ///
    /// Data that are shorter than the suite says have zeros before them, as in the RFC's own program. The RFC's text
    /// leaves that open, so data of the whole length are the safer choice between two makers.
    ///
    /// # Errors
    /// Misuse, if the data are empty or longer than the suite says, or if the suite has none.
    ///
    /// ```
    /// let suite: countersign::otp::ocra::OcraSuite = "OCRA-1:HOTP-SHA256-8:QN08-S064".parse()?;
    /// let ocra = countersign::otp::ocra::Ocra::new(suite.clone(), suite.fresh_secret()?)?;
    /// assert!(ocra.clone().in_session(b"call 4711").is_ok());
    /// assert!(ocra.in_session(&[7; 65]).is_err());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn in_session(self, data: &[u8]) -> Result<Self, Error> {
        let rule = |rule| Error::misuse("ocra session", rule);
        let length = self
            .suite
            .session_bytes()
            .map(usize::from)
            .ok_or_else(|| rule("must not be given, as the suite has none"))?;
        if data.is_empty() {
            return Err(rule("must not be empty"));
        }
        let zeros = length
            .checked_sub(data.len())
            .ok_or_else(|| rule("must not be longer than the suite says"))?;
        let mut filled = Vec::with_capacity(length);
        filled.resize(zeros, 0);
        filled.extend_from_slice(data);
        Ok(Self {
            session: Some(SecretBytes::from(filled)),
            ..self
        })
    }

    /// Returns whether both answer a question alike: by one suite and one secret.
    pub(crate) fn answers_like(&self, other: &Self) -> bool {
        self.suite == other.suite && ct_eq(&*as_hmac_key(self), &*as_hmac_key(other))
    }

    /// Asks for a login or a signature (RFC 6287 7.1 and 7.3.1). Keep the challenge until the response comes.
    ///
    /// # Errors
    /// Misuse, if the suite cannot do this [task](OcraTask), or if the text to be signed breaks a rule. Store, if the
    /// system gives no randomness.
    ///
    /// ```
    /// use countersign::{Timestamp, Transaction, otp::ocra::{Ocra, OcraState, OcraTask}};
    /// let suite: countersign::otp::ocra::OcraSuite = "OCRA-1:HOTP-SHA256-8:QH64".parse()?;
    /// let ocra = Ocra::new(suite.clone(), suite.fresh_secret()?)?.for_signatures();
    /// let transfer = Transaction::new("TX-1")?.with("payee", "Anna")?.with("amount", "99.50 EUR")?;
    /// let challenge = ocra.challenge(&OcraState::default(), OcraTask::sign(transfer.digest()), Timestamp::now()?)?;
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn challenge(
        &self,
        state: &OcraState,
        task: OcraTask<'_>,
        now: Timestamp,
    ) -> Result<OcraChallenge, Error> {
        self.ask(task, false, state, now)
    }

    /// Asks. The question must be `exactly` as long as the suite says if another question stands beside it.
    pub(super) fn ask(
        &self,
        task: OcraTask<'_>,
        exactly: bool,
        state: &OcraState,
        now: Timestamp,
    ) -> Result<OcraChallenge, Error> {
        if task.signs() != self.signs {
            let rule = if self.signs {
                "must be a signature, as the secret is for signatures"
            } else {
                "must be to authenticate, as the secret is not for signatures"
            };
            return Err(Error::misuse("ocra task", rule));
        }
        OcraChallenge::ask(task, &self.suite, exactly, state, now)
    }

    /// Answers a question, as the customer's device does. If the suite has a counter, the next state has another one,
    /// and the response comes out once that is stored.
    ///
    /// # Errors
    /// Misuse, if the question does not suit the suite, or if the counter is used up. Misuse, too, if the suite has
    /// session data and there is no [session](Self::in_session).
    ///
    /// ```
    /// use countersign::{SecretBytes, Timestamp, otp::ocra::{Ocra, OcraQuestion, OcraState}, transition::{CommitResult, Saved}};
    /// let suite: countersign::otp::ocra::OcraSuite = "OCRA-1:HOTP-SHA1-6:QN08".parse()?;
    /// let device = Ocra::new(suite.clone(), SecretBytes::from(b"12345678901234567890".to_vec()))?;
    /// let question = OcraQuestion::typed(&suite, "1111 1111")?;
    /// let step = device.respond(&OcraState::default(), &question, Timestamp::now()?)?;
    /// let told = step.commit(|_| Saved::<()>::Stored);
    /// assert!(matches!(told, Ok(CommitResult::Stored(shown)) if shown.expose_text() == "243178"));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn respond(
        &self,
        state: &OcraState,
        question: &OcraQuestion,
        now: Timestamp,
    ) -> Result<Transition<SecretText, OcraState>, Error> {
        self.answer(state, &self.question_bytes(question)?, now)
    }

    /// Checks a response, and spends the question it answers.
    ///
    /// An accepted response gives the next state. Its question, and every other one that was open, does not count any
    /// more. Its counter and all before are spent, and no earlier time step is accepted again. A refused response
    /// changes nothing, and the caller counts it. All responses of the window are computed and compared, whichever is
    /// right.
    ///
    /// # Errors
    /// Misuse, if the challenge is of another suite or one of a [`MutualServer`](crate::otp::ocra::MutualServer).
    /// Misuse, too, if the suite has session data and there is no [session](Self::in_session).
    ///
    /// ```
    /// use countersign::{Timestamp, otp::ocra::{Ocra, OcraResponse, OcraState, OcraTask}, transition::{CommitResult, Saved, Verdict}};
    /// let suite: countersign::otp::ocra::OcraSuite = "OCRA-1:HOTP-SHA256-8:QN08".parse()?;
    /// let ocra = Ocra::new(suite.clone(), suite.fresh_secret()?)?;
    /// let (stored, now) = (OcraState::default(), Timestamp::now()?);
    /// let challenge = ocra.challenge(&stored, OcraTask::authenticate(), now)?;
    /// let step = ocra.check(&stored, &challenge, &OcraResponse::typed("no idea"), now)?;
    /// let told = step.commit(|_| Saved::<()>::Stored);
    /// assert!(matches!(told, Ok(CommitResult::Stored(Verdict::Wrong))));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn check(
        &self,
        state: &OcraState,
        challenge: &OcraChallenge,
        response: &OcraResponse,
        now: Timestamp,
    ) -> Result<Transition<Verdict, OcraState>, Error> {
        challenge.stands_alone()?;
        let question = self.question_bytes(challenge.question())?;
        self.judge(state, challenge, &question, response, now)
    }

    /// Returns how many responses are right to one question at one moment: the counters and time steps of the windows.
    ///
    /// With [`space`](Self::space) it gives the [chance of a guess](crate::limits::Limits::guess_chance).
    ///
    /// ```
    /// let suite: countersign::otp::ocra::OcraSuite = "OCRA-1:HOTP-SHA256-8:C-QN08-T1M".parse()?;
    /// let ocra = countersign::otp::ocra::Ocra::new(suite.clone(), suite.fresh_secret()?)?;
    /// assert_eq!(ocra.accepted_codes(), 4 * 2);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn accepted_codes(&self) -> u32 {
        let window = |wide: bool, more: u32| if wide { more.saturating_add(1) } else { 1 };
        let steps =
            u32::from(self.windows.steps_back).saturating_add(u32::from(self.windows.steps_ahead));
        window(self.suite.has_counter(), u32::from(self.windows.look_ahead))
            .saturating_mul(window(self.suite.time_step().is_some(), steps))
    }

    /// Returns how many different responses there are, as far as a guess is concerned.
    ///
    /// Nine digits are worth fewer than they have values: the likeliest of them come of three of the 2^31 values that
    /// an HMAC is cut to.
    #[must_use]
    pub fn space(&self) -> u64 {
        const NINE_DIGITS: u64 = (1 << 31) / 3;
        self.suite.digits().map_or(u64::MAX, |digits| {
            10_u64.saturating_pow(u32::from(digits)).min(NINE_DIGITS)
        })
    }

    /// Returns the suite.
    #[must_use]
    pub const fn suite(&self) -> &OcraSuite {
        &self.suite
    }

    /// Returns whether it is [for signatures](Self::for_signatures).
    #[must_use]
    pub const fn signs(&self) -> bool {
        self.signs
    }

    fn question_bytes(&self, question: &OcraQuestion) -> Result<QuestionBytes, Error> {
        question
            .suits(&self.suite)
            .map_err(|rule| Error::misuse("ocra question", rule))?;
        Ok(OcraQuestion::bytes(
            self.suite.question_format(),
            &[question],
        ))
    }

    /// Computes the response to a question, and the state after it.
    pub(super) fn answer(
        &self,
        state: &OcraState,
        question: &QuestionBytes,
        now: Timestamp,
    ) -> Result<Transition<SecretText, OcraState>, Error> {
        self.needs_session()?;
        let mac = self.mac(question, state.counter, self.step_at(now));
        let text = match self.suite.digits() {
            Some(digits) => decimal(cut(&mac, digits), digits),
            None => hexadecimal(mac.bytes()),
        };
        if !self.suite.has_counter() {
            return Ok(Transition::unchanged(text));
        }
        if state.counter > OcraState::LAST_COUNTER {
            return Err(Error::misuse("ocra counter", "must not be used up"));
        }
        let counter = state.counter.saturating_add(1);
        Ok(Transition::to(
            OcraState {
                counter,
                ..state.clone()
            },
            text,
        ))
    }

    /// Judges the response to an open challenge, whose question has become these bytes.
    pub(super) fn judge(
        &self,
        state: &OcraState,
        challenge: &OcraChallenge,
        question: &QuestionBytes,
        response: &OcraResponse,
        now: Timestamp,
    ) -> Result<Transition<Verdict, OcraState>, Error> {
        self.needs_session()?;
        if state.round == u64::MAX
            || (self.suite.has_counter() && state.counter > OcraState::LAST_COUNTER)
        {
            return Ok(Transition::unchanged(Verdict::Exhausted));
        }
        if let Some(closed) = challenge.closed(state, now) {
            return Ok(Transition::unchanged(closed));
        }
        let (counters, steps) = (self.counters(state), self.steps(now));
        let (first_counter, first_step) = (*counters.start(), *steps.start());
        let free_step = self.free_step(state, challenge);
        let window = counters.flat_map(|counter| steps.clone().map(move |step| (counter, step)));
        // The places of the window count from 1; those that are spent all have the place 0.
        let candidates = window.zip(1_u64..).map(|((counter, step), place)| {
            let place = if step < free_step { 0 } else { place };
            (place, self.tag(question, counter, step))
        });
        let found = highest_match(candidates, response.offered(&self.suite), 1);
        Ok(match found.map(|place| place.saturating_sub(1)) {
            Match::Fresh(place) => {
                let steps = steps.end().saturating_sub(first_step).saturating_add(1);
                let counter = place.checked_div(steps).unwrap_or_default();
                let step = place.checked_rem(steps).unwrap_or_default();
                let next = self.after(
                    state,
                    first_counter.saturating_add(counter),
                    first_step.saturating_add(step),
                );
                Transition::to(next, Verdict::Accepted)
            }
            Match::Spent => Transition::unchanged(Verdict::Replayed),
            Match::None => Transition::unchanged(Verdict::Wrong),
        })
    }

    /// Returns the counters to look at. A suite without a counter has a single one, which goes nowhere.
    fn counters(&self, state: &OcraState) -> RangeInclusive<u64> {
        if !self.suite.has_counter() {
            return 0..=0;
        }
        let last = state
            .counter
            .saturating_add(u64::from(self.windows.look_ahead));
        state.counter..=last.min(OcraState::LAST_COUNTER)
    }

    /// Returns the time steps to look at. A suite without time has a single one, which goes nowhere.
    fn steps(&self, now: Timestamp) -> RangeInclusive<u64> {
        if self.suite.time_step().is_none() {
            return 0..=0;
        }
        let present = self.step_at(now);
        let first = present.saturating_sub(u64::from(self.windows.steps_back));
        first..=present.saturating_add(u64::from(self.windows.steps_ahead))
    }

    /// Returns the first time step that may still be claimed. That is the last accepted one for another question. It is
    /// the one after it if question and counter do not tell the responses apart.
    fn free_step(&self, state: &OcraState, challenge: &OcraChallenge) -> u64 {
        if self.suite.time_step().is_none() {
            0
        } else if challenge.may_come_again() && !self.suite.has_counter() {
            state.step.saturating_add(1)
        } else {
            state.step
        }
    }

    fn after(&self, state: &OcraState, counter: u64, step: u64) -> OcraState {
        OcraState {
            round: state.round.saturating_add(1),
            counter: if self.suite.has_counter() {
                counter.saturating_add(1)
            } else {
                state.counter
            },
            step: state.step.max(step),
        }
    }

    fn step_at(&self, now: Timestamp) -> u64 {
        // A step is never zero.
        self.suite
            .time_step()
            .and_then(|step| now.unix().checked_div(step.as_secs()))
            .unwrap_or_default()
    }

    fn needs_session(&self) -> Result<(), Error> {
        if self.suite.session_bytes().is_some() && self.session.is_none() {
            return Err(Error::misuse(
                "ocra session",
                "must be given, as the suite has one",
            ));
        }
        Ok(())
    }

    fn tag(&self, question: &QuestionBytes, counter: u64, step: u64) -> Tag {
        let mac = self.mac(question, counter, step);
        match self.suite.digits() {
            Some(digits) => response::of_number(cut(&mac, digits)),
            None => response::of_bytes(mac.bytes()),
        }
    }

    /// Computes the HMAC over suite, zero byte, counter, question, PIN, session and time (RFC 6287 5.1).
    fn mac(&self, question: &QuestionBytes, counter: u64, step: u64) -> Mac {
        let (counter, step) = (counter.to_be_bytes(), step.to_be_bytes());
        let has_time = self.suite.time_step().is_some();
        self.key.sign(&[
            self.suite.as_str().as_bytes(),
            &[0],
            only_if(self.suite.has_counter(), &counter),
            question,
            self.pin_hash
                .as_ref()
                .map_or(&[], SecretBytes::expose_bytes),
            self.session.as_ref().map_or(&[], SecretBytes::expose_bytes),
            only_if(has_time, &step),
        ])
    }
}

impl fmt::Debug for Ocra {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ocra({}, ..)", self.suite)
    }
}

/// The place in a sealed record: `[suite, secret, PIN hash or null, [look-ahead, steps back, steps ahead], signs]`. The bytes
/// hold the secrets in plain.
impl<C> Encode<C> for Ocra {
    fn encode<W: minicbor::encode::Write>(
        &self,
        encoder: &mut Encoder<W>,
        context: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        encoder
            .array(5)?
            .str(self.suite.as_str())?
            .bytes(self.secret.expose_bytes())?;
        match &self.pin_hash {
            Some(hash) => encoder.bytes(hash.expose_bytes())?,
            None => encoder.null()?,
        };
        self.windows.encode(encoder, context)?;
        encoder.bool(self.signs)?;
        Ok(())
    }
}

/// By the rules of the constructors: a record holds nothing that could not have been built.
impl<'b, C> Decode<'b, C> for Ocra {
    fn decode(decoder: &mut Decoder<'b>, context: &mut C) -> Result<Self, minicbor::decode::Error> {
        let start = decoder.position();
        let broken = |rule: Error| minicbor::decode::Error::message(rule).at(start);
        if decoder.array()? != Some(5) {
            return Err(
                minicbor::decode::Error::message("ocra: must be an array of five").at(start),
            );
        }
        let suite: OcraSuite = decoder.str()?.parse().map_err(broken)?;
        let secret = SecretBytes::from(decoder.bytes()?.to_vec());
        let pin_hash = Option::<&minicbor::bytes::ByteSlice>::decode(decoder, context)?
            .map(|hash| SecretBytes::from(hash.to_vec()));
        let windows = Windows::decode(decoder, context)?;
        let signs = decoder.bool()?;
        Self::assemble(suite, secret, pin_hash)
            .and_then(|ocra| ocra.within(windows))
            .map(|ocra| Self { signs, ..ocra })
            .map_err(broken)
    }
}

/// No suite has more digits.
const MOST_DIGITS: usize = 9;

/// Returns a part of the message, if it goes in.
fn only_if(goes_in: bool, part: &[u8]) -> &[u8] {
    if goes_in { part } else { &[] }
}

/// Returns a secret as an HMAC takes it: with zeros behind (RFC 2104 2). With and without them it is the same key.
fn as_hmac_key(ocra: &Ocra) -> Zeroizing<[u8; OtpKey::MAX_SECRET_BYTES]> {
    let mut key = Zeroizing::new([0; OtpKey::MAX_SECRET_BYTES]);
    key.iter_mut()
        .zip(ocra.secret.expose_bytes())
        .for_each(|(place, byte)| *place = *byte);
    key
}

/// Cuts an HMAC to a few digits (RFC 4226 5.3).
fn cut(mac: &Mac, digits: u8) -> u32 {
    let space = 10_u32.saturating_pow(u32::from(digits));
    mac.truncated().checked_rem(space).unwrap_or_default()
}

fn decimal(mut number: u32, digits: u8) -> SecretText {
    let width = usize::from(digits);
    let mut text = Zeroizing::new([b'0'; MOST_DIGITS]);
    for place in text.iter_mut().rev() {
        *place = b'0'.saturating_add((number % 10) as u8);
        number /= 10;
    }
    let mut shown = Zeroizing::new(String::with_capacity(width));
    let unused = MOST_DIGITS.saturating_sub(width);
    shown.extend(text.iter().skip(unused).map(|digit| char::from(*digit)));
    SecretText::from(shown)
}

fn hexadecimal(bytes: &[u8]) -> SecretText {
    let mut text = Zeroizing::new(String::with_capacity(bytes.len().saturating_mul(2)));
    text.extend(
        bytes
            .iter()
            .flat_map(|byte| [byte >> 4, byte & 0x0f])
            .filter_map(|nibble| char::from_digit(u32::from(nibble), 16)),
    );
    SecretText::from(text)
}
