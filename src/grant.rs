//! What a policy allows, and who allows a change of an account.

use crate::context::{Binding, Interaction};
use crate::subject::Subject;
use crate::time::Timestamp;

/// An action that a policy has allowed: to one subject, in one interaction, until a moment.
///
/// The code that carries out an action takes a `Grant` by value; then nobody reaches it around the policy (pitfall B25), and
/// as it cannot be copied it serves once.
/// Only [`Policy::decide`](crate::Policy::decide) makes one:
///
/// ```compile_fail
/// let forged = countersign::Grant { action: "payment".into(), ..todo!() };
/// ```
/// ```compile_fail
/// fn use_twice(grant: countersign::Grant) -> (countersign::Grant, countersign::Grant) { (grant.clone(), grant) }
/// ```
///
/// and this is how it is used:
///
/// ```
/// fn change_address(grant: countersign::Grant, new: &str) -> String {
///     assert_eq!(grant.action(), "address.change");
///     format!("{} now lives at {new}", grant.subject().id())
/// }
/// ```
#[derive(Debug)]
pub struct Grant {
    subject: Subject,
    epoch: u32,
    action: String,
    interaction: Interaction,
    binding: Option<Binding>,
    until: Timestamp,
}

impl Grant {
    /// Grants `action`. Called by the policy's decision alone; a test counts the callers.
    pub(crate) const fn allow(
        subject: Subject,
        epoch: u32,
        action: String,
        interaction: Interaction,
        binding: Option<Binding>,
        until: Timestamp,
    ) -> Self {
        Self {
            subject,
            epoch,
            action,
            interaction,
            binding,
            until,
        }
    }

    /// For whom.
    ///
    /// ```
    /// fn whose(grant: &countersign::Grant) -> &str { grant.subject().id() }
    /// ```
    #[must_use]
    pub const fn subject(&self) -> &Subject {
        &self.subject
    }

    /// The account's epoch at the time of the decision.
    ///
    /// ```
    /// fn epoch(grant: &countersign::Grant) -> u32 { grant.epoch() }
    /// ```
    #[must_use]
    pub const fn epoch(&self) -> u32 {
        self.epoch
    }

    /// What is allowed.
    ///
    /// ```
    /// fn what(grant: &countersign::Grant) -> &str { grant.action() }
    /// ```
    #[must_use]
    pub fn action(&self) -> &str {
        &self.action
    }

    /// In which interaction.
    ///
    /// ```
    /// fn call(grant: &countersign::Grant) -> countersign::Interaction { grant.interaction() }
    /// ```
    #[must_use]
    pub const fn interaction(&self) -> Interaction {
        self.interaction
    }

    /// For which transaction, if for one only.
    ///
    /// ```
    /// fn bound(grant: &countersign::Grant) -> bool { grant.binding().is_some() }
    /// ```
    #[must_use]
    pub const fn binding(&self) -> Option<Binding> {
        self.binding
    }

    /// Until when.
    ///
    /// ```
    /// fn until(grant: &countersign::Grant) -> countersign::Timestamp { grant.until() }
    /// ```
    #[must_use]
    pub const fn until(&self) -> Timestamp {
        self.until
    }
}

/// Who allows a change of an account.
///
/// ```
/// use countersign::Authority;
/// let first_enrolment = Authority::Host;
/// fn by_policy(grant: &countersign::Grant) -> Authority<'_> { Authority::Granted(grant) }
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Authority<'a> {
    /// A grant for the change's own action, see [`Change::action`](crate::Change::action).
    Granted(&'a Grant),
    /// The host itself, on its own responsibility: the first enrolment, an import, a freeze.
    Host,
}
