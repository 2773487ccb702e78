//! Password hashes of other programs, as they are computed.

use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use sha2::{Sha256, Sha384, Sha512};
use zeroize::{Zeroize, Zeroizing};

use crate::compare::ct_eq;
use crate::error::Error;
use crate::hashing::{Cost, HashPermit, OldArgon2};

/// How another program hashed a password, with its salt and its tag.
#[derive(Clone)]
pub(super) struct Scheme {
    pub(super) before: Before,
    pub(super) algorithm: Algorithm,
    pub(super) salt: Vec<u8>,
    pub(super) tag: Vec<u8>,
}

/// The algorithm, and its cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Algorithm {
    Bcrypt { cost: u32 },
    Scrypt { log_n: u8, r: u32, p: u32 },
    Pbkdf2 { prf: Prf, rounds: u32 },
    Phpass { log_rounds: u32 },
    Argon2(OldArgon2, Cost),
}

/// The pseudo-random function of PBKDF2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Prf {
    Sha1,
    Sha256,
    Sha512,
}

/// The text that is made of the typed one, before it is hashed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Before {
    Nothing,
    /// Django's `bcrypt_sha256`: the SHA-256 of the text, in hexadecimal digits.
    Sha256,
    /// `WordPress` from 6.8 on: HMAC-SHA-384 of the trimmed text under the name of the scheme, in Base64.
    WordPress,
}

/// bcrypt reads so many bytes of a text.
const MOST_BCRYPT: usize = 72;
/// Bytes of the longest tag.
const MOST_TAG: usize = 64;

impl Scheme {
    /// Bytes of a tag of bcrypt. The 24th is not kept.
    pub(super) const BCRYPT_TAG: usize = 23;
    pub(super) const BCRYPT_SALT: usize = 16;

    /// Returns whether a text has this hash.
    pub(super) fn matches(&self, text: &[u8], permit: &mut HashPermit) -> Result<bool, Error> {
        let text = self.before.of(text);
        let mut tag = Zeroizing::new([0_u8; MOST_TAG]);
        let tag = tag.get_mut(..self.tag.len()).ok_or_else(impossible)?;
        let mut is_whole = true;
        match self.algorithm {
            Algorithm::Bcrypt { cost } => {
                is_whole = !text.contains(&0);
                self.bcrypt(&text, cost, tag)?;
            }
            Algorithm::Scrypt { log_n, r, p } => {
                let params = scrypt::Params::new(log_n, r, p).map_err(|_| impossible())?;
                let compute = || scrypt::scrypt(&text, &self.salt, &params, tag);
                permit
                    .with_other_memory(compute)
                    .map_err(|_| impossible())?;
            }
            Algorithm::Pbkdf2 { prf, rounds } => match prf {
                Prf::Sha1 => pbkdf2::pbkdf2_hmac::<sha1::Sha1>(&text, &self.salt, rounds, tag),
                Prf::Sha256 => pbkdf2::pbkdf2_hmac::<Sha256>(&text, &self.salt, rounds, tag),
                Prf::Sha512 => pbkdf2::pbkdf2_hmac::<Sha512>(&text, &self.salt, rounds, tag),
            },
            Algorithm::Phpass { log_rounds } => self.phpass(&text, log_rounds, tag),
            Algorithm::Argon2(kind, cost) => {
                permit.hash_old(kind, cost, &self.salt, &text, tag)?;
            }
        }
        Ok(ct_eq(tag, &self.tag) & is_whole)
    }

    /// Computes bcrypt. A text ends with a NUL, and is cut at 72 bytes.
    fn bcrypt(&self, text: &[u8], cost: u32, tag: &mut [u8]) -> Result<(), Error> {
        let salt = self.salt.as_slice().try_into().map_err(|_| impossible())?;
        let mut key = Zeroizing::new([0_u8; MOST_BCRYPT]);
        for (to, byte) in key.iter_mut().zip(text) {
            *to = *byte;
        }
        let length = text.len().saturating_add(1).min(MOST_BCRYPT);
        let key = key.get(..length).ok_or_else(impossible)?;
        let mut whole = bcrypt::bcrypt(cost, salt, key);
        let kept = whole.get(..tag.len()).ok_or_else(impossible)?;
        tag.copy_from_slice(kept);
        whole.zeroize();
        Ok(())
    }

    /// Computes the portable hash of phpass: MD5 of the salt and the text, then of each result and the text.
    fn phpass(&self, text: &[u8], log_rounds: u32, tag: &mut [u8]) {
        let md5 = |first: &[u8]| Md5::new().chain_update(first).chain_update(text).finalize();
        let mut state = md5(&self.salt);
        for _ in 0..1_u32.wrapping_shl(log_rounds) {
            state = md5(&state);
        }
        for (to, byte) in tag.iter_mut().zip(&state) {
            *to = *byte;
        }
        state.zeroize();
    }
}

impl Before {
    fn of(self, text: &[u8]) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(match self {
            Self::Nothing => text.to_vec(),
            Self::Sha256 => hexadecimal(&Sha256::digest(text)),
            Self::WordPress => word_press(text),
        })
    }
}

/// Writes in hexadecimal digits.
fn hexadecimal(bytes: &[u8]) -> Vec<u8> {
    let digit = |value: u8| {
        if value < 10 {
            b'0' | value
        } else {
            value.wrapping_add(b'a' - 10)
        }
    };
    let digits = |byte: &u8| [digit(byte >> 4), digit(byte & 15)];
    bytes.iter().flat_map(digits).collect()
}

fn word_press(text: &[u8]) -> Vec<u8> {
    // The characters that PHP's `trim` cuts off.
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0 | 0x0b);
    let start = text.iter().position(|byte| !is_blank(byte));
    let end = text.iter().rposition(|byte| !is_blank(byte));
    let trimmed = match (start, end) {
        (Some(start), Some(end)) => text.get(start..=end).unwrap_or_default(),
        _ => &[],
    };
    let Ok(mac) = Hmac::<Sha384>::new_from_slice(b"wp-sha384") else {
        return Vec::new();
    };
    let code = mac.chain_update(trimmed).finalize().into_bytes();
    <base64ct::Base64 as base64ct::Encoding>::encode_string(&code).into_bytes()
}

fn impossible() -> Error {
    Error::misuse("imported hash", "cannot be computed")
}
