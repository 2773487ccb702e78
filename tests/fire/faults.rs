//! Faults during load: servers that die, hang or have no room, networks that cut or part, and a host whose clock is wrong.
//!
//! One load of four hosts goes over a store, and the faults come one after another. Afterwards: no code was accepted twice, no
//! budget was exceeded, no confirmed enrolment was lost, each caller was answered in its time, and service is back.

#[path = "faults/proxy.rs"]
mod proxy;
#[path = "faults/rooms.rs"]
mod rooms;
#[path = "faults/run.rs"]
mod run;
#[path = "faults/servers.rs"]
mod servers;
#[path = "faults/table.rs"]
mod table;

use std::time::{Duration, Instant};

use countersign::store::redis::{RedisOptions, RedisStore};

use crate::races::alone;
use run::Run;
use servers::Servers;

#[test]
fn faults_over_redis() {
    let _alone = alone();
    rooms::inside("faults_over_redis", false, |rooms| {
        if let Some(servers) = Servers::redis("faults_over_redis", rooms) {
            Run::new(servers, rooms).all();
        }
    });
}

#[test]
fn faults_over_postgresql() {
    let _alone = alone();
    rooms::inside("faults_over_postgresql", true, |rooms| {
        if let Some(servers) = Servers::postgres("faults_over_postgresql", rooms) {
            Run::new(servers, rooms).all();
        }
    });
}

/// One call has one time-out, however many addresses the name of the server has.
#[test]
fn a_name_with_two_silent_addresses_takes_one_time_out() {
    rooms::inside(
        "a_name_with_two_silent_addresses_takes_one_time_out",
        false,
        |rooms| {
            if !rooms.names("twins", &rooms::SILENT) {
                return;
            }
            let timeout = Duration::from_secs(2);
            let options = RedisOptions::new("redis://twins:6379").unwrap();
            let options = options.with_patience(timeout).unwrap();
            let begun = Instant::now();
            assert!(RedisStore::with_options(&options).unwrap_err().is_store());
            let taken = begun.elapsed();
            assert!(taken >= timeout / 2 && taken < timeout * 3 / 2, "{taken:?}");
        },
    );
}
