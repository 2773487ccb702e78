//! The way to connect, with the host's settings and TLS.

use core::pin::Pin;
use std::time::Duration;

use tokio_postgres::config::TargetSessionAttrs;
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres::{Client, Config, Socket};

/// How long a call may take in all.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// How many connections a store opens at most.
pub(super) const CONNECTIONS: usize = 8;

/// Reads and writes the socket of a client, as long as that is there.
pub(super) type Driver = Pin<Box<dyn Future<Output = ()> + Send>>;
pub(super) type Opening =
    Pin<Box<dyn Future<Output = Result<(Client, Driver), tokio_postgres::Error>> + Send>>;

/// Connects, with the host's settings and TLS.
pub(super) struct Connector(Box<dyn Fn() -> Opening + Send + Sync>);

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
        Self(Box::new(move || {
            let (tls, config) = (tls.clone(), config.clone());
            Box::pin(async move {
                let (client, connection) = config.connect(tls).await?;
                let driver: Driver = Box::pin(async move {
                    // The statement that waits for an answer gets the error, too.
                    let _ = connection.await;
                });
                Ok((client, driver))
            })
        }))
    }

    pub(super) fn connect(&self) -> Opening {
        (self.0)()
    }
}
