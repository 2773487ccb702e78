//! The parameters of an answer's hash. The tag is the same only if they are.

use minicbor::{Decode, Encode};

use crate::canonical::text::VERSION;
use crate::derivation::PEPPER;
use crate::error::Error;
use crate::field::{DerivedKey, Keyring};
use crate::hashing::Cost;

/// The canonical form, the cost and the pepper of a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub(in crate::knowledge) struct Parameters {
    /// The version of the canonical form.
    #[n(0)]
    pub(in crate::knowledge) form: u8,
    #[n(1)]
    pub(in crate::knowledge) cost: Cost,
    /// The generation of the pepper.
    #[n(2)]
    pub(in crate::knowledge) pepper: u32,
    /// Reveals a wrong pepper, which would make every answer wrong.
    #[n(3)]
    pub(in crate::knowledge) check_value: u32,
}

impl Parameters {
    /// The parameters of new hashes: the present form, with this cost and this pepper.
    pub(in crate::knowledge) fn present(cost: Cost, pepper: &DerivedKey) -> Self {
        Self {
            form: VERSION,
            cost,
            pepper: pepper.number(),
            check_value: pepper.check_value(),
        }
    }

    /// Returns the pepper.
    ///
    /// A long-term secret that was replaced under its old generation is an error. With it every answer would be wrong, and
    /// the customer locked out.
    pub(in crate::knowledge) fn pepper(&self, keyring: &Keyring) -> Result<DerivedKey, Error> {
        keyring.checked_long_term_key(PEPPER, self.pepper, self.check_value)
    }

    /// Why a tag with these parameters cannot be computed here, or must not.
    pub(in crate::knowledge) fn fault(&self) -> Option<&'static str> {
        if self.form != VERSION {
            return Some("unknown canonical form");
        }
        if !self.cost.is_allowed() {
            return Some("Argon2id cost out of range");
        }
        None
    }
}
