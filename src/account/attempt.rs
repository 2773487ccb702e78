//! Attempts: codes, answers and other values that are offered to verify a subject.

use crate::code::Code;
use crate::context::Channel;
use crate::evidence::ExternalVerification;
use crate::factor::Factor;
use crate::knowledge::{Answers, WordLetters};
use crate::otp::ocra::OcraResponse;
use crate::password::{Password, Pin};

/// A value that is offered to verify a subject. It names its factor, and only that factor is charged.
///
/// ```
/// use countersign::{Attempt, Code};
/// let attempt = Attempt::Totp(Code::typed("755 224"));
/// assert!(!attempt.needs_hashing());
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Attempt {
    /// A code from an authenticator app.
    Totp(Code),
    /// Two consecutive codes from an app whose clock runs ahead, judged together (RFC 6238 6). It is one try.
    TotpPair(Code, Code),
    /// A code from a token with a button.
    Hotp(Code),
    /// Two consecutive codes from a token that is far ahead, judged together (RFC 4226 7.4). It is one try.
    HotpPair(Code, Code),
    /// A code that was sent to authenticate, of either kind. A private code is denied and void on a channel that [reveals
    /// it to the host](crate::Channel::reveals_to_host): agent, keypad, counter.
    Delivered(Code),
    /// A code that was sent to recover, of either kind (SP 800-63B-4 4.2.1.2).
    IssuedRecoveryCode(Code),
    /// A binding code, typed where an authenticator is to be added (SP 800-63B-4 4.1.2.2): see
    /// [`CodeOrder::binding`](crate::delivered::CodeOrder::binding).
    BindingCode(Code),
    /// The response to the question that waits in this interaction: see [`Verifier::challenge`](crate::Verifier::challenge).
    Ocra(OcraResponse),
    /// A code from the customer's list of recovery codes.
    Recovery(Code),
    /// The answers to the questions that stand, all together.
    Questions(Answers),
    /// The letters of the memorable word that were asked for, all together.
    Word(WordLetters),
    /// A password.
    Password(Password),
    /// A PIN that the host checks.
    Pin(Pin),
    /// A verification by the host itself, or by a service it trusts.
    External(ExternalVerification),
}

impl Attempt {
    /// Returns whether a check of it computes Argon2id, and so takes a permit and two writes.
    ///
    /// ```
    /// use countersign::{Attempt, knowledge::Answers};
    /// assert!(Attempt::Questions(Answers::new()).needs_hashing());
    /// ```
    #[must_use]
    pub const fn needs_hashing(&self) -> bool {
        matches!(self, Self::Questions(_) | Self::Password(_) | Self::Pin(_))
    }

    /// Returns the factor. A delivered code counts as the kind that belongs on the channel, until it is found.
    pub(crate) const fn factor(&self, channel: Channel) -> Factor {
        match self {
            Self::Totp(_) | Self::TotpPair(..) => Factor::Totp,
            Self::Hotp(_) | Self::HotpPair(..) => Factor::Hotp,
            Self::Delivered(_) if channel.reveals_to_host() => Factor::SpokenCode,
            Self::Delivered(_) => Factor::PrivateCode,
            Self::IssuedRecoveryCode(_) => Factor::IssuedRecoveryCode,
            Self::BindingCode(_) => Factor::BindingCode,
            Self::Ocra(_) => Factor::Ocra,
            Self::Recovery(_) => Factor::RecoveryCode,
            Self::Questions(_) => Factor::Questions,
            Self::Word(_) => Factor::Word,
            Self::Password(_) => Factor::Password,
            Self::Pin(_) => Factor::Pin,
            Self::External(_) => Factor::External,
        }
    }
}
