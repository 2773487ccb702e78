//! The hash of a PIN.

use core::fmt;

use minicbor::{Decode, Decoder, Encode, decode};

use super::pin::{Pin, PinRules};
use super::stored::Stored;
use crate::error::Error;
use crate::field::{DerivedKey, Keyring};
use crate::hashing::{Cost, HashPermit};
use crate::random::Draw;
use crate::transition::{Transition, Verdict};

/// The hash of a PIN: a PHC string as of a [`PasswordHash`](crate::password::PasswordHash), always with a pepper.
///
/// The pepper protects it. With the pepper and the hash, a million computations find six digits. Count the tries:
/// [`Pin::MOST_FAILURES`].
///
/// ```
/// use countersign::field::{Keyring, LongTermSecret, RootKey};
/// use countersign::{hashing::{Cost, HashPool}, password::{Pin, PinHash, PinRules}, transition::{CommitResult, Saved, Verdict}};
///
/// let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
/// let pool = HashPool::new(Cost::default(), 2)?;
/// let Some(mut permit) = pool.permit() else { return Ok(()) /* busy: ask to come again */ };
///
/// let chosen = Pin::typed("802194");
/// let hash = PinHash::enrol(&chosen, &PinRules::new(), &keyring, pool.cost(), &mut permit)?;
/// let column = hash.phc().to_owned();
///
/// let hash = PinHash::parse(&column)?;
/// let step = hash.check(&Pin::typed("80-21-94"), &keyring, pool.cost(), &mut permit)?;
/// let result = step.commit(|_| Saved::<()>::Stored);
/// assert!(matches!(result, Ok(CommitResult::Stored(Verdict::Accepted))));
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone, Encode)]
#[cbor(transparent)]
pub struct PinHash(#[n(0)] Stored);

impl PinHash {
    /// Hashes a new PIN, if the rules accept it. [`PinRules::check`] returns the reason for the customer, without a permit.
    ///
    /// # Errors
    /// Misuse, if the rules refuse the PIN, if the cost is out of range, or if the keyring has no pepper. Store, if the system
    /// gives no randomness or no memory.
    pub fn enrol(
        pin: &Pin,
        rules: &PinRules<'_>,
        keyring: &Keyring,
        cost: Cost,
        permit: &mut HashPermit,
    ) -> Result<Self, Error> {
        Stored::enrolled(&rules.accepted(pin)?, keyring, cost, permit).map(Self)
    }

    /// Makes a hash that no PIN matches, for a subject that has none or does not exist.
    ///
    /// # Errors
    /// Misuse, if the cost is out of range or the keyring has no pepper. Store, if the system gives no randomness.
    pub fn decoy(keyring: &Keyring, cost: Cost) -> Result<Self, Error> {
        Stored::decoy(keyring, cost).map(Self)
    }

    /// Draws such a hash.
    pub(crate) fn drawn(
        pepper: &DerivedKey,
        cost: Cost,
        draw: &mut impl Draw,
    ) -> Result<Self, Error> {
        Stored::drawn(cost, Some(pepper), draw).map(Self)
    }

    /// Reads the PHC string of [`phc`](Self::phc).
    ///
    /// # Errors
    /// Corrupt, if it is not a hash with a pepper, of an allowed cost.
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

    /// Returns the PHC string, for the database.
    #[must_use]
    pub fn phc(&self) -> &str {
        self.0.phc()
    }

    /// Returns cost and generation of the pepper.
    pub(crate) fn made_with(&self) -> (Cost, Option<u32>) {
        self.0.made_with()
    }

    /// Checks a PIN: accepted or wrong, in one computation whatever is wrong with it. If it is right and this hash is outdated,
    /// the next state is a present one.
    ///
    /// # Errors
    /// Corrupt, if the keyring does not have the pepper. Misuse, if the cost is out of range. Store, if the system gives no
    /// randomness or no memory.
    pub fn check(
        &self,
        pin: &Pin,
        keyring: &Keyring,
        cost: Cost,
        permit: &mut HashPermit,
    ) -> Result<Transition<Verdict, Self>, Error> {
        let text = pin.text();
        let texts: Vec<&[u8]> = text.iter().map(|text| text.as_slice()).collect();
        let present = texts.first().copied();
        let step = self.0.check(&texts, present, keyring, cost, permit)?;
        Ok(step.map_state(Self))
    }

    /// Returns whether a right PIN will replace this hash: it has another cost, or an old pepper.
    ///
    /// # Errors
    /// Misuse, if the keyring has no pepper.
    pub fn needs_rehash(&self, keyring: &Keyring, cost: Cost) -> Result<bool, Error> {
        Ok(!self.0.is_current(keyring, cost)?)
    }

    /// Checks that the keyring has the pepper. Call it before a try is charged: a wrong key is not the caller's guess.
    ///
    /// # Errors
    /// Corrupt, if it has not.
    pub fn expect_pepper(&self, keyring: &Keyring) -> Result<(), Error> {
        self.0.pepper(keyring).map(drop)
    }
}

impl fmt::Debug for PinHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PinHash({:?})", self.0)
    }
}

impl<'b, C> Decode<'b, C> for PinHash {
    fn decode(d: &mut Decoder<'b>, _ctx: &mut C) -> Result<Self, decode::Error> {
        Self::understood(d.str()?).map_err(decode::Error::message)
    }
}
