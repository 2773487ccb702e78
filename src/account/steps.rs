//! The steps of an account, one file each: how it begins, what the authenticators say, what is charged or accepted.

pub(crate) mod approve;
pub(crate) mod begin;
pub(crate) mod cancel;
pub(crate) mod challenge;
pub(crate) mod change;
pub(crate) mod check;
pub(crate) mod export;
pub(crate) mod import;
pub(crate) mod interaction;
pub(crate) mod issue;
pub(crate) mod issue_budget;
pub(crate) mod list;
pub(crate) mod pending_check;
pub(crate) mod prompts;
pub(crate) mod recovery_codes;
pub(crate) mod redeem;
pub(crate) mod restore;
pub(crate) mod settle;
pub(crate) mod standing;
pub(crate) mod status;

mod accept;
mod alter;
mod authority;
mod confirm;
mod due;
mod keep;
mod one;
mod spend;
