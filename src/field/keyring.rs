//! The ring: roots by id and state, and the keys derived from them, one for each purpose.

use core::fmt;
use std::sync::Arc;

use super::derive::DerivedKey;
use super::keyring_bytes;
use super::member::{MAX_KEYS, Member, RootInfo, RootState, Source, add, misuse};
use super::purpose::long_term_purposes;
use super::root::{LongTermSecret, RootKey};
use crate::error::{Error, ErrorKind};
use crate::secret::SecretBytes;
use crate::time::Timestamp;

/// The keys of a host: one active root that writes, any number that still read, and the long-term secret.
///
/// No root encrypts anything itself. Each purpose has a key of its own:
/// HKDF-SHA-256(root, info = `"countersign" | suite | length, purpose | generation`). A process that needs few purposes
/// does not need the roots: see [`limited_to`](Self::limited_to).
///
/// ```
/// use countersign::field::{Keyring, LongTermSecret, RootKey};
/// let keyring = Keyring::new(RootKey::from_bytes(2, [2; 32])?, LongTermSecret::from_bytes(1, [9; 32])?)
///     .with_readable(RootKey::from_bytes(1, [1; 32])?)?;
/// assert_eq!(format!("{keyring:?}"), "Keyring(2 active, 1 readable, long-term [1])");
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone)]
pub struct Keyring {
    inner: Arc<Inner>,
}

#[derive(Clone)]
struct Inner {
    /// The first is the active one, and no other.
    roots: Vec<Member>,
    /// The first is the present generation.
    long_term: Vec<Source>,
}

impl Keyring {
    /// A ring holds this many roots, and this many long-term secrets, at most.
    pub const MAX_KEYS: usize = MAX_KEYS;

    /// Makes a ring of one root, which writes and reads, and one long-term secret.
    ///
    /// No clock is read here. A root with a date of [retirement](RootKey::retired) or [revocation](RootKey::revoked) does not
    /// write; give it to [`dated`](Self::dated).
    #[must_use]
    pub fn new(active: RootKey, long_term: LongTermSecret) -> Self {
        Self::of(
            vec![Member::undated(&active, RootState::Active)],
            vec![Source::from(&long_term)],
        )
    }

    fn of(roots: Vec<Member>, long_term: Vec<Source>) -> Self {
        Self {
            inner: Arc::new(Inner { roots, long_term }),
        }
    }

    /// Makes a ring of the roots' dates, as they stand at `now`. The newest root that has begun and has not retired writes. The
    /// others read. Those that were revoked open nothing.
    ///
    /// A root whose time is to come reads already. Give it to every process before that time: each of them then opens the
    /// values that the first one seals. A ring does not read the clock again. Build it again when a root's time has come.
    ///
    /// # Errors
    /// Misuse, if
    ///
    /// - no root may write, or a root has no moment of creation;
    /// - two of the newest were created in the same second;
    /// - two have one id or one key;
    /// - a root retired before it was created.
    ///
    /// ```
    /// # use countersign::{Timestamp, field::{Keyring, LongTermSecret, RootKey}};
    /// # let at = |day: i64| Timestamp::from_unix(1_800_000_000 + day * 86_400).unwrap();
    /// # let long_term = LongTermSecret::generate(1)?;
    /// let roots = [
    ///     RootKey::generate(1)?.created(at(0)).retired(at(90)),
    ///     RootKey::generate(2)?.created(at(90)),
    /// ];
    /// let before = Keyring::dated(at(89), long_term.clone(), roots.clone())?;
    /// assert_eq!(format!("{before:?}"), "Keyring(1 active, 2 readable, long-term [1])");
    /// let after = Keyring::dated(at(90), long_term, roots)?;
    /// assert_eq!(format!("{after:?}"), "Keyring(2 active, 1 readable, long-term [1])");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn dated(
        now: Timestamp,
        long_term: LongTermSecret,
        roots: impl IntoIterator<Item = RootKey>,
    ) -> Result<Self, Error> {
        let roots: Vec<RootKey> = roots.into_iter().collect();
        for root in &roots {
            let fault = match (root.created, root.retired) {
                (None, _) => "has no moment of creation",
                (Some(created), Some(retired)) if retired < created => {
                    "retired before it was created"
                }
                _ => continue,
            };
            return Err(misuse(format!("the root {} {fault}", root.id())));
        }
        let has_come = |at: Option<Timestamp>| at.is_some_and(|at| at <= now);
        let may_write = |root: &&RootKey| {
            has_come(root.created) && !has_come(root.retired) && !has_come(root.revoked)
        };
        let newest = roots
            .iter()
            .filter(may_write)
            .max_by_key(|root| root.created)
            .ok_or_else(|| misuse("has no root that may write"))?;
        let as_new = |root: &&RootKey| root.created == newest.created;
        if roots.iter().filter(may_write).filter(as_new).count() > 1 {
            return Err(misuse("has two newest roots, created in the same second"));
        }
        let mut ring = Self::of(Vec::new(), vec![Source::from(&long_term)]);
        let (active, others): (Vec<_>, Vec<_>) = roots
            .iter()
            .partition(|root| root.id() == newest.id() && root.created == newest.created);
        for root in &active {
            ring = ring.and(Member::new(root, RootState::Active))?;
        }
        for root in others {
            let state = if has_come(root.revoked) {
                RootState::Revoked
            } else {
                RootState::Readable
            };
            ring = ring.and(Member::new(root, state))?;
        }
        Ok(ring)
    }

    /// Adds a root that only reads.
    ///
    /// # Errors
    /// Misuse, if the ring has a root of that id, or that key under another id.
    pub fn with_readable(self, root: RootKey) -> Result<Self, Error> {
        self.and(Member::undated(&root, RootState::Readable))
    }

    /// Adds a root that opens nothing, except in a rotation that names it.
    ///
    /// # Errors
    /// As [`with_readable`](Self::with_readable).
    ///
    /// ```
    /// # use countersign::field::{FieldCipher, Keyring, LongTermSecret, RootKey};
    /// # let (leaked, long_term) = (RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// let before = Keyring::new(leaked.clone(), long_term.clone());
    /// let sealed = FieldCipher::new(&before, "bank", "notes")?.seal(&[b"42"], b"text")?;
    ///
    /// let keyring = Keyring::new(RootKey::generate(2)?, long_term).with_revoked(leaked)?;
    /// let cipher = FieldCipher::new(&keyring, "bank", "notes")?;
    /// assert!(cipher.open(&[b"42"], &sealed).is_err());
    /// let sealed = cipher.reseal_revoked(1, &[b"42"], &sealed)?;
    /// assert!(cipher.open(&[b"42"], &sealed).is_ok());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn with_revoked(self, root: RootKey) -> Result<Self, Error> {
        self.and(Member::new(&root, RootState::Revoked))
    }

    /// Adds a root that writes. The root that wrote before only reads from now on.
    ///
    /// # Errors
    /// As [`with_readable`](Self::with_readable); also if the root has a date of retirement or revocation.
    ///
    /// ```
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey};
    /// let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?).rotated_to(RootKey::generate(2)?)?;
    /// assert_eq!(format!("{keyring:?}"), "Keyring(2 active, 1 readable, long-term [1])");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn rotated_to(self, root: RootKey) -> Result<Self, Error> {
        let member = Member::undated(&root, RootState::Active);
        if !member.info.is_active() {
            return Err(misuse("cannot write under a root with a date of its end"));
        }
        let mut ring = self.and(member)?;
        let roots = &mut Arc::make_mut(&mut ring.inner).roots;
        roots.rotate_right(1);
        for member in roots.iter_mut().skip(1) {
            if member.info.is_active() {
                member.info.state = RootState::Readable;
            }
        }
        Ok(ring)
    }

    /// Revokes a root of the ring: it opens nothing from now on, except in a rotation that names it.
    ///
    /// # Errors
    /// Misuse, if the ring has no root of that id, or if that root writes: rotate to another one first.
    ///
    /// ```
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey};
    /// # let stored = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?).expose_bytes()?;
    /// let leaked = Keyring::from_bytes(stored.expose_bytes())?;
    /// let keyring = leaked.rotated_to(RootKey::generate(2)?)?.revoke(1)?;
    /// assert_eq!(format!("{keyring:?}"), "Keyring(2 active, 1 revoked, long-term [1])");
    /// assert!(keyring.revoke(2).is_err(), "it writes");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn revoke(mut self, id: u32) -> Result<Self, Error> {
        let roots = &mut Arc::make_mut(&mut self.inner).roots;
        let root = roots
            .iter_mut()
            .find(|member| member.info.id == id)
            .ok_or_else(|| misuse(format!("has no root {id}")))?;
        if root.info.is_active() {
            return Err(misuse(format!(
                "cannot revoke the root {id}, which writes: rotate to another one first"
            )));
        }
        root.info.state = RootState::Revoked;
        Ok(self)
    }

    fn and(mut self, member: Member) -> Result<Self, Error> {
        let inner = Arc::make_mut(&mut self.inner);
        add(&mut inner.roots, member, |member| &member.source, "root")?;
        Ok(self)
    }

    /// Adds an earlier generation of the long-term secret, for hashes and index values that name it.
    ///
    /// # Errors
    /// Misuse, if the ring has that generation, or that secret under another one.
    pub fn with_earlier_secret(self, earlier: LongTermSecret) -> Result<Self, Error> {
        self.and_source(Source::from(&earlier))
    }

    fn and_source(mut self, earlier: Source) -> Result<Self, Error> {
        let inner = Arc::make_mut(&mut self.inner);
        add(
            &mut inner.long_term,
            earlier,
            |source| source,
            "long-term generation",
        )?;
        Ok(self)
    }

    /// Returns a ring with the keys of these purposes alone, for a process that needs no more. It holds derived keys. Neither
    /// the roots nor the keys of other purposes follow from them.
    ///
    /// The purposes are those of [`FieldCipher`](super::FieldCipher) and [`BlindIndex`](super::BlindIndex), `account` for
    /// [`Settings`](crate::Settings), answers, passwords and PINs, and `subject keys`.
    ///
    /// # Errors
    /// Misuse, for no purpose, or one that the ring does not hold.
    ///
    /// ```
    /// # use countersign::field::{FieldCipher, Keyring, LongTermSecret, RootKey};
    /// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// let desk = keyring.limited_to(&["notes"])?;
    /// let sealed = FieldCipher::new(&keyring, "bank", "notes")?.seal(&[b"42"], b"text")?;
    /// assert!(FieldCipher::new(&desk, "bank", "notes")?.open(&[b"42"], &sealed).is_ok());
    /// assert!(FieldCipher::new(&desk, "bank", "payments").is_err());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn limited_to(&self, purposes: &[&str]) -> Result<Self, Error> {
        if purposes.is_empty() {
            return Err(misuse("must be limited to one purpose at least"));
        }
        let lasting: Vec<String> = purposes
            .iter()
            .flat_map(|purpose| long_term_purposes(purpose))
            .collect();
        let mut roots = Vec::new();
        for member in &self.inner.roots {
            roots.push(Member {
                source: member.source.limited_to(purposes, 0)?,
                info: member.info,
            });
        }
        let mut long_term = Vec::new();
        for source in &self.inner.long_term {
            long_term.push(source.limited_to(&lasting, source.number)?);
        }
        Ok(Self::of(roots, long_term))
    }

    /// Returns the whole ring, with its keys, for the host's key management. Seal these bytes with its master key.
    ///
    /// # Errors
    /// Misuse, if the ring is too large to be written.
    ///
    /// ```
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey};
    /// let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// let bytes = keyring.expose_bytes()?;
    /// assert_eq!(format!("{:?}", Keyring::from_bytes(bytes.expose_bytes())?), format!("{keyring:?}"));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn expose_bytes(&self) -> Result<SecretBytes, Error> {
        keyring_bytes::write(&self.inner.roots, &self.inner.long_term)
    }

    /// Reads a ring from the bytes that [`expose_bytes`](Self::expose_bytes) gave.
    ///
    /// # Errors
    /// Corrupt, if the bytes are no ring, or one of a newer version. Misuse, if it holds an id twice, no active root or two, or
    /// no long-term secret.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let (roots, long_term) = keyring_bytes::read(bytes)?;
        let mut ring = Self::of(Vec::new(), Vec::new());
        for member in roots {
            ring = ring.and(member)?;
        }
        for source in long_term {
            ring = ring.and_source(source)?;
        }
        Ok(ring)
    }

    /// Returns the roots, the active one first.
    pub fn roots(&self) -> impl Iterator<Item = RootInfo> + '_ {
        self.inner.roots.iter().map(|member| member.info)
    }

    /// Returns states and keys of one purpose, the writing one first.
    pub(super) fn purpose_keys(
        &self,
        purpose: &str,
    ) -> Result<Vec<(RootState, DerivedKey)>, Error> {
        // Room for all at once: a list that grows leaves keys behind.
        let mut keys = Vec::with_capacity(self.inner.roots.len());
        for member in &self.inner.roots {
            keys.push((member.info.state, member.source.derive(purpose, 0)?));
        }
        Ok(keys)
    }

    /// Returns the long-term key of a purpose, of the present generation.
    pub(crate) fn long_term_key(&self, purpose: &str) -> Result<DerivedKey, Error> {
        self.long_term_key_of(purpose, self.generations().next().unwrap_or(0))
    }

    /// Returns the long-term key of a purpose that no rotation may change: of the lowest generation in the ring.
    pub(crate) fn oldest_long_term_key(&self, purpose: &str) -> Result<DerivedKey, Error> {
        self.long_term_key_of(purpose, self.generations().min().unwrap_or(0))
    }

    /// Returns the long-term key of a purpose, of the generation that a stored hash names.
    pub(crate) fn long_term_key_of(
        &self,
        purpose: &str,
        generation: u32,
    ) -> Result<DerivedKey, Error> {
        let source = self
            .inner
            .long_term
            .iter()
            .find(|source| source.number == generation)
            .ok_or_else(|| {
                Error::corrupt(
                    "the hash",
                    format!("the keyring has no long-term secret of generation {generation}"),
                )
                .of(ErrorKind::MissingKey)
            })?;
        source.derive(purpose, generation)
    }

    /// Returns that key, if a hash was made with it. A long-term secret that was replaced under its old generation is an error:
    /// with it every answer would be wrong, and the customer would be locked out.
    pub(crate) fn checked_long_term_key(
        &self,
        purpose: &str,
        generation: u32,
        check_value: u32,
    ) -> Result<DerivedKey, Error> {
        let key = self.long_term_key_of(purpose, generation)?;
        if key.check_value() == check_value {
            return Ok(key);
        }
        let why = format!("the long-term secret of generation {generation} is another one");
        Err(Error::corrupt("the hash", why).of(ErrorKind::MissingKey))
    }

    /// Returns the generations of the long-term secret, the present one first.
    pub(crate) fn generations(&self) -> impl Iterator<Item = u32> + '_ {
        self.inner.long_term.iter().map(|source| source.number)
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keyring(")?;
        for info in self.roots() {
            let state = match info.state {
                RootState::Active => "active",
                RootState::Readable => "readable",
                RootState::Revoked => "revoked",
            };
            write!(f, "{} {state}, ", info.id)?;
        }
        let long_term: Vec<u32> = self.generations().collect();
        write!(f, "long-term {long_term:?})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn purposes_and_generations_have_keys_of_their_own() {
        let ring = Keyring::new(
            RootKey::from_bytes(1, [1; 32]).unwrap(),
            LongTermSecret::from_bytes(1, [1; 32]).unwrap(),
        )
        .with_earlier_secret(LongTermSecret::from_bytes(2, [2; 32]).unwrap())
        .unwrap();
        let key = |purpose| {
            *ring
                .purpose_keys(purpose)
                .unwrap()
                .remove(0)
                .1
                .expose_bytes()
        };
        assert_ne!(key("account"), key("other"));
        let first = ring.long_term_key_of("pepper", 1).unwrap();
        let second = ring.long_term_key_of("pepper", 2).unwrap();
        assert_ne!(first.expose_bytes(), second.expose_bytes());
        assert_ne!(first.expose_bytes(), &key("pepper"));
        assert!(ring.long_term_key_of("pepper", 3).is_err());
        assert_eq!(ring.long_term_key("pepper").unwrap().number(), 1);
        let rotated = Keyring::new(
            RootKey::generate(2).unwrap(),
            LongTermSecret::generate(2).unwrap(),
        )
        .with_earlier_secret(LongTermSecret::from_bytes(1, [1; 32]).unwrap())
        .unwrap();
        assert_eq!(rotated.long_term_key("pepper").unwrap().number(), 2);
        let (before, after) = (
            ring.oldest_long_term_key("decoys").unwrap(),
            rotated.oldest_long_term_key("decoys").unwrap(),
        );
        assert_eq!(
            before.expose_bytes(),
            after.expose_bytes(),
            "decoys stay as they are"
        );
    }
}
