//! The ways a subject can be verified, what each shows, and what it is worth.

use core::fmt;

use crate::error::Error;

/// The ways a subject can be verified.
///
/// ```
/// use countersign::{Factor, FactorClass};
/// assert_eq!(Factor::Totp.class(), Some(FactorClass::Possession));
/// assert_eq!("questions".parse::<Factor>()?, Factor::Questions);
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
    /// A delivered code, typed into the customer's own device. Never to be told to anyone.
    PrivateCode,
    /// A delivered code, read to an agent or keyed in on a phone.
    SpokenCode,
    /// A code from a list that the customer keeps: a look-up secret (SP 800-63B-4 3.1.2), and a saved recovery code
    /// (4.2.1.1).
    RecoveryCode,
    /// A recovery code that was sent when it was needed (SP 800-63B-4 4.2.1.2). It helps somebody back in beside other
    /// evidence, and is no authenticator.
    IssuedRecoveryCode,
    /// A binding code: drawn in a session that was verified, and typed where an authenticator is to be added (SP 800-63B-4
    /// 4.1.2.2). It links the two, and is no authenticator.
    BindingCode,
    /// Knowledge questions. Weak: SP 800-63-4 2.3.1 does not count them as a factor.
    Questions,
    /// Letters of a memorable word. Weak, as knowledge questions are.
    Word,
    /// A password (SP 800-63B-4 3.1.1).
    Password,
    /// A PIN that the host checks. Weak: six digits are too short for a password (SP 800-63B-4 3.1.1.2), and what NIST
    /// calls a PIN unlocks a device and never leaves it (3.2.10). Contact centres ask for one all the same.
    Pin,
    /// Something the host verified itself; who attested it says what.
    External,
}

impl Factor {
    /// All of them.
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

    /// The name of this factor in a policy document.
    ///
    /// ```
    /// assert_eq!(countersign::Factor::SpokenCode.name(), "spoken_code");
    /// ```
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Totp => "totp",
            Self::Hotp => "hotp",
            Self::Ocra => "ocra",
            Self::PrivateCode => "private_code",
            Self::SpokenCode => "spoken_code",
            Self::RecoveryCode => "recovery_code",
            Self::IssuedRecoveryCode => "issued_recovery_code",
            Self::BindingCode => "binding_code",
            Self::Questions => "questions",
            Self::Word => "memorable_word",
            Self::Password => "password",
            Self::Pin => "pin",
            Self::External => "external",
        }
    }

    /// What kind of thing it shows; for attested evidence the attestation says it.
    ///
    /// ```
    /// use countersign::{Factor, FactorClass};
    /// assert_eq!(Factor::Questions.class(), Some(FactorClass::Knowledge));
    /// assert_eq!(Factor::External.class(), None);
    /// ```
    #[must_use]
    pub const fn class(self) -> Option<FactorClass> {
        match self {
            Self::Totp
            | Self::Hotp
            | Self::Ocra
            | Self::PrivateCode
            | Self::SpokenCode
            | Self::RecoveryCode
            | Self::IssuedRecoveryCode
            | Self::BindingCode => Some(FactorClass::Possession),
            Self::Questions | Self::Word | Self::Password | Self::Pin => {
                Some(FactorClass::Knowledge)
            }
            Self::External => None,
        }
    }

    /// What evidence by it is worth; for attested evidence the attestation says it.
    ///
    /// ```
    /// use countersign::{Factor, Strength};
    /// assert_eq!(Factor::Questions.strength(), Some(Strength::Weak));
    /// assert_eq!(Factor::SpokenCode.strength(), Some(Strength::Restricted));
    /// ```
    #[must_use]
    pub const fn strength(self) -> Option<Strength> {
        match self {
            Self::Questions
            | Self::Word
            | Self::Pin
            | Self::IssuedRecoveryCode
            | Self::BindingCode => Some(Strength::Weak),
            Self::PrivateCode | Self::SpokenCode => Some(Strength::Restricted),
            Self::Totp | Self::Hotp | Self::Ocra | Self::RecoveryCode | Self::Password => {
                Some(Strength::Full)
            }
            Self::External => None,
        }
    }
}

impl core::str::FromStr for Factor {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        Self::ALL
            .into_iter()
            .find(|factor| factor.name() == name)
            .ok_or_else(|| {
                let known: Vec<_> = Self::ALL.iter().map(|factor| factor.name()).collect();
                Error::misuse("factor", format!("must be one of {}", known.join(", ")))
            })
    }
}

impl fmt::Display for Factor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a factor shows (SP 800-63-4 2.3.1): two of one class are one.
///
/// ```
/// assert_ne!(countersign::FactorClass::Knowledge, countersign::FactorClass::Possession);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_enums, reason = "there are three classes")]
pub enum FactorClass {
    /// Something the subject knows.
    Knowledge,
    /// Something the subject has.
    Possession,
    /// Something the subject is.
    Inherence,
}

/// How much a piece of evidence is worth beside others of its class.
///
/// ```
/// use countersign::Strength;
/// assert!(Strength::Weak < Strength::Restricted && Strength::Restricted < Strength::Full);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Strength {
    /// No factor by SP 800-63-4: questions, memorable words, PINs, recovery codes that are sent,
    /// binding codes.
    Weak,
    /// Restricted by SP 800-63B-4 3.2.9: codes over the telephone network.
    Restricted,
    /// Neither.
    Full,
}
