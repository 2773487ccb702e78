//! The ring: roots by id, and the keys derived from them, one for each purpose.

use core::fmt;
use std::sync::Arc;

use ring::{hkdf, hmac};
use zeroize::Zeroizing;

use crate::error::Error;
use crate::random;

/// The suite all keys of this version are derived for.
pub(super) const SUITE: u8 = 1;

/// A root key of the ring: 32 bytes from the host's key management, under an id. Roots are rotated.
///
/// ```
/// use countersign::field::Root;
/// let root = Root::from_bytes(1, [7; 32])?;
/// assert_eq!(format!("{root:?}"), "Root(1, ..)");
/// assert!(Root::from_bytes(0, [7; 32]).is_err());
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone)]
pub struct Root {
    id: u32,
    bytes: Zeroizing<[u8; 32]>,
}

impl Root {
    /// Ids from here on are kept for per-subject keys.
    pub const FIRST_RESERVED_ID: u32 = 0x8000_0000;

    /// A root from bytes that the host's key management gave.
    ///
    /// # Errors
    /// Misuse, if the id is zero or in the reserved range, or all bytes are zero.
    ///
    /// ```
    /// assert!(countersign::field::Root::from_bytes(1, [0; 32]).is_err(), "an unset variable is no key");
    /// ```
    pub fn from_bytes(id: u32, bytes: [u8; 32]) -> Result<Self, Error> {
        Self::checked("root", id, bytes)
    }

    fn checked(what: &str, id: u32, bytes: [u8; 32]) -> Result<Self, Error> {
        let bytes = Zeroizing::new(bytes);
        if id == 0 || id >= Self::FIRST_RESERVED_ID {
            let field = format!("number of the {what}");
            return Err(Error::misuse(field, "must lie between 1 and 2147483647"));
        }
        if bytes.iter().all(|byte| *byte == 0) {
            return Err(Error::misuse(what.to_owned(), "must not be all zeros"));
        }
        Ok(Self { id, bytes })
    }

    /// A fresh random root. The host keeps it: see [`expose_bytes`](Self::expose_bytes).
    ///
    /// # Errors
    /// Misuse for a reserved id; store, if the system gives no randomness.
    ///
    /// ```
    /// let root = countersign::field::Root::generate(1)?;
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn generate(id: u32) -> Result<Self, Error> {
        Self::from_bytes(id, random::array()?)
    }

    /// The key itself, for the host's key management.
    ///
    /// ```
    /// let root = countersign::field::Root::from_bytes(1, [7; 32])?;
    /// assert_eq!(root.expose_bytes(), &[7; 32]);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn expose_bytes(&self) -> &[u8; 32] {
        &self.bytes
    }
}

impl fmt::Debug for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Root({}, ..)", self.id)
    }
}

/// The secret behind what must outlive the rotation of roots: the pepper of answers, and the decoys of unknown
/// subjects. Kept apart from the roots, it makes a stolen ring worth less.
///
/// Its number is the *generation*; verifiers name the generation they were made with.
///
/// ```
/// use countersign::field::StandingSecret;
/// let standing = StandingSecret::from_bytes(1, [9; 32])?;
/// assert_eq!(format!("{standing:?}"), "StandingSecret(1, ..)");
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone)]
pub struct StandingSecret(Root);

impl StandingSecret {
    /// A standing secret from bytes that the host's key management gave.
    ///
    /// # Errors
    /// As [`Root::from_bytes`].
    ///
    /// ```
    /// assert!(countersign::field::StandingSecret::from_bytes(0, [9; 32]).is_err());
    /// ```
    pub fn from_bytes(generation: u32, bytes: [u8; 32]) -> Result<Self, Error> {
        Root::checked("standing secret", generation, bytes).map(Self)
    }

    /// A fresh random one.
    ///
    /// # Errors
    /// As [`Root::generate`].
    ///
    /// ```
    /// let standing = countersign::field::StandingSecret::generate(1)?;
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn generate(generation: u32) -> Result<Self, Error> {
        Self::from_bytes(generation, random::array()?)
    }

    /// The secret itself, for the host's key management.
    ///
    /// ```
    /// assert_eq!(countersign::field::StandingSecret::from_bytes(1, [9; 32])?.expose_bytes(), &[9; 32]);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn expose_bytes(&self) -> &[u8; 32] {
        self.0.expose_bytes()
    }
}

impl fmt::Debug for StandingSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StandingSecret({}, ..)", self.0.id)
    }
}

/// The keys of a host: one active root that writes, any number that still read, and the standing secret.
///
/// No root encrypts anything itself. Each purpose has a key of its own,
/// HKDF-SHA-256(root, info = `"countersign" | suite | length, purpose | generation`).
///
/// ```
/// use countersign::field::{Keyring, Root, StandingSecret};
/// let keyring = Keyring::new(Root::from_bytes(2, [2; 32])?, StandingSecret::from_bytes(1, [9; 32])?)
///     .and_readable(Root::from_bytes(1, [1; 32])?)?;
/// assert_eq!(format!("{keyring:?}"), "Keyring(active 2, readable [1], standing [1])");
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone)]
pub struct Keyring {
    inner: Arc<Inner>,
}

#[derive(Clone)]
struct Inner {
    /// The first is the active one.
    roots: Vec<Root>,
    /// The first is the present generation.
    standing: Vec<StandingSecret>,
}

impl Keyring {
    /// A ring with one root, which writes and reads, and one standing secret.
    ///
    /// ```
    /// # use countersign::field::{Keyring, Root, StandingSecret};
    /// let keyring = Keyring::new(Root::generate(1)?, StandingSecret::generate(1)?);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn new(active: Root, standing: StandingSecret) -> Self {
        Self {
            inner: Arc::new(Inner {
                roots: vec![active],
                standing: vec![standing],
            }),
        }
    }

    /// The same with one more root, which only reads.
    ///
    /// # Errors
    /// Misuse, if the ring has a root of that id.
    ///
    /// ```
    /// # use countersign::field::{Keyring, Root, StandingSecret};
    /// let keyring = Keyring::new(Root::generate(1)?, StandingSecret::generate(1)?);
    /// assert!(keyring.and_readable(Root::generate(1)?).is_err(), "two roots of one id");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn and_readable(mut self, root: Root) -> Result<Self, Error> {
        let inner = Arc::make_mut(&mut self.inner);
        if inner.roots.iter().any(|known| known.id == root.id) {
            return Err(Error::misuse(
                "keyring",
                format!("already has a root with the id {}", root.id),
            ));
        }
        inner.roots.push(root);
        Ok(self)
    }

    /// The same with an earlier generation of the standing secret, for verifiers that still name it.
    ///
    /// # Errors
    /// Misuse, if the ring has that generation.
    ///
    /// ```
    /// # use countersign::field::{Keyring, Root, StandingSecret};
    /// let keyring = Keyring::new(Root::generate(1)?, StandingSecret::generate(2)?).and_standing(StandingSecret::generate(1)?)?;
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn and_standing(mut self, earlier: StandingSecret) -> Result<Self, Error> {
        let inner = Arc::make_mut(&mut self.inner);
        if inner
            .standing
            .iter()
            .any(|known| known.0.id == earlier.0.id)
        {
            return Err(Error::misuse(
                "keyring",
                format!("already has the standing generation {}", earlier.0.id),
            ));
        }
        inner.standing.push(earlier);
        Ok(self)
    }

    /// Ids and keys of one purpose, the writing one first.
    pub(super) fn purpose_keys(&self, purpose: &str) -> Result<Vec<DerivedKey>, Error> {
        self.inner
            .roots
            .iter()
            .map(|root| derive(root, purpose, 0))
            .collect()
    }

    /// The key of a long-lived purpose, of the present generation.
    pub(crate) fn lasting(&self, purpose: &str) -> Result<DerivedKey, Error> {
        let generation = self
            .inner
            .standing
            .first()
            .map_or(0, |standing| standing.0.id);
        self.lasting_of(purpose, generation)
    }

    /// The key of a purpose that no rotation may change, as long as its generation is in the ring: the lowest.
    pub(crate) fn eldest(&self, purpose: &str) -> Result<DerivedKey, Error> {
        let generation = self
            .inner
            .standing
            .iter()
            .map(|standing| standing.0.id)
            .min()
            .unwrap_or(0);
        self.lasting_of(purpose, generation)
    }

    /// The key of a long-lived purpose, of the generation that a verifier names.
    pub(crate) fn lasting_of(&self, purpose: &str, generation: u32) -> Result<DerivedKey, Error> {
        let source = self
            .inner
            .standing
            .iter()
            .find(|standing| standing.0.id == generation)
            .ok_or_else(|| {
                Error::corrupt(
                    "the verifier",
                    format!("the keyring has no standing secret of generation {generation}"),
                )
            })?;
        derive(&source.0, purpose, generation)
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let roots: Vec<u32> = self.inner.roots.iter().map(|root| root.id).collect();
        let standing: Vec<u32> = self
            .inner
            .standing
            .iter()
            .map(|secret| secret.0.id)
            .collect();
        let (active, readable) = roots
            .split_first()
            .map_or((0, [].as_slice()), |(first, rest)| (*first, rest));
        write!(
            f,
            "Keyring(active {active}, readable {readable:?}, standing {standing:?})"
        )
    }
}

/// A derived key, under the number of what it was derived from: a root's id, or a generation.
pub(crate) struct DerivedKey {
    number: u32,
    bytes: Zeroizing<[u8; 32]>,
}

impl DerivedKey {
    pub(crate) const fn number(&self) -> u32 {
        self.number
    }

    pub(crate) fn expose_bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// A number by which a wrong key of the same number is noticed before it makes every answer wrong.
    pub(crate) fn check_value(&self) -> u32 {
        let tag = hmac::sign(&self.hmac(), b"check value");
        tag.as_ref()
            .first_chunk()
            .map_or(0, |bytes| u32::from_be_bytes(*bytes))
    }

    pub(crate) fn hmac(&self) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, self.bytes.as_slice())
    }
}

fn derive(root: &Root, purpose: &str, generation: u32) -> Result<DerivedKey, Error> {
    let length = u8::try_from(purpose.len())
        .map_err(|_| Error::misuse("purpose", "must hold 255 bytes at most"))?;
    let mut key = Zeroizing::new([0_u8; 32]);
    hkdf::Salt::new(hkdf::HKDF_SHA256, &[])
        .extract(root.bytes.as_slice())
        .expand(
            &[
                b"countersign",
                &[SUITE],
                &[length],
                purpose.as_bytes(),
                &generation.to_be_bytes(),
            ],
            hkdf::HKDF_SHA256,
        )
        .and_then(|okm| okm.fill(key.as_mut_slice()))
        .map_err(|_| Error::misuse("purpose", "cannot be derived"))?;
    Ok(DerivedKey {
        number: root.id,
        bytes: key,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn purposes_and_generations_have_keys_of_their_own() {
        let ring = Keyring::new(
            Root::from_bytes(1, [1; 32]).unwrap(),
            StandingSecret::from_bytes(1, [1; 32]).unwrap(),
        )
        .and_standing(StandingSecret::from_bytes(2, [1; 32]).unwrap())
        .unwrap();
        let key = |purpose| *ring.purpose_keys(purpose).unwrap().remove(0).expose_bytes();
        assert_ne!(key("account"), key("other"));
        let first = ring.lasting_of("pepper", 1).unwrap();
        let second = ring.lasting_of("pepper", 2).unwrap();
        assert_ne!(first.expose_bytes(), second.expose_bytes());
        assert_ne!(first.expose_bytes(), &key("pepper"));
        assert!(ring.lasting_of("pepper", 3).is_err());
        assert_eq!(ring.lasting("pepper").unwrap().number(), 1);
        let rotated = Keyring::new(
            Root::generate(2).unwrap(),
            StandingSecret::generate(2).unwrap(),
        )
        .and_standing(StandingSecret::from_bytes(1, [1; 32]).unwrap())
        .unwrap();
        assert_eq!(rotated.lasting("pepper").unwrap().number(), 2);
        let (before, after) = (
            ring.eldest("decoys").unwrap(),
            rotated.eldest("decoys").unwrap(),
        );
        assert_eq!(
            before.expose_bytes(),
            after.expose_bytes(),
            "decoys stay as they are"
        );
    }
}
