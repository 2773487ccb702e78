//! The object that keeps the text of an error.

use super::handle::Object;

/// Keeps the text of an error, for calls that make an object.
pub struct countersign_error {
    _private: (),
}

pub(super) struct LastError;

impl Object for LastError {
    type Tag = countersign_error;
    const KIND: u64 = 0xc5e1_9a07_4d21_0001;
    const NAME: &str = "error";
}
