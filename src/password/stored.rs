//! The hash of a password or PIN, over the bytes to hash: its PHC string, and its checks.

use core::fmt;

use minicbor::{Decode, Decoder, decode};
use phc::{Ident, Output, ParamsString, PasswordHash, Salt};
use zeroize::Zeroizing;

use crate::canonical::characters::is_invisible;
use crate::cbor::encode_by;
use crate::compare::ct_eq;
use crate::derivation::PEPPER;
use crate::error::Error;
use crate::field::{DerivedKey, Keyring};
use crate::hashing::{Cost, HashPermit, HashPool};
use crate::random::{Draw, System};
use crate::transition::{Transition, Verdict};

/// A PHC string that was read: `$argon2id$v=19$m=19456,t=2,p=1,keyid=<pepper>$<salt>$<tag>`.
///
/// The `keyid` names the pepper by its generation and its check value, four bytes each. A hash without `keyid` has no pepper.
#[derive(Clone)]
pub(super) struct Stored {
    text: String,
    cost: Cost,
    pepper: Option<Pepper>,
    salt: Salt,
    tag: Output,
}

/// The name of a pepper.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Pepper {
    generation: u32,
    /// Reveals a wrong pepper, which would make every password wrong.
    check_value: u32,
}

/// The only algorithm (decision D7), and its version 1.3.
const ALGORITHM: &str = "argon2id";
const VERSION: u32 = 19;
/// Longer than a PHC string with all its parts as long as they may be (204).
const MOST_TEXT: usize = 256;
/// A tag of others that is shorter is too easily met by chance.
const SHORTEST_TAG: usize = 16;

impl Stored {
    /// Hashes a text with the present pepper.
    pub(super) fn enrolled(
        text: &[u8],
        keyring: &Keyring,
        cost: Cost,
        permit: &mut HashPermit,
    ) -> Result<Self, Error> {
        let pepper = keyring.long_term_key(PEPPER)?;
        Self::made(text, cost, Some(&pepper), permit)
    }

    /// Hashes a text.
    pub(super) fn made(
        text: &[u8],
        cost: Cost,
        pepper: Option<&DerivedKey>,
        permit: &mut HashPermit,
    ) -> Result<Self, Error> {
        let drawn = Self::drawn(cost, pepper, &mut System)?;
        let mut tag = Zeroizing::new([0_u8; HashPool::TAG]);
        drawn.stretch(pepper, text, permit, tag.as_mut_slice())?;
        drawn.with_tag(tag.as_slice())
    }

    /// Draws a hash that no text has, with the present pepper.
    pub(super) fn decoy(keyring: &Keyring, cost: Cost) -> Result<Self, Error> {
        Self::drawn(cost, Some(&keyring.long_term_key(PEPPER)?), &mut System)
    }

    /// Draws salt and tag, so that no text has this hash.
    pub(super) fn drawn(
        cost: Cost,
        pepper: Option<&DerivedKey>,
        draw: &mut impl Draw,
    ) -> Result<Self, Error> {
        cost.expect_allowed()?;
        let (mut salt, mut tag) = ([0_u8; HashPool::SALT], [0_u8; HashPool::TAG]);
        draw.fill(&mut salt)?;
        draw.fill(&mut tag)?;
        let pepper = pepper.map(|key| Pepper {
            generation: key.number(),
            check_value: key.check_value(),
        });
        Self::new(cost, pepper, &salt, &tag).map_err(|_| unwritable())
    }

    /// Reads a PHC string of any cost that can be computed.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        if text.len() > MOST_TEXT {
            return Err("it is longer than any");
        }
        let is_around =
            |letter: char| letter == '\0' || letter.is_whitespace() || is_invisible(letter);
        if text.starts_with(is_around) {
            return Err("a blank, a line end or a mark stands before it: cut that off");
        }
        if text.ends_with(is_around) {
            return Err("a line end, a blank or a NUL stands behind it: cut that off");
        }
        let parts = PasswordHash::new(text).map_err(|_| "it is no PHC string")?;
        if parts.algorithm.as_str() != ALGORITHM {
            return Err("it is not of Argon2id");
        }
        if parts.version != Some(VERSION) {
            return Err("it is not of version 19");
        }
        let number = |name| {
            parts
                .params
                .get_decimal(name)
                .ok_or("a parameter of its cost is missing, or no number")
        };
        let cost = Cost::bearable(number("m")?, number("t")?, number("p")?)
            .ok_or("its cost is out of range")?;
        let pepper = match parts.params.get("keyid") {
            Some(keyid) => Some(Pepper::from_keyid(keyid).ok_or("its keyid is of another kind")?),
            None => None,
        };
        let (salt, tag) = parts
            .salt
            .zip(parts.hash)
            .ok_or("its salt or its tag is missing")?;
        if salt.len() < Salt::MIN_LENGTH || tag.len() < SHORTEST_TAG {
            return Err("its salt or its tag is too short");
        }
        let stored = Self::new(cost, pepper, &salt, tag.as_bytes())
            .map_err(|_| "its salt or its tag is out of range")?;
        // One spelling only, in any order: no parameter is doubled or unknown.
        if in_order(&stored.text) != in_order(text) {
            return Err(
                "it has other parameters, or another spelling, than m, t, p and keyid, each once",
            );
        }
        Ok(stored)
    }

    fn new(cost: Cost, pepper: Option<Pepper>, salt: &[u8], tag: &[u8]) -> phc::Result<Self> {
        let (salt, tag) = (Salt::new(salt)?, Output::new(tag)?);
        let mut params = ParamsString::new();
        params.add_decimal("m", cost.memory_kib())?;
        params.add_decimal("t", cost.passes())?;
        params.add_decimal("p", cost.lanes())?;
        if let Some(pepper) = pepper {
            params.add_b64_bytes("keyid", &pepper.keyid())?;
        }
        let parts = PasswordHash {
            algorithm: Ident::new(ALGORITHM)?,
            version: Some(VERSION),
            params,
            salt: Some(salt),
            hash: Some(tag),
        };
        Ok(Self {
            text: parts.to_string(),
            cost,
            pepper,
            salt,
            tag,
        })
    }

    fn with_tag(&self, tag: &[u8]) -> Result<Self, Error> {
        Self::new(self.cost, self.pepper, &self.salt, tag).map_err(|_| unwritable())
    }

    pub(super) fn phc(&self) -> &str {
        &self.text
    }

    pub(super) const fn cost(&self) -> Cost {
        self.cost
    }

    /// Returns cost and generation of the pepper.
    pub(super) fn made_with(&self) -> (Cost, Option<u32>) {
        (self.cost, self.pepper.map(|pepper| pepper.generation))
    }

    pub(super) const fn is_peppered(&self) -> bool {
        self.pepper.is_some()
    }

    /// Returns the pepper of this hash, if it has one.
    pub(super) fn pepper(&self, keyring: &Keyring) -> Result<Option<DerivedKey>, Error> {
        self.pepper
            .map(|pepper| {
                keyring.checked_long_term_key(PEPPER, pepper.generation, pepper.check_value)
            })
            .transpose()
    }

    /// Checks texts: accepted if one of them has this hash. If this hash is outdated, the next state is a present one of `present`,
    /// the text in its present form.
    ///
    /// Each text takes one computation, whatever is wrong. If there is none, nothing is hashed in its place.
    pub(super) fn check(
        &self,
        texts: &[&[u8]],
        present: Option<&[u8]>,
        keyring: &Keyring,
        cost: Cost,
        permit: &mut HashPermit,
    ) -> Result<Transition<Verdict, Self>, Error> {
        let pepper = self.pepper(keyring)?;
        let mut right = false;
        for text in computed(texts) {
            right |= self.matches(pepper.as_ref(), text, permit)?;
        }
        // The stand-in for a missing text is never right, even if somebody stored its hash.
        if !right || texts.is_empty() {
            return Ok(Transition::unchanged(Verdict::Wrong));
        }
        let next = match present {
            Some(text) if !self.is_current(keyring, cost)? => {
                Some(Self::enrolled(text, keyring, cost, permit)?)
            }
            _ => None,
        };
        Ok(Transition::accepted(next))
    }

    /// Whether a text has this hash.
    fn matches(
        &self,
        pepper: Option<&DerivedKey>,
        text: &[u8],
        permit: &mut HashPermit,
    ) -> Result<bool, Error> {
        let mut tag = Zeroizing::new([0_u8; Output::MAX_LENGTH]);
        let tag = tag.get_mut(..self.tag.len()).unwrap_or_default();
        self.stretch(pepper, text, permit, tag)?;
        Ok(ct_eq(tag, self.tag.as_bytes()))
    }

    /// Whether a new hash would have the same parameters.
    pub(super) fn is_current(&self, keyring: &Keyring, cost: Cost) -> Result<bool, Error> {
        let present = keyring.long_term_key(PEPPER)?;
        let same_pepper = self
            .pepper
            .is_some_and(|pepper| pepper.generation == present.number());
        Ok(same_pepper
            && self.cost == cost
            && self.salt.len() == HashPool::SALT
            && self.tag.len() == HashPool::TAG)
    }

    fn stretch(
        &self,
        pepper: Option<&DerivedKey>,
        text: &[u8],
        permit: &mut HashPermit,
        tag: &mut [u8],
    ) -> Result<(), Error> {
        let pepper = pepper.map(DerivedKey::expose_bytes);
        permit.hash_into(self.cost, pepper, &self.salt, text, tag)
    }
}

impl Pepper {
    fn keyid(self) -> [u8; 8] {
        let (high, low) = (u64::from(self.generation), u64::from(self.check_value));
        ((high << 32) | low).to_be_bytes()
    }

    fn from_keyid(value: phc::Value<'_>) -> Option<Self> {
        let mut bytes = [0_u8; 8];
        let both = u64::from_be_bytes(value.b64_decode(&mut bytes).ok()?.try_into().ok()?);
        Some(Self {
            generation: u32::try_from(both >> 32).ok()?,
            check_value: u32::try_from(both & u64::from(u32::MAX)).ok()?,
        })
    }
}

// The PHC string.
encode_by!(Stored, |this, e| e.str(&this.text)?.ok());

impl<'b, C> Decode<'b, C> for Stored {
    fn decode(d: &mut Decoder<'b>, _ctx: &mut C) -> Result<Self, decode::Error> {
        Self::parse(d.str()?).map_err(decode::Error::message)
    }
}

/// Cost and pepper, without salt and tag.
impl fmt::Debug for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} KiB, {} passes, {} lanes, ",
            self.cost.memory_kib(),
            self.cost.passes(),
            self.cost.lanes()
        )?;
        match self.pepper {
            Some(pepper) => write!(f, "pepper {}", pepper.generation),
            None => f.write_str("no pepper"),
        }
    }
}

/// The texts that a check hashes: these, or nothing in their place.
pub(super) const fn computed<'a>(texts: &'a [&'a [u8]]) -> &'a [&'a [u8]] {
    if texts.is_empty() { &[b""] } else { texts }
}

/// The fields of a PHC string, with sorted parameters.
fn in_order(text: &str) -> Vec<Vec<&str>> {
    text.split('$')
        .map(|field| {
            let mut parts: Vec<&str> = field.split(',').collect();
            parts.sort_unstable();
            parts
        })
        .collect()
}

fn unwritable() -> Error {
    Error::misuse("password hash", "cannot be written as a PHC string")
}
