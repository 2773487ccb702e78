//! Answers as they were given, in their canonical form.

use core::fmt;

use super::question::{Question, QuestionId, Unfit};
use crate::canonical::text::canonical;
use crate::compare::ct_eq;
use crate::error::Error;
use crate::secret::SecretText;

/// The answers to several questions, to be enrolled or judged together.
///
/// Each is brought into its canonical form at once, and the text as it was typed is not kept. Text
/// without such a form matches nothing at a check, and is refused at enrolment. `Debug` shows the questions only.
///
/// Answers go into a check, and nowhere else: there is no way to read, print or send one. An agent's screen is made of
/// [`Prompts`](crate::knowledge::Prompts).
///
/// ```
/// use countersign::knowledge::{Answers, QuestionId};
/// let answers = Answers::new()
///     .and(QuestionId::new(3), "St. Mary’s")
///     .and(QuestionId::new(7), "Łódź");
/// assert_eq!(format!("{answers:?}"), "Answers(to [3, 7])");
/// ```
///
/// It cannot be printed, serialised or taken apart:
///
/// ```compile_fail
/// println!("{}", countersign::knowledge::Answers::new());
/// ```
/// ```compile_fail
/// fn needs_serialize<T: serde::Serialize>(_: &T) {}
/// needs_serialize(&countersign::knowledge::Answers::new());
/// ```
/// ```compile_fail
/// let first = countersign::knowledge::Answers::new().each;
/// ```
///
/// The same lines on what an agent's screen is made of, to show that nothing else stops them:
///
/// ```
/// fn needs_serialize<T: serde::Serialize>(_: &T) {}
/// let catalogue = countersign::knowledge::Catalogue::english();
/// let prompts = catalogue.prompts(&[countersign::knowledge::QuestionId::new(1)])?;
/// println!("{prompts}");
/// needs_serialize(&prompts);
/// let first = prompts.each().next();
/// # Ok::<(), countersign::Error>(())
/// ```
///
/// # The canonical form, version 1
///
/// Two answers are the same if their canonical forms are. The form is made so:
///
/// 1. An answer of more than 256 bytes is refused, and one with a control, private-use or unassigned character.
/// 2. Characters without a look of their own (joiners, direction marks, variation selectors) are dropped. The rest
///    is taken apart and folded to one letter case, twice, as for a compatibility caseless match (Unicode 3.13, D146).
/// 3. Marks go by the script of the letter under them. Latin and Greek letters, digits and Hebrew letters lose theirs;
///    ı, ł, đ, ð, ø, ħ, ŧ, æ, œ and þ become plain. Cyrillic ё becomes е, and й stays. Arabic loses vowel signs
///    and tatweel, and its alefs and yehs are one each. Every other script keeps its marks: there they are letters.
/// 4. Letters that are one to their readers become one: `کتاب` is `كتاب`, `خانهٔ` is `خانۀ`, `എൻ്റെ` is `എന്റെ`, `উৎস` is
///    `উত্স`, `コ-ヒ-` is `コーヒー`. The list, with the source of each line, stands in `src/canonical/letters.rs`. Letters that some
///    language tells apart stay two: Urdu `بھ` and `به`, Uyghur `ە` and `ه`, Pashto `ې` and `ي`, Sindhi `ڪ` and `ک`.
/// 5. Decimal digits of every script become ASCII; punctuation, symbols, white space and spelling apostrophes go,
///    with the marks upon them. What is left is composed (NFC).
/// 6. If nothing is left, the answer is refused.
///
/// So `O’Brien` is `o'brien` and `ISTANBUL` is `İstanbul`; but `Müller`, which is `muller`, is not `Mueller`.
#[derive(Clone, Default)]
pub struct Answers {
    each: Vec<(QuestionId, Result<SecretText, Unfit>)>,
}

impl Answers {
    /// A subject enrols answers to 16 questions at most.
    pub const MAX_QUESTIONS: usize = 16;

    /// No answers yet.
    ///
    /// ```
    /// assert_eq!(format!("{:?}", countersign::knowledge::Answers::new()), "Answers(to [])");
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same and one more. It cannot fail, so that a strange answer at a check is a wrong one, and is charged.
    ///
    /// ```
    /// # use countersign::knowledge::{Answers, QuestionId};
    /// let answers = Answers::new().and(QuestionId::new(7), "");
    /// ```
    #[must_use]
    pub fn and(mut self, question: QuestionId, text: &str) -> Self {
        let form = canonical(text).map(SecretText::from).map_err(Unfit::Text);
        self.each.push((question, form));
        self
    }

    /// The same and one more, of the kind that the question takes. It cannot fail either.
    ///
    /// ```
    /// use countersign::{knowledge::{Answers, Question, QuestionId}, text::DateOrder};
    /// let born = Question::date(QuestionId::new(2), "When was your mother born?", DateOrder::DayMonthYear)?;
    /// let answers = Answers::new().and_to(&born, "1. 12. 1958");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn and_to(mut self, question: &Question, typed: &str) -> Self {
        self.each.push((question.id(), question.canonical(typed)));
        self
    }

    /// Each answer's canonical form, or why there is none.
    pub(crate) fn forms(&self) -> impl Iterator<Item = (QuestionId, Result<&SecretText, Unfit>)> {
        self.each
            .iter()
            .map(|(id, form)| (*id, form.as_ref().map_err(|unfit| *unfit)))
    }

    /// How many were given, whatever they are.
    pub(super) const fn count(&self) -> usize {
        self.each.len()
    }

    /// The canonical form of the first answer to this question.
    pub(super) fn to(&self, question: QuestionId) -> Option<&SecretText> {
        let (_, form) = self.each.iter().find(|(id, _)| *id == question)?;
        form.as_ref().ok()
    }

    /// All of them, if the rules allow to enrol them.
    pub(super) fn enrollable(&self) -> Result<Vec<(QuestionId, &SecretText)>, Error> {
        if !(1..=Self::MAX_QUESTIONS).contains(&self.each.len()) {
            return Err(Error::misuse("answers", "must be 1 to 16"));
        }
        let mut texts: Vec<(QuestionId, &SecretText)> = Vec::with_capacity(self.each.len());
        for (id, form) in &self.each {
            let field = || format!("answer to question {}", id.number());
            let text = form
                .as_ref()
                .map_err(|refused| Error::misuse(field(), refused.rule()))?;
            for (other, known) in &texts {
                if other == id {
                    return Err(Error::misuse(field(), "must be given once"));
                }
                if ct_eq(
                    known.expose_text().as_bytes(),
                    text.expose_text().as_bytes(),
                ) {
                    let rule = format!("must not be the answer to question {} too", other.number());
                    return Err(Error::misuse(field(), rule));
                }
            }
            texts.push((*id, text));
        }
        Ok(texts)
    }
}

impl fmt::Debug for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let questions: Vec<u16> = self.each.iter().map(|(id, _)| id.number()).collect();
        write!(f, "Answers(to {questions:?})")
    }
}
