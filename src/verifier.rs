//! The verifier: an account, a store and an audit trail in one call.
//!
//! Load, step, compare-and-swap, try again if another writer was faster, write the event, then return the outcome. A failing
//! store is an error, never a pass (pitfall B14). After a write of which the end is unknown, nothing is revealed.

mod blocking;
mod budgets;
mod decoys;
mod races;
mod records;

pub use blocking::Verifier;
