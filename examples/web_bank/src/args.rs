//! The command line.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

pub(crate) const HELP: &str = "\
A bank on the web: sign-in, a payment with a step-up, an agent's desk, an API.

Usage: cargo run -- [OPTIONS]

Options:
  --listen ADDRESS   the address of the server [default: 127.0.0.1:8080]; port 0 takes a free one
  --data FOLDER      the folder of the bank's file and of its keys [default: web_bank_data]
  --store STORE      where the records are [default: sqlite]:
                     sqlite, memory, redis://.. or postgres://.. (features `redis`, `postgres`)
  --metrics ADDRESS  a loopback address for /metrics [default: 127.0.0.1:0, a free port]
  --behind-tls       a proxy before this program speaks TLS: cookies are `Secure`
  --clock FILE       for tests: the Unix time stands in this file
  --help             this text

Start it twice on one folder, with two ports: each serves the sessions of the other.
Without --behind-tls it listens on loopback addresses only, and cookies are not `Secure`.
";

/// The wish on the command line.
pub(crate) enum Wanted {
    Help,
    Serve(Options),
}

pub(crate) struct Options {
    pub(crate) listen: SocketAddr,
    pub(crate) metrics: SocketAddr,
    pub(crate) data: PathBuf,
    pub(crate) store: String,
    pub(crate) is_behind_tls: bool,
    pub(crate) clock: Option<PathBuf>,
}

impl Wanted {
    /// Reads the command line, the program's own name left out.
    pub(crate) fn read(arguments: impl Iterator<Item = OsString>) -> Result<Self, lexopt::Error> {
        use lexopt::ValueExt as _;
        use lexopt::prelude::{Long, Short};
        let mut options = Options {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            metrics: SocketAddr::from(([127, 0, 0, 1], 0)),
            data: PathBuf::from("web_bank_data"),
            store: "sqlite".to_owned(),
            is_behind_tls: false,
            clock: None,
        };
        let mut parser = lexopt::Parser::from_args(arguments);
        while let Some(argument) = parser.next()? {
            match argument {
                Long("help") | Short('h') => return Ok(Self::Help),
                Long("listen") => options.listen = parser.value()?.parse()?,
                Long("metrics") => options.metrics = parser.value()?.parse()?,
                Long("data") => options.data = PathBuf::from(parser.value()?),
                Long("store") => options.store = parser.value()?.string()?,
                Long("behind-tls") => options.is_behind_tls = true,
                Long("clock") => options.clock = Some(PathBuf::from(parser.value()?)),
                _ => return Err(argument.unexpected()),
            }
        }
        if !options.is_behind_tls && !options.listen.ip().is_loopback() {
            return Err(
                "--listen: must be a loopback address, unless --behind-tls is given".into(),
            );
        }
        // A proxy that leads to it is no reason: measures are for the monitoring system alone.
        if !options.metrics.ip().is_loopback() {
            return Err("--metrics: must be a loopback address".into());
        }
        Ok(Self::Serve(options))
    }
}
