//! Races that must happen: another transaction holds the row while the store writes.

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use countersign::Error;
use countersign::store::postgres::{PostgresStore, sqlstate};
use countersign::store::{Entry, Replaced, Store};
use postgres::{Client, IsolationLevel, NoTls};

use crate::support::postgres::{Server, fresh_schema};
use crate::support::stores::{entry, key, version};

/// Waits until a statement of another connection waits for a lock of the transaction.
fn until_one_waits(client: &mut Client, schema: &str) {
    let statement = "SELECT count(*) FROM pg_stat_activity
        WHERE wait_event_type = 'Lock' AND position($1 IN query) > 0";
    let start = Instant::now();
    while client
        .query_one(statement, &[&schema])
        .unwrap()
        .get::<_, i64>(0)
        == 0
    {
        assert!(start.elapsed() < Duration::from_secs(30), "nothing waits");
        thread::sleep(Duration::from_millis(2));
    }
}

/// What another transaction does first, and what the store then tries.
struct Case {
    before: Option<Entry>,
    other: fn(&PostgresStore<'_>) -> Result<Replaced, Error>,
    own: fn(&dyn Store) -> Result<Replaced, Error>,
    after: Option<Entry>,
}

fn cases() -> Vec<Case> {
    let won = |store: &PostgresStore<'_>| store.replace(&key(1), Some(&version(1)), &entry(2));
    let gone = |store: &PostgresStore<'_>| store.remove(&key(1), &version(1));
    let made = |store: &PostgresStore<'_>| store.replace(&key(1), None, &entry(2));
    let update = |store: &dyn Store| store.replace(&key(1), Some(&version(1)), &entry(3));
    let insert = |store: &dyn Store| store.replace(&key(1), None, &entry(3));
    let remove = |store: &dyn Store| store.remove(&key(1), &version(1));
    let case = |before, other, own, after| Case {
        before,
        other,
        own,
        after,
    };
    vec![
        case(Some(entry(1)), won, update, Some(entry(2))),
        case(Some(entry(1)), won, remove, Some(entry(2))),
        case(Some(entry(1)), gone, update, None),
        case(Some(entry(1)), gone, remove, None),
        case(None, made, insert, Some(entry(2))),
    ]
}

/// The statement's snapshot is older than the row that won. A conflict names that row all the same.
#[test]
fn a_conflict_answers_with_the_row_that_won() {
    let Some(server) = Server::shared("a_conflict_answers_with_the_row_that_won") else {
        return;
    };
    for level in ["read\\ committed", "repeatable\\ read", "serializable"] {
        for (number, case) in cases().into_iter().enumerate() {
            let schema = fresh_schema();
            server.store(&schema);
            let mut settings = server.settings();
            settings.options(format!("-c default_transaction_isolation={level}"));
            let store = PostgresStore::new(settings, NoTls)
                .in_schema(&schema)
                .unwrap();
            if let Some(before) = &case.before {
                store.replace(&key(1), None, before).unwrap();
            }
            let mut client = server.client();
            let mut other = client.transaction().unwrap();
            let inside = PostgresStore::in_transaction(&mut other)
                .in_schema(&schema)
                .unwrap();
            assert_eq!((case.other)(&inside).unwrap(), Replaced::Stored);
            let answer = thread::scope(|scope| {
                let own = scope.spawn(|| (case.own)(&store));
                until_one_waits(&mut server.client(), &schema);
                other.commit().unwrap();
                own.join().unwrap()
            });
            let present = case.after.clone();
            assert_eq!(
                answer.unwrap(),
                Replaced::Conflict(present),
                "{level}, case {number}"
            );
            assert_eq!(
                store.load(&key(1)).unwrap(),
                case.after,
                "{level}, case {number}"
            );
        }
    }
}

/// The other transaction is rolled back: then the write that waited is the one that wins.
#[test]
fn a_write_that_waited_for_a_roll_back_is_stored() {
    let Some(server) = Server::shared("a_write_that_waited_for_a_roll_back_is_stored") else {
        return;
    };
    for case in cases() {
        let schema = fresh_schema();
        let store = server.store(&schema);
        if let Some(before) = &case.before {
            store.replace(&key(1), None, before).unwrap();
        }
        let mut client = server.client();
        let mut other = client.transaction().unwrap();
        let inside = PostgresStore::in_transaction(&mut other)
            .in_schema(&schema)
            .unwrap();
        assert_eq!((case.other)(&inside).unwrap(), Replaced::Stored);
        let answer = thread::scope(|scope| {
            let own = scope.spawn(|| (case.own)(&store));
            until_one_waits(&mut server.client(), &schema);
            other.rollback().unwrap();
            own.join().unwrap()
        });
        assert_eq!(answer.unwrap(), Replaced::Stored);
    }
}

/// A lost race inside the host's transaction leaves it whole. Where the level forbids that, the host is told to repeat.
#[test]
fn the_hosts_transaction_survives_a_conflict() {
    let Some(server) = Server::shared("the_hosts_transaction_survives_a_conflict") else {
        return;
    };
    for case in cases() {
        for level in [IsolationLevel::ReadCommitted, IsolationLevel::Serializable] {
            let schema = fresh_schema();
            let store = server.store(&schema);
            if let Some(before) = &case.before {
                store.replace(&key(1), None, before).unwrap();
            }
            let mut client = server.client();
            let started = client.build_transaction().isolation_level(level).start();
            let mut transaction = started.unwrap();
            let inside = PostgresStore::in_transaction(&mut transaction);
            let inside = inside.in_schema(&schema).unwrap();
            assert_eq!(inside.load(&key(1)).unwrap(), case.before);
            (case.other)(&store).unwrap();
            let answer = (case.own)(&inside);
            if matches!(level, IsolationLevel::ReadCommitted) {
                assert_eq!(answer.unwrap(), Replaced::Conflict(case.after.clone()));
                transaction.execute("SELECT 1", &[]).expect("it is whole");
                transaction.commit().unwrap();
            } else {
                let error = answer.unwrap_err();
                assert_eq!(sqlstate(&error), Some("40001"));
                let cause = std::error::Error::source(&error).unwrap().to_string();
                assert!(cause.contains("repeat it whole"), "{cause}");
            }
        }
    }
}

/// Two rows, taken in both orders: the database gives up one of the two writes.
#[test]
fn a_deadlock_is_a_conflict() {
    let Some(server) = Server::shared("a_deadlock_is_a_conflict") else {
        return;
    };
    let schema = fresh_schema();
    let store = server.store(&schema);
    for tag in [1, 2] {
        store.replace(&key(tag), None, &entry(tag)).unwrap();
    }
    // A trigger makes one write of the store take two rows, as a host's own trigger may.
    server
        .client()
        .batch_execute(&format!(
            "CREATE FUNCTION {schema}.second() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                PERFORM 1 FROM {schema}.countersign_records WHERE key = '\\x{}' FOR UPDATE;
                RETURN NEW; END $$;
            CREATE TRIGGER second AFTER UPDATE ON {schema}.countersign_records
                FOR EACH ROW EXECUTE FUNCTION {schema}.second()",
            "02".repeat(32)
        ))
        .unwrap();
    let mut client = server.client();
    client
        .batch_execute("SET deadlock_timeout = '1min'")
        .unwrap();
    let mut other = client.transaction().unwrap();
    let lock = format!("SELECT 1 FROM {schema}.countersign_records WHERE key = $1 FOR UPDATE");
    other
        .execute(&lock, &[&key(2).as_bytes().as_slice()])
        .unwrap();
    let (sender, waiter) = mpsc::channel();
    thread::scope(|scope| {
        scope.spawn(|| {
            sender
                .send(store.replace(&key(1), Some(&version(1)), &entry(3)))
                .unwrap();
        });
        until_one_waits(&mut server.client(), &schema);
        // The store's write waits for us; now we wait for it.
        other
            .execute(&lock, &[&key(1).as_bytes().as_slice()])
            .unwrap();
        other.commit().unwrap();
    });
    assert_eq!(
        waiter.recv().unwrap().unwrap(),
        Replaced::Conflict(Some(entry(1)))
    );
}
