//! The JSON forms: what a call takes or gives that has many parts. `forms.md` beside this file is their page.
//!
//! Inputs refuse a key that they do not know. Outputs may get more keys in a later version.

pub(super) mod catalogue;
#[expect(dead_code, reason = "the calls of a verifier take its other forms")]
pub(super) mod order;
#[expect(dead_code, reason = "the calls of a verifier give its other forms")]
pub(super) mod prompts;
pub(super) mod read;
pub(super) mod rules;
#[expect(dead_code, reason = "the calls of a verifier take bytes, too")]
pub(super) mod secret;
pub(super) mod transaction;
pub(super) mod wording;
pub(super) mod write;
