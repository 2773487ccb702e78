//! Accounts: one sealed record for each subject, and its steps. A [`Verifier`](crate::Verifier) takes them over a
//! [`Store`](crate::store::Store).
//!
//! | call | effect |
//! |---|---|
//! | [`check`](crate::Verifier::check) | takes an attempt |
//! | [`issue`](crate::Verifier::issue) | draws a code to be sent |
//! | [`challenge`](crate::Verifier::challenge) | asks a customer's device, and answers its question |
//! | [`change`](crate::Verifier::change), [`generate_recovery_codes`](crate::Verifier::generate_recovery_codes) | changes authenticators; suspends and resumes |
//! | [`authenticators`](crate::Verifier::authenticators) | lists authenticators one by one |
//! | [`authorize`](crate::Verifier::authorize) | decides on what the record holds, and redeems |
//! | [`redeem`](crate::Verifier::redeem) | spends a grant |
//! | [`approve`](crate::Verifier::approve) | keeps an agent's approval |
//! | [`end`](crate::Verifier::end) | forgets an interaction: the customer signs out |
//! | [`status`](crate::Verifier::status), [`prompts`](crate::Verifier::prompts), [`word_prompt`](crate::Verifier::word_prompt) | say what to ask for next; write nothing |
//! | [`evidence`](crate::Verifier::evidence), [`decide`](crate::Verifier::decide) | say what the record holds, and what a policy says to it; write nothing |
//!
//! Records in a table of your own need a [`Store`](crate::store::Store) for it, which is four methods.
//! [`store::conformance`](crate::store::conformance) checks it.

pub(crate) mod attempt;
mod authenticators;
pub(crate) mod changes;
mod decoy;
mod dialog;
pub(crate) mod draft;
mod interaction_key;
pub(crate) mod open;
pub(crate) mod outcome;
pub(crate) mod pending;
mod record;
pub(crate) mod rekey;
pub(crate) mod report;
pub(crate) mod settings;
pub(crate) mod steps;
mod trial;
mod typical;
pub(crate) mod walked;
mod warning;

pub(crate) use attempt::Attempt;
pub(crate) use changes::{Change, Changed};
pub use dialog::Dialog;
pub(crate) use outcome::Outcome;
pub use pending::Pending;
pub use rekey::Rekey;
pub use report::{AccountReport, Finding};
pub(crate) use settings::Settings;
pub(crate) use steps::issue_budget::IssueBudget;
pub use steps::restore::AfterRestore;
pub use typical::TypicalEnrolment;
pub use walked::UnreadableRecord;
pub use warning::Warning;

pub use crate::authenticator::{
    AddedBy, Authenticator, AuthenticatorId, AuthenticatorState, Label, PendingId,
};
pub use crate::event::RedeemRefusal;
pub use crate::evidence::ExternalVerification;
pub use crate::grant::{Agent, Approval, Obligation, Obligations};
pub use crate::status::{Lock, Status};
