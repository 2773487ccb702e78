//! Asks a server to cancel a statement, over a connection of its own. That stays open until the server closes it.
//!
//! `CancelToken::cancel_query` closes it at once. PgBouncer 1.18 and 1.19.0 end then, as a whole, or cancel the next statement.

use core::future::poll_fn;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::io::{self, Cursor};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;
use tokio::task::JoinSet;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream};
use tokio_postgres::{CancelToken, Config, NoTls, Socket};

/// The port of a server without a setting.
const PORT: u16 = 5432;

/// Asks the servers of a configuration. One of them made the token: to another one, it says nothing.
///
/// If the configuration requires TLS, the request is encrypted. Otherwise it is in the clear, as `libpq` sends it. It holds a number
/// that is of use for this statement alone.
pub(super) async fn cancel<T>(token: CancelToken, config: &Config, tls: T)
where
    T: MakeTlsConnect<Socket> + 'static,
    <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
{
    // A server that cannot be asked is not asked.
    if config.get_ssl_mode() == SslMode::Require {
        let _ = token.cancel_query(Lasting(tls)).await;
        return;
    }
    let mut request = Cursor::new(Vec::new());
    if token.cancel_query_raw(&mut request, NoTls).await.is_err() {
        return;
    }
    let (hosts, addresses) = (config.get_hosts(), config.get_hostaddrs());
    let mut asked = JoinSet::new();
    for at in 0..hosts.len().max(addresses.len()) {
        let ports = config.get_ports();
        let port = ports.get(at).or(ports.first()).copied().unwrap_or(PORT);
        let request = request.get_ref().clone();
        match (addresses.get(at), hosts.get(at)) {
            (Some(address), _) => {
                let address = (*address, port);
                asked.spawn(async move { ask(TcpStream::connect(address).await?, &request).await });
            }
            (None, Some(Host::Tcp(name))) => {
                let name = (name.clone(), port);
                asked.spawn(async move { ask_all(name, &request).await });
            }
            #[cfg(unix)]
            (None, Some(Host::Unix(folder))) => {
                let path = folder.join(format!(".s.PGSQL.{port}"));
                asked.spawn(async move { ask(UnixStream::connect(path).await?, &request).await });
            }
            (None, None) => {}
        }
    }
    while asked.join_next().await.is_some() {}
}

/// Asks each server of a name: only one of them was connected to.
async fn ask_all(name: (String, u16), request: &[u8]) -> io::Result<()> {
    let mut asked = JoinSet::new();
    for address in tokio::net::lookup_host(name).await? {
        let request = request.to_vec();
        asked.spawn(async move { ask(TcpStream::connect(address).await?, &request).await });
    }
    while asked.join_next().await.is_some() {}
    Ok(())
}

async fn ask<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, request: &[u8]) -> io::Result<()> {
    let mut rest = request;
    while !rest.is_empty() {
        let sent = poll_fn(|task| Pin::new(&mut stream).poll_write(task, rest)).await?;
        if sent == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        rest = rest.get(sent..).unwrap_or_default();
    }
    poll_fn(|task| poll_end(Pin::new(&mut stream), task)).await;
    Ok(())
}

/// Waits until the other side has closed a stream. What it sends is dropped.
fn poll_end(mut stream: Pin<&mut impl AsyncRead>, task: &mut Context<'_>) -> Poll<()> {
    loop {
        let mut bytes = [0; 64];
        let mut read = ReadBuf::new(&mut bytes);
        if ready!(stream.as_mut().poll_read(task, &mut read)).is_err() || read.filled().is_empty() {
            return Poll::Ready(());
        }
    }
}

/// TLS of the host whose streams stay open until the server closes them.
struct Lasting<T>(T);

impl<T> MakeTlsConnect<Socket> for Lasting<T>
where
    T: MakeTlsConnect<Socket>,
    <T::TlsConnect as TlsConnect<Socket>>::Future: Send + 'static,
{
    type Stream = Lasting<T::Stream>;
    type TlsConnect = Lasting<T::TlsConnect>;
    type Error = T::Error;

    fn make_tls_connect(&mut self, domain: &str) -> Result<Self::TlsConnect, T::Error> {
        self.0.make_tls_connect(domain).map(Lasting)
    }
}

impl<C> TlsConnect<Socket> for Lasting<C>
where
    C: TlsConnect<Socket>,
    C::Future: Send + 'static,
{
    type Stream = Lasting<C::Stream>;
    type Error = C::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Stream, C::Error>> + Send>>;

    fn connect(self, stream: Socket) -> Self::Future {
        let connecting = self.0.connect(stream);
        Box::pin(async move { connecting.await.map(Lasting) })
    }
}

impl<S: TlsStream + Unpin> TlsStream for Lasting<S> {
    fn channel_binding(&self) -> ChannelBinding {
        self.0.channel_binding()
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Lasting<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(task, into)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Lasting<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(task, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(task)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(poll_end(Pin::new(&mut self.0), task));
        Pin::new(&mut self.0).poll_shutdown(task)
    }
}
