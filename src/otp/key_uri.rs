//! The key URI: how an authenticator app is told a secret, usually by a QR code ("Key Uri Format" of Google's app).
//!
//! ```text
//! otpauth://totp/Issuer:account?secret=BASE32&issuer=Issuer&algorithm=SHA1&digits=6&period=30
//! ```
//!
//! Written strictly, with every parameter, so that no reader has to know a default. Read with the freedom that the
//! format leaves, and no more. No error repeats any of the text: it holds the secret.

use core::fmt::{self, Write};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use zeroize::Zeroizing;

use super::totp::Totp;
use super::truncate::Algorithm;
use crate::error::Error;
use crate::secret::{SecretBytes, SecretText};
use crate::time::Lifetime;

impl Totp {
    /// The URI that tells an app this secret, as belonging to `account` at `issuer`.
    ///
    /// It is the secret: shown once, over a protected channel, and kept sealed or not at all.
    ///
    /// # Errors
    /// Misuse, if a name is empty, longer than 128 bytes, holds a colon or a control character, or begins or ends with
    /// white space.
    ///
    /// ```
    /// use countersign::SecretBytes;
    /// use countersign::Totp;
    /// let totp = Totp::new(SecretBytes::from(b"12345678901234567890".to_vec()))?;
    /// assert_eq!(
    ///     totp.key_uri("Example Bank", "anna@example.com")?.expose_text(),
    ///     "otpauth://totp/Example%20Bank:anna@example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
    ///      &issuer=Example%20Bank&algorithm=SHA1&digits=6&period=30",
    /// );
    /// let error = totp.key_uri("Example: Bank", "anna").unwrap_err();
    /// assert_eq!(error.to_string(), "key uri issuer: must not hold a colon");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn key_uri(&self, issuer: &str, account: &str) -> Result<SecretText, Error> {
        check_name(ISSUER, issuer)?;
        check_name(ACCOUNT, account)?;
        let issuer = || utf8_percent_encode(issuer, ESCAPED);
        let account = utf8_percent_encode(account, ESCAPED);
        let secret = base32_text(self.generator().secret());
        let algorithm = algorithm_name(self.generator().algorithm());
        let digits = self.generator().digits();
        let period = self.period().as_seconds();
        // Room for the longest one, so that the text never moves and leaves a copy behind.
        let mut uri = String::with_capacity(KeyUri::MAX_BYTES);
        // Writing to a `String` cannot fail.
        let _ = write!(uri, "{SCHEME}{TYPE}/{}:{account}?secret=", issuer());
        uri.push_str(&secret);
        let _ = write!(
            uri,
            "&issuer={}&algorithm={algorithm}&digits={digits}&period={period}",
            issuer()
        );
        Ok(SecretText::from(uri))
    }

    /// The secret and settings that a key URI tells, without its names: see [`KeyUri::parse`].
    ///
    /// # Errors
    /// As [`KeyUri::parse`].
    ///
    /// ```
    /// use countersign::Timestamp;
    /// use countersign::Totp;
    /// let totp = Totp::generate()?;
    /// let kept = totp.key_uri("Example Bank", "anna")?;
    /// let back = Totp::from_key_uri(kept.expose_text())?;
    /// let now = Timestamp::now()?;
    /// assert_eq!(back.code_at(now).expose_text(), totp.code_at(now).expose_text());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn from_key_uri(uri: &str) -> Result<Self, Error> {
        KeyUri::parse(uri).map(KeyUri::into_totp)
    }
}

/// A key URI that was read: a secret with its settings, and whom it is for.
///
/// `Debug` keeps all of it back.
///
/// ```
/// use countersign::KeyUri;
/// let read = KeyUri::parse(
///     "otpauth://totp/Example%20Bank:anna@example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&digits=8",
/// )?;
/// assert_eq!(read.issuer(), Some("Example Bank"));
/// assert_eq!(read.account(), "anna@example.com");
/// assert_eq!(format!("{:?}", read.into_totp()), "Totp(Sha1, 8 digits, 30 seconds, ..)");
/// # Ok::<(), countersign::Error>(())
/// ```
pub struct KeyUri {
    totp: Totp,
    issuer: Option<String>,
    account: String,
}

impl KeyUri {
    /// Longer text is not looked at. More would not fit into a QR code that a camera reads.
    pub const MAX_BYTES: usize = 2048;
    /// A longer issuer or account is refused.
    pub const MAX_NAME_BYTES: usize = 128;

    /// Reads a key URI of type `totp`.
    ///
    /// Scheme, type and algorithm are read in either letter case; the secret also in groups, in lower case and with
    /// padding. A missing parameter has the format's default: SHA-1, six digits, 30 seconds. Parameters that the
    /// format does not name are skipped. A plus sign is a plus sign.
    ///
    /// # Errors
    /// Misuse, naming the part and its rule: another type, a broken escape, a parameter given twice, an issuer that
    /// is not the label's, a name as in [`Totp::key_uri`], and whatever [`Totp`] refuses.
    ///
    /// ```
    /// use countersign::KeyUri;
    /// let refused = |uri| KeyUri::parse(uri).unwrap_err().to_string();
    /// assert_eq!(refused("otpauth://totp/anna?digits=6"), "key uri secret: is missing");
    /// assert_eq!(
    ///     refused("otpauth://totp/anna?secret=JBSWY3DPEHPK3PXP"),
    ///     "otp secret: must hold 16 to 64 bytes",
    /// );
    /// ```
    pub fn parse(uri: &str) -> Result<Self, Error> {
        let (label, query) = take_apart(uri)?;
        let parameters = Parameters::read(query)?;
        let (label_issuer, account) = read_label(label)?;
        let issuer = match (label_issuer, parameters.issuer) {
            (label_issuer, None) => label_issuer,
            (label_issuer, Some(raw)) => {
                let issuer = read_name(ISSUER, &unescaped_text(ISSUER, raw)?)?;
                if label_issuer.is_some_and(|other| other != issuer) {
                    return Err(Error::misuse(ISSUER, "must be the same as in the label"));
                }
                Some(issuer)
            }
        };
        let secret = parameters
            .secret
            .ok_or_else(|| Error::misuse(SECRET, "is missing"))?;
        let mut totp = Totp::new(base32_bytes(&unescaped_text(SECRET, secret)?)?)?;
        if let Some(raw) = parameters.algorithm {
            totp = totp.with_algorithm(read_algorithm(&unescaped_text(ALGORITHM, raw)?)?);
        }
        if let Some(raw) = parameters.digits {
            let digits = read_number(DIGITS, &unescaped_text(DIGITS, raw)?)?;
            totp = totp.with_digits(u8::try_from(digits).unwrap_or(u8::MAX))?;
        }
        if let Some(raw) = parameters.period {
            let period = read_number(PERIOD, &unescaped_text(PERIOD, raw)?)?;
            totp = totp.with_period(Lifetime::seconds(period))?;
        }
        Ok(Self {
            totp,
            issuer,
            account,
        })
    }

    /// Who issued the secret, if the URI says.
    ///
    /// ```
    /// use countersign::KeyUri;
    /// let read = KeyUri::parse("otpauth://totp/anna?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")?;
    /// assert_eq!(read.issuer(), None);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }

    /// The account it is for.
    ///
    /// ```
    /// use countersign::KeyUri;
    /// let read = KeyUri::parse("otpauth://totp/anna?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")?;
    /// assert_eq!(read.account(), "anna");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn account(&self) -> &str {
        &self.account
    }

    /// The secret and its settings.
    ///
    /// ```
    /// use countersign::KeyUri;
    /// let read = KeyUri::parse("otpauth://totp/anna?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")?;
    /// let totp = read.into_totp();
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn into_totp(self) -> Totp {
        self.totp
    }
}

impl fmt::Debug for KeyUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyUri(..)")
    }
}

const SCHEME: &str = "otpauth://";
const TYPE: &str = "totp";

// The parts, as errors name them.
const WHOLE: &str = "key uri";
const LABEL: &str = "key uri label";
const ISSUER: &str = "key uri issuer";
const ACCOUNT: &str = "key uri account";
const SECRET: &str = "key uri secret";
const ALGORITHM: &str = "key uri algorithm";
const DIGITS: &str = "key uri digits";
const PERIOD: &str = "key uri period";

/// All but the unreserved characters (RFC 3986 2.3), and `@`, which may stand in a path and in a query.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'@');

/// Label and query, still escaped; every escape in them is whole.
fn take_apart(uri: &str) -> Result<(&str, &str), Error> {
    if uri.len() > KeyUri::MAX_BYTES {
        return Err(Error::misuse(WHOLE, "must hold 2048 bytes at most"));
    }
    if uri.bytes().any(|byte| byte.is_ascii_control()) {
        return Err(Error::misuse(WHOLE, "must not hold control characters"));
    }
    if uri.contains('#') {
        return Err(Error::misuse(WHOLE, "must not have a fragment"));
    }
    let whole = |escape: &str| {
        let mut digits = escape.bytes();
        let mut hexadecimal = || digits.next().is_some_and(|byte| byte.is_ascii_hexdigit());
        hexadecimal() && hexadecimal()
    };
    if !uri.split('%').skip(1).all(whole) {
        return Err(Error::misuse(
            WHOLE,
            "must have two hexadecimal digits after each percent sign",
        ));
    }
    let rest = uri
        .split_at_checked(SCHEME.len())
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case(SCHEME))
        .map(|(_, rest)| rest)
        .ok_or_else(|| Error::misuse(WHOLE, "must begin with otpauth://"))?;
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (kind, label) = path.split_once('/').unwrap_or((path, ""));
    if !kind.eq_ignore_ascii_case(TYPE) {
        return Err(Error::misuse("key uri type", "must be totp"));
    }
    Ok((label, query))
}

/// Issuer, if there is one, and account: `label = accountname / issuer (":" / "%3A") *"%20" accountname`.
fn read_label(label: &str) -> Result<(Option<String>, String), Error> {
    let label = unescaped_text(LABEL, label)?;
    match label.split_once(':') {
        None => Ok((None, read_name(ACCOUNT, &label)?)),
        Some((issuer, account)) => Ok((
            Some(read_name(ISSUER, issuer)?),
            read_name(ACCOUNT, account.trim_start_matches(' '))?,
        )),
    }
}

fn read_name(field: &'static str, name: &str) -> Result<String, Error> {
    check_name(field, name)?;
    Ok(name.to_owned())
}

fn check_name(field: &'static str, name: &str) -> Result<(), Error> {
    let rule = if name.is_empty() || name.len() > KeyUri::MAX_NAME_BYTES {
        "must hold 1 to 128 bytes"
    } else if name.contains(':') {
        "must not hold a colon"
    } else if name.chars().any(char::is_control) {
        "must not hold control characters"
    } else if name.trim() != name {
        "must not begin or end with white space"
    } else {
        return Ok(());
    };
    Err(Error::misuse(field, rule))
}

/// The values of the parameters that the format names, still escaped.
#[derive(Default)]
struct Parameters<'a> {
    secret: Option<&'a str>,
    issuer: Option<&'a str>,
    algorithm: Option<&'a str>,
    digits: Option<&'a str>,
    period: Option<&'a str>,
}

impl<'a> Parameters<'a> {
    fn read(query: &'a str) -> Result<Self, Error> {
        let mut found = Self::default();
        for parameter in query.split('&') {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            // An escaped name is the same name: two readers must not disagree on which of two secrets counts.
            let (field, slot) = match unescaped(name).as_slice() {
                b"secret" => (SECRET, &mut found.secret),
                b"issuer" => (ISSUER, &mut found.issuer),
                b"algorithm" => (ALGORITHM, &mut found.algorithm),
                b"digits" => (DIGITS, &mut found.digits),
                b"period" => (PERIOD, &mut found.period),
                _ => continue,
            };
            if slot.replace(value).is_some() {
                return Err(Error::misuse(field, "must be given once"));
            }
        }
        Ok(found)
    }
}

fn unescaped(raw: &str) -> Zeroizing<Vec<u8>> {
    // Never longer than the raw text, so it never moves.
    let mut bytes = Zeroizing::new(Vec::with_capacity(raw.len()));
    bytes.extend(percent_decode_str(raw));
    bytes
}

fn unescaped_text(field: &'static str, raw: &str) -> Result<Zeroizing<String>, Error> {
    core::str::from_utf8(&unescaped(raw))
        .map(|text| Zeroizing::new(text.to_owned()))
        .map_err(|_| Error::misuse(field, "must be UTF-8"))
}

const fn algorithm_name(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Sha1 => "SHA1",
        Algorithm::Sha256 => "SHA256",
        Algorithm::Sha512 => "SHA512",
    }
}

fn read_algorithm(text: &str) -> Result<Algorithm, Error> {
    [Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512]
        .into_iter()
        .find(|known| text.eq_ignore_ascii_case(algorithm_name(*known)))
        .ok_or_else(|| Error::misuse(ALGORITHM, "must be SHA1, SHA256 or SHA512"))
}

/// Digits only: `parse` alone would take a plus sign.
fn read_number(field: &'static str, text: &str) -> Result<u32, Error> {
    Some(text)
        .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| Error::misuse(field, "must be a decimal number"))
}

fn base32_text(secret: &[u8]) -> Zeroizing<String> {
    Zeroizing::new(totp_rs::Secret::from(secret).to_base32())
}

/// The bytes of a Base32 text as people and programs hand it on: in groups, in lower case, with padding.
///
/// Bits left over at the end are dropped, as apps do; a length that no number of bytes has is refused.
fn base32_bytes(text: &str) -> Result<SecretBytes, Error> {
    let broken = || Error::misuse(SECRET, "must be Base32");
    let mut letters = Zeroizing::new(String::with_capacity(text.len().saturating_add(8)));
    letters.extend(
        text.trim_end_matches(['=', ' '])
            .chars()
            .filter(|letter| *letter != ' ')
            .map(|letter| letter.to_ascii_uppercase()),
    );
    if matches!(letters.len() % 8, 1 | 3 | 6) {
        return Err(broken());
    }
    let length = letters.len().saturating_mul(5) / 8;
    // Filled up with zero bits, so that the decoder's buffer is full and is not moved to a smaller one unwiped.
    while !letters.len().is_multiple_of(8) {
        letters.push('A');
    }
    let filled = totp_rs::Secret::try_from_base32(letters.as_str()).map_err(|_| broken())?;
    let bytes = filled.as_bytes().get(..length).ok_or_else(broken)?;
    Ok(SecretBytes::from(bytes.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base32_follows_rfc_4648() {
        // RFC 4648 10.
        for (bytes, text) in [
            ("", ""),
            ("f", "MY======"),
            ("fo", "MZXQ===="),
            ("foo", "MZXW6==="),
            ("foob", "MZXW6YQ="),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI======"),
        ] {
            for text in [text, text.trim_end_matches('='), &text.to_lowercase()] {
                let read = base32_bytes(text).unwrap();
                assert_eq!(read.expose_bytes(), bytes.as_bytes(), "{text}");
            }
            let written = base32_text(bytes.as_bytes());
            assert_eq!(*written, text.trim_end_matches('='));
        }
    }

    #[test]
    fn what_is_not_base32_is_refused() {
        for text in [
            "M",
            "MZX",
            "MZXW6Y",
            "MZXW6YTBO",
            "M1",
            "M0",
            "M8",
            "M9",
            "MZ=Q",
            "=MZXQ",
            "MZ-Q",
            "MZ+Q",
            "MZ\u{a0}Q",
            "ＭＺ",
            "ſZ",
            "M\u{0}",
        ] {
            let error = base32_bytes(text).expect_err(text);
            assert_eq!(error.to_string(), "key uri secret: must be Base32");
        }
    }

    #[test]
    fn the_longest_uri_fits() {
        let name = "\u{1f511}".repeat(KeyUri::MAX_NAME_BYTES / 4);
        let totp = Totp::new(SecretBytes::from(vec![7; 64]))
            .unwrap()
            .with_algorithm(Algorithm::Sha512)
            .with_period(Lifetime::minutes(2))
            .unwrap();
        let uri = totp.key_uri(&name, &name).unwrap();
        assert!(uri.expose_text().len() <= KeyUri::MAX_BYTES);
        assert_eq!(KeyUri::parse(uri.expose_text()).unwrap().account(), name);
    }
}
