//! Settings that a host decides once: realm, keys, limits, questions.

use core::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::interaction_key::InteractionKey;
use super::record::budget::Budget;
use super::typical::{self, TypicalEnrolment};
use crate::context::Interaction;
use crate::derivation::ACCOUNT;
use crate::error::{Error, ErrorKind};
use crate::factor::Factor;
use crate::field::{FieldCipher, Keyring};
use crate::grant::Agent;
use crate::hashing::{Cost, HashPool};
use crate::knowledge::{Catalogue, Question, QuestionId, WordKey};
use crate::limits::quota::{Quota, QuotaScope};
use crate::limits::throttle::Limits;
use crate::otp::ocra::{OcraKind, OcraSuite};
use crate::otp::{Hotp, OtpKey, Totp};
use crate::password::PasswordHash;
use crate::random::System;
use crate::secret::MacKey;
use crate::stand_in;
use crate::subject::{self, Subject};

/// The settings of all accounts of a host. They are cheap to clone.
///
/// ```
/// use countersign::field::{Keyring, LongTermSecret, RootKey};
/// use countersign::{Settings, knowledge::QuestionId, limits::Limits};
/// let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
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
    decoys: MacKey,
    interactions: InteractionKey,
    limits: Limits,
    stretch: HashPool,
    permit_wait: Duration,
    catalogue: Option<Catalogue>,
    words: Option<WordKey>,
    accepts_guessing: bool,
    destination_quota: Quota,
    block_quota: Quota,
    decoy_limit: u32,
    /// Judges a code in the place of an app or a token that a subject has not enrolled.
    stand_in_app: Totp,
    stand_in_token: Hotp,
    /// The suites of devices that log in, then of those that sign.
    ocra_kinds: [OcraKind; 2],
    /// Whether the host has set them.
    has_ocra: bool,
    typical: Option<TypicalEnrolment>,
}

impl Settings {
    /// A question and a response of eight digits: short enough to say, too long to guess.
    const LOGIN_SUITE: &str = "OCRA-1:HOTP-SHA256-8:QN08";
    /// The digest of a transaction as the question, and a response of eight digits.
    const SIGNATURE_SUITE: &str = "OCRA-1:HOTP-SHA256-8:QH64";
    /// So many computations of Argon2id run at once by default. Each takes 19 MiB.
    const AT_ONCE: usize = 4;
    /// A check waits two seconds for a permit by default.
    pub const PERMIT_WAIT: Duration = Duration::from_secs(2);
    /// A longer wait than a minute is refused. A caller has hung up by then, and each one that waits holds a thread of the
    /// host.
    pub const LONGEST_PERMIT_WAIT: Duration = Duration::from_secs(60);
    /// A decoy takes about a kilobyte.
    const DECOY_LIMIT: u32 = 100_000;

    /// Makes settings for a realm, with the NIST limits, Argon2id at OWASP's minimum, and no questions.
    ///
    /// # Errors
    /// Misuse, if the realm has no valid name. Store, if the system gives no randomness.
    pub fn new(realm: &str, keyring: Keyring) -> Result<Self, Error> {
        let inner = Inner {
            realm: subject::realm_name(realm)?,
            cipher: FieldCipher::internal(&keyring, realm, ACCOUNT)?,
            decoys: stand_in::key(&keyring)?,
            interactions: InteractionKey::new(&keyring)?,
            keyring,
            limits: Limits::default(),
            stretch: HashPool::new(Cost::default(), Self::AT_ONCE)?,
            permit_wait: Self::PERMIT_WAIT,
            catalogue: None,
            words: None,
            accepts_guessing: false,
            destination_quota: QuotaScope::Destination.default_quota(),
            block_quota: QuotaScope::Block.default_quota(),
            decoy_limit: Self::DECOY_LIMIT,
            stand_in_app: Totp::generate()?,
            stand_in_token: Hotp::from(OtpKey::generate()?),
            ocra_kinds: [
                one_way(Self::LOGIN_SUITE.parse()?),
                one_way(Self::SIGNATURE_SUITE.parse()?),
            ],
            has_ocra: false,
            typical: None,
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// Sets the limits of wrong tries.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        Arc::make_mut(&mut self.inner).limits = limits;
        self
    }

    /// Sets the cost of Argon2id for answers, passwords and PINs, and how many computations run at once.
    ///
    /// ```
    /// # use countersign::{Settings, field::{Keyring, LongTermSecret, RootKey}, hashing::{Cost, HashPool}};
    /// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// let settings = Settings::new("shop", keyring)?.with_hash_pool(HashPool::new(Cost::new(47_104, 1, 1)?, 8)?);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn with_hash_pool(mut self, stretch: HashPool) -> Self {
        Arc::make_mut(&mut self.inner).stretch = stretch;
        self
    }

    /// Sets how long a check may wait for a permit to compute Argon2id. The default is two seconds.
    ///
    /// [`Verifier::check`](crate::Verifier::check) blocks its thread for that long. Callers are served in the order of
    /// their arrival. A caller without a permit by then gets [`Busy`](crate::Outcome::Busy), and nothing is charged. Zero
    /// means no wait.
    ///
    /// # Errors
    /// Misuse, if the wait is longer than a minute.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use countersign::{Settings, field::{Keyring, LongTermSecret, RootKey}};
    /// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// // A bot answers at once, and asks again by itself.
    /// let settings = Settings::new("shop", keyring)?.with_permit_wait(Duration::ZERO)?;
    /// assert!(settings.clone().with_permit_wait(Duration::from_secs(61)).is_err());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn with_permit_wait(mut self, wait: Duration) -> Result<Self, Error> {
        if wait > Self::LONGEST_PERMIT_WAIT {
            return Err(Error::misuse(
                "permit wait",
                "must last a minute at most: use fewer callers, or more permits (`HashPool::new`)",
            ));
        }
        Arc::make_mut(&mut self.inner).permit_wait = wait;
        Ok(self)
    }

    /// Sets the knowledge questions. Unknown subjects are asked some of the catalogue, too.
    #[must_use]
    pub fn with_catalogue(mut self, catalogue: Catalogue) -> Self {
        Arc::make_mut(&mut self.inner).catalogue = Some(catalogue);
        self
    }

    /// Sets knowledge questions by their numbers, and how many are asked in one check. All are answered by words, and the
    /// host keeps their wording.
    ///
    /// # Errors
    /// As [`Catalogue::new`].
    pub fn with_questions(self, numbers: &[QuestionId], asked: u8) -> Result<Self, Error> {
        let question = |id: &QuestionId| Question::text(*id, &format!("question {}", id.number()));
        let questions: Result<Vec<_>, _> = numbers.iter().map(question).collect();
        Ok(self.with_catalogue(Catalogue::new(asked, questions?)?))
    }

    /// Sets the key of memorable words, and so allows them.
    ///
    /// Three letters are easier to guess than anything else here: about once in a thousand tries, and so once in two
    /// hundred locks. [`MemorableWord`](crate::knowledge::MemorableWord) says what such a word is worth.
    ///
    /// ```
    /// # use countersign::{Settings, field::{Keyring, LongTermSecret, RootKey}, knowledge::WordKey};
    /// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// let key = WordKey::new(&keyring, "shop")?;
    /// let settings = Settings::new("shop", keyring)?.with_memorable_words(key);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn with_memorable_words(mut self, key: WordKey) -> Self {
        Arc::make_mut(&mut self.inner).words = Some(key);
        self
    }

    /// Sets the suites of the customers' devices: those that log in, and those that sign. Unknown subjects seem to have such
    /// devices, too.
    ///
    /// Without this, the suites are `OCRA-1:HOTP-SHA256-8:QN08` and `OCRA-1:HOTP-SHA256-8:QH64`. If the devices ask first,
    /// call [`with_mutual_ocra`](Self::with_mutual_ocra) afterwards.
    ///
    /// # Errors
    /// Misuse, if no device can have these suites.
    ///
    /// ```
    /// # use countersign::{Settings, field::{Keyring, LongTermSecret, RootKey}};
    /// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// let (login, signature) = ("OCRA-1:HOTP-SHA1-6:QN08".parse()?, "OCRA-1:HOTP-SHA256-8:QH64".parse()?);
    /// let settings = Settings::new("shop", keyring)?.with_ocra(login, signature)?;
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn with_ocra(self, login: OcraSuite, signature: OcraSuite) -> Result<Self, Error> {
        self.with_ocra_kinds([login, signature].map(one_way))
    }

    /// Sets the suites by which the host answers, for devices that ask it first: those that log in, and those that sign.
    ///
    /// Call it after [`with_ocra`](Self::with_ocra), which sets the suites by which the customers answer. None means that
    /// such devices do not ask.
    ///
    /// # Errors
    /// Misuse, if no device can have these suites.
    ///
    /// ```
    /// # use countersign::{Settings, field::{Keyring, LongTermSecret, RootKey}};
    /// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// let settings = Settings::new("shop", keyring)?
    ///     .with_ocra("OCRA-1:HOTP-SHA256-6:QN08".parse()?, "OCRA-1:HOTP-SHA256-8:QH64".parse()?)?
    ///     .with_mutual_ocra(Some("OCRA-1:HOTP-SHA256-8:QN08".parse()?), None)?;
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn with_mutual_ocra(
        self,
        login: Option<OcraSuite>,
        signature: Option<OcraSuite>,
    ) -> Result<Self, Error> {
        let [mut logs_in, mut signs] = self.inner.ocra_kinds.clone();
        (logs_in.host, signs.host) = (login, signature);
        self.with_ocra_kinds([logs_in, signs])
    }

    fn with_ocra_kinds(mut self, kinds: [OcraKind; 2]) -> Result<Self, Error> {
        let inner = Arc::make_mut(&mut self.inner);
        inner.ocra_kinds = kinds;
        inner.has_ocra = true;
        // A device of each kind is made, which shows whether the suites fit.
        for signs in [false, true] {
            drop(self.ocra_kind(signs).drawn(signs, &mut System)?);
        }
        Ok(self)
    }

    /// Accepts factors that an attacker guesses more often than once in 50,000 locks, or once in a hundred years.
    ///
    /// Without this call, enrolment refuses such an authenticator. See
    /// [`Limits::guess_chance`](crate::limits::Limits::guess_chance).
    #[must_use]
    pub fn accepting_worse_guess_chance(mut self) -> Self {
        Arc::make_mut(&mut self.inner).accepts_guessing = true;
        self
    }

    /// Sets how many codes go to one destination, or to one block of telephone numbers. [`QuotaScope`] has the defaults.
    ///
    /// ```
    /// # use core::time::Duration;
    /// # use countersign::{Settings, field::{Keyring, LongTermSecret, RootKey}, limits::{Quota, QuotaScope}};
    /// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// let block = Quota::new(500, Duration::from_secs(3_600))?.with_alarm(100)?;
    /// let settings = Settings::new("shop", keyring)?.with_quota(QuotaScope::Block, block);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn with_quota(mut self, scope: QuotaScope, quota: Quota) -> Self {
        let inner = Arc::make_mut(&mut self.inner);
        match scope {
            QuotaScope::Destination => inner.destination_quota = quota,
            QuotaScope::Block => inner.block_quota = quota,
        }
        self
    }

    /// Sets what customers usually have enrolled, so that unknown names seem to have the same. Every host should set it.
    ///
    /// Each unknown name draws its own enrolment from this and from the long-term secret of the keyring: the same in every
    /// process, and after every restart. Its status, decisions, prompts and challenges follow. By default, unknown names
    /// have an app and a telephone, and questions if there is a catalogue.
    ///
    /// A change of these settings draws other enrolments. For a name that callers tried lately, it takes effect when the
    /// lifetime of its record is over.
    ///
    /// Call this after [`with_catalogue`](Self::with_catalogue), [`with_memorable_words`](Self::with_memorable_words) and
    /// [`with_ocra`](Self::with_ocra).
    ///
    /// # Errors
    /// Misuse, if the shares of the profiles do not sum to 100. Misuse, if questions, memorable words or OCRA devices are
    /// named before the settings have them.
    ///
    /// ```
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey};
    /// use countersign::{Channel, Context, Factor, Interaction, Settings, Subject, Timestamp, Verifier, account::TypicalEnrolment};
    /// use countersign::store::memory::MemoryStore;
    /// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// let passwords = TypicalEnrolment::new().with_profile(100, &[Factor::Password])?;
    /// let settings = Settings::new("shop", keyring)?.with_typical_enrolment(passwords)?;
    /// let verifier = Verifier::new(MemoryStore::new(), settings);
    ///
    /// // As a customer of this shop, a name that nobody has can be asked for a password, and for nothing else.
    /// let ctx = Context::begin(Channel::Device)?;
    /// let status = verifier.status(&Subject::new("shop", "nobody@example.com")?, &ctx)?;
    /// assert!(status.is_enrolled(Factor::Password) && !status.is_enrolled(Factor::Totp));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn with_typical_enrolment(mut self, typical: TypicalEnrolment) -> Result<Self, Error> {
        typical.expect_whole()?;
        for (item, is_there, rule) in [
            (
                Factor::Questions,
                self.inner.catalogue.is_some(),
                "must not name `questions` without a catalogue: call `Settings::with_catalogue` before",
            ),
            (
                Factor::Word,
                self.inner.words.is_some(),
                "must not name `memorable_word` without a key for words: call `Settings::with_memorable_words` before",
            ),
            (
                Factor::Ocra,
                self.inner.has_ocra,
                "must not name `ocra` without the kind of device: call `Settings::with_ocra` before",
            ),
        ] {
            if typical.names(item) && !is_there {
                return Err(Error::misuse(typical::WHAT, rule));
            }
        }
        Arc::make_mut(&mut self.inner).typical = Some(typical);
        Ok(self)
    }

    /// Sets how many records of unknown subjects a process keeps in the store. The default is 100,000, about 100 MB.
    ///
    /// A caller who asks for many names fills the store up to this limit. Above it, and above 600 new names in a minute, an
    /// unknown name is denied without a record. It then never locks, so persistent callers can tell it from a customer.
    ///
    /// Each process counts the records that it stored, from its start on. Ten processes store up to ten times this many,
    /// and more after restarts. A record counts for 30 days after its last step. Then [`Verifier::purge`](crate::Verifier::purge)
    /// drops it.
    ///
    /// # Errors
    /// Misuse, if the limit is zero.
    pub fn with_decoy_limit(mut self, limit: u32) -> Result<Self, Error> {
        if limit == 0 {
            let rule = "must be 1 or more: locks would tell which names are unknown";
            return Err(Error::misuse("decoy limit", rule));
        }
        Arc::make_mut(&mut self.inner).decoy_limit = limit;
        Ok(self)
    }

    /// Returns the pool that gives permits for computations of Argon2id.
    #[must_use]
    pub fn hash_pool(&self) -> &HashPool {
        &self.inner.stretch
    }

    /// Returns how long a check may wait for a permit. The time-out of a request has to be longer.
    #[must_use]
    pub fn permit_wait(&self) -> Duration {
        self.inner.permit_wait
    }

    /// Returns the keys of the host, to enrol answers, passwords and PINs. A hash under other keys matches nothing here.
    #[must_use]
    pub fn keyring(&self) -> &Keyring {
        &self.inner.keyring
    }

    /// Returns the keyed hash of an interaction's id. [Events](crate::audit::Event) name the interaction by it.
    ///
    /// ```
    /// # use countersign::{Settings, field::{Keyring, LongTermSecret, RootKey}};
    /// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// use countersign::{Channel, Context};
    /// let settings = Settings::new("bank", keyring)?;
    /// let call = Context::begin(Channel::Agent)?;
    /// // Keep this beside the customer's id, to find the call's events.
    /// let name = settings.interaction_hash(call.interaction());
    /// assert_ne!(name, call.interaction().to_bytes());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn interaction_hash(&self, interaction: Interaction) -> [u8; 16] {
        self.inner.interactions.hash(interaction)
    }

    /// Returns the keyed hash of an agent's name. [Events](crate::audit::Event) of changes that wait name agents by it.
    ///
    /// Keep it beside the person, as you keep the hash of an interaction: the trail names nobody.
    #[must_use]
    pub fn agent_hash(&self, agent: &Agent) -> [u8; 16] {
        self.inner.interactions.hash_agent(agent)
    }

    /// Returns the catalogue of questions, or says which setting is missing.
    pub(crate) fn expect_catalogue(&self) -> Result<&Catalogue, Error> {
        self.catalogue().ok_or_else(|| {
            let rule = "must be in the settings first: see `Settings::with_catalogue`";
            Error::misuse("questions", rule).of(ErrorKind::MissingSetting)
        })
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

    pub(crate) fn realm(&self) -> &str {
        &self.inner.realm
    }

    pub(crate) fn quota(&self, scope: QuotaScope) -> Quota {
        match scope {
            QuotaScope::Destination => self.inner.destination_quota,
            QuotaScope::Block => self.inner.block_quota,
        }
    }

    /// Draws what an unknown subject has enrolled.
    pub(super) fn drawn_enrolment(&self, unknown: &Subject) -> Result<Vec<Factor>, Error> {
        match &self.inner.typical {
            Some(typical) => typical.draw(self.decoys(), unknown),
            None => {
                let questions = self.inner.catalogue.is_some();
                TypicalEnrolment::by_default(questions).draw(self.decoys(), unknown)
            }
        }
    }

    /// Draws the imported hash of an unknown subject, if it seems to have one.
    pub(super) fn drawn_import(&self, unknown: &Subject) -> Result<Option<PasswordHash>, Error> {
        match &self.inner.typical {
            Some(typical) => typical.draw_imported(self.decoys(), unknown),
            None => Ok(None),
        }
    }

    pub(crate) fn decoy_limit(&self) -> u32 {
        self.inner.decoy_limit
    }

    pub(crate) fn decoys(&self) -> &MacKey {
        &self.inner.decoys
    }

    /// Returns the limits that a budget is counted by.
    pub(crate) fn limits_of(&self, budget: Budget) -> Limits {
        budget.limits(&self.inner.limits)
    }

    pub(crate) fn catalogue(&self) -> Option<&Catalogue> {
        self.inner.catalogue.as_ref()
    }

    pub(crate) fn word_key(&self) -> Option<&WordKey> {
        self.inner.words.as_ref()
    }

    pub(crate) fn accepts_guessing(&self) -> bool {
        self.inner.accepts_guessing
    }

    pub(crate) fn ocra_kind(&self, signs: bool) -> &OcraKind {
        let [login, signature] = &self.inner.ocra_kinds;
        if signs { signature } else { login }
    }

    pub(crate) fn stand_in_app(&self) -> &Totp {
        &self.inner.stand_in_app
    }

    pub(crate) fn stand_in_token(&self) -> &Hotp {
        &self.inner.stand_in_token
    }
}

const fn one_way(customer: OcraSuite) -> OcraKind {
    OcraKind {
        customer,
        host: None,
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
