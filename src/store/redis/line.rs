//! A blocking connection to one server. The time limit of a call counts over all of its reads and writes.

use std::io::Write as _;
use std::sync::{Arc, OnceLock};

use redis::{Parser, Pipeline, RedisResult, Value};
use rustls::ClientConfig;

use super::options::RedisOptions;
use super::socket::Socket;
use super::wire::{Deadline, Failure, told};

pub(super) struct Line {
    socket: Socket,
    parser: Parser,
}

impl Line {
    /// Opens a connection, with the user and the database of the options. `tls` keeps what is read from disk once.
    pub(super) fn open(
        options: &RedisOptions,
        tls: &OnceLock<Arc<ClientConfig>>,
        deadline: Deadline,
    ) -> Result<Self, Failure> {
        let configured = || match tls.get() {
            Some(config) => Ok(Arc::clone(config)),
            None => {
                let config = Arc::new(options.tls()?);
                Ok(Arc::clone(tls.get_or_init(|| config)))
            }
        };
        let socket = Socket::connect(options.server.addr(), deadline, configured)
            .map_err(|cause| Failure::unconnected(options, Some(&cause.into())))?;
        let mut line = Self {
            socket,
            parser: Parser::new(),
        };
        line.introduce(options, deadline)?;
        Ok(line)
    }

    /// Says who it is, and which database is meant. Without a password, and with the first database, it says nothing.
    fn introduce(&mut self, options: &RedisOptions, deadline: Deadline) -> Result<(), Failure> {
        let settings = options.server.redis_settings();
        let mut commands = redis::pipe();
        let authenticates = settings.password().is_some();
        if let Some(password) = settings.password() {
            let auth = commands.cmd("AUTH");
            if let Some(user) = settings.username() {
                auth.arg(user);
            }
            auth.arg(password);
        }
        if settings.db() != 0 {
            commands.cmd("SELECT").arg(settings.db());
        }
        if commands.is_empty() {
            return Ok(());
        }
        let answers = self.ask(&commands, deadline);
        let answers = answers.map_err(|cause| Failure::unconnected(options, Some(&cause)))?;
        for (number, answer) in answers.into_iter().enumerate() {
            if let Err(cause) = answer.extract_error() {
                let what = if authenticates && number == 0 {
                    "authentication failed"
                } else {
                    "the database was refused"
                };
                return Err(Failure::Unsent(format!("{what}: {}", told(&cause))));
            }
        }
        Ok(())
    }

    /// Sends commands and reads an answer for each. After an error the connection is of no use.
    pub(super) fn converse(
        &mut self,
        commands: &Pipeline,
        deadline: Deadline,
    ) -> Result<Vec<Value>, Failure> {
        deadline.left().ok_or_else(Failure::late)?;
        // A request that was sent in part may be read as a whole, if the server has the rest already.
        self.ask(commands, deadline)
            .map_err(|cause| Failure::lost(&cause))
    }

    fn ask(&mut self, commands: &Pipeline, deadline: Deadline) -> RedisResult<Vec<Value>> {
        self.socket.ends_by(deadline);
        self.socket.write_all(&commands.get_packed_pipeline())?;
        self.socket.flush()?;
        (0..commands.len())
            .map(|_| self.parser.parse_value(&mut self.socket))
            .collect()
    }
}
