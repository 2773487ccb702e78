//! The settings of a connection to Redis.

use core::fmt;
use core::time::Duration;
use std::io;

use redis::{
    Client, ClientTlsConfig, ConnectionAddr, ConnectionInfo, IntoConnectionInfo as _,
    ProtocolVersion, TlsCertificates,
};
use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use super::layout::Names;
use super::tls;
use crate::error::Error;

const CERTIFICATES: &str = "must be in PEM, for an address that begins with rediss://";
const PREFIX: &str = "countersign:";
const CONNECTIONS: usize = 16;
const PATIENCE: Duration = Duration::from_secs(3);

/// The settings of a [`RedisStore`](super::RedisStore).
///
/// ```
/// use countersign::store::redis::RedisOptions;
/// use std::time::Duration;
/// let options = RedisOptions::new("rediss://countersign:secret@redis.bank.example:6380")?
///     .with_prefix("bank:")?
///     .with_patience(Duration::from_secs(1))?;
/// // The password is not written to a log.
/// assert!(!format!("{options:?}").contains("secret"));
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone)]
pub struct RedisOptions {
    pub(super) server: ConnectionInfo,
    certificates: TlsCertificates,
    pub(super) names: Names,
    pub(super) connections: usize,
    pub(super) patience: Duration,
    pub(super) replicas: usize,
    pub(super) checks_eviction: bool,
}

impl fmt::Debug for RedisOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisOptions")
            .field("server", &self.server.addr().to_string())
            .field("names", &self.names)
            .field("connections", &self.connections)
            .field("patience", &self.patience)
            .field("replicas", &self.replicas)
            .field("checks_eviction", &self.checks_eviction)
            .finish()
    }
}

impl RedisOptions {
    /// Takes an address: `redis://user:password@host:6379/0`, `rediss://` for TLS, or `unix:///path`. Of a Redis Cluster, any node.
    ///
    /// TLS trusts the system's root certificates, without [others](Self::with_root_certificates).
    ///
    /// # Errors
    /// Misuse, if it is not such an address.
    ///
    /// ```
    /// use countersign::store::redis::RedisOptions;
    /// assert!(RedisOptions::new("localhost:6379").unwrap_err().is_misuse(), "the scheme is missing");
    /// ```
    pub fn new(url: &str) -> Result<Self, Error> {
        let server = url.into_connection_info().map_err(|_| {
            Error::misuse(
                "redis url",
                "must be redis://host:port, rediss://host:port or unix:///path",
            )
        })?;
        if let ConnectionAddr::TcpTls { insecure: true, .. } = server.addr() {
            return Err(Error::misuse(
                "redis url",
                "must not end in #insecure: give an own authority by with_root_certificates",
            ));
        }
        let redis = server.redis_settings().clone();
        let redis = redis
            .set_protocol(ProtocolVersion::RESP2)
            .set_skip_set_lib_name();
        let tcp = server.tcp_settings().clone().set_nodelay(true);
        Ok(Self {
            server: server.set_redis_settings(redis).set_tcp_settings(tcp),
            certificates: TlsCertificates {
                client_tls: None,
                root_cert: None,
            },
            names: Names::under(PREFIX)?,
            connections: CONNECTIONS,
            patience: PATIENCE,
            replicas: 0,
            checks_eviction: true,
        })
    }

    /// Lets TLS trust these root certificates, in PEM, and no others: those of the host's own authority.
    ///
    /// # Errors
    /// Misuse, if they are none, or the address does not begin with `rediss://`.
    pub fn with_root_certificates(mut self, pem: &[u8]) -> Result<Self, Error> {
        if CertificateDer::pem_slice_iter(pem).next().is_none() {
            return Err(Error::misuse("redis certificates", CERTIFICATES));
        }
        self.certificates.root_cert = Some(pem.to_vec());
        self.with_tls()
    }

    /// Shows the server a certificate of the host, in PEM, for a server that asks for one (`tls-auth-clients`).
    ///
    /// # Errors
    /// Misuse, if certificate or key are none, or the address does not begin with `rediss://`.
    pub fn with_client_certificate(mut self, chain: &[u8], key: &[u8]) -> Result<Self, Error> {
        self.certificates.client_tls = Some(ClientTlsConfig {
            client_cert: chain.to_vec(),
            client_key: key.to_vec(),
        });
        self.with_tls()
    }

    /// Returns what a blocking connection over TLS needs.
    pub(super) fn tls(&self) -> io::Result<ClientConfig> {
        tls::configured(&self.certificates)
    }

    fn with_tls(mut self) -> Result<Self, Error> {
        let client = Client::build_with_tls(self.server, self.certificates.clone());
        let client = client.map_err(|_| Error::misuse("redis certificates", CERTIFICATES))?;
        self.server = client.get_connection_info().clone();
        Ok(self)
    }

    /// Sets the start of all names, `countersign:` without this. Stores with two prefixes share a server and see nothing of each other.
    ///
    /// # Errors
    /// Misuse, if it is empty, longer than 64, or holds a blank or one of `{}[]*?`.
    pub fn with_prefix(mut self, prefix: &str) -> Result<Self, Error> {
        self.names = Names::under(prefix)?;
        Ok(self)
    }

    /// Sets how many connections a blocking store opens to a server, 16 without this. More callers than that wait for one.
    ///
    /// # Errors
    /// Misuse, if it is zero.
    pub fn with_connections(mut self, connections: usize) -> Result<Self, Error> {
        if connections == 0 {
            return Err(Error::misuse("redis connections", "must be at least 1"));
        }
        self.connections = connections;
        Ok(self)
    }

    /// Sets how long a call may take in all, with its waits for a connection and for the whole answer. Without it, that is three seconds.
    ///
    /// A write that came too late is an error: whether it took place is unknown.
    ///
    /// The addresses of a host name share the time of a connection. The system's look-up of the name has a time limit of its own. Over `unix://`,
    /// a blocking store has none for a server that hangs until its queue of connections is full: so let it listen on TCP.
    ///
    /// # Errors
    /// Misuse, if it is less than a millisecond or more than a minute.
    pub fn with_patience(mut self, patience: Duration) -> Result<Self, Error> {
        if patience < Duration::from_millis(1) || patience > Duration::from_secs(60) {
            return Err(Error::misuse(
                "redis patience",
                "must be a millisecond to a minute",
            ));
        }
        self.patience = patience;
        Ok(self)
    }

    /// Lets each write wait until so many replicas have it too (`WAIT`).
    ///
    /// If fewer of them answer within half of the [time limit](Self::with_patience), the call is an error, and the write may have taken place.
    #[must_use]
    pub const fn with_replicas(mut self, replicas: usize) -> Self {
        self.replicas = replicas;
        self
    }

    /// Takes the server without asking for its eviction policy, for a managed server that does not allow `INFO`.
    ///
    /// Then the host has to know that the policy is `noeviction`. Under another one, Redis drops records when its memory is full: locks are
    /// lifted, used codes are accepted again, and customers are gone.
    #[must_use]
    pub const fn without_eviction_check(mut self) -> Self {
        self.checks_eviction = false;
        self
    }
}
