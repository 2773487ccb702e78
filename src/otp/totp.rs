//! Time-based codes (RFC 6238): the window, and which step of it is still free.
//!
//! The whole window is computed and compared each time, and the highest step that matches and was not used wins:
//! neighbouring steps can share a code (pitfall B4). What is remembered is a step, never a text (B2), and whether
//! the app's clock was found to run ahead (RFC 6238 6).

use core::fmt;

use minicbor::{Decode, Decoder, Encode, Encoder};

use super::hmac::Algorithm;
use super::key::OtpKey;
use crate::code::Code;
use crate::compare::{Match, highest_match};
use crate::error::Error;
use crate::secret::{SecretBytes, SecretText};
use crate::time::Timestamp;
use crate::time::whole_seconds;
use crate::transition::{Transition, Verdict};
use core::time::Duration;

/// An authenticator app's secret and settings.
///
/// Accepted are the codes of the present step and of the one before it, so a code lives for two periods; a code of
/// the future is refused. Each step is accepted once ([`check`](Self::check)).
///
/// Where an app's clock was found to run ahead, the code of the next step is accepted as well, and no other of the
/// future. That is learned from the code that confirms an enrolment ([`confirm`](Self::confirm)), or from two
/// consecutive codes ([`check_pair`](Self::check_pair)), never from a login.
///
/// The secret is wiped when this is dropped, and `Debug` keeps it back. A host that keeps it outside an account
/// record seals its [key URI](Self::key_uri), and reads it back with [`from_key_uri`](Self::from_key_uri).
///
/// ```
/// use countersign::SecretBytes;
/// use countersign::otp::Totp;
/// let totp = Totp::new(SecretBytes::from(b"12345678901234567890".to_vec()))?;
/// assert_eq!(format!("{totp:?}"), "Totp(Sha1, 6 digits, 30 seconds, ..)");
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone)]
pub struct Totp {
    generator: OtpKey,
    period: Duration,
}

impl Totp {
    /// How long a fresh secret is: 160 bits.
    pub(crate) const SECRET_BYTES: usize = OtpKey::SECRET_BYTES;
    /// RFC 6238 4.1: the default.
    const DEFAULT_PERIOD: Duration = Duration::from_secs(30);
    /// SP 800-63B-4 3.1.4.1: the nonce changes every two minutes at least.
    const MAX_PERIOD: Duration = Duration::from_secs(2 * 60);
    /// The present step and one back (RFC 6238 5.2).
    const WINDOW: u32 = 2;

    /// A fresh secret of 160 bits, for SHA-1, six digits and 30 seconds: what every app understands.
    ///
    /// # Errors
    /// Store, if the system gives no randomness.
    ///
    /// ```
    /// let totp = countersign::otp::Totp::generate()?;
    /// assert_eq!(format!("{totp:?}"), "Totp(Sha1, 6 digits, 30 seconds, ..)");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn generate() -> Result<Self, Error> {
        OtpKey::generate().map(Self::of)
    }

    /// A secret that exists already, with SHA-1, six digits and 30 seconds.
    ///
    /// # Errors
    /// Misuse, if the secret is shorter than 16 bytes (RFC 4226 4), longer than 128, or all zeros.
    ///
    /// ```
    /// use countersign::SecretBytes;
    /// use countersign::otp::Totp;
    /// assert!(Totp::new(SecretBytes::from(vec![7; 20])).is_ok());
    /// let error = Totp::new(SecretBytes::from(vec![7; 10])).unwrap_err();
    /// assert_eq!(error.to_string(), "otp secret: must hold 16 to 128 bytes");
    /// ```
    pub fn new(secret: SecretBytes) -> Result<Self, Error> {
        OtpKey::new(secret).map(Self::of)
    }

    /// The secret of a customer who was enrolled elsewhere, where it is too short for [`new`](Self::new).
    ///
    /// Eighty bits, as many systems once gave out, are fewer than SP 800-63B-4 3.1.4.1 asks for (112): an app with
    /// such a secret is no authenticator to NIST, at any level. It cannot be guessed through a check, which is
    /// throttled. But whoever saw four or so of its codes can try all secrets on machines of their own, and 2^80
    /// trials are a matter of money. So import it to keep the customer, and give the customer a fresh one soon;
    /// [`has_short_secret`](Self::has_short_secret) says who still waits for it.
    ///
    /// # Errors
    /// Misuse, unless the secret has 10 to 15 bytes, or if it is all zeros.
    ///
    /// ```
    /// use countersign::{SecretBytes, otp::Totp};
    /// let secret = SecretBytes::from(b"Hello!\xde\xad\xbe\xef".to_vec());
    /// assert!(Totp::new(secret.clone()).is_err());
    /// let old = Totp::import_short_secret(secret)?;
    /// assert!(old.has_short_secret());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn import_short_secret(secret: SecretBytes) -> Result<Self, Error> {
        OtpKey::import_short(secret).map(Self::of)
    }

    /// SHA-1, six digits and 30 seconds are the default, whatever made the generator.
    pub(super) const fn of(generator: OtpKey) -> Self {
        Self {
            generator,
            period: Self::DEFAULT_PERIOD,
        }
    }

    /// The same secret under another hash.
    ///
    /// ```
    /// use countersign::otp::{Algorithm, Totp};
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
    /// use countersign::otp::Totp;
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
    /// use core::time::Duration;
    /// use countersign::otp::Totp;
    /// assert!(Totp::generate()?.with_period(Duration::from_secs(60)).is_ok());
    /// let error = Totp::generate()?.with_period(Duration::from_secs(5 * 60)).unwrap_err();
    /// assert_eq!(error.to_string(), "otp period: must lie between 1 and 120 seconds");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn with_period(self, period: Duration) -> Result<Self, Error> {
        if period < Duration::from_secs(1) || period > Self::MAX_PERIOD {
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
    /// use countersign::otp::{Totp, TotpState};
    /// use countersign::{Code, SecretBytes, Timestamp, transition::{CommitResult, Saved, Verdict}};
    /// let totp = Totp::new(SecretBytes::from(b"12345678901234567890".to_vec()))?;
    /// let now = Timestamp::from_unix(59)?;
    ///
    /// let mut stored = TotpState::default();
    /// let step = totp.check(&stored, &Code::typed("287 082"), now);
    /// let told = step.commit(|next| { stored = next.clone(); Saved::<()>::Stored });
    /// assert!(matches!(told, Ok(CommitResult::Stored(Verdict::Accepted))));
    ///
    /// let again = totp.check(&stored, &Code::typed("287082"), now);
    /// let told = again.commit(|_| Saved::<()>::Stored);
    /// assert!(matches!(told, Ok(CommitResult::Stored(Verdict::Replayed))));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn check(
        &self,
        state: &TotpState,
        code: &Code,
        now: Timestamp,
    ) -> Transition<Verdict, TotpState> {
        self.check_up_to(state, code, now, state.learned_steps())
    }

    /// Checks the code that confirms an enrolment, claims its step, and learns whether the app's clock runs ahead.
    ///
    /// As [`check`](Self::check), but the code of the next step is right as well, and is remembered as a drift of one
    /// step ([`TotpState::runs_ahead`]). For the first code of a new secret, and for no other: a login with this would
    /// always be taken a step early.
    ///
    /// ```
    /// use countersign::otp::{Totp, TotpState};
    /// use core::time::Duration;
    /// use countersign::{Code, Timestamp, transition::{CommitResult, Saved, Verdict}};
    /// let totp = Totp::generate()?;
    /// let now = Timestamp::from_unix(1_800_000_000)?;
    /// let shown_by_a_fast_clock = totp.code_at(now + Duration::from_secs(30));
    /// let code = Code::typed(shown_by_a_fast_clock.expose_text());
    ///
    /// let mut stored = TotpState::default();
    /// let step = totp.confirm(&stored, &code, now);
    /// let told = step.commit(|next| { stored = next.clone(); Saved::<()>::Stored });
    /// assert!(matches!(told, Ok(CommitResult::Stored(Verdict::Accepted))));
    /// assert!(stored.runs_ahead());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn confirm(
        &self,
        state: &TotpState,
        code: &Code,
        now: Timestamp,
    ) -> Transition<Verdict, TotpState> {
        self.check_up_to(state, code, now, TotpState::MOST_LEARNED)
    }

    /// Checks two consecutive codes at once, claims the step of the second, and learns whether the app's clock runs
    /// ahead.
    ///
    /// For a customer whose codes are refused because the clock runs ahead. The second code is of the present step, of
    /// the one before it or of the next; the first is the one that was shown before it, and must be unused as well.
    /// Both are judged together: nothing tells whether one of them was right alone. It is one try, and is charged as
    /// one.
    ///
    /// ```
    /// use countersign::otp::{Totp, TotpState};
    /// use core::time::Duration;
    /// use countersign::{Code, Timestamp, transition::{CommitResult, Saved, Verdict}};
    /// let totp = Totp::generate()?;
    /// let now = Timestamp::from_unix(1_800_000_000)?;
    /// let shown_by_a_fast_clock = [now, now + Duration::from_secs(30)].map(|time| totp.code_at(time));
    /// let [first, second] = shown_by_a_fast_clock.map(|shown| Code::typed(shown.expose_text()));
    ///
    /// let mut stored = TotpState::default();
    /// let step = totp.check_pair(&stored, &first, &second, now);
    /// let told = step.commit(|next| { stored = next.clone(); Saved::<()>::Stored });
    /// assert!(matches!(told, Ok(CommitResult::Stored(Verdict::Accepted))));
    /// assert!(stored.runs_ahead());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn check_pair(
        &self,
        state: &TotpState,
        first: &Code,
        second: &Code,
        now: Timestamp,
    ) -> Transition<Verdict, TotpState> {
        let present = self.step_at(now);
        let firsts = present.saturating_sub(2)..=present;
        let offered = self.generator.offered_pair(first, second);
        let found = highest_match(self.generator.pairs(firsts), offered, state.next_step);
        state.after(found.map(|first| first.saturating_add(1)), present)
    }

    /// The step before the present one, the present one, and that many after it: none or one.
    fn check_up_to(
        &self,
        state: &TotpState,
        code: &Code,
        now: Timestamp,
        ahead: u32,
    ) -> Transition<Verdict, TotpState> {
        let present = self.step_at(now);
        // Always three: where none is ahead, the present one stands twice, and in the very first period step 0 does.
        // So the work is the same whatever was learned, and also that of a decoy, about which nothing ever is.
        let window = [
            present.saturating_sub(1),
            present,
            present.saturating_add(u64::from(ahead)),
        ];
        let candidates = window.into_iter().zip(self.generator.codes(window));
        let found = highest_match(candidates, self.generator.offered(code), state.next_step);
        state.after(found, present)
    }

    /// What the app shows at `now`.
    ///
    /// For tests, demonstrations and the self-check of a provisioning page. A verifier has no use for it: it
    /// [checks](Self::check).
    ///
    /// ```
    /// use countersign::otp::Totp;
    /// use countersign::{SecretBytes, Timestamp};
    /// let totp = Totp::new(SecretBytes::from(b"12345678901234567890".to_vec()))?.with_digits(8)?;
    /// assert_eq!(totp.code_at(Timestamp::from_unix(1_111_111_109)?).expose_text(), "07081804");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn code_at(&self, now: Timestamp) -> SecretText {
        self.generator.text(self.step_at(now))
    }

    /// Whether the secret was too short for [`new`](Self::new), and came in by
    /// [`import_short_secret`](Self::import_short_secret): this customer should get a fresh one.
    ///
    /// ```
    /// assert!(!countersign::otp::Totp::generate()?.has_short_secret());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn has_short_secret(&self) -> bool {
        self.generator.has_short_secret()
    }

    /// How many codes are right at one moment: two, and three once it was learned that the clock runs ahead.
    ///
    /// With [`space`](Self::space) for [`Limits::guess_chance`](crate::limits::Limits::guess_chance). A pair of codes is a worse
    /// guess than a single one.
    ///
    /// ```
    /// use countersign::{limits::Limits, otp::{Totp, TotpState}};
    /// let totp = Totp::generate()?;
    /// let right = totp.accepted_codes(&TotpState::default());
    /// assert_eq!(right, 2);
    /// assert!(Limits::nist().guess_chance(right, totp.space()).per_lock <= 1.0 / 50_000.0);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn accepted_codes(&self, state: &TotpState) -> u32 {
        Self::WINDOW.saturating_add(state.learned_steps())
    }

    /// How many different codes there are.
    ///
    /// ```
    /// assert_eq!(countersign::otp::Totp::generate()?.space(), 1_000_000);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub const fn space(&self) -> u64 {
        self.generator.space()
    }

    pub(super) const fn generator(&self) -> &OtpKey {
        &self.generator
    }

    pub(super) const fn period(&self) -> Duration {
        self.period
    }

    /// RFC 6238 4.2, with T0 = 0. Sixty-four bits, so 2038 and 2106 are years like others.
    fn step_at(&self, now: Timestamp) -> u64 {
        // A period is never zero.
        now.unix()
            .checked_div(self.period.as_secs())
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
            self.period.as_secs()
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
            .u32(whole_seconds(self.period))?;
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
        let period = Duration::from_secs(u64::from(decoder.u32()?));
        OtpKey::stored(secret, algorithm)
            .map(Self::of)
            .and_then(|totp| totp.with_digits(digits))
            .and_then(|totp| totp.with_period(period))
            .map_err(broken)
    }
}

/// What a host stores beside a [`Totp`]: the lowest step whose code may still be accepted, and whether the app's clock
/// runs ahead.
///
/// The step only grows. The default is that of a new enrolment: nothing was accepted yet. If the clock was ahead when a
/// code was accepted, then steps up to that one stay used when the clock is put right. A drift that was learned stays:
/// it adds one step to the window and takes none away.
///
/// ```
/// use countersign::otp::TotpState;
/// let fresh = TotpState::default();
/// assert_eq!(fresh.next_step(), 0);
/// ```
#[derive(Clone, Debug, Default, Encode, Decode)]
#[cbor(array)]
pub struct TotpState {
    #[n(0)]
    next_step: u64,
    /// Absent from the bytes where there is none, as it was before drifts were learned.
    #[n(1)]
    drift: Option<Drift>,
}

/// How far an app's clock was found to be off.
#[derive(Clone, Copy, Debug, Encode, Decode)]
#[cbor(index_only)]
enum Drift {
    /// It shows the code of the next step.
    #[n(1)]
    OneAhead,
}

impl TotpState {
    /// A clock that runs ahead by more is not followed.
    const MOST_LEARNED: u32 = 1;

    /// The state as it was stored: see [`next_step`](Self::next_step). No drift is known.
    ///
    /// ```
    /// use countersign::otp::TotpState;
    /// assert_eq!(TotpState::stored(910_738).next_step(), 910_738);
    /// assert!(!TotpState::stored(910_738).runs_ahead());
    /// ```
    #[must_use]
    pub const fn stored(next_step: u64) -> Self {
        Self {
            next_step,
            drift: None,
        }
    }

    /// The same, of an app whose clock was found to run ahead: see [`runs_ahead`](Self::runs_ahead).
    ///
    /// ```
    /// use countersign::otp::TotpState;
    /// assert!(TotpState::stored_ahead(910_738).runs_ahead());
    /// ```
    #[must_use]
    pub const fn stored_ahead(next_step: u64) -> Self {
        Self {
            next_step,
            drift: Some(Drift::OneAhead),
        }
    }

    /// The number to store: one more than the last accepted step, or 0.
    ///
    /// A step is the Unix time divided by the period.
    ///
    /// ```
    /// assert_eq!(countersign::otp::TotpState::default().next_step(), 0);
    /// ```
    #[must_use]
    pub const fn next_step(&self) -> u64 {
        self.next_step
    }

    /// Whether the app's clock was found to run ahead, so that the code of the next step is right as well. To be
    /// stored, too.
    ///
    /// ```
    /// assert!(!countersign::otp::TotpState::default().runs_ahead());
    /// ```
    #[must_use]
    pub const fn runs_ahead(&self) -> bool {
        self.drift.is_some()
    }

    fn learned_steps(&self) -> u32 {
        u32::from(self.runs_ahead())
    }

    /// The step from here to what was found at the present step.
    fn after(&self, found: Match, present: u64) -> Transition<Verdict, Self> {
        match found {
            Match::Fresh(step) => {
                let ahead = (step > present).then_some(Drift::OneAhead);
                let next = Self {
                    next_step: step.saturating_add(1),
                    drift: self.drift.or(ahead),
                };
                Transition::to(next, Verdict::Accepted)
            }
            Match::Spent => Transition::unchanged(Verdict::Replayed),
            Match::None => Transition::unchanged(Verdict::Wrong),
        }
    }
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
        assert_eq!(totp().accepted_codes(&TotpState::default()), 2);
        assert_eq!(totp().accepted_codes(&TotpState::stored_ahead(7)), 3);
        assert_eq!(totp().space(), 1_000_000);
        assert_eq!(totp().with_digits(8).unwrap().space(), 100_000_000);
    }

    #[test]
    fn the_record_is_compact_and_comes_back() {
        let totp = totp()
            .with_algorithm(Algorithm::Sha512)
            .with_digits(8)
            .unwrap()
            .with_period(Duration::from_secs(60))
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
        assert_eq!((state.next_step(), state.runs_ahead()), (910_739, false));

        let bytes = minicbor::to_vec(TotpState::stored_ahead(910_739)).unwrap();
        assert_eq!(bytes, b"\x82\x1a\x00\x0d\xe5\x93\x01");
        let state: TotpState = minicbor::decode(&bytes).unwrap();
        assert_eq!((state.next_step(), state.runs_ahead()), (910_739, true));
    }

    #[test]
    fn a_short_secret_that_was_imported_comes_back() {
        let totp = Totp::import_short_secret(SecretBytes::from(b"1234567890".to_vec())).unwrap();
        let bytes = minicbor::to_vec(&totp).unwrap();
        assert_eq!(bytes, b"\x84\x4a1234567890\x00\x06\x18\x1e");
        let back: Totp = minicbor::decode(&bytes).unwrap();
        assert!(back.has_short_secret());
        assert_eq!(back.generator.secret(), b"1234567890");
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
                with(b"\x84", b"\x49123456789", b"\x00\x06\x18\x1e"),
            ),
            (
                "long secret",
                with(
                    b"\x84",
                    &[b"\x58\x81".as_slice(), &[7; 129]].concat(),
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
        for bytes in [
            b"".as_slice(),
            b"\x80",
            b"\x81\x20",
            b"\x00",
            b"\x82\x07\x00",
            b"\x82\x07\x02",
            b"\x82\x07\x20",
            b"\x82\x07\xf5",
        ] {
            assert!(minicbor::decode::<TotpState>(bytes).is_err(), "{bytes:?}");
        }
    }

    fn any_secret() -> impl Strategy<Value = Vec<u8>> {
        proptest::collection::vec(any::<u8>(), 16..=128)
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
                .with_period(Duration::from_secs(u64::from(period))).unwrap();
            let bytes = minicbor::to_vec(&totp).unwrap();
            let back: Totp = minicbor::decode(&bytes).unwrap();
            prop_assert_eq!(back.generator.secret(), secret);
            prop_assert_eq!(format!("{:?}", back), format!("{:?}", totp));
            let state: TotpState =
                minicbor::decode(&minicbor::to_vec(TotpState::stored(next_step)).unwrap()).unwrap();
            prop_assert_eq!(state.next_step(), next_step);
            prop_assert!(!state.runs_ahead());
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
