//! The options of a step-up, each with the requirements that are left.

use core::fmt;
use core::time::Duration;

use crate::factor::Factor;
use crate::policy::document::{Condition, Conditions, spans};

/// One option of a step-up: the request is allowed after all of its requirements are met. `Display` says it in one line.
///
/// ```
/// use countersign::policy::StepUpOption;
/// fn cheapest(options: &[StepUpOption]) -> Option<&StepUpOption> { options.iter().min_by_key(|option| option.cost()) }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepUpOption {
    pub(crate) requirements: Vec<StepUpRequirement>,
    /// Whether a factor of it is locked for a caller of whom nothing else is known.
    pub(crate) locked: bool,
    pub(crate) cost: u32,
    pub(crate) acr: Option<String>,
    pub(crate) delay: Option<Duration>,
}

impl StepUpOption {
    /// Returns the requirements, in the order to ask for them. Never empty.
    #[must_use]
    pub fn requirements(&self) -> &[StepUpRequirement] {
        &self.requirements
    }

    /// Returns the cost to the caller, by the document: the sum over the requirements, each by the cheapest of its factors.
    #[must_use]
    pub const fn cost(&self) -> u32 {
        self.cost
    }

    /// Returns the authentication context class that it leads to, if the rule is stated by one.
    #[must_use]
    pub fn acr(&self) -> Option<&str> {
        self.acr.as_deref()
    }

    /// Returns how long the change then waits at most, before it takes effect; none, if it does not wait.
    #[must_use]
    pub const fn delay(&self) -> Option<Duration> {
        self.delay
    }
}

/// One requirement of a [`StepUpOption`]: evidence that the caller has to give, or approvals by other agents. `Display` says it
/// in one line.
///
/// ```
/// use countersign::{Factor, policy::StepUpRequirement};
/// fn prompt(requirement: &StepUpRequirement) -> &'static str {
///     match requirement.factors() {
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
    pub(crate) external_verifier: Option<String>,
    pub(crate) approvals: usize,
    pub(crate) max_age: Duration,
    pub(crate) conditions: Conditions,
}

impl StepUpRequirement {
    /// Returns the factors of which one is enough. Empty only where [approvals](Self::approvals) are asked for.
    ///
    /// The subject has enrolled them. [`External`](Factor::External) is the exception: no account knows of it.
    /// A step-up offers each external verifier of the document. Leave out rules of those that you do not have, or
    /// skip their options.
    #[must_use]
    pub fn factors(&self) -> &[Factor] {
        &self.factors
    }

    /// Returns the external verifier that has to attest the evidence, if the factor is [`External`](Factor::External).
    #[must_use]
    pub fn external_verifier(&self) -> Option<&str> {
        self.external_verifier.as_deref()
    }

    /// Returns how many more agents have to approve; 0, if the caller has to give evidence.
    #[must_use]
    pub const fn approvals(&self) -> usize {
        self.approvals
    }

    /// Returns the greatest age that the evidence may have when the request is decided again.
    #[must_use]
    pub const fn max_age(&self) -> Duration {
        self.max_age
    }

    /// Checks whether the evidence has to be for the transaction of the request.
    ///
    /// Check it under a context that is bound to this transaction. An external verification has to
    /// [name it](crate::account::ExternalVerification::for_transaction).
    #[must_use]
    pub fn is_for_transaction(&self) -> bool {
        self.conditions.has(Condition::ForTransaction)
    }

    /// Checks whether the evidence has to come on a channel that is
    /// [independent](crate::Channel::is_independent_of) of the one in use.
    #[must_use]
    pub fn is_independent(&self) -> bool {
        self.conditions.has(Condition::Independent)
    }

    /// Checks whether the evidence has to come on a channel that the host marks as [protected](crate::Context::protected).
    #[must_use]
    pub fn is_protected(&self) -> bool {
        self.conditions.has(Condition::Protected)
    }

    /// Returns within which time the authenticator must not have been added or changed; none, if that does not matter.
    #[must_use]
    pub fn changed_within(&self) -> Option<Duration> {
        let within = self.conditions.get(Condition::Unchanged);
        (within > 0).then(|| Duration::from_secs(within.into()))
    }

    pub(crate) fn of(
        factors: Vec<Factor>,
        external_verifier: Option<String>,
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
            (_, []) => f.write_str(&spans::count(self.approvals() as u64, "approval"))?,
            (Some(by), _) => write!(f, "a verification by {}", by)?,
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
        f.write_str(&requirements.join(", then "))?;
        match self.delay {
            Some(delay) => write!(f, ", then a wait of {}", spans::span(delay)),
            None => Ok(()),
        }
    }
}
