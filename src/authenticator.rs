//! Authenticators as hosts see them: ids, labels, and who added them.

use minicbor::{Decode, Decoder, Encode};

use crate::canonical::shown;
use crate::cbor::encode_by;
use crate::error::Error;
use crate::factor::Factor;
use crate::time::Timestamp;

/// The id of an authenticator, within the account of its subject.
///
/// Two authenticators of a subject never have the same id at a time. Authenticators of two subjects may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AuthenticatorId(u16);

impl AuthenticatorId {
    /// Makes the id of this number, for example from a form of the host.
    ///
    /// ```
    /// use countersign::account::AuthenticatorId;
    /// assert_eq!(AuthenticatorId::new(7).number(), 7);
    /// ```
    #[must_use]
    pub const fn new(number: u16) -> Self {
        Self(number)
    }

    /// Returns the number.
    #[must_use]
    pub const fn number(self) -> u16 {
        self.0
    }
}

/// The id of a change that waits, within the account of its subject.
///
/// Two changes that wait for a subject never have the same id at a time. Changes of two subjects may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PendingId(u16);

impl PendingId {
    /// Makes the id of this number, for example from a form of the host.
    ///
    /// ```
    /// use countersign::account::PendingId;
    /// assert_eq!(PendingId::new(3).number(), 3);
    /// ```
    #[must_use]
    pub const fn new(number: u16) -> Self {
        Self(number)
    }

    /// Returns the number.
    #[must_use]
    pub const fn number(self) -> u16 {
        self.0
    }
}

/// The authority by which an authenticator was added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(index_only)]
#[non_exhaustive]
pub enum AddedBy {
    /// The host itself, on its own responsibility: [`Authority::Host`](crate::Authority::Host).
    #[n(0)]
    Host,
    /// The customer, by a grant for a request that no agent handles.
    #[n(1)]
    Customer,
    /// An agent, by a grant for a request that the [agent handles](crate::Request::handled_by).
    #[n(2)]
    Agent,
}

/// The name that a customer or the host gives an authenticator: `Work phone`.
///
/// It is one line, in Unicode's form NFC, with single spaces. Letters of any direction may stand in it, marks that change the
/// direction may not. If it can hold such letters, isolate it on the page: HTML has `<bdi>`.
///
/// ```
/// use countersign::account::Label;
/// assert_eq!(Label::new("  Anna's   phone ")?.text(), "Anna's phone");
/// assert!(Label::new("\u{202e}enohp").is_err());
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Label(Box<str>);

impl Label {
    /// A longer label is refused.
    pub const MAX_CHARS: usize = 64;
    /// A longer text is not looked at. No label of 64 characters is longer, even with its marks written apart.
    const MAX_BYTES: usize = 1_024;

    /// Makes a label of this text. An empty one takes a label away.
    ///
    /// # Errors
    /// Misuse, if it has more than 64 characters, or holds control, invisible, private-use or unassigned characters, or piles
    /// of marks.
    pub fn new(text: &str) -> Result<Self, Error> {
        let refused = |rule| Err(Error::misuse("label", rule));
        const LONG: &str = "must hold 64 characters at most";
        if text.len() > Self::MAX_BYTES {
            return refused(LONG);
        }
        let Some(form) = shown::line(text) else {
            return refused(shown::RULE);
        };
        if form.chars().count() > Self::MAX_CHARS {
            return refused(LONG);
        }
        Ok(Self(form.into()))
    }

    /// Returns the text. It is empty if there is none.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }
}

encode_by!(Label, |label, to| to.str(&label.0)?.ok());

impl<'b, C> Decode<'b, C> for Label {
    fn decode(from: &mut Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        Ok(Self(from.str()?.into()))
    }
}

/// An authenticator of a subject, as [`Verifier::authenticators`](crate::Verifier::authenticators) lists it. It holds no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authenticator {
    pub(crate) id: AuthenticatorId,
    pub(crate) factor: Factor,
    pub(crate) label: Label,
    pub(crate) added: Timestamp,
    pub(crate) added_by: AddedBy,
    pub(crate) last_used: Option<Timestamp>,
    pub(crate) state: AuthenticatorState,
    pub(crate) hint: String,
}

impl Authenticator {
    /// Returns the id. [`Change::Rename`](crate::Change::Rename) and others take it.
    #[must_use]
    pub const fn id(&self) -> AuthenticatorId {
        self.id
    }

    /// Returns the factor. A telephone is listed once, as [`Factor::PrivateCode`], and an e-mail address as
    /// [`Factor::IssuedRecoveryCode`].
    #[must_use]
    pub const fn factor(&self) -> Factor {
        self.factor
    }

    /// Returns the name that it was given.
    #[must_use]
    pub const fn label(&self) -> &Label {
        &self.label
    }

    /// Returns when it was added: confirmed, if it takes a first code.
    #[must_use]
    pub const fn added(&self) -> Timestamp {
        self.added
    }

    /// Returns by which authority it was added.
    #[must_use]
    pub const fn added_by(&self) -> AddedBy {
        self.added_by
    }

    /// Returns the day of its last success, by its first second in UTC. There is none before the first.
    #[must_use]
    pub const fn last_used(&self) -> Option<Timestamp> {
        self.last_used
    }

    /// Returns the state.
    #[must_use]
    pub const fn state(&self) -> AuthenticatorState {
        self.state
    }

    /// Returns the telephone number or e-mail address, [masked](crate::mask). It is empty for others.
    #[must_use]
    pub fn hint(&self) -> &str {
        &self.hint
    }
}

/// The state of an authenticator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuthenticatorState {
    /// It waits for its first code.
    Pending {
        /// The end of the wait.
        until: Timestamp,
    },
    /// It can be shown.
    Active,
    /// It was [disabled](crate::Change::Disable), until it is enabled.
    Disabled,
    /// No try is taken in this interaction: too many were wrong. All authenticators of the factor share the lock.
    Locked {
        /// The end of the lock, if waiting ends it.
        until: Option<Timestamp>,
    },
}
