//! Random histories of one account, against a model that is told only what a host is told.
//!
//! A history is a sequence of checks, codes issued, changes, crashes between compute and save, answers of the store that
//! got lost, and a clock that goes forwards and backwards. Whatever it is: nothing is accepted twice, no budget is
//! exceeded, no lock that was told ends early, and what was stored stays.
use crate::support::timed::TimedContext;
use std::collections::HashSet;

use crate::inside::support::host::*;
use core::time::Duration;
use std::ops::ControlFlow;

use crate::inside::own_table::{Account, ComputedCheck, PendingCheck, Recorded, Sealed};
use crate::support::maya;
use countersign::{
    Attempt, Change, Changed, Channel, Code, Evidence, Factor, FactorClass, Outcome, Settings,
    Strength, Transaction,
    account::ExternalVerification,
    delivered::{CodeOrder, Issued},
    limits::Limits,
    otp::Totp,
    transition::{CommitResult, Saved, Transition},
};
use proptest::collection::vec;
use proptest::prelude::*;

// --- The model -----------------------------------------------------------------------------------------------

const DAY: u64 = 86_400;
/// What counts as one clock (`countersign::time::CLOCK_SKEW`).
const SKEW: u64 = 120;
/// How long a piece of evidence makes its interaction known, a code is open, a computation may take.
const HOLDING: u64 = 3_600;
const COOL_DOWN: u64 = 30;
const CODE: u64 = 600;
const RESERVATION: u64 = 120;
/// How long those wait who have asked for many codes.
const ISSUING: u64 = 900;
/// Thirty days are counted in periods of six: the month's cap is released where one begins.
const PERIOD: u64 = 6 * DAY;
const TOTP: usize = 0;
const DELIVERED: usize = 1;
const QUESTIONS: usize = 2;
const KNOWN: usize = 0;
const OPEN: usize = 1;
/// Bits of the factors that an interaction holds; each budget's own do not make it known to that budget.
const ATTESTED_BIT: u8 = 16;
const OWN_BITS: [u8; 3] = [1, 2 | 4, 8];

/// A piece of evidence, as the model keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Held {
    call: u8,
    factor: Factor,
    channel: Channel,
    bound: Option<u8>,
    at: u64,
}

/// Weak, restricted, full.
fn strength(factor: Factor) -> u8 {
    match factor {
        Factor::Questions => 0,
        Factor::PrivateCode | Factor::SpokenCode => 1,
        _ => 2,
    }
}

fn bit(factor: Factor) -> u8 {
    match factor {
        Factor::Totp => 1,
        Factor::PrivateCode => 2,
        Factor::SpokenCode => 4,
        Factor::Questions => 8,
        Factor::External => ATTESTED_BIT,
        _ => panic!("a new factor"),
    }
}

/// The limits, as numbers.
#[derive(Clone, Copy, Debug)]
struct Rules {
    lock_after: u8,
    first: u32,
    longest: u32,
    disable_after: u8,
    per_month: u8,
}

impl Rules {
    fn limits(self) -> Limits {
        Limits::new(
            self.lock_after,
            Duration::from_secs(u64::from(self.first)),
            Duration::from_secs(u64::from(self.longest)),
            self.disable_after,
            self.per_month,
        )
        .unwrap()
    }

    fn longest(self) -> u64 {
        u64::from(self.longest)
    }

    fn half(self) -> u32 {
        u32::from(self.disable_after).div_ceil(2)
    }
}

/// A lock that was told, or that a stored charge must have set: no verdict before that second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lock {
    /// By the rule. It ends when the clock reads its release, or the longest wait after any reading that was noted.
    Rule(u64),
    /// By the month's cap. It stands while the clock goes forwards.
    Month(u64),
}

impl Lock {
    fn release(self) -> u64 {
        match self {
            Self::Rule(release) | Self::Month(release) => release,
        }
    }
}

#[derive(Clone, Debug, Default)]
struct LaneModel {
    /// Wrong tries in a row, and those that are not forgotten.
    run: u32,
    recent: u32,
    /// When the last was charged, in steady time.
    last: u64,
    /// When each wrong try was charged, in seconds that really passed.
    tries: Vec<u64>,
    locks: Vec<Lock>,
    /// The locks that charges have set and not given back, in their order, and how many there were in all.
    set: Vec<(usize, Lock)>,
    charges: usize,
    /// When locks ended that were given back: one may stand all the same, if the clock was set back meanwhile.
    lifted: Vec<u64>,
}

#[derive(Clone, Debug, Default)]
struct Budget {
    lanes: [LaneModel; 2],
}

/// A charge, to be given back.
#[derive(Clone, Copy, Debug)]
struct Charge {
    lane: usize,
    real: u64,
    number: usize,
    disables: bool,
}

impl Budget {
    /// Wrong tries in a row, as the hard cap counts them.
    fn runs(&self, rules: Rules) -> u32 {
        self.lanes[KNOWN].run + self.lanes[OPEN].run.min(rules.half())
    }

    fn is_disabled(&self, rules: Rules) -> bool {
        self.runs(rules) >= u32::from(rules.disable_after)
    }

    /// No try on this lane may be judged before a lock that was told.
    fn expect_unlocked(&self, lane: usize, now: u64) {
        for lock in &self.lanes[lane].locks {
            let broken = now < lock.release();
            assert!(!broken, "a verdict at {now} in spite of {lock:?}: {self:?}");
        }
    }

    /// Nothing may be judged that the limits do not let.
    fn expect_budget(&self, lane: usize, real: u64, rules: Rules) {
        assert!(
            !self.is_disabled(rules),
            "a verdict though disabled: {self:?}"
        );
        let open = &self.lanes[OPEN];
        assert!(
            lane == KNOWN || open.recent < rules.half(),
            "closed: {self:?}"
        );
        // In any 30 days: those that end now.
        let lately = |lane: &LaneModel| {
            let recent = lane.tries.iter().filter(|at| real - **at < 30 * DAY);
            u32::try_from(recent.count()).unwrap()
        };
        let month = u32::from(rules.per_month);
        let sum = lately(&self.lanes[KNOWN]) + lately(open);
        assert!(sum < month, "{sum} tries in 30 days: {self:?}");
        assert!(
            lane == KNOWN || lately(open) < month.div_ceil(2),
            "{self:?}"
        );
    }

    /// Whether nothing that happened can be a reason to lock: then it must not be locked (pitfalls B9, B10).
    fn is_free(&self, lane: usize, now: u64, rules: Rules) -> bool {
        let tries = self.lanes[KNOWN].tries.len() + self.lanes[OPEN].tries.len();
        self.lanes[lane].run < u32::from(rules.lock_after)
            && self.lanes[lane]
                .locks
                .iter()
                .all(|lock| lock.release() <= now)
            && tries < usize::from(rules.per_month.div_ceil(2))
            && self.runs(rules) < rules.half()
    }

    /// The clock was seen there: what was served is over, and no lock lasts longer from there than a lock can.
    fn see(&mut self, now: u64, steady: u64, rules: Rules) {
        for lane in &mut self.lanes {
            for lock in &mut lane.locks {
                if let Lock::Rule(release) = lock {
                    *release = (*release).min(now + rules.longest());
                }
            }
            lane.locks.retain(|lock| lock.release() > now);
            for (_, Lock::Rule(release) | Lock::Month(release)) in &mut lane.set {
                *release = (*release).min(now + rules.longest());
            }
        }
        let open = &mut self.lanes[OPEN];
        if open.last + 30 * DAY <= steady {
            open.recent = 0;
        }
    }

    /// Why there may be a lock until then: it is known, or follows from the clock, or from the month.
    fn lock_until(&self, lane: usize, release: u64, now: u64, rules: Rules) -> Option<Lock> {
        let mut known = self.lanes[lane].locks.iter();
        let bound = now + rules.longest();
        if let Some(lock) = known.find(|lock| lock.release() == release) {
            let month = matches!(lock, Lock::Month(_));
            return Some(*lock).filter(|_| month || release <= bound);
        }
        if self.lanes[lane].lifted.contains(&release) {
            return Some(Lock::Rule(release));
        }
        let tries = self.lanes[KNOWN].tries.len() + self.lanes[OPEN].tries.len();
        let spent = tries >= usize::from(rules.per_month.div_ceil(2));
        // Twice as long by a clock that was once ahead, and then some: the model beside the budgets is exact.
        (spent && release <= now + 17 * PERIOD).then_some(Lock::Month(release))
    }

    /// A lock was told: there must be a reason for it.
    fn told(&mut self, lane: usize, release: u64, now: u64, rules: Rules) {
        assert!(now < release, "a lock that is over: {release} at {now}");
        let Some(lock) = self.lock_until(lane, release, now, rules) else {
            panic!("no reason to wait until {release} at {now}: {self:?}")
        };
        if !self.lanes[lane].locks.contains(&lock) {
            self.lanes[lane].locks.push(lock);
        }
    }

    fn closed(&self, lane: usize, rules: Rules) {
        let closed = lane == OPEN && self.lanes[OPEN].recent >= rules.half();
        assert!(
            closed || self.is_disabled(rules),
            "no reason to close: {self:?}"
        );
    }

    fn charge(&mut self, lane: usize, now: u64, steady: u64, real: u64, rules: Rules) -> Charge {
        let one = &mut self.lanes[lane];
        one.run += 1;
        one.recent += 1;
        one.last = steady;
        one.tries.push(real);
        let run = if lane == OPEN { one.recent } else { one.run };
        let over = run.checked_sub(u32::from(rules.lock_after));
        let lock = over.map(|doublings| {
            let wait = u64::from(rules.first) << doublings.min(32);
            Lock::Rule(now + wait.min(rules.longest()))
        });
        one.locks.extend(lock);
        one.charges += 1;
        let number = one.charges;
        one.set.extend(lock.map(|lock| (number, lock)));
        Charge {
            lane,
            real,
            number,
            disables: self.is_disabled(rules),
        }
    }

    fn succeed(&mut self, lane: usize) {
        let open = (lane == KNOWN).then_some(OPEN);
        for lane in [lane].into_iter().chain(open) {
            (self.lanes[lane].run, self.lanes[lane].recent) = (0, 0);
        }
    }

    fn refund(&mut self, charge: &Charge) {
        let one = &mut self.lanes[charge.lane];
        let place = one.tries.iter().position(|at| *at == charge.real);
        one.tries.remove(place.unwrap());
        // Its own lock goes with it, unless another came later.
        if let Some((_, own)) = one.set.pop_if(|(number, _)| *number == charge.number) {
            one.locks.retain(|lock| *lock != own);
            one.lifted.push(own.release());
        }
        // The month has a try more, and may be open again; `expect_budget` counts it.
        for lane in &mut self.lanes {
            lane.locks.retain(|lock| !matches!(lock, Lock::Month(_)));
        }
        self.succeed(charge.lane);
    }

    fn bind_anew(&mut self) {
        *self = Self::default();
    }
}

#[derive(Clone, Debug)]
struct OpenCode {
    private: bool,
    call: u8,
    digits: String,
    expires: u64,
    bound: Option<u8>,
    /// When it was last sent.
    at: u64,
    /// Wrong tries in its own call.
    wrong: u8,
}

/// What the stored record must hold, as far as a host can know.
#[derive(Clone)]
struct Model {
    rules: Rules,
    seen: u64,
    /// Time that only goes forward, how far it is ahead of a clock that is right, and since when the clock lags.
    steady: u64,
    ahead: u64,
    lags_since: Option<u64>,
    epoch: u32,
    suspended: bool,
    revision: u64,
    /// Number, app, and the first step that is not spent.
    apps: Vec<(u8, Totp, u64)>,
    codes: Vec<OpenCode>,
    /// Each piece of evidence of the last day, the latest last.
    held: Vec<Held>,
    budgets: [Budget; 3],
    /// Revision and moment of each computation that was reserved and not settled.
    reservations: Vec<(u64, u64)>,
    enrolment: u32,
}

impl Model {
    /// What the passing of time does, or its running back.
    fn see(&mut self, now: u64) -> bool {
        let went_back = now + SKEW < self.seen;
        let latest = if went_back { now } else { self.seen.max(now) };
        if now + SKEW + self.ahead >= self.steady {
            self.steady = self.steady.max(now + self.ahead);
            self.lags_since = None;
        } else {
            let since = *self.lags_since.get_or_insert(self.steady);
            self.steady += now.saturating_sub(self.seen);
            if self.steady >= since + 30 * DAY {
                (self.ahead, self.lags_since) = (self.steady - latest, None);
            }
        }
        for budget in &mut self.budgets {
            budget.see(now, self.steady, self.rules);
        }
        if went_back {
            self.void();
            self.codes.clear();
            self.seen = now;
        } else {
            self.seen = self.seen.max(now);
            self.codes
                .retain(|code| now < code.expires && code.expires <= now + CODE + SKEW);
            self.held
                .retain(|piece| now.saturating_sub(piece.at) <= DAY);
            self.reservations
                .retain(|(_, at)| now.saturating_sub(*at) <= RESERVATION);
        }
        went_back
    }

    /// Whether what the clock tells is told otherwise than before. While it lags, each reading does that.
    fn turned(&self, before: &Self) -> bool {
        self.lags_since != before.lags_since
            || (self.lags_since.is_some() && self.seen != before.seen)
    }

    fn void(&mut self) {
        self.epoch += 1;
        self.held.clear();
        self.reservations.clear();
    }

    fn lane(&self, call: u8, budget: usize, now: u64) -> usize {
        let opens = |piece: &&Held| piece.call == call && now.saturating_sub(piece.at) <= HOLDING;
        let held = self.held.iter().filter(opens);
        let bits = held.fold(0, |bits, piece| bits | bit(piece.factor));
        if bits & !OWN_BITS[budget] == 0 {
            OPEN
        } else {
            KNOWN
        }
    }

    /// Keeps a piece in the place of a like one. Eight of an interaction are kept: the weak go first, then those for one
    /// transaction, then the oldest.
    fn hold(&mut self, place: &Place, factor: Factor, for_transaction: bool, now: u64) {
        let piece = Held {
            call: place.call,
            factor,
            channel: place.channel,
            bound: place.bound.filter(|_| for_transaction),
            at: now,
        };
        self.held
            .retain(|other| Held { at: now, ..*other } != piece);
        let own = |other: &&Held| other.call == piece.call;
        if self.held.iter().filter(own).count() >= 8 {
            let worth = |one: &Held| (strength(one.factor), one.bound.is_none(), one.at);
            let least = *self
                .held
                .iter()
                .filter(own)
                .min_by_key(|one| worth(one))
                .unwrap();
            let place = self.held.iter().position(|other| *other == least);
            self.held.remove(place.unwrap());
        }
        self.held.push(piece);
    }

    /// Which apps show this code in the window, at a step that is not spent; spends it.
    fn judge_totp(&mut self, text: &str, now: u64) -> Vec<(u8, u64)> {
        let step = now / 30;
        let mut shown = Vec::new();
        for (number, app, free) in &mut self.apps {
            let fresh = [step, step - 1]
                .into_iter()
                .find(|step| *step >= *free && right_code(app, step * 30) == text);
            if let Some(step) = fresh {
                *free = step + 1;
                shown.push((*number, step));
            }
        }
        shown
    }

    /// Whether these digits are an open code that belongs here; takes what was right, or told, out.
    fn judge_delivered(&mut self, text: &str, at: &Place) -> Option<Shown> {
        let mut right = None;
        self.codes.retain(|code| {
            let belongs = code.private != at.channel.reveals_to_host();
            let same = code.call == at.call && (code.bound.is_none() || code.bound == at.bound);
            if code.digits != text {
                true
            } else if code.private && at.channel.reveals_to_host() {
                false
            } else if belongs && same {
                let factor = if code.private {
                    Factor::PrivateCode
                } else {
                    Factor::SpokenCode
                };
                right = Some(Shown {
                    factor,
                    bound: code.bound.is_some(),
                    spends: vec![format!("code {}", code.digits)],
                });
                false
            } else {
                true
            }
        });
        if right.is_none() {
            let tried = self.codes.iter_mut().filter(|code| code.call == at.call);
            tried.for_each(|code| code.wrong += 1);
            self.codes.retain(|code| code.wrong < 5);
        }
        right
    }
}

/// What a right attempt shows.
struct Shown {
    factor: Factor,
    bound: bool,
    /// What it uses up, by name.
    spends: Vec<String>,
}

// --- The history ---------------------------------------------------------------------------------------------

/// Where an attempt is made.
#[derive(Clone, Copy, Debug)]
struct Place {
    call: u8,
    channel: Channel,
    bound: Option<u8>,
}

#[derive(Clone, Debug)]
enum Op {
    /// The code of an app, so many steps from the present one.
    Totp(usize, i8),
    /// A code of an app that was offered before.
    OldTotp(usize),
    GuessTotp(u32),
    Issue(bool),
    /// A code that was sent before, open or not, counted from the last; where it belongs, or anywhere.
    Deliver(usize, bool),
    /// The same, told to an agent, or keyed in.
    Tell(usize),
    GuessDelivered(u32),
    /// Guesses again and again, each as soon as the lock lets it.
    Hammer(usize, u8),
    Attest,
    Suspend,
    Resume,
    SetPhone,
    BindApp,
    RemoveApps,
    Forward(u64),
    ToRelease,
    Back(u64),
    Answer(bool, Ending),
    Reserve(bool),
    /// A computation that was reserved before, in its own call or not, settled or not.
    Settle(usize, bool),
    SetQuestions,
}

/// What was computed and may be settled: the work, whether it is right, and the record it was reserved on.
struct Ticket {
    worked: ComputedCheck,
    right: bool,
    revision: u64,
    epoch: u32,
    enrolment: u32,
    call: u8,
    charge: Charge,
}

struct World {
    row: Row,
    /// What stood in the row before.
    previous: Row,
    rules: Rules,
    clock: u64,
    /// Its highest reading.
    high: u64,
    /// Seconds that really passed: only forwards.
    real: u64,
    model: Model,
    /// All that was ever accepted and may be accepted once.
    spent: HashSet<String>,
    offered: Vec<String>,
    /// Each code with the place where it belongs.
    sent: Vec<(Place, String)>,
    tickets: Vec<Ticket>,
    next_app: u8,
}

/// What a step would tell, and how many bytes it would store, on a copy that is thrown away.
fn spy<O>(step: Transition<Recorded<O>, Sealed>) -> (Recorded<O>, Option<usize>) {
    let mut length = None;
    let told = step.commit(|sealed| {
        length = Some(sealed.entry().bytes().len());
        Saved::<()>::Stored
    });
    match told {
        Ok(CommitResult::Stored(told)) => (told, length),
        _ => panic!("it was stored"),
    }
}

fn said(step: &ControlFlow<Outcome, PendingCheck>) -> Said {
    match step {
        ControlFlow::Break(outcome) => kind(outcome),
        // Charged like a wrong one, until it is settled.
        ControlFlow::Continue(_) => Said::Denied,
    }
}

impl World {
    fn new(rules: Rules, start: u64, asks: bool) -> Self {
        let settings: Settings = settings()
            .with_limits(rules.limits())
            .accepting_worse_guess_chance();
        let mut row = Row::new(settings);
        let ctx = agent(start, 1);
        row.create(&ctx);
        let mut world = Self {
            previous: row.clone(),
            row,
            rules,
            clock: start,
            high: start,
            real: 0,
            model: Model {
                rules,
                seen: start,
                steady: start,
                ahead: 0,
                lags_since: None,
                epoch: 0,
                suspended: false,
                revision: 1,
                apps: Vec::new(),
                codes: Vec::new(),
                held: Vec::new(),
                budgets: Default::default(),
                reservations: Vec::new(),
                enrolment: 0,
            },
            spent: HashSet::new(),
            offered: Vec::new(),
            sent: Vec::new(),
            tickets: Vec::new(),
            next_app: 1,
        };
        world.change(&Change::SetPhone(phone()));
        world.bind_app();
        if asks {
            world.set_questions();
        }
        world
    }

    fn ctx(&self, at: &Place) -> TimedContext {
        let ctx = TimedContext::new(
            crate::inside::support::host::at(self.clock),
            at.channel,
            call(at.call),
        );
        match at.bound {
            None => ctx,
            Some(number) => {
                ctx.for_transaction(&Transaction::new(&format!("TX-{number}")).unwrap())
            }
        }
    }

    fn run(&mut self, op: &Op, at: &Place, ending: Ending, stale: bool) {
        match op {
            Op::Totp(which, steps) => {
                let Some((_, app, _)) = self.model.apps.get(which % 3) else {
                    return;
                };
                let then = self.clock.saturating_add_signed(i64::from(*steps) * 30);
                let code = right_code(app, then);
                self.totp(&code, at, ending, stale);
            }
            Op::OldTotp(which) => {
                let Some(code) = pick(&self.offered, *which).cloned() else {
                    return;
                };
                self.totp(&code, at, ending, stale);
            }
            Op::GuessTotp(number) => {
                let code = format!("{:06}", number % 1_000_000);
                self.totp(&code, at, ending, stale);
            }
            Op::Issue(private) => self.issue(*private, at, ending),
            Op::Deliver(which, own) => {
                if let Some((own_place, digits)) = self.last_sent(*which) {
                    let at = if *own { &own_place } else { at };
                    self.deliver(&digits, at, ending, stale);
                }
            }
            Op::Tell(which) => {
                if let Some((own_place, digits)) = self.last_sent(*which) {
                    let channel = Channel::Agent;
                    let at = Place {
                        channel,
                        ..own_place
                    };
                    self.deliver(&digits, &at, ending, stale);
                }
            }
            Op::GuessDelivered(number) => {
                let code = format!("{:06}", number % 1_000_000);
                self.deliver(&code, at, ending, stale);
            }
            Op::Hammer(budget, times) => self.hammer(*budget, *times, at),
            Op::Attest => self.attest(at, ending),
            Op::Suspend => self.change(&Change::Suspend),
            Op::Resume => self.change(&Change::Resume),
            Op::SetPhone => self.change(&Change::SetPhone(phone())),
            Op::BindApp => self.bind_app(),
            Op::RemoveApps => self.change(&Change::Remove(Factor::Totp)),
            Op::Forward(seconds) => self.forward(*seconds),
            Op::ToRelease => self.until_release(),
            Op::Back(seconds) => self.back(*seconds),
            Op::Answer(right, second) => {
                if self.reserve(*right, at, ending) {
                    self.settle(self.tickets.len() - 1, at, *second);
                }
            }
            Op::Reserve(right) => {
                self.reserve(*right, at, ending);
            }
            Op::Settle(which, own) => {
                if let Some(which) = which.checked_rem(self.tickets.len()) {
                    let ticket = &self.tickets[which];
                    let call = if *own { ticket.call } else { at.call };
                    self.settle(which, &Place { call, ..*at }, ending);
                }
            }
            Op::SetQuestions => self.set_questions(),
        }
        self.expect_status(at);
    }

    // --- Time ---

    fn forward(&mut self, seconds: u64) {
        // A clock that lags, or comes right, may end a month's wait earlier.
        if self.model.lags_since.is_some() || self.clock + SKEW < self.model.seen {
            self.forget_months();
        }
        self.clock += seconds;
        self.real += seconds;
        self.high = self.high.max(self.clock);
    }

    fn forget_months(&mut self) {
        for budget in &mut self.model.budgets {
            for lane in &mut budget.lanes {
                lane.locks.retain(|lock| !matches!(lock, Lock::Month(_)));
            }
        }
    }

    fn back(&mut self, seconds: u64) {
        self.clock = self.clock.saturating_sub(seconds).max(NOW / 2);
        self.forget_months();
    }

    fn until_release(&mut self) {
        let lanes = self.model.budgets.iter().flat_map(|budget| &budget.lanes);
        let locks = lanes.flat_map(|lane| &lane.locks);
        let next = locks
            .map(|lock| lock.release())
            .filter(|release| (self.clock + 1..self.clock + 50 * DAY).contains(release))
            .min();
        if let Some(release) = next {
            self.forward(release - self.clock);
        }
    }

    // --- Writes ---

    /// Commits a step: the row is either as it was, or one revision further.
    fn commit<O>(&mut self, step: Transition<Recorded<O>, Sealed>, ending: Ending) -> Done<O> {
        let before = self.row.clone();
        let done = self.row.commit(step, ending);
        if done.wrote {
            let now = self.row.account().revision();
            assert_eq!(now, self.model.revision + 1, "revisions only grow");
            self.previous = before;
        }
        done
    }

    /// A step from what stood in the row before: somebody else has written since, so it must not be saved or told.
    fn race_lost(&mut self, attempt: &Attempt, ctx: &TimedContext) {
        if self.previous.version() == self.row.version() {
            return;
        }
        let before = self.row.version();
        let step = self.previous.account().check(attempt, ctx).unwrap();
        let done = self.row.commit(step, Ending::Stored);
        assert_eq!(self.row.version(), before, "a lost race was saved");
        let told = done.told.map(|told| said(&told.outcome));
        assert_ne!(told, Some(Said::Accepted), "a lost race was told");
    }

    fn change(&mut self, change: &Change) {
        let ctx = agent(self.clock, 100);
        if self.model.suspended && !matches!(change, Change::Suspend | Change::Resume) {
            let account = self.row.account();
            let refused = account.change(change, &countersign::Authority::Host, &ctx);
            assert!(refused.unwrap_err().is_misuse(), "it is suspended");
            return;
        }
        let account = self.row.account();
        let step = account.change(change, &countersign::Authority::Host, &ctx);
        let done = self.commit(step.unwrap(), Ending::Stored);
        assert_eq!(done.told.unwrap().outcome, Changed::Done);
        let model = &mut self.model;
        model.see(self.clock);
        model.revision += 1;
        match change {
            Change::SetPhone(_) => {
                model.codes.clear();
                model.budgets[DELIVERED].bind_anew();
            }
            Change::Remove(_) => {
                model.apps.clear();
                for lane in &mut model.budgets[TOTP].lanes {
                    lane.locks.retain(|lock| matches!(lock, Lock::Month(_)));
                }
                model.void();
            }
            Change::Suspend => {
                model.suspended = true;
                model.codes.clear();
                model.void();
            }
            Change::Resume => model.suspended = false,
            Change::SetQuestions(_) => {
                if model.enrolment > 0 {
                    model.void();
                }
                model.enrolment += 1;
                model.budgets[QUESTIONS].bind_anew();
            }
            _ => {}
        }
    }

    fn set_questions(&mut self) {
        let verifiers = enrolled_answers(&self.row.settings);
        self.change(&Change::SetQuestions(verifiers));
    }

    /// Adds an app, and confirms it by its first code: a try like any other as far as locks go.
    fn bind_app(&mut self) {
        if self.model.suspended || self.model.apps.len() >= 3 {
            return;
        }
        let (number, app) = (self.next_app, totp(self.next_app));
        self.next_app += 1;
        self.change(&Change::AddTotp(app.clone()));
        let code = right_code(&app, self.clock);
        let ctx = agent(self.clock, 100);
        let change = Change::ConfirmTotp(Code::typed(&code));
        let account = self.row.account();
        let step = account.change(&change, &countersign::Authority::Host, &ctx);
        let done = self.commit(step.unwrap(), Ending::Stored);
        let rules = self.rules;
        self.model.see(self.clock);
        self.model.revision += u64::from(done.wrote);
        let budget = &mut self.model.budgets[TOTP];
        match done.told.unwrap().outcome {
            // No lock and no closed lane keeps it out.
            Changed::Done => {
                if budget.is_disabled(rules) {
                    self.model.apps.clear();
                }
                budget.bind_anew();
                let step = self.clock / 30;
                self.model.apps.push((number, app, step + 1));
                self.spent.insert(format!("app {number} step {step}"));
                self.offered.push(code);
            }
            other => panic!("{other:?}"),
        }
    }

    // --- Checks ---

    fn totp(&mut self, code: &str, at: &Place, ending: Ending, stale: bool) {
        self.offered.push(code.to_owned());
        let (now, attempt) = (self.clock, typed(code));
        let judge = |model: &mut Model| {
            let shown = model.judge_totp(code, now);
            let name = |(app, step): &(u8, u64)| format!("app {app} step {step}");
            (!shown.is_empty()).then(|| Shown {
                factor: Factor::Totp,
                bound: false,
                spends: shown.iter().map(name).collect(),
            })
        };
        self.check(&attempt, TOTP, at, ending, stale, judge);
    }

    fn last_sent(&self, which: usize) -> Option<(Place, String)> {
        self.sent.iter().rev().nth(which).cloned()
    }

    fn deliver(&mut self, digits: &str, at: &Place, ending: Ending, stale: bool) {
        let attempt = delivered(digits);
        let judge = |model: &mut Model| model.judge_delivered(digits, at);
        self.check(&attempt, DELIVERED, at, ending, stale, judge);
    }

    /// One check, and everything that must hold of it. Answers what it told, or would have.
    fn check(
        &mut self,
        attempt: &Attempt,
        budget: usize,
        at: &Place,
        ending: Ending,
        stale: bool,
        judge: impl FnOnce(&mut Model) -> Option<Shown>,
    ) -> Said {
        let (ctx, now, rules) = (self.ctx(at), self.clock, self.rules);
        if stale {
            self.race_lost(attempt, &ctx);
        }
        let account = self.row.account();
        let (spied, length) = spy(account.check(attempt, &ctx).unwrap());
        let said = said(&spied.outcome);
        let done = self.commit(account.check(attempt, &ctx).unwrap(), ending);
        let saves = length.is_some() && matches!(ending, Ending::Stored | Ending::Lost);
        assert_eq!(done.wrote, saves);
        // Saved first, told after: what needs a write is told by a write that is known to have happened.
        let tells = length.is_none() || ending == Ending::Stored;
        assert_eq!(done.told.is_some(), tells);

        let mut next = self.model.clone();
        let went_back = next.see(now);
        next.revision += 1;
        if next.suspended {
            let writes = went_back || next.turned(&self.model);
            assert_eq!((said, length.is_some()), (Said::Denied, writes));
            if saves {
                self.model = next;
            }
            return said;
        }
        let lane = next.lane(at.call, budget, self.clock);
        let free = next.budgets[budget].is_free(lane, now, rules);
        match said {
            Said::Locked(until) => {
                assert!(!free, "locked without a reason: {:?}", next.budgets[budget]);
                let told = |model: &mut Model| match until {
                    Some(release) => model.budgets[budget].told(lane, release, now, rules),
                    None => model.budgets[budget].closed(lane, rules),
                };
                told(&mut next);
                if saves {
                    self.model = next;
                } else if tells {
                    told(&mut self.model);
                }
            }
            Said::Accepted | Said::Denied => {
                next.budgets[budget].expect_unlocked(lane, now);
                next.budgets[budget].expect_budget(lane, self.real, rules);
                expect_same_length(&account, attempt, &ctx, length);
                let shown = judge(&mut next);
                assert_eq!(
                    shown.is_some(),
                    said == Said::Accepted,
                    "{attempt:?} {said:?}"
                );
                match &shown {
                    None => {
                        let steady = next.steady;
                        next.budgets[budget].charge(lane, now, steady, self.real, rules);
                    }
                    Some(shown) => {
                        next.budgets[budget].succeed(lane);
                        next.hold(at, shown.factor, shown.bound, now);
                        if let ControlFlow::Break(Outcome::Accepted(evidence)) = &spied.outcome {
                            let bound = ctx.transaction_digest().filter(|_| shown.bound);
                            assert_eq!(evidence.transaction_digest(), bound);
                            expect_evidence(evidence, shown.factor, &next, &ctx);
                        }
                    }
                }
                if saves {
                    for name in shown.into_iter().flat_map(|shown| shown.spends) {
                        assert!(self.spent.insert(name.clone()), "{name} twice");
                    }
                    self.model = next;
                }
            }
            Said::InvalidCheckDigit => panic!("no code here has a check digit"),
            Said::Busy => panic!("nobody else computes"),
        }
        said
    }

    fn hammer(&mut self, budget: usize, times: u8, at: &Place) {
        for number in 0..u32::from(times) {
            let wrong = other_than(
                &[],
                7_919 * (number + 1) + u32::try_from(self.real).unwrap(),
            );
            let release = self.clock;
            match budget {
                TOTP => self.totp(&wrong, at, Ending::Stored, false),
                _ => self.deliver(&wrong, at, Ending::Stored, false),
            }
            let lane = self.model.lane(at.call, budget, self.clock);
            let locks = &self.model.budgets[budget].lanes[lane].locks;
            let next = locks.iter().map(|lock| lock.release()).max();
            let next = next.unwrap_or(0).min(release + 42 * DAY);
            self.forward(next.saturating_sub(self.clock));
        }
    }

    fn attest(&mut self, at: &Place, ending: Ending) {
        let by = "counter";
        let attempt = Attempt::External(
            ExternalVerification::new(by, FactorClass::Possession, Strength::Full).unwrap(),
        );
        let ctx = self.ctx(at);
        let step = self.row.account().check(&attempt, &ctx).unwrap();
        let done = self.commit(step, ending);
        let mut next = self.model.clone();
        let went_back = next.see(self.clock);
        next.revision += 1;
        if let Some(told) = done.told {
            match told.outcome {
                ControlFlow::Break(Outcome::Denied) => assert!(next.suspended),
                ControlFlow::Break(Outcome::Accepted(evidence)) => {
                    expect_evidence(&evidence, Factor::External, &next, &ctx);
                }
                other => panic!("{other:?}"),
            }
        }
        if done.wrote {
            assert!(!next.suspended || went_back || next.turned(&self.model));
            if !next.suspended {
                next.hold(at, Factor::External, false, self.clock);
            }
            self.model = next;
        }
    }

    /// Issues a code. One that is stored and never told is nobody's; the model leaves that ending out.
    fn issue(&mut self, private: bool, at: &Place, ending: Ending) {
        let ending = if ending == Ending::Lost {
            Ending::Failed
        } else {
            ending
        };
        let order = if private {
            CodeOrder::private()
        } else {
            CodeOrder::spoken()
        };
        let ctx = self.ctx(at);
        let step = self.row.account().issue(&order, &ctx).unwrap();
        let done = self.commit(step, ending);
        let (now, rules) = (self.clock, self.rules);
        let mut next = self.model.clone();
        next.see(now);
        next.revision += 1;
        let lane = next.lane(at.call, DELIVERED, self.clock);
        match done.told.map(|told| told.outcome) {
            Some(Issued::Ready(delivery)) => {
                assert!(done.wrote && !next.suspended);
                next.budgets[DELIVERED].expect_unlocked(lane, now);
                let expires = delivery.expires().unix();
                let digits = delivery.send(|_, digits| digits.to_owned()).unwrap();
                let same = |code: &OpenCode| {
                    (code.call, code.private, code.bound) == (at.call, private, at.bound)
                        && now + 120 <= code.expires
                };
                if let Some(open) = next.codes.iter_mut().find(|code| same(code)) {
                    // B30: the same code, as it was.
                    assert_eq!((&open.digits, open.expires), (&digits, expires));
                    assert!(now >= open.at + COOL_DOWN, "too soon");
                    open.at = now;
                } else {
                    assert_eq!(expires, now + CODE);
                    next.codes.retain(|code| code.call != at.call);
                    next.codes.push(OpenCode {
                        private,
                        call: at.call,
                        digits: digits.clone(),
                        expires,
                        bound: at.bound,
                        at: now,
                        wrong: 0,
                    });
                    // Digits can come again, as the digits of another code.
                    self.spent.remove(&format!("code {digits}"));
                }
                let channel = if private {
                    Channel::Device
                } else {
                    Channel::Agent
                };
                self.sent.push((Place { channel, ..*at }, digits));
            }
            Some(Issued::RateLimited(countersign::account::Lock::Until(release))) => {
                let release = release.unix();
                let cools_down = next.codes.iter().any(|code| {
                    (code.call, code.private, code.bound) == (at.call, private, at.bound)
                        && release == code.at + COOL_DOWN
                });
                let lag = next.steady.saturating_sub(now + next.ahead).min(ISSUING);
                let told = |model: &mut Model| {
                    let budget = &mut model.budgets[DELIVERED];
                    let is_lock = |lock: &Lock| lock.release() == release;
                    // A code that was just sent, and only so many in a while, are no locks. Clocks of one host may read less
                    // than when the window began. A clock that lags makes up for it first, if it is not read before.
                    let soon = release <= now + ISSUING + SKEW.max(lag);
                    if budget.lanes[lane].locks.iter().any(is_lock) || !(cools_down || soon) {
                        budget.told(lane, release, now, rules);
                    }
                };
                told(&mut next);
                if !done.wrote {
                    told(&mut self.model);
                }
            }
            Some(Issued::RateLimited(countersign::account::Lock::Indefinite)) => {
                if !next.suspended {
                    next.budgets[DELIVERED].closed(lane, rules);
                }
            }
            None => assert!(!done.wrote),
        }
        if done.wrote {
            self.model = next;
        }
    }

    // --- Questions ---

    /// Charges and computes; whether there is something to settle.
    fn reserve(&mut self, right: bool, at: &Place, ending: Ending) -> bool {
        let attempt = if right {
            right_answers()
        } else {
            wrong_answers(self.tickets.len())
        };
        let (ctx, rules) = (self.ctx(at), self.rules);
        let mut before = self.row.clone();
        let mut charged = self.model.clone();
        charged.see(self.clock);
        let lane = charged.lane(at.call, QUESTIONS, self.clock);
        let steady = charged.steady;
        let budget = &mut charged.budgets[QUESTIONS];
        let charge = budget.charge(lane, self.clock, steady, self.real, rules);
        let said = self.check(&attempt, QUESTIONS, at, ending, false, |_| None);
        let saves = matches!(ending, Ending::Stored | Ending::Lost);
        if said != Said::Denied || self.model.suspended || !saves {
            return false;
        }
        let revision = self.model.revision;
        self.model.reservations.push((revision, self.clock));
        if ending == Ending::Lost {
            return false;
        }
        // The same reservation again, from the same record: `check` above has thrown its own away.
        let step = before.account().check(&attempt, &ctx).unwrap();
        let told = before.commit(step, Ending::Stored).told.unwrap();
        let ControlFlow::Continue(reserved) = told.outcome else {
            panic!("answers are dear")
        };
        let mut permit = self.row.settings.hash_pool().permit().unwrap();
        self.tickets.push(Ticket {
            worked: reserved.work(std::slice::from_mut(&mut permit)).unwrap(),
            right,
            revision,
            epoch: self.model.epoch,
            enrolment: self.model.enrolment,
            call: at.call,
            charge,
        });
        true
    }

    fn settle(&mut self, which: usize, at: &Place, ending: Ending) {
        let (ctx, rules) = (self.ctx(at), self.rules);
        let account = self.row.account();
        let ticket = &self.tickets[which];
        let (spied, length) = spy(account.settle(&ticket.worked, &ctx).unwrap());
        let step = account.settle(&ticket.worked, &ctx).unwrap();
        let mut next = self.model.clone();
        let went_back = next.see(self.clock);
        let turned = next.turned(&self.model);
        next.revision += 1;
        let place = next
            .reservations
            .iter()
            .position(|(revision, _)| *revision == ticket.revision);
        let closed = next.budgets[QUESTIONS].is_disabled(rules) && !ticket.charge.disables;
        let same = next.epoch == ticket.epoch
            && next.enrolment == ticket.enrolment
            && at.call == ticket.call;
        let counts = ticket.right && !next.suspended && same && !closed && place.is_some();
        match (&spied.outcome, counts) {
            (Outcome::Accepted(evidence), true) => {
                expect_evidence(evidence, Factor::Questions, &next, &ctx);
                next.reservations.remove(place.unwrap());
                next.budgets[QUESTIONS].refund(&ticket.charge);
                next.hold(at, Factor::Questions, false, self.clock);
            }
            (Outcome::Denied, false) => assert_eq!(length.is_some(), went_back || turned),
            (other, counts) => panic!("{other:?}, but counts: {counts}"),
        }
        let done = self.commit(step, ending);
        let saves = length.is_some() && matches!(ending, Ending::Stored | Ending::Lost);
        assert_eq!(done.wrote, saves);
        assert_eq!(
            done.told.is_some(),
            length.is_none() || ending == Ending::Stored
        );
        if saves {
            self.model = next;
        }
    }

    /// What the account says of itself is what the model says.
    fn expect_status(&self, at: &Place) {
        let account = self.row.account();
        assert_eq!(account.revision(), self.model.revision);
        let status = account.status(&self.ctx(at));
        let mut now = self.model.clone();
        now.see(self.clock);
        assert_eq!(status.epoch(), now.epoch);
        assert_eq!(status.is_suspended(), now.suspended);
        assert_eq!(status.is_enrolled(Factor::Totp), !now.apps.is_empty());
    }
}

/// B40: the length of what is stored does not tell what was found.
fn expect_same_length(
    account: &Account,
    attempt: &Attempt,
    ctx: &TimedContext,
    length: Option<usize>,
) {
    let nothing = Code::typed("");
    let wrong = match attempt {
        Attempt::Totp(_) => Attempt::Totp(nothing),
        Attempt::Delivered(_) => Attempt::Delivered(nothing),
        _ => return,
    };
    let (_, other) = spy(account.check(&wrong, ctx).unwrap());
    assert_eq!(length, other, "right and wrong differ in length");
}

fn expect_evidence(evidence: &Evidence, factor: Factor, model: &Model, ctx: &TimedContext) {
    assert_eq!(evidence.factor(), factor);
    assert_eq!(evidence.epoch(), model.epoch);
    assert_eq!(evidence.at(), ctx.now());
    assert_eq!(evidence.interaction(), ctx.interaction());
    assert_eq!(*evidence.subject(), maya());
}

fn pick<T>(from: &[T], which: usize) -> Option<&T> {
    from.get(which.checked_rem(from.len())?)
}

// --- What histories are made of ------------------------------------------------------------------------------

fn any_rules() -> impl Strategy<Value = Rules> {
    (1_u8..=5, 30_u32..=900, 0_u32..=86_400, 0_u8..=20, 0_u8..=30).prop_map(
        |(lock_after, first, more, further, tries)| Rules {
            lock_after,
            first,
            longest: (first + more).min(86_400),
            disable_after: (lock_after + further).max(2),
            per_month: (lock_after + tries).max(2),
        },
    )
}

/// The present, the end of 32-bit time in 2106, and the year 9000.
fn any_start() -> impl Strategy<Value = u64> {
    prop_oneof![
        2 => Just(NOW),
        1 => Just((1 << 32) - 500),
        1 => Just(221_845_392_000),
    ]
}

/// Locks come soon and are short, because each answer takes its time.
fn short_rules() -> impl Strategy<Value = Rules> {
    (1_u8..=2, 30_u32..=60, 0_u32..=600).prop_map(|(lock_after, first, more)| Rules {
        lock_after,
        first,
        longest: first + more,
        disable_after: 20,
        per_month: 30,
    })
}

fn any_place() -> impl Strategy<Value = Place> {
    let channel = prop_oneof![
        4 => Just(Channel::Agent),
        1 => Just(Channel::Keypad),
        1 => Just(Channel::Counter),
        3 => Just(Channel::Device),
        1 => Just(Channel::Chat),
    ];
    let bound = prop_oneof![3 => Just(None), 1 => (0_u8..2).prop_map(Some)];
    (0_u8..3, channel, bound).prop_map(|(call, channel, bound)| Place {
        call,
        channel,
        bound,
    })
}

fn any_ending() -> impl Strategy<Value = Ending> {
    prop_oneof![
        8 => Just(Ending::Stored),
        1 => Just(Ending::Conflict),
        1 => Just(Ending::Failed),
        1 => Just(Ending::Lost),
    ]
}

fn any_time() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => (0_u64..=90).prop_map(Op::Forward),
        2 => (0_u64..=7_200).prop_map(Op::Forward),
        2 => (0_u64..=40 * DAY).prop_map(Op::Forward),
        4 => Just(Op::ToRelease),
        2 => (0_u64..=2 * SKEW).prop_map(Op::Back),
        1 => (0_u64..=2 * DAY).prop_map(Op::Back),
        1 => (0_u64..=40 * DAY).prop_map(Op::Back),
    ]
}

fn any_totp() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => (0_usize..3, -1_i8..=0).prop_map(|(which, steps)| Op::Totp(which, steps)),
        1 => (0_usize..3, -3_i8..=2).prop_map(|(which, steps)| Op::Totp(which, steps)),
        2 => (0_usize..64).prop_map(Op::OldTotp),
        2 => (0_u32..1_000_000).prop_map(Op::GuessTotp),
        1 => (1_u8..=12).prop_map(|times| Op::Hammer(TOTP, times)),
    ]
}

fn any_delivered() -> impl Strategy<Value = Op> {
    prop_oneof![
        5 => any::<bool>().prop_map(Op::Issue),
        4 => (0_usize..2).prop_map(|which| Op::Deliver(which, true)),
        2 => (0_usize..8, any::<bool>()).prop_map(|(which, own)| Op::Deliver(which, own)),
        1 => (0_usize..2).prop_map(Op::Tell),
        2 => (0_u32..1_000_000).prop_map(Op::GuessDelivered),
        1 => (1_u8..=12).prop_map(|times| Op::Hammer(DELIVERED, times)),
    ]
}

fn any_change() -> impl Strategy<Value = Op> {
    prop_oneof![
        1 => Just(Op::Suspend),
        3 => Just(Op::Resume),
        1 => Just(Op::SetPhone),
        3 => Just(Op::BindApp),
        1 => Just(Op::RemoveApps),
    ]
}

type Event = (Op, Place, Ending, bool);

fn event(op: impl Strategy<Value = Op>) -> impl Strategy<Value = Event> {
    (op, any_place(), any_ending(), prop::bool::weighted(0.1))
}

fn history(rules: Rules, start: u64, asks: bool, events: &[Event]) {
    let mut world = World::new(rules, start, asks);
    for (op, at, ending, stale) in events {
        world.run(op, at, *ending, *stale);
    }
}

/// So many histories, or as many as `PROPTEST_CASES` says.
fn cases(cases: u32) -> ProptestConfig {
    let more = std::env::var("PROPTEST_CASES").map(|number| number.parse().unwrap());
    ProptestConfig {
        cases: more.unwrap_or(cases),
        failure_persistence: None,
        max_shrink_iters: 4_000,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(cases(160))]

    /// Everything that costs no Argon2id, all mixed.
    #[test]
    fn any_history_keeps_its_promises(
        rules in any_rules(),
        start in any_start(),
        events in vec(event(prop_oneof![
            5 => any_totp(),
            5 => any_delivered(),
            2 => Just(Op::Attest),
            1 => any_change(),
            5 => any_time(),
        ]), 1..60),
    ) {
        history(rules, start, false, &events);
    }

    /// One factor, much guessing: the budgets of both lanes are used up again and again.
    #[test]
    fn guessing_never_exceeds_a_budget(
        rules in any_rules(),
        start in any_start(),
        events in vec(event(prop_oneof![
            6 => any_totp(),
            3 => Just(Op::Attest),
            1 => Just(Op::BindApp),
            4 => any_time(),
        ]), 1..80),
    ) {
        history(rules, start, false, &events);
    }
}

proptest! {
    #![proptest_config(cases(12))]

    /// Answers: charged first, settled later, twice, or never.
    #[test]
    fn answers_are_charged_and_settled_once(
        rules in prop_oneof![short_rules(), any_rules()],
        start in any_start(),
        events in vec(event(prop_oneof![
            4 => (any::<bool>(), any_ending()).prop_map(|(right, second)| Op::Answer(right, second)),
            3 => prop::bool::weighted(0.7).prop_map(Op::Reserve),
            5 => (0_usize..16, prop::bool::weighted(0.8))
                .prop_map(|(which, own)| Op::Settle(which, own)),
            1 => Just(Op::Attest),
            1 => any_change(),
            1 => Just(Op::SetQuestions),
            3 => Just(Op::ToRelease),
            2 => (0_u64..=2 * SKEW).prop_map(Op::Back),
            2 => any_time(),
        ]), 1..24),
    ) {
        history(rules, start, true, &events);
    }
}

// --- Histories that once broke a promise ---------------------------------------------------------------------

fn in_call(op: Op, call: u8) -> Event {
    let at = Place {
        call,
        channel: Channel::Agent,
        bound: None,
    };
    (op, at, Ending::Stored, false)
}

const PLAIN: Rules = Rules {
    lock_after: 5,
    first: 30,
    longest: 3_600,
    disable_after: 10,
    per_month: 200,
};

/// The factor is disabled by tries in a row on the lane with evidence: then it is for everybody (SP 800-63B-4 3.2.2).
#[test]
fn n12_the_known_lane_disables_the_open_one_too() {
    let events = [
        in_call(Op::Attest, 1),
        in_call(Op::Hammer(TOTP, 10), 1),
        in_call(Op::GuessTotp(0), 2),
    ];
    history(PLAIN, NOW, false, &events);
}

/// What the lane with evidence has used of the month is not there for the open one.
#[test]
fn b37_the_month_counts_both_lanes_together() {
    let rules = Rules {
        disable_after: 100,
        per_month: 10,
        ..PLAIN
    };
    let events = [
        in_call(Op::Attest, 1),
        in_call(Op::Hammer(TOTP, 9), 1),
        in_call(Op::GuessTotp(1), 2),
        in_call(Op::GuessTotp(2), 2),
    ];
    history(rules, NOW, false, &events);
}

/// A code that is open does not outlive a clock that was set back by more than the skew; one by less it does.
#[test]
fn codes_are_void_when_the_clock_is_set_back() {
    for (seconds, open) in [(SKEW + 1, 0), (SKEW, 1)] {
        let mut world = World::new(PLAIN, NOW, false);
        for (op, at, ending, stale) in [
            in_call(Op::Issue(false), 1),
            in_call(Op::Forward(200), 1),
            in_call(Op::GuessDelivered(0), 2),
            in_call(Op::Back(seconds), 1),
            in_call(Op::GuessDelivered(0), 2),
        ] {
            world.run(&op, &at, ending, stale);
        }
        assert_eq!(world.model.codes.len(), open);
        let (op, at, ending, stale) = in_call(Op::Deliver(0, true), 1);
        world.run(&op, &at, ending, stale);
        assert_eq!(world.model.codes.len(), 0);
    }
}

/// A private code that was told is burnt; a spoken one that was offered in another call is not.
#[test]
fn codes_count_where_they_belong() {
    let told = [
        in_call(Op::Issue(true), 1),
        in_call(Op::Tell(0), 1),
        in_call(Op::Deliver(0, true), 1),
        in_call(Op::Issue(true), 1),
        in_call(Op::Deliver(0, false), 2),
        in_call(Op::Deliver(0, true), 1),
    ];
    history(PLAIN, NOW, false, &told);
    let elsewhere = [
        in_call(Op::Issue(false), 1),
        in_call(Op::Deliver(0, false), 2),
        in_call(Op::Deliver(0, true), 1),
        in_call(Op::Deliver(0, true), 1),
    ];
    history(PLAIN, NOW, false, &elsewhere);
}

/// A right answer gives its own lock back, and no other: the clock may be set back into that one.
#[test]
fn a_refund_leaves_the_lock_before_its_own() {
    let wrong = || in_call(Op::Answer(false, Ending::Stored), 1);
    let events = [
        wrong(),
        in_call(Op::ToRelease, 1),
        in_call(Op::Answer(true, Ending::Stored), 1),
        in_call(Op::Back(10), 1),
        wrong(),
    ];
    let rules = Rules {
        lock_after: 1,
        ..PLAIN
    };
    history(rules, NOW, true, &events);
}

/// Codes that were sent before the clock was set back still count, by the time that really passed.
#[test]
fn codes_count_across_a_clock_that_is_set_back() {
    let rules = Rules {
        lock_after: 1,
        first: 30,
        longest: 30,
        disable_after: 2,
        per_month: 2,
    };
    let events = [
        in_call(Op::Issue(false), 0),
        in_call(Op::Issue(false), 1),
        in_call(Op::Back(SKEW + 1), 0),
        in_call(Op::Issue(false), 0),
        in_call(Op::Issue(true), 0),
        in_call(Op::Issue(false), 0),
    ];
    history(rules, NOW, false, &events);
}

/// A late right answer gives the month a try back: the wait that the month's cap had named is over at once.
#[test]
fn a_refund_opens_the_month() {
    let rules = Rules {
        lock_after: 2,
        first: 30,
        longest: 30,
        disable_after: 3,
        per_month: 5,
    };
    let answer = |right, ending| in_call(Op::Answer(right, ending), 0);
    let events = [
        answer(false, Ending::Stored),
        answer(true, Ending::Stored),
        answer(true, Ending::Conflict),
        answer(true, Ending::Stored),
        answer(false, Ending::Stored),
        answer(false, Ending::Stored),
        in_call(Op::Settle(2, true), 0),
        answer(false, Ending::Stored),
    ];
    history(rules, 1_800_000_000, true, &events);
}

/// A lock that came after a charge stands when that charge is given back.
#[test]
fn a_refund_leaves_the_lock_of_another() {
    let wrong = || in_call(Op::Answer(false, Ending::Stored), 1);
    let events = [
        in_call(Op::Reserve(true), 1),
        wrong(),
        in_call(Op::Settle(0, true), 1),
        wrong(),
    ];
    let rules = Rules {
        lock_after: 2,
        ..PLAIN
    };
    history(rules, NOW, true, &events);
}
