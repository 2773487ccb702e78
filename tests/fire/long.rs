//! The long form, for `scripts/races`: as many races as one has time for.

use std::io::{Write as _, stderr};
use std::time::{Duration, Instant};

use crate::plan::{Driver, Plan};
use crate::races::{a_code_passes_once, alone};
use crate::support::postgres::Server;
use crate::support::redis::RedisServer;
use crate::swarm::fresh_room;

/// The races of one swarm. Its history is checked before the next one starts.
const PART: u32 = 500;

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().expect("a number"))
}

/// Says a line past the test harness.
fn say(line: &str) {
    let line = format!("{line}\n");
    stderr().write_all(line.as_bytes()).unwrap();
}

/// Each race is of 64 tasks for one code. Stores and drivers take turns.
#[test]
#[ignore = "it takes hours: scripts/races"]
fn a_code_passes_once_in_a_million_races() {
    let test = "a_code_passes_once_in_a_million_races";
    let (Some(redis), Some(postgres)) = (RedisServer::start(test), Server::start(test)) else {
        return;
    };
    let _alone = alone();
    let races = number("FIRE_RACES").unwrap_or(1_000_000);
    let seconds = number("FIRE_SECONDS").map(Duration::from_secs);
    let (start, mut done) = (Instant::now(), 0);
    let ways = [
        (redis.url(), Driver::Threads),
        (postgres.url(), Driver::Threads),
        (redis.url(), Driver::Tasks),
        (postgres.url(), Driver::Tasks),
    ];
    for (store, driver) in ways.iter().cycle() {
        if done >= races || seconds.is_some_and(|most| start.elapsed() >= most) {
            break;
        }
        let (part, room) = (Instant::now(), fresh_room());
        a_code_passes_once(&Plan::over(store, &room, *driver), PART);
        done += u64::from(PART);
        let scheme = store.split(':').next().unwrap();
        let rate = |races: u64, since: Instant| races as f64 / since.elapsed().as_secs_f64();
        let (now, all) = (rate(u64::from(PART), part), rate(done, start));
        say(&format!(
            "{done} races, {all:.1} a second; {scheme} by {driver:?}: {now:.1}"
        ));
        // A part leaves nothing behind.
        redis.run::<()>("FLUSHALL");
        let drop = format!("DROP SCHEMA IF EXISTS {room} CASCADE");
        postgres.client().batch_execute(&drop).unwrap();
    }
    say(&format!("{done} races, and no code passed twice"));
}
