//! A server that answers byte by byte, or reads so: each byte comes in time, and the whole never does.

use super::faults::PATIENCE;
use super::*;
use countersign::store::AsyncStore;
use countersign::store::redis::AsyncRedisStore;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

/// Not as long as a time-out of each read or write would take.
const SLACK: Duration = Duration::from_millis(2_000);
const DRIP: Duration = Duration::from_millis(40);

/// Starts a server that takes everybody in, and then drips.
fn dripping() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for client in listener.incoming() {
            thread::spawn(move || drip(client.unwrap()));
        }
    });
    port
}

fn drip(mut client: TcpStream) -> Option<()> {
    const INFO: &str = "role:master\r\nmaxmemory_policy:noeviction\r\n";
    let mut buffer = [0; 4_096];
    let start: &[u8] = loop {
        let length = client.read(&mut buffer).ok().filter(|length| *length > 0)?;
        let said = &buffer[..length];
        let says = |word: &str| said.windows(word.len()).any(|part| part == word.as_bytes());
        if says("CLUSTER") {
            client.write_all(b"-ERR no cluster\r\n").ok()?;
        } else if says("INFO") {
            write!(client, "${}\r\n{INFO}\r\n", INFO.len()).ok()?;
        } else if says("EVALSHA") {
            // It reads the rest byte by byte.
            loop {
                thread::sleep(DRIP);
                client.read_exact(&mut buffer[..1]).ok()?;
            }
        } else if buffer[0] == 0x16 {
            // The greeting of TLS. An answer of it begins so.
            break b"\x16\x03\x03\x30\x00\x02\x00\x2f\xfc";
        } else {
            break b"$100000\r\n";
        }
    };
    client.write_all(start).ok()?;
    loop {
        thread::sleep(DRIP);
        client.write_all(b"x").ok()?;
    }
}

/// Runs it, and returns its error, which comes in time.
#[track_caller]
fn in_time<T: core::fmt::Debug>(work: impl FnOnce() -> Result<T, Error>) -> String {
    let start = Instant::now();
    let error = work().unwrap_err();
    let taken = start.elapsed();
    assert!(taken < PATIENCE + SLACK, "{error:?} after {taken:?}");
    cause(&error)
}

fn options(scheme: &str, rest: &str) -> RedisOptions {
    let port = dripping();
    let options = RedisOptions::new(&format!("{scheme}://{rest}127.0.0.1:{port}")).unwrap();
    options.with_patience(PATIENCE).unwrap()
}

/// More than the buffers of a socket take.
fn large() -> Entry {
    Entry::new(vec![7; 16 << 20], version(1), None)
}

#[test]
fn a_server_that_drips_is_an_error_within_the_time_limit() {
    let store = RedisStore::with_options(&options("redis", "")).unwrap();
    let why = in_time(|| store.load(&key(1)));
    assert!(why.contains("time limit"), "{why}");
    let why = in_time(|| store.replace(&key(1), None, &large()));
    assert!(
        why.contains("time limit") && why.contains("unknown"),
        "{why}"
    );
    // While a connection is opened, too.
    for options in [options("redis", "bank:secret@"), options("rediss", "")] {
        let why = in_time(|| RedisStore::with_options(&options));
        assert!(why.contains("time limit"), "{why}");
    }
}

#[test]
fn a_server_that_drips_is_an_error_within_the_time_limit_for_tasks_too() {
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.enable_all().build().unwrap();
    let opened = runtime.block_on(AsyncRedisStore::with_options(&options("redis", "")));
    let store = opened.unwrap();
    let why = in_time(|| runtime.block_on(store.load(&key(1))));
    assert!(why.contains("time limit"), "{why}");
    let why = in_time(|| runtime.block_on(store.replace(&key(1), None, &large())));
    assert!(
        why.contains("time limit") && why.contains("unknown"),
        "{why}"
    );
    for options in [options("redis", "bank:secret@"), options("rediss", "")] {
        let why = in_time(|| runtime.block_on(AsyncRedisStore::with_options(&options)));
        assert!(why.contains("time limit"), "{why}");
    }
}
