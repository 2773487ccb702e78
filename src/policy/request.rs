//! What somebody wants to do, and what the host knows around it.

use crate::grant::{Agent, Approval};
use crate::policy::signals::Signals;
use crate::time::Timestamp;

/// What somebody wants to do: an action, and what the host knows of its risk.
///
/// The tier of risk is the highest that the [signals](Self::with_signals) mean by the document, and that
/// [`at_tier`](Self::at_tier) states. Where neither says anything, or a tier is stated that the document does not know,
/// the document's highest is meant.
///
/// ```
/// use countersign::Request;
/// let request = Request::new("address.change").at_tier("high");
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
    /// To do `action`.
    ///
    /// ```
    /// let request = countersign::Request::new("balance.read");
    /// ```
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

    /// The same at `tier`, or at a higher one if signals mean that.
    ///
    /// ```
    /// use countersign::Request;
    /// assert_ne!(Request::new("balance.read").at_tier("low"), Request::new("balance.read"));
    /// ```
    #[must_use]
    pub fn at_tier(self, tier: impl Into<String>) -> Self {
        Self {
            tier: Some(tier.into()),
            ..self
        }
    }

    /// The same, with what the host knows of its risk.
    ///
    /// ```
    /// use countersign::{Request, policy::Signals};
    /// let request = Request::new("payment.create").with_signals(Signals::new().new_payee(false));
    /// ```
    #[must_use]
    pub fn with_signals(self, signals: Signals) -> Self {
        Self { signals, ..self }
    }

    /// The same, handled by this agent, whose own approval then counts for nothing. Without it no approval counts.
    ///
    /// ```
    /// use countersign::{Request, account::Agent};
    /// let request = Request::new("limit.raise").handled_by(Agent::new("agent 7")?);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn handled_by(self, agent: Agent) -> Self {
        Self {
            handled_by: Some(agent),
            ..self
        }
    }

    /// The same with one more approval.
    ///
    /// ```
    /// use countersign::{Request, account::Approval};
    /// fn with(request: Request, yes: Approval) -> Request { request.approved(yes) }
    /// ```
    #[must_use]
    pub fn approved(mut self, approval: Approval) -> Self {
        self.approvals.push(approval);
        self
    }

    /// The same, of a subject that was last active then: assurance levels end without activity (SP 800-63B-4 2.2.3, 2.3.3).
    /// Without it, the last piece of evidence is the last activity. A moment in the future counts for nothing.
    ///
    /// ```
    /// use countersign::{Request, Timestamp};
    /// let request = Request::new("order.place").last_active(Timestamp::now()?);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn last_active(self, at: Timestamp) -> Self {
        Self {
            last_active: Some(at),
            ..self
        }
    }

    /// What is to be done.
    ///
    /// ```
    /// assert_eq!(countersign::Request::new("balance.read").action(), "balance.read");
    /// ```
    #[must_use]
    pub fn action(&self) -> &str {
        &self.action
    }
}
