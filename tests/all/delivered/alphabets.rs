//! Codes as they are drawn: of their shape, each its own, and misheard ones known.
use std::collections::BTreeSet;

use countersign::{
    Code,
    text::{Alphabet, CodeShape},
};
use proptest::prelude::*;

fn draw(shape: &CodeShape) -> String {
    shape.draw().unwrap().expose_text().to_owned()
}

#[test]
fn p04_a_code_tells_nothing_about_the_next() {
    for (shape, limit) in [
        (CodeShape::digits(8).unwrap(), 40.0),
        (CodeShape::digits_and_check(7).unwrap(), 40.0),
        (CodeShape::crockford(8).unwrap(), 90.0),
    ] {
        // The step from each symbol to the one in its place in the next code, by chi-square.
        let symbols = match shape.alphabet() {
            Alphabet::Crockford => "0123456789ABCDEFGHJKMNPQRSTVWXYZ",
            _ => "0123456789",
        };
        let values = |code: String| -> Vec<usize> {
            code.chars()
                .map(|symbol| symbols.find(symbol).unwrap())
                .collect()
        };
        let codes: Vec<_> = (0..6_001).map(|_| values(draw(&shape))).collect();
        let mut seen = vec![0.0; symbols.len()];
        for pair in codes.windows(2) {
            for (one, next) in pair[0].iter().zip(&pair[1]) {
                seen[(next + symbols.len() - one) % symbols.len()] += 1.0;
            }
        }
        let even = 6_000.0 * 8.0 / symbols.len() as f64;
        let chi: f64 = seen.iter().map(|n| (n - even) * (n - even) / even).sum();
        assert!(chi < limit, "{shape:?}: chi-square {chi}");
    }
}

#[test]
fn b18_long_codes_never_repeat() {
    let shape = CodeShape::crockford(16).unwrap();
    let seen: BTreeSet<String> = (0..5_000).map(|_| draw(&shape)).collect();
    assert_eq!(seen.len(), 5_000);
}

#[test]
fn b32_codes_with_leading_zeros_are_drawn() {
    let shape = CodeShape::digits(6).unwrap();
    assert!((0..1_000).any(|_| draw(&shape).starts_with('0')));
    assert!((0..10_000).all(|_| draw(&shape).len() == 6));
}

/// What a tired listener makes of a code.
#[derive(Clone, Debug)]
enum Slip {
    Wrong { at: usize, by: u8 },
    Swapped { at: usize },
}

fn slip() -> impl Strategy<Value = Slip> {
    prop_oneof![
        (0_usize..7, 1_u8..10).prop_map(|(at, by)| Slip::Wrong { at, by }),
        (0_usize..6).prop_map(|at| Slip::Swapped { at }),
    ]
}

proptest! {
    #[test]
    fn each_slip_is_heard(slip in slip()) {
        let shape = CodeShape::digits_and_check(6).unwrap();
        let drawn = draw(&shape);
        let mut heard = drawn.clone().into_bytes();
        match slip {
            Slip::Wrong { at, by } => heard[at] = b'0' + (heard[at] - b'0' + by) % 10,
            Slip::Swapped { at } => heard.swap(at, at + 1),
        }
        let heard = String::from_utf8(heard).unwrap();
        prop_assert_eq!(shape.has_wrong_check_digit(&Code::typed(&heard)), heard != drawn);
    }

    #[test]
    fn one_guess_in_ten_has_a_right_check_digit(start in 0_u32..999_999) {
        // So the check digit tells a guesser nothing that he cannot work out: it takes no code from the million.
        let shape = CodeShape::digits_and_check(6).unwrap();
        let right = (0..10).filter(|last| !shape.has_wrong_check_digit(&Code::typed(&format!("{start:06}{last}"))));
        prop_assert_eq!(right.count(), 1);
    }

    #[test]
    fn b02_nothing_that_is_typed_panics(text in any::<String>()) {
        let code = Code::typed(&text);
        for shape in [CodeShape::digits_and_check(6).unwrap(), CodeShape::crockford(32).unwrap()] {
            let _ = shape.has_wrong_check_digit(&code);
        }
        let shown = format!("{code:?}");
        prop_assert!(shown.len() < 24);
    }
}
