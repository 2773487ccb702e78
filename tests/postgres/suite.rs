//! The conformance suite over each way to the database.

use std::sync::{Arc, Mutex, MutexGuard};

use countersign::store::postgres::PostgresStore;
use countersign::store::{Entry, Key, Replaced, Store, Version, conformance};
use countersign::{Error, Timestamp};
use postgres::{Client, NoTls};

use crate::support::postgres::{Server, fresh_schema};

#[test]
fn connections_of_its_own_pass() {
    let Some(server) = Server::shared("connections_of_its_own_pass") else {
        return;
    };
    conformance::run(|| server.store(&fresh_schema()));
}

#[test]
fn one_connection_passes() {
    let Some(server) = Server::shared("one_connection_passes") else {
        return;
    };
    let one = 1.try_into().unwrap();
    conformance::run(|| server.store(&fresh_schema()).with_connections(one));
}

/// The page of capacity has this table: a host makes it before `migrate`.
#[test]
fn a_table_that_is_partitioned_by_the_hash_of_the_key_passes() {
    let Some(server) = Server::shared("a_table_that_is_partitioned_by_the_hash_of_the_key_passes")
    else {
        return;
    };
    let page = include_str!("../../src/manual/capacity.md");
    let statements = page.split("```sql\n").nth(1).unwrap();
    let statements = statements.split("```").next().unwrap();
    conformance::run(|| {
        let schema = fresh_schema();
        let mut client = server.client();
        client
            .batch_execute(&format!(
                "CREATE SCHEMA {schema}; SET search_path = {schema}"
            ))
            .unwrap();
        client.batch_execute(statements).unwrap();
        let store = server.store(&schema);
        let partitions = "SELECT count(*) FROM pg_inherits
            WHERE inhparent = 'countersign_records'::regclass";
        let count: i64 = client.query_one(partitions, &[]).unwrap().get(0);
        assert_eq!(count, 2);
        store
    });
}

/// The database's default may be another one than READ COMMITTED. Forced conflicts are in the suite's races.
#[test]
fn serializable_passes() {
    let Some(server) = Server::shared("serializable_passes") else {
        return;
    };
    for level in ["serializable", "repeatable\\ read"] {
        conformance::run(|| {
            let mut settings = server.settings();
            settings.options(format!("-c default_transaction_isolation={level}"));
            let store = PostgresStore::new(settings, NoTls);
            let store = store.in_schema(&fresh_schema()).unwrap();
            store.migrate().unwrap();
            store
        });
    }
}

/// A pool as simple as can be: a client is lent to one at a time.
struct Lent(MutexGuard<'static, Client>);

impl core::ops::Deref for Lent {
    type Target = Client;
    fn deref(&self) -> &Client {
        &self.0
    }
}

impl core::ops::DerefMut for Lent {
    fn deref_mut(&mut self) -> &mut Client {
        &mut self.0
    }
}

#[test]
fn a_pool_of_the_host_passes() {
    let Some(server) = Server::shared("a_pool_of_the_host_passes") else {
        return;
    };
    let client = |_| &*Box::leak(Box::new(Mutex::new(server.client())));
    let clients: Vec<&'static Mutex<Client>> = (0..4).map(client).collect();
    conformance::run(|| {
        let clients = clients.clone();
        let lend = move || {
            for client in &clients {
                if let Ok(client) = client.try_lock() {
                    return Ok::<_, Error>(Lent(client));
                }
            }
            Ok(Lent(clients[0].lock().unwrap()))
        };
        let store = PostgresStore::pooled(lend);
        let store = store.in_schema(&fresh_schema()).unwrap();
        store.migrate().unwrap();
        store
    });
}

/// Each call in a transaction that the host opens and commits.
struct InTransactions {
    clients: Arc<Mutex<Vec<Client>>>,
    schema: String,
}

impl InTransactions {
    fn with<T>(
        &self,
        call: impl FnOnce(&PostgresStore<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut client = self
            .clients
            .lock()
            .unwrap()
            .pop()
            .expect("a client for each thread");
        let mut transaction = client.transaction().unwrap();
        let store = PostgresStore::in_transaction(&mut transaction).in_schema(&self.schema)?;
        let answer = call(&store);
        transaction
            .execute("SELECT 1", &[])
            .expect("the transaction is whole");
        transaction.commit().unwrap();
        self.clients.lock().unwrap().push(client);
        answer
    }
}

impl Store for InTransactions {
    fn load(&self, key: &Key) -> Result<Option<Entry>, Error> {
        self.with(|store| store.load(key))
    }
    fn replace(
        &self,
        key: &Key,
        expected: Option<&Version>,
        entry: &Entry,
    ) -> Result<Replaced, Error> {
        self.with(|store| store.replace(key, expected, entry))
    }
    fn remove(&self, key: &Key, expected: &Version) -> Result<Replaced, Error> {
        self.with(|store| store.remove(key, expected))
    }
    fn purge(&self, now: Timestamp) -> Result<usize, Error> {
        self.with(|store| store.purge(now))
    }
}

#[test]
fn open_transactions_of_the_host_pass() {
    let Some(server) = Server::shared("open_transactions_of_the_host_pass") else {
        return;
    };
    let clients = Arc::new(Mutex::new((0..8).map(|_| server.client()).collect()));
    conformance::run(|| {
        let schema = fresh_schema();
        server.store(&schema);
        InTransactions {
            clients: Arc::clone(&clients),
            schema,
        }
    });
}

#[test]
fn a_pooler_in_transaction_mode_passes() {
    let test = "a_pooler_in_transaction_mode_passes";
    let Some(server) = Server::shared(test) else {
        return;
    };
    let Some(bouncer) = server.bouncer(test) else {
        return;
    };
    conformance::run(|| {
        let store = PostgresStore::new(bouncer.settings.clone(), NoTls);
        let store = store.in_schema(&fresh_schema()).unwrap();
        store.migrate().unwrap();
        store
    });
}
