//! Keys, and questions of every kind.

pub use super::{keyring, subject};
use countersign::{
    hashing::{Cost, HashPermit, HashPool},
    knowledge::{Answers, Catalogue, Question, QuestionId},
    text::DateOrder,
};

pub fn permits(count: usize) -> Vec<HashPermit> {
    let pool = HashPool::new(Cost::default(), count).unwrap();
    (0..count).map(|_| pool.permit().unwrap()).collect()
}

pub const fn id(number: u16) -> QuestionId {
    QuestionId::new(number)
}

/// A question of each kind; the number is required, three are asked.
pub fn catalogue() -> Catalogue {
    let ways = [
        ("branch", "In a branch"),
        ("app", "In the app"),
        ("post", "By post"),
    ];
    let questions = [
        Question::text(id(1), "Which was your first school?"),
        Question::date(id(2), "When was your mother born?", DateOrder::DayMonthYear),
        Question::digits(id(3), "The last four digits of your card?", 4).map(Question::required),
        Question::phone(id(4), "Which number do you call home from?"),
        Question::choice(id(5), "How did you open your account?", &ways),
    ];
    Catalogue::new(3, questions.map(Result::unwrap)).unwrap()
}

/// Answers to the catalogue's questions, as they were typed.
pub fn typed(catalogue: &Catalogue, texts: &[(u16, &str)]) -> Answers {
    texts
        .iter()
        .fold(Answers::new(), |answers, (number, text)| {
            catalogue.answer(answers, id(*number), text)
        })
}
