//! A connection at work. The call that uses it drives it: a task of its own would have to be woken for each answer.

use core::future::poll_fn;
use core::pin::pin;
use core::task::{Context, Poll};
use std::time::Duration;

use tokio_postgres::Client;

use super::connector::{Connector, Driver};
use super::failure::Failure;
use super::link::Link;

/// How long a statement that was left is cancelled at most, after its call.
const CANCELLING: Duration = Duration::from_secs(1);

/// How long the server has to answer the first time that it is asked to cancel. Each later time it has four times as long.
const FIRST_PAUSE: Duration = Duration::from_millis(10);

/// Whether no commit waits for a standby. A cancelled wait would leave a write that other calls see and the standby does not have.
///
/// A server that does not know the first setting has no such standbys.
const NO_STANDBYS: &str =
    "SELECT coalesce(current_setting('synchronous_standby_names', true), '') = ''
    OR current_setting('synchronous_commit', true) IN ('off', 'local')";

/// A connection of the store's own.
pub(super) struct Session {
    client: Client,
    watch: Watch,
    /// Whether a statement may be cancelled at any moment.
    is_cancelled: bool,
}

/// Drives a connection until it ends.
pub(super) struct Watch(Option<Driver>);

impl Session {
    pub(super) async fn open(connector: &Connector) -> Result<Self, Failure> {
        let opened = connector.connect().await;
        let (client, driver) = opened.map_err(|cause| Failure::of(&cause))?;
        let mut session = Self {
            client,
            watch: Watch(Some(driver)),
            is_cancelled: false,
        };
        let (link, watch) = session.split();
        session.is_cancelled = match watch.over(link.rows(NO_STANDBYS, &[])).await {
            Ok(rows) => rows
                .first()
                .is_some_and(|row| row.try_get(0).unwrap_or(false)),
            // Some other database that speaks the protocol.
            Err(Failure::Answered(_)) => false,
            Err(failure) => return Err(failure),
        };
        Ok(session)
    }

    /// Splits it into the way for statements, and what drives it meanwhile.
    pub(super) fn split(&mut self) -> (&mut dyn Link, &mut Watch) {
        (&mut self.client, &mut self.watch)
    }

    /// Whether the server has closed it while it lay idle, as far as the runtime has seen.
    pub(super) async fn is_closed(&mut self) -> bool {
        poll_fn(|task| {
            self.watch.drive(task);
            Poll::Ready(())
        })
        .await;
        self.watch.0.is_none()
    }

    /// Asks the server to cancel the statement that is at work, and waits until it has let go, for a second at most. `None` if a commit
    /// may wait for a standby: the connection is only closed.
    ///
    /// A closed connection does not end a statement that waits for a row: the server notices when the row is free.
    pub(super) fn abandon(
        self,
        connector: &Connector,
    ) -> Option<impl Future<Output = ()> + Send + 'static> {
        if !self.is_cancelled {
            return None;
        }
        let token = self.client.cancel_token();
        let cancel = connector.canceller();
        Some(async move {
            let Self { client, watch, .. } = self;
            // It ends when the last statement was answered.
            drop(client);
            let Some(mut driver) = watch.0 else {
                // The connection is cut, and the server may not know.
                let _ = tokio::time::timeout(CANCELLING, cancel(token)).await;
                return;
            };
            let asked = async {
                let mut pause = FIRST_PAUSE;
                loop {
                    cancel(token.clone()).await;
                    // The statement may have come to the server after that.
                    if tokio::time::timeout(pause, driver.as_mut()).await.is_ok() {
                        return;
                    }
                    pause = pause.saturating_mul(4);
                }
            };
            let _ = tokio::time::timeout(CANCELLING, asked).await;
        })
    }
}

impl Watch {
    /// Does some work over the connection.
    pub(super) async fn over<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        poll_fn(|task| {
            self.drive(task);
            work.as_mut().poll(task)
        })
        .await
    }

    /// Moves what there is to send and to read.
    fn drive(&mut self, task: &mut Context<'_>) {
        let driver = self.0.as_mut();
        if driver.is_some_and(|driver| driver.as_mut().poll(task).is_ready()) {
            self.0 = None;
        }
    }
}
