//! Counter-based codes (RFC 4226): the next code of a token, and a few after it, because buttons are pressed in vain.
//!
//! The search goes forward only, and the counter moves on success only (pitfall B19): neither an old code nor a wrong
//! one changes anything.

use core::fmt;

use minicbor::{Decode, Decoder, Encode, Encoder};

use super::hmac::Algorithm;
use super::key::OtpKey;
use crate::code::Code;
use crate::compare::{Match, highest_match};
use crate::error::Error;
use crate::secret::{SecretBytes, SecretText};
use crate::transition::{Transition, Verdict};

/// The secret and settings of a token that shows another code at each press of its button.
///
/// Accepted are the code that comes next and a few after it ([`with_look_ahead`](Self::with_look_ahead)); a token that
/// is further ahead is found again by two consecutive codes ([`check_pair`](Self::check_pair)). The accepted code and
/// all before it are spent.
///
/// The secret is wiped when this is dropped, and `Debug` keeps it back. A host that keeps it outside an account
/// record seals its [key URI](Self::key_uri), and reads it back with [`from_key_uri`](Self::from_key_uri).
///
/// ```
/// use countersign::{SecretBytes, otp::Hotp};
/// let hotp = Hotp::new(SecretBytes::from(b"12345678901234567890".to_vec()))?;
/// assert_eq!(format!("{hotp:?}"), "Hotp(Sha1, 6 digits, 3 ahead, ..)");
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone)]
pub struct Hotp {
    generator: OtpKey,
    look_ahead: u8,
}

impl Hotp {
    /// How many codes after the next one are right as well, if nothing else is asked for.
    ///
    /// With these three, four codes are right at once: as many as six digits bear under
    /// [`Limits::nist`](crate::limits::Limits::nist). With eight digits, more do no harm.
    pub const DEFAULT_LOOK_AHEAD: u8 = 3;
    /// A longer look-ahead is refused: it would be guessed too often, and two consecutive codes find any token better.
    pub const MAX_LOOK_AHEAD: u8 = 99;
    /// How far from the next code the first of two consecutive codes may be.
    ///
    /// A pair of codes is guessed with a chance of a thousand in a million million, so this is less of a gift than a single
    /// code.
    pub const RESYNC_WINDOW: u16 = 1000;

    /// A fresh secret of 160 bits, for SHA-1 and six digits: what every token understands.
    ///
    /// # Errors
    /// Store, if the system gives no randomness.
    ///
    /// ```
    /// let hotp = countersign::otp::Hotp::generate()?;
    /// assert_eq!(format!("{hotp:?}"), "Hotp(Sha1, 6 digits, 3 ahead, ..)");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn generate() -> Result<Self, Error> {
        OtpKey::generate().map(Self::of)
    }

    /// A secret that exists already, with SHA-1 and six digits.
    ///
    /// # Errors
    /// Misuse, if the secret is shorter than 16 bytes (RFC 4226 4), longer than 128, or all zeros.
    ///
    /// ```
    /// use countersign::{SecretBytes, otp::Hotp};
    /// assert!(Hotp::new(SecretBytes::from(vec![7; 20])).is_ok());
    /// let error = Hotp::new(SecretBytes::from(vec![7; 10])).unwrap_err();
    /// assert_eq!(error.to_string(), "otp secret: must hold 16 to 128 bytes");
    /// ```
    pub fn new(secret: SecretBytes) -> Result<Self, Error> {
        OtpKey::new(secret).map(Self::of)
    }

    /// The secret of a customer who was enrolled elsewhere, where it is too short for [`new`](Self::new).
    ///
    /// What such a secret is worth is said at [`Totp::import_short_secret`](crate::otp::Totp::import_short_secret):
    /// import it to keep the customer, and give the customer a fresh one soon.
    ///
    /// # Errors
    /// Misuse, unless the secret has 10 to 15 bytes, or if it is all zeros.
    ///
    /// ```
    /// use countersign::{SecretBytes, otp::Hotp};
    /// let old = Hotp::import_short_secret(SecretBytes::from(b"1234567890".to_vec()))?;
    /// assert!(old.has_short_secret());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn import_short_secret(secret: SecretBytes) -> Result<Self, Error> {
        OtpKey::import_short(secret).map(Self::of)
    }

    pub(super) const fn of(generator: OtpKey) -> Self {
        Self {
            generator,
            look_ahead: Self::DEFAULT_LOOK_AHEAD,
        }
    }

    /// The same secret under another hash. RFC 4226 knows SHA-1 only; some tokens can do others.
    ///
    /// ```
    /// use countersign::otp::{Algorithm, Hotp};
    /// let hotp = Hotp::generate()?.with_algorithm(Algorithm::Sha256);
    /// assert_eq!(format!("{hotp:?}"), "Hotp(Sha256, 6 digits, 3 ahead, ..)");
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
    /// use countersign::otp::Hotp;
    /// assert!(Hotp::generate()?.with_digits(8).is_ok());
    /// let error = Hotp::generate()?.with_digits(4).unwrap_err();
    /// assert_eq!(error.to_string(), "otp digits: must be 6, 7 or 8");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn with_digits(self, digits: u8) -> Result<Self, Error> {
        Ok(Self {
            generator: self.generator.with_digits(digits)?,
            ..self
        })
    }

    /// The same secret with that many codes after the next one accepted as well (RFC 4226 7.4).
    ///
    /// Each of them is one more that a guess can hit: see [`accepted_codes`](Self::accepted_codes).
    ///
    /// # Errors
    /// Misuse, above [`MAX_LOOK_AHEAD`](Self::MAX_LOOK_AHEAD).
    ///
    /// ```
    /// use countersign::otp::Hotp;
    /// assert_eq!(Hotp::generate()?.with_look_ahead(0)?.accepted_codes(), 1);
    /// let error = Hotp::generate()?.with_look_ahead(100).unwrap_err();
    /// assert_eq!(error.to_string(), "hotp look-ahead: must be 99 at most");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn with_look_ahead(self, look_ahead: u8) -> Result<Self, Error> {
        if look_ahead > Self::MAX_LOOK_AHEAD {
            return Err(Error::misuse("hotp look-ahead", "must be 99 at most"));
        }
        Ok(Self { look_ahead, ..self })
    }

    /// Checks a code, and spends it with all before it.
    ///
    /// An accepted code gives the next state, which is one more than its counter (RFC 4226 7.2); a refused one changes
    /// nothing, and is the caller's to count.
    ///
    /// Where several codes of the window are the one that was typed, the last of them counts. Were it the first, the
    /// same digits would be right once more, so whoever saw them could use them (pitfall B4 is the same with time). The
    /// price is paid once in some hundred thousand logins: a token that was at the first of them has to be pressed until it
    /// is past the last.
    ///
    /// ```
    /// use countersign::{Code, SecretBytes, otp::{Hotp, HotpState}, transition::{CommitResult, Saved, Verdict}};
    /// let hotp = Hotp::new(SecretBytes::from(b"12345678901234567890".to_vec()))?;
    ///
    /// // The button was pressed twice in vain.
    /// let mut stored = HotpState::default();
    /// let step = hotp.check(&stored, &Code::typed("359 152"));
    /// let told = step.commit(|next| { stored = next.clone(); Saved::<()>::Stored });
    /// assert!(matches!(told, Ok(CommitResult::Stored(Verdict::Accepted))));
    /// assert_eq!(stored.counter(), 3);
    ///
    /// let again = hotp.check(&stored, &Code::typed("359152"));
    /// let told = again.commit(|_| Saved::<()>::Stored);
    /// assert!(matches!(told, Ok(CommitResult::Stored(Verdict::Wrong))));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn check(&self, state: &HotpState, code: &Code) -> Transition<Verdict, HotpState> {
        if state.counter > HotpState::LAST {
            return Transition::unchanged(Verdict::Exhausted);
        }
        let last = state
            .counter
            .saturating_add(u64::from(self.look_ahead))
            .min(HotpState::LAST);
        let window = self.generator.window(state.counter..=last);
        let found = highest_match(window, self.generator.offered(code), state.counter);
        state.after(found)
    }

    /// Checks two consecutive codes at once, of a token that is further ahead than [`check`](Self::check) looks, and
    /// spends them with all before them (RFC 4226 7.4).
    ///
    /// The first may be up to [`RESYNC_WINDOW`](Self::RESYNC_WINDOW) codes away. Both are judged together: nothing tells
    /// whether one of them was right alone. It is one try, and is charged as one.
    ///
    /// ```
    /// use countersign::{Code, SecretBytes, otp::{Hotp, HotpState}, transition::{CommitResult, Saved, Verdict}};
    /// let hotp = Hotp::new(SecretBytes::from(b"12345678901234567890".to_vec()))?;
    /// let [first, second] = [500, 501].map(|at| Code::typed(hotp.code_at(at).expose_text()));
    ///
    /// let mut stored = HotpState::default();
    /// let step = hotp.check_pair(&stored, &first, &second);
    /// let told = step.commit(|next| { stored = next.clone(); Saved::<()>::Stored });
    /// assert!(matches!(told, Ok(CommitResult::Stored(Verdict::Accepted))));
    /// assert_eq!(stored.counter(), 502);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn check_pair(
        &self,
        state: &HotpState,
        first: &Code,
        second: &Code,
    ) -> Transition<Verdict, HotpState> {
        // The second must have a counter, too.
        const LAST: u64 = HotpState::LAST.saturating_sub(1);
        if state.counter > LAST {
            return Transition::unchanged(Verdict::Exhausted);
        }
        let furthest = u64::from(Self::RESYNC_WINDOW).saturating_sub(1);
        let last = state.counter.saturating_add(furthest).min(LAST);
        let window = self.generator.pairs(state.counter..=last);
        let offered = self.generator.offered_pair(first, second);
        let found = highest_match(window, offered, state.counter);
        state.after(found.map(|first| first.saturating_add(1)))
    }

    /// What the token shows at a counter.
    ///
    /// For tests, demonstrations, and to write out a list of codes. A verifier has no use for it: it
    /// [checks](Self::check).
    ///
    /// ```
    /// use countersign::{SecretBytes, otp::Hotp};
    /// let hotp = Hotp::new(SecretBytes::from(b"12345678901234567890".to_vec()))?;
    /// assert_eq!(hotp.code_at(0).expose_text(), "755224");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn code_at(&self, counter: u64) -> SecretText {
        self.generator.text(counter)
    }

    /// Whether the secret was too short for [`new`](Self::new), and came in by
    /// [`import_short_secret`](Self::import_short_secret): this customer should get a fresh one.
    ///
    /// ```
    /// assert!(!countersign::otp::Hotp::generate()?.has_short_secret());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn has_short_secret(&self) -> bool {
        self.generator.has_short_secret()
    }

    /// How many codes are right at one moment: the next one and the look-ahead.
    ///
    /// With [`space`](Self::space) for [`Limits::guess_chance`](crate::limits::Limits::guess_chance). A pair of codes is a worse
    /// guess than a single one.
    ///
    /// ```
    /// use countersign::{limits::Limits, otp::Hotp};
    /// let hotp = Hotp::generate()?;
    /// assert_eq!(hotp.accepted_codes(), 4);
    /// let chance = Limits::nist().guess_chance(hotp.accepted_codes(), hotp.space());
    /// assert!(chance.per_lock <= 1.0 / 50_000.0);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn accepted_codes(&self) -> u32 {
        u32::from(self.look_ahead).saturating_add(1)
    }

    /// How many different codes there are.
    ///
    /// ```
    /// assert_eq!(countersign::otp::Hotp::generate()?.space(), 1_000_000);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub const fn space(&self) -> u64 {
        self.generator.space()
    }

    pub(super) const fn generator(&self) -> &OtpKey {
        &self.generator
    }
}

impl fmt::Debug for Hotp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Hotp({:?}, {} digits, {} ahead, ..)",
            self.generator.algorithm(),
            self.generator.digits(),
            self.look_ahead
        )
    }
}

/// The place in a sealed record: `[secret, algorithm, digits, look-ahead]`. The bytes hold the secret in plain.
impl<C> Encode<C> for Hotp {
    fn encode<W: minicbor::encode::Write>(
        &self,
        encoder: &mut Encoder<W>,
        context: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        encoder.array(4)?.bytes(self.generator.secret())?;
        self.generator.algorithm().encode(encoder, context)?;
        encoder.u8(self.generator.digits())?.u8(self.look_ahead)?;
        Ok(())
    }
}

/// By the rules of the constructors: a record holds nothing that could not have been built.
impl<'b, C> Decode<'b, C> for Hotp {
    fn decode(decoder: &mut Decoder<'b>, context: &mut C) -> Result<Self, minicbor::decode::Error> {
        let start = decoder.position();
        let broken = |rule: Error| minicbor::decode::Error::message(rule).at(start);
        if decoder.array()? != Some(4) {
            return Err(
                minicbor::decode::Error::message("hotp: must be an array of four").at(start),
            );
        }
        let secret = SecretBytes::from(decoder.bytes()?.to_vec());
        let algorithm = Algorithm::decode(decoder, context)?;
        let digits = decoder.u8()?;
        let look_ahead = decoder.u8()?;
        OtpKey::stored(secret, algorithm)
            .map(Self::of)
            .and_then(|hotp| hotp.with_digits(digits))
            .and_then(|hotp| hotp.with_look_ahead(look_ahead))
            .map_err(broken)
    }
}

/// What a host stores beside a [`Hotp`]: the counter of the next code.
///
/// It only grows. The default is that of a new token: no code was accepted yet.
///
/// ```
/// use countersign::otp::HotpState;
/// assert_eq!(HotpState::default().counter(), 0);
/// ```
#[derive(Clone, Debug, Default, Encode, Decode)]
#[cbor(array)]
pub struct HotpState {
    #[n(0)]
    counter: u64,
}

impl HotpState {
    /// The last counter whose code is accepted, so that one more is still a number and nothing begins again at zero.
    pub(super) const LAST: u64 = u64::MAX.saturating_sub(1);

    /// The state as it was stored, or the counter at which a token starts.
    ///
    /// ```
    /// use countersign::otp::HotpState;
    /// assert_eq!(HotpState::stored(7).counter(), 7);
    /// ```
    #[must_use]
    pub const fn stored(counter: u64) -> Self {
        Self { counter }
    }

    /// The number to store: one more than the counter of the last accepted code, or the one a token started at.
    ///
    /// ```
    /// assert_eq!(countersign::otp::HotpState::default().counter(), 0);
    /// ```
    #[must_use]
    pub const fn counter(&self) -> u64 {
        self.counter
    }

    /// The step from here to what was found.
    fn after(&self, found: Match) -> Transition<Verdict, Self> {
        match found {
            Match::Fresh(counter) => {
                let next = Self::stored(counter.saturating_add(1));
                Transition::to(next, Verdict::Accepted)
            }
            // Nothing below the present counter is looked at.
            Match::Spent | Match::None => Transition::unchanged(Verdict::Wrong),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_record_is_compact_and_comes_back() {
        let hotp = Hotp::new(SecretBytes::from(b"12345678901234567890".to_vec()))
            .unwrap()
            .with_algorithm(Algorithm::Sha512)
            .with_digits(8)
            .unwrap()
            .with_look_ahead(99)
            .unwrap();
        let bytes = minicbor::to_vec(&hotp).unwrap();
        // Array, head and secret, three small numbers (99 takes two bytes). Pinned: old records must open.
        assert_eq!(bytes, b"\x84\x5412345678901234567890\x02\x08\x18\x63");
        let back: Hotp = minicbor::decode(&bytes).unwrap();
        assert_eq!(back.code_at(7).expose_text(), hotp.code_at(7).expose_text());
        assert_eq!(format!("{back:?}"), format!("{hotp:?}"));

        let bytes = minicbor::to_vec(HotpState::stored(910_739)).unwrap();
        assert_eq!(bytes, b"\x81\x1a\x00\x0d\xe5\x93");
        let state: HotpState = minicbor::decode(&bytes).unwrap();
        assert_eq!(state.counter(), 910_739);
    }

    #[test]
    fn a_record_outside_the_rules_is_refused() {
        let secret = b"\x5412345678901234567890".as_slice();
        let with = |head: &[u8], secret: &[u8], tail: &[u8]| [head, secret, tail].concat();
        for allowed in [
            with(b"\x84", secret, b"\x00\x06\x00"),
            with(b"\x84", secret, b"\x02\x08\x18\x63"),
            with(b"\x84", b"\x4a1234567890", b"\x00\x06\x03"),
        ] {
            assert!(minicbor::decode::<Hotp>(&allowed).is_ok());
        }
        for (name, bytes) in [
            ("nothing", vec![]),
            ("three fields", with(b"\x83", secret, b"\x00\x06")),
            ("five fields", with(b"\x85", secret, b"\x00\x06\x03\x00")),
            ("indefinite", with(b"\x9f", secret, b"\x00\x06\x03\xff")),
            (
                "short secret",
                with(b"\x84", b"\x49123456789", b"\x00\x06\x03"),
            ),
            (
                "zero secret",
                with(
                    b"\x84",
                    &[b"\x54".as_slice(), &[0; 20]].concat(),
                    b"\x00\x06\x03",
                ),
            ),
            (
                "secret as text",
                with(b"\x84", b"\x7412345678901234567890", b"\x00\x06\x03"),
            ),
            ("unknown hash", with(b"\x84", secret, b"\x03\x06\x03")),
            ("five digits", with(b"\x84", secret, b"\x00\x05\x03")),
            ("nine digits", with(b"\x84", secret, b"\x00\x09\x03")),
            ("100 ahead", with(b"\x84", secret, b"\x00\x06\x18\x64")),
            ("256 ahead", with(b"\x84", secret, b"\x00\x06\x19\x01\x00")),
            ("no look-ahead", with(b"\x84", secret, b"\x00\x06")),
        ] {
            let error = minicbor::decode::<Hotp>(&bytes).expect_err(name);
            let told = format!("{error} {error:?}");
            assert!(!told.contains("123456789"), "{name}: {told}");
        }
        for bytes in [b"".as_slice(), b"\x80", b"\x81\x20", b"\x00"] {
            assert!(minicbor::decode::<HotpState>(bytes).is_err(), "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(
            mut bytes in proptest::collection::vec(any::<u8>(), 0..90),
            plausible: bool,
        ) {
            if plausible && bytes.len() > 2 {
                bytes[..2].copy_from_slice(b"\x84\x54");
            }
            let _ = minicbor::decode::<Hotp>(&bytes);
            let _ = minicbor::decode::<HotpState>(&bytes);
        }
    }
}
