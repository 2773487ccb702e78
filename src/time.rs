//! Points in time.

pub(crate) mod timestamp;

pub(crate) use timestamp::Timestamp;
pub use timestamp::{CLOCK_SKEW, Lifetime};
