//! Calls that were too late or dropped, at a row that another transaction holds: no backend goes on waiting for it.

use core::future::{Ready, poll_fn, ready};
use core::pin::{Pin, pin};
use core::task::{Context, Poll};
use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, TcpListener};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use countersign::store::postgres::{AsyncPostgresStore, PostgresStore};
use countersign::store::{AsyncStore, Store};
use postgres::{Client, NoTls};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::Socket;
use tokio_postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream};

use crate::support::postgres::Server;
use crate::support::stores::{entry, key, version};

/// More than the server has places for.
const CALLS: usize = 110;
const PATIENCE: Duration = Duration::from_millis(100);
const SCHEMA: &str = "bank";

/// A server with one row, which a transaction holds while `work` runs. Afterwards no backend waits, and the row is as it was.
fn at_a_held_row(test: &str, work: impl FnOnce(&Server)) {
    let Some(server) = Server::start(test) else {
        return;
    };
    let store = server.store(SCHEMA);
    store.replace(&key(1), None, &entry(1)).unwrap();
    let (mut holder, mut watch) = (server.client(), server.client());
    let mut held = holder.transaction().unwrap();
    let lock = format!("SELECT FROM {SCHEMA}.countersign_records FOR UPDATE");
    held.batch_execute(&lock).unwrap();
    work(&server);
    waits_until(&mut watch, 0);
    held.rollback().unwrap();
    assert_eq!(store.load(&key(1)).unwrap(), Some(entry(1)));
}

/// Waits until so many backends wait for a lock.
fn waits_until(watch: &mut Client, count: i64) {
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
    let start = Instant::now();
    loop {
        let found: i64 = watch.query_one(waiting, &[]).unwrap().get(0);
        if found == count {
            return;
        }
        assert!(
            start.elapsed() < Duration::from_secs(5),
            "{found} backends wait for the row"
        );
        thread::sleep(Duration::from_millis(10));
    }
}

/// So many calls by some threads, each of which is too late.
fn too_late(store: &PostgresStore<'_>, threads: usize, calls: usize) {
    let left = AtomicUsize::new(calls);
    let next = || {
        left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
            left.checked_sub(1)
        })
    };
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while next().is_ok() {
                    let start = Instant::now();
                    let write = store.replace(&key(1), Some(&version(1)), &entry(2));
                    let taken = start.elapsed();
                    let error = write.unwrap_err();
                    let cause = std::error::Error::source(&error).unwrap().to_string();
                    assert!(cause.contains("there is no answer after"), "{cause}");
                    // The cancellation does not hold it up.
                    assert!(taken < PATIENCE * 8, "{taken:?}");
                }
            });
        }
    });
}

#[test]
fn threads_whose_calls_are_too_late_leave_no_backend_behind() {
    let test = "threads_whose_calls_are_too_late_leave_no_backend_behind";
    at_a_held_row(test, |server| {
        let store = PostgresStore::new(server.settings(), NoTls);
        let store = store.in_schema(SCHEMA).unwrap().with_patience(PATIENCE);
        too_late(&store, 8, CALLS);
    });
}

#[test]
fn a_pooler_passes_the_cancellation_on() {
    let test = "a_pooler_passes_the_cancellation_on";
    at_a_held_row(test, |server| {
        let Some(bouncer) = server.bouncer(test) else {
            return;
        };
        let store = PostgresStore::new(bouncer.settings.clone(), NoTls);
        let store = store.in_schema(SCHEMA).unwrap().with_patience(PATIENCE);
        // It has two connections to the server: more calls would wait for one of these.
        too_late(&store, 2, 20);
        // While the pooler still runs.
        waits_until(&mut server.client(), 0);
    });
}

/// A cancelled wait for a standby leaves a write that all calls see, and that is gone after a fail-over.
#[test]
fn a_write_that_waits_for_a_standby_is_not_cancelled() {
    let Some(server) = Server::start("a_write_that_waits_for_a_standby_is_not_cancelled") else {
        return;
    };
    let reader = server.store(SCHEMA);
    reader.replace(&key(1), None, &entry(1)).unwrap();
    let mut watch = server.client();
    for statement in [
        "ALTER SYSTEM SET synchronous_standby_names = 'missing'",
        "SELECT pg_reload_conf()",
    ] {
        watch.batch_execute(statement).unwrap();
    }
    let names = "SELECT current_setting('synchronous_standby_names')";
    let start = Instant::now();
    while server
        .client()
        .query_one(names, &[])
        .unwrap()
        .get::<_, &str>(0)
        .is_empty()
    {
        assert!(start.elapsed() < Duration::from_secs(5), "no new setting");
    }
    // Long enough to open a connection, too.
    let patience = Duration::from_secs(2);
    let store = PostgresStore::new(server.settings(), NoTls);
    let store = store.in_schema(SCHEMA).unwrap().with_patience(patience);
    let write = store.replace(&key(1), Some(&version(1)), &entry(2));
    assert!(write.unwrap_err().is_store());
    let runtime = runtime();
    let other = tasks(&server).with_patience(patience);
    let write = runtime.block_on(other.replace(&key(2), None, &entry(2)));
    assert!(write.unwrap_err().is_store());
    thread::sleep(PATIENCE);
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
    let waiting: i64 = watch.query_one(waiting, &[]).unwrap().get(0);
    assert_eq!(waiting, 2);
    assert_eq!(reader.load(&key(1)).unwrap(), Some(entry(1)));
    assert_eq!(reader.load(&key(2)).unwrap(), None);
}

/// TLS that encrypts nothing: the proxy below takes it.
#[derive(Clone)]
struct Bare;

struct BareStream(Socket);

impl MakeTlsConnect<Socket> for Bare {
    type Stream = BareStream;
    type TlsConnect = Self;
    type Error = io::Error;
    fn make_tls_connect(&mut self, _: &str) -> io::Result<Self> {
        Ok(Self)
    }
}

impl TlsConnect<Socket> for Bare {
    type Stream = BareStream;
    type Error = io::Error;
    type Future = Ready<io::Result<BareStream>>;
    fn connect(self, stream: Socket) -> Self::Future {
        ready(Ok(BareStream(stream)))
    }
}

impl TlsStream for BareStream {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

impl AsyncRead for BareStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(task, into)
    }
}

impl AsyncWrite for BareStream {
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
        Pin::new(&mut self.0).poll_shutdown(task)
    }
}

/// Asks for TLS.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// Takes connections that ask for TLS first, and passes them on to a server. It counts those that end on the side of the server first.
fn proxy(server: &Server, closed_by_server: Arc<AtomicUsize>) -> u16 {
    let (listener, socket) = (TcpListener::bind("127.0.0.1:0").unwrap(), server.socket());
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for client in listener.incoming() {
            let (socket, closed_by_server) = (socket.clone(), Arc::clone(&closed_by_server));
            thread::spawn(move || {
                let mut client = client.unwrap();
                let mut asked = [0; 8];
                client.read_exact(&mut asked).unwrap();
                // The connection is cut if it does not ask.
                assert_eq!(asked, SSL_REQUEST);
                client.write_all(b"S").unwrap();
                let server = UnixStream::connect(socket).unwrap();
                let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                let is_closed = Arc::new(AtomicBool::new(false));
                let is_closed_by_client = Arc::clone(&is_closed);
                thread::spawn(move || {
                    let _ = io::copy(&mut from, &mut to);
                    is_closed_by_client.store(true, Ordering::SeqCst);
                    let _ = to.shutdown(Shutdown::Write);
                });
                let _ = io::copy(&mut &server, &mut client);
                if !is_closed.load(Ordering::SeqCst) {
                    closed_by_server.fetch_add(1, Ordering::SeqCst);
                }
                let _ = client.shutdown(Shutdown::Both);
            });
        }
    });
    port
}

#[test]
fn a_cancellation_is_encrypted_if_tls_is_required() {
    let test = "a_cancellation_is_encrypted_if_tls_is_required";
    at_a_held_row(test, |server| {
        let cancelled = Arc::new(AtomicUsize::new(0));
        let port = proxy(server, Arc::clone(&cancelled));
        let settings =
            format!("host=127.0.0.1 port={port} sslmode=require user=bank dbname=postgres");
        let settings = settings.parse().unwrap();
        let store = PostgresStore::new(settings, Bare)
            .in_schema(SCHEMA)
            .unwrap();
        too_late(&store.with_patience(PATIENCE), 4, 10);
        // One that is closed by the client first can end a pooler.
        let start = Instant::now();
        while cancelled.load(Ordering::SeqCst) < 10 {
            assert!(start.elapsed() < Duration::from_secs(5), "{cancelled:?}");
            thread::sleep(Duration::from_millis(10));
        }
    });
}

fn runtime() -> Runtime {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(2).enable_all().build().unwrap()
}

fn tasks(server: &Server) -> AsyncPostgresStore<'static> {
    let store = AsyncPostgresStore::new(server.settings(), NoTls);
    store.in_schema(SCHEMA).unwrap()
}

/// So many calls in tasks: each has to end by itself, or is dropped after the span.
fn in_tasks(server: &Server, store: AsyncPostgresStore<'static>, dropped_after: Option<Duration>) {
    let runtime = runtime();
    let store = &*Box::leak(Box::new(store));
    runtime.block_on(async {
        let calls: Vec<_> = (0..CALLS)
            .map(|_| {
                tokio::spawn(async move {
                    let (version, entry) = (version(1), entry(2));
                    let (key, span) = (key(1), dropped_after.unwrap_or(Duration::from_secs(60)));
                    let write = store.replace(&key, Some(&version), &entry);
                    match tokio::time::timeout(span, write).await {
                        Ok(write) => assert!(write.unwrap_err().is_store()),
                        Err(_) => assert!(dropped_after.is_some()),
                    }
                })
            })
            .collect();
        for call in calls {
            call.await.unwrap();
        }
    });
    // While the runtime still runs.
    waits_until(&mut server.client(), 0);
}

#[test]
fn tasks_whose_calls_are_too_late_leave_no_backend_behind() {
    let test = "tasks_whose_calls_are_too_late_leave_no_backend_behind";
    at_a_held_row(test, |server| {
        // As many connections as calls: without a cancellation they fill the server.
        for connections in [8, 60] {
            let store = tasks(server).with_connections(connections.try_into().unwrap());
            in_tasks(server, store.with_patience(PATIENCE), None);
        }
    });
}

#[test]
fn dropped_calls_leave_no_backend_behind() {
    let test = "dropped_calls_leave_no_backend_behind";
    at_a_held_row(test, |server| {
        in_tasks(server, tasks(server), Some(PATIENCE));
        let runtime = runtime();
        let store = tasks(server).with_connections(1.try_into().unwrap());
        // One after another: each may be dropped before its statement has come to the server.
        for tag in 0..CALLS {
            let span = Duration::from_micros(tag as u64 * 100);
            let (key, version, entry) = (key(1), version(1), entry(2));
            let write = store.replace(&key, Some(&version), &entry);
            let write = runtime.block_on(async { tokio::time::timeout(span, write).await });
            assert!(write.is_err());
        }
        waits_until(&mut server.client(), 0);
    });
}

#[test]
fn a_call_that_is_dropped_outside_a_runtime_is_cancelled_too() {
    let test = "a_call_that_is_dropped_outside_a_runtime_is_cancelled_too";
    at_a_held_row(test, |server| {
        let (store, mut watch) = (tasks(server), server.client());
        let (key, version, entry) = (key(1), version(1), entry(2));
        for is_running in [true, false] {
            let runtime = runtime();
            let mut write = Box::pin(store.replace(&key, Some(&version), &entry));
            runtime.block_on(async {
                let call = async {
                    let mut write = pin!(write.as_mut());
                    poll_fn(|task| write.as_mut().poll(task)).await
                };
                let _ = tokio::time::timeout(PATIENCE, call).await;
            });
            waits_until(&mut watch, 1);
            if is_running {
                drop(write);
                waits_until(&mut watch, 0);
            } else {
                // Nobody is left to ask the server. There is no panic.
                drop(runtime);
                drop(write);
                let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE wait_event_type = 'Lock'";
                watch.execute(end, &[]).unwrap();
            }
        }
    });
}
