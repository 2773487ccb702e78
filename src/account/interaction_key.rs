//! Hashes of interactions' ids, for trails. An id itself is a handle: a web host may have put it into a cookie. Agents have hashes
//! of their names there: a trail names no person.

use aes::Aes256Enc;
use aes::cipher::{BlockCipherEncrypt, KeyInit};

use ring::digest;

use crate::context::Interaction;
use crate::derivation::{AGENT, INTERACTIONS, leading};
use crate::error::Error;
use crate::field::Keyring;
use crate::grant::Agent;

/// The key of these hashes. It is the oldest of the keyring: a newer secret must not change what a trail says.
#[derive(Clone)]
// Boxed: beside the other settings, a copy of it stayed in freed memory. `tests/wiped.rs` sees that.
pub(crate) struct InteractionKey(Box<Aes256Enc>);

impl InteractionKey {
    pub(crate) fn new(keyring: &Keyring) -> Result<Self, Error> {
        let key = keyring.oldest_long_term_key(INTERACTIONS)?;
        Ok(Self(Box::new(Aes256Enc::new(key.expose_bytes().into()))))
    }

    /// Hashes an id. It has one block, so AES alone is a keyed function that nobody computes without the key.
    pub(crate) fn hash(&self, interaction: Interaction) -> [u8; 16] {
        let mut block = interaction.to_bytes().into();
        self.0.encrypt_block(&mut block);
        block.into()
    }

    /// Hashes an agent's name. A digest makes one block of it first.
    pub(crate) fn hash_agent(&self, agent: &Agent) -> [u8; 16] {
        let mut digest = digest::Context::new(&digest::SHA256);
        digest.update(AGENT.as_bytes());
        digest.update(agent.name().as_bytes());
        self.hash(Interaction::from_bytes(leading(digest.finish())))
    }
}
