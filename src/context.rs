//! The context of an attempt: its channel, interaction and transaction.

mod transaction;

use core::fmt;
use core::hash::BuildHasher;
use std::collections::hash_map::RandomState;
use std::sync::LazyLock;

use minicbor::{Decode, Encode};

use crate::error::Error;
use crate::random;
use crate::time::Timestamp;

pub use transaction::{Transaction, TransactionDigest};

/// The context of an attempt: its channel, interaction and transaction.
///
/// It holds no time, so a host may keep it for as long as the interaction lasts. The [`Verifier`](crate::Verifier) reads its
/// [clock](crate::time::Clock) at each call.
///
/// ```
/// use countersign::{Channel, Context};
/// let call = Context::begin(Channel::Agent)?;
/// // Keep these 16 bytes with the call. The next request goes on with them.
/// let kept = call.interaction().to_bytes();
/// # let _ = kept;
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Context {
    channel: Channel,
    interaction: Interaction,
    binding: Option<TransactionDigest>,
    protected: bool,
}

impl Context {
    /// Begins an interaction on `channel`, and makes its context.
    ///
    /// # Errors
    /// Store, if the system gives no randomness.
    pub fn begin(channel: Channel) -> Result<Self, Error> {
        Ok(Self::new(channel, Interaction::begin()?))
    }

    /// Makes the context of an attempt on `channel`, as part of `interaction`.
    ///
    /// ```
    /// use countersign::{Channel, Context, Interaction};
    /// # let kept = Interaction::begin()?.to_bytes();
    /// // In the next request, maybe in another process:
    /// let call = Context::new(Channel::Agent, Interaction::from_bytes(kept));
    /// # let _ = call;
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub const fn new(channel: Channel, interaction: Interaction) -> Self {
        Self {
            channel,
            interaction,
            binding: None,
            protected: false,
        }
    }

    /// Sets the transaction of the context. A code that is issued in it counts for this transaction only, and proves this
    /// transaction only.
    ///
    /// Other evidence does not become specific to it. The code of an app is for none. An external verification is only for
    /// [the one it names](crate::account::ExternalVerification::for_transaction).
    ///
    /// ```
    /// use countersign::{Channel, Context, Interaction, Timestamp, Transaction};
    /// let transfer = Transaction::new("TX-1")?.with("payee", "Anna")?.with("amount", "99.50 EUR")?;
    /// let ctx = Context::begin(Channel::Agent)?.for_transaction(&transfer);
    /// assert_eq!(ctx.transaction_digest(), Some(transfer.digest()));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    ///
    /// A step-up runs under one such context: the code is issued, checked and authorized for one transaction.
    ///
    /// ```
    /// use countersign::{Attempt, Authorized, Channel, Code, Context, Decision, Policy, Request, Subject, Transaction, Verifier};
    /// use countersign::delivered::{CodeOrder, Issued};
    /// # use countersign::{Authority, Change, Settings, delivered::Destination, field::{Keyring, LongTermSecret, RootKey}, store::memory::MemoryStore};
    /// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
    /// # let verifier = Verifier::new(MemoryStore::new(), settings);
    /// # let anna = Subject::new("bank", "C-1042")?;
    /// let policy = Policy::from_toml(r#"
    ///     version = 1
    ///     grant_lifetime = 300
    ///     tiers = ["every"]
    ///     [action."payment.send".every_tier]
    ///     any = [{ all = [{ factor = "spoken_code", max_age = 300, for_transaction = true }] }]
    /// "#)?;
    /// let call = Context::begin(Channel::Agent)?;
    /// # verifier.create(&anna, &call)?;
    /// # let phone = Change::SetPhone(Destination::phone("+62 812 3456 7834")?);
    /// # let _ = verifier.change(&anna, &phone, &Authority::Host, &call)?;
    ///
    /// let transfer = Transaction::payment("TX-1", "Anna", "99.50", "EUR")?;
    /// let bound = call.for_transaction(&transfer);
    /// let Issued::Ready(delivery) = verifier.issue(&anna, &CodeOrder::spoken(), &bound)? else { panic!("too many codes") };
    /// let heard = delivery.send(|_phone, code| code.to_owned()).unwrap_or_default();
    /// let _ = verifier.check(&anna, &Attempt::Delivered(Code::typed(&heard)), &bound)?;
    ///
    /// // Without the transaction the code is evidence of nothing.
    /// let request = Request::new("payment.send");
    /// assert!(matches!(verifier.decide(&policy, &request, &anna, &call)?, Decision::Deny(_)));
    ///
    /// let Authorized::Yes(redeemed) = verifier.authorize(&policy, &request, &anna, &bound)? else { panic!("more is asked") };
    /// redeemed.expect_transaction("payment.send", &anna, &transfer)?; // now book it
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn for_transaction(self, transaction: &Transaction) -> Self {
        Self {
            binding: Some(transaction.digest()),
            ..self
        }
    }

    /// Marks the channel as authenticated and protected (SP 800-63B-4 2.1.2): encrypted, with a host that has proved its name.
    ///
    /// Only evidence given on such a channel counts towards an [assurance level](crate::policy::Aal). A telephone line is not one, so a
    /// keypad never becomes one.
    ///
    /// ```
    /// use countersign::{Channel, Context, Interaction, Timestamp};
    /// let app = Context::begin(Channel::Device)?.protected();
    /// assert!(app.is_protected());
    /// let line = Context::begin(Channel::Keypad)?.protected();
    /// assert!(!line.is_protected());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub const fn protected(self) -> Self {
        Self {
            protected: !matches!(self.channel, Channel::Keypad),
            ..self
        }
    }

    /// Returns whether the host has marked the channel as protected.
    #[must_use]
    pub const fn is_protected(&self) -> bool {
        self.protected
    }

    /// Returns this context at a moment.
    pub(crate) const fn at(self, now: Timestamp) -> ContextAt {
        ContextAt { context: self, now }
    }

    /// Returns the channel of the words or digits.
    #[must_use]
    pub const fn channel(&self) -> Channel {
        self.channel
    }

    /// Returns the call or chat.
    #[must_use]
    pub const fn interaction(&self) -> Interaction {
        self.interaction
    }

    /// Returns the digest of the transaction, if there is one.
    #[must_use]
    pub const fn transaction_digest(&self) -> Option<TransactionDigest> {
        self.binding
    }
}

/// A context at the moment of one step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ContextAt {
    context: Context,
    now: Timestamp,
}

impl ContextAt {
    /// Returns the moment.
    pub(crate) const fn now(&self) -> Timestamp {
        self.now
    }

    pub(crate) const fn channel(&self) -> Channel {
        self.context.channel
    }

    pub(crate) const fn interaction(&self) -> Interaction {
        self.context.interaction
    }

    pub(crate) const fn transaction_digest(&self) -> Option<TransactionDigest> {
        self.context.binding
    }

    pub(crate) const fn is_protected(&self) -> bool {
        self.context.protected
    }
}

/// The channel of the words or digits of an attempt. It says which people and machines hear them.
///
/// | where the customer is | channel | a private code given there |
/// |---|---|---|
/// | on the telephone with an agent, or in a chat with one | `Agent` | is void |
/// | at an IVR, keying digits in | `Keypad` | is void |
/// | at a branch counter | `Counter` | is void |
/// | in a chat with a bot | `Chat` | counts |
/// | on a web page, before or after sign-in | `Web` | counts |
/// | in your own app on an enrolled device | `Device` | counts |
///
/// A code that is void never counts again, and the audit trail says
/// [`PrivateCodeTold`](crate::audit::Reason::PrivateCodeTold). Send a [spoken code](crate::delivered::CodeOrder::spoken) to a customer who is on
/// one of these channels. It counts there and on no other.
///
/// ```
/// use countersign::Channel;
/// assert!(Channel::Agent.reveals_to_host());
/// assert!(!Channel::Device.reveals_to_host());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(index_only)]
#[non_exhaustive]
pub enum Channel {
    /// A person of the host hears or reads it: an agent on the phone, a chat with a human.
    #[n(0)]
    Agent,
    /// Keyed in on a phone, into the host's own machine.
    #[n(1)]
    Keypad,
    /// Written to the host's own machine: a chat bot.
    #[n(2)]
    Chat,
    /// The customer's own enrolled device, or an application on it.
    #[n(3)]
    Device,
    /// In person, at the host's premises.
    #[n(4)]
    Counter,
    /// A page in a browser that is not the customer's own enrolled device, or not yet: a login page is one.
    #[n(5)]
    Web,
}

impl Channel {
    /// Returns whether the channel reveals a private code to the host or its people. Such a code belongs into the customer's own
    /// device or screen. Given on a call, it is a sign of fraud.
    #[must_use]
    pub const fn reveals_to_host(self) -> bool {
        matches!(self, Self::Agent | Self::Keypad | Self::Counter)
    }

    /// Returns whether control of one of the two channels gives no control of the other. The call or chat, the customer's own
    /// device, a browser and the counter are independent of one another. Agent, keypad and chat are not: they can be one call.
    ///
    /// ```
    /// use countersign::Channel;
    /// assert!(Channel::Device.is_independent_of(Channel::Agent));
    /// assert!(!Channel::Keypad.is_independent_of(Channel::Agent));
    /// ```
    #[must_use]
    pub const fn is_independent_of(self, other: Self) -> bool {
        const fn medium(channel: Channel) -> u8 {
            match channel {
                Channel::Agent | Channel::Keypad | Channel::Chat => 0,
                Channel::Device => 1,
                Channel::Counter => 2,
                Channel::Web => 3,
            }
        }
        medium(self) != medium(other)
    }
}

/// One call, chat or visit, by an identifier of 128 random bits that the library draws.
///
/// Evidence counts in the interaction it was given in. The record keeps it, so a host keeps these 16 bytes between requests and
/// nothing else. Begin a new one with each call and each sign-in, never one for two customers.
///
/// The identifier is a handle: what the interaction has shown counts for whoever sends it along. A web host keeps it on its own
/// side, in the session that its cookie names. A host without sessions seals it into the cookie, by
/// [`FieldCipher::seal`](crate::field::FieldCipher::seal), bound to the customer's id. The cookie is `Secure`, `HttpOnly` and
/// `SameSite`. At sign-out call [`Verifier::end`](crate::Verifier::end). Events name an interaction by a [keyed
/// hash](crate::Settings::interaction_hash), and so does `Debug`, by a key of the process.
///
/// ```
/// use countersign::Interaction;
/// let call = Interaction::begin()?;
/// assert_eq!(Interaction::from_bytes(call.to_bytes()), call);
/// assert_ne!(Interaction::begin()?, call);
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Interaction([u8; 16]);

impl Interaction {
    /// Draws a new identifier.
    ///
    /// # Errors
    /// Store, if the system gives no randomness.
    pub fn begin() -> Result<Self, Error> {
        random::array().map(Self)
    }

    /// Takes an identifier that [`begin`](Self::begin) drew in another process of one host.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Returns the identifier, to carry it along.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0
    }
}

impl fmt::Debug for Interaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A key of this process: one id looks alike in all of its lines, and nobody can compute it.
        static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);
        write!(f, "Interaction(#{:08x})", KEY.hash_one(self.0) >> 32)
    }
}
