//! Events: each step that a subject's record takes, for a log that others can read.

pub use crate::event::{Audit, Event, EventKind, PendingChange, Reason};
