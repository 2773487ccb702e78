//! How often: wrong tries of a factor, and codes that are sent.

pub(crate) mod quota;
pub(crate) mod throttle;

pub use crate::event::QuotaScope;
pub use quota::{IssueLimits, Quota, QuotaDecision, QuotaState};
pub use throttle::{GuessChance, Limits};
