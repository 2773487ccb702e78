//! The tier of risk of a request.

use crate::policy::document::{Document, Reading, Test};
use crate::policy::request::Request;
use crate::policy::signals::{Signals, Value};

/// Returns the tier of a request: the highest that its signals mean and its host states. It is the document's highest if neither
/// says anything, or if the document does not know the stated tier.
pub(crate) fn tier(document: &Document, request: &Request) -> usize {
    let mut readings = document.readings_for(&request.action).peekable();
    let highest = document.tiers.len().saturating_sub(1);
    let stated = request.tier.as_ref().map(|stated| {
        let place = document.tiers.iter().position(|tier| tier == stated);
        place.unwrap_or(highest)
    });
    if readings.peek().is_none() {
        return stated.unwrap_or(highest);
    }
    let by_signals = readings.filter_map(|reading| tier_of(reading, &request.signals));
    by_signals.chain(stated).max().unwrap_or(0)
}

/// Returns the tier that a signal means; none, if it is below every step. A missing signal means the worst of all steps.
pub(crate) fn tier_of(reading: &Reading, signals: &Signals) -> Option<usize> {
    let worst = |means: &dyn Fn(Test) -> bool| {
        let steps = reading.steps.iter().filter(|(_, test)| means(*test));
        steps.map(|(tier, _)| *tier).max()
    };
    let mut given = signals.of(&reading.name).peekable();
    if given.peek().is_none() {
        return worst(&|_| true);
    }
    given
        .filter_map(|value| worst(&|test| holds(test, value)))
        .max()
}

/// Whether a value is as risky as that, or cannot be compared.
fn holds(test: Test, value: Value) -> bool {
    match (test, value) {
        // Not `<`: `NaN` compares with nothing.
        (Test::AtLeast(least), Value::Number(number)) => number.is_nan() || number >= least,
        (Test::AtMost(most), Value::Number(number)) => number.is_nan() || number <= most,
        (Test::Raised, Value::Flag(is_raised)) => is_raised,
        (Test::OrWorse(best), Value::CallerId(attested)) => attested >= best,
        (Test::Within(span), Value::Ago(ago)) => ago <= span,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::policy::signals::CallerId;
    use core::time::Duration;

    fn reading(steps: &[(usize, Test)]) -> Reading {
        Reading {
            name: "x".to_owned(),
            only_for: Vec::new(),
            steps: steps.to_vec(),
        }
    }

    fn number(value: f64) -> Signals {
        Signals::new().with_number("x", value)
    }

    #[test]
    fn what_is_missing_or_no_number_is_the_worst() {
        for steps in [
            [(1, Test::AtLeast(0.5)), (2, Test::AtLeast(0.8))],
            [(2, Test::AtMost(0.5)), (1, Test::AtMost(0.8))],
        ] {
            let reading = reading(&steps);
            assert_eq!(tier_of(&reading, &Signals::new()), Some(2));
            assert_eq!(tier_of(&reading, &number(f64::NAN)), Some(2));
            assert_eq!(tier_of(&reading, &number(-f64::NAN)), Some(2));
            assert_eq!(tier_of(&reading, &number(0.65)), Some(1));
            assert_eq!(
                tier_of(&reading, &Signals::new().with_flag("x", false)),
                Some(2),
                "another kind"
            );
        }
    }

    #[test]
    fn infinities_lie_at_the_ends() {
        let rising = reading(&[(1, Test::AtLeast(0.5))]);
        assert_eq!(tier_of(&rising, &number(f64::INFINITY)), Some(1));
        assert_eq!(tier_of(&rising, &number(f64::NEG_INFINITY)), None);
    }

    #[test]
    fn given_twice_the_worse_counts() {
        let rising = reading(&[(1, Test::AtLeast(0.5))]);
        for (one, other) in [(0.1, 0.9), (0.9, 0.1)] {
            assert_eq!(
                tier_of(&rising, &number(one).with_number("x", other)),
                Some(1)
            );
        }
    }

    #[test]
    fn each_kind_has_its_edge() {
        let tier = |test, signals: Signals| tier_of(&reading(&[(1, test)]), &signals).is_some();
        let caller = |level| Signals::new().and("x", Value::CallerId(level));
        let ago = |seconds| Signals::new().and("x", Value::Ago(Duration::from_secs(seconds)));
        assert!(!tier(
            Test::OrWorse(CallerId::Partial),
            caller(CallerId::Full)
        ));
        assert!(tier(
            Test::OrWorse(CallerId::Partial),
            caller(CallerId::Partial)
        ));
        assert!(tier(
            Test::OrWorse(CallerId::Partial),
            caller(CallerId::None)
        ));
        assert!(tier(Test::Within(Duration::from_secs(3_600)), ago(3_600)));
        assert!(!tier(Test::Within(Duration::from_secs(3_600)), ago(3_601)));
        assert!(!tier(Test::Raised, Signals::new().with_flag("x", false)));
        assert!(tier(Test::Raised, Signals::new().with_flag("x", true)));
    }

    proptest! {
        #[test]
        fn riskier_never_means_a_lower_tier(
            steps in prop::collection::vec((0..4_usize, -3.0..3.0_f64), 1..5),
            rising in any::<bool>(),
            one in -4.0..4.0_f64,
            more in 0.0..4.0_f64,
        ) {
            let test = |at| if rising { Test::AtLeast(at) } else { Test::AtMost(at) };
            let steps: Vec<_> = steps.into_iter().map(|(tier, at)| (tier, test(at))).collect();
            let reading = reading(&steps);
            let riskier = if rising { one + more } else { one - more };
            prop_assert!(tier_of(&reading, &number(one)) <= tier_of(&reading, &number(riskier)));
            prop_assert!(tier_of(&reading, &number(riskier)) <= tier_of(&reading, &Signals::new()));
        }
    }
}
