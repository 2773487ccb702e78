//! A process of a measurement of hot rows.

use std::io::{BufRead as _, Write as _};
use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use countersign::delivered::{CodeOrder, Issued};
use countersign::store::redis::{RedisOptions, RedisStore};
use countersign::store::{Key, Store};
use countersign::{Attempt, Channel, Code, Context, Error, Settings, Verifier};

use crate::arguments::Arguments;
use crate::counting::{Counting, Counts};
use crate::hot_rows::postgres;
use crate::people::{attested, settings, subject, tight_settings};

/// Threads of a process, each with a connection of its own.
const THREADS: usize = 8;

/// The kinds of calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Orders of codes, all of which are sent.
    Orders,
    /// Orders of codes by the quotas that the library comes with: most are refused.
    OrdersRefused,
    /// Wrong codes of an app: the subject is locked soon.
    WrongTries,
    /// Verifications by the host: each is written as evidence.
    Attested,
}

impl Work {
    pub const ALL: [Self; 4] = [
        Self::Orders,
        Self::OrdersRefused,
        Self::WrongTries,
        Self::Attested,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Orders => "orders",
            Self::OrdersRefused => "orders_refused",
            Self::WrongTries => "wrong_tries",
            Self::Attested => "attested",
        }
    }

    pub const fn is_order(self) -> bool {
        matches!(self, Self::Orders | Self::OrdersRefused)
    }

    /// Returns the beginning of the customers' numbers.
    pub fn side(self, mode: Mode, round: u64) -> String {
        format!("{}-{}-{round}", self.name(), mode.name())
    }

    fn settings(self) -> Settings {
        match self {
            Self::OrdersRefused => tight_settings(),
            _ => settings(),
        }
    }
}

/// The rows that calls meet at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A row for each call, and few calls, of one process.
    Idle,
    /// A row for each call, and as many calls as in the hot mode.
    Spread,
    /// One row for all: a block of numbers, or a subject.
    Hot,
}

impl Mode {
    pub const ALL: [Self; 3] = [Self::Idle, Self::Spread, Self::Hot];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Spread => "spread",
            Self::Hot => "hot",
        }
    }

    /// Calls a second, of all processes.
    pub const fn rate(self, work: Work) -> u64 {
        match self {
            Self::Idle => 40,
            Self::Spread | Self::Hot => {
                if work.is_order() {
                    200
                } else {
                    500
                }
            }
        }
    }

    /// How many subjects the calls are about: each is ordered one code.
    pub const fn subjects(self, work: Work, seconds: u64) -> u64 {
        if matches!(self, Self::Hot) && !work.is_order() {
            1
        } else {
            self.rate(work) * seconds
        }
    }
}

pub fn run(arguments: &Arguments<'_>) {
    let (work, mode) = (arguments.text("--work"), arguments.text("--mode"));
    let work = Work::ALL
        .into_iter()
        .find(|one| work == Some(one.name()))
        .unwrap();
    let mode = Mode::ALL
        .into_iter()
        .find(|one| mode == Some(one.name()))
        .unwrap();
    let turn = Turn {
        work,
        mode,
        seconds: arguments.number("--seconds", 10),
        number: arguments.number("--number", 0),
        of: arguments.number("--of", 1),
        side: arguments.text("--side").unwrap(),
        distance: Duration::from_micros(arguments.number("--distance", 0)),
    };
    let url = arguments.text("--url").unwrap();
    if url.starts_with("redis") {
        let options = RedisOptions::new(url).unwrap().with_connections(THREADS);
        turn.take(RedisStore::with_options(&options.unwrap()).unwrap());
    } else {
        turn.take(postgres(url, THREADS));
    }
}

/// The calls of one process.
struct Turn<'a> {
    work: Work,
    mode: Mode,
    seconds: u64,
    number: u64,
    of: u64,
    side: &'a str,
    distance: Duration,
}

impl Turn<'_> {
    fn take<S: Store + Sync>(&self, store: S) {
        let counts = Counts::default();
        let all_connected = Barrier::new(THREADS);
        let (connected, next) = (Barrier::new(THREADS + 1), AtomicUsize::new(0));
        let table = self.time_table();
        let (go, times) = (Barrier::new(THREADS + 1), std::sync::Mutex::new(Vec::new()));
        let start = std::sync::OnceLock::new();
        let errors = AtomicU64::new(0);
        let verifier = Verifier::new(
            Counting {
                store: &store,
                counts: &counts,
                distance: self.distance,
            },
            self.work.settings(),
        );
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    // So many at once open as many connections.
                    all_connected.wait();
                    for number in 0..50 {
                        store.load(&Key::of(&subject("warm", number))).unwrap();
                    }
                    connected.wait();
                    go.wait();
                    let mut own = Vec::new();
                    let start: Instant = *start.get().unwrap();
                    loop {
                        let place = next.fetch_add(1, Ordering::Relaxed);
                        let Some(due) = table.get(place) else { break };
                        let due = start + *due;
                        thread::sleep(due.saturating_duration_since(Instant::now()));
                        let number = place as u64 * self.of + self.number;
                        if let Err(error) = self.call(&verifier, number) {
                            eprintln!("{error}: {:?}", std::error::Error::source(&error));
                            errors.fetch_add(1, Ordering::Relaxed);
                        }
                        own.push(due.elapsed());
                    }
                    times.lock().unwrap().extend(own);
                });
            }
            connected.wait();
            println!("ready");
            let mut line = String::new();
            std::io::stdin().lock().read_line(&mut line).unwrap();
            let then = Duration::from_nanos(line.trim().parse().unwrap());
            let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
            start.set(Instant::now() + (then - now.unwrap())).unwrap();
            go.wait();
        });
        let mut output = std::io::stdout().lock();
        for time in times.into_inner().unwrap() {
            writeln!(output, "time {}", time.as_micros()).unwrap();
        }
        let all = [
            ("stored", &counts.stored),
            ("conflicts", &counts.conflicts),
            ("errors", &errors),
        ];
        for (name, count) in all {
            writeln!(output, "{name} {}", count.load(Ordering::Relaxed)).unwrap();
        }
    }

    /// Returns when each call of this process is due, after the start. The gaps are exponential: a call knows nothing of the others.
    fn time_table(&self) -> Vec<Duration> {
        let rate = self.mode.rate(self.work) as f64 / self.of as f64;
        let mut draw =
            0x9E37_79B9_7F4A_7C15 ^ (self.number + 1).wrapping_mul(0x2545_F491_4F6C_DD1D);
        let mut due = Duration::ZERO;
        let gaps = (0..self.mode.rate(self.work) * self.seconds / self.of).map(|_| {
            // Marsaglia's xorshift.
            draw ^= draw << 13;
            draw ^= draw >> 7;
            draw ^= draw << 17;
            let chance = (draw >> 11) as f64 / (1_u64 << 53) as f64;
            due += Duration::from_secs_f64(-(1.0 - chance).ln() / rate);
            due
        });
        gaps.collect()
    }

    fn call<S: Store>(&self, verifier: &Verifier<S>, number: u64) -> Result<(), Error> {
        let number = number % self.mode.subjects(self.work, self.seconds);
        let subject = subject(self.side, number);
        let visit = Context::begin(Channel::Agent)?;
        match self.work {
            Work::Orders | Work::OrdersRefused => {
                let issued = verifier.issue(&subject, &CodeOrder::spoken(), &visit)?;
                let is_sent = matches!(issued, Issued::Ready(_));
                assert!(is_sent || self.work == Work::OrdersRefused);
            }
            Work::WrongTries => {
                let wrong = Attempt::Totp(Code::typed("000000"));
                let _ = verifier.check(&subject, &wrong, &visit)?;
            }
            Work::Attested => {
                let _ = verifier.check(&subject, &attested(), &visit)?;
            }
        }
        Ok(())
    }
}
