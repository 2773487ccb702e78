//! Damm's check digit, for codes that people say. It finds every wrong digit and every two neighbours that changed
//! places.
//!
//! H. M. Damm, "Total anti-symmetrische Quasigruppen", thesis, Marburg 2004. The check digit of a payment card (Luhn)
//! misses `09` for `90`; modulo 11 needs an eleventh digit.

/// Returns the check digit of these ASCII digits. Nothing else may be among them.
pub(super) fn check_digit(digits: &[u8]) -> u8 {
    digits
        .iter()
        .fold(0, |row: u8, digit| {
            let line = QUASIGROUP.get(usize::from(row));
            let column = usize::from(digit.wrapping_sub(b'0'));
            line.and_then(|line| line.get(column))
                .copied()
                .unwrap_or_default()
        })
        .wrapping_add(b'0')
}

/// Returns whether the last digit is the check digit of those before it.
pub(super) fn holds(digits: &[u8]) -> bool {
    // The diagonal is zeros: the right check digit leads back to row zero.
    check_digit(digits) == b'0'
}

/// A weakly totally anti-symmetric quasigroup of order ten, from the thesis: from row and digit to the next row.
const QUASIGROUP: [[u8; 10]; 10] = [
    [0, 3, 1, 7, 5, 9, 8, 6, 4, 2],
    [7, 0, 9, 2, 1, 5, 4, 8, 6, 3],
    [4, 2, 0, 6, 8, 7, 1, 3, 5, 9],
    [1, 7, 5, 0, 9, 8, 3, 4, 2, 6],
    [6, 1, 2, 3, 0, 4, 5, 9, 7, 8],
    [3, 6, 7, 4, 2, 0, 9, 5, 8, 1],
    [5, 8, 6, 9, 7, 2, 0, 1, 3, 4],
    [8, 9, 4, 5, 3, 6, 2, 0, 1, 7],
    [9, 4, 3, 8, 6, 1, 7, 2, 0, 5],
    [2, 5, 8, 1, 4, 3, 6, 7, 9, 0],
];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_published_example_holds() {
        assert_eq!(check_digit(b"572"), b'4');
        assert!(holds(b"5724"));
    }

    #[test]
    fn the_table_is_a_weakly_totally_anti_symmetric_quasigroup() {
        let q = |row: usize, digit: usize| usize::from(QUASIGROUP[row][digit]);
        for x in 0..10 {
            assert_eq!(q(x, x), 0);
            for y in (0..10).filter(|y| *y != x) {
                // A wrong digit leads to another row, and from two rows a digit leads to two.
                assert!((0..10).all(|row| q(row, x) != q(row, y) && q(x, row) != q(y, row)));
                // Two neighbours that changed places lead to another row, from every row and for the check digit.
                assert!((0..10).all(|row| q(q(row, x), y) != q(q(row, y), x)));
            }
        }
    }

    #[test]
    fn teens_and_tens_are_told_apart() {
        // English "thirteen" for "thirty", up to "ninety": the thesis chose the table so.
        let q = |row: usize, digit: usize| usize::from(QUASIGROUP[row][digit]);
        for ten in 3..10 {
            assert!((0..10).all(|row| q(q(row, 1), ten) != q(q(row, ten), 0)));
        }
    }

    fn code() -> impl Strategy<Value = Vec<u8>> {
        proptest::collection::vec(b'0'..=b'9', 6..10).prop_map(|mut digits| {
            digits.push(check_digit(&digits));
            digits
        })
    }

    proptest! {
        #[test]
        fn every_wrong_digit_and_every_swap_is_found(code in code()) {
            prop_assert!(holds(&code));
            for at in 0..code.len() {
                for wrong in (b'0'..=b'9').filter(|wrong| *wrong != code[at]) {
                    let mut heard = code.clone();
                    heard[at] = wrong;
                    prop_assert!(!holds(&heard));
                }
                let mut heard = code.clone();
                heard.swap(at, (at + 1) % code.len());
                if at + 1 < code.len() && heard != code {
                    prop_assert!(!holds(&heard));
                }
            }
        }
    }
}
