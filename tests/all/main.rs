//! All tests that can share a process, as one program: it is linked once.
//!
//! CONTRIBUTING.md names the programs that stay apart, and why.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::unwrap_used,
    missing_docs,
    unreachable_pub,
    reason = "a test fails by panicking"
)]

mod authenticators;
mod authorize;
mod capacity;
mod delivered;
mod docs;
mod drivers;
mod example;
mod field;
mod field_examples;
mod import;
mod knowledge;
mod metrics;
mod otp;
mod password;
mod policy;
mod redis;
mod remembered;
mod restore;
mod revived;
mod rules;
mod store;
#[path = "../support/mod.rs"]
mod support;
mod waiting;
mod walks;
mod web;
