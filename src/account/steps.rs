//! The steps of an account, one file each.

pub(crate) mod challenge;
pub(crate) mod change;
pub(crate) mod check;
pub(super) mod issue;
pub(crate) mod issue_budget;
pub(super) mod recovery_codes;
pub(crate) mod redeem;
pub(crate) mod settle;
pub(super) mod status;
