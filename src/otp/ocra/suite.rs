//! The suite (RFC 6287 6): one line of text that says everything about a computation except the secret.

use core::fmt;
use core::str::FromStr;

use crate::error::Error;
use crate::otp::hash::{Hash, Sha1, Sha256, Sha512};
use crate::otp::hmac::Algorithm;
use crate::random;
use crate::secret::SecretBytes;
use core::time::Duration;

/// The settings of an OCRA computation: hash, digits, and the parts that go into a response besides the question.
///
/// A suite is parsed from its text, as in `OCRA-1:HOTP-SHA256-8:C-QN08-PSHA1`, and printed as it was read. The text
/// itself goes into every response, so its case counts, and another suite under one secret gives other responses.
///
/// | part | means | accepted |
/// |---|---|---|
/// | `HOTP-SHA1-6` | hash and digits | `SHA1`, `SHA256`, `SHA512`; 4 to 9 digits, or 0 for the whole HMAC |
/// | `C` | a counter | |
/// | `QN08` | the question | `A` letters and digits, `N` digits, `H` hexadecimal; up to 04 to 64 of them, or 4 to 9 |
/// | `PSHA1` | a PIN, by its hash | `SHA1`, `SHA256`, `SHA512` |
/// | `S064` | session data, in bytes | 001 to 512 |
/// | `T1M` | the time, in steps | 1 to 59 `S` or `M`, 1 to 48 `H` |
///
/// The counter and the last three parts may be left out. The order is fixed.
///
/// RFC 6287 6.3 gives the question's length two digits. An example in its section 6.4 has one, as in `QH8`, so one
/// digit from 4 to 9 is a length, too. The two spellings are two suites, because each goes into the response as it was
/// read.
///
/// Ten digits are refused (erratum 3730): the truncated HMAC has 31 bits, so a tenth digit would hardly vary. A step of
/// zero hours is refused too. The RFC's table allows it, but the time cannot be divided by zero.
///
/// ```
/// use countersign::otp::{Algorithm, ocra::OcraSuite};
/// let suite: OcraSuite = "OCRA-1:HOTP-SHA256-8:C-QN08-PSHA1".parse()?;
/// assert_eq!(suite.algorithm(), Algorithm::Sha256);
/// assert_eq!(suite.to_string(), "OCRA-1:HOTP-SHA256-8:C-QN08-PSHA1");
/// let error = "ocra-1:hotp-sha1-6:qn08".parse::<OcraSuite>().unwrap_err();
/// assert_eq!(error.to_string(), "ocra suite: must begin with OCRA-1");
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct OcraSuite {
    text: String,
    algorithm: Algorithm,
    digits: Option<u8>,
    has_counter: bool,
    question_format: QuestionFormat,
    question_length: u8,
    pin_hash: Option<Algorithm>,
    session_bytes: Option<u16>,
    time_step: Option<Duration>,
}

impl OcraSuite {
    /// Draws a secret of the length that the suite's hash gives out, for a device of this suite. The host keeps it in
    /// an [`Ocra`](crate::otp::ocra::Ocra), and nowhere else.
    ///
    /// # Errors
    /// Store, if the system gives no randomness.
    ///
    /// ```
    /// let suite: countersign::otp::ocra::OcraSuite = "OCRA-1:HOTP-SHA256-8:QN08".parse()?;
    /// assert_eq!(suite.fresh_secret()?.expose_bytes().len(), 32);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn fresh_secret(&self) -> Result<SecretBytes, Error> {
        let mut secret = SecretBytes::from(random::array::<64>()?.to_vec());
        secret.truncate(hash_bytes(self.algorithm));
        Ok(secret)
    }

    /// Returns the hash inside the HMAC.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Returns how many digits a response has. It is none if the response is the whole HMAC in hexadecimal.
    #[must_use]
    pub const fn digits(&self) -> Option<u8> {
        self.digits
    }

    /// Returns whether a counter goes in, which is another one in each response.
    #[must_use]
    pub const fn has_counter(&self) -> bool {
        self.has_counter
    }

    pub(super) const fn question_format(&self) -> QuestionFormat {
        self.question_format
    }

    /// Returns how long a question may be, in characters. A drawn question has this length.
    #[must_use]
    pub const fn question_length(&self) -> u8 {
        self.question_length
    }

    /// Returns the hash of the PIN, if one goes in.
    #[must_use]
    pub const fn pin_hash(&self) -> Option<Algorithm> {
        self.pin_hash
    }

    /// Returns how many bytes of session data go in, if any.
    #[must_use]
    pub const fn session_bytes(&self) -> Option<u16> {
        self.session_bytes
    }

    /// Returns the time step, if the time goes in.
    #[must_use]
    pub const fn time_step(&self) -> Option<Duration> {
        self.time_step
    }

    /// Returns the text, as it goes into each response.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl FromStr for OcraSuite {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let rule = |rule| move || Error::misuse("ocra suite", rule);
        let data = text
            .strip_prefix("OCRA-1:")
            .ok_or_else(rule("must begin with OCRA-1"))?;
        let (function, data) = data
            .split_once(':')
            .ok_or_else(rule("must have three parts, divided by colons"))?;
        let (algorithm, digits) = read_function(function).ok_or_else(rule(
            "must name HOTP-SHA1, HOTP-SHA256 or HOTP-SHA512 with 0 or 4 to 9 digits",
        ))?;
        let mut parts = data.split('-').peekable();
        let has_counter = parts.next_if_eq(&"C").is_some();
        let (question_format, question_length) = parts.next().and_then(read_question).ok_or_else(
            rule("must have a question QA, QN or QH of 04 to 64, or 4 to 9"),
        )?;
        let suite = Self {
            text: text.to_owned(),
            algorithm,
            digits,
            has_counter,
            question_format,
            question_length,
            pin_hash: take(&mut parts, read_pin_hash),
            session_bytes: take(&mut parts, read_session),
            time_step: take(&mut parts, read_time_step),
        };
        if parts.next().is_some() {
            return Err(Error::misuse(
                "ocra suite",
                "must end in PSHA1, PSHA256 or PSHA512, then S001 to S512, then T with 1 to 59 S or M or 1 to 48 H, \
                 each once at most",
            ));
        }
        Ok(suite)
    }
}

impl fmt::Display for OcraSuite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for OcraSuite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OcraSuite({})", self.text)
    }
}

/// The characters of a question (RFC 6287 6.3).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum QuestionFormat {
    /// `A`: ASCII letters, whose case counts, and digits.
    Alphanumeric,
    /// `N`: decimal digits, which go in as one number: leading zeros do not count.
    Numeric,
    /// `H`: hexadecimal digits.
    Hexadecimal,
}

/// Returns how many bytes a hash gives out.
pub(super) const fn hash_bytes(algorithm: Algorithm) -> usize {
    match algorithm {
        Algorithm::Sha1 => Sha1::DIGEST_BYTES,
        Algorithm::Sha256 => Sha256::DIGEST_BYTES,
        Algorithm::Sha512 => Sha512::DIGEST_BYTES,
    }
}

/// Takes the next part, if `read` accepts it.
fn take<'a, T>(
    parts: &mut core::iter::Peekable<core::str::Split<'a, char>>,
    read: impl Fn(&'a str) -> Option<T>,
) -> Option<T> {
    let found = parts.peek().copied().and_then(read)?;
    parts.next();
    Some(found)
}

fn read_hash(name: &str) -> Option<Algorithm> {
    match name {
        "SHA1" => Some(Algorithm::Sha1),
        "SHA256" => Some(Algorithm::Sha256),
        "SHA512" => Some(Algorithm::Sha512),
        _ => None,
    }
}

fn read_function(part: &str) -> Option<(Algorithm, Option<u8>)> {
    let (hash, digits) = part.strip_prefix("HOTP-")?.split_once('-')?;
    let digits = match digits.as_bytes() {
        [b'0'] => None,
        [digit @ b'4'..=b'9'] => Some(digit.wrapping_sub(b'0')),
        _ => return None,
    };
    Some((read_hash(hash)?, digits))
}

fn read_question(part: &str) -> Option<(QuestionFormat, u8)> {
    let mut letters = part.strip_prefix('Q')?.chars();
    let format = match letters.next()? {
        'A' => QuestionFormat::Alphanumeric,
        'N' => QuestionFormat::Numeric,
        'H' => QuestionFormat::Hexadecimal,
        _ => return None,
    };
    let length = letters.as_str();
    // RFC 6287 6.3 says two digits, and its own example in 6.4 writes one: `QH8`.
    let width = if length.len() == 1 { 1 } else { 2 };
    let length = read_number(length, width).filter(|length| (4..=64).contains(length))?;
    Some((format, u8::try_from(length).ok()?))
}

fn read_pin_hash(part: &str) -> Option<Algorithm> {
    part.strip_prefix('P').and_then(read_hash)
}

fn read_session(part: &str) -> Option<u16> {
    read_number(part.strip_prefix('S')?, 3).filter(|bytes| (1..=512).contains(bytes))
}

fn read_time_step(part: &str) -> Option<Duration> {
    let part = part.strip_prefix('T')?;
    let (count, unit) = part.split_at_checked(part.len().checked_sub(1)?)?;
    if count.starts_with('0') {
        return None;
    }
    let count = read_number(count, count.len()).map(u32::from)?;
    match unit {
        "S" if count <= 59 => Some(Duration::from_secs(u64::from(count))),
        "M" if count <= 59 => Some(Duration::from_secs(u64::from(count) * 60)),
        "H" if count <= 48 => Some(Duration::from_secs(u64::from(count) * 3_600)),
        _ => None,
    }
}

/// Reads a number of exactly `width` digits, without a sign.
fn read_number(text: &str, width: usize) -> Option<u16> {
    if text.len() != width || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}
