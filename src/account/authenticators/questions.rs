//! Knowledge questions. Some are asked together, and stand until they are answered.

use super::guess::HashedGuess;
use super::verdict::{Enrolment, Verdict};
use crate::account::draft::Draft;
use crate::account::record::budget::Budget;
use crate::account::record::slot::{Slot, counted};
use crate::account::record::state::Record;
use crate::account::settings::Settings;
use crate::derivation::{PEPPER, QUESTIONS};
use crate::error::Error;
use crate::knowledge::{AnswerHashes, Answers, Catalogue, QuestionId};
use crate::stand_in;
use crate::subject::Subject;

/// Returns the questions to ask: those that stand. A retired one gives way if the subject has another. A subject without
/// any is asked some that are drawn.
pub(crate) fn asked(
    record: &Record,
    settings: &Settings,
    subject: &Subject,
) -> Result<Vec<QuestionId>, Error> {
    let Some(slot) = counted(&record.questions) else {
        return drawn(settings, subject).map(|(_, asked)| asked);
    };
    let standing: Vec<_> = slot.state.iter().copied().map(QuestionId::new).collect();
    match settings.catalogue() {
        Some(catalogue) => catalogue.select(&standing, &slot.authenticator, &record.code_key()),
        None => Ok(standing),
    }
}

/// Lets the answers be computed. A subject without any is asked and judged like an unknown one.
pub(super) fn judge(draft: &Draft<'_>, given: &Answers) -> Result<Verdict, Error> {
    let (settings, subject) = (draft.settings(), draft.subject());
    let (hashes, asked) = match counted(&draft.next.questions) {
        Some(slot) => (
            slot.authenticator.clone(),
            asked(draft.next, settings, subject)?,
        ),
        None => drawn(settings, subject)?,
    };
    Ok(Verdict::Compute(Box::new(HashedGuess::Answers {
        hashes,
        asked,
        given: given.clone(),
    })))
}

/// Draws the questions of the next check. It follows a success only (pitfall B28).
pub(super) fn ask_others(draft: &mut Draft<'_>) -> Result<(), Error> {
    let catalogue = draft.settings().catalogue();
    if let (Some(slot), Some(catalogue)) = (draft.next.questions.as_mut(), catalogue) {
        slot.state = numbers(catalogue.redraw(&slot.authenticator)?);
    }
    Ok(())
}

/// Sets the answers, in the place of earlier ones.
pub(super) fn set(
    draft: &mut Draft<'_>,
    hashes: &AnswerHashes,
) -> Result<Enrolment<'static>, Error> {
    let catalogue = draft.settings().expect_catalogue()?;
    expect_fit(hashes, catalogue)?;
    let asked = numbers(catalogue.draw(hashes)?);
    let slot = Slot::new(draft.head(), hashes.clone(), asked);
    let earlier = draft.next.questions.replace(slot);
    draft.replaced(earlier.is_some(), Budget::Questions);
    Ok(Enrolment::Done)
}

/// Enrols drawn answers, which no text matches.
pub(super) fn enrol_stand_in(
    record: &mut Record,
    settings: &Settings,
    subject: &Subject,
) -> Result<(), Error> {
    let (hashes, asked) = drawn(settings, subject)?;
    record.questions = Some(Slot::new(record.drawn_head(), hashes, numbers(asked)));
    Ok(())
}

/// Refuses answers that the catalogue does not ask for, and too few answers.
fn expect_fit(hashes: &AnswerHashes, catalogue: &Catalogue) -> Result<(), Error> {
    let field = |id: QuestionId| format!("question {}", id.number());
    if let Some(unknown) = hashes.ids().find(|id| catalogue.question(*id).is_none()) {
        let rule = "is not in the catalogue of the settings";
        return Err(Error::misuse(field(unknown), rule));
    }
    let missing = catalogue
        .questions()
        .iter()
        .find(|question| question.is_required() && !hashes.ids().any(|id| id == question.id()));
    if let Some(question) = missing {
        let rule = "must be answered: it is required";
        return Err(Error::misuse(field(question.id()), rule));
    }
    let in_use = |id: &QuestionId| {
        let question = catalogue.question(*id);
        question.is_some_and(|question| !question.is_retired())
    };
    if hashes.ids().filter(in_use).count() < usize::from(catalogue.asked()) {
        let rule = format!("must be as many as are asked: {}", catalogue.asked());
        return Err(Error::misuse("answers", rule));
    }
    Ok(())
}

/// Draws questions of the host's catalogue: answers that no text matches, and those to ask.
fn drawn(settings: &Settings, subject: &Subject) -> Result<(AnswerHashes, Vec<QuestionId>), Error> {
    let (enrolled, asked) = match settings.catalogue() {
        Some(catalogue) => catalogue.decoy(subject, settings.decoys())?,
        None => (Vec::new(), Vec::new()),
    };
    let pepper = settings.keyring().long_term_key(PEPPER)?;
    let cost = settings.hash_pool().cost();
    let mut draw = stand_in::draw(settings.decoys(), subject, &[QUESTIONS.as_bytes()]);
    let hashes = AnswerHashes::decoy(&enrolled, cost, &pepper, &mut draw)?;
    Ok((hashes, asked))
}

fn numbers(questions: Vec<QuestionId>) -> Vec<u16> {
    questions.into_iter().map(QuestionId::number).collect()
}
