//! Helpers of the tests: banks, hosts and customers, and the small words that all of them use.

pub mod bank;
pub mod fields;
pub mod host;
pub mod passwords;
pub mod programs;
pub mod questions;
pub mod stores;
pub mod vault;
pub mod world;

use countersign::delivered::Destination;
use countersign::field::{Keyring, LongTermSecret, RootKey};
use countersign::otp::ocra::OcraSuite;
use countersign::otp::{Hotp, OtpKey, Totp};
use countersign::password::{Password, Pin};
use countersign::{Attempt, Code, SecretBytes, Subject, Timestamp};

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

/// The token of RFC 4226, appendix D.
pub fn token() -> Hotp {
    Hotp::from(OtpKey::new(SecretBytes::from(b"12345678901234567890".to_vec())).unwrap())
}

/// An app with the secret of RFC 6238, appendix B.
pub fn rfc_totp() -> Totp {
    Totp::from(OtpKey::new(SecretBytes::from(b"12345678901234567890".to_vec())).unwrap())
}

pub fn token_code(counter: u64) -> Code {
    Code::typed(token().code_at(counter).expose_text())
}

pub fn password(text: &str) -> Attempt {
    Attempt::Password(Password::typed(text))
}

pub fn pin(text: &str) -> Attempt {
    Attempt::Pin(Pin::typed(text))
}

pub fn issued_recovery(code: &str) -> Attempt {
    Attempt::IssuedRecoveryCode(Code::typed(code))
}

pub fn phone(number: &str) -> Destination {
    Destination::phone(number).unwrap()
}

pub fn email(address: &str) -> Destination {
    Destination::email(address).unwrap()
}

pub fn suite(text: &str) -> OcraSuite {
    text.parse().unwrap()
}
