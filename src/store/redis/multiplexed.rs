//! One connection to a server for all tasks: their commands go out one after another, and answers come back in that order.

use core::time::Duration;
use std::sync::{Arc, Mutex as Lock, MutexGuard, PoisonError};
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
    current: Lock<Current>,
    /// Held by the task that connects. The others wait, and use what it made.
    connecting: Mutex<()>,
}

struct Current {
    connection: Option<MultiplexedConnection>,
    /// Goes up with each connection.
    number: u64,
    /// When it last answered.
    heard: Instant,
}

/// A connection, and its number.
type Lent = (MultiplexedConnection, u64);

impl Multiplexed {
    fn current(&self) -> MutexGuard<'_, Current> {
        // Each change of it is whole even if a thread died beside it.
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the connection, if it answered just now or answers.
    async fn connection(&self, deadline: Deadline) -> Result<Lent, Failure> {
        if let Some((mut lent, is_fresh)) = self.lent() {
            if is_fresh {
                return Ok(lent);
            }
            let mut ping = redis::pipe();
            ping.cmd("PING");
            if self.converse(&mut lent, &ping, deadline).await.is_ok() {
                return Ok(lent);
            }
        }
        let left = deadline.left().ok_or_else(Failure::late)?;
        let Ok(_connecting) = timeout(left, self.connecting.lock()).await else {
            return Err(Failure::late());
        };
        if let Some((lent, true)) = self.lent() {
            return Ok(lent);
        }
        let connection = self.connect(deadline).await?;
        let mut current = self.current();
        current.connection = Some(connection.clone());
        current.number = current.number.wrapping_add(1);
        current.heard = Instant::now();
        Ok((connection, current.number))
    }

    /// Returns the connection that is there, and whether it answered just now.
    fn lent(&self) -> Option<(Lent, bool)> {
        let current = self.current();
        let connection = current.connection.clone()?;
        Some((
            (connection, current.number),
            current.heard.elapsed() < FRESH,
        ))
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
        client
            .get_multiplexed_async_connection_with_config(&config)
            .await
            .map_err(|cause| Failure::unsent(&cause))
    }

    /// Sends commands. A connection that fails is not used again: the network may have swallowed it.
    async fn converse(
        &self,
        (connection, number): &mut Lent,
        commands: &Pipeline,
        deadline: Deadline,
    ) -> Result<Vec<Value>, Failure> {
        let answers = send(connection, commands, deadline).await;
        let mut current = self.current();
        if current.number == *number {
            match &answers {
                Ok(_) => current.heard = Instant::now(),
                // Nothing was sent over it.
                Err(Failure::Unsent(_)) => {}
                Err(Failure::Lost(_)) => current.connection = None,
            }
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
    let answers = connection.send_packed_commands(commands, 0, commands.len());
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
            current: Lock::new(Current {
                connection: None,
                number: 0,
                heard: Instant::now(),
            }),
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
        let mut lent = self.connection(deadline).await?;
        let mut answers = self.converse(&mut lent, commands, deadline).await?;
        if let Some(confirmation) = confirmation
            && has_written(&answers)
        {
            let confirmed = self.converse(&mut lent, confirmation, deadline).await;
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
        self.current().connection = None;
    }

    async fn pause(span: Duration) {
        tokio::time::sleep(span).await;
    }
}
