//! Whole checks over a Redis server of our own, on the loopback, beside the two commands that a counter by hand takes.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use countersign::otp::{OtpKey, Totp};
use countersign::store::redis::{AsyncRedisStore, RedisStore};
use countersign::time::ManualClock;
use countersign::{AsyncVerifier, Attempt, Authority, Change, Code, Outcome, SecretBytes, Subject};
use redis::aio::MultiplexedConnection;
use redis::{Client, Script};
use tempfile::TempDir;

use crate::measure::{Found, Row, compare};
use crate::verifier::{Desk, NOW, SECRET, STEP, at, call, settings, totp};

const BY_HAND: &str = "GET, and EVALSHA that increments";
const ALONE: &str = "EVALSHA that increments";

pub const ROWS: &[Row] = &[
    Row { name: "redis_check", peer: BY_HAND, target: 1.2, measure: check },
    Row { name: "redis_fast", peer: ALONE, target: 1.3, measure: fast },
    Row { name: "redis_tasks", peer: BY_HAND, target: 1.333, measure: tasks },
];

const INCREMENT: &str = "return redis.call('INCR', KEYS[1])";
const TASKS: usize = 50;

struct Server {
    child: Child,
    url: String,
    _folder: TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn server() -> Option<Server> {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let folder = tempfile::tempdir().unwrap();
    let child = Command::new("redis-server")
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--dir"])
        .arg(folder.path())
        .stdout(Stdio::null())
        .spawn()
        .ok()?;
    let server = Server { child, url: format!("redis://127.0.0.1:{port}"), _folder: folder };
    let begun = Instant::now();
    while Client::open(server.url.as_str()).unwrap().get_connection().is_err() {
        assert!(begun.elapsed() < Duration::from_secs(10), "redis-server does not answer");
        thread::sleep(Duration::from_millis(10));
    }
    Some(server)
}

fn app() -> Totp {
    Totp::from(OtpKey::new(SecretBytes::from(SECRET.to_vec())).unwrap())
}

/// A check of a fresh code each time, by one thread.
fn check() -> Option<Found> {
    let server = server()?;
    let desk = Desk::new(RedisStore::open(&server.url).unwrap(), settings());
    let app = app();
    desk.add(&app);
    let mut steps = 1..;
    let ours = || {
        let now = at(NOW + STEP * steps.next().unwrap());
        desk.clock.set(now);
        desk.check(&totp(&app.code_at(now)), &call(2));
    };
    let mut connection = Client::open(server.url.as_str()).unwrap().get_connection().unwrap();
    let script = Script::new(INCREMENT);
    let peer = || {
        let _: Option<i64> = redis::cmd("GET").arg("count").query(&mut connection).unwrap();
        let _: i64 = script.key("count").invoke(&mut connection).unwrap();
    };
    Some(compare(ours, 1, peer, 1))
}

/// A check of a fresh code each time, by a verifier that remembers the record it wrote last.
fn fast() -> Option<Found> {
    let server = server()?;
    let desk = Desk::new(RedisStore::open(&server.url).unwrap(), settings());
    let desk = Desk { verifier: desk.verifier.with_remembered(16), ..desk };
    let app = app();
    desk.add(&app);
    let mut steps = 1..;
    let ours = || {
        let now = at(NOW + STEP * steps.next().unwrap());
        desk.clock.set(now);
        desk.check(&totp(&app.code_at(now)), &call(2));
    };
    let mut connection = Client::open(server.url.as_str()).unwrap().get_connection().unwrap();
    let script = Script::new(INCREMENT);
    let peer = || {
        let _: i64 = script.key("count").invoke(&mut connection).unwrap();
    };
    Some(compare(ours, 1, peer, 1))
}

/// A check of a subject of its own by each of 50 tasks, over one connection.
fn tasks() -> Option<Found> {
    let server = server()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let clock = Arc::new(ManualClock::new(at(NOW)));
    let store = runtime.block_on(AsyncRedisStore::open(&server.url)).unwrap();
    let verifier = Arc::new(AsyncVerifier::new(store, settings()).with_clock(Arc::clone(&clock)));
    let app = app();
    let subjects: Vec<_> = (0..TASKS).map(|task| Subject::new("bank", &format!("C-{task}")).unwrap()).collect();
    runtime.block_on(async {
        for subject in &subjects {
            verifier.create(subject, &call(1)).await.unwrap();
            let shown = Code::typed(app.code_at(at(NOW)).expose_text());
            for change in [Change::AddTotp(app.clone()), Change::ConfirmTotp(shown)] {
                let _ = verifier.change(subject, &change, &Authority::Host, &call(1)).await.unwrap();
            }
        }
    });
    let mut steps = 1..;
    let ours = || {
        let now = at(NOW + STEP * steps.next().unwrap());
        clock.set(now);
        let all: Vec<_> = subjects
            .iter()
            .map(|subject| {
                let (verifier, subject, app) = (Arc::clone(&verifier), subject.clone(), app.clone());
                runtime.spawn(async move {
                    let attempt = Attempt::Totp(Code::typed(app.code_at(now).expose_text()));
                    let outcome = verifier.check(&subject, &attempt, &call(2)).await.unwrap();
                    assert!(matches!(outcome, Outcome::Accepted(_)));
                })
            })
            .collect();
        runtime.block_on(async {
            for task in all {
                task.await.unwrap();
            }
        });
    };
    let client = Client::open(server.url.as_str()).unwrap();
    let connection: MultiplexedConnection = runtime.block_on(client.get_multiplexed_async_connection()).unwrap();
    let script = Arc::new(Script::new(INCREMENT));
    let peer = || {
        let all: Vec<_> = (0..TASKS)
            .map(|task| {
                let (mut connection, script) = (connection.clone(), Arc::clone(&script));
                runtime.spawn(async move {
                    let name = format!("count-{task}");
                    let _: Option<i64> = redis::cmd("GET").arg(&name).query_async(&mut connection).await.unwrap();
                    let _: i64 = script.key(name).invoke_async(&mut connection).await.unwrap();
                })
            })
            .collect();
        runtime.block_on(async {
            for task in all {
                task.await.unwrap();
            }
        });
    };
    Some(compare(ours, TASKS, peer, TASKS))
}
