//! HMAC (RFC 2104) under a key that is prepared once.
//!
//! The key is hashed into two states, one before the message and one before its digest, and is not needed afterwards.
//! The code of a counter then takes two compressions; hashing the key each time would take four. The codes of several
//! counters do not depend on one another, so they are computed side by side.

use minicbor::{Decode, Encode};
use zeroize::{Zeroize, Zeroizing};

use super::hash::{END, Hash, Sha1, Sha256, Sha512};
use crate::secret::wipe;

/// The hash inside the HMAC (RFC 6238 1.2).
///
/// SHA-1 is the default, because many authenticator apps know no other. Some silently use it, whatever the key URI
/// says. An HMAC does not depend on the property that SHA-1 has lost. Take SHA-256 if you know that the client can.
///
/// ```
/// use countersign::otp::Algorithm;
/// assert_eq!(Algorithm::default(), Algorithm::Sha1);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
#[non_exhaustive]
pub enum Algorithm {
    /// HMAC-SHA-1.
    #[default]
    #[n(0)]
    Sha1,
    /// HMAC-SHA-256.
    #[n(1)]
    Sha256,
    /// HMAC-SHA-512.
    #[n(2)]
    Sha512,
}

/// A key, ready to sign. Wiped when dropped.
#[derive(Clone)]
pub(super) enum HmacKey {
    // Boxed, so that moving the key leaves no copy of it behind.
    Sha1(Box<States<Sha1>>),
    Sha256(Box<States<Sha256>>),
    Sha512(Box<States<Sha512>>),
}

impl HmacKey {
    pub(super) fn new(algorithm: Algorithm, secret: &[u8]) -> Self {
        match algorithm {
            Algorithm::Sha1 => Self::Sha1(States::new(secret)),
            Algorithm::Sha256 => Self::Sha256(States::new(secret)),
            Algorithm::Sha512 => Self::Sha512(States::new(secret)),
        }
    }

    pub(super) const fn algorithm(&self) -> Algorithm {
        match self {
            Self::Sha1(_) => Algorithm::Sha1,
            Self::Sha256(_) => Algorithm::Sha256,
            Self::Sha512(_) => Algorithm::Sha512,
        }
    }

    /// The truncated HMAC of each counter, as eight bytes (RFC 4226 5.2 and 5.3): 31 bits each.
    #[inline]
    pub(super) fn truncated<const N: usize>(&self, counters: [u64; N]) -> [u32; N] {
        match self {
            Self::Sha1(states) => states.truncated(counters),
            Self::Sha256(states) => states.truncated(counters),
            Self::Sha512(states) => states.truncated(counters),
        }
    }

    /// The HMAC of a message, which is given in parts.
    pub(super) fn sign(&self, message: &[&[u8]]) -> Mac {
        match self {
            Self::Sha1(states) => states.sign(message),
            Self::Sha256(states) => states.sign(message),
            Self::Sha512(states) => states.sign(message),
        }
    }
}

/// An HMAC. Wiped when dropped.
pub(super) struct Mac {
    /// As long as the longest digest. A shorter one stands in front.
    bytes: Zeroizing<[u8; Sha512::DIGEST_BYTES]>,
    length: usize,
    truncated: Zeroizing<u32>,
}

impl Mac {
    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    /// Cut to 31 bits (RFC 4226 5.3).
    pub(super) fn truncated(&self) -> u32 {
        *self.truncated
    }
}

/// The two states after the key is hashed.
pub(super) struct States<H: Hash> {
    inner: H::State,
    outer: H::State,
}

impl<H: Hash> States<H> {
    fn new(secret: &[u8]) -> Box<Self> {
        let mut states = Box::new(Self {
            inner: H::START,
            outer: H::START,
        });
        let mut key = H::BLANK;
        if let Some(place) = key.as_mut().get_mut(..secret.len()) {
            place.copy_from_slice(secret);
        } else {
            let mut digest = hash::<H>(H::START, 0, &[secret]);
            H::write(&digest, key.as_mut());
            digest.zeroize();
        }
        flip(key.as_mut(), INNER_PAD);
        H::compress(&mut states.inner, &key);
        flip(key.as_mut(), INNER_PAD ^ OUTER_PAD);
        H::compress(&mut states.outer, &key);
        wipe(key.as_mut());
        states
    }

    /// Each code takes three steps. Between two of them, others take theirs: in0 in1 copy0 in2 copy1 out0 copy2 out1
    /// out2. A step that followed at once on the one it needs would wait for it.
    ///
    /// Copies of the key's states are overwritten by the results, so none stays on the stack.
    #[inline]
    fn truncated<const N: usize>(&self, counters: [u64; N]) -> [u32; N] {
        let messages = counters.map(|counter| {
            let mut block = H::COUNTER;
            copy(&counter.to_be_bytes(), block.as_mut());
            block
        });
        let mut inner = [self.inner; N];
        let mut blocks = [H::DIGEST; N];
        let mut outer = [self.outer; N];

        let mut to_hash = inner.iter_mut().zip(&messages);
        let mut to_copy = blocks.iter_mut();
        let mut to_finish = outer.iter_mut();
        let (mut hashed, mut copied): (Option<&H::State>, Option<&H::Block>) = (None, None);
        for _ in 0..N.saturating_add(2) {
            let next_hashed = to_hash.next().map(|(state, message)| {
                H::compress(state, message);
                &*state
            });
            let next_copied = hashed.and_then(|state| {
                let block = to_copy.next()?;
                H::write(state, block.as_mut());
                Some(&*block)
            });
            if let Some(block) = copied
                && let Some(state) = to_finish.next()
            {
                H::compress(state, block);
            }
            (hashed, copied) = (next_hashed, next_copied);
        }
        outer.map(|state| H::truncated(&state))
    }

    fn sign(&self, message: &[&[u8]]) -> Mac {
        let mut block = H::DIGEST;
        let inner = hash::<H>(self.inner, block.as_ref().len(), message);
        H::write(&inner, block.as_mut());
        let mut outer = self.outer;
        H::compress(&mut outer, &block);
        let mut bytes = Zeroizing::new([0; Sha512::DIGEST_BYTES]);
        H::write(&outer, bytes.as_mut());
        Mac {
            bytes,
            length: H::DIGEST_BYTES,
            truncated: Zeroizing::new(H::truncated(&outer)),
        }
    }

    fn wipe(&mut self) {
        self.inner.zeroize();
        self.outer.zeroize();
    }
}

impl<H: Hash> Clone for States<H> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner,
            outer: self.outer,
        }
    }
}

impl<H: Hash> Drop for States<H> {
    fn drop(&mut self) {
        self.wipe();
    }
}

/// The digest of a message. Before it, `hashed` bytes went into `state` already.
fn hash<H: Hash>(mut state: H::State, hashed: usize, message: &[&[u8]]) -> H::State {
    let mut block = H::BLANK;
    let size = block.as_ref().len();
    let mut filled = 0_usize;
    let mut total = hashed;
    for part in message {
        total = total.wrapping_add(part.len());
        let mut rest = *part;
        while !rest.is_empty() {
            let room = block.as_mut().get_mut(filled..).unwrap_or_default();
            let taken = copy(rest, room);
            rest = rest.get(taken..).unwrap_or_default();
            filled = filled.wrapping_add(taken);
            if filled == size {
                H::compress(&mut state, &block);
                filled = 0;
            }
        }
    }
    let rest = block.as_mut().get_mut(filled..).unwrap_or_default();
    rest.fill(0);
    if let Some(first) = rest.first_mut() {
        *first = END;
    }
    if filled >= size.saturating_sub(H::LENGTH_BYTES) {
        H::compress(&mut state, &block);
        block.as_mut().fill(0);
    }
    if let Some(length) = block.as_mut().last_chunk_mut() {
        // In bits. No message of ours needs more than 64 of them for that.
        *length = (total as u64).wrapping_mul(8).to_be_bytes();
    }
    H::compress(&mut state, &block);
    wipe(block.as_mut());
    state
}

/// Copies as many bytes as there are and as fit, and returns their number.
#[inline]
fn copy(from: &[u8], to: &mut [u8]) -> usize {
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
    from.len().min(to.len())
}

#[inline]
fn flip(block: &mut [u8], by: u8) {
    for byte in block {
        *byte ^= by;
    }
}

/// RFC 2104 2.
const INNER_PAD: u8 = 0x36;
/// RFC 2104 2.
const OUTER_PAD: u8 = 0x5c;

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;

    const ALGORITHMS: [Algorithm; 3] = [Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512];

    #[derive(Deserialize)]
    struct Vectors {
        cases: BTreeMap<String, Case>,
    }

    #[derive(Deserialize)]
    struct Case {
        hash: String,
        key: String,
        message: String,
        tag: String,
    }

    fn hex(text: &str) -> Vec<u8> {
        let (pairs, []) = text.as_bytes().as_chunks::<2>() else {
            panic!("half a byte: {text}");
        };
        let byte = |pair: &[u8; 2]| u8::from_str_radix(core::str::from_utf8(pair).unwrap(), 16);
        pairs.iter().map(|pair| byte(pair).unwrap()).collect()
    }

    /// Checks against another implementation.
    fn ring(algorithm: Algorithm, secret: &[u8], message: &[u8]) -> Vec<u8> {
        let hash = match algorithm {
            Algorithm::Sha1 => ring::hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            Algorithm::Sha256 => ring::hmac::HMAC_SHA256,
            Algorithm::Sha512 => ring::hmac::HMAC_SHA512,
        };
        let key = ring::hmac::Key::new(hash, secret);
        ring::hmac::sign(&key, message).as_ref().to_vec()
    }

    /// Truncates as RFC 4226 5.3 says it.
    fn cut(tag: &[u8]) -> u32 {
        let offset = usize::from(tag.last().unwrap() & 0x0f);
        u32::from_be_bytes(tag[offset..offset + 4].try_into().unwrap()) & 0x7fff_ffff
    }

    #[test]
    fn the_published_tags() {
        let vectors = include_str!("../../tests/vectors/hmac.toml");
        let vectors: Vectors = toml::from_str(vectors).unwrap();
        assert_eq!(vectors.cases.len(), 18);
        for (name, case) in &vectors.cases {
            let algorithm = match case.hash.as_str() {
                "SHA1" => Algorithm::Sha1,
                "SHA256" => Algorithm::Sha256,
                "SHA512" => Algorithm::Sha512,
                other => panic!("{name}: {other}"),
            };
            let key = HmacKey::new(algorithm, &hex(&case.key));
            let tag = key.sign(&[&hex(&case.message)]);
            assert_eq!(tag.bytes(), hex(&case.tag), "{name}");
        }
    }

    #[test]
    fn every_length_of_key_and_message() {
        let bytes: Vec<u8> = (0..300_u16).map(|place| (place % 251) as u8).collect();
        for algorithm in ALGORITHMS {
            for length in 0..300 {
                let key = HmacKey::new(algorithm, &bytes[..length]);
                let tag = key.sign(&[b"message"]);
                let expected = ring(algorithm, &bytes[..length], b"message");
                assert_eq!(tag.bytes(), expected, "{algorithm:?}, key of {length}");

                let key = HmacKey::new(algorithm, b"key");
                let tag = key.sign(&[&bytes[..length]]);
                let expected = ring(algorithm, b"key", &bytes[..length]);
                assert_eq!(tag.bytes(), expected, "{algorithm:?}, {length} bytes");
            }
        }
    }

    #[test]
    fn codes_side_by_side_are_those_of_one_by_one() {
        for algorithm in ALGORITHMS {
            let key = HmacKey::new(algorithm, b"12345678901234567890");
            let counters = [0, 1, u64::MAX, 1 << 32, 910_738, 7, 910_738];
            let one = |counter: u64| {
                cut(&ring(
                    algorithm,
                    b"12345678901234567890",
                    &counter.to_be_bytes(),
                ))
            };
            let [a, b, c, d, e, f, g] = counters;
            assert_eq!(key.truncated(counters), counters.map(one));
            assert_eq!(key.truncated([a, b, c]), [a, b, c].map(one));
            assert_eq!(key.truncated([d, e]), [d, e].map(one));
            assert_eq!(key.truncated([f]), [one(f)]);
            assert_eq!(key.truncated([g]), [one(e)]);
            assert_eq!(key.truncated::<0>([]), [0_u32; 0]);
        }
    }

    #[test]
    fn a_dropped_key_is_wiped() {
        assert!(core::mem::needs_drop::<States<Sha1>>());
        assert!(core::mem::needs_drop::<Mac>());
        let mut states = States::<Sha1>::new(b"12345678901234567890");
        assert_ne!(states.inner, states.outer);
        states.wipe();
        assert_eq!((states.inner, states.outer), ([0; 5], [0; 5]));
    }

    proptest! {
        #[test]
        fn another_implementation_agrees(
            secret in proptest::collection::vec(any::<u8>(), 0..200),
            parts in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..150), 0..6),
            algorithm in proptest::sample::select(ALGORITHMS.as_slice()),
            counter: u64,
        ) {
            let key = HmacKey::new(algorithm, &secret);
            let borrowed: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
            let tag = key.clone().sign(&borrowed);
            let expected = ring(algorithm, &secret, &parts.concat());
            prop_assert_eq!(tag.bytes(), expected.as_slice());
            prop_assert_eq!(tag.truncated(), cut(&expected));
            let expected = ring(algorithm, &secret, &counter.to_be_bytes());
            prop_assert_eq!(key.truncated([counter]), [cut(&expected)]);
            prop_assert_eq!(key.algorithm(), algorithm);
        }
    }
}
