//! Counter-based codes (RFC 4226): the next code of a token, and a few after it, because buttons are pressed in vain.
//!
//! The search goes forward only, and the counter moves on success only (pitfall B19): neither an old code nor a wrong
//! one changes anything.

use core::fmt;

use minicbor::{Decode, Decoder};

use super::key::OtpKey;
use super::key_uri::{KeyUri, MovingFactor};
use crate::cbor::encode_by;
use crate::code::Code;
use crate::compare::{Match, highest_match};
use crate::error::Error;
use crate::secret::SecretText;
use crate::transition::{Transition, Verdict};

/// The secret and settings of a token that shows another code at each press of its button.
///
/// A check accepts the code that comes next and a few after it ([`with_look_ahead`](Self::with_look_ahead)). Two
/// consecutive codes find a token that is further ahead ([`check_pair`](Self::check_pair)). The accepted code and
/// all before it are spent.
///
/// Store the counter of the next code beside it. It only grows, and a new token starts at zero.
///
/// It is made [of a key](OtpKey) by `from`.
///
/// The secret is wiped when this is dropped, and `Debug` keeps it back. A host that keeps it outside an account
/// record seals its [key URI](Self::key_uri), and reads it back with [`from_key_uri`](Self::from_key_uri).
///
/// ```
/// use countersign::{SecretBytes, otp::{Hotp, OtpKey}};
/// let hotp = Hotp::from(OtpKey::new(SecretBytes::from(b"12345678901234567890".to_vec()))?);
/// assert_eq!(format!("{hotp:?}"), "Hotp(Sha1, 6 digits, 3 ahead, ..)");
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone)]
pub struct Hotp {
    key: OtpKey,
    look_ahead: u8,
}

impl From<OtpKey> for Hotp {
    fn from(key: OtpKey) -> Self {
        Self {
            key,
            look_ahead: Self::DEFAULT_LOOK_AHEAD,
        }
    }
}

impl Hotp {
    /// The default number of codes after the next one that are right as well.
    ///
    /// With these three, four codes are right at once. Six digits bear no more under
    /// [`Limits::nist`](crate::limits::Limits::nist). With eight digits, more do no harm.
    pub const DEFAULT_LOOK_AHEAD: u8 = 3;
    /// The longest look-ahead. A longer one would be guessed too often, and two consecutive codes find a token better.
    pub const MAX_LOOK_AHEAD: u8 = 99;
    /// How far from the next code the first of two consecutive codes may be.
    ///
    /// A pair of codes is guessed with a chance of a thousand in a million million. That is less than for a single code.
    pub const RESYNC_WINDOW: u16 = 1000;

    /// Sets how many codes after the next one are accepted as well (RFC 4226 7.4).
    ///
    /// Each of them is one more that a guess can hit: see [`accepted_codes`](Self::accepted_codes).
    ///
    /// # Errors
    /// Misuse, above [`MAX_LOOK_AHEAD`](Self::MAX_LOOK_AHEAD).
    ///
    /// ```
    /// use countersign::otp::{Hotp, OtpKey};
    /// let hotp = Hotp::from(OtpKey::generate()?);
    /// assert_eq!(hotp.clone().with_look_ahead(0)?.accepted_codes(), 1);
    /// let error = hotp.with_look_ahead(100).unwrap_err();
    /// assert_eq!(error.to_string(), "hotp look-ahead: must be 99 at most");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn with_look_ahead(self, look_ahead: u8) -> Result<Self, Error> {
        if look_ahead > Self::MAX_LOOK_AHEAD {
            return Err(Error::misuse("hotp look-ahead", "must be 99 at most"));
        }
        Ok(Self { look_ahead, ..self })
    }

    /// Checks a code against the stored counter, and spends it with all before it.
    ///
    /// An accepted code gives the next counter, which is one more than its own (RFC 4226 7.2). A refused code changes
    /// nothing, and the caller counts it.
    ///
    /// If several codes of the window are the typed one, the last of them counts. Otherwise the same digits would be
    /// right once more, for anyone who saw them (pitfall B4 is the same with time). This has a price, once in some
    /// hundred thousand logins: a token at the first of them must be pressed until it is past the last.
    ///
    /// ```
    /// use countersign::{Code, SecretBytes, otp::{Hotp, OtpKey}, transition::{CommitResult, Saved, Verdict}};
    /// let hotp = Hotp::from(OtpKey::new(SecretBytes::from(b"12345678901234567890".to_vec()))?);
    ///
    /// // The button was pressed twice in vain.
    /// let mut stored = 0;
    /// let step = hotp.check(stored, &Code::typed("359 152"));
    /// let told = step.commit(|next| { stored = *next; Saved::<()>::Stored });
    /// assert!(matches!(told, Ok(CommitResult::Stored(Verdict::Accepted))));
    /// assert_eq!(stored, 3);
    ///
    /// let again = hotp.check(stored, &Code::typed("359152"));
    /// let told = again.commit(|_| Saved::<()>::Stored);
    /// assert!(matches!(told, Ok(CommitResult::Stored(Verdict::Wrong))));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn check(&self, counter: u64, code: &Code) -> Transition<Verdict, u64> {
        if counter > OtpKey::LAST_COUNTER {
            return Transition::unchanged(Verdict::Exhausted);
        }
        let last = counter
            .saturating_add(u64::from(self.look_ahead))
            .min(OtpKey::LAST_COUNTER);
        let window = self.key.window(counter..=last);
        let found = highest_match(window, self.key.offered(code), counter);
        after(found)
    }

    /// Checks two consecutive codes of a token that is further ahead than [`check`](Self::check) looks (RFC 4226 7.4).
    /// It spends them with all before them.
    ///
    /// The first may be up to [`RESYNC_WINDOW`](Self::RESYNC_WINDOW) codes away. Both are judged together: nothing
    /// shows whether one of them was right alone. It is one try, and is charged as one.
    ///
    /// ```
    /// use countersign::{Code, SecretBytes, otp::{Hotp, OtpKey}, transition::{CommitResult, Saved, Verdict}};
    /// let hotp = Hotp::from(OtpKey::new(SecretBytes::from(b"12345678901234567890".to_vec()))?);
    /// let [first, second] = [500, 501].map(|at| Code::typed(hotp.code_at(at).expose_text()));
    ///
    /// let mut stored = 0;
    /// let step = hotp.check_pair(stored, &first, &second);
    /// let told = step.commit(|next| { stored = *next; Saved::<()>::Stored });
    /// assert!(matches!(told, Ok(CommitResult::Stored(Verdict::Accepted))));
    /// assert_eq!(stored, 502);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn check_pair(
        &self,
        counter: u64,
        first: &Code,
        second: &Code,
    ) -> Transition<Verdict, u64> {
        // The second must have a counter, too.
        const LAST: u64 = OtpKey::LAST_COUNTER.saturating_sub(1);
        if counter > LAST {
            return Transition::unchanged(Verdict::Exhausted);
        }
        let furthest = u64::from(Self::RESYNC_WINDOW).saturating_sub(1);
        let last = counter.saturating_add(furthest).min(LAST);
        let window = self.key.pairs(counter..=last);
        let offered = self.key.offered_pair(first, second);
        let found = highest_match(window, offered, counter);
        after(found.map(|first| first.saturating_add(1)))
    }

    /// Returns the code that the token shows at a counter.
    ///
    /// Use it for tests, demonstrations, and to write out a list of codes. A verifier does not need it: it
    /// [checks](Self::check).
    ///
    /// ```
    /// use countersign::{SecretBytes, otp::{Hotp, OtpKey}};
    /// let hotp = Hotp::from(OtpKey::new(SecretBytes::from(b"12345678901234567890".to_vec()))?);
    /// assert_eq!(hotp.code_at(0).expose_text(), "755224");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn code_at(&self, counter: u64) -> SecretText {
        self.key.text(counter)
    }

    /// Returns how many codes are right at one moment: the next one and the look-ahead.
    ///
    /// With [`OtpKey::space`] it gives the [chance of a guess](crate::limits::Limits::guess_chance). A pair of codes is a
    /// worse guess than a single one.
    ///
    /// ```
    /// use countersign::{limits::Limits, otp::{Hotp, OtpKey}};
    /// let hotp = Hotp::from(OtpKey::generate()?);
    /// let chance = Limits::nist().guess_chance(hotp.accepted_codes(), hotp.key().space());
    /// assert!(chance.per_lock <= 1.0 / 50_000.0);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn accepted_codes(&self) -> u32 {
        u32::from(self.look_ahead).saturating_add(1)
    }

    /// Returns the key: its secret's length, and how many codes there are.
    #[must_use]
    pub const fn key(&self) -> &OtpKey {
        &self.key
    }

    /// Writes the URI that tells an app this secret and where it starts counting, as belonging to `account` at `issuer`.
    ///
    /// The URI holds the secret: show it once, over a protected channel, and keep it sealed or not at all. The look-ahead
    /// is not in it, because it is the verifier's own.
    ///
    /// # Errors
    /// Misuse, if a name is empty, longer than 128 bytes, holds a colon or a control character, or begins or ends with
    /// white space; or if no counter is left.
    ///
    /// ```
    /// use countersign::{SecretBytes, otp::{Hotp, OtpKey}};
    /// let hotp = Hotp::from(OtpKey::new(SecretBytes::from(b"12345678901234567890".to_vec()))?);
    /// assert_eq!(
    ///     hotp.key_uri(0, "Example Bank", "anna@example.com")?.expose_text(),
    ///     "otpauth://hotp/Example%20Bank:anna@example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
    ///      &issuer=Example%20Bank&algorithm=SHA1&digits=6&counter=0",
    /// );
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn key_uri(&self, counter: u64, issuer: &str, account: &str) -> Result<KeyUri, Error> {
        let moves = MovingFactor::Counter(counter);
        KeyUri::written(self.key.clone(), moves, issuer, account)
    }

    /// Takes the secret, its settings and the counter from a key URI. The names in the URI are lost.
    ///
    /// # Errors
    /// Misuse, if the URI is that of a [`Totp`](crate::otp::Totp).
    ///
    /// ```
    /// use countersign::otp::{Hotp, KeyUri, OtpKey};
    /// let hotp = Hotp::from(OtpKey::generate()?);
    /// let kept = hotp.key_uri(7, "Example Bank", "anna")?;
    /// let (back, counter) = Hotp::from_key_uri(KeyUri::parse(kept.expose_text())?)?;
    /// assert_eq!(counter, 7);
    /// assert_eq!(back.code_at(7).expose_text(), hotp.code_at(7).expose_text());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn from_key_uri(uri: KeyUri) -> Result<(Self, u64), Error> {
        match uri.into_parts() {
            (key, MovingFactor::Counter(counter)) => Ok((Self::from(key), counter)),
            (_, MovingFactor::Period(_)) => Err(Error::misuse("key uri type", "must be hotp")),
        }
    }
}

impl fmt::Debug for Hotp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (algorithm, digits) = (self.key.algorithm(), self.key.digits());
        let look_ahead = self.look_ahead;
        write!(
            f,
            "Hotp({algorithm:?}, {digits} digits, {look_ahead} ahead, ..)"
        )
    }
}

encode_by!(Hotp, |this, encoder| this
    .key
    .encode_beside(u32::from(this.look_ahead), encoder));

impl<'b, C> Decode<'b, C> for Hotp {
    fn decode(decoder: &mut Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        OtpKey::decode_beside(decoder, |key, look_ahead| {
            // The rule refuses the largest, and so whatever does not fit.
            Self::from(key).with_look_ahead(u8::try_from(look_ahead).unwrap_or(u8::MAX))
        })
    }
}

/// The step from a counter to what was found.
fn after(found: Match) -> Transition<Verdict, u64> {
    match found {
        Match::Fresh(counter) => Transition::to(counter.saturating_add(1), Verdict::Accepted),
        // Nothing below the present counter is looked at.
        Match::Spent | Match::None => Transition::unchanged(Verdict::Wrong),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::otp::Algorithm;
    use crate::secret::SecretBytes;

    #[test]
    fn the_record_is_compact_and_comes_back() {
        let hotp = Hotp::from(
            OtpKey::new(SecretBytes::from(b"12345678901234567890".to_vec()))
                .unwrap()
                .with_algorithm(Algorithm::Sha512)
                .with_digits(8)
                .unwrap(),
        )
        .with_look_ahead(99)
        .unwrap();
        let bytes = minicbor::to_vec(&hotp).unwrap();
        // Array, head and secret, three small numbers (99 takes two bytes). Pinned: old records must open.
        assert_eq!(bytes, b"\x84\x5412345678901234567890\x02\x08\x18\x63");
        let back: Hotp = minicbor::decode(&bytes).unwrap();
        assert_eq!(back.code_at(7).expose_text(), hotp.code_at(7).expose_text());
        assert_eq!(format!("{back:?}"), format!("{hotp:?}"));
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
        }
    }
}
