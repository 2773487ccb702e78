//! Points in time, and the clocks that give them.

mod clock;
pub(crate) mod timestamp;

pub use clock::{Clock, ManualClock, SystemClock};
pub use timestamp::CLOCK_SKEW;
pub(crate) use timestamp::{Timestamp, whole_seconds};
