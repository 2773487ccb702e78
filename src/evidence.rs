//! Evidence: the result of a check that passed, here or by the host's own verification.

use core::fmt;
use core::time::Duration;
use std::sync::OnceLock;

use ring::digest;

use crate::authenticator::AuthenticatorId;
use crate::context::{Channel, ContextAt, Interaction, Transaction, TransactionDigest};
use crate::derivation::{EVIDENCE, leading};
use crate::epoch::Epoch;
use crate::error::Error;
use crate::factor::{Factor, FactorClass, Strength};
use crate::subject::Subject;
use crate::time::Timestamp;

/// Checks the name of an external verifier: a voice biometrics engine, a passkey server, a clerk at the counter.
pub(crate) fn external_verifier(name: &str) -> Result<String, Error> {
    let is_sign = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_');
    if (1..=ExternalVerification::MAX_NAME_BYTES).contains(&name.len()) && name.bytes().all(is_sign)
    {
        return Ok(name.to_owned());
    }
    Err(Error::misuse(
        "external verifier",
        "must be 1 to 32 lower-case letters, digits, `-` or `_`",
    ))
}

/// A verification that the host made itself. A check takes it as it takes any attempt.
///
/// It counts only where the policy lists its external verifier. A suspended subject is refused here too.
///
/// It is for no transaction, even if the context is for one: a login proves nothing about a payment. If the customer
/// confirmed one transaction, say so by [`for_transaction`](Self::for_transaction).
///
/// ```
/// use countersign::{FactorClass, Strength, account::ExternalVerification};
/// let voice = ExternalVerification::new("voice-engine", FactorClass::Inherence, Strength::Full)?;
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ExternalVerification {
    pub(crate) external_verifier: String,
    pub(crate) class: FactorClass,
    pub(crate) strength: Strength,
    pub(crate) binding: Option<TransactionDigest>,
}

impl ExternalVerification {
    /// A longer name of an external verifier is refused.
    pub const MAX_NAME_BYTES: usize = 32;

    /// Says that the external verifier of this name has verified something of this class and strength, now.
    ///
    /// The name has lower-case letters, digits, `-` and `_`. The policy lists it.
    ///
    /// # Errors
    /// Misuse, if the name is empty, longer than 32 bytes, or holds anything else.
    pub fn new(
        external_verifier: &str,
        class: FactorClass,
        strength: Strength,
    ) -> Result<Self, Error> {
        Ok(Self {
            external_verifier: self::external_verifier(external_verifier)?,
            class,
            strength,
            binding: None,
        })
    }

    /// Says that the customer confirmed this transaction. The host showed it, and verified a proof of this transaction alone.
    ///
    /// A passkey, for one, has to sign a challenge that holds the [digest](Transaction::digest). The evidence then meets
    /// `for_transaction = true` in a context [for this transaction](crate::Context::for_transaction), and counts in no other. In a context
    /// for another transaction the attempt is refused as misuse.
    ///
    /// ```
    /// use countersign::{FactorClass, Strength, Transaction, account::ExternalVerification};
    /// let transfer = Transaction::payment("TX-1", "Anna", "99.50", "EUR")?;
    /// // The challenge of the assertion was `transfer.digest()`, and the signature is right.
    /// let passkey = ExternalVerification::new("passkey", FactorClass::Possession, Strength::Full)?.for_transaction(&transfer);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn for_transaction(self, transaction: &Transaction) -> Self {
        Self {
            binding: Some(transaction.digest()),
            ..self
        }
    }

    /// Returns the transaction that the evidence is for. That of the context never makes evidence specific to a transaction.
    pub(crate) fn transaction_digest_in(
        &self,
        ctx: &ContextAt,
    ) -> Result<Option<TransactionDigest>, Error> {
        match (self.binding, ctx.transaction_digest()) {
            (Some(own), Some(other)) if own != other => Err(Error::misuse(
                "external verification",
                "must be for the transaction that the context is for, or for none",
            )),
            (own, _) => Ok(own),
        }
    }
}

/// A check that passed: of whom, by what, when, where, and for what.
///
/// Only a check can make evidence. Policies take nothing else, so a host cannot forget to check.
///
/// The record keeps it, by interaction, for [a day](Self::LIFETIME). So a host keeps the 16 bytes of the
/// [interaction](Interaction) between two requests, and no evidence. [`Verifier::evidence`](crate::Verifier::evidence) reads
/// it back in any process, and [`Verifier::authorize`](crate::Verifier::authorize) decides by it. The value itself cannot be
/// written or sent: it belongs to one record, and to one epoch of it.
///
/// ```compile_fail
/// let forged = countersign::Evidence(todo!());
/// ```
/// ```compile_fail
/// let forged = countersign::Evidence { facts: todo!() };
/// ```
/// ```compile_fail
/// fn needs_deserialize<T: serde::de::DeserializeOwned>() {}
/// needs_deserialize::<countersign::Evidence>();
/// ```
///
/// Evidence can be read:
///
/// ```
/// fn needs_deserialize<T: serde::de::DeserializeOwned>() {}
/// needs_deserialize::<String>();
/// fn is_fresh(evidence: &countersign::Evidence, now: countersign::Timestamp) -> bool {
///     now - evidence.at() < core::time::Duration::from_secs(5 * 60)
/// }
/// ```
#[derive(Clone)]
pub struct Evidence {
    facts: Facts,
    /// Hashed when it is asked for: a check does not need it.
    id: OnceLock<[u8; 16]>,
}

/// The facts, without the inside: an epoch or a hash tells a reader nothing.
impl fmt::Debug for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let facts = &self.facts;
        let mut shown = f.debug_struct("Evidence");
        shown.field("subject", &facts.subject);
        shown.field("factor", &facts.factor);
        if let Some(external_verifier) = &facts.external_verifier {
            shown.field("external_verifier", external_verifier);
        }
        shown.field("at", &facts.at);
        shown.field("channel", &facts.channel);
        if let Some(binding) = &facts.binding {
            shown.field("binding", binding);
        }
        shown.finish_non_exhaustive()
    }
}

/// The facts that evidence states.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) subject: Subject,
    pub(crate) epoch: Epoch,
    pub(crate) factor: Factor,
    pub(crate) class: FactorClass,
    pub(crate) strength: Strength,
    pub(crate) external_verifier: Option<String>,
    pub(crate) at: Timestamp,
    pub(crate) channel: Channel,
    pub(crate) interaction: Interaction,
    pub(crate) binding: Option<TransactionDigest>,
    pub(crate) protected: bool,
    pub(crate) authenticator: Option<AuthenticatorId>,
    pub(crate) enrolled_at: Option<Timestamp>,
}

impl Evidence {
    /// Evidence counts for a day. Every policy asks for it again then (SP 800-63B-4 2.2.3 asks so of AAL2), and the record
    /// forgets it.
    pub const LIFETIME: Duration = Duration::from_secs(24 * 3_600);

    pub(crate) fn is_of_epoch(&self, epoch: Epoch) -> bool {
        self.facts.epoch == epoch
    }

    /// Vouches for facts. Only the account's check calls it; a test counts the callers.
    pub(crate) fn vouch(facts: Facts) -> Self {
        let id = OnceLock::new();
        Self { facts, id }
    }

    /// Gathers facts for a test.
    #[cfg(test)]
    pub(crate) fn of(
        subject: &Subject,
        epoch: Epoch,
        factor: Factor,
        external: Option<&ExternalVerification>,
        binding: Option<TransactionDigest>,
        ctx: &ContextAt,
    ) -> Facts {
        // An external verification says its class and strength. Without one it would be worth the least.
        let class = factor.class().unwrap_or(FactorClass::Knowledge);
        let strength = factor.strength().unwrap_or(Strength::Weak);
        Facts {
            subject: subject.clone(),
            epoch,
            factor,
            class: external.map_or(class, |given| given.class),
            strength: external.map_or(strength, |given| given.strength),
            external_verifier: external.map(|given| given.external_verifier.clone()),
            at: ctx.now(),
            channel: ctx.channel(),
            interaction: ctx.interaction(),
            binding,
            protected: ctx.is_protected(),
            authenticator: None,
            enrolled_at: None,
        }
    }

    /// Returns the id of this evidence: the first half of a SHA-256 over all that it says.
    ///
    /// The id reveals nothing by itself, so it can stand in a trail. The id of a [`Grant`](crate::Grant) is made of it.
    #[must_use]
    pub fn id(&self) -> &[u8; 16] {
        self.id.get_or_init(|| self.facts.id())
    }

    /// Returns the subject that was verified.
    #[must_use]
    pub const fn subject(&self) -> &Subject {
        &self.facts.subject
    }

    /// Returns the account's epoch at the time. Evidence of an earlier epoch does not count.
    #[must_use]
    pub const fn epoch(&self) -> u32 {
        self.facts.epoch.number()
    }

    /// Returns the factor.
    #[must_use]
    pub const fn factor(&self) -> Factor {
        self.facts.factor
    }

    /// Returns the class of the factor.
    #[must_use]
    pub const fn class(&self) -> FactorClass {
        self.facts.class
    }

    /// Returns how much it is worth.
    #[must_use]
    pub const fn strength(&self) -> Strength {
        self.facts.strength
    }

    /// Returns the external verifier, if the host verified it itself.
    #[must_use]
    pub fn external_verifier(&self) -> Option<&str> {
        self.facts.external_verifier.as_deref()
    }

    /// Returns the moment of the check. Each decision computes the age of the evidence from it (pitfall B27).
    #[must_use]
    pub const fn at(&self) -> Timestamp {
        self.facts.at
    }

    /// Returns the authenticator that gave it.
    ///
    /// There is none for a verification by the host itself, and for a code that went to an address that the account does not
    /// have: a letter, a screen.
    #[must_use]
    pub const fn authenticator(&self) -> Option<AuthenticatorId> {
        self.facts.authenticator
    }

    /// Returns since when the authenticator counts as it is: when it was added, replaced, or enabled again.
    ///
    /// There is none if nobody knows: see [`authenticator`](Self::authenticator). The same address, set again, was not changed.
    ///
    /// ```
    /// use core::time::Duration;
    /// use countersign::{Evidence, Timestamp};
    /// const MONTH: Duration = Duration::from_secs(30 * 86_400);
    /// /// Whether an impostor could have added the authenticator lately.
    /// fn is_new(evidence: &Evidence, now: Timestamp) -> bool {
    ///     evidence.enrolled_at().is_none_or(|since| now - since < MONTH)
    /// }
    /// ```
    #[must_use]
    pub const fn enrolled_at(&self) -> Option<Timestamp> {
        self.facts.enrolled_at
    }

    /// Returns the channel of the check.
    #[must_use]
    pub const fn channel(&self) -> Channel {
        self.facts.channel
    }

    /// Returns the interaction of the check.
    #[must_use]
    pub const fn interaction(&self) -> Interaction {
        self.facts.interaction
    }

    /// Returns the transaction that the evidence is for, if it is for one.
    #[must_use]
    pub const fn transaction_digest(&self) -> Option<TransactionDigest> {
        self.facts.binding
    }

    /// Returns whether the host had marked the channel as protected, see [`Context::protected`](crate::Context::protected).
    #[must_use]
    pub const fn is_protected(&self) -> bool {
        self.facts.protected
    }

    /// Returns the method in the words of RFC 8176, for a token's `amr`: `kba` for answers, `otp` for the codes of apps and tokens,
    /// `sms` for delivered codes.
    ///
    /// An external verification has none here. The policy's document gives its external verifier a word.
    #[must_use]
    pub const fn amr(&self) -> Option<&'static str> {
        self.facts.factor.amr()
    }
}

impl Facts {
    /// Hashes every fact, each of fixed length or with its length before it.
    fn id(&self) -> [u8; 16] {
        let mut digest = digest::Context::new(&digest::SHA256);
        digest.update(EVIDENCE.as_bytes());
        digest.update(self.subject.store_key());
        digest.update(&self.epoch.to_bytes());
        digest.update(&self.at.unix().to_be_bytes());
        digest.update(&self.interaction.to_bytes());
        let external_verifier = self.external_verifier.as_deref().unwrap_or_default();
        for word in [self.factor.name(), external_verifier] {
            digest.update(&(word.len() as u64).to_be_bytes());
            digest.update(word.as_bytes());
        }
        let (class, strength) = (self.class as u8, self.strength as u8);
        let protected = u8::from(self.protected);
        digest.update(&[class, strength, self.channel as u8, protected]);
        let authenticator = self.authenticator.map_or(0, AuthenticatorId::number);
        digest.update(&authenticator.to_be_bytes());
        if let Some(binding) = &self.binding {
            digest.update(binding.as_bytes());
        }
        leading(digest.finish())
    }
}
