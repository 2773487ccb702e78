//! Prompts for an agent's screen: wordings and masks, without any answer.

use core::fmt;
use std::borrow::Cow;

use serde::Serialize;

use super::answers::Answers;
use super::question::{Question, QuestionId};
use crate::mask::HIDDEN;

/// A question as an agent's screen may show it: its wording, and a mask if it was answered.
///
/// It can be printed and serialised, because it holds nothing that a customer said. A mask shows that there is an answer. It hides
/// how long the answer is, and whether it is right. [`Answers`] hold the answers. They cannot be printed, and go into the check.
///
/// As JSON: `{"question":9,"text":"What are ..","format":"the last 4 digits","options":[],"mask":"•••"}`, where `format` and
/// `mask` may be `null`.
///
/// ```
/// use countersign::knowledge::{Answers, Catalogue, QuestionId};
/// let catalogue = Catalogue::english();
/// let answers = catalogue.answer(Answers::new(), QuestionId::new(1), "St. Mary’s");
/// let prompts = catalogue.prompts(&[QuestionId::new(1), QuestionId::new(8)])?;
/// let screen: Vec<String> = prompts.into_iter().map(|prompt| prompt.with_given(&answers).to_string()).collect();
/// assert_eq!(screen[0], "Which was the first school you went to? •••");
/// assert!(!screen[1].contains('•'), "nothing is said yet");
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Prompt {
    question: u16,
    text: String,
    format: Option<Cow<'static, str>>,
    options: Vec<String>,
    mask: Option<&'static str>,
}

impl Prompt {
    pub(super) fn of(question: &Question) -> Self {
        let labels = question.options().map(|(_, label)| label.to_owned());
        Self {
            question: question.id().number(),
            text: question.prompt().to_owned(),
            format: question.format(),
            options: labels.collect(),
            mask: None,
        }
    }

    /// Adds a mask if these answers have one to the question, right or wrong.
    #[must_use]
    pub fn with_given(mut self, answers: &Answers) -> Self {
        let is_given = answers.forms().any(|(id, _)| id == self.question());
        self.mask = is_given.then_some(HIDDEN);
        self
    }

    /// Returns the question's number.
    #[must_use]
    pub const fn question(&self) -> QuestionId {
        QuestionId::new(self.question)
    }

    /// Returns the wording.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns how the answer is to be given, in English: see [`Question::format`].
    #[must_use]
    pub fn format(&self) -> Option<&str> {
        self.format.as_deref()
    }

    /// Returns the labels of a choice. Another question has none.
    #[must_use]
    pub fn options(&self) -> &[String] {
        &self.options
    }

    /// Returns whether there is an answer.
    #[must_use]
    pub const fn is_given(&self) -> bool {
        self.mask.is_some()
    }
}

impl fmt::Display for Prompt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)?;
        if !self.options.is_empty() {
            write!(f, " ({})", self.options.join(" / "))?;
        }
        match self.mask {
            Some(mask) => write!(f, " {mask}"),
            None => Ok(()),
        }
    }
}
