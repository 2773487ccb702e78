//! The cost of a computation, and the costs that are allowed.

use minicbor::{Decode, Encode};

use crate::error::Error;

/// The cost of one Argon2id computation: memory in KiB, passes, lanes.
///
/// ```
/// use countersign::hashing::Cost;
/// assert_eq!(Cost::default(), Cost::new(19_456, 2, 1)?);
/// assert!(Cost::new(47_104, 1, 1).is_ok());
/// assert!(Cost::new(4_096, 3, 1).is_err(), "below what OWASP asks");
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Cost {
    #[n(0)]
    memory_kib: u32,
    #[n(1)]
    passes: u32,
    #[n(2)]
    lanes: u32,
}

impl Cost {
    /// The cheapest settings, each as strong as the others (OWASP, Password Storage): memory in KiB and passes.
    const CHEAPEST: [(u32, u32); 5] = [
        (47_104, 1),
        (19_456, 2),
        (12_288, 3),
        (9_216, 4),
        (7_168, 5),
    ];
    /// A higher cost is refused, so that stored or configured numbers cannot take the machine down.
    pub(super) const DEAREST_KIB: u32 = 1 << 20;
    pub(super) const MOST_PASSES: u32 = 16;
    const MOST_LANES: u32 = 16;
    /// RFC 9106 3.1: memory for eight blocks in each lane.
    const LEAST_KIB_PER_LANE: u32 = 8;

    /// Makes a cost of `memory_kib` KiB, `passes` over it, `lanes` lanes.
    ///
    /// One lane is best. Lanes are computed one after the other here, so only an attacker gains from more.
    ///
    /// # Errors
    /// Misuse, if it is lower than OWASP's minimum (19 MiB and 2 passes, or an equal), or above 1 GiB, 16 passes or 16
    /// lanes.
    pub fn new(memory_kib: u32, passes: u32, lanes: u32) -> Result<Self, Error> {
        Self::bearable(memory_kib, passes, lanes)
            .filter(Self::is_allowed)
            .ok_or_else(|| {
                Error::misuse(
                    "Argon2id cost",
                    "must lie between OWASP's minimum and 1 GiB, 16 passes, 16 lanes",
                )
            })
    }

    /// Makes a cost that can be computed, also below OWASP's minimum: for a hash that another program made.
    pub(crate) fn bearable(memory_kib: u32, passes: u32, lanes: u32) -> Option<Self> {
        let cost = Self {
            memory_kib,
            passes,
            lanes,
        };
        cost.is_bearable().then_some(cost)
    }

    /// Returns the memory in KiB.
    #[must_use]
    pub const fn memory_kib(&self) -> u32 {
        self.memory_kib
    }

    /// Returns the passes over the memory.
    #[must_use]
    pub const fn passes(&self) -> u32 {
        self.passes
    }

    /// Returns the lanes.
    #[must_use]
    pub const fn lanes(&self) -> u32 {
        self.lanes
    }

    /// Refuses a cost outside the allowed range.
    pub(crate) fn expect_allowed(&self) -> Result<(), Error> {
        if self.is_allowed() {
            return Ok(());
        }
        Err(Error::misuse(
            "Argon2id cost",
            "must lie in the allowed range",
        ))
    }

    /// Returns whether this lies in the allowed range. Stored costs are checked, too.
    pub(crate) fn is_allowed(&self) -> bool {
        let strong = Self::CHEAPEST
            .iter()
            .any(|(memory, passes)| self.memory_kib >= *memory && self.passes >= *passes);
        strong && self.is_bearable()
    }

    fn is_bearable(&self) -> bool {
        (1..=Self::MOST_LANES).contains(&self.lanes)
            && (1..=Self::MOST_PASSES).contains(&self.passes)
            && self.memory_kib <= Self::DEAREST_KIB
            && self.memory_kib >= self.lanes.saturating_mul(Self::LEAST_KIB_PER_LANE)
    }
}

impl Default for Cost {
    /// OWASP's minimum: 19 MiB, 2 passes, 1 lane.
    fn default() -> Self {
        Self {
            memory_kib: 19_456,
            passes: 2,
            lanes: 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h01_cheaper_than_the_minimum_is_refused() {
        for (memory, passes) in Cost::CHEAPEST {
            assert!(Cost::new(memory, passes, 1).is_ok());
            assert!(
                Cost::new(memory - 1, passes, 1).is_err(),
                "{memory} KiB, {passes} passes, less one KiB"
            );
        }
        for (memory, passes, lanes) in [
            (0, 0, 0),
            (u32::MAX, 2, 1),
            ((1 << 20) + 1, 2, 1),
            (19_456, u32::MAX, 1),
            (19_456, 17, 1),
            (19_456, 2, 0),
            (19_456, 2, 17),
            (19_456, 2, 1 << 24),
        ] {
            assert!(Cost::new(memory, passes, lanes).is_err());
        }
    }

    #[test]
    fn a_weaker_cost_of_others_has_bounds_too() {
        assert!(Cost::bearable(8, 1, 1).is_some());
        assert!(Cost::bearable(4_096, 3, 1).is_some());
        for (memory, passes, lanes) in [
            (7, 1, 1),
            (15, 1, 2),
            (8, 0, 1),
            (8, 1, 0),
            (u32::MAX, 1, 1),
            (4_096, u32::MAX, 1),
            (u32::MAX, 1, 1 << 24),
        ] {
            assert!(Cost::bearable(memory, passes, lanes).is_none());
        }
        assert!(!Cost::bearable(4_096, 3, 1).unwrap().is_allowed());
    }
}
