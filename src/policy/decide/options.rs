//! What is still missing, as ways for the caller to go on.

use core::fmt;

use crate::evidence::ExternalVerifier;
use crate::factor::Factor;
use crate::policy::document::{Condition, Conditions, words};
use core::time::Duration;

/// One way to what was requested: everything on it has to be shown.
///
/// ```
/// fn in_words(way: &countersign::policy::StepUpOption) -> String {
///     let requirements: Vec<_> = way.requirements().iter().map(|ask| format!("{:?}", ask.factors())).collect();
///     requirements.join(", then ")
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepUpOption {
    pub(crate) requirements: Vec<StepUpRequirement>,
    /// Something on it is locked for a caller of whom nothing else is known.
    pub(crate) locked: bool,
    pub(crate) cost: u32,
    pub(crate) acr: Option<String>,
}

impl StepUpOption {
    /// What is missing, in the order to ask for it; never empty.
    ///
    /// ```
    /// fn how_many(way: &countersign::policy::StepUpOption) -> usize { way.requirements().len() }
    /// ```
    #[must_use]
    pub fn requirements(&self) -> &[StepUpRequirement] {
        &self.requirements
    }

    /// What it costs the caller, by the document: the sum of what is asked for, each by the cheapest of its factors.
    ///
    /// ```
    /// fn cheap(way: &countersign::policy::StepUpOption) -> bool { way.cost() < 5 }
    /// ```
    #[must_use]
    pub const fn cost(&self) -> u32 {
        self.cost
    }

    /// The authentication context class that it leads to, if the rule is stated by one.
    ///
    /// ```
    /// fn named(way: &countersign::policy::StepUpOption) -> &str { way.acr().unwrap_or("") }
    /// ```
    #[must_use]
    pub fn acr(&self) -> Option<&str> {
        self.acr.as_deref()
    }
}

/// One thing to ask the caller for, or somebody else.
///
/// ```
/// use countersign::{Factor, policy::StepUpRequirement};
/// fn prompt(ask: &StepUpRequirement) -> &'static str {
///     match ask.factors() {
///         [] => "one moment, please, while I ask a colleague",
///         [Factor::Questions] => "we have a few questions for you",
///         [Factor::External] => "one moment, please",
///         _ => "a code, please",
///     }
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepUpRequirement {
    pub(crate) factors: Vec<Factor>,
    pub(crate) external_verifier: Option<ExternalVerifier>,
    pub(crate) approvals: usize,
    pub(crate) max_age: Duration,
    pub(crate) conditions: Conditions,
}

impl StepUpRequirement {
    /// One of these is enough. They are enrolled, save attested evidence, of which no account knows. Empty only where
    /// [approvals](Self::approvals) are asked for.
    ///
    /// ```
    /// fn takes_app(ask: &countersign::policy::StepUpRequirement) -> bool { ask.factors().contains(&countersign::Factor::Totp) }
    /// ```
    #[must_use]
    pub fn factors(&self) -> &[Factor] {
        &self.factors
    }

    /// Who has to attest it, where the factor is [`Attested`](Factor::External).
    ///
    /// ```
    /// fn whom(ask: &countersign::policy::StepUpRequirement) -> Option<&str> { ask.external_verifier().map(|external_verifier| external_verifier.name()) }
    /// ```
    #[must_use]
    pub const fn external_verifier(&self) -> Option<&ExternalVerifier> {
        self.external_verifier.as_ref()
    }

    /// How many more agents have to approve; none, where the caller is to show something.
    ///
    /// ```
    /// fn for_a_colleague(ask: &countersign::policy::StepUpRequirement) -> bool { ask.approvals() > 0 }
    /// ```
    #[must_use]
    pub const fn approvals(&self) -> usize {
        self.approvals
    }

    /// How old it may be when the request is decided again.
    ///
    /// ```
    /// fn seconds(ask: &countersign::policy::StepUpRequirement) -> u64 { ask.max_age().as_secs() }
    /// ```
    #[must_use]
    pub const fn max_age(&self) -> Duration {
        self.max_age
    }

    /// Whether it has to be shown for the very transaction: checked under a context bound to it, and, if it is attested,
    /// [named](crate::account::ExternalVerification::for_transaction) in the attestation.
    ///
    /// ```
    /// fn for_this_payment(ask: &countersign::policy::StepUpRequirement) -> bool { ask.is_for_transaction() }
    /// ```
    #[must_use]
    pub fn is_for_transaction(&self) -> bool {
        self.conditions.has(Condition::ForTransaction)
    }

    /// Whether it has to be shown on a channel independent of the one in use, see
    /// [`Channel::is_independent_of`](crate::Channel::is_independent_of).
    ///
    /// ```
    /// fn elsewhere(ask: &countersign::policy::StepUpRequirement) -> bool { ask.is_independent() }
    /// ```
    #[must_use]
    pub fn is_independent(&self) -> bool {
        self.conditions.has(Condition::Independent)
    }

    /// Whether it has to be shown on a channel that the host marks as protected, see
    /// [`Context::protected`](crate::Context::protected).
    ///
    /// ```
    /// fn not_by_phone(ask: &countersign::policy::StepUpRequirement) -> bool { ask.is_protected() }
    /// ```
    #[must_use]
    pub fn is_protected(&self) -> bool {
        self.conditions.has(Condition::Protected)
    }

    pub(crate) fn of(
        factors: Vec<Factor>,
        external_verifier: Option<ExternalVerifier>,
        max_age: Duration,
    ) -> Self {
        Self {
            factors,
            external_verifier,
            approvals: 0,
            max_age,
            conditions: Conditions::usual(),
        }
    }

    pub(crate) fn on_protected(self) -> Self {
        let conditions = self.conditions.with(Condition::Protected, 1);
        Self { conditions, ..self }
    }
}

impl fmt::Display for StepUpRequirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let factors: Vec<_> = self.factors().iter().map(|factor| factor.name()).collect();
        match (self.external_verifier(), factors.as_slice()) {
            (_, []) => f.write_str(&words::count(self.approvals() as u64, "approval"))?,
            (Some(by), _) => write!(f, "an attestation by {}", by.name())?,
            (None, factors) => f.write_str(&factors.join(" or "))?,
        }
        f.write_str(&self.conditions.asked(" "))
    }
}

impl fmt::Display for StepUpOption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let requirements: Vec<_> = self
            .requirements()
            .iter()
            .map(StepUpRequirement::to_string)
            .collect();
        f.write_str(&requirements.join(", then "))
    }
}
