//! What a host decides once: realm, keys, limits, questions.

use core::fmt;
use std::sync::Arc;

use ring::hmac;

use super::challenge::OcraKind;
use super::decoy;
use super::record::Budget;
use crate::error::Error;
use crate::field::{self, FieldCipher, Keyring};
use crate::knowledge::{QuestionId, Verifiers};
use crate::otp::{Hotp, Totp};
use crate::stretch::{Cost, Stretch};
use crate::subject::{self, Subject};
use crate::throttle::Limits;

/// What a host decides once for all its accounts. Cheap to clone.
///
/// ```
/// use countersign::field::{Keyring, Root, StandingSecret};
/// use countersign::{Limits, QuestionId, Settings};
/// let keyring = Keyring::new(Root::generate(1)?, StandingSecret::generate(1)?);
/// let settings = Settings::new("bank", keyring)?
///     .with_limits(Limits::psd2())
///     .with_questions(&[QuestionId::new(1), QuestionId::new(2), QuestionId::new(3)], 2)?;
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone)]
pub struct Settings {
    inner: Arc<Inner>,
}

#[derive(Clone)]
struct Inner {
    realm: String,
    keyring: Keyring,
    cipher: FieldCipher,
    decoys: hmac::Key,
    limits: Limits,
    stretch: Stretch,
    catalogue: Vec<QuestionId>,
    asked: u8,
    accepts_guessing: bool,
    /// Checked in the place of an authenticator that a subject has not enrolled.
    stand_in_app: Totp,
    stand_in_token: Hotp,
    ocra_kind: OcraKind,
}

impl Settings {
    /// More questions than this are no catalogue to draw from.
    pub const MAX_QUESTIONS: usize = 64;
    /// Eight digits in, eight out: what can be read to somebody, and is not guessed.
    const OCRA_SUITE: &str = "OCRA-1:HOTP-SHA256-8:QN08";
    /// How many computations of Argon2id run at once unless the host says otherwise: with 19 MiB each.
    const AT_ONCE: usize = 4;

    /// Settings for a realm, with the NIST limits, Argon2id at OWASP's minimum, and no questions.
    ///
    /// # Errors
    /// Misuse, if the realm is no realm's name; store, if the system gives no randomness.
    ///
    /// ```
    /// # use countersign::{Settings, field::{Keyring, Root, StandingSecret}};
    /// let keyring = Keyring::new(Root::generate(1)?, StandingSecret::generate(1)?);
    /// assert!(Settings::new("", keyring).is_err());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn new(realm: &str, keyring: Keyring) -> Result<Self, Error> {
        let inner = Inner {
            realm: subject::realm_name(realm)?,
            cipher: FieldCipher::internal(&keyring, realm, field::ACCOUNT)?,
            decoys: keyring.eldest("decoys")?.hmac(),
            keyring,
            limits: Limits::default(),
            stretch: Stretch::new(Cost::default(), Self::AT_ONCE)?,
            catalogue: Vec::new(),
            asked: 0,
            accepts_guessing: false,
            stand_in_app: Totp::generate()?,
            stand_in_token: Hotp::generate()?,
            ocra_kind: OcraKind::OneWay(Self::OCRA_SUITE.parse()?),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// The same with other limits.
    ///
    /// ```
    /// # use countersign::{Limits, Settings, field::{Keyring, Root, StandingSecret}};
    /// # let keyring = Keyring::new(Root::generate(1)?, StandingSecret::generate(1)?);
    /// let settings = Settings::new("shop", keyring)?.with_limits(Limits::pci());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        Arc::make_mut(&mut self.inner).limits = limits;
        self
    }

    /// The same with another cost, or another number of computations at once, for answers.
    ///
    /// ```
    /// # use countersign::{Cost, Settings, Stretch, field::{Keyring, Root, StandingSecret}};
    /// # let keyring = Keyring::new(Root::generate(1)?, StandingSecret::generate(1)?);
    /// let settings = Settings::new("shop", keyring)?.with_stretch(Stretch::new(Cost::new(47_104, 1, 1)?, 8)?);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn with_stretch(mut self, stretch: Stretch) -> Self {
        Arc::make_mut(&mut self.inner).stretch = stretch;
        self
    }

    /// The same with knowledge questions: the numbers of the host's catalogue, and how many are asked in one check.
    ///
    /// Unknown subjects are asked questions from the same catalogue.
    ///
    /// # Errors
    /// Misuse, if a number comes twice, there are more than 64, or more would be asked than there are or than 16.
    ///
    /// ```
    /// # use countersign::{QuestionId, Settings, field::{Keyring, Root, StandingSecret}};
    /// # let keyring = Keyring::new(Root::generate(1)?, StandingSecret::generate(1)?);
    /// let one = [QuestionId::new(1)];
    /// assert!(Settings::new("shop", keyring)?.with_questions(&one, 2).is_err());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn with_questions(mut self, catalogue: &[QuestionId], asked: u8) -> Result<Self, Error> {
        if catalogue.len() > Self::MAX_QUESTIONS {
            return Err(Error::misuse(
                "question catalogue",
                "must hold 64 questions at most",
            ));
        }
        let mut distinct: Vec<u16> = catalogue.iter().map(|question| question.number()).collect();
        distinct.sort_unstable();
        distinct.dedup();
        if distinct.len() != catalogue.len() {
            return Err(Error::misuse(
                "question catalogue",
                "must not hold a question twice",
            ));
        }
        let most = catalogue.len().min(Verifiers::MAX_QUESTIONS);
        if asked == 0 || usize::from(asked) > most {
            return Err(Error::misuse(
                "questions asked",
                "must be 1 to 16, and no more than the catalogue holds",
            ));
        }
        let inner = Arc::make_mut(&mut self.inner);
        inner.catalogue = catalogue.to_vec();
        inner.asked = asked;
        Ok(self)
    }

    /// The same, for customers whose devices answer questions in this way; unknown subjects seem to have one, too. Without
    /// this, the suite is `OCRA-1:HOTP-SHA256-8:QN08`, one way.
    ///
    /// # Errors
    /// Misuse, if no device can have these suites.
    ///
    /// ```
    /// # use countersign::{OcraKind, Settings, field::{Keyring, Root, StandingSecret}};
    /// # let keyring = Keyring::new(Root::generate(1)?, StandingSecret::generate(1)?);
    /// let kind = OcraKind::OneWay("OCRA-1:HOTP-SHA1-6:QN08".parse()?);
    /// let settings = Settings::new("shop", keyring)?.with_ocra(kind)?;
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn with_ocra(mut self, kind: OcraKind) -> Result<Self, Error> {
        Arc::make_mut(&mut self.inner).ocra_kind = kind;
        // Whether there is such a device shows by making one.
        let nobody = Subject::new(&self.inner.realm, "nobody")?;
        decoy::ocra(&self, &nobody)?;
        Ok(self)
    }

    /// The same, also for factors that a guesser meets more often than once in 50,000 locks or once in a hundred years.
    ///
    /// Without this such an authenticator is refused when it is enrolled. See
    /// [`Limits::guess_chance`](crate::Limits::guess_chance).
    ///
    /// ```
    /// # use countersign::{Settings, field::{Keyring, Root, StandingSecret}};
    /// # let keyring = Keyring::new(Root::generate(1)?, StandingSecret::generate(1)?);
    /// let settings = Settings::new("demo", keyring)?.accepting_worse_guess_chance();
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn accepting_worse_guess_chance(mut self) -> Self {
        Arc::make_mut(&mut self.inner).accepts_guessing = true;
        self
    }

    /// Where computations of Argon2id get their permits.
    ///
    /// ```
    /// # use countersign::{Settings, field::{Keyring, Root, StandingSecret}};
    /// # let keyring = Keyring::new(Root::generate(1)?, StandingSecret::generate(1)?);
    /// assert!(Settings::new("shop", keyring)?.stretch().permit().is_some());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn stretch(&self) -> &Stretch {
        &self.inner.stretch
    }

    /// Keys of the host, for enrolling answers.
    ///
    /// ```
    /// # use countersign::{Settings, field::{Keyring, Root, StandingSecret}};
    /// # let keyring = Keyring::new(Root::generate(1)?, StandingSecret::generate(1)?);
    /// assert!(format!("{:?}", Settings::new("shop", keyring)?.keyring()).starts_with("Keyring(1 active"));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn keyring(&self) -> &Keyring {
        &self.inner.keyring
    }

    /// Refuses a subject of another realm.
    pub(crate) fn expect_realm(&self, subject: &Subject) -> Result<(), Error> {
        if subject.realm() == self.inner.realm {
            return Ok(());
        }
        Err(Error::misuse(
            "subject",
            "must be of the realm that the settings are for",
        ))
    }

    pub(crate) fn cipher(&self) -> &FieldCipher {
        &self.inner.cipher
    }

    pub(crate) fn decoys(&self) -> &hmac::Key {
        &self.inner.decoys
    }

    /// The limits that a budget is counted by.
    pub(crate) fn limits_of(&self, budget: Budget) -> Limits {
        budget.limits(&self.inner.limits)
    }

    pub(crate) fn catalogue(&self) -> &[QuestionId] {
        &self.inner.catalogue
    }

    pub(crate) fn asked(&self) -> usize {
        usize::from(self.inner.asked)
    }

    pub(crate) fn accepts_guessing(&self) -> bool {
        self.inner.accepts_guessing
    }

    pub(crate) fn ocra_kind(&self) -> &OcraKind {
        &self.inner.ocra_kind
    }

    pub(crate) fn stand_in_app(&self) -> &Totp {
        &self.inner.stand_in_app
    }

    pub(crate) fn stand_in_token(&self) -> &Hotp {
        &self.inner.stand_in_token
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Settings({}, {:?})",
            self.inner.realm, self.inner.keyring
        )
    }
}
