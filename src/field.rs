#![doc = include_str!("field/format.md")]

mod blind_index;
mod derive;
mod encrypted;
mod index_plan;
mod keyring;
mod keyring_bytes;
mod member;
mod purpose;
mod root;
mod rotation;
mod row;
mod seal;
mod subject_key;
mod suite;
mod table;

pub use blind_index::BlindIndex;
pub(crate) use derive::DerivedKey;
pub use encrypted::{Column, Encrypted, FieldValue};
pub use index_plan::IndexPlan;
pub use keyring::Keyring;
pub use member::RootInfo;
pub use root::{LongTermSecret, RootKey};
pub use rotation::{Progress, Rotation};
pub use row::Row;
pub use seal::FieldCipher;
pub use subject_key::SubjectKey;
pub use table::{RowChange, SealedRow, SealedTable};
