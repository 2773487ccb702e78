//! The state of an account, and its bytes.

pub(crate) mod budget;
pub(crate) mod state;
