//! A key of a subject's own, so that one subject can be erased from every copy of the data.

use core::fmt;

use zeroize::{Zeroize, Zeroizing};

use super::derive::derive;
use super::keyring::Keyring;
use super::member::RootState;
use super::purpose::host_purpose;
use super::root::RootKey;
use super::seal::FieldCipher;
use super::suite::{PurposeKey, refused};
use crate::derivation::{SUBJECT_KEY, SUBJECT_KEYS};
use crate::error::Error;
use crate::random;
use crate::subject::Subject;

/// The key of one subject's fields: random, and stored wrapped under the ring. Without the wrapped key the fields do not
/// open, even with the ring and every copy of the rows.
///
/// Erasure reaches as far as this:
///
/// - A subject is erased when *every* copy of the wrapped key is gone. A copy in a backup still opens, and so do the fields,
///   until the root it is wrapped under is gone. [`rewrap`](Self::rewrap) the others under a new root, revoke the old one,
///   and let the key management destroy it. That is how backups of the key table end.
/// - A process that holds the key, or a cipher made of it, can open fields until it drops them.
/// - Blind index values are made with the index's key, not this one: erase them with the rows.
/// - Values carry a reserved key id, so the rotation of roots leaves them alone.
///
/// ```
/// # use countersign::Subject;
/// # use countersign::field::{Keyring, LongTermSecret, RootKey, SubjectKey};
/// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
/// let maya = Subject::new("bank", "C-1042")?;
/// let key = SubjectKey::create(&maya)?;
/// let mut wrapped = key.wrap(&keyring)?; // a row of its own, in a table of its own
/// let cipher = key.cipher("customers")?;
/// let sealed = cipher.seal(&[b"customers", b"phone", b"42"], b"+62 812 3456 7834")?;
///
/// let again = SubjectKey::unwrap(&maya, &wrapped, &keyring)?.cipher("customers")?;
/// assert!(again.open(&[b"customers", b"phone", b"42"], &sealed).is_ok());
///
/// key.destroy(&mut wrapped); // and delete the row
/// assert!(SubjectKey::unwrap(&maya, &wrapped, &keyring).is_err());
/// # Ok::<(), countersign::Error>(())
/// ```
pub struct SubjectKey {
    subject: Subject,
    bytes: Zeroizing<[u8; 32]>,
}

impl SubjectKey {
    /// The purpose that wrapping keys are derived for, to limit a ring to.
    pub const PURPOSE: &'static str = SUBJECT_KEYS;
    /// The key id that values under a subject's key carry: the first of the reserved ones.
    pub const KEY_ID: u32 = RootKey::FIRST_RESERVED_ID;

    /// Draws a random key for a subject.
    ///
    /// # Errors
    /// Store, if the system gives no randomness.
    pub fn create(subject: &Subject) -> Result<Self, Error> {
        Ok(Self {
            subject: subject.clone(),
            bytes: Zeroizing::new(random::array()?),
        })
    }

    /// Seals the key under the ring's active root, bound to its subject.
    ///
    /// # Errors
    /// As [`FieldCipher::seal`].
    pub fn wrap(&self, keyring: &Keyring) -> Result<Vec<u8>, Error> {
        wrapping(keyring, &self.subject)?.seal(&context(&self.subject), self.bytes.as_slice())
    }

    /// Reads the key of a subject from its wrapped form.
    ///
    /// # Errors
    /// Corrupt, and one error, if it is another subject's, was destroyed, or its root is revoked or gone.
    pub fn unwrap(subject: &Subject, wrapped: &[u8], keyring: &Keyring) -> Result<Self, Error> {
        let opened = wrapping(keyring, subject)?.open(&context(subject), wrapped)?;
        let bytes: [u8; 32] = opened.expose_bytes().try_into().map_err(|_| refused())?;
        Ok(Self {
            subject: subject.clone(),
            bytes: Zeroizing::new(bytes),
        })
    }

    /// Wraps the key again under the active root. The fields under it stay as they are.
    ///
    /// # Errors
    /// As [`unwrap`](Self::unwrap) and [`wrap`](Self::wrap).
    ///
    /// ```
    /// # use countersign::{Subject, field::{Keyring, LongTermSecret, RootKey, SubjectKey}};
    /// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// # let maya = Subject::new("bank", "C-1042")?;
    /// let wrapped = SubjectKey::create(&maya)?.wrap(&keyring)?;
    /// let rotated = keyring.rotated_to(RootKey::generate(2)?)?;
    /// assert!(SubjectKey::needs_rewrap(&wrapped, &rotated)?);
    /// let wrapped = SubjectKey::rewrap(&maya, &wrapped, &rotated)?;
    /// assert!(!SubjectKey::needs_rewrap(&wrapped, &rotated)?);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn rewrap(subject: &Subject, wrapped: &[u8], keyring: &Keyring) -> Result<Vec<u8>, Error> {
        wrapping(keyring, subject)?.reseal(&context(subject), wrapped)
    }

    /// Returns whether a wrapped key is under another root than the active one.
    ///
    /// # Errors
    /// Corrupt, if the bytes are no wrapped key. Misuse, if the ring does not hold the purpose.
    pub fn needs_rewrap(wrapped: &[u8], keyring: &Keyring) -> Result<bool, Error> {
        let id = FieldCipher::key_id_of(wrapped).ok_or_else(refused)?;
        Ok(keyring
            .roots()
            .next()
            .is_none_or(|active| active.id() != id))
    }

    /// Makes the cipher of one purpose under this key, in the subject's realm.
    ///
    /// # Errors
    /// Misuse, as [`FieldCipher::new`].
    ///
    /// ```
    /// # use countersign::{Subject, field::{FieldCipher, Row, SubjectKey}};
    /// let cipher = SubjectKey::create(&Subject::new("bank", "C-1042")?)?.cipher("customers")?;
    /// let sealed = Row::new(&cipher, "customers", "42").seal(&[("name", b"Maya")])?;
    /// assert_eq!(FieldCipher::key_id_of(&sealed[0]), Some(SubjectKey::KEY_ID));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn cipher(&self, purpose: &str) -> Result<FieldCipher, Error> {
        let key = derive(Self::KEY_ID, &self.bytes, host_purpose(purpose)?, 0)?;
        let keys = vec![(RootState::Active, PurposeKey::new(&key))];
        FieldCipher::of(self.subject.realm(), keys)
    }

    /// Wipes the key, and the wrapped key that the caller holds. Delete the stored one, and end its copies, as
    /// [above](Self) says.
    pub fn destroy(self, wrapped: &mut [u8]) {
        wrapped.zeroize();
    }
}

impl fmt::Debug for SubjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SubjectKey({}, ..)", self.subject.realm())
    }
}

fn wrapping(keyring: &Keyring, subject: &Subject) -> Result<FieldCipher, Error> {
    FieldCipher::internal(keyring, subject.realm(), SubjectKey::PURPOSE)
}

fn context(subject: &Subject) -> [&[u8]; 2] {
    [SUBJECT_KEY.as_bytes(), subject.store_key()]
}
