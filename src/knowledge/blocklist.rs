//! Weak answers: what an attacker tries first, and what the host's own records reveal.

use core::fmt;

use unicode_segmentation::UnicodeSegmentation;
use zeroize::Zeroizing;

use super::question::{AnswerKind, Question};
use crate::canonical::characters::ascii_digit;
use crate::canonical::text::{canonical, is_syllable};
use crate::canonical::{DateOrder, day, phone};
use crate::compare::ct_eq;
use crate::secret::SecretText;
use crate::time::Timestamp;

/// Answers that are refused at enrolment: the host's own list of common ones, and its knowledge of the subject, which others
/// have too.
///
/// The library refuses more by itself:
///
/// - Fewer than three letters or digits. A Chinese or Korean letter counts as two.
/// - One letter over and over.
/// - Words of the question.
/// - About two hundred common answers: names, colours, towns, dishes, and refusals to answer.
///
/// Canonical forms are compared. The words of a known text count one by one and together. If `Maya Sari` is known, `Maya`,
/// `SARI` and `maya-sari` are refused.
///
/// `Debug` shows how much there is.
///
/// ```
/// use countersign::knowledge::AnswerBlocklist;
/// let guessable = AnswerBlocklist::new()
///     .and_known("Maya Sari")
///     .and_known("+62 812 3456 7834")
///     .and_known("1984-02-29")
///     .and_common("Liverpool");
/// assert_eq!(format!("{guessable:?}"), "AnswerBlocklist(3 known, 1 common)");
/// ```
#[derive(Clone, Default)]
pub struct AnswerBlocklist {
    /// Texts that the host knows.
    known: Vec<Known>,
    /// Each in the forms that answers can have.
    common: Vec<Vec<SecretText>>,
    /// The latest day that can be past, in ISO 8601.
    today: Option<String>,
}

/// One known text, in the forms that answers can have.
#[derive(Clone)]
struct Known {
    words: Vec<SecretText>,
    /// All its digits, one after the other.
    digits: SecretText,
    /// Its day in ISO 8601, if it is one.
    day: Option<SecretText>,
    phones: Vec<SecretText>,
}

impl AnswerBlocklist {
    /// Makes a list of the answers that the library refuses by itself.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a text that the host knows of the subject: a name, an address, a telephone number with its country code, or a
    /// day in ISO 8601. Answers of all kinds are compared with it. A number may hold its national prefix, as in `+49 (0)30
    /// ..`, or begin with `00`.
    ///
    /// A text without letters and digits refuses no answer.
    #[must_use]
    pub fn and_known(mut self, text: &str) -> Self {
        let digits = text.chars().filter_map(ascii_digit);
        self.known.push(Known {
            words: words(text),
            digits: SecretText::from(Zeroizing::new(digits.collect::<String>())),
            day: day::typed(text, DateOrder::YearMonthDay).map(SecretText::from),
            phones: phones(text).collect(),
        });
        self
    }

    /// Adds an answer that is common among the host's customers: words, a day in ISO 8601, or a telephone number with its
    /// country code.
    ///
    /// A text without letters and digits refuses no answer.
    #[must_use]
    pub fn and_common(mut self, text: &str) -> Self {
        let forms = [
            canonical(text).ok(),
            day::typed(text, DateOrder::YearMonthDay),
        ];
        let forms = forms.into_iter().flatten().map(SecretText::from);
        self.common.push(forms.chain(phones(text)).collect());
        self
    }

    /// Sets the present time. A day that has not begun anywhere yet is then refused as an answer to a question for a day.
    ///
    /// Without it only years from 2200 on are refused, see [`DateOrder`].
    #[must_use]
    pub fn at(mut self, now: Timestamp) -> Self {
        self.today = Some(day::latest_at(now.unix()));
        self
    }

    /// Why this answer to the question is weak, if it is. The answer is in canonical form.
    pub(crate) fn weakness(&self, question: &Question, answer: &SecretText) -> Option<Weak> {
        let form = answer.expose_text();
        let kind = question.kind();
        match kind {
            // The options are the host's, and few. None is refused.
            AnswerKind::Choice => None,
            AnswerKind::Text if is_short(form) => Some(Weak::Short),
            AnswerKind::Text | AnswerKind::Digits(_) if is_one_letter(form) => {
                Some(Weak::OneLetter)
            }
            AnswerKind::Text if is_run_of(&words(question.prompt()), form) => Some(Weak::OwnWords),
            _ => self.weakness_of(kind, form),
        }
    }

    /// Why this memorable word is weak, if it is. The word is in canonical form.
    pub(crate) fn weakness_of_word(&self, form: &str) -> Option<Weak> {
        self.weakness_of(AnswerKind::Text, form)
    }

    fn weakness_of(&self, kind: AnswerKind, form: &str) -> Option<Weak> {
        let is_ahead = |today: &String| form > today.as_str();
        if matches!(kind, AnswerKind::Date(_)) && self.today.as_ref().is_some_and(is_ahead) {
            return Some(Weak::Future);
        }
        if self.known.iter().any(|known| known.tells(kind, form)) {
            return Some(Weak::Known);
        }
        let own = self.common.iter().flatten().map(SecretText::expose_text);
        own.chain(COMMON.lines())
            .any(|common| is(common, form))
            .then_some(Weak::Common)
    }
}

impl fmt::Debug for AnswerBlocklist {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (known, common) = (self.known.len(), self.common.len());
        write!(f, "AnswerBlocklist({known} known, {common} common)")
    }
}

impl Known {
    /// Whether the known text reveals an answer of this kind.
    fn tells(&self, kind: AnswerKind, form: &str) -> bool {
        match kind {
            AnswerKind::Date(_) => (self.day.iter()).any(|known| is(known.expose_text(), form)),
            AnswerKind::Phone => (self.phones.iter()).any(|known| is(known.expose_text(), form)),
            AnswerKind::Digits(_) => self.digits.expose_text().ends_with(form),
            AnswerKind::Text | AnswerKind::Choice => is_run_of(&self.words, form),
        }
    }
}

/// Why an answer is weak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weak {
    Short,
    OneLetter,
    OwnWords,
    Known,
    Common,
    Future,
}

impl Weak {
    /// The rule that was broken, for an error's text.
    pub(crate) const fn rule(self) -> &'static str {
        match self {
            Self::Short => {
                "must hold three letters or digits (a Chinese or Korean letter counts as two)"
            }
            Self::OneLetter => "must not be one letter over and over",
            Self::OwnWords => "must not be words of the question",
            Self::Known => "must not be what is known of the subject",
            Self::Common => "must not be a common answer",
            Self::Future => day::PAST,
        }
    }
}

/// Common answers: names, colours, towns, dishes, teams, and refusals to answer. In canonical form.
const COMMON: &str = include_str!("common_answers.txt");
/// A shorter text is guessed. A Chinese or Korean letter counts as two.
const LEAST_WEIGHT: usize = 3;

/// Whether a text is too short.
fn is_short(form: &str) -> bool {
    let weight: usize = form
        .graphemes(true)
        .map(|letter| {
            if letter.chars().any(is_syllable) {
                2
            } else {
                1
            }
        })
        .sum();
    weight < LEAST_WEIGHT
}

fn is_one_letter(form: &str) -> bool {
    let mut letters = form.graphemes(true);
    let first = letters.next();
    letters.all(|letter| Some(letter) == first)
}

/// The canonical forms of a text's words (UAX 29). Where no spaces are written, each letter is one.
fn words(text: &str) -> Vec<SecretText> {
    text.unicode_words()
        .filter_map(|word| canonical(word).ok())
        .map(SecretText::from)
        .collect()
}

/// The telephone numbers that a text of the host may mean. It may hold a national prefix.
fn phones(text: &str) -> impl Iterator<Item = SecretText> {
    phone::meant(text).into_iter().map(SecretText::from)
}

/// Whether a form consists of neighbouring words.
fn is_run_of(words: &[SecretText], form: &str) -> bool {
    (0..words.len()).any(|first| {
        let mut rest = form;
        for word in words.iter().skip(first) {
            match rest.strip_prefix(word.expose_text()) {
                Some("") => return true,
                Some(more) => rest = more,
                None => return false,
            }
        }
        false
    })
}

fn is(known: &str, form: &str) -> bool {
    ct_eq(known.as_bytes(), form.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::QuestionId;

    const ID: QuestionId = QuestionId::new(1);

    fn school() -> Question {
        Question::text(ID, "What was the name of your first school?").unwrap()
    }

    #[track_caller]
    fn weakness(guessable: &AnswerBlocklist, question: &Question, typed: &str) -> Option<Weak> {
        guessable.weakness(question, &question.canonical(typed).unwrap())
    }

    #[track_caller]
    fn is_weak(question: &Question, typed: &str, why: Weak) {
        assert_eq!(
            weakness(&AnswerBlocklist::new(), question, typed),
            Some(why),
            "{typed}"
        );
    }

    #[track_caller]
    fn is_fine(question: &Question, typed: &str) {
        assert_eq!(
            weakness(&AnswerBlocklist::new(), question, typed),
            None,
            "{typed}"
        );
    }

    #[test]
    fn common_answers_are_canonical_and_stand_once() {
        let all: Vec<&str> = COMMON.lines().collect();
        let distinct: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(distinct.len(), all.len());
        assert!(all.len() >= 180, "{}", all.len());
        for answer in all {
            let form = canonical(answer).unwrap();
            let day = day::typed(answer, DateOrder::YearMonthDay);
            assert!(
                form.as_str() == answer || day.is_some_and(|day| *day == answer),
                "{answer}"
            );
        }
    }

    #[test]
    fn short_answers_are_weak_by_what_they_hold() {
        for typed in [
            "a",
            "Ng",
            "x y",
            "é!",
            "7",
            "京",
            "か",
            "กิ",
            "\u{915}\u{94d}\u{937}",
        ] {
            is_weak(&school(), typed, Weak::Short);
        }
        for typed in ["Ngo", "x y z", "李明", "서울", "かなだ", "กินข้าว"] {
            is_fine(&school(), typed);
        }
        is_weak(&school(), "aaaa", Weak::OneLetter);
        is_weak(&school(), "Éé e", Weak::OneLetter);
        is_weak(
            &Question::digits(ID, "Digits?", 4).unwrap(),
            "7777",
            Weak::OneLetter,
        );
    }

    #[test]
    fn words_of_the_question_are_weak() {
        for typed in [
            "name",
            "FIRST school",
            "your first school",
            "What was",
            "nameof",
        ] {
            is_weak(&school(), typed, Weak::OwnWords);
        }
        for typed in [
            "firstly",
            "hoola",
            "schools",
            "school first",
            "my first school",
        ] {
            is_fine(&school(), typed);
        }
        let thai = Question::text(ID, "โรงเรียนแรกของคุณชื่ออะไร").unwrap();
        is_weak(&thai, "โรงเรียน", Weak::OwnWords);
        let chinese = Question::text(ID, "你第一所学校叫什么名字？").unwrap();
        is_weak(&chinese, "学校", Weak::OwnWords);
        is_fine(&chinese, "清华附小");
    }

    #[test]
    fn common_answers_are_weak_in_every_spelling() {
        for typed in [
            "Blue",
            "don't know",
            "N/A.",
            "New York",
            "PASSWORD",
            "St. Mary’s",
            "１２３４",
        ] {
            let why = if typed == "N/A." {
                Weak::Short
            } else {
                Weak::Common
            };
            is_weak(&school(), typed, why);
        }
        let when = Question::date(ID, "When?", DateOrder::DayMonthYear).unwrap();
        is_weak(&when, "1.1.1970", Weak::Common);
        is_fine(&when, "2.1.1970");
        is_weak(
            &Question::digits(ID, "Digits?", 4).unwrap(),
            "1234",
            Weak::Common,
        );
        let own = AnswerBlocklist::new()
            .and_common("Anfield-Road")
            .and_common("٢٠٠٠-٠٥-٠٤")
            .and_common("…");
        assert_eq!(weakness(&own, &when, "4.5.2000"), Some(Weak::Common));
        assert_eq!(
            weakness(&own, &school(), "anfield road"),
            Some(Weak::Common)
        );
        // A choice has nothing but what the host offers.
        let colour = Question::choice(ID, "Colour?", &[("blue", "Blue"), ("red", "Red")]).unwrap();
        is_fine(&colour, "blue");
    }

    #[test]
    fn b61_a_day_that_has_not_begun_is_no_answer() {
        // 1 March 2024, noon, in Greenwich; 2 March has begun in Kiribati.
        let now = Timestamp::from_unix(1_709_294_400).unwrap();
        let guessable = AnswerBlocklist::new().at(now);
        let when = Question::date(ID, "When?", DateOrder::DayMonthYear).unwrap();
        for typed in ["29.2.2024", "1.3.2024", "2.3.2024", "4.7.1984", "15.3.1363"] {
            assert_eq!(weakness(&guessable, &when, typed), None, "{typed}");
        }
        for typed in ["3.3.2024", "1.1.2025", "31.12.2199"] {
            assert_eq!(
                weakness(&guessable, &when, typed),
                Some(Weak::Future),
                "{typed}"
            );
            assert_eq!(
                weakness(&AnswerBlocklist::new(), &when, typed),
                None,
                "no clock"
            );
        }
        // Words and numbers are no days.
        assert_eq!(weakness(&guessable, &school(), "9999-12-31"), None);
        let digits = Question::digits(ID, "Digits?", 4).unwrap();
        assert_eq!(weakness(&guessable, &digits, "9997"), None);
    }

    #[test]
    fn what_is_known_of_the_subject_is_weak_in_every_kind() {
        let known = AnswerBlocklist::new()
            .and_known("Maya Sari")
            .and_known("Jl. Merdeka 17, Wodzisław Śląski")
            .and_known("+62 812 3456 7834")
            .and_known("1984-02-29")
            .and_known("\0");
        let number = Question::phone(ID, "Which?").unwrap();
        let when = Question::date(ID, "When?", DateOrder::MonthDayYear).unwrap();
        let digits = Question::digits(ID, "Digits?", 4).unwrap();
        for (question, typed) in [
            (school(), "maya"),
            (school(), "SARI"),
            (school(), "Maya-Sari"),
            (school(), "Wodzislaw"),
            (school(), "wodzislaw slaski"),
            (number, "+6281234567834"),
            (when, "2/29/1984"),
            (digits.clone(), "7834"),
        ] {
            assert_eq!(
                weakness(&known, &question, typed),
                Some(Weak::Known),
                "{typed}"
            );
        }
        for typed in ["Mayas", "sari maya", "slaskie"] {
            assert_eq!(weakness(&known, &school(), typed), None, "{typed}");
        }
        assert_eq!(weakness(&known, &digits, "3456"), None, "not the last");
    }

    #[test]
    fn b61_a_number_is_known_however_the_host_keeps_it() {
        let number = Question::phone(ID, "Which?").unwrap();
        for (kept, answer) in [
            ("+49 (0)30 123456", "+49 30 123456"),
            ("+49 030 123456", "+49 30 123456"),
            ("0049 30 123456", "+49 30 123456"),
            ("0049 (0)30 123456", "+49 30 123456"),
            ("Tel. +49 (0) 30/12 34 56", "+49 30 123456"),
            ("+٤٩ (٠)٣٠ ١٢٣٤٥٦", "+49 30 123456"),
            ("＋４９（０）３０１２３４５６", "+49 30 123456"),
            ("+36 06 30 123 4567", "+36 30 123 4567"),
            ("+36 (06) 30 123 4567", "+36 30 123 4567"),
            ("+7 8 495 123-45-67", "+7 495 123 45 67"),
            ("+375 80 29 123 45 67", "+375 29 123 45 67"),
            ("+1 1 555 010 0199", "+1 555 010 0199"),
            ("+44 (0)20 7946 0018", "+44 20 7946 0018"),
            ("+39 (0)6 698 12345", "+39 06 698 12345"),
            ("+39 06 698 12345", "+39 06 698 12345"),
            ("+62 812 3456 7834", "+62 812 3456 7834"),
        ] {
            for known in [
                AnswerBlocklist::new().and_known(kept),
                AnswerBlocklist::new().and_common(kept),
            ] {
                assert!(weakness(&known, &number, answer).is_some(), "{kept}");
                assert_eq!(weakness(&known, &number, "+49 30 123457"), None, "{kept}");
            }
        }
        let long = format!("+49{}", "0".repeat(1 << 20));
        for kept in [
            "",
            "+",
            "0",
            "00",
            "+0",
            "030 123456",
            "+999 123 4567",
            &long,
        ] {
            let known = AnswerBlocklist::new().and_known(kept);
            assert_eq!(weakness(&known, &number, "+49 30 123456"), None);
        }
    }
}
