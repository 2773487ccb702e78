//! What a million customers take: bytes in each engine, and checks by processor time.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use std::{fs, process, thread};

use countersign::store::postgres::PostgresStore;
use countersign::store::redis::RedisStore;
use countersign::store::sqlite::SqliteStore;
use countersign::store::{Entry, Key, Replaced, Store};
use countersign::{Attempt, Channel, Code, Context, Outcome, Subject, Timestamp, Verifier};

use crate::arguments::Arguments;
use crate::hot_rows::postgres;
use crate::machine::{describe, processor_time};
use crate::people::{Desk, app, settings, subject};
use crate::support::postgres::Server;
use crate::support::redis::RedisServer;

/// No rewrite of the log: its copy of the memory would be counted.
const REDIS: &[&str] = &[
    "--save",
    "",
    "--appendonly",
    "yes",
    "--appendfsync",
    "always",
    "--auto-aof-rewrite-percentage",
    "0",
];
const POSTGRES: &[&str] = &[
    "fsync=on",
    "synchronous_commit=on",
    "shared_buffers=512MB",
    "max_wal_size=4GB",
];

/// Records that one transaction writes.
const BATCH: usize = 1_000;
const THREADS: usize = 8;
/// The number of the first check that counts.
const FIRST: u64 = 1_000_000_000;

struct Plan {
    subjects: u64,
    seconds: u64,
}

pub fn run(arguments: &Arguments<'_>) {
    let plan = Plan {
        subjects: arguments.number("--subjects", 1_000_000),
        seconds: arguments.number("--seconds", 10),
    };
    let only = arguments.text("--store");
    let is_asked = |store: &str| only.is_none_or(|only| only == store);
    println!("{}; {} subjects", describe(), plan.subjects);
    if is_asked("redis")
        && let Some(server) = RedisServer::start_with("capacity", REDIS)
    {
        in_redis(&server, &plan);
    }
    if is_asked("postgres")
        && let Some(server) = Server::start_with("capacity", POSTGRES)
    {
        in_postgres(&server, &plan);
    }
    if is_asked("sqlite") {
        in_sqlite(&plan);
    }
}

fn in_redis(server: &RedisServer, plan: &Plan) {
    let store = RedisStore::open(&server.url()).unwrap();
    // The scripts are there, and each thread's connection.
    let _ = fill(
        "redis",
        &store,
        &Plan {
            subjects: 100,
            ..*plan
        },
        "warm",
    );
    let info = |name: &str| -> u64 {
        let text: String = server.run("INFO");
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.unwrap().parse().unwrap()
    };
    let before = info("used_memory");
    let record = fill("redis", &store, plan, "C");
    let used = (info("used_memory") - before) as f64 / plan.subjects as f64;
    told("redis", "record, bytes", record);
    told("redis", "used_memory, bytes a subject", used);
    told("redis", "used_memory / record", used / record);
    let resident = info("used_memory_rss") as f64 / plan.subjects as f64;
    told("redis", "resident memory, bytes a subject", resident);
    let names: u64 = server.run("DBSIZE");
    let name: Vec<u8> = server.run("RANDOMKEY");
    told("redis", "bytes of a name", name.len() as f64);
    assert!(names >= plan.subjects);
    let server_process = info("process_id") as u32;
    checks("redis", &store, plan, || vec![server_process]);
}

fn in_postgres(server: &Server, plan: &Plan) {
    let store = postgres(&server.url(), THREADS);
    let record = Mutex::new(0.0);
    // Each batch is one transaction.
    let batches = (0..plan.subjects).step_by(BATCH);
    let next = Mutex::new(batches);
    let begun = Instant::now();
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let (desk, mut client) = (Desk::new(), server.client());
                while let Some(first) = next.lock().unwrap().next() {
                    let last = plan.subjects.min(first + BATCH as u64);
                    let mut transaction = client.transaction().unwrap();
                    let inside = PostgresStore::in_transaction(&mut transaction);
                    for number in first..last {
                        *record.lock().unwrap() += enrol(&inside, &desk, "C", number) as f64;
                    }
                    drop(inside);
                    transaction.commit().unwrap();
                }
            });
        }
    });
    let record = record.into_inner().unwrap() / plan.subjects as f64;
    told(
        "postgres",
        "fill, records a second",
        plan.subjects as f64 / begun.elapsed().as_secs_f64(),
    );
    told("postgres", "record, bytes", record);
    let mut client = server.client();
    client.batch_execute("VACUUM ANALYZE").unwrap();
    let mut size = |what: &str| {
        let row = client.query_one(&format!("SELECT {what}('public.countersign_records')"), &[]);
        row.unwrap().get::<_, i64>(0) as f64 / plan.subjects as f64
    };
    let total = size("pg_total_relation_size");
    told(
        "postgres",
        "table, bytes a subject",
        size("pg_relation_size"),
    );
    told(
        "postgres",
        "index, bytes a subject",
        size("pg_indexes_size"),
    );
    told("postgres", "all, bytes a subject", total);
    told("postgres", "all / record", total / record);
    let mut client = server.client();
    let mut wal = || -> f64 {
        let written = "SELECT (pg_current_wal_lsn() - '0/0'::pg_lsn)::float8";
        client.query_one(written, &[]).unwrap().get(0)
    };
    let before = wal();
    let count = checks("postgres", &store, plan, || {
        let rows = server
            .client()
            .query("SELECT pid FROM pg_stat_activity", &[]);
        rows.unwrap()
            .iter()
            .map(|row| row.get::<_, i32>(0) as u32)
            .collect()
    });
    told(
        "postgres",
        "log (WAL), bytes a check",
        (wal() - before) / count as f64,
    );
}

fn in_sqlite(plan: &Plan) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("records.db");
    // Filled without a wait for the disk at each record.
    let record = {
        let store = SqliteStore::open_unsynced(&path).unwrap();
        fill("sqlite", &store, plan, "C")
    };
    let store = SqliteStore::open(&path).unwrap();
    told("sqlite", "record, bytes", record);
    let all = fs::metadata(&path).unwrap().len() as f64 / plan.subjects as f64;
    told("sqlite", "file, bytes a subject", all);
    told("sqlite", "file / record", all / record);
    checks("sqlite", &store, plan, Vec::new);
}

/// Writes the customers, and returns the mean length of a record.
fn fill<S: Store + Sync>(name: &str, store: &S, plan: &Plan, side: &str) -> f64 {
    let (next, bytes, begun) = (AtomicU64::new(0), AtomicU64::new(0), Instant::now());
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let desk = Desk::new();
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= plan.subjects {
                        return;
                    }
                    let length = enrol(store, &desk, side, number);
                    bytes.fetch_add(length as u64, Ordering::Relaxed);
                }
            });
        }
    });
    let rate = plan.subjects as f64 / begun.elapsed().as_secs_f64();
    if side == "C" {
        told(name, "fill, records a second", rate);
    }
    bytes.into_inner() as f64 / plan.subjects as f64
}

fn enrol<S: Store>(store: &S, desk: &Desk, side: &str, number: u64) -> usize {
    let subject = subject(side, number);
    let entry: Entry = desk.typical(&subject, number);
    let replaced = store.replace(&Key::of(&subject), None, &entry).unwrap();
    assert_eq!(replaced, Replaced::Stored);
    entry.bytes().len()
}

/// Checks right codes of customers here and there, by as many threads as have connections. Returns how many.
fn checks<S: Store + Sync>(
    name: &str,
    store: &S,
    plan: &Plan,
    servers: impl Fn() -> Vec<u32>,
) -> u64 {
    let verifier = Verifier::new(store, settings());
    let (next, refused) = (AtomicU64::new(0), AtomicU64::new(0));
    let is_over = AtomicBool::new(false);
    // Nothing of the fill is still written.
    thread::sleep(Duration::from_secs(2));
    let (ours, theirs) = thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    let turn = next.fetch_add(1, Ordering::Relaxed);
                    // A number without a factor in common with a power of ten leads everywhere, and to each customer once.
                    let anna = subject("C", turn.wrapping_mul(7_368_787) % plan.subjects);
                    if !is_accepted(&verifier, &anna) {
                        refused.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
        // All connections are open.
        thread::sleep(Duration::from_secs(1));
        next.store(FIRST, Ordering::Relaxed);
        let (own, servers) = (process::id(), servers());
        let before = (processor_time([own]), processor_time(servers.clone()));
        thread::sleep(Duration::from_secs(plan.seconds));
        let after = (processor_time([own]), processor_time(servers));
        is_over.store(true, Ordering::Relaxed);
        (after.0 - before.0, after.1 - before.1)
    });
    let (count, refused) = (next.into_inner() - FIRST, refused.into_inner());
    let checks = count as f64;
    told(
        name,
        "checks a second, on the whole machine",
        checks / plan.seconds as f64,
    );
    told(
        name,
        "checks a second, by a core of the host",
        checks / ours.as_secs_f64(),
    );
    if !theirs.is_zero() {
        told(
            name,
            "checks a second, by a core of the server",
            checks / theirs.as_secs_f64(),
        );
    }
    told(name, "checks refused", refused as f64);
    count
}

fn is_accepted<S: Store>(verifier: &Verifier<S>, anna: &Subject) -> bool {
    let visit = Context::begin(Channel::Web).unwrap();
    let code = Code::typed(app().code_at(Timestamp::now().unwrap()).expose_text());
    let outcome = verifier.check(anna, &Attempt::Totp(code), &visit).unwrap();
    matches!(outcome, Outcome::Accepted(_))
}

fn told(store: &str, what: &str, number: f64) {
    println!("{store}\t{what}\t{number:.2}");
}
