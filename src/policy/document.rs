//! The document: what a policy states, and how that is written and read.

pub(crate) mod aal;
pub(crate) mod condition;
pub(crate) mod near;
pub(crate) mod pattern;
pub(crate) mod presets;
pub(crate) mod read;
pub(crate) mod reading;
pub(crate) mod requirement;
pub(crate) mod rules;
pub(crate) mod words;
mod written;
