//! The hash of one answer: its salt, its Argon2id tag, and the parameters that both were made with.

use zeroize::Zeroizing;

use super::parameters::Parameters;
use crate::error::Error;
use crate::field::DerivedKey;
use crate::hashing::{HashPermit, HashPool, Tag};
use crate::knowledge::question::QuestionId;
use crate::random::Draw;

/// The hash of the answer to one question.
#[derive(Clone)]
pub(in crate::knowledge) struct AnswerHash {
    pub(in crate::knowledge) id: QuestionId,
    pub(in crate::knowledge) parameters: Parameters,
    pub(in crate::knowledge) salt: [u8; HashPool::SALT],
    pub(in crate::knowledge) tag: [u8; HashPool::TAG],
}

impl AnswerHash {
    /// Draws salt and tag, so that no answer matches.
    pub(in crate::knowledge) fn drawn(
        id: QuestionId,
        parameters: Parameters,
        draw: &mut impl Draw,
    ) -> Result<Self, Error> {
        let mut one = Self {
            id,
            parameters,
            salt: [0; HashPool::SALT],
            tag: [0; HashPool::TAG],
        };
        draw.fill(&mut one.salt)?;
        draw.fill(&mut one.tag)?;
        Ok(one)
    }

    /// Computes the tag of bytes to hash, with the parameters of this hash.
    pub(in crate::knowledge) fn tag_of(
        &self,
        bound: &[u8],
        pepper: &DerivedKey,
        permit: &mut HashPermit,
    ) -> Result<Tag, Error> {
        permit.hash(
            self.parameters.cost,
            pepper.expose_bytes(),
            &self.salt,
            bound,
        )
    }
}

/// The bytes to hash: the question, then the answer. So a tag is worthless under another question.
pub(in crate::knowledge) fn bound(id: QuestionId, text: &str) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len().saturating_add(2)));
    bytes.extend_from_slice(&id.number().to_be_bytes());
    bytes.extend_from_slice(text.as_bytes());
    bytes
}

/// Whether no question occurs twice.
pub(in crate::knowledge) fn all_differ(ids: &[QuestionId]) -> bool {
    let mut distinct = ids.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    distinct.len() == ids.len()
}
