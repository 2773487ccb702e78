//! The fields of one record, sealed together.

use core::fmt;

use super::seal::{FieldCipher, fits, opened_copy};
use super::suite::{Associated, Nonce, Parts, halves, refused};
use crate::error::Error;
use crate::random;
use crate::secret::SecretBytes;

/// The place of one record. Its fields are sealed together, for less than half the price of sealing them one by one.
///
/// One draw and one derived key serve all fields of a call. Each field has a nonce of its own, and opens alone, with the context
/// `[table, column, record]`. One field of the record may be sealed again later, as safely as the first time: every call draws
/// again, and no function takes a nonce (pitfall B34).
///
/// ```
/// # use countersign::field::{FieldCipher, Keyring, LongTermSecret, RootKey, Row};
/// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
/// let cipher = FieldCipher::new(&keyring, "bank", "customers")?;
/// let row = Row::new(&cipher, "customers", "42");
/// let sealed = row.seal(&[("name", b"Maya"), ("phone", b"+62 812 3456 7834")])?;
///
/// assert_eq!(row.open(&[("phone", &sealed[1])])?[0].expose_bytes(), b"+62 812 3456 7834");
/// assert_eq!(cipher.open(&[b"customers", b"name", b"42"], &sealed[0])?.expose_bytes(), b"Maya");
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct Row<'a> {
    cipher: &'a FieldCipher,
    table: &'a str,
    record: &'a [u8],
}

impl<'a> Row<'a> {
    /// More fields than this in one call are refused: their numbers are two bytes of the nonce.
    pub const MAX_FIELDS: usize = 1 << 16;

    /// Takes the record of this id in this table.
    ///
    /// ```
    /// # use countersign::field::{FieldCipher, Keyring, LongTermSecret, RootKey, Row};
    /// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// # let cipher = FieldCipher::new(&keyring, "bank", "customers")?;
    /// let by_number = Row::new(&cipher, "customers", &42_i64.to_be_bytes());
    /// let by_name = Row::new(&cipher, "customers", "C-1042");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn new<R: AsRef<[u8]> + ?Sized>(
        cipher: &'a FieldCipher,
        table: &'a str,
        record: &'a R,
    ) -> Self {
        Self {
            cipher,
            table,
            record: record.as_ref(),
        }
    }

    /// Seals fields, each given by its column, and returns them in the same order.
    ///
    /// # Errors
    /// Misuse, if a column is named twice, if there are more than [`MAX_FIELDS`](Self::MAX_FIELDS), or if one is longer than
    /// [`FieldCipher::MAX_PLAINTEXT`]. Store, if the system gives no randomness.
    ///
    /// ```
    /// # use countersign::field::{FieldCipher, Keyring, LongTermSecret, RootKey, Row};
    /// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// # let cipher = FieldCipher::new(&keyring, "bank", "customers")?;
    /// let twice = Row::new(&cipher, "customers", "42").seal(&[("name", b"Maya"), ("name", b"Ana")]);
    /// assert!(twice.unwrap_err().is_misuse());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn seal(&self, fields: &[(&str, &[u8])]) -> Result<Vec<Vec<u8>>, Error> {
        if fields.len() > Self::MAX_FIELDS {
            return Err(Error::misuse("row", "must hold 65536 fields at most"));
        }
        distinct(fields)?;
        let key = self.cipher.writer()?;
        let nonce: Nonce = random::array()?;
        let (head, _) = halves(&nonce);
        let half = key.half(&head)?;
        let mut aad = Associated::new();
        aad.begin(key.id(), self.cipher.realm(), PARTS)?;
        aad.push(self.table.as_bytes())?;
        let common = aad.len();
        let mut sealed = Vec::with_capacity(fields.len());
        for (number, (column, plaintext)) in (0_u32..).zip(fields) {
            fits(plaintext.len())?;
            aad.truncate(common);
            aad.push(column.as_bytes())?;
            aad.push(self.record)?;
            let own = numbered(&nonce, number);
            let (_, tail) = halves(&own);
            let mut value =
                Vec::with_capacity(plaintext.len().saturating_add(FieldCipher::OVERHEAD));
            value.extend_from_slice(&Parts::header(key.id(), &own));
            value.extend_from_slice(plaintext);
            let text = value.get_mut(super::suite::HEADER..).ok_or_else(refused)?;
            let trailer = half.seal(&tail, aad.padded(), text)?;
            value.extend_from_slice(&trailer);
            sealed.push(value);
        }
        Ok(sealed)
    }

    /// Opens fields, each given by its column. Fields that were sealed together share one derived key here, too.
    ///
    /// # Errors
    /// As [`FieldCipher::open`], if one of them does not open. Nothing of the others is revealed then.
    ///
    /// ```
    /// # use countersign::field::{FieldCipher, Keyring, LongTermSecret, RootKey, Row};
    /// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// # let cipher = FieldCipher::new(&keyring, "bank", "customers")?;
    /// let row = Row::new(&cipher, "customers", "42");
    /// let sealed = row.seal(&[("name", b"Maya"), ("note", b"prefers mornings")])?;
    /// assert!(row.open(&[("name", &sealed[1]), ("note", &sealed[0])]).is_err(), "swapped");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn open(&self, fields: &[(&str, &[u8])]) -> Result<Vec<SecretBytes>, Error> {
        self.open_with(fields, None)
    }

    /// Opens fields, also those under the revoked root that a rotation names.
    pub(super) fn open_with(
        &self,
        fields: &[(&str, &[u8])],
        rescued: Option<u32>,
    ) -> Result<Vec<SecretBytes>, Error> {
        let mut shared = None;
        let mut opened = Vec::with_capacity(fields.len());
        for (column, sealed) in fields {
            let parts = Parts::split(sealed).ok_or_else(refused)?;
            let (head, tail) = halves(parts.nonce);
            let half = match shared.take() {
                Some((id, of, half)) if id == parts.key_id && of == head => half,
                _ if rescued == Some(parts.key_id) => {
                    self.cipher.revoked(parts.key_id)?.half(&head)?
                }
                _ => self.cipher.reader(parts.key_id)?.half(&head)?,
            };
            let context: [&[u8]; PARTS] = [self.table.as_bytes(), column.as_bytes(), self.record];
            let mut aad = Associated::new();
            let aad = aad.of(parts.key_id, self.cipher.realm(), &context)?;
            opened.push(opened_copy(&parts, |buffer, body| {
                half.open(&tail, aad, parts.commitment, buffer, body)
            })?);
            shared = Some((parts.key_id, head, half));
        }
        Ok(opened)
    }
}

impl fmt::Debug for Row<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Row({}, ..)", self.table)
    }
}

/// The context of a field: table, column, record.
const PARTS: usize = 3;

/// Returns the nonce of the field with this number: the row's, with the number folded into its last four bytes.
#[inline]
fn numbered(nonce: &Nonce, number: u32) -> Nonce {
    let mut own = *nonce;
    for (slot, byte) in own.iter_mut().rev().zip(number.to_be_bytes().iter().rev()) {
        *slot ^= byte;
    }
    own
}

/// Checks that no two fields have one context: that would be one place for two values.
fn distinct(fields: &[(&str, &[u8])]) -> Result<(), Error> {
    /// Up to here comparing each with each is cheaper than sorting.
    const FEW: usize = 32;
    let twice = if fields.len() <= FEW {
        let mut rest = fields;
        let mut twice = false;
        while let Some(((column, _), others)) = rest.split_first() {
            twice |= others.iter().any(|(other, _)| other == column);
            rest = others;
        }
        twice
    } else {
        let mut columns: Vec<&str> = fields.iter().map(|(column, _)| *column).collect();
        columns.sort_unstable();
        columns.windows(2).any(|pair| pair.first() == pair.last())
    };
    if twice {
        return Err(Error::misuse("row", "must name each column once"));
    }
    Ok(())
}
