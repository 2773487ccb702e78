//! A password hash of another program, until its first success.

use core::fmt;

use super::forms;
use super::scheme::Scheme;
use super::stored::{Stored, computed};
use crate::error::Error;
use crate::field::Keyring;
use crate::hashing::{Cost, HashPermit};
use crate::transition::{Transition, Verdict};

/// The text of a hash that another program made, and what it says.
#[derive(Clone)]
pub(super) struct Imported {
    text: String,
    scheme: Box<Scheme>,
}

impl Imported {
    /// Reads a hash. Nothing is computed.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let scheme = Box::new(forms::read(text)?);
        let text = text.to_owned();
        Ok(Self { text, scheme })
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Checks texts. If one of them has this hash, the next state is a present one of `present`.
    ///
    /// A hash of `present` is computed whatever is wrong, because a right text needs one.
    pub(super) fn check(
        &self,
        texts: &[&[u8]],
        present: Option<&[u8]>,
        keyring: &Keyring,
        cost: Cost,
        permit: &mut HashPermit,
    ) -> Result<Transition<Verdict, Stored>, Error> {
        let next = Stored::enrolled(present.unwrap_or_default(), keyring, cost, permit)?;
        let mut right = false;
        for text in computed(texts) {
            right |= self.scheme.matches(text, permit)?;
        }
        // The stand-in for a missing text is never right, even if somebody stored its hash.
        if !right || texts.is_empty() {
            return Ok(Transition::unchanged(Verdict::Wrong));
        }
        Ok(Transition::accepted(present.map(|_| next)))
    }
}

/// Its algorithm and cost, without salt and tag.
impl fmt::Debug for Imported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.scheme.algorithm.fmt(f)
    }
}
