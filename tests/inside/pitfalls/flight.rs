//! Computations in flight: charged, and not settled yet. None gives way to another.

use crate::inside::support::bank::*;
use core::time::Duration;
use std::ops::ControlFlow;

use crate::inside::own_table::{ComputedCheck, PendingCheck};
use crate::inside::support::bank::known;
use crate::inside::support::{password, pin};
use countersign::{
    Attempt, Change, Outcome,
    account::Lock,
    limits::Limits,
    password::{Password, PasswordHash, PasswordRules, Pin, PinHash, PinRules},
    transition::CommitResult,
};

const PASSWORD: &str = "eleven elephants eat";
const PIN: &str = "802194";

/// A customer with answers, a password and a PIN.
fn bank(limits: Limits) -> Bank {
    let bank = Bank::with_settings(settings(limits).accepting_worse_guess_chance());
    let (keyring, cost) = (bank.settings.keyring(), bank.settings.hash_pool().cost());
    let mut permit = bank.settings.hash_pool().permit().unwrap();
    let chosen = Password::typed(PASSWORD);
    let stored = PasswordHash::enrol(
        &chosen,
        &PasswordRules::single_factor(),
        keyring,
        cost,
        &mut permit,
    )
    .unwrap();
    bank.changes(&bank.customer, &Change::SetPassword(stored));
    let chosen = Pin::typed(PIN);
    let stored = PinHash::enrol(&chosen, &PinRules::new(), keyring, cost, &mut permit).unwrap();
    bank.changes(&bank.customer, &Change::SetPin(stored));
    drop(permit);
    bank
}

/// Charges a guess, and leaves its computation in flight; or says how it is locked.
#[track_caller]
fn begins(call: &Call<'_>, attempt: &Attempt) -> Result<PendingCheck, Lock> {
    let step = call.bank.account().check(attempt, &call.ctx()).unwrap();
    let CommitResult::Stored(told) = call.bank.commits(step) else {
        panic!("somebody else wrote")
    };
    match told.outcome {
        ControlFlow::Continue(reserved) => Ok(reserved),
        ControlFlow::Break(Outcome::Locked(lock)) => Err(lock),
        ControlFlow::Break(other) => panic!("{other:?}"),
    }
}

#[track_caller]
fn computes(call: &Call<'_>, attempt: &Attempt) -> ComputedCheck {
    let reserved = begins(call, attempt).expect("it is locked");
    let mut permit = call.bank.settings.hash_pool().permit().unwrap();
    reserved.work(std::slice::from_mut(&mut permit)).unwrap()
}

/// How many guesses a lane lets through now.
fn floods(call: &Call<'_>, attempt: &Attempt) -> usize {
    (0..300)
        .take_while(|_| begins(call, attempt).is_ok())
        .count()
}

#[test]
fn b47_what_both_lanes_of_three_factors_let_through_evicts_no_computation() {
    let bank = bank(Limits::pci());
    let (call, stranger) = (known(&bank), bank.agent());
    let first = [
        computes(&call, &password(PASSWORD)),
        computes(&stranger, &password(PASSWORD)),
        computes(&call, &Attempt::Questions(call.right())),
        computes(&stranger, &Attempt::Questions(stranger.right())),
    ];
    let mut in_flight = first.len();
    for attempt in [
        password("none of these, I fear"),
        Attempt::Questions(call.wrong()),
        pin("111222"),
    ] {
        in_flight += floods(&stranger, &attempt) + floods(&call, &attempt);
    }
    // Ten on each lane of two factors; a PIN takes ten in all.
    assert_eq!(in_flight, 50);
    bank.wait(119);
    for (worked, call) in first.iter().zip([&call, &stranger, &call, &stranger]) {
        let outcome = bank.settles(worked, call);
        assert!(matches!(outcome, Outcome::Accepted(_)), "{outcome:?}");
    }
}

/// The shortest locks that can be built: four releases fall into the two minutes of a reservation.
#[test]
fn b47_releases_while_a_computation_is_in_flight_do_not_evict_it() {
    let half_a_minute = Duration::from_secs(30);
    let limits = Limits::new(10, half_a_minute, half_a_minute, 100, 200).unwrap();
    let bank = bank(limits);
    let (call, stranger) = (known(&bank), bank.agent());
    let first = computes(&call, &password(PASSWORD));
    let mut in_flight = 1;
    let (wrong, answers) = (password("none of these, I fear"), call.wrong());
    for _ in 0..=4 {
        for attempt in [&wrong, &Attempt::Questions(answers.clone())] {
            in_flight += floods(&stranger, attempt) + floods(&call, attempt);
        }
        bank.wait(30);
    }
    assert_eq!(in_flight, 4 * 14);
    bank.wait(-30);
    let outcome = bank.settles(&first, &call);
    assert!(matches!(outcome, Outcome::Accepted(_)), "{outcome:?}");
}

/// A right answer in between opens a lane again. Then the month is the bound.
#[test]
fn b47_a_whole_month_in_flight_evicts_no_computation() {
    let limits = Limits::new(
        10,
        Duration::from_secs(3_600),
        Duration::from_secs(3_600),
        100,
        200,
    )
    .unwrap();
    let bank = bank(limits);
    let call = known(&bank);
    let first = computes(&call, &password(PASSWORD));
    let mut in_flight = 1;
    loop {
        let wrong = password("none of these, I fear");
        in_flight += (0..8).take_while(|_| begins(&call, &wrong).is_ok()).count();
        if in_flight >= 199 {
            break;
        }
        let right = computes(&call, &password(PASSWORD));
        let outcome = bank.settles(&right, &call);
        assert!(matches!(outcome, Outcome::Accepted(_)), "{outcome:?}");
    }
    let last = password("none of these, I fear");
    in_flight += floods(&call, &last);
    assert_eq!(in_flight, 200, "as many as the month takes");
    let outcome = bank.settles(&first, &call);
    assert!(matches!(outcome, Outcome::Accepted(_)), "{outcome:?}");
}

/// A right PIN that was computed while others used up its tries is late: the factor is disabled, and only rebinding helps.
#[test]
fn n15_a_pin_that_others_disabled_meanwhile_is_not_accepted() {
    for (by_strangers, by_known, accepted) in [
        (false, false, true),
        (true, false, true),
        (true, true, false),
    ] {
        let bank = bank(Limits::default());
        let (call, stranger) = (known(&bank), bank.agent());
        let right = computes(&call, &pin(PIN));
        let wrong = pin("000001");
        for (floods_now, call) in [(by_strangers, &stranger), (by_known, &call)] {
            if floods_now {
                assert!(floods(call, &wrong) > 0);
            }
        }
        let is_disabled = by_strangers && by_known;
        assert_eq!(
            begins(&call, &wrong).err() == Some(Lock::Indefinite),
            is_disabled
        );
        let outcome = bank.settles(&right, &call);
        assert_eq!(
            matches!(outcome, Outcome::Accepted(_)),
            accepted,
            "{outcome:?}"
        );
    }
}
