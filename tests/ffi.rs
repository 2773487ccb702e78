//! The C interface, used by C.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

#[path = "ffi/abi.rs"]
mod abi;
#[path = "ffi/cpp.rs"]
mod cpp;
#[path = "ffi/examples.rs"]
mod examples;
#[path = "ffi/fields.rs"]
mod fields;
#[path = "ffi/forms.rs"]
mod forms;
#[path = "ffi/header.rs"]
mod header;
#[path = "ffi/installed.rs"]
mod installed;
#[cfg(target_os = "linux")]
#[path = "ffi/pam.rs"]
mod pam;
#[path = "ffi/programs.rs"]
mod programs;
#[path = "ffi/sanitized.rs"]
mod sanitized;
#[path = "ffi/threads.rs"]
mod threads;
#[path = "ffi/verifier.rs"]
mod verifier;

#[allow(
    dead_code,
    unreachable_pub,
    reason = "helpers of all tests: each program uses some"
)]
mod support {
    #[path = "../support/postgres.rs"]
    pub(crate) mod postgres;
    #[path = "../support/programs.rs"]
    pub(crate) mod programs;
    #[path = "../support/redis.rs"]
    pub(crate) mod redis;
}
