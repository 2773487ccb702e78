//! A worker process: this program again, with a plan in its environment. It reads orders, and answers each when it is done.

use std::io::{Write as _, stdin, stdout};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Barrier, Mutex};
use std::thread;
use std::time::Duration;

use crate::bank::Bank;
use crate::history::now;
use crate::plan::{Call, Order, Plan, Timed, VARIABLE};
use crate::support::tasks::wait_for;

/// A line of a worker, among those of the test harness.
pub const READY: &str = "fire: ready";
pub const DONE: &str = "fire: done";

/// The name of the test below, for the call of this program.
pub const NAME: &str = "worker::is_a_worker_if_the_environment_has_a_plan";

/// Says a line past the test harness, which would swallow what `println!` writes.
fn say(line: &str) {
    let mut out = stdout().lock();
    writeln!(out, "{line}").unwrap();
    out.flush().unwrap();
}

#[test]
#[ignore = "a worker of other tests, which start it"]
fn is_a_worker_if_the_environment_has_a_plan() {
    let Ok(plan) = std::env::var(VARIABLE) else {
        return;
    };
    let plan: Plan = serde_json::from_str(&plan).unwrap();
    let bank = Arc::new(Bank::open(plan));
    let crew = Crew::new(&bank);
    say(READY);
    for line in stdin().lines() {
        let order: Timed = serde_json::from_str(&line.unwrap()).unwrap();
        if matches!(order.order, Order::End) {
            break;
        }
        bank.set_clock(order.at);
        if let Some(seconds) = order.ahead {
            bank.set_ahead(seconds);
        }
        crew.carry_out(order.order);
        bank.flush();
        say(DONE);
    }
}

/// The tasks of a process. Threads of them stay, and wait for the next order.
struct Crew {
    bank: Arc<Bank>,
    shared: Arc<Shared>,
}

struct Shared {
    order: Mutex<Arc<Order>>,
    /// All threads and the one that gives the orders meet here before an order and after it.
    meeting: Barrier,
}

impl Crew {
    fn new(bank: &Arc<Bank>) -> Self {
        let tasks = bank.plan().tasks;
        let shared = Arc::new(Shared {
            order: Mutex::new(Arc::new(Order::End)),
            meeting: Barrier::new(usize::from(tasks) + 1),
        });
        if bank.runtime().is_none() {
            for task in 0..tasks {
                let (bank, shared) = (Arc::clone(bank), Arc::clone(&shared));
                thread::spawn(move || {
                    loop {
                        shared.meeting.wait();
                        let order = Arc::clone(&shared.order.lock().unwrap());
                        // The order is over in any case: what panics fails the worker, and no other one waits for it.
                        let part = AssertUnwindSafe(|| wait_for(part(&bank, task, &order)));
                        if catch_unwind(part).is_err() {
                            std::process::exit(101);
                        }
                        shared.meeting.wait();
                    }
                });
            }
        }
        Self {
            bank: Arc::clone(bank),
            shared,
        }
    }

    /// Lets each task carry out its part.
    fn carry_out(&self, order: Order) {
        let order = Arc::new(order);
        let Some(runtime) = self.bank.runtime() else {
            *self.shared.order.lock().unwrap() = order;
            self.shared.meeting.wait();
            self.shared.meeting.wait();
            return;
        };
        let tasks: Vec<_> = (0..self.bank.plan().tasks)
            .map(|task| {
                let (bank, order) = (Arc::clone(&self.bank), Arc::clone(&order));
                runtime.spawn(async move { part(&bank, task, &order).await })
            })
            .collect();
        for task in tasks {
            runtime.block_on(task).unwrap();
        }
    }
}

async fn part(bank: &Bank, task: u8, order: &Order) {
    match order {
        Order::Each(calls) => {
            for call in calls {
                bank.make(task, call).await;
            }
        }
        Order::Share { calls, processes } => {
            let (plan, task_count) = (bank.plan(), usize::from(bank.plan().tasks));
            let first = usize::from(plan.process) * task_count + usize::from(task);
            let step = usize::from(*processes) * task_count;
            for call in calls.iter().skip(first).step_by(step) {
                bank.make(task, call).await;
            }
        }
        Order::Slices {
            begin,
            span,
            slices,
            calls,
        } => {
            let span = u64::try_from(span.as_nanos()).unwrap();
            for slice in 0..*slices {
                until(bank, begin + u64::from(slice) * span).await;
                for call in calls {
                    let customer = call.customer + slice;
                    bank.make(
                        task,
                        &Call {
                            customer,
                            ..call.clone()
                        },
                    )
                    .await;
                }
            }
        }
        Order::End => {}
    }
}

/// Waits until the clock of the machine reads that moment.
async fn until(bank: &Bank, moment: u64) {
    let left = Duration::from_nanos(moment.saturating_sub(now()));
    if left.is_zero() {
        return;
    }
    if bank.runtime().is_some() {
        tokio::time::sleep(left).await;
    } else {
        thread::sleep(left);
    }
}
