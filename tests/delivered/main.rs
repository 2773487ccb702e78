//! Codes that people get and give back: what they look like, what is printed, bound and said.
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

mod alphabets;
mod example;
mod message;
mod recovery;
mod sms;
mod transaction;
mod web_otp;
mod wording;
