//! Unknown subjects: a record that looks and works like any other, and in which nothing ever matches.
//!
//! Who asks for a name that does not exist must not learn so (ASVS 6.3.8, pitfall B12). The decoy's enrolment is drawn
//! from a key and the name, so the same name is asked the same questions tomorrow; its locks are real. What a known
//! subject has not enrolled is drawn the same way.

use super::authenticator::Slot;
use super::challenge::{OcraDevice, OcraKind};
use super::record::{Budget, QuestionsSlot, Record};
use super::{Account, Settings};
use crate::delivered::Destination;
use crate::error::Error;
use crate::field::PEPPER;
use crate::knowledge::{QuestionId, Verifiers};
use crate::otp::{MutualServer, Ocra, OcraSuite, Totp, TotpState};
use crate::random::{Draw, Keyed};
use crate::secret::{SecretBytes, SecretText};
use crate::subject::Subject;
use crate::time::{Lifetime, Timestamp};

impl Account {
    /// Unknown subjects are remembered this long; then their record is drawn anew, and their locks forgotten.
    pub const DECOY_LIFETIME: Lifetime = Lifetime::days(30);

    /// The account of a subject that does not exist: take steps on it, and store them, like on any other. Nothing is ever
    /// accepted, and its entries have a [`keep_until`](crate::store::Entry::keep_until).
    ///
    /// # Errors
    /// Misuse, if the subject is of another realm.
    ///
    /// ```
    /// # use countersign::{Account, Attempt, Channel, Code, Committed, Context, Interaction, Outcome, Saved, Settings, Step, Subject, Timestamp};
    /// # use countersign::field::{Keyring, Root, StandingSecret};
    /// # let settings = Settings::new("bank", Keyring::new(Root::generate(1)?, StandingSecret::generate(1)?))?;
    /// # let ctx = Context::new(Timestamp::now()?, Channel::Agent, Interaction::begin()?);
    /// let nobody = Account::unknown(&settings, &Subject::new("bank", "C-9999")?, ctx.now())?;
    /// let step = nobody.check(&Attempt::Totp(Code::typed("123456")), &ctx)?;
    /// let told = step.commit(|sealed| {
    ///     assert!(sealed.expected().is_none() && sealed.entry().keep_until().is_some());
    ///     Saved::<()>::Stored
    /// });
    /// let Ok(Committed::Known(told)) = told else { panic!("stored") };
    /// assert!(matches!(told.outcome, Step::Known(Outcome::Denied)));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn unknown(settings: &Settings, subject: &Subject, now: Timestamp) -> Result<Self, Error> {
        settings.expect_realm(subject)?;
        let record = record(settings, subject, now)?;
        Ok(Self::of(settings, subject, record, None, 0))
    }

    /// The next record to work on: this one, or for a decoy that was remembered long enough a fresh one.
    pub(super) fn present_record(&self, now: Timestamp) -> Result<Record, Error> {
        let created = Timestamp::stored(self.record.created);
        if self.record.decoy && created.plus(Self::DECOY_LIFETIME) <= now {
            return record(&self.settings, &self.subject, now);
        }
        Ok(self.record.clone())
    }

    /// Whether this is the record of a subject that does not exist.
    pub(crate) const fn is_decoy(&self) -> bool {
        self.record.decoy
    }
}

/// A decoy's record.
fn record(settings: &Settings, subject: &Subject, now: Timestamp) -> Result<Record, Error> {
    let mut draw = Keyed::new(settings.decoys(), subject.store_key());
    let mut record = Record::new(true, now, &mut draw)?;
    let mut secret = vec![0_u8; Totp::SECRET_BYTES];
    draw.fill(&mut secret)?;
    record.totps.push(Slot {
        id: 1,
        authenticator: Totp::new(SecretBytes::from(secret))?,
        state: TotpState::default(),
        pending_until: 0,
    });
    record.set_phone(&phone(settings, subject)?);
    if settings.catalogue().is_some() {
        let (verifiers, asked) = questions(settings, subject)?;
        let asked = asked.into_iter().map(QuestionId::number).collect();
        record.questions = Some(QuestionsSlot {
            id: 2,
            verifiers,
            asked,
        });
    }
    record.next_id = 3;
    // Enrolment begins the budgets of a real record; a shorter one would be told by its length.
    for budget in [Budget::Totp, Budget::Delivered, Budget::Questions] {
        let _ = record.throttle(budget);
    }
    Ok(record)
}

/// Questions for a subject that has none, from the host's catalogue: answers that nobody knows, and those that are
/// asked.
pub(super) fn questions(
    settings: &Settings,
    subject: &Subject,
) -> Result<(Verifiers, Vec<QuestionId>), Error> {
    let name = [subject.store_key().as_slice(), b"questions"].concat();
    let mut draw = Keyed::new(settings.decoys(), &name);
    let (enrolled, asked) = match settings.catalogue() {
        Some(catalogue) => catalogue.decoy(subject, settings.decoys())?,
        None => (Vec::new(), Vec::new()),
    };
    let pepper = settings.keyring().lasting(PEPPER)?;
    let verifiers = Verifiers::decoy(&enrolled, settings.stretch().cost(), &pepper, &mut draw)?;
    Ok((verifiers, asked))
}

/// Where a code to a subject without a telephone would seem to go. Country code 999 is not assigned.
pub(super) fn phone(settings: &Settings, subject: &Subject) -> Result<Destination, Error> {
    let name = [subject.store_key().as_slice(), b"phone"].concat();
    let mut draw = Keyed::new(settings.decoys(), &name);
    let mut number = String::from("+9990000000");
    for _ in 0..2 {
        number.push(char::from(b'0'.saturating_add(draw.below(10)?)));
    }
    Destination::stored_phone(&number).ok_or_else(|| Error::misuse("decoy", "has no number"))
}

/// Where a code to a subject without an e-mail address would seem to go. The domain is nobody's (RFC 2606 3).
pub(super) fn email(settings: &Settings, subject: &Subject) -> Result<Destination, Error> {
    let name = [subject.store_key().as_slice(), b"email"].concat();
    let mut draw = Keyed::new(settings.decoys(), &name);
    let initial = char::from(b'a'.saturating_add(draw.below(26)?));
    Destination::email(&format!("{initial}x@example.com"))
}

/// A device for a subject that has none: as those of the host's other customers, its secrets nobody's.
pub(super) fn ocra(
    settings: &Settings,
    subject: &Subject,
    signs: bool,
) -> Result<OcraDevice, Error> {
    let name = [subject.store_key().as_slice(), b"ocra", &[u8::from(signs)]].concat();
    let mut draw = Keyed::new(settings.decoys(), &name);
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
