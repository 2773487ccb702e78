//! The way to connect, with the host's settings and TLS.

use core::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio_postgres::config::TargetSessionAttrs;
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres::{CancelToken, Client, Config, Socket};

use super::cancel::cancel;

/// How long a call may take in all.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// How many connections a store opens at most.
pub(super) const CONNECTIONS: usize = 8;

/// Reads and writes the socket of a client, as long as that is there.
pub(super) type Driver = Pin<Box<dyn Future<Output = ()> + Send>>;
pub(super) type Opening =
    Pin<Box<dyn Future<Output = Result<(Client, Driver), tokio_postgres::Error>> + Send>>;

/// Asks the server to cancel a statement, over a connection of its own.
pub(super) type Canceller = Arc<dyn Fn(CancelToken) -> Cancelling + Send + Sync>;
type Cancelling = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Connects, with the host's settings and TLS.
pub(super) struct Connector {
    open: Box<dyn Fn() -> Opening + Send + Sync>,
    cancel: Canceller,
}

impl Connector {
    pub(super) fn new<T>(mut config: Config, tls: T) -> Self
    where
        T: MakeTlsConnect<Socket> + Clone + Send + Sync + 'static,
        T::Stream: Send + 'static,
        T::TlsConnect: Send,
        <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
    {
        // A standby answers with what was.
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        let of_cancel = (config.clone(), tls.clone());
        let cancel = Arc::new(move |token| {
            let (config, tls) = of_cancel.clone();
            let cancelling: Cancelling = Box::pin(async move { cancel(token, &config, tls).await });
            cancelling
        });
        let open = Box::new(move || {
            let (tls, config) = (tls.clone(), config.clone());
            let opening: Opening = Box::pin(async move {
                let (client, connection) = config.connect(tls).await?;
                let driver: Driver = Box::pin(async move {
                    // The statement that waits for an answer gets the error, too.
                    let _ = connection.await;
                });
                Ok((client, driver))
            });
            opening
        });
        Self { open, cancel }
    }

    pub(super) fn connect(&self) -> Opening {
        (self.open)()
    }

    pub(super) fn canceller(&self) -> Canceller {
        Arc::clone(&self.cancel)
    }
}
