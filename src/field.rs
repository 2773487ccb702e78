#![doc = include_str!("field/format.md")]

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
