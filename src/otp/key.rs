//! A code from a secret and a counter: an HMAC, cut to a few digits (RFC 4226 5.3).
//!
//! What the counter counts, and which values of it are taken, is not decided here.

use core::fmt::Write;
use core::ops::RangeInclusive;

use zeroize::Zeroizing;

use super::hmac::{Algorithm, HmacKey};
use crate::code::Code;
use crate::error::Error;
use crate::random;
use crate::secret::{SecretBytes, SecretText};

/// A secret with an algorithm and a number of digits: the function from counter to code.
#[derive(Clone)]
pub(super) struct OtpKey {
    secret: SecretBytes,
    key: HmacKey,
    digits: u8,
}

impl OtpKey {
    /// RFC 4226 4 recommends 160 bits.
    pub(super) const SECRET_BYTES: usize = 20;
    /// RFC 4226 4, R6: at least 128 bits. SP 800-63B-4 3.1.4.1 would be content with 112.
    pub(super) const MIN_SECRET_BYTES: usize = 16;
    /// A block of the longest hash, which is the longest key that HMAC takes as it is (RFC 2104 2).
    pub(super) const MAX_SECRET_BYTES: usize = 128;
    /// Eighty bits, which many systems once gave out; nothing shorter was usual, and nothing shorter is imported.
    pub(super) const MIN_SHORT_SECRET_BYTES: usize = 10;
    /// RFC 4226 5.3, and SP 800-63B-4 3.1.4.1.
    pub(super) const MIN_DIGITS: u8 = 6;
    /// RFC 4226 5.3. The truncated value has 31 bits, so a tenth digit would hardly vary.
    pub(super) const MAX_DIGITS: u8 = 8;

    /// A fresh secret, for SHA-1 and six digits.
    pub(super) fn generate() -> Result<Self, Error> {
        let bytes = Zeroizing::new(random::array::<{ Self::SECRET_BYTES }>()?);
        Self::new(SecretBytes::from(bytes.to_vec()))
    }

    /// SHA-1 and six digits.
    pub(super) fn new(secret: SecretBytes) -> Result<Self, Error> {
        Self::check_length(&secret)?;
        Self::plain(secret, Algorithm::default())
    }

    /// The same for a secret that is shorter than allowed. Not for longer ones, so that the exception stays one.
    pub(super) fn import_short(secret: SecretBytes) -> Result<Self, Error> {
        Self::check_short_length(&secret)?;
        Self::plain(secret, Algorithm::default())
    }

    /// The same for a secret from a record, which was allowed or imported before.
    pub(super) fn stored(secret: SecretBytes, algorithm: Algorithm) -> Result<Self, Error> {
        if secret.expose_bytes().len() < Self::MIN_SECRET_BYTES {
            Self::check_short_length(&secret)?;
        } else {
            Self::check_length(&secret)?;
        }
        Self::plain(secret, algorithm)
    }

    /// What [`new`](Self::new) asks of a secret.
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

    fn check_short_length(secret: &SecretBytes) -> Result<(), Error> {
        let length = secret.expose_bytes().len();
        if !(Self::MIN_SHORT_SECRET_BYTES..Self::MIN_SECRET_BYTES).contains(&length) {
            return Err(Error::misuse(
                "otp short secret",
                "must hold 10 to 15 bytes",
            ));
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
        let key = HmacKey::new(algorithm, secret.expose_bytes());
        Ok(Self {
            secret,
            key,
            digits: Self::MIN_DIGITS,
        })
    }

    pub(super) fn with_algorithm(self, algorithm: Algorithm) -> Self {
        if self.algorithm() == algorithm {
            return self;
        }
        let key = HmacKey::new(algorithm, self.secret.expose_bytes());
        Self { key, ..self }
    }

    pub(super) fn with_digits(self, digits: u8) -> Result<Self, Error> {
        if !(Self::MIN_DIGITS..=Self::MAX_DIGITS).contains(&digits) {
            return Err(Error::misuse("otp digits", "must be 6, 7 or 8"));
        }
        Ok(Self { digits, ..self })
    }

    /// The codes that belong to some counters, as numbers below [`space`](Self::space). Many at once are cheaper.
    #[inline]
    pub(super) fn codes<const N: usize>(&self, counters: [u64; N]) -> [u32; N] {
        let words = self.key.truncated(counters);
        words.map(|word| cut(word, self.digits))
    }

    /// The code that belongs to `counter`, as it is shown: leading zeros count (pitfall B32).
    pub(super) fn text(&self, counter: u64) -> SecretText {
        let [code] = self.codes([counter]);
        let width = usize::from(self.digits);
        let mut text = String::with_capacity(width);
        // Writing to a `String` cannot fail.
        let _ = write!(text, "{code:0width$}");
        SecretText::from(text)
    }

    /// Each of some counters with its code.
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

    /// Each of some counters, with its code and the next one's in one number.
    pub(super) fn pairs(&self, firsts: RangeInclusive<u64>) -> impl Iterator<Item = (u64, u64)> {
        let (first, last) = firsts.into_inner();
        let mut window = self.window(first..=last.saturating_add(1));
        let mut earlier = window.next();
        window.filter_map(move |next| {
            let (first, code) = earlier.replace(next)?;
            Some((first, join(code, next.1)))
        })
    }

    /// What was typed, as [`codes`](Self::codes) gives it. Text that is no code costs the same work and matches nothing.
    pub(super) fn offered(&self, code: &Code) -> u32 {
        /// Above every code.
        const NO_CODE: u32 = u32::MAX;
        code.value(self.digits).unwrap_or(NO_CODE)
    }

    /// Two typed codes, as [`pairs`](Self::pairs) gives them.
    pub(super) fn offered_pair(&self, first: &Code, second: &Code) -> u64 {
        join(self.offered(first), self.offered(second))
    }

    /// How many different codes there are.
    pub(super) const fn space(&self) -> u64 {
        10_u64.saturating_pow(self.digits as u32)
    }

    pub(super) fn secret(&self) -> &[u8] {
        self.secret.expose_bytes()
    }

    pub(super) fn has_short_secret(&self) -> bool {
        self.secret().len() < Self::MIN_SECRET_BYTES
    }

    pub(super) const fn algorithm(&self) -> Algorithm {
        self.key.algorithm()
    }

    pub(super) const fn digits(&self) -> u8 {
        self.digits
    }
}

/// How many codes of a longer window are computed at once.
const SIDE_BY_SIDE: usize = 4;

/// The last digits of 31 bits. Divided by numbers that are known here, so that it is done by multiplying: how long a
/// division takes may depend on what is divided.
#[inline]
const fn cut(word: u32, digits: u8) -> u32 {
    match digits {
        6 => word % 1_000_000,
        7 => word % 10_000_000,
        _ => word % 100_000_000,
    }
}

/// Two codes in one number, so that they are compared at once, and none of them alone.
const fn join(first: u32, second: u32) -> u64 {
    (first as u64) << 32 | second as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_has_its_space() {
        let generator = OtpKey::new(SecretBytes::from(vec![1; 20])).unwrap();
        for (digits, space) in [(6, 1_000_000), (7, 10_000_000), (8, 100_000_000)] {
            let generator = generator.clone().with_digits(digits).unwrap();
            assert_eq!(generator.space(), space);
            for counter in 0..200 {
                assert!(u64::from(generator.codes([counter])[0]) < space);
                assert_eq!(
                    generator.text(counter).expose_text().len(),
                    usize::from(digits)
                );
            }
        }
    }
}
