//! Attempts of several parts. An attempt of one text does not go through JSON.

use serde::Deserialize;

use super::read;
use super::secret::Secret;
use super::transaction::TransactionForm;
use crate::account::Attempt;
use crate::code::Code;
use crate::evidence::ExternalVerification;
use crate::factor::{FactorClass, Strength};
use crate::ffi::failure::Failure;
use crate::knowledge::{Answers, Catalogue, QuestionId, WordLetters};

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum AttemptForm {
    TotpPair(Secret, Secret),
    HotpPair(Secret, Secret),
    Questions(Vec<AnswerForm>),
    MemorableWord(Vec<Secret>),
    External(ExternalForm),
}

/// An answer to a question.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AnswerForm {
    question: u16,
    answer: Secret,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExternalForm {
    verifier: String,
    class: ClassForm,
    strength: StrengthForm,
    transaction: Option<TransactionForm>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum ClassForm {
    Knowledge,
    Possession,
    Inherence,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum StrengthForm {
    Weak,
    Restricted,
    Full,
}

/// Reads an attempt of several parts.
pub(crate) fn attempt(text: &str, catalogue: Option<&Catalogue>) -> Result<Attempt, Failure> {
    let code = |text: &Secret| Code::typed(text.expose());
    Ok(match read::secret::<AttemptForm>("attempt", text)? {
        AttemptForm::TotpPair(first, second) => Attempt::TotpPair(code(&first), code(&second)),
        AttemptForm::HotpPair(first, second) => Attempt::HotpPair(code(&first), code(&second)),
        AttemptForm::Questions(all) => Attempt::Questions(answers(&all, catalogue)),
        AttemptForm::MemorableWord(letters) => {
            let letters: Vec<&str> = letters.iter().map(Secret::expose).collect();
            Attempt::Word(WordLetters::typed(&letters))
        }
        AttemptForm::External(external) => Attempt::External(external.made()?),
    })
}

/// Reads each answer as its question asks for it: a date as a date, and an option as an option.
pub(crate) fn answers(all: &[AnswerForm], catalogue: Option<&Catalogue>) -> Answers {
    all.iter().fold(Answers::new(), |all, one| {
        let (id, typed) = (QuestionId::new(one.question), one.answer.expose());
        match catalogue {
            Some(catalogue) => catalogue.answer(all, id, typed),
            None => all.and(id, typed),
        }
    })
}

impl ExternalForm {
    fn made(&self) -> Result<ExternalVerification, Failure> {
        let class = match self.class {
            ClassForm::Knowledge => FactorClass::Knowledge,
            ClassForm::Possession => FactorClass::Possession,
            ClassForm::Inherence => FactorClass::Inherence,
        };
        let strength = match self.strength {
            StrengthForm::Weak => Strength::Weak,
            StrengthForm::Restricted => Strength::Restricted,
            StrengthForm::Full => Strength::Full,
        };
        let verification = ExternalVerification::new(&self.verifier, class, strength)?;
        Ok(match &self.transaction {
            Some(transaction) => verification.for_transaction(&transaction.made()?),
            None => verification,
        })
    }
}
