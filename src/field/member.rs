//! The keys inside a ring: roots with their states, and long-term secrets.

use zeroize::Zeroizing;

use super::derive::{DerivedKey, derive};
use super::root::{LongTermSecret, RootKey};
use crate::compare::ct_eq;
use crate::error::Error;
use crate::time::Timestamp;

/// A root in the ring.
#[derive(Clone)]
pub(super) struct Member {
    pub(super) source: Source,
    pub(super) info: RootInfo,
}

/// A source of purpose keys: the secret that they are derived from, or the keys themselves.
#[derive(Clone)]
pub(super) struct Source {
    /// A root's id, or a generation.
    pub(super) number: u32,
    pub(super) keys: Keys,
}

#[derive(Clone)]
pub(super) enum Keys {
    // Boxed: a list that grows, or is taken apart, then leaves no copy of a key behind.
    Whole(Box<Zeroizing<[u8; 32]>>),
    Derived(Vec<(String, Box<Zeroizing<[u8; 32]>>)>),
}

/// The numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RootState {
    /// Writes and reads.
    Active = 0,
    /// Reads.
    Readable = 1,
    /// Opens nothing, except in the rotation that names it.
    Revoked = 2,
}

/// A root as the ring knows it, without the key.
///
/// ```
/// # use countersign::field::{Keyring, LongTermSecret, RootKey};
/// let keyring = Keyring::new(RootKey::generate(5)?, LongTermSecret::generate(1)?);
/// let writes: Vec<u32> = keyring.roots().filter(|root| root.is_active()).map(|root| root.id()).collect();
/// assert_eq!(writes, [5]);
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RootInfo {
    pub(super) id: u32,
    pub(super) state: RootState,
    pub(super) created: Option<Timestamp>,
    pub(super) retired: Option<Timestamp>,
}

impl RootInfo {
    /// Returns the id.
    #[must_use]
    pub const fn id(&self) -> u32 {
        self.id
    }

    /// Returns whether this root writes. The others read, or are [revoked](Self::is_revoked).
    #[must_use]
    pub const fn is_active(&self) -> bool {
        matches!(self.state, RootState::Active)
    }

    /// Returns whether this root opens nothing, except in a rotation that names it.
    #[must_use]
    pub const fn is_revoked(&self) -> bool {
        matches!(self.state, RootState::Revoked)
    }

    /// Returns since when the root may write, if the host said it.
    #[must_use]
    pub const fn created(&self) -> Option<Timestamp> {
        self.created
    }

    /// Returns when the root stops writing, or stopped, if the host said it.
    #[must_use]
    pub const fn retired(&self) -> Option<Timestamp> {
        self.retired
    }
}

impl Member {
    pub(super) fn new(root: &RootKey, state: RootState) -> Self {
        Self {
            source: Source::whole(root.id(), root.expose_bytes()),
            info: RootInfo {
                id: root.id(),
                state,
                created: root.created,
                retired: root.retired,
            },
        }
    }

    /// Makes a member of a root whose dates are not compared with a clock. A date counts as if it had come: a retired root
    /// only reads, a revoked one opens nothing.
    pub(super) fn undated(root: &RootKey, state: RootState) -> Self {
        let state = match state {
            _ if root.revoked.is_some() => RootState::Revoked,
            RootState::Active if root.retired.is_some() => RootState::Readable,
            state => state,
        };
        Self::new(root, state)
    }
}

impl From<&LongTermSecret> for Source {
    fn from(secret: &LongTermSecret) -> Self {
        Self::whole(secret.generation(), secret.expose_bytes())
    }
}

impl Source {
    fn whole(number: u32, secret: &[u8; 32]) -> Self {
        Self {
            number,
            keys: Keys::Whole(Box::new(Zeroizing::new(*secret))),
        }
    }

    pub(super) fn derive(&self, purpose: &str, generation: u32) -> Result<DerivedKey, Error> {
        match &self.keys {
            Keys::Whole(secret) => derive(self.number, secret, purpose, generation),
            Keys::Derived(keys) => keys
                .iter()
                .find(|(name, _)| name == purpose)
                .map(|(_, bytes)| DerivedKey::from_bytes(self.number, (**bytes).clone()))
                .ok_or_else(|| misuse(format!("holds no key for the purpose `{purpose}`"))),
        }
    }

    pub(super) fn limited_to(
        &self,
        purposes: &[impl AsRef<str>],
        generation: u32,
    ) -> Result<Self, Error> {
        let mut keys = Vec::with_capacity(purposes.len());
        for purpose in purposes {
            let key = self.derive(purpose.as_ref(), generation)?;
            keys.push((purpose.as_ref().to_owned(), Box::new(key.into_bytes())));
        }
        Ok(Self {
            number: self.number,
            keys: Keys::Derived(keys),
        })
    }

    fn same_key(&self, other: &Self) -> bool {
        match (&self.keys, &other.keys) {
            (Keys::Whole(a), Keys::Whole(b)) => ct_eq(a.as_slice(), b.as_slice()),
            _ => false,
        }
    }
}

/// A ring holds this many roots, and this many long-term secrets, at most.
pub(super) const MAX_KEYS: usize = 255;

/// Adds to a list in which neither a number nor a key stands twice.
pub(super) fn add<T>(
    list: &mut Vec<T>,
    new: T,
    source: fn(&T) -> &Source,
    what: &str,
) -> Result<(), Error> {
    if list.len() >= MAX_KEYS {
        return Err(misuse(format!("must hold {MAX_KEYS} keys at most")));
    }
    let number = source(&new).number;
    for known in list.iter() {
        let known = source(known);
        if known.number == number {
            return Err(misuse(format!("already has the {what} {number}")));
        }
        if known.same_key(source(&new)) {
            return Err(misuse(format!(
                "has one key twice, as {what} {} and {number}",
                known.number
            )));
        }
    }
    list.push(new);
    Ok(())
}

pub(super) fn misuse(rule: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::misuse("keyring", rule)
}
