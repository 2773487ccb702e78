//! The steps of an account, one file each: how it begins, what the authenticators say, what is charged or accepted.

pub(super) mod challenge;
pub(super) mod change;
pub(super) mod check;
pub(super) mod issue;
pub(super) mod issue_budget;
pub(super) mod pending_check;
pub(super) mod prompts;
pub(super) mod recovery_codes;
pub(super) mod redeem;
pub(super) mod settle;
pub(super) mod status;

mod accept;
mod authority;
mod begin;
mod interaction;
mod spend;
