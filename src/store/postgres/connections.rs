//! Connections of the store's own, for threads that block: a few, opened when needed, with a time limit on everything.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};
use tokio_postgres::Client;

use super::connector::{CONNECTIONS, Connector, PATIENCE};
use super::failure::Failure;
use super::link::Link;

/// One connection, with the runtime that reads its socket while a thread waits.
struct Open {
    client: Client,
    runtime: Option<Runtime>,
}

impl Open {
    fn runtime(&self) -> Result<&Runtime, Failure> {
        self.runtime.as_ref().ok_or_else(closed)
    }

    /// Whether the server has closed it while it lay idle. Two turns let the runtime look at the socket.
    fn is_closed(&self) -> bool {
        let Ok(runtime) = self.runtime() else {
            return true;
        };
        runtime.block_on(async {
            tokio::task::yield_now().await;
            tokio::task::yield_now().await;
        });
        self.client.is_closed()
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        // Not waiting: the name of a host may still be looked up, and a store may be dropped in an async task.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn closed() -> Failure {
    Failure::Unanswered("the connection is closed".to_owned())
}

#[derive(Default)]
struct State {
    idle: Vec<Open>,
    /// Idle or at work.
    count: usize,
}

/// The connections of a store.
pub(super) struct Connections {
    connector: Connector,
    patience: Duration,
    limit: usize,
    state: Mutex<State>,
    bell: Condvar,
}

impl Connections {
    pub(super) fn new(connector: Connector) -> Self {
        Self {
            connector,
            patience: PATIENCE,
            limit: CONNECTIONS,
            state: Mutex::default(),
            bell: Condvar::new(),
        }
    }

    pub(super) const fn set_patience(&mut self, patience: Duration) {
        self.patience = patience;
    }

    pub(super) const fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
    }

    /// Does some work over a connection, in the time that a call may take. After a failure the connection is not used again.
    pub(super) fn with<T>(
        &self,
        work: impl AsyncFnOnce(&mut dyn Link) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let start = Instant::now();
        let mut place = self.place(start)?;
        let mut open = match place.open.take() {
            Some(open) => open,
            None => self.open(start)?,
        };
        let left = self.left(start);
        let client = &mut open.client;
        let runtime = open.runtime.as_ref().ok_or_else(closed)?;
        let answer = runtime
            .block_on(async { tokio::time::timeout(left, work(client)).await })
            .unwrap_or_else(|_| Err(self.late()));
        match &answer {
            Ok(_) => place.open = Some(open),
            // The others lead to the same server.
            Err(Failure::Unanswered(_)) => self.state().idle_is_gone(),
            Err(_) => {}
        }
        answer
    }

    fn open(&self, start: Instant) -> Result<Open, Failure> {
        let runtime = Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()
            .map_err(|cause| Failure::Unanswered(cause.kind().to_string()))?;
        let left = self.left(start);
        let opened =
            runtime.block_on(async { tokio::time::timeout(left, self.connector.connect()).await });
        let (client, driver) = match opened {
            Ok(Ok(opened)) => opened,
            Ok(Err(cause)) => {
                runtime.shutdown_background();
                return Err(Failure::of(&cause));
            }
            Err(_) => {
                runtime.shutdown_background();
                return Err(self.late());
            }
        };
        runtime.spawn(driver);
        Ok(Open {
            client,
            runtime: Some(runtime),
        })
    }

    /// Waits until a connection is idle, or one more may be opened.
    fn place(&self, start: Instant) -> Result<Place<'_>, Failure> {
        let mut state = self.state();
        loop {
            if let Some(open) = state.idle.pop() {
                drop(state);
                let mut place = Place {
                    connections: self,
                    open: Some(open),
                };
                if place.open.as_ref().is_some_and(Open::is_closed) {
                    place.open = None;
                }
                return Ok(place);
            }
            if state.count < self.limit {
                state.count = state.count.saturating_add(1);
                return Ok(Place {
                    connections: self,
                    open: None,
                });
            }
            let left = self.left(start);
            if left.is_zero() {
                return Err(Failure::Unanswered(format!(
                    "all {} connections were at work for {:?}",
                    self.limit, self.patience
                )));
            }
            state = self
                .bell
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// Counts and a list are whole even if a thread died beside them.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn left(&self, start: Instant) -> Duration {
        self.patience.saturating_sub(start.elapsed())
    }

    fn late(&self) -> Failure {
        Failure::Unanswered(format!("there is no answer after {:?}", self.patience))
    }
}

impl State {
    fn idle_is_gone(&mut self) {
        self.count = self.count.saturating_sub(self.idle.len());
        self.idle.clear();
    }
}

/// A place among the connections. When it is dropped, its connection is idle, or may be opened again.
struct Place<'c> {
    connections: &'c Connections,
    open: Option<Open>,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut state = self.connections.state();
        match self.open.take() {
            Some(open) => state.idle.push(open),
            None => state.count = state.count.saturating_sub(1),
        }
        drop(state);
        self.connections.bell.notify_one();
    }
}
