//! Entries as a walk over a store finds them: a record or a count of issued codes. No subject's name is needed.

use core::fmt;

use super::record::bytes;
use super::record::state::Record;
use super::settings::Settings;
use crate::error::{Error, ErrorKind};
use crate::field::FieldCipher;
use crate::secret::SecretBytes;
use crate::store::{Entry, Key, Version};

const WHAT: &str = "the stored record";

/// An entry that opens.
pub(super) enum Walked {
    /// A count of issued codes.
    Count(SecretBytes),
    Record {
        plain: SecretBytes,
        record: Box<Record>,
        /// The length of its CBOR.
        length: usize,
    },
}

/// Opens what stands under a key.
pub(super) fn open(settings: &Settings, key: &Key, entry: Entry) -> Result<Walked, Error> {
    let version = FieldCipher::nonce_of(entry.bytes()).map(Version::from_bytes);
    if version != Some(entry.version()) {
        let why = "the store names another version than its bytes hold";
        return Err(Error::corrupt(WHAT, why));
    }
    let plain = bytes::unseal(settings.cipher(), key, entry.into_bytes())?;
    if plain.expose_bytes().first() == Some(&bytes::COUNT) {
        return Ok(Walked::Count(plain));
    }
    let (record, length) = bytes::read(&plain)?;
    Ok(Walked::Record {
        plain,
        record,
        length,
    })
}

/// A record that a walk could not open. It is left as it is.
///
/// The host joins it to a customer by the key: [`Key::of`] the subject.
#[derive(Clone, PartialEq, Eq)]
pub struct UnreadableRecord {
    key: Key,
    root: Option<u32>,
    kind: ErrorKind,
}

impl UnreadableRecord {
    pub(crate) fn new(key: Key, sealed: Option<&[u8]>, why: &Error) -> Self {
        Self::of(key, sealed.and_then(FieldCipher::key_id_of), why)
    }

    pub(crate) fn of(key: Key, root: Option<u32>, why: &Error) -> Self {
        let kind = why.kind();
        Self { key, root, kind }
    }

    /// Returns the key it is stored under.
    #[must_use]
    pub const fn key(&self) -> &Key {
        &self.key
    }

    /// Returns the id of the root that it claims to be sealed under. `None`, if it is not a sealed value.
    #[must_use]
    pub const fn root(&self) -> Option<u32> {
        self.root
    }

    /// Returns why: [`MissingKey`](ErrorKind::MissingKey), if the keyring has no readable root of that id, or
    /// [`Corrupt`](ErrorKind::Corrupt).
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }
}

impl fmt::Debug for UnreadableRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UnreadableRecord({:?}, {:?})", self.key, self.kind)
    }
}
