//! Policies, as a host meets them: documents, decisions, explanations, pictures, tokens.

mod actions;
mod bounds;
mod delay;
mod diff;
mod document;
mod explain;
mod handbook;
mod json;
mod levels;
mod lint;
mod names;
mod people;
mod presets;
mod risk;
mod slips;
mod tokens;
