//! The store of tasks: one connection for all of them.

use super::cluster::Cluster;
use super::faults::{PATIENCE, Proxy, SLACK};
use super::*;
use crate::support::{at, keyring, rfc_totp};
use countersign::store::redis::AsyncRedisStore;
use countersign::store::{AsyncStore, Key};
use countersign::time::ManualClock;
use countersign::{
    AsyncVerifier, Attempt, Authority, Change, Changed, Channel, Code, Context, Interaction,
    Outcome, Settings, Subject,
};
use std::sync::Arc;
use tokio::runtime::{Builder, Handle, Runtime};

fn runtime() -> Runtime {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(2).enable_all().build().unwrap()
}

/// Lets the suite, whose threads block, call a store whose answers are waited for.
pub struct Waited(AsyncRedisStore, Handle);

impl Waited {
    pub fn open(options: &RedisOptions, runtime: &Runtime) -> Self {
        let store = runtime.block_on(AsyncRedisStore::with_options(options));
        Self(store.unwrap(), runtime.handle().clone())
    }
}

impl Store for Waited {
    fn load(&self, key: &Key) -> Result<Option<Entry>, Error> {
        self.1.block_on(self.0.load(key))
    }

    fn replace(
        &self,
        key: &Key,
        expected: Option<&countersign::store::Version>,
        entry: &Entry,
    ) -> Result<Replaced, Error> {
        self.1.block_on(self.0.replace(key, expected, entry))
    }

    fn remove(&self, key: &Key, expected: &countersign::store::Version) -> Result<Replaced, Error> {
        self.1.block_on(self.0.remove(key, expected))
    }

    fn purge(&self, now: Timestamp) -> Result<usize, Error> {
        self.1.block_on(self.0.purge(now))
    }
}

#[test]
fn redis_for_tasks_conforms() {
    let Some(server) = RedisServer::start("redis_for_tasks_conforms") else {
        return;
    };
    let runtime = runtime();
    // By threads that block, and by tasks that are dropped, too.
    conformance::run(|| Waited::open(&apart(server.options()), &runtime));
    runtime.block_on(conformance::run_async(async || {
        let options = apart(server.options());
        AsyncRedisStore::with_options(&options).await.unwrap()
    }));
    // One opens what the other wrote.
    let options = apart(server.options());
    let blocking = RedisStore::with_options(&options).unwrap();
    let waited = Waited::open(&options, &runtime);
    blocking.replace(&key(1), None, &entry(1)).unwrap();
    server.run::<()>("SCRIPT FLUSH");
    let swapped = waited.replace(&key(1), Some(&version(1)), &entry(2));
    assert_eq!(swapped.unwrap(), Replaced::Stored);
    assert_eq!(blocking.load(&key(1)).unwrap(), Some(entry(2)));
}

#[test]
fn redis_cluster_for_tasks_conforms() {
    let Some(cluster) = Cluster::start("redis_cluster_for_tasks_conforms") else {
        return;
    };
    let runtime = runtime();
    conformance::run(|| Waited::open(&apart(cluster.node(1).options()), &runtime));
}

#[test]
fn what_is_refused_is_refused_for_tasks_too() {
    let Some(server) = RedisServer::start("what_is_refused_is_refused_for_tasks_too") else {
        return;
    };
    let runtime = runtime();
    server.run::<()>("CONFIG SET maxmemory-policy allkeys-lru");
    let error = runtime.block_on(AsyncRedisStore::open(&server.url()));
    assert!(cause(&error.unwrap_err()).contains("noeviction"));
    server.run::<()>("CONFIG SET maxmemory-policy noeviction");
    let store = Waited::open(&apart(server.options()), &runtime);
    server.run::<()>("REPLICAOF 127.0.0.1 1");
    store.replace(&key(1), None, &entry(1)).unwrap_err();
    assert!(cause(&store.load(&key(1)).unwrap_err()).contains("name the primary"));
    server.run::<()>("REPLICAOF NO ONE");
    assert_eq!(store.load(&key(1)).unwrap(), None);
}

#[test]
fn outside_a_runtime_a_call_is_an_error() {
    let Some(server) = RedisServer::start("outside_a_runtime_a_call_is_an_error") else {
        return;
    };
    let store = Waited::open(&apart(server.options()), &runtime());
    let name = key(1);
    let mut call = core::pin::pin!(store.0.load(&name));
    let mut task = core::task::Context::from_waker(core::task::Waker::noop());
    let core::task::Poll::Ready(Err(error)) = call.as_mut().poll(&mut task) else {
        panic!("it does not wait")
    };
    assert!(cause(&error).contains("tokio runtime"), "{error:?}");
    // Another runtime goes on with the same store: the first took the connection with it.
    let second = runtime();
    assert_eq!(second.block_on(store.0.load(&key(1))).unwrap(), None);
}

#[test]
fn tasks_over_a_server_that_fails_are_answered_in_time() {
    let log = ["--appendonly", "yes"];
    let test = "tasks_over_a_server_that_fails_are_answered_in_time";
    let Some(mut server) = RedisServer::start_with(test, &log) else {
        return;
    };
    let runtime = runtime();
    let options = apart(server.options()).with_patience(PATIENCE).unwrap();
    let store = Arc::new(Waited::open(&options, &runtime));
    store.replace(&key(1), None, &entry(1)).unwrap();
    server.freeze();
    let start = Instant::now();
    let tasks: Vec<_> = (0..50_u8)
        .map(|number| {
            let store = Arc::clone(&store);
            runtime.spawn(async move {
                let error = if number % 2 == 0 {
                    store.0.load(&key(1)).await.unwrap_err()
                } else {
                    let written = store.0.replace(&key(number), None, &entry(1)).await;
                    written.unwrap_err()
                };
                assert!(cause(&error).contains("time limit"), "{error:?}");
                start.elapsed()
            })
        })
        .collect();
    for task in tasks {
        let taken = runtime.block_on(task).unwrap();
        assert!(taken >= PATIENCE && taken < SLACK, "{taken:?}");
    }
    server.thaw();
    assert_eq!(store.load(&key(1)).unwrap(), Some(entry(1)));
    server.kill();
    assert!(store.load(&key(1)).unwrap_err().is_store());
    server.start_again();
    assert_eq!(store.load(&key(1)).unwrap(), Some(entry(1)));
    // A connection that lay is tried before it carries a write.
    thread::sleep(Duration::from_millis(1_100));
    server.kill();
    server.start_again();
    let answer = store.replace(&key(1), Some(&version(1)), &entry(2));
    assert_eq!(answer.unwrap(), Replaced::Stored);
}

#[test]
fn b14_a_task_s_write_whose_answer_is_cut_off_is_an_error_and_is_sent_once() {
    let test = "b14_a_task_s_write_whose_answer_is_cut_off_is_an_error_and_is_sent_once";
    let Some(server) = RedisServer::start(test) else {
        return;
    };
    let runtime = runtime();
    let proxy = Proxy::before(&server);
    let store = Waited::open(&apart(proxy.options()), &runtime);
    proxy.loses_an_answer(&store);
}

#[test]
fn b13_tasks_of_machines_over_redis_accept_a_code_once() {
    const ROUNDS: usize = 50;
    const TASKS: usize = 16;
    let Some(server) = RedisServer::start("b13_tasks_of_machines_over_redis_accept_a_code_once")
    else {
        return;
    };
    let runtime = runtime();
    let options = apart(server.options());
    let clock = |seconds: u64| ManualClock::new(at(1_800_000_000 + seconds));
    let machines: Vec<_> = (0..2)
        .map(|_| {
            let store = runtime.block_on(AsyncRedisStore::with_options(&options));
            let settings = Settings::new("bank", keyring()).unwrap();
            let earlier = AsyncVerifier::new(store.unwrap(), settings);
            Arc::new(earlier.with_clock(clock(60)))
        })
        .collect();
    let settings = Settings::new("bank", keyring()).unwrap();
    let store = runtime.block_on(AsyncRedisStore::with_options(&options));
    let before = AsyncVerifier::new(store.unwrap(), settings).with_clock(clock(0));
    let shown = |seconds: u64| {
        let code = rfc_totp().code_at(at(1_800_000_000 + seconds));
        Code::typed(code.expose_text())
    };
    let ctx = Context::new(Channel::Web, Interaction::from_bytes([7; 16]));
    for round in 0..ROUNDS {
        let subject = Subject::new("bank", &format!("C-{round}")).unwrap();
        runtime.block_on(async {
            before.create(&subject, &ctx).await.unwrap();
            for change in [Change::AddTotp(rfc_totp()), Change::ConfirmTotp(shown(0))] {
                let changed = before.change(&subject, &change, &Authority::Host, &ctx);
                assert_eq!(changed.await.unwrap(), Changed::Done);
            }
        });
        let tasks: Vec<_> = (0..TASKS)
            .map(|number| {
                let machine = Arc::clone(&machines[number % 2]);
                let (subject, attempt) = (subject.clone(), Attempt::Totp(shown(60)));
                runtime.spawn(async move { machine.check(&subject, &attempt, &ctx).await })
            })
            .collect();
        let outcomes: Vec<_> = tasks
            .into_iter()
            .map(|task| runtime.block_on(task).unwrap().unwrap())
            .collect();
        let accepted = outcomes
            .iter()
            .filter(|outcome| matches!(outcome, Outcome::Accepted(_)));
        assert_eq!(accepted.count(), 1, "round {round}: {outcomes:?}");
    }
}
