//! What an agent's screen may show: wordings and masks, and nothing that anybody answered.

use core::fmt;
use std::borrow::Cow;

use serde::Serialize;

use super::answers::Answers;
use super::question::{Question, QuestionId};
use crate::mask::HIDDEN;

/// The questions that are asked, as an agent's screen may show them: wordings, and a mask where something was answered.
///
/// It can be printed and serialised. Nothing in it was said by a customer: a mask shows that there is an answer, not how
/// long it is, nor whether it is right. What was said is in [`Answers`], which cannot be printed, and goes into the
/// check.
///
/// ```
/// use countersign::knowledge::{Answers, Catalogue, QuestionId};
/// let catalogue = Catalogue::english();
/// let prompts = catalogue.prompts(&[QuestionId::new(1), QuestionId::new(9)])?;
/// let answers = catalogue.answer(Answers::new(), QuestionId::new(1), "St. Mary’s");
/// assert_eq!(
///     prompts.with_given(&answers).to_string(),
///     "1. Which was the first school you went to? •••\n\
///      2. What are the last four digits of the first telephone number you remember?"
/// );
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Prompts {
    each: Vec<Prompt>,
}

/// One question of [`Prompts`].
///
/// As JSON: `{"question":9,"text":"What are ..","format":"the last 4 digits","options":[],"mask":"•••"}`, where `format` and
/// `mask` may be `null`.
///
/// ```
/// let prompts = countersign::knowledge::Catalogue::english().prompts(&[countersign::knowledge::QuestionId::new(8)])?;
/// let first = prompts.each().next().expect("one");
/// assert_eq!(first.format(), Some("day month year"));
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

impl Prompts {
    pub(super) fn of(questions: &[&Question]) -> Self {
        let prompt = |question: &&Question| Prompt {
            question: question.id().number(),
            text: question.prompt().to_owned(),
            format: question.format(),
            options: question
                .options()
                .map(|(_, label)| label.to_owned())
                .collect(),
            mask: None,
        };
        Self {
            each: questions.iter().map(prompt).collect(),
        }
    }

    /// The same, with a mask where something has been answered, whatever it was.
    ///
    /// ```
    /// # use countersign::knowledge::{Answers, Catalogue, QuestionId};
    /// let prompts = Catalogue::english().prompts(&[QuestionId::new(1)])?;
    /// let given = prompts.with_given(&Answers::new().and(QuestionId::new(1), ""));
    /// assert!(given.each().all(|prompt| prompt.is_given()));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn with_given(mut self, answers: &Answers) -> Self {
        for prompt in &mut self.each {
            let given = answers.forms().any(|(id, _)| id == prompt.question());
            prompt.mask = given.then_some(HIDDEN);
        }
        self
    }

    /// One by one.
    ///
    /// ```
    /// # use countersign::knowledge::{Catalogue, QuestionId};
    /// let prompts = Catalogue::english().prompts(&[QuestionId::new(1)])?;
    /// assert_eq!(prompts.each().count(), 1);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn each(&self) -> impl Iterator<Item = &Prompt> {
        self.each.iter()
    }
}

impl fmt::Display for Prompts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, prompt) in (1_usize..).zip(&self.each) {
            let end = if number == 1 { "" } else { "\n" };
            write!(f, "{end}{number}. {prompt}")?;
        }
        Ok(())
    }
}

impl Prompt {
    /// The question's number.
    ///
    /// ```
    /// # use countersign::knowledge::{Catalogue, QuestionId};
    /// # let prompts = Catalogue::english().prompts(&[QuestionId::new(1)])?;
    /// assert!(prompts.each().all(|prompt| prompt.question() == QuestionId::new(1)));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub const fn question(&self) -> QuestionId {
        QuestionId::new(self.question)
    }

    /// The wording.
    ///
    /// ```
    /// # use countersign::knowledge::{Catalogue, QuestionId};
    /// # let prompts = Catalogue::english().prompts(&[QuestionId::new(1)])?;
    /// assert!(prompts.each().all(|prompt| prompt.text() == "Which was the first school you went to?"));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// How the answer is to be given, in English: see [`Question::format`].
    ///
    /// ```
    /// # use countersign::knowledge::{Catalogue, QuestionId};
    /// # let prompts = Catalogue::english().prompts(&[QuestionId::new(1)])?;
    /// assert!(prompts.each().all(|prompt| prompt.format().is_none()));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn format(&self) -> Option<&str> {
        self.format.as_deref()
    }

    /// The labels that can be chosen from; none for a question that is no choice.
    ///
    /// ```
    /// # use countersign::knowledge::{Catalogue, QuestionId};
    /// # let prompts = Catalogue::english().prompts(&[QuestionId::new(10)])?;
    /// assert!(prompts.each().all(|prompt| prompt.options().len() == 6));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn options(&self) -> &[String] {
        &self.options
    }

    /// Whether something was answered.
    ///
    /// ```
    /// # use countersign::knowledge::{Catalogue, QuestionId};
    /// # let prompts = Catalogue::english().prompts(&[QuestionId::new(10)])?;
    /// assert!(!prompts.each().any(|prompt| prompt.is_given()));
    /// # Ok::<(), countersign::Error>(())
    /// ```
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
