//! The time: of the machine, or of a file in tests.

use std::path::PathBuf;

use countersign::time::{Clock, SystemClock};
use countersign::{Error, Timestamp};

/// The clock of the verifier and of the tables.
#[derive(Clone)]
pub(crate) enum BankClock {
    Machine,
    /// The Unix time stands in a file, which all copies of the program read.
    File(PathBuf),
}

impl Clock for BankClock {
    fn now(&self) -> Result<Timestamp, Error> {
        match self {
            Self::Machine => SystemClock.now(),
            Self::File(path) => {
                let read = |cause| Error::store("clock of the file", cause);
                let text = std::fs::read_to_string(path).map_err(read)?;
                let seconds = text.trim().parse::<i64>();
                Timestamp::from_unix(
                    seconds.map_err(|cause| Error::store("clock of the file", cause))?,
                )
            }
        }
    }
}

/// `14:05 UTC`.
pub(crate) fn hour(seconds: u64) -> String {
    let minutes = seconds / 60;
    format!("{:02}:{:02} UTC", minutes / 60 % 24, minutes % 60)
}
