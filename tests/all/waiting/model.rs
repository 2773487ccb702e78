//! The state machine of changes that wait, beside a model of it: requests, cancellations, suspensions, clocks that jump both ways,
//! and two processes over one store.

use super::*;
use countersign::account::ExternalVerification;
use countersign::otp::Hotp;
use countersign::{FactorClass, Strength};
use proptest::prelude::*;

const FACTORS: [Factor; 4] = [
    Factor::Totp,
    Factor::Hotp,
    Factor::PrivateCode,
    Factor::RecoveryCode,
];
const DELAY: u64 = 86_400;
const BARRED: u64 = 604_800;

#[derive(Clone, Copy, Debug)]
enum Act {
    Ask(usize),
    /// The place among those that wait, and whether the caller shows something first.
    Cancel(usize, bool),
    CancelByHost(usize),
    Suspend,
    Resume,
    VoidAll,
    /// The host enrols a telephone or a list anew.
    Enrol(bool),
    Look,
}

/// One act, by one of two processes, after the clock has jumped.
#[derive(Clone, Copy, Debug)]
struct Step {
    jump: i64,
    second_process: bool,
    act: Act,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let jump = prop_oneof![
        6 => 61..10_000_i64,
        4 => 40_000..100_000_i64,
        2 => 100_000..700_000_i64,
        1 => 2_000_000..4_000_000_i64,
        2 => -100_000..-200_i64,
        1 => -4_000_000..-200_000_i64,
    ];
    let act = prop_oneof![
        6 => (0..FACTORS.len()).prop_map(Act::Ask),
        2 => (0..4_usize, any::<bool>()).prop_map(|(place, shows)| Act::Cancel(place, shows)),
        1 => (0..4_usize).prop_map(Act::CancelByHost),
        1 => Just(Act::Suspend),
        2 => Just(Act::Resume),
        1 => Just(Act::VoidAll),
        1 => any::<bool>().prop_map(Act::Enrol),
        3 => Just(Act::Look),
    ];
    let step = (jump, any::<bool>(), act).prop_map(|(jump, second_process, act)| Step {
        jump,
        second_process,
        act,
    });
    proptest::collection::vec(step, 1..30)
}

/// Steady time, by the docs of `Limits`: it never goes back, and stands while a clock that was set back catches up.
#[derive(Clone, Copy, Debug, Default)]
struct Steady {
    time: u64,
    last: u64,
    lags: Option<u64>,
    wrong_by: u64,
}

impl Steady {
    fn see(&mut self, reading: u64) {
        let back = reading + 120 < self.last;
        let step = reading.saturating_sub(self.last);
        self.last = if back {
            reading
        } else {
            self.last.max(reading)
        };
        let right = reading + self.wrong_by;
        if self.time <= right + 120 {
            self.time = self.time.max(right);
            self.lags = None;
            return;
        }
        let since = self.lags.unwrap_or(self.time);
        self.time += step;
        self.lags = Some(since);
        if self.time >= since + 30 * 86_400 {
            (self.wrong_by, self.lags) = (self.time - self.last, None);
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Waiting {
    id: PendingId,
    factor: usize,
    due: u64,
}

#[derive(Debug)]
struct Model {
    clock: Steady,
    enrolled: [bool; FACTORS.len()],
    waiting: Vec<Waiting>,
    barred: [u64; FACTORS.len()],
    suspended: Option<u64>,
}

impl Model {
    fn see(&mut self, reading: u64) {
        self.clock.see(reading);
        if self.suspended.is_some() {
            return;
        }
        for one in &self.waiting {
            if one.due <= self.clock.time {
                self.enrolled[one.factor] = false;
            }
        }
        self.waiting.retain(|one| one.due > self.clock.time);
    }

    fn cancel(&mut self, place: usize) -> bool {
        if place >= self.waiting.len() {
            return false;
        }
        let one = self.waiting.remove(place);
        let until = self.clock.time + BARRED;
        self.barred[one.factor] = self.barred[one.factor].max(until);
        true
    }
}

struct Run {
    banks: [Bank; 2],
    model: Model,
    now: i64,
    number: u8,
}

impl Run {
    fn new() -> Self {
        let store = Arc::new(MemoryStore::new());
        let first = Bank::over(Arc::clone(&store));
        let second = Bank {
            verifier: verifier(store, &first.trail),
            anna: first.anna.clone(),
            trail: Arc::clone(&first.trail),
        };
        let mut run = Self {
            banks: [first, second],
            model: Model {
                clock: Steady::default(),
                enrolled: [true; FACTORS.len()],
                waiting: Vec::new(),
                barred: [0; FACTORS.len()],
                suspended: None,
            },
            now: -80 * DAY,
            number: 0,
        };
        for day in [-90, -80] {
            let reading = START + day * DAY;
            run.model.clock.see(u64::try_from(reading).unwrap());
        }
        let ctx = run.ctx();
        let key = OtpKey::new(SecretBytes::from(vec![5; 20])).unwrap();
        let token = Hotp::from(key);
        let code = Code::typed(token.code_at(0).expose_text());
        let bank = &run.banks[0];
        for change in [Change::AddHotp(token, 0), Change::ConfirmHotp(code)] {
            assert_eq!(bank.by_host(&change, &ctx), Changed::Done);
        }
        run.enrol(false);
        run
    }

    fn ctx(&self) -> TimedContext {
        call(self.now, self.number)
    }

    fn enrol(&self, phone: bool) {
        let (bank, ctx) = (&self.banks[0], self.ctx());
        if phone {
            let phone = Destination::phone("+6281234567834").unwrap();
            assert_eq!(bank.by_host(&Change::SetPhone(phone), &ctx), Changed::Done);
        } else {
            let by = Authority::Host;
            let list = bank
                .verifier
                .generate_recovery_codes(&bank.anna, 2, &by, &ctx);
            assert_eq!(list.unwrap().codes().len(), 2);
        }
    }

    fn step(&mut self, step: Step) {
        self.now += step.jump;
        self.number = self.number.wrapping_add(1);
        let ctx = self.ctx();
        let reading = u64::try_from(START + self.now).unwrap();
        let bank = &self.banks[usize::from(step.second_process)];
        // A step that writes: from here on the record has seen this reading.
        bank.approve("clock", "none", &ctx);
        self.model.see(reading);
        match step.act {
            Act::Ask(place) => self.ask(place, step.second_process),
            Act::Cancel(place, shows) => {
                let id = self.id(place);
                if shows {
                    let shown =
                        ExternalVerification::new("desk", FactorClass::Possession, Strength::Full);
                    let passed = bank.checks(&Attempt::External(shown.unwrap()), &ctx);
                    assert_eq!(passed, self.model.suspended.is_none());
                }
                let told = bank.verifier.cancel(&bank.anna, id, &ctx).unwrap();
                let may = shows && self.model.suspended.is_none();
                let done = may && self.model.cancel(place);
                assert_eq!(told == Changed::Done, done, "{told:?}");
            }
            Act::CancelByHost(place) => {
                let told = bank.by_host(&Change::Cancel(self.id(place)), &ctx);
                assert_eq!(told == Changed::Done, self.model.cancel(place), "{told:?}");
            }
            Act::Suspend => {
                assert_eq!(bank.by_host(&Change::Suspend, &ctx), Changed::Done);
                let since = self.model.suspended.unwrap_or(self.model.clock.time);
                self.model.suspended = Some(since);
            }
            Act::Resume => {
                assert_eq!(bank.by_host(&Change::Resume, &ctx), Changed::Done);
                if let Some(since) = self.model.suspended.take() {
                    for one in &mut self.model.waiting {
                        one.due += self.model.clock.time - since;
                    }
                }
            }
            Act::VoidAll => {
                assert_eq!(bank.by_host(&Change::VoidAll, &ctx), Changed::Done);
                self.model.waiting.clear();
            }
            Act::Enrol(phone) if self.model.suspended.is_none() => {
                self.enrol(phone);
                self.model.enrolled[if phone { 2 } else { 3 }] = true;
            }
            Act::Enrol(_) | Act::Look => {}
        }
        self.expect_alike();
    }

    /// The id of the one at that place, or one that was never given.
    fn id(&self, place: usize) -> PendingId {
        let one = self.model.waiting.get(place);
        one.map_or(PendingId::new(60_000), |one| one.id)
    }

    fn ask(&mut self, place: usize, second_process: bool) {
        let (bank, ctx) = (&self.banks[usize::from(second_process)], self.ctx());
        for name in ["eve", "kim"] {
            bank.approve(
                &format!("{name} {}", self.number),
                "authenticator.reset",
                &ctx,
            );
        }
        let grant = match bank.decide("authenticator.reset", &ctx) {
            Decision::Allow(grant) => grant,
            other => {
                assert!(self.model.suspended.is_some(), "{other}");
                return;
            }
        };
        assert!(self.model.suspended.is_none());
        let change = Change::Reset(FACTORS[place]);
        let by = Authority::Granted(&grant);
        let told = bank
            .verifier
            .change(&bank.anna, &change, &by, &ctx)
            .unwrap();
        let model = &mut self.model;
        let mut waiting = model.waiting.iter();
        match waiting.find(|one| one.factor == place) {
            Some(one) => assert_eq!(waits(told).id(), one.id),
            None if model.clock.time < model.barred[place] => {
                assert!(matches!(told, Changed::Barred(_)), "{told:?}");
            }
            None => model.waiting.push(Waiting {
                id: waits(told).id(),
                factor: place,
                due: model.clock.time + DELAY,
            }),
        }
    }

    fn expect_alike(&self) {
        let ctx = call(self.now, 0);
        for bank in &self.banks {
            let all = bank.pending(&ctx);
            let found: Vec<_> = all.iter().map(Pending::id).collect();
            let expected: Vec<_> = self.model.waiting.iter().map(|one| one.id).collect();
            assert_eq!(found, expected);
            for (one, waiting) in all.iter().zip(&self.model.waiting) {
                assert_eq!(one.is_paused(), self.model.suspended.is_some());
                let model = &self.model;
                let moved = model.suspended.map_or(0, |since| model.clock.time - since);
                // A clock that lags makes up for it at a time that nobody knows.
                if model.clock.lags.is_none() {
                    let due = waiting.due + moved - model.clock.wrong_by;
                    assert_eq!(one.effective_at().unix(), due);
                }
                assert!(one.effective_at() > ctx.now());
            }
            for (factor, is) in FACTORS.into_iter().zip(self.model.enrolled) {
                assert_eq!(bank.is_enrolled(factor, &ctx), is, "{factor}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn what_waits_goes_as_the_model_says(steps in steps()) {
        let mut run = Run::new();
        for step in steps {
            run.step(step);
        }
    }
}
