//! The servers of the tests.

#[allow(dead_code, reason = "the tests use the rest")]
#[path = "../../tests/support/postgres.rs"]
pub mod postgres;
#[allow(dead_code, reason = "the tests use the rest")]
#[path = "../../tests/support/redis.rs"]
pub mod redis;

/// What both servers ask for.
pub mod programs {
    use std::process::Command;

    pub fn is_there(probe: &mut Command, _: &str, _: &str) -> bool {
        probe.output().is_ok_and(|output| output.status.success())
    }
}
