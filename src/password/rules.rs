//! Which passwords are taken, and the reason why one is not.

use core::fmt;
use std::collections::HashSet;

#[cfg(feature = "strength")]
use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};
use zeroize::Zeroizing;

use super::rejection::Rejection;
use super::text::Password;
use crate::canonical::characters::is_invisible;
use crate::canonical::text::{caseless, is_syllable, letters, whole};

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
/// use countersign::password::{Password, PasswordRules, Rejection};
/// // The host's list, in lower case: breached and common ones.
/// let common = HashSet::from(["passwordpassword", "correcthorsebatterystaple"]);
/// let rules = PasswordRules::single_factor()
///     .with_blocklist(|whole| common.contains(whole))
///     .with_context_word("Bank of Springfield")
///     .with_context_word("anna.smith@example.org");
/// let why = |text| rules.accept(&Password::typed(text)).map(|_| ()).unwrap_err();
/// assert_eq!(why("only 14 points"), Rejection::TooShort { at_least: 15 });
/// assert_eq!(why("PasswordPassword"), Rejection::Blocked);
/// assert_eq!(why("Springfield-Bank-2024!"), Rejection::OfContext);
/// assert!(rules.accept(&Password::typed("eleven purple elephants")).is_ok());
/// ```
pub struct PasswordRules<'a> {
    at_least: usize,
    blocked: Vec<Blocked<'a>>,
    /// Folded words, the longest first.
    about: Vec<Zeroizing<String>>,
    #[cfg(feature = "strength")]
    pub(super) least_guesses: Option<f64>,
    /// The words as they are spelt, for an estimate that knows no form.
    #[cfg(feature = "strength")]
    spelt: Vec<Zeroizing<String>>,
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
    /// # use countersign::password::{Password, PasswordRules};
    /// assert!(PasswordRules::single_factor().accept(&Password::typed("fifteen points.")).is_ok());
    /// ```
    #[must_use]
    pub const fn single_factor() -> Self {
        Self::of(Self::LEAST_ALONE)
    }

    /// For a password that is always asked together with another factor: 8 characters.
    ///
    /// ```
    /// # use countersign::password::{Password, PasswordRules};
    /// assert!(PasswordRules::multi_factor().accept(&Password::typed("8 points")).is_ok());
    /// ```
    #[must_use]
    pub const fn multi_factor() -> Self {
        Self::of(Self::LEAST_WITHIN_MFA)
    }

    const fn of(at_least: usize) -> Self {
        Self {
            at_least,
            blocked: Vec::new(),
            about: Vec::new(),
            #[cfg(feature = "strength")]
            least_guesses: None,
            #[cfg(feature = "strength")]
            spelt: Vec::new(),
        }
    }

    /// The same with longer passwords: the larger of what was and `characters`, up to 64.
    ///
    /// ```
    /// # use countersign::password::{Password, PasswordRules, Rejection};
    /// let rules = PasswordRules::multi_factor().at_least(12);
    /// let short = rules.accept(&Password::typed("8 points"));
    /// assert_eq!(short.unwrap_err(), Rejection::TooShort { at_least: 12 });
    /// ```
    #[must_use]
    pub fn at_least(mut self, characters: usize) -> Self {
        self.at_least = self.at_least.max(characters).min(Self::MOST_LEAST);
        self
    }

    /// The same with one more block list. It is asked whether a whole password stands on it, and nothing is blocked for a part
    /// of it.
    ///
    /// The list is asked by up to six spellings, each once, until it says yes:
    ///
    /// 1. The password in its form.
    /// 2. In lower case.
    /// 3. In lower case of Turkish: `ILGIN` is `ılgın` there.
    /// 4. In the compatibility caseless form of Unicode 3.13 (D146): `STRAẞE` is `strasse`, and a last `ς` is `σ`.
    /// 5. In the [form of lists](Self::list_form), in which accents do not count either.
    /// 6. In lower case with `ß` for each `ss`.
    ///
    /// A list in its own form finds every spelling. A list of lower-case words finds those of 2, 3 and 6. For a short list
    /// take [`blocking_words`](Self::blocking_words), which needs no form.
    ///
    /// ```
    /// # use countersign::password::{Password, PasswordRules, Rejection};
    /// let rules = PasswordRules::multi_factor().with_blocklist(|whole| whole == "iloveyou");
    /// assert_eq!(rules.accept(&Password::typed("ILoveYou")).unwrap_err(), Rejection::Blocked);
    /// assert!(rules.accept(&Password::typed("iloveyou, too")).is_ok());
    /// ```
    #[must_use]
    pub fn with_blocklist(mut self, list: impl Fn(&str) -> bool + Send + Sync + 'a) -> Self {
        self.blocked.push(Box::new(list));
        self
    }

    /// The same with one more block list, given as words. A password is refused that is one of them in any spelling: both are
    /// compared in the [form of lists](Self::list_form).
    ///
    /// ```
    /// # use countersign::password::{Password, PasswordRules, Rejection};
    /// let rules = PasswordRules::multi_factor().blocking_words(["ılgın1453", "straße1453", "μάριος1453"]);
    /// for text in ["ILGIN1453", "STRASSE1453", "ΜΑΡΙΟΣ1453"] {
    ///     assert_eq!(rules.accept(&Password::typed(text)).unwrap_err(), Rejection::Blocked);
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

    /// The form in which a block list is compared: to prepare a large list once.
    ///
    /// Letters and marks are those of the canonical form of [`Answers`](crate::knowledge::Answers), so letter case, width, accents and the
    /// dot of an i do not count. Punctuation, symbols and blanks stay.
    ///
    /// ```
    /// use countersign::password::PasswordRules;
    /// assert_eq!(PasswordRules::list_form("Straße, ILGIN & Μάριος"), "strasse, ilgin & μαριοσ");
    /// ```
    #[must_use]
    pub fn list_form(word: &str) -> String {
        whole(word).as_str().to_owned()
    }

    /// The same with a word that belongs to the subject or the service: a name, an address, a customer number. Refused is what
    /// is made of such words and their parts, with nothing but digits and signs besides.
    ///
    /// Words and passwords are compared in the canonical form of [`Answers`](crate::knowledge::Answers): letter case, width, accents, and
    /// the script of digits do not count. A part of fewer than three letters or digits means nothing by itself (a Chinese or
    /// Korean letter counts as two). A word without a letter and a digit says nothing: it is not kept, and `Debug` does not
    /// count it.
    ///
    /// ```
    /// # use countersign::password::{Password, PasswordRules, Rejection};
    /// let rules = PasswordRules::multi_factor().with_context_word("C-1042").with_context_word("Acme Shop");
    /// let why = |text| rules.accept(&Password::typed(text)).map(|_| ()).unwrap_err();
    /// assert_eq!(why("c1042-c1042"), Rejection::OfContext);
    /// assert_eq!(why("ACME!shop_99"), Rejection::OfContext);
    /// assert!(rules.accept(&Password::typed("Acme sells anvils")).is_ok());
    /// ```
    #[must_use]
    pub fn with_context_word(mut self, word: &str) -> Self {
        // Marks belong to the letter under them, and what cannot be seen divides no word.
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
        self.about.extend(parts.chain([letters(word)]));
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
    /// # use countersign::password::{Password, PasswordRules, Rejection};
    /// let short = PasswordRules::single_factor().accept(&Password::typed("too short"));
    /// assert_eq!(short.unwrap_err().to_string(), "must hold 15 characters at least");
    /// ```
    pub fn accept(&self, password: &Password) -> Result<AcceptedPassword, Rejection> {
        let text = match password.form() {
            Ok(form) => form.expose_text(),
            Err(Rejection::TooShort { .. }) => "",
            Err(unfit) => return Err(unfit),
        };
        if text.chars().count() < self.at_least {
            return Err(Rejection::TooShort {
                at_least: self.at_least,
            });
        }
        if !self.blocked.is_empty() {
            let spellings = spellings(text);
            let is_on = |list: &Blocked<'_>| spellings.iter().any(|spelling| list(spelling));
            if self.blocked.iter().any(is_on) {
                return Err(Rejection::Blocked);
            }
        }
        if self.is_of_context(text) {
            return Err(Rejection::OfContext);
        }
        #[cfg(feature = "strength")]
        if self.is_guessable(text) {
            return Err(Rejection::Guessable);
        }
        Ok(AcceptedPassword(password.clone()))
    }

    /// The context words, in their form and as they are spelt.
    #[cfg(feature = "strength")]
    pub(super) fn words(&self) -> Vec<&str> {
        let words = self.about.iter().chain(&self.spelt);
        words.map(|word| word.as_str()).collect()
    }

    fn is_of_context(&self, text: &str) -> bool {
        let mut rest = letters(text);
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
/// use countersign::password::{AcceptedPassword, Password, PasswordRules, Rejection};
/// let accepted: Result<AcceptedPassword, Rejection> =
///     PasswordRules::single_factor().accept(&Password::typed("eleven purple elephants"));
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

/// How much a word tells, in letters.
fn weight(word: &str) -> usize {
    word.chars()
        .map(|letter| if is_syllable(letter) { 2 } else { 1 })
        .sum()
}

/// The spellings by which a list is asked, each once: as it was typed, in small letters, in small letters of Turkish,
/// and in the form of lists; then with `ß` for each `ss`.
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
        add(Zeroizing::new(small.replace("ss", "ß")));
    }
    spellings
}

/// In small letters, where the capital of ı is I, and that of i is İ.
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
        rules.accept(&Password::typed(text)).err()
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

    /// What a host has today: words in lower case, and nothing prepared.
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
