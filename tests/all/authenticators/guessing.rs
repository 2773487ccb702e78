//! Several apps are more to guess at: so they take fewer tries before a lock.

use super::world::{World, app, at, code_of, is_denied, settings, short_app};
use crate::support::timed::TimedVerifier;
use countersign::account::{Authenticator, TypicalEnrolment};
use countersign::store::memory::MemoryStore;
use countersign::store::{Key, Store};
use countersign::{Attempt, Authority, Change, Code, Factor, Settings, Subject};

fn wrong() -> Attempt {
    Attempt::Totp(Code::typed("000000"))
}

/// Tries wrong codes until a lock, and returns how many were taken.
fn tries(world: &World, subject: &Subject, second: i64) -> usize {
    let check = || world.verifier.check(subject, &wrong(), &at(second));
    std::iter::repeat_with(check)
        .take_while(|outcome| is_denied(outcome.as_ref().unwrap()))
        .count()
}

/// So the chance of a guesser stays within the bounds, whatever the number of apps.
#[test]
fn several_short_apps_leave_fewer_tries_before_a_lock_and_long_ones_do_not() {
    let rows = [(1, 5), (2, 5), (3, 3), (4, 2), (5, 2), (6, 1), (8, 1)];
    for (apps, short) in rows {
        for (is_short, wanted) in [(true, short), (false, 5)] {
            let make = |tag| if is_short { short_app(tag) } else { app(tag) };
            let world = World::new();
            for tag in 1..=apps {
                world.add(&make(tag), &at(0));
            }
            assert_eq!(tries(&world, &world.anna, 60), wanted, "{apps}");
            // One that is disabled cannot be guessed, so it costs no tries.
            let ids: Vec<_> = world.list(&at(60)).iter().map(Authenticator::id).collect();
            for id in &ids[1..] {
                world.change(&Change::Disable(*id), &at(70));
            }
            world.change(&Change::Unlock(Factor::Totp), &at(70));
            assert_eq!(tries(&world, &world.anna, 80), 5, "{apps}");
        }
    }
}

fn typical(apps: usize) -> Settings {
    let typical = TypicalEnrolment::new().with_profile(100, &vec![Factor::Totp; apps]);
    settings().with_typical_enrolment(typical.unwrap()).unwrap()
}

/// If the host says that customers have so many. If it does not, the number of tries tells such a customer from an unknown
/// name: SECURITY.md says so.
#[test]
fn b48_a_denial_of_a_customer_with_eight_apps_looks_like_one_of_an_unknown_name() {
    let nobody = Subject::new("bank", "C-9999").unwrap();
    for (drawn, unknown) in [(8, 1), (4, 2), (1, 5)] {
        let world = World::with(typical(drawn));
        for tag in 1..=8 {
            world.add(&short_app(tag), &at(0));
        }
        assert_eq!(tries(&world, &nobody, 100), unknown);
        assert_eq!(tries(&world, &world.anna, 100), 1);
        let locked = |subject| {
            let status = world.verifier.status(subject, &at(100)).unwrap();
            status.locked(Factor::Totp)
        };
        assert_eq!(locked(&nobody), locked(&world.anna), "30 seconds, both");
    }
}

#[test]
fn b40_the_record_of_eight_apps_is_as_long_as_that_of_an_unknown_name() {
    let store = MemoryStore::new();
    let verifier = TimedVerifier::new(&store, typical(8));
    let [anna, nobody] = ["C-1042", "C-9999"].map(|id| Subject::new("bank", id).unwrap());
    verifier.create(&anna, &at(0)).unwrap();
    for app in (1..=8).map(short_app) {
        let code = code_of(&app, &at(0));
        for change in [Change::AddTotp(app), Change::ConfirmTotp(code)] {
            let _ = verifier
                .change(&anna, &change, &Authority::Host, &at(0))
                .unwrap();
        }
    }
    let length = |subject: &Subject| {
        let denied = verifier.check(subject, &wrong(), &at(100)).unwrap();
        assert!(is_denied(&denied));
        store
            .load(&Key::of(subject))
            .unwrap()
            .unwrap()
            .bytes()
            .len()
    };
    assert_eq!(length(&anna), length(&nobody));
}
