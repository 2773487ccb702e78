//! Finding sealed values without opening them.

use core::fmt;
use std::sync::Arc;

use ring::hmac;

use super::keyring::Keyring;
use super::purpose::{host_purpose, index_purpose};
use super::seal::FieldCipher;
use super::suite::refused;
use crate::canonical::Form;
use crate::compare::ct_eq;
use crate::error::Error;
use crate::secret::{MacKey, SecretBytes};
use crate::subject;

/// A keyed hash of a column's values, cut short, by which rows are found whose values are sealed.
///
/// Equal values have equal index values, so whoever reads the database learns which rows *may* be equal, and how many. How
/// much that is, and how many bits to keep, [`IndexPlan`](super::IndexPlan) says. A search finds false hits by design: open
/// what it found, and compare with [`same`](Self::same).
///
/// The key is that of the column, its form and its bits, under the long-term secret; roots may rotate without it. The
/// value begins with the generation it was made in:
///
/// ```text
/// column key = HMAC-SHA-256(purpose key of the generation, length, realm | length, table | length, column | length, form | bits (2))
/// index      = generation (4) | leading bits of HMAC-SHA-256(column key, canonical value), zeros up to a whole byte
/// ```
///
/// An index value is not erased with its subject's key: erase it with the row. Until then whoever holds the long-term secret
/// can test a guess at the value.
///
/// ```
/// # use countersign::text::Form;
/// # use countersign::field::{BlindIndex, Keyring, LongTermSecret, RootKey};
/// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
/// let phones = BlindIndex::new(&keyring, "bank", "customers", ["customers", "phone"], Form::Phone, 16)?;
/// let stored = phones.of("+62 812 3456 7834")?; // beside the sealed number
/// assert_eq!(stored.as_bytes().len(), 6);
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
    /// More bits than the hash has are none.
    pub const MAX_BITS: u16 = 256;
    const GENERATION: usize = 4;

    /// The index of a column, given by table and name. The purpose is that of the cipher its values are sealed with.
    ///
    /// Another form, or other bits, is another index, of which nothing can be told from this one.
    ///
    /// # Errors
    /// Misuse, as [`FieldCipher::new`](super::FieldCipher::new), or for no bits, or more than
    /// [`MAX_BITS`](Self::MAX_BITS).
    ///
    /// ```
    /// # use countersign::text::Form;
    /// # use countersign::field::{BlindIndex, Keyring, LongTermSecret, RootKey};
    /// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// assert!(BlindIndex::new(&keyring, "bank", "customers", ["customers", "name"], Form::Text, 0).is_err());
    /// # Ok::<(), countersign::Error>(())
    /// ```
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
            let key = keyring.lasting_of(&purpose, generation)?.hmac();
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

    /// The index of a value, in the present generation: what is stored beside it.
    ///
    /// # Errors
    /// Misuse, if the value has no canonical form.
    ///
    /// ```
    /// # use countersign::text::Form;
    /// # use countersign::field::{BlindIndex, Keyring, LongTermSecret, RootKey};
    /// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// # let names = BlindIndex::new(&keyring, "bank", "customers", ["customers", "name"], Form::Text, 12)?;
    /// assert_eq!(names.of("José")?, names.of("jose")?);
    /// assert!(names.of("!?").is_err());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn of(&self, value: &str) -> Result<IndexValue, Error> {
        let mut values = self.search(value)?;
        values.truncate(1);
        values
            .pop()
            .ok_or_else(|| Error::misuse("keyring", "has no long-term secret"))
    }

    /// The index of a value in each generation of the ring, the present one first: what to look for while rows of an earlier
    /// generation are left.
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
    /// assert!(!names.is_current(stored.as_bytes()));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn search(&self, value: &str) -> Result<Vec<IndexValue>, Error> {
        let canonical = self.form.canonical(value)?;
        Ok(self
            .keys
            .iter()
            .map(|(generation, key)| self.cut(*generation, key, canonical.as_bytes()))
            .collect())
    }

    /// Whether a stored index value is that of the value, in the generation it names.
    ///
    /// ```
    /// # use countersign::text::Form;
    /// # use countersign::field::{BlindIndex, Keyring, LongTermSecret, RootKey};
    /// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// # let names = BlindIndex::new(&keyring, "bank", "customers", ["customers", "name"], Form::Text, 12)?;
    /// let stored = names.of("Maya")?;
    /// assert!(names.is_of(stored.as_bytes(), "MAYA"));
    /// assert!(!names.is_of(b"", "MAYA"));
    /// # Ok::<(), countersign::Error>(())
    /// ```
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
                ct_eq(&own.0, stored)
            })
    }

    /// Whether a stored index value is of the present generation. One that is not is to be made anew, by
    /// [`of`](Self::of) or a [`Rotation`](super::Rotation).
    ///
    /// ```
    /// # use countersign::text::Form;
    /// # use countersign::field::{BlindIndex, Keyring, LongTermSecret, RootKey};
    /// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// # let names = BlindIndex::new(&keyring, "bank", "customers", ["customers", "name"], Form::Text, 12)?;
    /// assert!(names.is_current(names.of("Maya")?.as_bytes()));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn is_current(&self, stored: &[u8]) -> bool {
        let present = self.keys.first().map(|(generation, _)| *generation);
        stored.len() == self.length() && generation_of(stored) == present
    }

    /// Whether two spellings are one value: what tells a hit from a false one.
    ///
    /// # Errors
    /// Misuse, if one of them has no canonical form.
    ///
    /// ```
    /// # use countersign::text::Form;
    /// # use countersign::field::{BlindIndex, Keyring, LongTermSecret, RootKey};
    /// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// # let names = BlindIndex::new(&keyring, "bank", "customers", ["customers", "name"], Form::Text, 12)?;
    /// assert!(names.same("O'Brien", "obrien")?);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn same(&self, one: &str, other: &str) -> Result<bool, Error> {
        let (one, other) = (self.form.canonical(one)?, self.form.canonical(other)?);
        Ok(ct_eq(one.as_bytes(), other.as_bytes()))
    }

    fn length(&self) -> usize {
        Self::GENERATION.saturating_add(usize::from(self.bits.div_ceil(8)))
    }

    fn cut(&self, generation: u32, key: &MacKey, canonical: &[u8]) -> IndexValue {
        let hash = hmac::sign(&key.ready(), canonical);
        let mut value = generation.to_be_bytes().to_vec();
        value.extend_from_slice(hash.as_ref());
        value.truncate(self.length());
        if let (Some(last), over @ 1..) = (value.last_mut(), self.bits % 8) {
            *last &= 0xff_u8 << (8_u16.saturating_sub(over));
        }
        IndexValue(value)
    }
}

impl FieldCipher {
    /// Opens a value and computes its blind index anew: a value whose index was swapped for another row's does not open.
    ///
    /// # Errors
    /// As [`open`](Self::open); also if the index is not that of the value, in any generation the ring holds.
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
    /// assert!(cipher.open_indexed(&place, &sealed, &phones, index.as_bytes()).is_ok());
    /// let other = phones.of("+62 812 0000 0000")?;
    /// assert!(cipher.open_indexed(&place, &sealed, &phones, other.as_bytes()).is_err());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn open_indexed(
        &self,
        context: &[&[u8]],
        sealed: &[u8],
        index: &BlindIndex,
        stored: &[u8],
    ) -> Result<SecretBytes, Error> {
        let opened = self.open(context, sealed)?;
        let text = core::str::from_utf8(opened.expose_bytes()).map_err(|_| refused())?;
        if index.is_of(stored, text) {
            Ok(opened)
        } else {
            Err(refused())
        }
    }
}

impl fmt::Debug for BlindIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BlindIndex({:?}, {} bits, ..)", self.form, self.bits)
    }
}

/// An index value, as it is stored beside the sealed value. No secret, but not to be shown around either.
///
/// ```
/// # use countersign::text::Form;
/// # use countersign::field::{BlindIndex, Keyring, LongTermSecret, RootKey};
/// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(7)?);
/// # let names = BlindIndex::new(&keyring, "bank", "customers", ["customers", "name"], Form::Text, 12)?;
/// let value = names.of("Maya")?;
/// assert_eq!(value.as_bytes()[..4], [0, 0, 0, 7], "the generation");
/// assert_eq!(value.as_bytes()[5] & 0x0f, 0, "twelve bits");
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IndexValue(Vec<u8>);

impl IndexValue {
    /// The bytes, for the column.
    ///
    /// ```
    /// # use countersign::text::Form;
    /// # use countersign::field::{BlindIndex, Keyring, LongTermSecret, RootKey};
    /// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// # let names = BlindIndex::new(&keyring, "bank", "customers", ["customers", "name"], Form::Text, 16)?;
    /// assert_eq!(names.of("Maya")?.as_bytes().len(), 6);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for IndexValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let generation = generation_of(&self.0).unwrap_or_default();
        write!(f, "IndexValue(generation {generation}, ..)")
    }
}

fn generation_of(stored: &[u8]) -> Option<u32> {
    stored.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))
}
