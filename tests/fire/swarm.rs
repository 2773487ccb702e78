//! Worker processes, from the side of the test that starts them.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;

use crate::bank::Bank;
use crate::history::History;
use crate::plan::{Call, Driver, Order, Plan, Timed, Told, VARIABLE};
use crate::recorded::BlockingStore;
use crate::support::tasks::wait_for;
use crate::worker::{DONE, NAME, READY};

/// The number of the test's own process in a history.
pub const DESK: u8 = u8::MAX - 1;

/// A worker process. It ends when this is dropped.
pub struct Worker {
    child: Child,
    orders: Option<ChildStdin>,
    lines: BufReader<ChildStdout>,
}

impl Worker {
    fn start(plan: &Plan) -> Self {
        let program = std::env::current_exe().unwrap();
        let mut command = match plan.wrapper.split_first() {
            Some((wrapper, arguments)) => {
                let mut command = Command::new(wrapper);
                command.args(arguments).arg(program);
                command
            }
            None => Command::new(program),
        };
        let mut child = command
            .args(["--exact", NAME, "--ignored", "--nocapture", "--quiet"])
            .env(VARIABLE, serde_json::to_string(plan).unwrap())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            orders: child.stdin.take(),
            lines: BufReader::new(child.stdout.take().unwrap()),
            child,
        }
    }

    fn send(&mut self, order: &str) {
        let orders = self.orders.as_mut().expect("the worker goes on");
        writeln!(orders, "{order}").unwrap();
    }

    /// Waits for a line. Lines of the test harness stand between.
    fn await_line(&mut self, wanted: &str) {
        let mut line = String::new();
        loop {
            line.clear();
            let read = self.lines.read_line(&mut line).unwrap();
            assert!(read > 0, "a worker ended before it said {wanted}");
            if line.trim_end().ends_with(wanted) {
                return;
            }
        }
    }

    /// Its process, for signals.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it as a power cut would. Its history lacks the ends of its calls.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.orders = None;
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.orders = None;
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Worker processes on one store, and the desk: a bank in the test's own process, which enrols customers.
pub struct Swarm {
    pub workers: Vec<Worker>,
    plans: Vec<Plan>,
    pub desk: Arc<Bank>,
    desk_plan: Plan,
    folder: TempDir,
}

impl Swarm {
    /// Starts so many workers by one plan.
    pub fn start(processes: u8, plan: &Plan) -> Self {
        Self::start_each(vec![plan.clone(); processes.into()])
    }

    /// Starts a worker for each plan. All plans name one store.
    pub fn start_each(mut plans: Vec<Plan>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let desk_plan = Plan {
            process: DESK,
            driver: Driver::Threads,
            planted: None,
            mortal: false,
            clock_ahead: 0,
            history: folder.path().join("desk"),
            ..plans[0].clone()
        };
        BlockingStore::open(&desk_plan).prepare();
        for (number, plan) in plans.iter_mut().enumerate() {
            plan.process = u8::try_from(number).unwrap();
            plan.history = folder.path().join(format!("worker_{number}"));
        }
        let mut workers: Vec<_> = plans.iter().map(Worker::start).collect();
        for worker in &mut workers {
            worker.await_line(READY);
        }
        Self {
            workers,
            plans,
            desk: Arc::new(Bank::open(desk_plan.clone())),
            desk_plan,
            folder,
        }
    }

    /// Gives an order to all workers, and returns at once: see [`finish`](Self::finish).
    pub fn begin(&mut self, at: Option<i64>, order: Order) {
        let orders = vec![(None, order); self.workers.len()];
        self.begin_each(at, orders);
    }

    /// Gives each worker an order of its own. The number says how many seconds its clock is ahead from now on.
    pub fn begin_each(&mut self, at: Option<i64>, orders: Vec<(Option<i64>, Order)>) {
        self.desk.set_clock(at);
        for (worker, (ahead, order)) in self.workers.iter_mut().zip(orders) {
            if worker.orders.is_some() {
                let timed = Timed { at, ahead, order };
                worker.send(&serde_json::to_string(&timed).unwrap());
            }
        }
    }

    /// Waits until all workers that go on have carried their order out.
    pub fn finish(&mut self) {
        for worker in self
            .workers
            .iter_mut()
            .filter(|worker| worker.orders.is_some())
        {
            worker.await_line(DONE);
        }
    }

    /// Lets each task of each process make these calls, at once.
    pub fn each(&mut self, at: Option<i64>, calls: Vec<Call>) {
        self.begin(at, Order::Each(calls));
        self.finish();
    }

    /// Lets the tasks of all processes share these calls.
    pub fn share(&mut self, at: Option<i64>, calls: Vec<Call>) {
        let processes = u8::try_from(self.workers.len()).unwrap();
        self.begin(at, Order::Share { calls, processes });
        self.finish();
    }

    /// Makes a call at the desk.
    pub fn at_the_desk(&self, at: Option<i64>, call: &Call) -> Told {
        self.desk.set_clock(at);
        wait_for(self.desk.make(0, call))
    }

    /// Draws recovery codes at the desk.
    pub fn recovery_codes(&self, at: Option<i64>, customer: u32, count: u8) -> Vec<String> {
        self.desk.set_clock(at);
        wait_for(self.desk.recovery_codes(customer, count))
    }

    /// Reads the histories up to now, those of killed workers too. Call it when no order is under way.
    pub fn history(&self) -> History {
        self.desk.flush();
        let mut history = History::default();
        for plan in self.plans.iter().chain([&self.desk_plan]) {
            history.read(plan.process, &plan.history);
        }
        history
    }

    /// The folder of the histories.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }
}

/// A room that no other test of this program has.
pub fn fresh_room() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    format!("fire_{}", NEXT.fetch_add(1, Ordering::Relaxed))
}
