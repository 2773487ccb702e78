//! Numbers of factors.

use super::failure::Failure;
use crate::factor::Factor;

/// A code from an authenticator app (RFC 6238).
pub const COUNTERSIGN_FACTOR_TOTP: i32 = 1;
/// A code from a token with a button (RFC 4226).
pub const COUNTERSIGN_FACTOR_HOTP: i32 = 2;
/// The answer of a token or app to a challenge (RFC 6287).
pub const COUNTERSIGN_FACTOR_OCRA: i32 = 3;
/// A delivered code that the customer tells to no person.
pub const COUNTERSIGN_FACTOR_PRIVATE_CODE: i32 = 4;
/// A delivered code that is read to an agent, or keyed in on a phone.
pub const COUNTERSIGN_FACTOR_SPOKEN_CODE: i32 = 5;
/// A code from a list that the customer keeps.
pub const COUNTERSIGN_FACTOR_RECOVERY_CODE: i32 = 6;
/// A recovery code that was sent when it was needed.
pub const COUNTERSIGN_FACTOR_ISSUED_RECOVERY_CODE: i32 = 7;
/// A code that links a new device to the account.
pub const COUNTERSIGN_FACTOR_BINDING_CODE: i32 = 8;
/// Knowledge questions.
pub const COUNTERSIGN_FACTOR_QUESTIONS: i32 = 9;
/// Letters of a memorable word.
pub const COUNTERSIGN_FACTOR_MEMORABLE_WORD: i32 = 10;
/// A password.
pub const COUNTERSIGN_FACTOR_PASSWORD: i32 = 11;
/// A PIN that the host checks.
pub const COUNTERSIGN_FACTOR_PIN: i32 = 12;
/// A verification that the host made itself.
pub const COUNTERSIGN_FACTOR_EXTERNAL: i32 = 13;

/// Reads the number of a factor.
pub(super) fn factor(number: i32) -> Result<Factor, Failure> {
    Ok(match number {
        COUNTERSIGN_FACTOR_TOTP => Factor::Totp,
        COUNTERSIGN_FACTOR_HOTP => Factor::Hotp,
        COUNTERSIGN_FACTOR_OCRA => Factor::Ocra,
        COUNTERSIGN_FACTOR_PRIVATE_CODE => Factor::PrivateCode,
        COUNTERSIGN_FACTOR_SPOKEN_CODE => Factor::SpokenCode,
        COUNTERSIGN_FACTOR_RECOVERY_CODE => Factor::RecoveryCode,
        COUNTERSIGN_FACTOR_ISSUED_RECOVERY_CODE => Factor::IssuedRecoveryCode,
        COUNTERSIGN_FACTOR_BINDING_CODE => Factor::BindingCode,
        COUNTERSIGN_FACTOR_QUESTIONS => Factor::Questions,
        COUNTERSIGN_FACTOR_MEMORABLE_WORD => Factor::Word,
        COUNTERSIGN_FACTOR_PASSWORD => Factor::Password,
        COUNTERSIGN_FACTOR_PIN => Factor::Pin,
        COUNTERSIGN_FACTOR_EXTERNAL => Factor::External,
        _ => return Err(Failure::unknown("factor", "COUNTERSIGN_FACTOR_..")),
    })
}
