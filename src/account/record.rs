//! The state of an account, and its bytes. Nothing here decides anything.

pub(crate) mod approvals;
pub(crate) mod budget;
pub(crate) mod bytes;
pub(crate) mod evidence;
pub(crate) mod odds;
pub(crate) mod open_challenge;
pub(crate) mod pending;
pub(crate) mod reservation;
pub(crate) mod slot;
pub(crate) mod spent;
pub(crate) mod state;
