//! Connections of the store's own, for threads that block: a few, opened when needed, with a time limit on everything.

use core::future::poll_fn;
use core::pin::{Pin, pin};
use core::task::{Context, Poll};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};
use tokio::time::Sleep;

use super::connector::{CONNECTIONS, Connector, PATIENCE};
use super::failure::Failure;
use super::link::Link;
use super::session::Session;

/// One connection, with the runtime that reads its socket while a thread waits.
struct Open {
    /// Until it ends.
    session: Option<Session>,
    alarm: Alarm,
    runtime: Option<Runtime>,
}

impl Open {
    /// Does some work over the connection. `None` if the limit came first.
    fn run<T>(
        &mut self,
        limit: Option<Instant>,
        work: impl AsyncFnOnce(&mut dyn Link) -> T,
    ) -> Result<Option<T>, Failure> {
        let (Some(session), Some(runtime)) = (&mut self.session, &self.runtime) else {
            return Err(closed());
        };
        let (link, watch) = session.split();
        let alarm = &mut self.alarm;
        runtime.block_on(async {
            let mut work = pin!(watch.over(work(link)));
            let answer = poll_fn(|task| {
                if let Poll::Ready(answer) = work.as_mut().poll(task) {
                    return Poll::Ready(Some(answer));
                }
                alarm.poll(limit, task).map(|()| None)
            });
            Ok(answer.await)
        })
    }

    /// Whether the server has closed it while it lay idle. A turn lets the runtime look at the socket.
    fn is_closed(&mut self) -> bool {
        let (Some(session), Some(runtime)) = (&mut self.session, &self.runtime) else {
            return true;
        };
        runtime.block_on(async {
            tokio::task::yield_now().await;
            session.is_closed().await
        })
    }

    /// Asks the server to cancel the statement that is at work, in a thread of its own: the call is over.
    fn abandon(mut self, connector: &Connector) {
        let session = self.session.take();
        let Some(abandoned) = session.and_then(|session| session.abandon(connector)) else {
            return;
        };
        let thread = thread::Builder::new().name("countersign-cancel".to_owned());
        // Without a thread the connection is only closed.
        drop(thread.spawn(move || {
            if let Some(runtime) = &self.runtime {
                runtime.block_on(abandoned);
            }
        }));
    }
}

/// Rings at the limit of a call.
///
/// A timer that is set anew for each call would wake the runtime each time. So this one is left as it was by an earlier call: it rings
/// too early then, and is set anew.
#[derive(Default)]
struct Alarm(Option<Pin<Box<Sleep>>>);

impl Alarm {
    fn poll(&mut self, limit: Option<Instant>, task: &mut Context<'_>) -> Poll<()> {
        // A limit that no clock reaches.
        let Some(limit) = limit else {
            return Poll::Pending;
        };
        let at = tokio::time::Instant::from_std(limit);
        let timer = self
            .0
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(at)));
        if timer.deadline() > at {
            timer.as_mut().reset(at);
        }
        while timer.as_mut().poll(task).is_ready() {
            if Instant::now() >= limit {
                return Poll::Ready(());
            }
            timer.as_mut().reset(at);
        }
        Poll::Pending
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        // Both are the runtime's.
        (self.session, self.alarm) = (None, Alarm::default());
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
    /// Threads that wait for one.
    waiting: usize,
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
        let answer = open
            .run(start.checked_add(self.patience), work)?
            .unwrap_or_else(|| Err(self.late()));
        match &answer {
            Ok(_) => place.open = Some(open),
            Err(Failure::Unanswered(_)) => {
                // The others lead to the same server.
                self.state().idle_is_gone();
                open.abandon(&self.connector);
            }
            // Nothing is at work: the server has answered.
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
        let opened = runtime
            .block_on(async { tokio::time::timeout(left, Session::open(&self.connector)).await });
        let session = match opened {
            Ok(Ok(session)) => session,
            Ok(Err(failure)) => {
                runtime.shutdown_background();
                return Err(failure);
            }
            Err(_) => {
                runtime.shutdown_background();
                return Err(self.late());
            }
        };
        Ok(Open {
            session: Some(session),
            alarm: Alarm::default(),
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
                if place.open.as_mut().is_some_and(Open::is_closed) {
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
            state.waiting = state.waiting.saturating_add(1);
            state = self
                .bell
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
            state.waiting = state.waiting.saturating_sub(1);
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
        let is_awaited = state.waiting > 0;
        drop(state);
        if is_awaited {
            self.connections.bell.notify_one();
        }
    }
}
