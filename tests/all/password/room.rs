//! The stretching room under load: never more at once than it has places, and a plain "busy" beyond them.
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use countersign::{
    hashing::{Cost, HashPool},
    password::Password,
    transition::Verdict,
};

use crate::support::passwords::{ELEPHANTS, enrolled, ring, told};

#[test]
fn a_hundred_at_once_take_two_places_in_turn() {
    let stretch = HashPool::new(Cost::default(), 2).unwrap();
    let (ring, hash) = (ring(1), enrolled(ELEPHANTS, &ring(1)));
    let (inside, most, right) = (
        AtomicUsize::new(0),
        AtomicUsize::new(0),
        AtomicUsize::new(0),
    );
    thread::scope(|threads| {
        for number in 0..100 {
            let (stretch, ring, hash) = (&stretch, &ring, &hash);
            let (inside, most, right) = (&inside, &most, &right);
            threads.spawn(move || {
                let mut permit = stretch.permit_within(Duration::from_secs(300)).unwrap();
                most.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                let text = if number % 2 == 0 { ELEPHANTS } else { "wrong" };
                let step = hash.check(&Password::typed(text), ring, Cost::default(), &mut permit);
                if told(step).0 == Verdict::Accepted {
                    right.fetch_add(1, Ordering::SeqCst);
                }
                inside.fetch_sub(1, Ordering::SeqCst);
            });
        }
    });
    assert_eq!((most.into_inner(), right.into_inner()), (2, 50));
    assert!(format!("{stretch:?}").ends_with("2 free)"));
}

#[test]
fn busy_is_told_at_once_and_a_place_comes_back_by_a_panic_too() {
    let stretch = HashPool::new(Cost::default(), 1).unwrap();
    let held = stretch.permit().unwrap();
    let begun = Instant::now();
    assert!((0..1_000).all(|_| stretch.permit().is_none()));
    assert!(
        begun.elapsed() < Duration::from_secs(5),
        "busy took its time"
    );
    let clone = stretch.clone();
    assert!(clone.permit().is_none(), "clones share the places");
    let panicked = thread::spawn(move || {
        let _held = held;
        panic!("while computing");
    });
    assert!(panicked.join().is_err());
    assert!(stretch.permit().is_some());
}

#[test]
fn h01_this_machine_is_calibrated_within_its_bounds() {
    let target = Duration::from_millis(60);
    let cost = countersign::hashing::calibrate(target, 65_536).unwrap();
    assert!(cost.memory_kib() >= 19_456 && cost.memory_kib() <= 65_536);
    assert!(cost.passes() >= 2 && cost.lanes() == 1);
    assert_eq!(
        Cost::new(cost.memory_kib(), cost.passes(), 1).unwrap(),
        cost
    );
}
