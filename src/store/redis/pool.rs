//! A pool of blocking connections to one server, for many threads.

use core::time::Duration;
use std::net::{IpAddr, ToSocketAddrs as _};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use redis::{Client, Connection, ConnectionAddr, Pipeline, RedisResult, Value};

use super::admission;
use super::options::RedisOptions;
use super::wire::{Deadline, FRESH, Failure, Wire, has_written};

pub(super) struct Pool {
    options: Arc<RedisOptions>,
    state: Mutex<State>,
    returned: Condvar,
}

struct State {
    idle: Vec<Idle>,
    /// Idle, lent, and being made.
    open: usize,
    /// Goes up when a connection breaks. Those of an earlier one are closed.
    generation: u64,
}

struct Idle {
    line: Line,
    since: Instant,
}

/// A connection, and the time-out of its answers.
struct Line {
    connection: Connection,
    patience: Option<Duration>,
}

impl Line {
    /// Sets the time-out of the next answer. It may be wrong by a sixty-fourth: the system is then not asked for each call.
    fn wait_for(&mut self, left: Duration) -> RedisResult<()> {
        let slack = left.checked_div(64).unwrap_or_default();
        let is_set = self.patience.is_some_and(|set| set.abs_diff(left) <= slack);
        if !is_set {
            self.connection.set_read_timeout(Some(left))?;
            self.patience = Some(left);
        }
        Ok(())
    }
}

/// A place in the pool, with or without a connection. Its drop gives it back.
struct Lent<'p> {
    pool: &'p Pool,
    generation: u64,
    line: Option<Line>,
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        let mut state = self.pool.state();
        match self.line.take() {
            Some(line) if state.generation == self.generation => state.idle.push(Idle {
                line,
                since: Instant::now(),
            }),
            _ => state.open = state.open.saturating_sub(1),
        }
        drop(state);
        self.pool.returned.notify_one();
    }
}

impl Pool {
    fn state(&self) -> MutexGuard<'_, State> {
        // Each change of it is whole even if a thread died beside it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(
        &self,
        commands: &Pipeline,
        confirmation: Option<&Pipeline>,
        deadline: Deadline,
    ) -> Result<Vec<Value>, Failure> {
        let mut lent = self.lend(deadline)?;
        let Some(mut line) = lent.line.take() else {
            return Err(Failure::late());
        };
        let mut answers = converse(&mut line, commands, deadline);
        if let (Ok(given), Some(confirmation)) = (&mut answers, confirmation)
            && has_written(given)
        {
            match converse(&mut line, confirmation, deadline) {
                Ok(confirmed) => given.extend(confirmed),
                Err(failure) => answers = Err(failure.after_a_write()),
            }
        }
        if answers.is_ok() {
            lent.line = Some(line);
        } else {
            // The others are as old, and the server that they lead to is likely gone.
            drop(lent);
            self.renew();
        }
        answers
    }

    /// Lends a connection: one that lies here, or a new one, or the next that comes back.
    fn lend(&self, deadline: Deadline) -> Result<Lent<'_>, Failure> {
        let mut state = self.state();
        loop {
            if let Some(Idle { line, since }) = state.idle.pop() {
                let mut lent = Lent {
                    pool: self,
                    generation: state.generation,
                    line: Some(line),
                };
                drop(state);
                if since.elapsed() < FRESH || lent.answers(deadline) {
                    return Ok(lent);
                }
                lent.line = None;
                drop(lent);
                self.renew();
                state = self.state();
                continue;
            }
            if state.open < self.options.connections {
                state.open = state.open.saturating_add(1);
                let mut lent = Lent {
                    pool: self,
                    generation: state.generation,
                    line: None,
                };
                drop(state);
                lent.line = Some(self.connect(deadline)?);
                return Ok(lent);
            }
            let left = deadline.left().ok_or_else(Failure::late)?;
            (state, _) = self
                .returned
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Opens a connection to a server that may keep records.
    fn connect(&self, deadline: Deadline) -> Result<Line, Failure> {
        let mut line = self.reach(deadline)?;
        match converse(&mut line, &admission::questions(), deadline) {
            Ok(answers) => admission::judge(&self.options, &answers)
                .map(|()| line)
                .map_err(Failure::Unsent),
            Err(Failure::Unsent(why) | Failure::Lost(why)) => Err(Failure::Unsent(why)),
        }
    }

    /// Opens a connection to a server of any kind.
    fn reach(&self, deadline: Deadline) -> Result<Line, Failure> {
        let addresses = self.addresses();
        let left = deadline.left().ok_or_else(Failure::late)?;
        // The crate gives each address of a name as much.
        let left = left.checked_div(addresses).unwrap_or(left);
        Client::open(self.options.server.clone())
            .and_then(|client| client.get_connection_with_timeout(left))
            .and_then(|connection| {
                connection.set_write_timeout(Some(self.options.timeout))?;
                Ok(Line {
                    connection,
                    patience: None,
                })
            })
            .map_err(|cause| Failure::unsent(&cause))
    }

    /// Returns how many addresses the name of the server has.
    fn addresses(&self) -> u32 {
        let (host, port) = match self.options.server.addr() {
            ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. } => {
                (host.as_str(), *port)
            }
            _ => return 1,
        };
        if host.parse::<IpAddr>().is_ok() {
            return 1;
        }
        let found = (host, port).to_socket_addrs().map_or(1, Iterator::count);
        u32::try_from(found).unwrap_or(1).max(1)
    }
}

impl Lent<'_> {
    /// Returns whether the connection still leads to a server.
    fn answers(&mut self, deadline: Deadline) -> bool {
        let mut ping = redis::pipe();
        ping.cmd("PING");
        self.line
            .as_mut()
            .is_some_and(|line| converse(line, &ping, deadline).is_ok())
    }
}

/// Sends commands and reads an answer for each. After an error the connection is of no use.
fn converse(
    line: &mut Line,
    commands: &Pipeline,
    deadline: Deadline,
) -> Result<Vec<Value>, Failure> {
    let left = deadline.left().ok_or_else(Failure::late)?;
    line.wait_for(left)
        .map_err(|cause| Failure::unsent(&cause))?;
    let connection = &mut line.connection;
    // A request that was sent in part may be read as a whole, if the server has the rest already.
    connection
        .send_packed_command(&commands.get_packed_pipeline())
        .and_then(|()| {
            (0..commands.len())
                .map(|_| connection.recv_response())
                .collect()
        })
        .map_err(|cause| Failure::lost(&cause))
}

impl Wire for Pool {
    fn to(options: Arc<RedisOptions>) -> Self {
        Self {
            options,
            state: Mutex::new(State {
                idle: Vec::new(),
                open: 0,
                generation: 0,
            }),
            returned: Condvar::new(),
        }
    }

    async fn exchange(
        &self,
        commands: &Pipeline,
        confirmation: Option<&Pipeline>,
        deadline: Deadline,
    ) -> Result<Vec<Value>, Failure> {
        self.run(commands, confirmation, deadline)
    }

    async fn ask_apart(
        &self,
        commands: &Pipeline,
        deadline: Deadline,
    ) -> Result<Vec<Value>, Failure> {
        let mut line = self.reach(deadline)?;
        converse(&mut line, commands, deadline)
    }

    fn renew(&self) {
        let mut state = self.state();
        state.generation = state.generation.wrapping_add(1);
        let old = core::mem::take(&mut state.idle);
        state.open = state.open.saturating_sub(old.len());
        drop(state);
        // Closed outside of the lock: a TLS connection says goodbye.
        drop(old);
        self.returned.notify_all();
    }

    async fn pause(span: Duration) {
        std::thread::sleep(span);
    }
}
