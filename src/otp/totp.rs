//! Time-based codes (RFC 6238): the window, and which step of it is still free.
//!
//! The whole window is computed and compared each time, and the highest step that matches and was not used wins:
//! neighbouring steps can share a code (pitfall B4). What is remembered is a step, never a text (B2).

use core::fmt;

use minicbor::{Decode, Decoder, Encode, Encoder};
use zeroize::Zeroizing;

use super::truncate::{Algorithm, Generator};
use crate::code::Code;
use crate::compare::{Match, highest_match};
use crate::error::Error;
use crate::random;
use crate::secret::{SecretBytes, SecretText};
use crate::time::{Lifetime, Timestamp};
use crate::transition::Transition;

/// An authenticator app's secret and settings.
///
/// Accepted are the codes of the present step and of the one before it, so a code lives for two periods at most;
/// a code of the future is never accepted. Each step is accepted once ([`check`](Self::check)).
///
/// The secret is wiped when this is dropped, and `Debug` keeps it back. A host that keeps it outside an account
/// record seals its [key URI](Self::key_uri), and reads it back with [`from_key_uri`](Self::from_key_uri).
///
/// ```
/// use countersign::SecretBytes;
/// use countersign::Totp;
/// let totp = Totp::new(SecretBytes::from(b"12345678901234567890".to_vec()))?;
/// assert_eq!(format!("{totp:?}"), "Totp(Sha1, 6 digits, 30 seconds, ..)");
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone)]
pub struct Totp {
    generator: Generator,
    period: Lifetime,
}

impl Totp {
    /// RFC 4226 4 recommends 160 bits.
    pub(crate) const SECRET_BYTES: usize = 20;
    /// RFC 6238 4.1: the default.
    const DEFAULT_PERIOD: Lifetime = Lifetime::seconds(30);
    /// SP 800-63B-4 3.1.4.1: the nonce changes every two minutes at least.
    const MAX_PERIOD: Lifetime = Lifetime::minutes(2);
    /// The present step and one back (RFC 6238 5.2), and none ahead.
    const WINDOW: usize = 2;

    /// A fresh secret of 160 bits, for SHA-1, six digits and 30 seconds: what every app understands.
    ///
    /// # Errors
    /// Store, if the system gives no randomness.
    ///
    /// ```
    /// let totp = countersign::Totp::generate()?;
    /// assert_eq!(format!("{totp:?}"), "Totp(Sha1, 6 digits, 30 seconds, ..)");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn generate() -> Result<Self, Error> {
        let bytes = Zeroizing::new(random::array::<{ Self::SECRET_BYTES }>()?);
        Self::new(SecretBytes::from(bytes.to_vec()))
    }

    /// A secret that exists already, with SHA-1, six digits and 30 seconds.
    ///
    /// # Errors
    /// Misuse, if the secret is shorter than 16 bytes (RFC 4226 4), longer than 64, or all zeros.
    ///
    /// ```
    /// use countersign::SecretBytes;
    /// use countersign::Totp;
    /// assert!(Totp::new(SecretBytes::from(vec![7; 20])).is_ok());
    /// let error = Totp::new(SecretBytes::from(vec![7; 10])).unwrap_err();
    /// assert_eq!(error.to_string(), "otp secret: must hold 16 to 64 bytes");
    /// ```
    pub fn new(secret: SecretBytes) -> Result<Self, Error> {
        Ok(Self {
            generator: Generator::new(&secret)?,
            period: Self::DEFAULT_PERIOD,
        })
    }

    /// The same secret under another hash.
    ///
    /// ```
    /// use countersign::{Algorithm, Totp};
    /// let totp = Totp::generate()?.with_algorithm(Algorithm::Sha256);
    /// assert_eq!(format!("{totp:?}"), "Totp(Sha256, 6 digits, 30 seconds, ..)");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn with_algorithm(self, algorithm: Algorithm) -> Self {
        Self {
            generator: self.generator.with_algorithm(algorithm),
            ..self
        }
    }

    /// The same secret with longer or shorter codes.
    ///
    /// # Errors
    /// Misuse, unless there are six, seven or eight digits (RFC 4226 5.3).
    ///
    /// ```
    /// use countersign::Totp;
    /// assert!(Totp::generate()?.with_digits(8).is_ok());
    /// let error = Totp::generate()?.with_digits(4).unwrap_err();
    /// assert_eq!(error.to_string(), "otp digits: must be 6, 7 or 8");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn with_digits(self, digits: u8) -> Result<Self, Error> {
        Ok(Self {
            generator: self.generator.with_digits(digits)?,
            ..self
        })
    }

    /// The same secret with longer or shorter steps.
    ///
    /// # Errors
    /// Misuse, unless a step lasts between one second and two minutes (SP 800-63B-4 3.1.4.1).
    ///
    /// ```
    /// use countersign::Lifetime;
    /// use countersign::Totp;
    /// assert!(Totp::generate()?.with_period(Lifetime::minutes(1)).is_ok());
    /// let error = Totp::generate()?.with_period(Lifetime::minutes(5)).unwrap_err();
    /// assert_eq!(error.to_string(), "otp period: must lie between 1 and 120 seconds");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn with_period(self, period: Lifetime) -> Result<Self, Error> {
        if period < Lifetime::seconds(1) || period > Self::MAX_PERIOD {
            return Err(Error::misuse(
                "otp period",
                "must lie between 1 and 120 seconds",
            ));
        }
        Ok(Self { period, ..self })
    }

    /// Checks a code at `now`, and claims its step.
    ///
    /// An accepted code gives the next state; a refused one changes nothing, and is the caller's to count. A code
    /// that confirms an enrolment goes through here as well, so that it cannot log in once more (pitfall B5).
    ///
    /// The reason of a refusal is for the audit trail: whoever typed the code learns only that it was refused.
    ///
    /// ```
    /// use countersign::{Totp, TotpState, TotpVerdict};
    /// use countersign::{Code, Committed, Saved, SecretBytes, Timestamp};
    /// let totp = Totp::new(SecretBytes::from(b"12345678901234567890".to_vec()))?;
    /// let now = Timestamp::from_unix(59)?;
    ///
    /// let mut stored = TotpState::default();
    /// let step = totp.check(&stored, &Code::typed("287 082"), now);
    /// let told = step.commit(|next| { stored = next.clone(); Saved::<()>::Stored });
    /// assert!(matches!(told, Ok(Committed::Known(TotpVerdict::Accepted { step: 1 }))));
    ///
    /// let again = totp.check(&stored, &Code::typed("287082"), now);
    /// let told = again.commit(|_| Saved::<()>::Stored);
    /// assert!(matches!(told, Ok(Committed::Known(TotpVerdict::Replayed))));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn check(
        &self,
        state: &TotpState,
        code: &Code,
        now: Timestamp,
    ) -> Transition<TotpVerdict, TotpState> {
        /// Above every code, so that text which is no code costs the same work and matches nothing.
        const NO_CODE: u32 = u32::MAX;
        let offered = code.value(self.generator.digits()).unwrap_or(NO_CODE);
        let present = self.step_at(now);
        // In the very first period both are step 0.
        let window: [u64; Self::WINDOW] = [present.saturating_sub(1), present];
        let candidates = window.map(|step| (step, self.generator.code(step)));
        match highest_match(&candidates, offered, state.next_step) {
            Match::Fresh(step) => {
                let next_step = step.saturating_add(1);
                Transition::to(TotpState { next_step }, TotpVerdict::Accepted { step })
            }
            Match::Spent => Transition::unchanged(TotpVerdict::Replayed),
            Match::None => Transition::unchanged(TotpVerdict::Wrong),
        }
    }

    /// What the app shows at `now`.
    ///
    /// For tests, demonstrations and the self-check of a provisioning page. A verifier has no use for it: it
    /// [checks](Self::check).
    ///
    /// ```
    /// use countersign::Totp;
    /// use countersign::{SecretBytes, Timestamp};
    /// let totp = Totp::new(SecretBytes::from(b"12345678901234567890".to_vec()))?.with_digits(8)?;
    /// assert_eq!(totp.code_at(Timestamp::from_unix(1_111_111_109)?).expose_text(), "07081804");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn code_at(&self, now: Timestamp) -> SecretText {
        self.generator.text(self.step_at(now))
    }

    /// How many codes are right at one moment, for the chance of a guess.
    pub(crate) const fn accepted_codes(&self) -> u32 {
        Self::WINDOW as u32
    }

    /// How many different codes there are, for the chance of a guess.
    pub(crate) const fn space(&self) -> u64 {
        self.generator.space()
    }

    pub(super) const fn generator(&self) -> &Generator {
        &self.generator
    }

    pub(super) const fn period(&self) -> Lifetime {
        self.period
    }

    /// RFC 6238 4.2, with T0 = 0. Sixty-four bits, so 2038 and 2106 are years like others.
    fn step_at(&self, now: Timestamp) -> u64 {
        // A period is never zero.
        now.unix()
            .checked_div(u64::from(self.period.as_seconds()))
            .unwrap_or_default()
    }
}

impl fmt::Debug for Totp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Totp({:?}, {} digits, {} seconds, ..)",
            self.generator.algorithm(),
            self.generator.digits(),
            self.period.as_seconds()
        )
    }
}

/// The place in a sealed record: `[secret, algorithm, digits, period]`. The bytes hold the secret in plain.
impl<C> Encode<C> for Totp {
    fn encode<W: minicbor::encode::Write>(
        &self,
        encoder: &mut Encoder<W>,
        context: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        encoder.array(4)?.bytes(self.generator.secret())?;
        self.generator.algorithm().encode(encoder, context)?;
        encoder
            .u8(self.generator.digits())?
            .u32(self.period.as_seconds())?;
        Ok(())
    }
}

/// By the rules of the constructors: a record holds nothing that could not have been built.
impl<'b, C> Decode<'b, C> for Totp {
    fn decode(decoder: &mut Decoder<'b>, context: &mut C) -> Result<Self, minicbor::decode::Error> {
        let start = decoder.position();
        let broken = |rule: Error| minicbor::decode::Error::message(rule).at(start);
        if decoder.array()? != Some(4) {
            return Err(
                minicbor::decode::Error::message("totp: must be an array of four").at(start),
            );
        }
        let secret = SecretBytes::from(decoder.bytes()?.to_vec());
        let algorithm = Algorithm::decode(decoder, context)?;
        let digits = decoder.u8()?;
        let period = Lifetime::seconds(decoder.u32()?);
        Self::new(secret)
            .and_then(|totp| totp.with_algorithm(algorithm).with_digits(digits))
            .and_then(|totp| totp.with_period(period))
            .map_err(broken)
    }
}

/// What a host stores beside a [`Totp`]: the lowest step whose code may still be accepted.
///
/// It only grows. The default is that of a new enrolment: nothing was accepted yet. If the clock was ahead when a
/// code was accepted, then steps up to that one stay used when the clock is put right.
///
/// ```
/// use countersign::TotpState;
/// let fresh = TotpState::default();
/// assert_eq!(fresh.next_step(), 0);
/// ```
#[derive(Clone, Debug, Default, Encode, Decode)]
#[cbor(array)]
pub struct TotpState {
    #[n(0)]
    next_step: u64,
}

impl TotpState {
    /// The state as it was stored: see [`next_step`](Self::next_step).
    ///
    /// ```
    /// use countersign::TotpState;
    /// assert_eq!(TotpState::stored(910_738).next_step(), 910_738);
    /// ```
    #[must_use]
    pub const fn stored(next_step: u64) -> Self {
        Self { next_step }
    }

    /// The number to store: one more than the last accepted step, or 0.
    ///
    /// A step is the Unix time divided by the period.
    ///
    /// ```
    /// assert_eq!(countersign::TotpState::default().next_step(), 0);
    /// ```
    #[must_use]
    pub const fn next_step(&self) -> u64 {
        self.next_step
    }
}

/// What [`Totp::check`] found.
///
/// ```
/// use countersign::TotpVerdict;
/// fn to_the_outside(verdict: TotpVerdict) -> &'static str {
///     match verdict {
///         TotpVerdict::Accepted { .. } => "welcome",
///         TotpVerdict::Replayed | TotpVerdict::Wrong => "denied",
///     }
/// }
/// assert_eq!(to_the_outside(TotpVerdict::Replayed), to_the_outside(TotpVerdict::Wrong));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a new verdict must break the caller's build"
)]
pub enum TotpVerdict {
    /// The code of this step, which nobody can use again.
    Accepted {
        /// The Unix time of the code, divided by the period.
        step: u64,
    },
    /// A right code, but of a step that was accepted before, or of an earlier one.
    Replayed,
    /// No code of this window.
    Wrong,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn totp() -> Totp {
        Totp::new(SecretBytes::from(b"12345678901234567890".to_vec())).unwrap()
    }

    #[test]
    fn a_guess_has_two_codes_of_a_million() {
        assert_eq!(totp().accepted_codes(), 2);
        assert_eq!(totp().space(), 1_000_000);
        assert_eq!(totp().with_digits(8).unwrap().space(), 100_000_000);
    }

    #[test]
    fn the_record_is_compact_and_comes_back() {
        let totp = totp()
            .with_algorithm(Algorithm::Sha512)
            .with_digits(8)
            .unwrap()
            .with_period(Lifetime::minutes(1))
            .unwrap();
        let bytes = minicbor::to_vec(&totp).unwrap();
        // Array, head and secret, three small numbers (60 takes two bytes). Pinned: old records must open.
        assert_eq!(bytes, b"\x84\x5412345678901234567890\x02\x08\x18\x3c");
        let back: Totp = minicbor::decode(&bytes).unwrap();
        let now = Timestamp::from_unix(1_111_111_109).unwrap();
        assert_eq!(
            back.code_at(now).expose_text(),
            totp.code_at(now).expose_text()
        );
        assert_eq!(format!("{back:?}"), format!("{totp:?}"));

        let bytes = minicbor::to_vec(TotpState::stored(910_739)).unwrap();
        assert_eq!(bytes, b"\x81\x1a\x00\x0d\xe5\x93");
        let state: TotpState = minicbor::decode(&bytes).unwrap();
        assert_eq!(state.next_step(), 910_739);
    }

    #[test]
    fn a_record_outside_the_rules_is_refused() {
        let secret = b"\x5412345678901234567890".as_slice();
        let with = |head: &[u8], secret: &[u8], tail: &[u8]| [head, secret, tail].concat();
        assert!(minicbor::decode::<Totp>(&with(b"\x84", secret, b"\x00\x06\x18\x1e")).is_ok());
        for (name, bytes) in [
            ("nothing", vec![]),
            ("three fields", with(b"\x83", secret, b"\x00\x06")),
            (
                "five fields",
                with(b"\x85", secret, b"\x00\x06\x18\x1e\x00"),
            ),
            ("indefinite", with(b"\x9f", secret, b"\x00\x06\x18\x1e\xff")),
            (
                "short secret",
                with(b"\x84", b"\x4a1234567890", b"\x00\x06\x18\x1e"),
            ),
            (
                "long secret",
                with(
                    b"\x84",
                    &[b"\x58\x41".as_slice(), &[7; 65]].concat(),
                    b"\x00\x06\x18\x1e",
                ),
            ),
            (
                "zero secret",
                with(
                    b"\x84",
                    &[b"\x54".as_slice(), &[0; 20]].concat(),
                    b"\x00\x06\x18\x1e",
                ),
            ),
            (
                "secret as text",
                with(b"\x84", b"\x7412345678901234567890", b"\x00\x06\x18\x1e"),
            ),
            (
                "secret cut off",
                with(b"\x84", b"\x5b\xff\xff\xff\xff\xff\xff\xff\xff", b"123"),
            ),
            ("unknown hash", with(b"\x84", secret, b"\x03\x06\x18\x1e")),
            ("five digits", with(b"\x84", secret, b"\x00\x05\x18\x1e")),
            ("nine digits", with(b"\x84", secret, b"\x00\x09\x18\x1e")),
            (
                "256 digits",
                with(b"\x84", secret, b"\x00\x19\x01\x00\x18\x1e"),
            ),
            ("period 0", with(b"\x84", secret, b"\x00\x06\x00")),
            ("period 121", with(b"\x84", secret, b"\x00\x06\x18\x79")),
            ("no period", with(b"\x84", secret, b"\x00\x06")),
        ] {
            let error = minicbor::decode::<Totp>(&bytes).expect_err(name);
            let told = format!("{error} {error:?}");
            assert!(!told.contains("1234567890"), "{name}: {told}");
        }
        for bytes in [b"".as_slice(), b"\x80", b"\x81\x20", b"\x00"] {
            assert!(minicbor::decode::<TotpState>(bytes).is_err(), "{bytes:?}");
        }
    }

    fn any_secret() -> impl Strategy<Value = Vec<u8>> {
        proptest::collection::vec(any::<u8>(), 16..=64)
            .prop_filter("zeros are no secret", |secret| {
                secret.iter().any(|byte| *byte != 0)
            })
    }

    proptest! {
        #[test]
        fn any_record_comes_back(
            secret in any_secret(),
            algorithm in prop_oneof![Just(Algorithm::Sha1), Just(Algorithm::Sha256), Just(Algorithm::Sha512)],
            digits in 6_u8..=8,
            period in 1_u32..=120,
            next_step: u64,
        ) {
            let totp = Totp::new(SecretBytes::from(secret.clone())).unwrap()
                .with_algorithm(algorithm)
                .with_digits(digits).unwrap()
                .with_period(Lifetime::seconds(period)).unwrap();
            let bytes = minicbor::to_vec(&totp).unwrap();
            let back: Totp = minicbor::decode(&bytes).unwrap();
            prop_assert_eq!(back.generator.secret(), secret);
            prop_assert_eq!(format!("{:?}", back), format!("{:?}", totp));
            let state: TotpState =
                minicbor::decode(&minicbor::to_vec(TotpState::stored(next_step)).unwrap()).unwrap();
            prop_assert_eq!(state.next_step(), next_step);
        }

        #[test]
        fn hostile_bytes_never_panic(
            mut bytes in proptest::collection::vec(any::<u8>(), 0..90),
            plausible: bool,
        ) {
            if plausible && bytes.len() > 2 {
                bytes[..2].copy_from_slice(b"\x84\x54");
            }
            let _ = minicbor::decode::<Totp>(&bytes);
            let _ = minicbor::decode::<TotpState>(&bytes);
        }
    }
}
