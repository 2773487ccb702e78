//! One run: a load of four hosts over a server, and each fault in it.

use std::collections::BTreeMap;
use std::ops::Range;
use std::thread;
use std::time::{Duration, Instant};

use super::proxy::Mode;
use super::rooms::{Host, Hosts, Rooms, say};
use super::servers::Servers;
use super::table::{End, Row, print};
use crate::history::{History, now};
use crate::plan::{Ask, Call, Driver, Order, Plan, Told};
use crate::register::check_records;
use crate::swarm::{DESK, Swarm, fresh_room};

const HOSTS: usize = 4;
const TASKS: u8 = 4;
/// How long a call of the store may take.
const TIMEOUT: Duration = Duration::from_secs(1);
/// A call of the store takes no longer. The rest is for a busy machine.
const LONGEST_OF_STORE: Duration = Duration::from_secs(1 + 4);
/// A call of a verifier waits for the caller that has the turn, loads, and writes. The rest is for a busy machine.
const LONGEST: Duration = Duration::from_secs(3 + 9);
/// Service is back by then.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often a fault is tried until callers feel it.
const TRIES: usize = 5;

/// Each slice has customers of its own.
const SLICES: u32 = 13;
const SLICE: Duration = Duration::from_millis(150);
/// In which slices a fault is there: for longer than the time-out.
const FAULTY: Range<u32> = 2..10;
/// Hosts that are parted from the server: one of each driver.
const PARTED: Range<usize> = 2..HOSTS;

/// The clock of the customers stands still within a fault, so each lock stands.
const START: i64 = 1_800_000_000;
/// From fault to fault: no lock is left.
const BETWEEN: i64 = 7_200;
/// A clock is so far off.
const OFF: i64 = 300;

/// SP 800-63B-4 3.2.2: a lock after so many wrong codes in a row.
const BUDGET: usize = 5;

/// Customers by what is done to them. One of each kind for each slice.
const KINDS: u32 = 5;
const CODES: u32 = 0;
const GUESSES: u32 = 1;
const PAYMENTS: u32 = 2;
/// At the host whose clock is wrong, the codes of that clock.
const OTHER_CODES: u32 = 3;
/// Not enrolled before the load.
const NEWCOMERS: u32 = 4;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Kill,
    Stop,
    Cut,
    FullDisk,
    Ahead,
    Behind,
    Partition,
}

impl Fault {
    const ALL: [Self; 7] = [
        Self::Kill,
        Self::Stop,
        Self::Cut,
        Self::FullDisk,
        Self::Ahead,
        Self::Behind,
        Self::Partition,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Kill => "kill -9, restart",
            Self::Stop => "SIGSTOP past the time-out",
            Self::Cut => "replies cut in the middle",
            Self::FullDisk => "disk full",
            Self::Ahead => "a clock 5 minutes ahead",
            Self::Behind => "a clock 5 minutes behind",
            Self::Partition => "two of four hosts are parted",
        }
    }

    /// How many seconds the clock of the last host is ahead.
    const fn ahead(self) -> i64 {
        match self {
            Self::Ahead => OFF,
            Self::Behind => -OFF,
            _ => 0,
        }
    }

    const fn is_of_a_clock(self) -> bool {
        matches!(self, Self::Ahead | Self::Behind)
    }
}

/// One fault that is over.
struct Past {
    fault: Fault,
    first: u32,
    /// By the clock that all processes share.
    load: Range<u64>,
    fault_at: Range<u64>,
    back_after: Duration,
}

pub struct Run {
    servers: Servers,
    hosts: Hosts,
    swarm: Swarm,
    past: Vec<Past>,
    rows: Vec<Row>,
}

impl Run {
    pub fn new(servers: Servers, rooms: &Rooms) -> Self {
        let hosts = rooms.hosts(HOSTS, &servers.upstream());
        let room = fresh_room();
        let plans = hosts.all().iter().enumerate().map(|(number, host)| {
            let driver = [Driver::Threads, Driver::Tasks][number % 2];
            // One of each driver remembers.
            let remembered = [0, 1_000, 1_000, 0][number];
            let url = servers.url(host.proxy.address());
            Plan {
                tasks: TASKS,
                patience: TIMEOUT,
                remembered,
                wrapper: host.enter(),
                ..Plan::over(&url, &room, driver)
            }
        });
        let swarm = Swarm::start_each(plans.collect());
        Self {
            servers,
            hosts,
            swarm,
            past: Vec::new(),
            rows: Vec::new(),
        }
    }

    pub fn all(mut self) {
        let mut unfelt = Vec::new();
        for fault in Fault::ALL {
            // A busy machine may be too slow for a fault: the load is over before it is felt.
            let is_felt = (0..TRIES).any(|_| {
                self.load_with(fault);
                let past = self.past.last().unwrap();
                past.is_felt(&self.swarm.history())
            });
            self.rows.push(self.row());
            if !is_felt {
                unfelt.push(fault);
            }
        }
        print(self.servers.name(), &self.rows);
        self.confirmed_enrolments_are_there();
        let history = self.swarm.history();
        self.every_caller_was_answered(&history);
        for past in &self.past {
            past.nothing_is_accepted_twice(&history);
            past.no_budget_is_exceeded(&history);
        }
        let acts = check_records(&history);
        let acts = acts.unwrap_or_else(|stuck| panic!("not linearizable: {stuck:?}"));
        say(&format!(
            "{}: {acts} calls of the store are linearizable",
            self.servers.name()
        ));
        assert!(unfelt.is_empty(), "without effect: {unfelt:?}");
    }

    /// Runs the load, with the fault in its middle.
    fn load_with(&mut self, fault: Fault) {
        let number = u32::try_from(self.past.len()).unwrap();
        let first = number * SLICES * KINDS;
        let at = Some(START + i64::from(number) * BETWEEN);
        let known = (0..KINDS).filter(|kind| *kind != NEWCOMERS);
        let known = known.flat_map(|kind| (0..SLICES).map(move |slice| (kind, slice)));
        let enrol = known.map(|(kind, slice)| Call::new(first + kind * SLICES + slice, Ask::Enrol));
        let enrol = Order::Share {
            calls: enrol.collect(),
            processes: u8::try_from(HOSTS).unwrap(),
        };
        // Long before: a clock that is behind shows codes of a later time, too.
        self.by_right_clocks(at.map(|at| at - BETWEEN / 2), &enrol);

        let begin = now() + 50_000_000;
        let orders = (0..HOSTS).map(|host| {
            let is_wrong = fault.is_of_a_clock() && host == HOSTS - 1;
            let ahead = if is_wrong { fault.ahead() } else { 0 };
            let order = Order::Slices {
                begin,
                span: SLICE,
                slices: SLICES,
                calls: calls(first, ahead),
            };
            (Some(ahead), order)
        });
        self.swarm.begin_each(at, orders.collect());
        let slice = |number: u32| begin + u64::from(number) * span(SLICE);
        sleep_until(slice(FAULTY.start));
        let began = now();
        self.strike(fault);
        while now() < slice(FAULTY.end) {
            thread::sleep(Duration::from_millis(10));
            if fault == Fault::FullDisk {
                self.servers.press();
            }
        }
        let healed = now();
        self.heal(fault);
        self.swarm.finish();
        let back_after = self.service_is_back(at, first, healed);
        self.past.push(Past {
            fault,
            first,
            load: begin..now(),
            fault_at: began..healed,
            back_after,
        });
    }

    /// The summary of the last fault.
    fn row(&self) -> Row {
        let past = self.past.last().unwrap();
        let history = self.swarm.history();
        let calls = history
            .all_calls()
            .filter(|call| call.process != DESK && past.load.contains(&call.begin));
        let form = match past.fault {
            Fault::Kill | Fault::Stop => "signal".to_owned(),
            Fault::Cut => "proxy".to_owned(),
            Fault::FullDisk => self.servers.disk_form(),
            Fault::Ahead | Fault::Behind => "the verifier's clock".to_owned(),
            Fault::Partition => self.hosts.form().to_owned(),
        };
        let acts = history.acts.values().flatten();
        let acts = acts.filter(|act| past.load.contains(&act.begin));
        let row = Row::of(past.fault.name().to_owned(), form, calls, past.back_after);
        row.with_acts(acts)
    }

    fn strike(&self, fault: Fault) {
        match fault {
            Fault::Kill => self.servers.kill(),
            Fault::Stop => self.servers.freeze(),
            Fault::Cut => self.proxies(Mode::Cut),
            Fault::FullDisk => self.servers.fill(),
            Fault::Ahead | Fault::Behind => {}
            Fault::Partition => self.parted().for_each(Host::part),
        }
    }

    fn heal(&self, fault: Fault) {
        match fault {
            Fault::Kill => self.servers.start_again(),
            Fault::Stop => self.servers.thaw(),
            Fault::Cut => self.proxies(Mode::Pass),
            Fault::FullDisk => {
                self.servers.free();
                // It may be about to end, because of a write that still failed.
                for _ in 0..20 {
                    self.servers.supervise();
                    thread::sleep(Duration::from_millis(10));
                }
            }
            Fault::Ahead | Fault::Behind => {}
            Fault::Partition => self.parted().for_each(Host::join),
        }
    }

    fn parted(&self) -> impl Iterator<Item = &Host> {
        self.hosts.all()[PARTED].iter()
    }

    fn proxies(&self, mode: Mode) {
        for host in self.hosts.all() {
            host.proxy.set(mode);
        }
    }

    /// Waits until each host has service. Returns how long after the fault that was.
    fn service_is_back(&mut self, at: Option<i64>, customer: u32, healed: u64) -> Duration {
        let start = Instant::now();
        loop {
            let mut back: BTreeMap<u8, u64> = BTreeMap::new();
            for call in self.swarm.history().all_calls() {
                let is_error = matches!(End::of(call.found.as_ref()), Some(End::Error) | None);
                if call.begin >= healed && !is_error && call.process != DESK {
                    let end = call.end.unwrap();
                    let first = back.entry(call.process).or_insert(end);
                    *first = end.min(*first);
                }
            }
            if back.len() == HOSTS {
                let last = back.into_values().max().unwrap();
                return Duration::from_nanos(last - healed);
            }
            if start.elapsed() > PATIENCE {
                let history = self.swarm.history();
                let last = history.all_calls().max_by_key(|call| call.begin);
                panic!("no service, but {back:?}: {last:?}");
            }
            thread::sleep(Duration::from_millis(20));
            self.servers.supervise();
            let status = vec![Call::new(customer, Ask::Status)];
            self.by_right_clocks(at, &Order::Each(status));
        }
    }

    fn by_right_clocks(&mut self, at: Option<i64>, order: &Order) {
        let orders = vec![(Some(0), order.clone()); HOSTS];
        self.swarm.begin_each(at, orders);
        self.swarm.finish();
    }

    /// Each newcomer whose enrolment was confirmed signs in. So does each customer who was enrolled before a fault.
    fn confirmed_enrolments_are_there(&self) {
        let history = self.swarm.history();
        let confirmed: Vec<u32> = history
            .calls
            .iter()
            .filter(|(_, calls)| {
                let mut enrolled = calls.iter().filter(|call| call.act.call.ask == Ask::Enrol);
                enrolled.any(|call| call.found == Some(Told::Done))
            })
            .map(|(customer, _)| *customer)
            .collect();
        let later = Some(START + i64::try_from(self.past.len()).unwrap() * BETWEEN);
        for customer in confirmed {
            let told = self
                .swarm
                .at_the_desk(later, &Call::new(customer, Ask::Totp));
            assert_eq!(told, Told::Accepted, "customer {customer}");
        }
    }

    fn every_caller_was_answered(&self, history: &History) {
        for call in history.all_calls() {
            let end = call.end.unwrap_or_else(|| panic!("no answer: {call:?}"));
            let taken = Duration::from_nanos(end - call.begin);
            assert!(taken < LONGEST, "{taken:?}: {call:?}");
        }
        for act in history.acts.values().flatten() {
            let end = act.end.unwrap_or_else(|| panic!("no answer: {act:?}"));
            let taken = Duration::from_nanos(end - act.begin);
            assert!(taken < LONGEST_OF_STORE, "{taken:?}: {act:?}");
        }
    }
}

impl Past {
    /// The customers of a kind.
    fn customers(&self, kind: u32) -> Range<u32> {
        let first = self.first + kind * SLICES;
        first..first + SLICES
    }

    fn count(&self, history: &History, customer: u32, ask: &Ask, told: &Told) -> usize {
        let calls = history.calls.get(&customer).into_iter().flatten();
        calls
            .filter(|call| {
                call.process != DESK
                    && self.load.contains(&call.begin)
                    && call.act.call.ask == *ask
                    && call.found.as_ref() == Some(told)
            })
            .count()
    }

    fn nothing_is_accepted_twice(&self, history: &History) {
        let mut accepted = 0;
        let own = calls(self.first, 0);
        let others = calls(self.first, self.fault.ahead());
        for call in own.into_iter().chain(others) {
            let once = match &call.ask {
                Ask::Totp | Ask::Shown(_) => Told::Accepted,
                Ask::Authorize(..) => Told::Yes,
                Ask::Enrol => Told::Done,
                _ => continue,
            };
            for slice in 0..SLICES {
                let customer = call.customer + slice;
                let count = self.count(history, customer, &call.ask, &once);
                assert!(count <= 1, "{:?}: {call:?}: {count} times", self.fault);
                accepted += count;
            }
        }
        // In the slices without a fault each of them passes.
        assert!(accepted >= 5, "{:?}: {accepted}", self.fault);
    }

    fn no_budget_is_exceeded(&self, history: &History) {
        // A clock that is ahead ends one lock early, for one try. The next lock goes by that clock.
        let most = BUDGET + usize::from(self.fault.is_of_a_clock());
        for customer in self.customers(GUESSES) {
            let told = self.count(history, customer, &Ask::Wrong, &Told::Denied);
            assert!(told <= most, "{:?}: {told} verdicts", self.fault);
        }
    }

    /// Whether callers felt the fault, and the hosts that it did not touch went on.
    fn is_felt(&self, history: &History) -> bool {
        let within = |hosts: Range<usize>, end: End| {
            history.all_calls().any(|call| {
                hosts.contains(&usize::from(call.process))
                    && call.begin < self.fault_at.end
                    && call.end > Some(self.fault_at.start)
                    && End::of(call.found.as_ref()) == Some(end)
            })
        };
        match self.fault {
            Fault::Kill | Fault::Stop | Fault::Cut | Fault::FullDisk => {
                within(0..HOSTS, End::Error)
            }
            Fault::Partition => {
                let are_parted = PARTED
                    .into_iter()
                    .all(|host| within(host..host + 1, End::Error));
                are_parted && within(0..PARTED.start, End::Passed)
            }
            Fault::Ahead | Fault::Behind => {
                let shown = Ask::Shown(self.fault.ahead());
                let mut customers = self.customers(OTHER_CODES);
                customers
                    .all(|customer| self.count(history, customer, &shown, &Told::Accepted) == 1)
            }
        }
    }
}

/// What each task does in a slice, on a host whose clock is so many seconds ahead.
fn calls(first: u32, ahead: i64) -> Vec<Call> {
    let of = |kind: u32, ask| Call::new(first + kind * SLICES, ask);
    let pay = || "payment.send".to_owned();
    let transaction = || "rent".to_owned();
    let mut calls = vec![
        of(CODES, Ask::Totp),
        of(GUESSES, Ask::Wrong),
        of(PAYMENTS, Ask::Confirm(transaction())).in_interaction(1),
        of(PAYMENTS, Ask::Authorize(pay(), Some(transaction()))).in_interaction(1),
        of(NEWCOMERS, Ask::Enrol),
    ];
    if ahead != 0 {
        // By that clock, this is the code.
        calls.insert(0, of(CODES, Ask::Shown(ahead)));
        calls.insert(1, of(OTHER_CODES, Ask::Shown(ahead)));
        calls.push(of(GUESSES, Ask::Wrong));
    }
    calls
}

fn span(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap()
}

fn sleep_until(moment: u64) {
    thread::sleep(Duration::from_nanos(moment.saturating_sub(now())));
}
