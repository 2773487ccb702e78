//! The PostgreSQL store, over servers of the tests' own.
#![cfg(unix)]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    missing_docs,
    unreachable_pub,
    reason = "a test fails by panicking"
)]

#[path = "postgres/abandoned.rs"]
mod abandoned;
#[path = "postgres/faults.rs"]
mod faults;
#[path = "postgres/migration.rs"]
mod migration;
#[path = "postgres/races.rs"]
mod races;
#[path = "postgres/suite.rs"]
mod suite;
#[path = "postgres/tasks.rs"]
mod tasks;
#[path = "postgres/verifiers.rs"]
mod verifiers;

mod support {
    #[path = "../support/postgres.rs"]
    pub mod postgres;
    #[allow(dead_code, reason = "other programs use the rest")]
    #[path = "../support/programs.rs"]
    pub mod programs;
    #[allow(dead_code, reason = "other programs use the rest")]
    #[path = "../support/stores.rs"]
    pub mod stores;
}
