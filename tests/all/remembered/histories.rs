//! Random histories of two machines over one store: one that remembers beside one that does not. All outcomes are those of two
//! machines without memory.

use super::{Bank, Counting, POLICY, ROOM, enrols, right, settings, visit, wrong};
use core::time::Duration;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::subject;
use crate::support::timed::TimedVerifier;
use countersign::account::{Agent, ExternalVerification};
use countersign::delivered::{CodeOrder, Issued};
use countersign::store::{Entry, Key};
use countersign::{
    Attempt, Authority, Authorized, Change, Code, Decision, Error, Factor, FactorClass, Grant,
    Outcome, Policy, Request, Strength, Subject,
};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

#[derive(Clone, Copy, Debug)]
enum Op {
    Create,
    Erase,
    Right,
    Wrong,
    /// Tries until the factor locks, and once more.
    Lock,
    Show,
    Suspend,
    Resume,
    Unlock,
    Rebind,
    Authorize,
    Decide,
    Redeem(usize),
    Approve,
    Raise,
    Order,
    Give(usize),
    End,
    Status,
    Purge,
    Wait(i64),
    /// Keeps a backup of the store, or puts it back.
    Backup,
    Restore,
    /// The next write is carried out, and is an error all the same.
    LoseAnswer,
}

/// Machine, subject, interaction.
type Place = (usize, usize, u8);

fn any_op() -> impl Strategy<Value = (Place, Op)> {
    let op = prop_oneof![
        5 => Just(Op::Create),
        1 => Just(Op::Erase),
        10 => Just(Op::Right),
        4 => Just(Op::Wrong),
        1 => Just(Op::Lock),
        4 => Just(Op::Show),
        1 => Just(Op::Suspend),
        3 => Just(Op::Resume),
        1 => Just(Op::Unlock),
        1 => Just(Op::Rebind),
        6 => Just(Op::Authorize),
        2 => Just(Op::Decide),
        2 => (0..4_usize).prop_map(Op::Redeem),
        2 => Just(Op::Approve),
        3 => Just(Op::Raise),
        3 => Just(Op::Order),
        3 => (0..3_usize).prop_map(Op::Give),
        1 => Just(Op::End),
        2 => Just(Op::Status),
        1 => Just(Op::Purge),
        3 => prop_oneof![1..60_i64, Just(900), Just(86_400), Just(40 * 86_400), -300..0_i64].prop_map(Op::Wait),
        1 => Just(Op::Backup),
        1 => Just(Op::Restore),
        1 => Just(Op::LoseAnswer),
    ];
    // Mostly one subject and one interaction: what is remembered is used then.
    let place = (
        0..2_usize,
        prop_oneof![4 => Just(0_usize), 1 => Just(1)],
        prop_oneof![3 => Just(1_u8), 1 => Just(2)],
    );
    (place, op)
}

const RULES: &str = r#"
    [action."limit.raise".every_tier]
    any = [{ all = [{ approvals = 1, max_age = 900 }] }]
"#;

/// A store, two machines, and what their callers hold.
struct World<'s> {
    store: &'s Counting,
    machines: [Bank<'s>; 2],
    subjects: [Subject; 2],
    policy: Policy,
    grants: Vec<Grant>,
    codes: Vec<Code>,
    backup: [Option<Entry>; 2],
    now: i64,
}

impl<'s> World<'s> {
    fn over(store: &'s Counting, rooms: [usize; 2]) -> Self {
        let settings = settings();
        let machine = |room| {
            let bank = TimedVerifier::new(store, settings.clone());
            if room == 0 {
                bank
            } else {
                bank.with_remembered(room)
            }
        };
        let world = Self {
            store,
            machines: rooms.map(machine),
            subjects: ["C-1", "C-2"].map(subject),
            policy: Policy::from_toml(&format!("{POLICY}{RULES}")).unwrap(),
            grants: Vec::new(),
            codes: Vec::new(),
            backup: [None, None],
            now: 0,
        };
        enrols(&world.machines[0], &world.subjects[0]);
        world
    }

    /// Carries out one step, and says what its caller saw.
    fn step(&mut self, (machine, whom, number): Place, op: Op) -> String {
        // The code of the last step of time is used up.
        self.now += if matches!(op, Op::Right) { 30 } else { 1 };
        let ctx = visit(self.now, number);
        let (bank, anna) = (&self.machines[machine], &self.subjects[whom]);
        let request = |action: &str| Request::new(action).handled_by(Agent::new("tom").unwrap());
        let change = |change: &Change| {
            said(bank.change(anna, change, &Authority::Host, &ctx), |done| {
                format!("{done:?}")
            })
        };
        let checks = |attempt: &Attempt| said(bank.check(anna, attempt, &ctx), outcome);
        let binds = || {
            let Attempt::Totp(code) = right(&ctx) else {
                panic!("another attempt")
            };
            let app = Change::AddTotp(crate::support::rfc_totp());
            [change(&app), change(&Change::ConfirmTotp(code))].join(", ")
        };
        match op {
            // A new account has an app at once.
            Op::Create => match bank.create(anna, &ctx) {
                Ok(()) => binds(),
                Err(error) => format!("{error:?}"),
            },
            Op::Erase => said(bank.erase(anna), |was| was.to_string()),
            Op::Right => checks(&right(&ctx)),
            Op::Wrong => checks(&wrong()),
            Op::Lock => (0..6)
                .map(|_| checks(&wrong()))
                .collect::<Vec<_>>()
                .join(", "),
            Op::Show => {
                let desk =
                    ExternalVerification::new("desk", FactorClass::Possession, Strength::Full);
                checks(&Attempt::External(desk.unwrap()))
            }
            Op::Suspend => change(&Change::Suspend),
            Op::Resume => change(&Change::Resume),
            Op::Unlock => change(&Change::Unlock(Factor::Totp)),
            Op::Rebind => binds(),
            Op::Authorize | Op::Raise => {
                let action = if matches!(op, Op::Raise) {
                    "limit.raise"
                } else {
                    "address.change"
                };
                let told = bank.authorize(&self.policy, &request(action), anna, &ctx);
                said(told, |told| match told {
                    Authorized::Yes(_) => "yes".into(),
                    other => format!("{other:?}"),
                })
            }
            Op::Decide => {
                let told = bank.decide(&self.policy, &request("address.change"), anna, &ctx);
                said(told, |told| match told {
                    Decision::Allow(grant) => {
                        self.grants.push(grant);
                        "allowed".into()
                    }
                    other => format!("{other:?}"),
                })
            }
            Op::Redeem(back) => {
                let Some(grant) = self.grants.iter().rev().nth(back) else {
                    return "-".into();
                };
                said(bank.redeem(grant, &ctx), |told| format!("{:?}", told.err()))
            }
            Op::Approve => {
                let (eve, lasts) = (Agent::new("eve").unwrap(), Duration::from_secs(900));
                said(bank.approve(anna, &eve, "limit.raise", lasts, &ctx), |()| {
                    "approved".into()
                })
            }
            Op::Order => said(
                bank.issue(anna, &CodeOrder::private(), &ctx),
                |issued| match issued {
                    Issued::Ready(delivery) => {
                        let sent = delivery.send(|_, code| Code::typed(code));
                        let is_sent = sent.is_some();
                        self.codes.extend(sent);
                        format!("sent: {is_sent}")
                    }
                    Issued::RateLimited(lock) => format!("{lock:?}"),
                },
            ),
            Op::Give(back) => {
                let Some(code) = self.codes.iter().rev().nth(back) else {
                    return "-".into();
                };
                checks(&Attempt::Delivered(code.clone()))
            }
            Op::End => said(bank.end(anna, &ctx), |()| "ended".into()),
            Op::Status => said(bank.status(anna, &ctx), |status| {
                format!(
                    "{:?} {:?}",
                    status.is_suspended(),
                    Factor::ALL.map(|factor| status.locked(factor))
                )
            }),
            Op::Purge => said(bank.purge(ctx.now()), |dropped| dropped.to_string()),
            Op::Wait(seconds) => {
                self.now += seconds;
                String::new()
            }
            Op::Backup => {
                self.backup =
                    [0, 1].map(|whom| self.store.store_load(&Key::of(&self.subjects[whom])));
                String::new()
            }
            Op::Restore => {
                for (whom, earlier) in self.subjects.iter().zip(&self.backup) {
                    if earlier.is_some() {
                        self.store.restore(&Key::of(whom), earlier.as_ref());
                    }
                }
                String::new()
            }
            Op::LoseAnswer => {
                self.store.lost.store(1, Ordering::SeqCst);
                String::new()
            }
        }
    }
}

fn outcome(outcome: Outcome) -> String {
    match outcome {
        Outcome::Accepted(evidence) => format!("accepted by {}", evidence.factor()),
        other => format!("{other:?}"),
    }
}

fn said<T>(told: Result<T, Error>, ok: impl FnOnce(T) -> String) -> String {
    told.map_or_else(|error| format!("{error:?}"), ok)
}

#[test]
fn outcomes_are_those_without_memory() {
    let (with, without) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let config = ProptestConfig {
        cases: 128,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let histories = prop::collection::vec(any_op(), 1..90);
    let ran = TestRunner::new(config).run(&histories, |ops| {
        let stores = [
            Counting::default(),
            Counting::default(),
            Counting::default(),
        ];
        // One that remembers beside one that does not; two that remember; and two that do not.
        let rooms = [[ROOM, 0], [ROOM, 1], [0, 0]];
        let mut worlds: Vec<_> = stores
            .iter()
            .zip(rooms)
            .map(|(store, rooms)| World::over(store, rooms))
            .collect();
        for (number, (place, op)) in ops.into_iter().enumerate() {
            let told: Vec<_> = worlds
                .iter_mut()
                .map(|world| world.step(place, op))
                .collect();
            prop_assert_eq!(
                &told[0],
                &told[2],
                "one that remembers, {}: {:?}",
                number,
                op
            );
            prop_assert_eq!(
                &told[1],
                &told[2],
                "two that remember, {}: {:?}",
                number,
                op
            );
        }
        with.fetch_add(stores[1].trips().0, Ordering::SeqCst);
        without.fetch_add(stores[2].trips().0, Ordering::SeqCst);
        Ok(())
    });
    if let Err(failed) = ran {
        panic!("{failed}");
    }
    let (with, without) = (with.into_inner(), without.into_inner());
    // About one load in ten is saved: half of the steps are refused, or read.
    assert!(
        with + 300 < without,
        "{with} loads, and {without} without memory"
    );
}
