//! Signals: facts about the surroundings of a request, and their kinds.

use std::borrow::Cow;

use core::time::Duration;

/// Signals of risk, from the host's own sources. The document says which tier of risk each means.
///
/// A missing signal counts as the worst that the document has for it. So does one that is not a number (`NaN`), or is of
/// another kind than the document reads. If a signal is given twice, the worse value counts. Signals that the document does
/// not read change nothing.
///
/// ```
/// use core::time::Duration;
/// use countersign::{Request, policy::{CallerId, Signals}};
/// let signals = Signals::new()
///     .anomaly_score(0.12)
///     .new_payee(true)
///     .caller_id(CallerId::Full)
///     .sim_changed(Duration::from_secs(400 * 86_400))
///     .with_number("amount", 250.0);
/// let request = Request::new("payment.create").with_signals(signals);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Signals {
    given: Vec<(Cow<'static, str>, Value)>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Value {
    Number(f64),
    Flag(bool),
    CallerId(CallerId),
    Ago(Duration),
}

impl Signals {
    /// Makes an empty set of signals.
    #[must_use]
    pub const fn new() -> Self {
        Self { given: Vec::new() }
    }

    /// Adds `anomaly_score`: how unusual the request is, by the host's own scale. More is riskier.
    #[must_use]
    pub fn anomaly_score(self, score: f64) -> Self {
        self.and("anomaly_score", Value::Number(score))
    }

    /// Adds `new_device`: whether the device or number has not been seen with this subject before.
    #[must_use]
    pub fn new_device(self, is_new: bool) -> Self {
        self.and("new_device", Value::Flag(is_new))
    }

    /// Adds `new_payee`: whether this subject has not paid the payee before.
    #[must_use]
    pub fn new_payee(self, is_new: bool) -> Self {
        self.and("new_payee", Value::Flag(is_new))
    }

    /// Adds `caller_id`: how far the telephone network vouches for the caller's number.
    #[must_use]
    pub fn caller_id(self, attested: CallerId) -> Self {
        self.and("caller_id", Value::CallerId(attested))
    }

    /// Adds `voice_score`: how well the voice matches, by the engine's own scale. Less is riskier.
    #[must_use]
    pub fn voice_score(self, score: f64) -> Self {
        self.and("voice_score", Value::Number(score))
    }

    /// Adds `sim_changed`: how long ago the SIM of the customer's number was changed. If it never was, give its age.
    #[must_use]
    pub fn sim_changed(self, ago: Duration) -> Self {
        self.and("sim_changed", Value::Ago(ago))
    }

    /// Adds `unusual_call`: whether the call is unusual, as by a line that is kept open or a voice in the background.
    #[must_use]
    pub fn unusual_call(self, is_unusual: bool) -> Self {
        self.and("unusual_call", Value::Flag(is_unusual))
    }

    /// Adds a number of the host's own. The document declares whether more or less is riskier.
    #[must_use]
    pub fn with_number(self, name: impl Into<String>, number: f64) -> Self {
        self.and(name.into(), Value::Number(number))
    }

    /// Adds a warning sign of the host's own: `true` is riskier.
    #[must_use]
    pub fn with_flag(self, name: impl Into<String>, is_raised: bool) -> Self {
        self.and(name.into(), Value::Flag(is_raised))
    }

    pub(crate) fn and(mut self, name: impl Into<Cow<'static, str>>, value: Value) -> Self {
        self.given.push((name.into(), value));
        self
    }

    pub(crate) fn of<'a>(&'a self, name: &'a str) -> impl Iterator<Item = Value> + 'a {
        let named = move |(given, _): &&(Cow<'static, str>, Value)| given == name;
        self.given.iter().filter(named).map(|(_, value)| *value)
    }
}

/// How far the carrier vouches for a caller's number: the levels of STIR/SHAKEN (ATIS-1000074). The worse is the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
#[expect(clippy::exhaustive_enums, reason = "the standard has three levels")]
pub enum CallerId {
    /// Full, `A`: the carrier knows the customer, and that the number is theirs to use.
    #[serde(rename = "A")]
    Full,
    /// Partial, `B`: the carrier knows the customer, but not whether the number is theirs.
    #[serde(rename = "B")]
    Partial,
    /// Gateway, `C`: the carrier knows where the call came in.
    #[serde(rename = "C")]
    Gateway,
    /// The carrier vouches for nothing.
    #[serde(rename = "none")]
    None,
}
