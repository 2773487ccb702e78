//! Blind indexes: spellings, generations, cuts, and what the planner says against what happens.
use std::collections::BTreeMap;

use countersign::field::{BlindIndex, IndexPlan, Keyring};
use countersign::text::Form;
use proptest::prelude::*;

use crate::support::fields::{keyring, long_term, root};

fn index(ring: &Keyring, form: Form, bits: u16) -> BlindIndex {
    BlindIndex::new(
        ring,
        "bank",
        "customers",
        ["customers", "phone"],
        form,
        bits,
    )
    .unwrap()
}

#[test]
fn an_index_is_found_by_every_spelling() {
    for (form, one, other) in [
        (Form::Text, "O’Brien", "OBRIEN"),
        (Form::Email, "Maya@Example.com", " maya@EXAMPLE.COM."),
        (Form::Phone, "+62 812-3456-7834", "+6281234567834"),
        (Form::Date, "१९८४-०२-२९", "1984-02-29"),
        (Form::Exact, "DE89", "DE89"),
    ] {
        let index = index(&keyring(1), form, 32);
        assert_eq!(index.of(one).unwrap(), index.of(other).unwrap(), "{form:?}");
        assert!(index.same(one, other).unwrap());
        assert!(index.is_of(&index.of(one).unwrap(), other));
    }
}

#[test]
fn h07_every_part_of_an_index_makes_it_another() {
    let ring = keyring(1);
    let base = index(&ring, Form::Exact, 64).of("1984-02-29").unwrap();
    let of = |realm, purpose, column, form| {
        let index = BlindIndex::new(&ring, realm, purpose, column, form, 64).unwrap();
        index.of("1984-02-29").unwrap()
    };
    for other in [
        of("shop", "customers", ["customers", "phone"], Form::Exact),
        of("bank", "cards", ["customers", "phone"], Form::Exact),
        of("bank", "customers", ["customer", "sphone"], Form::Exact),
        of("bank", "customers", ["customers", "phones"], Form::Exact),
        of("bank", "customers", ["customers", "phone"], Form::Date),
    ] {
        assert_ne!(base, other);
    }
    let longer = index(&ring, Form::Exact, 72).of("1984-02-29").unwrap();
    assert_ne!(
        base,
        &longer[..12],
        "a longer cut tells nothing of a shorter one"
    );
    let rotated = ring.rotated_to(root(2)).unwrap();
    assert_eq!(
        base,
        index(&rotated, Form::Exact, 64).of("1984-02-29").unwrap(),
        "roots do not matter"
    );
}

#[test]
fn a_search_works_across_a_rotation_of_the_index() {
    let before = index(&keyring(1), Form::Text, 20);
    let ring = Keyring::new(root(1), long_term(2))
        .with_earlier_secret(long_term(1))
        .unwrap();
    let between = index(&ring, Form::Text, 20);
    let after = index(&Keyring::new(root(1), long_term(2)), Form::Text, 20);
    let (old, new) = (before.of("Maya").unwrap(), between.of("Maya").unwrap());
    assert_eq!(between.search("maya").unwrap(), [new.clone(), old.clone()]);
    assert!(between.is_of(&old, "maya") && between.is_of(&new, "maya"));
    assert!(between.is_current(&new) && !between.is_current(&old));
    assert_eq!(after.search("maya").unwrap(), [new]);
    assert!(!after.is_of(&old, "maya"), "its generation is gone");
}

#[test]
fn cuts_have_just_their_bits() {
    for bits in [1, 7, 8, 9, 12, 16, 255, 256] {
        let index = index(&keyring(1), Form::Exact, bits);
        let mut ever = [0_u8; 32];
        for number in 0..400 {
            let value = index.of(&number.to_string()).unwrap();
            assert_eq!(value.len(), 4 + usize::from(bits.div_ceil(8)));
            for (seen, byte) in ever.iter_mut().zip(&value[4..]) {
                *seen |= byte;
            }
        }
        let ones: u32 = ever.iter().map(|byte| byte.count_ones()).sum();
        assert_eq!(
            ones,
            u32::from(bits),
            "each bit is used, and none behind them"
        );
    }
    for bits in [0, 257, u16::MAX] {
        let column = ["customers", "phone"];
        let told = BlindIndex::new(&keyring(1), "bank", "customers", column, Form::Exact, bits)
            .unwrap_err();
        assert_eq!(told.to_string(), "index: must keep 1 to 256 bits");
    }
}

#[test]
fn what_has_no_form_is_not_searched_for() {
    let index = index(&keyring(1), Form::Phone, 16);
    assert!(index.of("0812").is_err() && index.search("").is_err());
    assert!(index.same("+6281234567834", "x").is_err());
    assert!(!index.is_of(&index.of("+6281234567834").unwrap(), "x"));
}

/// What the plan says of false hits is what an index of that many bits gives.
#[test]
fn the_plan_is_what_happens() {
    const ROWS: u64 = 20_000;
    for (plan, distinct) in [
        (IndexPlan::unique(ROWS), ROWS),
        (IndexPlan::even(ROWS, 2_000), 2_000),
    ] {
        let plan = plan.unwrap();
        let index = index(&keyring(1), Form::Exact, plan.bits());
        let mut buckets: BTreeMap<_, BTreeMap<u64, u64>> = BTreeMap::new();
        for row in 0..ROWS {
            let value = row % distinct;
            let bucket = buckets
                .entry(index.of(&value.to_string()).unwrap())
                .or_default();
            *bucket.entry(value).or_default() += 1;
        }
        let mut false_hits = 0;
        let mut pairs = (0, 0);
        for bucket in buckets.values() {
            let all: u64 = bucket.values().sum();
            for rows in bucket.values() {
                false_hits += rows * (all - rows);
                pairs.0 += rows * rows;
            }
            pairs.1 += all * all;
        }
        let measured = false_hits as f64 / ROWS as f64;
        assert!(
            (measured / plan.false_hits() - 1.0).abs() < 0.1,
            "{measured} {plan}"
        );
        let same = pairs.0 as f64 / pairs.1 as f64;
        assert!(
            (same - plan.same_value_chance()).abs() < 0.03,
            "{same} {plan}"
        );
        assert!(plan.same_value_chance() <= 1.0 / 3.0 && plan.false_hits() >= 2.0);
        let more = plan.clone().with_bits(plan.bits() + 1);
        assert!(
            more.same_value_chance() > 1.0 / 3.0 || more.false_hits() < 2.0,
            "one bit more was free"
        );
    }
}

#[test]
fn the_plan_says_in_words_what_an_observer_learns() {
    let plan = IndexPlan::unique(200_000).unwrap();
    assert_eq!(
        plan.to_string(),
        "16 bits for 200000 rows: a search finds 1.0 rows of the value and 3.1 of others; two rows with one index value have one \
         value with a chance of 25 %; 0 % of the rows have a value that its frequency gives away"
    );
    for plan in [
        IndexPlan::unique(0),
        IndexPlan::even(9, 0),
        IndexPlan::counted(9, &[]),
        IndexPlan::counted(9, &[0, 0]),
        IndexPlan::unique(3),
        IndexPlan::even(1_000_000, 2),
        IndexPlan::counted(1_000_000, &[u64::MAX, 1]),
    ] {
        assert!(plan.unwrap_err().is_misuse());
    }
    assert!(IndexPlan::unique(u64::MAX).unwrap().bits() > 40);
}

proptest! {
    #[test]
    fn more_bits_hide_less_and_find_less(rows in 10_u64..10_000_000, counts in proptest::collection::vec(1_u64..1_000, 8..200)) {
        if let Ok(plan) = IndexPlan::counted(rows, &counts) {
            let more = plan.clone().with_bits(plan.bits() + 1);
            prop_assert!(more.false_hits() < plan.false_hits());
            prop_assert!(more.same_value_chance() > plan.same_value_chance());
            prop_assert!((0.0..=1.0).contains(&plan.recognisable().min(1.0)));
            prop_assert!(plan.hits() <= rows as f64);
        }
    }
}
