//! Values sealed one by one, each in the context of its place.

use core::fmt;
use std::sync::Arc;

use zeroize::Zeroize;

use super::keyring::Keyring;
use super::member::RootState;
use super::purpose::{RESERVED, host_purpose};
use super::root::RootKey;
use super::suite::{Associated, HEADER, Nonce, Parts, PurposeKey, TRAILER, halves, refused};
use crate::error::{Error, ErrorKind};
use crate::random;
use crate::secret::{SecretBytes, Wiped, wipe};
use crate::subject;

/// Seals and opens values of one purpose, each in the context of its place.
///
/// The context is the place that a value must not leave: table, column, record. It is authenticated, not stored:
/// a value opens only in the context it was sealed in (pitfall B20). Each part has its length before it, so `("ab", "c")` and
/// `("a", "bc")` differ. See [the module](super) for the bytes.
///
/// A value that does not open gives one error, whatever is wrong: the key, the context, the suite, the
/// index beside it, a bit. [`key_id_of`](Self::key_id_of) says which root a value asks for.
///
/// ```
/// use countersign::field::{FieldCipher, Keyring, LongTermSecret, RootKey};
/// let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
/// let cipher = FieldCipher::new(&keyring, "bank", "customers")?;
/// let sealed = cipher.seal(&[b"customers", b"note", b"42"], b"prefers mornings")?;
/// assert_eq!(sealed.len(), 16 + FieldCipher::OVERHEAD);
/// assert_eq!(cipher.open(&[b"customers", b"note", b"42"], &sealed)?.expose_bytes(), b"prefers mornings");
/// assert!(cipher.open(&[b"customers", b"note", b"43"], &sealed).is_err());
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone)]
pub struct FieldCipher {
    inner: Arc<Inner>,
}

struct Inner {
    realm: String,
    /// The writing key first.
    keys: Vec<(RootState, PurposeKey)>,
}

impl FieldCipher {
    /// A sealed value is this many bytes longer than its text.
    pub const OVERHEAD: usize = HEADER + TRAILER;
    /// So many of these stand before the text.
    pub(crate) const HEADER: usize = HEADER;
    /// So many of these stand behind it.
    pub(crate) const TRAILER: usize = TRAILER;
    /// A longer value is refused: 16 MiB.
    pub const MAX_PLAINTEXT: usize = 16 << 20;
    /// Purposes that the library keeps to itself. A host's value under one of them could take the place of the library's own.
    pub const RESERVED_PURPOSES: [&str; 6] = RESERVED;

    /// Makes the cipher of one purpose in one realm. Take a purpose for each kind of data that a process of its own reads.
    ///
    /// # Errors
    /// Misuse, if
    ///
    /// - the realm is no realm's name;
    /// - the purpose is empty, longer than 240 bytes or one of [`RESERVED_PURPOSES`](Self::RESERVED_PURPOSES);
    /// - the ring does not hold its keys.
    pub fn new(keyring: &Keyring, realm: &str, purpose: &str) -> Result<Self, Error> {
        Self::internal(keyring, realm, host_purpose(purpose)?)
    }

    /// Makes the cipher of a purpose of the library's own.
    pub(crate) fn internal(keyring: &Keyring, realm: &str, purpose: &str) -> Result<Self, Error> {
        let keys = keyring
            .purpose_keys(purpose)?
            .iter()
            .map(|(state, key)| (*state, PurposeKey::new(key)))
            .collect();
        Self::of(realm, keys)
    }

    pub(super) fn of(realm: &str, keys: Vec<(RootState, PurposeKey)>) -> Result<Self, Error> {
        let realm = subject::realm_name(realm)?;
        Ok(Self {
            inner: Arc::new(Inner { realm, keys }),
        })
    }

    /// Seals a value for its place.
    ///
    /// # Errors
    /// Misuse, for a value above [`MAX_PLAINTEXT`](Self::MAX_PLAINTEXT) or a context of more than 255 parts. Store, if
    /// the system gives no randomness.
    pub fn seal(&self, context: &[&[u8]], plaintext: &[u8]) -> Result<Vec<u8>, Error> {
        self.seal_drawn(context, plaintext)
            .map(|(sealed, _)| sealed)
    }

    /// Seals a value, and returns the nonce that was drawn, too: the version of an account record.
    pub(crate) fn seal_drawn(
        &self,
        context: &[&[u8]],
        plaintext: &[u8],
    ) -> Result<(Vec<u8>, Nonce), Error> {
        fits(plaintext.len())?;
        let key = self.writer()?;
        let mut sealed = Vec::with_capacity(plaintext.len().saturating_add(Self::OVERHEAD));
        let nonce = random::array()?;
        sealed.extend_from_slice(&Parts::header(key.id(), &nonce));
        sealed.extend_from_slice(plaintext);
        let text = sealed.get_mut(HEADER..).ok_or_else(refused)?;
        let trailer = self.encrypt(key, &nonce, context, text)?;
        sealed.extend_from_slice(&trailer);
        Ok((sealed, nonce))
    }

    /// Seals the text behind [`HEADER`](Self::HEADER) bytes of a buffer, in its place, and returns the nonce, too. No copy of
    /// the text is made.
    pub(crate) fn seal_behind_header(
        &self,
        context: &[&[u8]],
        mut buffer: Wiped,
    ) -> Result<(Vec<u8>, Nonce), Error> {
        let key = self.writer()?;
        let nonce = random::array()?;
        let (header, text) = buffer
            .as_mut_bytes()
            .split_at_mut_checked(HEADER)
            .ok_or_else(refused)?;
        fits(text.len())?;
        let trailer = self.encrypt(key, &nonce, context, text)?;
        header.copy_from_slice(&Parts::header(key.id(), &nonce));
        buffer.push(&trailer);
        Ok((buffer.into_unwiped(), nonce))
    }

    /// Seals the text of a buffer, in its place. A buffer without room for the 77 bytes more is replaced, and the old
    /// one wiped. After an error the buffer is as it was.
    ///
    /// # Errors
    /// As [`seal`](Self::seal).
    ///
    /// ```
    /// # use countersign::field::{FieldCipher, Keyring, LongTermSecret, RootKey};
    /// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// let cipher = FieldCipher::new(&keyring, "bank", "notes")?;
    /// let mut buffer = b"text".to_vec();
    /// cipher.seal_in_place(&[b"42"], &mut buffer)?;
    /// assert_eq!(buffer.len(), 4 + FieldCipher::OVERHEAD);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn seal_in_place(&self, context: &[&[u8]], buffer: &mut Vec<u8>) -> Result<(), Error> {
        let length = buffer.len();
        fits(length)?;
        let key = self.writer()?;
        let nonce = random::array()?;
        // The buffer is not touched before everything that can fail is done.
        let trailer = self.encrypt(key, &nonce, context, buffer)?;

        let whole = length.saturating_add(Self::OVERHEAD);
        if buffer.capacity() < whole {
            // The bytes that move are ciphertext by now. The old buffer may hold older text behind its end.
            let mut larger = Vec::with_capacity(whole);
            larger.extend_from_slice(buffer);
            core::mem::replace(buffer, larger).zeroize();
        }
        buffer.splice(..0, Parts::header(key.id(), &nonce));
        buffer.extend_from_slice(&trailer);
        Ok(())
    }

    /// Opens a value.
    ///
    /// # Errors
    /// Corrupt, and one error, whatever is wrong: the key, the context, the suite, a bit. Nothing of the value is left in memory.
    pub fn open(&self, context: &[&[u8]], sealed: &[u8]) -> Result<SecretBytes, Error> {
        let parts = Parts::split(sealed).ok_or_else(refused)?;
        self.open_parts(self.reader(parts.key_id)?, context, &parts)
    }

    /// Seals a value into a buffer that it fills exactly: the text, and [`OVERHEAD`](Self::OVERHEAD) bytes more. The buffer
    /// is not touched before everything that can fail is done.
    #[cfg(all(feature = "ffi", not(test)))]
    pub(crate) fn seal_to(
        &self,
        context: &[&[u8]],
        plaintext: &[u8],
        to: &mut [u8],
    ) -> Result<(), Error> {
        fits(plaintext.len())?;
        let key = self.writer()?;
        let nonce = random::array()?;
        let mut aad = Associated::new();
        let aad = aad.of(key.id(), &self.inner.realm, context)?;
        let (head, tail) = halves(&nonce);
        let half = key.half(&head)?;
        let (header, rest) = to.split_first_chunk_mut::<HEADER>().ok_or_else(refused)?;
        let (text, trailer) = rest.split_last_chunk_mut::<TRAILER>().ok_or_else(refused)?;
        if text.len() != plaintext.len() {
            return Err(refused());
        }
        text.copy_from_slice(plaintext);
        match half.seal(&tail, aad, text) {
            Ok(made) => *trailer = made,
            Err(error) => {
                wipe(text);
                return Err(error);
            }
        }
        *header = Parts::header(key.id(), &nonce);
        Ok(())
    }

    /// Opens a value into a buffer that its text fills exactly. What does not open leaves the buffer as it was, or zeros.
    #[cfg(all(feature = "ffi", not(test)))]
    pub(crate) fn open_to(
        &self,
        context: &[&[u8]],
        sealed: &[u8],
        to: &mut [u8],
    ) -> Result<(), Error> {
        let parts = Parts::split(sealed).ok_or_else(refused)?;
        let key = self.reader(parts.key_id)?;
        let mut aad = Associated::new();
        let aad = aad.of(parts.key_id, &self.inner.realm, context)?;
        let (head, tail) = halves(parts.nonce);
        key.half(&head)?
            .open_to(&tail, aad, parts.commitment, parts.body, to)
    }

    /// Returns how long the text of a value is.
    #[cfg(all(feature = "ffi", not(test)))]
    pub(crate) fn text_length(sealed: &[u8]) -> Result<usize, Error> {
        let parts = Parts::split(sealed).ok_or_else(refused)?;
        Ok(parts.text_length())
    }

    /// Opens a value in its own bytes. No copy of it is made.
    pub(crate) fn open_owned(
        &self,
        context: &[&[u8]],
        sealed: Vec<u8>,
    ) -> Result<SecretBytes, Error> {
        let mut bytes = SecretBytes::from(sealed);
        let length = self.open_in_place(context, bytes.as_mut_bytes())?.len();
        bytes.truncate(length);
        Ok(bytes)
    }

    /// Opens a value in the buffer that holds it. The plaintext is moved to the buffer's start and returned. The rest of the
    /// buffer is zeros then.
    ///
    /// # Errors
    /// As [`open`](Self::open), and the whole buffer is zeros then (pitfall B24).
    ///
    /// ```
    /// # use countersign::field::{FieldCipher, Keyring, LongTermSecret, RootKey};
    /// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// let cipher = FieldCipher::new(&keyring, "bank", "notes")?;
    /// let mut buffer = cipher.seal(&[b"42"], b"text")?;
    /// assert_eq!(cipher.open_in_place(&[b"42"], &mut buffer)?, b"text");
    ///
    /// let mut moved = cipher.seal(&[b"42"], b"text")?;
    /// assert!(cipher.open_in_place(&[b"43"], &mut moved).is_err());
    /// assert!(moved.iter().all(|byte| *byte == 0));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn open_in_place<'b>(
        &self,
        context: &[&[u8]],
        buffer: &'b mut [u8],
    ) -> Result<&'b mut [u8], Error> {
        let mut aad = Associated::new();
        let found = Parts::split(buffer).ok_or_else(refused).and_then(|parts| {
            let key = self.reader(parts.key_id)?;
            let aad = aad.of(parts.key_id, &self.inner.realm, context)?;
            let body = HEADER..HEADER.saturating_add(parts.body.len());
            Ok((key, aad, *parts.nonce, *parts.commitment, body))
        });
        let opened = found.and_then(|(key, aad, nonce, commitment, body)| {
            key.open(&nonce, aad, &commitment, buffer, body)
        });
        let length = match opened {
            Ok(length) => length,
            Err(error) => {
                wipe(buffer);
                return Err(error);
            }
        };
        let (text, rest) = buffer.split_at_mut_checked(length).ok_or_else(refused)?;
        wipe(rest);
        Ok(text)
    }

    /// Returns whether to seal a value again: its root opens values, but does not write any more. Values under a
    /// [`SubjectKey`](super::SubjectKey) are left alone.
    ///
    /// # Errors
    /// Corrupt, if the bytes are no sealed value of this suite.
    ///
    /// ```
    /// # use countersign::field::{FieldCipher, Keyring, LongTermSecret, RootKey};
    /// let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// let sealed = FieldCipher::new(&keyring, "bank", "notes")?.seal(&[b"42"], b"text")?;
    ///
    /// let rotated = FieldCipher::new(&keyring.rotated_to(RootKey::generate(2)?)?, "bank", "notes")?;
    /// assert!(rotated.needs_reseal(&sealed)?);
    /// assert!(!rotated.needs_reseal(&rotated.reseal(&[b"42"], &sealed)?)?);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn needs_reseal(&self, sealed: &[u8]) -> Result<bool, Error> {
        let id = Self::key_id_of(sealed).ok_or_else(refused)?;
        Ok(id != self.writer()?.id() && id < RootKey::FIRST_RESERVED_ID)
    }

    /// Seals a value again under the root that writes. Swap it for the old one, and only if that is still there.
    ///
    /// # Errors
    /// As [`open`](Self::open) and [`seal`](Self::seal).
    pub fn reseal(&self, context: &[&[u8]], sealed: &[u8]) -> Result<Vec<u8>, Error> {
        self.seal(context, self.open(context, sealed)?.expose_bytes())
    }

    /// Seals a value again that is under the revoked root of this id. No other call opens it.
    ///
    /// A thief of a revoked root may have made the value. Name the root only for values that were in place before it leaked.
    ///
    /// # Errors
    /// As [`reseal`](Self::reseal); misuse, if the ring has no revoked root of this id.
    ///
    /// ```
    /// # use countersign::field::{FieldCipher, Keyring, LongTermSecret, RootKey};
    /// # let keyring = Keyring::new(RootKey::generate(2)?, LongTermSecret::generate(1)?).with_revoked(RootKey::generate(1)?)?;
    /// let cipher = FieldCipher::new(&keyring, "bank", "notes")?;
    /// let sealed = cipher.seal(&[b"42"], b"text")?;
    /// assert!(cipher.reseal_revoked(1, &[b"42"], &sealed).is_err(), "it is not under the root 1");
    /// assert!(cipher.reseal_revoked(2, &[b"42"], &sealed).unwrap_err().is_misuse(), "the root 2 is not revoked");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn reseal_revoked(
        &self,
        root: u32,
        context: &[&[u8]],
        sealed: &[u8],
    ) -> Result<Vec<u8>, Error> {
        let key = self.revoked(root)?;
        let parts = Parts::split(sealed).ok_or_else(refused)?;
        if parts.key_id != root {
            return Err(refused());
        }
        self.seal(
            context,
            self.open_parts(key, context, &parts)?.expose_bytes(),
        )
    }

    /// Returns the id of the root that bytes claim to be sealed under, if they are a value of this suite at all. Nothing is checked.
    ///
    /// ```
    /// # use countersign::field::{FieldCipher, Keyring, LongTermSecret, RootKey};
    /// # let keyring = Keyring::new(RootKey::generate(5)?, LongTermSecret::generate(1)?);
    /// let sealed = FieldCipher::new(&keyring, "bank", "notes")?.seal(&[b"42"], b"text")?;
    /// assert_eq!(FieldCipher::key_id_of(&sealed), Some(5));
    /// assert_eq!(FieldCipher::key_id_of(b"text"), None);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn key_id_of(sealed: &[u8]) -> Option<u32> {
        Parts::split(sealed).map(|parts| parts.key_id)
    }

    /// Returns the nonce of a sealed value, if it is long enough to have one.
    pub(crate) fn nonce_of(sealed: &[u8]) -> Option<Nonce> {
        Parts::split(sealed).map(|parts| *parts.nonce)
    }

    /// Returns the id of the root that seals.
    pub(crate) fn writing_root(&self) -> Result<u32, Error> {
        Ok(self.writer()?.id())
    }

    /// Returns whether a root of this id could open something.
    pub(crate) fn reads(&self, root: u32) -> bool {
        self.reader(root).is_ok()
    }

    pub(super) fn realm(&self) -> &str {
        &self.inner.realm
    }

    /// Returns the key that seals.
    pub(super) fn writer(&self) -> Result<&PurposeKey, Error> {
        match self.inner.keys.first() {
            Some((RootState::Active, key)) => Ok(key),
            _ => {
                Err(Error::misuse("keyring", "has no root that may write")
                    .of(ErrorKind::MissingKey))
            }
        }
    }

    /// Returns the key that opens values of this id.
    pub(super) fn reader(&self, id: u32) -> Result<&PurposeKey, Error> {
        self.keys_of(id)
            .find(|(state, _)| *state != RootState::Revoked)
            .map(|(_, key)| key)
            .ok_or_else(|| refused().of(ErrorKind::MissingKey))
    }

    pub(super) fn revoked(&self, id: u32) -> Result<&PurposeKey, Error> {
        self.keys_of(id)
            .find(|(state, _)| *state == RootState::Revoked)
            .map(|(_, key)| key)
            .ok_or_else(|| {
                Error::misuse("keyring", format!("has no revoked root with the id {id}"))
                    .of(ErrorKind::MissingKey)
            })
    }

    fn keys_of(&self, id: u32) -> impl Iterator<Item = &(RootState, PurposeKey)> {
        self.inner
            .keys
            .iter()
            .filter(move |(_, key)| key.id() == id)
    }

    fn open_parts(
        &self,
        key: &PurposeKey,
        context: &[&[u8]],
        parts: &Parts<'_>,
    ) -> Result<SecretBytes, Error> {
        let mut aad = Associated::new();
        let aad = aad.of(parts.key_id, &self.inner.realm, context)?;
        opened_copy(parts, |buffer, body| {
            key.open(parts.nonce, aad, parts.commitment, buffer, body)
        })
    }

    /// Encrypts a text in its place, and returns tag and commitment.
    #[inline]
    fn encrypt(
        &self,
        key: &PurposeKey,
        nonce: &Nonce,
        context: &[&[u8]],
        text: &mut [u8],
    ) -> Result<[u8; TRAILER], Error> {
        let mut aad = Associated::new();
        let aad = aad.of(key.id(), &self.inner.realm, context)?;
        let (head, tail) = halves(nonce);
        key.half(&head)?.seal(&tail, aad, text)
    }
}

impl fmt::Debug for FieldCipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FieldCipher({}, ..)", self.inner.realm)
    }
}

/// Opens a copy of a value's body. It is wiped if it does not open.
#[inline]
pub(super) fn opened_copy(
    parts: &Parts<'_>,
    open: impl FnOnce(&mut [u8], core::ops::Range<usize>) -> Result<usize, Error>,
) -> Result<SecretBytes, Error> {
    let mut buffer = SecretBytes::from(parts.body.to_vec());
    let body = 0..parts.body.len();
    let length = open(buffer.as_mut_bytes(), body)?;
    buffer.truncate(length);
    Ok(buffer)
}

pub(super) fn fits(length: usize) -> Result<(), Error> {
    if length > FieldCipher::MAX_PLAINTEXT {
        return Err(Error::misuse("field", "must hold 16 MiB at most"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cipher() -> FieldCipher {
        use super::super::root::{LongTermSecret, RootKey};
        let ring = Keyring::new(
            RootKey::from_bytes(1, [1; 32]).unwrap(),
            LongTermSecret::from_bytes(1, [2; 32]).unwrap(),
        );
        FieldCipher::new(&ring, "bank", "notes").unwrap()
    }

    #[test]
    fn every_truncation_and_every_flipped_bit_is_refused() {
        let cipher = cipher();
        let sealed = cipher.seal(&[b"a"], b"sixteen bytes...").unwrap();
        for length in 0..sealed.len() {
            assert!(
                cipher
                    .open(&[b"a"], &sealed[..length])
                    .unwrap_err()
                    .is_corrupt(),
                "{length}"
            );
        }
        for bit in 0..sealed.len() * 8 {
            let mut bent = sealed.clone();
            bent[bit / 8] ^= 1 << (bit % 8);
            assert!(
                cipher.open(&[b"a"], &bent).unwrap_err().is_corrupt(),
                "bit {bit}"
            );
        }
    }

    #[test]
    fn the_context_cannot_be_confused() {
        let cipher = cipher();
        let sealed = cipher.seal(&[b"ab", b"c"], b"x").unwrap();
        for other in [
            [b"a".as_slice(), b"bc"].as_slice(),
            &[b"abc"],
            &[b"ab", b"c", b""],
            &[b"ab", b"c\0"],
            &[],
        ] {
            assert!(cipher.open(other, &sealed).is_err(), "{other:?}");
        }
        assert!(cipher.open(&[b"ab", b"c"], &sealed).is_ok());
    }

    #[test]
    fn b34_no_function_takes_a_nonce() {
        let cipher = cipher();
        let sealed: std::collections::BTreeSet<_> = (0..1_000)
            .map(|_| FieldCipher::nonce_of(&cipher.seal(&[], b"same").unwrap()).unwrap())
            .collect();
        assert_eq!(sealed.len(), 1_000, "a nonce came twice");
        // The published functions of the folder: none of them has a nonce among its arguments.
        let rooms = [
            include_str!("seal.rs"),
            include_str!("row.rs"),
            include_str!("suite.rs"),
        ];
        let mut published = 0;
        for room in rooms {
            let code = room.split("#[cfg(test)]").next().unwrap();
            for function in code.split("\n    pub fn ").skip(1) {
                let arguments = function.split(" -> ").next().unwrap();
                assert!(
                    !arguments.contains("Nonce") && !arguments.contains("nonce"),
                    "{arguments}"
                );
                published += 1;
            }
        }
        assert!(published >= 12, "the functions are not where they were");
    }
}
