//! Codes that confirm something: an authenticator, or an address.

use crate::account::authenticators::verdict::{Confirmation, Right, Verdict};
use crate::account::changes::Changed;
use crate::account::draft::{Draft, Step};
use crate::account::outcome::release_of;
use crate::account::trial::{Admission, Trial};
use crate::error::Error;
use crate::event::{EventKind, Reason};

/// Takes the code that confirms an authenticator or an address. A wrong one is charged like any other.
///
/// A right one goes on by `right`.
pub(super) fn confirm<'a>(
    draft: Draft<'a>,
    code: Confirmation<'_>,
    right: impl FnOnce(Draft<'a>, Right) -> Result<Step<Changed>, Error>,
) -> Result<Step<Changed>, Error> {
    let Confirmation {
        factor,
        budget,
        waiting,
        judge,
    } = code;
    let mut trial = match Trial::of_confirmation(draft, budget, waiting) {
        Admission::Trial(trial) => trial,
        Admission::Locked(draft, lock) => {
            let until = release_of(lock);
            return draft.tell(EventKind::Locked { factor, until }, Changed::Locked(lock));
        }
    };
    let reason = match trial.judge(judge) {
        Verdict::Right(shown) => return right(trial.right(), shown),
        Verdict::CheckDigitWrong => {
            let kind = EventKind::InvalidCheckDigit { factor };
            return trial.no_try().step(kind, Changed::InvalidCheckDigit);
        }
        Verdict::Wrong(reason) => reason,
        // No code that confirms something is computed.
        Verdict::Compute(_) => Reason::Wrong,
    };
    let (draft, _) = trial.wrong();
    draft.step(EventKind::Denied { factor, reason }, Changed::Denied)
}
