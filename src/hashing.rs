//! Argon2id with a pepper: the one place that spends memory and time on purpose.
//!
//! A computation needs a [`HashPermit`]. There are few of them. If none is free, the answer is "busy", and nothing is
//! charged.

mod calibrate;
mod cost;
mod pool;
mod shared;

pub use calibrate::calibrate;
pub use cost::Cost;
#[cfg(feature = "import")]
pub(crate) use pool::OldArgon2;
pub use pool::{HashPermit, HashPool};
pub(crate) use shared::{Tag, shared_out};
