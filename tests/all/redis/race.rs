//! Verifiers of several machines on one subject.

use super::*;
use crate::support::timed::{TimedContext, TimedVerifier};
use crate::support::{at, keyring, rfc_totp};
use countersign::{
    Attempt, Authority, Change, Changed, Channel, Code, Interaction, Outcome, Settings, Subject,
};
use std::sync::Barrier;

const NOW: u64 = 1_800_000_000;
const MACHINES: usize = 2;
const THREADS: usize = 4;

fn machines(server: &RedisServer) -> Vec<TimedVerifier<RedisStore>> {
    let options = apart(server.options());
    (0..MACHINES)
        .map(|_| {
            let store = RedisStore::with_options(&options).unwrap();
            TimedVerifier::new(store, Settings::new("bank", keyring()).unwrap())
        })
        .collect()
}

fn call(seconds: u64) -> TimedContext {
    let interaction = Interaction::from_bytes([7; 16]);
    TimedContext::new(at(NOW + seconds), Channel::Web, interaction)
}

fn customer(number: usize) -> Subject {
    Subject::new("bank", &format!("C-{number}")).unwrap()
}

fn shown(ctx: &TimedContext) -> Code {
    Code::typed(rfc_totp().code_at(ctx.now()).expose_text())
}

fn enrols(verifier: &TimedVerifier<RedisStore>, subject: &Subject) {
    let ctx = call(0);
    verifier.create(subject, &ctx).unwrap();
    for change in [
        Change::AddTotp(rfc_totp()),
        Change::ConfirmTotp(shown(&ctx)),
    ] {
        let changed = verifier.change(subject, &change, &Authority::Host, &ctx);
        assert_eq!(changed.unwrap(), Changed::Done);
    }
}

/// Lets each thread of each machine do the same at the same time.
fn all_at_once<T: Send>(
    machines: &[TimedVerifier<RedisStore>],
    act: impl Fn(&TimedVerifier<RedisStore>, usize) -> T + Sync,
) -> Vec<T> {
    let barrier = Barrier::new(MACHINES * THREADS);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..MACHINES * THREADS)
            .map(|number| {
                let (act, barrier) = (&act, &barrier);
                let machine = &machines[number % MACHINES];
                scope.spawn(move || {
                    barrier.wait();
                    act(machine, number)
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    })
}

#[test]
fn b13_machines_over_redis_accept_a_code_once() {
    let Some(server) = RedisServer::start("b13_machines_over_redis_accept_a_code_once") else {
        return;
    };
    let machines = machines(&server);
    for round in 0..200 {
        let subject = customer(round);
        enrols(&machines[round % MACHINES], &subject);
        let ctx = call(60);
        let attempt = Attempt::Totp(shown(&ctx));
        let outcomes = all_at_once(&machines, |machine, _| {
            machine.check(&subject, &attempt, &ctx).unwrap()
        });
        let accepted = outcomes
            .iter()
            .filter(|outcome| matches!(outcome, Outcome::Accepted(_)));
        assert_eq!(accepted.count(), 1, "round {round}: {outcomes:?}");
    }
}

#[test]
fn b06_machines_over_redis_share_one_budget() {
    let Some(server) = RedisServer::start("b06_machines_over_redis_share_one_budget") else {
        return;
    };
    let machines = machines(&server);
    let subject = customer(0);
    enrols(&machines[0], &subject);
    let ctx = call(60);
    let right = rfc_totp()
        .code_at(ctx.now())
        .expose_text()
        .parse::<u32>()
        .unwrap();
    let outcomes = all_at_once(&machines, |machine, number| {
        let guess = |round: usize| {
            // Far from what the neighbouring steps show, or not: a right guess is a verdict, too.
            let wrong = (right + 1 + u32::try_from(number * 25 + round).unwrap()) % 1_000_000;
            let attempt = Attempt::Totp(Code::typed(&format!("{wrong:06}")));
            machine.check(&subject, &attempt, &ctx).unwrap()
        };
        (0..25).map(guess).collect::<Vec<_>>()
    });
    let (verdicts, others): (Vec<_>, Vec<_>) = outcomes
        .iter()
        .flatten()
        .partition(|outcome| !matches!(outcome, Outcome::Locked(_)));
    assert_eq!((verdicts.len(), others.len()), (5, 195), "{verdicts:?}");
}
