//! Accounts: one sealed record for each subject, and its steps.
//!
//! | step | effect |
//! |---|---|
//! | [`check`](Account::check), then [`settle`](Account::settle) where Argon2id is computed | takes an attempt |
//! | [`issue`](Account::issue) | draws a code to be sent |
//! | [`challenge`](Account::challenge) | asks a customer's device, and answers its question |
//! | [`change`](Account::change), [`generate_recovery_codes`](Account::generate_recovery_codes) | changes authenticators; suspends and resumes |
//! | [`redeem`](Account::redeem) | spends a grant |
//!
//! [`status`](Account::status), [`prompts`](Account::prompts) and [`word_prompt`](Account::word_prompt) are no steps: they
//! say what to ask for next.
//!
//! A host with a table of its own opens an [`Account`] from the bytes and takes a step. It commits the step with the
//! compare-and-swap of its table:
//!
//! ```
//! use core::ops::ControlFlow;
//! use countersign::field::{Keyring, LongTermSecret, RootKey};
//! use countersign::{Attempt, Channel, Code, Context, Interaction, Settings, Subject, Timestamp, account::Account, transition::{CommitResult, Saved}};
//!
//! let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
//! let subject = Subject::new("bank", "C-1042")?;
//! let ctx = Context::new(Timestamp::now()?, Channel::Agent, Interaction::begin()?);
//!
//! let mut column = None; // the host's own table
//! let step = Account::create(&settings, &subject, None, &ctx)?;
//! step.commit(|sealed| { column = Some(sealed.entry().clone()); Saved::<()>::Stored }).unwrap();
//!
//! let entry = column.clone().unwrap();
//! let account = Account::open(&settings, &subject, entry.bytes(), 0)?;
//! let step = account.check(&Attempt::Totp(Code::typed("123 456")), &ctx)?;
//! let told = step.commit(|sealed| {
//!     // UPDATE accounts SET record = ?, version = ? WHERE id = ? AND version = ?
//!     let rows = usize::from(sealed.expected() == column.as_ref().map(|entry| entry.version()));
//!     column = Some(sealed.entry().clone());
//!     Saved::rows(Ok::<_, countersign::Error>(rows))
//! }).unwrap();
//! let CommitResult::Stored(told) = told else { panic!("another process wrote first") };
//! assert!(matches!(told.outcome, ControlFlow::Break(countersign::Outcome::Denied)));
//! # Ok::<(), countersign::Error>(())
//! ```

pub(crate) mod attempt;
mod authenticators;
pub(crate) mod changes;
mod decoy;
mod dialog;
mod draft;
mod open;
pub(crate) mod outcome;
mod own_table;
mod record;
pub(crate) mod settings;
mod steps;
mod trial;
mod typical;

pub(crate) use attempt::Attempt;
pub(crate) use changes::{Change, Changed};
pub use dialog::Dialog;
pub use draft::{Recorded, Sealed};
pub(crate) use outcome::Outcome;
pub use own_table::Account;
pub(crate) use settings::Settings;
pub(crate) use steps::issue_budget::IssueBudget;
pub(crate) use steps::pending_check::CheckStep;
pub use steps::pending_check::{ComputedCheck, PendingCheck};
pub use typical::TypicalEnrolment;

pub use crate::event::RedeemRefusal;
pub use crate::evidence::ExternalVerification;
pub use crate::grant::{Agent, Approval, Obligation, Obligations};
pub use crate::status::{Lock, Status};
