//! The ways a subject can be verified: one table says everything that a single factor says of itself.

use core::fmt;

use minicbor::{Decode, Decoder, Encode};

use crate::cbor::encode_by;
use crate::error::Error;

/// The ways a subject can be verified.
///
/// ```
/// use countersign::{Factor, FactorClass, Strength};
/// assert_eq!(Factor::Totp.class(), Some(FactorClass::Possession));
/// assert_eq!(Factor::SpokenCode.strength(), Some(Strength::Restricted));
/// assert_eq!(Factor::External.class(), None, "its verification says the class");
/// assert_eq!("spoken_code".parse::<Factor>()?, Factor::SpokenCode);
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Factor {
    /// A code from an authenticator app (RFC 6238).
    Totp,
    /// A code from a token with a button (RFC 4226).
    Hotp,
    /// The answer of a token or app to a challenge (RFC 6287).
    Ocra,
    /// A delivered code, typed into the customer's own device. The customer tells it to no person.
    PrivateCode,
    /// A delivered code, read to an agent or keyed in on a phone.
    SpokenCode,
    /// A code from a list that the customer keeps: a look-up secret (SP 800-63B-4 3.1.2), and a saved recovery code
    /// (4.2.1.1).
    RecoveryCode,
    /// A recovery code that was sent when it was needed (SP 800-63B-4 4.2.1.2). It counts beside other evidence, and is not an
    /// authenticator.
    IssuedRecoveryCode,
    /// A binding code: drawn in a session that was verified, and typed where an authenticator is to be added (SP 800-63B-4
    /// 4.1.2.2). It links the two, and is not an authenticator.
    BindingCode,
    /// Knowledge questions. Weak: SP 800-63-4 2.3.1 does not count them as a factor.
    Questions,
    /// Letters of a memorable word. Weak, as knowledge questions are.
    Word,
    /// A password (SP 800-63B-4 3.1.1).
    Password,
    /// A PIN that the host checks. Weak: six digits are too short for a password (SP 800-63B-4 3.1.1.2). A PIN as NIST has it
    /// unlocks a device and never leaves it (3.2.10). Contact centres ask for one all the same.
    Pin,
    /// A verification that the host made itself. Its [`ExternalVerification`](crate::account::ExternalVerification) says class
    /// and strength.
    External,
}

/// A row of the table of factors.
struct Row {
    name: &'static str,
    /// None, if the verification says it.
    class: Option<FactorClass>,
    /// None, if the verification says it.
    strength: Option<Strength>,
    /// The word of RFC 8176 for a token's `amr`, if it has one.
    amr: Option<&'static str>,
    /// Whether its evidence can be for one transaction.
    bindable: bool,
    /// The number in stored records. It never changes.
    number: u8,
}

impl Factor {
    /// All factors.
    pub const ALL: [Self; 13] = [
        Self::Totp,
        Self::Hotp,
        Self::Ocra,
        Self::PrivateCode,
        Self::SpokenCode,
        Self::RecoveryCode,
        Self::IssuedRecoveryCode,
        Self::BindingCode,
        Self::Questions,
        Self::Word,
        Self::Password,
        Self::Pin,
        Self::External,
    ];

    /// Returns the row of this factor: a new factor does not compile without one.
    const fn row(self) -> Row {
        use FactorClass::{Knowledge, Possession};
        use Strength::{Full, Restricted, Weak};
        #[rustfmt::skip]
        let (name, class, strength, amr, bindable, number) = match self {
            Self::Totp => ("totp", Some(Possession), Some(Full), Some("otp"), false, 0),
            Self::Hotp => ("hotp", Some(Possession), Some(Full), Some("otp"), false, 5),
            Self::Ocra => ("ocra", Some(Possession), Some(Full), Some("otp"), true, 6),
            Self::PrivateCode => ("private_code", Some(Possession), Some(Restricted), Some("sms"), true, 1),
            Self::SpokenCode => ("spoken_code", Some(Possession), Some(Restricted), Some("sms"), true, 2),
            // RFC 8176 2 has no word for look-up secrets, nor for codes that recover or bind.
            Self::RecoveryCode => ("recovery_code", Some(Possession), Some(Full), None, false, 7),
            Self::IssuedRecoveryCode => ("issued_recovery_code", Some(Possession), Some(Weak), None, false, 8),
            Self::BindingCode => ("binding_code", Some(Possession), Some(Weak), None, false, 12),
            Self::Questions => ("questions", Some(Knowledge), Some(Weak), Some("kba"), false, 3),
            Self::Word => ("memorable_word", Some(Knowledge), Some(Weak), Some("kba"), false, 9),
            Self::Password => ("password", Some(Knowledge), Some(Full), Some("pwd"), false, 10),
            Self::Pin => ("pin", Some(Knowledge), Some(Weak), Some("pin"), false, 11),
            Self::External => ("external", None, None, None, true, 4),
        };
        Row {
            name,
            class,
            strength,
            amr,
            bindable,
            number,
        }
    }

    /// Returns the name in a policy document.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.row().name
    }

    /// Returns the class of the factor. An external verification says its class itself.
    #[must_use]
    pub const fn class(self) -> Option<FactorClass> {
        self.row().class
    }

    /// Returns the strength of its evidence. An external verification says its strength itself.
    #[must_use]
    pub const fn strength(self) -> Option<Strength> {
        self.row().strength
    }

    /// Returns the word of RFC 8176 for a token's `amr`.
    pub(crate) const fn amr(self) -> Option<&'static str> {
        self.row().amr
    }

    /// Returns whether its evidence can be for one transaction. The code of an app and an answer say nothing of one. A response
    /// to a challenge may be a signature.
    pub(crate) const fn is_bindable(self) -> bool {
        self.row().bindable
    }

    /// Returns the number in stored records.
    pub(crate) const fn number(self) -> u8 {
        self.row().number
    }
}

encode_by!(Factor, |factor, to| to.u8(factor.number())?.ok());

impl<'b, C> Decode<'b, C> for Factor {
    fn decode(from: &mut Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        let start = from.position();
        let number = from.u8()?;
        let known = Self::ALL.into_iter().find(|one| one.number() == number);
        known.ok_or_else(|| minicbor::decode::Error::message("an unknown factor").at(start))
    }
}

impl core::str::FromStr for Factor {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        Self::ALL
            .into_iter()
            .find(|factor| factor.name() == name)
            .ok_or_else(|| {
                let known = Self::ALL.map(Self::name);
                Error::misuse("factor", format!("must be one of {}", known.join(", ")))
            })
    }
}

impl fmt::Display for Factor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The class of a factor (SP 800-63-4 2.3.1). Two factors of one class count as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
#[expect(clippy::exhaustive_enums, reason = "there are three classes")]
pub enum FactorClass {
    /// Something the subject knows.
    #[n(0)]
    Knowledge,
    /// Something the subject has.
    #[n(1)]
    Possession,
    /// Something the subject is.
    #[n(2)]
    Inherence,
}

/// How much a piece of evidence is worth beside others of its class.
///
/// ```
/// use countersign::Strength;
/// assert!(Strength::Weak < Strength::Restricted && Strength::Restricted < Strength::Full);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
#[non_exhaustive]
pub enum Strength {
    /// No factor by SP 800-63-4: questions, memorable words, PINs, recovery codes that are sent,
    /// binding codes.
    #[n(0)]
    Weak,
    /// Restricted by SP 800-63B-4 3.2.9: codes over the telephone network.
    #[n(1)]
    Restricted,
    /// Neither.
    #[n(2)]
    Full,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn each_factor_has_its_name_and_its_number() {
        let names: BTreeSet<_> = Factor::ALL.iter().map(|factor| factor.name()).collect();
        let numbers: BTreeSet<_> = Factor::ALL.iter().map(|factor| factor.number()).collect();
        assert_eq!(names.len(), Factor::ALL.len());
        assert!(numbers.into_iter().eq(0..13), "a bit of 16 for each");
    }
}
