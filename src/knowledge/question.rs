//! Questions: their number, what is asked, and what kind of answer they take.

use core::fmt;
use std::borrow::Cow;

use minicbor::{Decode, Encode};
use zeroize::Zeroizing;

use crate::canonical::characters::ascii_digit;
use crate::canonical::characters::{MAX_GROUPED, is_grouping, trimmed};
use crate::canonical::text::{Refused, canonical};
use crate::canonical::{DateOrder, day, phone};
use crate::error::Error;
use crate::secret::SecretText;

/// The host's own number for a question of its [`Catalogue`](crate::knowledge::Catalogue): the same in every language.
///
/// ```
/// use countersign::knowledge::QuestionId;
/// assert_eq!(QuestionId::new(7).number(), 7);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct QuestionId(#[n(0)] u16);

impl QuestionId {
    /// The question of that number.
    ///
    /// ```
    /// const FIRST_SCHOOL: countersign::knowledge::QuestionId = countersign::knowledge::QuestionId::new(3);
    /// ```
    #[must_use]
    pub const fn new(number: u16) -> Self {
        Self(number)
    }

    /// The number.
    ///
    /// ```
    /// assert_eq!(countersign::knowledge::QuestionId::new(3).number(), 3);
    /// ```
    #[must_use]
    pub const fn number(self) -> u16 {
        self.0
    }
}

/// A question of the host's catalogue: number, wording, and the kind of answer it takes.
///
/// Number and kind must stay as they are while somebody has an answer enrolled; the wording may change, and there may be a
/// wording for each language.
///
/// | made by | takes | the same are |
/// |---|---|---|
/// | [`text`](Self::text) | words | what [`Answers`](crate::knowledge::Answers) says |
/// | [`date`](Self::date) | a day that exists, in the order that the question asks for | what [`DateOrder`](crate::text::DateOrder) says; kept as ISO 8601 |
/// | [`digits`](Self::digits) | the last digits of a number, or the whole of it | grouping, and the digits of every script |
/// | [`phone`](Self::phone) | a telephone number that begins with `+` | what [`Form::Phone`](crate::text::Form::Phone) says |
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
    kind: Kind,
    required: bool,
    retired: bool,
}

#[derive(Clone)]
enum Kind {
    Text,
    Date(DateOrder),
    Digits(u8),
    Phone,
    Choice(Vec<Choice>),
}

#[derive(Clone)]
struct Choice {
    /// In canonical form.
    id: String,
    label: String,
    /// The label's canonical form.
    form: String,
}

/// What kind of answer a [`Question`] takes, for a host that shows a calendar, a keypad or a list.
///
/// ```
/// use countersign::knowledge::{AnswerKind, Question, QuestionId};
/// let last_four = Question::digits(QuestionId::new(1), "The last four digits of your first telephone number?", 4)?;
/// assert_eq!(last_four.kind(), AnswerKind::Digits(4));
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AnswerKind {
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
    /// More bytes than this are no question that can be read out.
    pub const MAX_PROMPT_BYTES: usize = 256;
    /// How many digits a question can ask for: fewer are guessed at once.
    pub const DIGITS: core::ops::RangeInclusive<u8> = 3..=12;
    /// How many options can be offered. A choice of eight is guessed by one in eight.
    pub const OPTIONS: core::ops::RangeInclusive<usize> = 2..=64;

    /// A question that words answer.
    ///
    /// # Errors
    /// Misuse, if the wording is empty, longer than 256 bytes, or holds control characters.
    ///
    /// ```
    /// # use countersign::knowledge::{Question, QuestionId};
    /// let school = Question::text(QuestionId::new(1), "Wie hieß Ihre erste Schule?")?;
    /// assert_eq!(school.prompt(), "Wie hieß Ihre erste Schule?");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn text(id: QuestionId, prompt: &str) -> Result<Self, Error> {
        Self::of(id, prompt, Kind::Text)
    }

    /// A question that a day of the past answers, in the order that its wording asks for. Say in the wording which
    /// calendar is meant, where customers use two.
    ///
    /// # Errors
    /// As [`text`](Self::text).
    ///
    /// ```
    /// # use countersign::{knowledge::{AnswerKind, Question, QuestionId}, text::DateOrder};
    /// let opened = Question::date(QuestionId::new(1), "When did you open the account?", DateOrder::MonthDayYear)?;
    /// assert_eq!(opened.kind(), AnswerKind::Date(DateOrder::MonthDayYear));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn date(id: QuestionId, prompt: &str, order: DateOrder) -> Result<Self, Error> {
        Self::of(id, prompt, Kind::Date(order))
    }

    /// A question that the last `last` digits of a number answer. Whoever types the whole number has typed them, too.
    ///
    /// # Errors
    /// As [`text`](Self::text); and if `last` is not 3 to 12.
    ///
    /// ```
    /// # use countersign::knowledge::{Question, QuestionId};
    /// assert!(Question::digits(QuestionId::new(1), "The last two digits of your card?", 2).is_err());
    /// ```
    pub fn digits(id: QuestionId, prompt: &str, last: u8) -> Result<Self, Error> {
        if !Self::DIGITS.contains(&last) {
            return Err(Error::misuse(
                field(id),
                "must ask for the last 3 to 12 digits",
            ));
        }
        Self::of(id, prompt, Kind::Digits(last))
    }

    /// A question that a telephone number answers. Where it is keyed in without a `+`, ask for its last digits instead.
    ///
    /// # Errors
    /// As [`text`](Self::text).
    ///
    /// ```
    /// # use countersign::knowledge::{AnswerKind, Question, QuestionId};
    /// let number = Question::phone(QuestionId::new(1), "Which was your first telephone number, with country code?")?;
    /// assert_eq!(number.kind(), AnswerKind::Phone);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn phone(id: QuestionId, prompt: &str) -> Result<Self, Error> {
        Self::of(id, prompt, Kind::Phone)
    }

    /// A question that one of these options answers, each an id (the same in every language) and a label.
    ///
    /// # Errors
    /// As [`text`](Self::text); and if there are not 2 to 64 options, or an id or label has no letter and no digit or could
    /// be taken for that of another option.
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
        Self::of(id, prompt, Kind::Choice(choices))
    }

    /// The same question, which everybody has to enrol, and which is always among those asked.
    ///
    /// ```
    /// # use countersign::knowledge::{Question, QuestionId};
    /// assert!(Question::text(QuestionId::new(1), "Your first school?")?.required().is_required());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// The same question, retired: nobody enrols it any more, and it is no longer required.
    ///
    /// It is asked only of subjects who have too few others enrolled. Keep a retired question in the catalogue until
    /// nobody has an answer to it: without its wording, [`Catalogue::prompts`](crate::knowledge::Catalogue::prompts) cannot show it.
    ///
    /// ```
    /// # use countersign::knowledge::{Catalogue, Question, QuestionId};
    /// let catalogue = Catalogue::new(1, [
    ///     Question::text(QuestionId::new(1), "Your first school?")?,
    ///     Question::text(QuestionId::new(2), "Your mother's maiden name?")?.retired(),
    /// ])?;
    /// assert!(catalogue.questions()[1].is_retired());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn retired(mut self) -> Self {
        self.retired = true;
        self
    }

    /// The number.
    ///
    /// ```
    /// # use countersign::knowledge::{Question, QuestionId};
    /// assert_eq!(Question::text(QuestionId::new(7), "Your first school?")?.id(), QuestionId::new(7));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub const fn id(&self) -> QuestionId {
        self.id
    }

    /// The wording.
    ///
    /// ```
    /// # use countersign::knowledge::{Question, QuestionId};
    /// assert_eq!(Question::text(QuestionId::new(7), "Your first school?")?.prompt(), "Your first school?");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn prompt(&self) -> &str {
        &self.prompt
    }

    /// The kind of answer.
    ///
    /// ```
    /// # use countersign::knowledge::{AnswerKind, Question, QuestionId};
    /// assert_eq!(Question::text(QuestionId::new(7), "Your first school?")?.kind(), AnswerKind::Text);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub const fn kind(&self) -> AnswerKind {
        match self.kind {
            Kind::Text => AnswerKind::Text,
            Kind::Date(order) => AnswerKind::Date(order),
            Kind::Digits(last) => AnswerKind::Digits(last),
            Kind::Phone => AnswerKind::Phone,
            Kind::Choice(_) => AnswerKind::Choice,
        }
    }

    /// How an answer is to be given, in English, if that needs saying.
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
            Kind::Date(order) => Some(Cow::Borrowed(order.format())),
            Kind::Digits(last) => Some(Cow::Owned(format!("the last {last} digits"))),
            Kind::Phone => Some(Cow::Borrowed("with country code")),
            Kind::Text | Kind::Choice(_) => None,
        }
    }

    /// The options of a choice, id and label; none for any other kind. The ids are in canonical form.
    ///
    /// ```
    /// # use countersign::knowledge::{Question, QuestionId};
    /// assert_eq!(Question::text(QuestionId::new(7), "Your first school?")?.options().count(), 0);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn options(&self) -> impl Iterator<Item = (&str, &str)> {
        self.choices()
            .iter()
            .map(|choice| (choice.id.as_str(), choice.label.as_str()))
    }

    /// Whether everybody has to answer it.
    ///
    /// ```
    /// # use countersign::knowledge::{Question, QuestionId};
    /// assert!(!Question::text(QuestionId::new(7), "Your first school?")?.is_required());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub const fn is_required(&self) -> bool {
        self.required && !self.retired
    }

    /// Tells whether nobody enrols it any more: see [`retired`](Self::retired).
    ///
    /// ```
    /// # use countersign::knowledge::{Question, QuestionId};
    /// let question = Question::text(QuestionId::new(7), "Your first school?")?.required().retired();
    /// assert!(question.is_retired() && !question.is_required());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub const fn is_retired(&self) -> bool {
        self.retired
    }

    fn of(id: QuestionId, prompt: &str, kind: Kind) -> Result<Self, Error> {
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
            required: false,
            retired: false,
        })
    }

    fn choices(&self) -> &[Choice] {
        match &self.kind {
            Kind::Choice(choices) => choices,
            _ => &[],
        }
    }

    /// The one spelling of a typed answer that stands for all.
    pub(crate) fn canonical(&self, typed: &str) -> Result<SecretText, Unfit> {
        let form = match &self.kind {
            Kind::Text => {
                return canonical(typed).map(SecretText::from).map_err(Unfit::Text);
            }
            Kind::Date(order) => match day::typed(typed, *order) {
                Some(day) if day::is_far_ahead(&day) => Err(Unfit::Future),
                day => day.ok_or(Unfit::Date(*order)),
            },
            Kind::Digits(last) => last_digits(typed, *last).ok_or(Unfit::Digits(*last)),
            Kind::Phone => phone::checked(typed).map_err(Unfit::Phone),
            Kind::Choice(choices) => chosen(typed, choices).ok_or(Unfit::Choice),
        };
        form.map(SecretText::from)
    }
}

impl fmt::Debug for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Question({}, {:?})", self.id.number(), self.kind())
    }
}

/// Why a typed text is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unfit {
    Text(Refused),
    Date(DateOrder),
    Future,
    Digits(u8),
    Phone(&'static str),
    Choice,
}

impl Unfit {
    /// The rule that was broken, for an error's text.
    pub(crate) fn rule(self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Text(refused) => refused.rule(),
            Self::Date(order) => order.rule(),
            Self::Future => day::PAST,
            Self::Digits(last) => {
                let rule = format!("must be the last {last} digits of a number, or all of it");
                return Cow::Owned(rule);
            }
            Self::Phone(rule) => rule,
            Self::Choice => "must be one of the options",
        })
    }
}

/// The question, for an error's text.
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
            assert_eq!(told, Unfit::Future, "{typed}");
            assert!(told.rule().contains("2554 of the Buddhist era is 2011"));
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
            assert_eq!(told, Unfit::Date(DateOrder::DayMonthYear), "{typed}");
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
