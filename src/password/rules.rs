//! Rules for new passwords.

use core::fmt;
use std::collections::HashSet;

#[cfg(feature = "strength")]
use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};
use zeroize::Zeroizing;

use super::lists::Lists;
use super::rejection::Rejection;
#[cfg(feature = "strength")]
use super::strength::guesses_log10;
use super::text::Password;
use crate::canonical::characters::is_invisible;
use crate::canonical::text::{caseless, is_syllable, letters, whole};
use crate::secret::SecretText;

/// Rules for new passwords (SP 800-63B-4 3.1.1.2): long enough, on no block list, and not made of words about the subject.
///
/// There is no rule about capitals, digits or signs, none about age, and no hint. The standard forbids all three. A length is a
/// number of code points in the form that is hashed, 256 at most, with 1,024 bytes at most.
///
/// ```
/// use std::collections::HashSet;
/// use countersign::password::{Password, PasswordRules, Rejection};
/// // The host's list, in lower case: breached and common ones.
/// let common = HashSet::from(["passwordpassword", "correcthorsebatterystaple"]);
/// let rules = PasswordRules::single_factor()
///     .with_blocklist(|whole| common.contains(whole))
///     .with_context_word("Bank of Springfield")
///     .with_context_word("anna.smith@example.org");
/// let why = |text| rules.check(&Password::typed(text)).unwrap_err();
/// assert_eq!(why("only 14 points"), Rejection::TooShort { at_least: 15 });
/// assert_eq!(why("PasswordPassword"), Rejection::Blocked);
/// assert_eq!(why("Springfield-Bank-2024!"), Rejection::OfContext);
/// assert!(rules.check(&Password::typed("eleven purple elephants")).is_ok());
/// ```
pub struct PasswordRules<'a> {
    at_least: usize,
    /// With folded words.
    lists: Lists<'a>,
    #[cfg(feature = "strength")]
    least_guesses: Option<f64>,
    /// The words as they are spelt, for an estimate that knows no form.
    #[cfg(feature = "strength")]
    spelt: Vec<Zeroizing<String>>,
}

impl<'a> PasswordRules<'a> {
    /// SP 800-63B-4 3.1.1.2: the shortest password that is the only factor.
    pub const LEAST_SINGLE_FACTOR: usize = 15;
    /// SP 800-63B-4 3.1.1.2: the shortest password beside another factor.
    pub const LEAST_MULTI_FACTOR: usize = 8;
    /// SP 800-63B-4 3.1.1.2: passwords of this length must be accepted, so no host may ask for more.
    pub const LONGEST_MINIMUM: usize = 64;
    /// Shorter parts of a context word mean nothing by themselves.
    const SHORTEST_PART: usize = 3;

    /// Makes the rules for a password that is the only factor: 15 characters.
    #[must_use]
    pub const fn single_factor() -> Self {
        Self::of(Self::LEAST_SINGLE_FACTOR)
    }

    /// Makes the rules for a password that is always used with another factor: 8 characters.
    #[must_use]
    pub const fn multi_factor() -> Self {
        Self::of(Self::LEAST_MULTI_FACTOR)
    }

    const fn of(at_least: usize) -> Self {
        Self {
            at_least,
            lists: Lists::new(),
            #[cfg(feature = "strength")]
            least_guesses: None,
            #[cfg(feature = "strength")]
            spelt: Vec::new(),
        }
    }

    /// Asks for longer passwords. The larger of the present length and `characters` counts, up to 64.
    ///
    /// ```
    /// # use countersign::password::{Password, PasswordRules, Rejection};
    /// let rules = PasswordRules::multi_factor().at_least(12);
    /// let short = rules.check(&Password::typed("8 points"));
    /// assert_eq!(short.unwrap_err(), Rejection::TooShort { at_least: 12 });
    /// ```
    #[must_use]
    pub fn at_least(mut self, characters: usize) -> Self {
        self.at_least = self.at_least.max(characters).min(Self::LONGEST_MINIMUM);
        self
    }

    /// Adds a block list: a function that returns whether a whole password is on it. A part of a password is never blocked.
    ///
    /// The function gets up to six spellings, each once, until it returns true:
    ///
    /// 1. The password in its form.
    /// 2. In lower case.
    /// 3. In lower case of Turkish: `ILGIN` is `ılgın` there.
    /// 4. In the compatibility caseless form of Unicode 3.13 (D146): `STRAẞE` is `strasse`, and a last `ς` is `σ`.
    /// 5. In the [form of lists](Self::list_form), in which accents do not count either.
    /// 6. In lower case with `ß` for each `ss`.
    ///
    /// A list in the form of lists finds every spelling. A list of lower-case words finds those of 2, 3 and 6. For a short list use
    /// [`blocking_words`](Self::blocking_words), which needs no form.
    ///
    /// ```
    /// # use countersign::password::{Password, PasswordRules, Rejection};
    /// let rules = PasswordRules::multi_factor().with_blocklist(|whole| whole == "iloveyou");
    /// assert_eq!(rules.check(&Password::typed("ILoveYou")).unwrap_err(), Rejection::Blocked);
    /// assert!(rules.check(&Password::typed("iloveyou, too")).is_ok());
    /// ```
    #[must_use]
    pub fn with_blocklist(mut self, list: impl Fn(&str) -> bool + Send + Sync + 'a) -> Self {
        self.lists.add_blocklist(list);
        self
    }

    /// Adds a block list of words. A password that is one of them in any spelling is refused: both are compared in the
    /// [form of lists](Self::list_form).
    ///
    /// ```
    /// # use countersign::password::{Password, PasswordRules, Rejection};
    /// let rules = PasswordRules::multi_factor().blocking_words(["ılgın1453", "straße1453", "μάριος1453"]);
    /// for text in ["ILGIN1453", "STRASSE1453", "ΜΑΡΙΟΣ1453"] {
    ///     assert_eq!(rules.check(&Password::typed(text)).unwrap_err(), Rejection::Blocked);
    /// }
    /// ```
    #[must_use]
    pub fn blocking_words(self, words: impl IntoIterator<Item: AsRef<str>>) -> Self {
        let forms: HashSet<String> = words
            .into_iter()
            .map(|word| Self::list_form(word.as_ref()))
            .filter(|form| !form.is_empty())
            .collect();
        self.with_blocklist(move |spelling| forms.contains(spelling))
    }

    /// Returns a word in the form of block lists, to prepare a large list once.
    ///
    /// Letters and marks are those of the canonical form of [`Answers`](crate::knowledge::Answers). So letter case, width, accents
    /// and the dot of an i do not count. Punctuation, symbols and blanks stay.
    ///
    /// ```
    /// use countersign::password::PasswordRules;
    /// assert_eq!(PasswordRules::list_form("Straße, ILGIN & Μάριος"), "strasse, ilgin & μαριοσ");
    /// ```
    #[must_use]
    pub fn list_form(word: &str) -> String {
        whole(word).as_str().to_owned()
    }

    /// Adds a word that belongs to the subject or the service: a name, an address, a customer number. A password is refused if
    /// it consists of such words and their parts, digits and signs.
    ///
    /// Words and passwords are compared in the canonical form of [`Answers`](crate::knowledge::Answers). So letter case, width,
    /// accents and the script of digits do not count. A part of fewer than three letters or digits is ignored. A Chinese or
    /// Korean letter counts as two. A word without letters and digits is dropped.
    ///
    /// ```
    /// # use countersign::password::{Password, PasswordRules, Rejection};
    /// let rules = PasswordRules::multi_factor().with_context_word("C-1042").with_context_word("Acme Shop");
    /// let why = |text| rules.check(&Password::typed(text)).unwrap_err();
    /// assert_eq!(why("c1042-c1042"), Rejection::OfContext);
    /// assert_eq!(why("ACME!shop_99"), Rejection::OfContext);
    /// assert!(rules.check(&Password::typed("Acme sells anvils")).is_ok());
    /// ```
    #[must_use]
    pub fn with_context_word(mut self, word: &str) -> Self {
        // A mark belongs to the letter under it. An invisible character divides no word.
        let divides = |letter: char| {
            !(letter.is_alphanumeric()
                || letter.general_category_group() == GeneralCategoryGroup::Mark
                || is_invisible(letter))
        };
        #[cfg(feature = "strength")]
        for part in word.split(divides).filter(|part| !part.is_empty()) {
            let composed = part.nfc().flat_map(char::to_lowercase);
            self.spelt.push(Zeroizing::new(composed.collect()));
        }
        let parts = word
            .split(divides)
            .map(letters)
            .filter(|part| weight(part) >= Self::SHORTEST_PART);
        let words = parts.chain([letters(word)]);
        self.lists.add_words(words.filter(|word| !word.is_empty()));
        self
    }

    /// Asks for passwords that withstand so many guesses, as a power of ten. Needs the feature `strength`.
    ///
    /// The standard does not ask for it. 8.0 is what `zxcvbn` calls safe online, 10.0 safe for a slow hash.
    ///
    /// ```
    /// # use countersign::password::{Password, PasswordRules, Rejection};
    /// let rules = PasswordRules::single_factor().at_least_guesses(8.0);
    /// assert_eq!(rules.check(&Password::typed("aaaaaaaaaaaaaaaa")).unwrap_err(), Rejection::Guessable);
    /// assert!(rules.check(&Password::typed("eleven purple elephants")).is_ok());
    /// ```
    #[cfg(feature = "strength")]
    #[must_use]
    pub fn at_least_guesses(mut self, log10: f64) -> Self {
        self.least_guesses = Some(log10);
        self
    }

    /// Checks a new password. [`PasswordHash::enrol`](crate::password::PasswordHash::enrol) checks it again.
    ///
    /// # Errors
    /// The reason why it is refused. Show it to the customer, as the standard asks (3.1.1.2).
    ///
    /// ```
    /// # use countersign::password::{Password, PasswordRules, Rejection};
    /// let short = PasswordRules::single_factor().check(&Password::typed("too short"));
    /// assert_eq!(short.unwrap_err().to_string(), "must hold 15 characters at least");
    /// ```
    pub fn check(&self, password: &Password) -> Result<(), Rejection> {
        self.accepted(password).map(drop)
    }

    /// The form of a password that these rules accept.
    pub(super) fn accepted<'p>(&self, password: &'p Password) -> Result<&'p SecretText, Rejection> {
        let short = Rejection::TooShort {
            at_least: self.at_least,
        };
        let form = match password.form() {
            Err(Rejection::TooShort { .. }) => return Err(short),
            form => form?,
        };
        let text = form.expose_text();
        if text.chars().count() < self.at_least {
            return Err(short);
        }
        if self.lists.block(&spellings(text)) {
            return Err(Rejection::Blocked);
        }
        if self.is_of_context(text) {
            return Err(Rejection::OfContext);
        }
        #[cfg(feature = "strength")]
        if self.is_guessable(text) {
            return Err(Rejection::Guessable);
        }
        Ok(form)
    }

    #[cfg(feature = "strength")]
    fn is_guessable(&self, text: &str) -> bool {
        let spelt = self.spelt.iter().map(|word| word.as_str());
        let words: Vec<&str> = self.lists.words().chain(spelt).collect();
        // A bound that is not a number refuses all.
        self.least_guesses
            .is_some_and(|least| least.is_nan() || guesses_log10(text, &words) < least)
    }

    fn is_of_context(&self, text: &str) -> bool {
        let mut rest = letters(text);
        let mut found = false;
        for word in self.lists.words() {
            if rest.contains(word) {
                found = true;
                // A space keeps the text on both sides from becoming a new word.
                rest = replaced(&rest, word, " ");
            }
        }
        found && !rest.chars().any(char::is_alphabetic)
    }
}

impl fmt::Debug for PasswordRules<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "PasswordRules({} characters, {})",
            self.at_least, self.lists
        )
    }
}

/// The length of a word in letters. A Chinese or Korean letter counts as two.
fn weight(word: &str) -> usize {
    word.chars()
        .map(|letter| if is_syllable(letter) { 2 } else { 1 })
        .sum()
}

/// The spellings that a block list gets, each once. [`PasswordRules::with_blocklist`] lists them.
fn spellings(text: &str) -> Vec<Zeroizing<String>> {
    let mut spellings: Vec<Zeroizing<String>> = Vec::new();
    let mut add = |spelling: Zeroizing<String>| {
        if !spellings.contains(&spelling) {
            spellings.push(spelling);
        }
    };
    let small = Zeroizing::new(text.to_lowercase());
    add(Zeroizing::new(text.to_owned()));
    add(small.clone());
    add(turkish(text));
    add(Zeroizing::new(caseless(text)));
    add(whole(text));
    if small.contains("ss") {
        add(replaced(&small, "ss", "ß"));
    }
    spellings
}

/// The text with other letters in the place of some, which take no more bytes. It does not grow, so it leaves no copy behind.
fn replaced(text: &str, letters: &str, by: &str) -> Zeroizing<String> {
    let mut replaced = Zeroizing::new(String::with_capacity(text.len()));
    for part in text.split_inclusive(letters) {
        match part.strip_suffix(letters) {
            Some(part) => replaced.extend([part, by]),
            None => replaced.push_str(part),
        }
    }
    replaced
}

/// The text in lower case of Turkish: the capital of ı is I, and that of i is İ.
fn turkish(text: &str) -> Zeroizing<String> {
    let turkish = |letter: char| match letter {
        'I' => 'ı',
        'İ' => 'i',
        other => other,
    };
    let mut letters = Zeroizing::new(String::with_capacity(text.len()));
    letters.extend(text.chars().map(turkish));
    Zeroizing::new(letters.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[track_caller]
    fn verdict(rules: &PasswordRules<'_>, text: &str) -> Option<Rejection> {
        rules.check(&Password::typed(text)).err()
    }

    fn short(at_least: usize) -> Option<Rejection> {
        Some(Rejection::TooShort { at_least })
    }

    #[test]
    fn n01_lengths_are_counted_in_code_points_of_the_form() {
        let (single_factor, within) = (
            PasswordRules::single_factor(),
            PasswordRules::multi_factor(),
        );
        for letter in ["x", "\u{e9}", "e\u{301}", "\u{5b57}", "\u{1f600}"] {
            assert_eq!(
                verdict(&single_factor, &letter.repeat(14)),
                short(15),
                "{letter}"
            );
            assert_eq!(
                verdict(&single_factor, &letter.repeat(15)),
                None,
                "{letter}"
            );
            assert_eq!(verdict(&within, &letter.repeat(7)), short(8), "{letter}");
            assert_eq!(verdict(&within, &letter.repeat(8)), None, "{letter}");
        }
        assert_eq!(verdict(&single_factor, ""), short(15));
    }

    #[test]
    fn n01_no_host_asks_for_less() {
        let rules = PasswordRules::single_factor().at_least(3);
        assert_eq!(verdict(&rules, "only 14 points"), short(15));
    }

    #[test]
    fn n02_sixty_four_are_taken_whatever_the_host_asks() {
        let rules = PasswordRules::single_factor().at_least(1_000);
        assert_eq!(verdict(&rules, &"x".repeat(63)), short(64));
        for count in [64, 65, 256] {
            assert_eq!(verdict(&rules, &"x".repeat(count)), None);
        }
        assert_eq!(verdict(&rules, &"x".repeat(257)), Some(Rejection::TooLong));
        assert_eq!(
            verdict(&rules, &"x".repeat(1 << 20)),
            Some(Rejection::TooLong)
        );
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
            assert_eq!(
                verdict(&PasswordRules::single_factor(), text),
                None,
                "{text}"
            );
        }
    }

    #[test]
    fn n04_the_whole_password_is_looked_up_and_the_reason_told() {
        let asked = Mutex::new(Vec::new());
        let rules = PasswordRules::multi_factor()
            .with_blocklist(|_| false)
            .with_blocklist(|whole| {
                asked.lock().unwrap().push(whole.to_owned());
                whole == "caf\u{e9} latte"
            });
        assert_eq!(
            verdict(&rules, "Cafe\u{301}\u{a0}Latte"),
            Some(Rejection::Blocked)
        );
        assert_eq!(
            *asked.lock().unwrap(),
            ["Caf\u{e9} Latte", "caf\u{e9} latte"]
        );
        asked.lock().unwrap().clear();
        assert_eq!(verdict(&rules, "caf\u{e9} latte macchiato"), None);
        assert_eq!(
            *asked.lock().unwrap(),
            ["caf\u{e9} latte macchiato", "cafe latte macchiato"]
        );
        assert_eq!(
            Rejection::Blocked.to_string(),
            "must not stand on a block list"
        );
    }

    #[test]
    fn n04_what_belongs_to_the_account_makes_no_password() {
        let rules = PasswordRules::multi_factor()
            .with_context_word("Bank of Springfield")
            .with_context_word("C-1042")
            .with_context_word("anna.smith@example.org")
            .with_context_word("1970-03-28")
            .with_context_word("")
            .with_context_word("--");
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
            assert_eq!(verdict(&rules, text), Some(Rejection::OfContext), "{text}");
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
        let rules = PasswordRules::single_factor();
        for text in [
            "a NUL \0 in the middle of it",
            "an unassigned \u{378} one in it",
            "\u{e000}\u{e000}\u{e000}\u{e000}\u{e000}\u{e000}\u{e000}\u{e000}\u{e000}\u{e000}\u{e000}\u{e000}\u{e000}\u{e000}\u{e000}",
        ] {
            assert_eq!(verdict(&rules, text), Some(Rejection::Unreadable));
        }
    }

    #[test]
    fn b61_a_list_blocks_every_spelling_of_its_words() {
        let cases: [(&str, &[&str]); 9] = [
            (
                "ılgın1453",
                &["ILGIN1453", "Ilgın1453", "ılgın1453", "ＩＬＧＩＮ1453"],
            ),
            (
                "istanbul34",
                &["İSTANBUL34", "ISTANBUL34", "İstanbul34", "\u{130}stanbul34"],
            ),
            (
                "straße1453",
                &["STRASSE1453", "Strasse1453", "STRAẞE1453", "straße1453"],
            ),
            (
                "σίσυφος1",
                &["ΣΊΣΥΦΟΣ1", "ΣΙΣΥΦΟΣ1", "Σίσυφος1", "σι\u{301}συφος1"],
            ),
            (
                "müller12345",
                &[
                    "MÜLLER12345",
                    "mu\u{308}ller12345",
                    "MU\u{308}LLER12345",
                    "Müller12345",
                ],
            ),
            ("пароль123", &["ПАРОЛЬ123", "Пароль123"]),
            ("\u{fb01}ve-dwarfs", &["FIVE-DWARFS", "five-dwarfs"]),
            ("ｐａｓｓｗｏｒｄ１", &["password1", "PASSWORD1"]),
            ("p@$$w0rd!", &["P@$$W0RD!"]),
        ];
        for (word, spellings) in cases {
            let rules = PasswordRules::multi_factor().blocking_words([word]);
            let form = PasswordRules::list_form(word);
            let large = PasswordRules::multi_factor().with_blocklist(|whole| whole == form);
            for text in spellings {
                assert_eq!(verdict(&rules, text), Some(Rejection::Blocked), "{text}");
                assert_eq!(verdict(&large, text), Some(Rejection::Blocked), "{text}");
                let more = format!("{text} and more");
                assert_eq!(verdict(&rules, &more), None, "{more}");
            }
        }
    }

    /// Hosts have lists of words in lower case today, and nothing prepared.
    #[test]
    fn b61_a_list_in_lower_case_blocks_capitals_of_every_language() {
        for (word, text) in [
            ("ılgın1453", "ILGIN1453"),
            ("istanbul34", "İSTANBUL34"),
            ("istanbul34", "ISTANBUL34"),
            ("straße1453", "STRASSE1453"),
            ("straße1453", "STRAẞE1453"),
            ("masse und maße", "Masse und Masse"),
            ("strasse1453", "Straße1453"),
            ("μάριος 1453", "ΜΆΡΙΟΣ 1453"),
            ("müller12345", "MU\u{308}LLER12345"),
            ("iloveyou", "ILoveYou"),
            ("passwort", "ＰＡＳＳＷＯＲＴ"),
        ] {
            let rules = PasswordRules::multi_factor().with_blocklist(|whole| whole == word);
            let blocked = word != "masse und maße";
            assert_eq!(
                verdict(&rules, text) == Some(Rejection::Blocked),
                blocked,
                "{text}"
            );
        }
    }

    #[test]
    fn b61_words_of_the_account_count_in_every_spelling() {
        let rules = PasswordRules::multi_factor()
            .with_context_word("Μάριος Παπαδόπουλος")
            .with_context_word("Mu\u{308}ller")
            .with_context_word("Ilgın Şahin")
            .with_context_word("Weiß")
            .with_context_word("कृष्ण शर्मा")
            .with_context_word("王 小明")
            .with_context_word("김 민수")
            .with_context_word("محمّد العربي")
            .with_context_word("٢٨.٠٣.١٩٧٠")
            .with_context_word("Soft\u{ad}hyphen")
            .with_context_word("ＡＣＭＥ");
        for text in [
            "ΜΆΡΙΟΣ 1453",
            "ΜΑΡΙΟΣ1453",
            "μάριος.1453",
            "Müller12345",
            "MULLER 1234",
            "mu\u{308}ller12345",
            "ILGIN1453",
            "ılgın_1453",
            "SAHIN12345",
            "WEISS-12345",
            "कृष्ण12345",
            "कृष्ण कृष्ण",
            "小明小明小明小明",
            "민수민수민수민수",
            "محمد محمد",
            "28031970!!",
            "２８０３１９７０",
            "٢٨٠٣١٩٧٠",
            "softhyphen1",
            "acme acme",
            "Acme!!!!",
        ] {
            assert_eq!(verdict(&rules, text), Some(Rejection::OfContext), "{text}");
        }
        for text in [
            "Μάριος κάθεται",
            "mueller12345",
            "王王王王王王王王",
            "Acme sells anvils",
            "12345678",
        ] {
            assert_eq!(verdict(&rules, text), None, "{text}");
        }
    }

    #[test]
    fn b61_words_that_say_nothing_are_not_kept() {
        let mut rules = PasswordRules::multi_factor();
        for word in [
            "",
            " ",
            "--",
            "…",
            "\0",
            "\u{200b}",
            "\u{301}",
            "\u{1f600}",
            "\u{378}",
        ] {
            rules = rules.with_context_word(word).blocking_words([word]);
        }
        let shown = format!("{rules:?}");
        assert!(shown.ends_with(" 0 context words)"), "{shown}");
        assert_eq!(verdict(&rules, "--------"), None);
        assert_eq!(verdict(&rules, "\u{1f600}".repeat(8).as_str()), None);
        // Huge words cost their length, and refuse what is made of them.
        let rules = rules
            .with_context_word(&"x".repeat(1 << 20))
            .with_context_word(&"ab ".repeat(1 << 10));
        assert_eq!(verdict(&rules, "xxxxxxxxxx"), None);
    }

    #[test]
    fn b16_debug_shows_counts() {
        let rules = PasswordRules::single_factor()
            .with_context_word("Anna")
            .with_blocklist(|_| true);
        assert_eq!(
            format!("{rules:?}"),
            "PasswordRules(15 characters, 1 block lists, 2 context words)"
        );
    }
}
