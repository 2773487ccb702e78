//! What a caller knows: answers, catalogues, memorable words, and what an agent sees of them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    missing_docs,
    reason = "a test fails by panicking"
)]

mod answers;
mod catalogue;
mod common;
mod example;
mod renewal;
mod screen;
mod word;
