//! The key URI, which brings a secret to an authenticator app, usually as a QR code ("Key Uri Format" of Google's app).
//!
//! ```text
//! otpauth://totp/Issuer:account?secret=BASE32&issuer=Issuer&algorithm=SHA1&digits=6&period=30
//! otpauth://hotp/Issuer:account?secret=BASE32&issuer=Issuer&algorithm=SHA1&digits=6&counter=0
//! ```
//!
//! It is written strictly, with every parameter, so that readers need not know a default. It is read with the freedom
//! that the format leaves, and no more. Errors do not repeat any of the text, because it holds the secret.

use core::fmt::{self, Write};
use core::str::FromStr;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use zeroize::Zeroizing;

use super::base32;
use super::hmac::Algorithm;
use super::key::{OtpKey, check_period};
use crate::canonical::characters::trimmed;
use crate::error::Error;
use crate::secret::{SecretBytes, SecretText};
use core::time::Duration;

/// A key URI, written or read: a secret with its settings, the issuer and the account.
///
/// Its text holds the secret. `Debug` keeps all of it back.
///
/// ```
/// use countersign::otp::{KeyUri, Totp};
/// let read = KeyUri::parse(
///     "otpauth://totp/Example%20Bank:anna@example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&digits=8",
/// )?;
/// assert_eq!(read.issuer(), Some("Example Bank"));
/// assert_eq!(read.account(), "anna@example.com");
/// let totp = Totp::from_key_uri(read)?;
/// assert_eq!(format!("{totp:?}"), "Totp(Sha1, 8 digits, 30 seconds, ..)");
/// # Ok::<(), countersign::Error>(())
/// ```
pub struct KeyUri {
    key: OtpKey,
    moves: MovingFactor,
    issuer: Option<String>,
    account: String,
    text: SecretText,
}

/// The number that makes each code another one (RFC 4226 5.1).
#[derive(Clone, Copy)]
pub(super) enum MovingFactor {
    /// The time, in steps of this length.
    Period(Duration),
    /// A counter, which stands here.
    Counter(u64),
}

impl KeyUri {
    /// The longest text. More would not fit into a QR code that a camera reads.
    pub const MAX_BYTES: usize = 2048;
    /// The longest issuer or account.
    pub const MAX_NAME_BYTES: usize = 128;

    /// Reads a key URI.
    ///
    /// The format leaves some things open, and issuers and exporters differ. Each has its rule:
    ///
    /// | in the URI | is read as | reason |
    /// |---|---|---|
    /// | scheme, type, algorithm in another letter case | the plain one | RFC 3986 3.1; exporters write `sha1` |
    /// | `HmacSHA256`, `SHA-256` | `SHA256` | names of libraries |
    /// | blanks, line ends and invisible marks around it | nothing | people paste it; exporters write one per line |
    /// | a secret in groups, in lower case, with padding, blanks, plus signs, dashes or invisible marks | the letters of Base32 | people copy it; forms write blanks as plus signs |
    /// | a secret of 16 to 128 bytes | itself | RFC 4226 4; a block of SHA-512. Shorter: [`import_short`](Self::import_short) |
    /// | no algorithm, digits or period | SHA-1, six digits, 30 seconds | the format's defaults; a counter has none |
    /// | an issuer that differs from the label's | the parameter's | the label's counts only without a parameter; Microsoft writes two |
    /// | `issuer=Example+Cloud` beside the label `Example%20Cloud` | `Example Cloud` | written as a form; the label shows it |
    /// | any other plus sign | a plus sign | RFC 3986 2.2 |
    /// | `issuer`, `issuer=`, the label `:anna` | no issuer | an empty name says nothing |
    /// | parameters of the other type, and those that the format does not name | nothing | exporters add colours, groups, images |
    ///
    /// Steam's URIs are refused: its app shows five letters and digits of its own alphabet, which no code here matches.
    /// They have the type or scheme `steam`, `encoder=steam`, or the issuer `Steam` unless `digits` says 6 to 8. An
    /// export of many secrets (`otpauth-migration://`) is not a key URI either.
    ///
    /// # Errors
    /// Misuse, naming the part and its rule: another type, a broken escape, a parameter given twice, or Steam's
    /// secret. A name must suit [`Totp::key_uri`](crate::otp::Totp::key_uri), and the secret and settings must suit
    /// [`OtpKey`], [`Totp`](crate::otp::Totp) and [`Hotp`](crate::otp::Hotp).
    ///
    /// ```
    /// use countersign::otp::KeyUri;
    /// let refused = |uri| KeyUri::parse(uri).unwrap_err().to_string();
    /// assert_eq!(refused("otpauth://totp/anna?digits=6"), "key uri secret: is missing");
    /// assert_eq!(
    ///     refused("otpauth://totp/anna?secret=JBSWY3DPEHPK3PXP"),
    ///     "otp secret: must hold 16 to 128 bytes",
    /// );
    /// ```
    pub fn parse(uri: &str) -> Result<Self, Error> {
        Self::read(uri, OtpKey::new)
    }

    /// Reads the key URI of a customer who was enrolled elsewhere, with a secret that is too short for
    /// [`parse`](Self::parse).
    ///
    /// [`OtpKey::import_short`] says how much such a secret is worth.
    ///
    /// # Errors
    /// As [`parse`](Self::parse), but the secret must have 10 to 15 bytes.
    ///
    /// ```
    /// use countersign::otp::KeyUri;
    /// let read = KeyUri::import_short("otpauth://totp/anna?secret=JBSWY3DPEHPK3PXP")?;
    /// assert!(read.key().has_short_secret());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn import_short(uri: &str) -> Result<Self, Error> {
        Self::read(uri, OtpKey::import_short)
    }

    /// Returns the text, for an app. It holds the secret in plain. A URI that was read is written again, with every parameter.
    ///
    /// ```
    /// use countersign::otp::KeyUri;
    /// let read = KeyUri::parse("OTPAUTH://totp/anna?digits=08&secret=gezdgnbvgy3tqojqgezdgnbvgy3tqojq")?;
    /// assert_eq!(
    ///     read.expose_text(),
    ///     "otpauth://totp/anna?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&algorithm=SHA1&digits=8&period=30",
    /// );
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn expose_text(&self) -> &str {
        self.text.expose_text()
    }

    /// Returns the issuer of the secret, if the URI names one.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }

    /// Returns the account that the secret is for.
    #[must_use]
    pub fn account(&self) -> &str {
        &self.account
    }

    /// Returns the secret, with its hash and digits.
    #[must_use]
    pub const fn key(&self) -> &OtpKey {
        &self.key
    }

    /// Returns whether it is a [`Totp`](crate::otp::Totp). Otherwise it is a [`Hotp`](crate::otp::Hotp).
    ///
    /// ```
    /// use countersign::otp::{Hotp, KeyUri, Totp};
    /// // An export of another system, with apps and tokens in it.
    /// let uri = KeyUri::parse("otpauth://hotp/anna?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&counter=5")?;
    /// if uri.is_totp() {
    ///     let app = Totp::from_key_uri(uri)?;
    /// } else {
    ///     let (token, state) = Hotp::from_key_uri(uri)?;
    ///     assert_eq!(token.code_at(state).expose_text(), "254676");
    /// }
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub const fn is_totp(&self) -> bool {
        matches!(self.moves, MovingFactor::Period(_))
    }

    /// Draws the URI as a QR code for a terminal: lines of half blocks, two modules high, with the light margin that
    /// readers need.
    ///
    /// Many apps do not read an inverted code, so the colours are not left to the terminal. Each line sets black on
    /// white and takes it back, by the two colours of the palette of 256 that themes do not change. It scans on a
    /// dark and on a light terminal. Where escape sequences are not understood, show the [text](Self::expose_text).
    ///
    /// The picture holds the secret, as the text does. The encoder's own memory is not wiped.
    ///
    /// # Errors
    /// Misuse, if the text is too long for a QR code. A key URI never is.
    ///
    /// ```
    /// let uri = countersign::otp::Totp::generate()?.key_uri("Example Bank", "anna")?;
    /// print!("{}", uri.qr_text()?.expose_text());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[cfg(feature = "qr")]
    pub fn qr_text(&self) -> Result<SecretText, Error> {
        super::qr::text(self.expose_text())
    }

    /// Draws the URI as a QR code for a page: an SVG picture, black on white, with the light margin that readers need.
    ///
    /// The picture has no size of its own and fills its frame. It holds the secret, as the text does: send it over a
    /// protected channel, with `Cache-Control: no-store`. The encoder's own memory is not wiped.
    ///
    /// # Errors
    /// Misuse, if the text is too long for a QR code. A key URI never is.
    ///
    /// ```
    /// let uri = countersign::otp::Totp::generate()?.key_uri("Example Bank", "anna")?;
    /// assert!(uri.qr_svg()?.expose_text().starts_with("<svg xmlns="));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[cfg(feature = "qr")]
    pub fn qr_svg(&self) -> Result<SecretText, Error> {
        super::qr::svg(self.expose_text())
    }

    pub(super) fn into_parts(self) -> (OtpKey, MovingFactor) {
        (self.key, self.moves)
    }

    /// Writes a key URI, by the rules of a read one.
    pub(super) fn written(
        key: OtpKey,
        moves: MovingFactor,
        issuer: &str,
        account: &str,
    ) -> Result<Self, Error> {
        if let MovingFactor::Counter(counter) = moves
            && counter > OtpKey::LAST_COUNTER
        {
            return Err(Error::misuse(COUNTER, COUNTER_RULE));
        }
        let issuer = Some(read_name(ISSUER, issuer)?);
        Ok(Self::of(key, moves, issuer, read_name(ACCOUNT, account)?))
    }

    fn read(
        uri: &str,
        key: impl FnOnce(SecretBytes) -> Result<OtpKey, Error>,
    ) -> Result<Self, Error> {
        let uri = trimmed(uri, Self::MAX_BYTES)
            .ok_or_else(|| Error::misuse(WHOLE, "must hold 2048 bytes at most"))?;
        let (kind, label, query) = take_apart(uri)?;
        let parameters = Parameters::read(query)?;
        let (label_issuer, account) = read_label(label)?;
        let issuer = read_issuer(label_issuer, parameters.issuer)?;
        if parameters.is_of_steam || issuer.as_deref().is_some_and(is_steam) {
            let says_digits =
                |raw| read_number(DIGITS, DECIMAL, raw).is_ok_and(|digits: u8| digits != 5);
            let has_digits =
                matches!(kind, Kind::Hotp) || parameters.digits.is_some_and(says_digits);
            if parameters.is_of_steam || !has_digits {
                return Err(Error::misuse(WHOLE, STEAM_RULE));
            }
        }
        let secret = parameters
            .secret
            .ok_or_else(|| Error::misuse(SECRET, "is missing"))?;
        // Base32 has no plus sign, so it is a blank of a form.
        let spaced = Zeroizing::new(secret.replace('+', " "));
        let secret = base32::decode(&unescaped_text(SECRET, &spaced)?)
            .ok_or_else(|| Error::misuse(SECRET, "must be Base32"))?;
        let mut key = key(secret)?;
        if let Some(raw) = parameters.algorithm {
            let algorithm = read_algorithm(&unescaped_text(ALGORITHM, raw)?)?;
            key = key.with_algorithm(algorithm);
        }
        if let Some(raw) = parameters.digits {
            let digits: u32 = read_number(DIGITS, DECIMAL, raw)?;
            key = key.with_digits(u8::try_from(digits).unwrap_or(u8::MAX))?;
        }
        let moves = match kind {
            Kind::Totp => {
                let seconds: u32 = parameters
                    .period
                    .map_or(Ok(DEFAULT_SECONDS), |raw| read_number(PERIOD, DECIMAL, raw))?;
                let period = Duration::from_secs(u64::from(seconds));
                check_period(period)?;
                MovingFactor::Period(period)
            }
            Kind::Hotp => {
                let raw = parameters
                    .counter
                    .ok_or_else(|| Error::misuse(COUNTER, "is missing"))?;
                let counter = read_number(COUNTER, COUNTER_RULE, raw)?;
                if counter > OtpKey::LAST_COUNTER {
                    return Err(Error::misuse(COUNTER, COUNTER_RULE));
                }
                MovingFactor::Counter(counter)
            }
        };
        Ok(Self::of(key, moves, issuer, account))
    }

    /// Builds a URI from names that were checked.
    fn of(key: OtpKey, moves: MovingFactor, issuer: Option<String>, account: String) -> Self {
        let text = write_uri(&key, moves, issuer.as_deref(), &account);
        Self {
            key,
            moves,
            issuer,
            account,
            text,
        }
    }
}

impl fmt::Debug for KeyUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyUri(..)")
    }
}

const SCHEME: &str = "otpauth://";

/// The two types of the format.
#[derive(Clone, Copy)]
enum Kind {
    Totp,
    Hotp,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Totp => "totp",
            Self::Hotp => "hotp",
        }
    }
}

// The parts, as errors name them.
const WHOLE: &str = "key uri";
const TYPE: &str = "key uri type";
const LABEL: &str = "key uri label";
const ISSUER: &str = "key uri issuer";
const ACCOUNT: &str = "key uri account";
const SECRET: &str = "key uri secret";
const ALGORITHM: &str = "key uri algorithm";
const DIGITS: &str = "key uri digits";
const PERIOD: &str = "key uri period";
const COUNTER: &str = "key uri counter";

/// The format's default.
const DEFAULT_SECONDS: u32 = 30;

const STEAM_RULE: &str = "must not be Steam's, whose codes are no decimal digits";
const DECIMAL: &str = "must be a decimal number";
const COUNTER_RULE: &str = "must be a decimal number below 2^64 - 1";

/// All but the unreserved characters (RFC 3986 2.3), and `@`, which may stand in a path and in a query.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'@');

fn write_uri(key: &OtpKey, moves: MovingFactor, issuer: Option<&str>, account: &str) -> SecretText {
    let kind = match moves {
        MovingFactor::Period(_) => Kind::Totp,
        MovingFactor::Counter(_) => Kind::Hotp,
    };
    let escaped = |name| utf8_percent_encode(name, ESCAPED);
    // Room for the longest one, so that the text never moves and leaves a copy behind.
    let mut uri = String::with_capacity(KeyUri::MAX_BYTES);
    // Writing to a `String` cannot fail.
    let _ = write!(uri, "{SCHEME}{}/", kind.name());
    if let Some(issuer) = issuer {
        let _ = write!(uri, "{}:", escaped(issuer));
    }
    let _ = write!(uri, "{}?secret=", escaped(account));
    uri.push_str(&base32::encode(key.secret()));
    if let Some(issuer) = issuer {
        let _ = write!(uri, "&issuer={}", escaped(issuer));
    }
    let algorithm = algorithm_name(key.algorithm());
    let digits = key.digits();
    let _ = write!(uri, "&algorithm={algorithm}&digits={digits}");
    let _ = match moves {
        MovingFactor::Period(period) => write!(uri, "&period={}", period.as_secs()),
        MovingFactor::Counter(counter) => write!(uri, "&counter={counter}"),
    };
    SecretText::from(uri)
}

fn has_scheme(uri: &str, scheme: &str) -> bool {
    uri.get(..scheme.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
}

/// Splits a URI into type, label and query. Label and query are still escaped, and every escape in them is whole.
fn take_apart(uri: &str) -> Result<(Kind, &str, &str), Error> {
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
    if has_scheme(uri, "steam://") {
        return Err(Error::misuse(WHOLE, STEAM_RULE));
    }
    if has_scheme(uri, "otpauth-migration://") {
        let rule = "must be one secret, not an export of many (otpauth-migration)";
        return Err(Error::misuse(WHOLE, rule));
    }
    let rest = has_scheme(uri, SCHEME)
        .then(|| uri.get(SCHEME.len()..))
        .flatten()
        .ok_or_else(|| Error::misuse(WHOLE, "must begin with otpauth://"))?;
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (kind, label) = path.split_once('/').unwrap_or((path, ""));
    if is_steam(kind) {
        return Err(Error::misuse(WHOLE, STEAM_RULE));
    }
    let kind = [Kind::Totp, Kind::Hotp]
        .into_iter()
        .find(|known| kind.eq_ignore_ascii_case(known.name()))
        .ok_or_else(|| Error::misuse(TYPE, "must be totp or hotp"))?;
    Ok((kind, label, query))
}

/// Reads issuer and account: `label = accountname / issuer (":" / "%3A") *"%20" accountname`.
///
/// The issuer is not checked yet: it counts only if no parameter says another.
fn read_label(label: &str) -> Result<(Option<String>, String), Error> {
    let label = unescaped_text(LABEL, label)?;
    match label.split_once(':') {
        None => Ok((None, read_name(ACCOUNT, &label)?)),
        Some((issuer, account)) => Ok((
            Some(issuer.to_owned()).filter(|issuer| !issuer.is_empty()),
            read_name(ACCOUNT, account.trim_start_matches(' '))?,
        )),
    }
}

/// Returns the issuer: the parameter's, or else the label's. An empty one is none.
fn read_issuer(label: Option<String>, raw: Option<&str>) -> Result<Option<String>, Error> {
    let unescaped_name = |raw: &str| unescaped_text(ISSUER, raw);
    let Some(raw) = raw.filter(|raw| !raw.is_empty()) else {
        return label.map(|issuer| read_name(ISSUER, &issuer)).transpose();
    };
    let issuer = unescaped_name(raw)?;
    // Written as in a form, where a plus is a space: the label shows that it is one.
    let spaced = unescaped_name(&raw.replace('+', " "))?;
    let is_spaced = label.is_some_and(|label| label == *spaced);
    read_name(ISSUER, if is_spaced { &spaced } else { &issuer }).map(Some)
}

/// Returns whether a name, a type or an encoder is that of Steam. Steam's app shows five letters and digits of its own
/// alphabet.
const fn is_steam(name: &str) -> bool {
    name.eq_ignore_ascii_case("Steam")
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
    counter: Option<&'a str>,
    /// Whether the URI says that Steam's alphabet is used.
    is_of_steam: bool,
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
                b"counter" => (COUNTER, &mut found.counter),
                b"encoder" => {
                    found.is_of_steam |= unescaped(value).eq_ignore_ascii_case(b"steam");
                    continue;
                }
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
    // `HmacSHA1` and `SHA-1`, as some libraries call them, are SHA1.
    let name = text.to_ascii_uppercase();
    let name = name.strip_prefix("HMAC").unwrap_or(&name);
    let name = name
        .strip_prefix('-')
        .filter(|_| name.len() < text.len())
        .unwrap_or(name);
    let name = name.replacen("SHA-", "SHA", 1);
    [Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512]
        .into_iter()
        .find(|known| name == algorithm_name(*known))
        .ok_or_else(|| Error::misuse(ALGORITHM, "must be SHA1, SHA256 or SHA512"))
}

/// Reads digits only: `parse` alone would accept a plus sign.
fn read_number<T: FromStr>(field: &'static str, rule: &'static str, raw: &str) -> Result<T, Error> {
    Some(unescaped_text(field, raw)?)
        .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| Error::misuse(field, rule))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::otp::{Hotp, Totp};

    #[test]
    fn the_longest_uri_fits() {
        let name = "\u{1f511}".repeat(KeyUri::MAX_NAME_BYTES / 4);
        let secret = SecretBytes::from(vec![7; 128]);
        let key = OtpKey::new(secret)
            .unwrap()
            .with_algorithm(Algorithm::Sha512);
        let totp = Totp::from(key.clone())
            .with_period(Duration::from_secs(2 * 60))
            .unwrap();
        let hotp = Hotp::from(key);
        let state = OtpKey::LAST_COUNTER;
        for uri in [
            totp.key_uri(&name, &name).unwrap(),
            hotp.key_uri(state, &name, &name).unwrap(),
        ] {
            assert!(uri.expose_text().len() <= KeyUri::MAX_BYTES);
            assert_eq!(KeyUri::parse(uri.expose_text()).unwrap().account(), name);
        }
    }
}
