//! What is counted together, and by which limits.

use minicbor::{Decode, Encode};

use crate::factor::Factor;
use crate::limits::throttle::Limits;
use crate::password::Pin;

/// What is counted together: one budget for a factor, shared by all its authenticators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub(crate) enum Budget {
    #[n(1)]
    Totp,
    /// Both kinds: a told private code is a try like any other.
    #[n(2)]
    Delivered,
    #[n(3)]
    Questions,
    #[n(4)]
    Hotp,
    #[n(5)]
    Ocra,
    #[n(6)]
    Recovery,
    #[n(7)]
    Word,
    #[n(8)]
    Password,
    #[n(9)]
    Pin,
}

impl Budget {
    pub(crate) const ALL: [Self; 9] = [
        Self::Totp,
        Self::Delivered,
        Self::Questions,
        Self::Hotp,
        Self::Ocra,
        Self::Recovery,
        Self::Word,
        Self::Password,
        Self::Pin,
    ];

    /// Those whose tries are computed with Argon2id.
    pub(crate) const EXPENSIVE: [Self; 3] = [Self::Questions, Self::Password, Self::Pin];

    pub(crate) const fn of(factor: Factor) -> Option<Self> {
        match factor {
            Factor::Totp => Some(Self::Totp),
            Factor::Hotp => Some(Self::Hotp),
            Factor::Ocra => Some(Self::Ocra),
            Factor::PrivateCode
            | Factor::SpokenCode
            | Factor::IssuedRecoveryCode
            | Factor::BindingCode => Some(Self::Delivered),
            Factor::RecoveryCode => Some(Self::Recovery),
            Factor::Questions => Some(Self::Questions),
            Factor::Word => Some(Self::Word),
            Factor::Password => Some(Self::Password),
            Factor::Pin => Some(Self::Pin),
            Factor::External => None,
        }
    }

    /// The limits that this budget is counted by.
    pub(crate) const fn limits(self, limits: &Limits) -> Limits {
        match self {
            // 64 bits and more cannot be guessed: locked for 30 seconds at a time, and never disabled.
            Self::Recovery => limits.never_disabling(),
            Self::Pin => limits.disabling_after(Pin::MOST_FAILURES),
            _ => *limits,
        }
    }
}
