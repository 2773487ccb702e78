//! What a million customers take: bytes in each engine, and checks by processor time.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use std::{fs, process, thread};

use countersign::store::postgres::PostgresStore;
use countersign::store::redis::RedisStore;
use countersign::store::sqlite::SqliteStore;
use countersign::store::{Entry, Key, Replaced, Store};
use countersign::{Attempt, Channel, Code, Context, Outcome, Subject, Timestamp, Verifier};
use tokio_postgres::Row;

use crate::arguments::Arguments;
use crate::hot_rows::postgres;
use crate::machine::{describe, processor_time};
use crate::people::{Desk, app, phone, settings, subject};
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
/// The number of the first check that counts: half a million customers after those before.
const FIRST: u64 = 1_000_500_000;

struct Plan {
    seconds: u64,
    /// Their records are made once, for all engines.
    people: Vec<(Key, Entry)>,
    /// The mean length of a record.
    record: f64,
}

impl Plan {
    fn subjects(&self) -> u64 {
        self.people.len() as u64
    }

    /// Returns so much for each customer.
    fn each(&self, sum: u64) -> f64 {
        sum as f64 / self.people.len() as f64
    }
}

pub fn run(arguments: &Arguments<'_>) {
    let subjects = arguments.number("--subjects", 1_000_000);
    println!("{}; {subjects} subjects", describe());
    let desk = Desk::new();
    let length = |entry: Entry| entry.bytes().len() as f64;
    let with_phone = desk.with_phone(&subject("phone", 0), phone(0, 0));
    told("record", "with a telephone, bytes", length(with_phone));
    told(
        "record",
        "with an app, bytes",
        length(desk.with_app(&subject("app", 0))),
    );
    let people = make(subjects);
    let sum: usize = people.iter().map(|(_, entry)| entry.bytes().len()).sum();
    let plan = Plan {
        seconds: arguments.number("--seconds", 10),
        record: sum as f64 / people.len() as f64,
        people,
    };
    told("record", "of a typical customer, bytes", plan.record);
    let only = arguments.text("--store");
    let is_asked = |store: &str| only.is_none_or(|only| only == store);
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

/// Enrols typical customers, by a thread for each core.
fn make(subjects: u64) -> Vec<(Key, Entry)> {
    let threads = thread::available_parallelism().map_or(1, usize::from) as u64;
    let part = subjects.div_ceil(threads);
    thread::scope(|scope| {
        let parts: Vec<_> = (0..threads)
            .map(|thread| {
                scope.spawn(move || {
                    let desk = Desk::new();
                    let numbers = thread * part..subjects.min((thread + 1) * part);
                    numbers
                        .map(|number| {
                            let subject = subject("C", number);
                            (Key::of(&subject), desk.typical(&subject, number))
                        })
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        parts
            .into_iter()
            .flat_map(|part| part.join().unwrap())
            .collect()
    })
}

fn in_redis(server: &RedisServer, plan: &Plan) {
    let store = RedisStore::open(&server.url()).unwrap();
    // The scripts are there, and each thread's connection.
    fill(&store, &warm());
    let info = |name: &str| -> u64 {
        let text: String = server.run("INFO");
        let mut lines = text.lines();
        let found = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        found.unwrap().parse().unwrap()
    };
    let before = info("used_memory");
    let begun = Instant::now();
    fill(&store, &plan.people);
    filled("redis", plan, begun);
    let used = plan.each(info("used_memory") - before);
    told("redis", "used_memory, bytes a subject", used);
    told("redis", "used_memory / record", used / plan.record);
    told(
        "redis",
        "resident, bytes a subject",
        plan.each(info("used_memory_rss")),
    );
    let names: Vec<Vec<u8>> = (0..100).map(|_| server.run("RANDOMKEY")).collect();
    told("redis", "name, bytes", names[0].len() as f64);
    let process = info("process_id") as u32;
    checks("redis", &store, plan, || vec![process]);
}

/// Customers that are written before anything is measured.
fn warm() -> Vec<(Key, Entry)> {
    let desk = Desk::new();
    let warm = |number| {
        let subject = subject("warm", number);
        (Key::of(&subject), desk.with_app(&subject))
    };
    (0..1_000).map(warm).collect()
}

fn in_postgres(server: &Server, plan: &Plan) {
    let store = postgres(&server.url(), THREADS);
    let begun = Instant::now();
    // Each batch is one transaction.
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut client = server.client();
                let batches: Vec<_> = plan.people.chunks(BATCH).collect();
                while let Some(batch) = batches.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let mut transaction = client.transaction().unwrap();
                    let inside = PostgresStore::in_transaction(&mut transaction);
                    batch.iter().for_each(|one| write(&inside, one));
                    drop(inside);
                    transaction.commit().unwrap();
                }
            });
        }
    });
    filled("postgres", plan, begun);
    let mut client = server.client();
    client.batch_execute("VACUUM ANALYZE").unwrap();
    let mut size = |what: &str| {
        let row = client.query_one(&format!("SELECT {what}('public.countersign_records')"), &[]);
        plan.each(row.unwrap().get::<_, i64>(0) as u64)
    };
    let all = size("pg_total_relation_size");
    told(
        "postgres",
        "table, bytes a subject",
        size("pg_relation_size"),
    );
    told(
        "postgres",
        "indexes, bytes a subject",
        size("pg_indexes_size"),
    );
    told("postgres", "all, bytes a subject", all);
    told("postgres", "all / record", all / plan.record);
    let mut log = || -> f64 {
        let written = "SELECT (pg_current_wal_lsn() - '0/0'::pg_lsn)::float8";
        client.query_one(written, &[]).unwrap().get(0)
    };
    let before = log();
    let count = checks("postgres", &store, plan, || {
        let rows = server
            .client()
            .query("SELECT pid FROM pg_stat_activity", &[]);
        let process = |row: &Row| row.get::<_, i32>(0) as u32;
        rows.unwrap().iter().map(process).collect()
    });
    told(
        "postgres",
        "log (WAL), bytes a check",
        (log() - before) / count,
    );
}

fn in_sqlite(plan: &Plan) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("records.db");
    let begun = Instant::now();
    // Without a wait for the disk at each record.
    let unsynced = SqliteStore::open_unsynced(&path).unwrap();
    plan.people.iter().for_each(|one| write(&unsynced, one));
    filled("sqlite", plan, begun);
    drop(unsynced);
    let store = SqliteStore::open(&path).unwrap();
    let all = plan.each(fs::metadata(&path).unwrap().len());
    told("sqlite", "file, bytes a subject", all);
    told("sqlite", "file / record", all / plan.record);
    checks("sqlite", &store, plan, Vec::new);
}

/// Writes the customers, by as many threads as have connections.
fn fill<S: Store + Sync>(store: &S, people: &[(Key, Entry)]) {
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some(one) = people.get(next.fetch_add(1, Ordering::Relaxed)) {
                    write(store, one);
                }
            });
        }
    });
}

fn write<S: Store>(store: &S, (key, entry): &(Key, Entry)) {
    let replaced = store.replace(key, None, entry).unwrap();
    assert_eq!(replaced, Replaced::Stored);
}

fn filled(name: &str, plan: &Plan, begun: Instant) {
    let rate = plan.people.len() as f64 / begun.elapsed().as_secs_f64();
    told(name, "fill, records a second", rate);
}

/// Checks right codes of customers here and there, by as many threads as have connections. Returns how many.
fn checks<S: Store + Sync>(
    name: &str,
    store: &S,
    plan: &Plan,
    servers: impl Fn() -> Vec<u32>,
) -> f64 {
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
                    let anna = subject("C", turn.wrapping_mul(7_368_787) % plan.subjects());
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
    let checks = (next.into_inner() - FIRST) as f64;
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
    told(name, "checks refused", refused.into_inner() as f64);
    checks
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
