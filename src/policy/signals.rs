//! What the host knows of the surroundings of a request, and what that says about its risk.

use std::borrow::Cow;

use super::pattern::Pattern;
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
pub(super) enum Value {
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

    fn and(mut self, name: impl Into<Cow<'static, str>>, value: Value) -> Self {
        self.given.push((name.into(), value));
        self
    }

    pub(super) fn of<'a>(&'a self, name: &'a str) -> impl Iterator<Item = Value> + 'a {
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

/// How a document reads one signal.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    pub(super) name: String,
    /// Which actions look at it: all, if there are none.
    pub(super) only_for: Vec<Pattern>,
    /// Never empty; tiers by their place in the document's list.
    pub(super) steps: Vec<(usize, Test)>,
}

/// From where on a signal means a tier. Each holds for everything riskier than what it just holds for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Test {
    AtLeast(f64),
    AtMost(f64),
    Raised,
    OrWorse(CallerId),
    Within(Duration),
}

impl Reading {
    pub(super) fn is_for(&self, action: &str) -> bool {
        self.only_for.is_empty() || self.only_for.iter().any(|pattern| pattern.matches(action))
    }

    /// The tier that a signal means: none, if it is below every step; the worst of all steps, if it is missing.
    pub(super) fn tier(&self, signals: &Signals) -> Option<usize> {
        let mut given = signals.of(&self.name).peekable();
        if given.peek().is_none() {
            return self.worst();
        }
        given.filter_map(|value| self.tier_of(value)).max()
    }

    /// The worst tier the document allows for it.
    pub(super) fn worst(&self) -> Option<usize> {
        self.steps.iter().map(|(tier, _)| *tier).max()
    }

    fn tier_of(&self, value: Value) -> Option<usize> {
        let holds = |(_, test): &&(usize, Test)| test.holds(value);
        self.steps.iter().filter(holds).map(|(tier, _)| *tier).max()
    }
}

impl Test {
    /// Whether it is as risky as that, or cannot be told.
    fn holds(self, value: Value) -> bool {
        match (self, value) {
            // Not `<`: what is no number compares with nothing.
            (Self::AtLeast(least), Value::Number(number)) => number.is_nan() || number >= least,
            (Self::AtMost(most), Value::Number(number)) => number.is_nan() || number <= most,
            (Self::Raised, Value::Flag(is_raised)) => is_raised,
            (Self::OrWorse(best), Value::CallerId(attested)) => attested >= best,
            (Self::Within(span), Value::Ago(ago)) => ago <= span,
            _ => true,
        }
    }
}

/// The kinds of signals, each with its direction of risk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    HigherIsRiskier,
    LowerIsRiskier,
    Flag,
    CallerId,
    Ago,
}

/// The signals with a meaning of their own; others are the host's, who declares them.
pub(super) const KNOWN: [(&str, Signal); 7] = [
    ("anomaly_score", Signal::HigherIsRiskier),
    ("new_device", Signal::Flag),
    ("new_payee", Signal::Flag),
    ("caller_id", Signal::CallerId),
    ("voice_score", Signal::LowerIsRiskier),
    ("sim_changed", Signal::Ago),
    ("unusual_call", Signal::Flag),
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn reading(steps: &[(usize, Test)]) -> Reading {
        Reading {
            name: "x".to_owned(),
            only_for: Vec::new(),
            steps: steps.to_vec(),
        }
    }

    fn number(value: f64) -> Signals {
        Signals::new().with_number("x", value)
    }

    #[test]
    fn what_is_missing_or_no_number_is_the_worst() {
        for steps in [
            [(1, Test::AtLeast(0.5)), (2, Test::AtLeast(0.8))],
            [(2, Test::AtMost(0.5)), (1, Test::AtMost(0.8))],
        ] {
            let reading = reading(&steps);
            assert_eq!(reading.tier(&Signals::new()), Some(2));
            assert_eq!(reading.tier(&number(f64::NAN)), Some(2));
            assert_eq!(reading.tier(&number(-f64::NAN)), Some(2));
            assert_eq!(reading.tier(&number(0.65)), Some(1));
            assert_eq!(
                reading.tier(&Signals::new().with_flag("x", false)),
                Some(2),
                "another kind"
            );
        }
    }

    #[test]
    fn infinities_lie_at_the_ends() {
        let rising = reading(&[(1, Test::AtLeast(0.5))]);
        assert_eq!(rising.tier(&number(f64::INFINITY)), Some(1));
        assert_eq!(rising.tier(&number(f64::NEG_INFINITY)), None);
    }

    #[test]
    fn given_twice_the_worse_counts() {
        let rising = reading(&[(1, Test::AtLeast(0.5))]);
        for (one, other) in [(0.1, 0.9), (0.9, 0.1)] {
            assert_eq!(rising.tier(&number(one).with_number("x", other)), Some(1));
        }
    }

    #[test]
    fn each_kind_has_its_edge() {
        let tier = |test, signals: Signals| reading(&[(1, test)]).tier(&signals).is_some();
        let caller = |level| Signals::new().and("x", Value::CallerId(level));
        let ago = |seconds| Signals::new().and("x", Value::Ago(Duration::from_secs(seconds)));
        assert!(!tier(
            Test::OrWorse(CallerId::Partial),
            caller(CallerId::Full)
        ));
        assert!(tier(
            Test::OrWorse(CallerId::Partial),
            caller(CallerId::Partial)
        ));
        assert!(tier(
            Test::OrWorse(CallerId::Partial),
            caller(CallerId::None)
        ));
        assert!(tier(Test::Within(Duration::from_secs(3_600)), ago(3_600)));
        assert!(!tier(Test::Within(Duration::from_secs(3_600)), ago(3_601)));
        assert!(!tier(Test::Raised, Signals::new().with_flag("x", false)));
        assert!(tier(Test::Raised, Signals::new().with_flag("x", true)));
    }

    proptest! {
        #[test]
        fn riskier_never_means_a_lower_tier(
            steps in prop::collection::vec((0..4_usize, -3.0..3.0_f64), 1..5),
            rising in any::<bool>(),
            one in -4.0..4.0_f64,
            more in 0.0..4.0_f64,
        ) {
            let test = |at| if rising { Test::AtLeast(at) } else { Test::AtMost(at) };
            let steps: Vec<_> = steps.into_iter().map(|(tier, at)| (tier, test(at))).collect();
            let reading = reading(&steps);
            let riskier = if rising { one + more } else { one - more };
            prop_assert!(reading.tier(&number(one)) <= reading.tier(&number(riskier)));
            prop_assert!(reading.tier(&number(riskier)) <= reading.tier(&Signals::new()));
        }
    }
}
