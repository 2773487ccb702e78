//! A code from a secret and a counter: an HMAC, cut to a few digits (RFC 4226 5.3).
//!
//! This file does not decide what the counter counts, and which of its values are accepted.

use core::fmt::{self, Write};
use core::ops::RangeInclusive;
use core::time::Duration;

use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};
use zeroize::Zeroizing;

use super::hmac::{Algorithm, HmacKey};
use crate::code::Code;
use crate::error::Error;
use crate::random;
use crate::secret::{SecretBytes, SecretText};

/// The secret of an app or a token, with its hash and its number of digits.
///
/// A key becomes a [`Totp`](crate::otp::Totp) or a [`Hotp`](crate::otp::Hotp) by `from`. It starts with SHA-1 and six
/// digits, which every app and token understands.
///
/// The secret is wiped when this is dropped, and `Debug` keeps it back.
///
/// ```
/// use countersign::{SecretBytes, otp::{Algorithm, Hotp, OtpKey, Totp}};
/// // An app that your system enrolled before.
/// let secret = SecretBytes::from(b"12345678901234567890".to_vec());
/// let app = Totp::from(OtpKey::new(secret)?);
///
/// // A token whose maker says SHA-256 and eight digits.
/// let secret = SecretBytes::from(vec![7; 32]);
/// let token = Hotp::from(OtpKey::new(secret)?.with_algorithm(Algorithm::Sha256).with_digits(8)?);
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone)]
pub struct OtpKey {
    secret: SecretBytes,
    hmac: HmacKey,
    digits: u8,
}

impl OtpKey {
    /// RFC 4226 4 recommends 160 bits.
    pub(crate) const SECRET_BYTES: usize = 20;
    /// RFC 4226 4, R6: at least 128 bits. SP 800-63B-4 3.1.4.1 would be content with 112.
    const MIN_SECRET_BYTES: usize = 16;
    /// A block of the longest hash, which is the longest key that HMAC takes as it is (RFC 2104 2).
    pub(super) const MAX_SECRET_BYTES: usize = 128;
    /// Eighty bits, which many systems once gave out. Nothing shorter was usual, and nothing shorter is imported.
    const MIN_SHORT_SECRET_BYTES: usize = 10;
    /// RFC 4226 5.3, and SP 800-63B-4 3.1.4.1.
    const MIN_DIGITS: u8 = 6;
    /// RFC 4226 5.3. The truncated value has 31 bits, so a tenth digit would hardly vary.
    const MAX_DIGITS: u8 = 8;
    /// The last counter whose code is accepted. One more is still a number, so no counter starts again at zero.
    pub(super) const LAST_COUNTER: u64 = u64::MAX.saturating_sub(1);

    /// Draws a fresh secret of 160 bits.
    ///
    /// # Errors
    /// Store, if the system gives no randomness.
    ///
    /// ```
    /// use countersign::otp::{Hotp, OtpKey};
    /// let token = Hotp::from(OtpKey::generate()?);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn generate() -> Result<Self, Error> {
        let bytes = Zeroizing::new(random::array::<{ Self::SECRET_BYTES }>()?);
        Self::new(SecretBytes::from(bytes.to_vec()))
    }

    /// Takes a secret that exists already.
    ///
    /// # Errors
    /// Misuse, if the secret is shorter than 16 bytes (RFC 4226 4), longer than 128, or all zeros.
    ///
    /// ```
    /// use countersign::{SecretBytes, otp::OtpKey};
    /// let error = OtpKey::new(SecretBytes::from(vec![7; 10])).unwrap_err();
    /// assert_eq!(error.to_string(), "otp secret: must hold 16 to 128 bytes");
    /// ```
    pub fn new(secret: SecretBytes) -> Result<Self, Error> {
        Self::check_length(&secret)?;
        Self::plain(secret, Algorithm::default())
    }

    /// Takes the secret of a customer who was enrolled elsewhere, if it is too short for [`new`](Self::new).
    ///
    /// Many systems once gave out 80 bits. SP 800-63B-4 3.1.4.1 asks for 112, so to NIST such an app is not an
    /// authenticator at any level. The secret cannot be guessed through a check, which is throttled. But an attacker
    /// who saw about four of its codes can search for the secret on other machines. Such a search has 2^80 trials,
    /// which is a matter of money.
    ///
    /// So import it to keep the customer, and give the customer a fresh secret soon.
    /// [`has_short_secret`](Self::has_short_secret) finds those who still need one.
    ///
    /// # Errors
    /// Misuse, if the secret does not have 10 to 15 bytes, or is all zeros.
    ///
    /// ```
    /// use countersign::{SecretBytes, otp::{OtpKey, Totp}};
    /// let secret = SecretBytes::from(b"Hello!\xde\xad\xbe\xef".to_vec());
    /// assert!(OtpKey::new(secret.clone()).is_err());
    /// let app = Totp::from(OtpKey::import_short(secret)?);
    /// assert!(app.key().has_short_secret());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn import_short(secret: SecretBytes) -> Result<Self, Error> {
        Self::check_short_length(&secret)?;
        Self::plain(secret, Algorithm::default())
    }

    /// Checks the rules of [`new`](Self::new) alone.
    pub(super) fn check(secret: &SecretBytes) -> Result<(), Error> {
        Self::check_length(secret)?;
        Self::check_not_zero(secret)
    }

    fn check_length(secret: &SecretBytes) -> Result<(), Error> {
        let length = secret.expose_bytes().len();
        if !(Self::MIN_SECRET_BYTES..=Self::MAX_SECRET_BYTES).contains(&length) {
            return Err(Error::misuse("otp secret", "must hold 16 to 128 bytes"));
        }
        Ok(())
    }

    /// Refuses longer secrets too, so that the exception stays one.
    fn check_short_length(secret: &SecretBytes) -> Result<(), Error> {
        let length = secret.expose_bytes().len();
        if !(Self::MIN_SHORT_SECRET_BYTES..Self::MIN_SECRET_BYTES).contains(&length) {
            let rule = "must hold 10 to 15 bytes";
            return Err(Error::misuse("otp short secret", rule));
        }
        Ok(())
    }

    fn check_not_zero(secret: &SecretBytes) -> Result<(), Error> {
        if secret.expose_bytes().iter().all(|byte| *byte == 0) {
            return Err(Error::misuse("otp secret", "must not be all zeros"));
        }
        Ok(())
    }

    fn plain(secret: SecretBytes, algorithm: Algorithm) -> Result<Self, Error> {
        Self::check_not_zero(&secret)?;
        let hmac = HmacKey::new(algorithm, secret.expose_bytes());
        Ok(Self {
            secret,
            hmac,
            digits: Self::MIN_DIGITS,
        })
    }

    /// Sets another hash. RFC 4226 knows SHA-1 only; some tokens can do others.
    ///
    /// ```
    /// use countersign::otp::{Algorithm, OtpKey};
    /// let key = OtpKey::generate()?.with_algorithm(Algorithm::Sha256);
    /// assert_eq!(format!("{key:?}"), "OtpKey(Sha256, 6 digits, ..)");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn with_algorithm(self, algorithm: Algorithm) -> Self {
        if self.algorithm() == algorithm {
            return self;
        }
        let hmac = HmacKey::new(algorithm, self.secret.expose_bytes());
        Self { hmac, ..self }
    }

    /// Sets how many digits a code has.
    ///
    /// # Errors
    /// Misuse, unless there are six, seven or eight digits (RFC 4226 5.3).
    ///
    /// ```
    /// use countersign::otp::OtpKey;
    /// assert_eq!(OtpKey::generate()?.with_digits(8)?.space(), 100_000_000);
    /// let error = OtpKey::generate()?.with_digits(4).unwrap_err();
    /// assert_eq!(error.to_string(), "otp digits: must be 6, 7 or 8");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn with_digits(self, digits: u8) -> Result<Self, Error> {
        if !(Self::MIN_DIGITS..=Self::MAX_DIGITS).contains(&digits) {
            return Err(Error::misuse("otp digits", "must be 6, 7 or 8"));
        }
        Ok(Self { digits, ..self })
    }

    /// Returns whether the secret came in by [`import_short`](Self::import_short). Give this customer a fresh one.
    #[must_use]
    pub fn has_short_secret(&self) -> bool {
        self.secret().len() < Self::MIN_SECRET_BYTES
    }

    /// Returns how many different codes there are, for [`Limits::guess_chance`](crate::limits::Limits::guess_chance).
    #[must_use]
    pub const fn space(&self) -> u64 {
        10_u64.saturating_pow(self.digits as u32)
    }

    pub(super) fn secret(&self) -> &[u8] {
        self.secret.expose_bytes()
    }

    pub(super) const fn algorithm(&self) -> Algorithm {
        self.hmac.algorithm()
    }

    pub(super) const fn digits(&self) -> u8 {
        self.digits
    }

    /// Computes the codes of some counters, as numbers below [`space`](Self::space). Many at once are cheaper.
    #[inline]
    pub(super) fn codes<const N: usize>(&self, counters: [u64; N]) -> [u32; N] {
        let words = self.hmac.truncated(counters);
        words.map(|word| cut(word, self.digits))
    }

    /// Writes the code of `counter` as the app shows it. Leading zeros count (pitfall B32).
    pub(super) fn text(&self, counter: u64) -> SecretText {
        let [code] = self.codes([counter]);
        let width = usize::from(self.digits);
        let mut text = String::with_capacity(width);
        // Writing to a `String` cannot fail.
        let _ = write!(text, "{code:0width$}");
        SecretText::from(text)
    }

    /// Computes the code of each counter in a range.
    pub(super) fn window(&self, counters: RangeInclusive<u64>) -> impl Iterator<Item = (u64, u32)> {
        let (first, last) = counters.into_inner();
        // Some after the last are computed as well, and left out.
        (first..=last)
            .step_by(SIDE_BY_SIDE)
            .flat_map(|first| {
                let ahead: [u64; SIDE_BY_SIDE] = core::array::from_fn(|ahead| ahead as u64);
                let counters = ahead.map(|ahead| first.saturating_add(ahead));
                counters.into_iter().zip(self.codes(counters))
            })
            .take_while(move |(counter, _)| *counter <= last)
    }

    /// Computes for each counter in a range its code and the next one's, in one number.
    pub(super) fn pairs(&self, firsts: RangeInclusive<u64>) -> impl Iterator<Item = (u64, u64)> {
        let (first, last) = firsts.into_inner();
        let mut window = self.window(first..=last.saturating_add(1));
        let mut earlier = window.next();
        window.filter_map(move |next| {
            let (first, code) = earlier.replace(next)?;
            Some((first, join(code, next.1)))
        })
    }

    /// Returns a typed code as a number, as [`codes`](Self::codes) does. Text that is not a code costs the same work
    /// and matches nothing.
    pub(super) fn offered(&self, code: &Code) -> u32 {
        /// Above every code.
        const NO_CODE: u32 = u32::MAX;
        code.value(self.digits).unwrap_or(NO_CODE)
    }

    /// Returns two typed codes as one number, as [`pairs`](Self::pairs) does.
    pub(super) fn offered_pair(&self, first: &Code, second: &Code) -> u64 {
        join(self.offered(first), self.offered(second))
    }

    /// Writes the key and a number beside it, as in a sealed record: `[secret, algorithm, digits, number]`. The bytes
    /// hold the secret in plain.
    pub(super) fn encode_beside<W: encode::Write>(
        &self,
        number: u32,
        encoder: &mut Encoder<W>,
    ) -> Result<(), encode::Error<W::Error>> {
        encoder.array(4)?.bytes(self.secret())?;
        self.algorithm().encode(encoder, &mut ())?;
        encoder.u8(self.digits)?.u32(number)?;
        Ok(())
    }

    /// Reads what [`encode_beside`](Self::encode_beside) wrote, by the rules of the constructors.
    pub(super) fn decode_beside<T>(
        decoder: &mut Decoder<'_>,
        build: impl FnOnce(Self, u32) -> Result<T, Error>,
    ) -> Result<T, decode::Error> {
        let start = decoder.position();
        if decoder.array()? != Some(4) {
            return Err(decode::Error::message("otp key: must be an array of four").at(start));
        }
        let secret = SecretBytes::from(decoder.bytes()?.to_vec());
        let algorithm = Algorithm::decode(decoder, &mut ())?;
        let (digits, number) = (decoder.u8()?, decoder.u32()?);
        // The record holds a short secret only if it was imported by name.
        let key = if secret.expose_bytes().len() < Self::MIN_SECRET_BYTES {
            Self::check_short_length(&secret)
        } else {
            Self::check_length(&secret)
        };
        key.and_then(|()| Self::plain(secret, algorithm)?.with_digits(digits))
            .and_then(|key| build(key, number))
            .map_err(|rule| decode::Error::message(rule).at(start))
    }
}

impl fmt::Debug for OtpKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (algorithm, digits) = (self.algorithm(), self.digits);
        write!(f, "OtpKey({algorithm:?}, {digits} digits, ..)")
    }
}

/// Checks how long a step of a [`Totp`](crate::otp::Totp) lasts. SP 800-63B-4 3.1.4.1: the nonce changes every two minutes
/// at least.
pub(super) fn check_period(period: Duration) -> Result<(), Error> {
    const MAX: Duration = Duration::from_secs(2 * 60);
    if period < Duration::from_secs(1) || period > MAX {
        let rule = "must lie between 1 and 120 seconds";
        return Err(Error::misuse("otp period", rule));
    }
    Ok(())
}

/// How many codes of a longer window are computed at once.
const SIDE_BY_SIDE: usize = 4;

/// The last digits of 31 bits. The divisors are constants, so that the compiler multiplies instead: the time of a
/// division may depend on the number that is divided.
#[inline]
const fn cut(word: u32, digits: u8) -> u32 {
    match digits {
        6 => word % 1_000_000,
        7 => word % 10_000_000,
        _ => word % 100_000_000,
    }
}

/// Two codes in one number, so that they are compared together and neither alone.
const fn join(first: u32, second: u32) -> u64 {
    (first as u64) << 32 | second as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_has_its_space() {
        let key = OtpKey::new(SecretBytes::from(vec![1; 20])).unwrap();
        for (digits, space) in [(6, 1_000_000), (7, 10_000_000), (8, 100_000_000)] {
            let key = key.clone().with_digits(digits).unwrap();
            assert_eq!(key.space(), space);
            for counter in 0..200 {
                assert!(u64::from(key.codes([counter])[0]) < space);
                assert_eq!(key.text(counter).expose_text().len(), usize::from(digits));
            }
        }
    }
}
