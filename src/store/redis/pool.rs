//! A pool of blocking connections to one server, for many threads.

use core::time::Duration;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

use redis::{Pipeline, Value};
use rustls::ClientConfig;

use super::admission;
use super::line::Line;
use super::options::RedisOptions;
use super::wire::{Deadline, FRESH, Failure, Wire, has_written};

pub(super) struct Pool {
    options: Arc<RedisOptions>,
    /// Made for the first connection over TLS.
    tls: OnceLock<Arc<ClientConfig>>,
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
        let mut answers = line.converse(commands, deadline);
        if let (Ok(given), Some(confirmation)) = (&mut answers, confirmation)
            && has_written(given)
        {
            match line.converse(confirmation, deadline) {
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
        match line.converse(&admission::questions(), deadline) {
            Ok(answers) => admission::judge(&self.options, &answers)
                .map(|()| line)
                .map_err(Failure::Unsent),
            Err(Failure::Unsent(why) | Failure::Lost(why)) => Err(Failure::Unsent(why)),
        }
    }

    /// Opens a connection to a server of any kind.
    fn reach(&self, deadline: Deadline) -> Result<Line, Failure> {
        Line::open(&self.options, &self.tls, deadline)
    }
}

impl Lent<'_> {
    /// Returns whether the connection still leads to a server.
    fn answers(&mut self, deadline: Deadline) -> bool {
        let mut ping = redis::pipe();
        ping.cmd("PING");
        self.line
            .as_mut()
            .is_some_and(|line| line.converse(&ping, deadline).is_ok())
    }
}

impl Wire for Pool {
    fn to(options: Arc<RedisOptions>) -> Self {
        Self {
            options,
            tls: OnceLock::new(),
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
        line.converse(commands, deadline)
    }

    fn renew(&self) {
        let mut state = self.state();
        state.generation = state.generation.wrapping_add(1);
        let old = core::mem::take(&mut state.idle);
        state.open = state.open.saturating_sub(old.len());
        drop(state);
        // Closed outside of the lock.
        drop(old);
        self.returned.notify_all();
    }

    async fn pause(span: Duration) {
        std::thread::sleep(span);
    }
}
