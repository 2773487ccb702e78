//! Recovery codes: look-up secrets (SP 800-63B-4 3.1.2), printed once and kept by the customer.
//!
//! Other systems kept them in plain text, or accepted one twice when it came twice at once (pitfall B13). Here a code is kept as a
//! keyed hash. It leaves its set in the transition that accepts it. A code has 140 random bits, so no slow hash is needed: 64 bits
//! are required (63B 4.2.1.1), and from 112 bits on a fast hash is enough (ASVS 6.5.2).
//!
//! [`Verifier::generate_recovery_codes`](crate::Verifier::generate_recovery_codes) makes a list, and a check takes one of its codes as
//! [`Attempt::Recovery`](crate::Attempt::Recovery). Codes that are sent on demand are
//! [orders](crate::delivered::CodeOrder::recover), and a weaker factor.

use core::fmt;

use minicbor::{Decode, Decoder, decode};
use ring::hmac;

use crate::cbor;
use crate::cbor::encode_by;
use crate::code::{Code, CodeShape, groups};
use crate::compare::ct_eq;
use crate::derivation::{RECOVERY_CODE, leading};
use crate::error::Error;
use crate::random::{self, Draw};
use crate::secret::{MacKey, SecretBytes, SecretText};
use crate::time::Timestamp;
use crate::transition::{Transition, Verdict};

/// Issues and checks recovery codes, under a key that hashes them.
///
/// A code is 28 symbols of Crockford's base 32 ([`Alphabet::Crockford`](crate::text::Alphabet::Crockford)) in groups of four. It
/// counts once. A new set voids the earlier one, because only the new set is stored.
///
/// Wrong tries are not counted here. Guessing 140 bits is hopeless, but SP 800-63B-4 3.2.2 requires a limit: a host that uses
/// this block alone must count them.
///
/// ```
/// use countersign::{Code, SecretBytes, Timestamp, recovery::RecoveryCodes, transition::{CommitResult, Saved, Verdict}};
/// let codes = RecoveryCodes::new(&SecretBytes::from(vec![7; 32]))?;
///
/// let mut column = None;
/// let step = codes.issue(RecoveryCodes::DEFAULT_COUNT, Timestamp::now()?)?;
/// let step = step.commit(|set| { column = Some(set.clone()); Saved::<()>::Stored });
/// let Ok(CommitResult::Stored(list)) = step else { panic!("stored") };
/// let set = column.clone().unwrap();
/// assert_eq!((set.left(), list.codes().len()), (10, 10));
///
/// let typed = Code::typed(&list.codes()[3].expose_text().to_lowercase());
/// let result = codes.check(&set, &typed).commit(|set| { column = Some(set.clone()); Saved::<()>::Stored });
/// assert!(matches!(result, Ok(CommitResult::Stored(Verdict::Accepted))));
/// assert_eq!(column.unwrap().left(), 9);
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone)]
pub struct RecoveryCodes {
    key: MacKey,
}

impl RecoveryCodes {
    /// The number of codes in a set, by default.
    pub const DEFAULT_COUNT: u8 = 10;
    /// The largest number of codes in a set.
    pub const MAX_COUNT: u8 = 16;
    /// The number of codes at which a set is to be replaced ([`RecoveryCodeHashes::needs_renewal`]).
    pub const RENEW_AT: usize = 2;
    /// The least length of a key: that of the hash's output (RFC 2104 3).
    const KEY_BYTES: usize = 32;

    /// Hashes codes under `key`: 32 random bytes that are not stored where the sets are.
    ///
    /// # Errors
    /// Misuse, if the key is shorter than 32 bytes, or all zeros.
    ///
    /// ```
    /// use countersign::{SecretBytes, recovery::RecoveryCodes};
    /// let error = RecoveryCodes::new(&SecretBytes::from(vec![7; 16])).unwrap_err();
    /// assert_eq!(error.to_string(), "recovery key: must hold 32 random bytes or more");
    /// ```
    pub fn new(key: &SecretBytes) -> Result<Self, Error> {
        let key = key.expose_bytes();
        if key.len() < Self::KEY_BYTES || key.iter().all(|byte| *byte == 0) {
            let rule = "must hold 32 random bytes or more";
            return Err(Error::misuse("recovery key", rule));
        }
        Ok(Self::keyed(MacKey::new(key)))
    }

    /// Hashes codes under a key that is ready: that of an account record.
    pub(crate) const fn keyed(key: MacKey) -> Self {
        Self { key }
    }

    /// Makes a new set of `count` codes. The list of them is known once the set is stored, and never again.
    ///
    /// # Errors
    /// Misuse, if `count` is not 1 to 16; store, if the system gives no randomness.
    ///
    /// ```
    /// use countersign::{SecretBytes, Timestamp, recovery::RecoveryCodes};
    /// let codes = RecoveryCodes::new(&SecretBytes::from(vec![7; 32]))?;
    /// let error = codes.issue(17, Timestamp::now()?).unwrap_err();
    /// assert_eq!(error.to_string(), "recovery codes: must be 1 to 16");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn issue(
        &self,
        count: u8,
        now: Timestamp,
    ) -> Result<Transition<RecoveryCodeList, RecoveryCodeHashes>, Error> {
        if !(1..=Self::MAX_COUNT).contains(&count) {
            return Err(Error::misuse("recovery codes", "must be 1 to 16"));
        }
        let mut set = RecoveryCodeHashes {
            id: random::array()?,
            created: now,
            tags: Vec::with_capacity(usize::from(count)),
        };
        let mut codes = Vec::with_capacity(usize::from(count));
        for _ in 0..count {
            let code = CodeShape::RECOVERY.draw()?;
            let tag = self.tag(&set.id, code.expose_text().as_bytes());
            set.tags.push(tag);
            codes.push(grouped(&code));
        }
        let created = now;
        Ok(Transition::to(
            set,
            RecoveryCodeList {
                created,
                counts_from: None,
                codes,
            },
        ))
    }

    /// Checks a code: accepted or wrong. An accepted code leaves the set. A wrong one changes nothing.
    ///
    /// The code is compared with all that are left, even after a match.
    pub fn check(
        &self,
        set: &RecoveryCodeHashes,
        code: &Code,
    ) -> Transition<Verdict, RecoveryCodeHashes> {
        let offered = self.tag(&set.id, CodeShape::RECOVERY.symbols_of(code));
        let mut next = set.clone();
        next.tags.retain(|tag| !ct_eq(tag, &offered));
        if next.left() == set.left() {
            Transition::unchanged(Verdict::Wrong)
        } else {
            Transition::to(next, Verdict::Accepted)
        }
    }

    /// HMAC over the set and the code, both of a fixed length. The name separates it from everything else that the key hashes.
    fn tag(&self, set: &[u8; ID_BYTES], code: &[u8]) -> Tag {
        let mut mac = hmac::Context::with_key(&self.key.ready());
        mac.update(RECOVERY_CODE.as_bytes());
        mac.update(set);
        mac.update(code);
        leading(mac.sign())
    }
}

impl fmt::Debug for RecoveryCodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCodes(..)")
    }
}

/// The stored part of a set of recovery codes: a keyed hash of each code that is left.
///
/// ```
/// # use countersign::{SecretBytes, Timestamp, recovery::{RecoveryCodeHashes, RecoveryCodes}, transition::{CommitResult, Saved}};
/// # let codes = RecoveryCodes::new(&SecretBytes::from(vec![7; 32]))?;
/// let mut column = Vec::new();
/// let issued = codes.issue(10, Timestamp::from_unix(1_800_000_000)?)?;
/// let _ = issued.commit(|set| { column = minicbor::to_vec(set).unwrap(); Saved::<()>::Stored });
/// let set: RecoveryCodeHashes = minicbor::decode(&column).unwrap();
/// assert_eq!(format!("{set:?}"), "RecoveryCodeHashes(10 left)");
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone)]
pub struct RecoveryCodeHashes {
    /// Random, so that a code belongs to no other set under the same key.
    id: [u8; ID_BYTES],
    created: Timestamp,
    tags: Vec<Tag>,
}

impl RecoveryCodeHashes {
    /// A set without codes, for a comparison where there is no set.
    pub(crate) const fn empty() -> Self {
        Self {
            id: [0; ID_BYTES],
            created: Timestamp::stored(0),
            tags: Vec::new(),
        }
    }

    /// Draws a set that no code matches.
    pub(crate) fn drawn(
        count: u8,
        created: Timestamp,
        draw: &mut impl Draw,
    ) -> Result<Self, Error> {
        let mut set = Self {
            created,
            ..Self::empty()
        };
        draw.fill(&mut set.id)?;
        for _ in 0..count {
            let mut tag = [0; TAG_BYTES];
            draw.fill(&mut tag)?;
            set.tags.push(tag);
        }
        Ok(set)
    }

    /// Returns how many codes are left.
    #[must_use]
    pub fn left(&self) -> usize {
        self.tags.len()
    }

    /// Returns whether to offer a new set: two codes or fewer are left.
    #[must_use]
    pub fn needs_renewal(&self) -> bool {
        self.left() <= RecoveryCodes::RENEW_AT
    }

    /// Returns when the set was made. Compare it with the date on a printed list to see whether that list still counts.
    #[must_use]
    pub const fn created(&self) -> Timestamp {
        self.created
    }
}

impl fmt::Debug for RecoveryCodeHashes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecoveryCodeHashes({} left)", self.left())
    }
}

// `[id, created, tags]`, the tags one after another.
encode_by!(RecoveryCodeHashes, |this, encoder| {
    encoder
        .array(3)?
        .bytes(&this.id)?
        .u64(this.created.unix())?
        .bytes(this.tags.as_flattened())?
        .ok()
});

/// Refuses bytes that no set has.
impl<'b, C> Decode<'b, C> for RecoveryCodeHashes {
    fn decode(decoder: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        let start = decoder.position();
        let refused = |rule| decode::Error::message(rule).at(start);
        if decoder.array()? != Some(3) {
            return Err(refused("recovery codes: must be an array of three"));
        }
        let id = cbor::fixed(decoder)?;
        let created = i64::try_from(decoder.u64()?)
            .ok()
            .and_then(|seconds| Timestamp::from_unix(seconds).ok())
            .ok_or_else(|| refused("recovery codes: issued after the year 9999"))?;
        let (tags, rest) = decoder.bytes()?.as_chunks();
        if !rest.is_empty() || tags.len() > usize::from(RecoveryCodes::MAX_COUNT) {
            return Err(refused("recovery codes: not 16 tags at most"));
        }
        Ok(Self {
            id,
            created,
            tags: tags.to_vec(),
        })
    }
}

/// The form on paper: `7K2M-9QRT-..`.
fn grouped(code: &SecretText) -> SecretText {
    let groups: Vec<&str> = groups(code.expose_text()).collect();
    SecretText::from(groups.join("-"))
}

const ID_BYTES: usize = 8;
/// Half of HMAC-SHA-256 (RFC 2104 5).
const TAG_BYTES: usize = 16;
type Tag = [u8; TAG_BYTES];

/// A list of recovery codes, to be printed and then forgotten. Only hashes are stored.
///
/// ```
/// fn print(list: &countersign::recovery::RecoveryCodeList) {
///     for code in list.codes() {
///         println!("{}", code.expose_text());
///     }
/// }
/// ```
pub struct RecoveryCodeList {
    created: Timestamp,
    counts_from: Option<Timestamp>,
    codes: Vec<SecretText>,
}

impl RecoveryCodeList {
    /// Returns the codes, in groups of four symbols: `7K2M-9QRT-..`.
    #[must_use]
    pub fn codes(&self) -> &[SecretText] {
        &self.codes
    }

    /// Returns when the list was made. Print it: the newest list counts.
    #[must_use]
    pub const fn created(&self) -> Timestamp {
        self.created
    }

    /// Returns when the codes begin to count, if the policy lets them wait. An earlier list counts until then. Send the warnings of
    /// [`Verifier::pending`](crate::Verifier::pending).
    #[must_use]
    pub const fn counts_from(&self) -> Option<Timestamp> {
        self.counts_from
    }

    /// Returns this list, which counts from then on.
    pub(crate) fn counting_from(self, counts_from: Timestamp) -> Self {
        Self {
            counts_from: Some(counts_from),
            ..self
        }
    }
}

impl fmt::Debug for RecoveryCodeList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecoveryCodeList({} codes)", self.codes.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes() -> RecoveryCodes {
        RecoveryCodes::keyed(MacKey::new(&[7; 32]))
    }

    #[test]
    fn b02_a_code_of_another_shape_hashes_to_no_stored_tag() {
        // All that is no recovery code hashes as nothing; no set may hold that hash.
        let now = Timestamp::from_unix(0).unwrap();
        let (set, _) = codes().issue(16, now).unwrap().into_parts();
        let set = set.unwrap();
        let nothing = codes().tag(&set.id, b"");
        assert!(set.tags.iter().all(|tag| *tag != nothing));
    }

    #[test]
    fn n06_what_is_stored_is_a_hash_for_this_set_and_key() {
        let now = Timestamp::from_unix(0).unwrap();
        let (set, list) = codes().issue(1, now).unwrap().into_parts();
        let set = set.unwrap();
        let symbols = list.codes[0].expose_text().replace('-', "");
        assert_eq!(set.tags[0], codes().tag(&set.id, symbols.as_bytes()));
        assert_ne!(set.tags[0], codes().tag(&[0; ID_BYTES], symbols.as_bytes()));
        let other = RecoveryCodes::keyed(MacKey::new(&[8; 32]));
        assert_ne!(set.tags[0], other.tag(&set.id, symbols.as_bytes()));
    }
}
