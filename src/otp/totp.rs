//! Time-based codes (RFC 6238): the window, and which step of it is still free.
//!
//! A check computes and compares the whole window each time. The highest step that matches and was not used wins, because
//! neighbouring steps can share a code (pitfall B4). The state remembers a step, never a text (B2), and whether
//! the app's clock runs ahead (RFC 6238 6).

use core::fmt;
use core::ops::RangeInclusive;
use core::time::Duration;

use minicbor::{Decode, Decoder, Encode};

use super::key::{OtpKey, check_period};
use super::key_uri::{KeyUri, MovingFactor};
use crate::cbor::encode_by;
use crate::code::Code;
use crate::compare::{Match, highest_match};
use crate::error::Error;
use crate::secret::SecretText;
use crate::time::Timestamp;
use crate::time::whole_seconds;
use crate::transition::{Transition, Verdict};

/// The steps whose codes are right in the step `present`, if the app's clock is known to run `ahead` by so many: the
/// present one, one back (RFC 6238 5.2), and those ahead.
///
/// Only this function knows the window. A single code, a pair of codes, an enrolment and the odds of a guess all ask here.
const fn window(present: u64, ahead: u64) -> RangeInclusive<u64> {
    present.saturating_sub(1)..=present.saturating_add(ahead)
}

/// How many steps the widest window has.
const WIDEST: usize = steps(&window(u64::MAX / 2, TotpState::MOST_LEARNED)) as usize;

const fn steps(window: &RangeInclusive<u64>) -> u64 {
    window
        .end()
        .saturating_sub(*window.start())
        .saturating_add(1)
}

/// An authenticator app's secret and settings.
///
/// A check accepts the codes of the present step and of the one before it, so a code lives for two periods. It refuses a
/// code of the future. Each step is accepted once ([`check`](Self::check)).
///
/// If an app's clock was found to run ahead, the code of the next step is accepted as well, and no other of the
/// future. The code that confirms an enrolment shows it ([`confirm`](Self::confirm)), and so do two
/// consecutive codes ([`check_pair`](Self::check_pair)). A login never does.
///
/// It is made [of a key](OtpKey) by `from`, with steps of 30 seconds.
///
/// The secret is wiped when this is dropped, and `Debug` keeps it back. A host that keeps it outside an account
/// record seals its [key URI](Self::key_uri), and reads it back with [`from_key_uri`](Self::from_key_uri).
///
/// ```
/// use countersign::otp::Totp;
/// let totp = Totp::generate()?;
/// assert_eq!(format!("{totp:?}"), "Totp(Sha1, 6 digits, 30 seconds, ..)");
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone)]
pub struct Totp {
    key: OtpKey,
    period: Duration,
}

impl From<OtpKey> for Totp {
    fn from(key: OtpKey) -> Self {
        Self {
            key,
            period: Self::DEFAULT_PERIOD,
        }
    }
}

impl Totp {
    /// RFC 6238 4.1: the default.
    const DEFAULT_PERIOD: Duration = Duration::from_secs(30);

    /// Draws a fresh secret of 160 bits, for SHA-1, six digits and 30 seconds. Every app understands these.
    ///
    /// For other settings, start from an [`OtpKey`].
    ///
    /// # Errors
    /// Store, if the system gives no randomness.
    ///
    /// ```
    /// use countersign::otp::Totp;
    /// let uri = Totp::generate()?.key_uri("Example Bank", "anna@example.com")?;
    /// assert!(uri.expose_text().starts_with("otpauth://totp/Example%20Bank:anna@example.com?secret="));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn generate() -> Result<Self, Error> {
        OtpKey::generate().map(Self::from)
    }

    /// Sets how long a step lasts.
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
        check_period(period)?;
        Ok(Self { period, ..self })
    }

    /// Checks a code at `now`, and claims its step.
    ///
    /// An accepted code gives the next state. A refused code changes nothing, and the caller counts it. A code
    /// that confirms an enrolment goes through here as well, so that it cannot log in once more (pitfall B5).
    ///
    /// ```
    /// use countersign::otp::{OtpKey, Totp, TotpState};
    /// use countersign::{Code, SecretBytes, Timestamp, transition::{CommitResult, Saved, Verdict}};
    /// let totp = Totp::from(OtpKey::new(SecretBytes::from(b"12345678901234567890".to_vec()))?);
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
        self.check_ahead(state, code, now, state.learned_steps())
    }

    /// Checks the code that confirms an enrolment, claims its step, and learns whether the app's clock runs ahead.
    ///
    /// Unlike [`check`](Self::check), it also accepts the code of the next step, and remembers that as a drift of one
    /// step ([`TotpState::runs_ahead`]). Use it for the first code of a new secret only. A login by this would always
    /// be accepted a step early.
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
        self.check_ahead(state, code, now, TotpState::MOST_LEARNED)
    }

    /// Checks two consecutive codes at once, claims the step of the second, and learns whether the app's clock runs
    /// ahead.
    ///
    /// Use it for a customer whose codes are refused because the clock runs ahead. The second code is of the present
    /// step, of the one before it or of the next. The first is the one before the second, and must be unused as well.
    /// Both are judged together: nothing shows whether one of them was right alone. It is one try, and is charged as
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
        let seconds = window(present, TotpState::MOST_LEARNED);
        let firsts = seconds.start().saturating_sub(1)..=seconds.end().saturating_sub(1);
        let offered = self.key.offered_pair(first, second);
        let found = highest_match(self.key.pairs(firsts), offered, state.next_step);
        state.after(found.map(|first| first.saturating_add(1)), present)
    }

    fn check_ahead(
        &self,
        state: &TotpState,
        code: &Code,
        now: Timestamp,
        ahead: u64,
    ) -> Transition<Verdict, TotpState> {
        let present = self.step_at(now);
        let window = window(present, ahead);
        // Always as many as the widest window has: the last step stands there again where there are fewer. So the work
        // does not show what was learned, and a decoy, about which nothing is learned, costs the same.
        let window: [u64; WIDEST] = core::array::from_fn(|place| {
            let step = window.start().saturating_add(place as u64);
            step.min(*window.end())
        });
        let candidates = window.into_iter().zip(self.key.codes(window));
        let found = highest_match(candidates, self.key.offered(code), state.next_step);
        state.after(found, present)
    }

    /// Returns the code that the app shows at `now`.
    ///
    /// Use it for tests, demonstrations and the self-check of a provisioning page. A verifier does not need it: it
    /// [checks](Self::check).
    ///
    /// ```
    /// use countersign::otp::{OtpKey, Totp};
    /// use countersign::{SecretBytes, Timestamp};
    /// let secret = SecretBytes::from(b"12345678901234567890".to_vec());
    /// let totp = Totp::from(OtpKey::new(secret)?.with_digits(8)?);
    /// assert_eq!(totp.code_at(Timestamp::from_unix(1_111_111_109)?).expose_text(), "07081804");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn code_at(&self, now: Timestamp) -> SecretText {
        self.key.text(self.step_at(now))
    }

    /// Returns how many codes are right at one moment: two, and three if the app's clock is known to run ahead.
    ///
    /// With [`OtpKey::space`] it gives the [chance of a guess](crate::limits::Limits::guess_chance). A pair of codes is a
    /// worse guess than a single one.
    ///
    /// ```
    /// use countersign::{limits::Limits, otp::{Totp, TotpState}};
    /// let totp = Totp::generate()?;
    /// let right = totp.accepted_codes(&TotpState::default());
    /// assert!(Limits::nist().guess_chance(right, totp.key().space()).per_lock <= 1.0 / 50_000.0);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn accepted_codes(&self, state: &TotpState) -> u32 {
        // Far from step zero, where the window is cut off.
        let window = window(u64::MAX / 2, state.learned_steps());
        u32::try_from(steps(&window)).unwrap_or(u32::MAX)
    }

    /// Returns the key: its secret's length, and how many codes there are.
    #[must_use]
    pub const fn key(&self) -> &OtpKey {
        &self.key
    }

    /// Writes the URI that tells an app this secret, as belonging to `account` at `issuer`.
    ///
    /// The URI holds the secret: show it once, over a protected channel, and keep it sealed or not at all.
    ///
    /// # Errors
    /// Misuse, if a name is empty, longer than 128 bytes, holds a colon or a control character, or begins or ends with
    /// white space.
    ///
    /// ```
    /// use countersign::otp::Totp;
    /// let totp = Totp::generate()?;
    /// let uri = totp.key_uri("Example Bank", "anna@example.com")?;
    /// println!("{}", uri.expose_text());
    /// let error = totp.key_uri("Example: Bank", "anna").unwrap_err();
    /// assert_eq!(error.to_string(), "key uri issuer: must not hold a colon");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn key_uri(&self, issuer: &str, account: &str) -> Result<KeyUri, Error> {
        let moves = MovingFactor::Period(self.period);
        KeyUri::written(self.key.clone(), moves, issuer, account)
    }

    /// Takes the secret and its settings from a key URI. The names in the URI are lost.
    ///
    /// # Errors
    /// Misuse, if the URI is that of a [`Hotp`](crate::otp::Hotp).
    ///
    /// ```
    /// use countersign::Timestamp;
    /// use countersign::otp::{KeyUri, Totp};
    /// let totp = Totp::generate()?;
    /// let kept = totp.key_uri("Example Bank", "anna")?;
    /// let back = Totp::from_key_uri(KeyUri::parse(kept.expose_text())?)?;
    /// let now = Timestamp::now()?;
    /// assert_eq!(back.code_at(now).expose_text(), totp.code_at(now).expose_text());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn from_key_uri(uri: KeyUri) -> Result<Self, Error> {
        match uri.into_parts() {
            (key, MovingFactor::Period(period)) => Ok(Self { key, period }),
            (_, MovingFactor::Counter(_)) => Err(Error::misuse("key uri type", "must be totp")),
        }
    }

    /// Returns a state in which each code is spent that could have been accepted by now.
    pub(crate) fn spent_until(&self, state: &TotpState, now: Timestamp) -> TotpState {
        let window = window(self.step_at(now), TotpState::MOST_LEARNED);
        TotpState {
            next_step: state.next_step.max(window.end().saturating_add(1)),
            drift: state.drift,
        }
    }

    /// RFC 6238 4.2, with T0 = 0. Sixty-four bits, so 2038 and 2106 are years like others.
    pub(crate) fn step_at(&self, now: Timestamp) -> u64 {
        // A period is never zero.
        now.unix()
            .checked_div(self.period.as_secs())
            .unwrap_or_default()
    }
}

impl fmt::Debug for Totp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (algorithm, digits) = (self.key.algorithm(), self.key.digits());
        let seconds = self.period.as_secs();
        write!(
            f,
            "Totp({algorithm:?}, {digits} digits, {seconds} seconds, ..)"
        )
    }
}

encode_by!(Totp, |this, encoder| {
    let period = whole_seconds(this.period);
    this.key.encode_beside(period, encoder)
});

impl<'b, C> Decode<'b, C> for Totp {
    fn decode(decoder: &mut Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        OtpKey::decode_beside(decoder, |key, period| {
            Self::from(key).with_period(Duration::from_secs(u64::from(period)))
        })
    }
}

/// The state to store beside a [`Totp`]: the lowest step whose code may still be accepted, and whether the app's clock
/// runs ahead.
///
/// The step only grows. The default is that of a new enrolment: nothing was accepted yet. If the clock was ahead when a
/// code was accepted, then steps up to that one stay used when the clock is put right. A drift that was learned stays:
/// it adds one step to the window and takes none away.
///
/// ```
/// use countersign::otp::TotpState;
/// // As two columns of a table: the step, and whether the clock runs ahead.
/// let state = TotpState::stored_ahead(910_738);
/// assert_eq!((state.next_step(), state.runs_ahead()), (910_738, true));
/// ```
#[derive(Clone, Debug, Default, Encode, Decode)]
#[cbor(array)]
pub struct TotpState {
    #[n(0)]
    next_step: u64,
    /// Absent from the bytes where there is none.
    #[n(1)]
    drift: Option<Drift>,
}

/// The difference between an app's clock and the host's.
#[derive(Clone, Copy, Debug, Encode, Decode)]
#[cbor(index_only)]
enum Drift {
    /// The app shows the code of the next step.
    #[n(1)]
    OneAhead,
}

impl TotpState {
    /// A clock that runs ahead by more is not followed.
    const MOST_LEARNED: u64 = 1;

    /// Reads the state of an app whose clock is not known to run ahead: see [`next_step`](Self::next_step).
    #[must_use]
    pub const fn stored(next_step: u64) -> Self {
        Self {
            next_step,
            drift: None,
        }
    }

    /// Reads the state of an app whose clock was found to run ahead: see [`runs_ahead`](Self::runs_ahead).
    #[must_use]
    pub const fn stored_ahead(next_step: u64) -> Self {
        Self {
            next_step,
            drift: Some(Drift::OneAhead),
        }
    }

    /// Returns the number to store: one more than the last accepted step, or 0.
    ///
    /// A step is the Unix time divided by the period.
    #[must_use]
    pub const fn next_step(&self) -> u64 {
        self.next_step
    }

    /// Returns whether the app's clock was found to run ahead, so that the code of the next step is right as well. Store
    /// this, too.
    #[must_use]
    pub const fn runs_ahead(&self) -> bool {
        self.drift.is_some()
    }

    fn learned_steps(&self) -> u64 {
        if self.runs_ahead() {
            Self::MOST_LEARNED
        } else {
            0
        }
    }

    /// Returns the step from this state to the next one, in the present step of time.
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
    use crate::otp::Algorithm;
    use crate::secret::SecretBytes;

    fn key() -> OtpKey {
        OtpKey::new(SecretBytes::from(b"12345678901234567890".to_vec())).unwrap()
    }

    fn totp() -> Totp {
        Totp::from(key())
    }

    #[test]
    fn a_guess_has_two_codes_of_a_million() {
        assert_eq!(totp().accepted_codes(&TotpState::default()), 2);
        assert_eq!(totp().accepted_codes(&TotpState::stored_ahead(7)), 3);
        assert_eq!(totp().key().space(), 1_000_000);
        assert_eq!(key().with_digits(8).unwrap().space(), 100_000_000);
    }

    #[test]
    fn the_record_is_compact_and_comes_back() {
        let key = key().with_algorithm(Algorithm::Sha512);
        let totp = Totp::from(key.with_digits(8).unwrap())
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
        let totp =
            Totp::from(OtpKey::import_short(SecretBytes::from(b"1234567890".to_vec())).unwrap());
        let bytes = minicbor::to_vec(&totp).unwrap();
        assert_eq!(bytes, b"\x84\x4a1234567890\x00\x06\x18\x1e");
        let back: Totp = minicbor::decode(&bytes).unwrap();
        assert!(back.key.has_short_secret());
        assert_eq!(back.key.secret(), b"1234567890");
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
            let totp = Totp::from(OtpKey::new(SecretBytes::from(secret.clone())).unwrap()
                .with_algorithm(algorithm)
                .with_digits(digits).unwrap())
                .with_period(Duration::from_secs(u64::from(period))).unwrap();
            let bytes = minicbor::to_vec(&totp).unwrap();
            let back: Totp = minicbor::decode(&bytes).unwrap();
            prop_assert_eq!(back.key.secret(), secret);
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
