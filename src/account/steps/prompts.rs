//! The questions and letters to ask for. Nothing is stored.

use crate::account::authenticators::{questions, word};
use crate::account::draft::Opened;
use crate::error::Error;
use crate::knowledge::{Prompt, QuestionId, WordPrompt};

/// Returns the questions that stand.
pub(crate) fn questions(opened: &Opened) -> Result<Vec<QuestionId>, Error> {
    questions::asked(&opened.record, &opened.settings, &opened.subject)
}

/// Returns the questions that stand, for a screen.
pub(crate) fn prompts(opened: &Opened) -> Result<Vec<Prompt>, Error> {
    let catalogue = opened.settings.expect_catalogue()?;
    catalogue.prompts(&questions(opened)?)
}

/// Returns the letters of the memorable word to ask for.
pub(crate) fn word_prompt(opened: &Opened) -> Result<WordPrompt, Error> {
    word::prompt(&opened.record, &opened.settings, &opened.subject)
}
