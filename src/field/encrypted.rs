//! A sealed value that knows its column.

use core::fmt;
use core::marker::PhantomData;

use base64ct::{Base64, Encoding};
use serde::de::{self, Deserializer, SeqAccess, Visitor};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

use super::seal::FieldCipher;
use super::suite::{Parts, refused};
use crate::error::Error;
use crate::secret::{SecretBytes, SecretText};

/// A column of the host's: its place, and the type of its values.
///
/// ```
/// use countersign::SecretText;
/// use countersign::field::Column;
/// struct Phone;
/// impl Column for Phone {
///     type Value = SecretText;
///     const TABLE: &'static str = "customers";
///     const COLUMN: &'static str = "phone";
/// }
/// ```
pub trait Column {
    /// The type of the column's values.
    type Value: FieldValue;
    /// The table's name, part of the context. It may not change while values are sealed.
    const TABLE: &'static str;
    /// The column's name, part of the context. It may not change while values are sealed.
    const COLUMN: &'static str;
}

/// A type whose values can be sealed: it can be written as bytes and read back.
///
/// Text, bytes and whole numbers can. Implement it for a type of yours.
///
/// ```
/// use countersign::field::FieldValue;
/// use countersign::{Error, SecretBytes};
/// struct Cents(i64);
/// impl FieldValue for Cents {
///     fn to_field(&self) -> SecretBytes {
///         self.0.to_field()
///     }
///     fn from_field(bytes: SecretBytes) -> Option<Self> {
///         i64::from_field(bytes).map(Self)
///     }
/// }
/// assert_eq!(Cents::from_field(Cents(-5).to_field()).map(|cents| cents.0), Some(-5));
/// ```
pub trait FieldValue: Sized {
    /// Writes the value as bytes.
    fn to_field(&self) -> SecretBytes;
    /// Reads the value again. `None` if the bytes are none of this type.
    fn from_field(bytes: SecretBytes) -> Option<Self>;
}

impl FieldValue for SecretBytes {
    fn to_field(&self) -> SecretBytes {
        self.clone()
    }
    fn from_field(bytes: SecretBytes) -> Option<Self> {
        Some(bytes)
    }
}

impl FieldValue for Vec<u8> {
    fn to_field(&self) -> SecretBytes {
        SecretBytes::from(self.clone())
    }
    fn from_field(bytes: SecretBytes) -> Option<Self> {
        Some(bytes.expose_bytes().to_vec())
    }
}

impl FieldValue for SecretText {
    fn to_field(&self) -> SecretBytes {
        SecretBytes::from(self.expose_text().as_bytes().to_vec())
    }
    fn from_field(bytes: SecretBytes) -> Option<Self> {
        String::from_field(bytes).map(Self::from)
    }
}

impl FieldValue for String {
    fn to_field(&self) -> SecretBytes {
        SecretBytes::from(self.as_bytes().to_vec())
    }
    fn from_field(bytes: SecretBytes) -> Option<Self> {
        core::str::from_utf8(bytes.expose_bytes())
            .ok()
            .map(str::to_owned)
    }
}

macro_rules! big_endian {
    ($($number:ty),*) => {$(
        impl FieldValue for $number {
            fn to_field(&self) -> SecretBytes {
                SecretBytes::from(self.to_be_bytes().to_vec())
            }
            fn from_field(bytes: SecretBytes) -> Option<Self> {
                bytes.expose_bytes().try_into().ok().map(Self::from_be_bytes)
            }
        }
    )*};
}
big_endian!(i64, u64);

/// The sealed value of a column, as a field of the host's own types. The column is part of the type and of the context, so a
/// value cannot be read as another column's. The record's id is given when it is sealed and opened.
///
/// Serde writes it sealed: as bytes in binary formats, in Base64 (RFC 4648 section 4) in text ones. It writes no key.
///
/// ```
/// # use countersign::SecretText;
/// # use countersign::field::{Column, Encrypted, FieldCipher, Keyring, LongTermSecret, RootKey};
/// # struct Phone;
/// # impl Column for Phone {
/// #     type Value = SecretText;
/// #     const TABLE: &'static str = "customers";
/// #     const COLUMN: &'static str = "phone";
/// # }
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct Customer {
///     id: String,
///     phone: Encrypted<Phone>,
/// }
/// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
/// let cipher = FieldCipher::new(&keyring, "bank", "customers")?;
/// let number = SecretText::from("+62 812 3456 7834".to_owned());
/// let maya = Customer { id: "42".into(), phone: Encrypted::seal(&number, "42", &cipher)? };
/// assert_eq!(maya.phone.open("42", &cipher)?.expose_text(), "+62 812 3456 7834");
/// assert!(maya.phone.open("43", &cipher).is_err());
/// # Ok::<(), countersign::Error>(())
/// ```
pub struct Encrypted<C> {
    sealed: Box<[u8]>,
    column: PhantomData<fn() -> C>,
}

impl<C: Column> Encrypted<C> {
    /// Seals a value for its column in this record.
    ///
    /// # Errors
    /// As [`FieldCipher::seal`].
    pub fn seal<R: AsRef<[u8]> + ?Sized>(
        value: &C::Value,
        record: &R,
        cipher: &FieldCipher,
    ) -> Result<Self, Error> {
        cipher
            .seal(
                &context::<C>(record.as_ref()),
                value.to_field().expose_bytes(),
            )
            .map(Self::of)
    }

    /// Opens the value.
    ///
    /// # Errors
    /// As [`FieldCipher::open`]; also if the bytes are no value of the column's type.
    pub fn open<R: AsRef<[u8]> + ?Sized>(
        &self,
        record: &R,
        cipher: &FieldCipher,
    ) -> Result<C::Value, Error> {
        let opened = cipher.open(&context::<C>(record.as_ref()), &self.sealed)?;
        C::Value::from_field(opened).ok_or_else(refused)
    }

    /// Seals the value again under the root that writes.
    ///
    /// # Errors
    /// As [`FieldCipher::reseal`].
    pub fn reseal<R: AsRef<[u8]> + ?Sized>(
        &self,
        record: &R,
        cipher: &FieldCipher,
    ) -> Result<Self, Error> {
        cipher
            .reseal(&context::<C>(record.as_ref()), &self.sealed)
            .map(Self::of)
    }
}

impl<C> Encrypted<C> {
    /// Takes a value as a database gave it back.
    ///
    /// # Errors
    /// Corrupt, if the bytes are no sealed value of this suite. Whether they open is not checked.
    pub fn from_bytes(sealed: Vec<u8>) -> Result<Self, Error> {
        let longest = FieldCipher::MAX_PLAINTEXT.saturating_add(FieldCipher::OVERHEAD);
        if sealed.len() > longest || Parts::split(&sealed).is_none() {
            return Err(refused());
        }
        Ok(Self::of(sealed))
    }

    /// Returns the sealed bytes, for a database.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.sealed
    }

    fn of(sealed: Vec<u8>) -> Self {
        Self {
            sealed: sealed.into_boxed_slice(),
            column: PhantomData,
        }
    }
}

fn context<C: Column>(record: &[u8]) -> [&[u8]; 3] {
    [C::TABLE.as_bytes(), C::COLUMN.as_bytes(), record]
}

impl<C> Clone for Encrypted<C> {
    fn clone(&self) -> Self {
        Self {
            sealed: self.sealed.clone(),
            column: PhantomData,
        }
    }
}

impl<C> fmt::Debug for Encrypted<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Encrypted({} bytes)", self.sealed.len())
    }
}

impl<C> Serialize for Encrypted<C> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.serialize_str(&Base64::encode_string(&self.sealed))
        } else {
            serializer.serialize_bytes(&self.sealed)
        }
    }
}

impl<'de, C> Deserialize<'de> for Encrypted<C> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let sealed = if deserializer.is_human_readable() {
            deserializer.deserialize_str(Sealed)
        } else {
            deserializer.deserialize_byte_buf(Sealed)
        }?;
        Self::from_bytes(sealed).map_err(de::Error::custom)
    }
}

/// Reads a sealed value from text or bytes.
struct Sealed;

impl<'de> Visitor<'de> for Sealed {
    type Value = Vec<u8>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a sealed value, as bytes or in Base64")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        // The error does not repeat the text: it could be anything, an unsealed value too.
        Base64::decode_vec(text).map_err(|_| E::custom("a sealed value: must be padded Base64"))
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Self::Value, E> {
        Ok(bytes.to_vec())
    }

    fn visit_byte_buf<E: de::Error>(self, bytes: Vec<u8>) -> Result<Self::Value, E> {
        Ok(bytes)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        // A length that hostile bytes claim reserves nothing.
        let mut bytes = Vec::new();
        while let Some(byte) = list.next_element()? {
            if bytes.len() > FieldCipher::MAX_PLAINTEXT.saturating_add(FieldCipher::OVERHEAD) {
                return Err(de::Error::custom(
                    "a sealed value: must hold 16 MiB at most",
                ));
            }
            bytes.push(byte);
        }
        Ok(bytes)
    }
}
