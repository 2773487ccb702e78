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
pub(crate) mod spans;
pub(crate) mod words;
mod written;

pub(crate) use aal::Aal;
pub(crate) use condition::{Condition, Conditions, Unmet};
pub(crate) use pattern::{GUARDED, Pattern, is_guarded};
pub(crate) use presets::Preset;
pub(crate) use reading::{Reading, Test};
pub(crate) use requirement::{CLASSES, EvidenceKind, Requirement, Wanted, class_name, factors_of};
pub(crate) use rules::{Acr, Action, Alternative, Document, Known, Listed, Rule, Ruling};
