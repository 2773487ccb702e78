//! Histories: each call of a store and of a verifier, with its beginning and its end by the clock of the machine.
//!
//! There is a line before a call and another one after it. So a call that never ended is in the history, too.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File, OpenOptions};
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::time::{ClockId, clock_gettime};

use crate::plan::{Call, Told};

/// Nanoseconds by the monotonic clock, which all processes of a machine share.
pub fn now() -> u64 {
    let time = clock_gettime(ClockId::Monotonic);
    u64::try_from(time.tv_sec).unwrap() * 1_000_000_000 + u64::try_from(time.tv_nsec).unwrap()
}

/// The first eight bytes of a version or of a key. They are random, or of a hash.
pub type Short = u64;

/// A call of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    Load,
    Replace {
        expected: Option<Short>,
        next: Short,
    },
    Remove {
        expected: Short,
    },
}

/// The answer of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// That version is there, or none.
    Present(Option<Short>),
    Stored,
    /// A conflict with that version, or with none.
    Lost(Option<Short>),
}

/// One call of a history. Without an end it never returned; without an answer it failed, and may have taken effect.
#[derive(Clone, Debug)]
pub struct Event<A, F> {
    pub process: u8,
    pub begin: u64,
    pub end: Option<u64>,
    pub act: A,
    pub found: Option<F>,
}

/// A call of a verifier, of a task.
#[derive(Clone, Debug)]
pub struct Asked {
    pub task: u8,
    /// The moment by the clock of the verifier.
    pub at: i64,
    pub call: Call,
}

/// Writes the history of one process.
#[derive(Debug)]
pub struct Scribe {
    file: Mutex<BufWriter<File>>,
    /// Whether each line is written at once: the process may be killed.
    at_once: bool,
    next: AtomicU64,
}

impl Scribe {
    pub fn new(path: &Path, at_once: bool) -> Self {
        let file = OpenOptions::new().create(true).append(true).open(path);
        Self {
            file: Mutex::new(BufWriter::new(file.unwrap())),
            at_once,
            next: AtomicU64::new(0),
        }
    }

    fn line(&self, text: &str) {
        let mut file = self.file.lock().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        if self.at_once {
            file.flush().unwrap();
        }
    }

    /// Writes what is left.
    pub fn flush(&self) {
        self.file.lock().unwrap().flush().unwrap();
    }

    fn begin(&self, text: &str) -> u64 {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        self.line(&format!("> {id} {} {text}\n", now()));
        id
    }

    fn end(&self, id: u64, text: &str) {
        self.line(&format!("< {id} {} {text}\n", now()));
    }

    pub fn begin_act(&self, key: Short, act: Act) -> u64 {
        self.begin(&match act {
            Act::Load => format!("load {key:x}"),
            Act::Replace { expected, next } => {
                format!("replace {key:x} {} {next:x}", short(expected))
            }
            Act::Remove { expected } => format!("remove {key:x} {expected:x}"),
        })
    }

    pub fn end_act(&self, id: u64, found: Option<Found>) {
        match found {
            Some(Found::Present(version)) => self.end(id, &format!("present {}", short(version))),
            Some(Found::Lost(version)) => self.end(id, &format!("lost {}", short(version))),
            Some(Found::Stored) => self.end(id, "stored"),
            None => self.end(id, "failed"),
        }
    }

    pub fn begin_call(&self, task: u8, at: i64, call: &Call) -> u64 {
        self.begin(&format!(
            "ask {task} {at} {}",
            serde_json::to_string(call).unwrap()
        ))
    }

    pub fn end_call(&self, id: u64, told: &Told) {
        self.end(
            id,
            &format!("told {}", serde_json::to_string(told).unwrap()),
        );
    }
}

fn short(version: Option<Short>) -> String {
    version.map_or_else(|| "-".to_owned(), |version| format!("{version:x}"))
}

fn read_short(text: &str) -> Option<Short> {
    (text != "-").then(|| Short::from_str_radix(text, 16).unwrap())
}

/// The histories of all processes.
#[derive(Debug, Default)]
pub struct History {
    /// Of stores, by record.
    pub acts: BTreeMap<Short, Vec<Event<Act, Found>>>,
    /// Of verifiers, by customer.
    pub calls: BTreeMap<u32, Vec<Event<Asked, Told>>>,
}

impl History {
    /// Reads the history of a process. A last line that was cut off is left out.
    pub fn read(&mut self, process: u8, path: &Path) {
        enum Open {
            Act(Short, Act),
            Call(Asked),
        }
        let text = fs::read_to_string(path).unwrap();
        let mut open: HashMap<u64, (u64, Open)> = HashMap::new();
        let mut ended: Vec<(u64, Option<u64>, Open, &str)> = Vec::new();
        for line in text.split_inclusive('\n') {
            let Some(line) = line.strip_suffix('\n') else {
                break;
            };
            let mut parts = line.splitn(4, ' ');
            let mut part = || parts.next().unwrap();
            let (mark, id, time) = (part(), part().parse().unwrap(), part().parse().unwrap());
            let rest = part();
            if mark == "<" {
                let (begin, act) = open.remove(&id).unwrap();
                ended.push((begin, Some(time), act, rest));
                continue;
            }
            let mut words = rest.splitn(3, ' ');
            let mut word = || words.next().unwrap();
            let begun = match word() {
                "load" => Open::Act(read_short(word()).unwrap(), Act::Load),
                "replace" => {
                    let key = read_short(word()).unwrap();
                    let (expected, next) = word().split_once(' ').unwrap();
                    let act = Act::Replace {
                        expected: read_short(expected),
                        next: read_short(next).unwrap(),
                    };
                    Open::Act(key, act)
                }
                "remove" => {
                    let key = read_short(word()).unwrap();
                    let expected = read_short(word()).unwrap();
                    Open::Act(key, Act::Remove { expected })
                }
                "ask" => {
                    let task = word().parse().unwrap();
                    let (at, call) = word().split_once(' ').unwrap();
                    let (at, call) = (at.parse().unwrap(), serde_json::from_str(call).unwrap());
                    Open::Call(Asked { task, at, call })
                }
                other => panic!("{other} is no call"),
            };
            open.insert(id, (time, begun));
        }
        let never = open.into_values();
        ended.extend(never.map(|(begin, act)| (begin, None, act, "never")));
        for (begin, end, act, answer) in ended {
            let (kind, detail) = answer.split_once(' ').unwrap_or((answer, ""));
            match act {
                Open::Act(key, act) => {
                    let found = match kind {
                        "present" => Some(Found::Present(read_short(detail))),
                        "lost" => Some(Found::Lost(read_short(detail))),
                        "stored" => Some(Found::Stored),
                        _ => None,
                    };
                    self.acts.entry(key).or_default().push(Event {
                        process,
                        begin,
                        end,
                        act,
                        found,
                    });
                }
                Open::Call(act) => {
                    let found = (kind == "told").then(|| serde_json::from_str(detail).unwrap());
                    let calls = self.calls.entry(act.call.customer).or_default();
                    calls.push(Event {
                        process,
                        begin,
                        end,
                        act,
                        found,
                    });
                }
            }
        }
    }

    /// All calls of verifiers.
    pub fn all_calls(&self) -> impl Iterator<Item = &Event<Asked, Told>> {
        self.calls.values().flatten()
    }

    /// How many calls of a customer ended so.
    pub fn count(&self, customer: u32, told: &Told) -> usize {
        let calls = self.calls.get(&customer).into_iter().flatten();
        calls
            .filter(|call| call.found.as_ref() == Some(told))
            .count()
    }
}
