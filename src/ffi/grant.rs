//! Grants, and the authority for a change.

use super::failure::Failure;
use super::handle::{Object, object};
use super::result::COUNTERSIGN_ERROR_BAD_INPUT;
use crate::grant::{Authority, Grant};

/// A grant: a policy allows one action of one subject, in one interaction, until its end.
pub struct countersign_grant {
    _private: (),
}

impl Object for Grant {
    type Tag = countersign_grant;
    const KIND: u64 = 0xc5e1_9a07_4d21_0045;
    const NAME: &str = "grant";
}

/// The host itself allows the change, on its own responsibility. The grant is null.
pub const COUNTERSIGN_BY_HOST: i32 = 1;
/// A policy has allowed the change, by a grant for its action that was not redeemed.
pub const COUNTERSIGN_BY_GRANT: i32 = 2;

/// Reads the authority of a change. A null grant never stands for the host: it may be one that was not given.
///
/// # Safety
/// The grant is null or a handle that lives.
pub(super) unsafe fn authority<'a>(
    by: i32,
    grant: *const countersign_grant,
) -> Result<Authority<'a>, Failure> {
    match by {
        COUNTERSIGN_BY_HOST if grant.is_null() => Ok(Authority::Host),
        COUNTERSIGN_BY_HOST => {
            let why = "must be null, if the host allows the change";
            Err(Failure::of(COUNTERSIGN_ERROR_BAD_INPUT, "grant", why))
        }
        // SAFETY: as of this function.
        COUNTERSIGN_BY_GRANT => Ok(Authority::Granted(unsafe { object::<Grant>(grant)? })),
        _ => Err(Failure::unknown("by", "COUNTERSIGN_BY_..")),
    }
}
