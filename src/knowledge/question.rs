//! Questions: their number, their wording, and the kind of their answers.

use core::fmt;
use std::borrow::Cow;

use minicbor::{Decode, Encode};
use zeroize::Zeroizing;

use crate::canonical::characters::ascii_digit;
use crate::canonical::characters::{MAX_GROUPED, is_grouping, trimmed};
use crate::canonical::text::canonical;
use crate::canonical::{DateOrder, day, phone};
use crate::error::Error;
use crate::secret::SecretText;

/// The host's own number for a question of its [`Catalogue`](crate::knowledge::Catalogue). It is the same in every language.
///
/// ```
/// use countersign::knowledge::QuestionId;
/// assert_eq!(QuestionId::new(7).number(), 7);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct QuestionId(#[n(0)] u16);

impl QuestionId {
    /// Makes the id of this number.
    #[must_use]
    pub const fn new(number: u16) -> Self {
        Self(number)
    }

    /// Returns the number.
    #[must_use]
    pub const fn number(self) -> u16 {
        self.0
    }
}

/// A question of the host's catalogue: its number, its wording, and the kind of its answers.
///
/// Number and kind must stay the same while somebody has an answer enrolled. The wording may change, and each language may
/// have one.
///
/// | made by | takes | equal answers |
/// |---|---|---|
/// | [`text`](Self::text) | words | see [`Answers`](crate::knowledge::Answers) |
/// | [`date`](Self::date) | a day that exists, in the order that the question asks for | see [`DateOrder`](crate::text::DateOrder); kept as ISO 8601 |
/// | [`digits`](Self::digits) | the last digits of a number, or the whole of it | with any grouping, and digits of every script |
/// | [`phone`](Self::phone) | a telephone number that begins with `+` | see [`Form::Phone`](crate::text::Form::Phone) |
/// | [`choice`](Self::choice) | one of the options, by its id or its label | the options of one id, in every language |
///
/// ```
/// use countersign::{knowledge::{Question, QuestionId}, text::DateOrder};
/// let school = Question::text(QuestionId::new(1), "Which was your first school?")?.required();
/// let born = Question::date(QuestionId::new(2), "When was your mother born?", DateOrder::DayMonthYear)?;
/// assert!(school.is_required() && !born.is_required());
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone)]
pub struct Question {
    id: QuestionId,
    prompt: String,
    kind: AnswerKind,
    /// None, if the kind is no choice.
    choices: Vec<Choice>,
    required: bool,
    retired: bool,
}

/// One option.
#[derive(Clone)]
struct Choice {
    /// In canonical form.
    id: String,
    label: String,
    /// The label's canonical form.
    form: String,
}

/// The kind of answer that a question takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AnswerKind {
    /// Words.
    Text,
    /// A day, in this order.
    Date(DateOrder),
    /// So many digits: the last of a number.
    Digits(u8),
    /// A telephone number.
    Phone,
    /// One of the options.
    Choice,
}

impl Question {
    /// The most bytes of a wording. Nobody reads out more.
    pub const MAX_PROMPT_BYTES: usize = 256;
    /// The number of digits that a question can ask for. Fewer are guessed at once.
    pub const DIGITS: core::ops::RangeInclusive<u8> = 3..=12;
    /// The number of options that a choice can have. One in eight guesses is right at a choice of eight.
    pub const OPTIONS: core::ops::RangeInclusive<usize> = 2..=64;

    /// Makes a question that words answer.
    ///
    /// # Errors
    /// Misuse, if the wording is empty, longer than 256 bytes, or holds control characters.
    pub fn text(id: QuestionId, prompt: &str) -> Result<Self, Error> {
        Self::of(id, prompt, AnswerKind::Text)
    }

    /// Makes a question that a day of the past answers, in the order that its wording asks for. If customers use two
    /// calendars, name the one that is meant.
    ///
    /// # Errors
    /// As [`text`](Self::text).
    pub fn date(id: QuestionId, prompt: &str, order: DateOrder) -> Result<Self, Error> {
        Self::of(id, prompt, AnswerKind::Date(order))
    }

    /// Makes a question that the last `last` digits of a number answer. The whole number is right too, because it ends with
    /// them.
    ///
    /// # Errors
    /// As [`text`](Self::text); and if `last` is not 3 to 12.
    pub fn digits(id: QuestionId, prompt: &str, last: u8) -> Result<Self, Error> {
        if !Self::DIGITS.contains(&last) {
            return Err(Error::misuse(
                field(id),
                "must ask for the last 3 to 12 digits",
            ));
        }
        Self::of(id, prompt, AnswerKind::Digits(last))
    }

    /// Makes a question that a telephone number answers. If customers key it in without a `+`, ask for its last digits
    /// instead.
    ///
    /// # Errors
    /// As [`text`](Self::text).
    pub fn phone(id: QuestionId, prompt: &str) -> Result<Self, Error> {
        Self::of(id, prompt, AnswerKind::Phone)
    }

    /// Makes a question that one of these options answers. Each has an id, which is the same in every language, and a label.
    ///
    /// # Errors
    /// As [`text`](Self::text). Also if there are not 2 to 64 options. Also if an id or label has no letter and no digit, or
    /// looks like that of another option.
    ///
    /// ```
    /// # use countersign::knowledge::{Question, QuestionId};
    /// let options = [("1", "In a branch"), ("2", "By telephone"), ("3", "Online")];
    /// let opened = Question::choice(QuestionId::new(1), "How did you open your account?", &options)?;
    /// assert_eq!(opened.options().collect::<Vec<_>>(), options);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn choice(id: QuestionId, prompt: &str, options: &[(&str, &str)]) -> Result<Self, Error> {
        if !Self::OPTIONS.contains(&options.len()) {
            return Err(Error::misuse(field(id), "must offer 2 to 64 options"));
        }
        let form = |text: &str| {
            let form = canonical(text).map_err(|refused| {
                Error::misuse(format!("option of {}", field(id)), refused.rule())
            })?;
            Ok::<_, Error>(form.as_str().to_owned())
        };
        let mut choices: Vec<Choice> = Vec::with_capacity(options.len());
        for (option, label) in options {
            let choice = Choice {
                id: form(option)?,
                label: (*label).to_owned(),
                form: form(label)?,
            };
            let taken = |other: &Choice| {
                [&choice.id, &choice.form]
                    .iter()
                    .any(|own| [&other.id, &other.form].contains(own))
            };
            if choices.iter().any(taken) {
                return Err(Error::misuse(
                    format!("option of {}", field(id)),
                    "must not look like another one",
                ));
            }
            choices.push(choice);
        }
        Ok(Self {
            choices,
            ..Self::of(id, prompt, AnswerKind::Choice)?
        })
    }

    /// Requires the question: everybody has to enrol it, and it is always asked.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// Retires the question: it cannot be enrolled any more, and is no longer required.
    ///
    /// It is asked only of subjects who have too few others enrolled. Keep a retired question in the catalogue until nobody
    /// has an answer to it. Without its wording, [`Catalogue::prompts`](crate::knowledge::Catalogue::prompts) cannot show
    /// it.
    #[must_use]
    pub fn retired(mut self) -> Self {
        self.retired = true;
        self
    }

    /// Returns the number.
    #[must_use]
    pub const fn id(&self) -> QuestionId {
        self.id
    }

    /// Returns the wording.
    #[must_use]
    pub fn prompt(&self) -> &str {
        &self.prompt
    }

    pub(super) const fn kind(&self) -> AnswerKind {
        self.kind
    }

    /// Returns how an answer is to be given, in English, if that needs saying.
    ///
    /// ```
    /// # use countersign::knowledge::{Question, QuestionId};
    /// let digits = Question::digits(QuestionId::new(7), "Your first telephone number?", 4)?;
    /// assert_eq!(digits.format().as_deref(), Some("the last 4 digits"));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn format(&self) -> Option<Cow<'static, str>> {
        match self.kind {
            AnswerKind::Date(order) => Some(Cow::Borrowed(order.format())),
            AnswerKind::Digits(last) => Some(Cow::Owned(format!("the last {last} digits"))),
            AnswerKind::Phone => Some(Cow::Borrowed("with country code")),
            AnswerKind::Text | AnswerKind::Choice => None,
        }
    }

    /// Returns the options of a choice, id and label. Another kind has none. The ids are in canonical form.
    pub fn options(&self) -> impl Iterator<Item = (&str, &str)> {
        self.choices
            .iter()
            .map(|choice| (choice.id.as_str(), choice.label.as_str()))
    }

    /// Returns whether everybody has to answer it.
    #[must_use]
    pub const fn is_required(&self) -> bool {
        self.required && !self.retired
    }

    /// Returns whether it is [retired](Self::retired).
    #[must_use]
    pub const fn is_retired(&self) -> bool {
        self.retired
    }

    fn of(id: QuestionId, prompt: &str, kind: AnswerKind) -> Result<Self, Error> {
        if prompt.trim().is_empty() || prompt.len() > Self::MAX_PROMPT_BYTES {
            return Err(Error::misuse(field(id), "must hold 1 to 256 bytes"));
        }
        if prompt.chars().any(char::is_control) {
            return Err(Error::misuse(field(id), "must not hold control characters"));
        }
        Ok(Self {
            id,
            prompt: prompt.to_owned(),
            kind,
            choices: Vec::new(),
            required: false,
            retired: false,
        })
    }

    /// The one spelling that stands for a typed answer.
    pub(super) fn canonical(&self, typed: &str) -> Result<SecretText, Rule> {
        let form = match self.kind {
            AnswerKind::Text => canonical(typed).map_err(|refused| refused.rule()),
            AnswerKind::Date(order) => match day::typed(typed, order) {
                Some(day) if day::is_far_ahead(&day) => Err(day::PAST),
                day => day.ok_or(order.rule()),
            },
            AnswerKind::Digits(last) => {
                let digits = last_digits(typed, last).map(SecretText::from);
                let rule = || format!("must be the last {last} digits of a number, or all of it");
                return digits.ok_or_else(|| Cow::Owned(rule()));
            }
            AnswerKind::Phone => phone::checked(typed),
            AnswerKind::Choice => chosen(typed, &self.choices).ok_or("must be one of the options"),
        };
        form.map(SecretText::from).map_err(Cow::Borrowed)
    }
}

impl fmt::Debug for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Question({}, {:?})", self.id.number(), self.kind())
    }
}

/// A rule that a typed text breaks, for an error's text.
pub(super) type Rule = Cow<'static, str>;

/// The question's name in an error's text.
pub(crate) fn field(id: QuestionId) -> String {
    format!("question {}", id.number())
}

/// The last digits of a number, however it is grouped.
fn last_digits(typed: &str, last: u8) -> Option<Zeroizing<String>> {
    let typed = trimmed(typed, MAX_GROUPED)?;
    let mut digits = Zeroizing::new(String::with_capacity(MAX_GROUPED));
    for letter in typed.chars() {
        match ascii_digit(letter) {
            Some(digit) => digits.push(digit),
            None if is_grouping(letter) || matches!(letter, '+' | '\u{ff0b}') => {}
            None => return None,
        }
    }
    let from = digits.len().checked_sub(usize::from(last))?;
    Some(Zeroizing::new(digits.get(from..)?.to_owned()))
}

/// The id of the option that was meant.
fn chosen(typed: &str, choices: &[Choice]) -> Option<Zeroizing<String>> {
    let typed = canonical(typed).ok()?;
    let choice = choices
        .iter()
        .find(|choice| [&choice.id, &choice.form].contains(&&*typed))?;
    Some(Zeroizing::new(choice.id.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ID: QuestionId = QuestionId(7);

    fn digits(last: u8) -> Question {
        Question::digits(ID, "Last digits?", last).unwrap()
    }

    fn phone() -> Question {
        Question::phone(ID, "Which number?").unwrap()
    }

    fn choice() -> Question {
        let options = [
            ("branch", "In der Filiale"),
            ("phone", "Per Telefon"),
            ("3", "在线"),
        ];
        Question::choice(ID, "How?", &options).unwrap()
    }

    fn all() -> [Question; 7] {
        let date = |order| Question::date(ID, "When?", order).unwrap();
        [
            Question::text(ID, "What?").unwrap(),
            date(DateOrder::DayMonthYear),
            date(DateOrder::MonthDayYear),
            date(DateOrder::YearMonthDay),
            digits(4),
            phone(),
            choice(),
        ]
    }

    #[track_caller]
    fn is(question: &Question, typed: &str, form: &str) {
        let canonical = question
            .canonical(typed)
            .map(|form| form.expose_text().to_owned());
        assert_eq!(canonical.as_deref(), Ok(form), "{typed}");
    }

    #[track_caller]
    fn refuses(question: &Question, typed: &str) {
        let form = question.canonical(typed);
        assert!(form.is_err(), "{question:?} takes {typed:.20?}");
    }

    #[test]
    fn last_digits_are_those_however_they_are_grouped() {
        for typed in [
            "7834",
            "78 34",
            "7834 ",
            "+62 812 3456 7834",
            "(0812) 3456-7834",
            "٧٨٣٤",
            "７８３４",
            "\u{202a}7834\u{202c}",
        ] {
            is(&digits(4), typed, "7834");
        }
        is(&digits(12), "+62 812 3456 7834", "281234567834");
        is(&digits(3), "0004", "004");
        for typed in [
            "",
            "783",
            "783a",
            "x7834",
            "•••• 7834",
            "78.34e0",
            "７８３",
            "²³⁴⁵",
            "7834\0",
        ] {
            refuses(&digits(4), typed);
        }
    }

    #[test]
    fn an_option_is_meant_by_its_id_or_its_label() {
        for typed in ["branch", " BRANCH", "in der filiale", "In-der-Filiale!"] {
            is(&choice(), typed, "branch");
        }
        is(&choice(), "在线", "3");
        is(&choice(), "３", "3");
        for typed in ["", "filiale", "branch phone", "4", "…"] {
            refuses(&choice(), typed);
        }
    }

    #[test]
    fn b61_digits_are_grouped_as_numbers_are() {
        let question = Question::digits(QuestionId::new(1), "Which?", 4).unwrap();
        for typed in [
            "(123) 456-7834",
            "（１２３）４５６－７８３４",
            "１２３．４５６／７８３４",
            "+123/456.7834",
            "123\u{2800}456\u{2065}7834",
        ] {
            is(&question, typed, "7834");
        }
    }

    #[test]
    fn b61_a_day_of_another_calendar_is_no_day_of_the_past() {
        let date = |order| Question::date(ID, "When?", order).unwrap();
        let [days, months, years] = [
            DateOrder::DayMonthYear,
            DateOrder::MonthDayYear,
            DateOrder::YearMonthDay,
        ]
        .map(date);
        for (question, typed) in [
            (&days, "15.3.2554"),
            (&days, "15032554"),
            (&days, "๑๕/๓/๒๕๕๔"),
            (&days, "\u{200f}15.3.2554"),
            (&months, "3/15/2554"),
            (&years, "2554-03-15"),
            (&years, "２５５４年３月１５日"),
            (&days, "1.1.2200"),
            (&days, "2443-01-01"),
            (&days, "15.3.5784"),
            (&days, "31.12.9999"),
        ] {
            let told = question.canonical(typed).unwrap_err();
            assert_eq!(told, day::PAST, "{typed}");
            assert!(told.contains("2554 of the Buddhist era is 2011"));
        }
        // Taken as they stand: a day long past, whichever calendar was meant; and days that only a clock can judge.
        for (typed, form) in [
            ("15.3.2011", "2011-03-15"),
            ("15.3.1363", "1363-03-15"),
            ("15.3.1447", "1447-03-15"),
            ("12.10.1492", "1492-10-12"),
            ("1.1.0001", "0001-01-01"),
            ("31.12.2199", "2199-12-31"),
        ] {
            is(&days, typed, form);
        }
        // Eras are no years of four digits, and other months are no months.
        for typed in [
            "令和6年2月29日",
            "平成31年1月1日",
            "15.3.113",
            "พ.ศ. 2527",
            "30.2.2554",
            "15 Nisan 5784",
            "15.13.2016",
        ] {
            let told = days.canonical(typed).unwrap_err();
            assert_eq!(told, DateOrder::DayMonthYear.rule(), "{typed}");
        }
        // A day may be any day where it is no answer.
        assert!(crate::canonical::Form::Date.canonical("2554-03-15").is_ok());
    }

    #[test]
    fn telephone_numbers_are_those_of_e164() {
        is(&phone(), "+62 812-3456-7834", "+6281234567834");
        refuses(&phone(), "0812 3456 7834");
    }

    #[test]
    fn bad_input_has_no_form_of_any_kind() {
        let long = "7".repeat(1 << 20);
        for typed in [
            "",
            "\u{301}\u{308}",
            "\u{1f600}\u{1f468}\u{200d}\u{1f469}",
            "\u{378}",
            "\u{e000}",
            "a\0",
            "\u{200f}\u{200e}",
            &long,
        ] {
            all().iter().for_each(|question| refuses(question, typed));
        }
        // Mixed scripts are no words of any language, but somebody's answer all the same.
        is(&all()[0], "Pаypal Ωmega 東京", "pаypalωmega東京");
    }

    #[test]
    fn questions_that_cannot_be_asked_are_refused_by_their_rule() {
        let long = "x".repeat(257);
        let many: Vec<(String, String)> = (0..65)
            .map(|n| (format!("i{n}"), format!("l{n}")))
            .collect();
        let many: Vec<(&str, &str)> = many
            .iter()
            .map(|(id, label)| (id.as_str(), label.as_str()))
            .collect();
        let choice = |options: &[(&str, &str)]| Question::choice(ID, "How?", options);
        for (question, rule) in [
            (
                Question::text(ID, ""),
                "question 7: must hold 1 to 256 bytes",
            ),
            (
                Question::text(ID, " \u{a0}"),
                "question 7: must hold 1 to 256 bytes",
            ),
            (
                Question::text(ID, &long),
                "question 7: must hold 1 to 256 bytes",
            ),
            (
                Question::phone(ID, "a\u{1b}[2J"),
                "question 7: must not hold control characters",
            ),
            (
                Question::digits(ID, "a", 2),
                "question 7: must ask for the last 3 to 12 digits",
            ),
            (
                Question::digits(ID, "a", 13),
                "question 7: must ask for the last 3 to 12 digits",
            ),
            (
                choice(&[("1", "One")]),
                "question 7: must offer 2 to 64 options",
            ),
            (choice(&many), "question 7: must offer 2 to 64 options"),
            (
                choice(&[("1", "One"), ("2", "…")]),
                "option of question 7: must hold a letter or a digit",
            ),
            (
                choice(&[("1", "One"), ("", "Two")]),
                "option of question 7: must hold a letter or a digit",
            ),
            (
                choice(&[("1", "One"), ("2", "one!")]),
                "option of question 7: must not look like another one",
            ),
            (
                choice(&[("1", "One"), ("２", "1")]),
                "option of question 7: must not look like another one",
            ),
            (
                choice(&[("a", "One"), ("Á", "Two")]),
                "option of question 7: must not look like another one",
            ),
        ] {
            assert_eq!(question.unwrap_err().to_string(), rule);
        }
        assert!(choice(&many[..64]).is_ok());
    }

    proptest! {
        #[test]
        fn canonicalising_twice_changes_nothing(any in any::<String>(), plain in "[-0-9+./ a-c]{0,14}", option in 0..3_usize) {
            let label = choice().options().nth(option).unwrap().1.to_owned();
            for question in all() {
                for typed in [&any, &plain, &label] {
                    if let Ok(once) = question.canonical(typed) {
                        let twice = question.canonical(once.expose_text()).unwrap();
                        prop_assert_eq!(once.expose_text(), twice.expose_text(), "{:?}", &question);
                    }
                }
            }
        }
    }
}
