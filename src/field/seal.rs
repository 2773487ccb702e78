//! Suite 1: XAES-256-GCM with key commitment.

use core::fmt;
use std::sync::Arc;

use aes::Aes256Enc;
use aes::cipher::{BlockCipherEncrypt, KeyInit};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce as GcmNonce, UnboundKey};
use zeroize::{Zeroize, Zeroizing};

use super::keyring::{Keyring, SUITE};
use crate::compare::ct_eq;
use crate::error::Error;
use crate::random;
use crate::secret::SecretBytes;
use crate::subject;

type Block = aes::Block;

/// The 192-bit nonce of a sealed value. Drawn for each sealing; no function takes one from outside (pitfall B34).
pub(crate) type Nonce = [u8; NONCE];

const KEY_ID: usize = 4;
const NONCE: usize = 24;
const TAG: usize = 16;
const COMMITMENT: usize = 32;
const HEADER: usize = 1 + KEY_ID + NONCE;

/// Seals and opens values of one purpose, each in the context of its place.
///
/// The context is what a value must not be moved away from: table, column, record. It is authenticated, not stored:
/// a value opens only in the context it was sealed in (pitfall B20). Parts are length-prefixed, so `("ab", "c")` and
/// `("a", "bc")` differ. See [the module](super) for the bytes.
///
/// ```
/// use countersign::field::{FieldCipher, Keyring, Root, StandingSecret};
/// let keyring = Keyring::new(Root::generate(1)?, StandingSecret::generate(1)?);
/// let cipher = FieldCipher::new(&keyring, "bank", "customer notes")?;
/// let sealed = cipher.seal(&[b"customers", b"note", b"42"], b"prefers mornings")?;
/// assert_eq!(sealed.len(), 16 + FieldCipher::OVERHEAD);
/// assert_eq!(cipher.open(&[b"customers", b"note", b"42"], &sealed)?.expose_bytes(), b"prefers mornings");
/// assert!(cipher.open(&[b"customers", b"note", b"43"], &sealed).is_err());
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone)]
pub struct FieldCipher {
    realm: String,
    /// The writing key first.
    keys: Arc<[PurposeKey]>,
}

impl FieldCipher {
    /// How many bytes a sealed value is longer than what it holds.
    pub const OVERHEAD: usize = HEADER + TAG + COMMITMENT;
    /// A longer value is refused: 16 MiB.
    pub const MAX_PLAINTEXT: usize = 16 << 20;

    /// The cipher of one purpose in one realm. The purpose `account` is that of the account records: seal nothing else
    /// under it, or what is sealed could be put in a record's place.
    ///
    /// # Errors
    /// Misuse, if the realm is no realm's name, or the purpose longer than 255 bytes.
    ///
    /// ```
    /// # use countersign::field::{FieldCipher, Keyring, Root, StandingSecret};
    /// # let keyring = Keyring::new(Root::generate(1)?, StandingSecret::generate(1)?);
    /// assert!(FieldCipher::new(&keyring, "", "notes").is_err());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn new(keyring: &Keyring, realm: &str, purpose: &str) -> Result<Self, Error> {
        let keys = keyring
            .purpose_keys(purpose)?
            .iter()
            .map(|key| PurposeKey::new(key.number(), key.expose_bytes()))
            .collect();
        Ok(Self {
            realm: subject::realm_name(realm)?,
            keys,
        })
    }

    /// Seals a value for its place.
    ///
    /// # Errors
    /// Misuse, for a value above [`MAX_PLAINTEXT`](Self::MAX_PLAINTEXT) or a context of more than 255 parts; store, if
    /// the system gives no randomness.
    ///
    /// ```
    /// # use countersign::field::{FieldCipher, Keyring, Root, StandingSecret};
    /// # let keyring = Keyring::new(Root::generate(1)?, StandingSecret::generate(1)?);
    /// let cipher = FieldCipher::new(&keyring, "bank", "notes")?;
    /// assert_ne!(cipher.seal(&[b"42"], b"same")?, cipher.seal(&[b"42"], b"same")?);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn seal(&self, context: &[&[u8]], plaintext: &[u8]) -> Result<Vec<u8>, Error> {
        self.seal_drawn(context, plaintext)
            .map(|(sealed, _)| sealed)
    }

    /// As [`seal`](Self::seal), and the nonce that was drawn: the version of an account record.
    pub(crate) fn seal_drawn(
        &self,
        context: &[&[u8]],
        plaintext: &[u8],
    ) -> Result<(Vec<u8>, Nonce), Error> {
        if plaintext.len() > Self::MAX_PLAINTEXT {
            return Err(Error::misuse("field", "must hold 16 MiB at most"));
        }
        let key = self
            .keys
            .first()
            .ok_or_else(|| Error::misuse("keyring", "has no active root"))?;
        let nonce: Nonce = random::array()?;
        let aad = associated_data(key.id, &self.realm, context)?;
        let mut sealed = Vec::with_capacity(plaintext.len().saturating_add(Self::OVERHEAD));
        sealed.push(SUITE);
        sealed.extend_from_slice(&key.id.to_be_bytes());
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plaintext);
        key.seal_behind(&nonce, &aad, &mut sealed, HEADER)?;
        Ok((sealed, nonce))
    }

    /// Opens a value in its place.
    ///
    /// # Errors
    /// Corrupt, and the same error, whatever is wrong: the key, the context, the suite, a bit. That a key is missing
    /// from the ring is told, because the key's id is no secret and the host must know. Nothing is left behind.
    ///
    /// ```
    /// # use countersign::field::{FieldCipher, Keyring, Root, StandingSecret};
    /// # let keyring = Keyring::new(Root::generate(1)?, StandingSecret::generate(1)?);
    /// let cipher = FieldCipher::new(&keyring, "bank", "notes")?;
    /// let mut sealed = cipher.seal(&[b"42"], b"text")?;
    /// sealed[40] ^= 1;
    /// assert!(cipher.open(&[b"42"], &sealed).unwrap_err().is_corrupt());
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn open(&self, context: &[&[u8]], sealed: &[u8]) -> Result<SecretBytes, Error> {
        let parts = Parts::split(sealed).ok_or_else(refused)?;
        if parts.suite != SUITE {
            return Err(refused());
        }
        let key = self
            .keys
            .iter()
            .find(|key| key.id == parts.key_id)
            .ok_or_else(|| {
                Error::corrupt(
                    "the sealed value",
                    format!("the keyring has no root with the id {}", parts.key_id),
                )
            })?;
        let aad = associated_data(key.id, &self.realm, context)?;
        key.open(parts.nonce, &aad, parts.body, parts.commitment)
    }

    /// The nonce of a sealed value, if it is long enough to have one.
    pub(crate) fn nonce_of(sealed: &[u8]) -> Option<Nonce> {
        Parts::split(sealed).map(|parts| *parts.nonce)
    }
}

impl fmt::Debug for FieldCipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FieldCipher({}, ..)", self.realm)
    }
}

/// A sealed value, cut into its fields.
struct Parts<'a> {
    suite: u8,
    key_id: u32,
    nonce: &'a Nonce,
    /// Ciphertext and tag.
    body: &'a [u8],
    commitment: &'a [u8; COMMITMENT],
}

impl<'a> Parts<'a> {
    fn split(sealed: &'a [u8]) -> Option<Self> {
        let (suite, rest) = sealed.split_first()?;
        let (key_id, rest) = rest.split_first_chunk::<KEY_ID>()?;
        let (nonce, rest) = rest.split_first_chunk::<NONCE>()?;
        let (body, commitment) = rest.split_last_chunk::<COMMITMENT>()?;
        (body.len() >= TAG).then_some(Self {
            suite: *suite,
            key_id: u32::from_be_bytes(*key_id),
            nonce,
            body,
            commitment,
        })
    }
}

fn refused() -> Error {
    Error::corrupt(
        "the sealed value",
        "the key, the context or the bytes are not those it was sealed with",
    )
}

/// Suite, key id, realm and context, each length-prefixed, up to a multiple of 16 bytes.
fn associated_data(key_id: u32, realm: &str, context: &[&[u8]]) -> Result<Vec<u8>, Error> {
    let mut aad = Vec::with_capacity(128);
    aad.push(SUITE);
    aad.extend_from_slice(&key_id.to_be_bytes());
    prefixed(&mut aad, realm.as_bytes())?;
    aad.push(
        u8::try_from(context.len())
            .map_err(|_| Error::misuse("context", "must have 255 parts at most"))?,
    );
    for part in context {
        prefixed(&mut aad, part)?;
    }
    // A whole number of blocks is cheaper to authenticate than a partial one.
    aad.resize(aad.len().next_multiple_of(16), 0);
    Ok(aad)
}

fn prefixed(out: &mut Vec<u8>, part: &[u8]) -> Result<(), Error> {
    let length = u32::try_from(part.len())
        .map_err(|_| Error::misuse("context", "a part must be shorter than 4 GiB"))?;
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(part);
    Ok(())
}

/// A purpose key with its AES key schedule and CMAC subkey, ready for use.
struct PurposeKey {
    id: u32,
    cipher: Aes256Enc,
    /// The first CMAC subkey (SP 800-38B): that of messages made of whole blocks.
    k1: Zeroizing<[u8; 16]>,
}

impl PurposeKey {
    fn new(id: u32, key: &[u8; 32]) -> Self {
        let cipher = Aes256Enc::new(key.into());
        let mut zero = Block::default();
        cipher.encrypt_block(&mut zero);
        let l = u128::from_be_bytes(zero.into());
        zero.as_mut_slice().zeroize();
        // Doubling in GF(2^128): shift, and fold the carry back in without a branch on it.
        let k1 = (l << 1) ^ (0x87 & (l >> 127).wrapping_neg());
        Self {
            id,
            cipher,
            k1: Zeroizing::new(k1.to_be_bytes()),
        }
    }

    /// The message key and the commitment for a nonce: three independent blocks in one call, then two.
    fn derive(&self, nonce: &Nonce) -> Result<(LessSafeKey, [u8; COMMITMENT]), Error> {
        let [n0, n1, n2, n3, n4, n5, n6, n7, n8, n9, n10, n11, tail @ ..] = *nonce;
        let head = [n0, n1, n2, n3, n4, n5, n6, n7, n8, n9, n10, n11];
        // XAES: CMAC of `00 0i 'X' 00 | nonce[..12]`. Commitment: CMAC of `"XCMT" | nonce | 00 01 00 0i`, two blocks.
        let mut first = [
            self.last(block([0, 1, b'X', 0], head)),
            self.last(block([0, 2, b'X', 0], head)),
            block(*b"XCMT", head),
        ];
        self.cipher.encrypt_blocks(&mut first);
        let [left, right, chained] = first;
        let end = |counter: u8| {
            let mut out = Block::default();
            let suffix = [0, 1, 0, counter];
            let last = tail.iter().chain(&suffix);
            for (slot, (byte, link)) in out.iter_mut().zip(last.zip(chained.iter())) {
                *slot = byte ^ link;
            }
            self.last(out)
        };
        let mut second = [end(1), end(2)];
        self.cipher.encrypt_blocks(&mut second);

        let mut message_key = Zeroizing::new([0_u8; 32]);
        fill_halves(&mut message_key, &left, &right);
        let mut commitment = [0_u8; COMMITMENT];
        let [one, two] = second;
        fill_halves(&mut commitment, &one, &two);
        first
            .iter_mut()
            .for_each(|block| block.as_mut_slice().zeroize());
        let key = UnboundKey::new(&AES_256_GCM, message_key.as_slice()).map_err(|_| refused())?;
        Ok((LessSafeKey::new(key), commitment))
    }

    /// The last block of a CMAC message of whole blocks: XOR the subkey in.
    fn last(&self, mut block: Block) -> Block {
        block
            .iter_mut()
            .zip(self.k1.iter())
            .for_each(|(byte, key)| *byte ^= key);
        block
    }

    /// Encrypts `out[from..]` in place, and appends tag and commitment.
    fn seal_behind(
        &self,
        nonce: &Nonce,
        aad: &[u8],
        out: &mut Vec<u8>,
        from: usize,
    ) -> Result<(), Error> {
        let (key, commitment) = self.derive(nonce)?;
        let text = out.get_mut(from..).ok_or_else(refused)?;
        let tag = key
            .seal_in_place_separate_tag(gcm_nonce(nonce), Aad::from(aad), text)
            .map_err(|_| Error::misuse("field", "is too long to be sealed"))?;
        out.extend_from_slice(tag.as_ref());
        out.extend_from_slice(&commitment);
        Ok(())
    }

    fn open(
        &self,
        nonce: &Nonce,
        aad: &[u8],
        body: &[u8],
        committed: &[u8; COMMITMENT],
    ) -> Result<SecretBytes, Error> {
        let (key, commitment) = self.derive(nonce)?;
        if !ct_eq(&commitment, committed) {
            return Err(refused());
        }
        // Wiped if opening fails: the buffer is ours until then (pitfall B24).
        let mut buffer = Zeroizing::new(body.to_vec());
        let length = key
            .open_in_place(gcm_nonce(nonce), Aad::from(aad), buffer.as_mut_slice())
            .map(|plaintext| plaintext.len())
            .map_err(|_| refused())?;
        buffer.truncate(length);
        Ok(SecretBytes::from(buffer))
    }
}

fn block(head: [u8; 4], tail: [u8; 12]) -> Block {
    let mut out = Block::default();
    for (slot, byte) in out.iter_mut().zip(head.iter().chain(&tail)) {
        *slot = *byte;
    }
    out
}

fn fill_halves(out: &mut [u8; 32], left: &Block, right: &Block) {
    for (slot, byte) in out.iter_mut().zip(left.iter().chain(right.iter())) {
        *slot = *byte;
    }
}

fn gcm_nonce(nonce: &Nonce) -> GcmNonce {
    let [_, _, _, _, _, _, _, _, _, _, _, _, tail @ ..] = *nonce;
    GcmNonce::assume_unique_for_key(tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Case {
        name: &'static str,
        key: u8,
        nonce: &'static [u8; 24],
        plaintext: &'static str,
        aad: &'static str,
        body: &'static str,
        commitment: &'static str,
    }

    /// C2SP XAES-256-GCM.md for key, nonce and ciphertext; AWS-LC `xaes_256_gcm_kc_tests.txt` for the commitments.
    const PUBLISHED: [Case; 3] = [
        Case {
            name: "AWS-LC 1",
            key: 1,
            nonce: &[0x42; 24],
            plaintext: "Hello, XAES-256-GCM!",
            aad: "",
            body: "01e5f78bc99de880bd2eeff2870d361f0eab5b2fc55268f34b14045878fe3668db980319",
            commitment: "bf37571be1b43aeca64a95d99a2f162e24f8bfd79bbb71fa7d943e6fc060a8ae",
        },
        Case {
            name: "C2SP 1",
            key: 1,
            nonce: b"ABCDEFGHIJKLMNOPQRSTUVWX",
            plaintext: "XAES-256-GCM",
            aad: "",
            body: "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271",
            commitment: "04076b6085eebab138855fe57811c04112eff989d44120dfff662d5475a383c3",
        },
        Case {
            name: "C2SP 2",
            key: 3,
            nonce: b"ABCDEFGHIJKLMNOPQRSTUVWX",
            plaintext: "XAES-256-GCM",
            aad: "c2sp.org/XAES-256-GCM",
            body: "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d",
            commitment: "5553cd21d1592b422e3129632a3187eee8a658cdca5c5b32ce86308dcc18e9d1",
        },
    ];

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn published_vectors_of_xaes_256_gcm_and_its_commitment() {
        for case in PUBLISHED {
            let key = PurposeKey::new(1, &[case.key; 32]);
            let mut out = case.plaintext.as_bytes().to_vec();
            key.seal_behind(case.nonce, case.aad.as_bytes(), &mut out, 0)
                .unwrap();
            assert_eq!(
                hex(&out),
                format!("{}{}", case.body, case.commitment),
                "{}",
                case.name
            );
            let (body, commitment) = out.split_last_chunk::<32>().unwrap();
            let opened = key
                .open(case.nonce, case.aad.as_bytes(), body, commitment)
                .unwrap();
            assert_eq!(
                opened.expose_bytes(),
                case.plaintext.as_bytes(),
                "{}",
                case.name
            );
        }
    }

    #[test]
    fn the_intermediate_values_are_those_of_the_specification() {
        // C2SP XAES-256-GCM.md: K1 of both keys; the second key's L has its top bit set, so the carry is folded in.
        for (key, k1) in [
            (1, "e531954aca063d5b8d9c47a47d4cc6f0"),
            (3, "23810ec50edb99f374409466ed1f4b7b"),
        ] {
            assert_eq!(hex(PurposeKey::new(1, &[key; 32]).k1.as_slice()), k1);
        }
    }

    fn cipher() -> FieldCipher {
        use super::super::keyring::{Root, StandingSecret};
        let ring = Keyring::new(
            Root::from_bytes(1, [1; 32]).unwrap(),
            StandingSecret::from_bytes(1, [2; 32]).unwrap(),
        );
        FieldCipher::new(&ring, "bank", "notes").unwrap()
    }

    #[test]
    fn every_truncation_and_every_flipped_bit_is_refused() {
        let cipher = cipher();
        let sealed = cipher.seal(&[b"a"], b"sixteen bytes...").unwrap();
        for length in 0..sealed.len() {
            assert!(
                cipher
                    .open(&[b"a"], &sealed[..length])
                    .unwrap_err()
                    .is_corrupt(),
                "{length}"
            );
        }
        for bit in 0..sealed.len() * 8 {
            let mut bent = sealed.clone();
            bent[bit / 8] ^= 1 << (bit % 8);
            assert!(
                cipher.open(&[b"a"], &bent).unwrap_err().is_corrupt(),
                "bit {bit}"
            );
        }
    }

    #[test]
    fn the_context_cannot_be_confused() {
        let cipher = cipher();
        let sealed = cipher.seal(&[b"ab", b"c"], b"x").unwrap();
        for other in [
            [b"a".as_slice(), b"bc"].as_slice(),
            &[b"abc"],
            &[b"ab", b"c", b""],
            &[b"ab", b"c\0"],
            &[],
        ] {
            assert!(cipher.open(other, &sealed).is_err(), "{other:?}");
        }
        assert!(cipher.open(&[b"ab", b"c"], &sealed).is_ok());
    }

    #[test]
    fn b34_no_function_takes_a_nonce() {
        let cipher = cipher();
        let sealed: std::collections::BTreeSet<_> = (0..1_000)
            .map(|_| FieldCipher::nonce_of(&cipher.seal(&[], b"same").unwrap()).unwrap())
            .collect();
        assert_eq!(sealed.len(), 1_000, "a nonce came twice");
        // The published functions of the cipher, by name: none of them has a nonce among its arguments.
        let published = include_str!("seal.rs")
            .split("#[cfg(test)]")
            .next()
            .unwrap();
        let takes_nonce = published
            .lines()
            .filter(|line| line.contains("pub ") && line.contains("fn "));
        assert!(takes_nonce.clone().count() >= 3);
        for line in takes_nonce {
            let arguments = line.split("->").next().unwrap();
            assert!(!arguments.to_lowercase().contains("nonce:"), "{line}");
        }
    }
}
