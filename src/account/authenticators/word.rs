//! The memorable word: three letters at a time, and others after each success. When people know them all, none is asked.

use super::verdict::{Enrolment, Right, Verdict};
use crate::account::draft::Draft;
use crate::account::record::budget::Budget;
use crate::account::record::slot::{Slot, counted, counted_mut};
use crate::account::record::state::Record;
use crate::account::settings::Settings;
use crate::error::{Error, ErrorKind};
use crate::event::Reason;
use crate::factor::Factor;
use crate::knowledge::{MemorableWord, WordKey, WordLetters, WordPrompt};
use crate::subject::Subject;
use crate::transition;

/// Returns the letters to ask for. For a subject without a word they are drawn.
pub(crate) fn prompt(
    record: &Record,
    settings: &Settings,
    subject: &Subject,
) -> Result<WordPrompt, Error> {
    expect_key(settings)?;
    match counted(&record.word) {
        Some(slot) => Ok(slot.authenticator.prompt()),
        None => drawn(settings, subject).map(|word| word.prompt()),
    }
}

/// Judges the letters that were asked for, all together. The word keeps which letters people heard, right or wrong.
pub(super) fn judge(draft: &mut Draft<'_>, letters: &WordLetters) -> Result<Verdict, Error> {
    let ctx = draft.ctx;
    let (settings, subject) = (draft.settings(), draft.subject());
    let key = expect_key(settings)?;
    let Some(slot) = counted_mut(&mut draft.next.word) else {
        let word = drawn(settings, subject)?;
        drop(core::hint::black_box(word.check(
            letters,
            subject,
            key,
            ctx.channel(),
        )?));
        return Ok(Verdict::not_enrolled());
    };
    let step = slot
        .authenticator
        .check(letters, subject, key, ctx.channel())?;
    let (next, verdict) = step.into_parts();
    if let Some(next) = next {
        slot.authenticator = next;
    }
    if verdict == transition::Verdict::Exhausted {
        return Ok(Verdict::Wrong(Reason::WordSpent));
    }
    let right = Right::by(Factor::Word, &slot.head);
    Ok(Verdict::of(verdict, right))
}

/// Sets the word, in the place of another one.
pub(super) fn set(
    draft: &mut Draft<'_>,
    word: &MemorableWord,
) -> Result<Enrolment<'static>, Error> {
    // A word that was sealed for somebody else, or under another key, would be wrong for ever.
    let key = expect_key(draft.settings())?;
    word.expect_openable(draft.subject(), key)?;
    let slot = Slot::new(draft.head(), word.clone(), ());
    let earlier = draft.next.word.replace(slot);
    draft.replaced(earlier.is_some(), Budget::Word);
    Ok(Enrolment::Done)
}

/// Enrols a word of which no letters are ever right.
pub(super) fn enrol_stand_in(
    record: &mut Record,
    settings: &Settings,
    subject: &Subject,
) -> Result<(), Error> {
    let word = drawn(settings, subject)?;
    record.word = Some(Slot::new(record.drawn_head(), word, ()));
    Ok(())
}

fn drawn(settings: &Settings, subject: &Subject) -> Result<MemorableWord, Error> {
    MemorableWord::for_unknown(subject, settings.keyring(), expect_key(settings)?)
}

fn expect_key(settings: &Settings) -> Result<&WordKey, Error> {
    settings.word_key().ok_or_else(|| {
        let rule = "must have a key for them: see `Settings::with_memorable_words`";
        Error::misuse("memorable words", rule).of(ErrorKind::MissingSetting)
    })
}
