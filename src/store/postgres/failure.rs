//! Failures of a database, in words of our own. The server's words may hold values.

use core::fmt;
use std::io;

use tokio_postgres::error::SqlState;

use crate::error::Error;

/// A call to the database that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// The server answered with this SQLSTATE.
    Answered(String),
    /// There is no answer, for this reason. Whether a statement was carried out is unknown.
    Unanswered(String),
    /// The database holds what this version did not write.
    Corrupt(&'static str, &'static str),
}

impl Failure {
    /// Takes the SQLSTATE of an error, or its kind. A server's message is dropped, because it may quote values.
    pub(super) fn of(cause: &tokio_postgres::Error) -> Self {
        if let Some(state) = cause.code() {
            return Self::Answered(state.code().to_owned());
        }
        let mut text = cause.to_string();
        let source = std::error::Error::source(cause);
        if let Some(source) = source.and_then(|source| source.downcast_ref::<io::Error>()) {
            text.push_str(": ");
            text.push_str(&source.kind().to_string());
        }
        Self::Unanswered(text)
    }

    fn is(&self, states: &[SqlState]) -> bool {
        matches!(self, Self::Answered(code) if states.iter().any(|state| state.code() == code))
    }

    /// Whether the database gave up this statement because of another one.
    pub(super) fn is_lost_race(&self) -> bool {
        self.is(&[
            SqlState::T_R_SERIALIZATION_FAILURE,
            SqlState::T_R_DEADLOCK_DETECTED,
        ])
    }

    /// Whether another process makes the same tables at the same time. `IF NOT EXISTS` does not wait for it.
    pub(super) fn is_lost_migration(&self) -> bool {
        self.is_lost_race()
            || self.is(&[
                SqlState::UNIQUE_VIOLATION,
                SqlState::DUPLICATE_OBJECT,
                SqlState::DUPLICATE_SCHEMA,
                SqlState::DUPLICATE_TABLE,
                SqlState::INTERNAL_ERROR,
            ])
    }

    /// Makes the error of a call, about the table of this name.
    pub(super) fn error(self, name: &str) -> Error {
        match self {
            Self::Corrupt(what, why) => Error::corrupt(what, why),
            Self::Answered(_) | Self::Unanswered(_) => Error::store(name.to_owned(), self),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answered(code) => write!(f, "{} (SQLSTATE {code})", way_out(code)),
            Self::Unanswered(text) => f.write_str(text),
            Self::Corrupt(what, why) => write!(f, "{what}: {why}"),
        }
    }
}

impl std::error::Error for Failure {}

/// Returns the cause behind a SQLSTATE, and the way out.
fn way_out(code: &str) -> &'static str {
    match code {
        "25006" => {
            "the server takes no writes: connect to the primary, and set target_session_attrs=read-write"
        }
        "25P02" => "an earlier statement broke the open transaction: roll it back",
        "28000" | "28P01" => "the server refuses the user or its password",
        "3D000" => "the database does not exist",
        "3F000" | "42P01" => "the schema or the table does not exist: call migrate()",
        "40001" | "40P01" => {
            "the open transaction lost a race with another one: roll it back and repeat it whole"
        }
        "42501" => {
            "the role lacks a privilege: it needs USAGE on the schema, and SELECT, INSERT, UPDATE and DELETE on countersign_records; migrate() also needs SELECT on countersign_layout, and CREATE if a table is missing"
        }
        "53100" => "the server's disk is full",
        "53300" => "the server has no free connection: lower the number of connections",
        "55P03" | "57014" => {
            "another transaction holds the row longer than the server's time-out allows"
        }
        "57P01" | "57P02" | "57P03" => "the server stops or starts: try again",
        _ => "the server answered with an error",
    }
}

/// Returns the SQLSTATE of a store's error, if the server answered with one.
///
/// A host needs it for `40001` and `40P01` in a transaction of its own: it rolls back, and repeats the whole transaction.
///
/// ```
/// use countersign::store::postgres::sqlstate;
/// # let error = countersign::Error::store("another store", "no reason");
/// let repeat = matches!(sqlstate(&error), Some("40001" | "40P01"));
/// # assert!(!repeat);
/// ```
#[must_use]
pub fn sqlstate(error: &Error) -> Option<&str> {
    match std::error::Error::source(error)?.downcast_ref()? {
        Failure::Answered(code) => Some(code),
        Failure::Unanswered(_) | Failure::Corrupt(..) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_the_state_and_the_way_out() {
        let error = Failure::Answered("42P01".to_owned()).error("postgres table t");
        assert_eq!(error.to_string(), "postgres table t failed");
        assert_eq!(sqlstate(&error), Some("42P01"));
        let cause = std::error::Error::source(&error).expect("a cause");
        assert_eq!(
            cause.to_string(),
            "the schema or the table does not exist: call migrate() (SQLSTATE 42P01)"
        );
        assert!(Failure::Corrupt("a", "b").error("t").is_corrupt());
        assert_eq!(sqlstate(&Error::store("t", "closed")), None);
    }
}
