//! A policy's permission: granted, redeemed, or the authority for a change of an account.

mod approval;
mod obligation;

pub use approval::{Agent, Approval};
pub use obligation::{Obligation, Obligations};

use core::time::Duration;
use std::sync::OnceLock;

use ring::digest;

use crate::context::{Interaction, Transaction, TransactionDigest};
use crate::derivation::{GRANT, leading};
use crate::epoch::Epoch;
use crate::error::Error;
use crate::subject::Subject;
use crate::time::Timestamp;

/// An action that a policy has allowed: to one subject, in one interaction, until a moment.
///
/// A grant is not a receipt: the policy makes an equal one each time it is asked. So act on no grant. Act on a [`Redeemed`],
/// which is made once of a grant and all its equals. [`Verifier::authorize`](crate::Verifier::authorize) decides and redeems
/// in one call, and no host sees the grant. [`Verifier::redeem`](crate::Verifier::redeem) is for a grant that
/// [`Verifier::decide`](crate::Verifier::decide) gave. A change of an account takes the grant itself: see [`Authority`].
///
/// Only a policy makes a grant:
///
/// ```compile_fail
/// let forged = countersign::Grant { action: "payment".into(), ..todo!() };
/// ```
/// ```compile_fail
/// fn use_twice(grant: countersign::Grant) -> (countersign::Grant, countersign::Grant) { (grant.clone(), grant) }
/// ```
///
/// Redeem it, and say for what:
///
/// ```
/// use countersign::{Context, Error, Grant, Redeemed, Subject, Verifier, store::Store};
///
/// fn move_to<S: Store>(verifier: &Verifier<S>, grant: &Grant, anna: &Subject, new: &str, call: &Context) -> Result<(), Error> {
///     match verifier.redeem(grant, call)? {
///         Ok(redeemed) => change_address(redeemed, anna, new),
///         Err(reason) => { eprintln!("not changed: {reason:?}"); Ok(()) }
///     }
/// }
///
/// fn change_address(redeemed: Redeemed, anna: &Subject, new: &str) -> Result<(), Error> {
///     let _redeemed = redeemed.expect("address.change", anna)?; // not that of another action or customer
///     println!("{} now lives at {new}", anna.id());
///     Ok(())
/// }
/// ```
#[derive(Debug)]
pub struct Grant {
    granted: Granted,
    /// The ids of the evidence and approvals that the grant rests on, in one order: first those that serve once.
    shown: Vec<[u8; 16]>,
    once: usize,
    id: OnceLock<[u8; 32]>,
}

/// The terms of a grant.
#[derive(Debug)]
pub(crate) struct Granted {
    pub(crate) subject: Subject,
    pub(crate) epoch: Epoch,
    pub(crate) action: String,
    pub(crate) interaction: Interaction,
    pub(crate) binding: Option<TransactionDigest>,
    pub(crate) until: Timestamp,
    pub(crate) then: Obligations,
    /// None, if the change does not wait.
    pub(crate) wait: Option<Box<Wait>>,
    /// The agent who handles the request.
    pub(crate) handled_by: Option<Agent>,
    /// The agents whose approvals the grant rests on, each once.
    pub(crate) approved_by: Vec<Agent>,
}

/// How long a change waits before it takes effect, and how long it may not be asked for again if it is cancelled meanwhile.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wait {
    pub(crate) delay: Duration,
    pub(crate) barred_after_cancel: Option<Duration>,
}

/// A piece of evidence or an approval that a grant rests on, by its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Proof {
    pub(crate) id: [u8; 16],
    pub(crate) once: bool,
}

impl Grant {
    /// Grants an action, on these proofs. Only the policy's decision calls it; a test counts the callers.
    pub(crate) fn allow(granted: Granted, mut shown: Vec<Proof>) -> Self {
        // Neither the order of the proofs counts, nor how often one was used. Those that serve once come first.
        shown.sort_unstable_by_key(|proof| (!proof.once, proof.id));
        shown.dedup();
        Self {
            granted,
            once: shown.iter().filter(|proof| proof.once).count(),
            shown: shown.into_iter().map(|proof| proof.id).collect(),
            id: OnceLock::new(),
        }
    }

    pub(crate) fn is_of_epoch(&self, epoch: Epoch) -> bool {
        self.granted.epoch == epoch
    }

    /// Returns the id of the grant: a SHA-256 over subject, epoch, interaction, action, transaction, and the evidence and approvals that
    /// it rests on.
    ///
    /// The moment is not in it: a second decision on the same facts gives the same grant, so it can be redeemed once.
    #[must_use]
    pub fn id(&self) -> &[u8; 32] {
        // Only redeeming asks for it.
        self.id.get_or_init(|| {
            let mut digest = digest::Context::new(&digest::SHA256);
            digest.update(GRANT.as_bytes());
            digest.update(self.granted.subject.store_key());
            digest.update(&self.granted.epoch.to_bytes());
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

    /// Returns the ids that are used up when this grant is redeemed: evidence for the transaction, and approvals.
    #[must_use]
    pub fn once(&self) -> &[[u8; 16]] {
        self.shown.get(..self.once).unwrap_or_default()
    }

    /// Returns the ids of the other evidence that it rests on.
    pub(crate) fn lasting(&self) -> &[[u8; 16]] {
        self.shown.get(self.once..).unwrap_or_default()
    }

    /// Returns the obligations that come with the action.
    #[must_use]
    pub const fn obligations(&self) -> Obligations {
        self.granted.then
    }

    /// Returns the subject.
    #[must_use]
    pub const fn subject(&self) -> &Subject {
        &self.granted.subject
    }

    /// Returns the account's epoch at the time of the decision.
    #[must_use]
    pub const fn epoch(&self) -> u32 {
        self.granted.epoch.number()
    }

    /// Returns the action that is allowed.
    #[must_use]
    pub fn action(&self) -> &str {
        &self.granted.action
    }

    /// Returns the interaction that it was granted in.
    #[must_use]
    pub const fn interaction(&self) -> Interaction {
        self.granted.interaction
    }

    /// Returns the transaction that it is for, if it is for one only.
    #[must_use]
    pub const fn transaction_digest(&self) -> Option<TransactionDigest> {
        self.granted.binding
    }

    /// Returns the last second that it counts.
    #[must_use]
    pub const fn until(&self) -> Timestamp {
        self.granted.until
    }

    /// Returns how long the change waits before it takes effect; none, if it does not wait.
    ///
    /// A grant that waits is for [`Verifier::change`](crate::Verifier::change) only, and cannot be redeemed.
    #[must_use]
    pub fn delay(&self) -> Option<Duration> {
        self.granted.wait.as_ref().map(|wait| wait.delay)
    }

    /// Returns how long the change may not be asked for again, if it is cancelled while it waits; none, if the policy does not say.
    #[must_use]
    pub fn barred_after_cancel(&self) -> Option<Duration> {
        self.granted.wait.as_ref()?.barred_after_cancel
    }

    /// Returns the agent who handles the request, if the request names one.
    #[must_use]
    pub const fn handled_by(&self) -> Option<&Agent> {
        self.granted.handled_by.as_ref()
    }

    /// Returns the agents whose approvals it rests on. None of them handles the request.
    #[must_use]
    pub fn approved_by(&self) -> &[Agent] {
        &self.granted.approved_by
    }
}

/// A grant that was redeemed: the action may be carried out, now and once.
///
/// A [`Transaction`](crate::Transaction) is carried out once by an action, from any interaction and whatever the evidence. The
/// record remembers it for 25 hours, longer than evidence counts. For all later days, write its reference, with a unique
/// index, in the database transaction that acts.
///
/// Take it by value in the code that carries out the action: no caller can then skip the policy, or act twice. Only the
/// account makes one, in the write that spends the grant:
///
/// ```compile_fail
/// let forged = countersign::Redeemed { action: "payment".into(), ..todo!() };
/// ```
/// ```compile_fail
/// fn use_twice(redeemed: countersign::Redeemed) -> (countersign::Redeemed, countersign::Redeemed) { (redeemed.clone(), redeemed) }
/// ```
///
/// Before you act, say for what: by [`expect`](Self::expect) or [`expect_transaction`](Self::expect_transaction).
#[derive(Debug)]
pub struct Redeemed {
    subject: Subject,
    action: String,
    transaction_digest: Option<TransactionDigest>,
    obligations: Obligations,
}

impl Redeemed {
    /// Redeems a grant. Only the account calls it; a test counts the callers.
    pub(crate) fn of(grant: &Grant) -> Self {
        Self {
            subject: grant.subject().clone(),
            action: grant.action().to_owned(),
            transaction_digest: grant.transaction_digest(),
            obligations: grant.obligations(),
        }
    }

    /// Returns it, if it is for this action of this subject, and for no single transaction. Carry out nothing before.
    ///
    /// A function that takes any `Redeemed` would take that of another action: its type does not say which.
    ///
    /// # Errors
    /// Bad input, if it is for another action or subject, or for a transaction: then call
    /// [`expect_transaction`](Self::expect_transaction).
    ///
    /// ```
    /// use countersign::{Error, Redeemed, Subject};
    /// fn change_address(redeemed: Redeemed, customer: &Subject) -> Result<(), Error> {
    ///     let _redeemed = redeemed.expect("address.change", customer)?;
    ///     // write the new address
    ///     Ok(())
    /// }
    /// ```
    pub fn expect(self, action: &str, subject: &Subject) -> Result<Self, Error> {
        self.expect_all(action, subject, None)
    }

    /// Returns it, if it is for this action of this subject, and for just this transaction. Carry out nothing before.
    ///
    /// # Errors
    /// Bad input, if it is for another action, subject or transaction, or for none.
    ///
    /// ```
    /// use countersign::{Error, Redeemed, Subject, Transaction};
    /// fn pay(redeemed: Redeemed, customer: &Subject, payment: &Transaction) -> Result<(), Error> {
    ///     let _redeemed = redeemed.expect_transaction("payment.send", customer, payment)?;
    ///     // book the payment
    ///     Ok(())
    /// }
    /// ```
    pub fn expect_transaction(
        self,
        action: &str,
        subject: &Subject,
        transaction: &Transaction,
    ) -> Result<Self, Error> {
        self.expect_all(action, subject, Some(transaction.digest()))
    }

    fn expect_all(
        self,
        action: &str,
        subject: &Subject,
        transaction: Option<TransactionDigest>,
    ) -> Result<Self, Error> {
        let rule = if self.action != action {
            format!("is for `{}`, not for `{action}`", self.action)
        } else if self.subject != *subject {
            "is of another subject".to_owned()
        } else {
            match (self.transaction_digest, transaction) {
                (is, expected) if is == expected => return Ok(self),
                (Some(_), None) => "is for one transaction: call `expect_transaction`".to_owned(),
                (None, _) => "is for no transaction: see `Context::for_transaction`".to_owned(),
                _ => "is for another transaction".to_owned(),
            }
        };
        Err(Error::misuse("redeemed grant", rule))
    }

    /// Returns the subject.
    #[must_use]
    pub const fn subject(&self) -> &Subject {
        &self.subject
    }

    /// Returns the action that may be carried out.
    #[must_use]
    pub fn action(&self) -> &str {
        &self.action
    }

    /// Returns the transaction that it is for, if it is for one only.
    #[must_use]
    pub const fn transaction_digest(&self) -> Option<TransactionDigest> {
        self.transaction_digest
    }

    /// Returns the obligations that come with the action.
    #[must_use]
    pub const fn obligations(&self) -> Obligations {
        self.obligations
    }
}

/// The authority for a change of an account.
///
/// Give a grant to [`change`](crate::Verifier::change) as the policy returned it. Do not [redeem](crate::Verifier::redeem)
/// it before: a redeemed grant changes nothing.
///
/// The change spends what serves once: approvals, and evidence that is for a transaction. A grant without such carries other
/// changes of the same action, too, in its interaction and until its end.
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
    /// The host itself, on its own responsibility: the first enrolment, an import, a suspension. In a sign-up use it only after
    /// [`create`](crate::Verifier::create) has made the account.
    Host,
}
