//! The answer of a judge. A judge counts nothing and stores nothing: the step does.

use super::guess::HashedGuess;
use crate::account::draft::Draft;
use crate::account::record::budget::Budget;
use crate::account::record::slot::Head;
use crate::context::TransactionDigest;
use crate::event::Reason;
use crate::factor::Factor;
use crate::limits::throttle::Lane;
use crate::transition;

/// The factor that was shown, by which authenticator, and the transaction that it was shown for.
#[derive(Clone, Copy)]
pub(crate) struct Right {
    pub(crate) factor: Factor,
    /// Zero for none.
    pub(crate) authenticator: u16,
    pub(crate) binding: Option<TransactionDigest>,
}

impl Right {
    pub(super) const fn by(factor: Factor, head: &Head) -> Self {
        Self {
            factor,
            authenticator: head.id,
            binding: None,
        }
    }
}

/// The answer of a judge.
pub(crate) enum Verdict {
    /// A factor was shown.
    Right(Right),
    Wrong(Reason),
    /// It was misread or misheard. It does not count as a try.
    CheckDigitWrong,
    /// Argon2id has to be computed first.
    Compute(Box<HashedGuess>),
}

impl Verdict {
    /// Translates the verdict of a block: to `right`, or to the reason of a denial.
    pub(super) fn of(block: transition::Verdict, right: Right) -> Self {
        Self::Wrong(match block {
            transition::Verdict::Accepted => return Self::Right(right),
            transition::Verdict::InvalidCheckDigit => return Self::CheckDigitWrong,
            transition::Verdict::Replayed => Reason::Replayed,
            transition::Verdict::Expired | transition::Verdict::NothingOpen => Reason::NothingOpen,
            transition::Verdict::PrivateCodeTold => Reason::PrivateCodeTold,
            transition::Verdict::Wrong | transition::Verdict::Exhausted => Reason::Wrong,
        })
    }

    pub(super) const fn not_enrolled() -> Self {
        Self::Wrong(Reason::NotEnrolled)
    }
}

/// The effect of a change on its factor.
pub(crate) enum Enrolment<'c> {
    /// The authenticator counts from now on.
    Done,
    /// The authenticator waits for its first code.
    Waits,
    /// The change is a code that confirms one.
    Confirms(Confirmation<'c>),
}

/// A code that confirms an authenticator or an address.
pub(crate) struct Confirmation<'c> {
    pub(crate) factor: Factor,
    pub(crate) budget: Budget,
    /// The authenticator that waits for it, if one waits with a count of its own.
    pub(crate) waiting: Option<Head>,
    /// Judges it, and enrols what it confirms.
    pub(crate) judge: Judge<'c>,
}

pub(crate) type Judge<'c> = Box<dyn FnOnce(&mut Draft<'_>, Lane) -> Verdict + 'c>;
