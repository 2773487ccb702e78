//! How often: wrong tries of a factor, and codes that are sent.

pub(crate) mod quota;
pub(crate) mod throttle;

pub use quota::{Quota, QuotaDecision, QuotaScope, QuotaState};
pub use throttle::{GuessChance, Limits};
