//! The questions of a host.

use serde::Deserialize;

use super::read;
use crate::error::Error;
use crate::ffi::failure::Failure;
use crate::knowledge::{Catalogue, Question, QuestionId};
use crate::text::DateOrder;

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CatalogueForm {
    English,
    Own(OwnCatalogue),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OwnCatalogue {
    asked: u8,
    questions: Vec<QuestionForm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct QuestionForm {
    id: u16,
    prompt: String,
    #[serde(default)]
    answer: AnswerForm,
    #[serde(default)]
    required: bool,
    #[serde(default)]
    retired: bool,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum AnswerForm {
    #[default]
    Text,
    Date(DateOrderForm),
    /// So many of the last digits.
    Digits(u8),
    Phone,
    /// The host's name of each option, and the words on the screen.
    Choice(Vec<(String, String)>),
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum DateOrderForm {
    DayMonthYear,
    MonthDayYear,
    YearMonthDay,
}

/// Reads a catalogue.
pub(crate) fn catalogue(text: &str) -> Result<Catalogue, Failure> {
    Ok(read::plain::<CatalogueForm>("catalogue", text)?.made()?)
}

impl CatalogueForm {
    pub(crate) fn made(&self) -> Result<Catalogue, Error> {
        match self {
            Self::English => Ok(Catalogue::english()),
            Self::Own(own) => {
                let questions: Result<Vec<_>, _> =
                    own.questions.iter().map(QuestionForm::made).collect();
                Catalogue::new(own.asked, questions?)
            }
        }
    }
}

impl QuestionForm {
    fn made(&self) -> Result<Question, Error> {
        let (id, prompt) = (QuestionId::new(self.id), self.prompt.as_str());
        let mut question = match &self.answer {
            AnswerForm::Text => Question::text(id, prompt),
            AnswerForm::Date(order) => Question::date(id, prompt, order.made()),
            AnswerForm::Digits(last) => Question::digits(id, prompt, *last),
            AnswerForm::Phone => Question::phone(id, prompt),
            AnswerForm::Choice(options) => {
                let options: Vec<_> = options
                    .iter()
                    .map(|(option, label)| (option.as_str(), label.as_str()))
                    .collect();
                Question::choice(id, prompt, &options)
            }
        }?;
        if self.required {
            question = question.required();
        }
        Ok(if self.retired {
            question.retired()
        } else {
            question
        })
    }
}

impl DateOrderForm {
    const fn made(&self) -> DateOrder {
        match self {
            Self::DayMonthYear => DateOrder::DayMonthYear,
            Self::MonthDayYear => DateOrder::MonthDayYear,
            Self::YearMonthDay => DateOrder::YearMonthDay,
        }
    }
}
