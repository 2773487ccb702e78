//! Evidence says which authenticator gave it, and since when that counts.

use super::world::{World, accepted, app, at};
use countersign::delivered::{CodeOrder, Destination};
use countersign::{Attempt, Change};

#[test]
fn evidence_says_which_authenticator_gave_it_and_since_when_that_counts() {
    let world = World::new();
    world.add(&app(1), &at(0));
    world.add(&app(2), &at(1_000));
    let [first, second] = [1, 2].map(|tag| world.show(&app(tag), &at(2_000)));
    assert_ne!(first.authenticator(), second.authenticator());
    assert_ne!(first.id(), second.id(), "two pieces of one second");
    assert_eq!(first.enrolled_at(), Some(at(0).now()));
    assert_eq!(second.enrolled_at(), Some(at(1_000).now()));
    // Both pieces stand: one by a new app takes nothing away from one by an old app.
    let kept = world.verifier.evidence(&world.anna, &at(2_000)).unwrap();
    let kept: Vec<_> = kept
        .iter()
        .map(|one| (*one.id(), one.enrolled_at()))
        .collect();
    let shown = [&first, &second].map(|one| (*one.id(), one.enrolled_at()));
    assert_eq!(kept, shown);
}

#[test]
fn a_code_that_was_sent_is_of_the_address_it_went_to() {
    let world = World::new();
    let set = |number: &str, second| {
        let phone = Change::SetPhone(Destination::phone(number).unwrap());
        world.change(&phone, &at(second));
    };
    let show = |second| {
        let code = world.code_to(&CodeOrder::private(), &at(second));
        accepted(world.attempt(&Attempt::Delivered(code), &at(second)))
    };
    set("+62 812 3456 7834", 0);
    let first = show(1_000);
    assert_eq!(first.enrolled_at(), Some(at(0).now()));
    // The number that stands was not changed, so a code that went there is not of a new number.
    set("+6281234567834", 2_000);
    let again = show(2_100);
    assert_eq!(again.authenticator(), first.authenticator());
    assert_eq!(again.enrolled_at(), first.enrolled_at());
    set("+62 812 3456 7835", 3_000);
    let other = show(3_100);
    assert_ne!(other.authenticator(), first.authenticator());
    assert_eq!(other.enrolled_at(), Some(at(3_000).now()));
}
