//! A password as it was typed, and in the one form that is hashed.

use core::fmt;

use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};
use zeroize::Zeroizing;

use super::rejection::Rejection;
use crate::canonical::characters::is_readable;
use crate::secret::SecretText;

/// A typed password.
///
/// Every keyboard must give the same password, so it is brought into one form (RFC 8265 4.2.1, `OpaqueString`). Spaces of every
/// kind become U+0020, and the text is composed (NFC). Letter case stays, and so does white space at the ends.
///
/// Typing cannot fail. Some text has no form: more than 1,024 bytes or 256 characters, or a control, private-use or unassigned
/// character. It matches nothing that was enrolled here, and is refused as a new password.
///
/// `Debug` shows none of it. It is wiped when dropped, except for a few characters inside the composing iterator.
///
/// ```
/// use countersign::password::Password;
/// let password = Password::typed("correct horse battery staple");
/// assert_eq!(format!("{password:?}"), "Password(..)");
/// assert_eq!(format!("{:?}", Password::typed("\0")), "Password(without a form)");
/// ```
#[derive(Clone)]
pub struct Password {
    /// As it was typed, for hashes that others made; empty if it was too long.
    typed: SecretText,
    form: Result<SecretText, Rejection>,
}

impl Password {
    /// The most characters (code points) of a password. SP 800-63B-4 3.1.1.2 asks for 64 or more.
    pub const MOST_CHARACTERS: usize = 256;
    /// The most bytes of a password.
    pub const MOST_BYTES: usize = 1_024;
    /// NFC and NFD grow UTF-8 by this factor at most (UAX 15). So a buffer never moves, and leaves no copy behind.
    const GROWTH: usize = 3;

    /// Takes the text as it was typed.
    #[must_use]
    pub fn typed(text: &str) -> Self {
        let fits = text.len() <= Self::MOST_BYTES;
        Self {
            typed: SecretText::from(if fits { text.to_owned() } else { String::new() }),
            form: form(text),
        }
    }

    /// Estimates how many guesses a good guesser needs, as a power of ten: 10.0 is ten thousand million. Needs the feature
    /// `strength`.
    ///
    /// `about` are words that belong to the subject. The estimate reads the first hundred characters. It is for a meter on the
    /// screen. Text without a form gives negative infinity.
    ///
    /// ```
    /// use countersign::password::Password;
    /// let weak = Password::typed("springfield1999").guesses_log10(&["Springfield"]);
    /// let strong = Password::typed("eleven purple elephants").guesses_log10(&[]);
    /// assert!(weak < 6.0 && strong > 10.0);
    /// ```
    #[cfg(feature = "strength")]
    #[must_use]
    pub fn guesses_log10(&self, about: &[&str]) -> f64 {
        self.form().map_or(f64::NEG_INFINITY, |form| {
            super::strength::guesses_log10(form.expose_text(), about)
        })
    }

    /// The form that is hashed, or why there is none.
    pub(super) fn form(&self) -> Result<&SecretText, Rejection> {
        self.form.as_ref().map_err(|why| *why)
    }

    /// Other texts that another program may have hashed: the typed text, and its decomposition (NFD), which some systems give.
    pub(super) fn others_than_form(&self) -> Vec<SecretText> {
        let form = self.form.as_ref().map_or("", SecretText::expose_text);
        let typed = self.typed.expose_text();
        let mut apart = Zeroizing::new(String::with_capacity(
            typed.len().saturating_mul(Self::GROWTH),
        ));
        apart.extend(typed.nfd());
        let apart = SecretText::from(apart);
        let is_other =
            |text: &SecretText| !text.expose_text().is_empty() && text.expose_text() != form;
        let mut others = Vec::with_capacity(2);
        others.extend(Some(self.typed.clone()).filter(is_other));
        others.extend(Some(apart).filter(|apart| is_other(apart) && apart.expose_text() != typed));
        others
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.form {
            Ok(_) => "Password(..)",
            Err(_) => "Password(without a form)",
        })
    }
}

fn form(text: &str) -> Result<SecretText, Rejection> {
    if text.len() > Password::MOST_BYTES {
        return Err(Rejection::TooLong);
    }
    if text.is_empty() {
        return Err(Rejection::TooShort { at_least: 1 });
    }
    if !text.chars().all(is_readable) {
        return Err(Rejection::Unreadable);
    }
    let room = text.len().saturating_mul(Password::GROWTH);
    let mut form = Zeroizing::new(String::with_capacity(room));
    form.extend(text.chars().map(plain_space).nfc());
    if form.chars().count() > Password::MOST_CHARACTERS {
        return Err(Rejection::TooLong);
    }
    Ok(SecretText::from(form))
}

fn plain_space(letter: char) -> char {
    if letter.general_category() == GeneralCategory::SpaceSeparator {
        return ' ';
    }
    letter
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn form_of(text: &str) -> String {
        let password = Password::typed(text);
        password.form().unwrap().expose_text().to_owned()
    }

    #[test]
    fn one_password_of_every_keyboard() {
        // RFC 8265 4.3 gives the spaces and the composition; case and compatibility characters are kept (decision D1).
        assert_eq!(form_of("foo\u{1680}bar\u{a0}\u{3000}"), "foo bar  ");
        assert_eq!(form_of("Jack of \u{25c6}s"), "Jack of \u{25c6}s");
        assert_eq!(form_of("e\u{301}te\u{301}"), "\u{e9}t\u{e9}");
        assert_eq!(form_of("\u{212b}"), "\u{c5}");
        assert_eq!(form_of("\u{1112}\u{1161}\u{11ab}"), "\u{d55c}");
        for kept in [
            "ABC",
            "abc",
            "\u{fb01}",
            "\u{ff21}",
            " a ",
            "\u{1f469}\u{200d}\u{1f680}",
        ] {
            assert_eq!(form_of(kept), kept);
        }
    }

    #[test]
    fn text_without_a_form_says_why() {
        let why = |text: &str| Password::typed(text).form().map(|_| ()).unwrap_err();
        assert_eq!(why(""), Rejection::TooShort { at_least: 1 });
        for text in [
            "\0",
            "long enough, with a NUL \0 in it",
            "tab\there",
            "line\nbreak",
            "\u{7f}",
            "\u{85}",
            "\u{e000}",
            "\u{f0000}",
            "\u{378}",
            "\u{ffff}",
            "\u{fdd0}",
            "\u{e0080}",
        ] {
            assert_eq!(why(text), Rejection::Unreadable, "{text:?}");
        }
        assert_eq!(why(&"x".repeat(1_025)), Rejection::TooLong);
        assert_eq!(why(&"x".repeat(1 << 20)), Rejection::TooLong);
        assert_eq!(why(&"x".repeat(257)), Rejection::TooLong);
        assert_eq!(form_of(&"x".repeat(256)).len(), 256);
        assert_eq!(form_of(&"\u{1f600}".repeat(256)).len(), 1_024);
        // Characters that composition takes apart.
        assert_eq!(why(&"\u{1d160}".repeat(200)), Rejection::TooLong);
    }

    #[test]
    fn text_that_is_too_long_is_not_kept() {
        let password = Password::typed(&"x".repeat(1 << 20));
        assert!(password.others_than_form().is_empty());
        let long = Password::typed(&"x".repeat(1_000));
        assert_eq!(long.others_than_form()[0].expose_text().len(), 1_000);
    }

    #[test]
    fn b16_debug_tells_nothing() {
        let shown = format!("{:?}", Password::typed("hunter2hunter2"));
        assert_eq!(shown, "Password(..)");
    }

    #[test]
    fn no_character_outgrows_the_buffer() {
        for letter in char::MIN..=char::MAX {
            let composed: usize = core::iter::once(letter).nfc().map(char::len_utf8).sum();
            let apart: usize = core::iter::once(letter).nfd().map(char::len_utf8).sum();
            assert!(
                composed.max(apart) <= letter.len_utf8() * Password::GROWTH,
                "{letter:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn forms_are_their_own_forms(text in "\\PC{0,300}") {
            let password = Password::typed(&text);
            if let Ok(form) = password.form() {
                let again = Password::typed(form.expose_text());
                prop_assert_eq!(again.form().unwrap().expose_text(), form.expose_text());
                for other in again.others_than_form() {
                    let other = Password::typed(other.expose_text());
                    prop_assert_eq!(other.form().unwrap().expose_text(), form.expose_text());
                }
            }
        }
    }
}
