//! Connections of the store's own, for tasks: a few, opened when needed, each driven by a task of the host's runtime.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio_postgres::Client;

use super::connector::{CONNECTIONS, Connector};
use super::failure::Failure;
use super::link::Link;

/// The connections of a store.
pub(super) struct TaskConnections {
    connector: Connector,
    places: Semaphore,
    idle: Mutex<Vec<Client>>,
}

impl TaskConnections {
    pub(super) fn new(connector: Connector) -> Self {
        Self {
            connector,
            places: Semaphore::new(CONNECTIONS),
            idle: Mutex::default(),
        }
    }

    pub(super) fn set_limit(&mut self, limit: usize) {
        self.places = Semaphore::new(limit.min(Semaphore::MAX_PERMITS));
    }

    /// Waits until a connection is idle, or one more may be opened.
    pub(super) async fn lend(&self) -> Result<LentClient<'_>, Failure> {
        let place = self.places.acquire().await;
        let place = place.map_err(|_| Failure::Unanswered("the store is closed".to_owned()))?;
        // Its task notices if the server closes it.
        let mut open = self.idle().pop();
        while open.as_ref().is_some_and(Client::is_closed) {
            open = self.idle().pop();
        }
        let client = match open {
            Some(client) => client,
            None => {
                let (client, driver) = self
                    .connector
                    .connect()
                    .await
                    .map_err(|cause| Failure::of(&cause))?;
                tokio::spawn(driver);
                client
            }
        };
        Ok(LentClient {
            connections: self,
            client,
            _place: place,
        })
    }

    /// Each item of the list is whole even if a thread died beside it.
    fn idle(&self) -> MutexGuard<'_, Vec<Client>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Drops the idle ones: they lead to a server that does not answer.
    pub(super) fn forget_idle(&self) {
        self.idle().clear();
    }
}

/// A connection at work. One that is dropped is closed: a call that was dropped may have an answer to come.
pub(super) struct LentClient<'c> {
    connections: &'c TaskConnections,
    client: Client,
    _place: SemaphorePermit<'c>,
}

impl LentClient<'_> {
    pub(super) fn link(&mut self) -> &mut dyn Link {
        &mut self.client
    }

    /// Keeps it for the next call.
    pub(super) fn give_back(self) {
        self.connections.idle().push(self.client);
    }
}
