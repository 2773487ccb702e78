//! Tables: made by many at once, in schemas of any name, and never over what another program made.

use std::sync::Barrier;
use std::thread;

use countersign::store::postgres::{PostgresStore, sqlstate};
use countersign::store::{Replaced, Store};
use postgres::NoTls;

use crate::support::postgres::{Server, fresh_schema};
use crate::support::stores::{entry, key, version};

#[test]
fn ten_migrate_at_once() {
    const CALLERS: usize = 10;
    let Some(server) = Server::shared("ten_migrate_at_once") else {
        return;
    };
    for _ in 0..10 {
        let schema = fresh_schema();
        let start = Barrier::new(CALLERS);
        thread::scope(|scope| {
            for _ in 0..CALLERS {
                scope.spawn(|| {
                    // Connections of their own, as processes have.
                    let store = PostgresStore::new(server.settings(), NoTls);
                    let store = store.in_schema(&schema).unwrap();
                    assert_eq!(
                        store.load(&key(1)).unwrap_err().to_string().lines().count(),
                        1
                    );
                    start.wait();
                    store.migrate().unwrap();
                    store.load(&key(1)).unwrap();
                });
            }
        });
    }
}

#[test]
fn a_schema_has_any_name() {
    let Some(server) = Server::shared("a_schema_has_any_name") else {
        return;
    };
    let longest = "x".repeat(63);
    for schema in [
        "Zahlungen 2.0",
        "a\"; DROP TABLE b; --",
        "$1 {}%s\\'",
        "schéma",
        "select",
        "BANK",
        "bank",
        &longest,
    ] {
        let store = server.store(schema);
        store.migrate().unwrap();
        assert_eq!(
            store.replace(&key(1), None, &entry(1)).unwrap(),
            Replaced::Stored
        );
        let conflict = store.replace(&key(1), None, &entry(2)).unwrap();
        assert_eq!(conflict, Replaced::Conflict(Some(entry(1))), "{schema}");
        assert_eq!(
            store.remove(&key(1), &version(1)).unwrap(),
            Replaced::Stored
        );
        let statement = "SELECT count(*) FROM pg_namespace WHERE nspname = $1";
        let count: i64 = server
            .client()
            .query_one(statement, &[&schema])
            .unwrap()
            .get(0);
        assert_eq!(count, 1, "{schema}");
    }
}

#[test]
fn tables_of_another_make_are_refused_and_stay() {
    let Some(server) = Server::shared("tables_of_another_make_are_refused_and_stay") else {
        return;
    };
    for made in [
        "CREATE TABLE {}.countersign_records (key text)",
        "CREATE TABLE {}.countersign_records (key bytea, version bytea, bytes bytea, expires_at int8, more int8)",
        "CREATE VIEW {}.countersign_layout AS SELECT 1 AS one",
        "CREATE TABLE {0}.countersign_layout (layout int4 PRIMARY KEY); INSERT INTO {0}.countersign_layout VALUES (2)",
    ] {
        let schema = fresh_schema();
        let mut client = server.client();
        client
            .batch_execute(&format!("CREATE SCHEMA {schema}"))
            .unwrap();
        client
            .batch_execute(&made.replace("{0}", &schema).replace("{}", &schema))
            .unwrap();
        let statement = "SELECT count(*) FROM pg_class WHERE relnamespace = $1::text::regnamespace";
        let mut count = || -> i64 { client.query_one(statement, &[&schema]).unwrap().get(0) };
        let before = count();
        let store = PostgresStore::new(server.settings(), NoTls);
        let error = store.in_schema(&schema).unwrap().migrate().unwrap_err();
        assert!(error.is_corrupt(), "{made}: {error}");
        assert_eq!(count(), before, "{made}");
    }
}

/// A migration that was killed at any statement goes on.
#[test]
fn a_migration_goes_on_where_it_stopped() {
    let Some(server) = Server::shared("a_migration_goes_on_where_it_stopped") else {
        return;
    };
    for undo in [
        "DELETE FROM {}.countersign_layout",
        "DROP INDEX {}.countersign_records_expires_at; DELETE FROM {}.countersign_layout",
        "DROP TABLE {}.countersign_records; DELETE FROM {}.countersign_layout",
        "DROP TABLE {}.countersign_records",
        "DROP TABLE {}.countersign_layout",
        "DROP TABLE {}.countersign_records; DROP TABLE {}.countersign_layout",
    ] {
        let schema = fresh_schema();
        let store = server.store(&schema);
        server
            .client()
            .batch_execute(&undo.replace("{}", &schema))
            .unwrap();
        store.migrate().unwrap();
        let statement = "SELECT count(*) FROM pg_class WHERE relnamespace = $1::text::regnamespace";
        let count: i64 = server
            .client()
            .query_one(statement, &[&schema])
            .unwrap()
            .get(0);
        // Two tables, their two keys, one index; toast is in a schema of its own.
        assert_eq!(count, 5, "{undo}");
        store.load(&key(1)).unwrap();
    }
}

/// The role at work needs no more than the rows.
#[test]
fn a_role_that_may_not_create_migrates_where_nothing_is_missing() {
    let Some(server) = Server::shared("a_role_that_may_not_create") else {
        return;
    };
    let schema = fresh_schema();
    let mut owner = server.client();
    owner
        .batch_execute(&format!("CREATE ROLE {schema} LOGIN"))
        .unwrap();
    let mut settings = server.settings();
    settings.user(&schema);
    let clerk = PostgresStore::new(settings, NoTls)
        .in_schema(&schema)
        .unwrap();
    let refused = clerk.migrate().unwrap_err();
    assert_eq!(sqlstate(&refused), Some("42501"));

    server.store(&schema);
    let refused = clerk.load(&key(1)).unwrap_err();
    assert_eq!(sqlstate(&refused), Some("42501"));
    owner
        .batch_execute(&format!(
            "GRANT USAGE ON SCHEMA {schema} TO {schema};
            GRANT SELECT ON {schema}.countersign_layout TO {schema};
            GRANT SELECT, INSERT, UPDATE, DELETE ON {schema}.countersign_records TO {schema}"
        ))
        .unwrap();
    clerk.migrate().unwrap();
    assert_eq!(
        clerk.replace(&key(1), None, &entry(1)).unwrap(),
        Replaced::Stored
    );
    assert_eq!(clerk.purge(countersign::Timestamp::MAX).unwrap(), 0);
    assert_eq!(
        clerk.remove(&key(1), &version(1)).unwrap(),
        Replaced::Stored
    );
}
