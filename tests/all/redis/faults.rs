//! Servers that die, stand still, or are cut off.

use super::*;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// For a call that must not hang: it has this, and what a busy machine adds.
pub const PATIENCE: Duration = Duration::from_millis(300);
pub const SLACK: Duration = Duration::from_secs(5);

fn quick(options: RedisOptions) -> RedisStore {
    let options = apart(options).with_patience(PATIENCE).unwrap();
    RedisStore::with_options(&options).unwrap()
}

#[test]
fn a_server_with_a_log_keeps_what_was_stored() {
    let log = ["--appendonly", "yes", "--appendfsync", "always"];
    let Some(mut server) =
        RedisServer::start_with("a_server_with_a_log_keeps_what_was_stored", &log)
    else {
        return;
    };
    let store = fresh(&server);
    store.replace(&key(1), None, &entry(1)).unwrap();
    for tag in 1..5 {
        let next = entry(tag + 1);
        server.kill();
        server.start_again();
        // What lay is tried before it carries a write. What was used just now may be found broken: an error, once.
        let answer = store.replace(&key(1), Some(&version(tag)), &next);
        if let Err(error) = answer {
            assert!(cause(&error).contains("unknown"), "{error:?}");
            assert_eq!(store.load(&key(1)).unwrap(), Some(entry(tag)));
            store.replace(&key(1), Some(&version(tag)), &next).unwrap();
        }
        assert_eq!(store.load(&key(1)).unwrap(), Some(next));
    }
}

#[test]
fn a_connection_that_lay_is_tried_before_a_write() {
    let log = ["--appendonly", "yes"];
    let test = "a_connection_that_lay_is_tried_before_a_write";
    let Some(mut server) = RedisServer::start_with(test, &log) else {
        return;
    };
    let store = fresh(&server);
    store.replace(&key(1), None, &entry(1)).unwrap();
    thread::sleep(Duration::from_millis(1_100));
    server.kill();
    server.start_again();
    let answer = store.replace(&key(1), Some(&version(1)), &entry(2));
    assert_eq!(answer.unwrap(), Replaced::Stored);
}

#[test]
fn a_server_that_is_gone_is_an_error_and_comes_back() {
    let log = ["--appendonly", "yes"];
    let test = "a_server_that_is_gone_is_an_error_and_comes_back";
    let Some(mut server) = RedisServer::start_with(test, &log) else {
        return;
    };
    let store = quick(server.options());
    store.replace(&key(1), None, &entry(1)).unwrap();
    server.kill();
    for _ in 0..3 {
        let start = Instant::now();
        assert!(store.load(&key(1)).unwrap_err().is_store());
        assert!(store.purge(Timestamp::MAX).unwrap_err().is_store());
        assert!(store.remove(&key(1), &version(1)).unwrap_err().is_store());
        assert!(start.elapsed() < SLACK);
    }
    assert!(RedisStore::open(&server.url()).unwrap_err().is_store());
    server.start_again();
    assert_eq!(store.load(&key(1)).unwrap(), Some(entry(1)));
}

#[test]
fn a_server_that_stands_still_is_an_error_within_the_time_limit() {
    let test = "a_server_that_stands_still_is_an_error_within_the_time_limit";
    let Some(server) = RedisServer::start(test) else {
        return;
    };
    let store = quick(server.options());
    store.replace(&key(1), None, &entry(1)).unwrap();
    server.freeze();
    let start = Instant::now();
    thread::scope(|scope| {
        // More callers than connections: each is answered in time all the same.
        for number in 0..50_u8 {
            let store = &store;
            scope.spawn(move || {
                let error = if number % 2 == 0 {
                    store.load(&key(1)).unwrap_err()
                } else {
                    store.replace(&key(number), None, &entry(1)).unwrap_err()
                };
                assert!(cause(&error).contains("time limit"), "{error:?}");
                let taken = start.elapsed();
                assert!(taken >= PATIENCE && taken < SLACK, "{taken:?}");
            });
        }
    });
    let error = RedisStore::with_options(&server.options().with_patience(PATIENCE).unwrap());
    assert!(cause(&error.unwrap_err()).contains("time limit"));
    server.thaw();
    assert_eq!(store.load(&key(1)).unwrap(), Some(entry(1)));
    // The writes that were under way may have taken place or not. They are whole.
    for number in (1..50).step_by(2).skip(1) {
        let present = store.load(&key(number)).unwrap();
        assert!(present.is_none() || present == Some(entry(1)));
    }
}

/// Hands on what is said, and cuts the connection before an answer when it is told to.
pub struct Proxy {
    port: u16,
    cuts: Arc<AtomicBool>,
    writes: Arc<AtomicUsize>,
}

impl Proxy {
    pub fn before(server: &RedisServer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = Self {
            port: listener.local_addr().unwrap().port(),
            cuts: Arc::default(),
            writes: Arc::default(),
        };
        let (cuts, writes) = (Arc::clone(&proxy.cuts), Arc::clone(&proxy.writes));
        let server = server.port();
        thread::spawn(move || {
            for client in listener.incoming() {
                let (cuts, writes) = (Arc::clone(&cuts), Arc::clone(&writes));
                let Ok(there) = TcpStream::connect(("127.0.0.1", server)) else {
                    continue;
                };
                thread::spawn(move || hand_on(client.unwrap(), there, &cuts, &writes));
            }
        });
        proxy
    }

    pub fn options(&self) -> RedisOptions {
        RedisOptions::new(&format!("redis://127.0.0.1:{}", self.port)).unwrap()
    }

    /// Writes over a store behind it, and cuts off the answer.
    #[track_caller]
    pub fn loses_an_answer(&self, store: &impl Store) {
        assert_eq!(
            store.replace(&key(1), None, &entry(1)).unwrap(),
            Replaced::Stored
        );
        let before = self.writes.load(Ordering::SeqCst);
        self.cuts.store(true, Ordering::SeqCst);
        let error = store
            .replace(&key(1), Some(&version(1)), &entry(2))
            .unwrap_err();
        assert!(
            cause(&error).contains("whether the write took place is unknown"),
            "{error:?}"
        );
        assert_eq!(
            self.writes.load(Ordering::SeqCst),
            before + 1,
            "it was sent again"
        );
        self.cuts.store(false, Ordering::SeqCst);
        // It has taken place, and what follows from it is a conflict.
        assert_eq!(store.load(&key(1)).unwrap(), Some(entry(2)));
        assert_eq!(
            store
                .replace(&key(1), Some(&version(1)), &entry(3))
                .unwrap(),
            Replaced::Conflict(Some(entry(2)))
        );
    }
}

fn hand_on(mut client: TcpStream, mut server: TcpStream, cuts: &AtomicBool, writes: &AtomicUsize) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(length @ 1..) = client.read(&mut buffer) {
        let said = &buffer[..length];
        if said.windows(4).any(|part| part == b"EVAL") {
            writes.fetch_add(1, Ordering::SeqCst);
        }
        server.write_all(said).unwrap();
        let Ok(length @ 1..) = server.read(&mut buffer) else {
            break;
        };
        // Half of the answer is none.
        let cut = cuts.load(Ordering::SeqCst);
        let told = if cut { length / 2 } else { length };
        let _ = client.write_all(&buffer[..told]);
        if cut {
            break;
        }
    }
    let _ = client.shutdown(Shutdown::Both);
}

#[test]
fn b14_a_write_whose_answer_is_cut_off_is_an_error_and_is_sent_once() {
    let test = "b14_a_write_whose_answer_is_cut_off_is_an_error_and_is_sent_once";
    let Some(server) = RedisServer::start(test) else {
        return;
    };
    let proxy = Proxy::before(&server);
    let store = RedisStore::with_options(&apart(proxy.options())).unwrap();
    proxy.loses_an_answer(&store);
}
