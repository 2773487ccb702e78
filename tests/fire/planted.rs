//! Planted stores: the checks find each of them, in one try. The calls are made to meet, so nothing is left to luck.

use crate::customer::check_customers;
use crate::history::History;
use crate::plan::{Ask, Call, Driver, Plan, Planted, Told};
use crate::races::alone;
use crate::register::check_records;
use crate::support::redis::RedisServer;
use crate::swarm::{Swarm, fresh_room};

const NOW: Option<i64> = Some(1_800_000_000);
const LATER: Option<i64> = Some(1_800_000_060);

/// All tasks of a process give the right code. They meet before they write.
fn code(swarm: &mut Swarm) -> History {
    swarm.at_the_desk(NOW, &Call::new(0, Ask::Enrol));
    swarm.each(LATER, vec![Call::new(0, Ask::Totp)]);
    swarm.history()
}

/// Tasks decide on a payment, before and after it is carried out at the desk.
fn decision(swarm: &mut Swarm) -> History {
    let (pay, of) = ("payment.send".to_owned(), "TX-1".to_owned());
    let decide = vec![Call::new(0, Ask::Decide(pay.clone(), Some(of.clone())))];
    swarm.at_the_desk(NOW, &Call::new(0, Ask::Enrol));
    swarm.at_the_desk(NOW, &Call::new(0, Ask::Confirm(of.clone())));
    swarm.each(NOW, decide.clone());
    let carry_out = Call::new(0, Ask::Authorize(pay, Some(of)));
    assert_eq!(swarm.at_the_desk(NOW, &carry_out), Told::Yes);
    swarm.each(NOW, decide);
    swarm.history()
}

/// Runs calls over a store with a planted fault, and over one without. `told` is told so often, with it and without it.
fn is_found(
    test: &str,
    planted: Planted,
    run: fn(&mut Swarm) -> History,
    (told, with, without): (Told, usize, usize),
) {
    let Some(server) = RedisServer::start(test) else {
        return;
    };
    let _alone = alone();
    for (planted, count) in [(Some(planted), with), (None, without)] {
        let plan = Plan::over(&server.url(), &fresh_room(), Driver::Threads);
        let plan = Plan { planted, ..plan };
        let history = run(&mut Swarm::start(1, &plan));
        assert_eq!(history.count(0, &told), count, "{planted:?}");
        let (records, customers) = (check_records(&history), check_customers(&history));
        assert_eq!(
            records.is_err(),
            planted.is_some(),
            "{planted:?}: {records:?}"
        );
        assert_eq!(
            customers.is_err(),
            planted.is_some(),
            "{planted:?}: {customers:?}"
        );
    }
}

#[test]
fn a_store_that_compares_first_and_writes_later_is_found() {
    let test = "a_store_that_compares_first_and_writes_later_is_found";
    is_found(test, Planted::Racy, code, (Told::Accepted, 8, 1));
}

#[test]
fn a_store_where_the_last_writer_wins_is_found() {
    let test = "a_store_where_the_last_writer_wins_is_found";
    is_found(test, Planted::LastWriterWins, code, (Told::Accepted, 8, 1));
}

#[test]
fn a_store_with_stale_reads_is_found() {
    let test = "a_store_with_stale_reads_is_found";
    is_found(test, Planted::StaleReads, decision, (Told::Granted, 16, 8));
}
