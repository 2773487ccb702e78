//! Unknown subjects: a record that looks and works like any other, and in which nothing ever matches.
//!
//! Who asks for a name that does not exist must not learn so (ASVS 6.3.8, pitfall B12). The decoy's enrolment is drawn
//! from a key and the name, so the same name is asked the same questions tomorrow; its locks are real.

use super::record::{QuestionsSlot, Record, TotpSlot};
use super::{Account, Settings};
use crate::delivered::Destination;
use crate::error::Error;
use crate::knowledge::{QuestionId, Verifiers};
use crate::otp::{Totp, TotpState};
use crate::random::{Draw, Keyed};
use crate::secret::SecretBytes;
use crate::store::Version;
use crate::subject::Subject;
use crate::time::Timestamp;

impl Account {
    /// The record of a subject that does not exist, not stored yet.
    pub(crate) fn decoy(
        settings: &Settings,
        subject: &Subject,
        over: Option<Version>,
        now: Timestamp,
    ) -> Result<Self, Error> {
        settings.expect_realm(subject)?;
        let name = subject.store_key();
        let mut draw = Keyed::new(settings.decoys(), &name);
        let mut record = Record::new(true, now, &mut draw)?;

        let mut secret = vec![0_u8; Totp::SECRET_BYTES];
        draw.fill(&mut secret)?;
        let totp = Totp::new(SecretBytes::from(secret))?;
        record.totps.push(TotpSlot {
            id: 1,
            totp,
            state: TotpState::default(),
            pending_until: 0,
        });

        record.set_phone(&phone(&mut draw)?);

        let account = Self::of(settings, subject, record, over, 0);
        let (verifiers, asked) = account.decoy_questions()?;
        if asked.is_empty() {
            return Ok(account);
        }
        let asked = asked.into_iter().map(QuestionId::number).collect();
        let mut record = account.record;
        record.questions = Some(QuestionsSlot {
            id: 2,
            verifiers,
            asked,
        });
        record.next_id = 3;
        Ok(Self::of(settings, subject, record, over, 0))
    }

    /// Questions for a subject that has none: drawn from the host's catalogue by the name.
    pub(super) fn decoy_questions(&self) -> Result<(Verifiers, Vec<QuestionId>), Error> {
        let settings = &self.settings;
        // A stream of its own, so that a subject without questions is asked what it would be asked as a decoy.
        let name = [self.subject.store_key().as_slice(), b"questions"].concat();
        let mut draw = Keyed::new(settings.decoys(), &name);
        let enrolled = settings
            .asked()
            .saturating_add(1)
            .min(settings.catalogue().len());
        let enrolled = draw.choose(settings.catalogue(), enrolled)?;
        let asked = draw.choose(&enrolled, settings.asked())?;
        let pepper = settings.keyring().lasting(Verifiers::PEPPER)?.number();
        let verifiers = Verifiers::decoy(&enrolled, settings.stretch().cost(), pepper, &mut draw)?;
        Ok((verifiers, asked))
    }

    /// Where a code to this subject would seem to go.
    pub(super) fn phone_or_decoy(&self) -> Result<Destination, Error> {
        if let Some(phone) = self.record.phone() {
            return Ok(phone);
        }
        let name = [self.subject.store_key().as_slice(), b"phone"].concat();
        phone(&mut Keyed::new(self.settings.decoys(), &name))
    }

    /// Whether this is the record of a subject that does not exist.
    pub(crate) const fn is_decoy(&self) -> bool {
        self.record.decoy
    }

    /// Whether it is stored at all.
    pub(crate) const fn is_stored(&self) -> bool {
        self.length > 0
    }

    /// A decoy that was remembered long enough.
    pub(crate) fn is_stale(&self, now: Timestamp) -> bool {
        self.record.decoy
            && Timestamp::stored(self.record.created).plus(Self::DECOY_LIFETIME) <= now
    }
}

/// A number that no network has: country code 999 is not assigned.
fn phone(draw: &mut impl Draw) -> Result<Destination, Error> {
    let mut number = String::from("+9990000000");
    for _ in 0..2 {
        number.push(char::from(b'0'.saturating_add(draw.below(10)?)));
    }
    Destination::stored(number).ok_or_else(|| Error::misuse("decoy", "has no number"))
}
