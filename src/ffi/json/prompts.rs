//! Prompts for a customer: questions, and letters of a memorable word.

use serde::Serialize;

use super::write;
use crate::ffi::failure::Failure;
use crate::ffi::text::Text;
use crate::knowledge::{Prompt, QuestionId, WordPrompt};

/// Writes the numbers of questions.
pub(crate) fn questions(all: &[QuestionId]) -> Result<Text, Failure> {
    let numbers: Vec<_> = all.iter().map(|id| id.number()).collect();
    write::text(&numbers)
}

#[derive(Serialize)]
struct PromptForm<'a> {
    question: u16,
    prompt: &'a str,
    format: Option<&'a str>,
    options: &'a [String],
}

/// Writes questions as a screen needs them.
pub(crate) fn prompts(all: &[Prompt]) -> Result<Text, Failure> {
    let forms: Vec<_> = all.iter().map(PromptForm::from).collect();
    write::text(&forms)
}

impl<'a> From<&'a Prompt> for PromptForm<'a> {
    fn from(prompt: &'a Prompt) -> Self {
        Self {
            question: prompt.question().number(),
            prompt: prompt.text(),
            format: prompt.format(),
            options: prompt.options(),
        }
    }
}

#[derive(Serialize)]
struct WordPromptForm {
    /// Counted from one.
    positions: Vec<u8>,
    /// In English: `2nd, 5th and 11th letters`.
    text: String,
}

/// Writes the letters to ask for.
pub(crate) fn word_prompt(prompt: &WordPrompt) -> Result<Text, Failure> {
    write::text(&WordPromptForm {
        positions: prompt.positions().to_vec(),
        text: prompt.to_string(),
    })
}
