//! The JSON forms: what a call takes or gives that has many parts. `forms.md` beside this file is their page.
//!
//! Inputs refuse a key that they do not know. Outputs may get more keys in a later version.

pub(super) mod attempt;
pub(super) mod authenticators;
pub(super) mod catalogue;
pub(super) mod change;
pub(super) mod decision;
pub(super) mod delivery;
pub(super) mod event;
pub(super) mod evidence;
pub(super) mod explanation;
pub(super) mod order;
pub(super) mod part;
pub(super) mod pending;
pub(super) mod policy;
pub(super) mod prompts;
pub(super) mod read;
pub(super) mod request;
pub(super) mod rules;
pub(super) mod secret;
pub(super) mod settings;
pub(super) mod status;
pub(super) mod transaction;
pub(super) mod walk;
pub(super) mod wording;
mod words;
pub(super) mod write;
