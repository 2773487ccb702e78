//! How easily the authenticators of a budget are guessed, and the limits that follow.

use super::budget::Budget;
use super::slot::Slot;
use super::state::Record;
use crate::limits::throttle::Limits;
use crate::otp::ocra::{MutualState, OcraDevice};
use crate::otp::{Hotp, Totp, TotpState};

/// How many codes are right at one moment, and how many codes there are.
pub(crate) type Odds = (u32, u64);

pub(crate) fn of_app(app: &Totp, state: &TotpState) -> Odds {
    (app.accepted_codes(state), app.key().space())
}

pub(crate) fn of_token(token: &Hotp) -> Odds {
    (token.accepted_codes(), token.key().space())
}

pub(crate) fn of_device(device: &OcraDevice) -> Odds {
    let customer = device.customer();
    (customer.accepted_codes(), customer.space())
}

pub(crate) fn of_app_in(slot: &Slot<Totp, TotpState>) -> Odds {
    of_app(&slot.authenticator, &slot.state)
}

pub(crate) fn of_token_in(slot: &Slot<Hotp, u64>) -> Odds {
    of_token(&slot.authenticator)
}

pub(crate) fn of_device_in(slot: &Slot<OcraDevice, MutualState>) -> Odds {
    of_device(&slot.authenticator)
}

/// Returns the limits of a budget for what stands in a record: several authenticators leave fewer tries before a lock.
///
/// If no number of tries keeps the bounds of guessing, the host accepted worse. Then the limits are its own.
pub(crate) fn limits_of(record: &Record, budget: Budget, own: Limits) -> Limits {
    let within = match budget {
        Budget::Totp => {
            let apps = record.totps.iter().filter(|slot| slot.counts());
            own.within_bounds(apps.map(of_app_in))
        }
        Budget::Hotp => {
            let tokens = record.hotps.iter().filter(|slot| slot.counts());
            own.within_bounds(tokens.map(of_token_in))
        }
        _ => None,
    };
    within.unwrap_or(own)
}
