//! How many guesses a password withstands, by `zxcvbn`: dictionaries, names, dates, keyboards and repetitions.
//!
//! The estimate copies what it looks at, and does not wipe the copies.

use super::rules::PasswordRules;
use super::text::Password;

impl Password {
    /// About how many guesses a good guesser needs, as a power of ten: 10.0 is ten thousand million. `about` are words that
    /// belong to the subject. The first hundred characters are looked at. Needs the feature `strength`.
    ///
    /// An estimate for a meter on the screen. Text without a form counts as none: negative infinity.
    ///
    /// ```
    /// use countersign::password::Password;
    /// let weak = Password::typed("springfield1999").guesses_log10(&["Springfield"]);
    /// let strong = Password::typed("eleven purple elephants").guesses_log10(&[]);
    /// assert!(weak < 6.0 && strong > 10.0);
    /// ```
    #[must_use]
    pub fn guesses_log10(&self, about: &[&str]) -> f64 {
        self.form().map_or(f64::NEG_INFINITY, |form| {
            guesses_log10(form.expose_text(), about)
        })
    }
}

impl PasswordRules<'_> {
    /// The same, and a password must withstand so many guesses, as a power of ten. Needs the feature `strength`.
    ///
    /// The standard does not ask for it. 8.0 is what `zxcvbn` calls safe online, 10.0 safe for a stretched hash.
    ///
    /// ```
    /// # use countersign::password::{Password, PasswordRules, Rejection};
    /// let rules = PasswordRules::single_factor().at_least_guesses(8.0);
    /// assert_eq!(rules.accept(&Password::typed("aaaaaaaaaaaaaaaa")).unwrap_err(), Rejection::Guessable);
    /// assert!(rules.accept(&Password::typed("eleven purple elephants")).is_ok());
    /// ```
    #[must_use]
    pub fn at_least_guesses(mut self, log10: f64) -> Self {
        self.least_guesses = Some(log10);
        self
    }

    pub(super) fn is_guessable(&self, text: &str) -> bool {
        // A bound that is no number refuses all.
        self.least_guesses
            .is_some_and(|least| least.is_nan() || guesses_log10(text, &self.words()) < least)
    }
}

fn guesses_log10(text: &str, about: &[&str]) -> f64 {
    zxcvbn::zxcvbn(text, about).guesses_log10()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::password::Rejection;
    use proptest::prelude::*;

    #[test]
    fn words_of_the_subject_count_as_known() {
        let near = Password::typed("xkqvzrwtx");
        let unknown = near.guesses_log10(&[]);
        let rules = PasswordRules::multi_factor().at_least_guesses(unknown);
        assert!(rules.accept(&near).is_ok());
        let rules = rules.with_context_word("Xkqvz");
        assert_eq!(rules.accept(&near).unwrap_err(), Rejection::Guessable);
        assert!(near.guesses_log10(&["xkqvz"]) < unknown);
    }

    #[test]
    fn b61_words_of_the_subject_count_with_their_accents() {
        let near = Password::typed("xkqv\u{e4}zrwtx");
        let rules = PasswordRules::multi_factor().at_least_guesses(near.guesses_log10(&[]));
        assert!(rules.accept(&near).is_ok());
        let rules = rules.with_context_word("XKQVA\u{308}z");
        assert_eq!(rules.accept(&near).unwrap_err(), Rejection::Guessable);
    }

    #[test]
    fn a_bound_that_is_no_number_refuses() {
        let rules = PasswordRules::single_factor().at_least_guesses(f64::NAN);
        let refused = rules.accept(&Password::typed("eleven purple elephants"));
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
