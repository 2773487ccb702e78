//! How many guesses a password withstands, by `zxcvbn`: dictionaries, names, dates, keyboards and repetitions.
//!
//! The estimate copies the text, and does not wipe the copies.

/// Estimates how many guesses a text withstands, as a power of ten. `about` are words that belong to the subject.
pub(super) fn guesses_log10(text: &str, about: &[&str]) -> f64 {
    zxcvbn::zxcvbn(text, about).guesses_log10()
}

#[cfg(test)]
mod tests {
    use crate::password::{Password, PasswordRules, Rejection};
    use proptest::prelude::*;

    #[test]
    fn words_of_the_subject_count_as_known() {
        let near = Password::typed("xkqvzrwtx");
        let unknown = near.guesses_log10(&[]);
        let rules = PasswordRules::multi_factor().at_least_guesses(unknown);
        assert!(rules.check(&near).is_ok());
        let rules = rules.with_context_word("Xkqvz");
        assert_eq!(rules.check(&near).unwrap_err(), Rejection::Guessable);
        assert!(near.guesses_log10(&["xkqvz"]) < unknown);
    }

    #[test]
    fn b61_words_of_the_subject_count_with_their_accents() {
        let near = Password::typed("xkqv\u{e4}zrwtx");
        let rules = PasswordRules::multi_factor().at_least_guesses(near.guesses_log10(&[]));
        assert!(rules.check(&near).is_ok());
        let rules = rules.with_context_word("XKQVA\u{308}z");
        assert_eq!(rules.check(&near).unwrap_err(), Rejection::Guessable);
    }

    #[test]
    fn a_bound_that_is_no_number_refuses() {
        let rules = PasswordRules::single_factor().at_least_guesses(f64::NAN);
        let refused = rules.check(&Password::typed("eleven purple elephants"));
        assert_eq!(refused.unwrap_err(), Rejection::Guessable);
    }

    #[test]
    fn text_without_a_form_withstands_nothing() {
        for text in ["", "\0", "\u{378}"] {
            let log10 = Password::typed(text).guesses_log10(&[]);
            assert!(log10.is_infinite() && log10.is_sign_negative());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
        #[test]
        fn an_estimate_is_made_of_any_text(text in "\\PC{1,64}", word in "\\PC{0,16}") {
            let log10 = Password::typed(&text).guesses_log10(&[&word]);
            prop_assert!(!log10.is_nan());
        }
    }
}
