//! Policies, as a host meets them: documents, decisions, explanations, pictures, tokens.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    missing_docs,
    reason = "a test fails by panicking"
)]

mod actions;
mod bounds;
mod diff;
mod document;
mod explain;
mod json;
mod levels;
mod lint;
mod names;
mod people;
mod presets;
mod risk;
mod slips;
mod tokens;
mod world;
