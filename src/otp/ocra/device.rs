//! The customer's device, on the host's side: one that answers, or one that asks first.

use minicbor::{Decode, Encode};

use super::challenge::{OcraChallenge, OcraTask};
use super::mutual::{MutualServer, MutualState};
use super::one_way::Ocra;
use super::question::OcraQuestion;
use super::response::OcraResponse;
use super::suite::OcraSuite;
use crate::context::ContextAt;
use crate::error::Error;
use crate::random::Draw;
use crate::secret::{SecretBytes, SecretText};
use crate::time::Timestamp;
use crate::transition::Verdict;

/// The customer's device: a token that answers, or an app that asks the host first and answers it afterwards. It logs
/// in, or [signs](Ocra::for_signatures). A customer can have one of each.
///
/// ```
/// use countersign::{Change, otp::ocra::{Ocra, OcraDevice, OcraSuite}};
/// let suite: OcraSuite = "OCRA-1:HOTP-SHA256-8:QN08".parse()?;
/// let token = Ocra::new(suite.clone(), suite.fresh_secret()?)?;
/// let change = Change::SetOcra(OcraDevice::from(token));
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone, Debug, Encode, Decode)]
#[cbor(transparent)]
pub struct OcraDevice(#[n(0)] Sides);

#[derive(Clone, Debug, Encode, Decode)]
enum Sides {
    #[n(0)]
    OneWay(#[n(0)] Box<Ocra>),
    #[n(1)]
    Mutual(#[n(0)] Box<MutualServer>),
}

impl From<Ocra> for OcraDevice {
    fn from(ocra: Ocra) -> Self {
        Self(Sides::OneWay(Box::new(ocra)))
    }
}

impl From<MutualServer> for OcraDevice {
    fn from(server: MutualServer) -> Self {
        Self(Sides::Mutual(Box::new(server)))
    }
}

impl OcraDevice {
    /// Returns whether it signs. Then it does not log in, and the other way round.
    pub(crate) fn signs(&self) -> bool {
        self.customer().signs()
    }

    /// Returns the direction in which the customer answers.
    pub(crate) fn customer(&self) -> &Ocra {
        match &self.0 {
            Sides::OneWay(ocra) => ocra,
            Sides::Mutual(server) => server.client(),
        }
    }

    pub(crate) fn in_session(self, data: &[u8]) -> Result<Self, Error> {
        match self.0 {
            Sides::OneWay(ocra) => ocra.in_session(data).map(Self::from),
            Sides::Mutual(server) => server.in_session(data).map(Self::from),
        }
    }

    /// Asks a question. It returns the answer to the customer's own question, if there was one, the challenge to keep,
    /// and the state to store.
    pub(crate) fn ask(
        &self,
        state: &MutualState,
        order: &OcraTask<'_>,
        ctx: &ContextAt,
    ) -> Result<(Option<SecretText>, OcraChallenge, MutualState), Error> {
        match (&self.0, order.answered()) {
            (Sides::OneWay(ocra), None) => {
                let challenge = ocra.challenge(state.client(), order.alone(), ctx.now())?;
                Ok((None, challenge, state.clone()))
            }
            (Sides::Mutual(server), Some(text)) => {
                let question = OcraQuestion::typed(server.server().suite(), text)?;
                let step = server.challenge(state, &question, order.alone(), ctx.now())?;
                let (next, (answer, challenge)) = step.into_parts();
                let next = next.unwrap_or_else(|| state.clone());
                Ok((Some(answer), challenge, next))
            }
            (Sides::OneWay(_), Some(_)) => Err(Error::misuse(
                "challenge",
                "must not answer a question: this device asks none",
            )),
            (Sides::Mutual(_), None) => Err(Error::misuse(
                "challenge",
                "must answer the question that this device asks first",
            )),
        }
    }

    pub(crate) fn check(
        &self,
        state: &MutualState,
        challenge: &OcraChallenge,
        response: &OcraResponse,
        now: Timestamp,
    ) -> Result<(Option<MutualState>, Verdict), Error> {
        match (&self.0, challenge.is_mutual()) {
            (Sides::OneWay(ocra), false) => {
                let step = ocra.check(state.client(), challenge, response, now)?;
                let (next, verdict) = step.into_parts();
                let next = next.map(|client| MutualState::stored(state.server().clone(), client));
                Ok((next, verdict))
            }
            (Sides::Mutual(server), true) => {
                Ok(server.check(state, challenge, response, now)?.into_parts())
            }
            // Questions of a device that was replaced are taken out with it.
            _ => Ok((None, Verdict::Expired)),
        }
    }
}

/// The kind of device that a host's customers have, so that subjects without one seem to have the same.
#[derive(Clone)]
pub(crate) struct OcraKind {
    /// The customer answers by this suite.
    pub(crate) customer: OcraSuite,
    /// The host answers by this one, if the device asks first.
    pub(crate) host: Option<OcraSuite>,
}

impl OcraKind {
    /// Draws a device of this kind, with secrets that no customer has.
    pub(crate) fn drawn(&self, signs: bool, draw: &mut impl Draw) -> Result<OcraDevice, Error> {
        let mut direction = |suite: &OcraSuite| {
            let mut secret = vec![0_u8; 32];
            draw.fill(&mut secret)?;
            let secret = SecretBytes::from(secret);
            if suite.pin_hash().is_none() {
                return Ocra::new(suite.clone(), secret);
            }
            let pin = SecretText::from("00000000".to_owned());
            Ocra::new_with_pin(suite.clone(), secret, &pin)
        };
        let used = |ocra: Ocra| if signs { ocra.for_signatures() } else { ocra };
        let host = self.host.as_ref().map(&mut direction).transpose()?;
        let customer = used(direction(&self.customer)?);
        Ok(match host {
            None => customer.into(),
            Some(host) => MutualServer::new(host, customer)?.into(),
        })
    }
}
