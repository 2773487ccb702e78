#![doc = include_str!("field/format.md")]

mod blind_index;
mod derive;
mod encrypted;
mod index_plan;
mod keyring;
mod keyring_bytes;
mod purpose;
mod root;
mod rotation;
mod row;
mod seal;
mod subject_key;
mod suite;

pub use blind_index::{BlindIndex, IndexValue};
pub(crate) use derive::DerivedKey;
pub use encrypted::{Column, Encrypted, FieldValue};
pub use index_plan::{IndexPlan, Values};
pub use keyring::{Keyring, RootInfo, RootState};
pub(crate) use purpose::{ACCOUNT, MEMORABLE_WORD, PEPPER};
pub use root::{DatedRootKey, LongTermSecret, RootKey};
pub use rotation::{
    Cell, CellChange, Progress, Rotating, Rotation, RowChange, SealedRow, SealedTable, Swapped,
};
pub use row::Row;
pub use seal::FieldCipher;
pub use subject_key::SubjectKey;
