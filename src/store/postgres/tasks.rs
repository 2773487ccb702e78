//! Connections of the store's own, for tasks: a few, opened when needed. The call that uses one drives it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::connector::{CONNECTIONS, Connector};
use super::failure::Failure;
use super::session::Session;

/// The connections of a store.
pub(super) struct TaskConnections {
    connector: Connector,
    places: Arc<Semaphore>,
    idle: Mutex<Vec<Session>>,
}

impl TaskConnections {
    pub(super) fn new(connector: Connector) -> Self {
        Self {
            connector,
            places: Arc::new(Semaphore::new(CONNECTIONS)),
            idle: Mutex::default(),
        }
    }

    pub(super) fn set_limit(&mut self, limit: usize) {
        self.places = Arc::new(Semaphore::new(limit.min(Semaphore::MAX_PERMITS)));
    }

    /// Waits until a connection is idle, or one more may be opened.
    pub(super) async fn lend(&self, runtime: Handle) -> Result<LentSession<'_>, Failure> {
        let place = Arc::clone(&self.places).acquire_owned().await;
        let place = place.map_err(|_| Failure::Unanswered("the store is closed".to_owned()))?;
        let mut open = self.take_idle();
        while let Some(session) = &mut open
            && session.is_closed().await
        {
            open = self.take_idle();
        }
        let session = match open {
            Some(session) => session,
            None => Session::open(&self.connector).await?,
        };
        Ok(LentSession {
            connections: self,
            runtime,
            session: Some((session, place)),
        })
    }

    fn take_idle(&self) -> Option<Session> {
        self.idle().pop()
    }

    /// Each item of the list is whole even if a thread died beside it.
    fn idle(&self) -> MutexGuard<'_, Vec<Session>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Drops the idle ones: they lead to a server that does not answer.
    pub(super) fn forget_idle(&self) {
        let idle = core::mem::take(&mut *self.idle());
        drop(idle);
    }
}

/// A connection at work, with its place among the connections.
///
/// If it is dropped at work, nobody reads the answer: the connection is closed, and the statement cancelled.
pub(super) struct LentSession<'c> {
    connections: &'c TaskConnections,
    /// The call may be dropped where no runtime is.
    runtime: Handle,
    /// At work.
    session: Option<(Session, OwnedSemaphorePermit)>,
}

impl LentSession<'_> {
    pub(super) fn session(&mut self) -> Result<&mut Session, Failure> {
        let lent = self.session.as_mut().map(|(session, _)| session);
        lent.ok_or_else(|| Failure::Unanswered("the connection is closed".to_owned()))
    }

    /// Ends the work. The connection is kept for the next call if it is whole.
    pub(super) fn end<T>(mut self, answer: &Result<T, Failure>) {
        match answer {
            Ok(_) => {
                if let Some((session, place)) = self.session.take() {
                    self.connections.idle().push(session);
                    drop(place);
                }
            }
            // Nothing is at work: the server has answered.
            Err(Failure::Answered(_) | Failure::Corrupt(..)) => self.session = None,
            Err(Failure::Unanswered(_)) => {}
        }
    }
}

impl Drop for LentSession<'_> {
    fn drop(&mut self) {
        if let Some((session, place)) = self.session.take()
            && let Some(abandoned) = session.abandon(&self.connections.connector)
        {
            // The place is free when the server has let go. A runtime that has ended drops this.
            drop(self.runtime.spawn(async move {
                abandoned.await;
                drop(place);
            }));
        }
    }
}
