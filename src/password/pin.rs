//! PINs: short secrets of digits, keyed in on a telephone.

use core::fmt;

use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};
use zeroize::Zeroizing;

use super::rejection::Rejection;
use super::rules::Blocked;
use super::stored::Stored;
use crate::canonical::text::letters;
use crate::code::Code;
use crate::error::Error;
use crate::field::{DerivedKey, Keyring, PEPPER};
use crate::hashing::{Cost, HashPermit};
use crate::random::{Draw, System};
use crate::transition::{Transition, Verdict};

/// A PIN that somebody keyed in or typed.
///
/// Four to ten digits, of any script. Blanks, unseen marks, and dashes between digits are ignored as in a [`Code`].
/// Typing cannot fail: anything else matches nothing at a check, and is refused for a new PIN. `Debug` shows none of it, and
/// it is wiped when dropped.
///
/// ```
/// use countersign::password::Pin;
/// assert_eq!(format!("{:?}", Pin::typed("80 21 94")), "Pin(..)");
/// ```
#[derive(Clone)]
pub struct Pin(Code);

impl Pin {
    /// SP 800-63B-4 3.2.10: the shortest PIN there may be.
    pub const LEAST_DIGITS: usize = 4;
    /// SP 800-63B-4 3.2.10: the shortest PIN there should be, and the default.
    pub const DEFAULT_DIGITS: usize = 6;
    /// SP 800-63B-4 3.2.10: after so many wrong tries in a row a PIN must be disabled, and bound anew. For
    /// [`Limits::new`](crate::limits::Limits::new), as `disable_after`.
    pub const MOST_FAILURES: u8 = 10;
    /// What is stretched begins with this, which no password's form holds: a PIN's hash is none of a password.
    const DOMAIN: &[u8] = b"PIN\0";

    /// What was typed.
    ///
    /// ```
    /// let pin = countersign::password::Pin::typed("802194#");
    /// assert_eq!(format!("{pin:?}"), "Pin(..)");
    /// ```
    #[must_use]
    pub fn typed(text: &str) -> Self {
        Self(Code::typed(text))
    }

    fn digits(&self) -> &[u8] {
        self.0.digits()
    }

    /// What is stretched.
    fn bound(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new([Self::DOMAIN, self.digits()].concat())
    }

    fn is_possible(&self) -> bool {
        self.digits().len() >= Self::LEAST_DIGITS
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin(..)")
    }
}

/// What a new PIN must be (SP 800-63B-4 3.2.10, 3.1.1.2): long enough, on no block list, and no number of the subject's.
///
/// One digit over and over (`111111`) and runs (`123456`, `654321`) are always blocked.
///
/// ```
/// use countersign::password::{Pin, PinRules, Rejection};
/// let rules = PinRules::new().with_blocklist(|pin| pin == "112233").with_context_word("28.03.1970");
/// let why = |text| rules.accept(&Pin::typed(text)).map(|_| ()).unwrap_err();
/// assert_eq!(why("8021"), Rejection::TooShort { at_least: 6 });
/// assert_eq!(why("345678"), Rejection::Blocked);
/// assert_eq!(why("112233"), Rejection::Blocked);
/// assert_eq!(why("031970"), Rejection::OfContext);
/// assert!(rules.accept(&Pin::typed("802194")).is_ok());
/// ```
pub struct PinRules<'a> {
    at_least: usize,
    blocked: Vec<Blocked<'a>>,
    about: Vec<Zeroizing<String>>,
}

impl<'a> PinRules<'a> {
    /// Six digits, and no list yet.
    ///
    /// ```
    /// # use countersign::password::{Pin, PinRules};
    /// assert!(PinRules::new().accept(&Pin::typed("802194")).is_ok());
    /// ```
    #[must_use]
    pub const fn new() -> Self {
        Self {
            at_least: Pin::DEFAULT_DIGITS,
            blocked: Vec::new(),
            about: Vec::new(),
        }
    }

    /// The same with PINs of so many digits or more: 4 to 10. With four, one guess in 2,000 is right before the first lock of five
    /// wrong tries.
    ///
    /// # Errors
    /// Misuse, for less than 4 or more than 10.
    ///
    /// ```
    /// # use countersign::password::{Pin, PinRules};
    /// assert!(PinRules::new().at_least(4)?.accept(&Pin::typed("8021")).is_ok());
    /// assert!(PinRules::new().at_least(3).is_err());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn at_least(mut self, digits: usize) -> Result<Self, Error> {
        if !(Pin::LEAST_DIGITS..=Code::MAX_DIGITS).contains(&digits) {
            return Err(Error::misuse("digits of a PIN", "must be 4 to 10"));
        }
        self.at_least = digits;
        Ok(self)
    }

    /// The same with one more block list, which is asked about a whole PIN.
    ///
    /// ```
    /// # use countersign::password::{Pin, PinRules, Rejection};
    /// let rules = PinRules::new().with_blocklist(|pin| ["121212", "159753"].contains(&pin));
    /// assert_eq!(rules.accept(&Pin::typed("159 753")).unwrap_err(), Rejection::Blocked);
    /// ```
    #[must_use]
    pub fn with_blocklist(mut self, list: impl Fn(&str) -> bool + Send + Sync + 'a) -> Self {
        self.blocked.push(Box::new(list));
        self
    }

    /// The same with something of the subject's: a date of birth, a telephone number, a customer number. A PIN that occurs in
    /// its digits is refused.
    ///
    /// Digits of every script and style count (`٢٨`, `２８`, `२८`, `②⑧`). Everything else is left out. A word of fewer than
    /// four digits can refuse no PIN, so it is not kept, and `Debug` does not count it.
    ///
    /// ```
    /// # use countersign::password::{Pin, PinRules, Rejection};
    /// let rules = PinRules::new().with_context_word("+49 30 901820");
    /// assert_eq!(rules.accept(&Pin::typed("901820")).unwrap_err(), Rejection::OfContext);
    /// ```
    #[must_use]
    pub fn with_context_word(mut self, word: &str) -> Self {
        let mut digits = letters(word);
        digits.retain(|letter| letter.is_ascii_digit());
        if digits.len() >= Pin::LEAST_DIGITS {
            self.about.push(digits);
        }
        self
    }

    /// The PIN as one that may be enrolled.
    ///
    /// # Errors
    /// The reason why it is not.
    ///
    /// ```
    /// # use countersign::password::{Pin, PinRules, Rejection};
    /// assert_eq!(PinRules::new().accept(&Pin::typed("secret")).unwrap_err(), Rejection::NotDigits);
    /// ```
    pub fn accept(&self, pin: &Pin) -> Result<AcceptedPin, Rejection> {
        let digits = core::str::from_utf8(pin.digits()).unwrap_or_default();
        if digits.is_empty() {
            return Err(Rejection::NotDigits);
        }
        if digits.len() < self.at_least {
            return Err(Rejection::TooShort {
                at_least: self.at_least,
            });
        }
        if is_run(pin.digits()) || self.blocked.iter().any(|list| list(digits)) {
            return Err(Rejection::Blocked);
        }
        if self.about.iter().any(|word| word.contains(digits)) {
            return Err(Rejection::OfContext);
        }
        Ok(AcceptedPin(pin.clone()))
    }
}

impl Default for PinRules<'_> {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for PinRules<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "PinRules({} digits, {} block lists, {} context words)",
            self.at_least,
            self.blocked.len(),
            self.about.len()
        )
    }
}

/// Whether each digit is above the one before by the same step of one, or none, or below.
fn is_run(digits: &[u8]) -> bool {
    let step = |pair: &[u8]| match pair {
        [a, b] => i16::from(*b).wrapping_sub(i16::from(*a)),
        _ => i16::MAX,
    };
    let first = digits.get(..2).map_or(i16::MAX, step);
    first.abs() <= 1 && digits.windows(2).all(|pair| step(pair) == first)
}

/// A PIN that [`PinRules`] let pass; nothing else can be enrolled. `Debug` shows none of it.
///
/// ```
/// use countersign::password::{AcceptedPin, Pin, PinRules, Rejection};
/// let accepted: Result<AcceptedPin, Rejection> = PinRules::new().accept(&Pin::typed("802194"));
/// assert_eq!(format!("{:?}", accepted.unwrap()), "AcceptedPin(..)");
/// ```
#[derive(Clone)]
pub struct AcceptedPin(Pin);

impl fmt::Debug for AcceptedPin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AcceptedPin(..)")
    }
}

/// What is stored of a PIN: a PHC string as for a [`PasswordHash`](crate::password::PasswordHash), and always with a pepper.
///
/// The pepper is what protects it: whoever has it and the hash needs a million computations for six digits. Count
/// the tries: [`Pin::MOST_FAILURES`].
///
/// ```
/// use countersign::field::{Keyring, LongTermSecret, RootKey};
/// use countersign::{hashing::{Cost, HashPool}, password::{Pin, PinHash, PinRules}, transition::{CommitResult, Saved, Verdict}};
///
/// let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
/// let stretch = HashPool::new(Cost::default(), 2)?;
/// let Some(mut permit) = stretch.permit() else { return Ok(()) /* busy: ask to come again */ };
///
/// let chosen = PinRules::new().accept(&Pin::typed("802194")).unwrap();
/// let verifier = PinHash::enrol(&chosen, &keyring, stretch.cost(), &mut permit)?;
/// let column = verifier.phc().to_owned();
///
/// let verifier = PinHash::parse(&column)?;
/// let step = verifier.check(&Pin::typed("80-21-94"), &keyring, stretch.cost(), &mut permit)?;
/// let told = step.commit(|_| Saved::<()>::Stored);
/// assert!(matches!(told, Ok(CommitResult::Stored(Verdict::Accepted))));
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone)]
pub struct PinHash(Stored);

impl PinHash {
    /// The verifier of a new PIN.
    ///
    /// # Errors
    /// Misuse, if the cost is out of range or the keyring has no pepper. Store, if the system gives no randomness or no
    /// memory.
    ///
    /// ```
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey};
    /// # use countersign::{hashing::{Cost, HashPool}, password::{Pin, PinHash, PinRules}};
    /// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// # let mut permit = HashPool::new(Cost::default(), 1)?.permit().expect("free");
    /// let chosen = PinRules::new().accept(&Pin::typed("802194")).unwrap();
    /// let verifier = PinHash::enrol(&chosen, &keyring, Cost::default(), &mut permit)?;
    /// assert_eq!(format!("{verifier:?}"), "PinVerifier(19456 KiB, 2 passes, 1 lanes, pepper 1)");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn enrol(
        pin: &AcceptedPin,
        keyring: &Keyring,
        cost: Cost,
        permit: &mut HashPermit,
    ) -> Result<Self, Error> {
        Self::made(&pin.0, keyring, cost, permit)
    }

    fn made(
        pin: &Pin,
        keyring: &Keyring,
        cost: Cost,
        permit: &mut HashPermit,
    ) -> Result<Self, Error> {
        let pepper = keyring.long_term_key(PEPPER)?;
        Stored::made(&pin.bound(), cost, Some(&pepper), permit).map(Self)
    }

    /// A verifier that no PIN matches, for a subject that has none or does not exist.
    ///
    /// # Errors
    /// As [`enrol`](Self::enrol).
    ///
    /// ```
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey};
    /// # use countersign::{hashing::Cost, password::PinHash};
    /// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// let nobody = PinHash::decoy(&keyring, Cost::default())?;
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn decoy(keyring: &Keyring, cost: Cost) -> Result<Self, Error> {
        Self::drawn(&keyring.long_term_key(PEPPER)?, cost, &mut System)
    }

    /// The same, as it is drawn.
    pub(crate) fn drawn(
        pepper: &DerivedKey,
        cost: Cost,
        draw: &mut impl Draw,
    ) -> Result<Self, Error> {
        Stored::drawn(cost, Some(pepper), draw).map(Self)
    }

    /// From its PHC string.
    ///
    /// # Errors
    /// Corrupt, if it is none of ours.
    ///
    /// ```
    /// let without_pepper = "$argon2id$v=19$m=65536,t=4,p=1$eWZJUVBLQ0NRSUwvTXk3eA$AM/E/eyo2B5gQqQGMfZ+Lr1R2cDKKbWbZ8ExlPiPRbk";
    /// assert!(countersign::password::PinHash::parse(without_pepper).unwrap_err().is_corrupt());
    /// ```
    pub fn parse(phc: &str) -> Result<Self, Error> {
        Self::understood(phc).map_err(|why| Error::corrupt("the PIN hash", why))
    }

    fn understood(phc: &str) -> Result<Self, &'static str> {
        let stored = Stored::parse(phc)?;
        if !stored.is_peppered() {
            return Err("it has no pepper");
        }
        if !stored.cost().is_allowed() {
            return Err("its cost is out of range");
        }
        Ok(Self(stored))
    }

    /// The PHC string, for the database.
    ///
    /// ```
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey};
    /// # use countersign::{hashing::Cost, password::PinHash};
    /// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// assert!(PinHash::decoy(&keyring, Cost::default())?.phc().starts_with("$argon2id$v=19$m=19456,t=2,p=1,keyid="));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub fn phc(&self) -> &str {
        self.0.phc()
    }

    /// Judges a PIN, in one computation whatever is wrong with it. If it is right and this verifier is old, the next state
    /// is a new one.
    ///
    /// # Errors
    /// Corrupt, if the keyring does not have the pepper. Misuse, if the cost is out of range. Store, if the system gives no
    /// randomness or no memory.
    ///
    /// ```
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey};
    /// # use countersign::{hashing::{Cost, HashPool}, password::{Pin, PinHash}, transition::{CommitResult, Saved, Verdict}};
    /// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// # let mut permit = HashPool::new(Cost::default(), 1)?.permit().expect("free");
    /// let nobody = PinHash::decoy(&keyring, Cost::default())?;
    /// let step = nobody.check(&Pin::typed("802194"), &keyring, Cost::default(), &mut permit)?;
    /// let told = step.commit(|_| Saved::<()>::Stored);
    /// assert!(matches!(told, Ok(CommitResult::Stored(Verdict::Wrong))));
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn check(
        &self,
        pin: &Pin,
        keyring: &Keyring,
        cost: Cost,
        permit: &mut HashPermit,
    ) -> Result<Transition<Verdict, Self>, Error> {
        if !self.judge(pin, keyring, permit)? {
            return Ok(Transition::unchanged(Verdict::Wrong));
        }
        self.renewed(pin, keyring, cost, permit)
            .map(Transition::accepted)
    }

    /// Whether the PIN is right.
    pub(crate) fn judge(
        &self,
        pin: &Pin,
        keyring: &Keyring,
        permit: &mut HashPermit,
    ) -> Result<bool, Error> {
        let pepper = self.0.pepper(keyring)?;
        let right = self.0.matches(pepper.as_ref(), &pin.bound(), permit)?;
        Ok(right & pin.is_possible())
    }

    /// The verifier to take the place of this one, after a right PIN, if this one is old.
    pub(crate) fn renewed(
        &self,
        right: &Pin,
        keyring: &Keyring,
        cost: Cost,
        permit: &mut HashPermit,
    ) -> Result<Option<Self>, Error> {
        if !self.needs_rehash(keyring, cost)? {
            return Ok(None);
        }
        Self::made(right, keyring, cost, permit).map(Some)
    }

    /// Whether a right PIN will make a new verifier: this one has another cost, or an old pepper.
    ///
    /// # Errors
    /// Misuse, if the keyring has no pepper.
    ///
    /// ```
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey};
    /// # use countersign::{hashing::Cost, password::PinHash};
    /// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// let verifier = PinHash::decoy(&keyring, Cost::default())?;
    /// assert!(!verifier.needs_rehash(&keyring, Cost::default())?);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn needs_rehash(&self, keyring: &Keyring, cost: Cost) -> Result<bool, Error> {
        Ok(!self.0.is_current(keyring, cost)?)
    }

    /// Whether the keyring has the pepper: to be asked before a try is charged, for a wrong key is not the caller's guess.
    ///
    /// # Errors
    /// Corrupt, if it has not.
    ///
    /// ```
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey};
    /// # use countersign::{hashing::Cost, password::PinHash};
    /// # let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// let verifier = PinHash::decoy(&keyring, Cost::default())?;
    /// assert!(verifier.expect_pepper(&keyring).is_ok());
    /// let other = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
    /// assert!(verifier.expect_pepper(&other).unwrap_err().is_corrupt());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn expect_pepper(&self, keyring: &Keyring) -> Result<(), Error> {
        self.0.pepper(keyring).map(drop)
    }
}

impl fmt::Debug for PinHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PinVerifier({:?})", self.0)
    }
}

/// As its PHC string.
impl<C> Encode<C> for PinHash {
    fn encode<W: encode::Write>(
        &self,
        e: &mut Encoder<W>,
        _ctx: &mut C,
    ) -> Result<(), encode::Error<W::Error>> {
        e.str(self.phc())?.ok()
    }
}

impl<'b, C> Decode<'b, C> for PinHash {
    fn decode(d: &mut Decoder<'b>, _ctx: &mut C) -> Result<Self, decode::Error> {
        Self::understood(d.str()?).map_err(decode::Error::message)
    }
}
