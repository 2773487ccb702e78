//! The step-up challenge of RFC 9470, written and read.

use core::fmt;
use core::str::FromStr;
use std::collections::BTreeSet;

use crate::error::Error;
use crate::policy::decide::{StepUpOption, StepUpRequirement};
use crate::time::whole_seconds;
use core::time::Duration;

/// A challenge that says "this token is not enough": the `WWW-Authenticate` header by which a resource asks for a step-up
/// (RFC 9470 3).
///
/// ```
/// use core::time::Duration;
/// use countersign::policy::StepUpChallenge;
/// let challenge = StepUpChallenge::new(&["urn:bank:sca"], Some(Duration::from_secs(5 * 60)))?;
/// let header = challenge.to_string();
/// assert_eq!(
///     header,
///     "Bearer error=\"insufficient_user_authentication\", \
///      error_description=\"more or fresher authentication is required\", \
///      acr_values=\"urn:bank:sca\", max_age=\"300\"",
/// );
/// assert_eq!(header.parse::<StepUpChallenge>()?, challenge);
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepUpChallenge {
    acr_values: Vec<String>,
    max_age: Option<Duration>,
}

impl StepUpChallenge {
    /// The most bytes of a header. A longer one is refused unread.
    pub const MAX_BYTES: usize = 8_192;

    /// Asks for one of these classes, the preferred first, by authentication of at most this age. A class that is named again is
    /// left out.
    ///
    /// # Errors
    /// Misuse, if
    ///
    /// - a class is empty, or holds a space, a quote, a backslash or anything but printable ASCII;
    /// - there is neither a class nor an age;
    /// - the header would be longer than [`MAX_BYTES`](Self::MAX_BYTES).
    pub fn new(acr_values: &[&str], max_age: Option<Duration>) -> Result<Self, Error> {
        let plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\');
        let fits = |value: &&str| !value.is_empty() && value.bytes().all(plain);
        if !acr_values.iter().all(fits) {
            let rule = "must be printable ASCII, without space, quote or backslash";
            return Err(Error::misuse("acr value", rule));
        }
        if acr_values.is_empty() && max_age.is_none() {
            let rule = "must ask for a class or an age";
            return Err(Error::misuse("step-up challenge", rule));
        }
        let length = |value: &&str| value.len().saturating_add(1);
        let room = Self::MAX_BYTES.saturating_sub(HEAD);
        if acr_values.iter().map(length).fold(0, usize::saturating_add) > room {
            let rule = "must fit into a header of 8,192 bytes";
            return Err(Error::misuse("acr value", rule));
        }
        let mut seen = BTreeSet::new();
        let values = acr_values.iter().filter(|value| seen.insert(**value));
        Ok(Self {
            acr_values: values.map(|value| (*value).to_owned()).collect(),
            max_age: max_age.map(|age| Duration::from_secs(whole_seconds(age).into())),
        })
    }

    /// Asks for what the options of a [`StepUp`](crate::Decision::StepUp) ask for; none, if there is no option.
    ///
    /// The classes are those that the options lead to, the least burdensome first. The age is the shortest in any option, so
    /// each option is fresh enough.
    ///
    /// ```
    /// use countersign::{Decision, policy::StepUpChallenge};
    /// fn header(decision: &Decision) -> Option<String> {
    ///     match decision {
    ///         Decision::StepUp(options) => StepUpChallenge::of(options).map(|challenge| challenge.to_string()),
    ///         Decision::Allow(_) | Decision::Deny(_) => None,
    ///     }
    /// }
    /// ```
    #[must_use]
    pub fn of(options: &[StepUpOption]) -> Option<Self> {
        let requirements = options.iter().flat_map(StepUpOption::requirements);
        let max_age = requirements.map(StepUpRequirement::max_age).min()?;
        let mut acr_values: Vec<String> = Vec::new();
        for acr in options.iter().filter_map(StepUpOption::acr) {
            if !acr_values.iter().any(|other| other == acr) {
                acr_values.push(acr.to_owned());
            }
        }
        Some(Self {
            acr_values,
            max_age: Some(max_age),
        })
    }

    /// Returns the classes, the preferred first.
    #[must_use]
    pub fn acr_values(&self) -> &[String] {
        &self.acr_values
    }

    /// Returns the greatest age that the authentication may have.
    #[must_use]
    pub const fn max_age(&self) -> Option<Duration> {
        self.max_age
    }
}

impl fmt::Display for StepUpChallenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Bearer error=\"{ERROR}\", error_description=\"{DESCRIPTION}\""
        )?;
        if !self.acr_values.is_empty() {
            write!(f, ", acr_values=\"{}\"", self.acr_values.join(" "))?;
        }
        match self.max_age {
            Some(age) => write!(f, ", max_age=\"{}\"", age.as_secs()),
            None => Ok(()),
        }
    }
}

impl FromStr for StepUpChallenge {
    type Err = Error;

    /// Reads the value of a `WWW-Authenticate` header. It may hold challenges of several schemes, and empty elements (RFC 9110
    /// 5.6.1.2 and 11.6.1).
    ///
    /// A server may ask for a step-up by several schemes at once, such as `DPoP` and `Bearer`. If their demands differ, the
    /// strictest is read: its classes and its age satisfy all others. The order of classes is not a difference. A demand without
    /// classes or without an age is the laxer one. If none satisfies all others, the header is refused, so a client never goes on
    /// by the laxer one.
    ///
    /// # Errors
    /// Misuse, if the header
    ///
    /// - breaks the grammar;
    /// - holds no step-up challenge, or one that says something twice;
    /// - holds several of which none is the strictest.
    fn from_str(header: &str) -> Result<Self, Error> {
        if header.len() > Self::MAX_BYTES {
            return Err(refused("must hold at most 8,192 bytes"));
        }
        let challenges = challenges(header).ok_or_else(|| refused("must keep RFC 9110 11.6.1"))?;
        let is_step_up = |params: &&Params| {
            let mut errors = params.iter().filter(|(name, _)| name == "error");
            errors.any(|(_, value)| value == ERROR)
        };
        let demands = challenges.iter().filter(is_step_up).map(Self::demand);
        let demands: Vec<_> = demands.collect::<Result<_, _>>()?;
        let stricter = |one, other| {
            let other_is = Self::satisfies(other, one) && !Self::satisfies(one, other);
            if other_is { other } else { one }
        };
        let Some(strictest) = demands.iter().reduce(stricter) else {
            let rule = "must hold a step-up challenge (RFC 9470 3)";
            return Err(refused(rule));
        };
        if !demands.iter().all(|other| strictest.satisfies(other)) {
            let rule =
                "must not hold step-up challenges that differ, if none of them is the strictest";
            return Err(refused(rule));
        }
        Ok(strictest.clone())
    }
}

impl StepUpChallenge {
    /// Reads the demand of one challenge.
    fn demand(params: &Params) -> Result<Self, Error> {
        let one = |name: &str| {
            let mut values = params.iter().filter(|(given, _)| given == name);
            let value = values.next().map(|(_, value)| value.as_str());
            match values.next() {
                Some(_) => Err(refused("must not say anything twice in one challenge")),
                None => Ok(value),
            }
        };
        one("error")?;
        let seconds = |text: &str| {
            let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse()
                .ok()
                .filter(|_| digits)
                .map(|count: u32| Duration::from_secs(count.into()))
        };
        let max_age = match one("max_age")?.map(seconds) {
            Some(None) => return Err(refused("must state `max_age` in whole seconds")),
            Some(age) => age,
            None => None,
        };
        let values = one("acr_values")?.unwrap_or_default();
        let values: Vec<_> = values
            .split(' ')
            .filter(|value| !value.is_empty())
            .collect();
        if values.is_empty() && max_age.is_none() {
            // RFC 9470 3: both are optional.
            return Ok(Self {
                acr_values: Vec::new(),
                max_age: None,
            });
        }
        Self::new(&values, max_age)
    }

    /// Whether a client that meets this demand has met the other, too.
    fn satisfies(&self, other: &Self) -> bool {
        let others: BTreeSet<&str> = other.acr_values.iter().map(String::as_str).collect();
        let classes = others.is_empty()
            || (!self.acr_values.is_empty()
                && self
                    .acr_values
                    .iter()
                    .all(|value| others.contains(value.as_str())));
        let age = match (self.max_age, other.max_age) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(own), Some(most)) => own <= most,
        };
        classes && age
    }
}

fn refused(rule: &'static str) -> Error {
    Error::misuse("www-authenticate", rule)
}

/// Names in small letters, each with its value.
type Params = Vec<(String, String)>;

/// Reads the parameters of each challenge, whatever its scheme; none, if the grammar is broken.
fn challenges(header: &str) -> Option<Vec<Params>> {
    let mut challenges: Vec<Params> = Vec::new();
    // A token68 stands alone: no parameter follows it.
    let mut is_closed = true;
    // RFC 9110 5.6.1.2: empty elements of a list do not count.
    let mut rest = header.trim_start_matches(BETWEEN);
    while !rest.is_empty() {
        let (word, after) = token(rest)?;
        let spaced = after.trim_start_matches(BLANK);
        // `name = value` belongs to the last scheme; `name value` begins one. A lone `=` ends token68.
        let is_param = spaced
            .strip_prefix('=')
            .map(|value| value.trim_start_matches(BLANK))
            .filter(|value| value.starts_with('"') || token(value).is_some());
        let mut may_go_on = false;
        rest = match is_param {
            Some(_) if is_closed => return None,
            Some(value) => {
                let (value, after) = value_of(value)?;
                let name = word.to_ascii_lowercase();
                challenges.last_mut()?.push((name, value));
                after
            }
            None => {
                challenges.push(Vec::new());
                let past = after_scheme(after)?;
                is_closed = past.len() < spaced.len();
                // Its first parameter follows without a comma.
                may_go_on = past.starts_with(BLANK) && !is_closed;
                past
            }
        };
        let separated = rest.trim_start_matches(BLANK);
        rest = separated.trim_start_matches(BETWEEN);
        let has_comma = rest.len() < separated.len();
        if !rest.is_empty() && !has_comma && !may_go_on {
            return None;
        }
    }
    Some(challenges)
}

const BLANK: [char; 2] = [' ', '\t'];
const BETWEEN: [char; 3] = [' ', '\t', ','];

/// Returns the text after a scheme and its token68. Parameters are not passed over.
fn after_scheme(after: &str) -> Option<&str> {
    let text = after.trim_start_matches([' ', '\t']);
    let is_68 = |c: char| c.is_ascii_alphanumeric() || "-._~+/".contains(c);
    let past = text.trim_start_matches(is_68).trim_start_matches('=');
    let ends = past.trim_start_matches([' ', '\t']);
    if ends.is_empty() || ends.starts_with(',') {
        return Some(past);
    }
    (after.len() > text.len()).then_some(after)
}

/// Splits off a token (RFC 9110 5.6.2).
fn token(text: &str) -> Option<(&str, &str)> {
    let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    let end = text.find(|c| !is_token(c)).unwrap_or(text.len());
    text.split_at_checked(end).filter(|_| end > 0)
}

/// Splits off a token, or a quoted string (RFC 9110 5.6.4) without its quotes.
fn value_of(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        return token(text).map(|(value, rest)| (value.to_owned(), rest));
    };
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    while let Some((place, char)) = chars.next() {
        match char {
            '"' => return Some((value, quoted.get(place.saturating_add(1)..)?)),
            '\\' => value.push(plain(chars.next()?.1)?),
            other => value.push(plain(other)?),
        }
    }
    None
}

/// Returns the letter, if a quoted string may hold it, escaped or not.
fn plain(letter: char) -> Option<char> {
    Some(letter).filter(|letter| !letter.is_control() || *letter == '\t')
}

/// A header without its classes is shorter.
const HEAD: usize = 256;
/// RFC 9470 3.
const ERROR: &str = "insufficient_user_authentication";
const DESCRIPTION: &str = "more or fresher authentication is required";
