//! Passwords, PINs and the room they are stretched in: what is stored, what is judged, and agreement with other programs.
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

mod check;
mod foreign;
mod pin;
#[allow(dead_code, reason = "the codes' tests use the rest of it")]
#[path = "../otp/programs.rs"]
mod programs;
mod properties;
mod room;
mod stored;
mod support;
