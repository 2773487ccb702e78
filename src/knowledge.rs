//! What a caller knows: answers to questions, and letters of a memorable word.
//!
//! Answers are told the same however they are spelt, and stored so that nobody can read them back. A [`Catalogue`] has the
//! host's questions and draws which ones are asked; [`Answers`] are what was said, and [`AnswerHashes`] what is kept of
//! it; [`AnswerBlocklist`] refuses weak ones. Of a [`MemorableWord`] three [`WordLetters`] are asked at a time. [`Prompts`] and [`WordPrompt`] are
//! what an agent's screen may show: nothing that was said is in them.
//!
//! Contact centres ask for these, so they are here. No standard counts them as a factor (SP 800-63-4 2.3.1, ASVS 6.4.2): names
//! of pets and streets are found out or guessed. They are evidence of the lowest strength, and never suffice by
//! themselves for anything that matters.

mod answers;
mod blocklist;
mod catalogue;
mod hashes;
mod prompts;
mod question;
mod word;
mod word_letters;
mod word_state;

pub use answers::Answers;
pub use blocklist::AnswerBlocklist;
pub use catalogue::Catalogue;
pub use hashes::AnswerHashes;
pub use prompts::Prompt;
pub use question::{AnswerKind, Question, QuestionId};
pub use word::{MemorableWord, WordKey};
pub use word_letters::WordLetters;
pub use word_state::WordPrompt;
