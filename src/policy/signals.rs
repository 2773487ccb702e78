//! What the host knows of the surroundings of a request, and what that says about its risk.

use std::borrow::Cow;

use core::time::Duration;

/// Signals of risk, from the host's own sources. The document says which tier of risk each means.
///
/// What a document asks for and is not given counts as the worst the document has for it, and so does a number that is none
/// (`NaN`), and a signal of another kind than the document reads. A signal given twice counts as the worse of the two.
/// Signals that the document does not read change nothing.
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
    /// None.
    ///
    /// ```
    /// assert_eq!(countersign::policy::Signals::new(), countersign::policy::Signals::default());
    /// ```
    #[must_use]
    pub const fn new() -> Self {
        Self { given: Vec::new() }
    }

    /// How unusual this is, `anomaly_score`: by the host's own scale, more is riskier.
    ///
    /// ```
    /// let signals = countersign::policy::Signals::new().anomaly_score(0.9);
    /// ```
    #[must_use]
    pub fn anomaly_score(self, score: f64) -> Self {
        self.and("anomaly_score", Value::Number(score))
    }

    /// Whether the device or number has not been seen with this subject before, `new_device`.
    ///
    /// ```
    /// let signals = countersign::policy::Signals::new().new_device(false);
    /// ```
    #[must_use]
    pub fn new_device(self, is_new: bool) -> Self {
        self.and("new_device", Value::Flag(is_new))
    }

    /// Whether the payee has not been paid by this subject before, `new_payee`.
    ///
    /// ```
    /// let signals = countersign::policy::Signals::new().new_payee(true);
    /// ```
    #[must_use]
    pub fn new_payee(self, is_new: bool) -> Self {
        self.and("new_payee", Value::Flag(is_new))
    }

    /// What the telephone network vouches for about the caller's number, `caller_id`.
    ///
    /// ```
    /// let signals = countersign::policy::Signals::new().caller_id(countersign::policy::CallerId::Gateway);
    /// ```
    #[must_use]
    pub fn caller_id(self, attested: CallerId) -> Self {
        self.and("caller_id", Value::CallerId(attested))
    }

    /// How well the voice matches, `voice_score`: by the engine's own scale, less is riskier.
    ///
    /// ```
    /// let signals = countersign::policy::Signals::new().voice_score(0.97);
    /// ```
    #[must_use]
    pub fn voice_score(self, score: f64) -> Self {
        self.and("voice_score", Value::Number(score))
    }

    /// How long ago the SIM of the customer's number was changed, `sim_changed`; if it never was, how old it is.
    ///
    /// ```
    /// let signals = countersign::policy::Signals::new().sim_changed(core::time::Duration::from_secs(3 * 3_600));
    /// ```
    #[must_use]
    pub fn sim_changed(self, ago: Duration) -> Self {
        self.and("sim_changed", Value::Ago(ago))
    }

    /// Whether the call behaves unusually, `unusual_call`: a line kept open, a voice in the background.
    ///
    /// ```
    /// let signals = countersign::policy::Signals::new().unusual_call(false);
    /// ```
    #[must_use]
    pub fn unusual_call(self, is_unusual: bool) -> Self {
        self.and("unusual_call", Value::Flag(is_unusual))
    }

    /// A number of the host's own, whose direction of risk the document declares.
    ///
    /// ```
    /// let signals = countersign::policy::Signals::new().with_number("amount", 99.5);
    /// ```
    #[must_use]
    pub fn with_number(self, name: impl Into<String>, number: f64) -> Self {
        self.and(name.into(), Value::Number(number))
    }

    /// A warning sign of the host's own: `true` is riskier.
    ///
    /// ```
    /// let signals = countersign::policy::Signals::new().with_flag("behind_proxy", false);
    /// ```
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

/// What the carrier vouches for about a caller's number: the levels of STIR/SHAKEN (ATIS-1000074).
///
/// ```
/// use countersign::policy::CallerId;
/// assert!(CallerId::Full < CallerId::None, "the worse, the greater");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_enums, reason = "the standard has three levels")]
pub enum CallerId {
    /// Full: the carrier knows the customer, and that the number is theirs to use.
    Full,
    /// Partial: the carrier knows the customer, but not whether the number is theirs.
    Partial,
    /// Gateway: the carrier knows where the call came in.
    Gateway,
    /// Nothing is vouched for.
    None,
}
