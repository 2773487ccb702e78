//! The state between two responses.

use minicbor::{Decode, Encode};

/// The state to store beside an [`Ocra`](crate::otp::ocra::Ocra): how many responses were accepted, the counter of the
/// next one, and the time step of the last one. All three only grow.
///
/// A challenge remembers how many there were when it was asked. So an accepted response spends its own question and
/// every other that was open with it, and none is accepted twice.
///
/// ```
/// use countersign::otp::ocra::OcraState;
/// // As three columns of a table.
/// let state = OcraState::stored(3, 7, 20_107_446);
/// assert_eq!((state.round(), state.counter(), state.step()), (3, 7, 20_107_446));
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
    /// The last counter whose response is accepted. One more is still a number, so no counter starts again at zero.
    pub(super) const LAST_COUNTER: u64 = u64::MAX.saturating_sub(1);

    /// Reads the state as it was stored.
    #[must_use]
    pub const fn stored(round: u64, counter: u64, step: u64) -> Self {
        Self {
            round,
            counter,
            step,
        }
    }

    /// Returns how many responses were accepted.
    #[must_use]
    pub const fn round(&self) -> u64 {
        self.round
    }

    /// Returns the counter of the next response, if the suite has one.
    #[must_use]
    pub const fn counter(&self) -> u64 {
        self.counter
    }

    /// Returns the time step of the last accepted response, if the suite has one. No earlier step is accepted any more.
    #[must_use]
    pub const fn step(&self) -> u64 {
        self.step
    }
}
