//! Helpers of the tests: customers, devices and questions, and the small words that all of them use.

pub mod fields;
pub mod passwords;
pub mod programs;
pub mod questions;
pub mod redis;
pub mod stores;
#[allow(dead_code, reason = "each program uses some")]
pub mod tasks;
#[allow(dead_code, reason = "each program uses some")]
pub mod timed;
pub mod world;

use countersign::field::{Keyring, LongTermSecret, RootKey};
use countersign::otp::ocra::OcraSuite;
use countersign::otp::{OtpKey, Totp};
use countersign::{SecretBytes, Subject, Timestamp};

/// The ring of most tests. It guards nothing.
pub fn keyring() -> Keyring {
    Keyring::new(
        RootKey::from_bytes(1, [1; 32]).unwrap(),
        LongTermSecret::from_bytes(1, [2; 32]).unwrap(),
    )
}

pub fn subject(id: &str) -> Subject {
    Subject::new("bank", id).unwrap()
}

/// The customer of most tests.
pub fn maya() -> Subject {
    Subject::new("bank", "C-1042").unwrap()
}

pub fn at(unix: u64) -> Timestamp {
    Timestamp::from_unix(i64::try_from(unix).unwrap()).unwrap()
}

/// An app with the secret of RFC 6238, appendix B.
pub fn rfc_totp() -> Totp {
    Totp::from(OtpKey::new(SecretBytes::from(b"12345678901234567890".to_vec())).unwrap())
}

pub fn suite(text: &str) -> OcraSuite {
    text.parse().unwrap()
}
