//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::people::Voices;

pub(crate) const HELP: &str = "\
A day at a contact centre: a customer is verified and stepped up, an impostor refused and locked out.

Usage: cargo run --example contact_center -- [OPTIONS]

Options:
  --interactive      you play everybody: every answer and code is asked for, and your own
                     authenticator app works
  --database PATH    the SQLite file; its keys stand beside it, in PATH.key, and the story's
                     own memory in PATH.story [default: contact_center.db in this folder]
  --help             this text

Run it again on the same file, and the next day begins. To begin from nothing, delete all three.
";

/// The wish on the command line.
pub(crate) enum Wanted {
    Help,
    Day { database: PathBuf, voices: Voices },
}

impl Wanted {
    /// Reads the command line, the program's own name left out.
    pub(crate) fn read(arguments: impl Iterator<Item = OsString>) -> Result<Self, lexopt::Error> {
        use lexopt::prelude::{Long, Short};
        let mut parser = lexopt::Parser::from_args(arguments);
        let mut database = None;
        let mut voices = Voices::Script;
        while let Some(argument) = parser.next()? {
            match argument {
                Long("help") | Short('h') => return Ok(Self::Help),
                Long("interactive") => voices = Voices::Terminal,
                Long("database") if database.is_none() => {
                    database = Some(PathBuf::from(parser.value()?));
                }
                Long("database") => return Err("'--database' is given twice".into()),
                _ => return Err(argument.unexpected()),
            }
        }
        let database = database.unwrap_or_else(|| PathBuf::from("contact_center.db"));
        Ok(Self::Day { database, voices })
    }
}
