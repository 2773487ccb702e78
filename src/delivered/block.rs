//! A delivered code by itself, for a host that keeps its state elsewhere than in an account.

use core::fmt;

use minicbor::{Decode, Encode};

use super::code::{CodeContext, Judged, OpenCode};
use super::message::Message;
use super::order::{CodeOrder, Purpose};
use crate::code::Code;
use crate::context::Context;
use crate::error::Error;
use crate::limits::throttle::Lane;
use crate::secret::{MacKey, SecretBytes, SecretText};
use crate::subject::Subject;
use crate::time::Timestamp;
use crate::transition::{Transition, Verdict};

/// Codes for one subject, under a key of the host. A [`Verifier`](crate::Verifier) does the same with the codes that it issues.
///
/// A code counts once, for its purpose, its kind of channel, its interaction and its transaction. It counts until it
/// expires, or until five wrong tries void it. A code that counts in any interaction stands a hundred.
///
/// **Only that one code limits the guesses.** A host that issues a new code on every request grants five more guesses each
/// time (pitfall B7). The account limits both.
///
/// The state is not sealed. Write access to it is enough to restore an earlier state. Without the key it is not enough to
/// make another one, or to learn a code.
///
/// ```
/// use countersign::{Channel, Code, Context, SecretBytes, Subject, Timestamp, delivered::{CodeOrder, DeliveredCode, Purpose}, transition::{CommitResult, Saved, Verdict}};
///
/// let codes = DeliveredCode::new(&SecretBytes::from(vec![7; 32]), &Subject::new("bank", "C-1042")?)?;
/// let (call, now) = (Context::begin(Channel::Agent)?, Timestamp::now()?);
///
/// let mut row = None; // the host's own table
/// let issued = codes.issue(&CodeOrder::spoken(), &call, now)?;
/// let issued = issued.commit(|state| { row = Some(state.clone()); Saved::<()>::Stored }).unwrap();
/// let CommitResult::Stored(text) = issued else { panic!("stored") };
///
/// let state = row.clone().unwrap();
/// let step = codes.check(&state, Purpose::Authenticate, &Code::typed(text.expose_text()), &call, now);
/// let result = step.commit(|state| { row = Some(state.clone()); Saved::<()>::Stored }).unwrap();
/// assert!(matches!(result, CommitResult::Stored(Verdict::Accepted)));
/// assert!(!row.unwrap().is_open(now), "it is spent");
/// # Ok::<(), countersign::Error>(())
/// ```
pub struct DeliveredCode {
    key: MacKey,
    subject: [u8; 32],
}

impl DeliveredCode {
    /// The least length of a key.
    pub const MIN_KEY_BYTES: usize = 32;

    /// Issues and checks codes for a subject, under a key that is used for nothing else. One key may serve all subjects.
    ///
    /// # Errors
    /// Misuse, if the key has fewer than 32 bytes.
    pub fn new(key: &SecretBytes, subject: &Subject) -> Result<Self, Error> {
        if key.expose_bytes().len() < Self::MIN_KEY_BYTES {
            return Err(Error::misuse("key", "must hold 32 bytes or more"));
        }
        Ok(Self {
            key: MacKey::new(key.expose_bytes()),
            subject: *subject.store_key(),
        })
    }

    /// Draws a code. Its text is known once its state is stored.
    ///
    /// The host decides whether a session may order a code that binds an authenticator.
    ///
    /// # Errors
    /// Misuse, if the shape of the code does not fit the route, or if the route does not fit the purpose or the channel.
    /// Store, if the system gives no randomness.
    ///
    /// ```
    /// # use countersign::{Channel, Context, SecretBytes, Subject, Timestamp, delivered::{CodeOrder, DeliveredCode}, transition::Saved};
    /// # let codes = DeliveredCode::new(&SecretBytes::from(vec![7; 32]), &Subject::new("bank", "C-1042")?)?;
    /// # let (call, now) = (Context::begin(Channel::Agent)?, Timestamp::now()?);
    /// let step = codes.issue(&CodeOrder::private(), &call, now)?;
    /// let result = step.commit(|state| { let bytes = state.to_bytes(); Saved::<()>::Stored });
    /// # assert!(result.is_ok());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn issue(
        &self,
        order: &CodeOrder,
        ctx: &Context,
        now: Timestamp,
    ) -> Result<Transition<SecretText, DeliveredState>, Error> {
        order.expect_fit(ctx.channel())?;
        let (open, text) = OpenCode::draw(order, true, false, &self.around(), &ctx.at(now))?;
        Ok(Transition::to(DeliveredState { open: Some(open) }, text))
    }

    /// Returns the text of the open code, to send it again, or `None` if no code is open.
    ///
    /// # Errors
    /// Misuse, if the state is invalid.
    pub fn text(
        &self,
        state: &DeliveredState,
        now: Timestamp,
    ) -> Result<Option<SecretText>, Error> {
        let open = state.open.as_ref().filter(|open| open.is_open(now));
        open.map(|open| open.text(&self.around())).transpose()
    }

    /// Makes the [`Message`] of the open code, to send it for the first time or again. Returns `None` if no code is open.
    ///
    /// `from` is the host's name as customers know it. The message says how long the code still counts. It is for the
    /// transaction that the code is bound to, and for no other.
    ///
    /// # Errors
    /// Misuse, if the context is bound to another transaction than the code. Also if less than two minutes of the code are
    /// left, or if the state is invalid. Else as [`Message::new`].
    ///
    /// ```
    /// # use countersign::{Channel, Context, SecretBytes, Subject, Timestamp, Transaction, delivered::{CodeOrder, DeliveredCode, Phrases, Wording}, transition::{CommitResult, Saved}};
    /// # let codes = DeliveredCode::new(&SecretBytes::from(vec![7; 32]), &Subject::new("bank", "C-1042")?)?;
    /// # let (call, now) = (Context::begin(Channel::Agent)?, Timestamp::now()?);
    /// # let english = Wording::new(&Phrases::ENGLISH)?;
    /// # let mut row = None;
    /// let rent = Transaction::payment("TX-1", "Anna", "10", "PLN")?;
    /// let call = call.for_transaction(&rent);
    /// let step = codes.issue(&CodeOrder::spoken(), &call, now)?;
    /// # step.commit(|state| { row = Some(state.clone()); Saved::<()>::Stored }).unwrap();
    /// # let state = row.unwrap();
    /// // Once the state is stored:
    /// let Some(message) = codes.message(&state, "Fern Bank", &call, now)? else { panic!("it is open") };
    /// let text = message.for_transaction(&rent)?.text(&english)?;
    /// assert!(text.expose_text().contains("your code to pay 10 PLN to Anna"));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn message<'m>(
        &self,
        state: &DeliveredState,
        from: &str,
        ctx: &Context,
        now: Timestamp,
    ) -> Result<Option<Message<'m>>, Error> {
        let Some(open) = state.open.as_ref().filter(|open| open.is_open(now)) else {
            return Ok(None);
        };
        let around = self.around();
        if !open.is_of_transaction(&around, &ctx.at(now)) {
            let rule =
                "must be bound to what the code was issued for: the same transaction, or none";
            return Err(Error::misuse("context", rule));
        }
        let left = open.expires().since(now);
        let text = open.text(&around)?;
        let message = Message::new(open.kind(), open.purpose(), from, &text, left)?;
        Ok(Some(
            message.with_code_for_transaction(ctx.transaction_digest()),
        ))
    }

    /// Checks a code for a purpose.
    ///
    /// The verdict is accepted, wrong, nothing open, invalid check digit, or [private code on a revealing
    /// channel](Verdict::PrivateCodeTold). For an invalid check digit, ask again: three of them are not counted. Show all other
    /// refusals alike to the caller (pitfall B12).
    ///
    /// ```
    /// # use countersign::{Channel, Code, Context, SecretBytes, Subject, Timestamp, delivered::{DeliveredCode, DeliveredState, Purpose}, transition::{CommitResult, Saved, Verdict}};
    /// # let codes = DeliveredCode::new(&SecretBytes::from(vec![7; 32]), &Subject::new("bank", "C-1042")?)?;
    /// # let (call, now) = (Context::begin(Channel::Agent)?, Timestamp::now()?);
    /// let step = codes.check(&DeliveredState::default(), Purpose::Recover, &Code::typed("123456"), &call, now);
    /// let result = step.commit(|_| Saved::<()>::Stored).unwrap();
    /// assert!(matches!(result, CommitResult::Stored(Verdict::NothingOpen)));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn check(
        &self,
        state: &DeliveredState,
        purpose: Purpose,
        code: &Code,
        ctx: &Context,
        now: Timestamp,
    ) -> Transition<Verdict, DeliveredState> {
        let open = state.open.iter().filter(|open| open.is_open(now));
        let mut codes: Vec<OpenCode> = open.cloned().collect();
        // The host counts by itself, so every try counts here.
        let lane = Lane::WithEvidence;
        let verdict = match OpenCode::judge(
            &mut codes,
            code,
            purpose,
            lane,
            &self.around(),
            &ctx.at(now),
        ) {
            Judged::Right(_) => Verdict::Accepted,
            Judged::Exposed => Verdict::PrivateCodeTold,
            Judged::InvalidCheckDigit => Verdict::InvalidCheckDigit,
            Judged::Misplaced | Judged::Wrong => Verdict::Wrong,
            Judged::NothingOpen => Verdict::NothingOpen,
        };
        Transition::to(DeliveredState { open: codes.pop() }, verdict)
    }

    fn around(&self) -> CodeContext<'_> {
        CodeContext {
            key: self.key.ready(),
            subject: &self.subject,
        }
    }
}

impl fmt::Debug for DeliveredCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeliveredCode(..)")
    }
}

/// The stored state of a code that was sent: keyed hashes, its bindings, and its wrong tries. By default no code is open.
///
/// ```
/// use countersign::delivered::DeliveredState;
/// let state = DeliveredState::default();
/// assert_eq!(DeliveredState::from_bytes(&state.to_bytes())?, state);
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone, Default, Encode, Decode)]
#[cbor(array)]
pub struct DeliveredState {
    #[n(0)]
    open: Option<OpenCode>,
}

impl DeliveredState {
    /// The version of the bytes.
    const VERSION: u8 = 1;
    /// The most bytes of a state.
    const MAX_BYTES: usize = 1_024;

    /// Returns whether a code is open.
    #[must_use]
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.open.as_ref().is_some_and(|open| open.is_open(now))
    }

    /// Returns when the code expires, if there is one.
    #[must_use]
    pub fn expires(&self) -> Option<Timestamp> {
        self.open.as_ref().map(OpenCode::expires)
    }

    /// Returns the bytes to store.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![Self::VERSION];
        // Writing to memory cannot fail.
        let _: Result<(), minicbor::encode::Error<core::convert::Infallible>> =
            minicbor::encode(self, &mut bytes);
        bytes
    }

    /// Reads a stored state.
    ///
    /// # Errors
    /// Corrupt, if the bytes are not from [`to_bytes`](Self::to_bytes).
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let corrupt = || Error::corrupt("the state of a code", "its bytes are not as they must be");
        let (version, rest) = bytes.split_first().ok_or_else(corrupt)?;
        if *version != Self::VERSION || bytes.len() > Self::MAX_BYTES {
            return Err(corrupt());
        }
        let mut decoder = minicbor::Decoder::new(rest);
        let state = decoder.decode().map_err(|_| corrupt())?;
        if decoder.position() == rest.len() {
            Ok(state)
        } else {
            Err(corrupt())
        }
    }
}

impl PartialEq for DeliveredState {
    fn eq(&self, other: &Self) -> bool {
        self.to_bytes() == other.to_bytes()
    }
}

impl Eq for DeliveredState {}

impl fmt::Debug for DeliveredState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.open {
            Some(open) => write!(f, "DeliveredState({:?}, ..)", open.purpose()),
            None => f.write_str("DeliveredState(nothing open)"),
        }
    }
}
