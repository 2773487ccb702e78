//! Points and spans of time, in whole seconds. The only file that names `SystemTime`.
//!
//! Nothing else in the crate reads the clock of the machine. A verifier asks its [`Clock`](super::Clock). Elsewhere `now` is an argument.

use core::ops::{Add, Sub};
use core::time::Duration;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::error::Error;

/// A clock may run back by two minutes without consequence: servers of one host disagree by seconds, not minutes.
pub const CLOCK_SKEW: Duration = Duration::from_secs(2 * 60);

/// A point in time: whole seconds since 1970-01-01T00:00:00Z, up to the end of the year 9999.
///
/// ```
/// use core::time::Duration;
/// use countersign::Timestamp;
/// let noon = Timestamp::from_unix(1_800_000_000)?;
/// assert_eq!((noon + Duration::from_secs(10 * 60)).unix(), 1_800_000_600);
/// assert!(Timestamp::from_unix(-1).is_err());
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

impl Timestamp {
    /// 9999-12-31T23:59:59Z, the last second that common date formats can write.
    pub const MAX: Self = Self(253_402_300_799);

    /// Makes the second that many after (before, if negative) the start of 1970.
    ///
    /// # Errors
    /// Misuse, for times before 1970 or after the year 9999: a clock that far off cannot be trusted with a lock.
    ///
    /// ```
    /// assert!(countersign::Timestamp::from_unix(4_294_967_296 * 2).is_ok(), "2106 is not the end");
    /// assert_eq!(
    ///     countersign::Timestamp::from_unix(-86_400).unwrap_err().to_string(),
    ///     "timestamp: must lie between the start of 1970 and the end of 9999",
    /// );
    /// ```
    pub fn from_unix(seconds: i64) -> Result<Self, Error> {
        u64::try_from(seconds)
            .ok()
            .filter(|seconds| *seconds <= Self::MAX.0)
            .map(Self)
            .ok_or_else(|| {
                Error::misuse(
                    "timestamp",
                    "must lie between the start of 1970 and the end of 9999",
                )
            })
    }

    /// Reads the system's clock.
    ///
    /// # Errors
    /// Misuse, if the clock stands before 1970 or after the year 9999.
    pub fn now() -> Result<Self, Error> {
        Self::try_from(SystemTime::now())
    }

    /// Returns the seconds since the start of 1970.
    #[must_use]
    pub const fn unix(self) -> u64 {
        self.0
    }

    /// Returns the point `span` later, at most [`MAX`](Self::MAX). A fraction of a second is dropped.
    pub(crate) const fn plus(self, span: Duration) -> Self {
        Self::stored(self.0.saturating_add(span.as_secs()))
    }

    /// Returns the span from `earlier` to this point; zero if `earlier` is the later of the two.
    pub(crate) const fn since(self, earlier: Self) -> Duration {
        Duration::from_secs(self.0.saturating_sub(earlier.0))
    }

    /// Reads stored seconds. A point beyond the end is the end.
    pub(crate) const fn stored(seconds: u64) -> Self {
        if seconds > Self::MAX.0 {
            Self::MAX
        } else {
            Self(seconds)
        }
    }
}

/// Returns the span in whole seconds, for records that keep it in 32 bits: 136 years at most.
pub(crate) fn whole_seconds(span: Duration) -> u32 {
    u32::try_from(span.as_secs()).unwrap_or(u32::MAX)
}

/// Adds whole seconds, up to [`Timestamp::MAX`].
impl Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, span: Duration) -> Self {
        self.plus(span)
    }
}

/// Returns the span from an earlier point, or zero if the other is the later of the two.
impl Sub for Timestamp {
    type Output = Duration;

    fn sub(self, earlier: Self) -> Duration {
        self.since(earlier)
    }
}

/// Returns the seconds since the start of 1970, as databases keep them.
impl From<Timestamp> for i64 {
    fn from(at: Timestamp) -> Self {
        at.0.cast_signed()
    }
}

impl From<Timestamp> for SystemTime {
    fn from(at: Timestamp) -> Self {
        UNIX_EPOCH
            .checked_add(Duration::from_secs(at.0))
            .unwrap_or(UNIX_EPOCH)
    }
}

/// Drops a fraction of a second.
impl TryFrom<SystemTime> for Timestamp {
    type Error = Error;

    /// # Errors
    /// Misuse, for times before 1970 or after the year 9999.
    fn try_from(at: SystemTime) -> Result<Self, Error> {
        let since = at.duration_since(UNIX_EPOCH);
        Self::from_unix(
            since
                .ok()
                .and_then(|span| i64::try_from(span.as_secs()).ok())
                .unwrap_or(-1),
        )
    }
}
