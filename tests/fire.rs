//! Many machines under load: worker processes race over Redis and over PostgreSQL, and their histories are checked.
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

#[path = "fire/bank.rs"]
mod bank;
#[path = "fire/checker.rs"]
mod checker;
#[path = "fire/checks.rs"]
mod checks;
#[path = "fire/customer.rs"]
mod customer;
#[path = "fire/faults.rs"]
mod faults;
#[allow(dead_code, reason = "tests of faults use the rest")]
#[path = "fire/history.rs"]
mod history;
#[path = "fire/long.rs"]
mod long;
#[allow(dead_code, reason = "tests of faults use the rest")]
#[path = "fire/plan.rs"]
mod plan;
#[path = "fire/planted.rs"]
mod planted;
#[path = "fire/races.rs"]
mod races;
#[path = "fire/recorded.rs"]
mod recorded;
#[path = "fire/register.rs"]
mod register;
#[allow(dead_code, reason = "tests of faults use the rest")]
#[path = "fire/swarm.rs"]
mod swarm;
#[path = "fire/worker.rs"]
mod worker;

mod support {
    #[path = "../support/postgres.rs"]
    #[allow(dead_code, reason = "other programs use the rest")]
    pub mod postgres;
    #[allow(dead_code, reason = "other programs use the rest")]
    #[path = "../support/programs.rs"]
    pub mod programs;
    #[allow(dead_code, reason = "other programs use the rest")]
    #[path = "../support/redis.rs"]
    pub mod redis;
    #[allow(dead_code, reason = "other programs use the rest")]
    #[path = "../support/tasks.rs"]
    pub mod tasks;
}
