//! Tokens with a button (RFC 4226).

use super::several::{self, Several};
use super::verdict::{Enrolment, Verdict};
use crate::account::draft::Draft;
use crate::account::record::budget::Budget;
use crate::account::record::odds;
use crate::account::record::slot::Slot;
use crate::account::record::state::Record;
use crate::code::Code;
use crate::error::Error;
use crate::factor::Factor;
use crate::otp::{Hotp, OtpKey};
use crate::secret::SecretBytes;

impl Several for Hotp {
    type State = u64;
    const FACTOR: Factor = Factor::Hotp;
    const BUDGET: Budget = Budget::Hotp;
    const NAME: &str = "token";

    fn slots(record: &Record) -> &[Slot<Self, u64>] {
        &record.hotps
    }

    fn slots_mut(record: &mut Record) -> &mut Vec<Slot<Self, u64>> {
        &mut record.hotps
    }

    fn odds(&self, _: &u64) -> (u32, u64) {
        odds::of_token(self)
    }
}

pub(super) fn judge(draft: &mut Draft<'_>, code: &Code) -> Verdict {
    let stand_in = draft.settings().stand_in_token();
    several::judge_each(draft, stand_in, |hotp: &Hotp, state| {
        hotp.check(*state, code)
    })
}

pub(super) fn judge_pair(draft: &mut Draft<'_>, first: &Code, second: &Code) -> Verdict {
    let stand_in = draft.settings().stand_in_token();
    several::judge_each(draft, stand_in, |hotp: &Hotp, state| {
        hotp.check_pair(*state, first, second)
    })
}

/// Takes the code that confirms a token.
pub(super) fn confirmation<'c>(draft: &Draft<'_>, code: &'c Code) -> Enrolment<'c> {
    several::confirmation(draft, |hotp: &Hotp, state| hotp.check(*state, code))
}

/// Takes the two codes that confirm a token.
pub(super) fn confirmation_by_pair<'c>(
    draft: &Draft<'_>,
    first: &'c Code,
    second: &'c Code,
) -> Enrolment<'c> {
    several::confirmation(draft, |hotp: &Hotp, state| {
        hotp.check_pair(*state, first, second)
    })
}

/// Enrols a token with a drawn secret.
pub(super) fn enrol_stand_in(record: &mut Record, secret: SecretBytes) -> Result<(), Error> {
    let slot = Slot::new(record.drawn_head(), Hotp::from(OtpKey::new(secret)?), 0);
    record.hotps.push(slot);
    Ok(())
}
