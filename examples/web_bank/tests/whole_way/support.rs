//! Servers of a test's own: the library's tests have them.

#[cfg(feature = "postgres")]
#[path = "../../../../tests/support/postgres.rs"]
#[allow(dead_code, reason = "the library's tests ask for more")]
pub mod postgres;
#[cfg(feature = "redis")]
#[path = "../../../../tests/support/redis.rs"]
#[allow(dead_code, reason = "the library's tests ask for more")]
pub mod redis;

pub mod programs {
    use std::process::{Command, Stdio};

    /// Whether `probe` runs well. With `CI` set it must.
    #[track_caller]
    pub fn is_there(probe: &mut Command, what: &str, test: &str) -> bool {
        let quiet = probe.stdout(Stdio::null()).stderr(Stdio::null());
        let there = quiet.status().is_ok_and(|status| status.success());
        if !there {
            assert!(std::env::var_os("CI").is_none(), "install {what}");
            println!("skipped: {test}, because {what} is not installed");
        }
        there
    }
}
