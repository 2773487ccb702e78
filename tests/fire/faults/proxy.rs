//! A proxy between a host and its server: it hands on, cuts replies, or is silent.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// Where the server listens.
#[derive(Clone, Debug)]
pub enum Upstream {
    Tcp(u16),
    Unix(PathBuf),
}

/// What a proxy does with what is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Pass,
    /// Ends a connection within a reply, one of each [`CUT_EVERY`] replies. So many bytes of it pass: none, one, half, all but one.
    Cut,
    /// Holds what is said, in both directions, as a network does that is parted: kernels send it again when it is whole.
    Hold,
}

const CUT_EVERY: usize = 5;

impl Mode {
    const ALL: [Self; 3] = [Self::Pass, Self::Cut, Self::Hold];
}

#[derive(Debug, Default)]
struct Shared {
    mode: AtomicU8,
    replies: AtomicUsize,
    cuts: AtomicUsize,
}

impl Shared {
    fn mode(&self) -> Mode {
        Mode::ALL[usize::from(self.mode.load(Ordering::SeqCst))]
    }

    /// Waits as long as everything is held.
    fn pass(&self) {
        while self.mode() == Mode::Hold {
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// How many bytes of this reply pass before the cut, if it is cut.
    fn cut(&self, length: usize) -> Option<usize> {
        if self.mode() != Mode::Cut {
            return None;
        }
        let number = self.replies.fetch_add(1, Ordering::SeqCst);
        if !number.is_multiple_of(CUT_EVERY) {
            return None;
        }
        let place = self.cuts.fetch_add(1, Ordering::SeqCst);
        Some([0, 1.min(length - 1), length / 2, length - 1][place % 4])
    }
}

/// A proxy of one host. It ends with the program.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl Proxy {
    pub fn before(upstream: Upstream, address: Ipv4Addr) -> Self {
        let listener = TcpListener::bind((address, 0)).unwrap();
        let proxy = Self {
            address: listener.local_addr().unwrap(),
            shared: Arc::default(),
        };
        let shared = Arc::clone(&proxy.shared);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (shared, upstream) = (Arc::clone(&shared), upstream.clone());
                // A server that is gone refuses at once. A client sees a connection that ends.
                thread::spawn(move || {
                    shared.pass();
                    let _ = client.set_nodelay(true);
                    hand_on(&client, &upstream, &shared);
                });
            }
        });
        proxy
    }

    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn set(&self, mode: Mode) {
        let number = Mode::ALL.iter().position(|one| *one == mode).unwrap();
        let number = u8::try_from(number).unwrap();
        self.shared.mode.store(number, Ordering::SeqCst);
    }

    /// How many replies were cut.
    pub fn cuts(&self) -> usize {
        self.shared.cuts.load(Ordering::SeqCst)
    }
}

/// Two halves of a connection, of either kind.
trait Stream: std::io::Read + std::io::Write + Send + Sized + 'static {
    fn twin(&self) -> Self;
    fn end(&self, how: Shutdown);
}

impl Stream for TcpStream {
    fn twin(&self) -> Self {
        self.try_clone().unwrap()
    }

    fn end(&self, how: Shutdown) {
        let _ = self.shutdown(how);
    }
}

impl Stream for UnixStream {
    fn twin(&self) -> Self {
        self.try_clone().unwrap()
    }

    fn end(&self, how: Shutdown) {
        let _ = self.shutdown(how);
    }
}

fn hand_on(client: &TcpStream, upstream: &Upstream, shared: &Arc<Shared>) {
    match upstream {
        Upstream::Tcp(port) => match TcpStream::connect((Ipv4Addr::LOCALHOST, *port)) {
            Ok(server) => {
                let _ = server.set_nodelay(true);
                between(client, &server, shared);
            }
            Err(_) => client.end(Shutdown::Both),
        },
        Upstream::Unix(path) => match UnixStream::connect(path) {
            Ok(server) => between(client, &server, shared),
            Err(_) => client.end(Shutdown::Both),
        },
    }
}

fn between<S: Stream>(client: &TcpStream, server: &S, shared: &Arc<Shared>) {
    let (asks, to_server) = (client.twin(), server.twin());
    let asking = Arc::clone(shared);
    thread::spawn(move || {
        copy(asks, &to_server, |_| {
            asking.pass();
            None
        });
        to_server.end(Shutdown::Write);
    });
    let was_cut = copy(server.twin(), client, |length| {
        shared.pass();
        shared.cut(length)
    });
    client.end(Shutdown::Both);
    if was_cut {
        server.end(Shutdown::Both);
    }
}

/// Copies until one side ends, or `cut` says after how many bytes. Says whether it was cut.
fn copy<R: Stream, W: Stream>(mut from: R, to: &W, cut: impl Fn(usize) -> Option<usize>) -> bool {
    let mut to = to.twin();
    let mut buffer = vec![0; 1 << 16];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        let cut = cut(length);
        let told = cut.unwrap_or(length);
        if to.write_all(&buffer[..told]).is_err() {
            return false;
        }
        if cut.is_some() {
            return true;
        }
    }
    false
}

#[test]
fn a_proxy_passes_cuts_and_holds() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = server.local_addr().unwrap().port();
    thread::spawn(move || {
        for client in server.incoming() {
            let mut client = client.unwrap();
            thread::spawn(move || {
                let mut buffer = [0; 8];
                while client.read_exact(&mut buffer).is_ok() {
                    client.write_all(&buffer).unwrap();
                }
            });
        }
    });
    let proxy = Proxy::before(Upstream::Tcp(port), Ipv4Addr::LOCALHOST);
    let connect = || {
        let client = TcpStream::connect(proxy.address()).unwrap();
        let patience = Some(Duration::from_secs(20));
        client.set_read_timeout(patience).unwrap();
        client
    };
    let mut told = [0; 8];
    let mut lasting = connect();
    lasting.write_all(b"question").unwrap();
    lasting.read_exact(&mut told).unwrap();
    assert_eq!(&told, b"question");
    // The first reply, and each fifth after it.
    proxy.set(Mode::Cut);
    for bytes in [0, 1, 4, 7] {
        let mut cut = connect();
        cut.write_all(b"question").unwrap();
        let mut part = Vec::new();
        let _ = cut.read_to_end(&mut part);
        assert_eq!(part.len(), bytes);
        let mut whole = connect();
        for _ in 1..CUT_EVERY {
            whole.write_all(b"question").unwrap();
            whole.read_exact(&mut told).unwrap();
        }
    }
    assert_eq!(proxy.cuts(), 4);
    proxy.set(Mode::Hold);
    lasting.write_all(b"answered").unwrap();
    let short = Some(Duration::from_millis(100));
    lasting.set_read_timeout(short).unwrap();
    assert!(lasting.read_exact(&mut told).is_err());
    proxy.set(Mode::Pass);
    let patience = Some(Duration::from_secs(20));
    lasting.set_read_timeout(patience).unwrap();
    lasting.read_exact(&mut told).unwrap();
    assert_eq!(&told, b"answered", "it is late, and not lost");
}
