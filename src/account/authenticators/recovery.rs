//! Recovery codes: a list that is printed once. Each code counts once.

use super::verdict::{Right, Verdict};
use crate::account::draft::Draft;
use crate::account::record::budget::Budget;
use crate::account::record::slot::{Slot, counted_mut};
use crate::account::record::state::Record;
use crate::code::Code;
use crate::error::Error;
use crate::factor::Factor;
use crate::random::Draw;
use crate::recovery::{RecoveryCodeHashes, RecoveryCodeList, RecoveryCodes};
use crate::time::Timestamp;

/// Compares with every code that is left. A right one leaves the list.
pub(super) fn judge(draft: &mut Draft<'_>, code: &Code) -> Verdict {
    let codes = RecoveryCodes::keyed(draft.next.code_key());
    let Some(slot) = counted_mut(&mut draft.next.recovery) else {
        drop(core::hint::black_box(
            codes.check(&RecoveryCodeHashes::empty(), code),
        ));
        return Verdict::not_enrolled();
    };
    let (next, verdict) = codes.check(&slot.authenticator, code).into_parts();
    if let Some(next) = next {
        slot.authenticator = next;
    }
    Verdict::of(verdict, Right::by(Factor::RecoveryCode, &slot.head))
}

/// Draws a new list in the place of an earlier one.
pub(crate) fn generate(draft: &mut Draft<'_>, count: u8) -> Result<RecoveryCodeList, Error> {
    let (hashes, list) = draw(draft, count)?;
    set(draft, hashes);
    Ok(list)
}

/// Draws a list, and keeps none.
pub(crate) fn draw(
    draft: &Draft<'_>,
    count: u8,
) -> Result<(RecoveryCodeHashes, RecoveryCodeList), Error> {
    let codes = RecoveryCodes::keyed(draft.next.code_key());
    let (hashes, list) = codes.issue(count, draft.now())?.into_parts();
    Ok((hashes.unwrap_or_else(RecoveryCodeHashes::empty), list))
}

/// Sets the hashes of a list, in the place of an earlier one.
pub(super) fn set(draft: &mut Draft<'_>, hashes: RecoveryCodeHashes) {
    let slot = Slot::new(draft.head(), hashes, ());
    let earlier = draft.next.recovery.replace(slot);
    draft.replaced(earlier.is_some(), Budget::Recovery);
}

/// Enrols a list of drawn codes.
pub(super) fn enrol_stand_in(
    record: &mut Record,
    now: Timestamp,
    draw: &mut impl Draw,
) -> Result<(), Error> {
    let codes = RecoveryCodeHashes::drawn(RecoveryCodes::DEFAULT_COUNT, now, draw)?;
    record.recovery = Some(Slot::new(record.drawn_head(), codes, ()));
    Ok(())
}
