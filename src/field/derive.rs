//! Keys of purposes, derived from roots and long-term secrets. [`derivation`](crate::derivation) lists the formulas.

use ring::{hkdf, hmac};
use zeroize::Zeroizing;

use crate::derivation::{CHECK_VALUE, KEYS};
use crate::error::Error;
use crate::secret::MacKey;

/// The number of the suite that keys are derived for, and the first byte of what it seals.
pub(super) const SUITE: u8 = 1;

/// A derived key, under the number of what it was derived from: a root's id, or a generation.
pub(crate) struct DerivedKey {
    number: u32,
    bytes: Zeroizing<[u8; 32]>,
}

impl DerivedKey {
    /// Takes a key that was derived elsewhere.
    pub(super) const fn from_bytes(number: u32, bytes: Zeroizing<[u8; 32]>) -> Self {
        Self { number, bytes }
    }

    pub(super) fn into_bytes(self) -> Zeroizing<[u8; 32]> {
        self.bytes
    }

    pub(crate) const fn number(&self) -> u32 {
        self.number
    }

    pub(crate) fn expose_bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// Returns a number that shows a wrong key under this key's number, before that key makes every answer wrong.
    pub(crate) fn check_value(&self) -> u32 {
        let tag = hmac::sign(&self.hmac(), CHECK_VALUE.as_bytes());
        tag.as_ref()
            .first_chunk()
            .map_or(0, |bytes| u32::from_be_bytes(*bytes))
    }

    /// Copies the key, to be kept.
    pub(crate) fn mac_key(&self) -> MacKey {
        MacKey::new(self.bytes.as_slice())
    }

    /// Makes the key ready for one use. Do not keep it.
    pub(crate) fn hmac(&self) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, self.bytes.as_slice())
    }
}

/// Derives the key of one purpose: HKDF-SHA-256 (RFC 5869) without salt, the purpose in `info`.
pub(super) fn derive(
    number: u32,
    secret: &[u8; 32],
    purpose: &str,
    generation: u32,
) -> Result<DerivedKey, Error> {
    let length = u8::try_from(purpose.len())
        .map_err(|_| Error::misuse("purpose", "must hold 255 bytes at most"))?;
    let mut bytes = Zeroizing::new([0_u8; 32]);
    hkdf::Salt::new(hkdf::HKDF_SHA256, &[])
        .extract(secret)
        .expand(
            &[
                KEYS.as_bytes(),
                &[SUITE],
                &[length],
                purpose.as_bytes(),
                &generation.to_be_bytes(),
            ],
            hkdf::HKDF_SHA256,
        )
        .and_then(|okm| okm.fill(bytes.as_mut_slice()))
        .map_err(|_| Error::misuse("purpose", "cannot be derived"))?;
    Ok(DerivedKey { number, bytes })
}
