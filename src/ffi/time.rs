//! Moments, as C gives them: Unix time in seconds.

use super::failure::Failure;
use crate::time::Timestamp;

pub(super) fn moment(unix: i64) -> Result<Timestamp, Failure> {
    Ok(Timestamp::from_unix(unix)?)
}
