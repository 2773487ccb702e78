//! The verifier: an account, a store and an audit trail in one call.
//!
//! The engine says what a call asks for and in which order. A driver answers, and no logic is written twice. A failing
//! store is an error, never a pass (pitfall B14). After a write of which the end is unknown, nothing is revealed.

pub(crate) mod authorize;
mod blocking;
mod budgets;
mod decoys;
mod driver;
mod engine;
mod metered;
mod nonblocking;
mod port;
mod races;
mod records;
mod remembered;
mod rollback;
mod shared;
mod turns;
mod waiting;
mod walk;

pub use blocking::Verifier;
pub use nonblocking::AsyncVerifier;
