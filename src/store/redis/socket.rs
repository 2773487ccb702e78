//! A blocking socket whose reads and writes end with the call that they are for.

use core::time::Duration;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs as _};
#[cfg(unix)]
use std::os::unix::net::UnixStream;
use std::sync::Arc;

use redis::ConnectionAddr;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};

use super::wire::Deadline;

/// A socket, over TLS or not.
pub(super) enum Socket {
    Plain(Timed),
    Tls(Box<StreamOwned<ClientConnection, Timed>>),
}

impl Socket {
    /// Connects. `tls` is asked for an address with TLS alone.
    pub(super) fn connect(
        address: &ConnectionAddr,
        deadline: Deadline,
        tls: impl FnOnce() -> io::Result<Arc<ClientConfig>>,
    ) -> io::Result<Self> {
        match address {
            ConnectionAddr::Tcp(host, port) => {
                Ok(Self::Plain(Timed::tcp((host, *port), deadline)?))
            }
            ConnectionAddr::TcpTls { host, port, .. } => {
                let name = ServerName::try_from(host.clone()).map_err(io::Error::other)?;
                let session = ClientConnection::new(tls()?, name).map_err(io::Error::other)?;
                let socket = Timed::tcp((host, *port), deadline)?;
                let mut secured = StreamOwned::new(session, socket);
                while secured.conn.is_handshaking() {
                    secured.conn.complete_io(&mut secured.sock)?;
                }
                Ok(Self::Tls(Box::new(secured)))
            }
            #[cfg(unix)]
            ConnectionAddr::Unix(path) => {
                let line = Line::Unix(UnixStream::connect(path)?);
                Ok(Self::Plain(Timed::new(line, deadline)))
            }
            _ => Err(ErrorKind::Unsupported.into()),
        }
    }

    /// Sets the end of the reads and writes that follow.
    pub(super) fn ends_by(&mut self, deadline: Deadline) {
        match self {
            Self::Plain(socket) => socket.deadline = deadline,
            Self::Tls(secured) => secured.sock.deadline = deadline,
        }
    }
}

impl Read for Socket {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.read(into),
            Self::Tls(secured) => secured.read(into),
        }
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.write(bytes),
            Self::Tls(secured) => secured.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(socket) => socket.flush(),
            Self::Tls(secured) => secured.flush(),
        }
    }
}

enum Line {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(UnixStream),
}

/// A socket with a deadline. The system's time-out is one of each read and write, so it is set anew when it is wrong.
pub(super) struct Timed {
    line: Line,
    deadline: Deadline,
    /// The time-outs that the system has.
    read_timeout: Option<Duration>,
    write_timeout: Option<Duration>,
}

impl Timed {
    const fn new(line: Line, deadline: Deadline) -> Self {
        Self {
            line,
            deadline,
            read_timeout: None,
            write_timeout: None,
        }
    }

    /// Connects to the first address of a host that answers. They share the time.
    fn tcp(host: (&str, u16), deadline: Deadline) -> io::Result<Self> {
        let addresses: Vec<SocketAddr> = host.to_socket_addrs()?.collect();
        let mut untried = u32::try_from(addresses.len()).unwrap_or(u32::MAX);
        let mut failure = io::Error::new(ErrorKind::NotFound, "the name has no address");
        for address in addresses {
            let left = deadline.left().ok_or(ErrorKind::TimedOut)?;
            let share = left.checked_div(untried).unwrap_or(left);
            untried = untried.saturating_sub(1);
            match TcpStream::connect_timeout(&address, share) {
                Ok(stream) => {
                    stream.set_nodelay(true)?;
                    return Ok(Self::new(Line::Tcp(stream), deadline));
                }
                Err(cause) => failure = cause,
            }
        }
        Err(failure)
    }
}

/// Returns whether a time-out has to be set. It may be wrong by a sixty-fourth: the system is then not asked for each call.
fn is_wrong(set: Option<Duration>, left: Duration) -> bool {
    let slack = left.checked_div(64).unwrap_or_default();
    set.is_none_or(|set| set.abs_diff(left) > slack)
}

/// A time-out of the system has another name on each.
fn named(cause: io::Error) -> io::Error {
    match cause.kind() {
        ErrorKind::WouldBlock => ErrorKind::TimedOut.into(),
        _ => cause,
    }
}

impl Read for Timed {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let left = self.deadline.left().ok_or(ErrorKind::TimedOut)?;
        if is_wrong(self.read_timeout, left) {
            match &self.line {
                Line::Tcp(line) => line.set_read_timeout(Some(left)),
                #[cfg(unix)]
                Line::Unix(line) => line.set_read_timeout(Some(left)),
            }?;
            self.read_timeout = Some(left);
        }
        let read = match &mut self.line {
            Line::Tcp(line) => line.read(into),
            #[cfg(unix)]
            Line::Unix(line) => line.read(into),
        };
        read.map_err(named)
    }
}

impl Write for Timed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let left = self.deadline.left().ok_or(ErrorKind::TimedOut)?;
        if is_wrong(self.write_timeout, left) {
            match &self.line {
                Line::Tcp(line) => line.set_write_timeout(Some(left)),
                #[cfg(unix)]
                Line::Unix(line) => line.set_write_timeout(Some(left)),
            }?;
            self.write_timeout = Some(left);
        }
        let written = match &mut self.line {
            Line::Tcp(line) => line.write(bytes),
            #[cfg(unix)]
            Line::Unix(line) => line.write(bytes),
        };
        written.map_err(named)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
