//! Questions that wait for their response.

use minicbor::{Decode, Encode};

use crate::context::Interaction;
use crate::otp::ocra::OcraChallenge;
use crate::time::Timestamp;

/// A question that waits, in the interaction it was asked in.
#[derive(Clone, Encode, Decode)]
#[cbor(array)]
pub(crate) struct OpenChallenge {
    #[cbor(n(0), with = "minicbor::bytes")]
    pub(crate) interaction: [u8; 16],
    #[n(1)]
    pub(crate) asked: OcraChallenge,
    #[n(2)]
    pub(crate) expires: u64,
    /// Whether the interaction held evidence when it asked.
    #[n(3)]
    pub(crate) ordered_with_evidence: bool,
    /// The transaction that is signed.
    #[cbor(n(4), with = "minicbor::bytes")]
    pub(crate) binding: Option<[u8; 32]>,
    #[cbor(n(5), with = "minicbor::bytes")]
    pub(crate) session: Option<Vec<u8>>,
    /// Which device was asked.
    #[n(6)]
    pub(crate) signs: bool,
}

impl OpenChallenge {
    pub(crate) fn is_open(&self, now: Timestamp) -> bool {
        now.unix() < self.expires
    }

    pub(crate) fn is_of(&self, interaction: Interaction) -> bool {
        self.interaction == interaction.to_bytes()
    }
}
