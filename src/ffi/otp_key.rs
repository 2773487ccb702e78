//! The secret of an app or a token, as C gives it.

use super::failure::Failure;
use crate::otp::{Algorithm, OtpKey};
use crate::secret::SecretBytes;

/// HMAC-SHA-1, which every app and token understands.
pub const COUNTERSIGN_ALGORITHM_SHA1: i32 = 1;
/// HMAC-SHA-256.
pub const COUNTERSIGN_ALGORITHM_SHA256: i32 = 2;
/// HMAC-SHA-512.
pub const COUNTERSIGN_ALGORITHM_SHA512: i32 = 3;

pub(super) fn new(secret: &[u8], algorithm: i32, digits: u32) -> Result<OtpKey, Failure> {
    let algorithm = match algorithm {
        COUNTERSIGN_ALGORITHM_SHA1 => Algorithm::Sha1,
        COUNTERSIGN_ALGORITHM_SHA256 => Algorithm::Sha256,
        COUNTERSIGN_ALGORITHM_SHA512 => Algorithm::Sha512,
        _ => return Err(Failure::unknown("algorithm", "COUNTERSIGN_ALGORITHM_..")),
    };
    // More digits than a byte counts are refused as too many.
    let digits = u8::try_from(digits).unwrap_or(u8::MAX);
    let key = OtpKey::new(SecretBytes::from(secret.to_vec()))?;
    Ok(key.with_algorithm(algorithm).with_digits(digits)?)
}
