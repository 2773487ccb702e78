//! Many calls at one row, from several processes: how long they take beside calls that meet nobody.
//!
//! Calls begin by a time-table, by chance as those of customers do, whether earlier ones have ended or not. Their time counts
//! from there, so a queue shows.

use std::io::{BufRead as _, BufReader, Write as _};
use std::num::NonZeroUsize;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime};

use countersign::store::postgres::PostgresStore;
use countersign::store::redis::RedisStore;
use countersign::store::{Key, Replaced, Store};
use tokio_postgres::NoTls;

use crate::arguments::Arguments;
use crate::machine;
use crate::people::{Desk, phone, subject};
use crate::support::postgres::Server;
use crate::support::redis::RedisServer;
use crate::worker::{Mode, Work};

/// As the docs of the stores recommend: nothing that was answered is lost at a power cut.
const REDIS: &[&str] = &[
    "--save",
    "",
    "--appendonly",
    "yes",
    "--appendfsync",
    "always",
];
const POSTGRES: &[&str] = &["fsync=on", "synchronous_commit=on", "shared_buffers=128MB"];

/// What all processes of a run share.
struct Plan<'a> {
    processes: u64,
    seconds: u64,
    rounds: u64,
    /// How much longer each call of the store takes, in microseconds: as if the server were that far away.
    distance: u64,
    url: &'a str,
}

pub fn run(arguments: &Arguments<'_>) {
    let plan = Plan {
        processes: arguments.number("--processes", 4),
        seconds: arguments.number("--seconds", 10),
        rounds: arguments.number("--rounds", 3),
        distance: arguments.number("--distance", 0),
        url: "",
    };
    let only = arguments.text("--store");
    let is_asked = |store: &str| only.is_none_or(|only| only == store);
    println!(
        "{}; {} processes, {} times {} s a line, {} us to the server",
        machine::describe(),
        plan.processes,
        plan.rounds,
        plan.seconds,
        plan.distance
    );
    println!(
        "store\twork\tmode\ta second\tcalls\tp50 us\tp99 us\tmost us\twritten\tconflicts\terrors\tp99 / idle"
    );
    if is_asked("redis")
        && let Some(server) = RedisServer::start_with("hot rows", REDIS)
    {
        let url = &server.url();
        all(
            &RedisStore::open(url).unwrap(),
            "redis",
            &Plan { url, ..plan },
        );
    }
    if is_asked("postgres")
        && let Some(server) = Server::start_with("hot rows", POSTGRES)
    {
        let url = &server.url();
        all(&postgres(url, 8), "postgres", &Plan { url, ..plan });
    }
}

/// Opens the store of an address, with so many connections.
pub fn postgres(url: &str, connections: usize) -> PostgresStore<'static> {
    let connections = NonZeroUsize::new(connections).unwrap();
    let store = PostgresStore::new(url.parse().unwrap(), NoTls).with_connections(connections);
    store.migrate().unwrap();
    store
}

fn all<S: Store>(store: &S, name: &str, plan: &Plan<'_>) {
    let desk = Desk::new();
    for work in Work::ALL {
        let mut best: [Option<Line>; 3] = Default::default();
        for round in 0..plan.rounds {
            // In turn, so that other work on the machine meets all of them.
            for (mode, best) in Mode::ALL.into_iter().zip(&mut best) {
                let side = work.side(mode, round);
                enrol(store, &desk, work, mode, plan, &side, round);
                let line = measure(work, mode, plan, &side);
                match best {
                    Some(best) => best.and(&line),
                    None => *best = Some(line),
                }
            }
        }
        let idle = best[0].as_ref().unwrap().p99;
        for (mode, line) in Mode::ALL.into_iter().zip(best.iter().flatten()) {
            println!(
                "{name}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{:.1}",
                work.name(),
                mode.name(),
                mode.rate(work),
                line.calls,
                line.p50,
                line.p99,
                line.most,
                line.stored,
                line.conflicts,
                line.errors,
                line.p99 as f64 / idle as f64,
            );
        }
    }
}

/// Writes the customers of a line.
fn enrol<S: Store>(
    store: &S,
    desk: &Desk,
    work: Work,
    mode: Mode,
    plan: &Plan<'_>,
    side: &str,
    round: u64,
) {
    // No two lines share a telephone or a hot block.
    let line = 10 * round + work as u64;
    for number in 0..mode.subjects(work, plan.seconds) {
        let subject = subject(side, number);
        let entry = match mode {
            _ if !work.is_order() => desk.with_app(&subject),
            // They differ in the last four digits.
            Mode::Hot => desk.with_phone(&subject, phone(line, number)),
            // A block for each.
            Mode::Idle | Mode::Spread => desk.with_phone(&subject, phone(100 + number, line)),
        };
        let replaced = store.replace(&Key::of(&subject), None, &entry).unwrap();
        assert_eq!(replaced, Replaced::Stored);
    }
}

/// The figures of a line. Of several rounds, the least time: other work on the machine makes times longer only.
#[derive(Default)]
struct Line {
    calls: usize,
    p50: u64,
    p99: u64,
    most: u64,
    stored: u64,
    conflicts: u64,
    errors: u64,
}

impl Line {
    /// Takes all times in microseconds.
    fn of(mut self, mut times: Vec<u64>) -> Self {
        times.sort_unstable();
        let nth = |percent: usize| {
            let place = (times.len() * percent).div_ceil(100).saturating_sub(1);
            times.get(place).copied().unwrap_or(0)
        };
        (self.p50, self.p99, self.most) = (nth(50), nth(99), nth(100));
        self.calls = times.len();
        self
    }

    fn and(&mut self, other: &Self) {
        self.calls += other.calls;
        self.p50 = self.p50.min(other.p50);
        self.p99 = self.p99.min(other.p99);
        self.most = self.most.min(other.most);
        self.stored += other.stored;
        self.conflicts += other.conflicts;
        self.errors += other.errors;
    }
}

fn measure(work: Work, mode: Mode, plan: &Plan<'_>, side: &str) -> Line {
    let processes = if mode == Mode::Idle {
        1
    } else {
        plan.processes
    };
    let mut workers: Vec<_> = (0..processes)
        .map(|number| Worker::start(work, mode, plan, side, (number, processes)))
        .collect();
    for worker in &mut workers {
        assert_eq!(worker.line().as_deref(), Some("ready"));
    }
    let start = SystemTime::now() + Duration::from_millis(300);
    let start = start.duration_since(SystemTime::UNIX_EPOCH).unwrap();
    for worker in &mut workers {
        let mut input = worker.0.stdin.take().unwrap();
        writeln!(input, "{}", start.as_nanos()).unwrap();
    }
    let (mut line, mut times) = (Line::default(), Vec::new());
    for worker in &mut workers {
        while let Some(text) = worker.line() {
            let (what, number) = text.split_once(' ').unwrap();
            let number: u64 = number.parse().unwrap();
            match what {
                "time" => times.push(number),
                "stored" => line.stored += number,
                "conflicts" => line.conflicts += number,
                _ => line.errors += number,
            }
        }
        assert!(worker.0.wait().unwrap().success());
    }
    line.of(times)
}

/// A process that calls a verifier of its own. It ends when this is dropped.
struct Worker(Child, BufReader<std::process::ChildStdout>);

impl Worker {
    fn start(
        work: Work,
        mode: Mode,
        plan: &Plan<'_>,
        side: &str,
        (number, of): (u64, u64),
    ) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["worker", "--work", work.name(), "--mode", mode.name()])
            .args(["--side", side, "--distance", &plan.distance.to_string()])
            .args(["--url", plan.url, "--seconds", &plan.seconds.to_string()])
            .args(["--number", &number.to_string(), "--of", &of.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self(child, output)
    }

    fn line(&mut self) -> Option<String> {
        let mut text = String::new();
        let length = self.1.read_line(&mut text).unwrap();
        (length > 0).then(|| text.trim_end().to_owned())
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
