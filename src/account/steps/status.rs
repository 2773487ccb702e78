//! What an account says about itself: to policies, and to whoever asks the questions.

use crate::account::Account;
use crate::account::authenticators::several::Slot;
use crate::account::decoy;
use crate::account::outcome::lock;
use crate::account::record::budget::Budget;
use crate::context::Context;
use crate::error::Error;
use crate::factor::Factor;
use crate::knowledge::{Prompts, QuestionId};
use crate::limits::throttle::Lane;
use crate::recovery::RecoveryCodeHashes;
use crate::status::Status;

impl Account {
    /// What this subject could show now, and what is locked for this interaction.
    ///
    /// An unknown subject has a standing like a customer's. It has enrolled what
    /// [`Settings::with_typical_enrolment`](crate::Settings::with_typical_enrolment) draws for its name, with a full list of
    /// recovery codes. Its locks are those of the tries at its name. It is not suspended, and its epoch is 0, as that of a
    /// customer who has changed nothing.
    ///
    /// ```
    /// # use countersign::{Channel, Context, Factor, Interaction, Settings, Subject, Timestamp, account::Account, transition::Saved};
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey};
    /// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
    /// # let ctx = Context::new(Timestamp::now()?, Channel::Agent, Interaction::begin()?);
    /// # let subject = Subject::new("bank", "C-1042")?;
    /// # let mut bytes = Vec::new();
    /// # let step = Account::create(&settings, &subject, None, &ctx)?;
    /// # step.commit(|sealed| { bytes = sealed.entry().bytes().to_vec(); Saved::<()>::Stored }).unwrap();
    /// let account = Account::open(&settings, &subject, &bytes, 0)?;
    /// let status = account.status(&ctx);
    /// assert!(!status.is_suspended());
    /// assert!(!status.is_enrolled(Factor::Totp));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn status(&self, ctx: &Context) -> Status {
        let mut record = self
            .present_record(ctx.now())
            .unwrap_or_else(|_| self.record.clone());
        record.see(ctx.now());
        let enrolled = |factor: &Factor| match factor {
            Factor::Totp => record.totps.iter().any(Slot::is_confirmed),
            Factor::Hotp => record.hotps.iter().any(Slot::is_confirmed),
            Factor::Ocra => !record.ocra.is_empty(),
            Factor::RecoveryCode => record.recovery.as_ref().is_some_and(|set| set.left() > 0),
            Factor::PrivateCode | Factor::SpokenCode => record.phone().is_some(),
            Factor::IssuedRecoveryCode => record.phone().is_some() || record.email().is_some(),
            Factor::Questions => record.questions.is_some(),
            Factor::Word => record.word.is_some(),
            Factor::Password => record.password.is_some(),
            Factor::Pin => record.pin.is_some(),
            // Whether somebody can attest something is the host's to know. Whether a session has ordered a code for
            // another one is not told here: it would be told to a stranger too.
            Factor::External | Factor::BindingCode => true,
        };
        let lane = |factor: Factor| {
            Budget::of(factor).map(|budget| (budget, record.lane(ctx.interaction(), budget)))
        };
        let locked = |factor: Factor| {
            let (budget, lane) = lane(factor)?;
            let throttle = record.peek_throttle(budget);
            let at = record.moment(ctx.now());
            let admission = throttle.peek(lane, &at, &self.settings.limits_of(budget));
            lock(admission).map(|lock| (factor, lock))
        };
        let locked: Vec<_> = Factor::ALL.into_iter().filter_map(locked).collect();
        let is_known =
            |factor: &Factor| lane(*factor).is_some_and(|(_, lane)| lane == Lane::WithEvidence);
        Status {
            recovery_codes: record.recovery.as_ref().map(RecoveryCodeHashes::left),
            word_is_due: record
                .word
                .as_ref()
                .is_some_and(|slot| slot.state.is_renewal_due()),
            subject: self.subject.clone(),
            epoch: record.epoch,
            suspended: record.suspended,
            enrolled: Factor::ALL.into_iter().filter(enrolled).collect(),
            shut: locked
                .iter()
                .map(|(factor, _)| *factor)
                .filter(is_known)
                .collect(),
            locked,
        }
    }

    /// The questions that stand: they are asked until they have been answered, or until one is
    /// [retired](crate::knowledge::Question::retired) and the subject has another in its place.
    ///
    /// A subject without questions, or that does not exist, has some too. A subject with fewer answers than the catalogue
    /// asks is asked all of them.
    ///
    /// # Errors
    /// Corrupt, if the keyring lacks its long-term secret.
    ///
    /// ```
    /// # use countersign::{Channel, Context, Interaction, Settings, Subject, Timestamp, account::Account, knowledge::QuestionId, transition::Saved};
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey};
    /// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?
    /// #     .with_questions(&[QuestionId::new(1), QuestionId::new(2), QuestionId::new(3)], 2)?;
    /// # let ctx = Context::new(Timestamp::now()?, Channel::Agent, Interaction::begin()?);
    /// # let subject = Subject::new("bank", "C-1042")?;
    /// # let mut bytes = Vec::new();
    /// # let step = Account::create(&settings, &subject, None, &ctx)?;
    /// # step.commit(|sealed| { bytes = sealed.entry().bytes().to_vec(); Saved::<()>::Stored }).unwrap();
    /// let account = Account::open(&settings, &subject, &bytes, 0)?;
    /// assert_eq!(account.questions()?.len(), 2);
    /// assert_eq!(account.questions()?, account.questions()?);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn questions(&self) -> Result<Vec<QuestionId>, Error> {
        match &self.record.questions {
            Some(_) => self.record.asked(self.settings.catalogue()),
            None => decoy::questions(&self.settings, &self.subject).map(|(_, asked)| asked),
        }
    }

    /// The same, as a screen may show them: their prompts, how to answer, and nothing that was said.
    ///
    /// # Errors
    /// Misuse, if the settings have no catalogue, or one in which a question that stands is not; as
    /// [`questions`](Self::questions). A question that subjects still have stays in the catalogue, as
    /// [retired](crate::knowledge::Question::retired).
    ///
    /// ```
    /// # use countersign::{Channel, Context, Interaction, Settings, Subject, Timestamp, account::Account, knowledge::Catalogue};
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey};
    /// let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?
    ///     .with_catalogue(Catalogue::english());
    /// # let ctx = Context::new(Timestamp::now()?, Channel::Agent, Interaction::begin()?);
    /// # let subject = Subject::new("bank", "C-1042")?;
    /// let nobody = Account::unknown(&settings, &subject, ctx.now())?;
    /// for prompt in nobody.prompts()?.each() {
    ///     println!("{}", prompt.text());
    /// }
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn prompts(&self) -> Result<Prompts, Error> {
        let catalogue = self.settings.catalogue();
        let catalogue =
            catalogue.ok_or_else(|| Error::misuse("questions", "must be in the settings first"))?;
        catalogue.prompts(&self.questions()?)
    }
}
