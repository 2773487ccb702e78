//! Eight processes of eight tasks race for one customer at a time.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::history::History;
use crate::plan::{Ask, Call, Driver, Plan, Told};
use crate::register::check_records;
use crate::support::postgres::Server;
use crate::support::redis::RedisServer;
use crate::swarm::{Swarm, fresh_room};

const PROCESSES: u8 = 8;
const NOW: i64 = 1_800_000_000;

/// Races one after the other: each keeps all cores busy.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn linearizable(history: &History) {
    let calls = check_records(history);
    assert!(calls.is_ok(), "{calls:?}");
}

fn a_code_passes_once(plan: &Plan, rounds: u32) {
    let mut swarm = Swarm::start(PROCESSES, plan);
    let enrol = (0..rounds).map(|number| Call::new(number, Ask::Enrol));
    swarm.share(Some(NOW), enrol.collect());
    for round in 0..rounds {
        swarm.each(Some(NOW + 60), vec![Call::new(round, Ask::Totp)]);
    }
    let history = swarm.history();
    for round in 0..rounds {
        assert_eq!(history.count(round, &Told::Accepted), 1, "round {round}");
    }
    linearizable(&history);
}

#[test]
fn a_code_passes_once_over_redis() {
    let Some(server) = RedisServer::start("a_code_passes_once_over_redis") else {
        return;
    };
    let _alone = alone();
    for driver in [Driver::Threads, Driver::Tasks] {
        a_code_passes_once(&Plan::over(&server.url(), &fresh_room(), driver), 50);
    }
}

#[test]
fn a_code_passes_once_over_postgresql() {
    let Some(server) = Server::shared("a_code_passes_once_over_postgresql") else {
        return;
    };
    let _alone = alone();
    for driver in [Driver::Threads, Driver::Tasks] {
        a_code_passes_once(&Plan::over(&server.url(), &fresh_room(), driver), 50);
    }
}
