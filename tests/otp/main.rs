//! Codes from apps and tokens: published values, key URIs, and agreement with other implementations.
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

mod drift;
mod hotp;
mod key_uri;
mod liboath;
mod oathtool;
mod ocra;
mod programs;
mod pyotp;
mod qr;
mod totp;
