//! Field encryption: a ring of keys, and values sealed under them.
//!
//! # The sealed value, suite 1
//!
//! XAES-256-GCM (C2SP) with a key commitment (ePrint 2025/758, in the layout AWS-LC uses), behind a header:
//!
//! ```text
//! suite (1) | key id (4) | nonce (24) | ciphertext (n) | tag (16) | commitment (32)      77 bytes more than n
//! ```
//!
//! The associated data is `suite | key id | length, realm | number of parts | length, part ...`, with big-endian lengths of
//! four bytes, one byte for the number of parts, and zeros up to a multiple of 16 bytes. The key is HKDF-SHA-256 of a
//! root, see [`Keyring`].
//!
//! The commitment is compared before anything is decrypted. It binds the key, not the context: the context is
//! bound by the tag.

mod blind_index;
mod encrypted;
mod index_plan;
mod keyring;
mod keyring_bytes;
mod root;
mod rotation;
mod row;
mod seal;
mod subject_key;
mod suite;

pub use blind_index::{BlindIndex, IndexValue};
pub use encrypted::{Column, Encrypted, FieldValue};
pub use index_plan::{IndexPlan, Values};
pub(crate) use keyring::{ACCOUNT, DerivedKey};
pub use keyring::{Keyring, RootInfo, RootState};
pub use root::{DatedRoot, Root, StandingSecret};
pub use rotation::{
    Cell, CellChange, Progress, Rotating, Rotation, RowChange, SealedRow, SealedTable, Swapped,
};
pub use row::Row;
pub use seal::FieldCipher;
pub use subject_key::SubjectKey;
