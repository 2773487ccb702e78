//! The decision: which evidence counts, whether it is enough, and the options that are left if it is not.

pub(crate) mod assurance;
pub(crate) mod case;
pub(crate) mod counted;
pub(crate) mod decision;
pub(crate) mod met;
pub(crate) mod options;
mod plans;
pub(crate) mod tier;

pub(crate) use case::{ApprovalFacts, Case, Piece};
pub(crate) use counted::{CountedEvidence, Discount, Query, discounted};
pub(crate) use decision::{Decision, DenyReason, Verdict};
pub(crate) use options::{StepUpOption, StepUpRequirement};
