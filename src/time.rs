//! Points in time.

pub(crate) mod timestamp;

pub use timestamp::CLOCK_SKEW;
pub(crate) use timestamp::{Timestamp, whole_seconds};
