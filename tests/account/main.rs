//! The account against many at once, against random histories, and against input that nobody should send.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    clippy::print_stderr,
    unreachable_pub,
    missing_docs,
    reason = "a test fails by panicking"
)]

mod answers;
mod bad_input;
mod grants;
mod lengths;
mod ocra;
mod properties;
mod race;
mod recovery;
mod secrets;
mod sending;
mod support;
mod tokens;
mod transactions;
