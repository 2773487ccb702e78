//! What must be stored between two responses.

use minicbor::{Decode, Encode};

/// What a host stores beside an [`Ocra`](crate::otp::ocra::Ocra): how many responses were accepted, the counter of the next one,
/// and the time step of the last one. All three only grow.
///
/// A challenge remembers how many there were when it was asked; so an accepted response spends its own question and
/// every other that was open with it, and none is accepted twice.
///
/// ```
/// use countersign::otp::ocra::OcraState;
/// let new = OcraState::default();
/// assert_eq!((new.round(), new.counter(), new.step()), (0, 0, 0));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct OcraState {
    #[n(0)]
    pub(super) round: u64,
    #[n(1)]
    pub(super) counter: u64,
    #[n(2)]
    pub(super) step: u64,
}

impl OcraState {
    /// The last counter whose response is accepted, so that one more is still a number and nothing begins again at zero.
    pub(super) const LAST_COUNTER: u64 = u64::MAX.saturating_sub(1);

    /// The state as it was stored.
    ///
    /// ```
    /// use countersign::otp::ocra::OcraState;
    /// let state = OcraState::stored(3, 7, 20_107_446);
    /// assert_eq!((state.round(), state.counter(), state.step()), (3, 7, 20_107_446));
    /// ```
    #[must_use]
    pub const fn stored(round: u64, counter: u64, step: u64) -> Self {
        Self {
            round,
            counter,
            step,
        }
    }

    /// How many responses were accepted.
    ///
    /// ```
    /// assert_eq!(countersign::otp::ocra::OcraState::default().round(), 0);
    /// ```
    #[must_use]
    pub const fn round(&self) -> u64 {
        self.round
    }

    /// The counter of the next response, where the suite has one.
    ///
    /// ```
    /// assert_eq!(countersign::otp::ocra::OcraState::stored(0, 7, 0).counter(), 7);
    /// ```
    #[must_use]
    pub const fn counter(&self) -> u64 {
        self.counter
    }

    /// The time step of the last accepted response, where the suite has one. No earlier step is accepted any more.
    ///
    /// ```
    /// assert_eq!(countersign::otp::ocra::OcraState::stored(0, 0, 7).step(), 7);
    /// ```
    #[must_use]
    pub const fn step(&self) -> u64 {
        self.step
    }
}
