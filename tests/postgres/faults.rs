//! A server that stops, hangs, starts again, or says no.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use countersign::store::postgres::{PostgresStore, sqlstate};
use countersign::store::{Entry, Replaced, Store, Version};
use postgres::NoTls;

use crate::support::postgres::{Server, fresh_schema};
use crate::support::stores::{entry, key, version};

/// Whatever an error prints.
fn all_of(error: &countersign::Error) -> String {
    format!("{error} {error:?} {:?}", std::error::Error::source(error))
}

#[test]
fn an_error_shows_neither_a_password_nor_a_value() {
    let Some(server) = Server::shared("an_error_shows_neither_a_password_nor_a_value") else {
        return;
    };
    let schema = fresh_schema();
    server.store(&schema);
    let mut settings = server.settings();
    settings.password("hunter2").dbname("nowhere");
    let store = PostgresStore::new(settings.clone(), NoTls);
    let error = store.load(&key(1)).unwrap_err();
    assert_eq!(sqlstate(&error), Some("3D000"));
    assert!(!format!("{store:?} {}", all_of(&error)).contains("hunter2"));

    let mut nobody = settings.clone();
    nobody.host_path("/no/such/folder");
    let error = PostgresStore::new(nobody, NoTls).load(&key(1)).unwrap_err();
    assert!(
        all_of(&error).contains("error connecting to server"),
        "{error:?}"
    );

    // The server quotes the row that broke a rule of the host. The error does not.
    let rule = format!("ALTER TABLE {schema}.countersign_records ADD CHECK (bytes <> '\\x050505')");
    server.client().batch_execute(&rule).unwrap();
    let store = server.store(&schema);
    let error = store.replace(&key(5), None, &entry(5)).unwrap_err();
    assert_eq!(sqlstate(&error), Some("23514"));
    assert!(!all_of(&error).contains("0505"), "{error:?}");

    let missing = PostgresStore::new(server.settings(), NoTls);
    let missing = missing.in_schema("never_made").unwrap();
    let error = missing.load(&key(1)).unwrap_err();
    assert!(all_of(&error).contains("call migrate()"), "{error:?}");

    let pool = PostgresStore::pooled(|| Err::<Box<postgres::Client>, _>("password=hunter2"));
    let error = pool.load(&key(1)).unwrap_err();
    assert!(!all_of(&error).contains("hunter2"), "{error:?}");
}

#[test]
fn a_row_that_another_holds_is_an_error_in_time() {
    let Some(server) = Server::shared("a_row_that_another_holds_is_an_error_in_time") else {
        return;
    };
    let schema = fresh_schema();
    let patience = Duration::from_millis(300);
    let store = server.store(&schema).with_patience(patience);
    store.replace(&key(1), None, &entry(1)).unwrap();
    let mut client = server.client();
    let mut other = client.transaction().unwrap();
    let inside = PostgresStore::in_transaction(&mut other)
        .in_schema(&schema)
        .unwrap();
    inside
        .replace(&key(1), Some(&version(1)), &entry(2))
        .unwrap();
    let start = Instant::now();
    let write = store.replace(&key(1), Some(&version(1)), &entry(3));
    let taken = start.elapsed();
    assert!(write.unwrap_err().is_store());
    assert!(taken >= patience && taken < patience * 10, "{taken:?}");
    other.rollback().unwrap();
    // The write was sent, so it may have taken place since: that is why it was an error.
    let present = store.load(&key(1)).unwrap().unwrap();
    assert!([entry(1), entry(3)].contains(&present));

    // All connections are at work.
    let one = server
        .store(&schema)
        .with_connections(1.try_into().unwrap());
    let one = one.with_patience(patience);
    let mut client = server.client();
    let mut other = client.transaction().unwrap();
    let lock = format!("LOCK TABLE {schema}.countersign_records");
    other.batch_execute(&lock).unwrap();
    let start = Instant::now();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| one.load(&key(1)).unwrap_err());
        }
    });
    let taken = start.elapsed();
    assert!(taken < patience * 3, "one after another: {taken:?}");
    drop(other);
    one.load(&key(1)).unwrap();
}

/// A server that hangs answers nobody, and its kernel still acknowledges what is sent.
#[test]
fn a_server_that_hangs_is_an_error_in_time() {
    let Some(server) = Server::start("a_server_that_hangs_is_an_error_in_time") else {
        return;
    };
    let patience = Duration::from_millis(300);
    let store = server.store("bank").with_patience(patience);
    store.replace(&key(1), None, &entry(1)).unwrap();
    // The limit of that call falls into the next one, which has a limit of its own.
    thread::sleep(patience * 2 / 3);
    server.signal("STOP");
    let start = Instant::now();
    // The first over the connection that is open, the second over a new one.
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
}

/// Idle connections have died since. No caller notices, not even the first, and not even with a write.
#[test]
fn a_server_that_started_anew_is_served_at_once() {
    let Some(server) = Server::start("a_server_that_started_anew_is_served_at_once") else {
        return;
    };
    let store = server.store("bank");
    store.replace(&key(1), None, &entry(1)).unwrap();
    server.kill();
    assert!(store.load(&key(1)).unwrap_err().is_store());
    server.resume();
    assert_eq!(store.load(&key(1)).unwrap(), Some(entry(1)));
    server.kill();
    server.resume();
    let stored = store
        .replace(&key(1), Some(&version(1)), &entry(2))
        .unwrap();
    assert_eq!(stored, Replaced::Stored);
}

/// Counts to one, a million times: each writer adds one to the number it loaded. After each kill the number is at least that of the
/// writes that were answered, and at most that of the writes that were sent.
#[test]
fn killed_under_load_no_answered_write_is_lost_and_none_is_doubled() {
    const WRITERS: u8 = 8;
    let Some(server) = Server::start("killed_under_load") else {
        return;
    };
    let store = server.store("bank").with_patience(Duration::from_secs(2));
    let numbered = |number: u32, writer: u8| {
        let mut tag = [writer; 24];
        tag[..4].copy_from_slice(&number.to_be_bytes());
        Entry::new(
            number.to_be_bytes().to_vec(),
            Version::from_bytes(tag),
            None,
        )
    };
    let number = |entry: &Entry| u32::from_be_bytes(entry.bytes().try_into().unwrap());
    store.replace(&key(1), None, &numbered(0, 0)).unwrap();
    let (stop, stored, doubtful) = (AtomicBool::new(false), AtomicU32::new(0), AtomicU32::new(0));
    thread::scope(|scope| {
        for writer in 1..=WRITERS {
            let (store, stop, stored, doubtful) = (&store, &stop, &stored, &doubtful);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let Ok(loaded) = store.load(&key(1)) else {
                        thread::sleep(Duration::from_millis(5));
                        continue;
                    };
                    let loaded = loaded.expect("it is never gone");
                    let next = numbered(number(&loaded) + 1, writer);
                    match store.replace(&key(1), Some(&loaded.version()), &next) {
                        Ok(Replaced::Stored) => stored.fetch_add(1, Ordering::Relaxed),
                        Ok(Replaced::Conflict(_)) => 0,
                        Err(_) => doubtful.fetch_add(1, Ordering::Relaxed),
                    };
                }
            });
        }
        for _ in 0..3 {
            let before = stored.load(Ordering::Relaxed);
            let start = Instant::now();
            while stored.load(Ordering::Relaxed) < before + 100 {
                assert!(start.elapsed() < Duration::from_secs(60), "no service");
                thread::sleep(Duration::from_millis(5));
            }
            server.kill();
            server.resume();
        }
        stop.store(true, Ordering::Relaxed);
    });
    let counted = number(&store.load(&key(1)).unwrap().unwrap());
    let (stored, doubtful) = (stored.into_inner(), doubtful.into_inner());
    assert!(
        (stored..=stored + doubtful).contains(&counted),
        "{stored} answered, {doubtful} in doubt, {counted} counted"
    );
}

#[test]
fn a_row_that_none_wrote_is_corrupt_and_stays() {
    let Some(server) = Server::shared("a_row_that_none_wrote_is_corrupt_and_stays") else {
        return;
    };
    let schema = fresh_schema();
    let store = server.store(&schema);
    let mut client = server.client();
    let insert = format!("INSERT INTO {schema}.countersign_records VALUES ($1, $2, $3, $4)");
    let (version, bytes) = ([1_u8; 24], [0_u8; 3]);
    let times = [i64::MIN, -1, 253_402_300_800, i64::MAX].map(|time| (24, Some(time)));
    for (tag, (size, time)) in (1..).zip(times.into_iter().chain([(23, None), (0, None)])) {
        let key = key(tag);
        let row: [&(dyn postgres::types::ToSql + Sync); 4] = [
            &key.as_bytes().as_slice(),
            &&version[..size],
            &bytes.as_slice(),
            &time,
        ];
        client.execute(&insert, &row).unwrap();
        let error = store.load(&key).unwrap_err();
        assert!(error.is_corrupt(), "{size} {time:?}: {error}");
        assert_eq!(store.purge(countersign::Timestamp::MAX).unwrap(), 0);
    }
}
