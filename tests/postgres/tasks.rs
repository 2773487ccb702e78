//! The store whose calls are waited for.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use countersign::store::postgres::{AsyncPostgresStore, sqlstate};
use countersign::store::{AsyncStore, Entry, Key, Replaced, Store, Version, conformance};
use countersign::{
    AsyncVerifier, Attempt, Authorized, Error, Outcome, Policy, Request, Timestamp, Transaction,
};
use postgres::NoTls;
use tokio::runtime::Runtime;
use tokio_postgres::Client;

use crate::support::postgres::{Server, fresh_schema};
use crate::support::stores::{entry, key, version};
use crate::verifiers::{Bank, POLICY, confirms, settings};

fn runtime() -> Arc<Runtime> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    Arc::new(builder.worker_threads(2).enable_all().build().unwrap())
}

/// For the suite, whose threads block.
struct Waited<S>(S, Arc<Runtime>);

impl<S: AsyncStore> Store for Waited<S> {
    fn load(&self, key: &Key) -> Result<Option<Entry>, Error> {
        self.1.block_on(self.0.load(key))
    }
    fn replace(
        &self,
        key: &Key,
        expected: Option<&Version>,
        entry: &Entry,
    ) -> Result<Replaced, Error> {
        self.1.block_on(self.0.replace(key, expected, entry))
    }
    fn remove(&self, key: &Key, expected: &Version) -> Result<Replaced, Error> {
        self.1.block_on(self.0.remove(key, expected))
    }
    fn purge(&self, now: Timestamp) -> Result<usize, Error> {
        self.1.block_on(self.0.purge(now))
    }
}

fn migrated(
    runtime: &Arc<Runtime>,
    store: AsyncPostgresStore<'static>,
) -> Waited<AsyncPostgresStore<'static>> {
    let store = store.in_schema(&fresh_schema()).unwrap();
    runtime.block_on(store.migrate()).unwrap();
    Waited(store, Arc::clone(runtime))
}

#[test]
fn connections_of_its_own_pass_in_tasks() {
    let test = "connections_of_its_own_pass_in_tasks";
    let Some(server) = Server::shared(test) else {
        return;
    };
    let runtime = runtime();
    let one = 1.try_into().unwrap();
    conformance::run(|| migrated(&runtime, AsyncPostgresStore::new(server.settings(), NoTls)));
    conformance::run(|| {
        let store = AsyncPostgresStore::new(server.settings(), NoTls).with_connections(one);
        migrated(&runtime, store)
    });
    let mut serializable = server.settings();
    serializable.options("-c default_transaction_isolation=serializable");
    conformance::run(|| {
        migrated(
            &runtime,
            AsyncPostgresStore::new(serializable.clone(), NoTls),
        )
    });
    if let Some(bouncer) = server.bouncer(test) {
        let settings = &bouncer.settings;
        conformance::run(|| migrated(&runtime, AsyncPostgresStore::new(settings.clone(), NoTls)));
    }
}

async fn connect(server: &Server) -> Client {
    let (client, connection) = server.settings().connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// A pool as simple as can be.
#[derive(Clone, Default)]
struct Pool(Arc<Mutex<Vec<Client>>>);

struct Lent(Option<Client>, Pool);

impl core::ops::Deref for Lent {
    type Target = Client;
    fn deref(&self) -> &Client {
        self.0.as_ref().unwrap()
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        self.1.0.lock().unwrap().extend(self.0.take());
    }
}

impl Pool {
    async fn get(&self, server: &Server) -> Result<Lent, Error> {
        let idle = self.0.lock().unwrap().pop();
        let client = match idle {
            Some(client) => client,
            None => connect(server).await,
        };
        Ok(Lent(Some(client), self.clone()))
    }
}

#[test]
fn a_pool_of_the_host_passes_in_tasks() {
    let Some(server) = Server::shared("a_pool_of_the_host_passes_in_tasks") else {
        return;
    };
    let (runtime, pool) = (runtime(), Pool::default());
    conformance::run(|| {
        let pool = pool.clone();
        let lend = move || {
            let pool = pool.clone();
            async move { pool.get(server).await }
        };
        migrated(
            &runtime,
            AsyncPostgresStore::pooled(lend, |lent: &Lent| lent),
        )
    });
}

/// Each call in a transaction that the host opens and commits.
struct InTransactions {
    server: &'static Server,
    pool: Pool,
    schema: String,
}

impl InTransactions {
    async fn client(&self) -> Lent {
        self.pool.get(self.server).await.unwrap()
    }
}

macro_rules! in_transaction {
    ($self:ident, $store:ident, $call:expr) => {{
        let mut client = $self.client().await;
        let transaction = client.0.as_mut().unwrap().transaction().await.unwrap();
        let $store = AsyncPostgresStore::in_transaction(&transaction).in_schema(&$self.schema)?;
        let answer = $call.await;
        let whole = transaction.execute("SELECT 1", &[]).await;
        whole.expect("the transaction is whole");
        transaction.commit().await.unwrap();
        answer
    }};
}

impl AsyncStore for InTransactions {
    async fn load(&self, key: &Key) -> Result<Option<Entry>, Error> {
        in_transaction!(self, store, store.load(key))
    }
    async fn replace(
        &self,
        key: &Key,
        expected: Option<&Version>,
        entry: &Entry,
    ) -> Result<Replaced, Error> {
        in_transaction!(self, store, store.replace(key, expected, entry))
    }
    async fn remove(&self, key: &Key, expected: &Version) -> Result<Replaced, Error> {
        in_transaction!(self, store, store.remove(key, expected))
    }
    async fn purge(&self, now: Timestamp) -> Result<usize, Error> {
        in_transaction!(self, store, store.purge(now))
    }
}

#[test]
fn open_transactions_of_the_host_pass_in_tasks() {
    let Some(server) = Server::shared("open_transactions_of_the_host_pass_in_tasks") else {
        return;
    };
    let (runtime, pool) = (runtime(), Pool::default());
    conformance::run(|| {
        let schema = fresh_schema();
        server.store(&schema);
        let pool = pool.clone();
        let store = InTransactions {
            server,
            pool,
            schema,
        };
        Waited(store, Arc::clone(&runtime))
    });
}

#[test]
fn both_stores_work_on_one_table() {
    let Some(server) = Server::shared("both_stores_work_on_one_table") else {
        return;
    };
    let (runtime, schema) = (runtime(), fresh_schema());
    let blocking = server.store(&schema);
    let tasks = AsyncPostgresStore::new(server.settings(), NoTls);
    let tasks = Waited(tasks.in_schema(&schema).unwrap(), runtime);
    tasks.1.block_on(tasks.0.migrate()).unwrap();
    let stored = blocking.replace(&key(1), None, &entry(1)).unwrap();
    assert_eq!(stored, Replaced::Stored);
    assert_eq!(tasks.load(&key(1)).unwrap(), Some(entry(1)));
    assert_eq!(
        tasks
            .replace(&key(1), Some(&version(1)), &entry(2))
            .unwrap(),
        stored
    );
    assert_eq!(
        blocking.remove(&key(1), &version(1)).unwrap(),
        Replaced::Conflict(Some(entry(2)))
    );
}

/// A call that is dropped at any moment keeps no connection, and the next one reads no answer of it.
#[test]
fn a_dropped_call_leaves_nothing_behind() {
    let Some(server) = Server::shared("a_dropped_call_leaves_nothing_behind") else {
        return;
    };
    let runtime = runtime();
    let store = AsyncPostgresStore::new(server.settings(), NoTls);
    let store = store.with_connections(2.try_into().unwrap());
    let store = migrated(&runtime, store);
    for tag in 1..=100 {
        store.replace(&key(tag), None, &entry(tag)).unwrap();
    }
    runtime.block_on(async {
        for tag in 1..=100 {
            let other = key(101 - tag);
            let span = Duration::from_micros(u64::from(tag) * 20);
            // Dropped at each await, the first ones while connecting.
            let _ = tokio::time::timeout(span, store.0.load(&other)).await;
            let present = store.0.load(&key(tag)).await.unwrap();
            assert_eq!(present, Some(entry(tag)));
        }
    });
}

#[test]
fn a_server_that_hangs_or_starts_anew_in_tasks() {
    let Some(server) = Server::start("a_server_that_hangs_or_starts_anew_in_tasks") else {
        return;
    };
    let (runtime, patience) = (runtime(), Duration::from_millis(300));
    let store = AsyncPostgresStore::new(server.settings(), NoTls).with_patience(patience);
    let store = migrated(&runtime, store);
    store.replace(&key(1), None, &entry(1)).unwrap();
    server.signal("STOP");
    let start = Instant::now();
    for _ in 0..2 {
        assert!(store.load(&key(1)).unwrap_err().is_store());
    }
    let taken = start.elapsed();
    assert!(taken >= patience * 2 && taken < patience * 10, "{taken:?}");
    server.signal("CONT");
    let start = Instant::now();
    while store.load(&key(1)).is_err() {
        assert!(start.elapsed() < Duration::from_secs(30), "no service");
    }
    server.kill();
    assert!(store.load(&key(1)).unwrap_err().is_store());
    server.resume();
    let stored = store
        .replace(&key(1), Some(&version(1)), &entry(2))
        .unwrap();
    assert_eq!(stored, Replaced::Stored);
}

#[test]
fn tasks_accept_one_right_code_once_in_each_of_200_rounds() {
    const TASKS: u32 = 6;
    let Some(server) = Server::shared("tasks_accept_one_right_code_once") else {
        return;
    };
    let schema = fresh_schema();
    let bank = Arc::new(Bank::new(server.store(&schema)));
    let store = AsyncPostgresStore::new(server.settings(), NoTls);
    let verifier = AsyncVerifier::new(store.in_schema(&schema).unwrap(), settings());
    let verifier = Arc::new(verifier.with_clock(Arc::clone(&bank.clock)));
    runtime().block_on(async {
        for round in 1..=200 {
            bank.ticks();
            let check = |task| {
                let (verifier, bank) = (Arc::clone(&verifier), Arc::clone(&bank));
                tokio::spawn(async move {
                    let ctx = bank.call(round * TASKS + task);
                    let attempt = Attempt::Totp(bank.shown());
                    let outcome = verifier.check(&bank.anna, &attempt, &ctx).await;
                    u32::from(matches!(outcome.unwrap(), Outcome::Accepted(_)))
                })
            };
            let checks: Vec<_> = (0..TASKS).map(check).collect();
            let mut accepted = 0;
            for check in checks {
                accepted += check.await.unwrap();
            }
            assert_eq!(accepted, 1, "round {round}");
        }
    });
}

#[test]
fn a_payment_and_its_booking_are_one_transaction_in_tasks() {
    let test = "a_payment_and_its_booking_are_one_transaction_in_tasks";
    let Some(server) = Server::shared(test) else {
        return;
    };
    let schema = fresh_schema();
    let bank = Bank::new(server.store(&schema));
    let store = AsyncPostgresStore::new(server.settings(), NoTls);
    let verifier = AsyncVerifier::new(store.in_schema(&schema).unwrap(), settings());
    let verifier = verifier.with_clock(Arc::clone(&bank.clock));
    let rent = Transaction::payment("TX-1", "Fern Ltd", "99.50", "EUR").unwrap();
    confirms(&bank, &rent);
    let policy = Policy::from_toml(POLICY).unwrap();
    let ctx = bank.call(1).for_transaction(&rent);
    let request = Request::new("payment.send");
    runtime().block_on(async {
        let mut client = connect(server).await;
        for (commit, allowed) in [(false, true), (true, true), (true, false)] {
            let transaction = client.transaction().await.unwrap();
            let inside = AsyncPostgresStore::in_transaction(&transaction);
            let inside = verifier.on(inside.in_schema(&schema).unwrap());
            let authorized = inside.authorize(&policy, &request, &bank.anna, &ctx);
            let authorized = authorized.await.unwrap();
            assert_eq!(matches!(authorized, Authorized::Yes(_)), allowed);
            if commit {
                transaction.commit().await.unwrap();
            } else {
                transaction.rollback().await.unwrap();
            }
        }
    });
}

#[test]
fn errors_of_tasks_name_the_way_out() {
    let Some(server) = Server::shared("errors_of_tasks_name_the_way_out") else {
        return;
    };
    let store = AsyncPostgresStore::new(server.settings(), NoTls);
    let store = Waited(store.in_schema("never_made").unwrap(), runtime());
    let error = store.load(&key(1)).unwrap_err();
    assert_eq!(sqlstate(&error), Some("42P01"));
    let pool = AsyncPostgresStore::pooled(
        || async { Err::<Box<Client>, _>("password=hunter2") },
        |lent| lent,
    );
    let error = Waited(pool, runtime()).load(&key(1)).unwrap_err();
    assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");

    // An error, and not a panic.
    let outside = AsyncPostgresStore::new(server.settings(), NoTls);
    let mut call = core::pin::pin!(outside.migrate());
    let mut task = core::task::Context::from_waker(core::task::Waker::noop());
    let core::task::Poll::Ready(Err(error)) = call.as_mut().poll(&mut task) else {
        panic!("there is nothing to wait for")
    };
    assert!(format!("{error:?}").contains("outside a Tokio runtime"));
}
