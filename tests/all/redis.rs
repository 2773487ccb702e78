//! The store in Redis, on a server of the test's own.

mod cluster;
mod drips;
mod faults;
mod race;
mod tasks;
mod tls;

use core::time::Duration;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use crate::support::redis::RedisServer;
use crate::support::stores::{entry, key, version};
use countersign::store::redis::{RedisOptions, RedisStore};
use countersign::store::{Entry, Replaced, Store, conformance};
use countersign::{Error, Timestamp};

static COUNT: AtomicUsize = AtomicUsize::new(0);

/// A store under a prefix that no other has.
fn fresh(server: &RedisServer) -> RedisStore {
    RedisStore::with_options(&apart(server.options())).unwrap()
}

fn apart(options: RedisOptions) -> RedisOptions {
    let number = COUNT.fetch_add(1, Ordering::SeqCst);
    options.with_prefix(&format!("test-{number}:")).unwrap()
}

fn cause(error: &Error) -> String {
    let source = std::error::Error::source(error).expect("a cause");
    source.to_string()
}

#[test]
fn redis_conforms() {
    let Some(server) = RedisServer::start("redis_conforms") else {
        return;
    };
    conformance::run(|| fresh(&server));
    // With fewer connections than callers.
    let narrow = || apart(server.options()).with_connections(2).unwrap();
    conformance::run(|| RedisStore::with_options(&narrow()).unwrap());
}

/// Another program on the server, or an operator, may empty the scripts at any time.
#[test]
fn scripts_come_back_after_a_flush() {
    let Some(server) = RedisServer::start("scripts_come_back_after_a_flush") else {
        return;
    };
    let store = fresh(&server);
    let flush = || server.run::<()>("SCRIPT FLUSH");
    flush();
    assert_eq!(
        store.replace(&key(1), None, &entry(1)).unwrap(),
        Replaced::Stored
    );
    flush();
    assert_eq!(
        store.replace(&key(1), None, &entry(2)).unwrap(),
        Replaced::Conflict(Some(entry(1)))
    );
    flush();
    assert_eq!(
        store.remove(&key(1), &version(1)).unwrap(),
        Replaced::Stored
    );
    let expired = Entry::new(vec![1], version(1), Some(Timestamp::from_unix(5).unwrap()));
    flush();
    assert_eq!(
        store.replace(&key(2), None, &expired).unwrap(),
        Replaced::Stored
    );
    flush();
    assert_eq!(store.purge(Timestamp::from_unix(5).unwrap()).unwrap(), 1);
}

#[test]
fn a_policy_that_could_drop_records_is_refused() {
    let Some(server) = RedisServer::start("a_policy_that_could_drop_records_is_refused") else {
        return;
    };
    for policy in ["allkeys-lru", "allkeys-lfu", "allkeys-random"] {
        server.run::<()>(&format!("CONFIG SET maxmemory-policy {policy}"));
        let error = RedisStore::open(&server.url()).unwrap_err();
        assert!(
            cause(&error).contains("maxmemory-policy noeviction"),
            "{error:?}"
        );
        // A connection that is opened later is checked, too.
        RedisStore::with_options(&server.options().without_eviction_check()).unwrap();
    }
    for policy in ["noeviction", "volatile-lru", "volatile-ttl"] {
        server.run::<()>(&format!("CONFIG SET maxmemory-policy {policy}"));
        let store = fresh(&server);
        // What is accepted drops nothing, for nothing has a time to live.
        let until = Entry::new(vec![1], version(1), Some(Timestamp::MAX));
        store.replace(&key(1), None, &until).unwrap();
        server.run::<()>("CONFIG SET maxmemory 1");
        assert_eq!(
            store.load(&key(1)).unwrap().as_ref(),
            Some(&until),
            "{policy}"
        );
        let error = store.replace(&key(2), None, &entry(1)).unwrap_err();
        assert!(cause(&error).contains("OOM"), "{error:?}");
        server.run::<()>("CONFIG SET maxmemory 0");
        assert_eq!(server.run::<i64>("DBSIZE"), 2, "the record and its index");
        server.run::<()>("FLUSHALL");
    }
}

/// The rights that the docs list, and no other.
#[test]
fn the_user_of_the_docs_has_the_rights_that_suffice() {
    const RIGHTS: [&str; 14] = [
        "ping",
        "info",
        "cluster|slots",
        "get",
        "getrange",
        "set",
        "del",
        "scan",
        "zadd",
        "zrem",
        "zrangebyscore",
        "eval",
        "evalsha",
        "wait",
    ];
    let Some(server) = RedisServer::start("the_user_of_the_docs_has_the_rights_that_suffice")
    else {
        return;
    };
    let docs = include_str!("../../src/store/redis.rs");
    for right in RIGHTS {
        assert!(
            docs.contains(&format!("+{right}")),
            "{right} is not in the docs"
        );
    }
    let url = format!("redis://countersign:pass-word@127.0.0.1:{}", server.port());
    let options = || apart(RedisOptions::new(&url).unwrap());
    let grant = |without: &str| {
        let rights: Vec<_> = RIGHTS
            .iter()
            .filter(|right| **right != without)
            .map(|right| format!("+{right}"))
            .collect();
        server.run::<()>(&format!(
            "ACL SETUSER countersign reset on >pass-word ~test-* -@all {}",
            rights.join(" ")
        ));
    };
    grant("wait");
    conformance::run(|| RedisStore::with_options(&options()).unwrap());
    // Each of them is needed. `ping` is for connections that lay, and `cluster|slots` for Redis Cluster.
    for missing in RIGHTS
        .iter()
        .filter(|right| !["ping", "cluster|slots", "wait"].contains(right))
    {
        grant(missing);
        let error = uses_everything(&options(), &server).unwrap_err();
        let text = format!("{error:?}");
        // Redis 7 does not name the command that a script may not run.
        let by_script = "executing the script can't run this command";
        assert!(
            ["INFO", missing, by_script]
                .iter()
                .any(|part| text.contains(part)),
            "{missing}: {text}"
        );
        assert!(!text.contains("pass-word"), "{text}");
    }
    grant("info");
    uses_everything(&options().without_eviction_check(), &server).unwrap();
    // No such user, and no such password.
    for url in [
        url.replace("pass-word", "pass"),
        server.url().replace("//", "//x:pass-word@"),
    ] {
        let error = RedisStore::open(&url).unwrap_err();
        assert!(cause(&error).contains("authentication failed"), "{error:?}");
        assert!(!format!("{error:?}").contains("pass-word"), "{error:?}");
    }
}

fn uses_everything(options: &RedisOptions, server: &RedisServer) -> Result<(), Error> {
    let store = RedisStore::with_options(options)?;
    server.run::<()>("SCRIPT FLUSH");
    let now = Timestamp::from_unix(5)?;
    for tag in [1, 2] {
        store.replace(&key(tag), None, &Entry::new(vec![1], version(1), Some(now)))?;
    }
    store.load(&key(1))?;
    store.remove(&key(1), &version(1))?;
    store.remove(&key(1), &version(1))?;
    store.purge(now)?;
    store.purge(now)?;
    store.scan(None, 10)?;
    Ok(())
}

#[test]
fn a_replica_is_refused() {
    let Some(server) = RedisServer::start("a_replica_is_refused") else {
        return;
    };
    let store = fresh(&server);
    store.replace(&key(1), None, &entry(1)).unwrap();
    server.run::<()>("REPLICAOF 127.0.0.1 1");
    let error = RedisStore::open(&server.url()).unwrap_err();
    assert!(cause(&error).contains("name the primary"), "{error:?}");
    // A primary that was demoted under a store: an error, and again one, until it is a primary.
    for _ in 0..2 {
        let error = store
            .replace(&key(1), Some(&version(1)), &entry(2))
            .unwrap_err();
        assert!(error.is_store(), "{error:?}");
    }
    assert!(store.load(&key(1)).is_err(), "a replica is not read");
    server.run::<()>("REPLICAOF NO ONE");
    assert_eq!(store.load(&key(1)).unwrap(), Some(entry(1)));
    assert_eq!(
        store
            .replace(&key(1), Some(&version(1)), &entry(2))
            .unwrap(),
        Replaced::Stored
    );
}

#[test]
fn a_write_waits_for_replicas_that_are_asked_for() {
    let Some(server) = RedisServer::start("a_write_waits_for_replicas_that_are_asked_for") else {
        return;
    };
    let options = apart(server.options()).with_replicas(1);
    let options = options.with_patience(Duration::from_secs(1)).unwrap();
    let store = RedisStore::with_options(&options).unwrap();
    let error = store.replace(&key(1), None, &entry(1)).unwrap_err();
    assert!(cause(&error).contains("fewer replicas"), "{error:?}");
    // It has taken place all the same, and a conflict needs no replica.
    assert_eq!(
        store.replace(&key(1), None, &entry(2)).unwrap(),
        Replaced::Conflict(Some(entry(1)))
    );
    let port = server.port().to_string();
    let replica = ["--save", "", "--replicaof", "127.0.0.1", &port];
    let replica = RedisServer::start_with("", &replica).unwrap();
    let start = Instant::now();
    while !replica
        .run::<String>("INFO replication")
        .contains("master_link_status:up")
    {
        assert!(start.elapsed() < Duration::from_secs(30), "no replication");
        thread::sleep(Duration::from_millis(20));
    }
    let options = options.with_patience(Duration::from_secs(20)).unwrap();
    let store = RedisStore::with_options(&options).unwrap();
    assert_eq!(
        store
            .replace(&key(1), Some(&version(1)), &entry(2))
            .unwrap(),
        Replaced::Stored
    );
    let size: i64 = replica.run("DBSIZE");
    assert_eq!(size, 1);
}

/// A server that is shared with others, or was written to by hand.
#[test]
fn what_is_no_record_is_an_error_and_stays() {
    let Some(server) = RedisServer::start("what_is_no_record_is_an_error_and_stays") else {
        return;
    };
    let options = server.options().with_prefix("own:").unwrap();
    let store = RedisStore::with_options(&options).unwrap();
    // Bytes that a URL-like command takes as they are.
    let (tag, letters) = (b'a', "a".repeat(32));
    let name = format!("own:{{616}}{letters}");
    server.run::<()>(&format!("SET {name} short"));
    assert!(store.load(&key(tag)).unwrap_err().is_corrupt());
    assert!(
        store
            .replace(&key(tag), None, &entry(1))
            .unwrap_err()
            .is_corrupt()
    );
    assert!(
        store
            .remove(&key(tag), &version(1))
            .unwrap_err()
            .is_corrupt()
    );
    // An index that names it does not let it be dropped.
    server.run::<()>(&format!("ZADD own:{{616}}:expires 1 {letters}"));
    assert_eq!(store.purge(Timestamp::MAX).unwrap(), 0);
    assert_eq!(server.run::<String>(&format!("GET {name}")), "short");
    server.run::<()>(&format!("DEL {name}"));
    server.run::<()>(&format!("LPUSH {name} x"));
    for error in [
        store.load(&key(tag)).unwrap_err(),
        store.replace(&key(tag), None, &entry(1)).unwrap_err(),
    ] {
        assert!(cause(&error).contains("WRONGTYPE"), "{error:?}");
    }
}

/// As if another writer put a record off while a purge was under way: the index is wrong until the record corrects it.
#[test]
fn a_purge_corrects_an_index_that_names_another_time() {
    let Some(server) = RedisServer::start("a_purge_corrects_an_index_that_names_another_time")
    else {
        return;
    };
    let options = server.options().with_prefix("own:").unwrap();
    let store = RedisStore::with_options(&options).unwrap();
    let time = |seconds| Timestamp::from_unix(seconds).unwrap();
    let entry = Entry::new(vec![1], version(1), Some(time(100)));
    store.replace(&key(b'a'), None, &entry).unwrap();
    let letters = "a".repeat(32);
    server.run::<()>(&format!("ZADD own:{{616}}:expires 1 {letters}"));
    assert_eq!(store.purge(time(99)).unwrap(), 0);
    assert_eq!(store.load(&key(b'a')).unwrap(), Some(entry));
    assert_eq!(store.purge(time(100)).unwrap(), 1);
}

/// The index is a help, and the record decides.
#[test]
fn a_purge_goes_by_the_record_and_reads_the_indexes_only() {
    let Some(server) = RedisServer::start("a_purge_goes_by_the_record_and_reads_the_indexes_only")
    else {
        return;
    };
    let store = fresh(&server);
    let time = |seconds| Timestamp::from_unix(seconds).unwrap();
    let until = |tag, seconds| Entry::new(vec![tag], version(tag), Some(time(seconds)));
    let mut keys = Vec::new();
    for number in 0..1_000_u16 {
        // All in one shard, and more than one batch.
        let mut bytes = [0; 32];
        bytes[30..].copy_from_slice(&number.to_be_bytes());
        let key = countersign::store::Key::from_bytes(bytes);
        store.replace(&key, None, &until(1, 100)).unwrap();
        keys.push(key);
    }
    // Some were put off, some became permanent, some are gone.
    for (number, key) in keys.iter().enumerate() {
        let old = Some(version(1));
        match number % 4 {
            0 => drop(store.replace(key, old.as_ref(), &until(2, 200)).unwrap()),
            1 => drop(store.replace(key, old.as_ref(), &entry(2)).unwrap()),
            2 => drop(store.remove(key, &version(1)).unwrap()),
            _ => {}
        }
    }
    assert_eq!(store.purge(time(99)).unwrap(), 0);
    assert_eq!(store.purge(time(100)).unwrap(), 250);
    assert_eq!(store.purge(time(200)).unwrap(), 250);
    assert_eq!(store.purge(Timestamp::MAX).unwrap(), 0);
    let left: i64 = server.run("DBSIZE");
    assert_eq!(left, 250, "the index is gone with what it held");
    server.run::<()>("CONFIG RESETSTAT");
    store.purge(Timestamp::MAX).unwrap();
    let stats: String = server.run("INFO commandstats");
    assert!(
        stats.contains("cmdstat_zrangebyscore:calls=4096"),
        "{stats}"
    );
    assert!(!stats.contains("cmdstat_get"), "{stats}");
}
