//! What a check that passed yields.

use ring::digest;

use crate::context::{Channel, Context, Interaction, Transaction, TransactionDigest};
use crate::derivation::{EVIDENCE, leading};
use crate::error::Error;
use crate::factor::{Factor, FactorClass, Strength};
use crate::subject::Subject;
use crate::time::Timestamp;

/// Who verified something outside this crate: a voice biometrics engine, a passkey server, a clerk at the counter.
///
/// A short name of lower-case letters, digits, `-` and `_`, which the policy lists.
///
/// ```
/// use countersign::account::ExternalVerifier;
/// assert_eq!(ExternalVerifier::new("voice-engine")?.name(), "voice-engine");
/// assert!(ExternalVerifier::new("Voice Engine").is_err());
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ExternalVerifier(String);

impl ExternalVerifier {
    /// A longer name is refused.
    pub const MAX_BYTES: usize = 32;

    /// The external verifier of that name.
    ///
    /// # Errors
    /// Misuse, if the name is empty, longer than 32 bytes or holds anything but lower-case letters, digits, `-`, `_`.
    ///
    /// ```
    /// assert!(countersign::account::ExternalVerifier::new("").is_err());
    /// ```
    pub fn new(name: &str) -> Result<Self, Error> {
        let fits = (1..=Self::MAX_BYTES).contains(&name.len());
        if fits
            && name
                .bytes()
                .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'))
        {
            return Ok(Self(name.to_owned()));
        }
        Err(Error::misuse(
            "external verifier",
            "must be 1 to 32 lower-case letters, digits, `-` or `_`",
        ))
    }

    /// The name.
    ///
    /// ```
    /// assert_eq!(countersign::account::ExternalVerifier::new("counter")?.name(), "counter");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0
    }
}

/// What the host verified itself, to be taken through the same door as everything else.
///
/// It counts only where the policy lists this external verifier. Suspended subjects are refused here too.
///
/// It is for no transaction, whatever the context is bound to: a login proves nothing about a payment. If the customer
/// confirmed one transaction, say so by [`for_transaction`](Self::for_transaction).
///
/// ```
/// use countersign::{FactorClass, Strength, account::{ExternalVerification, ExternalVerifier}};
/// let voice = ExternalVerification::new(ExternalVerifier::new("voice-engine")?, FactorClass::Inherence, Strength::Full);
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ExternalVerification {
    pub(crate) external_verifier: ExternalVerifier,
    pub(crate) class: FactorClass,
    pub(crate) strength: Strength,
    pub(crate) binding: Option<TransactionDigest>,
}

impl ExternalVerification {
    /// `external_verifier` has verified something of this class and strength, now.
    ///
    /// ```
    /// # use countersign::{FactorClass, Strength, account::{ExternalVerification, ExternalVerifier}};
    /// let passport = ExternalVerification::new(ExternalVerifier::new("counter")?, FactorClass::Possession, Strength::Full);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub const fn new(
        external_verifier: ExternalVerifier,
        class: FactorClass,
        strength: Strength,
    ) -> Self {
        Self {
            external_verifier,
            class,
            strength,
            binding: None,
        }
    }

    /// Says that the customer confirmed this transaction: the host showed it, and verified a proof of just this one.
    ///
    /// A passkey, for one, has to sign a challenge that holds the [digest](Transaction::digest). The evidence then meets
    /// `for_transaction = true` in a context that is [bound](Context::for_transaction) to this transaction, and counts in no other. An attempt
    /// in a context that is bound to another transaction is refused as misuse.
    ///
    /// ```
    /// use countersign::{FactorClass, Strength, Transaction, account::{ExternalVerification, ExternalVerifier}};
    /// let transfer = Transaction::payment("TX-1", "Anna", "99.50", "EUR")?;
    /// // The challenge of the assertion was `transfer.digest()`, and the signature is right.
    /// let passkey = ExternalVerification::new(ExternalVerifier::new("passkey")?, FactorClass::Possession, Strength::Full).for_transaction(&transfer);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn for_transaction(self, transaction: &Transaction) -> Self {
        Self {
            binding: Some(transaction.digest()),
            ..self
        }
    }

    /// The transaction that the evidence is for. The context's own never makes evidence specific to a transaction.
    pub(crate) fn transaction_digest_in(
        &self,
        ctx: &Context,
    ) -> Result<Option<TransactionDigest>, Error> {
        match (self.binding, ctx.transaction_digest()) {
            (Some(own), Some(other)) if own != other => Err(Error::misuse(
                "attestation",
                "must be for the transaction that the context is bound to, or for none",
            )),
            (own, _) => Ok(own),
        }
    }
}

/// A check that passed: who, by what, when, where, for what.
///
/// Only a check can make one. Policies take nothing else, so a host cannot forget to check.
///
/// Evidence lives in the memory of the process that checked. It cannot be written to a session or sent to another process,
/// and this version keeps none in the account's record. If several processes serve one call, route its requests to one of
/// them (sticky sessions). After a restart the customer shows the factors again.
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
/// It can be read, and kept for the time of the call:
///
/// ```
/// fn needs_deserialize<T: serde::de::DeserializeOwned>() {}
/// needs_deserialize::<String>();
/// fn is_fresh(evidence: &countersign::Evidence, now: countersign::Timestamp) -> bool {
///     now - evidence.at() < core::time::Duration::from_secs(5 * 60)
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Evidence {
    facts: Facts,
    id: [u8; 16],
}

/// What evidence says.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) subject: Subject,
    pub(crate) epoch: u32,
    pub(crate) factor: Factor,
    pub(crate) class: FactorClass,
    pub(crate) strength: Strength,
    pub(crate) external_verifier: Option<ExternalVerifier>,
    pub(crate) at: Timestamp,
    pub(crate) channel: Channel,
    pub(crate) interaction: Interaction,
    pub(crate) binding: Option<TransactionDigest>,
    pub(crate) protected: bool,
}

impl Evidence {
    /// Vouches for facts. Called by the account's door alone; a test counts the callers.
    pub(crate) fn vouch(facts: Facts) -> Self {
        let id = facts.id();
        Self { facts, id }
    }

    /// What the evidence is bound to when it is made: everything but the factor comes from the attempt's surroundings.
    pub(crate) fn of(
        subject: &Subject,
        epoch: u32,
        factor: Factor,
        attestation: Option<&ExternalVerification>,
        binding: Option<TransactionDigest>,
        ctx: &Context,
    ) -> Facts {
        // What is attested says itself what it is; without that it would be worth the least.
        let class = factor.class().unwrap_or(FactorClass::Knowledge);
        let strength = factor.strength().unwrap_or(Strength::Weak);
        Facts {
            subject: subject.clone(),
            epoch,
            factor,
            class: attestation.map_or(class, |given| given.class),
            strength: attestation.map_or(strength, |given| given.strength),
            external_verifier: attestation.map(|given| given.external_verifier.clone()),
            at: ctx.now(),
            channel: ctx.channel(),
            interaction: ctx.interaction(),
            binding,
            protected: ctx.is_protected(),
        }
    }

    /// Which evidence it is: the first half of a SHA-256 over all that it says. It tells nothing by itself, so it can stand in
    /// a trail; a [`Grant`](crate::Grant)'s id is made of it.
    ///
    /// ```
    /// fn is_the_same(one: &countersign::Evidence, other: &countersign::Evidence) -> bool { one.id() == other.id() }
    /// ```
    #[must_use]
    pub const fn id(&self) -> &[u8; 16] {
        &self.id
    }

    /// Who was verified.
    ///
    /// ```
    /// fn whose(evidence: &countersign::Evidence) -> &str { evidence.subject().id() }
    /// ```
    #[must_use]
    pub const fn subject(&self) -> &Subject {
        &self.facts.subject
    }

    /// The account's epoch at the time; evidence of an earlier one does not count.
    ///
    /// ```
    /// fn epoch(evidence: &countersign::Evidence) -> u32 { evidence.epoch() }
    /// ```
    #[must_use]
    pub const fn epoch(&self) -> u32 {
        self.facts.epoch
    }

    /// By what.
    ///
    /// ```
    /// fn by_app(evidence: &countersign::Evidence) -> bool { evidence.factor() == countersign::Factor::Totp }
    /// ```
    #[must_use]
    pub const fn factor(&self) -> Factor {
        self.facts.factor
    }

    /// What kind of thing was shown.
    ///
    /// ```
    /// fn class(evidence: &countersign::Evidence) -> countersign::FactorClass { evidence.class() }
    /// ```
    #[must_use]
    pub const fn class(&self) -> FactorClass {
        self.facts.class
    }

    /// How much it is worth.
    ///
    /// ```
    /// fn weak(evidence: &countersign::Evidence) -> bool { evidence.strength() == countersign::Strength::Weak }
    /// ```
    #[must_use]
    pub const fn strength(&self) -> Strength {
        self.facts.strength
    }

    /// Who attested it, if the host verified it itself.
    ///
    /// ```
    /// fn by(evidence: &countersign::Evidence) -> Option<&str> { evidence.external_verifier().map(|external_verifier| external_verifier.name()) }
    /// ```
    #[must_use]
    pub const fn external_verifier(&self) -> Option<&ExternalVerifier> {
        self.facts.external_verifier.as_ref()
    }

    /// When. Freshness is computed from it at each decision (pitfall B27).
    ///
    /// ```
    /// fn when(evidence: &countersign::Evidence) -> countersign::Timestamp { evidence.at() }
    /// ```
    #[must_use]
    pub const fn at(&self) -> Timestamp {
        self.facts.at
    }

    /// On which channel.
    ///
    /// ```
    /// fn on(evidence: &countersign::Evidence) -> countersign::Channel { evidence.channel() }
    /// ```
    #[must_use]
    pub const fn channel(&self) -> Channel {
        self.facts.channel
    }

    /// In which interaction.
    ///
    /// ```
    /// fn call(evidence: &countersign::Evidence) -> countersign::Interaction { evidence.interaction() }
    /// ```
    #[must_use]
    pub const fn interaction(&self) -> Interaction {
        self.facts.interaction
    }

    /// For which transaction, if it was bound to one.
    ///
    /// ```
    /// fn bound(evidence: &countersign::Evidence) -> bool { evidence.transaction_digest().is_some() }
    /// ```
    #[must_use]
    pub const fn transaction_digest(&self) -> Option<TransactionDigest> {
        self.facts.binding
    }

    /// Whether the host had marked the channel as protected, see [`Context::protected`].
    ///
    /// ```
    /// fn counts_for_a_level(evidence: &countersign::Evidence) -> bool { evidence.is_protected() }
    /// ```
    #[must_use]
    pub const fn is_protected(&self) -> bool {
        self.facts.protected
    }

    /// Its method in the words of RFC 8176, for a token's `amr`. Answers are `kba`, what an app shows is `otp`, what the host
    /// sent is `sms`; attested evidence has the word that the policy's document gives its external verifier, so none here.
    ///
    /// ```
    /// fn word(evidence: &countersign::Evidence) -> &str { evidence.amr().unwrap_or("user") }
    /// ```
    #[must_use]
    pub const fn amr(&self) -> Option<&'static str> {
        self.facts.factor.amr()
    }
}

impl Facts {
    /// Over every fact, each of fixed length or with its length before it.
    fn id(&self) -> [u8; 16] {
        let mut digest = digest::Context::new(&digest::SHA256);
        digest.update(EVIDENCE.as_bytes());
        digest.update(self.subject.store_key());
        digest.update(&self.epoch.to_be_bytes());
        digest.update(&self.at.unix().to_be_bytes());
        digest.update(&self.interaction.to_bytes());
        let external_verifier = self
            .external_verifier
            .as_ref()
            .map_or("", ExternalVerifier::name);
        for word in [self.factor.name(), external_verifier] {
            digest.update(&(word.len() as u64).to_be_bytes());
            digest.update(word.as_bytes());
        }
        let (class, strength) = (self.class as u8, self.strength as u8);
        let protected = u8::from(self.protected);
        digest.update(&[class, strength, self.channel as u8, protected]);
        if let Some(binding) = &self.binding {
            digest.update(binding.as_bytes());
        }
        leading(digest.finish())
    }
}
