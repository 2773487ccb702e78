//! Unknown subjects: a record that looks and works like any other, and in which nothing ever matches.
//!
//! Who asks for a name that does not exist must not learn so (ASVS 6.3.8, pitfall B12). The decoy's enrolment is drawn
//! from a key and the name, as often as customers have it (pitfall B48). So the same name is asked the same questions
//! tomorrow; its locks are real. What a known subject has not enrolled is drawn the same way.

use super::authenticators::hashed::HashSlot;
use super::authenticators::several::Slot;
use super::authenticators::word;
use super::record::budget::Budget;
use super::record::state::{QuestionsSlot, Record};
use super::steps::challenge::OcraSlot;
use super::typical::Item;
use super::{Account, Settings};
use crate::delivered::Destination;
use crate::derivation::{EMAIL, OCRA, PEPPER, PHONE, QUESTIONS, SECRET};
use crate::error::Error;
use crate::knowledge::{AnswerHashes, QuestionId};
use crate::limits::throttle;
use crate::otp::ocra::{MutualServer, Ocra, OcraSuite};
use crate::otp::ocra::{OcraDevice, OcraKind};
use crate::otp::{Hotp, OtpKey, Totp};
use crate::password::{PasswordHash, PinHash};
use crate::random::{Draw, Keyed};
use crate::recovery::{RecoveryCodeHashes, RecoveryCodes};
use crate::secret::{SecretBytes, SecretText};
use crate::subject::Subject;
use crate::time::Timestamp;
use core::time::Duration;

impl Account {
    /// Unknown subjects are remembered this long after the last step: 30 days. By then nothing in their record counts: the open lane
    /// of every subject, known or not, starts afresh as long after its last wrong try.
    pub const DECOY_LIFETIME: Duration = throttle::MEMORY;

    /// The account of a subject that does not exist: take steps on it, and store them, like on any other. Nothing is ever
    /// accepted, and its entries have a [`expires_at`](crate::store::Entry::expires_at).
    ///
    /// It has enrolled what [`Settings::with_typical_enrolment`] draws for its name. Settings that say otherwise take effect
    /// when its record is past its time.
    ///
    /// # Errors
    /// Misuse, if the subject is of another realm.
    ///
    /// ```
    /// # use countersign::{Attempt, Channel, Code, Context, Interaction, Outcome, Settings, Subject, Timestamp, account::{Account, CheckStep}, transition::{CommitResult, Saved}};
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey};
    /// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
    /// # let ctx = Context::new(Timestamp::now()?, Channel::Agent, Interaction::begin()?);
    /// let nobody = Account::unknown(&settings, &Subject::new("bank", "C-9999")?, ctx.now())?;
    /// let step = nobody.check(&Attempt::Totp(Code::typed("123456")), &ctx)?;
    /// let told = step.commit(|sealed| {
    ///     assert!(sealed.expected().is_none() && sealed.entry().expires_at().is_some());
    ///     Saved::<()>::Stored
    /// });
    /// let Ok(CommitResult::Stored(told)) = told else { panic!("stored") };
    /// assert!(matches!(told.outcome, CheckStep::Known(Outcome::Denied)));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn unknown(settings: &Settings, subject: &Subject, now: Timestamp) -> Result<Self, Error> {
        settings.expect_realm(subject)?;
        let record = record(settings, subject, now)?;
        Ok(Self::of(settings, subject, record, None, 0))
    }

    /// The next record to work on: this one, or for a decoy that was remembered long enough a fresh one.
    pub(super) fn present_record(&self, now: Timestamp) -> Result<Record, Error> {
        if self.record.decoy && self.is_over(now) {
            return record(&self.settings, &self.subject, now);
        }
        Ok(self.record.clone())
    }

    /// Whether a step would store one more decoy: there is none, or its time is over.
    pub(crate) fn is_new_decoy(&self, now: Timestamp) -> bool {
        self.record.decoy && (self.version().is_none() || self.is_over(now))
    }

    /// Until when a stored decoy may be dropped.
    pub(crate) fn remembered_until(&self) -> Timestamp {
        self.record.steady().latest().plus(Self::DECOY_LIFETIME)
    }

    fn is_over(&self, now: Timestamp) -> bool {
        self.record.unused(now) >= Self::DECOY_LIFETIME
    }

    /// Whether this is the record of a subject that does not exist.
    pub(crate) const fn is_decoy(&self) -> bool {
        self.record.decoy
    }
}

/// A decoy's record, with what its name has drawn.
fn record(settings: &Settings, subject: &Subject, now: Timestamp) -> Result<Record, Error> {
    let mut draw = Keyed::new(settings.decoys(), &[subject.store_key()]);
    let mut record = Record::new(true, now, &mut draw)?;
    for item in settings.drawn_enrolment(subject)? {
        enrol(&mut record, item, settings, subject, now)?;
    }
    Ok(record)
}

/// Enrols one item with secrets that are nobody's, as a change of a customer's does.
fn enrol(
    record: &mut Record,
    item: Item,
    settings: &Settings,
    subject: &Subject,
    now: Timestamp,
) -> Result<(), Error> {
    let name: &[&[u8]] = &[subject.store_key(), SECRET.as_bytes(), &[item as u8]];
    let mut draw = Keyed::new(settings.decoys(), name);
    let mut secret = || {
        let mut secret = vec![0_u8; OtpKey::SECRET_BYTES];
        draw.fill(&mut secret)?;
        Ok::<_, Error>(SecretBytes::from(secret))
    };
    let id = record.next_id;
    // Devices that are asked, addresses, words and lists have no number.
    let numbered = [
        Item::Totp,
        Item::Hotp,
        Item::Questions,
        Item::Password,
        Item::Pin,
    ];
    record.next_id = id.saturating_add(u16::from(numbered.contains(&item)));
    let budget = match item {
        Item::Totp => {
            record
                .totps
                .push(confirmed(id, Totp::from(OtpKey::new(secret()?)?)));
            Budget::Totp
        }
        Item::Hotp => {
            record
                .hotps
                .push(confirmed(id, Hotp::from(OtpKey::new(secret()?)?)));
            Budget::Hotp
        }
        Item::Ocra => {
            let device = ocra(settings, subject, false)?;
            record.ocra.push(OcraSlot::new(device));
            Budget::Ocra
        }
        Item::Phone => {
            record.set_phone(&phone(settings, subject)?);
            Budget::Delivered
        }
        Item::Email => {
            record.set_email(&email(settings, subject)?);
            Budget::Delivered
        }
        Item::Questions => {
            let (verifiers, asked) = questions(settings, subject)?;
            let asked = asked.into_iter().map(QuestionId::number).collect();
            record.questions = Some(QuestionsSlot {
                id,
                verifiers,
                asked,
            });
            Budget::Questions
        }
        Item::Word => {
            record.word = Some(word::decoy_word(settings, subject)?);
            Budget::Word
        }
        Item::Password => {
            let pepper = settings.keyring().long_term_key(PEPPER)?;
            let verifier = PasswordHash::drawn(&pepper, settings.hash_pool().cost(), &mut draw)?;
            record.password = Some(HashSlot { id, verifier });
            Budget::Password
        }
        Item::Pin => {
            let pepper = settings.keyring().long_term_key(PEPPER)?;
            let verifier = PinHash::drawn(&pepper, settings.hash_pool().cost(), &mut draw)?;
            record.pin = Some(HashSlot { id, verifier });
            Budget::Pin
        }
        Item::RecoveryCodes => {
            let count = RecoveryCodes::DEFAULT_COUNT;
            record.recovery = Some(RecoveryCodeHashes::drawn(count, now, &mut draw)?);
            Budget::Recovery
        }
    };
    // Enrolment begins the budgets of a real record; a shorter one would be told by its length.
    let _ = record.throttle(budget);
    Ok(())
}

fn confirmed<A, S: Default>(id: u16, authenticator: A) -> Slot<A, S> {
    Slot {
        id,
        authenticator,
        state: S::default(),
        pending_until: 0,
        wrong: 0,
    }
}

/// Questions for a subject that has none, from the host's catalogue: answers that nobody knows, and those that are
/// asked.
pub(super) fn questions(
    settings: &Settings,
    subject: &Subject,
) -> Result<(AnswerHashes, Vec<QuestionId>), Error> {
    let name: &[&[u8]] = &[subject.store_key(), QUESTIONS.as_bytes()];
    let mut draw = Keyed::new(settings.decoys(), name);
    let (enrolled, asked) = match settings.catalogue() {
        Some(catalogue) => catalogue.decoy(subject, settings.decoys())?,
        None => (Vec::new(), Vec::new()),
    };
    let pepper = settings.keyring().long_term_key(PEPPER)?;
    let verifiers =
        AnswerHashes::decoy(&enrolled, settings.hash_pool().cost(), &pepper, &mut draw)?;
    Ok((verifiers, asked))
}

/// Where a code to a subject without a telephone would seem to go. Country code 999 is not assigned.
pub(super) fn phone(settings: &Settings, subject: &Subject) -> Result<Destination, Error> {
    let name: &[&[u8]] = &[subject.store_key(), PHONE.as_bytes()];
    let mut draw = Keyed::new(settings.decoys(), name);
    let mut number = String::from("+9990000000");
    for _ in 0..2 {
        number.push(char::from(b'0'.saturating_add(draw.below(10)?)));
    }
    Destination::stored_phone(&number).ok_or_else(|| Error::misuse("decoy", "has no number"))
}

/// Where a code to a subject without an e-mail address would seem to go. The domain is nobody's (RFC 2606 3).
pub(super) fn email(settings: &Settings, subject: &Subject) -> Result<Destination, Error> {
    let name: &[&[u8]] = &[subject.store_key(), EMAIL.as_bytes()];
    let mut draw = Keyed::new(settings.decoys(), name);
    let initial = char::from(b'a'.saturating_add(draw.below(26)?));
    Destination::email(&format!("{initial}x@example.com"))
}

/// A device for a subject that has none: as those of the host's other customers, its secrets nobody's.
pub(super) fn ocra(
    settings: &Settings,
    subject: &Subject,
    signs: bool,
) -> Result<OcraDevice, Error> {
    let name: &[&[u8]] = &[subject.store_key(), OCRA.as_bytes(), &[u8::from(signs)]];
    let mut draw = Keyed::new(settings.decoys(), name);
    let mut direction = |suite: &OcraSuite| {
        let mut secret = vec![0_u8; 32];
        draw.fill(&mut secret)?;
        let secret = SecretBytes::from(secret);
        if suite.pin_hash().is_none() {
            return Ocra::new(suite.clone(), secret);
        }
        let pin = SecretText::from("00000000".to_owned());
        Ocra::new_with_pin(suite.clone(), secret, &pin)
    };
    let used = |ocra: Ocra| if signs { ocra.for_signatures() } else { ocra };
    Ok(match settings.ocra_kind(signs) {
        OcraKind::OneWay(suite) => used(direction(suite)?).into(),
        OcraKind::Mutual { host, customer } => {
            let (host, customer) = (direction(host)?, direction(customer)?);
            MutualServer::new(host, used(customer))?.into()
        }
    })
}
