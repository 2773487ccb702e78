//! Requests: an action that a caller wants, and the facts around it.

use crate::grant::{Agent, Approval};
use crate::policy::signals::Signals;
use crate::time::Timestamp;

/// A request: an action that a caller wants, and the facts that the host knows of its risk.
///
/// The tier of risk is the highest of those that the [signals](Self::with_signals) mean by the document and that
/// [`at_tier`](Self::at_tier) states. If neither says anything, it is the document's highest. A tier that the document does
/// not know is its highest too.
///
/// ```
/// use countersign::{Request, policy::Signals};
/// let request = Request::new("payment.create")
///     .at_tier("low")
///     .with_signals(Signals::new().new_payee(false));
/// ```
#[derive(Debug, PartialEq)]
pub struct Request {
    pub(crate) action: String,
    pub(crate) tier: Option<String>,
    pub(crate) signals: Signals,
    pub(crate) handled_by: Option<Agent>,
    pub(crate) approvals: Vec<Approval>,
    pub(crate) last_active: Option<Timestamp>,
}

impl Request {
    /// Makes a request for an action.
    #[must_use]
    pub fn new(action: impl Into<String>) -> Self {
        Self {
            action: action.into(),
            tier: None,
            signals: Signals::new(),
            handled_by: None,
            approvals: Vec::new(),
            last_active: None,
        }
    }

    /// Sets the tier. Signals can only raise it.
    #[must_use]
    pub fn at_tier(self, tier: impl Into<String>) -> Self {
        Self {
            tier: Some(tier.into()),
            ..self
        }
    }

    /// Sets the signals of risk.
    #[must_use]
    pub fn with_signals(self, signals: Signals) -> Self {
        Self { signals, ..self }
    }

    /// Sets the agent who handles the request. Approvals count only by other agents, and only if this agent is set.
    #[must_use]
    pub fn handled_by(self, agent: Agent) -> Self {
        Self {
            handled_by: Some(agent),
            ..self
        }
    }

    /// Adds an approval.
    #[must_use]
    pub fn approved(mut self, approval: Approval) -> Self {
        self.approvals.push(approval);
        self
    }

    /// Sets when the subject was last active. Assurance levels end without activity (SP 800-63B-4 2.2.3, 2.3.3).
    ///
    /// If it is not set, the last piece of evidence is the last activity. A moment in the future counts for nothing.
    #[must_use]
    pub fn last_active(self, at: Timestamp) -> Self {
        Self {
            last_active: Some(at),
            ..self
        }
    }

    /// Returns the action.
    #[must_use]
    pub fn action(&self) -> &str {
        &self.action
    }
}
