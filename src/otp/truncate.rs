//! A code from a secret and a counter: an HMAC, cut to a few digits (RFC 4226 5.3).
//!
//! What the counter counts, and which values of it are taken, is not decided here.

use core::fmt::Write;
use core::ops::RangeInclusive;

use minicbor::{Decode, Encode};
use zeroize::Zeroizing;

use crate::code::Code;
use crate::error::Error;
use crate::random;
use crate::secret::{SecretBytes, SecretText};

/// The hash inside the HMAC (RFC 6238 1.2).
///
/// SHA-1 is the default, because many authenticator apps know no other and some silently use it whatever they are
/// told. An HMAC does not depend on the property that SHA-1 has lost. Take SHA-256 where the client is known.
///
/// ```
/// use countersign::Algorithm;
/// assert_eq!(Algorithm::default(), Algorithm::Sha1);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
#[non_exhaustive]
pub enum Algorithm {
    /// HMAC-SHA-1.
    #[default]
    #[n(0)]
    Sha1,
    /// HMAC-SHA-256.
    #[n(1)]
    Sha256,
    /// HMAC-SHA-512.
    #[n(2)]
    Sha512,
}

impl Algorithm {
    const fn hmac(self) -> totp_rs::Algorithm {
        match self {
            Self::Sha1 => totp_rs::Algorithm::SHA1,
            Self::Sha256 => totp_rs::Algorithm::SHA256,
            Self::Sha512 => totp_rs::Algorithm::SHA512,
        }
    }
}

/// A secret with an algorithm and a number of digits: the function from counter to code.
#[derive(Clone)]
pub(super) struct Generator {
    /// Holds the one copy of the secret. Steps of one second make its "time" the counter itself.
    hmac: totp_rs::Totp,
    algorithm: Algorithm,
    digits: u8,
}

impl Generator {
    /// RFC 4226 4 recommends 160 bits.
    pub(super) const SECRET_BYTES: usize = 20;
    /// RFC 4226 4, R6: at least 128 bits. SP 800-63B-4 3.1.4.1 would be content with 112.
    pub(super) const MIN_SECRET_BYTES: usize = 16;
    /// The output of the longest hash. RFC 2104 3: a longer key is hardly stronger.
    pub(super) const MAX_SECRET_BYTES: usize = 64;
    /// Eighty bits, which many systems once gave out; nothing shorter was usual, and nothing shorter is imported.
    pub(super) const MIN_SHORT_SECRET_BYTES: usize = 10;
    /// RFC 4226 5.3, and SP 800-63B-4 3.1.4.1.
    pub(super) const MIN_DIGITS: u8 = 6;
    /// RFC 4226 5.3. The truncated value has 31 bits, so a tenth digit would hardly vary.
    pub(super) const MAX_DIGITS: u8 = 8;

    /// A fresh secret, for SHA-1 and six digits.
    pub(super) fn generate() -> Result<Self, Error> {
        let bytes = Zeroizing::new(random::array::<{ Self::SECRET_BYTES }>()?);
        Self::new(&SecretBytes::from(bytes.to_vec()))
    }

    /// SHA-1 and six digits.
    pub(super) fn new(secret: &SecretBytes) -> Result<Self, Error> {
        let secret = secret.expose_bytes();
        if !(Self::MIN_SECRET_BYTES..=Self::MAX_SECRET_BYTES).contains(&secret.len()) {
            return Err(Error::misuse("otp secret", "must hold 16 to 64 bytes"));
        }
        Self::plain(secret)
    }

    /// The same for a secret that is shorter than allowed. Not for longer ones, so that the exception stays one.
    pub(super) fn import_short(secret: &SecretBytes) -> Result<Self, Error> {
        let secret = secret.expose_bytes();
        if !(Self::MIN_SHORT_SECRET_BYTES..Self::MIN_SECRET_BYTES).contains(&secret.len()) {
            return Err(Error::misuse(
                "otp short secret",
                "must hold 10 to 15 bytes",
            ));
        }
        Self::plain(secret)
    }

    /// The same for a secret from a record, which was allowed or imported before.
    pub(super) fn stored(secret: &SecretBytes) -> Result<Self, Error> {
        if secret.expose_bytes().len() < Self::MIN_SECRET_BYTES {
            Self::import_short(secret)
        } else {
            Self::new(secret)
        }
    }

    fn plain(secret: &[u8]) -> Result<Self, Error> {
        if secret.iter().all(|byte| *byte == 0) {
            return Err(Error::misuse("otp secret", "must not be all zeros"));
        }
        Ok(Self::assemble(
            secret,
            Algorithm::default(),
            Self::MIN_DIGITS,
        ))
    }

    pub(super) fn with_algorithm(&self, algorithm: Algorithm) -> Self {
        Self::assemble(self.secret(), algorithm, self.digits)
    }

    pub(super) fn with_digits(self, digits: u8) -> Result<Self, Error> {
        if !(Self::MIN_DIGITS..=Self::MAX_DIGITS).contains(&digits) {
            return Err(Error::misuse("otp digits", "must be 6, 7 or 8"));
        }
        Ok(Self { digits, ..self })
    }

    /// The code that belongs to `counter`, as a number below [`space`](Self::space).
    pub(super) fn code(&self, counter: u64) -> u32 {
        let mac = self.hmac.sign(counter);
        // At most eight digits: it fits.
        u64::from(truncate(mac.as_ref()))
            .checked_rem(self.space())
            .and_then(|code| u32::try_from(code).ok())
            .unwrap_or_default()
    }

    /// The code that belongs to `counter`, as it is shown: leading zeros count (pitfall B32).
    pub(super) fn text(&self, counter: u64) -> SecretText {
        let width = usize::from(self.digits);
        let mut text = String::with_capacity(width);
        // Writing to a `String` cannot fail.
        let _ = write!(text, "{:0width$}", self.code(counter));
        SecretText::from(text)
    }

    /// Each of some counters, with its code and the next one's in one number.
    pub(super) fn pairs(&self, firsts: RangeInclusive<u64>) -> impl Iterator<Item = (u64, u64)> {
        let mut next = self.code(*firsts.start());
        firsts.map(move |first| {
            let earlier = next;
            next = self.code(first.saturating_add(1));
            (first, join(earlier, next))
        })
    }

    /// What was typed, as [`code`](Self::code) gives it. Text that is no code costs the same work and matches nothing.
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
        self.hmac.secret().as_bytes()
    }

    pub(super) fn has_short_secret(&self) -> bool {
        self.secret().len() < Self::MIN_SECRET_BYTES
    }

    pub(super) const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    pub(super) const fn digits(&self) -> u8 {
        self.digits
    }

    fn assemble(secret: &[u8], algorithm: Algorithm, digits: u8) -> Self {
        let hmac = totp_rs::Builder::new()
            .with_algorithm(algorithm.hmac())
            .with_secret(secret)
            .with_step_duration(1)
            .build_noncompliant();
        Self {
            hmac,
            algorithm,
            digits,
        }
    }
}

/// Two codes in one number, so that they are compared at once, and none of them alone.
const fn join(first: u32, second: u32) -> u64 {
    (first as u64) << 32 | second as u64
}

/// Dynamic truncation: the low four bits of the last byte say where to read 31 bits.
///
/// Written as a fold, so that no length of `mac` can make it fail.
pub(super) fn truncate(mac: &[u8]) -> u32 {
    let offset = usize::from(mac.last().copied().unwrap_or_default() & 0x0f);
    let word = mac
        .iter()
        .skip(offset)
        .take(4)
        .fold(0_u32, |word, byte| word << 8 | u32::from(*byte));
    word & 0x7fff_ffff
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn o02_truncation_follows_the_rfc() {
        // RFC 4226 5.4, the worked example.
        let mac = [
            0x1f, 0x86, 0x98, 0x69, 0x0e, 0x02, 0xca, 0x16, 0x61, 0x85, 0x50, 0xef, 0x7f, 0x19,
            0xda, 0x8e, 0x94, 0x5b, 0x55, 0x5a,
        ];
        assert_eq!(truncate(&mac), 0x50ef_7f19);
        // The sign bit goes, and the furthest offset still has its four bytes.
        assert_eq!(truncate(&[0xff; 20]), 0x7fff_ffff);
        assert_eq!(truncate(&[0xf0; 20]), 0x70f0_f0f0);
    }

    #[test]
    fn truncation_never_panics() {
        for length in 0..70 {
            for last in 0..=255 {
                let mut mac = vec![0xaa; length];
                if let Some(byte) = mac.last_mut() {
                    *byte = last;
                }
                assert!(truncate(&mac) <= 0x7fff_ffff);
            }
        }
    }

    #[test]
    fn every_setting_has_its_space() {
        let generator = Generator::new(&SecretBytes::from(vec![1; 20])).unwrap();
        for (digits, space) in [(6, 1_000_000), (7, 10_000_000), (8, 100_000_000)] {
            let generator = generator.clone().with_digits(digits).unwrap();
            assert_eq!(generator.space(), space);
            for counter in 0..200 {
                assert!(u64::from(generator.code(counter)) < space);
                assert_eq!(
                    generator.text(counter).expose_text().len(),
                    usize::from(digits)
                );
            }
        }
    }
}
