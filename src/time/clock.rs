//! The clock of a verifier.

use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;
use std::sync::Arc;

use super::timestamp::Timestamp;
use crate::error::Error;

/// A clock. A [`Verifier`](crate::Verifier) reads it once at each call.
///
/// Clocks of one host may disagree by [`CLOCK_SKEW`](super::CLOCK_SKEW). Keep the machines' clocks right (NTP).
///
/// ```
/// use countersign::{Error, Timestamp, time::Clock};
///
/// /// The time of the database, which all machines share.
/// struct DatabaseClock;
///
/// impl Clock for DatabaseClock {
///     fn now(&self) -> Result<Timestamp, Error> {
///         // SELECT extract(epoch from clock_timestamp())
///         Timestamp::from_unix(1_800_000_000)
///     }
/// }
/// # assert!(DatabaseClock.now().is_ok());
/// ```
pub trait Clock {
    /// Returns the present moment.
    ///
    /// # Errors
    /// Store, if the clock cannot be read. The call that asked then fails, and nothing is charged.
    fn now(&self) -> Result<Timestamp, Error>;
}

impl<C: Clock + ?Sized> Clock for Arc<C> {
    fn now(&self) -> Result<Timestamp, Error> {
        (**self).now()
    }
}

/// The clock of the machine. Verifiers have it by default.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "it holds nothing")]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Result<Timestamp, Error> {
        Timestamp::now()
    }
}

/// A clock that stands still until it is set, for the tests of a host.
///
/// ```
/// use core::time::Duration;
/// use std::sync::Arc;
/// use countersign::{Channel, Context, Settings, Subject, Timestamp, Verifier, field::{Keyring, LongTermSecret, RootKey}};
/// use countersign::{store::memory::MemoryStore, time::ManualClock};
/// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
/// let clock = Arc::new(ManualClock::new(Timestamp::from_unix(1_800_000_000)?));
/// let verifier = Verifier::new(MemoryStore::new(), settings).with_clock(Arc::clone(&clock));
/// verifier.create(&Subject::new("bank", "C-1042")?, &Context::begin(Channel::Agent)?)?;
/// clock.advance(Duration::from_secs(30));
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Debug)]
pub struct ManualClock(AtomicU64);

impl ManualClock {
    /// Makes a clock that stands at `now`.
    #[must_use]
    pub const fn new(now: Timestamp) -> Self {
        Self(AtomicU64::new(now.unix()))
    }

    /// Sets the clock to `now`. It may go back.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.unix(), Ordering::SeqCst);
    }

    /// Sets the clock forward, to the end of the year 9999 at most.
    pub fn advance(&self, span: Duration) {
        let ahead = |now| Some(Timestamp::stored(now).plus(span).unix());
        let (set, read) = (Ordering::SeqCst, Ordering::SeqCst);
        // The closure always gives a moment, so this never fails.
        let _ = self.0.fetch_update(set, read, ahead);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Result<Timestamp, Error> {
        Ok(Timestamp::stored(self.0.load(Ordering::SeqCst)))
    }
}
