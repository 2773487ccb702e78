//! Knowledge questions: answers that are told the same however they are spelt, stored so that nobody can read them back.
//!
//! Contact centres ask them, so they are here. No standard counts them as a factor (SP 800-63-4 2.3.1, ASVS 6.4.2): names
//! of pets and streets are found out or guessed. They are evidence of the lowest strength, and never suffice by
//! themselves for anything that matters.
//!
//! # The canonical form, version 1
//!
//! Two answers are the same if their canonical forms are. The form is made so:
//!
//! 1. An answer of more than 256 bytes is refused, and one with a control, private-use or unassigned character.
//! 2. Characters without a look of their own (joiners, direction marks, variation selectors) are dropped. The rest
//!    is taken apart and folded to one letter case, twice, as for a compatibility caseless match (Unicode 3.13, D146).
//! 3. Marks go by the script of the letter under them. Latin and Greek letters, digits and Hebrew letters lose theirs;
//!    ı, ł, đ, ð, ø, ħ, ŧ, æ, œ and þ become plain. Cyrillic ё becomes е, and й stays. Arabic loses vowel signs
//!    and tatweel, and its alefs and yehs are one each. Every other script keeps its marks: there they are letters.
//! 4. Decimal digits of every script become ASCII; punctuation, symbols, white space and spelling apostrophes go,
//!    with the marks upon them. What is left is composed (NFC).
//! 5. If nothing is left, the answer is refused.
//!
//! So `O’Brien` is `o'brien` and `ISTANBUL` is `İstanbul`; but `Müller`, which is `muller`, is not `Mueller`.

mod answers;
mod canonical;

pub use answers::{Answers, QuestionId, Verifiers};
