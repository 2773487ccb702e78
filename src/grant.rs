//! What a policy allows, and who allows a change of an account.

mod approval;
mod obligation;

pub use approval::{Agent, Approval};
pub use obligation::{Obligation, Obligations};

use std::sync::OnceLock;

use ring::digest;

use crate::context::{Interaction, TransactionDigest};
use crate::derivation::{GRANT, leading};
use crate::subject::Subject;
use crate::time::Timestamp;

/// An action that a policy has allowed: to one subject, in one interaction, until a moment.
///
/// A grant is not a receipt: the policy makes an equal one each time it is asked. [`Verifier::redeem`](crate::Verifier::redeem)
/// spends it with all its equals, and makes a [`Redeemed`] of it once. Let the code that carries out an action take the
/// `Redeemed` by value. No caller can then skip the policy (pitfall B25), and the action is done once.
///
/// Only [`Policy::decide`](crate::Policy::decide) makes a grant:
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
/// use countersign::{Context, Error, Grant, Redeemed, Verifier, account::Redemption, store::Store};
///
/// fn move_to<S: Store>(verifier: &Verifier<S>, grant: &Grant, new: &str, call: &Context) -> Result<String, Error> {
///     Ok(match verifier.redeem(grant, call)? {
///         Redemption::Redeemed(redeemed) => change_address(redeemed, new),
///         Redemption::Refused(why) => format!("please confirm again ({why:?})"),
///     })
/// }
///
/// fn change_address(redeemed: Redeemed, new: &str) -> String {
///     format!("{} now lives at {new}", redeemed.subject().id())
/// }
/// ```
#[derive(Debug)]
pub struct Grant {
    granted: Granted,
    /// The ids of evidence and approvals that it rests on, in one order; first those that serve once.
    shown: Vec<[u8; 16]>,
    once: usize,
    id: OnceLock<[u8; 32]>,
}

/// What a grant says.
#[derive(Debug)]
pub(crate) struct Granted {
    pub(crate) subject: Subject,
    pub(crate) epoch: u32,
    pub(crate) action: String,
    pub(crate) interaction: Interaction,
    pub(crate) binding: Option<TransactionDigest>,
    pub(crate) until: Timestamp,
    pub(crate) then: Obligations,
}

/// A piece of evidence or an approval that a grant rests on, by its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Proof {
    pub(crate) id: [u8; 16],
    pub(crate) once: bool,
}

impl Grant {
    /// Grants an action, for what was shown. Called by the policy's decision alone; a test counts the callers.
    pub(crate) fn allow(granted: Granted, mut shown: Vec<Proof>) -> Self {
        // In whatever order it was shown, and however often it filled something; what serves once comes first.
        shown.sort_unstable_by_key(|proof| (!proof.once, proof.id));
        shown.dedup();
        Self {
            granted,
            once: shown.iter().filter(|proof| proof.once).count(),
            shown: shown.into_iter().map(|proof| proof.id).collect(),
            id: OnceLock::new(),
        }
    }

    /// Which grant it is: a SHA-256 over subject, epoch, interaction, action, transaction, and the evidence and approvals
    /// that it rests on. The moment is not in it: deciding again on the same gives the same grant, so it can be redeemed
    /// once.
    ///
    /// ```
    /// fn is_spent(grant: &countersign::Grant, spent: &[[u8; 32]]) -> bool { spent.contains(grant.id()) }
    /// ```
    #[must_use]
    pub fn id(&self) -> &[u8; 32] {
        // Only redeeming asks for it.
        self.id.get_or_init(|| {
            let mut digest = digest::Context::new(&digest::SHA256);
            digest.update(GRANT.as_bytes());
            digest.update(self.granted.subject.store_key());
            digest.update(&self.granted.epoch.to_be_bytes());
            digest.update(&self.granted.interaction.to_bytes());
            digest.update(&(self.granted.action.len() as u64).to_be_bytes());
            digest.update(self.granted.action.as_bytes());
            match &self.granted.binding {
                Some(binding) => {
                    digest.update(&[1]);
                    digest.update(binding.as_bytes());
                }
                None => digest.update(&[0]),
            }
            for id in &self.shown {
                digest.update(id);
            }
            leading(digest.finish())
        })
    }

    /// The ids of what this grant uses up once it is redeemed: evidence bound to the transaction, and approvals.
    ///
    /// ```
    /// fn uses_up(grant: &countersign::Grant) -> usize { grant.once().len() }
    /// ```
    #[must_use]
    pub fn once(&self) -> &[[u8; 16]] {
        self.shown.get(..self.once).unwrap_or_default()
    }

    /// What has to be done beside the action.
    ///
    /// ```
    /// use countersign::{Grant, account::Obligation};
    /// fn must_tell(grant: &Grant) -> bool { grant.obligations().contains(Obligation::Notify) }
    /// ```
    #[must_use]
    pub const fn obligations(&self) -> Obligations {
        self.granted.then
    }

    /// For whom.
    ///
    /// ```
    /// fn whose(grant: &countersign::Grant) -> &str { grant.subject().id() }
    /// ```
    #[must_use]
    pub const fn subject(&self) -> &Subject {
        &self.granted.subject
    }

    /// The account's epoch at the time of the decision.
    ///
    /// ```
    /// fn epoch(grant: &countersign::Grant) -> u32 { grant.epoch() }
    /// ```
    #[must_use]
    pub const fn epoch(&self) -> u32 {
        self.granted.epoch
    }

    /// What is allowed.
    ///
    /// ```
    /// fn what(grant: &countersign::Grant) -> &str { grant.action() }
    /// ```
    #[must_use]
    pub fn action(&self) -> &str {
        &self.granted.action
    }

    /// In which interaction.
    ///
    /// ```
    /// fn call(grant: &countersign::Grant) -> countersign::Interaction { grant.interaction() }
    /// ```
    #[must_use]
    pub const fn interaction(&self) -> Interaction {
        self.granted.interaction
    }

    /// For which transaction, if for one only.
    ///
    /// ```
    /// fn bound(grant: &countersign::Grant) -> bool { grant.transaction_digest().is_some() }
    /// ```
    #[must_use]
    pub const fn transaction_digest(&self) -> Option<TransactionDigest> {
        self.granted.binding
    }

    /// Until when.
    ///
    /// ```
    /// fn until(grant: &countersign::Grant) -> countersign::Timestamp { grant.until() }
    /// ```
    #[must_use]
    pub const fn until(&self) -> Timestamp {
        self.granted.until
    }
}

/// A grant that was redeemed: the action may be carried out, now and once.
///
/// Once means once for each piece of evidence. A second code for the same [`Transaction`](crate::Transaction) gives a second
/// grant. The host refuses a transaction whose reference it has carried out: write the reference, under a unique index, in the
/// database transaction that acts.
///
/// The code that carries it out takes one by value, so nobody gets there around the policy, and nobody twice. Only the
/// account makes one, in the write that spends the grant:
///
/// ```compile_fail
/// let forged = countersign::Redeemed { action: "payment".into(), ..todo!() };
/// ```
/// ```compile_fail
/// fn use_twice(redeemed: countersign::Redeemed) -> (countersign::Redeemed, countersign::Redeemed) { (redeemed.clone(), redeemed) }
/// ```
///
/// and this is how it is used:
///
/// ```
/// fn pay(redeemed: countersign::Redeemed) -> String {
///     format!("{} by {}", redeemed.action(), redeemed.subject().id())
/// }
/// ```
#[derive(Debug)]
pub struct Redeemed {
    subject: Subject,
    action: String,
    binding: Option<TransactionDigest>,
    then: Obligations,
}

impl Redeemed {
    /// What a grant says, redeemed. Called by the account alone; a test counts the callers.
    pub(crate) fn of(grant: &Grant) -> Self {
        Self {
            subject: grant.subject().clone(),
            action: grant.action().to_owned(),
            binding: grant.transaction_digest(),
            then: grant.obligations(),
        }
    }

    /// For whom.
    ///
    /// ```
    /// fn whose(redeemed: &countersign::Redeemed) -> &str { redeemed.subject().id() }
    /// ```
    #[must_use]
    pub const fn subject(&self) -> &Subject {
        &self.subject
    }

    /// What may be done.
    ///
    /// ```
    /// fn what(redeemed: &countersign::Redeemed) -> &str { redeemed.action() }
    /// ```
    #[must_use]
    pub fn action(&self) -> &str {
        &self.action
    }

    /// For which transaction, if for one only.
    ///
    /// ```
    /// use countersign::{Redeemed, Transaction};
    /// fn is_for(redeemed: &Redeemed, payment: &Transaction) -> bool { redeemed.transaction_digest() == Some(payment.digest()) }
    /// ```
    #[must_use]
    pub const fn transaction_digest(&self) -> Option<TransactionDigest> {
        self.binding
    }

    /// What has to be done beside it.
    ///
    /// ```
    /// use countersign::{Redeemed, account::Obligation};
    /// fn must_tell(redeemed: &Redeemed) -> bool { redeemed.obligations().contains(Obligation::Notify) }
    /// ```
    #[must_use]
    pub const fn obligations(&self) -> Obligations {
        self.then
    }
}

/// Who allows a change of an account.
///
/// Give a grant to [`change`](crate::Verifier::change) as the policy returned it. Do not [redeem](crate::Verifier::redeem)
/// it before: a redeemed grant changes nothing. The change itself spends what serves once.
///
/// ```
/// use countersign::Authority;
/// let first_enrolment = Authority::Host;
/// fn by_policy(grant: &countersign::Grant) -> Authority<'_> { Authority::Granted(grant) }
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Authority<'a> {
    /// A grant for the change's own action, see [`Change::action`](crate::Change::action). It must not be redeemed.
    Granted(&'a Grant),
    /// The host itself, on its own responsibility: the first enrolment, an import, a suspension.
    Host,
}
