//! Helpers that see the steps: a bank, a host with its own table, and a vault.

pub mod bank;
pub mod host;
pub mod vault;

use countersign::delivered::Destination;
use countersign::otp::{Hotp, OtpKey};
use countersign::password::{Password, Pin};
use countersign::{Attempt, Code, SecretBytes};

/// The token of RFC 4226, appendix D.
pub fn token() -> Hotp {
    Hotp::from(OtpKey::new(SecretBytes::from(b"12345678901234567890".to_vec())).unwrap())
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
