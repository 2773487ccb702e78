//! Knowledge questions: answers that are told the same however they are spelt, stored so that nobody can read them back.
//!
//! Contact centres ask them, so they are here. No standard counts them as a factor (SP 800-63-4 2.3.1, ASVS 6.4.2): names
//! of pets and streets are found out or guessed. They are evidence of the lowest strength, and never suffice by
//! themselves for anything that matters.

mod answers;

pub use answers::{Answers, QuestionId, Verifiers};
