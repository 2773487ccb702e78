//! Knowledge questions: answers that are told the same however they are spelt, stored so that nobody can read them back.
//!
//! Contact centres ask them, so they are here. No standard counts them as a factor (SP 800-63-4 2.3.1, ASVS 6.4.2): names
//! of pets and streets are found out or guessed. They are evidence of the lowest strength, and never suffice by
//! themselves for anything that matters.

mod answers;
mod catalogue;
mod guessable;
mod parameters;
mod prompts;
mod question;
mod shared_out;
mod verifiers;
mod verifiers_bytes;
mod word;
mod word_state;

pub use answers::Answers;
pub use catalogue::Catalogue;
pub use guessable::Guessable;
pub use prompts::{Prompt, Prompts};
pub use question::{AnswerKind, Question, QuestionId};
pub use verifiers::{AnswersVerdict, Verifiers};
pub use word::{Letters, Word, WordKey, WordVerdict};
pub use word_state::{WordPrompt, WordState};
