//! The interactions that hold evidence, and the factors of it.

use minicbor::{Decode, Encode};

use super::budget::Budget;
use crate::context::Interaction;
use crate::factor::{Factor, Strength};
use crate::limits::throttle::Lane;
use crate::time::Timestamp;
use core::time::Duration;

/// An interaction that holds evidence.
#[derive(Clone, Encode, Decode)]
#[cbor(array)]
struct InteractionEvidence {
    /// All bytes of its id: a host may give ids of its own that begin alike.
    #[cbor(n(0), with = "minicbor::bytes")]
    interaction: [u8; 16],
    /// One bit for each factor.
    #[n(1)]
    factors: u16,
    #[n(2)]
    at: u64,
}

/// An interaction holds evidence for an hour after the latest piece.
const HOLDING: Duration = Duration::from_secs(3_600);
/// So many interactions are remembered.
const MOST: usize = 4;

/// The interactions that hold evidence.
#[derive(Clone, Default, Encode, Decode)]
#[cbor(transparent)]
pub(crate) struct HeldEvidence(#[n(0)] Vec<InteractionEvidence>);

impl HeldEvidence {
    /// Returns the lane of a try. Evidence of the same budget does not count.
    pub(crate) fn lane(&self, interaction: Interaction, budget: Budget) -> Lane {
        let own = |factor: &Factor| Budget::of(*factor) == Some(budget);
        Self::lane_of(self.held_without(interaction, own))
    }

    /// Returns the lane of an order. Evidence of any factor counts.
    pub(crate) fn order_lane(&self, interaction: Interaction) -> Lane {
        Self::lane_of(self.held(interaction))
    }

    /// Returns whether an interaction holds evidence of any factor.
    pub(crate) fn is_of(&self, interaction: Interaction) -> bool {
        self.held(interaction) != 0
    }

    /// Returns whether an interaction holds evidence that is more than weak. Of external verifications, only such are held.
    pub(crate) fn is_a_factor_of(&self, interaction: Interaction) -> bool {
        let weak = |factor: &Factor| factor.strength() == Some(Strength::Weak);
        self.held_without(interaction, weak) != 0
    }

    /// Notes that an interaction has shown a factor.
    pub(crate) fn hold(&mut self, interaction: Interaction, factor: Factor, now: Timestamp) {
        let held = self.held(interaction);
        let name = interaction.to_bytes();
        self.0.retain(|holder| holder.interaction != name);
        if self.0.len() >= MOST {
            self.0.remove(0);
        }
        self.0.push(InteractionEvidence {
            interaction: name,
            factors: held | bit(factor),
            at: now.unix(),
        });
    }

    /// Forgets interactions whose last evidence is too old.
    pub(crate) fn see(&mut self, now: Timestamp) {
        self.0
            .retain(|holder| now.since(Timestamp::stored(holder.at)) <= HOLDING);
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    const fn lane_of(held: u16) -> Lane {
        if held == 0 {
            Lane::Anonymous
        } else {
            Lane::WithEvidence
        }
    }

    fn held_without(&self, interaction: Interaction, left_out: impl Fn(&Factor) -> bool) -> u16 {
        let left_out = Factor::ALL.into_iter().filter(left_out);
        left_out.fold(self.held(interaction), |bits, factor| bits & !bit(factor))
    }

    fn held(&self, interaction: Interaction) -> u16 {
        let name = interaction.to_bytes();
        self.0
            .iter()
            .filter(|holder| holder.interaction == name)
            .fold(0, |bits, holder| bits | holder.factors)
    }
}

const fn bit(factor: Factor) -> u16 {
    1_u16.wrapping_shl(factor.number() as u32)
}
