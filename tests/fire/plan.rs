//! The plan of a worker process, and the orders that it gets.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The environment variable that makes this program a worker. It holds a [`Plan`] in JSON.
pub const VARIABLE: &str = "FIRE_PLAN";

/// How a worker calls the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Driver {
    /// Threads over a `Verifier`.
    Threads,
    /// Tasks of tokio over an `AsyncVerifier`.
    Tasks,
}

/// A fault that is planted between the verifier and the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Planted {
    /// Compares first, and writes without comparing.
    Racy,
    /// Writes, whatever is there.
    LastWriterWins,
    /// Answers a load by what it loaded first.
    StaleReads,
}

/// The plan of one worker process.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Plan {
    /// `redis://..` or `postgres://..`.
    pub store: String,
    /// The start of all names in Redis, or the schema in PostgreSQL.
    pub room: String,
    pub driver: Driver,
    pub process: u8,
    pub tasks: u8,
    /// How long a call of the store may take.
    pub patience: Duration,
    /// How many seconds the clock of this process is ahead.
    pub clock_ahead: i64,
    /// How many records the verifier remembers.
    pub remembered: usize,
    pub planted: Option<Planted>,
    /// Whether the process may be killed: then each line of its history is written at once.
    pub mortal: bool,
    /// The file of the history.
    pub history: PathBuf,
    /// A program that starts the worker, with its first arguments: `ip netns exec east`.
    #[serde(skip)]
    pub wrapper: Vec<String>,
}

impl Plan {
    /// A plan of eight tasks over a store. The swarm sets process and history.
    pub fn over(store: &str, room: &str, driver: Driver) -> Self {
        Self {
            store: store.to_owned(),
            room: room.to_owned(),
            driver,
            process: 0,
            tasks: 8,
            patience: Duration::from_secs(30),
            clock_ahead: 0,
            remembered: 0,
            planted: None,
            mortal: false,
            history: PathBuf::new(),
            wrapper: Vec::new(),
        }
    }
}

/// One call of a verifier. The customer is known by a number.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Ask {
    /// Makes the customer, with an app.
    Enrol,
    /// Gives the code that the app shows.
    Totp,
    /// Gives the code that the app shows so many seconds later.
    Shown(i64),
    /// Gives a code that is not right. No task gives the one of another.
    Wrong,
    /// Gives a recovery code.
    Recovery(String),
    /// Confirms a transaction by a passkey.
    Confirm(String),
    /// Asks for an action, for a transaction or for none.
    Authorize(String, Option<String>),
    /// Makes a grant for an action, and keeps it in the task.
    Decide(String, Option<String>),
    /// Redeems the grant that the task keeps: for that action and transaction.
    Redeem(String, Option<String>),
    /// Approves an action as an agent.
    Approve(String, String),
    /// Reads the status.
    Status,
}

/// The end of a call, in a word.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Told {
    Done,
    Accepted,
    Denied,
    Locked,
    Busy,
    /// Allowed and redeemed.
    Yes,
    /// A grant was made.
    Granted,
    StepUp,
    /// Denied by the policy, or not redeemed.
    No(String),
    /// An error. The call may have taken effect.
    Failed(String),
}

/// A call for a customer.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Call {
    pub customer: u32,
    /// The number of the interaction. Without one, the task has its own.
    pub interaction: Option<u8>,
    pub ask: Ask,
}

impl Call {
    pub const fn new(customer: u32, ask: Ask) -> Self {
        Self {
            customer,
            interaction: None,
            ask,
        }
    }

    #[must_use]
    pub fn in_interaction(self, number: u8) -> Self {
        Self {
            interaction: Some(number),
            ..self
        }
    }
}

/// An order to a worker.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Order {
    /// All tasks start at once, and each makes all calls, one after the other.
    Each(Vec<Call>),
    /// The tasks of all processes share the calls.
    Share { calls: Vec<Call>, processes: u8 },
    /// Slices of time by the clock that all processes share. In each, each task makes all calls for the next customer: to the
    /// customers of the calls, the number of the slice is added.
    Slices {
        begin: u64,
        span: Duration,
        slices: u32,
        calls: Vec<Call>,
    },
    /// Ends the process.
    End,
}

/// An order, and the moment at which it is carried out: of the clock of the verifier, which then stands still. Without one it is
/// the clock of the machine.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Timed {
    pub at: Option<i64>,
    /// How many seconds the clock of the process is ahead from now on. Without it, that is as before.
    pub ahead: Option<i64>,
    pub order: Order,
}
