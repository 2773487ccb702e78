//! The policy document as it is written: read strictly, and turned into what decisions go by.
//!
//! Each written form turns into its checked form while it is read, so the reader knows line, column and key of
//! whatever breaks a rule. What needs the whole document (tiers, counts, ties) is checked at the end and names its action.

mod action;
mod forms;
mod requirement;
mod rule;
mod shapes;
mod signal;
mod whole;

pub(crate) use shapes::suggested;
pub(crate) use whole::{Head, Written};
