//! Eight processes of eight tasks race for one customer at a time.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::customer::check_customers;
use crate::history::History;
use crate::plan::{Ask, Call, Driver, Plan, Told};
use crate::register::check_records;
use crate::support::postgres::Server;
use crate::support::redis::RedisServer;
use crate::swarm::{Swarm, fresh_room};

const PROCESSES: u8 = 8;
const TASKS: usize = 64;
const NOW: i64 = 1_800_000_000;

/// One race of processes after the other: each keeps all cores busy.
pub fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Every record and every customer was as if one call was made after the other.
fn linearizable(history: &History) {
    let records = check_records(history);
    assert!(records.is_ok(), "{records:?}");
    let customers = check_customers(history);
    assert!(customers.is_ok(), "{customers:?}");
}

/// How many calls were under way while the winner's was.
fn met(history: &History, customer: u32) -> usize {
    let calls = &history.calls[&customer];
    let winner = calls.iter().find(|call| call.found == Some(Told::Accepted));
    let winner = winner.unwrap();
    let meets = calls.iter().filter(|call| {
        call.act.call.ask == Ask::Totp
            && Some(call.begin) < winner.end
            && call.end > Some(winner.begin)
    });
    meets.count()
}

/// The right code of a customer, by all tasks at once: one of them passes. A customer for each round.
pub fn a_code_passes_once(plan: &Plan, rounds: u32) {
    let mut swarm = Swarm::start(PROCESSES, plan);
    let enrol = (0..rounds).map(|number| Call::new(number, Ask::Enrol));
    swarm.share(Some(NOW), enrol.collect());
    for round in 0..rounds {
        swarm.each(Some(NOW + 60), vec![Call::new(round, Ask::Totp)]);
    }
    let history = swarm.history();
    for round in 0..rounds {
        let count = |told| history.count(round, &told);
        let counts = (
            count(Told::Accepted),
            count(Told::Denied),
            count(Told::Locked),
        );
        assert_eq!(counts, (1, 5, TASKS - 6), "round {round}");
    }
    // It was a race: mostly, the others began before the winner was told.
    let mut met: Vec<_> = (0..rounds).map(|round| met(&history, round)).collect();
    met.sort_unstable();
    assert!(met[met.len() / 2] > TASKS / 8, "{met:?}");
    linearizable(&history);
}

/// Wrong codes by all tasks, while the clock goes on by more than an hour: five verdicts, then one an hour, and none after 50.
fn wrong_codes_keep_to_the_budget(plan: &Plan, guesses: usize) {
    const AN_HOUR: i64 = 3_700;
    const MOMENTS: usize = 50;
    let mut swarm = Swarm::start(PROCESSES, plan);
    assert_eq!(
        swarm.at_the_desk(Some(NOW), &Call::new(0, Ask::Enrol)),
        Told::Done
    );
    let each = guesses.div_ceil(MOMENTS * TASKS);
    for moment in (1..).take(MOMENTS) {
        let calls = vec![Call::new(0, Ask::Wrong); each];
        swarm.each(Some(NOW + moment * AN_HOUR), calls);
    }
    let history = swarm.history();
    assert!(history.count(0, &Told::Locked) + 50 >= guesses);
    assert_eq!(history.count(0, &Told::Denied), 50);
    assert_eq!(history.count(0, &Told::Accepted), 0);
    linearizable(&history);
}

/// Recovery codes, transactions, grants, evidence and approvals: each serves once, whoever asks.
fn each_serves_once(plan: &Plan, rounds: u32) {
    const CODES: u8 = 16;
    let mut swarm = Swarm::start(PROCESSES, plan);
    let mut codes = Vec::new();
    for round in 0..rounds {
        // A minute a round: locks of recovery codes are over, and the app shows another code.
        let now = Some(NOW + 60 * i64::from(round));
        // Recovery codes: a list for so many rounds.
        let (number, place) = (round / u32::from(CODES), round % u32::from(CODES));
        let customer = 1_000 + number;
        if place == 0 {
            swarm.at_the_desk(now, &Call::new(customer, Ask::Enrol));
            codes = swarm.recovery_codes(now, customer, CODES);
        }
        let code = codes[place as usize].clone();
        swarm.each(now, vec![Call::new(customer, Ask::Recovery(code))]);
        // A customer for each round from here: a record keeps a limited number of what has served.
        let customer = round;
        let desk = |ask: Ask| swarm.at_the_desk(now, &Call::new(customer, ask));
        assert_eq!(desk(Ask::Enrol), Told::Done);
        let (sent, decided) = (format!("TX-{round}"), format!("TY-{round}"));
        assert_eq!(desk(Ask::Confirm(sent.clone())), Told::Accepted);
        assert_eq!(desk(Ask::Confirm(decided.clone())), Told::Accepted);
        assert_eq!(
            desk(Ask::Approve("eve".to_owned(), "limit.raise".to_owned())),
            Told::Done
        );
        let code = Call::new(customer, Ask::Totp).in_interaction(7);
        let later = now.map(|now| now + 30);
        assert_eq!(swarm.at_the_desk(later, &code), Told::Accepted);
        let pay = "payment.send".to_owned();
        for ask in [
            Ask::Authorize(pay.clone(), Some(sent)),
            Ask::Decide(pay.clone(), Some(decided.clone())),
            Ask::Redeem(pay, Some(decided)),
            Ask::Authorize("limit.raise".to_owned(), None),
        ] {
            swarm.each(later, vec![Call::new(customer, ask)]);
        }
        let change = Ask::Authorize("address.change".to_owned(), None);
        swarm.each(later, vec![Call::new(customer, change).in_interaction(7)]);
    }
    let history = swarm.history();
    for customer in 0..rounds {
        // The transaction, the grant, the approval and the evidence: one of each.
        assert_eq!(
            history.count(customer, &Told::Yes),
            4,
            "customer {customer}"
        );
        assert_eq!(history.count(customer, &Told::Granted), TASKS);
    }
    let lists = 0..rounds.div_ceil(u32::from(CODES));
    let recovered = lists.map(|number| history.count(1_000 + number, &Told::Accepted));
    assert_eq!(recovered.sum::<usize>(), rounds as usize);
    linearizable(&history);
}

fn over_redis(test: &str, race: impl Fn(&Plan)) {
    let Some(server) = RedisServer::start(test) else {
        return;
    };
    let _alone = alone();
    for driver in [Driver::Threads, Driver::Tasks] {
        race(&Plan::over(&server.url(), &fresh_room(), driver));
    }
}

fn over_postgresql(test: &str, race: impl Fn(&Plan)) {
    let Some(server) = Server::shared(test) else {
        return;
    };
    let _alone = alone();
    for driver in [Driver::Threads, Driver::Tasks] {
        race(&Plan::over(&server.url(), &fresh_room(), driver));
    }
}

#[test]
fn b13_a_code_passes_once_in_a_thousand_races_over_redis() {
    let test = "b13_a_code_passes_once_in_a_thousand_races_over_redis";
    over_redis(test, |plan| a_code_passes_once(plan, 500));
}

#[test]
fn b13_a_code_passes_once_in_a_thousand_races_over_postgresql() {
    let test = "b13_a_code_passes_once_in_a_thousand_races_over_postgresql";
    over_postgresql(test, |plan| a_code_passes_once(plan, 500));
}

#[test]
fn b06_ten_thousand_wrong_codes_keep_to_the_budget_over_redis() {
    let test = "b06_ten_thousand_wrong_codes_keep_to_the_budget_over_redis";
    over_redis(test, |plan| wrong_codes_keep_to_the_budget(plan, 5_000));
}

#[test]
fn b06_ten_thousand_wrong_codes_keep_to_the_budget_over_postgresql() {
    let test = "b06_ten_thousand_wrong_codes_keep_to_the_budget_over_postgresql";
    over_postgresql(test, |plan| wrong_codes_keep_to_the_budget(plan, 5_000));
}

#[test]
fn b25_codes_grants_transactions_and_approvals_serve_once_over_redis() {
    let test = "b25_codes_grants_transactions_and_approvals_serve_once_over_redis";
    over_redis(test, |plan| each_serves_once(plan, 10));
}

#[test]
fn b25_codes_grants_transactions_and_approvals_serve_once_over_postgresql() {
    let test = "b25_codes_grants_transactions_and_approvals_serve_once_over_postgresql";
    over_postgresql(test, |plan| each_serves_once(plan, 10));
}
