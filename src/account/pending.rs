//! A change that waits, as hosts see it.

use super::warning::Warning;
use crate::authenticator::PendingId;
use crate::factor::Factor;
use crate::grant::Agent;
use crate::time::Timestamp;

/// A change that was allowed, and waits until it takes effect. Until then everything is as before: an app that is to be reset
/// still signs in.
///
/// Send its [warnings](Self::warnings) at once, and keep nothing of it: [`Verifier::pending`](crate::Verifier::pending) lists
/// what waits. Any factor of the customer [stops](crate::Verifier::cancel) it.
///
/// ```
/// use countersign::{Changed, Error, account::Pending, delivered::Wording};
/// fn warn(pending: &Pending, english: &Wording) -> Result<(), Error> {
///     for warning in pending.warnings() {
///         println!("to {}: {}", warning.to().address(), warning.text("Fern Bank", english)?);
///     }
///     Ok(())
/// }
/// fn say(changed: &Changed) -> String {
///     match changed {
///         Changed::Waits(pending) => format!("done at {}, unless you stop it", pending.effective_at().unix()),
///         other => format!("{other:?}"),
///     }
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    pub(super) id: PendingId,
    pub(super) action: &'static str,
    pub(super) factor: Factor,
    pub(super) handled_by: Option<Agent>,
    pub(super) approved_by: Vec<Agent>,
    pub(super) asked_at: Timestamp,
    pub(super) effective_at: Timestamp,
    pub(super) is_paused: bool,
    pub(super) warnings: Vec<Warning>,
}

impl Pending {
    /// Returns the id, by which [`Verifier::cancel`](crate::Verifier::cancel) stops it.
    #[must_use]
    pub const fn id(&self) -> PendingId {
        self.id
    }

    /// Returns the action of the policy that allowed it: see [`Change::action`](crate::Change::action).
    #[must_use]
    pub const fn action(&self) -> &'static str {
        self.action
    }

    /// Returns the factor that it changes. A telephone is that of private codes, an e-mail address that of issued recovery codes.
    #[must_use]
    pub const fn factor(&self) -> Factor {
        self.factor
    }

    /// Returns the agent who handled the request. Without one, a caller asked who had shown enough evidence without an agent.
    #[must_use]
    pub const fn handled_by(&self) -> Option<&Agent> {
        self.handled_by.as_ref()
    }

    /// Returns the agents who approved it. The agent who handled the request is not among them.
    #[must_use]
    pub fn approved_by(&self) -> &[Agent] {
        &self.approved_by
    }

    /// Returns when it was asked for.
    #[must_use]
    pub const fn asked_at(&self) -> Timestamp {
        self.asked_at
    }

    /// Returns when it takes effect. Until then it can be stopped.
    ///
    /// While the account is suspended, this moves on: no time of a suspension counts.
    #[must_use]
    pub const fn effective_at(&self) -> Timestamp {
        self.effective_at
    }

    /// Returns whether it waits for the end of a suspension, too.
    #[must_use]
    pub const fn is_paused(&self) -> bool {
        self.is_paused
    }

    /// Returns a warning for each confirmed address of the customer. An address that is being replaced is among them.
    ///
    /// If the same change was asked for again, there are none: the customer was warned the first time. So an attacker who asks
    /// a hundred times sends one message. [`Verifier::pending`](crate::Verifier::pending) has them still.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }
}
