//! Which passwords are taken, and the reason why one is not.

use core::fmt;

use zeroize::Zeroizing;

use super::text::Password;

/// A block list: whether a whole password stands on it.
pub(super) type Blocked<'a> = Box<dyn Fn(&str) -> bool + Send + Sync + 'a>;

/// What a new password must be (SP 800-63B-4 3.1.1.2): long enough, on no block list, and not made of what everybody
/// knows of the subject.
///
/// There is no rule about capitals, digits or signs, none about age, and no hint: the standard forbids all three. Lengths are
/// counted in code points of the form that is stretched; 256 are taken, and 1,024 bytes.
///
/// ```
/// use std::collections::HashSet;
/// use countersign::{Password, PasswordRules, Unfit};
/// // The host's list, in lower case: breached and common ones.
/// let common = HashSet::from(["passwordpassword", "correcthorsebatterystaple"]);
/// let rules = PasswordRules::alone()
///     .blocking(|whole| common.contains(whole))
///     .about("Bank of Springfield")
///     .about("anna.smith@example.org");
/// let why = |text| rules.accept(&Password::typed(text)).map(|_| ()).unwrap_err();
/// assert_eq!(why("only 14 points"), Unfit::TooShort { at_least: 15 });
/// assert_eq!(why("PasswordPassword"), Unfit::Blocked);
/// assert_eq!(why("Springfield-Bank-2024!"), Unfit::OfContext);
/// assert!(rules.accept(&Password::typed("eleven purple elephants")).is_ok());
/// ```
pub struct PasswordRules<'a> {
    at_least: usize,
    blocked: Vec<Blocked<'a>>,
    /// Folded words, the longest first.
    about: Vec<Zeroizing<String>>,
    #[cfg(feature = "strength")]
    pub(super) least_guesses: Option<f64>,
}

impl<'a> PasswordRules<'a> {
    /// SP 800-63B-4 3.1.1.2: the shortest password that is the only factor.
    pub const LEAST_ALONE: usize = 15;
    /// SP 800-63B-4 3.1.1.2: the shortest password beside another factor.
    pub const LEAST_WITHIN_MFA: usize = 8;
    /// SP 800-63B-4 3.1.1.2: passwords of this length must be taken, so no host may ask for more.
    pub const MOST_LEAST: usize = 64;
    /// Shorter parts of a context word mean nothing by themselves.
    const SHORTEST_PART: usize = 3;

    /// For a password that is the only factor: 15 characters.
    ///
    /// ```
    /// # use countersign::{Password, PasswordRules};
    /// assert!(PasswordRules::alone().accept(&Password::typed("fifteen points.")).is_ok());
    /// ```
    #[must_use]
    pub const fn alone() -> Self {
        Self::of(Self::LEAST_ALONE)
    }

    /// For a password that is always asked together with another factor: 8 characters.
    ///
    /// ```
    /// # use countersign::{Password, PasswordRules};
    /// assert!(PasswordRules::within_mfa().accept(&Password::typed("8 points")).is_ok());
    /// ```
    #[must_use]
    pub const fn within_mfa() -> Self {
        Self::of(Self::LEAST_WITHIN_MFA)
    }

    const fn of(at_least: usize) -> Self {
        Self {
            at_least,
            blocked: Vec::new(),
            about: Vec::new(),
            #[cfg(feature = "strength")]
            least_guesses: None,
        }
    }

    /// The same with longer passwords: the larger of what was and `characters`, up to 64.
    ///
    /// ```
    /// # use countersign::{Password, PasswordRules, Unfit};
    /// let rules = PasswordRules::within_mfa().at_least(12);
    /// let short = rules.accept(&Password::typed("8 points"));
    /// assert_eq!(short.unwrap_err(), Unfit::TooShort { at_least: 12 });
    /// ```
    #[must_use]
    pub fn at_least(mut self, characters: usize) -> Self {
        self.at_least = self.at_least.max(characters).min(Self::MOST_LEAST);
        self
    }

    /// The same with one more block list. It is asked whether a whole password stands on it: in its form, and in lower case
    /// if that is another text. So a list of lower-case words blocks every spelling, and nothing is blocked for a part of it.
    ///
    /// ```
    /// # use countersign::{Password, PasswordRules, Unfit};
    /// let rules = PasswordRules::within_mfa().blocking(|whole| whole == "iloveyou");
    /// assert_eq!(rules.accept(&Password::typed("ILoveYou")).unwrap_err(), Unfit::Blocked);
    /// assert!(rules.accept(&Password::typed("iloveyou, too")).is_ok());
    /// ```
    #[must_use]
    pub fn blocking(mut self, list: impl Fn(&str) -> bool + Send + Sync + 'a) -> Self {
        self.blocked.push(Box::new(list));
        self
    }

    /// The same with a word that belongs to the subject or the service: a name, an address, a customer number. Refused is what
    /// is made of such words and their parts, with nothing but digits and signs besides.
    ///
    /// ```
    /// # use countersign::{Password, PasswordRules, Unfit};
    /// let rules = PasswordRules::within_mfa().about("C-1042").about("Acme Shop");
    /// let why = |text| rules.accept(&Password::typed(text)).map(|_| ()).unwrap_err();
    /// assert_eq!(why("c1042-c1042"), Unfit::OfContext);
    /// assert_eq!(why("ACME!shop_99"), Unfit::OfContext);
    /// assert!(rules.accept(&Password::typed("Acme sells anvils")).is_ok());
    /// ```
    #[must_use]
    pub fn about(mut self, word: &str) -> Self {
        let parts = word
            .split(|letter: char| !letter.is_alphanumeric())
            .map(folded)
            .filter(|part| part.chars().count() >= Self::SHORTEST_PART);
        self.about.extend(parts.chain([folded(word)]));
        self.about.retain(|word| !word.is_empty());
        self.about
            .sort_by_key(|word| core::cmp::Reverse(word.len()));
        self
    }

    /// The password as one that may be enrolled.
    ///
    /// # Errors
    /// The reason why it is not, which the standard wants told (3.1.1.2).
    ///
    /// ```
    /// # use countersign::{Password, PasswordRules, Unfit};
    /// let short = PasswordRules::alone().accept(&Password::typed("too short"));
    /// assert_eq!(short.unwrap_err().to_string(), "must hold 15 characters at least");
    /// ```
    pub fn accept(&self, password: &Password) -> Result<AcceptedPassword, Unfit> {
        let text = match password.form() {
            Ok(form) => form.expose_text(),
            Err(Unfit::TooShort { .. }) => "",
            Err(unfit) => return Err(unfit),
        };
        if text.chars().count() < self.at_least {
            return Err(Unfit::TooShort {
                at_least: self.at_least,
            });
        }
        let small = Zeroizing::new(text.to_lowercase());
        if self
            .blocked
            .iter()
            .any(|list| list(text) || (text != *small && list(&small)))
        {
            return Err(Unfit::Blocked);
        }
        if self.is_of_context(text) {
            return Err(Unfit::OfContext);
        }
        #[cfg(feature = "strength")]
        if self.is_guessable(text) {
            return Err(Unfit::Guessable);
        }
        Ok(AcceptedPassword(password.clone()))
    }

    /// The folded context words.
    #[cfg(feature = "strength")]
    pub(super) fn words(&self) -> Vec<&str> {
        self.about.iter().map(|word| word.as_str()).collect()
    }

    fn is_of_context(&self, text: &str) -> bool {
        let mut rest = folded(text);
        let mut found = false;
        for word in &self.about {
            if rest.contains(word.as_str()) {
                found = true;
                // A space, so that what stood on both sides is no new word.
                rest = Zeroizing::new(rest.replace(word.as_str(), " "));
            }
        }
        found && !rest.chars().any(char::is_alphabetic)
    }
}

impl fmt::Debug for PasswordRules<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "PasswordRules({} characters, {} block lists, {} context words)",
            self.at_least,
            self.blocked.len(),
            self.about.len()
        )
    }
}

/// A password that [`PasswordRules`] let pass; nothing else can be enrolled. `Debug` shows none of it.
///
/// ```
/// use countersign::{AcceptedPassword, Password, PasswordRules, Unfit};
/// let accepted: Result<AcceptedPassword, Unfit> =
///     PasswordRules::alone().accept(&Password::typed("eleven purple elephants"));
/// assert_eq!(format!("{:?}", accepted.unwrap()), "AcceptedPassword(..)");
/// ```
#[derive(Clone)]
pub struct AcceptedPassword(Password);

impl AcceptedPassword {
    pub(super) const fn password(&self) -> &Password {
        &self.0
    }
}

impl fmt::Debug for AcceptedPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AcceptedPassword(..)")
    }
}

/// Why a new password or PIN is not taken: for the person who chose it.
///
/// ```
/// use countersign::Unfit;
/// fn in_german(unfit: Unfit) -> String {
///     match unfit {
///         Unfit::TooShort { at_least } => format!("Bitte mindestens {at_least} Zeichen."),
///         Unfit::Blocked => "Dieses Passwort steht auf einer Liste bekannter Passwörter.".to_owned(),
///         _ => "Bitte wählen Sie ein anderes.".to_owned(),
///     }
/// }
/// assert_eq!(in_german(Unfit::TooShort { at_least: 15 }), "Bitte mindestens 15 Zeichen.");
/// assert_eq!(Unfit::Blocked.to_string(), "must not stand on a block list");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unfit {
    /// Too few characters, or digits of a PIN.
    #[error("must hold {at_least} characters at least")]
    TooShort {
        /// How many there must be.
        at_least: usize,
    },
    /// More than is looked at.
    #[error("is longer than is looked at")]
    TooLong,
    /// It holds characters that no two systems can be trusted to treat alike.
    #[error("must not hold control, private-use or unassigned characters")]
    Unreadable,
    /// A PIN with something else than digits.
    #[error("must hold digits only")]
    NotDigits,
    /// It stands on a block list.
    #[error("must not stand on a block list")]
    Blocked,
    /// It is made of what belongs to the subject or the service.
    #[error("must not be made of names and numbers of the subject or the service")]
    OfContext,
    /// It withstands too few guesses (feature `strength`).
    #[error("can be guessed too easily")]
    Guessable,
}

/// Letters and digits alone, in lower case.
fn folded(text: &str) -> Zeroizing<String> {
    // No lower-case form is longer than three times its letter; the buffer does not move.
    let mut folded = Zeroizing::new(String::with_capacity(text.len().saturating_mul(3)));
    folded.extend(
        text.chars()
            .flat_map(char::to_lowercase)
            .filter(|letter| letter.is_alphanumeric()),
    );
    folded
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[track_caller]
    fn verdict(rules: &PasswordRules<'_>, text: &str) -> Option<Unfit> {
        rules.accept(&Password::typed(text)).err()
    }

    fn short(at_least: usize) -> Option<Unfit> {
        Some(Unfit::TooShort { at_least })
    }

    #[test]
    fn n01_lengths_are_counted_in_code_points_of_the_form() {
        let (alone, within) = (PasswordRules::alone(), PasswordRules::within_mfa());
        for letter in ["x", "\u{e9}", "e\u{301}", "\u{5b57}", "\u{1f600}"] {
            assert_eq!(verdict(&alone, &letter.repeat(14)), short(15), "{letter}");
            assert_eq!(verdict(&alone, &letter.repeat(15)), None, "{letter}");
            assert_eq!(verdict(&within, &letter.repeat(7)), short(8), "{letter}");
            assert_eq!(verdict(&within, &letter.repeat(8)), None, "{letter}");
        }
        assert_eq!(verdict(&alone, ""), short(15));
    }

    #[test]
    fn n01_no_host_asks_for_less() {
        let rules = PasswordRules::alone().at_least(3);
        assert_eq!(verdict(&rules, "only 14 points"), short(15));
    }

    #[test]
    fn n02_sixty_four_are_taken_whatever_the_host_asks() {
        let rules = PasswordRules::alone().at_least(1_000);
        assert_eq!(verdict(&rules, &"x".repeat(63)), short(64));
        for count in [64, 65, 256] {
            assert_eq!(verdict(&rules, &"x".repeat(count)), None);
        }
        assert_eq!(verdict(&rules, &"x".repeat(257)), Some(Unfit::TooLong));
        assert_eq!(verdict(&rules, &"x".repeat(1 << 20)), Some(Unfit::TooLong));
    }

    #[test]
    fn n03_nothing_is_asked_but_length() {
        for text in [
            "aaaaaaaaaaaaaaa",
            "111111111111111",
            "               ",
            "\u{1f600}\u{1f600}\u{1f600}\u{1f600}\u{1f600}\u{1f600}\u{1f600}\u{1f600}\u{1f600}\u{1f600}\u{1f600}\u{1f600}\u{1f600}\u{1f600}\u{1f600}",
            "ABCDEFGHIJKLMNO",
            "...............",
        ] {
            assert_eq!(verdict(&PasswordRules::alone(), text), None, "{text}");
        }
    }

    #[test]
    fn n04_the_whole_password_is_looked_up_and_the_reason_told() {
        let asked = Mutex::new(Vec::new());
        let rules = PasswordRules::within_mfa()
            .blocking(|_| false)
            .blocking(|whole| {
                asked.lock().unwrap().push(whole.to_owned());
                whole == "caf\u{e9} latte"
            });
        assert_eq!(
            verdict(&rules, "Cafe\u{301}\u{a0}Latte"),
            Some(Unfit::Blocked)
        );
        assert_eq!(
            *asked.lock().unwrap(),
            ["Caf\u{e9} Latte", "caf\u{e9} latte"]
        );
        asked.lock().unwrap().clear();
        assert_eq!(verdict(&rules, "caf\u{e9} latte macchiato"), None);
        assert_eq!(*asked.lock().unwrap(), ["caf\u{e9} latte macchiato"]);
        assert_eq!(Unfit::Blocked.to_string(), "must not stand on a block list");
    }

    #[test]
    fn n04_what_belongs_to_the_account_makes_no_password() {
        let rules = PasswordRules::within_mfa()
            .about("Bank of Springfield")
            .about("C-1042")
            .about("anna.smith@example.org")
            .about("1970-03-28")
            .about("")
            .about("--");
        for text in [
            "bankofspringfield",
            "Bank Bank Bank",
            "SPRINGFIELD 2024 !!",
            "annasmithexampleorg",
            "smith, anna",
            "C-1042C-1042C-1042",
            "19700328 + 1",
            "1970 1970 1970",
            "\u{ff33}mith".replace('\u{ff33}', "S").repeat(3).as_str(),
        ] {
            assert_eq!(verdict(&rules, text), Some(Unfit::OfContext), "{text}");
        }
        for text in [
            "my bank is in springfield",
            "banker banker",
            "1234567890",
            "spring field of flowers",
            "----------",
        ] {
            assert_eq!(verdict(&rules, text), None, "{text}");
        }
    }

    #[test]
    fn unreadable_text_is_no_new_password() {
        let rules = PasswordRules::alone();
        for text in [
            "a NUL \0 in the middle of it",
            "an unassigned \u{378} one in it",
            "\u{e000}\u{e000}\u{e000}\u{e000}\u{e000}\u{e000}\u{e000}\u{e000}\u{e000}\u{e000}\u{e000}\u{e000}\u{e000}\u{e000}\u{e000}",
        ] {
            assert_eq!(verdict(&rules, text), Some(Unfit::Unreadable));
        }
    }

    #[test]
    fn folding_does_not_outgrow_its_buffer() {
        for letter in char::MIN..=char::MAX {
            let small: usize = letter.to_lowercase().map(char::len_utf8).sum();
            assert!(small <= letter.len_utf8() * 3, "{letter:?}");
        }
    }

    #[test]
    fn b16_debug_shows_counts() {
        let rules = PasswordRules::alone().about("Anna").blocking(|_| true);
        assert_eq!(
            format!("{rules:?}"),
            "PasswordRules(15 characters, 1 block lists, 2 context words)"
        );
    }
}
