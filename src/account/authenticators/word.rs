//! The memorable word in the account: three letters at a time, others after each success, and none once people know it.

use minicbor::{Decode, Encode};

use crate::account::steps::check::Verdict;
use crate::account::{Account, Draft, Settings};
use crate::context::Context;
use crate::error::Error;
use crate::event::Reason;
use crate::factor::Factor;
use crate::knowledge::{MemorableWord, WordKey, WordLetters, WordPrompt, WordState};
use crate::subject::Subject;
use crate::transition;

/// A word, and which of its letters are asked for and were heard.
#[derive(Clone, Encode, Decode)]
#[cbor(array)]
pub(crate) struct WordSlot {
    #[n(0)]
    pub(in crate::account) word: MemorableWord,
    #[n(1)]
    pub(in crate::account) state: WordState,
}

impl Account {
    /// Which letters of the memorable word to ask for: they stand until they have been given.
    ///
    /// A subject without a word, or that does not exist, is asked for some, too.
    ///
    /// # Errors
    /// Misuse, if the settings have no key for memorable words; corrupt, if the keyring lacks its long-term secret.
    ///
    /// ```
    /// # use countersign::{Channel, Context, Interaction, Settings, Subject, Timestamp, account::Account, knowledge::WordKey, transition::Saved};
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey};
    /// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// let settings = Settings::new("bank", keyring.clone())?.with_memorable_words(WordKey::new(&keyring, "bank")?);
    /// # let ctx = Context::new(Timestamp::now()?, Channel::Agent, Interaction::begin()?);
    /// # let subject = Subject::new("bank", "C-1042")?;
    /// let nobody = Account::unknown(&settings, &subject, ctx.now())?;
    /// assert_eq!(nobody.word_prompt()?, nobody.word_prompt()?);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn word_prompt(&self) -> Result<WordPrompt, Error> {
        expect_key(&self.settings)?;
        match &self.record.word {
            Some(slot) => Ok(slot.state.prompt()),
            None => decoy_word(&self.settings, &self.subject).map(|slot| slot.state.prompt()),
        }
    }
}

impl Draft<'_> {
    /// Judges the letters that were asked for, all together. Who heard them is kept, rightly given or not.
    pub(in crate::account) fn judge_word(
        &mut self,
        letters: &WordLetters,
        ctx: &Context,
    ) -> Result<Verdict, Error> {
        let Account {
            settings, subject, ..
        } = self.account;
        let key = expect_key(settings)?;
        let slot = match &self.next.word {
            Some(slot) => slot.clone(),
            None => decoy_word(settings, subject)?,
        };
        let step = slot.word.check(&slot.state, letters, subject, key, ctx)?;
        let (next, verdict) = step.into_parts();
        let Some(kept) = &mut self.next.word else {
            return Ok(Err(Reason::NotEnrolled));
        };
        if let Some(next) = next {
            kept.state = next;
        }
        Ok(match verdict {
            transition::Verdict::Accepted => {
                // The moment to bring it under the root that writes.
                if let Some(moved) = kept.word.resealed(subject, key)? {
                    kept.word = moved;
                }
                Ok((Factor::Word, None))
            }
            transition::Verdict::Exhausted => Err(Reason::WordSpent),
            _ => Err(Reason::Wrong),
        })
    }

    /// In place of another word; evidence of before is then void.
    pub(in crate::account) fn set_word(
        &mut self,
        word: &MemorableWord,
        state: &WordState,
        ctx: &Context,
    ) -> Result<(), Error> {
        // A word that was sealed for somebody else, or under another key, would be wrong for ever.
        let key = expect_key(&self.account.settings)?;
        let nothing_said = WordLetters::typed(&[""; 0]);
        drop(word.check(state, &nothing_said, &self.account.subject, key, ctx)?);
        if self.next.word.is_some() {
            self.next.void_evidence();
        }
        self.next.word = Some(WordSlot {
            word: word.clone(),
            state: state.clone(),
        });
        Ok(())
    }
}

fn expect_key(settings: &Settings) -> Result<&WordKey, Error> {
    settings.word_key().ok_or_else(|| {
        let rule = "must have a key for them: see `Settings::with_memorable_words`";
        Error::misuse("memorable words", rule)
    })
}

/// A word for a subject that has none.
pub(in crate::account) fn decoy_word(
    settings: &Settings,
    subject: &Subject,
) -> Result<WordSlot, Error> {
    MemorableWord::for_unknown(subject, settings.keyring(), expect_key(settings)?)
        .map(|(word, state)| WordSlot { word, state })
}
