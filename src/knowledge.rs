//! Knowledge of the customer: answers to questions, and letters of a memorable word.
//!
//! Answers are compared in a canonical form, however they are spelt, and stored as hashes. A [`Catalogue`] has the host's
//! questions and draws which ones are asked. [`Answers`] are given, and [`AnswerHashes`] are stored. An [`AnswerBlocklist`]
//! refuses weak answers. A check of a [`MemorableWord`] asks for three [`WordLetters`]. [`Prompt`] and [`WordPrompt`] are
//! for an agent's screen, and hold no answer.
//!
//! Contact centres ask for these, so they are here. No standard counts them as a factor (SP 800-63-4 2.3.1, ASVS 6.4.2):
//! names of pets and streets are found out or guessed. They are evidence of the lowest strength, and never enough alone for
//! anything important.

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
pub use question::{Question, QuestionId};
pub use word::{MemorableWord, WordKey};
pub use word_letters::WordLetters;
pub use word_state::WordPrompt;
