//! The ring: roots by id and state, and the keys derived from them, one for each purpose.

use core::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::derive::{DerivedKey, derive};
use super::purpose::lasting_purposes;
use super::root::{DatedRootKey, LongTermSecret, RootKey};
use crate::compare::ct_eq;
use crate::error::Error;
use crate::time::Timestamp;

/// The keys of a host: one active root that writes, any number that still read, and the long-term secret.
///
/// No root encrypts anything itself. Each purpose has a key of its own,
/// HKDF-SHA-256(root, info = `"countersign" | suite | length, purpose | generation`). A process that needs few purposes
/// need not hold the roots: see [`limited_to`](Self::limited_to).
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
    pub(super) inner: Arc<Inner>,
}

#[derive(Clone)]
pub(super) struct Inner {
    /// The first is the active one, and no other.
    pub(super) roots: Vec<Member>,
    /// The first is the present generation.
    pub(super) long_term: Vec<Source>,
}

/// A root in the ring.
#[derive(Clone)]
pub(super) struct Member {
    pub(super) source: Source,
    pub(super) info: RootInfo,
}

/// What purpose keys come from: the secret they are derived from, or the keys themselves.
#[derive(Clone)]
pub(super) struct Source {
    /// A root's id, or a generation.
    pub(super) number: u32,
    pub(super) keys: Keys,
}

#[derive(Clone)]
pub(super) enum Keys {
    // Boxed, so that a list that grows, or is taken apart, leaves no copy of a key behind.
    Whole(Box<Zeroizing<[u8; 32]>>),
    Derived(Vec<(String, Box<Zeroizing<[u8; 32]>>)>),
}

/// What a root of the ring may do.
///
/// ```
/// # use countersign::field::{Keyring, LongTermSecret, RootKey, RootState};
/// let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
/// assert_eq!(keyring.roots().next().map(|root| root.state()), Some(RootState::Active));
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RootState {
    /// Writes and reads.
    Active,
    /// Reads.
    Readable,
    /// Opens nothing, but in the rotation that names it.
    Revoked,
}

/// A root as the ring knows it, without the key.
///
/// ```
/// # use countersign::field::{Keyring, LongTermSecret, RootKey};
/// let keyring = Keyring::new(RootKey::generate(5)?, LongTermSecret::generate(1)?);
/// let ids: Vec<u32> = keyring.roots().map(|root| root.id()).collect();
/// assert_eq!(ids, [5]);
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
    /// The id.
    ///
    /// ```
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey};
    /// # let keyring = Keyring::new(RootKey::generate(5)?, LongTermSecret::generate(1)?);
    /// assert!(keyring.roots().all(|root| root.id() == 5));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub const fn id(&self) -> u32 {
        self.id
    }

    /// What it may do.
    ///
    /// ```
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey, RootState};
    /// # let keyring = Keyring::new(RootKey::generate(2)?, LongTermSecret::generate(1)?).with_revoked(RootKey::generate(1)?)?;
    /// assert_eq!(keyring.roots().last().map(|root| root.state()), Some(RootState::Revoked));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub const fn state(&self) -> RootState {
        self.state
    }

    /// Since when it may write, if the host said.
    ///
    /// ```
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey};
    /// # let keyring = Keyring::new(RootKey::generate(2)?, LongTermSecret::generate(1)?);
    /// assert!(keyring.roots().all(|root| root.created().is_none()));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub const fn created(&self) -> Option<Timestamp> {
        self.created
    }

    /// When it stopped, or stops, writing, if the host said.
    ///
    /// ```
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey};
    /// # let keyring = Keyring::new(RootKey::generate(2)?, LongTermSecret::generate(1)?);
    /// assert!(keyring.roots().all(|root| root.retired().is_none()));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub const fn retired(&self) -> Option<Timestamp> {
        self.retired
    }
}

impl Keyring {
    /// A ring holds this many roots, and this many long-term secrets, at most.
    pub const MAX_KEYS: usize = 255;

    /// A ring with one root, which writes and reads, and one long-term secret.
    ///
    /// ```
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey};
    /// let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn new(active: RootKey, long_term: LongTermSecret) -> Self {
        Self::of(
            vec![Member::new(&active, RootState::Active)],
            vec![Source::from(&long_term)],
        )
    }

    /// A ring that is to be filled.
    pub(super) fn empty() -> Self {
        Self::of(Vec::new(), Vec::new())
    }

    fn of(roots: Vec<Member>, long_term: Vec<Source>) -> Self {
        Self {
            inner: Arc::new(Inner { roots, long_term }),
        }
    }

    /// A ring from the roots' lives, as they stand at `now`: the newest root that has begun and has not retired writes, the
    /// others read, those that were revoked open nothing.
    ///
    /// A root whose time is to come reads already. Give it to every process before that, so that none meets a value it
    /// cannot open. A ring does not look at the clock again: build it anew when a root's time has come.
    ///
    /// # Errors
    /// Misuse, if no root may write, two of the newest were created in the same second, two have one id or one key, or a
    /// root retired before it was created.
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
        roots: impl IntoIterator<Item = DatedRootKey>,
    ) -> Result<Self, Error> {
        let roots: Vec<DatedRootKey> = roots.into_iter().collect();
        for dated in &roots {
            if dated.retired.is_some_and(|at| at < dated.created) {
                return Err(misuse(format!(
                    "the root {} retired before it was created",
                    dated.root.id()
                )));
            }
        }
        let begun = |at: Option<Timestamp>| at.is_some_and(|at| at <= now);
        let may_write = |dated: &&DatedRootKey| {
            dated.created <= now && !begun(dated.retired) && !begun(dated.revoked)
        };
        let newest = roots
            .iter()
            .filter(may_write)
            .max_by_key(|dated| dated.created)
            .ok_or_else(|| misuse("has no root that may write"))?;
        let writer = newest.root.id();
        let as_new = |dated: &&DatedRootKey| dated.created == newest.created;
        if roots.iter().filter(may_write).filter(as_new).count() > 1 {
            return Err(misuse("has two newest roots, created in the same second"));
        }
        let mut ring = Self::of(Vec::new(), vec![Source::from(&long_term)]);
        let (active, others): (Vec<_>, Vec<_>) = roots
            .iter()
            .partition(|dated| dated.root.id() == writer && dated.created == newest.created);
        for (dated, writes) in active
            .into_iter()
            .map(|dated| (dated, true))
            .chain(others.into_iter().map(|dated| (dated, false)))
        {
            let state = match dated {
                _ if writes => RootState::Active,
                _ if begun(dated.revoked) => RootState::Revoked,
                _ => RootState::Readable,
            };
            let mut member = Member::new(&dated.root, state);
            member.info.created = Some(dated.created);
            member.info.retired = dated.retired;
            ring = ring.and(member)?;
        }
        Ok(ring)
    }

    /// The same with one more root, which only reads.
    ///
    /// # Errors
    /// Misuse, if the ring has a root of that id, or that key under another id.
    ///
    /// ```
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey};
    /// let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// assert!(keyring.with_readable(RootKey::generate(1)?).is_err(), "two roots of one id");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn with_readable(self, root: RootKey) -> Result<Self, Error> {
        self.and(Member::new(&root, RootState::Readable))
    }

    /// The same with one more root, which opens nothing but in a rotation that names it.
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

    /// The same with a new root that writes; the one that wrote until now only reads.
    ///
    /// # Errors
    /// As [`with_readable`](Self::with_readable).
    ///
    /// ```
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey};
    /// let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?).rotated_to(RootKey::generate(2)?)?;
    /// assert_eq!(format!("{keyring:?}"), "Keyring(2 active, 1 readable, long-term [1])");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn rotated_to(self, root: RootKey) -> Result<Self, Error> {
        let mut ring = self.and(Member::new(&root, RootState::Readable))?;
        let roots = &mut Arc::make_mut(&mut ring.inner).roots;
        roots.rotate_right(1);
        for (place, member) in roots.iter_mut().enumerate() {
            match (place, member.info.state) {
                (0, _) => member.info.state = RootState::Active,
                (_, RootState::Active) => member.info.state = RootState::Readable,
                _ => {}
            }
        }
        Ok(ring)
    }

    pub(super) fn and(mut self, member: Member) -> Result<Self, Error> {
        let inner = Arc::make_mut(&mut self.inner);
        add(&mut inner.roots, member, |member| &member.source, "root")?;
        Ok(self)
    }

    /// The same with an earlier generation of the long-term secret, for verifiers and index values that still name it.
    ///
    /// # Errors
    /// Misuse, if the ring has that generation, or that secret under another one.
    ///
    /// ```
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey};
    /// let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(2)?).with_earlier_secret(LongTermSecret::generate(1)?)?;
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn with_earlier_secret(self, earlier: LongTermSecret) -> Result<Self, Error> {
        self.and_source(Source::from(&earlier))
    }

    pub(super) fn and_source(mut self, earlier: Source) -> Result<Self, Error> {
        let inner = Arc::make_mut(&mut self.inner);
        add(
            &mut inner.long_term,
            earlier,
            |source| source,
            "long-term generation",
        )?;
        Ok(self)
    }

    /// A ring that holds the keys of these purposes alone, for a process that needs no more. What it holds are derived keys:
    /// neither the roots nor the keys of other purposes follow from them.
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
        let long_term_key: Vec<String> = purposes
            .iter()
            .flat_map(|purpose| lasting_purposes(purpose))
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
            long_term.push(source.limited_to(&long_term_key, source.number)?);
        }
        Ok(Self::of(roots, long_term))
    }

    /// The roots, the active one first.
    ///
    /// ```
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey};
    /// let keyring = Keyring::new(RootKey::generate(2)?, LongTermSecret::generate(1)?).with_readable(RootKey::generate(1)?)?;
    /// assert_eq!(keyring.roots().map(|root| root.id()).collect::<Vec<_>>(), [2, 1]);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn roots(&self) -> impl Iterator<Item = RootInfo> + '_ {
        self.inner.roots.iter().map(|member| member.info)
    }

    /// States and keys of one purpose, the writing one first.
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

    /// The key of a long-lived purpose, of the present generation.
    pub(crate) fn long_term_key(&self, purpose: &str) -> Result<DerivedKey, Error> {
        self.lasting_of(purpose, self.generations().next().unwrap_or(0))
    }

    /// The key of a purpose that no rotation may change, as long as its generation is in the ring: the lowest.
    pub(crate) fn oldest_long_term_key(&self, purpose: &str) -> Result<DerivedKey, Error> {
        self.lasting_of(purpose, self.generations().min().unwrap_or(0))
    }

    /// The key of a long-lived purpose, of the generation that a verifier names.
    pub(crate) fn lasting_of(&self, purpose: &str, generation: u32) -> Result<DerivedKey, Error> {
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
            })?;
        source.derive(purpose, generation)
    }

    /// The same, if it is the key that the verifier was made with. A long-term secret that was replaced under its old
    /// generation is an error: with it everything typed would be wrong, and the customer locked out.
    pub(crate) fn lasting_checked(
        &self,
        purpose: &str,
        generation: u32,
        check_value: u32,
    ) -> Result<DerivedKey, Error> {
        let key = self.lasting_of(purpose, generation)?;
        if key.check_value() == check_value {
            return Ok(key);
        }
        let why = format!("the long-term secret of generation {generation} is another one");
        Err(Error::corrupt("the hash", why))
    }

    /// The generations of the long-term secret, the present one first.
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

impl Member {
    fn new(root: &RootKey, state: RootState) -> Self {
        Self {
            source: Source {
                number: root.id(),
                keys: Keys::Whole(Box::new(Zeroizing::new(*root.expose_bytes()))),
            },
            info: RootInfo {
                id: root.id(),
                state,
                created: None,
                retired: None,
            },
        }
    }
}

impl From<&LongTermSecret> for Source {
    fn from(secret: &LongTermSecret) -> Self {
        Self {
            number: secret.generation(),
            keys: Keys::Whole(Box::new(Zeroizing::new(*secret.expose_bytes()))),
        }
    }
}

impl Source {
    fn derive(&self, purpose: &str, generation: u32) -> Result<DerivedKey, Error> {
        match &self.keys {
            Keys::Whole(secret) => derive(self.number, secret, purpose, generation),
            Keys::Derived(keys) => keys
                .iter()
                .find(|(name, _)| name == purpose)
                .map(|(_, bytes)| DerivedKey::from_bytes(self.number, (**bytes).clone()))
                .ok_or_else(|| misuse(format!("holds no key for the purpose `{purpose}`"))),
        }
    }

    fn limited_to(&self, purposes: &[impl AsRef<str>], generation: u32) -> Result<Self, Error> {
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

/// Adds to a list in which neither a number nor a key stands twice.
fn add<T>(list: &mut Vec<T>, new: T, source: fn(&T) -> &Source, what: &str) -> Result<(), Error> {
    if list.len() >= Keyring::MAX_KEYS {
        return Err(misuse(format!(
            "must hold {} keys at most",
            Keyring::MAX_KEYS
        )));
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

fn misuse(rule: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::misuse("keyring", rule)
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
        let first = ring.lasting_of("pepper", 1).unwrap();
        let second = ring.lasting_of("pepper", 2).unwrap();
        assert_ne!(first.expose_bytes(), second.expose_bytes());
        assert_ne!(first.expose_bytes(), &key("pepper"));
        assert!(ring.lasting_of("pepper", 3).is_err());
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
