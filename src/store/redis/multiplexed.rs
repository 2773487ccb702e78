//! One connection to a server for all tasks: their commands go out one after another, and answers come back in that order.

use core::time::Duration;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Pipeline, Value};
use tokio::runtime::Handle;
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::admission;
use super::options::RedisOptions;
use super::wire::{Deadline, FRESH, Failure, Wire, has_written};

const NO_RUNTIME: &str = "it was called outside a tokio runtime: call it within one";

pub(super) struct Multiplexed {
    options: Arc<RedisOptions>,
    current: RwLock<Option<Arc<Line>>>,
    /// Held by the task that connects. The others wait, and use what it made.
    connecting: Mutex<()>,
}

/// A connection that was opened.
struct Line {
    connection: MultiplexedConnection,
    opened: Instant,
    /// When it last answered: so many milliseconds after it was opened.
    heard: AtomicU64,
}

impl Line {
    /// Notes that it answered. Tasks do not wait for each other here.
    fn is_heard(&self) {
        let after = u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.heard.store(after, Ordering::Relaxed);
    }

    /// Returns whether it answered just now.
    fn is_fresh(&self) -> bool {
        let heard = Duration::from_millis(self.heard.load(Ordering::Relaxed));
        self.opened.elapsed().saturating_sub(heard) < FRESH
    }
}

impl Multiplexed {
    fn current(&self) -> Option<Arc<Line>> {
        let current = self.current.read();
        current.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, line: Option<Arc<Line>>) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = line;
    }

    /// Closes a line that failed, if no other one has taken its place.
    fn close(&self, line: &Arc<Line>) {
        let current = self.current.write();
        let mut current = current.unwrap_or_else(PoisonError::into_inner);
        if current.as_ref().is_some_and(|now| Arc::ptr_eq(now, line)) {
            *current = None;
        }
    }

    /// Returns the connection, if it answered just now or answers.
    ///
    /// A future is moved by each caller that waits for it, and those of connecting are large. They are apart.
    async fn line(&self, deadline: Deadline) -> Result<Arc<Line>, Failure> {
        match self.current() {
            Some(line) if line.is_fresh() => Ok(line),
            earlier => Box::pin(self.opened(earlier, deadline)).await,
        }
    }

    /// Returns the earlier connection if it answers, or opens one.
    async fn opened(
        &self,
        earlier: Option<Arc<Line>>,
        deadline: Deadline,
    ) -> Result<Arc<Line>, Failure> {
        if let Some(line) = earlier {
            let mut ping = redis::pipe();
            ping.cmd("PING");
            if self.converse(&line, &ping, deadline).await.is_ok() {
                return Ok(line);
            }
        }
        let left = deadline.left().ok_or_else(Failure::late)?;
        let Ok(_connecting) = timeout(left, self.connecting.lock()).await else {
            return Err(Failure::late());
        };
        if let Some(line) = self.current().filter(|line| line.is_fresh()) {
            return Ok(line);
        }
        let line = Arc::new(Line {
            connection: self.connect(deadline).await?,
            opened: Instant::now(),
            heard: AtomicU64::new(0),
        });
        self.set(Some(Arc::clone(&line)));
        Ok(line)
    }

    /// Opens a connection to a server that may keep records.
    async fn connect(&self, deadline: Deadline) -> Result<MultiplexedConnection, Failure> {
        let mut connection = self.reach(deadline).await?;
        match send(&mut connection, &admission::questions(), deadline).await {
            Ok(answers) => admission::judge(&self.options, &answers)
                .map(|()| connection)
                .map_err(Failure::Unsent),
            Err(Failure::Unsent(why) | Failure::Lost(why)) => Err(Failure::Unsent(why)),
        }
    }

    /// Opens a connection to a server of any kind.
    async fn reach(&self, deadline: Deadline) -> Result<MultiplexedConnection, Failure> {
        let left = deadline.left().ok_or_else(Failure::late)?;
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(left))
            .set_response_timeout(None);
        let client =
            Client::open(self.options.server.clone()).map_err(|cause| Failure::unsent(&cause))?;
        let opened = client.get_multiplexed_async_connection_with_config(&config);
        match timeout(left, opened).await {
            Ok(opened) => opened.map_err(|cause| Failure::unconnected(&self.options, Some(&cause))),
            Err(_) => Err(Failure::unconnected(&self.options, None)),
        }
    }

    /// Sends commands. A connection that fails is not used again: the network may have swallowed it.
    async fn converse(
        &self,
        line: &Arc<Line>,
        commands: &Pipeline,
        deadline: Deadline,
    ) -> Result<Vec<Value>, Failure> {
        let answers = send(&mut line.connection.clone(), commands, deadline).await;
        match &answers {
            Ok(_) => line.is_heard(),
            // Nothing was sent over it.
            Err(Failure::Unsent(_)) => {}
            Err(Failure::Lost(_)) => self.close(line),
        }
        answers
    }
}

async fn send(
    connection: &mut MultiplexedConnection,
    commands: &Pipeline,
    deadline: Deadline,
) -> Result<Vec<Value>, Failure> {
    let left = deadline.left().ok_or_else(Failure::late)?;
    let answers = async {
        let mut all = commands.cmd_iter();
        match (all.next(), all.next()) {
            // Nearly all are alone, and need no list of answers on their way.
            (Some(command), None) => {
                let answer = connection.send_packed_command(command).await;
                answer.map(|answer| vec![answer])
            }
            _ => {
                let count = commands.len();
                Box::pin(connection.send_packed_commands(commands, 0, count)).await
            }
        }
    };
    match timeout(left, answers).await {
        Ok(answers) => answers.map_err(|cause| Failure::lost(&cause)),
        Err(_) => Err(Failure::silent()),
    }
}

fn within_a_runtime() -> Result<(), Failure> {
    match Handle::try_current() {
        Ok(_) => Ok(()),
        Err(_) => Err(Failure::Unsent(NO_RUNTIME.to_owned())),
    }
}

impl Wire for Multiplexed {
    fn to(options: Arc<RedisOptions>) -> Self {
        Self {
            options,
            current: RwLock::new(None),
            connecting: Mutex::new(()),
        }
    }

    async fn exchange(
        &self,
        commands: &Pipeline,
        confirmation: Option<&Pipeline>,
        deadline: Deadline,
    ) -> Result<Vec<Value>, Failure> {
        within_a_runtime()?;
        let line = self.line(deadline).await?;
        let mut answers = self.converse(&line, commands, deadline).await?;
        if let Some(confirmation) = confirmation
            && has_written(&answers)
        {
            let confirmed = Box::pin(self.converse(&line, confirmation, deadline)).await;
            answers.extend(confirmed.map_err(Failure::after_a_write)?);
        }
        Ok(answers)
    }

    async fn ask_apart(
        &self,
        commands: &Pipeline,
        deadline: Deadline,
    ) -> Result<Vec<Value>, Failure> {
        within_a_runtime()?;
        let mut connection = self.reach(deadline).await?;
        send(&mut connection, commands, deadline).await
    }

    fn renew(&self) {
        self.set(None);
    }

    async fn pause(span: Duration) {
        tokio::time::sleep(span).await;
    }
}
