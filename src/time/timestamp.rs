//! Points and spans of time, in whole seconds. The only file that names `SystemTime`.
//!
//! Nothing else in the crate looks at a clock: `now` is an argument, carried in [`Context`](crate::Context).

use std::time::{SystemTime, UNIX_EPOCH};

use crate::error::Error;

/// A clock may run back by two minutes without consequence: servers of one host disagree by seconds, not minutes.
pub const CLOCK_SKEW: Lifetime = Lifetime::minutes(2);

/// A point in time: whole seconds since 1970-01-01T00:00:00Z, up to the end of the year 9999.
///
/// ```
/// use countersign::{Timestamp, time::Lifetime};
/// let noon = Timestamp::from_unix(1_800_000_000)?;
/// assert_eq!(noon.plus(Lifetime::minutes(10)).unix(), 1_800_000_600);
/// assert!(Timestamp::from_unix(-1).is_err());
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

impl Timestamp {
    /// 9999-12-31T23:59:59Z, the last second that common date formats can write.
    pub const MAX: Self = Self(253_402_300_799);

    /// The second that many after (before, if negative) the start of 1970.
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

    /// The present second by the system's clock.
    ///
    /// # Errors
    /// Misuse, if the clock stands before 1970 or after the year 9999.
    ///
    /// ```
    /// assert!(countersign::Timestamp::now()?.unix() > 1_700_000_000);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn now() -> Result<Self, Error> {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        Self::from_unix(
            since
                .ok()
                .and_then(|span| i64::try_from(span.as_secs()).ok())
                .unwrap_or(-1),
        )
    }

    /// Seconds since the start of 1970.
    ///
    /// ```
    /// assert_eq!(countersign::Timestamp::from_unix(59)?.unix(), 59);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub const fn unix(self) -> u64 {
        self.0
    }

    /// This long after; never beyond [`MAX`](Self::MAX).
    ///
    /// ```
    /// use countersign::{Timestamp, time::Lifetime};
    /// assert_eq!(Timestamp::MAX.plus(Lifetime::days(1)), Timestamp::MAX);
    /// ```
    #[must_use]
    pub const fn plus(self, span: Lifetime) -> Self {
        let sum = self.0.saturating_add(span.0 as u64);
        if sum > Self::MAX.0 {
            Self::MAX
        } else {
            Self(sum)
        }
    }

    /// The span from an earlier point to this one; zero if `earlier` is the later of the two.
    ///
    /// ```
    /// use countersign::{Timestamp, time::Lifetime};
    /// let (a, b) = (Timestamp::from_unix(100)?, Timestamp::from_unix(160)?);
    /// assert_eq!(b.since(a), Lifetime::minutes(1));
    /// assert_eq!(a.since(b), Lifetime::seconds(0));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn since(self, earlier: Self) -> Lifetime {
        Lifetime(u32::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(u32::MAX))
    }

    /// From stored seconds; what lies beyond the end is the end.
    pub(crate) const fn stored(seconds: u64) -> Self {
        if seconds > Self::MAX.0 {
            Self::MAX
        } else {
            Self(seconds)
        }
    }
}

/// A span of time in whole seconds, up to 136 years: how long a code, a lock or a piece of evidence counts.
///
/// ```
/// use countersign::time::Lifetime;
/// assert_eq!(Lifetime::minutes(10), Lifetime::seconds(600));
/// assert!(Lifetime::hours(1) < Lifetime::days(1));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lifetime(u32);

impl Lifetime {
    /// That many seconds.
    ///
    /// ```
    /// assert_eq!(countersign::time::Lifetime::seconds(30).as_seconds(), 30);
    /// ```
    #[must_use]
    pub const fn seconds(count: u32) -> Self {
        Self(count)
    }

    /// That many minutes.
    ///
    /// ```
    /// assert_eq!(countersign::time::Lifetime::minutes(2).as_seconds(), 120);
    /// ```
    #[must_use]
    pub const fn minutes(count: u32) -> Self {
        Self(count.saturating_mul(60))
    }

    /// That many hours.
    ///
    /// ```
    /// assert_eq!(countersign::time::Lifetime::hours(1).as_seconds(), 3_600);
    /// ```
    #[must_use]
    pub const fn hours(count: u32) -> Self {
        Self(count.saturating_mul(3_600))
    }

    /// That many days of 24 hours.
    ///
    /// ```
    /// assert_eq!(countersign::time::Lifetime::days(1).as_seconds(), 86_400);
    /// ```
    #[must_use]
    pub const fn days(count: u32) -> Self {
        Self(count.saturating_mul(86_400))
    }

    /// The span in seconds.
    ///
    /// ```
    /// assert_eq!(countersign::time::Lifetime::minutes(1).as_seconds(), 60);
    /// ```
    #[must_use]
    pub const fn as_seconds(self) -> u32 {
        self.0
    }
}
