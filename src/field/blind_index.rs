//! Searches for sealed values, without opening them.

use core::fmt;
use std::sync::Arc;

use ring::hmac;

use super::keyring::Keyring;
use super::purpose::{host_purpose, index_purpose};
use super::seal::FieldCipher;
use super::suite::refused;
use crate::canonical::Form;
use crate::compare::ct_eq;
use crate::error::{Error, ErrorKind};
use crate::secret::{MacKey, SecretBytes};
use crate::subject;

/// A keyed hash of a column's values, cut short. It finds rows by a value that is sealed.
///
/// Equal values have equal index values. So a reader of the database learns which rows *may* be equal, and how many they are.
/// [`IndexPlan`](super::IndexPlan) says how much that is, and how many bits to keep. A search finds false hits by design: open
/// the hits, and compare with [`same`](Self::same).
///
/// Each column, form and number of bits has a key of its own, under the long-term secret. Roots rotate without it. An index
/// value begins with the generation that it was made in:
///
/// ```text
/// column key = HMAC-SHA-256(purpose key of the generation, length, realm | length, table | length, column | length, form | bits (2))
/// index      = generation (4) | leading bits of HMAC-SHA-256(column key, canonical value), zeros up to a whole byte
/// ```
///
/// An index value is not erased with its subject's key: erase it with the row. Until then a holder of the long-term secret
/// can test a guess at the value.
///
/// ```
/// # use countersign::text::Form;
/// # use countersign::field::{BlindIndex, Keyring, LongTermSecret, RootKey};
/// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(7)?);
/// let phones = BlindIndex::new(&keyring, "bank", "customers", ["customers", "phone"], Form::Phone, 12)?;
/// let stored = phones.of("+62 812 3456 7834")?; // beside the sealed number
/// assert_eq!(stored[..4], [0, 0, 0, 7], "the generation");
/// assert_eq!((stored.len(), stored[5] & 0x0f), (6, 0), "twelve bits");
/// // select .. where phone_index in (?, ..)
/// assert!(phones.search("+62-812-34567834")?.contains(&stored));
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone)]
pub struct BlindIndex {
    form: Form,
    bits: u16,
    /// Generations and column keys, the present one first.
    keys: Arc<[(u32, MacKey)]>,
}

impl BlindIndex {
    /// The hash has no more bits.
    pub const MAX_BITS: u16 = 256;
    const GENERATION: usize = 4;

    /// Makes the index of a column, given by table and name. The purpose is that of the cipher its values are sealed with.
    ///
    /// An index of another form, or with other bits, has another key: none of its values follows from those of this one.
    ///
    /// # Errors
    /// Misuse, as [`FieldCipher::new`], or for no bits, or more than [`MAX_BITS`](Self::MAX_BITS).
    pub fn new(
        keyring: &Keyring,
        realm: &str,
        purpose: &str,
        column: [&str; 2],
        form: Form,
        bits: u16,
    ) -> Result<Self, Error> {
        if !(1..=Self::MAX_BITS).contains(&bits) {
            return Err(Error::misuse("index", "must keep 1 to 256 bits"));
        }
        let realm = subject::realm_name(realm)?;
        let purpose = index_purpose(host_purpose(purpose)?);
        let [table, name] = column;
        let mut keys = Vec::new();
        for generation in keyring.generations() {
            let key = keyring.long_term_key_of(&purpose, generation)?.hmac();
            let mut mac = hmac::Context::with_key(&key);
            for part in [&realm, table, name, form.name()] {
                let length = u32::try_from(part.len())
                    .map_err(|_| Error::misuse("column", "must be shorter than 4 GiB"))?;
                mac.update(&length.to_be_bytes());
                mac.update(part.as_bytes());
            }
            mac.update(&bits.to_be_bytes());
            let column_key = MacKey::new(mac.sign().as_ref());
            keys.push((generation, column_key));
        }
        Ok(Self {
            form,
            bits,
            keys: keys.into(),
        })
    }

    /// Returns the index of a value in the present generation, to store beside the value.
    ///
    /// # Errors
    /// Misuse, if the value has no canonical form.
    pub fn of(&self, value: &str) -> Result<Vec<u8>, Error> {
        let mut values = self.search(value)?;
        values.truncate(1);
        values.pop().ok_or_else(|| {
            Error::misuse("keyring", "has no long-term secret").of(ErrorKind::MissingKey)
        })
    }

    /// Returns the index of a value in each generation of the ring, the present one first. Look for all of them as long as rows of
    /// an earlier generation are left.
    ///
    /// # Errors
    /// As [`of`](Self::of).
    ///
    /// ```
    /// # use countersign::text::Form;
    /// # use countersign::field::{BlindIndex, Keyring, LongTermSecret, RootKey};
    /// # let (root, earlier) = (RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// # let column = ["customers", "name"];
    /// let keyring = Keyring::new(root.clone(), earlier.clone());
    /// let stored = BlindIndex::new(&keyring, "bank", "customers", column, Form::Text, 12)?.of("Maya")?;
    ///
    /// let keyring = Keyring::new(root, LongTermSecret::generate(2)?).with_earlier_secret(earlier)?;
    /// let names = BlindIndex::new(&keyring, "bank", "customers", column, Form::Text, 12)?;
    /// assert!(names.search("maya")?.contains(&stored));
    /// assert!(!names.is_current(&stored));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn search(&self, value: &str) -> Result<Vec<Vec<u8>>, Error> {
        let canonical = self.form.canonical(value)?;
        Ok(self
            .keys
            .iter()
            .map(|(generation, key)| self.cut(*generation, key, canonical.as_bytes()))
            .collect())
    }

    /// Returns whether a stored index value is that of the value, in the generation it names.
    #[must_use]
    pub fn is_of(&self, stored: &[u8], value: &str) -> bool {
        let Some(named) = generation_of(stored) else {
            return false;
        };
        let Ok(canonical) = self.form.canonical(value) else {
            return false;
        };
        self.keys
            .iter()
            .find(|(generation, _)| *generation == named)
            .is_some_and(|(generation, key)| {
                let own = self.cut(*generation, key, canonical.as_bytes());
                ct_eq(&own, stored)
            })
    }

    /// Returns whether a stored index value is of the present generation. Replace one that is not, by [`of`](Self::of) or a
    /// [`Rotation`](super::Rotation).
    #[must_use]
    pub fn is_current(&self, stored: &[u8]) -> bool {
        let present = self.keys.first().map(|(generation, _)| *generation);
        stored.len() == self.length() && generation_of(stored) == present
    }

    /// Returns whether two spellings are one value. It separates a hit from a false hit.
    ///
    /// # Errors
    /// Misuse, if one of them has no canonical form.
    pub fn same(&self, one: &str, other: &str) -> Result<bool, Error> {
        let (one, other) = (self.form.canonical(one)?, self.form.canonical(other)?);
        Ok(ct_eq(one.as_bytes(), other.as_bytes()))
    }

    /// Opens a value, and compares the blind index stored beside it: a value whose index was swapped for another row's does
    /// not open.
    ///
    /// # Errors
    /// As [`FieldCipher::open`]; also if the index is not that of the value, in any generation the ring holds.
    ///
    /// ```
    /// # use countersign::text::Form;
    /// # use countersign::field::{BlindIndex, FieldCipher, Keyring, LongTermSecret, RootKey};
    /// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// let cipher = FieldCipher::new(&keyring, "bank", "customers")?;
    /// let phones = BlindIndex::new(&keyring, "bank", "customers", ["customers", "phone"], Form::Phone, 16)?;
    /// let place: [&[u8]; 3] = [b"customers", b"phone", b"42"];
    /// let sealed = cipher.seal(&place, b"+62 812 3456 7834")?;
    /// let index = phones.of("+62 812 3456 7834")?;
    /// assert!(phones.open(&cipher, &place, &sealed, &index).is_ok());
    /// let other = phones.of("+62 812 0000 0000")?;
    /// assert!(phones.open(&cipher, &place, &sealed, &other).is_err());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn open(
        &self,
        cipher: &FieldCipher,
        context: &[&[u8]],
        sealed: &[u8],
        stored: &[u8],
    ) -> Result<SecretBytes, Error> {
        let opened = cipher.open(context, sealed)?;
        let text = core::str::from_utf8(opened.expose_bytes()).map_err(|_| refused())?;
        if self.is_of(stored, text) {
            Ok(opened)
        } else {
            Err(refused())
        }
    }

    fn length(&self) -> usize {
        Self::GENERATION.saturating_add(usize::from(self.bits.div_ceil(8)))
    }

    fn cut(&self, generation: u32, key: &MacKey, canonical: &[u8]) -> Vec<u8> {
        let hash = hmac::sign(&key.ready(), canonical);
        let mut value = generation.to_be_bytes().to_vec();
        value.extend_from_slice(hash.as_ref());
        value.truncate(self.length());
        if let (Some(last), over @ 1..) = (value.last_mut(), self.bits % 8) {
            *last &= 0xff_u8 << (8_u16.saturating_sub(over));
        }
        value
    }
}

impl fmt::Debug for BlindIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BlindIndex({:?}, {} bits, ..)", self.form, self.bits)
    }
}

fn generation_of(stored: &[u8]) -> Option<u32> {
    stored.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))
}
